# needs tar --version | grep -q GNU
# GNU tar runs `arcodec` and `arcodec -d`.
mkdir folder
seq 2000 > folder/a
tar -I 'arcodec -m order0' -cf x.tar.arcz folder
arcodec list x.tar.arcz | tail -n 1 | cut -c1-13
mv folder before
tar -I arcodec -xf x.tar.arcz
diff -r folder before
tar -I 'arcodec -9' -tf x.tar.arcz
