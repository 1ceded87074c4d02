"""Grams, bytes in a row, that two texts have in common: whether a prior is worth trying, before it is."""

from __future__ import annotations

import numpy as np
from numba import int64, types, uint8, uint64

from arcodec.kernels.compiling import inline, kernel
from arcodec.kernels.hashing import mixed

GRAM = 6  # bytes, at most 7
_BYTES = types.Array(uint8, 1, "C", readonly=True)
_MASK = uint64((1 << (8 * GRAM)) - 1)


@inline
def _place(table, gram):
    """Where `gram`, never 0, is in a hash set without removals, or where it would be."""
    last = uint64(len(table) - 1)
    place = mixed(gram) & last
    while table[place] != uint64(0) and (table[place] >> uint64(1)) != gram:
        place = (place + uint64(1)) & last
    return place


@kernel(types.UniTuple(int64, 2)(_BYTES, _BYTES, uint64[::1]))
def common_grams(sample, text, table):
    """How many different grams a sample has, and how many of them a text has, too.

    `table`: uint64[2**k], zeros, more than the sample has bytes.
    """
    count = np.int64(0)
    gram = uint64(0)
    for i in range(len(sample)):
        gram = ((gram << uint64(8)) | uint64(sample[i])) & _MASK
        if i >= GRAM - 1:
            place = _place(table, gram + uint64(1))
            if table[place] == uint64(0):
                table[place] = (gram + uint64(1)) << uint64(1)
                count += 1
    found = np.int64(0)
    gram = uint64(0)
    for i in range(len(text)):
        gram = ((gram << uint64(8)) | uint64(text[i])) & _MASK
        if i >= GRAM - 1:
            place = _place(table, gram + uint64(1))
            if table[place] != uint64(0) and (table[place] & uint64(1)) == uint64(0):
                table[place] |= uint64(1)  # once is enough
                found += 1
    return count, found
