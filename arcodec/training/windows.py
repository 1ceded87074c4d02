"""Windows of symbols to learn from, drawn over files; and documents to be measured on.

A document is a stretch of a file, or a strip of an image: some columns of some rows, sample after sample. A round is
a number of documents side by side, a lane for each, read in windows of one length. All documents of a round begin in
its first window, so a net begins afresh there and carries its state over the others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from arcodec.content.base import Plane

IGNORED = -100  # in place of symbols after the end of a document; what torch's cross entropy ignores
_DOCUMENT = 8192  # symbols, about: more tell a net nothing new, fewer would make beginnings too common
_ABREAST = 64  # documents that are measured at once, about,
_SHORTEST = 256  # of so many symbols at least
_WIDEST = 64  # columns of a strip
_POOL = 8  # rounds drawn together, so that documents of like length come side by side


class Window(NamedTuple):
    """A step's worth of symbols.

    Attributes:
        before: int64[lanes, length], the symbol before each; 0 before the first of a document.
        symbols: int64[lanes, length], or IGNORED.
        first: whether a round begins here.
    """

    before: NDArray[np.int64]
    symbols: NDArray[np.int64]
    first: bool


class _Document(NamedTuple):
    part: int
    left: int
    begin: int
    end: int


class Windows:
    """An endless stream of windows; it follows from its arguments alone.

    Args:
        parts: what to learn from: all uint8[n], or all uint8[rows, columns, channels] with the same channels.
        lanes: documents side by side.
        length: symbols of each in a window; for images rounded up to whole rows of strips.
        seed: of the random choices.
        width: columns of a strip; see `strip_width`.

    Attributes:
        row: columns and channels of what a window holds; (0, 1) for bytes.
        lanes: see above.
        length: of windows, in symbols.
    """

    def __init__(
        self, parts: Sequence[Plane], lanes: int, length: int, seed: Sequence[int], width: int | None = None
    ) -> None:
        self._parts = [part for part in parts if part.ndim == 1 or part.shape[1] >= (width or 1)]
        self.row = (width or 0, parts[0].shape[2] if parts[0].ndim == 3 else 1)
        self._row = max(1, self.row[0] * self.row[1])  # symbols
        self.length = -(-length // self._row) * self._row
        self._rows = max(self.length, _DOCUMENT) // self._row  # of a document, at most
        self.lanes = lanes
        self._ends = np.cumsum([_documents(len(part), self._rows) * _strips(part, width) for part in self._parts])
        self._random = np.random.Generator(np.random.PCG64(seed))
        self._rounds: list[list[_Document]] = []
        self._at = 0
        self._open: list[NDArray[np.uint8]] = []

    def __iter__(self) -> Iterator[Window]:
        return self

    def __next__(self) -> Window:
        if not self._open:
            if not self._rounds:
                self._rounds = self._drawn()
            self._open = [self._symbols(document) for document in self._rounds[-1]]
        first = self._at == 0
        window = _window(self._open, self._at, self.length, first)
        self._at += self.length
        if self._at >= max(map(len, self._open)):
            self._end_round()
        return window

    def skip(self) -> None:
        """Leave the round that is under way; the next window begins another."""
        if self._at:
            self._end_round()

    def _end_round(self) -> None:
        self._at, self._open = 0, []
        self._rounds.pop()

    def _drawn(self) -> list[list[_Document]]:
        """Some rounds of documents of like length, in any order."""
        pool = sorted((self._draw() for _ in range(_POOL * self.lanes)), key=lambda d: (d.end - d.begin, d))
        rounds = [pool[k : k + self.lanes] for k in range(0, len(pool), self.lanes)]
        return [rounds[k] for k in self._random.permutation(len(rounds)).tolist()]

    def _draw(self) -> _Document:
        """Every row of every part is as likely to be in it; those that a file begins with are likelier."""
        part = int(np.searchsorted(self._ends, self._random.random() * self._ends[-1], "right"))
        plane = self._parts[min(part, len(self._parts) - 1)]
        begin = max(0, int(self._random.integers(len(plane) + self._rows - 1)) - self._rows + 1)
        left = int(self._random.integers(plane.shape[1] - self.row[0] + 1)) if plane.ndim == 3 else 0
        return _Document(part, left, begin, min(len(plane), begin + self._rows))

    def _symbols(self, document: _Document) -> NDArray[np.uint8]:
        part, left, begin, end = document
        rows = self._parts[part][begin:end]
        return (rows[:, left : left + self.row[0]] if rows.ndim == 3 else rows).reshape(-1)

    def state(self) -> str:
        """Where the stream is."""
        return json.dumps({"rounds": self._rounds, "at": self._at, "random": self._random.bit_generator.state})

    def restore(self, state: str) -> None:
        """Go on from where a stream with the same arguments was."""
        kept = json.loads(state)
        self._rounds = [[_Document(*document) for document in documents] for documents in kept["rounds"]]
        self._at = kept["at"]
        self._open = [self._symbols(document) for document in self._rounds[-1]] if self._at else []
        self._random.bit_generator.state = kept["random"]


def strip_width(parts: Sequence[Plane]) -> int | None:
    """Columns of strips: all of small images, and no more than most have. None for bytes."""
    if parts[0].ndim == 1:
        return None
    columns: list[int] = sorted(part.shape[1] for part in parts)
    return min(_WIDEST, columns[len(columns) // 4])


def documents(parts: Sequence[Plane], limit: int, width: int | None = None) -> list[NDArray[np.uint8]]:
    """Documents from all parts in turn, the beginning of each first, until they have some `limit` symbols.

    They are short, so that many are side by side: what follows a beginning soon is common in them.
    """
    row = 1 if parts[0].ndim == 1 else (width or 1) * parts[0].shape[2]
    rows = max(1, min(_DOCUMENT, max(limit // _ABREAST, _SHORTEST)) // row)
    found: list[NDArray[np.uint8]] = []
    total = 0
    for begin in range(0, max(map(len, parts)), rows):
        for part in parts:
            if len(part) <= begin or (part.ndim == 3 and part.shape[1] < (width or 1)):
                continue
            stretch = part[begin : begin + rows]
            found.append((stretch[:, :width] if part.ndim == 3 else stretch).reshape(-1))
            total += found[-1].size
            if total >= limit:
                return found
    return found


def rounds(some: Sequence[NDArray[np.uint8]], lanes: int, length: int) -> Iterator[Window]:
    """Windows over documents, each once, those of like length side by side."""
    ordered = sorted(some, key=len)
    for k in range(0, len(ordered), lanes):
        beside = ordered[k : k + lanes]
        for at in range(0, len(beside[-1]), length):
            yield _window(beside, at, length, at == 0)


def _window(some: Sequence[NDArray[np.uint8]], at: int, length: int, first: bool) -> Window:
    before = np.zeros((len(some), length), np.int64)
    symbols = np.full((len(some), length), IGNORED, np.int64)
    for lane, document in enumerate(some):
        stretch = document[at : at + length]
        symbols[lane, : len(stretch)] = stretch
        start = document[at - 1 : at + length - 1] if at else document[: length - 1]
        before[lane, not at : len(start) + (not at)] = start
    return Window(before, symbols, first)


def _documents(rows: int, most: int) -> float:
    """How many documents, as `Windows` draws them, have as many rows in all as a part has."""
    whole = min(rows, most)
    drawn = (most - 1) * whole + (rows - whole) * most + whole * (whole + 1) / 2
    return rows * (rows + most - 1) / drawn


def _strips(part: Plane, width: int | None) -> int:
    """How many strips beside each other an image is worth; a sequence is one."""
    return 1 if part.ndim == 1 or not width else max(1, part.shape[1] // width)
