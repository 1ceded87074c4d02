# Usage errors have status 2 and do nothing.
seq 2000 > a
try() { arcodec "$@"; echo "status $?"; }
try --frobnicate a
try -T -1 a
try -M lots a
try -c -o b a
try -o b a a
try --rm -c a
try --rm < a
try --rm --no-verify a
try - - < a
try -d -o b -r .
try list --quiet a
ls -A
