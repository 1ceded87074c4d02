"""arcodec bench."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import click

from arcodec.cli import options
from arcodec.cli.files import STDIN
from arcodec.cli.options import duration
from arcodec.cli.show import say, watched
from arcodec.errors import FileRefusedError
from arcodec.printable import printable

if TYPE_CHECKING:
    from rich.console import RenderableType

    from arcodec.bench.record import Record
    from arcodec.bench.subjects import Source

_SHIPPED = "shipped"  # the corpus that comes with the program
_SAVED_EVERY = 5.0  # seconds
_DRAWN_EVERY = 0.2
_MOST_PICTURES = 24  # of where the bits go, on a page
_MOST_MEASURED = 16 << 20  # bytes, for these pictures
_WIDE = 160  # columns of a table that goes to a file


@dataclass(frozen=True)
class Choice:
    """What is measured, and how."""

    levels: tuple[int, ...]
    models: tuple[str | None, ...]
    codecs: tuple[str, ...]
    commands: str | None
    runs: int
    budget: float | None
    as_bytes: bool


@dataclass(frozen=True)
class Outputs:
    """Where the results go; "-" is standard output."""

    json: str | None
    csv: str | None
    markdown: str | None
    html: str | None
    plot: str | None
    force: bool
    quiet: bool


def bench(
    targets: tuple[str, ...],
    choice: Choice,
    outputs: Outputs,
    source: str | None,
    compared: tuple[str, str] | None,
    catalogue: bool,
) -> int:
    """Measure sizes, speeds and memory of arcodec and its rivals on files.

    FILES are files, folders, or names of corpora (`arcodec corpora list` has them); without any, the small files that
    come with arcodec are taken. Every codec runs on one core, in turn with the others; everything is decoded and
    compared. Status 1 if anything did not come back, or, with --compare, if a size grew by more than 0.05 %.
    """
    if sum((bool(targets), source is not None, compared is not None, catalogue)) > 1:
        raise click.UsageError("FILES, --from, --compare and --list exclude each other")
    if compared:
        return _compare(*compared, choice.codecs)
    if catalogue:
        return _list(choice)
    if [outputs.csv, outputs.markdown].count(STDIN) > 1 or outputs.json == STDIN:
        raise click.UsageError("standard output is for one of --csv and --markdown")
    from arcodec.bench import record as records

    sources: list[Source] = []
    if source is not None:
        record = records.load(source)
    else:
        _check_outputs(outputs)
        record, sources = _measure(targets or (_SHIPPED,), choice, outputs)
    _write(record, sources, outputs)
    return 1 if any(m.status == "failed" for m in record.measurements) else 0


# --- measuring ---


def _measure(names: Sequence[str], choice: Choice, outputs: Outputs) -> tuple[Record, list[Source]]:
    from arcodec.bench import machine, programs, rivals, runner, targets
    from arcodec.bench import record as records
    from arcodec.cli.run import announce_compiling

    extra = programs.read_commands(choice.commands) if choice.commands else []
    there = rivals.catalogue(choice.levels, choice.models, extra)
    codecs = [codec for codec in there if _chosen(codec.name, choice.codecs)]
    sources = targets.find(names, "bytes" if choice.as_bytes else None, _warn)
    if not any(codec.takes(source.subject) for codec in codecs for source in sources):
        why = "no codec that is called like that takes one of these files" if sources else "no file was found"
        raise FileRefusedError(f"there is nothing to measure: {why}")
    record = _begun(outputs, machine.facts(), machine.commit())
    announce_compiling()
    saved = _Saving(outputs.json)
    plan = runner.Plan(choice.runs, choice.budget)
    with _watching(outputs.quiet) as draw, saved:

        def progress(record: Record, next_one: str) -> None:
            saved(record)
            draw(record, next_one)

        runner.run(record, codecs, sources, plan, progress)
    if outputs.json:
        records.save(record, outputs.json)
    return record, sources


def _warn(text: str) -> None:
    say(f"arcodec: {printable(text)}")


def _chosen(name: str, patterns: Sequence[str]) -> bool:
    """Whether a codec's name matches one of the patterns, if there are any, and none that begins with "!"."""
    wanted = [pattern.lower() for pattern in patterns if not pattern.startswith("!")] or ["*"]
    unwanted = [pattern[1:].lower() for pattern in patterns if pattern.startswith("!")]
    return _matches(name, wanted) and not _matches(name, unwanted)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name.lower(), pattern) for pattern in patterns)


def _begun(outputs: Outputs, machine: dict[str, object], commit: str) -> Record:
    """A new record, or the one to go on with."""
    from datetime import datetime, timezone

    from arcodec.bench import record as records

    words = click.get_current_context().obj or ("arcodec bench",)
    command = " ".join([words[0], *map(shlex.quote, words[1:])])
    if outputs.json and os.path.exists(outputs.json):
        record = records.load(outputs.json)  # also with -f: what is no record is not replaced
    if outputs.json and os.path.exists(outputs.json) and not outputs.force:
        if record.machine != machine:
            raise FileRefusedError(
                f"{outputs.json} was measured on another machine or with other libraries; -f measures it all again"
            )
        say(f"arcodec: going on with {outputs.json}, which has {len(record.measurements)} measurements")
        record.command, record.commit = command, commit
        return record
    now = datetime.now(timezone.utc).isoformat(timespec="minutes")
    return records.Record(now, command, commit, machine)


class _Saving:
    """Writes the record now and then, and when the work is broken off."""

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._last = time.monotonic()
        self._record: Record | None = None

    def __call__(self, record: Record) -> None:
        self._record = record
        if time.monotonic() - self._last > _SAVED_EVERY:
            self._save()

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *details: object) -> None:
        if kind is not None and self._record is not None and self._record.measurements:
            self._save()
            if self._path:
                say(f"arcodec: {self._path} has what was measured; the same command goes on with it")

    def _save(self) -> None:
        from arcodec.bench import record as records

        if self._path and self._record:
            records.save(self._record, self._path)
            self._last = time.monotonic()


@contextmanager
def _watching(quiet: bool) -> Iterator[Callable[[Record, str], None]]:
    """Draws the tables as they fill, on a terminal."""
    if quiet or not watched():
        yield lambda record, next_one: None
        return
    from rich.console import Console, Group
    from rich.live import Live
    from rich.text import Text

    last = 0.0
    with Live(console=Console(stderr=True), auto_refresh=False, transient=True) as live:

        def draw(record: Record, next_one: str) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= _DRAWN_EVERY:
                last = now
                live.update(Group(*_drawn(record, notes=False), Text(f"{next_one} ...")), refresh=True)

        yield draw


# --- results ---


def _drawn(record: Record, notes: bool = True) -> Iterator[RenderableType]:
    from rich.text import Text

    from arcodec.bench import tables

    ours = [codec.name for codec in record.codecs if codec.ours]
    for table in tables.summaries(record):
        if table.rows:
            yield tables.rich_table(table, ours)
            yield from (Text(note) for note in table.notes if notes)


def _check_outputs(outputs: Outputs) -> None:
    """What will be missing is known before hours of measuring, not after them."""
    from importlib.util import find_spec

    for path in (outputs.json, outputs.csv, outputs.markdown, outputs.html, outputs.plot):
        folder = os.path.dirname(path or "") or "."
        if path and path != STDIN and not (os.path.isdir(folder) and os.access(folder, os.W_OK)):
            raise FileRefusedError(f"{path} cannot be written: {folder} is no folder, or may not be written to")

    if (outputs.html or outputs.plot) and not find_spec("vl_convert"):
        raise FileRefusedError("--html and --plot need vl-convert-python: pip install 'arcodec[bench]'")
    if outputs.plot and Path(outputs.plot).suffix not in (".svg", ".png"):
        raise click.UsageError(f"--plot writes SVG or PNG, by the suffix; {outputs.plot} has neither")


def _write(record: Record, sources: Sequence[Source], outputs: Outputs) -> None:
    from arcodec.bench import record as records
    from arcodec.bench import tables

    _check_outputs(outputs)
    for path, form in ((outputs.csv, tables.as_csv), (outputs.markdown, tables.markdown)):
        if path == STDIN:
            click.echo(form(record), nl=False)
        elif path:
            records.write(path, form(record))
    if outputs.html:
        from arcodec.bench import page, pictures

        page.write(record, outputs.html, pictures.draw(sources, _MOST_PICTURES, _MOST_MEASURED))
    if outputs.plot:
        from arcodec.bench import chart

        chart.write(record, outputs.plot)
    if not outputs.quiet and STDIN not in (outputs.csv, outputs.markdown):
        from rich.console import Console

        console = Console() if os.isatty(1) else Console(width=_WIDE)
        for part in _drawn(record):
            console.print(part)


def _compare(before: str, after: str, patterns: Sequence[str]) -> int:
    from rich.console import Console
    from rich.text import Text

    from arcodec.bench import comparison, tables
    from arcodec.bench import record as records

    pair = [records.load(path) for path in (before, after)]
    for record in pair:
        record.measurements = [m for m in record.measurements if _chosen(m.codec, patterns)]
    result = comparison.compare(*pair)
    if not result.changes:
        raise FileRefusedError(f"{before} and {after} have no file and codec in common")
    console = Console() if os.isatty(1) else Console(width=_WIDE)
    table = comparison.table(result)
    console.print(tables.rich_table(table))
    for note in table.notes:
        console.print(Text(note))
    return 1 if result.worse else 0


def _list(choice: Choice) -> int:
    """What can be measured here, and what cannot."""
    from arcodec.bench import programs, rivals

    extra = programs.read_commands(choice.commands) if choice.commands else []
    for codec in rivals.catalogue(choice.levels, choice.models, extra):
        if _chosen(codec.name, choice.codecs):
            print(f"{codec.name:<18}{'+'.join(codec.kinds):<24}{codec.settings}")
    missing = rivals.absent()
    if missing:
        print(f"not installed: {', '.join(missing)}")
    return 0


# --- options ---


def _levels(context: click.Context, option: click.Parameter, text: str) -> tuple[int, ...]:
    levels: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if not first.isdigit() or not (last or first).isdigit():
            raise click.BadParameter(f"{text!r}; write 5, or 1,5,9, or 1-9")
        levels += range(int(first), int(last or first) + 1)
    if not levels or not all(1 <= level <= 9 for level in levels):
        raise click.BadParameter(f"{text!r}: levels are 1 to 9")
    return tuple(dict.fromkeys(levels))


def _models(context: click.Context, option: click.Parameter, names: tuple[str, ...]) -> tuple[str | None, ...]:
    """None stands for the model that the content decides."""
    listed = [name for names_given in names for name in names_given.split(",")]
    return tuple(dict.fromkeys(None if name == "auto" else name for name in listed)) or (None,)


def _patterns(context: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for text in texts for part in text.split(",") if part.strip())


def _time(context: click.Context, option: click.Parameter, text: str | None) -> float | None:
    return None if text is None else duration(text)


command = click.Command(
    "bench",
    context_settings=options.CONTEXT,
    params=[
        click.Argument(["targets"], nargs=-1, metavar="[FILES]..."),
        click.Option(
            ["-l", "--levels"],
            default="5",
            callback=_levels,
            metavar="LIST",
            help="Levels of arcodec: 5 or 1,5,9 or 1-9.",
        ),
        click.Option(
            ["-m", "--models"],
            multiple=True,
            callback=_models,
            metavar="LIST",
            help="Models of arcodec, by name, file or id; auto, the default, is what the content decides.",
        ),
        click.Option(
            ["--codecs"],
            multiple=True,
            callback=_patterns,
            metavar="LIST",
            help="Only codecs called like that: 'arcodec*,xz*'; '!zpaq*' leaves some out.",
        ),
        click.Option(["--commands"], metavar="FILE", help="Measure the programs that this TOML file describes, too."),
        click.Option(["--list", "catalogue"], is_flag=True, help="List the codecs there are, and those missing."),
        click.Option(
            ["-n", "--runs"],
            type=click.IntRange(min=1),
            default=3,
            show_default=True,
            metavar="N",
            help="Runs of which the median counts; what takes seconds is run once.",
        ),
        click.Option(
            ["--budget"], callback=_time, metavar="TIME", help="Skip, and say so, what does not fit: 90s, 10m, 2h."
        ),
        click.Option(["--bytes", "as_bytes"], is_flag=True, help="Take images, too, as files of bytes."),
        click.Option(["--json"], metavar="FILE", help="Keep the record there; where one is, go on with it."),
        click.Option(["--csv"], metavar="FILE", help="Write a line for each codec on each file; - for stdout."),
        click.Option(["--markdown"], metavar="FILE", help="Write tables in Markdown; - for stdout."),
        click.Option(["--html"], metavar="FILE", help="Write a page with plots, tables and where the bits go."),
        click.Option(["--plot"], metavar="FILE", help="Write the plot of size against speed, .svg or .png."),
        click.Option(["--from", "source"], metavar="RECORD", help="Measure nothing; use a record from --json."),
        click.Option(
            ["--compare", "compared"], nargs=2, metavar="A B", help="Show what grew or slowed from record A to B."
        ),
        click.Option(["-f", "--force"], is_flag=True, help="Measure again what the record of --json has."),
        click.Option(["-q", "--quiet"], is_flag=True, help="Draw and print nothing but what was asked for."),
    ],
    callback=options.bundled(bench, choice=Choice, outputs=Outputs),
    help=bench.__doc__,
)
