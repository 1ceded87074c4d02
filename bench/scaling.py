"""How time and memory grow with the size of a file, the pixels of an image, the number of files and of threads.

Each point is a fresh process of the command line without its own check (--no-verify); that decoding gives the same
bytes is checked here. Processor time, wall time and peak memory are those of the whole process: the start of the
interpreter and the loading of the kernels are in them, and nothing is subtracted. `growth` fits exponents where that
start does not count for much. Ends with status 1 if anything grows faster than in proportion or came back wrong.
Not for Windows, which has no os.wait4.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import click

from arcodec.cli.options import size as parsed_size
from bench import report
from bench.growth import AXES, VERBS, Point, Record, Run, plot, tables
from bench.report import ROOT

_CHUNK = 1 << 22  # symbols in a chunk at level 1
_BAND = _CHUNK + _CHUNK // 4  # the most that a band of rows has
_SMALL_FILE = 1024  # bytes
_RUNS = 3
_SHORT = 10.0  # seconds; points that take longer are measured once
# Only for the time left: seconds of one start there and back, and per byte before any is known.
_START, _PACE = 1.5, 6e-6


@dataclass(frozen=True)
class Batch:
    """One input and what is done with it.

    Attributes:
        input: "text", "pixels" or "files".
        amount: bytes, pixels or files.
        size: bytes, about.
        threads: numbers of threads, which take turns.
        options: for compressing.
    """

    series: str
    input: str
    amount: int
    size: int
    threads: tuple[int, ...] = (1,)
    options: tuple[str, ...] = ()

    @property
    def xs(self) -> tuple[int, ...]:
        """Where its points are on the axis."""
        return self.threads if self.series == "threads" else (self.amount,)

    def points(self, record: Record) -> list[Point]:
        """Those that a record has."""
        found = (record.point(self.series, self.input, x) for x in self.xs)
        return [point for point in found if point]


def main() -> int:
    """Measure, print, save; 1 if anything is super-linear or wrong."""
    arguments = _arguments()
    quick = arguments.quick
    record = Record(report.origin(), quick)
    for path in arguments.reuse + [path for path in [arguments.json] if path and path.is_file()]:
        record.take(path)
    batches = [
        batch
        for batch in _batches(quick)
        if batch.series in (arguments.only or AXES) and batch.size <= (arguments.max_size or batch.size)
    ]
    batches = [batch for batch in batches if len(batch.points(record)) < len(batch.xs)]
    _warm_up({batch.input: batch for batch in batches}.values())
    for number, batch in enumerate(batches):
        with tempfile.TemporaryDirectory() as work:
            record.add(batch.input, *_measure(batch, Path(work), 1 if quick else _RUNS))
        if arguments.json:
            record.save(arguments.json)
        for line in _lines(batch.points(record)):
            print(line, file=sys.stderr)
        print(f"about {_minutes(batches[number + 1 :], record):.0f} min left", file=sys.stderr, flush=True)
    if arguments.json:
        record.save(arguments.json)
    if arguments.markdown:
        print(report.headline(record.origin), end="\n\n")
        print("\n".join(tables(record)))
    if arguments.plot:
        plot(record, arguments.plot)
    print(record.verdict())
    return 0 if record.good else 1


def _arguments() -> argparse.Namespace:
    parser = report.options(__doc__)
    parser.add_argument("--plot", type=Path, metavar="FOLDER", help="draw scaling-*.svg there")
    parser.add_argument("--only", choices=AXES, action="append", help="measure along this axis; may be repeated")
    parser.add_argument("--max-size", type=_size, metavar="SIZE", help="leave out inputs of more bytes: 64M, 1G ...")
    parser.add_argument(
        "--reuse",
        type=Path,
        nargs="+",
        default=[],
        metavar="FILE",
        help="records to take points from, as from OUT: of this machine and this commit",
    )
    return parser.parse_args()


def _size(text: str) -> int:
    try:
        return parsed_size(text)
    except click.BadParameter as error:
        raise argparse.ArgumentTypeError(error.message) from None


def _batches(quick: bool) -> list[Batch]:
    """What is measured, along each axis from small to large."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if quick:
        order0 = ("-m", "order0")
        return [
            *(Batch("size", "text", size, size, options=order0) for size in (1 << 10, 1 << 12, 1 << 14)),
            *(Batch("pixels", "pixels", pixels, 3 * pixels) for pixels in (1000, 4000)),
            *(Batch("files", "files", count, count * _SMALL_FILE, options=order0) for count in (1, 10)),
            Batch("threads", "text", 2 * _CHUNK, 2 * _CHUNK, (1, 2), ("-1", *order0)),
        ]
    counts = tuple(range(1, cores + 2))
    chunks = 2 * (cores + 1)  # on two cores six, a multiple of one, two and three
    return [
        *(Batch("size", "text", 1024 << 2 * step, 1024 << 2 * step) for step in range(10)),
        *(
            Batch("pixels", "pixels", pixels, 3 * pixels)
            for pixels in (round(10 ** (4 + 4 * k / 7)) for k in range(8))
        ),
        *(Batch("files", "files", 10**step, 10**step * _SMALL_FILE) for step in range(5)),
        Batch("threads", "text", chunks * _CHUNK, chunks * _CHUNK, counts, ("-1",)),
        Batch("threads", "pixels", chunks * _BAND // 3, chunks * _BAND, counts, ("-1",)),
    ]


# --- measuring ---


def _warm_up(batches: Iterable[Batch]) -> None:
    """Let what is kept on disk (compiled kernels, byte code) be there."""
    for batch in batches:
        with tempfile.TemporaryDirectory() as work:
            _measure(replace(batch, amount=100 if batch.input == "pixels" else 1, threads=(1,)), Path(work), 1)


def _measure(batch: Batch, work: Path, runs: int) -> tuple[str, list[Point]]:
    """What the input is, and the points; `work` is an empty folder."""
    source = work / "input"
    command = [sys.executable, "-m", "bench.inputs", batch.input, str(batch.amount), str(source)]
    made = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    points = [Point(batch.series, batch.input, x, _bytes_in(source)) for x in batch.xs]
    for _ in range(runs):
        start = perf_counter()
        for point, threads in zip(points, batch.threads, strict=True):
            _there_and_back(point, threads, batch.options, source, work)
        if batch.series != "threads" and perf_counter() - start > _SHORT:
            break
    return made, points


def _there_and_back(point: Point, threads: int, options: Sequence[str], source: Path, work: Path) -> None:
    """Compress and decompress once more, and compare."""
    packed, restored = work / "packed", work / "restored"
    for folder in (packed, restored):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
    common = ("-qr", "-T", str(threads), "-o")
    point.runs["compress"].append(_run("compress", "--no-verify", *options, *common, str(packed), str(source)))
    point.runs["decompress"].append(_run("decompress", *common, str(restored), *map(str, packed.iterdir())))
    point.packed = _bytes_in(packed)
    point.right = point.right and _same(source, restored / source.name)


def _run(*arguments: str) -> Run:
    """One command of arcodec.

    The system counts the memory of whoever starts a process as that process's own, so this one has to stay small: it
    makes no input and imports no numpy.
    """
    start = perf_counter()
    command = [sys.executable, "-m", "arcodec", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)  # it is waited for; Popen is to know
    memory = usage.ru_maxrss if sys.platform == "darwin" else usage.ru_maxrss << 10
    return Run(usage.ru_utime + usage.ru_stime, wall, memory)


def _bytes_in(path: Path) -> int:
    return sum(file.stat().st_size for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file())


def _same(source: Path, restored: Path) -> bool:
    """Whether a file, or each file of a flat folder, is there again."""
    if not source.is_dir():
        return restored.is_file() and filecmp.cmp(source, restored, shallow=False)
    names = sorted(path.name for path in source.iterdir())
    if not restored.is_dir() or names != sorted(path.name for path in restored.iterdir()):
        return False
    return all(filecmp.cmp(source / name, restored / name, shallow=False) for name in names)


# --- for whoever waits ---


def _lines(points: Iterable[Point]) -> Iterator[str]:
    for point in points:
        said = (
            f"{verb} {point.value(verb, 'wall'):.2f} s {point.value(verb, 'memory') / 1e6:.0f} MB" for verb in VERBS
        )
        wrong = "" if point.right else "  WRONG"
        yield f"{point.series:<8}{point.input:<8}{point.x:>12,}  {'  '.join(said)}{wrong}"


def _minutes(batches: Iterable[Batch], record: Record) -> float:
    """How long batches will take, at the pace of the largest point of their input so far."""
    seconds = 0.0
    cores = record.origin["machine"]["cores"]
    for batch in batches:
        known = [point for point in record.points if point.input == batch.input and point.size > 1 << 20]
        point = max(known, key=lambda point: (point.size, -point.x), default=None)
        pace = sum(point.value(verb, "wall") for verb in VERBS) / point.size if point else _PACE
        times = _RUNS * sum(1 / min(n, cores) for n in batch.threads) if batch.series == "threads" else 1
        seconds += times * (_START + pace * batch.size)
    return seconds / 60


if __name__ == "__main__":
    sys.exit(main())
