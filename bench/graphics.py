"""Drawings, screenshots and scanned pages beside WebP and JPEG XL: whole files, by where they come from.

The pictures are those of the training set that are no photographs, and so not unseen by whoever built the models; but
no model was trained on them: graphics-1 and pixels-2 learn from each picture by itself. A picture whose channels
are alike is taken as gray by all that can.

Run: ARCODEC_TRAIN=... python -m bench.graphics --markdown
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

import arcodec
from bench import report
from bench.deep import jpeg_xl
from bench.kinds import saved

LEVELS = (1, 5, 9)
_RIVALS = {"webp": "WebP -z 9", "jxl": "JPEG XL -e 9"}

Pixels = npt.NDArray[np.uint8]


def images() -> Iterator[tuple[str, str, Pixels]]:
    """(where from, name, samples, uint8 (rows, columns, 1 or 3)) of each picture."""
    folder = Path(os.environ["ARCODEC_TRAIN"]) / "images"
    with (folder / "MANIFEST.tsv").open(newline="") as manifest:
        for row in csv.DictReader(manifest, delimiter="\t"):
            if row["subset"] == "nonphoto":
                yield origin_of(row["source"]), row["file"], load(folder / "nonphoto" / row["file"])


def origin_of(source: str) -> str:
    """The package or collection of a source path: `x/` stands before packages."""
    first, second, *_ = source.split("/")
    return second if first == "x" else first


def load(path: Path) -> Pixels:
    """A picture's samples."""
    pixels = np.asarray(Image.open(path).convert("RGB"))
    return pixels[..., :1] if (pixels == pixels[..., :1]).all() else pixels


def row_of(origin: str, name: str, pixels: Pixels) -> dict[str, Any]:
    """Sizes, and processor seconds both ways, one core."""
    rows, columns, channels = pixels.shape
    file = b"P%d\n%d %d\n255\n" % (5 if channels == 1 else 6, columns, rows) + pixels.tobytes()
    webp = saved(Image.fromarray(pixels.squeeze()).convert("RGB"), "webp", lossless=True, quality=100, method=6)
    row: dict[str, Any] = {"origin": origin, "image": name, "samples": pixels.size, "raw": len(file)}
    row |= {"webp": len(webp), "jxl": len(jpeg_xl(pixels))}
    for level in LEVELS:
        begun = process_time()
        packed = arcodec.compress(file, level=level, threads=1)
        between = process_time()
        assert arcodec.decompress(packed, threads=1) == file
        row[str(level)] = [len(packed), between - begun, process_time() - between]
    return row


def table(rows: Iterable[dict[str, Any]]) -> str:
    """A row for each origin and one for all, with differences from the smaller of the rivals' sums."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        for group in (row["origin"], "all"):
            groups.setdefault(group, []).append(row)
    groups["all"] = groups.pop("all")
    lines = []
    for name, members in groups.items():
        rivals = [sum(row[rival] for row in members) for rival in _RIVALS]
        ours = [sum(row[str(level)][0] for row in members) for level in LEVELS]
        cells = [f"{size:,} ({100 * (size / min(rivals) - 1):+.1f} %)" for size in ours]
        raw = sum(row["raw"] for row in members)
        lines.append([name, str(len(members)), f"{raw:,}", *(f"{size:,}" for size in rivals), *cells])
    head = ["graphics", "pictures", "raw", *_RIVALS.values(), *(f"arcodec -{level}" for level in LEVELS)]
    return report.table(head, lines).rstrip("\n")


def main() -> None:
    """Measure, print, save."""
    parser = report.options(__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take every Nth picture only")
    arguments = parser.parse_args()
    origin = report.origin()
    chosen = list(images())[:: 40 if arguments.quick else arguments.every]
    rows = [row_of(where, name, pixels[:64] if arguments.quick else pixels) for where, name, pixels in chosen]
    if arguments.json:
        report.save(arguments.json, origin, images=rows)
    if arguments.markdown:
        print(report.headline(origin), end="\n\n")
        print(table(rows))


if __name__ == "__main__":
    main()
