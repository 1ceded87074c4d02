"""Joint least-squares prediction of a pixel's channels from its neighbours, in integers.

For each pixel one weighted normal matrix holds the products of n features (neighbouring samples, each less its
channel's western sample) and of the c target samples. Its LDL factorisation serves all channels: forward
substitution through the first n rows predicts channel 0, and each further row adds the samples of this pixel that
are known by then. Earlier pixels weigh less by a constant factor per row and per column of distance, so that three
exponential sums hold the statistics:

    column[x]   the rows above, this column
    right[x]    the rows above, this column and all to its right
    left        this row and the rows above, all columns to the left

Least squares adapted at each pixel: Wu, Barthel, Zhang 1998; Meyer, Tischer 2001 (TMW-LEGO); Ye, Hou 2007; Weinlich
et al. 2016 (Vanilc). The exponential window makes the cost per pixel independent of the window's size.

Bounds. Features and targets lie in +-255, so a product is at most 65025 = P; it enters as P << gain. With the factor
d = 1 - 2**-a +- 2**-b per step, column sums stay below P / (1 - d), sums over the row above below P / (1 - d)**2 and
those to the left below (2 - d) * d / (1 - d)**2 * P; rounding adds less than 4 / (1 - d)**2. `DECAYS` keeps left +
right of either predictor below 1.37e9 < 2**31. `factor` brings the largest entry to 28 or 29 bits and keeps factors
within 28 bits and residual rows within 29: each sum of at most 64 products stays below 2**63.
"""

from __future__ import annotations

import numpy as np
from numba import int32, int64, njit

from arcodec.kernels.fixed import leading_zeros

# (a, b, sign, gain): a step of distance keeps 1 - 2**-a + sign * 2**-b of a product, which begins as product << gain.
FAST = (np.int32(2), np.int32(5), np.int32(1), np.int32(9))  # 0.78125
SLOW = (np.int32(4), np.int32(6), np.int32(-1), np.int32(6))  # 0.921875

_FACTOR = 20  # fraction bits of L
_FACTOR_LIMIT = (1 << 28) - 1
_ROW_LIMIT = (1 << 29) - 1
_RESIDUAL_LIMIT = (1 << 20) - 1  # Q8

inline = njit(inline="always")


@inline
def _decay(v, a, b, sign):
    return int32(int32(v - (v >> a)) + sign * (v >> b))


@njit(nogil=True)
def sweep(right, column, a, b, sign):
    """Start a row: right[x] = column[x] + decayed right[x + 1]; right: int32[columns + 1, t], its last row zero."""
    for x in range(len(column) - 1, -1, -1):
        here = right[x]
        beyond = right[x + 1]
        own = column[x]
        for k in range(len(own)):
            here[k] = _decay(beyond[k], a, b, sign) + own[k]


@njit(nogil=True)
def update(column, left, products, samples, size, a, b, sign, gain):
    """Take in a pixel: its products go to the statistics of its column and to those of the pixels on its left.

    column, left, products: int32[size * (size + 1) / 2], upper triangles row by row; samples: int32[size].
    """
    start = 0
    for j in range(size):
        sample = int32(samples[j] << gain)
        row = products[start:]
        others = samples[j:]
        for i in range(size - j):
            row[i] = int32(sample * others[i])
        start += size - j
    for k in range(len(products)):
        above = column[k]
        new = products[k]
        left[k] = _decay(int32(int32(left[k] + above) + new), a, b, sign)
        column[k] = int32(_decay(above, a, b, sign) + new)


@njit(nogil=True)
def factor(left, right, lower, rows, work, size, features, ridge):
    """LDL factorisation of left + right + ridge.

    lower: int32[size + 4, width], zero at first; row j gets column j of L below the diagonal, in 2**-20, all other
    entries stay zero. rows: int32[size + 4, width]; row j gets the residual row j of the elimination. width: a
    multiple of 8 >= size. work: int64[width]. ridge: added to the diagonal of the features; no pivot is taken
    smaller.
    """
    width = lower.shape[1]
    largest = int32(1)
    start = 0
    for j in range(size):
        largest = max(largest, int32(left[start] + right[start]))
        start += size - j
    up = leading_zeros(int64(largest) + ridge) - int64(35 - _FACTOR)  # largest << up - 20: 28 or 29 bits
    least = (ridge << up) >> _FACTOR
    least = max(least, int64(1))
    start = 0
    for j in range(size - 1):
        row_left = left[start:]
        row_right = right[start:]
        own = work[j:]
        for i in range(size - j):
            own[i] = int64(int32(row_left[i] + row_right[i])) << up
        start += size - j
        if j < features:
            work[j] += ridge << up
        first = j & -8  # whole vectors: what they compute left of the diagonal is not used
        count = width - first
        rest = work[first:]
        for k in range(0, j, 4):
            a = int64(lower[k, j])
            b = int64(lower[k + 1, j])
            c = int64(lower[k + 2, j])
            d = int64(lower[k + 3, j])
            row_a = rows[k, first:]
            row_b = rows[k + 1, first:]
            row_c = rows[k + 2, first:]
            row_d = rows[k + 3, first:]
            for i in range(count):
                rest[i] -= a * int64(row_a[i]) + b * int64(row_b[i]) + c * int64(row_c[i]) + d * int64(row_d[i])
        pivot = max(work[j] >> _FACTOR, least)
        length = int64(64) - leading_zeros(pivot)
        reciprocal = (int64(1) << (length + 29)) // pivot
        shift = length + (29 - _FACTOR)
        row = rows[j, first:]
        ratios = lower[j, first:]
        for i in range(count):
            v = min(max(rest[i] >> _FACTOR, int64(-_ROW_LIMIT)), int64(_ROW_LIMIT))
            row[i] = int32(v)
            ratio = (v * reciprocal) >> shift
            ratios[i] = int32(min(max(ratio, int64(-_FACTOR_LIMIT)), int64(_FACTOR_LIMIT)))
        for i in range(j - first + 1):
            ratios[i] = int32(0)


@inline
def _residual(z):
    return min(max(z >> _FACTOR, int64(-_RESIDUAL_LIMIT)), int64(_RESIDUAL_LIMIT))


@njit(nogil=True)
def substitute(lower, work, samples, features, size):
    """Forward substitution through the features: afterwards -work[features] >> 20 is channel 0's prediction (Q8).

    work: int64[width]; samples: int32[size], its first `features` set; features: a multiple of 4.
    """
    width = lower.shape[1]
    for i in range(features):
        work[i] = int64(samples[i]) << (_FACTOR + 8)
    for i in range(features, width):
        work[i] = 0
    for j in range(0, features, 4):
        a = _residual(work[j])
        b = _residual(work[j + 1] - int64(lower[j, j + 1]) * a)
        c = _residual(work[j + 2] - int64(lower[j, j + 2]) * a - int64(lower[j + 1, j + 2]) * b)
        d = work[j + 3] - int64(lower[j, j + 3]) * a - int64(lower[j + 1, j + 3]) * b
        d = _residual(d - int64(lower[j + 2, j + 3]) * c)
        first = (j + 4) & -8
        row_a = lower[j, first:]
        row_b = lower[j + 1, first:]
        row_c = lower[j + 2, first:]
        row_d = lower[j + 3, first:]
        rest = work[first:]
        for i in range(width - first):
            rest[i] -= int64(row_a[i]) * a + int64(row_b[i]) * b + int64(row_c[i]) * c + int64(row_d[i]) * d


@inline
def prediction(work, target):
    """The prediction of a target, Q8, less its channel's western sample."""
    return -_residual(work[target])


@inline
def reveal(lower, work, samples, target, size, sample):
    """Make a target's true value known, for the predictions of those after it."""
    samples[target] = int32(sample)
    residual = _residual(work[target] + (int64(sample) << (_FACTOR + 8)))
    for i in range(target + 1, size):
        work[i] -= int64(lower[target, i]) * residual
