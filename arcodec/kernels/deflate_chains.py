"""Where the bytes that come next stood before: the hash chains of zlib, and ways to skip most of them.

This is a part of the format: what is found must never change. It is what zlib's search finds (J. Gailly, M. Adler,
`deflate.c`): of the nearest so many positions in the chain of the bytes at hand, the first of those with the longest
copy. Chains hold positions plus one, 0 for none; WINDOW positions of each are kept, all that a distance can reach.

Chains of thousands of steps are not walked. Beside the usual one, each position then is in chains of those with the
same 3, 5, 7 and 12 bytes, and the search begins with the longest; what it finds there is the answer, and if it finds
nothing, no copy is as long. Positions with the same bytes are in one usual chain too, and their numbers in it tell
whether zlib would have come so far.

Content is read only within `end`, at most its size: candidates lie before the place, and a length found is less than
what is left when a search goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import int32, int64, uint64

from arcodec.kernels.compiling import Int32s, Int64s, inline, plain
from arcodec.kernels.deflate import LONGEST

# Settings: bits of the hash, bytes that it covers, farthest distance, first position that can be found, a length that
# is enough, bits of the hash of long keys.
HASH, COVERED, FARTHEST, FIRST, NICE, LONG_HASH = range(6)
# State: the next position to chain, the first that counts, work done.
CHAINED, BASE, WORK = range(3)

WINDOW = 1 << 15
DEEP = 256  # steps of a chain from which on it is not walked
LENGTHS = (3, 5, 7, 12)  # bytes that long keys cover
_LEVELS = len(LENGTHS)
_ONE_WORD = 3  # of the keys lie in 8 bytes
_READ = 16  # bytes that are read for keys
HASH_3, _MULTIPLIER = 15, 0x1E35A7BD  # of libdeflate
_HOPS = 1024  # steps of a chain that a hop may be away


class Chains(NamedTuple):
    """All chains of a content.

    Attributes:
        settings: int64[6].
        state: int64[3].
        heads: int32[2**HASH].
        previous: int32[WINDOW].
        long_heads: int32[4 << LONG_HASH], one stretch for each of LENGTHS; of chains that are walked int32[0]. Or
            int32[2**HASH_3]: the last places of 3 bytes.
        links: int32[5 * WINDOW] or int32[0]: of each position its number in the usual chain, and those before it in
            the others.
    """

    settings: Int64s
    state: Int64s
    heads: Int32s
    previous: Int32s
    long_heads: Int32s
    links: Int32s


def allocate(size: int, settings: Sequence[int], steps: int, threes: bool = False) -> Chains:
    """For `size` bytes, the settings up to NICE, and searches of at most so many steps; 4 MiB at most.

    With `threes`, there are the last places of 3 bytes, without chains for DEEP searches.
    """
    bits = min(16, size.bit_length())
    deep = steps >= DEEP and settings[COVERED] == LENGTHS[0]  # else the same bytes may be in two usual chains
    keys = 1 << HASH_3 if threes else _LEVELS << bits if deep else 0
    return Chains(
        np.array([*settings, bits], np.int64),
        np.zeros(3, np.int64),
        np.zeros(1 << settings[HASH], np.int32),
        np.zeros(WINDOW, np.int32),
        np.zeros(keys, np.int32),
        np.zeros((_LEVELS + 1) * WINDOW if deep else 0, np.int32),
    )


@inline
def hash_at(content, at, settings):
    """Of the 3 or 4 bytes from `at` on, which are there."""
    size = settings[HASH]
    if settings[COVERED] == 3:
        shift = (size + 2) // 3
        value = int64(content[uint64(at)]) << (2 * shift) ^ int64(content[uint64(at + 1)]) << shift
        value ^= int64(content[uint64(at + 2)])
        return value & ((int64(1) << size) - 1)
    value = _three(content, at) | int64(content[uint64(at + 3)]) << 24
    return (value * _MULTIPLIER & 0xFFFFFFFF) >> (32 - size)


@inline
def _three(content, at):
    """The 3 bytes from `at` on, which are there."""
    return int64(content[uint64(at)]) | int64(content[uint64(at + 1)]) << 8 | int64(content[uint64(at + 2)]) << 16


@inline
def hash_3(content, at):
    """Of these, as libdeflate does."""
    return uint64((_three(content, at) * _MULTIPLIER & 0xFFFFFFFF) >> (32 - HASH_3))


@inline
def slot_of(at):
    return uint64(at & (WINDOW - 1))


@inline
def _word(content, at):
    """The 8 bytes from `at` on, which are there: uint64, the first the lowest."""
    at = uint64(at)
    value = uint64(content[at]) | uint64(content[at + uint64(1)]) << uint64(8)
    value |= uint64(content[at + uint64(2)]) << uint64(16) | uint64(content[at + uint64(3)]) << uint64(24)
    value |= uint64(content[at + uint64(4)]) << uint64(32) | uint64(content[at + uint64(5)]) << uint64(40)
    return value | uint64(content[at + uint64(6)]) << uint64(48) | uint64(content[at + uint64(7)]) << uint64(56)


@inline
def _long_place(first, second, level, bits):
    """Where in `long_heads` the key of LENGTHS[level] bytes is, of the 16 bytes in two words."""
    if level < _ONE_WORD:
        key = first << uint64(64 - 8 * LENGTHS[level])
    else:
        key = second << uint64(128 - 8 * LENGTHS[level])
        key = first ^ (key >> uint64(29)) ^ key * uint64(0xD6E8FEB86659FD93)
    return (uint64(level) << uint64(bits)) + (key * uint64(0x9E3779B97F4A7C15) >> uint64(64 - bits))


@plain
def equal_bytes(content, one, other, most):
    """How many bytes from there on are equal, `most` at most."""
    length = int64(0)
    while length + 8 <= most and _word(content, one + length) == _word(content, other + length):
        length += 8
    while length < most and content[uint64(one + length)] == content[uint64(other + length)]:
        length += 1
    return length


@plain
def chain_up_to(content, chains, stop):
    """Chain all positions below `stop` that are still to be chained."""
    settings, state = chains.settings, chains.state
    heads, previous = chains.heads, chains.previous
    long_heads, links = chains.long_heads, chains.links
    bits = settings[LONG_HASH]
    threes = long_heads.size > 0 and links.size == 0
    for at in range(state[CHAINED], min(stop, content.size - settings[COVERED] + 1)):
        place = uint64(hash_at(content, at, settings))
        slot = slot_of(at)
        before = heads[place]
        heads[place] = int32(at + 1)
        previous[slot] = before
        if threes:
            long_heads[hash_3(content, at)] = int32(at + 1)
        if links.size:
            links[slot] = links[slot_of(before - 1)] + int32(1)
            if at + _READ <= content.size:
                first, second = _word(content, at), _word(content, at + 8)
                for level in range(_LEVELS):
                    place = _long_place(first, second, level, bits)
                    links[uint64((level + 1) * WINDOW) + slot] = long_heads[place]
                    long_heads[place] = int32(at + 1)
    state[CHAINED] = max(state[CHAINED], stop)


@plain
def longest_copy(content, chains, at, end, best, steps):
    """The first of the longest copies longer than `best` in so many steps: length << 16 | distance, or 0.

    All positions below `at` are chained, as far as they are to be. `best` is at least 2.
    """
    settings, base = chains.settings, chains.state[BASE]
    room = min(int64(LONGEST), end - at)
    if room <= best or at + settings[COVERED] > end:
        return int64(0)
    lowest = max(at - settings[FARTHEST], base)
    head = int64(chains.heads[hash_at(content, at, settings)]) - 1
    if head < lowest or head < base + settings[FIRST]:
        return int64(0)
    lowest += settings[FIRST]
    nice = min(settings[NICE], room)
    if chains.links.size and nice >= LENGTHS[_LEVELS - 1] and at + _READ <= content.size:
        return _skipping(content, chains, at, head, lowest, room, nice, best, steps)
    return walked(content, chains, at, head, lowest, room, nice, best, steps)


@plain
def walked(content, chains, at, cur, lowest, room, nice, best, steps):
    """`longest_copy` along the usual chain from `cur` on."""
    previous = chains.previous
    found = int64(0)
    work = int64(0)
    last, before_last = content[uint64(at + best)], content[uint64(at + best - 1)]
    while True:
        work += 1
        if content[uint64(cur + best)] == last and content[uint64(cur + best - 1)] == before_last:
            length = equal_bytes(content, cur, at, room)
            work += length >> 4
            if length > best:
                best = length
                found = length << 16 | (at - cur)
                if length >= nice:
                    break
                last, before_last = content[uint64(at + best)], content[uint64(at + best - 1)]
        cur = int64(previous[slot_of(cur)]) - 1
        steps -= 1
        if cur < lowest or steps == 0:
            break
    chains.state[WORK] += work
    return found


@plain
def _skipping(content, chains, at, head, lowest, room, nice, best, steps):
    """`longest_copy` by the chains of long keys; 16 bytes from `at` on are there."""
    links = chains.links
    bits = chains.settings[LONG_HASH]
    first, second = _word(content, at), _word(content, at + 8)
    too_early = int64(links[slot_of(head)]) - steps  # the number of the first that zlib does not come to
    enough = nice
    found = int64(0)
    work = int64(0)
    for k in range(_LEVELS):
        level = _LEVELS - 1 - k
        chain = uint64((level + 1) * WINDOW)
        beyond = uint64(64 - 8 * min(LENGTHS[level], 8))  # bits of a word that are not in the key
        longest = max(best, int64(LENGTHS[level] - 1))
        cur = int64(chains.long_heads[_long_place(first, second, level, bits)]) - 1
        while cur >= lowest or cur == head:
            work += 1
            if (_word(content, cur) ^ first) << beyond == 0:
                if links[slot_of(cur)] <= too_early:
                    break
                if content[uint64(cur + longest)] == content[uint64(at + longest)]:
                    length = equal_bytes(content, cur, at, room)
                    work += length >> 4
                    if length > longest:
                        longest = length
                        found = length << 16 | (at - cur)
                        if length >= enough:
                            break
            cur = int64(links[chain + slot_of(cur)]) - 1
        enough = int64(LENGTHS[level] - 1)  # there is nothing longer
        if found or best >= enough:
            break
    chains.state[WORK] += work
    return found


@plain
def hop(content, chains, at, length, number, distance):
    """Along the chain: the distance of a copy by its number, or the number by the distance; -1 if there is none."""
    if at + max(length, chains.settings[COVERED]) > content.size:
        return int64(-1)
    previous = chains.previous
    cur = int64(chains.heads[hash_at(content, at, chains.settings)]) - 1
    while cur >= at:  # chained already, to look at the places after it
        cur = int64(previous[slot_of(cur)]) - 1
    lowest = max(at - WINDOW, 0)
    seen = int64(0)
    steps = int64(0)
    work = int64(0)
    answer = int64(-1)
    while cur >= lowest and steps + work < _HOPS:
        steps += 1
        if content[cur + length - 1] == content[at + length - 1]:
            same = equal_bytes(content, cur, at, length)
            work += same >> 4
            if same == length:
                if distance == at - cur:
                    answer = seen
                    break
                if distance == 0 and seen == number:
                    answer = at - cur
                    break
                seen += 1
        cur = int64(previous[slot_of(cur)]) - 1
    chains.state[WORK] += steps + work
    return answer
