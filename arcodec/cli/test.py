"""arcodec test."""

from __future__ import annotations

import click

from arcodec.cli import options
from arcodec.cli.decompress import decode
from arcodec.cli.files import Nothing, opened
from arcodec.cli.options import Common
from arcodec.cli.run import Item, Run


def test(files: tuple[str, ...], common: Common) -> int:
    """Decode files to nowhere: is each whole, and its checksums right?"""
    run = Run(common, packing=False, verdict="ok, ")

    def work(item: Item) -> None:
        with opened(item.path) as source:
            decode(item, source, Nothing(), run)()

    return run.each(files, work)


command = click.Command(
    "test",
    context_settings=options.CONTEXT,
    params=[options.FILES, *options.COMMON],
    callback=options.bundled(test, common=Common),
    help=test.__doc__,
)
