"""What the experts say of a sample of sound: each has a logistic distribution about its mean, its scale by contexts.

Units: means and residuals in 2**-fraction of a step, within +-2**24, where fraction is 8 for samples of up to 16 bits
and one less for each bit more. Averages of absolute residuals have 8 bits of fraction more, below 2**33. Scales and
slopes are as in `deep_experts`, in these units: a distance below 2**25 times a slope below 2**29 is below 2**54.
"""

from __future__ import annotations

import numpy as np
from numba import int32, int64

from arcodec.kernels import residual
from arcodec.kernels.compiling import plain
from arcodec.kernels.logistic import REACH, exp2_q6, fine_cdf_of, log2_q6, stretch_ratio
from arcodec.kernels.residual import clip

MEMORIES = (1, 4, 7)  # averages of residuals forget 2**-this of themselves at each
FAST, MIDDLE, SLOW = range(3)
KINDS = 8
SIZES = 76  # of averages, in thirds of an octave
SCALES = SIZES * KINDS
MIN_SCALE, MAX_SCALE = 100, 25 << 6
FLOOR = 24  # of an expert's masses, 2**-24


def scale_table(experts: int, channels: int) -> np.ndarray:
    """int64[2, experts, channels, SCALES]: sums and counts of absolute residuals, as if two had been seen."""
    table = np.full((2, experts, channels, SCALES), 2, np.int64)
    for size in range(SIZES):
        octave, third = divmod(size, 3)
        start = 2 * ((residual.THIRDS[third] << octave) >> 7)
        table[0, :, :, KINDS * size : KINDS * (size + 1)] = max(start, 2)
    return table


@plain
def size_of(average):
    """log2 of an average residual in 1/64, in its units, at least 0."""
    return max(log2_q6(average + 256) - 512, int64(0))


@plain
def context(size, kind):
    """The context of a size (1/64 of an octave) and a kind, cut to 0 ... KINDS - 1."""
    return min(3 * size >> 6, int64(SIZES - 1)) * KINDS + clip(kind, 0, KINDS - 1)


@plain
def log_scale(scales, expert, channel, place):
    """log2 (1/64) of the scale that suits the residuals seen in a context."""
    mean = log2_q6(scales[0, expert, channel, place] + 1) - log2_q6(scales[1, expert, channel, place])
    return clip(mean - residual.MEAN_TO_SCALE, MIN_SCALE, MAX_SCALE)


@plain
def slope_of(scale):
    """2**30 over a scale given as its log2."""
    return exp2_q6((int64(30) << 6) - scale)


@plain
def _cdf(distance, slope):
    """The logistic CDF in 2**-24 at `distance` from the mean; so fine that single steps of loud sound tell."""
    return fine_cdf_of((distance * slope >> 10) + (REACH << 20))


@plain
def say(inputs, means, slopes, floors, middles, tops, point, experts):
    """Fill inputs[:experts] with the stretch that a sample of the open range lies above `point`."""
    for e in range(experts):
        m = _cdf(point - means[e], slopes[e])
        middles[e] = m
        inputs[e] = stretch_ratio(max(tops[e] - m, int64(0)) + FLOOR, max(m - floors[e], int64(0)) + FLOOR)


@plain
def say_alone(mean, slope, floor, top, point):
    """(what one expert says, 24 bits, of a decision by itself; its CDF at `point`)."""
    m = _cdf(point - mean, slope)
    over = max(top - m, int64(0)) + FLOOR
    under = max(m - floor, int64(0)) + FLOOR
    return (over << 24) // (over + under), m


@plain
def learn(averages, scales, contexts, expert, channel, error):
    """Take in a residual of an expert."""
    size = abs(error)
    for k in range(len(MEMORIES)):
        average = averages[expert, channel, k]
        averages[expert, channel, k] = average + (((size << 8) - average) >> MEMORIES[k])
    residual.learn_scale(scales, expert, channel, contexts[expert], size)


@plain
def keep(errors, channel, error):
    """Remember the last residuals, the newest first."""
    for k in range(errors.shape[1] - 1, 0, -1):
        errors[channel, k] = errors[channel, k - 1]
    errors[channel, 0] = int32(error)
