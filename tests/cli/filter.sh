# Standard input to standard output, silently; `-` says the same.
seq 2000 > a.txt
arcodec compress -m order0 - < a.txt | arcodec -d | cmp - a.txt
arcodec -cm order0 a.txt | arcodec -t -
arcodec -m order0 < /dev/null | arcodec list
ls -A
