# Mode and times go along, both ways.
# needs stat --version | grep -q GNU
seq 2000 > a
chmod 640 a
touch -d '2001-02-03 04:05:06.789012345 UTC' a
arcodec -qm order0 a
rm a
arcodec -dq a.arcz
stat -c '%a %.9Y %n' a a.arcz
umask 027
arcodec -qm order0 -o b.arcz < a
stat -c %a b.arcz
