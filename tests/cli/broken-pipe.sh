# A reader that goes away is no error to talk about, and standard output that is full is one.
# needs test -c /dev/full
head -c 300000 /dev/urandom > a
{ arcodec -cm order0 a; echo "status $?" >&2; } | :
{ arcodec -h; echo "status $?" >&2; } | sleep 0
arcodec -cm order0 a > /dev/full
echo "status $?"
arcodec -h > /dev/full
echo "status $?"
