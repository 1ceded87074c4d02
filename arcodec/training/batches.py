"""Batches of the training data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from arcodec.training.data import REPORT, SHARES, TrainingDataError, load


class Batches:
    """An endless stream of batches; each row of them walks through one document after the other.

    A document is a stretch of one piece, at a random place. One that starts soon after the beginning of a file starts
    there instead, half of the time, so that beginnings are as common as they are in use. Rows get documents of the
    category that is most behind its share of the bytes. All of it follows from the seed.
    """

    def __init__(
        self,
        folder: Path | str,
        batch: int,
        length: int,
        seed: int,
        weights: Mapping[str, float] = SHARES,
        *,
        part: Literal["train", "held"] = "train",
        document: tuple[int, int] = (1 << 14, 1 << 16),
    ) -> None:
        """Load a part of the data, all of it.

        Args:
            folder: where `prepare` has written.
            batch: how many rows there are.
            length: how many symbols of each row are predicted in a step.
            seed: of the random choices.
            weights: the share of each category in the bytes, in any unit; a category not named gets none.
            part: which part of the data.
            document: the least and the greatest length of documents, in bytes; short pieces give shorter ones.

        Raises:
            TrainingDataError: it is not there, or there is nothing of a category.
        """
        self._data, index, self._starts = load(Path(folder), part)
        categories = json.loads((Path(folder) / REPORT).read_text(encoding="utf-8"))["categories"]
        self._length, self._document = length, document
        self._index: list[NDArray[np.int64]] = []
        self._ends: list[NDArray[np.int64]] = []  # of the pieces of a category, if these lay in a row
        wanted = {name: share for name, share in weights.items() if share > 0}
        for name in wanted:
            number = categories.index(name) if name in categories else -1
            pieces = index[(index[:, 2] == number) & (index[:, 1] > length)]
            if not len(pieces):
                raise TrainingDataError(f"{folder} has no pieces of {name!r} longer than {length:,} in {part}")
            self._index.append(pieces)
            self._ends.append(np.cumsum(pieces[:, 1]))
        self._shares = np.array(list(wanted.values())) / sum(wanted.values())
        self._given = np.zeros(len(wanted), np.int64)  # bytes, by category
        self._at = np.zeros(batch, np.int64)
        self._end = np.zeros(batch, np.int64)
        self._random = np.random.Generator(np.random.PCG64(seed))

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
        return self

    def __next__(self) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """The next step.

        Returns:
            uint8[batch, length + 1], the last byte being the first of the same row's next step, unless its document
            ends here; and bool[batch], which rows begin a document in this step.
        """
        begins = self._at == self._end
        for row in np.flatnonzero(begins):
            self._at[row], self._end[row] = self._draw()
        rows = self._data[self._at[:, None] + np.arange(self._length + 1)]
        self._at += self._length
        return rows, begins

    def _draw(self) -> tuple[int, int]:
        """Begin and end of a new document: every byte of a category is as likely to be in the midst of it."""
        category = int(np.argmax(self._shares * (self._given.sum() + 1) - self._given))
        ends = self._ends[category]
        byte, size, back, early = self._random.integers(
            [0, self._document[0], 0, 0], [ends[-1], self._document[1] + 1, 1 << 32, 2]
        ).tolist()
        piece = int(np.searchsorted(ends, byte, "right"))
        start, length, _ = self._index[category][piece].tolist()
        size = max(1, min(size, length - 1) // self._length) * self._length
        first = start + byte - (int(ends[piece]) - length)
        begin = min(max(start, first - (back * size >> 32)), start + length - 1 - size)
        if early:
            known = int(np.searchsorted(self._starts, begin, "right")) - 1
            if known >= 0 and self._starts[known] >= max(start, begin - size):
                begin = int(self._starts[known])
        self._given[category] += size
        return begin, begin + size

    def state(self) -> dict[str, Any]:
        """Where the stream is; JSON can hold it."""
        return {
            "given": self._given.tolist(),
            "at": self._at.tolist(),
            "end": self._end.tolist(),
            "random": self._random.bit_generator.state,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from where a stream with the same arguments was.

        Raises:
            TrainingDataError: it had another number of rows or categories.
        """
        if (len(state["given"]), len(state["at"])) != (len(self._given), len(self._at)):
            raise TrainingDataError("this state is of a stream with other rows or categories")
        self._given, self._at, self._end = (np.array(state[name], np.int64) for name in ("given", "at", "end"))
        self._random.bit_generator.state = state["random"]


def held_out(folder: Path | str, length: int = 4096, count: int = 24) -> tuple[NDArray[np.uint8], list[str]]:
    """The beginnings of `count` pieces of each category that were held out.

    Returns:
        uint8[n, length], and the category of each; a category with few long pieces has fewer.
    """
    data, index, _ = load(Path(folder), "held")
    names = json.loads((Path(folder) / REPORT).read_text(encoding="utf-8"))["categories"]
    rows, categories = [], []
    for number, name in enumerate(names):
        pieces = index[(index[:, 2] == number) & (index[:, 1] >= length)]
        for k in np.unique(np.linspace(0, len(pieces) - 1, count).round().astype(int)) if len(pieces) else ():
            rows.append(data[pieces[k, 0] : pieces[k, 0] + length])
            categories.append(name)
    return np.stack(rows), categories
