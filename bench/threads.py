"""Two chunks on two cores: wall time with one thread and with two, which take turns, at level 1 (chunks of 4 Mi)."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter

import numpy as np
from PIL import Image

from arcodec.compressor import Options, compress_stream
from arcodec.decompressor import Limits, decompress_stream
from bench import report
from bench.files import evaluation_folder
from bench.report import ROOT, table

_RUNS = 3
_SIZE = 8 << 20  # bytes, of an image about as many subpixels: two chunks
_THREADS = (1, 2)


def main() -> None:
    """Measure, print, save; ends with status 1 if anything came back wrong."""
    arguments = report.options(__doc__).parse_args()
    origin = report.origin()
    folder = evaluation_folder()
    if arguments.quick:  # two chunks are no small input, so the smallest model has to do
        inputs, model, runs = {"text": _text(folder)}, "order0", 1
    else:
        inputs, model, runs = {"text": _text(folder), "image": _image(folder)}, None, _RUNS
    seconds = {name: _measure(data, model, runs) for name, data in inputs.items()}
    if arguments.json:
        report.save(arguments.json, origin, sizes={name: len(data) for name, data in inputs.items()}, seconds=seconds)
    if arguments.markdown:
        print(report.headline(origin), end="\n\n")
        print(table(["seconds", "-T 1", "-T 2", "times as fast"], list(_rows(seconds))))


def _measure(data: bytes, model: str | None, runs: int) -> dict[str, list[float]]:
    """Wall times of each run, by verb and number of threads as in "compress -T 2"."""
    seconds: dict[str, list[float]] = {f"{verb} -T {n}": [] for verb in ("compress", "decompress") for n in _THREADS}
    _there_and_back(data[:65536], model, 1)  # loads the kernels
    for _ in range(runs):
        for threads in _THREADS:
            for verb, time in zip(("compress", "decompress"), _there_and_back(data, model, threads), strict=True):
                seconds[f"{verb} -T {threads}"].append(time)
    return seconds


def _there_and_back(data: bytes, model: str | None, threads: int) -> tuple[float, float]:
    """Wall times of compressing and of decompressing, which is checked."""
    packed, restored = io.BytesIO(), io.BytesIO()
    start = perf_counter()
    compress_stream(io.BytesIO(data), packed, Options(level=1, model=model, threads=threads, verify=False))
    middle = perf_counter()
    packed.seek(0)
    decompress_stream(packed, restored, Limits(threads=threads))
    end = perf_counter()
    if restored.getvalue() != data:
        sys.exit(f"WRONG: {len(data)} bytes did not come back as they were with {threads} threads")
    return middle - start, end - middle


def _rows(seconds: dict[str, dict[str, list[float]]]) -> Iterator[list[str]]:
    for name, times in seconds.items():
        for verb in ("compress", "decompress"):
            one, two = (median(times[f"{verb} -T {threads}"]) for threads in _THREADS)
            yield [f"{name}, {verb}", f"{one:.1f}", f"{two:.1f}", f"{one / two:.2f}"]


def _text(folder: Path | None) -> bytes:
    """The first 8 MiB of Silesia's dickens, or a small file with its lines in ever new order."""
    dickens = folder / "bytes/silesia/dickens" if folder else None
    if dickens and dickens.is_file():
        return dickens.read_bytes()[:_SIZE]
    rng = Random(1)
    lines = (ROOT / "corpora/gpl-3.0.txt").read_bytes().splitlines(keepends=True)
    data = bytearray()
    while len(data) < _SIZE:
        rng.shuffle(lines)
        data += b"".join(lines)
    return bytes(data[:_SIZE])


def _image(folder: Path | None) -> bytes:
    """Pictures of Kodak of one shape, one below the other, as PPM; or the small one again and again, with noise."""
    paths = sorted((folder / "images/kodak").glob("*.png")) if folder else []
    pictures = [np.asarray(Image.open(path)) for path in paths or [ROOT / "corpora/hills.ppm"]]
    same = [picture for picture in pictures if picture.shape == pictures[0].shape]
    rng = np.random.RandomState(1)
    tiles = []
    for number in range(-(-_SIZE // same[0].size)):
        tile = same[number % len(same)]
        if number >= len(same):
            tile = np.clip(tile + rng.randint(-1, 2, tile.shape), 0, 255).astype(np.uint8)
        tiles.append(tile)
    target = io.BytesIO()
    Image.fromarray(np.concatenate(tiles)).save(target, "PPM")
    return target.getvalue()


if __name__ == "__main__":
    main()
