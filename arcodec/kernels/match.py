"""Match models: where did the last few bytes occur before, and what followed?

A match model of minimum length m looks its context up in a table of positions, verifies it, and then follows it
for as long as it predicts rightly.
"""

from __future__ import annotations

import numpy as np
from numba import int32, uint64

from arcodec.kernels.port import inline

LENGTHS = np.array([5, 9, 16], np.int64)  # minimum lengths of the match models
MODELS = 3
LONGEST = 65535
VERIFIED = 400  # a new match is verified up to this length


@inline
def find_match(heads, first, shift, key, symbols, position, minimum):
    """Look up a context; returns (position of what followed it, length of the match), (0, 0) if there is none.

    `heads`: int32[...], positions by hash, from `first` on; `key`: uint64, its top bits are the hash.
    """
    k = uint64(first) + (key >> shift)
    found = np.int64(heads[k])
    heads[k] = int32(position)
    return found


@inline
def common_suffix(symbols, a, b, limit):
    """Length of what symbols[:a] and symbols[:b] have in common at their ends, at most `limit`; a < b."""
    n = np.int64(0)
    while n < limit and a > n and symbols[a - n - 1] == symbols[b - n - 1]:
        n += 1
    return n
