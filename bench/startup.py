"""How long commands take to start: wall time of fresh processes, with kernels in the cache and on the first run ever.

Commands take turns. With an empty cache folder the kernels are compiled first; that is measured once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from PIL import Image

from bench import report
from bench.report import ROOT, table

_RUNS = 7
_TEXT, _IMAGE = "compress a text of 1 KB", "compress a PPM of 64 x 64"


def main() -> None:
    """Measure, print, save."""
    arguments = report.options(__doc__).parse_args()
    origin = report.origin()
    with tempfile.TemporaryDirectory() as work:
        commands = _commands(Path(work))
        for command in commands.values():  # compiles what is not in the cache
            _timed(command)
        warm: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(1 if arguments.quick else _RUNS):
            for name, command in commands.items():
                warm[name].append(_timed(command))
        first = {} if arguments.quick else _first_runs(commands, Path(work))
    if arguments.json:
        report.save(arguments.json, origin, warm=warm, first=first)
    if arguments.markdown:
        print(report.headline(origin), end="\n\n")
        print(table(["command", "seconds"], [[name, f"{median(times):.2f}"] for name, times in warm.items()]))
        if first:
            print(table(["first run ever", "seconds"], [[name, f"{time:.1f}"] for name, time in first.items()]))


def _commands(work: Path) -> dict[str, list[str]]:
    """What is measured: arguments of the interpreter, by name."""
    text, image, packed = work / "text", work / "image.ppm", str(work / "packed.arcz")
    text.write_bytes((ROOT / "corpora/gpl-3.0.txt").read_bytes()[5000:6024])
    with Image.open(ROOT / "corpora/hills.ppm") as hills:
        hills.crop((100, 80, 164, 144)).save(image)
    arcodec = ["-m", "arcodec"]
    return {
        "`python -c pass`": ["-c", "pass"],
        "`import numpy`": ["-c", "import numpy"],
        "`import numba`": ["-c", "import numba"],
        "`arcodec --help`": [*arcodec, "--help"],
        _TEXT: [*arcodec, "compress", "-qf", str(text), "-o", packed],
        _IMAGE: [*arcodec, "compress", "-qf", str(image), "-o", packed],
        "`arcodec list FILE`": [*arcodec, "list", packed],
    }


def _first_runs(commands: dict[str, list[str]], work: Path) -> dict[str, float]:
    """Seconds to compress with an empty cache folder: text, image, and one after the other."""
    first = {}
    for names in ([_TEXT], [_IMAGE], [_TEXT, _IMAGE]):
        with tempfile.TemporaryDirectory(dir=work) as cache:
            first[", then ".join(names)] = sum(_timed(commands[name], cache) for name in names)
    return first


def _timed(arguments: list[str], cache: str | None = None) -> float:
    """Wall time in seconds of a fresh interpreter, perhaps with another cache folder."""
    environment = {name: value for name, value in os.environ.items() if not cache or name != "NUMBA_CACHE_DIR"}
    if cache:
        environment["XDG_CACHE_HOME"] = cache
    start = perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
    return perf_counter() - start


if __name__ == "__main__":
    main()
