"""Compression-rate benchmarks: arcodec and its rivals on the same files, in the same run, every decode compared.

The rooms:

    catalogue, corpora, fetch, download     corpora: what there is, where it lies, how it comes here
    targets, subjects                       from names to files, and the form in which codecs get them
    codec, rivals, libraries, programs      the codecs; `commands.toml` describes those that are programs
    worker, runner, machine                 the process that measures one codec; the turns; the machine
    record                                  what was measured, its arithmetic, its JSON
    tables, comparison                      a record as tables; what changed from one to another
    frontier, labels, chart                 the plot of size against speed
    heatmap, pictures, markup, page         where the bits go; the page

Each of them says more in its first line.
"""
