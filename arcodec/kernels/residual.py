"""What the residuals of earlier pixels tell about the next: how large it will be, and whether it leans to one side.

Residuals are kept in Q8 (1/256 of a step between symbols), for each expert, in a window of three rows.
"""

from __future__ import annotations

import numpy as np
from numba import int64

from arcodec.kernels.compiling import inline, inlined
from arcodec.kernels.logistic import MAX_SCALE, MIN_SCALE, log2_q6

SCALES = 144  # contexts of the scale of an expert: 24 sizes of 6 kinds
BIASES = 3  # contexts that correct the blend's mean
BIAS_SIZES = (6 * 64, 6 * 81, 32 * 33)
_BIAS_START = (0, 6 * 64, 6 * 64 + 6 * 81)
BIAS_CONTEXTS = sum(BIAS_SIZES)
_SCALE_MEMORY = 200  # residuals, after which a mean is made to forget
_BIAS_MEMORY = 400
MEAN_TO_SCALE = 40  # log2 of E|x| / s = 2 ln 2 is 30/64; real residuals have longer tails


def scale_table(experts: int, channels: int) -> np.ndarray:
    """int64[2, experts, channels, SCALES]: sums and counts of absolute residuals, as if two had been seen."""
    table = np.full((2, experts, channels, SCALES), 2, np.int64)
    for size in range(24):
        table[0, :, :, 6 * size : 6 * size + 6] = 2 * (int(_POWERS[size]))
    return table


def _third_octaves() -> list[int]:
    """2**(7 + k / 3) for k = 0 ... 23, rounded down: the cube roots of powers of two, by bisection on integers."""
    roots = []
    for k in range(24):
        power, low, high = 1 << (21 + k), 0, 1 << 16
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if middle**3 <= power else (low, middle)
        roots.append(low)
    return roots


_POWERS = _third_octaves()
THIRDS = tuple(_POWERS[:3])


@inlined
def clip(x, low, high):
    """x within low ... high, as int64."""
    return min(max(int64(x), int64(low)), int64(high))


@inlined
def trit(x, threshold):
    """0, 1 or 2 for x below -threshold, between, above threshold."""
    return int64(1) + int64(x > threshold) - int64(x < -threshold)


@inline
def energy(errors, expert, place, step, stride):
    """Eight times the mean absolute residual of an expert around a place, Q8, plus one step: 256 ... 2**20.

    errors: int32[experts, 3 * stride]; place: index of the current sample; step: distance of the western one.
    """
    return (
        int64(256)
        + 2 * abs(int64(errors[expert, place - step]))
        + 2 * abs(int64(errors[expert, place - stride]))
        + abs(int64(errors[expert, place - stride - step]))
        + abs(int64(errors[expert, place - stride + step]))
        + abs(int64(errors[expert, place - 2 * step]))
        + abs(int64(errors[expert, place - 2 * stride]))
    )


@inline
def signs(errors, expert, place, step, stride, threshold):
    """0 ... 80: the signs of the four nearest residuals, as far as they exceed a threshold."""
    t = trit(errors[expert, place - step], threshold)
    t = t * 3 + trit(errors[expert, place - stride], threshold)
    t = t * 3 + trit(errors[expert, place - stride + step], threshold)
    return t * 3 + trit(errors[expert, place - stride - step], threshold)


@inlined
def scale_context(around, known):
    """The scale context of an expert: the size of residuals `around`, and how the same pixel's channel before did.

    known: absolute residual of that channel, or -1 if there is none.
    """
    size = log2_q6(around) - (8 << 6)
    kind = int64(0)
    if known >= 0:
        kind = 1 + clip(((log2_q6(known + 64) - (5 << 6) - size) >> 6) + 2, 0, 4)
    return clip(3 * size >> 6, 0, 23) * 6 + kind


@inlined
def texture_scale_context(activity, disagreement):
    """The scale context that looks at samples instead: their differences, and that of two predictors (Q8)."""
    size = log2_q6((activity << 8) + 256) - (8 << 6)
    kind = clip((log2_q6(disagreement + 32) - (5 << 6)) >> 6, 0, 5)
    return clip(3 * size >> 6, 0, 23) * 6 + kind


@inline
def log_scale(scales, expert, channel, context):
    """log2 (Q6) of the scale that suits the residuals seen in a context."""
    mean = log2_q6(scales[0, expert, channel, context]) - log2_q6(scales[1, expert, channel, context])
    return clip(mean - MEAN_TO_SCALE, MIN_SCALE, MAX_SCALE)


@inline
def learn_scale(scales, expert, channel, context, size):
    """Take in an absolute residual. The sum stays below 2**24, so that its log2 exists and is small."""
    total = scales[0, expert, channel, context] + size
    count = scales[1, expert, channel, context] + 1
    if count > _SCALE_MEMORY:
        total = (total >> 1) + 1
        count >>= 1
    scales[0, expert, channel, context] = total
    scales[1, expert, channel, context] = count


@inline
def bias(biases, channel, contexts):
    """Half the sum of the mean residuals of the contexts, Q8. biases: int64[2, channels, BIAS_CONTEXTS]."""
    total = int64(0)
    for k in range(BIASES):
        total += biases[0, channel, contexts[k]] // biases[1, channel, contexts[k]]
    return total >> 1


@inline
def bias_contexts(contexts, size, texture, around, difference, known):
    """Set the three contexts: texture and size; signs around and size; predictors' difference and known residual."""
    contexts[0] = _BIAS_START[0] + size * 64 + texture
    contexts[1] = _BIAS_START[1] + size * 81 + around
    contexts[2] = _BIAS_START[2] + (clip(difference >> 6, -15, 16) + 15) * 33 + known


@inline
def learn_bias(biases, channel, contexts, error):
    """Take in a residual of the blend, Q8: |sum| stays below 2**25."""
    for k in range(BIASES):
        context = contexts[k]
        biases[0, channel, context] += error
        biases[1, channel, context] += 1
        if biases[1, channel, context] > _BIAS_MEMORY:
            biases[0, channel, context] >>= 1
            biases[1, channel, context] >>= 1
