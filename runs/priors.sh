#!/bin/sh
# The prior texts of the second generation of byte models.
#
#     ARCODEC_TRAIN=... ARCODEC_CORPORA=... runs/priors.sh OUT
#
# Data: as for runs/net.sh; the choice is deterministic, and refuses what shares 48 bytes with a measured file.
# Takes 25 seconds. Result: prior-prose.bin 599,885 bytes, prior-markup.bin 639,730; named in the package by the
# first twelve digits of their sha256, 86249358759c and 91b45a2a57e5.
set -eu
out=${1:?usage: runs/priors.sh OUT}
test -e "$out/data/report.json" || python -m arcodec.training.data "$out/data"
python -m arcodec.training.prior "$out/data" "$out"
