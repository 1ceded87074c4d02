"""Sizes of NumPy arrays beside general compressors, with and without a shuffle of bytes: whole files.

Made arrays come from a fixed seed; the .npy and .npz files of a folder are added, and the pixels of a picture.
Decodes are compared.

Run: python -m bench.arrays [FOLDER] [--picture FILE] [--level L]
"""

from __future__ import annotations

import argparse
import io
import lzma
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zstandard
from PIL import Image

import arcodec
from arcodec.bench.tables import pipes

_COUNT = 50_000
Array = npt.NDArray[Any]


def made() -> Iterator[tuple[str, Array]]:
    """Arrays like those that people keep."""
    random = np.random.default_rng(20)
    walk = np.cumsum(random.normal(size=_COUNT))
    y, x = np.mgrid[:300, :400] / 50
    field = np.sin(x) * np.cos(y * 1.3) + 0.3 * np.sin(3 * x + y)
    yield "embeddings float32", random.normal(size=(400, 256)).astype("<f4")
    yield "embeddings float16", random.normal(size=(400, 256)).astype("<f2")
    yield "labels int64", random.integers(0, 10, _COUNT)
    yield "sorted ids int64", np.cumsum(random.integers(1, 60, _COUNT))
    yield "times int64 ns", 1_700_000_000_000_000_000 + np.cumsum(random.integers(900, 1100, _COUNT)) * 1_000_000
    yield "walk float64", walk
    yield "walk float32", walk.astype("<f4")
    yield "walk int32", (walk * 100).astype("<i4")
    yield "walk int16, big-endian", (walk * 10).astype(">i2")
    yield "prices float64", np.round(100 + walk / 10, 2)
    yield "walks float32, 8 columns", np.cumsum(random.normal(size=(_COUNT // 8, 8)), axis=0).astype("<f4")
    yield "field float64", field
    yield "field float32", field.astype("<f4")
    yield "noisy field float32", (field + random.normal(size=field.shape) * 0.01).astype("<f4")
    yield "field uint16", ((field - field.min()) * 20000).astype("<u2")
    yield "field float32, Fortran", np.asfortranarray(field.astype("<f4"))
    yield "spectrum complex128", np.fft.fft(walk[: _COUNT // 2])
    yield "mask bool", field > 0.2
    yield "counts uint8", random.poisson(3, _COUNT).astype(np.uint8)
    yield "words S8", np.array([b"alpha", b"beta", b"gamma", b"delta-9"])[random.integers(0, 4, _COUNT // 4)]
    yield "words U6", np.array(["north", "south", "east", "west"])[random.integers(0, 4, _COUNT // 8)]
    table = np.zeros(_COUNT // 4, [("id", "<i8"), ("x", "<f4"), ("y", "<f8"), ("kind", "u1"), ("name", "S4")])
    table["id"] = np.arange(len(table)) + 5000
    table["x"], table["y"] = walk[: len(table)], np.round(walk[: len(table)], 3)
    table["kind"] = random.integers(0, 5, len(table))
    table["name"] = np.array([b"ab", b"cde", b"f"])[random.integers(0, 3, len(table))]
    yield "table", table
    sparse = np.zeros((300, 400), np.float32)
    sparse.flat[random.integers(0, sparse.size, 2000)] = random.normal(size=2000)
    yield "sparse float32", sparse
    yield "weights float32", (random.laplace(size=(256, 512)) * 0.05).astype("<f4")


def of_picture(path: Path) -> Iterator[tuple[str, Array]]:
    """What is made of pictures."""
    pixels = np.asarray(Image.open(path).convert("RGB"))
    yield "picture uint8", pixels
    yield "picture uint8, gray, Fortran", np.asfortranarray(pixels[..., 1])
    yield "picture float32 / 255", (pixels[::2, ::2] / np.float32(255)).astype(np.float32)
    yield "picture float64, planes", pixels[::3, ::3].transpose(2, 0, 1).astype(np.float64)
    small = pixels[: pixels.shape[0] // 64 * 64, : pixels.shape[1] // 64 * 64]
    yield "tiles uint8", np.ascontiguousarray(small.reshape(-1, 64, small.shape[1] // 64, 64, 3).swapaxes(1, 2))


def shuffled(data: bytes) -> bytes:
    """The first bytes of all items, then the second, as Blosc does; the header stays before them."""
    file = io.BytesIO(data)
    array = np.load(file)
    header = data[: len(data) - array.nbytes]
    items = np.frombuffer(data, np.uint8, offset=len(header)).reshape(-1, array.itemsize)
    return b"".join((header, items.T.tobytes()))


def files(folder: Path | None, picture: Path | None) -> Iterator[tuple[str, bytes]]:
    """All that is measured, by name."""
    for name, array in (*made(), *(of_picture(picture) if picture else ())):
        file = io.BytesIO()
        np.save(file, array)
        yield name, file.getvalue()
    for path in sorted(folder.rglob("*.np[yz]")) if folder else ():
        yield path.name, path.read_bytes()


def sizes(data: bytes, level: int) -> tuple[list[int], float, float]:
    """Bytes of the file, by arcodec, by its model of bytes, and by rivals; seconds to compress and to decompress."""
    start = time.process_time()
    packed = arcodec.compress(data, level=level, verify=False)
    middle = time.process_time()
    if arcodec.decompress(packed) != data:
        sys.exit("a file did not come back")
    end = time.process_time()
    strong = zstandard.ZstdCompressor(level=22)
    model = "bytes-2-fast" if level < 4 else "bytes-2" if level < 7 else "bytes-2-max"
    found = [
        *(len(data), len(packed), len(arcodec.compress(data, level=level, model=model, verify=False))),
        len(lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)),
        len(strong.compress(data)),
    ]
    found.append(min(found[-1], len(strong.compress(shuffled(data))) if data.startswith(b"\x93NUMPY") else found[-1]))
    return found, middle - start, end - middle


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", help="with .npy and .npz files")
    parser.add_argument("--picture", type=Path)
    parser.add_argument("--level", type=int, default=5)
    arguments = parser.parse_args()
    rows, totals, seconds = [], [0] * 6, [0.0, 0.0]
    for name, data in files(arguments.folder, arguments.picture):
        found, packing, unpacking = sizes(data, arguments.level)
        seconds = [seconds[0] + packing, seconds[1] + unpacking]
        totals = [a + b for a, b in zip(totals, found, strict=True)]
        rows.append([name, *(f"{size:,}" for size in found)])
        print(*rows[-1], sep="\t", file=sys.stderr)
    rows.append(["all", *(f"{size:,}" for size in totals)])
    heads = ["array", "bytes", f"arcodec -{arguments.level}", "its bytes", "xz -9e", "zstd -22", "shuffle + zstd -22"]
    print(pipes(heads, rows))
    speeds = [totals[0] / max(s, 1e-9) / 1e6 for s in seconds]
    print(f"\narcodec: {speeds[0]:.2f} MB/s to compress, {speeds[1]:.2f} MB/s to decompress, CPU time")


if __name__ == "__main__":
    main()
