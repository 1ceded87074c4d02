"""Adaptive probability maps: a probability refined by how it turned out in a context (SSE; Mahoney 2005).

An APM is int32[rows * STRIDE], one cache line a row, best aligned to 64 bytes. Entry j of a row stands for stretch
j - 7.5; it holds the probability learnt there in 2**-22, less the curve that every row begins with, so that a
fresh APM is untouched zero pages.
"""

from __future__ import annotations

import numpy as np
from numba import int32, uint64

from arcodec.kernels.compiling import inline
from arcodec.kernels.fixed import STRETCH_MAX, squash_table
from arcodec.kernels.prefetch import prefetch

STRIDE = 16  # entries of a row
_REACH = 1920  # stretch of the last entry


def _curve() -> np.ndarray:
    """int32[STRIDE]: the probabilities of the entries' own stretches, 2**-22."""
    places = 256 * np.arange(STRIDE) - _REACH
    return squash_table(16)[places + STRETCH_MAX + 1] << 6


_CURVE = _curve()


@inline
def fetch(apm, row):
    """Begin to fetch a row."""
    prefetch(apm, row * uint64(STRIDE))


@inline
def place(stretch):
    """Where a stretch falls within a row: (entry below it, distance from that in 1/256), int64."""
    z = min(max(stretch + _REACH, 0), 2 * _REACH - 1)
    return z >> 8, z & 255


@inline
def refined(apm, row, entry, part):
    """The probability at a place, 2**-22, int64; `row`: uint64."""
    k = row * uint64(STRIDE) + uint64(entry)
    low = np.int64(apm[k] + _CURVE[entry])
    high = np.int64(apm[k + uint64(1)] + _CURVE[entry + 1])
    return (low * (256 - part) + high * part) >> 8


@inline
def adapt(apm, row, entry, part, bit, rate):
    """Move the nearer entry towards `bit` by 2**-rate; it stays within 0 ... 2**22 - 1."""
    near = entry + (part >> 7)
    k = row * uint64(STRIDE) + uint64(near)
    target = (bit << 22) - bit
    apm[k] += int32((target - np.int64(_CURVE[near]) - np.int64(apm[k])) >> rate)
