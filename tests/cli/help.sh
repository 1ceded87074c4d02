# Help and version.
arcodec --version
arcodec -h | head -n 20
arcodec -h | tail -n 8
for verb in compress decompress test list train score sample models bench corpora; do arcodec $verb --help | head -n 1; done
