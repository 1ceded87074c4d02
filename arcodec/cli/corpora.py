"""arcodec corpora: list, fetch, check."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from arcodec.cli import options
from arcodec.cli.show import complain, say, shown, table, watched

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from arcodec.bench.catalogue import Corpus

_HEAD = ("corpus", "files", "bytes", "where", "licence")
_LEFT = {"corpus", "where", "licence"}
_PATIENCE = 0.5  # seconds before a progress bar appears
_PAUSE = 0.1  # seconds between two states of it


def _known(context: click.Context, argument: click.Parameter, names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, each once, if there are corpora called so."""
    from arcodec.bench import catalogue

    for name in names:
        if name not in catalogue.load():
            raise click.UsageError(
                f"there is no corpus {shown(name)!r}; `arcodec corpora list` shows those there are"
            )
    return tuple(dict.fromkeys(names))


def list_corpora() -> int:
    """Show the corpora, and where they are on this machine."""
    from arcodec.bench import catalogue, corpora

    rows = [_HEAD, *(_row(corpus) for corpus in catalogue.load().values())]
    print(table(rows, _LEFT))
    named = os.environ.get(corpora.ENVIRONMENT)
    say(f"\n{corpora.ENVIRONMENT}: {shown(named) if named else 'not set; may name a folder of corpora'}")
    say(f"data folder: {shown(str(corpora.user_folder()))}, filled by `arcodec corpora fetch`")
    return 0


def _row(corpus: Corpus) -> tuple[str, str, str, str, str]:
    from arcodec.bench import corpora

    found = corpora.look(corpus)
    places = dict.fromkeys(_place(corpus, path) for path in found.paths)
    where = " and ".join(places) or ("missing" if corpus.fetchable else "missing, cannot be fetched")
    if found.files and found.lacking:
        where = f"{len(found.files)} of {corpus.count} in {where}"
    size = "" if corpus.size is None else f"{corpus.size:,}"
    return corpus.name, f"{corpus.count:,}", size, where, corpus.licence


def _place(corpus: Corpus, path: Path) -> str:
    from arcodec.bench import corpora

    if corpus.shipped:
        return "shipped"
    return "data folder" if corpora.user_folder() in path.parents else corpora.ENVIRONMENT


def fetch_corpora(names: tuple[str, ...], quiet: bool) -> int:
    """Download what is missing of corpora.

    It goes into arcodec/corpora in your data folder. Every file is checked before it gets its name there; what was
    interrupted goes on where it ended when it is fetched again.
    """
    from arcodec.bench import corpora
    from arcodec.bench.fetch import fetch
    from arcodec.errors import ArcodecError

    status = 0
    for name in names:
        corpus = corpora.named(name)
        there = not corpora.look(corpus).lacking
        notes: list[str] = []
        try:
            with _Meter(quiet) as meter:
                found = fetch(corpus, meter, notes.append)
        except (ArcodecError, OSError) as error:
            complain(getattr(error, "filename", None) or name, error)
            status = 1
            continue
        finally:
            for note in notes:
                say(f"arcodec: {note}")
        if not quiet:
            amount = f"{len(found.files)} files" if len(found.files) > 1 else found.files[0].name
            say(f"{name}: {amount} {'already ' if there else ''}in {shown(str(found.paths[0].parent))}")
    return status


def check_corpora(names: tuple[str, ...]) -> int:
    """Compare corpora with their sizes and checksums.

    Without NAME, all that are there are checked. The exit status is 1 if a file is damaged, or missing of a corpus
    that was named.
    """
    from arcodec.bench import catalogue, corpora

    status = 0
    for name in names or catalogue.load():
        corpus = corpora.named(name)
        if not corpora.look(corpus).files:
            if names:
                complain(None, corpora.missing(corpus))
                status = 1
            continue
        counts: Counter[str] = Counter()
        for finding in corpora.check(corpus):
            counts[finding.verdict] += 1
            if finding.verdict == "damaged" or (finding.verdict == "missing" and names):
                what = f"{finding.verdict}: {finding.text}" if finding.text else finding.verdict
                if finding.verdict == "damaged" and corpus.fetchable:
                    what += "; delete it and fetch it again"
                say(f"arcodec: {name}: {shown(finding.name)}: {what}")
                status = 1
        words = {"unchecked": "without a known checksum"}
        print(f"{name}: {', '.join(f'{count} {words.get(verdict, verdict)}' for verdict, count in counts.items())}")
    return status


class _Meter:
    """How far a fetch is, as a callback and a context manager; draws on a terminal once it takes long."""

    def __init__(self, quiet: bool) -> None:
        self._drawn = not quiet and watched()
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._name = ""
        self._due = time.monotonic() + _PATIENCE

    def __call__(self, name: str, done: int, total: int | None) -> None:
        """`done` bytes of `total` have come of the file `name`."""
        now = time.monotonic()
        if not self._drawn or now < self._due:
            return
        self._due = now + _PAUSE
        if self._bar is None:
            self._bar = _bar()
            self._bar.start()
        if self._task is None or name != self._name:
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._name, self._task = name, self._bar.add_task(shown(name))
        self._bar.update(self._task, completed=done, total=total)

    def __enter__(self) -> _Meter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.table import Column

    return Progress(
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
        BarColumn(None, table_column=Column(ratio=1)),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True),
        transient=True,
        expand=True,
    )


def corpora_or_list() -> int:
    """Corpora to measure compression on: see which there are, fetch them, check them."""
    context = click.get_current_context()
    return list_corpora() if context.invoked_subcommand is None else 0


def _verb(name: str, callback: Any, params: Sequence[click.Parameter] = ()) -> click.Command:
    return click.Command(
        name, context_settings=options.CONTEXT, params=[*params], callback=callback, help=callback.__doc__
    )


command = click.Group(
    "corpora",
    [
        _verb("list", list_corpora),
        _verb(
            "fetch",
            fetch_corpora,
            [
                click.Argument(["names"], nargs=-1, required=True, callback=_known, metavar="NAME..."),
                click.Option(
                    ["-q", "--quiet"], is_flag=True, help="Say nothing but errors and what had to be pinned."
                ),
            ],
        ),
        _verb("check", check_corpora, [click.Argument(["names"], nargs=-1, callback=_known, metavar="[NAME]...")]),
    ],
    context_settings=options.CONTEXT,
    callback=corpora_or_list,
    invoke_without_command=True,
    subcommand_metavar="[list | fetch NAME... | check [NAME]...]",
    help=corpora_or_list.__doc__,
)
