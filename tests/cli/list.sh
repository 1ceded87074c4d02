# Several files: aligned, with totals; JSON has it all.
seq 2000 > a
seq 30000 > long-name
: > empty
arcodec -qm order0 a long-name empty
arcodec list a.arcz long-name.arcz empty.arcz
arcodec list --json a.arcz
arcodec list a
echo "status $?"
