"""What the blocks around an 8x8 block, and what is known of the block itself, say of a DCT coefficient.

Borders are continuous: the samples of the block above, extrapolated to its lower border, resemble those of this block
extrapolated to its upper one, in the DCT along the border too. With all other coefficients of a column known, that
predicts the remaining one (Lepton's edge prediction: Horn et al. 2017). Here the predictions from above and from the
west are two of the features of a least-squares predictor for each frequency, learned from the blocks before.

A second regression learns in the same way how far off the first will be, from magnitudes.

Coefficients are dequantised, clipped to +-LIMIT. Features are in 1/16 of the quantisation step of the frequency,
within +-_FEATURE_LIMIT. Blocks count by the inverse of the magnitudes around (weighted least squares).

Bounds. Samples are clipped to _SAMPLE_LIMIT, and sums forget 2**-8 of themselves: they stay within 1400**2 * 2**8 +
2**8 < 0.7 * 2**31, as `least_squares.factor` demands. Weights are within 2**24 (2**-20), so that a prediction's sum
of 16 products stays below 2**43, and `_solve`'s of 15 with factors (2**28) below 2**57. What is open of a border is
below 2 * 8 * 724 * LIMIT < 2**27, factors to features below 2**20. A reference adds up at most 256 terms below 2**17.
"""

from __future__ import annotations

import numpy as np
from numba import int32, int64

from arcodec.kernels import least_squares
from arcodec.kernels.compiling import plain
from arcodec.kernels.dct import EDGE, PARTS, ZIGZAG
from arcodec.kernels.residual import clip

ROWS, COLUMNS, FIRST, SCALE_Y, SCALE_X = range(5)  # of a component in `geometry`

LIMIT = 8191
FEATURES, SIZES = 16, 12  # of the regressions of values and of sizes
_FEATURE_LIMIT = 2047 << 4
_MEAN_LIMIT = 4095 << 8
_SAMPLE_LIMIT = 1400
_MEMORY = 8  # sums forget 2**-_MEMORY of themselves with each block
_RIDGES = 4096, 2000
_PERIOD = 16  # of solving anew, in blocks
_CALM = 12  # 1/16: among coefficients smaller than this on average all blocks count alike

NEAR = 18
# Rows of `near`: coefficients of this block as far as known, of those around, of the reference (luma at the places of
# a chroma block) and of the chroma component before, here, above and in the west; places of last coefficients; what
# of the borders is unexplained (8 above, 8 west); factors from these to features; from coefficients to features.
OWN, N, W, NW, NE, NN, WW, LUMA, LUMA_N, LUMA_W, CHROMA, CHROMA_N, CHROMA_W, LASTS, OPEN, BY_N, BY_W, BY_STEP = range(
    NEAR
)
LAST_N, LAST_W, LAST_NW, LAST_NE, LAST_LUMA, LAST_CHROMA = range(6)
# `scalars`, all in units of features: predictions from the borders; sums of magnitudes (of the frequency in the
# blocks around, of known ones nearby in the block, of those nearby in blocks around, of other components); the
# magnitude to be expected by regression and by a fixed sum; values of the frequency elsewhere.
FROM_N, FROM_W, AROUND, WITHIN, BESIDE, OTHERS, SIZE, FIXED, SAME_N, SAME_W, SAME_LUMA, SAME_CHROMA = range(12)
SCALARS = 12


def memory(geometry: np.ndarray) -> int:
    """Bytes of what `allocate` makes, an upper bound."""
    most = max(int(g[ROWS] * g[COLUMNS]) for g in geometry)
    return 4 * 64 * most + 64 * int(geometry[:, COLUMNS].max()) + (1 << 20)


def allocate(geometry: np.ndarray) -> tuple[object, ...]:
    """Fresh reference, edges, both regressions, working arrays of features, near, scalars."""
    return (
        np.zeros((max(int(g[ROWS] * g[COLUMNS]) for g in geometry) if len(geometry) > 1 else 1, 64), np.int32),
        np.zeros((2, int(geometry[:, COLUMNS].max()), 8), np.int32),
        (_regression(FEATURES), _regression(SIZES)),
        np.zeros((4, 24), np.int32),
        np.zeros((NEAR, 64), np.int64),
        np.zeros(SCALARS, np.int64),
    )


def _regression(features: int) -> tuple[np.ndarray, ...]:
    """Of 64 targets."""
    size = features + 1
    width = (size + 7) & -8
    return (
        np.zeros((64, size * (size + 1) // 2), np.int32),
        np.zeros((size + 4, width), np.int32),
        np.zeros((size + 4, width), np.int32),
        np.zeros(width, np.int64),
        np.zeros(size * (size + 1) // 2, np.int32),
        np.zeros((64, features), np.int64),
        np.zeros(64, np.int64),
    )


@plain
def _forget(regression):
    regression[0][:] = 0
    regression[5][:] = 0
    regression[6][:] = 0


@plain
def _add_part(target, source, steps, part_y, part_x):
    """Add to a chroma block's reference (2**-4) a luma block in one half of it, 0 or 1, or in all of it, 2."""
    for place in range(64):
        c = clip(int64(source[place]) * steps[place], -LIMIT, LIMIT)
        if c == 0:
            continue
        u = place >> 3
        v = place & 7
        for i in range(u if part_y == 2 else 0, u + 1 if part_y == 2 else 8):
            part = c * PARTS[part_y, i, u]
            for j in range(v if part_x == 2 else 0, v + 1 if part_x == 2 else 8):
                target[8 * i + j] += int32((part * PARTS[part_x, j, v]) >> 24)


@plain
def begin_component(component, geometry, symbols, all_steps, reference, near, predictor, spreads):
    """Forget what was learned, and make the reference of a chroma component."""
    if component < 2:
        _forget(predictor)
        _forget(spreads)
    solved = predictor[5]
    starts = spreads[5]
    for place in range(64 if component < 2 else 0):
        starts[place, 0] = 130000
        starts[place, 1] = 130000
        starts[place, 2] = 65000
        starts[place, 4] = 130000
        starts[place, 5] = 65000
        starts[place, 6] = 20000
    for place in range(64 if component < 2 else 0):
        u = place >> 3
        v = place & 7
        if u == 0:
            solved[place, 0] = 1 << 20 if v > 0 else 1 << 19
        if v == 0:
            solved[place, 1] = 1 << 20 if u > 0 else 1 << 19
    steps = all_steps[component]
    for place in range(64):
        step = steps[place]
        near[BY_N, place] = (int64(1) << 28) // (EDGE[place >> 3] * step)
        near[BY_W, place] = (int64(1) << 28) // (EDGE[place & 7] * step)
        near[BY_STEP, place] = 65536 // step
    near[OWN] = 0
    near[LUMA:OPEN] = 0
    if component != 1:
        return
    luma = all_steps[0]
    rows = geometry[0, ROWS]
    columns = geometry[0, COLUMNS]
    high = geometry[1, SCALE_Y]
    wide = geometry[1, SCALE_X]
    for y in range(geometry[1, ROWS]):
        for x in range(geometry[1, COLUMNS]):
            target = reference[y * geometry[1, COLUMNS] + x]
            target[:] = 0
            for half_y in range(high):
                for half_x in range(wide):
                    source = min(y * high + half_y, rows - 1) * columns + min(x * wide + half_x, columns - 1)
                    _add_part(target, symbols[source], luma, half_y if high > 1 else 2, half_x if wide > 1 else 2)


@plain
def _load(row, symbols, block, steps):
    source = symbols[block]
    for place in range(64):
        row[place] = clip(int64(source[place]) * steps[place], -LIMIT, LIMIT)


@plain
def _last(row):
    for k in range(63, 0, -1):
        if row[ZIGZAG[k]] != 0:
            return int64(k)
    return int64(0)


@plain
def begin_block(component, y, x, geometry, symbols, all_steps, reference, edges, near):
    """Load what is around a block."""
    steps = all_steps[component]
    columns = geometry[component, COLUMNS]
    block = geometry[component, FIRST] + y * columns + x
    lasts = near[LASTS]
    near[OWN] = 0
    west = block - 1 if x > 0 else block - columns
    north = block - columns if y > 0 else block - 1
    if x == 0 and y == 0:
        near[N : WW + 1] = 0
        near[OPEN] = 0
    else:
        _load(near[N], symbols, north, steps)
        _load(near[W], symbols, west, steps)
        _load(near[NW], symbols, block - columns - 1 if x > 0 and y > 0 else north, steps)
        _load(near[NE], symbols, block - columns + 1 if y > 0 and x < columns - 1 else north, steps)
        _load(near[NN], symbols, block - 2 * columns if y > 1 else north, steps)
        _load(near[WW], symbols, block - 2 if x > 1 else west, steps)
        for i in range(8):
            near[OPEN, i] = edges[0, x, i] if y > 0 else int32(0)
            near[OPEN, 8 + i] = edges[1, 0, i] if x > 0 else int32(0)
    for k in range(4):
        lasts[LAST_N + k] = _last(near[N + k])
    if component > 0:
        here = y * columns + x
        north = here - columns if y > 0 else here
        west = here - 1 if x > 0 else here
        for place in range(64):
            near[LUMA, place] = reference[here, place] >> 4
            near[LUMA_N, place] = reference[north, place] >> 4
            near[LUMA_W, place] = reference[west, place] >> 4
        lasts[LAST_LUMA] = 0
        for k in range(63, 0, -1):
            if 2 * abs(near[LUMA, ZIGZAG[k]]) > steps[ZIGZAG[k]]:
                lasts[LAST_LUMA] = k
                break
    if component > 1:
        rows = geometry[1, ROWS]
        before = geometry[1, COLUMNS]
        other = all_steps[1]
        u = min(y, rows - 1)
        v = min(x, before - 1)
        here = geometry[1, FIRST] + u * before + v
        _load(near[CHROMA], symbols, here, other)
        _load(near[CHROMA_N], symbols, here - before if u > 0 else here, other)
        _load(near[CHROMA_W], symbols, here - 1 if v > 0 else here, other)
        lasts[LAST_CHROMA] = _last(near[CHROMA])


@plain
def _solve(regression, place, ridge):
    """Weights of the features from their products."""
    products, lower, eliminated, work, nothing, solved, _ = regression
    features = solved.shape[1]
    least_squares.factor(products[place], nothing, lower, eliminated, work, features + 1, features, ridge)
    own = solved[place]
    for j in range(features - 1, -1, -1):
        total = int64(lower[j, features]) << 20
        for k in range(j + 1, features):
            total -= int64(lower[j, k]) * own[k]
        own[j] = clip(total >> 20, -(1 << 24), 1 << 24)


@plain
def _learn(regression, place, raw, scaled, share, ridge):
    """Take in features and target, which count the less, the larger the coefficients around are."""
    own = regression[0][place]
    counts = regression[6]
    size = regression[5].shape[1] + 1
    for k in range(size):
        scaled[k] = int32(clip(int64(raw[k]) * share >> 16, -_SAMPLE_LIMIT, _SAMPLE_LIMIT))
    for k in range(len(own)):
        own[k] = int32(own[k] - (own[k] >> int32(_MEMORY)))
    least_squares.learn(own, scaled, size, 1, False)
    counts[place] += 1
    met = counts[place]
    if met % _PERIOD == 0 or (met < _PERIOD and met % 4 == 0):
        _solve(regression, place, ridge)


@plain
def predict(place, component, y, x, near, predictor, spreads, features, scalars):
    """The mean of a coefficient in 1/256 of its step; sets the scalars."""
    u = place >> 3
    v = place & 7
    own = near[OWN]
    unit = near[BY_STEP, place]
    raw = features[0]
    from_n = clip(near[OPEN, v] * near[BY_N, place] >> 24, -_FEATURE_LIMIT, _FEATURE_LIMIT)
    from_w = clip(near[OPEN, 8 + u] * near[BY_W, place] >> 24, -_FEATURE_LIMIT, _FEATURE_LIMIT)
    if y == 0:
        from_n = from_w
    if x == 0:
        from_w = from_n
    below = own[place + 8] if u < 7 else int64(0)
    right = own[place + 1] if v < 7 else int64(0)
    diagonal = own[place + 9] if u < 7 and v < 7 else int64(0)
    below2 = own[place + 16] if u < 6 else int64(0)
    right2 = own[place + 2] if v < 6 else int64(0)
    raw[0] = int32(from_n)
    raw[1] = int32(from_w)
    raw[2] = int32(clip(near[N, place] * unit >> 12, -_FEATURE_LIMIT, _FEATURE_LIMIT))
    raw[3] = int32(clip(near[W, place] * unit >> 12, -_FEATURE_LIMIT, _FEATURE_LIMIT))
    raw[4] = int32(clip(near[NW, place] * unit >> 12, -_FEATURE_LIMIT, _FEATURE_LIMIT))
    raw[5] = int32(clip(near[NE, place] * unit >> 12, -_FEATURE_LIMIT, _FEATURE_LIMIT))
    raw[6] = int32(clip(below * unit >> 12, -_FEATURE_LIMIT, _FEATURE_LIMIT))
    raw[7] = int32(clip(right * unit >> 12, -_FEATURE_LIMIT, _FEATURE_LIMIT))
    raw[8] = int32(clip(below2 * unit >> 12, -_FEATURE_LIMIT, _FEATURE_LIMIT))
    raw[9] = int32(clip(right2 * unit >> 12, -_FEATURE_LIMIT, _FEATURE_LIMIT))
    if component == 0:
        raw[10] = int32(clip(diagonal * unit >> 12, -_FEATURE_LIMIT, _FEATURE_LIMIT))
        raw[11] = int32(clip(near[NN, place] * unit >> 12, -_FEATURE_LIMIT, _FEATURE_LIMIT))
        raw[12] = int32(clip(near[WW, place] * unit >> 12, -_FEATURE_LIMIT, _FEATURE_LIMIT))
        raw[13] = int32(clip(near[N, place + 8] * unit >> 12, -_FEATURE_LIMIT, _FEATURE_LIMIT) if u < 7 else int64(0))
        raw[14] = int32(clip(near[W, place + 1] * unit >> 12, -_FEATURE_LIMIT, _FEATURE_LIMIT) if v < 7 else int64(0))
        raw[15] = int32(0)
    else:
        for k in range(6):
            raw[10 + k] = int32(clip(near[LUMA + k, place] * unit >> 12, -_FEATURE_LIMIT, _FEATURE_LIMIT))
    around = 2 * (abs(near[N, place]) + abs(near[W, place])) + abs(near[NW, place]) + abs(near[NE, place])
    inside = 2 * (abs(below) + abs(right)) + abs(diagonal) + abs(below2) + abs(right2)
    beside = int64(0)
    if u > 0:
        beside += abs(near[N, place - 8]) + abs(near[W, place - 8])
    if v > 0:
        beside += abs(near[N, place - 1]) + abs(near[W, place - 1])
    if u < 7:
        beside += abs(near[N, place + 8]) + abs(near[W, place + 8])
    if v < 7:
        beside += abs(near[N, place + 1]) + abs(near[W, place + 1])
    scalars[FROM_N] = from_n
    scalars[FROM_W] = from_w
    scalars[AROUND] = around * unit >> 12
    scalars[WITHIN] = inside * unit >> 12
    scalars[BESIDE] = beside * unit >> 12
    others = abs(raw[10]) + abs(raw[13]) if component > 0 else int32(0)
    scalars[OTHERS] = others
    size = (scalars[AROUND] * 3 + scalars[WITHIN] * 3 + scalars[BESIDE]) // 32
    scalars[SIZE] = size + (others >> 3)
    scalars[SAME_N] = raw[2]
    scalars[SAME_W] = raw[3]
    scalars[SAME_LUMA] = raw[10]
    scalars[SAME_CHROMA] = raw[13]
    total = int64(0)
    weights = predictor[5][place]
    for k in range(FEATURES):
        total += weights[k] * int64(raw[k])
    mean = clip(total >> 16, -_MEAN_LIMIT, _MEAN_LIMIT)
    sizes = features[2]
    sizes[0] = abs(raw[2])
    sizes[1] = abs(raw[3])
    sizes[2] = (abs(raw[4]) + abs(raw[5])) >> 1
    sizes[3] = int32(clip((abs(near[NN, place]) + abs(near[WW, place])) * unit >> 13, 0, _FEATURE_LIMIT))
    sizes[4] = (abs(raw[6]) + abs(raw[7])) >> 1
    sizes[5] = int32(clip((abs(diagonal) + abs(below2) + abs(right2)) * unit >> 13, 0, _FEATURE_LIMIT))
    sizes[6] = int32(clip(beside * unit >> 15, 0, _FEATURE_LIMIT))
    sizes[7] = int32(8)
    sizes[8] = int32(min(abs(from_n - from_w), _FEATURE_LIMIT))
    sizes[9] = int32(min(abs(mean) >> 4, int64(_FEATURE_LIMIT)))
    sizes[10] = abs(raw[10]) if component > 0 else int32(0)
    sizes[11] = abs(raw[13]) if component > 0 else int32(0)
    total = int64(0)
    weights = spreads[5][place]
    for k in range(SIZES):
        total += weights[k] * int64(sizes[k])
    scalars[FIXED] = scalars[SIZE]
    scalars[SIZE] = clip(total >> 20, 1, 32767)
    return mean


@plain
def reveal(place, value, mean, near, predictor, spreads, features, steps, scalars):
    """Take in the value of a coefficient, quantised."""
    raw = features[0]
    sizes = features[2]
    raw[FEATURES] = int32(value << 4)
    sizes[SIZES] = int32(min(abs((value << 4) - (mean >> 4)), int64(_FEATURE_LIMIT)))
    share = (int64(1) << 24) // (scalars[FIXED] + _CALM)
    _learn(predictor, place, raw, features[1], share, int64(_RIDGES[0]))
    _learn(spreads, place, sizes, features[1], share, int64(_RIDGES[1]))
    if value != 0:
        known = clip(value * steps[place], -LIMIT, LIMIT)
        near[OWN, place] = known
        near[OPEN, place & 7] -= EDGE[place >> 3] * known
        near[OPEN, 8 + (place >> 3)] -= EDGE[place & 7] * known


@plain
def end_block(x, edges, near):
    """Keep the lower and right edges of a block."""
    own = near[OWN]
    for v in range(8):
        lower = int64(0)
        right = int64(0)
        for u in range(8):
            if u & 1:
                lower -= EDGE[u] * own[8 * u + v]
                right -= EDGE[u] * own[8 * v + u]
            else:
                lower += EDGE[u] * own[8 * u + v]
                right += EDGE[u] * own[8 * v + u]
        edges[0, x, v] = int32(lower)
        edges[1, 0, v] = int32(right)
