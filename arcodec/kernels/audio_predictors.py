"""Predictors of sound: recursive least squares over the last samples of two channels, and filters that follow it.

Least squares: products of samples are summed with exponential forgetting, a step of which is taken every few frames.
Then the normal equations are factored (LDL, as in `least_squares`), and the weights are moved by the solution for
what they still lack, a step of iterative refinement. The factors are rough, with a ridge above their rounding errors;
what is lacking is computed from the sums, so steps add up to what is exact where sound is all but predictable.
Filters: normalised least mean squares (NLMS) over the residuals of what comes before them.

The shape of the whole is that of the lossless audio coders of the literature: MPEG-4 ALS RLS-LMS (Yu et al. 2005),
OptimFROG (Ghido 2003), Monkey's Audio (Ashland 2000), Sac (Lehmann).

Bounds. Samples are within +-2**25. Before products are taken they are scaled to within +-2**19 (`accumulate`), so a
sum of a block of 2**6 frames is below 2**44, and with a memory of 2**12 blocks at most below 2**57. What is factored
is shifted to below 2**29. Weights are within +-2**28 (2**-20); a prediction sums up to 60 products below 2**53.
What equations lack is a sum of up to 60 products below 2**57, shifted to below 2**33 and kept within that; times a
factor below 2**28 it is below 2**61. Of steps, within 2**33 as well, and factors up to 60 products are summed: only
crafted sound could make that wrap around, to weights within their limit all the same. Filters: inputs (residuals) are
within +-2**24, weights within +-2**28 (2**-24): 2**10 products are below 2**62. Energies are sums of 2**10 squares of
2**48 and less, to which 2**26 is added; an error below 2**25 times an inverse below 2**31 is below 2**56.
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
_STEADY = 16  # log2 of the largest energy over the ridge, which rounding in the factors stays below
_REST_BITS = 33  # of what equations lack
_REST_LIMIT = 1 << _REST_BITS
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
def solve(sums, left, right, lower, rows, work, rest, weights, features, targets, memory):
    """Forget a 2**-memory of the sums, and move the weights of each target, a row of `weights`, to their solution."""
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
    ridge = max(_RIDGE >> shift, (largest >> shift) >> _STEADY, int64(1))
    least_squares.factor(left, right, lower, rows, work, size, features, ridge)
    up = leading_zeros((largest >> shift) + ridge) - 35
    for t in range(targets):
        _lack(left, weights[t], rest, size, features + t)
        _refine(lower, rows, rest, weights[t], features + t, up)


@plain
def _lack(left, weights, rest, size, known):
    """Fill `rest` with what the normal equations of target `known` lack, times 2**FRACTION."""
    for i in range(known):
        rest[i] = 0
    start = 0
    for i in range(known):
        row = left[start:]
        own = int64(weights[i])
        total = rest[i] + int64(row[0]) * own - (int64(row[known - i]) << FRACTION)
        for k in range(i + 1, known):
            product = int64(row[k - i])
            total += product * int64(weights[k])
            rest[k] += product * own
        rest[i] = total
        start += size - i


@plain
def _refine(lower, rows, rest, weights, known, up):
    """Add to weights the solution for `rest` by the factors; these are of 2**up times the equations."""
    largest = int64(1)
    for i in range(known):
        largest = max(largest, abs(rest[i]))
    shift = max(int64(64 - _REST_BITS) - leading_zeros(largest), int64(0))
    for i in range(known):
        rest[i] = -rest[i] >> shift
    for j in range(known):
        y = min(max(rest[j], int64(-_REST_LIMIT)), int64(_REST_LIMIT))
        ratios = lower[j]
        for i in range(j + 1, known):
            rest[i] -= (int64(ratios[i]) * y) >> FRACTION
        pivot = max(int64(rows[j, j]), int64(1))
        rest[j] = (y << up) // pivot if up >= 0 else (y >> -up) // pivot
    for j in range(known - 1, -1, -1):
        ratios = lower[j]
        total = int64(0)
        for k in range(j + 1, known):
            total += int64(ratios[k]) * rest[k]
        step = rest[j] - (total >> FRACTION)
        rest[j] = min(max(step, int64(-_REST_LIMIT)), int64(_REST_LIMIT))
        w = int64(weights[j]) + (rest[j] << shift)
        weights[j] = int32(min(max(w, int64(-_WEIGHT_LIMIT)), int64(_WEIGHT_LIMIT)))


@plain
def filtered(weights, inputs):
    """What a filter predicts of its inputs, int64."""
    return dot(weights, inputs, len(weights)) >> FILTER_FRACTION


@plain
def adapt(weights, inputs, energy, error, rate):
    """A step of 2**-rate of NLMS along `error` (below 2**25), over `energy`, the sum of the squares of the inputs."""
    power = energy + _SILENT
    length = int64(64) - leading_zeros(power)
    inverse = (int64(1) << (length + 30 - max(length - 32, int64(0)))) // (power >> max(length - 32, int64(0)))
    push = int32((error * inverse) >> 28)  # 2**-(length + 2)
    shift = length + 2 + rate - FILTER_FRACTION
    half = int64(1) << (shift - 1)
    for i in range(len(weights)):
        w = int64(weights[i]) + ((int64(inputs[i]) * int64(push) + half) >> shift)
        weights[i] = int32(min(max(w, int64(-_WEIGHT_LIMIT)), int64(_WEIGHT_LIMIT)))
