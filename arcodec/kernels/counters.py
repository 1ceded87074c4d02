"""Counters: bit histories, the probabilities they map to, and the nodes that hold both.

A node is what one context knows about one decision, a uint32:

    bits 0-15    probability that the bit is 1, in 2**-16, stored with its top bit flipped so that 0 means 1/2
    bits 16-23   bit history: a state of the machine below, 0 for "never seen"
    bits 24-31   how often it was updated, in tiers that count that

A fresh node is therefore 0, and a table of nodes begins as untouched zero pages.

A map entry is a probability that adapts by 1 / (number of times seen), down to a limit, a uint32:

    bits 10-31   probability in 2**-22
    bits 0-9     how often it was updated
"""

from __future__ import annotations

import numpy as np
from numba import uint32

from arcodec.kernels.compiling import inline

# Largest count of the more frequent bit, by the count of the rarer one: what 255 states can afford.
_LARGEST = {0: 48, 1: 30, 2: 12, 3: 6}
_EXACT = 4  # histories up to this length are kept in full order


def _bounded(zeros: int, ones: int) -> tuple[int, int]:
    """The nearest pair of counts that is a state; the rarer bit keeps its count as far as it can."""
    while max(zeros, ones) > _LARGEST.get(min(zeros, ones), -1):
        if zeros == ones:
            zeros, ones = zeros - 1, ones - 1
        elif zeros > ones:
            zeros, ones = (zeros, 3) if ones > 3 else (zeros - 1, ones)
        else:
            zeros, ones = (3, ones) if zeros > 3 else (zeros, ones - 1)
    return zeros, ones


def _forget(count: int) -> int:
    """What is left of the count of one bit when the other one occurs: recent bits say more than old ones."""
    for limit, left in ((2, count), (4, 3), (7, 4), (12, 5), (20, 6)):
        if count <= limit:
            return left
    return 7


def _machine() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The state machine of bit histories.

    A state is the exact history while that has at most `_EXACT` bits, then counts of zeros and ones and the last
    bit (after the nonstationary states of PAQ6, Mahoney 2005).

    Returns:
        next: uint8[512], the state after state s and bit y at [2 * s + y]; 0, never seen, is not reached again.
        zeros, ones: int64[256], the counts a state stands for; 0 for the numbers not used.
    """
    first = ("", 0, 0)
    states = [first]
    number = {first: 0}
    following = np.zeros(512, np.uint8)
    k = 0
    while k < len(states):
        history, zeros, ones = states[k]
        for bit in (0, 1):
            if bit:
                n0, n1 = _forget(zeros) if zeros + ones >= _EXACT else zeros, ones + 1
            else:
                n0, n1 = zeros + 1, _forget(ones) if zeros + ones >= _EXACT else ones
            if zeros + ones < _EXACT:
                state = (history + str(bit), n0, n1)
            else:
                state = (str(bit), *_bounded(n0, n1))
            if state not in number:
                number[state] = len(states)
                states.append(state)
            following[2 * k + bit] = number[state]
        k += 1
    zeros_of, ones_of = np.zeros(256, np.int64), np.zeros(256, np.int64)
    for k, (_, zeros, ones) in enumerate(states):
        zeros_of[k], ones_of[k] = zeros, ones
    return following, zeros_of, ones_of


def _rates(counts: np.ndarray) -> np.ndarray:
    """int32: 1 / (n + 1.6) in 2**-16."""
    return ((10 << 16) // (10 * counts + 16)).astype(np.int32)


NEXT, ZEROS, ONES = _machine()
SEEN = (ZEROS + ONES).astype(np.uint8)  # bits a state stands for, also its worth when a slot must be given up
MAP_LIMIT = 1023  # of the count in a map entry
CERTAIN = (SEEN > 0) & ((ZEROS == 0) | (ONES == 0))  # only one of the bits was seen
_STATE_RATE = _rates(ZEROS + ONES)
_MAP_RATE = _rates(np.arange(MAP_LIMIT + 1))


def history_map() -> np.ndarray:
    """uint32[256]: map entries for the states, beginning with the odds their counts suggest."""
    p = ((10 * ONES + 4) << 22) // (10 * (ZEROS + ONES) + 8)
    return p.astype(np.uint32) << np.uint32(10)


def belief_map(chances: np.ndarray) -> np.ndarray:
    """uint32: map entries that begin with n chances for and one against; `chances`: n in 1/2, integers >= 1."""
    return ((((1 << 22) - 1) * chances // (chances + 2)) << 10).astype(np.uint32)


@inline
def map_p12(entry):
    """The probability in a map entry, 2**-12, int64."""
    return np.int64(entry >> uint32(20))


@inline
def node_p16(node):
    """The probability in a node, 2**-16, int64."""
    return np.int64((node & uint32(0xFFFF)) ^ uint32(0x8000))


@inline
def node_state(node):
    """The bit history in a node, int64."""
    return np.int64((node >> uint32(16)) & uint32(0xFF))


@inline
def updated_node(node, state, bit):
    """The node, whose bit history is `state`, after `bit`.

    The step is below 2**16 * 40960, so int64 has room to spare; p stays within 0 ... 65535 because rates are below 1.
    """
    p = node_p16(node)
    p += (((bit << 16) - bit - p) * np.int64(_STATE_RATE[state])) >> 16
    return (uint32(p) ^ uint32(0x8000)) | (uint32(NEXT[2 * state + bit]) << uint32(16))


@inline
def learn(entries, k, bit, limit):
    """Move map entry `k` towards `bit` by 1 / (n + 1.6); n stops at `limit` <= 1023.

    The probability stays within 0 ... 2**22 - 1: the rate is below 1 and the target within that range.
    """
    entry = entries[k]
    n = np.int64(entry & uint32(1023))
    p = np.int64(entry >> uint32(10))
    p += (((bit << 22) - bit - p) * np.int64(_MAP_RATE[n])) >> 16
    entries[k] = uint32(p << 10) | uint32(min(n + 1, limit))


@inline
def slowly_updated_node(node, state, bit, limit):
    """The node after `bit`; what was seen both ways moves by 1 / (n + 1.6), n <= `limit` <= 255 the updates.

    A node that saw one bit only moves as in `updated_node`, which bounds how sure it can become.
    """
    p = node_p16(node)
    n = np.int64(node >> uint32(24))
    rate = np.int64(_STATE_RATE[state]) if CERTAIN[state] else np.int64(_MAP_RATE[n])
    p += (((bit << 16) - bit - p) * rate) >> 16
    count = uint32(min(n + 1, limit) << 24)
    return (uint32(p) ^ uint32(0x8000)) | (uint32(NEXT[2 * state + bit]) << uint32(16)) | count
