"""The port: one coding call, four directions.

A kernel is written once, as a loop of `p = predict(); bit = code_bit(port, words, p, bit); update(bit)`. The port
decides what that does:

    ENCODE    narrows the interval to `bit` and writes words; returns `bit`
    DECODE    reads words; returns the bit found there (the argument is ignored)
    MEASURE   adds -log2 p to the cost of the current symbol; returns `bit`
    SAMPLE    decodes an endless pseudo-random tape, so that bits are drawn with the model's own probabilities, or
              with flatter or steeper ones; the first FORCED symbols are taken as they are

The stream is that of constriction's `queue.RangeEncoder`: 32-bit words, 64-bit state, 24-bit probabilities.
A port is one uint64 array (the slots below) beside a uint32 array of words; kernels carry both.
`words` never limits an encoder: beyond its end words are counted and not written, and `finish` tells the number.
"""

from __future__ import annotations

import numpy as np
from numba import int64, uint32, uint64

from arcodec.kernels.compiling import inline, kernel, plain
from arcodec.kernels.fixed import log2_table
from arcodec.kernels.logistic import STRETCH_LIMIT, exp2_q6, log2_q16, squash_24, stretch_ratio

ENCODE, DECODE, MEASURE, SAMPLE = range(4)

PRECISION = 24
TOTAL = 1 << PRECISION

# Slots of a port.
MODE = 0
LOWER = 1  # lower end of the interval
RANGE = 2  # its width
POINT = 3  # DECODE, SAMPLE: the 64 bits of the stream at LOWER's place
HELD = 3  # ENCODE: number of words held back because a carry may still come
HELD_WORD = 4  # ENCODE: the first of them, as it is without a carry
TAPE = 4  # SAMPLE: state of the generator (SplitMix64)
POSITION = 5  # index of the next word; SAMPLE: number of words drawn after the first two
COST = 6  # MEASURE: bits of the current symbol so far, in 2**-COST_SCALE
WEIGHT = 7  # MEASURE: probability of the current symbol so far, in 2**-WEIGHT_SCALE
DONE = 8  # number of symbols done, for whoever watches from another thread
HALT = 9  # set to 1 from another thread to make the kernel stop early
FORCED = 10  # SAMPLE: so many symbols are not drawn: their decisions are as the kernel says
TEMPERATURE = 11  # SAMPLE: in 2**-TEMPERATURE_SCALE; every stretch is divided by it
SLOTS = 12

COST_SCALE = 20
WEIGHT_SCALE = 39
TEMPERATURE_SCALE = 8
_WARM = np.uint64(1 << TEMPERATURE_SCALE)  # the temperature that changes nothing
_WEIGHT_BITS = 22  # of the likeliest of tempered frequencies

_LOG2 = log2_table(12, COST_SCALE + 4)
_WORD = np.uint64(32)
_MASK = np.uint64(0xFFFFFFFF)
_FULL = np.uint64(0xFFFFFFFFFFFFFFFF)
_ZERO = np.uint64(0)
_ONE = np.uint64(1)
_SHIFT = np.uint64(PRECISION)
_TOTAL = np.uint64(TOTAL)


def encoder() -> np.ndarray:
    """A fresh port that encodes."""
    port = np.zeros(SLOTS, np.uint64)
    port[RANGE] = _FULL
    return port


def decoder(words: np.ndarray) -> np.ndarray:
    """A fresh port that decodes `words`: uint32[n]."""
    port = np.zeros(SLOTS, np.uint64)
    port[MODE] = DECODE
    port[RANGE] = _FULL
    head = [int(w) for w in words[:2]] + [0, 0]
    port[POINT] = head[0] << 32 | head[1]
    port[POSITION] = 2
    return port


def meter() -> np.ndarray:
    """A fresh port that measures."""
    port = np.zeros(SLOTS, np.uint64)
    port[MODE] = MEASURE
    port[WEIGHT] = 1 << WEIGHT_SCALE
    return port


def sampler(seed: int, forced: int = 0, temperature: int = 1 << TEMPERATURE_SCALE) -> np.ndarray:
    """A fresh port that samples.

    `seed` is taken modulo 2**64. The first `forced` symbols are those the kernel finds. `temperature`, in
    2**-TEMPERATURE_SCALE and at least 1: above one, what is unlikely is drawn more often, below it less often.
    """
    port = np.zeros(SLOTS, np.uint64)
    port[MODE] = SAMPLE
    port[RANGE] = _FULL
    port[FORCED] = forced
    port[TEMPERATURE] = temperature
    port[TAPE] = seed & 0xFFFFFFFFFFFFFFFF
    first, second = int(_next_word(port)), int(_next_word(port))
    port[POINT] = first << 32 | second
    return port


@kernel("uint64(uint64[::1])")
def _next_word(port):
    """The next 32 bits of the pseudo-random tape: SplitMix64 (Steele, Lea, Flood 2014), high half."""
    port[TAPE] += uint64(0x9E3779B97F4A7C15)
    z = port[TAPE]
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return (z ^ (z >> uint64(31))) >> _WORD


@inline
def _write(port, words, word):
    position = port[POSITION]
    if position < uint64(len(words)):
        words[position] = uint32(word)
    port[POSITION] = position + _ONE


@inline
def _release(port, words, carry):
    """Write the held words, after a carry or without one."""
    if carry:
        _write(port, words, (port[HELD_WORD] + _ONE) & _MASK)
        rest = _ZERO
    else:
        _write(port, words, port[HELD_WORD])
        rest = _MASK
    for _ in range(np.int64(port[HELD]) - 1):
        _write(port, words, rest)
    port[HELD] = _ZERO


@inline
def _encode(port, words, start, width):
    """Narrow the interval to [start, start + width) out of 2**24."""
    scale = port[RANGE] >> _SHIFT
    span = scale * width
    lower = port[LOWER] + scale * start
    if port[HELD] != _ZERO and lower + span > lower:
        _release(port, words, lower < port[LOWER])
    if span <= _MASK:
        span <<= _WORD
        word = lower >> _WORD
        lower <<= _WORD
        if port[HELD] != _ZERO:
            port[HELD] += _ONE
        elif lower + span > lower:
            _write(port, words, word)
        else:
            port[HELD] = _ONE
            port[HELD_WORD] = word
    port[LOWER] = lower
    port[RANGE] = span


@inline
def _advance(port, words, scale, start, width):
    """The decoder's counterpart of `_encode`, once the symbol is known."""
    lower = port[LOWER] + scale * start
    span = scale * width
    if span <= _MASK:
        span <<= _WORD
        lower <<= _WORD
        position = port[POSITION]
        word = uint64(words[position]) if position < uint64(len(words)) else _ZERO
        port[POSITION] = position + _ONE
        port[POINT] = port[POINT] << _WORD | word
    port[LOWER] = lower
    port[RANGE] = span


@inline
def _account(port, width):
    """Add the cost of an event of probability width / 2**24."""
    n = uint64(0)  # floor(log2(width)), by bisection
    w = width
    for step in (16, 8, 4, 2, 1):
        if w >> uint64(step) != _ZERO:
            w >>= uint64(step)
            n += uint64(step)
    fraction = (width << (uint64(PRECISION) - n)) & (_TOTAL - _ONE)
    k = fraction >> uint64(PRECISION - 12)
    low = uint64(_LOG2[k])
    rest = fraction & uint64((1 << (PRECISION - 12)) - 1)
    log2 = low + (((uint64(_LOG2[k + _ONE]) - low) * rest) >> uint64(PRECISION - 12))
    cost = ((uint64(PRECISION) - n) << uint64(COST_SCALE + 4)) - log2
    port[COST] += (cost + uint64(8)) >> uint64(4)
    port[WEIGHT] = (port[WEIGHT] * width) >> _SHIFT


@plain
def _settle(port, reach):
    """A sampler's point in the part of the interval that no event covers, at `reach` or beyond, is drawn anew.

    The interval is not a multiple of what probabilities add up to; no encoder leaves a point in the rest. That
    happens with a chance below 2**32 / reach, and 64 bits modulo `reach` are uneven by at most reach / 2**64.
    """
    if port[POINT] - port[LOWER] >= reach:
        high = _next_word(port)
        port[POINT] = port[LOWER] + (high << _WORD | _next_word(port)) % reach


@plain
def _draw(port, scale, start, width):
    """The sampler's counterpart of `_advance`."""
    lower = port[LOWER] + scale * start
    span = scale * width
    if span <= _MASK:
        span <<= _WORD
        lower <<= _WORD
        port[POSITION] += _ONE
        port[POINT] = port[POINT] << _WORD | _next_word(port)
    port[LOWER] = lower
    port[RANGE] = span


@plain
def _sample_bit(port, one):
    """Draw a bit that is 1 with a probability of `one` / 2**24, uint64, at the sampler's temperature."""
    temperature = port[TEMPERATURE]
    if temperature != _WARM:
        x = (stretch_ratio(int64(one), int64(_TOTAL - one)) << TEMPERATURE_SCALE) // int64(temperature)
        one = uint64(squash_24(min(max(x, int64(-STRETCH_LIMIT)), int64(STRETCH_LIMIT))))
    zero = _TOTAL - one
    scale = port[RANGE] >> _SHIFT
    _settle(port, scale << _SHIFT)
    if port[POINT] - port[LOWER] >= scale * zero:
        _draw(port, scale, zero, one)
        return int64(1)
    _draw(port, scale, _ZERO, zero)
    return int64(0)


@plain
def _weight(frequency, most, temperature):
    """What a frequency of 1 ... 2**24 counts at a temperature; `most` counts 2**_WEIGHT_BITS, nothing more."""
    if temperature == _WARM:
        return uint64(frequency)
    less = ((log2_q16(int64(most)) - log2_q16(int64(frequency))) << TEMPERATURE_SCALE) // int64(temperature)
    place = (int64(_WEIGHT_BITS) << 6) - (less >> 10)
    return uint64(exp2_q6(place)) if place >= 0 else _ZERO


@plain
def _sample_symbol(port, frequencies):
    """Draw a symbol by up to 2**10 frequencies, at the sampler's temperature.

    Weights add up to 2**32 at most, and the interval is never smaller: the scale is at least 1.
    """
    temperature = port[TEMPERATURE]
    most = _ONE
    for s in range(len(frequencies)):
        most = max(most, uint64(frequencies[s]))
    total = _ZERO
    for s in range(len(frequencies)):
        total += _weight(frequencies[s], most, temperature)
    scale = port[RANGE] // total
    _settle(port, scale * total)
    quantile = (port[POINT] - port[LOWER]) // scale
    start = _ZERO
    s = 0
    width = _weight(frequencies[0], most, temperature)
    while start + width <= quantile:
        start += width
        s += 1
        width = _weight(frequencies[s], most, temperature)
    _draw(port, scale, start, width)
    return int64(s)


@inline
def code_bit(port, words, p, bit):
    """Code one decision.

    `p`: probability that the bit is 1, in 2**-24, 0 < p < 2**24, int64; `bit`: int64, 0 or 1 (ignored when
    decoding or drawing). Returns the bit, int64.
    """
    one = uint64(p)
    zero = _TOTAL - one
    mode = port[MODE]
    if mode == uint64(ENCODE):
        if bit:
            _encode(port, words, zero, one)
        else:
            _encode(port, words, _ZERO, zero)
        return np.int64(bit)
    if mode == uint64(MEASURE):
        _account(port, one if bit else zero)
        return np.int64(bit)
    if mode == uint64(SAMPLE):
        return np.int64(bit) if port[DONE] < port[FORCED] else _sample_bit(port, one)
    scale = port[RANGE] >> _SHIFT
    if port[POINT] - port[LOWER] >= scale * zero:
        _advance(port, words, scale, zero, one)
        return np.int64(1)
    _advance(port, words, scale, _ZERO, zero)
    return np.int64(0)


@inline
def code_symbol(port, words, frequencies, symbol):
    """Code one symbol by a frequency table.

    `frequencies`: uint32[k], each >= 1, sum 2**24; `symbol`: int64 (ignored when decoding or drawing).
    Returns the symbol, int64.
    """
    mode = port[MODE]
    start = _ZERO
    if mode == uint64(ENCODE) or mode == uint64(MEASURE):
        width = uint64(frequencies[symbol])
        if mode == uint64(MEASURE):
            _account(port, width)
        else:
            for s in range(symbol):
                start += uint64(frequencies[s])
            _encode(port, words, start, width)
        return np.int64(symbol)
    if mode == uint64(SAMPLE):
        return np.int64(symbol) if port[DONE] < port[FORCED] else _sample_symbol(port, frequencies)
    scale = port[RANGE] >> _SHIFT
    quantile = (port[POINT] - port[LOWER]) // scale
    s = 0
    last = len(frequencies) - 1
    while s < last and start + uint64(frequencies[s]) <= quantile:
        start += uint64(frequencies[s])
        s += 1
    _advance(port, words, scale, start, uint64(frequencies[s]))
    return np.int64(s)


@inline
def end_symbol(port, costs, i):
    """Close symbol i: count it, and when measuring put its cost into `costs[i]` (uint32, 2**-COST_SCALE bits).

    WEIGHT keeps the probability of the symbol just closed until the next decision of the next symbol begins it
    anew, which is what `predict` reads.
    """
    port[DONE] = uint64(i + 1)
    if port[MODE] == uint64(MEASURE):
        costs[i] = uint32(port[COST])
        port[COST] = _ZERO
        if i + 1 < len(costs):
            port[WEIGHT] = uint64(1 << WEIGHT_SCALE)


@inline
def overrun(port, words):
    """True when the kernel should give up: it was told to, or it has read further than any valid stream leads."""
    return port[HALT] != _ZERO or (port[MODE] == uint64(DECODE) and port[POSITION] > uint64(len(words) + 2))


@kernel("int64(uint64[::1], uint32[::1])")
def finish(port, words):
    """Seal an encoder's stream as constriction does; returns its number of words, even where `words` is shorter."""
    lower = port[LOWER]
    span = port[RANGE]
    if span != _FULL:  # else nothing was coded: no words
        point = lower + _MASK
        if port[HELD] != _ZERO:
            _release(port, words, point < lower)
        _write(port, words, point >> _WORD)
        if point >> _WORD == (lower + span) >> _WORD:
            _write(port, words, _ZERO)
    return np.int64(port[POSITION])
