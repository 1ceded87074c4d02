# Damage is found, named, and nothing of it kept.
seq 2000 > a
arcodec -qm order0 a
head -c 700 a.arcz > short.arcz
{ cat a.arcz; echo more; } > long.arcz
{ head -c 700 a.arcz; printf zzzz; tail -c +705 a.arcz; } > wrong.arcz
printf '\254\172\302' > later.arcz
: > empty.arcz
arcodec -d short.arcz long.arcz wrong.arcz later.arcz empty.arcz
echo "status $?"
arcodec list -r .
arcodec -d < short.arcz | cmp -n 0 - a
arcodec -d < a
ls -A
