"""What a person sees: lines on standard error, a progress bar, the summary of a file."""

from __future__ import annotations

import errno
import sys
import time
import traceback
from collections.abc import Collection, Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from arcodec.cli.files import STDIN
from arcodec.errors import ArcodecError
from arcodec.printable import printable

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_PATIENCE = 1.0  # seconds before a progress bar appears
_NAME_WIDTH = 24  # characters of a name that it shows


def shown(name: str) -> str:
    """A file name as it may be printed: without control characters and lone surrogates."""
    if name == STDIN:
        return "(stdin)"
    return printable(name)


def say(text: str) -> None:
    """One line on standard error, if there is one."""
    if sys.stderr is not None:
        print(text, file=sys.stderr, flush=True)


def watched() -> bool:
    """Whether standard error is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


def complain(name: str | None, error: BaseException, verbose: bool = False) -> None:
    """One line about an error; for one that nobody foresaw, and if `verbose`, where it came from."""
    if isinstance(error, ArcodecError):
        reason = str(error)
    elif isinstance(error, MemoryError):
        reason = "there is not enough memory; a lower level or -T1 takes less"
    elif isinstance(error, OSError) and error.errno in errno.errorcode:
        reason = error.strerror or str(error)
    else:
        reason = f"unexpected {type(error).__name__}: {error}; please report this"
        if verbose:
            say("".join(traceback.format_exception(error)).rstrip())
        else:
            reason += " (-v shows where it happened)"
    place = "" if name is None else f"{shown(name)}: "
    say(f"arcodec: {place}{' '.join(reason.split())}")


def amount(size: int) -> str:
    """A number of bytes, short: 512 B, 4.2 KiB, 1.5 GiB."""
    number, unit = float(size), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if number < 1000 or unit == "TiB":
            break
        number /= 1024
    return f"{size} B" if unit == "B" else f"{number:.{1 if number < 100 else 0}f} {unit}"


def table(rows: Sequence[Sequence[str]], left: Collection[str]) -> str:
    """Rows in aligned columns, the head first; columns whose head is in `left` begin alike, others end alike."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(_aligned, row, widths, [h in left for h in rows[0]])).rstrip() for row in rows)


def _aligned(cell: str, width: int, left: bool) -> str:
    return cell.ljust(width) if left else cell.rjust(width)


def change(original: int, packed: int, packing: bool) -> str:
    """Sizes before and after: 152,089 -> 36,362 bytes (4.18x, 1.913 bits/byte)."""
    before, after = (original, packed) if packing else (packed, original)
    text = f"{before:,} -> {after:,} bytes"
    return (
        f"{text} ({original / packed:.2f}x, {8 * packed / original:.3f} bits/byte)" if original and packed else text
    )


class Meter:
    """How far a phase is, as a progress callback and a context manager; draws on a terminal once it takes long.

    Args:
        name: of the file.
        total: symbols there are to code; None if unknown.
        quiet: draw nothing.
        phase: what is being done, where that is not plain.
    """

    def __init__(self, name: str, total: int | None, quiet: bool, phase: str = "") -> None:
        name = shown(name)
        name = name if len(name) <= _NAME_WIDTH else f"{name[: _NAME_WIDTH - 1]}…"
        self._name = f"{phase} {name}".strip()
        self._total = total
        self._drawn = not quiet and watched()
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time since the phase began."""
        return time.monotonic() - self._start

    def __call__(self, symbols: int, coded: int) -> None:
        """`symbols` have been coded so far, to or from `coded` bytes."""
        if not self._drawn or not symbols or self.seconds < _PATIENCE:
            return
        if self._bar is None:
            self._bar = _bar()
            self._task = self._bar.add_task(self._name, pace="")
            self._bar.start()
        assert self._task is not None
        total = self._total if self._total and symbols <= self._total else None  # an image may have more than bytes
        text = pace(symbols, total, coded, self.seconds)
        self._bar.update(self._task, total=total, completed=symbols, pace=text)
        self._bar.refresh()

    def __enter__(self) -> Meter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def pace(symbols: int, total: int | None, coded: int, seconds: float) -> str:
    """Speed, ratio so far and time left: 0.35 MB/s, 4.21x, 2:05 left."""
    parts = [f"{symbols / seconds / 1e6:.2f} MB/s"]
    if coded:
        parts.append(f"{symbols / coded:.2f}x")
    if total is not None:
        left = round((total - symbols) * seconds / symbols)
        parts.append(f"{left // 60}:{left % 60:02} left")
    return ", ".join(parts)


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
    from rich.table import Column

    return Progress(
        TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True)),
        BarColumn(None, table_column=Column(ratio=1)),
        TaskProgressColumn(),
        TextColumn("{task.fields[pace]}", markup=False, table_column=Column(no_wrap=True)),
        console=Console(stderr=True),
        auto_refresh=False,
        transient=True,
        expand=True,
    )
