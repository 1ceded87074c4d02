"""What the experts say of samples of up to 16 bits: those of `experts`, in units of the noise around.

Where an 8-bit sample's steps are a unit by themselves, deep samples have none: noise may be one step or a thousand.
So contexts measure distances by the residuals around a sample, and scales reach further:

    value      1/256 of a step (Q8), below 2**24
    scale      Q8; its log2 in 1/64 (Q6), MIN_SCALE ... MAX_SCALE: 2**1.5 ... 2**22
    slope      2**30 / scale, below 2**29: times a distance below 2**25 it stays below 2**54
"""

from __future__ import annotations

import numpy as np
from numba import int32, int64

from arcodec.kernels import experts, residual
from arcodec.kernels.compiling import inlined
from arcodec.kernels.experts import blend_of, known_residual
from arcodec.kernels.logistic import REACH, cdf_of, exp2_q6, log2_q6, stretch_ratio
from arcodec.kernels.residual import clip
from arcodec.kernels.window import activity, texture

AFTER = 4  # experts after the predictors
MIN_SCALE, MAX_SCALE = 100, 22 << 6
SIZES = 48  # of residuals, in thirds of an octave
SCALES = SIZES * 6
UNIT = 8  # log2 of a step, Q8
_FLOOR = 24  # of an expert's masses, 2**-24
_SMALLEST_SCALE = 16
_BIAS_FRACTION = 4


def scale_table(experts: int, channels: int) -> np.ndarray:
    """int64[2, experts, channels, SCALES]: sums and counts of absolute residuals, as if two had been seen."""
    table = np.full((2, experts, channels, SCALES), 2, np.int64)
    for size in range(SIZES):
        octave, third = divmod(size, 3)
        table[0, :, :, 6 * size : 6 * size + 6] = 2 * (residual.THIRDS[third] << octave)
    return table


@inlined
def unit(energy):
    """By how many bits distances are shifted so that residuals of this `energy` look like two or three steps."""
    return max((log2_q6(energy) >> 6) - (UNIT + 4), int64(0))


@inlined
def _scale_context(around, known):
    size = log2_q6(around) - (8 << 6)
    kind = int64(0)
    if known >= 0:
        kind = 1 + clip(((log2_q6(known + 64) - (5 << 6) - size) >> 6) + 2, 0, 4)
    return clip(3 * size >> 6, 0, SIZES - 1) * 6 + kind


@inlined
def _texture_scale_context(lively, disagreement):
    size = log2_q6((lively << 8) + 256) - (8 << 6)
    kind = clip(((log2_q6(disagreement + 32) - (8 << 6) - size) >> 6) + 6, 0, 5)
    return clip(3 * size >> 6, 0, SIZES - 1) * 6 + kind


@inlined
def _log_scale(scales, expert, channel, context):
    mean = log2_q6(scales[0, expert, channel, context]) - log2_q6(scales[1, expert, channel, context])
    return clip(mean - residual.MEAN_TO_SCALE, MIN_SCALE, MAX_SCALE)


@inlined
def centre(
    means, energies, contexts, leanings, errors, biases, window, place, spot, channel, channels, stride, predictors,
    shift, top,
):  # fmt: skip
    """As `experts.centre`; `shift`: see `unit`. `top`: the largest sample, Q8."""
    blend = predictors
    means[blend] = blend_of(means, energies, predictors)
    lean = clip(errors[blend, spot - 1] >> (6 + shift), -15, 16) + 16 if channel > 0 else int64(0)
    energies[blend] = residual.energy(errors, blend, spot, channels, stride)
    contexts[blend] = _scale_context(energies[blend], known_residual(errors, blend, spot, channel))
    residual.bias_contexts(
        leanings,
        min(contexts[blend] // 48, int64(5)),
        texture(window, place, channels, stride, (means[blend] + 128) >> 8),
        residual.signs(errors, blend, spot, channels, stride, int64(256) << shift),
        (means[0] - means[1]) >> shift,
        lean,
    )
    bias = (residual.bias(biases, channel, leanings) << shift) >> _BIAS_FRACTION
    mean = clip(means[blend] + bias, 0, top)
    means[blend + 1] = mean
    means[blend + 2] = mean
    means[blend + 3] = mean
    return mean


@inlined
def learn_bias(biases, channel, leanings, error, shift):
    """Take in a residual of the blend, Q8, in units of the noise: |sum| stays below 2**37."""
    residual.learn_bias(biases, channel, leanings, (error << _BIAS_FRACTION) >> shift)


@inlined
def spread(
    slopes, contexts, scales, means, energies, errors, window, place, spot, channel, channels, stride, predictors, top
):  # fmt: skip
    """As `experts.spread`."""
    centred = predictors + 1
    for e in range(predictors):
        contexts[e] = _scale_context(energies[e], known_residual(errors, e, spot, channel))
    around = residual.energy(errors, centred, spot, channels, stride)
    contexts[centred] = _scale_context(around, known_residual(errors, centred, spot, channel))
    lively = activity(window, place, channels, stride)
    contexts[centred + 1] = _texture_scale_context(lively, abs(means[0] - means[1]))
    share = clip((log2_q6(around) - log2_q6((lively << 8) + 256) >> 5) + 2, 0, 5)
    contexts[centred + 2] = (means[centred] * (SIZES - 1) // top) * 6 + share
    for e in range(predictors + AFTER):
        slopes[e] = exp2_q6((int64(30) << 6) - _log_scale(scales, e, channel, contexts[e]))
    scale = max(exp2_q6(_log_scale(scales, centred, channel, contexts[centred])), int64(_SMALLEST_SCALE))
    return scale, lively


@inlined
def place_in_sets(
    within, errors, slopes, window, place, spot, channel, channels, stride, centred, rounded, scale, parity, coarse
):  # fmt: skip
    """As `experts.place_in_sets`, and the experts' scales beside each other."""
    experts.place_in_sets(
        within, errors, window, place, spot, channel, channels, stride, centred, rounded, scale, parity, 6, coarse
    )  # fmt: skip
    within[0] = clip((log2_q6(slopes[centred]) - log2_q6(slopes[centred + 1]) >> 4) + 8, 0, 15)
    within[6] = clip((log2_q6(slopes[0]) - log2_q6(slopes[centred]) >> 4) + 8, 0, 15)


@inlined
def cdf(distance, slope):
    """The logistic CDF in 2**-24 at `distance` (Q8, below 2**25) from the mean, for a `slope`."""
    return cdf_of((distance * slope >> 16) + (REACH << 14))


@inlined
def say(inputs, means, slopes, floors, middles, tops, middle, experts):
    """As `experts.say`."""
    point = (middle << 8) - 128
    for e in range(experts):
        m = cdf(point - means[e], slopes[e])
        middles[e] = m
        inputs[e] = stretch_ratio(max(tops[e] - m, int64(0)) + _FLOOR, max(m - floors[e], int64(0)) + _FLOOR)


@inlined
def say_alone(mean, slope, floor, top, middle):
    """(what one expert says, 24 bits, of a decision by itself; its CDF at `middle`)."""
    m = cdf((middle << 8) - 128 - mean, slope)
    over = max(top - m, int64(0)) + _FLOOR
    under = max(m - floor, int64(0)) + _FLOOR
    return (over << 24) // (over + under), m


@inlined
def learn(errors, scales, contexts, means, value, spot, channel, experts):
    """Keep the residuals of a sample, and learn scales from them; sums stay below 2**33."""
    for e in range(experts):
        error = (value << 8) - means[e]
        errors[e, spot] = int32(error)
        residual.learn_scale(scales, e, channel, contexts[e], abs(error))
