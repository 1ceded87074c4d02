"""Gated logistic mixing: weight sets chosen by contexts, each a dot product of stretches (Mahoney 2005, PAQ7).

Inputs are stretches in 1/256, |x| <= STRETCH_MAX; weights are int32 in 2**-16, |w| <= WEIGHT_MAX. A set's output is
the stretch sum(x * w). Everything stays in int32 so that the loops become plain vector code:

    product     |x * w| <= 3071 * 524287 < 2**31
    sum         INPUTS * (3071 * 524287 >> 8) + INPUTS < 2**31     (64 inputs: 402,000,000)
    step        |x * e| + 2**15 <= 3071 * 2**18 + 2**15 < 2**30    where |e| <= 2**18
"""

from __future__ import annotations

import numpy as np
from numba import int32, uint64

from arcodec.kernels.fixed import STRETCH_MAX, squash_table, stretch_table
from arcodec.kernels.port import inline

from arcodec.kernels.contexts import CONTEXTS
INPUTS = (4 * CONTEXTS + 8 + 15) // 16 * 16 # of every weight set; what a model does not use stays 0
WEIGHT_MAX = (1 << 19) - 1
STEP_MAX = 1 << 18

SQUASH = squash_table()
STRETCH = stretch_table().astype(np.int16)


@inline
def clamped(x, limit):
    """x within -limit ... limit."""
    return min(max(x, -limit), limit)


@inline
def squash(x):
    """The 16-bit probability of a stretch, int64; |x| <= STRETCH_MAX."""
    return np.int64(SQUASH[x + (STRETCH_MAX + 1)])


@inline
def dot(weights, row, inputs):
    """The output of the set that begins at weights[row]: a stretch, int64, clamped."""
    total = int32(0)
    for k in range(INPUTS):
        total = int32(total + int32(int32(int32(inputs[uint64(k)]) * weights[uint64(row) + uint64(k)]) >> int32(8)))
    return clamped(np.int64(total) >> 8, STRETCH_MAX)


@inline
def train(weights, row, inputs, step):
    """Move the set at weights[row] along inputs * step; |step| <= STEP_MAX, in 2**-16 per unit of input."""
    e = int32(step)
    for k in range(INPUTS):
        w = int32(
            weights[uint64(row) + uint64(k)]
            + int32(int32(int32(int32(inputs[uint64(k)]) * e) + int32(1 << 15)) >> int32(16))
        )
        weights[uint64(row) + uint64(k)] = min(max(w, int32(-WEIGHT_MAX)), int32(WEIGHT_MAX))
