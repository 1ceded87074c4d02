"""The lattice expert: values seen before in the same colour context correct a smooth distribution.

Pictures that went through another colour space, lost precision on the way or were drawn use few of the values that a
smooth distribution allows. Four hashed contexts per channel count the values seen. The four counts of a value, and
how familiar two of its contexts are, make up its state. Each state learns how much likelier its values are than the
smooth distribution says (hits over expected mass), and that ratio multiplies the smooth probabilities near the mean.
"""

from __future__ import annotations

import numpy as np
from numba import int64, uint8, uint64

from arcodec.kernels.compiling import inline, inlined
from arcodec.kernels.logistic import ONE, cdf

CONTEXTS = 4
FAMILIARITIES = 16  # two contexts, four levels each
STATES = FAMILIARITIES * 256  # times four counts, four levels each
FAMILIES = 1 << 16  # counters of how often a context came up
REACH = 32  # values looked up on each side of the mean, at most
WINDOW = 2 * REACH + 1
MAX_BITS = 22
RATIO = 12  # fraction bits of a ratio
HIT = 1 << 20  # a hit in units of expected mass
_MOST_HITS = HIT << 20
_LEVEL_HITS = 400 * HIT  # seen or expected, after which both are halved
_LEVEL_START = 8 * HIT
_LEVEL_LIMIT = 8 << RATIO
_MOST = 250  # a counter's limit
_GOLDEN = 0x9E3779B97F4A7C15
_LEVEL = np.array([0, 1, 2] + [2] + [3] * 252, np.int64)  # of a count


@inlined
def _place(key, which, offset, mask):
    """Where a context's counters begin; neighbouring values share cache lines."""
    h = uint64(key * CONTEXTS + which) * uint64(_GOLDEN)
    return (((int64(h >> uint64(30))) << 6) + offset) & mask


@inlined
def plane_contexts(places, window, place, step, stride, mask):
    """Set places[0:4] for a channel by itself, from its own samples around."""
    west = int64(window[place - step])
    north = int64(window[place - stride])
    places[0] = _place(int64(0), 0, int64(0), mask)
    places[1] = _place(west, 1, int64(0), mask)
    places[2] = _place(west << 8 | north, 2, int64(0), mask)
    places[3] = _place((west << 8 | north) << 8 | int64(window[place - stride - step]), 3, int64(0), mask)


@inline
def contexts(places, window, pixel, channel, channels, stride, mask):
    """Set places[0:4], int64, for a channel.

    In colour, channel 0 (green) looks at the colour differences of the neighbours, the others at those and at the
    pixel's known samples; some count their value as a difference from green.
    """
    if channels == 1:
        plane_contexts(places, window, pixel, 1, stride, mask)
        return
    green = int64(window[pixel - channels])
    west1 = int64(window[pixel - channels + 1]) - green + 256
    west2 = int64(window[pixel - channels + 2]) - green + 256
    green = int64(window[pixel - stride])
    north1 = int64(window[pixel - stride + 1]) - green + 256
    north2 = int64(window[pixel - stride + 2]) - green + 256
    west = west1 << 9 | west2
    if channel == 0:
        places[0] = _place(west, 0, int64(0), mask)
        places[1] = _place(north1 << 9 | north2, 1, int64(0), mask)
        places[2] = _place((west1 + north1) >> 1 << 9 | (west2 + north2) >> 1, 2, int64(0), mask)
        places[3] = _place(west << 9 | north1, 3, int64(0), mask)
        return
    green = int64(window[pixel])
    offset = 256 - green
    if channel == 1:
        places[0] = _place(west << 8 | green, 0, int64(0), mask)
        places[1] = _place(west, 1, offset, mask)
        places[2] = _place(north1 << 9 | north2, 2, offset, mask)
        places[3] = _place(west1 << 8 | green, 3, int64(0), mask)
    else:
        difference = int64(window[pixel + 1]) + offset
        places[0] = _place(green << 9 | difference, 0, int64(0), mask)
        places[1] = _place(west2 << 9 | difference, 1, offset, mask)
        places[2] = _place(west << 9 | difference, 2, offset, mask)
        places[3] = _place(difference, 3, offset, mask)


@inline
def _count(families, channel, which, place):
    """0 ... 3: how familiar a context is; it is more so afterwards."""
    family = (place >> 6) & (FAMILIES - 1)
    count = int64(families[channel, which, family])
    if count < _MOST:
        families[channel, which, family] = uint8(count + 1)
    return int64(count >= 2) + int64(count >= 8) + int64(count >= 40)


@inline
def familiarity(families, channel, places):
    """0 ... 15, of the first two contexts. families: uint8[channels, 2, FAMILIES]."""
    return _count(families, channel, 0, places[0]) * 4 + _count(families, channel, 1, places[1])


@inline
def look_up(counts, channel, places, ratios, familiar, mean, slope, first, width, states, masses, sums, mask):
    """Weigh the values first ... first + width - 1.

    counts: uint8[channels, mask + 1]; ratios: int64[channels, STATES]. Sets states, masses and sums: int64[WINDOW
    (+ 1)], each value's state and smooth probability and the sums of the weighed probabilities below it, beginning
    with the smooth CDF. Returns the smooth CDF above the last value.
    """
    edge = int64(0)
    if first > 0:
        edge = cdf((first << 8) - 128 - mean, slope)
    sums[0] = edge
    for u in range(width):
        value = first + u
        above = int64(ONE)
        if value < 255:
            above = cdf((value << 8) + 128 - mean, slope)
        mass = above - edge + 2
        edge = above
        state = _LEVEL[counts[channel, (places[0] + value) & mask]]
        state = state * 4 + _LEVEL[counts[channel, (places[1] + value) & mask]]
        state = state * 4 + _LEVEL[counts[channel, (places[2] + value) & mask]]
        state = state * 4 + _LEVEL[counts[channel, (places[3] + value) & mask]]
        state += familiar * 256
        states[u] = state
        masses[u] = mass
        sums[u + 1] = sums[u] + (mass * ratios[channel, state] >> RATIO)
    return edge


@inline
def below(sums, smooth, edge, value, first, width):
    """The weighed probability of all values below `value`; `smooth`: the same by the smooth distribution."""
    if value <= first:
        return smooth
    if value >= first + width:
        return smooth + sums[width] - edge
    return sums[value - first]


@inline
def _refresh(ratios, hits, expected, channel, state):
    """hits, expected: int64[channels, STATES] in 1 / HIT, expected >= HIT; a ratio stays below 2**24."""
    if hits[channel, state] > _MOST_HITS:
        hits[channel, state] >>= 1
        expected[channel, state] = (expected[channel, state] >> 1) + HIT
    ratio = (hits[channel, state] << RATIO) // expected[channel, state]
    ratios[channel, state] = min(ratio, int64(1 << 24))


@inline
def learn(counts, channel, places, ratios, hits, expected, first, width, states, masses, value, turn, mask):
    """Take in the value: counters, hits and expectations; the ratios of its state and of one other are renewed."""
    for u in range(width):
        expected[channel, states[u]] += masses[u] >> 4
    if first <= value < first + width:
        hits[channel, states[value - first]] += HIT
        _refresh(ratios, hits, expected, channel, states[value - first])
    _refresh(ratios, hits, expected, channel, states[turn % width])
    for k in range(CONTEXTS):
        place = (places[k] + value) & mask
        count = counts[channel, place]
        if count < _MOST:
            counts[channel, place] = uint8(count + 1)


def levels_table() -> np.ndarray:
    """int64[3, 256]: how often each value was seen, how often it was expected, and the ratio; at first 1."""
    return np.repeat(np.array([[_LEVEL_START], [_LEVEL_START], [1 << RATIO]], np.int64), 256, axis=1)


@inlined
def weigh(levels, sums, first, width):
    """Multiply the probabilities that `look_up` weighed by the ratios of values, which are at most 8.

    Samples that were scaled to more levels than they had, by contrast or by another colour space, leave some values
    out or take them half as often, however they lie; the mean says nothing of it. levels: see `levels_table`.
    """
    before = sums[0]
    total = before
    for u in range(width):
        part = sums[u + 1] - before
        before = sums[u + 1]
        total += part * levels[2, first + u] >> RATIO
        sums[u + 1] = total


@inlined
def _renew(levels, value):
    if max(levels[0, value], levels[1, value]) > _LEVEL_HITS:
        levels[0, value] >>= 1
        levels[1, value] = (levels[1, value] >> 1) + 1
    levels[2, value] = min((levels[0, value] << RATIO) // levels[1, value], int64(_LEVEL_LIMIT))


@inlined
def learn_levels(levels, masses, first, width, value, turn):
    """Take in the value: what was expected, what came; the ratios of it and of one other are renewed."""
    for u in range(width):
        levels[1, first + u] += masses[u] >> 4
    levels[0, value] += HIT
    _renew(levels, value)
    _renew(levels, first + turn % width)
