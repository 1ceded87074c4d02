"""A study of small byte nets; `runs/nets-study.sh` runs it and keeps what came of it."""
