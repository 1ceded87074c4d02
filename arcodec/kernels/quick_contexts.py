"""What the blocks around say of a DCT coefficient, for the quick model: classes of magnitudes, and borders.

Borders are continuous, as in `block_predictor`, but nothing is learned of them: a coefficient of the first row or
column is predicted by the border above or in the west, the others by an eighth of both.

Bounds. Levels are clipped to LEVEL, what is dequantised to LIMIT; steps are at most 2**16 - 1. Dequantised levels
stay below 2**28 before they are clipped. Half a luma block, of sums of 8 products below 2**27, stays below 2**31; so
do the products of what is left of it, below 2**16, with PARTS. A reference adds up 32 terms below 2**20. Borders are
those of `block_predictor`: what is open stays below 2**27.
"""

from __future__ import annotations

import numpy as np
from numba import int32, int64, uint64

from arcodec.kernels.block_predictor import COLUMNS, LIMIT, ROWS, SCALE_X, SCALE_Y
from arcodec.kernels.compiling import inlined, plain
from arcodec.kernels.dct import EDGE, PARTS, ZIGZAG
from arcodec.kernels.fixed import leading_zeros
from arcodec.kernels.residual import clip

LEVEL = 2047
FEATURE_LIMIT = 4095 << 4  # of predictions, in 1/16
SIDE = 10  # of a block with a border
# Rows of `near`: levels of the blocks above, in the west, and beside these; sums of their magnitudes; magnitudes
# above and in the west, dequantised, and known coefficients, both in blocks with a border; what is open of the
# borders (8 above, 8 west); steps.
N, W, NW, NE, AROUND, BESIDE, OWN, OPEN, STEPS = range(9)
NEAR = 9
WIDTH = 128
# Rows of `factors`: from dequantised to 1/16 of a step; from what is open to that.
UNITS, BY_N, BY_W = range(3)

ORDER = ZIGZAG.astype(np.uint64)
PLACES = np.array([(p >> 3) * SIDE + (p & 7) for p in ZIGZAG], np.uint64)  # in a block with a border
_EDGES = EDGE.astype(np.int32)
_OPPOSITE = np.array([int(e) * (-1) ** u for u, e in enumerate(EDGE)], np.int32)
_PARTS = PARTS.astype(np.int32)
_CLASSES = 24
_REACH = 1 << 14


@inlined
def size_class(x):
    """The class of a magnitude x >= 0 in 1/16, 0 ... 23: half octaves of x + 4, whole ones of its square."""
    x = min(x, int64(_REACH)) + 4
    return min(int64(59) - int64(leading_zeros(x * x)), int64(_CLASSES - 1))


@inlined
def signed_class(x):
    """The class of a number in 1/16, 0 ... 8; 4 for small ones."""
    size = min(size_class(abs(x)) >> 1, int64(4))
    return 4 + size if x >= 0 else 4 - size


@plain
def begin_component(steps, near, factors):
    """Set what depends on the steps."""
    for place in range(64):
        step = steps[place]
        near[STEPS, place] = int32(step)
        factors[UNITS, place] = 65536 // step
        factors[BY_N, place] = (int64(1) << 28) // (EDGE[place >> 3] * step)
        factors[BY_W, place] = (int64(1) << 28) // (EDGE[place & 7] * step)


@plain
def _load(target, source):
    for i in range(64):
        target[i] = min(max(int32(source[i]), int32(-LEVEL)), int32(LEVEL))


@plain
def begin_block(y, x, block, columns, symbols, edges, near):
    """Load what is around a block; returns the sum of magnitudes of AC, in 1/4."""
    open_ = near[OPEN]
    near[OWN] = int32(0)
    if x == 0 and y == 0:
        near[: BESIDE + 1] = int32(0)
        open_[:] = int32(0)
        return int64(0)
    west = block - 1 if x > 0 else block - columns
    north = block - columns if y > 0 else block - 1
    _load(near[N], symbols[north])
    _load(near[W], symbols[west])
    _load(near[NW], symbols[block - columns - 1 if x > 0 and y > 0 else north])
    _load(near[NE], symbols[block - columns + 1 if y > 0 and x < columns - 1 else north])
    for i in range(8):
        open_[i] = edges[0, x, i] if y > 0 else int32(0)
        open_[8 + i] = edges[1, 0, i] if x > 0 else int32(0)
    above = near[N]
    left = near[W]
    corner = near[NW]
    other = near[NE]
    around = near[AROUND]
    steps = near[STEPS]
    total = int32(0)
    for i in range(64):
        around[i] = int32(2 * int32(abs(above[i]) + abs(left[i])) + int32(abs(corner[i]) + abs(other[i])))
        total = int32(total + around[i])
    for u in range(8):
        beside = near[BESIDE, SIDE * (u + 1) + 1 : SIDE * (u + 1) + 9]
        for v in range(8):
            i = 8 * u + v
            both = int32(abs(above[i]) + abs(left[i]))
            beside[v] = min(int32(both * steps[i]), int32(2 * LIMIT))
    return int64(total) - int64(around[0])


@plain
def take(u, v, known, near):
    """Take in a coefficient, dequantised, that is not 0."""
    open_ = near[OPEN]
    near[OWN, SIDE * u + v] = int32(known)
    open_[v] = int32(open_[v] - int32(_EDGES[u] * int32(known)))
    open_[8 + u] = int32(open_[8 + u] - int32(_EDGES[v] * int32(known)))


@plain
def end_block(x, edges, near):
    """Keep the lower and the right edge of a block."""
    own = near[OWN]
    lower = edges[0, x]
    right = edges[1, 0]
    for v in range(8):
        lower[v] = int32(0)
        right[v] = int32(0)
    for u in range(8):
        part = _OPPOSITE[u]
        row = own[SIDE * u : SIDE * u + 8]
        total = int32(0)
        for v in range(8):
            lower[v] = int32(lower[v] + int32(part * row[v]))
            total = int32(total + int32(_OPPOSITE[v] * row[v]))
        right[u] = total


@plain
def predict(u, v, y, x, place, near, factors):
    """(mean, from above, from the west) of a coefficient, in 1/16 of its step."""
    open_ = near[OPEN]
    limit = int64(FEATURE_LIMIT)
    from_n = clip(int64(open_[v]) * factors[BY_N, place] >> 24, -limit, limit)
    from_w = clip(int64(open_[uint64(8) + u]) * factors[BY_W, place] >> 24, -limit, limit)
    if y == 0:
        from_n = from_w
    if x == 0:
        from_w = from_n
    if u == 0:
        mean = from_n if v > 0 else (from_n + from_w) >> 1
    else:
        mean = (from_n + from_w) >> 3 if v > 0 else from_w
    return mean, from_n, from_w


@plain
def make_reference(geometry, symbols, steps, reference, near):
    """Of chroma blocks, luma at the same places, dequantised, 2**-4."""
    rows = geometry[0, ROWS]
    columns = geometry[0, COLUMNS]
    high = geometry[1, SCALE_Y]
    wide = geometry[1, SCALE_X]
    block = near[N]
    half = near[W]
    for y in range(geometry[1, ROWS]):
        for x in range(geometry[1, COLUMNS]):
            target = reference[y * geometry[1, COLUMNS] + x]
            for i in range(64):
                target[i] = int32(0)
            for half_y in range(high):
                for half_x in range(wide):
                    source = min(y * high + half_y, rows - 1) * columns + min(x * wide + half_x, columns - 1)
                    _load(block, symbols[source])
                    for i in range(64):
                        level = int32(block[i] * int32(steps[i]))
                        block[i] = min(max(level, int32(-LIMIT)), int32(LIMIT))
                    _take_part(target, block, half, half_y if high > 1 else 2, half_x if wide > 1 else 2)


@plain
def _take_part(target, block, half, part_y, part_x):
    """Add a luma block in one half of a chroma block, 0 or 1, or in all of it, 2."""
    if part_x == 2:
        for i in range(64):
            half[i] = block[i]
    else:
        parts = _PARTS[part_x]
        for u in range(8):
            for j in range(8):
                total = int32(0)
                for v in range(8):
                    total = int32(total + int32(block[8 * u + v] * parts[j, v]))
                half[8 * u + j] = total >> int32(14)
    if part_y == 2:
        for i in range(64):
            target[i] += half[i] << int32(4)
    else:
        for i in range(8):
            for u in range(8):
                part = _PARTS[part_y, i, u]
                for j in range(8):
                    target[8 * i + j] += int32(half[8 * u + j] * part) >> int32(10)


@plain
def reference_last(reference, steps):
    """The last place, in zigzag order, where luma is more than half a step of chroma."""
    for k in range(63, 0, -1):
        place = ORDER[k]
        if int64(abs(reference[place])) >> 3 > steps[place]:
            return int64(k)
    return int64(0)
