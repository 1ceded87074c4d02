"""Logistic mixing of many inputs with additive weight sets: those of `weight_sets`, in vectors of 32 bits.

A decision selects a row from each set; the rows' sum mixes the inputs, and all rows learn from the same error.

    row     within +-2**22 (2**-16), so that a sum of at most SETS = 8 stays below 2**26
    weight  a sum, clamped to +-(2**19 - 1); times an input within +-2**12 it stays below 2**31
    total   of at most WIDTH products >> 8 stays below 2**30
    step    input times push, which is within +-2**16: below 2**29
"""

from __future__ import annotations

from numba import int32, int64, uint64

from arcodec.kernels.compiling import inlined
from arcodec.kernels.logistic import STRETCH_LIMIT

LANES = 16  # rows are filled up to whole vectors
WIDTH = 96  # inputs at most
_ROW_LIMIT = (1 << 22) - 1
_WEIGHT_LIMIT = (1 << 19) - 1


@inlined
def mix(weights, selected, inputs, sets, experts):
    """(what the first `experts` inputs add to the stretch, the stretch), within +-STRETCH_LIMIT.

    weights: int32[rows, width]; inputs: int32[width]; `sets`: a constant, for the loop over them to be unrolled.
    """
    total = int32(0)
    part = int32(0)
    for i in range(weights.shape[1]):
        weight = int32(0)
        for s in range(sets):
            weight = int32(weight + weights[uint64(selected[s]), i])
        weight = min(max(weight, int32(-_WEIGHT_LIMIT)), int32(_WEIGHT_LIMIT))
        product = int32(int32(weight * inputs[i]) >> int32(8))
        total = int32(total + product)
        part = int32(part + (product if i < experts else int32(0)))
    return int64(part) >> 8, min(max(int64(total) >> 8, int64(-STRETCH_LIMIT)), int64(STRETCH_LIMIT))


@inlined
def train(weights, selected, inputs, sets, push):
    """Move the selected rows along push (2**-14) times the inputs."""
    for s in range(sets):
        row = uint64(selected[s])
        for i in range(weights.shape[1]):
            step = int32(int32(int32(inputs[i] * int32(push)) + int32(1 << 13)) >> int32(14))
            weight = int32(weights[row, i] + step)
            weights[row, i] = min(max(weight, int32(-_ROW_LIMIT)), int32(_ROW_LIMIT))
