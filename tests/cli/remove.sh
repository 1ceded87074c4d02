# --rm removes the input once the output is safe, links never, and not after a failure.
seq 2000 > a
ln -s a link
arcodec -qm order0 --rm link
echo "status $?"
arcodec -qm order0 --rm a
ls
arcodec -dq --rm a.arcz
ls
arcodec -qm order0 a
echo junk >> a.arcz
arcodec -dqf --rm a.arcz
echo "status $?"
ls
