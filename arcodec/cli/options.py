"""The options of the verbs: what click reads, and what the verbs get."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import click

from arcodec.cli.files import STDIN

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def size(text: str) -> int:
    """A number of bytes: 100000, 512M, 2G, 300MiB. K, M, G and T are powers of 1024."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) *([KMGT]?)(?:iB|B)?", text, re.IGNORECASE)
    if not match:
        raise click.BadParameter(f"{text!r} is no size; write 512M, 2G, 300MiB or a number of bytes")
    return int(float(match[1]) * 1024 ** " KMGT".index(match[2].upper() or " "))


def duration(text: str) -> float:
    """A time in seconds: 90, 90s, 10m, 1.5h."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) *([smh]?)", text, re.IGNORECASE)
    if not match:
        raise click.BadParameter(f"{text!r} is no time; write 90s, 10m or 1.5h")
    return float(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2].lower()]


class _Levels(click.Option):
    """Stands for all nine levels in the help."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str]:
        """One line for nine options."""
        return "-1 ... -9", self.help or ""


@dataclass(frozen=True)
class Running:
    """What all verbs that code take."""

    quiet: bool = False
    verbose: bool = False
    threads: int = 0
    memory: int | None = None


@dataclass(frozen=True)
class Common(Running):
    """What they take with files."""

    recursive: bool = False


@dataclass(frozen=True)
class Coding:
    """How to compress."""

    level: int | None
    model: str | None
    embed_model: bool
    pixels: bool
    verify: bool


@dataclass(frozen=True)
class Target:
    """Where output goes, and what becomes of the input.

    Attributes:
        output: a file or a folder; None for beside the input.
        stdout: write to standard output.
        force: replace files that exist.
        keep: keep the input.
    """

    output: str | None
    stdout: bool
    force: bool
    keep: bool

    def check(self, files: Sequence[str], recursive: bool) -> None:
        """Raise UsageError for what contradicts itself."""
        if self.output is not None and self.stdout:
            raise click.UsageError("-o and -c contradict each other")
        if not self.keep and (self.stdout or not files or STDIN in files):
            raise click.UsageError("--rm needs files as input and output, not a stream")
        if files.count(STDIN) > 1:
            raise click.UsageError("standard input can be read only once")
        several = len(files) > 1 or recursive
        if self.output is not None and several and not os.path.isdir(self.output):
            raise click.UsageError(f"-o {self.output} is no folder, and there may be several inputs")


def _levels() -> list[click.Option]:
    text = (
        "-1 to -3 are fast, -7 to -9 give the smallest files; -5 if none is given. Chunks have 4, 16 or 64 MiB: "
        "large files get smaller by larger chunks, but take more memory and keep fewer cores busy."
    )
    first = _Levels(["-1", "level"], flag_value=1, type=int, help=text)
    return [first, *(click.Option([f"-{n}", "level"], flag_value=n, type=int, hidden=True) for n in range(2, 10))]


FILES = click.Argument(["files"], nargs=-1, type=click.Path(path_type=str), metavar="[FILES]...")
RECURSIVE = click.Option(["-r", "--recursive"], is_flag=True, help="Take what is in folders, too.")
RUNNING = [
    click.Option(
        ["-T", "--threads"],
        type=click.IntRange(min=0),
        default=0,
        metavar="N",
        help="Chunks coded at a time; 0, the default: one per core. The output is the same for any N.",
    ),
    click.Option(
        ["-M", "--memory"], type=size, metavar="SIZE", help="Refuse to take more memory: 512M, 2G, 300MiB ..."
    ),
    click.Option(["-q", "--quiet"], is_flag=True, help="Say nothing but errors."),
    click.Option(["-v", "--verbose"], is_flag=True, help="Say more: models, chunks, memory, times."),
]
COMMON = [RECURSIVE, *RUNNING]
TARGET = [
    click.Option(["-o", "--output"], metavar="PLACE", help="Write to this file, or into this folder."),
    click.Option(["-c", "--stdout"], is_flag=True, help="Write to standard output."),
    click.Option(["-f", "--force"], is_flag=True, help="Replace files that exist; write to a terminal."),
    click.Option(
        ["--keep/--rm", "-k/ "],
        default=True,
        help="Keep the input (the default), or remove it once the output is safe on disk.",
    ),
]
LEVELS = _levels()
MODEL = click.Option(
    ["-m", "--model"],
    metavar="MODEL",
    help="A model by name (order0, bytes, pixels), by file or by id; by default the content decides.",
)
PIXELS = click.Option(
    ["--pixels"], is_flag=True, help="Keep pixels and metadata of a PNG, not the very bytes of its file."
)
CODING = [
    *LEVELS,
    MODEL,
    click.Option(["--embed-model"], is_flag=True, help="Put the model file given with -m into the output."),
    PIXELS,
    click.Option(
        ["--verify/--no-verify"], default=True, help="Decode the output before it is kept (the default), or trust it."
    ),
]


def bundled(function: Callable[..., int], **bundles: type[Any]) -> Callable[..., int]:
    """`function`, called with its options gathered into dataclasses: `bundled(run, common=Common)`."""

    def gathering(**given: Any) -> int:
        for name, bundle in bundles.items():
            given[name] = bundle(**{field.name: given.pop(field.name) for field in fields(bundle)})
        return function(**given)

    return gathering
