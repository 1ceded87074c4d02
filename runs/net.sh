#!/bin/sh
# The nets of the second generation of byte models, from data to model files: 384 units, then 640 that begin as those.
#
#     ARCODEC_TRAIN=... ARCODEC_CORPORA=... runs/net.sh OUT
#
# Goes on where it stopped when started again; MINUTES=9 stops each run after so many, DEVICE=cuda takes a GPU.
# Data: train/bytes without what is measured (arcodec.training.data), 249 MB; 197 and 147 MB of it are used. Seeds 1, 2.
# Took 71 and 112 minutes on one core of an AMD EPYC (Zen 5), shared with others; torch 2.13.0.
# Result: 2.192 and 1.982 bits per byte, means of seven categories held out, each document from its first byte on.
# Of 640 units: binaries 2.86, code 1.87, HTML and XML 1.58, JSON and CSV 1.80, logs 0.93, English 2.01, others 2.82.
set -eu
out=${1:?usage: runs/net.sh OUT}
test -e "$out/data/report.json" || python -m arcodec.training.data "$out/data"
train() { python -m arcodec.training.train "$out/data" "$@" --minutes "${MINUTES:-100000}" --device "${DEVICE:-cpu}"; }
train "$out/net384" --width 384 --steps 12000 --rounded 1200 --rate 8e-3 --muon 0.03
train "$out/net640" --width 640 --steps 9000 --rounded 900 --rate 5e-3 --muon 0.02 --seed 2 \
    --narrower "$out/net384/checkpoint.pt"
for net in net384 net640; do
    python -m arcodec.training.export "$out/$net/checkpoint.pt" "$out" --command runs/net.sh
done
