# Without a verb: compress, or with -d, -t and -l its opposite, as gzip has it. Options may follow files.
seq 2000 > a.txt
arcodec a.txt -1 -T2 -m order0 -q
arcodec -tq a.txt.arcz
arcodec -l a.txt.arcz
arcodec -9 -dqfT1 a.txt.arcz
seq 2000 | cmp - a.txt
