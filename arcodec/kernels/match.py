"""Match models: where did the last few bytes occur before, and what followed them there?

A match model of minimum length m looks the last m bytes up in a table of positions, verifies what it finds, and
follows it for as long as it predicts rightly. It expects a byte, and how far to believe it is learnt by length.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import int32, uint64

from arcodec.kernels.compiling import inline, plain
from arcodec.kernels.hashing import K1, K2, K3, mixed
from arcodec.kernels.history import OLDER, RECENT
from arcodec.kernels.prefetch import prefetch

LONGEST_MINIMUM = 16  # what the history holds
LONGEST = 400  # lengths stop here, and so does verifying
STEADY = 32  # from this length on, lengths are told apart coarsely
BUCKETS = 57  # of lengths, for the belief in the expected byte
RECOVERING = 128  # more buckets, of matches that missed a byte of the last 16: by length since and number of misses
QUALITIES = 15  # to choose contexts and weights by: 0 none, 1 ... 9 by length, 10 it failed, 11 ... 14 recovering
FAILED = 10
GIVEN_UP = 8  # misses among 16 bytes


def _buckets() -> np.ndarray:
    """uint8[LONGEST + 1]: the bucket of a length."""
    lengths = np.arange(LONGEST + 1)
    buckets = np.where(lengths < STEADY, lengths, STEADY + (lengths - STEADY) // 16)
    buckets[LONGEST] = BUCKETS - 1
    return buckets.astype(np.uint8)


def _qualities() -> np.ndarray:
    """uint8[LONGEST + 1]: the quality of a length."""
    first = [1, 5, 7, 8, 12, 16, 24, 32, 64, LONGEST]  # shortest length of each quality
    return np.searchsorted(first[1:], np.arange(LONGEST + 1), side="right").astype(np.uint8)


BUCKET = _buckets()
QUALITY = _qualities()
_MULTIPLIERS = np.array([K1, K2, K3], np.uint64)


def masks(minimums: Sequence[int]) -> np.ndarray:
    """uint64[2 * models]: for each minimum length, the bits hashed of the last 8 bytes and of the 8 before."""
    words = ((1 << 8 * length) - 1 for length in minimums)
    return np.array([half for word in words for half in (word & (1 << 64) - 1, word >> 64)], np.uint64)


@plain
def match_places(history, masks, heads, places):
    """Fill `places`, uint64[models], with where in `heads` each model's context belongs, and begin to fetch it.

    `masks`: uint64[2 * models]; `heads`: int32[models * 2**k], positions by hash, a table for each model.
    """
    models = len(places)
    size = uint64(len(heads) // models)
    for m in range(models):
        recent = history[RECENT] & masks[2 * m]
        older = history[OLDER] & masks[2 * m + 1]
        place = mixed(recent * _MULTIPLIERS[m % len(_MULTIPLIERS)] + older * K1)
        places[m] = uint64(m) * size + (place & (size - uint64(1)))
        prefetch(heads, places[m])


@plain
def follow(minimums, heads, places, symbols, position, pointers, lengths, expected):
    """Bring the match models to `position`.

    `minimums`, `pointers`, `lengths`, `expected`: int64[models], the shortest match of each model, what it
    follows, for how long it was right (0: no match), and 256 + the byte it expects (0 without a match). A pointer
    stays below `position`.
    """
    for m in range(len(minimums)):
        if position < minimums[m]:
            continue
        if lengths[m] > 0 and symbols[uint64(pointers[m])] == symbols[uint64(position - 1)]:
            lengths[m] = min(lengths[m] + 1, LONGEST)
            pointers[m] += 1
        else:
            lengths[m] = 0
            found = np.int64(heads[places[m]])  # 0: none
            n = np.int64(0)
            while n < LONGEST and n < found and symbols[uint64(found - n - 1)] == symbols[uint64(position - n - 1)]:
                n += 1
            if n >= minimums[m]:
                lengths[m] = n
                pointers[m] = found
        heads[places[m]] = int32(position)
        expected[m] = np.int64(symbols[uint64(pointers[m])]) + 256 if lengths[m] > 0 else 0


@inline
def _missed(misses):
    """How many of the last 16 bytes were missed: the bits of an int64 below 2**16."""
    x = misses - ((misses >> 1) & 0x5555)
    x = (x & 0x3333) + ((x >> 2) & 0x3333)
    x = (x + (x >> 4)) & 0x0F0F
    return (x + (x >> 8)) & 31


@plain
def recover(minimums, heads, places, symbols, position, shortest, pointers, lengths, misses, expected):
    """`follow`, but a match that fails is followed further, until it fails often or another one is longer.

    `shortest`: models of a shorter minimum do not do so. `misses`: int64[models], which of the last 16 bytes each
    model expected wrongly, the latest in bit 0; `lengths` count from the last miss on. A pointer stays below
    `position`, as both go on by one. Source: the recovery of paq8px's match model (Gotty, 2019).
    """
    for m in range(len(minimums)):
        if position < minimums[m]:
            continue
        if pointers[m] > 0:
            if symbols[uint64(pointers[m])] == symbols[uint64(position - 1)]:
                lengths[m] = min(lengths[m] + 1, LONGEST)
                misses[m] = (misses[m] << 1) & 0xFFFF
                pointers[m] += 1
            else:
                misses[m] = ((misses[m] << 1) & 0xFFFF) | 1
                lost = minimums[m] < shortest or _missed(misses[m]) > GIVEN_UP
                pointers[m] = 0 if lost else pointers[m] + 1
                lengths[m] = 0
        if pointers[m] == 0 or misses[m] > 0:
            found = np.int64(heads[places[m]])  # 0: none
            n = np.int64(0)
            while n < LONGEST and n < found and symbols[uint64(found - n - 1)] == symbols[uint64(position - n - 1)]:
                n += 1
            if n >= minimums[m] and (pointers[m] == 0 or n > lengths[m]):
                lengths[m] = n
                pointers[m] = found
                misses[m] = 0
        heads[places[m]] = int32(position)
        expected[m] = np.int64(symbols[uint64(pointers[m])]) + 256 if pointers[m] > 0 else 0


@inline
def bucket(length, misses):
    """For the belief in the expected byte, below BUCKETS, or BUCKETS + RECOVERING where there were misses."""
    if misses == 0:
        return np.int64(BUCKET[length])
    return BUCKETS + min(length, 15) * 8 + min(_missed(misses) - 1, 7)


@inline
def quality_of(length, misses):
    """The quality of a match."""
    if misses == 0:
        return np.int64(QUALITY[length])
    return (
        np.int64(11) if length == 0 else np.int64(12) if length < 4 else np.int64(13) if length < 9 else np.int64(14)
    )
