# Two inputs that would have one output: the second is refused.
mkdir x y out
seq 2000 > x/a
seq 3000 > y/a
arcodec -qm order0 -fo out x/a y/a ./x/a
echo "status $?"
arcodec list out/a.arcz | tail -n 1
