# What files cost, the dearest first; where the bits go; errors do not stop the others.
seq 2000 > a
printf 'P5\n16 16\n255\n' > b.pgm
seq 256 | awk '{ printf "%c", 97 + $1 * 7 % 16 }' >> b.pgm
: > empty
arcodec score -m order0 a b.pgm empty
arcodec score -1 b.pgm
arcodec score -m order0 --csv --sort name b.pgm a missing
echo "status $?"
seq 500 | sed 's/^250$/@#%/' > c
arcodec score -m order0 --top 1 --map maps c
arcodec score -m order0 --map maps c
echo "status $?"
ls maps
arcodec score --json -m order0 < empty
arcodec score --json --csv a
echo "status $?"
