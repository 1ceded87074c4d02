"""Predictors of sound: recursive least squares over the last samples of two channels, and filters that follow it.

Least squares: products of samples are summed with exponential forgetting, a step of which is taken every few frames;
then the normal equations are solved by the LDL factorisation of `least_squares`, and the weights serve until the next
solution. Filters: normalised least mean squares (NLMS) over the residuals of what comes before them.

The shape of the whole is that of the lossless audio coders of the literature: MPEG-4 ALS RLS-LMS (Yu et al. 2005),
OptimFROG (Ghido 2003), Monkey's Audio (Ashland 2000), Sac (Lehmann).

Bounds. Samples are within +-2**24. Before products are taken they are scaled to within +-2**19 (`scaled`), so a sum
of a block of 2**6 frames is below 2**44, and with a memory of 2**12 blocks at most below 2**56. What is factored is
shifted to below 2**29. Weights are within +-2**28 (2**-20); a prediction is a sum of up to 60 products below 2**52.
Filters: inputs (residuals) are within +-2**25, weights within +-2**28 (2**-24): 2**11 products of 2**53 and less.
Energies are sums of 2**11 squares of 2**50 and less.
"""

from __future__ import annotations

from numba import int32, int64

from arcodec.kernels import least_squares
from arcodec.kernels.compiling import plain
from arcodec.kernels.fixed import leading_zeros

FRACTION = 20  # fraction bits of the weights of least squares
MOST = 56  # features at most
FILTER_FRACTION = 24  # fraction bits of the weights of filters
_WEIGHT_LIMIT = (1 << 28) - 1
_RIDGE = int64(1) << 16
_REACH = (1 << 19) - 1  # of scaled samples
_LEVEL = 256  # what residuals around are scaled to
INPUT_LIMIT = 1 << 24
_SILENT = int64(1) << 26  # energy that is added to that of a filter's inputs


@plain
def dot(weights, samples, count):
    """The sum of the products of two int32 vectors, int64."""
    total = int64(0)
    for i in range(count):
        total += int64(weights[i]) * int64(samples[i])
    return total


@plain
def accumulate(sums, samples, scratch, size, around):
    """Add the products of a frame's samples, scaled so that residuals `around` (Q8) come to the same everywhere."""
    largest = int64(1)
    for i in range(size):
        largest = max(largest, abs(int64(samples[i])))
    scale = min((int64(_LEVEL) << 24) // max(around, int64(64)), (int64(_REACH) << 16) // largest)
    for i in range(size):
        scratch[i] = int32((int64(samples[i]) * scale + 32768) >> 16)
    start = 0
    for j in range(size):
        sample = int64(scratch[j])
        own = sums[start:]
        others = scratch[j:]
        for i in range(size - j):
            own[i] += sample * int64(others[i])
        start += size - j


@plain
def solve(sums, left, right, lower, rows, work, weights, features, targets, memory):
    """Forget a 2**-memory of the sums, and put the weights of each target into its row of `weights`."""
    size = features + targets
    count = size * (size + 1) // 2
    largest = int64(1)
    start = 0
    for j in range(size):
        largest = max(largest, sums[start])
        start += size - j
    shift = max(int64(35) - leading_zeros(largest), int64(0))
    for k in range(count):
        v = sums[k]
        left[k] = int32(v >> shift)
        sums[k] = v - (v >> memory)
    ridge = max(_RIDGE >> shift, int64(1))
    least_squares.factor(left, right, lower, rows, work, size, features, ridge)
    for t in range(targets):
        own = weights[t]
        known = features + t
        for i in range(known - 1, -1, -1):
            total = int64(0)
            ratios = lower[i]
            for k in range(i + 1, known):
                total += int64(ratios[k]) * int64(own[k])
            w = int64(ratios[known]) - (total >> FRACTION)
            own[i] = int32(min(max(w, int64(-_WEIGHT_LIMIT)), int64(_WEIGHT_LIMIT)))


@plain
def filtered(weights, inputs):
    """What a filter predicts of its inputs, int64."""
    return dot(weights, inputs, len(weights)) >> FILTER_FRACTION


@plain
def adapt(weights, inputs, energy, error, rate):
    """A step of 2**-rate of NLMS along `error` (below 2**26), over `energy`, the sum of the squares of the inputs."""
    power = energy + _SILENT
    length = int64(64) - leading_zeros(power)
    inverse = (int64(1) << (length + 30 - max(length - 32, int64(0)))) // (power >> max(length - 32, int64(0)))
    push = int32((error * inverse) >> 28)  # 2**-(length + 2)
    shift = length + 2 + rate - FILTER_FRACTION
    half = int64(1) << (shift - 1)
    for i in range(len(weights)):
        w = int64(weights[i]) + ((int64(inputs[i]) * int64(push) + half) >> shift)
        weights[i] = int32(min(max(w, int64(-_WEIGHT_LIMIT)), int64(_WEIGHT_LIMIT)))
