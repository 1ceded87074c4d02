"""Sizes and speeds of JPEG files beside Lepton.

Files are those in folders, and those that Pillow makes of pictures, of many kinds. Each must come back byte for byte,
or the script ends. Speeds are megabytes of JPEG per second of CPU time; arcodec verifies what it writes.

Run: python -m bench.jpegs [FOLDER ...] [--pictures FOLDER] [--level L]
"""

from __future__ import annotations

import argparse
import io
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from PIL import Image

import arcodec
from arcodec.bench.tables import pipes

_NAMES = {".jpg", ".jpeg"}
_SIDE = 1024  # columns and rows of a picture at most
_KINDS: dict[str, dict[str, Any]] = {
    "4:2:0": {"quality": 85},
    "4:2:2, progressive": {"quality": 80, "subsampling": 1, "progressive": True},
    "4:4:4, optimised": {"quality": 92, "subsampling": 0, "optimize": True},
    "low": {"quality": 50},
    "high, progressive": {"quality": 98, "progressive": True},
    "restarts": {"quality": 75, "restart_marker_rows": 1},
    "gray": {"quality": 90, "mode": "L"},
    "CMYK": {"quality": 90, "mode": "CMYK"},
}


def found(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The JPEG files in a folder and those in it: name of the folder, content."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _NAMES and path.is_file() and not path.is_symlink():
            yield folder.name, path.read_bytes()


def made(folder: Path, pictures: int) -> Iterator[tuple[str, bytes]]:
    """JPEG files of every kind of some of the pictures in a folder."""
    paths = sorted(path for path in folder.iterdir() if path.is_file())
    for path in paths[:: max(1, len(paths) // pictures)][:pictures]:
        picture = Image.open(path).convert("RGB").crop((0, 0, _SIDE, _SIDE))
        for name, options in _KINDS.items():
            own = dict(options)
            file = io.BytesIO()
            picture.convert(own.pop("mode", "RGB")).save(file, "jpeg", **own)
            yield name, file.getvalue()


def measured(name: str, data: bytes, level: int, lepton: Any) -> list[float]:
    """[files, taken apart, bytes, arcodec's, Lepton's, seconds of compressing and decompressing, Lepton's]."""
    start = time.process_time()
    packed = arcodec.compress(data, level=level)
    middle = time.process_time()
    if arcodec.decompress(packed) != data:
        sys.exit(f"a file of {len(data)} bytes ({name}) did not come back")
    times = [middle - start, time.process_time() - middle]
    size, theirs = 0, [0.0, 0.0]
    if lepton:
        try:
            start = time.process_time()
            other = lepton.compress_bytes(data)
            middle = time.process_time()
            lepton.decompress_bytes(other)
            size, theirs = len(other), [middle - start, time.process_time() - middle]
        except Exception as error:  # of its own kinds; what it refuses is kept
            print(f"Lepton refuses a file of {len(data)} bytes ({name}): {error}", file=sys.stderr)
            size = len(data)
    taken = arcodec.info(packed).frames[0].content in ("jpeg", "compound")
    return [1, taken, len(data), len(packed), size, *times, *theirs]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER", help="with JPEG files")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="to make JPEG files of")
    parser.add_argument("--count", type=int, default=10, metavar="N", help="so many of them, evenly chosen")
    parser.add_argument("--level", type=int, default=5)
    arguments = parser.parse_args()
    lepton: Any = None
    try:
        lepton = import_module("lepton_jpeg_python")
    except ImportError:
        print("no Lepton: lepton-jpeg-python is not installed", file=sys.stderr)
    files: list[Iterator[tuple[str, bytes]]] = []
    for folder in arguments.folders:
        if folder.is_dir():
            files.append(found(folder))
        else:
            print(f"{folder} is skipped: it is no folder", file=sys.stderr)
    if arguments.pictures:
        files.append(made(arguments.pictures, arguments.count))
    arcodec.decompress(arcodec.compress(_warm(), level=arguments.level))
    totals: dict[str, list[float]] = {}
    for source in files:
        for name, data in source:
            own = measured(name, data, arguments.level, lepton)
            for key in (name, "all"):
                totals[key] = [a + b for a, b in zip(totals.get(key, [0.0] * len(own)), own, strict=True)]
    totals["all"] = totals.pop("all", [])
    rows = [[name, *_cells(counts)] for name, counts in totals.items() if counts]
    heads = [
        "files",
        "taken",
        "bytes",
        "arcodec",
        "Lepton",
        "to the files",
        "to Lepton",
        "MB/s",
        "back",
        "Lepton",
        "back",
    ]
    print(pipes(["", *heads], rows))


def _cells(counts: list[float]) -> list[str]:
    number, taken, size, packed, other, *seconds = counts
    speeds = [f"{size / own / 1e6:.2f}" if own else "" for own in seconds]
    less = f"{100 * (packed / other - 1):.1f} %" if other else ""
    sizes = [f"{value:,.0f}" for value in (number, taken, size, packed, other)]
    return [*sizes, f"{100 * (packed / size - 1):.1f} %", less, *speeds]


def _warm() -> bytes:
    """A small file, by which all kernels that others need are loaded."""
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(file, "jpeg", comment="to be or not to be " * 9)
    return file.getvalue()


if __name__ == "__main__":
    main()
