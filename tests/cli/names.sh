# Any name will do, and none is taken for markup or sent to the terminal as it is.
seq 2000 > '[bold]x {0}'
seq 2000 > ./-9
seq 2000 > "$(printf 'new\nline\033[1m')"
long=$(printf 'n%.0s' $(seq 245))
seq 2000 > "$long"
arcodec -m order0 '[bold]x {0}' -- -9 new*
arcodec -m order0 -q "$long"
arcodec list new*.arcz | sed 's/.*  //'
ls -- *.arcz | wc -l | tr -d ' '
