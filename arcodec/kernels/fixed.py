"""Fixed-point tables and integer helpers, all made by integer arithmetic.

Every table is computed with Python's unbounded integers from two 120-bit literals, so it is the same on every
machine. Conventions used by all kernels:

    probability   16 bits in models (0 < p < 65536), 24 bits at the port (0 < p < 2**24)
    stretch       ln(p / (1 - p)) in 1/256, clamped to +-STRETCH_MAX
    squash        its inverse, from 1/256 to a probability of 16 or more bits
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

STRETCH_MAX = 3071
_GUARD = 120  # fraction bits of the intermediate integers
_E_256TH = 1334430447065851568431829489105414638  # exp(1/256) * 2**120, rounded
_LN2 = 921350637599661305226344307672478455  # ln(2) * 2**120, rounded


def _exp_256ths(count: int) -> list[int]:
    """exp(k / 256) * 2**120 for k in 0 ... count - 1; relative error below count * 2**-118."""
    powers = [1 << _GUARD]
    for _ in range(count - 1):
        powers.append((powers[-1] * _E_256TH + (1 << (_GUARD - 1))) >> _GUARD)
    return powers


def _logistic(power: int, scale: int) -> int:
    """scale * e / (1 + e), rounded, for e = power / 2**120."""
    return (2 * scale * power + power + (1 << _GUARD)) // (2 * (power + (1 << _GUARD)))


def squash_table(bits: int) -> np.ndarray:
    """int32[2 * STRETCH_MAX + 2]: squash(x) in 2**-bits, bits >= 16, at x + STRETCH_MAX + 1; never 0, never 1."""
    upper = [_logistic(e, 1 << bits) for e in _exp_256ths(STRETCH_MAX + 2)]
    lower = [(1 << bits) - p for p in upper[:0:-1]]
    return np.clip(np.array(lower + upper[:-1], np.int32), 1, (1 << bits) - 1)


def stretch_table() -> np.ndarray:
    """int32[4096]: stretch of the 12-bit probability (i + 0.5) / 4096, clamped."""
    # stretch is k where p lies between logistic((k - 0.5) / 256) and logistic((k + 0.5) / 256); half steps come
    # from the geometric mean of neighbours, which only has to be good to far less than a step of p.
    exp = _exp_256ths(STRETCH_MAX + 2)
    borders = [_logistic(a + (b - a) // 2, 1 << 40) for a, b in pairwise(exp)]
    p = ((2 * np.arange(2048, 4096, dtype=np.int64) + 1) << 40) >> 13
    upper = np.minimum(np.searchsorted(np.array(borders, np.int64), p), STRETCH_MAX)
    return np.concatenate([-upper[::-1], upper]).astype(np.int32)


def exp_table(bits: int, count: int) -> np.ndarray:
    """int64[count]: exp(-k / 256) in 2**-bits, rounded."""
    one = 1 << (_GUARD + bits)
    return np.array([(one + e // 2) // e for e in _exp_256ths(count)], np.int64)


def log2_table(bits: int, scale: int) -> np.ndarray:
    """uint32[2**bits + 1]: log2(1 + k / 2**bits) in 1 / 2**scale, rounded."""
    total, entries = 0, []
    for k in range(1 << bits):
        entries.append(total)
        # ln((m + 1) / m) = 2 atanh(1 / (2m + 1)), m = 2**bits + k
        d = 2 * ((1 << bits) + k) + 1
        term, n = (2 << _GUARD) // d, 1
        while term:
            total += term // n
            term, n = term // (d * d), n + 2
    entries.append(total)
    return np.array([((e << (scale + 1)) // _LN2 + 1) >> 1 for e in entries], np.uint32)


@intrinsic
def leading_zeros(typing_context, x):
    """Leading zero bits of a 64-bit integer; 64 for 0."""

    def generate(context, builder, signature, args):
        return builder.ctlz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(x), generate
