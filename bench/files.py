"""What is measured: the evaluation files where there are any, else the small files in `corpora/`."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bench.report import ROOT

# name in the tables: path below ARCODEC_CORPORA, bytes of it that are used (None: all)
_BYTES = {
    "alice29.txt": ("bytes/canterbury/alice29.txt", None),
    "enwik6": ("bytes/enwik/enwik8.first4154399", 1_000_000),
    "json_mix_1m.json": ("bytes/json/json_mix_1m.json", None),
    "kennedy.xls": ("bytes/canterbury/kennedy.xls", None),
    "libstdc++.so.6": ("bytes/binaries/libstdc++.so.6", None),
}
_IMAGES = {"Kodak": "images/kodak", "varied": "images/varied"}

_SMALL = ROOT / "corpora"
_SMALL_BYTES = ("gpl-3.0.txt", "server.log", "stations.csv")
_SMALL_IMAGES = ("hills.ppm", "chart.bmp")


@dataclass(frozen=True)
class FileSet:
    """Files that are measured in one go: one file of bytes, or a set of images as PPM or PGM."""

    name: str
    kind: str  # "bytes" or "images"
    files: list[Path]


def evaluation_folder() -> Path | None:
    """The folder that ARCODEC_CORPORA names, if there is one; says so on stderr if not."""
    folder = os.environ.get("ARCODEC_CORPORA", "")
    if folder and Path(folder).is_dir():
        return Path(folder).resolve()
    print(f"no evaluation files (ARCODEC_CORPORA is {folder!r}): using those in corpora/", file=sys.stderr)
    return None


def file_sets(folder: Path | None, work: Path) -> list[FileSet]:
    """The sets in an evaluation folder, or the small ones; what must be cut or converted is put into `work`."""
    if folder is None:
        sets = [FileSet(name, "bytes", [_SMALL / name]) for name in _SMALL_BYTES]
        return [*sets, FileSet("corpora", "images", [netpbm(_SMALL / name, work) for name in _SMALL_IMAGES])]
    sets = []
    for name, (path, size) in _BYTES.items():
        if not (folder / path).is_file():
            print(f"left out: there is no {folder / path}", file=sys.stderr)
            continue
        (work / name).write_bytes((folder / path).read_bytes()[:size])
        sets.append(FileSet(name, "bytes", [work / name]))
    for name, path in _IMAGES.items():
        images = sorted((folder / path).glob("*.png"))
        if not images:
            print(f"left out: there is no image in {folder / path}", file=sys.stderr)
            continue
        sets.append(FileSet(name, "images", [netpbm(image, work) for image in images]))
    return sets


def netpbm(path: Path, work: Path) -> Path:
    """The pixels of an image, 8 bits of gray or RGB, as a PGM or PPM file in `work`."""
    with Image.open(path) as image:
        gray = image.mode == "L"
        pixels = image if gray else image.convert("RGB")
        target = work / f"{path.stem}.{'pgm' if gray else 'ppm'}"
        target.write_bytes(b"P%d\n%d %d\n255\n" % (5 if gray else 6, *pixels.size) + pixels.tobytes())
    return target
