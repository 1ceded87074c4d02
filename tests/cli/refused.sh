# What is no regular file, or has no right name, is refused in one line each.
mkdir folder
mkfifo fifo
ln -s nowhere link
seq 2000 > a
cp a a.arcz
arcodec folder
arcodec fifo
arcodec /dev/null
arcodec link
arcodec missing
arcodec a.arcz
arcodec -d a
arcodec -do folder a
arcodec -o a a
arcodec -fo a a
arcodec -fo fifo a
arcodec -o missing/a a
arcodec -o folder < a
arcodec -d .arcz a.arcz
echo "status $?"
ls -A . folder
