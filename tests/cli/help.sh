# Help and version.
arcodec --version
arcodec -h | head -n 14
arcodec -h | tail -n 8
for verb in compress decompress test list; do arcodec $verb --help | head -n 1; done
