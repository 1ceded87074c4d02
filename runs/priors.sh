#!/bin/sh
# The prior texts of the second generation of byte models, and the starts of the larger ones.
#
#     ARCODEC_TRAIN=... ARCODEC_CORPORA=... runs/priors.sh OUT
#
# Data: as for runs/net.sh; the choice is deterministic, refuses what shares 48 bytes with a measured file, and takes
# only sources that may be copied by whoever names them. Prints the table of arcodec/models/tables/README.md.
# Takes 25 seconds. Result: prior-prose.bin 599,894 bytes, prior-markup.bin 1,399,974; named in the package by the
# first twelve digits of their sha256, 4a08a9fc2475 and 2aa5d311e3b0.
#
# A start goes with its net, priors and tier: it is learnt with those that arcodec/models/generation2.py names, so a
# change of any of them means another run of the last line, and other names there. Takes eight minutes. Result:
# start-default-59652d87b53c.safetensors, 555,416 bytes; start-max-c542396771c5.safetensors, 1,433,304 bytes.
set -eu
out=${1:?usage: runs/priors.sh OUT}
test -e "$out/data/report.json" || python -m arcodec.training.data "$out/data"
python -m arcodec.training.prior "$out/data" "$out"
python -m arcodec.training.start "$out/data" "$out"
