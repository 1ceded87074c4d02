"""The logistic distribution in integers: CDF, logarithm and powers of two, as tables of exact origin.

Every table is computed with Python's unbounded integers, so it is the same on every machine. Units:

    value      1/256 of a step between symbols (Q8)
    scale      the logistic's s = standard deviation * sqrt(3) / pi, Q8; its log2 in 1/64 (Q6)
    CDF        24 bits, as at the port
    stretch    ln(p / (1 - p)) in 1/256, within +-STRETCH_LIMIT
"""

from __future__ import annotations

import numpy as np
from numba import int64, uint64

from arcodec.kernels.compiling import inlined
from arcodec.kernels.fixed import leading_zeros, log2_table

STRETCH_LIMIT = 4095
ONE = 1 << 24  # a probability of 1
MIN_SCALE, MAX_SCALE = 100, 15 << 6  # of a scale's log2: 3/256 ... 128 steps

_GUARD = 120  # fraction bits of the intermediate integers
REACH = 16  # the table's CDF ends at +-16 scales, where it is within 2 / 2**24 of 0 and 1
_STEPS = 64  # entries per scale
_LOG_BITS = 10
_LN2 = 921350637599661305226344307672478455  # ln(2) * 2**120, rounded
_LN2_Q24 = 45426  # 256 * ln 2 in 2**-8: log2 in 2**-16 times this is ln in 2**-8 and 2**-24


def _exp(numerator: int, denominator: int) -> int:
    """exp(numerator / denominator) * 2**120 by its power series, for arguments up to about 1."""
    total, term, n = 0, 1 << _GUARD, 1
    while term:
        total += term
        term, n = term * numerator // (denominator * n), n + 1
    return total


def cdf_table() -> np.ndarray:
    """int32[2 * 16 * 64 + 2]: 2**24 / (1 + exp(-x)) at x = k / 64 - 16, rounded; the last entry is doubled."""
    step, power, upper = _exp(1, _STEPS), 1 << _GUARD, []
    for _ in range(REACH * _STEPS + 1):
        upper.append((2 * ONE * power + power + (1 << _GUARD)) // (2 * (power + (1 << _GUARD))))
        power = power * step >> _GUARD
    lower = [ONE - p for p in upper[:0:-1]]
    return np.array([*lower, *upper, upper[-1]], np.int32)


def exp2_table() -> np.ndarray:
    """int64[64]: 2**(k / 64) in 2**-30, rounded down."""
    root, power, powers = _exp(_LN2, 64 << _GUARD), 1 << _GUARD, []
    for _ in range(64):
        powers.append(power >> (_GUARD - 30))
        power = power * root >> _GUARD
    return np.array(powers, np.int64)


_CDF = cdf_table()
_EXP2 = exp2_table()
_LOG2 = log2_table(_LOG_BITS, 16).astype(np.int64)


@inlined
def log2_q16(x):
    """log2 of a positive int64, in 2**-16; the argument counts to 11 significant bits."""
    zeros = leading_zeros(x)
    mantissa = (uint64(x) << uint64(zeros)) >> uint64(63 - _LOG_BITS) & uint64((1 << _LOG_BITS) - 1)
    return ((int64(63) - zeros) << 16) + _LOG2[mantissa]


@inlined
def log2_q6(x):
    """log2 of a positive int64 in 1/64, rounded down."""
    return log2_q16(x) >> 10


@inlined
def exp2_q6(x):
    """2**(x / 64) rounded down, for 0 <= x < 30 * 64, int64."""
    return _EXP2[x & 63] >> (int64(30) - (x >> 6))


@inlined
def slope(scale):
    """The reciprocal 2**22 / s of a scale s given as its log2, within MIN_SCALE ... MAX_SCALE; below 2**21."""
    return exp2_q6((int64(22) << 6) - scale)


@inlined
def cdf(distance, slope):
    """The logistic CDF in 2**-24 at `distance` (Q8, below 2**20) from the mean, for a `slope`."""
    return cdf_of((distance * slope >> 8) + (REACH << 14))


@inlined
def cdf_of(z):
    """The same for a distance in 2**-14 scales, from REACH scales below the mean on."""
    z = min(max(z, int64(0)), int64(REACH << 15))
    k = uint64(z) >> uint64(8)
    low = int64(_CDF[k])
    return low + ((int64(_CDF[k + uint64(1)]) - low) * (z & 255) >> 8)


@inlined
def fine_cdf_of(z):
    """The same for a distance in 2**-20 scales."""
    z = min(max(z, int64(0)), int64(REACH << 21))
    k = uint64(z) >> uint64(14)
    low = int64(_CDF[k])
    return low + ((int64(_CDF[k + uint64(1)]) - low) * (z & 16383) >> 14)


@inlined
def stretch_ratio(one, zero):
    """ln(one / zero) in 1/256 for two positive masses up to 2**40, clamped to +-STRETCH_LIMIT."""
    s = (log2_q16(one) - log2_q16(zero)) * _LN2_Q24 >> 24
    return min(max(s, int64(-STRETCH_LIMIT)), int64(STRETCH_LIMIT))


@inlined
def squash_24(x):
    """The 24-bit probability of a stretch within +-STRETCH_LIMIT: 1 ... 2**24 - 1."""
    z = (x << 6) + (REACH << 14)
    k = uint64(z) >> uint64(8)
    low = int64(_CDF[k])
    return low + ((int64(_CDF[k + uint64(1)]) - low) * (z & 255) >> 8)
