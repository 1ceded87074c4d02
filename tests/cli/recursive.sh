# -r takes the regular files in folders, and no links; compressing passes over what is compressed already.
mkdir -p tree/deep out
seq 2000 > tree/a
seq 3000 > tree/deep/b
ln -s a tree/link
echo left > tree/.a.arcz.arcodec-abc.tmp
arcodec -qrm order0 tree
arcodec -qrm order0 tree -o out
find tree out | LC_ALL=C sort
rm tree/a tree/deep/b
arcodec -qdr tree
seq 3000 | cmp - tree/deep/b
arcodec list -r out | tail -n 3 | sed 's/.*  //'
arcodec -qdr out -o .
ls out
