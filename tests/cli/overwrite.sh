# What exists is replaced with -f only, and never by a failure.
seq 2000 > a
echo precious > a.arcz
arcodec -m order0 a
echo "status $?"
cat a.arcz
arcodec -qfm order0 a
arcodec -d a.arcz
echo "status $?"
head -c 500 a.arcz > b.arcz
echo precious > b
arcodec -df b.arcz
echo "status $?"
cat b
ls -A
