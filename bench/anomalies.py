"""Does a score find what does not belong, and how long does it take beside compressing?

Into the lines of each text, one at a time, some from the first quarter on are spoilt: their letters and digits in
another order. Into each picture, squares of 16 x 16 pixels of another place of it are copied, turned over and
inverted. Told are the shares of those that are the dearest region of the file, and among the ten dearest; and the
processor time of scoring and of compressing, without and with the check by decoding.

Run: python -m bench.anomalies FILE... [--level L] [--plants N] [--bytes N]
"""

from __future__ import annotations

import argparse
import io
import random
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

import arcodec
from arcodec.bench.tables import pipes
from arcodec.regions import Region

_SIDE = 16


def spoilt_lines(data: bytes, count: int) -> Iterator[tuple[bytes, int]]:
    """Texts with one spoilt line each, and its number."""
    lines = data.splitlines(keepends=True)
    draw = random.Random(1)
    long_enough = [k for k, line in enumerate(lines) if k >= len(lines) // 4 and len(line) >= 20]
    for place in draw.sample(long_enough, min(count, len(long_enough))):
        letters = bytearray(lines[place])
        which = [k for k, byte in enumerate(letters) if chr(byte).isalnum()]
        others = draw.sample(which, len(which))
        spoilt = bytearray(letters)
        for k, other in zip(which, others, strict=True):
            spoilt[k] = letters[other]
        yield b"".join([*lines[:place], bytes(spoilt), *lines[place + 1 :]]), place + 1


def patched(data: bytes, count: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Pictures with one foreign square each, and its left and top."""
    with Image.open(io.BytesIO(data)) as opened:
        pixels = np.asarray(opened.convert("RGB"))
    rows, columns = (n // _SIDE for n in pixels.shape[:2])
    draw = random.Random(1)
    for _ in range(count):
        top, left, y, x = (_SIDE * draw.randrange(n) for n in (rows, columns, rows, columns))
        changed = pixels.copy()
        square = pixels[y : y + _SIDE, x : x + _SIDE]
        changed[top : top + _SIDE, left : left + _SIDE] = 255 - square[::-1, ::-1]
        yield b"P6\n%d %d\n255\n" % changed.shape[1::-1] + changed.tobytes(), (left, top)


def hits(region: Region, where: int | tuple[int, int]) -> bool:
    """Whether a region is, or touches, what was planted."""
    if isinstance(where, int):
        return region.line == where
    if region.box is None:
        return False
    left, top, width, height = region.box
    return left < where[0] + _SIDE and where[0] < left + width and top < where[1] + _SIDE and where[1] < top + height


def seconds(work: object, *arguments: object, **options: object) -> float:
    """Processor time."""
    start = time.process_time()
    work(*arguments, **options)  # type: ignore[operator]
    return time.process_time() - start


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--level", type=int, default=5)
    parser.add_argument("--plants", type=int, default=5, metavar="N", help="spoilt copies of each file")
    parser.add_argument("--bytes", type=int, default=1 << 17, metavar="N", help="of a text, so many are taken")
    arguments = parser.parse_args()
    rows = []
    for path in arguments.files:
        data = path.read_bytes()
        is_picture = path.suffix in (".png", ".ppm", ".bmp")
        data = data if is_picture else data[: arguments.bytes]
        plants = patched(data, arguments.plants) if is_picture else spoilt_lines(data, arguments.plants)
        first = among = count = 0
        for spoilt, where in plants:
            dearest = arcodec.score(spoilt, level=arguments.level, mapped=True).dearest(10)
            found = [hits(region, where) for region in dearest]
            first, among, count = first + found[0], among + any(found), count + 1
        how = {"level": arguments.level}
        scoring = min(seconds(arcodec.score, data, **how) for _ in range(2))
        bare = min(seconds(arcodec.compress, data, verify=False, **how) for _ in range(2))
        checked = min(seconds(arcodec.compress, data, **how) for _ in range(2))
        times = [f"{t:.2f}" for t in (scoring, bare, checked)]
        rows.append([path.name, f"{len(data):,}", f"{first} of {count}", f"{among} of {count}", *times])
    head = ["file", "bytes", "dearest", "in the first ten", "score, s", "compress, s", "compress and check, s"]
    print(pipes(head, rows))


if __name__ == "__main__":
    main()
