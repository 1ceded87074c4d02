"""Gated logistic mixing: weight sets chosen by contexts, each a dot product of stretches (Mahoney 2005, PAQ7).

Inputs are stretches in 1/256, |x| <= STRETCH_MAX; weights are int32 in 2**-16, |w| <= WEIGHT_MAX. The output of a
set is the stretch sum(x * w), clamped. All is int32, so that the loops become plain vector code; widths are
multiples of `vectors.LANES`, filled up with inputs of 0, which change nothing:

    product   |x * w| <= 3071 * (2**19 - 1) < 2**31
    sum       width * (3071 * (2**19 - 1) / 2**8 + 1) < 2**31 for width <= WIDTH_MAX
    step      |x * e| + 2**15 <= 3071 * 2**18 + 2**15 < 2**30, for |e| <= STEP_MAX
"""

from __future__ import annotations

import numpy as np
from numba import int32, uint64

from arcodec.kernels.compiling import inline
from arcodec.kernels.fixed import STRETCH_MAX, squash_table, stretch_table
from arcodec.kernels.vectors import sum_of_products

WIDTH_MAX = 320  # inputs of a set
WEIGHT_MAX = (1 << 19) - 1
STEP_MAX = 1 << 18


_SQUASH = squash_table(24)
STRETCH = stretch_table().astype(np.int16)


@inline
def clamped(x):
    """x as a stretch, within -STRETCH_MAX ... STRETCH_MAX."""
    return min(max(x, -STRETCH_MAX), STRETCH_MAX)


@inline
def squash(x):
    """The 24-bit probability of a stretch, int64; |x| <= STRETCH_MAX."""
    return np.int64(_SQUASH[x + (STRETCH_MAX + 1)])


@inline
def dot(weights, row, inputs, width):
    """The output of the set of `width` weights that begins at weights[row]: a stretch, int64."""
    return clamped(np.int64(sum_of_products(weights, row, inputs, width)) >> 8)


@inline
def train(weights, row, inputs, width, step):
    """Add inputs * step / 2**16 to a set; |step| <= STEP_MAX."""
    base = uint64(row)
    e = int32(step)
    for k in range(width):
        change = int32(int32(int32(inputs[uint64(k)]) * e) + int32(1 << 15))
        w = int32(weights[base + uint64(k)] + int32(change >> int32(16)))
        weights[base + uint64(k)] = min(max(w, int32(-WEIGHT_MAX)), int32(WEIGHT_MAX))
