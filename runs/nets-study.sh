#!/bin/sh
# Small byte nets of other kinds, beside the GRU that is shipped: equal CPU time, the same bytes in the same order.
#
#     runs/nets-study.sh DATA OUT
#
# DATA: as runs/net.sh leaves it in OUT/data. Seed 1. Batches of 256 x 64 bytes, Muon 0.06, Adam 16e-3, 100 steps up,
# level, down over the last 30 % of the time; those rates were the best of those below for each of three kinds.
# Took some 30 minutes of CPU in 70 of wall time, line by line, on one core of an AMD EPYC (Zen 5) that up to six others
# used, too: late runs saw fewer bytes in their time than early ones (gru-256 came first). "at 4 MB" does not depend on
# that. Two seeds (the halves) differ by 0.1 there, by 0.035 at the end. gru-128 and gru-192 were not run.
#
# Bits per byte held out, each document from its first byte on; MB: seen in 120 s (half-1 and half-2: 60 s). us: of the
# integer kernel (*), or estimated from its 6.0 us a million multiply-adds and 1.3 us a thousand units.
#
#                parameters  mult.-adds    us   at 4 MB    MB  at end   binaries code html json  log prose other
# half-1            273,584      94,336   1.0     3.484   7.6   3.345       4.64 3.06 2.81 2.98 2.89  3.00  4.04
# half-2            273,584      94,336   1.0     3.588   7.4   3.310       4.66 3.03 2.92 3.16 2.47  2.98  3.95
# gru-256           459,264     198,656   1.8*    3.382  11.0   3.135       4.56 2.83 2.63 2.84 2.45  2.80  3.84
# gru-384           836,224     445,440   3.6*    3.234   5.9   3.121       4.50 2.90 2.60 2.82 2.26  2.86  3.90
# tap-gru-256     1,049,088     198,656   2.0     3.318   6.8   3.209       4.53 2.98 2.70 2.92 2.41  2.93  3.99
# gram-gru-216    3,569,560     203,904   1.9     3.049   9.2   2.958       4.98 2.65 2.37 2.72 1.78  2.54  3.65
# linear-2          396,184     195,936   2.0     3.182   7.9   3.048       4.48 2.78 2.55 2.78 2.31  2.73  3.71
# convolution       311,116     195,120   1.9     3.433   8.5   3.311       4.86 3.05 2.82 3.00 2.58  2.94  3.93
# pair-176          547,168     188,672   1.9     3.358   7.5   3.221       4.71 2.93 2.69 2.86 2.52  2.89  3.94
#
# After 36 s, rates 4e-3, 8e-3, 16e-3: gru-256 -, 3.809, 3.508 (3.4 MB); linear-2 3.749, 3.531, 3.433 (2.3 MB);
# convolution 4.016, 3.795, 3.616 (2.7 MB); linear-1 -, -, 3.508 (2.3 MB).
#
# Mixed with each other, means of the same: evenly, and online (alone: a net's stretches weighed online, by node).
#     gru-256 3.135 2.974; linear-2 3.048 2.894; gram-gru-216 2.958 2.778; half-1 3.345 3.192;
#     half-1+half-2 3.082 2.903; gru-256+half-2 2.962 2.778; gru-256+linear-2 2.835 2.687
#
# Beside the byte model, change in % of the bytes of 64 KB samples held out (two each of prose, html, json, code), mean
# of the four; without a net 91,916 (default), 75,096 (default with a prior), 89,779 (max) bytes.
#                      default   prose  html  json  code    with prior    max
# gru-256                -10.2    -8.6 -13.2  -8.7 -10.3         -1.70   -9.6
# gru-384                 -9.3    -7.9 -12.3  -7.8  -9.0         -1.43   -8.7
# linear-2               -11.0    -8.9 -14.4  -9.5 -11.2         -1.66  -10.5
# gram-gru-216           -13.9   -12.7 -18.1 -11.7 -13.0         -2.41  -13.3
# gru-256+linear-2       -12.4   -10.2 -16.2 -10.6 -12.5         -2.29  -11.8
# half-1+half-2           -8.6    -6.7 -11.3  -7.2  -9.1             -      -
set -eu
data=${1:?usage: runs/nets-study.sh DATA OUT}
out=${2:?usage: runs/nets-study.sh DATA OUT}
study() {
    python -m bench.nets.study "$data" "$@"
}
for net in linear-2 convolution; do
    study "$out/rates" "$net" --seconds 36 --rate 4e-3 --muon 0.015
done
for net in gru-256 linear-2 convolution; do
    study "$out/rates" "$net" --seconds 36 --rate 8e-3 --muon 0.03
done
for net in gru-256 linear-2 convolution linear-1; do
    study "$out/rates" "$net" --seconds 36
done
for net in gru-256 linear-2 gram-gru-216 gru-384 tap-gru-256 pair-176 convolution; do
    study "$out" "$net"
done
study "$out" gru-176 --name half-1 --seconds 60
study "$out" gru-176 --name half-2 --seconds 60 --seed 2
python -m bench.nets.mixing "$data" "$out" \
    --sets half-1,gru-256,linear-2,gram-gru-216,half-1+half-2,gru-256+half-2,gru-256+linear-2 \
    --beside gru-256,linear-2,gru-384,gram-gru-216,gru-256+linear-2,half-1+half-2
python -m bench.nets.speed
