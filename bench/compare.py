"""arcodec beside other codecs: sizes, speeds and memory, every decode checked.

Evaluation files are taken from the folder that ARCODEC_CORPORA names (corpora/README.md says what is in it); else the
small files of corpora/ serve. Speeds are uncompressed bytes (of images: subpixels) per second of processor time, one
thread, the median of the runs; codecs take turns, so that the machine's moods meet all of them.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from bench import measure, report
from bench.files import FileSet, evaluation_folder, file_sets
from bench.measure import Result
from bench.report import table
from bench.rivals import CODECS, Codec

OURS = "arcodec"
_FEW = 8  # files of a set that still get a row each


def main() -> int:
    """Measure, print, save; 1 if any decode was wrong."""
    parser = report.options(__doc__)
    parser.add_argument("--runs", type=int, default=3, help="of each codec on each set (3); sets of minutes get one")
    parser.add_argument("--only", default="", metavar="REGEX", help="what to measure, matched against SET/CODEC")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        sets = file_sets(None if arguments.quick else evaluation_folder(), Path(work))
        origin = report.origin()
        jobs = _jobs(sets, re.compile(arguments.only))
        if not jobs:
            parser.error(f"nothing matches --only {arguments.only}")
        results = _measure(jobs, 1 if arguments.quick else arguments.runs, Path(work))
    codecs = {codec.name: {"settings": codec.settings, "version": codec.version()} for codec, _ in jobs}
    bare = measure.bare_interpreter()
    if arguments.json:
        report.save(arguments.json, origin, codecs=codecs, interpreter=bare, results=list(map(asdict, results)))
    if arguments.markdown:
        print(report.headline(origin), end="\n\n")
        for part in _tables(results):
            print(part)
        print(f"Memory is the peak of a fresh process. The bare interpreter has {bare / 1e6:.0f} MB;", end=" ")
        loaded = max((result.idle for result in results if result.codec == OURS), default=0)
        print(f"with arcodec's modules and kernels it has {loaded / 1e6:.0f} MB.\n" if loaded else "\n")
        for name, facts in codecs.items():
            print(f"- {name}: {facts['settings']} ({facts['version']})")
    wrong = [f"{result.codec} did not restore {name}" for result in results for name in result.wrong]
    for line in wrong:
        print(f"WRONG: {line}", file=sys.stderr)
    return 1 if wrong else 0


def _jobs(sets: Iterable[FileSet], only: re.Pattern[str]) -> list[tuple[Codec, FileSet]]:
    jobs = [
        (codec, files) for files in sets for codec in CODECS[files.kind] if only.search(f"{files.name}/{codec.name}")
    ]
    for package in sorted({codec.package for codec, _ in jobs if not codec.installed}):
        print(f"left out: {package} is not installed (pip install 'arcodec[bench]')", file=sys.stderr)
    return [(codec, files) for codec, files in jobs if codec.installed]


def _measure(jobs: list[tuple[Codec, FileSet]], runs: int, work: Path) -> list[Result]:
    for kind, codec in {(files.kind, codec.name): (files.kind, codec) for codec, files in jobs}.values():
        measure.warm_up(kind, codec, work)
    results = [measure.empty(codec, files) for codec, files in jobs]
    for number in range(runs):
        for result, (codec, files) in zip(results, jobs, strict=True):
            if not result.long:
                measure.run(result, codec, files, work)
                print(f"run {number + 1}: {_line(result)}", file=sys.stderr, flush=True)
    return results


def _line(result: Result) -> str:
    return (
        f"{result.set:<18}{result.codec:<12}{sum(result.packed):>12,} bytes {result.bits():8.3f} bits"
        f"  encode {_speed([result], 'encode')} MB/s, {result.peak['encode'] / 1e6:.0f} MB"
        f"  decode {_speed([result], 'decode')} MB/s, {result.peak['decode'] / 1e6:.0f} MB"
        f"{'  WRONG' if result.wrong else ''}"
    )


# --- tables ---


def _tables(results: list[Result]) -> Iterable[str]:
    for kind, unit in (("bytes", "bits per byte"), ("images", "bits per subpixel")):
        chosen = [result for result in results if result.kind == kind]
        if chosen:
            yield _by_codec("bytes", chosen, lambda result, part: sum(result.packed[part]), "{:,}")
            yield _by_codec(unit, chosen, Result.bits, "{:.3f}")
            yield _speeds(chosen)


def _by_codec(unit: str, results: list[Result], value: Callable[[Result, slice], float], form: str) -> str:
    """A row for each set (and for each file of small sets of several), a column for each codec."""
    names = list(dict.fromkeys(result.codec for result in results))
    head = [unit, *names, "arcodec to the best rival"]
    rows = []
    for label, part, of_set in _rows(results):
        values = {result.codec: value(result, part) for result in of_set}
        least = min(values.values())
        cells = [form.format(values[name]) if name in values else "" for name in names]
        marked = [
            f"**{cell}**" if values.get(name) == least else cell for name, cell in zip(names, cells, strict=True)
        ]
        rows.append([label, *marked, _to_best(values)])
    return table(head, rows)


def _rows(results: list[Result]) -> Iterable[tuple[str, slice, list[Result]]]:
    """Label, the files that count and the results that have them."""
    for name in dict.fromkeys(result.set for result in results):
        of_set = [result for result in results if result.set == name]
        files = of_set[0].files
        yield (name if len(files) == 1 else f"{name}, {len(files)} images"), slice(None), of_set
        if 1 < len(files) <= _FEW:
            for place, file in enumerate(files):
                yield Path(file).stem, slice(place, place + 1), of_set


def _to_best(values: dict[str, float]) -> str:
    rivals = {name: value for name, value in values.items() if name != OURS}
    if OURS not in values or not rivals:
        return ""
    best = min(rivals, key=rivals.__getitem__)
    return f"{100 * (values[OURS] / rivals[best] - 1):+.1f} % ({best})"


def _speeds(results: list[Result]) -> str:
    """A row for each codec: speed over all sets, and the largest peak of memory."""
    head = ["codec", "encode MB/s", "decode MB/s", "encode peak MB", "decode peak MB"]
    rows = []
    for name in dict.fromkeys(result.codec for result in results):
        of_codec = [result for result in results if result.codec == name]
        peaks = [f"{max(result.peak[verb] for result in of_codec) / 1e6:.0f}" for verb in ("encode", "decode")]
        rows.append([name, _speed(of_codec, "encode"), _speed(of_codec, "decode"), *peaks])
    return table(head, rows)


def _speed(results: list[Result], verb: str) -> str:
    size = sum(sum(result.raw) for result in results)
    speed = size / sum(result.time(verb) for result in results) / 1e6
    return f"{speed:,.0f}" if speed >= 100 else f"{speed:.3g}"


if __name__ == "__main__":
    sys.exit(main())
