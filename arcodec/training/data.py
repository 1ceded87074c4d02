"""The training data: texts by category without what models are measured on, in one file, and batches of them.

    python -m arcodec.training.data OUT

reads $ARCODEC_TRAIN/bytes/CATEGORY/FILE, removes what also occurs in $ARCODEC_CORPORA/bytes or in the shipped corpus,
sets a part of the rest aside ("held"), and writes below OUT

    train.bin, held.bin                uint8: pieces of the files, one after the other
    train.index.npy, held.index.npy    int64[n, 3]: where a piece starts, its length, the number of its category
    train.starts.npy, held.starts.npy  int64[n]: where one of the files that a text was joined from begins, if known
    report.json                        what came of each file; the categories; checksums
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arcodec.bench import corpora
from arcodec.bench.corpora import sha256
from arcodec.errors import ArcodecError
from arcodec.training.overlap import WINDOW, Windows, stretches

PARTS = ("train", "held")
REPORT = "report.json"

BLOCK = 1 << 16  # bytes of a source file which are held out together
EVERY = 50  # one block of so many is held out,
CHOSEN = 25  # this one, so that files of a few blocks are not without
REACH = 1024  # a cut goes on to the end of its line, but no further than this
SHORTEST = 256  # a piece with fewer bytes is not worth a document

SHARES: Mapping[str, float] = {
    "prose_en": 0.30,
    "code": 0.20,
    "html_xml": 0.14,
    "json_csv": 0.10,
    "binaries": 0.10,
    "logs": 0.08,
    "prose_other": 0.08,
}

# How files begin, by the suffix of the text they were joined to. Most joins cannot be seen; these can.
_XML = rb"(?:<\?xml [^>]*>(?:\s*<!DOCTYPE [^>]*>)?|^<!DOCTYPE [^>]*>)(?:\s*<html)?|^<html[ >]|<document xmlns="
_STARTS = {
    ".bin": rb"\x7fELF[\x01\x02]\x01\x01|\xa7\r\r\n\0{4}|\xde\x12\x04\x95\0{4}",
    ".c": rb"^/\*{60,}\n \* {10,}_",
    ".cc": rb"^(?://\n)?// Copyright 20\d\d The Abseil|^// See the file \"COPYING\"",
    ".cs": rb"#region License\n",
    ".go": rb"^// Copyright 20\d\d The Go Authors",
    ".html": _XML,
    ".java": rb"^/\*\n \* Licensed to the Apache",
    ".log": rb"^### BTest baseline",
    ".php": rb"^<\?php\s",
    ".rb": rb"^# frozen_string_literal: true\n",
    ".xhtml": _XML,
    ".xml": _XML,
}
_SLICES = re.compile(r"(\d+) equal slices")


class TrainingDataError(ArcodecError):
    """The training data is not there, is not what it should be, or still holds what models are measured on."""


# --- from source files to pieces ---


@dataclass
class Source:
    """What came of a file of training data.

    Attributes:
        name: below the folder of all.
        bytes: of the file.
        sha256: of the file.
        overlap: bytes removed because a measured file has them, too.
        lines: bytes removed because they share a line with such.
        scraps: bytes removed because what the cuts left there is too short.
        train: bytes kept for training.
        held: bytes held out.
        starts: how many beginnings of files have been found in it.
        shared: the windows it had in common with measured files, by the first file that has them.
    """

    name: str
    bytes: int
    sha256: str
    overlap: int = 0
    lines: int = 0
    scraps: int = 0
    train: int = 0
    held: int = 0
    starts: int = 0
    shared: dict[str, int] = field(default_factory=dict)

    @property
    def category(self) -> str:
        """The folder it is in."""
        return self.name.split("/")[0]


def prepare(train_root: Path, corpora_root: Path, out_folder: Path) -> list[Source]:
    """Write the training data; the same inputs give the same files.

    Raises:
        TrainingDataError: there is nothing to read, or what was written shares windows with a measured file.
    """
    folder, measured = train_root / "bytes", _files(corpora_root / "bytes")
    texts = [path for path in _files(folder) if len(path.relative_to(folder).parts) == 2]
    if not texts or not measured:
        raise TrainingDataError(f"there are no files in {folder}/*/ or in {corpora_root}/bytes")
    measured += corpora.find("shipped").paths
    windows, slices = Windows.of(measured), _slices(folder / "MANIFEST.tsv")
    sources = [Source(path.relative_to(folder).as_posix(), path.stat().st_size, sha256(path)) for path in texts]
    categories = sorted({source.category for source in sources})

    out_folder.mkdir(parents=True, exist_ok=True)
    out = {part: _Part(out_folder, part) for part in PARTS}
    for path, source in zip(texts, sources, strict=True):
        data = np.fromfile(path, np.uint8)
        joins = [len(data) * k // slices.get(source.name, 1) for k in range(slices.get(source.name, 1))]
        starts = _starts(data, path.suffix)
        source.starts = len(starts)
        for part, begin, end in _pieces(data, windows, joins, source):
            out[part].add(data[begin:end], categories.index(source.category), starts, begin)
    for writer in out.values():
        writer.close()

    left = {part: _left(out_folder, part, windows) for part in PARTS}
    report = {
        "categories": categories,
        "window": WINDOW,
        "measured": {
            "files": len(measured),
            "bytes": sum(path.stat().st_size for path in measured),
            "windows": windows.count,
            "sha256": sha256(*measured),
        },
        "written": {path.name: sha256(path) for path in _files(out_folder) if path.name != REPORT},
        "windows left": left,
        "sources": [vars(source) for source in sources],
    }
    (out_folder / REPORT).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if any(left.values()):
        raise TrainingDataError(f"{out_folder} still has windows of measured files: {left}; do not train on it")
    return sources


def _files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def _slices(manifest: Path) -> dict[str, int]:
    """From how many slices of a longer text a file was joined, where the manifest's last column says so."""
    if not manifest.is_file():
        return {}
    rows = [line.split("\t") for line in manifest.read_text(encoding="utf-8").splitlines()]
    found = [(row[0], _SLICES.search(row[-1])) for row in rows]
    return {name: int(match[1]) for name, match in found if match}


def _starts(data: NDArray[np.uint8], suffix: str) -> NDArray[np.int64]:
    pattern = _STARTS.get(suffix)
    found = re.finditer(pattern, data.tobytes(), re.MULTILINE) if pattern else ()
    return np.array([match.start() for match in found], np.int64)


def _pieces(
    data: NDArray[np.uint8], windows: Windows, joins: list[int], source: Source
) -> Iterator[tuple[str, int, int]]:
    """What is kept of a text, in order: the part it belongs to, begin and end; its account goes to `source`."""
    found = windows.find(data)
    covered = stretches(found)
    cuts = _whole_lines(data, covered)
    source.overlap = int(np.diff(covered).sum())
    source.lines = sum(end - begin for begin, end in cuts) - source.overlap
    counts = Counter(found[found > 0].tolist())
    source.shared = {_label(windows.paths[number - 1]): count for number, count in counts.most_common()}

    kept = [0, *(edge for cut in cuts for edge in cut), len(data)]
    for begin, end in zip(kept[::2], kept[1::2], strict=True):
        for part, first, last in _split(begin, end, joins):
            if last - first < SHORTEST:
                source.scraps += last - first
                continue
            setattr(source, part, getattr(source, part) + last - first)
            yield part, first, last


def _split(begin: int, end: int, joins: list[int]) -> Iterator[tuple[str, int, int]]:
    """A stretch of a text, divided where slices join and where held-out blocks begin and end."""
    held = range(CHOSEN * BLOCK, end, EVERY * BLOCK)
    edges = {edge for block in held for edge in (block, block + BLOCK)}
    inner = sorted(edge for edge in {*edges, *joins} if begin < edge < end)
    for first, last in zip([begin, *inner], [*inner, end], strict=True):
        yield "held" if first // BLOCK % EVERY == CHOSEN else "train", first, last


def _whole_lines(data: NDArray[np.uint8], covered: NDArray[np.int64]) -> list[tuple[int, int]]:
    """The stretches, each extended to whole lines where their ends are near, and joined where they meet."""
    text = data.tobytes()
    cuts: list[tuple[int, int]] = []
    for begin, end in covered.tolist():
        line = text.rfind(b"\n", max(0, begin - REACH), begin) + 1
        begin = line or (0 if begin <= REACH else begin)
        line = text.find(b"\n", end - 1, end + REACH) + 1
        end = line or (len(text) if len(text) - end <= REACH else end)
        if cuts and begin <= cuts[-1][1]:
            begin, end = cuts[-1][0], max(end, cuts[-1][1])
            cuts.pop()
        cuts.append((begin, end))
    return cuts


def _label(path: Path) -> str:
    """The last two parts of a path, which tell measured files apart wherever they lie."""
    return "/".join(path.parts[-2:])


class _Part:
    """Writes the three files of a part."""

    def __init__(self, folder: Path, part: str) -> None:
        self._stem = folder / part
        self._file = (folder / f"{part}.bin").open("wb")
        self._index: list[tuple[int, int, int]] = []
        self._starts: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
        self._size = 0

    def add(self, piece: NDArray[np.uint8], category: int, starts: NDArray[np.int64], offset: int) -> None:
        """Append a piece, which lay at `offset` in a text in which files begin at `starts`."""
        self._file.write(piece.tobytes())
        self._index.append((self._size, len(piece), category))
        inside = starts[(starts >= offset) & (starts < offset + len(piece))]
        self._starts.append(inside - offset + self._size)
        self._size += len(piece)

    def close(self) -> None:
        """Write the index, too."""
        self._file.close()
        np.save(f"{self._stem}.index.npy", np.array(self._index, np.int64).reshape(-1, 3))
        np.save(f"{self._stem}.starts.npy", np.concatenate(self._starts))


def _left(folder: Path, part: str, windows: Windows) -> int:
    """How many windows of a written part a measured file has, too."""
    data, index, _ = load(folder, part)
    return sum(int(np.count_nonzero(windows.find(data[start : start + size]))) for start, size, _ in index.tolist())


def load(folder: Path, part: str) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """A part of what `prepare` wrote: its bytes, pieces and known beginnings.

    Raises:
        TrainingDataError: it is not there.
    """
    try:
        data = np.fromfile(folder / f"{part}.bin", np.uint8)
        return data, np.load(folder / f"{part}.index.npy"), np.load(folder / f"{part}.starts.npy")
    except (OSError, ValueError) as error:
        raise TrainingDataError(f"{folder} is no folder of training data: {error}") from None


# --- the command ---


def _table(sources: list[Source]) -> Iterator[str]:
    columns = ("bytes", "overlap", "lines", "scraps", "train", "held", "starts")
    yield f"{'file':56}" + "".join(f"{column:>12}" for column in columns) + "  shared with"
    totals = Counter[str]()
    for source in sources:
        numbers = {column: getattr(source, column) for column in columns}
        totals.update(numbers)
        most = ", ".join(f"{name} {count:,}" for name, count in list(source.shared.items())[:3])
        yield f"{source.name:56}" + "".join(f"{number:12,}" for number in numbers.values()) + "  " + most
    yield f"{'all':56}" + "".join(f"{totals[column]:12,}" for column in columns)


def main(arguments: list[str]) -> int:
    """Prepare the data that the environment names in the folder that is the only argument."""
    train_root, corpora_root = (os.environ.get(name) for name in ("ARCODEC_TRAIN", corpora.ENVIRONMENT))
    if len(arguments) != 1 or not train_root or not corpora_root:
        print(
            "usage: python -m arcodec.training.data OUT, with ARCODEC_TRAIN and ARCODEC_CORPORA set", file=sys.stderr
        )
        return 2
    try:
        sources = prepare(Path(train_root), Path(corpora_root), Path(arguments[0]))
    except TrainingDataError as error:
        print(error, file=sys.stderr)
        return 1
    print("\n".join(_table(sources)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
