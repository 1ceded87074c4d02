"""Quantised DCT coefficients of a JPEG picture, by few contexts: the quick model's loop.

As in `coefficients` components are coded one after another, blocks in rows, of each the place of its last coefficient
that is not 0, then coefficients from there to DC, by decisions: 0 or not, the sign, the magnitude's length in unary,
its other bits. Here most decisions are predicted by one slot in each of five contexts, mixed by the sum of three sets
of weights; signs of which little is expected and the bits after the first by one slot alone.

    slot      22 bits of probability, 10 bits: how often it was met, at most _MOST_MET
    weights   within +-ROW_LIMIT (2**-16), so that a sum of three times a stretch, within +-3071, is below 2**31
    push      an error below 2**16 times a rate of at most 90 >> 10; times a stretch below 2**25

Bounds. DC less its prediction, within +-4095, is below 2**16 in magnitude, so LENGTHS bits do for any int16; a
damaged stream may say more, and is cut to 16 bits. Contexts are below CONTEXT_SIZE, those of a block's last place
below 64.
"""

from __future__ import annotations

import numpy as np
from numba import int16, int32, int64, uint32, uint64

from arcodec.kernels import octets
from arcodec.kernels import quick_contexts as contexts
from arcodec.kernels.block_predictor import COLUMNS, FIRST, LIMIT, ROWS
from arcodec.kernels.compiling import inline, inlined, kernel, plain
from arcodec.kernels.fixed import stretch_table
from arcodec.kernels.logistic import ONE, STRETCH_LIMIT, squash_24
from arcodec.kernels.port import code_bit, end_symbol, overrun
from arcodec.kernels.prefetch import prefetch
from arcodec.kernels.quick_contexts import (
    AROUND,
    BESIDE,
    ORDER,
    OWN,
    PLACES,
    UNITS,
    signed_class,
    size_class,
)
from arcodec.kernels.residual import clip

CONTEXTS = 5
INPUTS = octets.LANES  # in a row of weights: those of contexts, of a constant, and two that are not used
COLOURS = 2  # luma, chroma
LENGTHS = 17
# Kinds of decisions: 0 or not, sign, length > n (from 7 on alike), and the bits of the last place.
ZERO, SIGN, LENGTH, LAST = 0, 1, 2, 9
KINDS = LAST + 6
_NODES = 8  # slots of a value in a context, but for the first decision's, which lie together
CONTEXT_SIZE = 192
_CONTEXT = COLOURS * 64 * CONTEXT_SIZE  # values of a context,
_PLACE = 3 * 64  # and of one for the last place
_FURTHER = CONTEXTS * _CONTEXT  # where the slots of further decisions begin
_SET_SIZES = (64, 24, 16)  # contexts of each weight set, per kind and colour
_SECOND, _THIRD = COLOURS * KINDS * 64, COLOURS * KINDS * (64 + 24)
_ROWS = COLOURS * KINDS * sum(_SET_SIZES)
ROW_LIMIT = 174_000
_RATES = 20, 70, 3000  # of the mixer: its end, what it starts above that, blocks that halve this
_CONSTANT = 256
_START = 25000  # weights, 2**-16
_MOST_MET = 255
_SLOT_RATES = np.array([max(65536 * 2 // (2 * n + 3), 300) for n in range(_MOST_MET + 1)], np.int32)
_TRUST = np.array([256 * (n + 1) // (n + 3) for n in range(_MOST_MET + 1)], np.int32)  # in a slot met n times, 2**-8
_STRETCH = stretch_table().astype(np.int16)
_CALM = 3  # classes of a predicted distance from 0 from which on the sign is mixed
_EARLY = 3  # places of which it always is
_AHEAD = np.array(
    [0, 1, 2, 3, 3, 4, 4, 4, *[5] * 5, *[6] * 8, *[7] * 43], np.int64
)  # classes of distances to the last


def table_shapes(geometry: np.ndarray) -> list[tuple[tuple[int, ...], type]]:
    """Shapes and dtypes of the tables of `allocate`."""
    sizes = [int(g[ROWS] * g[COLUMNS]) for g in geometry]
    return [
        ((max(sizes) if len(sizes) > 1 else 1, 64), np.int32),
        ((2, int(geometry[:, COLUMNS].max()), 8), np.int32),
        ((sum(sizes),), np.uint8),
        ((_FURTHER * (1 + _NODES),), np.uint32),
        ((CONTEXTS * _PLACE * 64,), np.uint32),
        ((COLOURS * 64 * 64,), np.uint32),
        ((_ROWS, INPUTS), np.int32),
        ((contexts.NEAR, contexts.WIDTH), np.int32),
        ((3, 64), np.int64),
        ((CONTEXTS,), np.uint64),
        ((len(_SET_SIZES),), np.uint64),
    ]


def memory(geometry: np.ndarray, blocks: int) -> int:
    """Bytes of the tables, an upper bound."""
    return sum(int(np.prod(s)) * np.dtype(t).itemsize for s, t in table_shapes(geometry)) + (1 << 20)


def allocate(geometry: np.ndarray, steps: np.ndarray, blocks: int) -> tuple[object, ...]:
    """Fresh tables as `run` takes them after `stop`; geometry and steps as for `coefficients.run`."""
    tables: list[np.ndarray] = [np.zeros(s, t) for s, t in table_shapes(geometry)]
    for slots in tables[3:6]:
        slots[:] = 1 << 31
    tables[6][:_SECOND, :CONTEXTS] = _START
    return (geometry, steps, *tables)


@inline
def _input(slot):
    """What a slot says: its stretch, the less the seldomer it was met."""
    word = uint64(slot)
    return int32(int32(_STRETCH[word >> uint64(20)]) * _TRUST[word & uint64(_MOST_MET)]) >> int32(8)


_train = octets.trainer(ROW_LIMIT)


@inlined
def _decide(port, words, bit, kind, stride, node, rate, slots, weights, places, within):
    """Code one decision and learn from it; its slot in a context is `node` + the context's place times `stride`."""
    a = _input(slots[places[0] * stride + node])
    b = _input(slots[places[1] * stride + node])
    c = _input(slots[places[2] * stride + node])
    d = _input(slots[places[3] * stride + node])
    e = _input(slots[places[4] * stride + node])
    f = int32(_CONSTANT)
    first = kind * uint64(_SET_SIZES[0]) + within[0]
    second = uint64(_SECOND) + kind * uint64(_SET_SIZES[1]) + within[1]
    third = uint64(_THIRD) + kind * uint64(_SET_SIZES[2]) + within[2]
    total = octets.mix(weights, first, second, third, a, b, c, d, e, f)
    p = squash_24(min(max(int64(total) >> 8, int64(-STRETCH_LIMIT)), int64(STRETCH_LIMIT)))
    bit = code_bit(port, words, p, bit)
    push = int32(((((bit << 24) - p) >> 8) * rate) >> 10)
    _train(weights, first, second, third, a, b, c, d, e, f, push)
    for k in range(CONTEXTS):
        _learn(slots, places[k] * stride + node, bit)
    return bit


@inlined
def _learn(slots, place, bit):
    slot = uint64(slots[place])
    met = slot & uint64(_MOST_MET)
    chance = int64(slot >> uint64(10))
    target = int64((1 << 22) - 1) * bit
    chance += ((target - chance) * int64(_SLOT_RATES[met])) >> 16
    slots[place] = uint32((chance << 10) | min(int64(met) + 1, int64(_MOST_MET)))


@inlined
def _decide_alone(port, words, bit, slots, place):
    """Code a decision by one slot."""
    chance = int64(uint64(slots[place]) >> uint64(10)) << 2
    bit = code_bit(port, words, min(max(chance, int64(1 << 12)), int64(ONE - (1 << 12))), bit)
    _learn(slots, place, bit)
    return bit


@inlined
def _code_last(port, words, last, first_kind, rate, slots, weights, places, within):
    """Code the place of the last coefficient other than 0, 0 ... 63."""
    node = int64(1)
    for b in range(6):
        bit = (last >> (5 - b)) & 1
        kind = uint64(first_kind + LAST + b)
        bit = _decide(port, words, bit, kind, uint64(64), uint64(node), rate, slots, weights, places, within)
        node = node * 2 + bit
    return node & 63


@inlined
def _code_value(port, words, value, certain, mixed, own, first_kind, rate, slots, alone, weights, places, within):
    """Code a value. `certain`: it is not 0; `mixed`: the sign is mixed; own: its slots in `alone`."""
    if not certain:
        kind = uint64(first_kind + ZERO)
        bit = int64(value != 0)
        if not _decide(port, words, bit, kind, uint64(1), uint64(0), rate, slots, weights, places, within):
            return int64(0)
    negative = int64(value < 0)
    if mixed >= _CALM:
        kind = uint64(first_kind + SIGN)
        negative = _decide(
            port, words, negative, kind, uint64(_NODES), uint64(_FURTHER), rate, slots, weights, places, within
        )
    else:
        negative = _decide_alone(port, words, negative, alone, uint64(own + mixed))
    size = abs(value)
    length = int64(1)
    while length < LENGTHS:
        node = LENGTH + min(length - 1, int64(6))
        bit = int64(size >> length != 0)
        kind = uint64(first_kind + node)
        if not _decide(
            port,
            words,
            bit,
            kind,
            uint64(_NODES),
            uint64(_FURTHER + node - SIGN),
            rate,
            slots,
            weights,
            places,
            within,
        ):
            break
        length += 1
    known = int64(1)
    for b in range(length - 2, -1, -1):
        node = 4 + 4 * min(length, int64(14))
        if b < length - 2:
            node += 2 + (known & 1)
        known = 2 * known + _decide_alone(port, words, (size >> b) & 1, alone, uint64(own + node))
    return -known if negative else known


@inlined
def _places_of_last(c, here, block, y, x, columns, energy, geometry, lasts, reference, steps, places, within):
    """Set contexts and weights of the last place."""
    n = int64(0)
    w = int64(0)
    if x > 0 or y > 0:
        n = int64(lasts[block - columns if y > 0 else block - 1])
        w = int64(lasts[block - 1 if x > 0 else block - columns])
    nw = int64(lasts[block - columns - 1]) if x > 0 and y > 0 else n
    ne = int64(lasts[block - columns + 1]) if y > 0 and x < columns - 1 else n
    luma = contexts.reference_last(reference[here], steps) if c > 0 else int64(0)
    chroma = int64(lasts[geometry[1, FIRST] + here]) if c > 1 else int64(0)
    mean = (n + w + 1) >> 1
    wide = (3 * (n + w) + nw + ne + 4) >> 3
    size = size_class(4 * energy)
    base = int64(c) * 64
    places[0] = uint64(base + wide)
    places[1] = uint64(base + n + _PLACE)
    places[2] = uint64(base + w + 2 * _PLACE)
    a = chroma if c > 1 else luma if c > 0 else size * 2 + int64(mean > wide)
    places[3] = uint64(base + a + 3 * _PLACE)
    a = (mean >> 3) * 8 + (luma >> 3 if c > 0 else ne >> 3)
    places[4] = uint64(base + a + 4 * _PLACE)
    within[0] = uint64(wide)
    within[1] = uint64(size)
    within[2] = uint64((chroma if c > 1 else luma if c > 0 else ne) >> 2)


@inlined
def _places_of_value(
    c, k, last, count, off, turned, from_n, from_w, luma, chroma, near, factors, slots, places, within
):
    """Set contexts and weights of a value, and fetch its slots; returns the class of its distance from 0."""
    place = ORDER[k]
    at = PLACES[k]
    unit = factors[UNITS, place]
    own = near[OWN]
    below = int64(own[at + uint64(10)])
    right = int64(own[at + uint64(1)])
    more = abs(int64(own[at + uint64(11)])) + abs(int64(own[at + uint64(20)])) + abs(int64(own[at + uint64(2)]))
    inside = (2 * (abs(below) + abs(right)) + more) * unit >> 12
    sides = near[BESIDE]
    beside = int64(sides[at + uint64(1)]) + int64(sides[at + uint64(21)])
    beside = (beside + int64(sides[at + uint64(10)]) + int64(sides[at + uint64(12)])) * unit >> 12
    around = int64(near[AROUND, place]) << 4
    size = size_class(((around + inside) * 3 + beside >> 5) + ((abs(luma) + abs(chroma)) >> 3))
    mu = abs(off)
    far = min(mu >> 1, 6 + size_class(mu))
    by_around = size_class(around) >> 1
    by_inside = size_class(inside) >> 1
    by_beside = size_class(beside) >> 1
    base = (int64(c > 0) * 64 + k) * CONTEXT_SIZE
    a = by_around * 12 + by_inside
    places[0] = uint64(base + a)
    a = far * 6 + (size >> 2)
    places[1] = uint64(base + a + _CONTEXT)
    a = min(count, int64(11)) * 8 + _AHEAD[uint64(last - k)] + 96 * int64(size > 5)
    places[2] = uint64(base + a + 2 * _CONTEXT)
    a = (signed_class(from_n) * 9 + signed_class(from_w)) * 2 + int64(size > 6)
    places[3] = uint64(base + a + 3 * _CONTEXT)
    if c == 0:
        a = by_beside * 12 + by_around
    elif c == 1:
        a = signed_class(turned * luma) * 12 + by_beside
    else:
        a = signed_class(turned * luma) * 9 + signed_class(turned * chroma) + 108
    places[4] = uint64(base + a + 4 * _CONTEXT)
    within[0] = uint64(k)
    within[1] = uint64(size)
    within[2] = uint64(far >> 1)
    for i in range(CONTEXTS):
        prefetch(slots, uint64(_FURTHER) + places[i] * uint64(_NODES))
    return far


@plain
def _run(port, words, costs, symbols, stop, tables):
    (
        geometry, all_steps, reference, edges, lasts, slots, last_slots, alone, weights, near, factors, places,
        within,
    ) = tables  # fmt: skip
    limit = int64(contexts.FEATURE_LIMIT)
    done = int64(0)
    blocks = int64(0)
    for c in range(len(geometry)):
        columns = geometry[c, COLUMNS]
        steps = all_steps[c]
        first_kind = int64(KINDS) * int64(c > 0)
        if c == 1:
            contexts.make_reference(geometry, symbols, all_steps[0], reference, near)
        contexts.begin_component(steps, near, factors)
        for here in range(geometry[c, ROWS] * columns):
            if done >= stop:
                return done
            y = here // columns
            x = here % columns
            block = geometry[c, FIRST] + here
            values = symbols[block]
            energy = contexts.begin_block(y, x, block, columns, symbols, edges, near)
            rate = _RATES[0] + _RATES[1] * _RATES[2] // (_RATES[2] + blocks)
            blocks += 1
            last = int64(63)
            while last > 0 and values[ORDER[last]] == 0:
                last -= 1
            _places_of_last(c, here, block, y, x, columns, energy, geometry, lasts, reference, steps, places, within)
            last = _code_last(port, words, last, first_kind, rate, last_slots, weights, places, within)
            lasts[block] = last
            done += 63 - last
            other = symbols[geometry[1, FIRST] + here if c > 1 else block]
            luma_block = reference[here if c > 0 else 0]
            count = int64(0)
            for k in range(last, -1, -1):
                place = ORDER[k]
                u = place >> uint64(3)
                v = place & uint64(7)
                mean, from_n, from_w = contexts.predict(u, v, y, x, place, near, factors)
                centre = (mean + 8) >> 4 if k == 0 else int64(0)
                middle = centre << 4
                off = mean - middle
                turned = int64(-1) if off < 0 else int64(1)
                luma = int64(0)
                chroma = int64(0)
                if c > 0:
                    luma = clip((int64(luma_block[place]) >> 4) * factors[UNITS, place] >> 12, -limit, limit)
                if c > 1:
                    level = int64(other[place]) * all_steps[1, place]
                    chroma = clip(level * factors[UNITS, place] >> 12, -limit, limit)
                far = _places_of_value(
                    c, k, last, count, off, turned, turned * (from_n - middle), turned * (from_w - middle), luma,
                    chroma, near, factors, slots, places, within,
                )  # fmt: skip
                value = turned * (int64(values[place]) - centre)
                value = _code_value(
                    port, words, value, k == last and k > 0, far if k >= _EARLY else int64(_CALM),
                    (int64(c > 0) * 64 + k) * 64, first_kind, rate, slots, alone, weights, places, within,
                )  # fmt: skip
                count += int64(value != 0)
                value = turned * value + centre
                values[place] = int16(value)
                end_symbol(port, costs, done)
                done += 1
                if value != 0:
                    level = clip(value, -contexts.LEVEL, contexts.LEVEL) * steps[place]
                    contexts.take(int64(u), int64(v), clip(level, -LIMIT, LIMIT), near)
            contexts.end_block(x, edges, near)
            if overrun(port, words):
                return done - 64
    return done


@kernel(
    "int64(uint64[::1], uint32[::1], uint32[::1], int16[:, ::1], int64, Tuple((int64[:, ::1], int64[:, ::1], "
    "int32[:, ::1], int32[:, :, ::1], uint8[::1], uint32[::1], uint32[::1], uint32[::1], int32[:, ::1], "
    "int32[:, ::1], int64[:, ::1], uint64[::1], uint64[::1])))"
)
def run(port, words, costs, symbols, stop, tables):
    """Code `symbols`, int16[blocks, 64], with fresh tables, as `coefficients.run` does; they are 0 when decoding."""
    return _run(port, words, costs, symbols, stop, tables)
