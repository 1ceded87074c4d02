"""Inputs of any size that are not repetitive: a text, a picture, small files.

They come from the evaluation files, else from the small files in `corpora/`. Whoever measures memory starts this as a
process of its own: what making an input takes would show in the peak of every process started later.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from bench.report import ROOT

SMALL_FILE = 1024  # bytes
_TEXTS = (
    "silesia/dickens",
    "text/tinyshakespeare.txt",
    *(f"canterbury/{name}" for name in ("alice29.txt", "asyoulik.txt", "lcet10.txt", "plrabn12.txt")),
    "enwik/enwik8.first4154399",
)
_PARAGRAPH = re.compile(rb"(?<=\n\n)|(?<=\n\r\n)")
_ASPECT = 1.5  # columns to rows


def text(size: int, path: Path) -> str:
    """Write `size` bytes of text to `path`: the files in order, then their paragraphs in ever new order."""
    paths = _texts()
    left = size
    with path.open("wb") as target:
        for paragraph in _paragraphs(paths):
            target.write(paragraph[:left])
            left -= len(paragraph)
            if left <= 0:
                return f"{', '.join(p.name for p in paths)}: in order, then their paragraphs in ever new order"
    raise AssertionError("paragraphs do not end")


def small_files(count: int, folder: Path) -> str:
    """Make `folder` with `count` files, pieces of the same text."""
    folder.mkdir()
    whole = folder / "whole"
    made = text(count * SMALL_FILE, whole)
    with whole.open("rb") as source:
        for number in range(count):
            (folder / f"{number:06}.txt").write_bytes(source.read(SMALL_FILE))
    whole.unlink()
    return f"pieces of {SMALL_FILE} bytes of {made}"


def picture(pixels: int, path: Path) -> str:
    """Write a PPM of about so many pixels to `path`: pictures side by side, with some noise when they come again."""
    folder = evaluation_folder()
    found = sorted((folder / "images/kodak").glob("*.png")) if folder else []
    tiles = [_pixels(file) for file in found or [ROOT / "corpora/hills.ppm"]]
    tiles = [tile for tile in tiles if tile.shape == tiles[0].shape]
    columns = max(1, round((pixels * _ASPECT) ** 0.5))
    rows = max(1, pixels // columns)
    height, width, _ = tiles[0].shape
    rng = np.random.RandomState(1)
    number = 0
    with path.open("wb") as target:
        target.write(b"P6\n%d %d\n255\n" % (columns, rows))
        for top in range(0, rows, height):
            row = []
            for _ in range(0, columns, width):
                tile = tiles[number % len(tiles)]
                if number >= len(tiles):
                    tile = np.clip(tile + rng.randint(-1, 2, tile.shape), 0, 255).astype(np.uint8)
                row.append(tile)
                number += 1
            target.write(np.concatenate(row, axis=1)[: rows - top, :columns].tobytes())
    kind = "pictures of Kodak of one shape" if found else "corpora/hills.ppm"
    return f"{kind} side by side, with noise of -1 ... 1 where they come again"


def evaluation_folder() -> Path | None:
    """The folder that ARCODEC_CORPORA names, if there is one; says so on stderr if not."""
    folder = os.environ.get("ARCODEC_CORPORA", "")
    if folder and Path(folder).is_dir():
        return Path(folder).resolve()
    print(f"no evaluation files (ARCODEC_CORPORA is {folder!r}): using those in corpora/", file=sys.stderr)
    return None


def _texts() -> list[Path]:
    folder = evaluation_folder()
    found = [path for name in _TEXTS if folder and (path := folder / "bytes" / name).is_file()]
    return found or [ROOT / "corpora/gpl-3.0.txt"]


def _paragraphs(paths: list[Path]) -> Iterator[bytes]:
    """Without end."""
    rng = Random(1)
    paragraphs = [paragraph for path in paths for paragraph in _PARAGRAPH.split(path.read_bytes()) if paragraph]
    while True:
        yield from paragraphs
        rng.shuffle(paragraphs)


def _pixels(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


MAKERS = {"text": text, "pixels": picture, "files": small_files}


if __name__ == "__main__":
    print(MAKERS[sys.argv[1]](int(sys.argv[2]), Path(sys.argv[3])))
