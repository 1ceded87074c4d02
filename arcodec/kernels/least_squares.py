"""Joint least-squares prediction of a pixel's channels from its neighbours, in integers.

A predictor keeps a weighted normal matrix of the products of n features (neighbouring samples, each less its
channel's western sample) and of the targets (the pixel's own samples, likewise). One LDL factorisation serves all
channels: forward substitution through the first n rows predicts channel 0, and each further row adds one sample of
the pixel itself, once that is known.

Columns are taken in blocks. Earlier pixels weigh less by a constant factor per row and per block of distance, so
that exponential sums hold all the statistics, and a pixel costs the same however far they reach:

    past[0][b]   the rows above, this block
    past[1][b]   the rows above, this block and all to its right
    sums[0]      this row and the rows above, all blocks to the left
    sums[1]      this block and row so far

Least squares adapted at each pixel: Wu, Barthel, Zhang 1998; Meyer, Tischer 2001 (TMW-LEGO); Ye, Hou 2007; Weinlich
et al. 2016 (Vanilc).

Bounds. Features and targets lie within +-255, so a block adds at most B = (block * 255**2) << gain to an entry. With
the factors v per row and h per block, past[0] <= B / (1 - v), past[1] <= past[0] / (1 - h) and sums[0] <= h * (B +
past[0]) / (1 - h); `RATES` keeps past[1] + sums[0], the largest sum formed, below 0.7 * 2**31, and rounding adds
less than 2 / (1 - v) / (1 - h) < 2**10. `factor` scales entries to below 2**29 and keeps the rows of the
elimination within +-2**29 and factors within +-2**28: a sum of up to 60 products stays below 2**63. In `substitute`
residuals stay within +-2**20, products with factors within 2**48; with samples of 16 bits, whose statistics are
scaled down (`end_deep_pixel`), within +-2**26 and 2**54, and what starts as a sample << 28 below 2**60.
"""

from __future__ import annotations

import numpy as np
from numba import int32, int64

from arcodec.kernels.compiling import inline, inlined, plain
from arcodec.kernels.fixed import leading_zeros

ROWS = 4  # of the window: neighbours lie at most ROWS - 1 rows above
MARGIN = 4  # samples of a channel on each side of the window

# Rows and columns from the pixel, the most useful first; the western sample is the reference of all.
NEIGHBOURS = (
    *((-1, 0), (-1, -1), (-1, 1), (0, -2), (-2, 0), (-2, 1), (-1, 2), (-1, -2), (-2, -1), (-2, 2)),
    *((0, -3), (-1, 3), (-3, 0), (-2, -2), (-3, 1), (-3, -1), (-2, 3), (0, -4), (-1, -3), (-1, 4)),
)

# A predictor: neighbours per channel for gray and for colour (the sum a multiple of 4), then the columns of RATES.
GRAY = ((8,), (20,), (20,))
COLOUR = ((7, 7, 6), (13, 12, 11), (20, 18, 18))
PREDICTORS = 3
BLOCK, GAIN, RIDGE, ROW_A, ROW_B, ROW_SIGN, BLOCK_A, BLOCK_B, BLOCK_SIGN = range(9)
# A step keeps 1 - 2**-a + sign * 2**-b: rows 0.781, 0.922, 0.971; blocks 0.625, 0.719, 0.719. RIDGE is what the
# features' own energies begin with.
RATES = np.array(
    [
        (2, 8, 32, 2, 5, 1, 1, 3, 1),
        (4, 6, 16, 4, 6, -1, 2, 5, -1),
        (8, 3, 32, 5, 9, 1, 2, 5, -1),
    ],
    np.int32,
)

WHOLE = 256  # the share of a pixel that counts fully
NOISE = 256  # Q8: residuals of this size or less do not matter to it

_FACTOR = 20  # fraction bits of L
_FACTOR_LIMIT = (1 << 28) - 1
_ROW_LIMIT = (1 << 29) - 1
_RESIDUAL_LIMIT = (1 << 20) - 1  # Q8
WIDE_LIMIT = (1 << 26) - 1  # the same for samples of 16 bits


def features(channels: int) -> tuple[int, ...]:
    """How many features each predictor has."""
    return tuple(sum(counts) for counts in (COLOUR if channels == 3 else GRAY))


def offsets(channels: int, stride: int) -> np.ndarray:
    """int64[PREDICTORS, 2, n]: where features and their references lie in the window, from the pixel."""
    table = np.zeros((PREDICTORS, 2, max(features(channels))), np.int64)
    for k, counts in enumerate(COLOUR if channels == 3 else GRAY):
        places = [
            (dy * stride + dx * channels + c, c - channels)
            for c, count in enumerate(counts)
            for dy, dx in NEIGHBOURS[:count]
        ]
        table[k, :, : len(places)] = np.array(places).T
    return table


def past_shape(predictor: int, channels: int, columns: int) -> tuple[int, int, int]:
    """Of a predictor's past, int32."""
    size = features(channels)[predictor] + channels
    return 2, -(-columns // int(RATES[predictor, BLOCK])) + 1, size * (size + 1) // 2


def shapes(channels: int) -> list[tuple[tuple[int, ...], type]]:
    """Shapes and dtypes of sums, factors, work and samples of all predictors."""
    size = max(features(channels)) + channels
    width = -(-size // 8) * 8
    return [
        ((PREDICTORS, 2, size * (size + 1) // 2), np.int32),
        ((PREDICTORS, 2, size + 4, width), np.int32),
        ((PREDICTORS, width), np.int64),
        ((PREDICTORS, width), np.int32),
    ]


@inline
def _decay(v, a, b, sign):
    return int32(int32(v - (v >> a)) + sign * (v >> b))


@plain
def begin_row(past, sums, rates, which):
    """Start a row: past[1] is made of past[0], from right to left; sums[0] is emptied."""
    a = rates[which, BLOCK_A]
    b = rates[which, BLOCK_B]
    sign = rates[which, BLOCK_SIGN]
    for block in range(past.shape[1] - 2, -1, -1):
        own = past[0, block]
        here = past[1, block]
        beyond = past[1, block + 1]
        for k in range(len(own)):
            here[k] = int32(_decay(beyond[k], a, b, sign) + own[k])
    sums[which, 0, :] = int32(0)


@inlined
def learn(products, samples, size, weight, first):
    """Add weight * the products of a pixel's samples (int32[size]) to its block's; `first`: that begins with it."""
    start = 0
    for j in range(size):
        sample = int32(samples[j] * weight)
        row = products[start:]
        others = samples[j:]
        if first:
            for i in range(size - j):
                row[i] = int32(sample * others[i])
        else:
            for i in range(size - j):
                row[i] += int32(sample * others[i])
        start += size - j


@inlined
def end_block(column, left, products, rates, which):
    """Take in a block: for those on its right, and for the rows below."""
    row_a = rates[which, ROW_A]
    row_b = rates[which, ROW_B]
    row_sign = rates[which, ROW_SIGN]
    block_a = rates[which, BLOCK_A]
    block_b = rates[which, BLOCK_B]
    block_sign = rates[which, BLOCK_SIGN]
    for k in range(len(column)):
        above = column[k]
        new = products[k]
        left[k] = _decay(int32(int32(left[k] + above) + new), block_a, block_b, block_sign)
        column[k] = int32(_decay(above, row_a, row_b, row_sign) + new)


@inlined
def factor(left, right, lower, rows, work, size, features, ridge):
    """LDL factorisation of left + right + ridge (on the diagonal of the features), by columns.

    Row j of `lower` gets column j of L below the diagonal, in 2**-20; its other entries stay zero. Row j of
    `rows` gets row j of the elimination. No pivot is taken smaller than the ridge, which is >= 1.
    """
    width = (size + 7) & -8
    largest = int64(0)
    start = 0
    for j in range(size):
        largest = max(largest, int64(left[start]) + int64(right[start]))
        start += size - j
    up = leading_zeros(largest + ridge) - int64(35 - _FACTOR)  # to 29 bits, and _FACTOR more
    least = max((ridge << up) >> _FACTOR, int64(1))
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
        begin = j & -8  # whole vectors: what they compute left of the diagonal is not used
        count = width - begin
        rest = work[begin:]
        for k in range(0, j, 4):  # rows beyond j - 1 meet the zeros in column j of L
            a = int64(lower[k, j])
            b = int64(lower[k + 1, j])
            c = int64(lower[k + 2, j])
            d = int64(lower[k + 3, j])
            row_a = rows[k, begin:]
            row_b = rows[k + 1, begin:]
            row_c = rows[k + 2, begin:]
            row_d = rows[k + 3, begin:]
            for i in range(count):
                rest[i] -= a * int64(row_a[i]) + b * int64(row_b[i]) + c * int64(row_c[i]) + d * int64(row_d[i])
        pivot = max(min(work[j] >> _FACTOR, int64(_ROW_LIMIT)), least)
        length = int64(64) - leading_zeros(pivot)
        reciprocal = (int64(1) << (length + 29)) // pivot
        shift = length + (29 - _FACTOR)
        row = rows[j, begin:]
        ratios = lower[j, begin:]
        for i in range(count):
            v = min(max(rest[i] >> _FACTOR, int64(-_ROW_LIMIT)), int64(_ROW_LIMIT))
            row[i] = int32(v)
            ratio = (v * reciprocal) >> shift
            ratios[i] = int32(min(max(ratio, int64(-_FACTOR_LIMIT)), int64(_FACTOR_LIMIT)))
        for i in range(j - begin + 1):
            ratios[i] = int32(0)


@inline
def _residual(z, limit):
    return min(max(z >> _FACTOR, int64(-limit)), int64(limit))


@inlined
def substitute(lower, work, samples, features, width, limit=_RESIDUAL_LIMIT):
    """Forward substitution through the features (samples[:features]; a multiple of 4), four at a time."""
    for i in range(features):
        work[i] = int64(samples[i]) << (_FACTOR + 8)
    for i in range(features, width):
        work[i] = 0
    for j in range(0, features, 4):
        a = _residual(work[j], limit)
        b = _residual(work[j + 1] - int64(lower[j, j + 1]) * a, limit)
        c = _residual(work[j + 2] - int64(lower[j, j + 2]) * a - int64(lower[j + 1, j + 2]) * b, limit)
        d = work[j + 3] - int64(lower[j, j + 3]) * a - int64(lower[j + 1, j + 3]) * b
        d = _residual(d - int64(lower[j + 2, j + 3]) * c, limit)
        begin = (j + 4) & -8
        row_a = lower[j, begin:]
        row_b = lower[j + 1, begin:]
        row_c = lower[j + 2, begin:]
        row_d = lower[j + 3, begin:]
        rest = work[begin:]
        for i in range(width - begin):
            rest[i] -= int64(row_a[i]) * a + int64(row_b[i]) * b + int64(row_c[i]) * c + int64(row_d[i]) * d


@plain
def begin_pixel(
    which, past, sums, rates, factors, work, samples, offsets, features, window, pixel, column, channels,
    limit=_RESIDUAL_LIMIT,
):  # fmt: skip
    """Load a pixel's features, factor anew where a block begins, and substitute."""
    own = samples[which]
    for i in range(features):
        own[i] = int32(window[pixel + offsets[which, 0, i]] - window[pixel + offsets[which, 1, i]])
    block = int64(rates[which, BLOCK])
    size = features + channels
    if column % block == 0:
        ridge = int64(rates[which, RIDGE]) << int64(rates[which, GAIN])
        past_right = past[1, column // block]
        factor(sums[which, 0], past_right, factors[which, 0], factors[which, 1], work[which], size, features, ridge)
    substitute(factors[which, 0], work[which], own, features, (size + 7) & -8, limit)


@inline
def prediction(work, which, target, limit=_RESIDUAL_LIMIT):
    """What is predicted for a target, Q8, less its channel's western sample; `target`: its row."""
    return -_residual(work[which, target], limit)


@inline
def reveal(factors, work, samples, which, target, size, sample, limit=_RESIDUAL_LIMIT):
    """Make a target's true value known, for the predictions of those after it."""
    samples[which, target] = int32(sample)
    residual = _residual(work[which, target] + (int64(sample) << (_FACTOR + 8)), limit)
    for i in range(target + 1, size):
        work[which, i] -= int64(factors[which, 0, target, i]) * residual


@inlined
def share(around):
    """How much a pixel counts, 0 ... WHOLE: the less, the larger the residuals around it (see `residual.energy`)."""
    return min((2 * NOISE * WHOLE) // (NOISE + (around >> 3)), int64(WHOLE))


@plain
def end_pixel(which, past, sums, rates, samples, size, column, columns, share):
    """Learn from a pixel whose targets are known; `share`: of its weight, WHOLE at most."""
    block = int64(rates[which, BLOCK])
    weight = int32(max(((int64(1) << rates[which, GAIN]) * share) // WHOLE, int64(1)))
    learn(sums[which, 1], samples[which], size, weight, column % block == 0)
    if column % block == block - 1 or column == columns - 1:
        end_block(past[0, column // block], sums[which, 0], sums[which, 1], rates, which)


@plain
def end_deep_pixel(which, past, sums, rates, samples, scaled, size, column, columns, around, level):
    """Learn from a pixel of samples of up to 16 bits.

    They are scaled by one factor, at most the root of the gain, so that the residuals around come to `level` times
    that root at most, and that no sample exceeds 255 times it: noisy pixels count less, and bounds are those of
    8-bit samples.

    scaled: int32[size], working space. `around`: see `residual.energy`; `level`: of residuals, Q8.
    """
    block = int64(rates[which, BLOCK])
    gain = int64(rates[which, GAIN])
    own = samples[which]
    largest = int32(1)
    for i in range(size):
        largest = max(largest, abs(own[i]))
    whole = 16 + (gain >> 1)  # of odd gains half a bit is lost
    scale = min((level << whole) // max(around >> 3, level), ((int64(255) << whole) - 32768) // int64(largest))
    for i in range(size):
        scaled[i] = int32((int64(own[i]) * scale + 32768) >> 16)
    learn(sums[which, 1], scaled, size, int32(1), column % block == 0)
    if column % block == block - 1 or column == columns - 1:
        end_block(past[0, column // block], sums[which, 0], sums[which, 1], rates, which)
