"""arcodec decompress."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import click

from arcodec.cli import files, options
from arcodec.cli.files import STDIN
from arcodec.cli.options import Common, Target
from arcodec.cli.run import Item, Run, details
from arcodec.container import SUFFIX, Reader
from arcodec.errors import FileRefusedError, TruncatedError
from arcodec.listing import read_info


def decompress(files: tuple[str, ...], target: Target, common: Common) -> int:
    """Decompress files, each FILE.arcz to FILE.

    Without any, standard input goes to standard output.
    """
    target.check(files, common.recursive)
    run = Run(common, packing=False)

    def work(item: Item) -> None:
        _decompress(item, target, run)

    return run.each(files, work)


def _decompress(item: Item, target: Target, run: Run) -> None:
    with files.opened(item.path, to_remove=not target.keep) as source:
        if target.stdout or (item.path == STDIN and target.output is None):
            decode(item, source, files.Stdout(), run, aside=True)()
            return
        with run.output(item, _name(item, target), target, source) as output:
            done = decode(item, source, output, run)
            output.commit(source.status)
        if not target.keep:
            source.remove()
        done()


def decode(
    item: Item, source: files.Input, sink: files.CountingSink, run: Run, *, aside: bool = False
) -> Callable[[], None]:
    """Decompress an input to `sink`; returns what says so, to be called when that is safe to say."""
    info = None
    if source.status is not None:
        info = read_info(source.file, seekable=True)
        source.file.seek(0)
    else:
        source.refuse_terminal()
        # Says what is no .arcz without waking numba; more than the head cannot be looked at in a pipe.
        with suppress(TruncatedError):
            Reader(io.BytesIO(source.file.peek())).next_frame()
    report, seconds = run.decode(item.path, source.file, info, sink)
    source.refuse_changed(report.size_in)
    notes = details(info) if info else f"{report.content}, by way of a pipe"
    return partial(run.done, item, report.size_out, report.size_in, seconds, notes, aside=aside)


def _name(item: Item, target: Target) -> str:
    """The name of the file that comes out: without the suffix."""
    name = os.path.basename(item.path)
    if name.endswith(SUFFIX) and name != SUFFIX:
        return name[: -len(SUFFIX)]
    if target.output is None or os.path.isdir(target.output):
        raise FileRefusedError(f"does not end in {SUFFIX}; name the output with -o, or use -c")
    return name


command = click.Command(
    "decompress",
    context_settings=options.CONTEXT,
    params=[options.FILES, *options.TARGET, *options.COMMON],
    callback=options.bundled(decompress, target=Target, common=Common),
    help=decompress.__doc__,
)
