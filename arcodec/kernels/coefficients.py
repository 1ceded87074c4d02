"""Quantised DCT coefficients of a JPEG picture: the model's loop.

Components are coded one after another, blocks in rows. A block begins with the place of its last coefficient that is
not 0, in zigzag order; from there coefficients are coded towards the lowest frequency, DC last (Lepton: Horn et al.
2017), each by decisions: 0 or not, the sign, the magnitude's length in bits in unary, the bits after the first.
Every decision is predicted by experts, logistic distributions about predicted values (`block_predictor`), and by
slots of contexts (`coefficient_contexts`), mixed by `wide_mixer` and refined by two maps (`weight_sets`).

Signs are turned so that the predicted value is never negative: what was learned of one sign holds for the other.
Each component begins with the weights, maps and scales of the one before.

Bounds. DC's distance from its centre (within +-4095) is below 2**16 in magnitude, so LENGTHS bits do for any int16. A
damaged stream may say more; it is cut to 16 bits. Residuals that scales learn from stay below 2**16, as those of
`residual`; distances from a mean are clipped to _REACH, as `cdf` demands. Inputs are stretches within +-4095, there
are 8 sets, and the push is below 2**16: what `wide_mixer` demands.
"""

from __future__ import annotations

import numpy as np
from numba import int16, int32, int64, uint32, uint64

from arcodec.kernels import block_predictor, residual, wide_mixer
from arcodec.kernels import coefficient_contexts as contexts
from arcodec.kernels.block_predictor import COLUMNS, FIRST, ROWS
from arcodec.kernels.coefficient_contexts import CONTEXTS
from arcodec.kernels.compiling import kernel, plain
from arcodec.kernels.dct import ZIGZAG
from arcodec.kernels.fixed import leading_zeros, stretch_table
from arcodec.kernels.logistic import ONE, cdf, slope, squash_24, stretch_ratio
from arcodec.kernels.port import code_bit, end_symbol, overrun
from arcodec.kernels.residual import clip
from arcodec.kernels.weight_sets import APM_STEPS, APMS, apm_tables, refine, train_apms

EXPERTS = 4
LENGTHS = 17  # bits of a magnitude at most: the difference of two int16
# Kinds of decisions: 0 or not, sign, length > n, the first and second bit after a magnitude's first, the third, the
# others, and the bits of the last coefficient's place.
ZERO, SIGN, LENGTH = 0, 1, 1
FIRST_BIT = LENGTH + LENGTHS
SECOND_BIT = FIRST_BIT + LENGTHS
THIRD_BIT, LATER_BIT, LAST = SECOND_BIT + LENGTHS, SECOND_BIT + LENGTHS + 1, SECOND_BIT + LENGTHS + 2
KINDS = LAST + 6

SET_SIZES = (1, 64, 24, 16 * 3, 12 * 12, 16, 64, 64)  # contexts of each weight set, per kind and component
SETS = len(SET_SIZES)
_STARTS = np.cumsum((0, *SET_SIZES[:-1])).astype(np.int64)
_ROWS = sum(SET_SIZES)
_SIZES = np.array(SET_SIZES, np.int64)
INPUTS = -(-(EXPERTS + CONTEXTS + 1) // wide_mixer.LANES) * wide_mixer.LANES
APM_CONTEXTS = 64
_RATES = 16, 70, 3000  # of the mixer: its end, what it starts above that, blocks that halve this
_START_EXPERT, _START_CONTEXT = 14000, 5000  # weights, 2**-16
_FLOOR = 24  # of an expert's masses, 2**-24
_MOST_MET = 1000
_SLOT_RATES = np.array([max(65536 * 2 // (2 * n + 3), 252) for n in range(1024)], np.int64)
_TRUST = np.array([256 * (n + 1) // (n + 4) for n in range(1024)], np.int64)  # in a slot met n times, 2**-8
_STRETCH = stretch_table()
_GOLDEN = 0x9E3779B97F4A7C15
_REACH = (1 << 20) - 1
MAX_BITS = 18


def table_shapes(components: int, blocks: int) -> list[tuple[tuple[int, ...], type]]:
    """Shapes and dtypes of the tables of `allocate` after those of `block_predictor`."""
    bits = min(max((64 * blocks).bit_length(), 12), MAX_BITS)
    return [
        ((2, EXPERTS, components, contexts.SCALES), np.int64),
        ((components * KINDS * _ROWS, INPUTS), np.int32),
        ((APMS, components * KINDS * APM_CONTEXTS, APM_STEPS), np.int32),
        ((CONTEXTS, 1 << bits), np.uint32),
        ((INPUTS,), np.int32),
        ((11, 64), np.int64),
    ]


def memory(geometry: np.ndarray, blocks: int) -> int:
    """Bytes of the tables, an upper bound."""
    tables = sum(int(np.prod(s)) * np.dtype(t).itemsize for s, t in table_shapes(len(geometry), blocks))
    return tables + block_predictor.memory(geometry) + (1 << 20)


def allocate(geometry: np.ndarray, steps: np.ndarray, blocks: int) -> tuple[object, ...]:
    """Fresh tables as `run` takes them after `stop`; geometry as for `run`."""
    components = len(geometry)
    tables: list[np.ndarray] = [np.zeros(s, t) for s, t in table_shapes(components, blocks)]
    scales, weights, apms, slots, _, _ = tables
    scales[:] = contexts.scale_table(EXPERTS, components)
    start = weights[: components * KINDS]
    start[:, :EXPERTS] = _START_EXPERT
    start[:, EXPERTS : EXPERTS + CONTEXTS] = _START_CONTEXT
    apms[:] = np.array(apm_tables(1)[0, 0], np.int32)
    slots[:] = 1 << 31
    return (geometry, steps, *block_predictor.allocate(geometry), *tables)


@plain
def _decide(port, words, bit, kind, node, component, components, rate, learned):
    """Code one decision and learn from it; the experts' inputs are set. `node` tells its like in hashes."""
    weights, apms, slots, inputs, places, selected, hashes, within = learned
    shift = leading_zeros(int64(slots.shape[1])) + 1
    for k in range(CONTEXTS):
        h = uint64(hashes[k] + node * 0x2545F4914F6CDD1D) * uint64(_GOLDEN)
        h = (h ^ (h >> uint64(31))) * uint64(_GOLDEN)
        place = int64(h >> uint64(shift))
        places[k] = place
        slot = slots[k, place]
        met = int64(slot & uint32(1023))
        inputs[EXPERTS + k] = int32(int64(_STRETCH[slot >> uint32(20)]) * _TRUST[met] >> 8)
    inputs[EXPERTS + CONTEXTS] = 256
    own = component * KINDS + kind
    for s in range(SETS):
        selected[s] = _STARTS[s] * KINDS * components + own * _SIZES[s] + within[s]
    _, stretch = wide_mixer.mix(weights, selected, inputs, SETS, EXPERTS)
    p = squash_24(stretch)
    first = own * APM_CONTEXTS + within[8]
    second = own * APM_CONTEXTS + within[9]
    refined = refine(apms, first, second, stretch, p)
    bit = code_bit(port, words, refined, bit)
    error = ((bit << 24) - p) >> 8
    wide_mixer.train(weights, selected, inputs, SETS, (error * rate) >> 10)
    train_apms(apms, first, second, stretch, bit)
    target = int64((1 << 22) - 1) * bit
    for k in range(CONTEXTS):
        slot = int64(slots[k, places[k]])
        met = slot & 1023
        chance = slot >> 10
        chance += ((target - chance) * _SLOT_RATES[met]) >> 16
        slots[k, places[k]] = uint32((chance << 10) | min(met + 1, int64(_MOST_MET)))
    return bit


@plain
def _inherit(scales, weights, apms, component, components):
    """Begin a component with what the one before has learned."""
    for k in range(2):
        for e in range(EXPERTS):
            for i in range(scales.shape[3]):
                scales[k, e, component, i] = scales[k, e, component - 1, i]
    for s in range(SETS):
        count = KINDS * _SIZES[s]
        begin = _STARTS[s] * KINDS * components + component * count
        for row in range(begin, begin + count):
            for i in range(INPUTS):
                weights[row, i] = weights[row - count, i]
    count = KINDS * APM_CONTEXTS
    for k in range(APMS):
        for row in range(component * count, component * count + count):
            for i in range(APM_STEPS):
                apms[k, row, i] = apms[k, row - count, i]


@plain
def _below(experts, e, threshold):
    """An expert's CDF below a threshold."""
    return cdf(clip((threshold << 8) - 128 - experts[0, e], -_REACH, _REACH), experts[1, e])


@plain
def _code_last(port, words, last, component, components, rate, learned):
    """Code the place of the last coefficient other than 0, 0 ... 63."""
    inputs = learned[3]
    for e in range(EXPERTS):
        inputs[e] = 0
    node = int64(1)
    for b in range(6):
        bit = (last >> (5 - b)) & 1
        bit = _decide(port, words, bit, int64(LAST + b), int64(1 << 20) + node, component, components, rate, learned)
        node = node * 2 + bit
    return node & 63


@plain
def _code_value(
    port, words, value, certain, component, components, experts, rate, learned
):  # fmt: skip
    """Code a value; `certain`: that it is not 0."""
    inputs = learned[3]
    means = experts[0]
    floors = experts[2]
    tops = experts[3]
    if not certain:
        for e in range(EXPERTS):
            zero = _below(experts, e, int64(1)) - _below(experts, e, int64(0))
            inputs[e] = stretch_ratio(ONE - zero + _FLOOR, zero + _FLOOR)
        if not _decide(
            port, words, int64(value != 0), int64(ZERO), int64(ZERO), component, components, rate, learned
        ):
            return int64(0)
    for e in range(EXPERTS):
        floors[e] = _below(experts, e, int64(0))
        tops[e] = ONE - _below(experts, e, int64(1))
        inputs[e] = stretch_ratio(floors[e] + _FLOOR, tops[e] + _FLOOR)
    negative = _decide(
        port, words, int64(value < 0), int64(SIGN), int64(certain) + 1, component, components, rate, learned
    )
    for e in range(EXPERTS):
        if negative:
            means[e] = -means[e]
        floors[e] = _below(experts, e, int64(1))
        tops[e] = ONE
    size = abs(value)
    length = int64(1)
    side = negative * 4096
    while length < LENGTHS:
        threshold = int64(1) << length
        bit = _split(
            port, words, size, threshold, int64(LENGTH + length), side + 4 + length, component, components, experts,
            rate, learned,
        )  # fmt: skip
        if not bit:
            break
        length += 1
    known = int64(1) << (length - 1)
    for b in range(length - 2, -1, -1):
        done = length - 2 - b
        if done == 0:
            kind = int64(FIRST_BIT + length)
            node = side + 32 + length
        elif done == 1:
            kind = int64(SECOND_BIT + length)
            node = side + 64 + 2 * length + ((known >> (b + 1)) & 1)
        elif done == 2:
            kind = int64(THIRD_BIT)
            node = side + 128 + 4 * length + ((known >> (b + 1)) & 3)
        else:
            kind = int64(LATER_BIT)
            node = side + 256 + 32 * length + b
        bit = _split(
            port, words, size, known + (int64(1) << b), kind, node, component, components, experts, rate, learned,
        )  # fmt: skip
        known += bit << b
    return -known if negative else known


@plain
def _split(
    port, words, size, threshold, kind, node, component, components, experts, rate, learned,
):  # fmt: skip
    """Code whether a magnitude reaches a threshold within the range that is open."""
    inputs = learned[3]
    middles = learned[5]
    floors = experts[2]
    tops = experts[3]
    first = int64(SETS)  # the weight sets leave this part of `selected` free
    for e in range(EXPERTS):
        middle = _below(experts, e, threshold)
        middles[first + e] = middle
        inputs[e] = stretch_ratio(
            max(tops[e] - middle, int64(0)) + _FLOOR, max(middle - floors[e], int64(0)) + _FLOOR
        )
    bit = _decide(port, words, int64(size >= threshold), kind, node, component, components, rate, learned)
    for e in range(EXPERTS):
        if bit:
            floors[e] = middles[first + e]
        else:
            tops[e] = middles[first + e]
    return bit


@plain
def _run(port, words, costs, symbols, stop, tables):
    (
        geometry, all_steps, reference, edges, predictors, features, near, scalars,
        scales, weights, apms, slots, inputs, vectors,
    ) = tables  # fmt: skip
    predictor, spreads = predictors
    components = len(geometry)
    hashes = vectors[0]
    within = vectors[1]
    means = vectors[2]
    slopes = vectors[3]
    experts = vectors[2:6]  # means, slopes, CDF below and up to the ends of the open range
    kept = vectors[6]
    scale_contexts = vectors[7]
    summary = vectors[8]
    learned = (weights, apms, slots, inputs, vectors[9], vectors[10], hashes, within)
    decided = int64(0)
    done = int64(0)
    for c in range(components):
        rows = geometry[c, ROWS]
        columns = geometry[c, COLUMNS]
        start = geometry[c, FIRST]
        steps = all_steps[c]
        block_predictor.begin_component(c, geometry, symbols, all_steps, reference, near, predictor, spreads)
        if c > 0:
            _inherit(scales, weights, apms, int64(c), components)
        for block in range(start, start + rows * columns):
            if done >= stop:
                return done
            y = (block - start) // columns
            x = (block - start) % columns
            own = symbols[block]
            block_predictor.begin_block(c, y, x, geometry, symbols, all_steps, reference, edges, near)
            rate = _RATES[0] + _RATES[1] * _RATES[2] // (_RATES[2] + decided)
            decided += 1

            last = int64(0)
            for k in range(63, 0, -1):
                if own[ZIGZAG[k]] != 0:
                    last = int64(k)
                    break
            contexts.of_last(hashes, within, near, c)
            last = _code_last(port, words, last, int64(c), components, rate, learned)
            for k in range(63, last, -1):
                own[ZIGZAG[k]] = int16(0)
                end_symbol(port, costs, done)
                done += 1
            summary[0] = 0
            summary[1] = 0
            for k in range(last, -1, -1):
                place = ZIGZAG[k]
                mean = block_predictor.predict(place, c, y, x, near, predictor, spreads, features, scalars)
                centre = (mean + 128) >> 8 if k == 0 else int64(0)
                turned = int64(-1) if mean - (centre << 8) < 0 else int64(1)
                contexts.of_value(
                    hashes, within, scale_contexts, near, scalars, place, int64(k), last, c, mean, centre, turned,
                    summary,
                )  # fmt: skip
                contexts.means(kept, scalars, place, mean)
                for e in range(EXPERTS):
                    means[e] = turned * (kept[e] - (centre << 8))
                    slopes[e] = slope(residual.log_scale(scales, e, c, scale_contexts[e]))
                value = turned * (int64(own[place]) - centre)
                certain = k == last and k > 0
                value = _code_value(
                    port, words, value, certain, int64(c), components, experts, rate, learned,
                )  # fmt: skip
                value = turned * value + centre
                own[place] = int16(value)
                end_symbol(port, costs, done)
                done += 1
                for e in range(EXPERTS):
                    error = min(abs((value << 8) - kept[e]), int64(65535))
                    residual.learn_scale(scales, e, c, scale_contexts[e], error)
                summary[0] += int64(value != 0)
                summary[1] += min(abs(value), int64(255))
                block_predictor.reveal(
                    place, clip(value, -2047, 2047), mean, near, predictor, spreads, features, steps, scalars
                )
            block_predictor.end_block(x, edges, near)
            if overrun(port, words):
                return done - 64
    return done


@kernel(
    "int64(uint64[::1], uint32[::1], uint32[::1], int16[:, ::1], int64, Tuple(("
    "int64[:, ::1], int64[:, ::1], int32[:, ::1], int32[:, :, ::1], UniTuple(Tuple((int32[:, ::1], int32[:, ::1], "
    "int32[:, ::1], int64[::1], int32[::1], int64[:, ::1], int64[::1])), 2), int32[:, ::1], "
    "int64[:, ::1], int64[::1], int64[:, :, :, ::1], int32[:, ::1], int32[:, :, ::1], uint32[:, ::1], int32[::1], "
    "int64[:, ::1])))"
)
def run(port, words, costs, symbols, stop, tables):
    """Code `symbols`, int16[blocks, 64], with fresh tables; see `arcodec.models.base.Model.run`.

    geometry: int64[components, 5], rows, columns, first block, and luma blocks per block in each direction.
    steps: int64[components, 64].
    """
    return _run(port, words, costs, symbols, stop, tables)
