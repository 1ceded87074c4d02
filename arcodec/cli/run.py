"""One verb over many inputs: which files are meant, one line for each or its error, the sums at the end."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from arcodec.api import thread_count
from arcodec.cli import files
from arcodec.cli.files import STDIN, CountingSink
from arcodec.cli.options import Common, Target
from arcodec.cli.show import Meter, amount, change, complain, say, shown
from arcodec.container import CARRIED, SUFFIX
from arcodec.errors import FileRefusedError

if TYPE_CHECKING:
    from arcodec.compressor import Report
    from arcodec.container import Source
    from arcodec.listing import Info


@dataclass(frozen=True)
class Item:
    """A file to be worked on.

    Attributes:
        path: as it was given or found.
        below: where it goes under an output folder: its name, or its path from the folder that was given.
    """

    path: str
    below: str


def packed(name: str) -> bool:
    """Whether a file is named like what arcodec writes."""
    return name.endswith(SUFFIX)


class Run:
    """One verb over its inputs.

    Args:
        common: options.
        packing: it compresses; else it takes packed files apart.
        verdict: what to say of each input first.
    """

    def __init__(self, common: Common, packing: bool, verdict: str = "") -> None:
        self.common = common
        self.threads = thread_count(common.threads)
        self._packing = packing
        self._verdict = verdict
        self._failed = 0
        self._outputs: dict[str, Item] = {}
        self._sizes: list[tuple[int, int]] = []
        self._start = time.monotonic()

    def each(self, paths: Sequence[str], work: Callable[[Item], None]) -> int:
        """`work` on each input, going on after errors; returns the exit status."""
        # All are found before any is written, so that no output is taken for an input.
        items = list(self._inputs(paths or [STDIN]))
        for item in items:
            try:
                work(item)
            except BrokenPipeError:
                raise
            except Exception as error:
                self._fail(item.path, error)
        if len(self._sizes) > 1 and not self.common.quiet:
            original, packed = map(sum, zip(*self._sizes, strict=True))
            count = f"{len(self._sizes)} of {len(items)}" if self._failed else len(items)
            say(f"{count} files: {change(original, packed, self._packing)}, {time.monotonic() - self._start:.1f} s")
        return 1 if self._failed else 0

    def done(
        self, item: Item, original: int, packed: int, seconds: float, notes: str, *, aside: bool = False
    ) -> None:
        """Say what became of an input, and with -v the `notes`; `aside`, for filters: with -v only."""
        if self.common.quiet or (aside and not self.common.verbose):
            return
        self._sizes.append((original, packed))
        say(f"{shown(item.path)}: {self._verdict}{change(original, packed, self._packing)}, {seconds:.1f} s")
        if self.common.verbose:
            say(f"  {notes}")

    def _fail(self, path: str, error: Exception) -> None:
        self._failed += 1
        complain(path, error, self.common.verbose)

    def _inputs(self, paths: Iterable[str]) -> Iterator[Item]:
        for path in paths:
            if self.common.recursive and os.path.isdir(path):
                yield from self._found(path)
            else:
                yield Item(path, os.path.basename(path))

    def _found(self, top: str) -> Iterator[Item]:
        """The regular files in a folder, in order of their names; links are not followed."""
        parent = os.path.dirname(os.path.abspath(top))
        for folder, folders, names in os.walk(top, onerror=lambda error: self._fail(error.filename, error)):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(folder, name)
                ours = packed(name) != self._packing and not files.is_temporary(name)
                if ours and os.path.isfile(path) and not os.path.islink(path):
                    yield Item(path, os.path.relpath(os.path.abspath(path), parent))

    def output(self, item: Item, name: str, target: Target, source: files.Input) -> files.Output:
        """The output file called `name`, beside the input or where `target` says.

        Raises:
            FileRefusedError: an earlier input has the same output; else see `files.Output`.
        """
        if target.output is None:
            path = os.path.join(os.path.dirname(item.path), name)
        elif os.path.isdir(target.output):
            if item.path == STDIN:
                raise FileRefusedError(f"standard input has no name to use in the folder {target.output}")
            path = os.path.join(target.output, os.path.dirname(item.below), name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
        else:
            path = target.output
        earlier = self._outputs.setdefault(os.path.realpath(path), item)
        if earlier is not item:
            raise FileRefusedError(f"its output {shown(path)} is that of {shown(earlier.path)} already")
        for leftover in files.leftovers(path):
            say(f"arcodec: {shown(leftover)}: left by an interrupted run; safe to delete")
        return files.Output(path, target.force, source.status)

    def meter(self, name: str, total: int | None, phase: str = "") -> Meter:
        """A progress meter that heeds -q."""
        return Meter(name, total, self.common.quiet, phase)

    def decode(
        self, name: str, source: Source, info: Info | None, sink: CountingSink, phase: str = ""
    ) -> tuple[Report, float]:
        """Decompress `source`, of which `info` is known, to `sink`; also returns the seconds it took."""
        announce_compiling()
        from arcodec.decompressor import Limits, decompress_stream

        with self.meter(name, _symbols(info) if info else None, phase) as meter:
            return decompress_stream(source, sink, Limits(self.threads, self.common.memory), meter), meter.seconds


def _symbols(info: Info) -> int:
    return sum(chunk.symbols for frame in info.frames for chunk in frame.chunks if chunk.model != CARRIED)


@cache
def announce_compiling() -> None:
    """Before models are imported: have it said if their kernels must be compiled first."""
    from arcodec.cli.notice import listen

    listen()


def details(info: Info) -> str:
    """What -v says of an .arcz file: content, models, chunks, memory."""
    contents = "+".join(dict.fromkeys(frame.content for frame in info.frames))
    models = "+".join(dict.fromkeys(name for frame in info.frames for name in frame.models_in_full))
    count = sum(len(frame.chunks) for frame in info.frames)
    chunks = "1 chunk" if count == 1 else f"{count} chunks"
    embedded = f", {info.embedded:,} bytes for the model file" if info.embedded else ""
    return f"{contents} by {models}, {chunks}{embedded}, {amount(info.memory)} to decode"
