# Model files: add, list, show, by name and by the beginning of their ids, remove, verify; embedding one.
# needs python3 -c 'import safetensors, numpy'
export XDG_DATA_HOME="$PWD/data" ARCODEC_MODEL_PATH=
python3 - <<'PYTHON'
import json, numpy, safetensors.numpy
header = dict(architecture="order0", symbols="bytes", provenance="made here", licence="CC0-1.0", command="none",
              name="digits", measured='{"integers": 3.25}', training='{"seed": 1}')
for name, count in (("digits", 200), ("other", 100)):
    counts = numpy.ones(256, numpy.uint32)
    counts[48:58] = count
    text = json.dumps({**header, "name": name}, sort_keys=True)
    open(f"{name}.safetensors", "wb").write(safetensors.numpy.save({"counts": counts}, {"arcodec": text}))
PYTHON
seq 2000 > a
arcodec compress -m digits a
echo "status $?"
arcodec models add digits.safetensors other.safetensors a
echo "status $?"
arcodec models add digits.safetensors
arcodec models | grep -v shipped
arcodec models show digits
id=$(arcodec models show digits | awk '$1 == "id" { print substr($2, 1, 7) }')
arcodec compress -qm digits a
arcodec -dc a.arcz | cmp - a
arcodec compress -qfm "$id" --embed-model a
arcodec list a.arcz
arcodec models verify | grep "$id"
arcodec models remove digits < /dev/null
echo "status $?"
arcodec models remove digits --yes
arcodec -dc a.arcz | cmp - a
arcodec models show digits
echo "status $?"
