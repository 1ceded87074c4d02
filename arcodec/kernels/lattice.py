"""The lattice expert: values seen before in the same colour context, as a correction of a smooth distribution.

Photographs that went through other colour spaces, and drawn images, use few of the colours that a smooth
distribution allows. Four hashed contexts per channel count the values seen; the four counts of a value together, and
how often its contexts came up, are its state. Each state learns how much likelier its values are than the smooth
distribution says (hits over expected mass), and that ratio multiplies the smooth probability.
"""

from __future__ import annotations

import numpy as np
from numba import int64, njit, uint64

from arcodec.kernels.logistic import ONE, cdf, slope

CONTEXTS = 4
STATES = 16 * 256  # familiarity of two contexts, 4 levels each; counts of four, 4 levels each
FAMILIES = 1 << 16  # counters of how often a context came up, per channel and context
REACH = 32  # values on each side of the mean that are looked up at most
WINDOW = 2 * REACH + 1
_MULTIPLIER = 0x9E3779B97F4A7C1

inline = njit(inline="always")


def _levels() -> np.ndarray:
    levels = np.full(256, 3, np.int64)
    levels[:4] = 0, 1, 2, 2
    return levels


_LEVEL = _levels()


@inline
def familiarity(count):
    """0 ... 3 for a count of how often a context came up."""
    return int64(count >= 2) + int64(count >= 8) + int64(count >= 40)


@inline
def address(context, which, offset, mask):
    """Where the counters of a context begin, such that neighbouring values share cache lines."""
    h = uint64(context * int64(4) + which) * uint64(_MULTIPLIER)
    return (int64(h >> uint64(28)) << 6) + offset
