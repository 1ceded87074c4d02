# Drawing from models: reproducible, with a prompt, as pictures; its cost is what was drawn.
arcodec sample -m order0 --seed 3 --size 2000 > a
arcodec sample -m order0 --seed 3 --size 2000 -vo b
cmp a b
arcodec score -m order0 a | awk 'NR == 2 { print $4 }'
printf 'to be or not' > prompt
arcodec sample -m order0 --prompt prompt --size 12
echo
arcodec sample -m pixels-1 --size 9x8 --count 2 | head -c 4 | tail -c 3
echo
arcodec sample -m pixels-1 --size 100 > /dev/null
echo "status $?"
arcodec sample -m order0 -o a
echo "status $?"
arcodec sample -m order0 --temperature 0 > /dev/null
echo "status $?"
