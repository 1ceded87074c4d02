# Measuring, going on, comparing: sizes are exact, and status 1 says that one grew.
i=0; while [ $i -lt 500 ]; do echo "line $i of many lines that are much alike"; i=$((i + 1)); done > lines.txt
arcodec bench -qn1 -m order0,auto --codecs 'arcodec*,gzip*' --json first.json lines.txt
echo "status $?"
arcodec bench -qn1 -m order0 --codecs 'arcodec*' --json first.json lines.txt
sed 's/"packed": \([0-9]*\)/"packed": 9\1/' first.json > grown.json
arcodec bench --compare first.json first.json > same.txt
echo "status $?"
arcodec bench --compare first.json grown.json | grep -c WORSE
arcodec bench --compare first.json lines.txt
echo "status $?"
arcodec bench --from first.json --csv - | cut -d , -f 1,3,4
arcodec bench no-such-corpus 2>&1 | cut -c 1-44
arcodec bench --compare first.json grown.json > grown.txt
