"""Compression-rate benchmarks: arcodec and its rivals on the same files, in the same run, every decode compared.

`record` says what a measurement is, and is what all the rest reads: tables, the page, comparisons. The other way
round, `subjects` are what is measured, `rivals` and `commands.toml` by what, `worker` is the process that measures,
and `runner` has them take turns.
"""
