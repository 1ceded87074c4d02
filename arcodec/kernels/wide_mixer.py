"""Logistic mixing of many inputs with additive weight sets: those of `weight_sets`, in vectors of 32 bits.

A decision selects a row from each set; the rows' sum mixes the inputs, and all rows learn from the same error.

    row     within +-2**22 (2**-16), so that a sum of at most SETS = 8 stays below 2**26
    weight  a sum, clamped to +-(2**19 - 1); times an input within +-2**12 it stays below 2**31
    total   of at most WIDTH products >> 8 stays below 2**30
    step    input times push, which is within +-2**16: below 2**29
"""

from __future__ import annotations

from numba import int32, int64

from arcodec.kernels.compiling import plain
from arcodec.kernels.logistic import STRETCH_LIMIT

LANES = 16  # rows are filled up to whole vectors
WIDTH = 96  # inputs at most
_ROW_LIMIT = (1 << 22) - 1
_WEIGHT_LIMIT = (1 << 19) - 1


@plain
def mix(weights, selected, inputs, work, sets, experts):
    """(what the first `experts` inputs add to the stretch, the stretch), within +-STRETCH_LIMIT.

    weights: int32[rows, width]; inputs, work: int32[width].
    """
    width = weights.shape[1]
    own = weights[selected[0]]
    for i in range(width):
        work[i] = own[i]
    for s in range(1, sets):
        own = weights[selected[s]]
        for i in range(width):
            work[i] = int32(work[i] + own[i])
    total = int32(0)
    for i in range(width):
        weight = min(max(work[i], int32(-_WEIGHT_LIMIT)), int32(_WEIGHT_LIMIT))
        work[i] = int32(int32(weight * inputs[i]) >> int32(8))
        total = int32(total + work[i])
    part = int64(0)
    for i in range(experts):
        part += int64(work[i])
    return part >> 8, min(max(int64(total) >> 8, int64(-STRETCH_LIMIT)), int64(STRETCH_LIMIT))


@plain
def train(weights, selected, inputs, work, sets, push):
    """Move the selected rows along push (2**-14) times the inputs."""
    width = weights.shape[1]
    for i in range(width):
        work[i] = int32(int32(int32(inputs[i] * int32(push)) + int32(1 << 13)) >> int32(14))
    for s in range(sets):
        own = weights[selected[s]]
        for i in range(width):
            weight = int32(own[i] + work[i])
            own[i] = min(max(weight, int32(-_ROW_LIMIT)), int32(_ROW_LIMIT))
