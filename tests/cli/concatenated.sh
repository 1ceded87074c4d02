# Files in a row decode as what they hold in a row.
seq 2000 > a
seq 3000 > b
arcodec -qm order0 a b
cat a.arcz b.arcz > both.arcz
arcodec -cm order0 a b | cmp - both.arcz
cat a b > before
arcodec -dc both.arcz | cmp - before
arcodec list both.arcz | tail -n 1
