"""Slots: a hash table of contexts, one cache line for each context and nibble.

The table is uint32[16 * banks * 2**k], k >= 3, best aligned to 64 bytes. A slot is 16 words: a header, then the 15
nodes (`arcodec.kernels.counters`) of a nibble's binary tree, the root at 1, the children of node j at 2j and 2j + 1.
A header:

    bits 0-15    check of the context's hash, odd; 0 where the slot is free
    bits 16-23   run byte: the byte seen last in this context
    bits 24-31   how often in a row, at most 255

The run is kept in the slots of first nibbles only. A context may lie in three places; where none has its check,
the one whose first decision was seen the least is given up.
"""

from __future__ import annotations

import numpy as np
from numba import uint32, uint64

from arcodec.kernels.compiling import inline, plain
from arcodec.kernels.counters import SEEN, node_state, updated_node
from arcodec.kernels.prefetch import prefetch

WORDS = 16  # of a slot
SIBLING = 4  # number of a second nibble's slot, xor this: that of the nibble which differs in the last bit before


@inline
def slot_banks(table):
    """A table's number of banks, and log2 of the slots in each, as large as can be: (uint64, uint64)."""
    count = uint64(len(table) // WORDS)
    bits = uint64(0)
    while not (count >> bits) & uint64(1):
        bits += uint64(1)
    return count >> bits, bits


@inline
def home(h, banks, bits):
    """The slot where the context with hash `h` is looked for first, uint64; below 2**16 `banks` of 2**`bits`."""
    bank = (((h >> uint64(32)) & uint64(0xFFFF)) * banks) >> uint64(16)
    return (bank << bits) | (h & ((uint64(1) << bits) - uint64(1)))


@inline
def fetch_slot(table, number):
    """Begin to fetch a slot."""
    prefetch(table, number * uint64(WORDS))


@plain
def find_slot(table, h, number):
    """Index of the header of the slot of the context with hash `h`, uint64; a fresh slot if there is none.

    `number`: uint64, the slot to look at first.
    """
    check = uint32((h >> uint64(48)) | uint64(1))
    place = number * uint64(WORDS)
    if (table[place] & uint32(0xFFFF)) == check:
        return place
    second = place ^ uint64(WORDS)
    if (table[second] & uint32(0xFFFF)) == check:
        return second
    third = place ^ uint64(2 * WORDS)
    if (table[third] & uint32(0xFFFF)) == check:
        return third
    if table[place] != uint32(0):
        least = SEEN[(table[place + uint64(1)] >> uint32(16)) & uint32(0xFF)]
        seen = SEEN[(table[second + uint64(1)] >> uint32(16)) & uint32(0xFF)]
        if seen < least:
            least = seen
            place = second
        if SEEN[(table[third + uint64(1)] >> uint32(16)) & uint32(0xFF)] < least:
            place = third
    table[place] = check
    for j in range(1, WORDS):
        table[place + uint64(j)] = uint32(0)
    return place


@inline
def run_byte(header):
    """The run byte of a header, int64."""
    return np.int64((header >> uint32(16)) & uint32(0xFF))


@inline
def run_count(header):
    """The length of a header's run, int64, 0 ... 255."""
    return np.int64(header >> uint32(24))


@inline
def continue_run(header, byte):
    """The header after `byte`."""
    count = run_count(header) if run_byte(header) == byte else np.int64(0)
    return (header & uint32(0xFFFF)) | uint32(min(count + 1, 255) << 24) | uint32(byte << 16)


@inline
def teach_slot(table, place, nibble):
    """Update the four nodes on the way to `nibble`, int64, in the slot whose header is at `place`."""
    node = uint64(1)
    for j in range(4):
        bit = (nibble >> (3 - j)) & 1
        held = table[place + node]
        table[place + node] = updated_node(held, node_state(held), bit)
        node = (node << uint64(1)) | uint64(bit)
