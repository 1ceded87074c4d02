"""Sizes of pictures with palettes, with alpha and of one bit a pixel, beside PNG, WebP and JPEG XL.

The images are made from pictures in a folder: colours quantised with and without dithering; cut out as discs with a
soft edge and as shapes of another picture, what is hidden being black, premultiplied or kept; black and white by a
threshold, by diffusing errors and by a screen. Whole files are counted; PNG is compressed with its pixels kept.

Run: python -m bench.kinds FOLDER [--pictures N] [--level L]
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

import arcodec
from arcodec.bench.tables import pipes

_SIDE = 384  # rows and columns at most
_CODECS = ("arcodec", "JPEG XL -e9", "WebP -z9", "PNG")
_SCREEN = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) * 16 + 8

Pixels = npt.NDArray[np.uint8]


def palettes(picture: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """With tables of colours."""
    for colours in (16, 64, 256):
        table = picture.quantize(colours)
        yield f"{colours} colours", picture.quantize(colours, palette=table, dither=Image.Dither.NONE)
        yield f"{colours} colours, dithered", picture.quantize(colours, palette=table)


def transparent(picture: Image.Image, other: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """With alpha, and with several things where it is 0."""
    pixels = np.asarray(picture)
    rows, columns, _ = pixels.shape
    y, x = np.mgrid[:rows, :columns]
    distance = np.hypot((y - rows / 2) / (rows * 0.4), (x - columns / 2) / (columns * 0.42))
    disc = (np.clip((1.1 - distance) * 8, 0, 1) * 255).astype(np.uint8)
    light = np.asarray(other.convert("L").resize(picture.size)).astype(int)
    shape = np.clip((light - 90) * 6, 0, 255).astype(np.uint8)
    for name, alpha in (("disc", disc), ("shape", shape)):
        black = np.where(alpha[..., None] > 0, pixels, 0)
        multiplied = (pixels.astype(int) * alpha[..., None] + 127) // 255
        for hidden, colours in (("black", black), ("premultiplied", multiplied), ("kept", pixels)):
            yield f"{name}, {hidden}", Image.fromarray(np.dstack([colours, alpha]).astype(np.uint8))
    yield "opaque", Image.fromarray(np.dstack([pixels, np.full_like(disc, 255)]))


def bilevel(picture: Image.Image) -> Iterator[tuple[str, Image.Image]]:
    """Of one bit a pixel."""
    gray = picture.convert("L")
    levels = np.asarray(gray)
    screen = np.tile(_SCREEN, (levels.shape[0] // 4 + 1, levels.shape[1] // 4 + 1))
    yield "threshold", Image.fromarray(levels > 128)
    yield "diffused", gray.convert("1")
    yield "screened", Image.fromarray(levels > screen[: levels.shape[0], : levels.shape[1]])


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    """The image as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def sizes(image: Image.Image, level: int) -> list[int]:
    """Bytes by each of _CODECS; 0 for JPEG XL where cjxl is not installed."""
    png = saved(image, "png", optimize=True)
    packed = arcodec.compress(png, level=level, pixels=True)
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    webp = saved(image.convert(mode), "webp", lossless=True, quality=100, method=6, exact=True)
    return [len(packed), _jpeg_xl(png), len(webp), len(png)]


def _jpeg_xl(png: bytes) -> int:
    if not shutil.which("cjxl"):
        return 0
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "a.png"), Path(folder, "a.jxl")
        source.write_bytes(png)
        command = ["cjxl", str(source), str(target), "-d", "0", "-e", "9", "--num_threads=0", "--quiet"]
        subprocess.run(command, check=True, capture_output=True)
        return target.stat().st_size


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="with pictures")
    parser.add_argument("--pictures", type=int, default=4, metavar="N", help="so many of them, evenly chosen")
    parser.add_argument("--level", type=int, default=5)
    arguments = parser.parse_args()
    paths = sorted(path for path in arguments.folder.iterdir() if path.is_file())
    if not paths:
        sys.exit(f"{arguments.folder} holds no pictures")
    chosen = paths[:: max(1, len(paths) // arguments.pictures)][: arguments.pictures]
    pictures = [Image.open(path).convert("RGB") for path in chosen]
    pictures = [picture.crop((0, 0, min(picture.width, _SIDE), min(picture.height, _SIDE))) for picture in pictures]
    totals: defaultdict[str, list[int]] = defaultdict(lambda: [0] * len(_CODECS))
    for picture, other in zip(pictures, [*pictures[1:], pictures[0]], strict=True):
        for name, image in [*palettes(picture), *transparent(picture, other), *bilevel(picture)]:
            totals[name] = [a + b for a, b in zip(totals[name], sizes(image, arguments.level), strict=True)]
    rows = [[name, *(f"{size:,}" for size in counts)] for name, counts in totals.items()]
    print(pipes(["images", *_CODECS], rows))


if __name__ == "__main__":
    main()
