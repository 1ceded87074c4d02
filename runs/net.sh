#!/bin/sh
# The net of the second generation of byte models, from data to model file.
#
#     ARCODEC_TRAIN=... ARCODEC_CORPORA=... runs/net.sh OUT
#
# Goes on where it stopped when started again; MINUTES=9 stops after so many, DEVICE=cuda takes a GPU.
# Data: train/bytes without what is measured (arcodec.training.data), 249 MB; 197 MB of it are used. Seed 1.
# Took 71 minutes on one core of an AMD EPYC (Zen 5), shared with others; torch 2.13.0.
# Result: 2.19 bits per byte, the mean of seven categories held out, each document from its first byte on.
set -eu
out=${1:?usage: runs/net.sh OUT}
test -e "$out/data/report.json" || python -m arcodec.training.data "$out/data"
python -m arcodec.training.train "$out/data" "$out/net" --width 384 --steps 12000 --rounded 1200 \
    --rate 8e-3 --muon 0.03 --minutes "${MINUTES:-100000}" --device "${DEVICE:-cpu}"
python -m arcodec.training.export "$out/net/checkpoint.pt" "$out" --command runs/net.sh
