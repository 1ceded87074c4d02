"""The cheapest way to write bytes as literals and copies, as encoders look for it that try many times.

This is a part of the format: what it plans must never change. Each step's cost is the logarithm of how rare its
symbols are in the plan before, _ROUNDS times over; the first plan takes the longest copy everywhere (L. Vandevenne,
J. Alakuijala, Zopfli: `squeeze.c`). A plan says what to do at each place, on the way or not: from wherever a real
encoder got to, it is the cheapest.

Copies come from within WINDOW bytes and end within the plan; for each length, the nearest place is taken. At most
_COPIES of them are kept and _WORK steps taken for each byte; beyond that there are none.
"""

from __future__ import annotations

import numpy as np
from numba import int32, int64, uint64

from arcodec.kernels.compiling import kernel, plain
from arcodec.kernels.deflate import DISTANCE_BITS, DISTANCES, END, LENGTH_BITS, LITERALS, LONGEST
from arcodec.kernels.deflate_blocks import DISTANCE_SYMBOL, LENGTH_SYMBOL
from arcodec.kernels.deflate_chains import WINDOW
from arcodec.kernels.logistic import log2_q16

_ROUNDS = 10
_WORK = 1 << 10
_COPIES = 8  # kept for each byte, on average
_HASH = 15
_LENGTHS = np.array([3, 4, 6, 10, 18, 34, 66, 130])  # bytes that a chain's places have in common
_CHAINS = 8


@plain
def _hashes(content, at, hashes):
    """The places in `heads` of the first 3, 4, ... bytes from `at` on, as far as they are there; returns how many."""
    value = int64(0)
    done = int64(0)
    for i in range(_LENGTHS[-1]):
        if at + i >= content.size:
            break
        value = (value * 0x2F0B4C47 + int64(content[uint64(at + i)]) + 1) & 0xFFFFFFFF
        if i + 1 == _LENGTHS[done]:
            hashes[done] = done << _HASH | value >> (32 - _HASH)
            done += 1
    return done


@plain
def _find(content, begin, end, heads, previous, hashes, copies, firsts):
    """For each place the copies that are longer than all nearer ones: length << 16 | distance, nearest first.

    What may be longer than a copy found has as many bytes in common, so the chain of more bytes has it.

    Args:
        heads: int32[_CHAINS * 2**_HASH], zeros; previous: int32[_CHAINS * WINDOW]. hashes: int64[_CHAINS].
        copies: int32[...], written; those of place i are [firsts[i], firsts[i + 1]).
        firsts: int32[end - begin + 1], written.
    """
    found = int64(0)
    work = _WORK * (end - begin) + (1 << 16)
    for at in range(max(begin - WINDOW, 0), end):
        known = _hashes(content, at, hashes)
        if at >= begin:
            firsts[at - begin] = found
            room = min(int64(LONGEST), end - at)
            best = int64(2)
            chain = int64(0)
            cur = int64(heads[uint64(hashes[0])]) - 1 if known else int64(-1)
            while cur >= 0 and at - cur <= WINDOW and best < room and work > 0 and found < copies.size:
                work -= 1
                if content[uint64(cur + best)] == content[uint64(at + best)]:
                    length = int64(0)
                    while length < room and content[uint64(cur + length)] == content[uint64(at + length)]:
                        length += 1
                    work -= length >> 4
                    if length > best:
                        best = length
                        copies[found] = length << 16 | (at - cur)
                        found += 1
                        finer = chain
                        while finer + 1 < known and _LENGTHS[finer + 1] <= best + 1:
                            finer += 1
                        if finer > chain:
                            chain = finer
                            cur = int64(heads[uint64(hashes[chain])]) - 1
                            continue
                before = int64(previous[uint64(chain * WINDOW | (cur & (WINDOW - 1)))]) - 1
                if before >= cur:
                    break
                cur = before
        for chain in range(known):
            previous[uint64(chain * WINDOW | (at & (WINDOW - 1)))] = heads[uint64(hashes[chain])]
            heads[uint64(hashes[chain])] = int32(at + 1)
    firsts[end - begin] = found


@plain
def _price(counts, begin, size, prices):
    """What each symbol costs, in 2**-16 bits; those that never come, as much as one that comes once."""
    total = int64(0)
    for i in range(begin, begin + size):
        total += counts[i]
    most = log2_q16(total if total else int64(size))
    for i in range(begin, begin + size):
        prices[i] = most - log2_q16(int64(counts[i])) if counts[i] else most


@plain
def _count(content, begin, size, choice, counts):
    """The symbols on the way."""
    counts[:] = 0
    counts[END] = 1
    at = int64(0)
    while at < size:
        token = int64(choice[at])
        if token == 0:
            counts[content[begin + at]] += 1
            at += 1
        else:
            counts[257 + LENGTH_SYMBOL[token >> 16]] += 1
            counts[LITERALS + DISTANCE_SYMBOL[token & 0xFFFF]] += 1
            at += token >> 16


@kernel("void(Array(uint8, 1, 'C', True), int64, int64, int32[::1])")
def plan(content, begin, end, choice):
    """Plan content[begin:end].

    Args:
        content: uint8[n].
        begin, end: 0 <= begin < end <= n, end - begin <= SEGMENT.
        choice: int32[end - begin or more], written: 0 for a literal, or length << 16 | distance.
    """
    size = end - begin
    heads = np.zeros(_CHAINS << _HASH, np.int32)
    previous = np.zeros(_CHAINS * WINDOW, np.int32)
    hashes = np.empty(_CHAINS, np.int64)
    copies = np.empty(_COPIES * size + 1024, np.int32)
    firsts = np.empty(size + 1, np.int32)
    cost = np.empty(size + 1, np.int64)
    counts = np.empty(LITERALS + DISTANCES, np.int64)
    prices = np.empty(LITERALS + DISTANCES, np.int64)
    by_length = np.empty(LONGEST + 1, np.int64)
    _find(content, begin, end, heads, previous, hashes, copies, firsts)
    for i in range(size):
        choice[i] = copies[firsts[i + 1] - 1] if firsts[i + 1] > firsts[i] else 0
    cost[size] = 0
    for _ in range(_ROUNDS):
        _count(content, begin, size, choice, counts)
        _price(counts, int64(0), int64(LITERALS), prices)
        _price(counts, int64(LITERALS), int64(DISTANCES), prices)
        for length in range(3, LONGEST + 1):
            symbol = LENGTH_SYMBOL[length]
            by_length[length] = prices[257 + symbol] + (int64(LENGTH_BITS[symbol]) << 16)
        for i in range(size - 1, -1, -1):
            least = prices[content[uint64(begin + i)]] + cost[uint64(i + 1)]
            best = int64(0)
            length = int64(3)
            for k in range(firsts[uint64(i)], firsts[uint64(i + 1)]):
                distance = int64(copies[uint64(k)]) & 0xFFFF
                symbol = int64(DISTANCE_SYMBOL[distance])
                far = prices[LITERALS + symbol] + (int64(DISTANCE_BITS[symbol]) << 16)
                longest = int64(copies[uint64(k)]) >> 16
                while length <= longest:
                    this = by_length[uint64(length)] + far + cost[uint64(i + length)]
                    if this < least:
                        least = this
                        best = length << 16 | distance
                    length += 1
            cost[uint64(i)] = least
            choice[uint64(i)] = best
