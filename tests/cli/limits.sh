# -M and unknown models are refused before anything is written.
seq 2000 > a
arcodec -m order0 -M 20K a
arcodec -m order1 a
arcodec -qm order0 -M 0.5G a
arcodec -d -M 100 -o b a.arcz
ls -A
