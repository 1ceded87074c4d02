"""Contexts of the decisions about DCT coefficients: of slots, as hashes; of weight sets and maps; of experts' scales.

Magnitudes are classed by half octaves. Signed quantities are turned to the predicted sign.
"""

from __future__ import annotations

import numpy as np
from numba import int64

from arcodec.kernels.block_predictor import (
    AROUND,
    BESIDE,
    FIXED,
    FROM_N,
    FROM_W,
    LAST_CHROMA,
    LAST_LUMA,
    LAST_N,
    LAST_NE,
    LAST_NW,
    LAST_W,
    LASTS,
    OTHERS,
    OWN,
    SAME_CHROMA,
    SAME_LUMA,
    SAME_N,
    SAME_W,
    SIZE,
    WITHIN,
    N,
    W,
)
from arcodec.kernels.compiling import plain
from arcodec.kernels.logistic import log2_q6
from arcodec.kernels.residual import clip

CONTEXTS = 20
SCALES = 64 * 24
_A, _B, _C = 0x1E3779B97F4A7C15, 0x56FEB86659FD93, 0x20761D6478BD643


def scale_table(experts: int, components: int) -> np.ndarray:
    """int64[2, experts, components, SCALES]: sums and counts of absolute residuals (Q8), as if two had been seen."""
    table = np.full((2, experts, components, SCALES), 2, np.int64)
    for size in range(24):
        table[0, :, :, size::24] = (2 * 64) << (size // 3)
    return table


@plain
def _size(x):
    """A class of a magnitude in 1/16: half octaves, 0 ... 23."""
    return min((log2_q6(x + 4) - 128) >> 5, int64(23))


@plain
def _signed(x):
    """A class of a signed value in 1/16."""
    return _size(x) if x >= 0 else -_size(-x)


@plain
def _hash(k, a, b, c):
    return k * int64(0x632BE59BD9B4E019) + a * int64(_A) + b * int64(_B) + c * int64(_C)


@plain
def of_last(hashes, within, near, component):
    """Of the place of a block's last coefficient."""
    lasts = near[LASTS]
    n = lasts[LAST_N]
    w = lasts[LAST_W]
    nw = lasts[LAST_NW]
    ne = lasts[LAST_NE]
    luma = lasts[LAST_LUMA] if component > 0 else int64(0)
    chroma = lasts[LAST_CHROMA] if component > 1 else int64(0)
    mean = (n + w + 1) >> 1
    wide = (3 * (n + w) + nw + ne + 4) >> 3
    energy = int64(0)
    high = int64(0)
    for place in range(1, 64):
        size = abs(near[N, place]) + abs(near[W, place])
        energy += size
        if (place >> 3) + (place & 7) > 4:
            high += size
    hashes[0] = _hash(int64(0), component, 0, 0)
    hashes[1] = _hash(int64(1), component, mean, 0)
    hashes[2] = _hash(int64(2), component, wide, 0)
    hashes[3] = _hash(int64(3), component, n, 0)
    hashes[4] = _hash(int64(4), component, w, 0)
    hashes[5] = _hash(int64(5), component, n >> 2, w >> 2)
    hashes[6] = _hash(int64(6), component, luma, 0)
    hashes[7] = _hash(int64(7), component, chroma, 0)
    hashes[8] = _hash(int64(8), component, luma >> 2, mean >> 2)
    hashes[9] = _hash(int64(9), component, chroma >> 1, mean >> 2)
    hashes[10] = _hash(int64(10), component, max(n, w), 0)
    hashes[11] = _hash(int64(11), component, min(n, w), 0)
    hashes[12] = _hash(int64(12), component, _size(energy), 0)
    hashes[13] = _hash(int64(13), component, _size(high), mean >> 3)
    hashes[14] = _hash(int64(14), component, nw >> 1, ne >> 3)
    hashes[15] = _hash(int64(15), component, _size(energy) >> 1, luma >> 2)
    hashes[16] = _hash(int64(16), component, ne, 0)
    hashes[17] = _hash(int64(17), component, _size(high), _size(energy))
    hashes[18] = _hash(int64(18), component, luma >> 2, chroma >> 2)
    hashes[19] = _hash(int64(19), component, wide >> 2, chroma >> 2)
    within[0] = 0
    within[1] = wide
    within[2] = _size(energy)
    within[3] = luma >> 2
    within[4] = chroma >> 2
    within[5] = _size(high) >> 1
    within[6] = n
    within[7] = w
    within[8] = wide
    within[9] = luma if component > 0 else mean


@plain
def of_value(hashes, within, scale_contexts, near, scalars, place, k, last, component, mean, centre, turned, summary):
    """Of a coefficient; turned: the sign taken for positive; summary: number and sum of the block's known levels."""
    count = summary[0]
    total = summary[1]
    size = _size(scalars[FIXED])
    learned = _size(scalars[SIZE])
    around = _size(scalars[AROUND])
    inside = _size(scalars[WITHIN])
    beside = _size(scalars[BESIDE])
    others = _size(scalars[OTHERS])
    middle = centre << 4
    mu = clip(abs((mean >> 4) - middle), 0, 32767)
    from_n = turned * (scalars[FROM_N] - middle)
    from_w = turned * (scalars[FROM_W] - middle)
    n = turned * (scalars[SAME_N] - middle)
    w = turned * (scalars[SAME_W] - middle)
    luma = turned * scalars[SAME_LUMA]
    chroma = turned * scalars[SAME_CHROMA]
    own = near[OWN]
    u = place >> 3
    v = place & 7
    below = turned * own[place + 8] if u < 7 else int64(0)
    right = turned * own[place + 1] if v < 7 else int64(0)
    below2 = turned * own[place + 16] if u < 6 else int64(0)
    right2 = turned * own[place + 2] if v < 6 else int64(0)
    base = (component << 6) + k
    colour = int64(component > 0)
    gap = abs(scalars[FROM_N] - scalars[FROM_W])
    band = min(k, 10 + (k >> 3))
    hashes[0] = _hash(base, 1, size, 0)
    hashes[1] = _hash(base, 2, around, inside >> 1)
    hashes[2] = _hash(base, 3, min(mu >> 1, 40 + _size(mu)), size >> 1)
    hashes[3] = _hash(base, 4, _signed(from_n), _signed(from_w))
    hashes[4] = _hash(base, 5, clip(n >> 4, -4, 4), clip(w >> 4, -4, 4))
    hashes[5] = _hash(base, 6, _signed(below), _signed(right))
    hashes[6] = _hash(base, 7, count, last - k)
    hashes[7] = _hash(last - k, 8, inside, around + (component << 8))
    hashes[8] = _hash(base, 9, _signed(n), _signed(w))
    hashes[9] = _hash(base, 10, _signed(luma), others >> 1)
    hashes[10] = _hash(base, 11, _signed(chroma), mu >> 2 if mu < 64 else 40 + _size(mu))
    hashes[11] = _hash(colour, 12, min(mu, 100 + _size(mu)), learned)
    hashes[12] = _hash(base, 13, min(max(from_n, -200), 200), size >> 2)
    hashes[13] = _hash(base, 14, min(max(from_w, -200), 200), size >> 2)
    hashes[14] = _hash(base, 15, _size(total << 4), around >> 1)
    hashes[15] = _hash(base, 16, beside, inside)
    hashes[16] = _hash(base, 17, last, inside >> 1)
    hashes[17] = _hash(band, 18, _signed(below2), _signed(right2))
    hashes[18] = _hash(base, 19, beside, around)
    hashes[19] = _hash(base, 20, _size(gap), _size(mu) + (size >> 2 << 8))
    within[0] = 0
    within[1] = k
    within[2] = size
    within[3] = min(mu >> 2, 15) * 3 + min(size >> 2, 2)
    within[4] = min(around >> 1, 11) * 12 + min(inside >> 1, 11)
    within[5] = min(count, 15)
    within[6] = last
    within[7] = min(beside >> 1, 7) * 8 + min(others >> 1 if component > 0 else learned >> 1, 7)
    within[8] = k
    within[9] = min(_size(mu), 7) * 8 + min(size >> 1, 7)
    scale_contexts[0] = k * 24 + size
    scale_contexts[1] = k * 24 + learned
    scale_contexts[2] = k * 24 + min((around + beside) >> 1, 23)
    scale_contexts[3] = k * 24 + _size(gap)


@plain
def means(kept, scalars, place, mean):
    """Set `kept`, the experts' means (1/256): of the regression, twice; 0, or DC's by the borders; by a border."""
    u = place >> 3
    v = place & 7
    kept[0] = mean
    kept[1] = mean
    if u == 0 and v == 0:
        kept[2] = (scalars[FROM_N] + scalars[FROM_W]) << 3
        kept[3] = kept[2]
    else:
        kept[2] = 0
        kept[3] = scalars[FROM_N] << 4 if u == 0 else (scalars[FROM_W] << 4 if v == 0 else mean)
