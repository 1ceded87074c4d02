# A bad file among good ones: it is named, the others are done, the status is 1.
seq 2000 > a
seq 3000 > c
arcodec -m order0 a b c
echo "status $?"
echo junk > a.arcz
arcodec -dfk a.arcz c.arcz
echo "status $?"
ls
