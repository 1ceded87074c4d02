#!/bin/sh
# Small byte nets of other kinds, beside the GRU that is shipped: equal CPU time, the same bytes in the same order.
#
#     runs/nets-study.sh DATA OUT
#
# DATA: as runs/net.sh leaves it in OUT/data. Seed 1. Batches of 256 x 64 bytes, Muon 0.06, Adam 16e-3, 100 steps up,
# level, down over the last 30 % of the time: found best of 4, 8, 16e-3 (Muon 0.015, 0.03, 0.06) for GRU, linear-2
# and convolution alike, after 36 seconds. 120 seconds of CPU for each net, 60 for those that are halves.
@RESULTS@
set -eu
data=${1:?usage: runs/nets-study.sh DATA OUT}
out=${2:?usage: runs/nets-study.sh DATA OUT}
study() {
    python -m bench.nets.study "$data" "$out" "$@"
}
for net in gru-128 gru-192 gru-256 gru-384 tap-gru-256 gram-gru-216 linear-1 linear-2 min-gru-2 convolution pair-176; do
    study "$net"
done
study gru-176 --name half-1 --seconds 60
study gru-176 --name half-2 --seconds 60 --seed 2
study gru-176 --name text --seconds 60 --only text
study gru-176 --name rest --seconds 60 --only rest
python -m bench.nets.mixing "$data" "$out" --sets half-1+half-2,text+rest,gru-256+linear-2 \
    --beside gru-256,gru-384,gram-gru-216,linear-2,half-1+half-2,gru-256+linear-2
python -m bench.nets.speed
