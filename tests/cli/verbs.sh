# Each verb on one file; what it says, and that the input comes back.
seq 2000 > a.txt
arcodec compress -m order0 a.txt
arcodec list a.txt.arcz
arcodec test a.txt.arcz
mv a.txt before
arcodec decompress a.txt.arcz
cmp a.txt before
ls -A
