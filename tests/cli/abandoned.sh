# A temporary file that nobody writes any more is explained.
seq 2000 > a
echo half > .a.arcz.arcodec-k1ll3d.tmp
arcodec -qm order0 a
ls -A
