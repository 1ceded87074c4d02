"""Adaptive probability maps: a probability refined by how it turned out in a context (SSE; Mahoney 2005).

An APM is int32[rows * STRIDE]. Entry j of a row stands for stretch (j - 12) / 2; it holds what was learnt there in
2**-22, less the curve that every row begins with, so that a fresh APM is untouched zero pages.
"""

from __future__ import annotations

import os
import numpy as np
from numba import int32, uint64

from arcodec.kernels.fixed import STRETCH_MAX, squash_table
from arcodec.kernels.port import inline

STRIDE = 16
_STEP = 256
_REACH = 1920
CV = int(os.environ.get("CV", 4))

def _curve() -> np.ndarray:
    squash = squash_table()
    return np.array([int(squash[min(max(((2*j-15)*128) * CV // 4,-3071),3071) + STRETCH_MAX + 1]) << 6 for j in range(16)], np.int32)


CURVE = _curve()


@inline
def place(stretch):
    """Where a stretch falls within a row: (entry below it, its distance from that in 1/128), int64."""
    z = min(max(stretch + _REACH, 0), 2 * _REACH - 1)
    return z >> 8, z & 255


@inline
def refined(apm, row, entry, part):
    k = row + uint64(entry)
    low = np.int64(apm[k] + CURVE[entry])
    high = np.int64(apm[k + uint64(1)] + CURVE[entry + 1])
    return (low * (256 - part) + high * part) >> 8


@inline
def adapt(apm, row, entry, part, bit, rate):
    near = entry + (part >> 7)
    k = row + uint64(near)
    target = (bit << 22) - bit
    apm[k] += int32((target - np.int64(CURVE[near]) - np.int64(apm[k])) >> rate)
