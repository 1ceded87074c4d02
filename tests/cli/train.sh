# A sample of one's own files to begin from, and what is refused.
export XDG_DATA_HOME="$PWD/data"
i=0
while [ $i -lt 150 ]; do
    echo "2026-03-$((i % 28 + 1)) $((i * 7 % 24)):$((i * 11 % 60)) host-$((i % 5)) disk $((i * i % 97)) % full"
    i=$((i + 1))
done > a.log
head -40 a.log > b.log
printf 'P5 4 4 255\n0123456789abcdef' > a.pgm

arcodec train
arcodec train a.log -o logs --prior 2>&1 | tail -n 3
arcodec compress -m data/arcodec/models/logs.safetensors b.log
arcodec decompress -c b.log.arcz | cmp - b.log && echo same
arcodec train a.log -o logs --prior
arcodec train a.log a.pgm -o pictures --prior
arcodec train b.log -o ./no/model --prior
arcodec train b.log missing.log -o model --prior
ls data/arcodec/models
