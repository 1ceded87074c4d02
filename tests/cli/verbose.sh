# -v says more; a stream is spoken of with -v only.
seq 2000 > a
arcodec -vm order0 a
arcodec -dc a.arcz | cmp - a
arcodec -tv < a.arcz
