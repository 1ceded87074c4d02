"""Which stretches of a text also occur in the files on which models are measured.

The unit is a window of 48 bytes at any offset. A rolling hash of each window of the measured files (a cyclic
polynomial, Cohen 1997, "Recursive hashing functions for n-grams") goes into a hash table; a text is scanned against
it in one pass. Two different windows with one hash can only report too much, never too little: about once in 2**31
windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arcodec.kernels.compiling import kernel

WINDOW = 48  # bytes; below 64, the rotations of the hash would repeat
DISTINCT = 8  # windows with fewer different bytes (zeros, dashes, spaces) are no sign of a common source

_MOST_FILES = (1 << 16) - 1
_SPREAD = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class Windows:
    """All windows of some files, as a hash table with open addressing.

    Attributes:
        paths: the files.
        codes: uint64[256], what each byte value adds to a hash.
        marks: uint32[2**k], the lower half of the hash in a slot, 0 where the slot is empty.
        owners: uint16[2**k], the number of the first file that has the window, counted from 1.
        count: how many different windows there are.
    """

    paths: tuple[Path, ...]
    codes: NDArray[np.uint64]
    marks: NDArray[np.uint32]
    owners: NDArray[np.uint16]
    count: int

    @classmethod
    def of(cls, paths: Sequence[Path]) -> Windows:
        """The windows of these files; takes 9 to 18 bytes of memory for each byte of them.

        Raises:
            ValueError: there are more files than numbers for them.
        """
        if len(paths) > _MOST_FILES:
            raise ValueError(f"{len(paths):,} files are more than {_MOST_FILES:,}")
        windows = sum(max(0, path.stat().st_size - WINDOW + 1) for path in paths)
        slots = 1 << max(4, (windows * 3 // 2).bit_length())
        codes, marks, owners = _codes(), np.zeros(slots, np.uint32), np.zeros(slots, np.uint16)
        count = 0
        for number, path in enumerate(paths, 1):
            count += _scan(np.fromfile(path, np.uint8), codes, marks, owners, number, np.empty(0, np.uint16))
        return cls(tuple(paths), codes, marks, owners, count)

    def find(self, data: NDArray[np.uint8]) -> NDArray[np.uint16]:
        """For each byte of a text: the number of a file that has the window which begins there, or 0.

        Returns:
            uint16[len(data)]; file number n is `paths[n - 1]`.
        """
        found = np.zeros(len(data), np.uint16)
        _scan(data, self.codes, self.marks, self.owners, 0, found)
        return found


def stretches(found: NDArray[np.uint16]) -> NDArray[np.int64]:
    """The bytes covered by found windows, as int64[n, 2] of begin and end; they neither overlap nor touch."""
    begins = np.flatnonzero(found)
    if not len(begins):
        return np.empty((0, 2), np.int64)
    apart = np.flatnonzero(np.diff(begins) > WINDOW)
    first = np.concatenate([[0], apart + 1])
    last = np.concatenate([apart, [len(begins) - 1]])
    return np.stack([begins[first], begins[last] + WINDOW], axis=1).astype(np.int64)


def _codes() -> NDArray[np.uint64]:
    """256 words that look random: the first outputs of splitmix64."""
    words: NDArray[np.uint64] = np.arange(1, 257, dtype=np.uint64) * _SPREAD
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    words ^= words >> np.uint64(31)
    return words


@kernel("int64(uint8[::1], uint64[::1], uint32[::1], uint16[::1], int64, uint16[::1])")
def _scan(
    data: NDArray[np.uint8],
    codes: NDArray[np.uint64],
    marks: NDArray[np.uint32],
    owners: NDArray[np.uint16],
    owner: int,
    found: NDArray[np.uint16],
) -> int:
    """Put all windows of a text into the table under the number `owner`; where that is 0, look them up.

    Returns:
        how many were new.
    """
    shift, slots = np.uint64(64), len(marks)
    while slots > 1:
        slots >>= 1
        shift -= np.uint64(1)
    mask = len(marks) - 1
    seen = np.zeros(256, np.int64)
    distinct, new = 0, 0
    value = np.uint64(0)
    for i in range(len(data)):
        value = (value << np.uint64(1)) | (value >> np.uint64(63))
        value ^= codes[data[i]]
        distinct += seen[data[i]] == 0
        seen[data[i]] += 1
        if i >= WINDOW:
            gone = data[i - WINDOW]
            value ^= (codes[gone] << np.uint64(WINDOW)) | (codes[gone] >> np.uint64(64 - WINDOW))
            seen[gone] -= 1
            distinct -= seen[gone] == 0
        if i < WINDOW - 1 or distinct < DISTINCT:
            continue
        mark = np.uint32(value & np.uint64(0xFFFFFFFF))
        if mark == 0:
            mark = np.uint32(1)
        slot = np.int64((value * _SPREAD) >> shift)
        while marks[slot] != 0 and marks[slot] != mark:
            slot = (slot + 1) & mask
        if marks[slot] == mark:
            if owner == 0:
                found[i - WINDOW + 1] = owners[slot]
        elif owner != 0:
            marks[slot] = mark
            owners[slot] = owner
            new += 1
    return new
