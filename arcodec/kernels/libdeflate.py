"""What libdeflate would have done next, at its levels 1 to 9.

This is a part of the format: what it predicts must never change. The choices are those of libdeflate 1.9 to 1.25
(E. Biggers, `deflate_compress.c`, `hc_matchfinder.h`): a chain of places with the same 4 bytes and the last place of
3, a least length that depends on how many different literals there are, and, if it is lazy, a look at the next one or
two places, where a match is better by its length and by how near it is. Where blocks end is not predicted.
"""

from __future__ import annotations

import numpy as np
from numba import int64

from arcodec.kernels.compiling import plain
from arcodec.kernels.deflate import LONGEST
from arcodec.kernels.deflate_chains import (
    BASE,
    FARTHEST,
    FIRST,
    NICE,
    WORK,
    chain_up_to,
    equal_bytes,
    hash_3,
    hash_at,
    slot_of,
    walked,
)

# State: least length now, where it is told anew; then how often each literal was in the block.
LEAST_NOW, TOLD_ANEW, LITERALS = range(3)
STATE = LITERALS + 256

_TOLD_FIRST = 10_000  # bytes of a block after which the least length is told from its literals
_BLOCK, _BLOCK_LEAST = 300_000, 5_000  # bytes of a block
_SEEN = 4096  # bytes that tell the first least length; fewer than 512 do not
# Least lengths by the number of different literals; of more, 3.
_LEAST = np.repeat(np.array([9, 8, 7, 6, 5, 4], np.int64), [6, 2, 2, 6, 29, 35])
_NEEDED = 5  # bytes for a search


@plain
def _least_length(used, steps):
    least = _LEAST[used] if used < len(_LEAST) else int64(3)
    if steps < 5:
        return min(least, int64(4))
    if steps < 10:
        return min(least, int64(5))
    return min(least, int64(7)) if steps < 16 else least


@plain
def begin_block(content, chains, at, steps, state):
    """Tell the least length of a block that begins, from what comes next."""
    left = content.size - at
    size = left if left < _BLOCK + _BLOCK_LEAST else int64(_BLOCK)
    counts = state[LITERALS:]
    counts[:] = 0
    state[LEAST_NOW] = 3
    state[TOLD_ANEW] = at + min(left, int64(_TOLD_FIRST))
    if size < 512:
        return
    for k in range(at, at + min(size, int64(_SEEN))):
        counts[content[k]] = 1
    state[LEAST_NOW] = _least_length(counts.sum(), steps)
    counts[:] = 0
    chains.state[WORK] += min(size, int64(_SEEN)) >> 3


@plain
def _tell_anew(content, chains, at, begin, steps, state):
    """Tell the least length from the literals of the block so far."""
    counts = state[LITERALS:]
    cutoff = counts.sum() >> 10  # literals that are very rare do not count
    used = int64(0)
    for count in counts:
        used += count > cutoff
    state[LEAST_NOW] = _least_length(used, steps)
    state[TOLD_ANEW] += min(content.size - state[TOLD_ANEW], at - begin)
    chains.state[WORK] += 256 >> 3


@plain
def _search(content, chains, at, best, steps, threes):
    """The first of the longest matches longer than `best`: length << 16 | distance, or 0."""
    chain_up_to(content, chains, at)
    settings, base = chains.settings, chains.state[BASE]
    room = min(int64(LONGEST), content.size - at)
    if room < _NEEDED or room <= best:
        return int64(0)
    lowest = max(at - settings[FARTHEST], base + settings[FIRST])
    nice = min(settings[NICE], room)
    found = int64(0)
    chains.state[WORK] += 1
    cur = int64(chains.heads[hash_at(content, at, settings)]) - 1
    if best < 4 and threes:
        three = int64(chains.long_heads[hash_3(content, at)]) - 1
        if three < lowest:
            return int64(0)
        if best < 3 and three < at and equal_bytes(content, three, at, int64(3)) == 3:
            best = int64(3)
            found = int64(3) << 16 | (at - three)
    elif best >= nice:
        return int64(0)
    best = max(best, int64(3))
    while cur >= at:  # chained already, to look at the places after it
        cur = int64(chains.previous[slot_of(cur)]) - 1
    if cur < lowest or steps == 0:
        return found
    longer = walked(content, chains, at, cur, lowest, room, nice, best, steps)
    return longer if longer else found


@plain
def _worth(later, token):
    """How much better a later match is, in quarters of a byte."""
    worth = 4 * ((later >> 16) - (token >> 16))
    nearer, farther = later & 0xFFFF, token & 0xFFFF
    while farther > 1:
        farther >>= 1
        worth += 1
    while nearer > 1:
        nearer >>= 1
        worth -= 1
    return worth


@plain
def predict(content, chains, state, at, begin, held, ahead, steps, far_3, least):
    """The token that comes next, 0 for a literal, and in bits 32 and up the match that comes after it, if any.

    Args:
        content: uint8[n].
        chains: with a hash that covers 4 bytes.
        state: int64[STATE], of the block.
        at: the place.
        begin: where the block begins.
        held: the match that was found here before, length << 16 | distance, or 0.
        ahead: how many places are looked at after this one: 0, 1 or 2.
        steps: of the chain, at most.
        far_3: distance from which on matches of 3 bytes are not worth it.
        least: 3 for least lengths that change, or a length.

    Returns:
        token | later << 32; bit 60 is set if another literal comes before the later match.
    """
    token = held
    if token == 0:
        shortest = least
        if least == 3:
            if ahead and at >= state[TOLD_ANEW]:
                _tell_anew(content, chains, at, begin, steps, state)
            shortest = state[LEAST_NOW]
        token = _search(content, chains, at, shortest - 1, steps, least == 3)
        length = token >> 16
        if length < shortest or (length == 3 and token & 0xFFFF > far_3):
            return int64(0)
    length = token >> 16
    if ahead == 0 or length >= min(chains.settings[NICE], content.size - at):
        return token
    later = _search(content, chains, at + 1, length - 1, steps >> 1, True)
    if later and _worth(later, token) > 2:
        return later << 32
    if ahead == 2:
        later = _search(content, chains, at + 2, length - 1, steps >> 2, True)
        if later and _worth(later, token) > 6:
            return (later | int64(1) << 28) << 32
    return token
