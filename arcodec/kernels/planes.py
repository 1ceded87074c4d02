"""The second pixel model's loop; its tiers are data.

As in `pixels`: least-squares predictors, their blend, the blend with its bias removed, a lattice of values, recall.
New: channels may be known beforehand, as a whole, and predict the others; contexts correct what the experts say of
each decision (`pixel_contexts`), and everything is mixed by `wide_mixer`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import int32, int64, uint8

from arcodec.kernels import (
    experts,
    lattice,
    least_squares,
    pixel_contexts,
    pixel_tier,
    recall,
    residual,
    weight_sets,
    wide_mixer,
)
from arcodec.kernels.compiling import kernel, plain
from arcodec.kernels.decisions import advance, threshold
from arcodec.kernels.fixed import leading_zeros
from arcodec.kernels.least_squares import BLOCK, MARGIN
from arcodec.kernels.logistic import log2_q6, squash_24, stretch_ratio
from arcodec.kernels.pixel_contexts import LIMIT, MOST
from arcodec.kernels.pixel_tier import Tier
from arcodec.kernels.port import code_bit, end_symbol, overrun
from arcodec.kernels.residual import clip
from arcodec.kernels.weight_sets import APM_CONTEXTS, APM_STEPS, APMS, NODES, SETS
from arcodec.kernels.window import begin_row

CHANNELS = 3  # coded ones at most
HERE, WINDOW_ROWS = 3, 5  # the window's row of the pixel; one more, below, for known channels
ERROR_ROWS = 3
VECTORS = 14  # short working arrays
_WIDTH = 128  # of those
_OTHERS = 2  # inputs after the experts: lattice and recall
_START_PREDICTORS, _START_LATER, _START_OTHERS, _START_CONTEXTS = 18000, 13000, (26000, 20000), 4000  # 2**-16


def _width(tier: Tier, coded: int) -> int:
    """Inputs of the mixer, filled up to whole vectors."""
    inputs = len(tier.predictors) + experts.AFTER + _OTHERS + len(tier.contexts(coded))
    return -(-inputs // wide_mixer.LANES) * wide_mixer.LANES


def table_shapes(tier: Tier, shape: Sequence[int], known: int) -> list[tuple[tuple[int, ...], type]]:
    """Shapes and dtypes of all tables of `allocate`, in order, but for those of the tier."""
    rows, columns, channels = shape
    coded = channels - known
    stride = (columns + 2 * MARGIN) * channels
    sizes = [n + coded for n in pixel_tier.features(tier, coded, known)]
    blocks = [-(-columns // p.rates[BLOCK]) + 1 for p in tier.predictors]
    pasts = [(2, b, n * (n + 1) // 2) for b, n in zip(blocks, sizes, strict=True)]
    predictors, size = len(sizes), max(sizes)
    vectors = -(-size // 8) * 8
    count = predictors + experts.AFTER
    contexts = len(tier.contexts(coded))
    width = _width(tier, coded)
    pixels = (rows * columns).bit_length()
    lattice_bits = min(max(pixels + 4, 12), lattice.MAX_BITS)
    recall_bits = min(max(pixels, 8), recall.MAX_BITS)
    bits = min(tier.bits, max(pixels + 2, 10))
    return [
        *((past, np.int32) for past in pasts + [(2, 1, 1)] * (MOST - predictors)),
        ((predictors, 2, size * (size + 1) // 2), np.int32),
        ((predictors, 2, size + 4, vectors), np.int32),
        ((predictors, vectors), np.int64),
        ((predictors, vectors), np.int32),
        ((WINDOW_ROWS * stride,), np.int32),
        ((count, ERROR_ROWS * stride), np.int32),
        ((2, count, coded, residual.SCALES), np.int64),
        ((2, coded, residual.BIAS_CONTEXTS), np.int64),
        ((coded * NODES * weight_sets.ROWS, width), np.int32),
        ((APMS, coded * NODES * APM_CONTEXTS, APM_STEPS), np.int32),
        ((coded, 1 << lattice_bits), np.uint8),
        ((coded, 2, lattice.FAMILIES), np.uint8),
        ((3, coded, lattice.STATES), np.int64),
        ((coded, 1 << recall_bits), np.uint32),
        ((coded, recall.BUCKETS), np.int64),
        ((contexts, coded << bits), np.int32),
        ((VECTORS, _WIDTH), np.int64),
        ((3, lattice.WINDOW + 1), np.int64),
        ((3, 256), np.int64),
        ((width,), np.int32),
    ]


def allocate(tier: Tier, shape: Sequence[int], known: int, uneven: bool = False) -> tuple[object, ...]:
    """Fresh tables for samples of `shape`, whose first channels are `known`, as `run` takes them after `stop`.

    `uneven`: the lattice also weighs how often each value comes (see `lattice.weigh`), for one coded channel.
    """
    _, columns, channels = shape
    coded = channels - known
    stride = (columns + 2 * MARGIN) * channels
    tables: list[np.ndarray] = [np.zeros(s, t) for s, t in table_shapes(tier, shape, known)]
    pasts = tuple(tables[:MOST])
    window, errors, scales, biases, weights, apms, _, _, lattices, _, trust, *_, levels, _ = tables[MOST + 4 :]
    predictors = len(tier.predictors)
    count = predictors + experts.AFTER
    experts.begin(window, errors, scales, biases, lattices, trust)
    levels[:] = lattice.levels_table()
    start = weights[: coded * NODES * weight_sets.SIZES[0]]
    start[:, :predictors] = _START_PREDICTORS // predictors
    start[:, predictors:count] = _START_LATER
    start[:, count : count + _OTHERS] = _START_OTHERS
    start[:, count + _OTHERS : count + _OTHERS + len(tier.contexts(coded))] = _START_CONTEXTS
    apms[:] = weight_sets.apm_tables(coded)
    data = (
        np.array([known, *tier.rates, uneven], np.int64),
        np.array(pixel_tier.features(tier, coded, known), np.int64),
        pixel_tier.offsets(tier, coded, known, stride),
        pixel_tier.rates(tier),
        pixel_contexts.table(tier.contexts(coded)),
        pixel_contexts.needed(tier.contexts(coded)),
    )
    return (*data, pasts, *tables[MOST:])


@plain
def _load_known(window, symbols, y, row, known):
    """Put the known channels of row y, or the last one, into a row of the window, continued beyond its edges."""
    rows, columns, channels = symbols.shape
    begin = row * (columns + 2 * MARGIN) * channels
    for u in range(columns + 2 * MARGIN):
        x = min(max(u - MARGIN, int64(0)), columns - 1)
        for k in range(known):
            window[begin + u * channels + k] = int32(symbols[min(y, rows - 1), x, k])


@plain
def _run(port, words, costs, symbols, stop, tables):
    (
        settings, features, offsets, rates, catalogue, wanted, pasts, sums, factors, work, samples, window, errors,
        scales, biases, weights, apms, counts, families, lattices, memories, trust, slots, vectors, near_values,
        levels, inputs,
    ) = tables  # fmt: skip
    known = settings[0]
    uneven = settings[4] != 0
    rows, columns, channels = symbols.shape
    coded = channels - known
    stride = (columns + 2 * MARGIN) * channels
    predictors = len(features)
    blend = predictors  # experts after the predictors
    centred = predictors + 1
    count = predictors + experts.AFTER
    first_context = count + _OTHERS
    colours = coded == 3 and known == 0
    mask = int64(counts.shape[1] - 1)
    memory_bits = int64(63) - leading_zeros(int64(memories.shape[1]))
    slot_bits = int64(63) - leading_zeros(slots.shape[1] // coded)
    hits = lattices[0]
    expected = lattices[1]
    ratios = lattices[2]

    means, slopes, energies, contexts, leanings, floors, tops, middles = experts.rows(vectors)
    places = vectors[8]
    selected = vectors[9]
    within = vectors[10]  # contexts within the weight sets
    guesses = vectors[11]
    quantities = vectors[12]
    slot_places = vectors[13]
    states = near_values[0]
    masses = near_values[1]
    lattice_sums = near_values[2]
    done = int64(0)
    decisions = int64(0)
    _load_known(window, symbols, int64(0), int64(HERE), known)
    _load_known(window, symbols, int64(1), int64(HERE + 1), known)

    for y in range(rows):
        if y > 0:
            begin_row(window, columns, channels, HERE * stride)
            _load_known(window, symbols, y, int64(HERE), known)
            _load_known(window, symbols, y + 1, int64(HERE + 1), known)
            for e in range(count):
                begin_row(errors[e], columns, channels, (ERROR_ROWS - 1) * stride)
        for k in range(predictors):
            least_squares.begin_row(pasts[k], sums, rates, k)
        for x in range(columns):
            pixel = HERE * stride + (MARGIN + x) * channels
            for k in range(predictors):
                least_squares.begin_pixel(
                    k, pasts[k], sums, rates, factors, work, samples, offsets, features[k], window, pixel, x, coded
                )
            rate = settings[1] + (settings[2] - settings[1]) * settings[3] // (settings[3] + decisions)
            loud = int64(0)
            for c in range(coded):
                if done >= stop:
                    return done
                place = pixel + known + c
                spot = place - (HERE + 1 - ERROR_ROWS) * stride
                west = int64(window[place - channels])

                # Means: the predictors', their blend, and that without its bias.
                for k in range(predictors):
                    means[k] = clip((west << 8) + least_squares.prediction(work, k, features[k] + c), 0, experts.TOP)
                    energies[k] = residual.energy(errors, k, spot, channels, stride)
                mean = experts.centre(
                    means, energies, contexts, leanings, errors, biases, window, place, spot, c, channels, stride,
                    predictors,
                )  # fmt: skip
                loud += energies[blend]
                scale, lively = experts.spread(
                    slopes, contexts, scales, means, energies, errors, window, place, spot, c, channels, stride,
                    predictors,
                )  # fmt: skip
                centre = (mean + 128) >> 8
                parity = (y & 1) * 2 + (x & 1)
                experts.place_in_sets(
                    within, errors, window, place, spot, c, channels, stride, centred, centre, scale, parity,
                    5, 2,
                )  # fmt: skip

                # The lattice near the mean.
                if colours:
                    lattice.contexts(places, window, pixel, c, channels, stride, mask)
                else:
                    lattice.plane_contexts(places, window, place, channels, stride, mask)
                familiar = lattice.familiarity(families, c, places)
                within[6] = familiar
                reach = clip(scale >> 6, 8, lattice.REACH)
                first = max(centre - reach, int64(0))
                width = min(centre + reach, int64(255)) - first + 1
                edge = lattice.look_up(
                    counts, c, places, ratios, familiar, mean, slopes[centred], first, width, states, masses,
                    lattice_sums, mask,
                )  # fmt: skip
                if uneven:
                    lattice.weigh(levels, lattice_sums, first, width)

                # Recall.
                near = recall.neighbourhood(window, pixel, known + c, channels, stride)
                memory_place = recall.slot(near, memory_bits)
                check = recall.check(near)
                memory = int64(memories[c, memory_place])
                bucket = recall.bucket(memory, check)
                recalled = memory & 255 if bucket > 0 else int64(-1)
                belief = stretch_ratio(trust[c, bucket], 65536 - trust[c, bucket])

                # What contexts are made of.
                if len(catalogue) > 0:
                    pixel_contexts.guess(
                        guesses, window, errors[blend], means, place, spot, channels, stride, c, predictors
                    )
                    pixel_contexts.value(quantities, window, place, channels, stride, c)
                    quantities[pixel_contexts.SCALE] = within[1]
                    quantities[pixel_contexts.TEXTURE] = within[2]
                    quantities[pixel_contexts.SIGNS] = within[4]
                    quantities[pixel_contexts.ERRORS_BEFORE] = within[3]
                    quantities[pixel_contexts.PARITY] = parity
                    quantities[pixel_contexts.ACTIVITY] = log2_q6(lively + 1) >> 5

                # Decisions.
                value = int64(symbols[y, x, known + c])
                low = int64(0)
                high = int64(255)
                phase = int64(0)
                step = int64(0)
                jump = max((scale * 282 + 32768) >> 16, int64(1))
                experts.open_range(floors, tops, count)
                while low < high:
                    middle, kind, phase = threshold(phase, step, max(centre, int64(1)), jump, low, high)
                    experts.say(inputs, means, slopes, floors, middles, tops, middle, count)
                    inputs[count] = experts.lattice_says(
                        lattice_sums, floors[centred], middles[centred], tops[centred], edge, low, middle, high,
                        first, width,
                    )  # fmt: skip
                    inputs[count + 1] = 0
                    within[0] = 0
                    if low <= recalled <= high:
                        inputs[count + 1] = belief if recalled >= middle else -belief
                        within[0] = bucket
                    if len(catalogue) > 0:
                        pixel_contexts.quantise(quantities, wanted, guesses, middle, scale >> 1)
                        pixel_contexts.look_up(
                            slots, catalogue, quantities, c, kind, slot_bits, slot_places, inputs, first_context
                        )

                    node = c * NODES + kind
                    for s in range(SETS):
                        selected[s] = weight_sets.row(s, coded, node, within[s])
                    alone, stretch = wide_mixer.mix(weights, selected, inputs, SETS, first_context)
                    p = squash_24(stretch)
                    first_apm = node * APM_CONTEXTS + within[2]
                    second_apm = node * APM_CONTEXTS + (centre >> 2)
                    refined = weight_sets.refine(apms, first_apm, second_apm, stretch, p)
                    bit = code_bit(port, words, refined, int64(value >= middle))
                    error = ((bit << 24) - p) >> 8
                    wide_mixer.train(weights, selected, inputs, SETS, (error * rate) >> 10)
                    weight_sets.train_apms(apms, first_apm, second_apm, stretch, bit)
                    pixel_contexts.learn(slots, len(catalogue), slot_places, clip(alone, -LIMIT, LIMIT), bit)
                    decisions += 1

                    experts.narrow(floors, middles, tops, bit, count)
                    low, high, phase, step = advance(low, middle, high, phase, step, bit)
                value = low
                end_symbol(port, costs, done)
                symbols[y, x, known + c] = uint8(value)
                window[place] = int32(value)

                # What the sample teaches.
                lattice.learn(
                    counts, c, places, ratios, hits, expected, first, width, states, masses, value, done, mask
                )
                if uneven:
                    lattice.learn_levels(levels, masses, first, width, value, done)
                if bucket > 0:
                    recall.learn_trust(trust, c, bucket, value == recalled)
                recall.memorise(memories, c, memory_place, memory, check, value)
                residual.learn_bias(biases, c, leanings, (value << 8) - means[blend])
                experts.learn(errors, scales, contexts, means, value, spot, c, count)
                for k in range(predictors):
                    target = features[k] + c
                    least_squares.reveal(factors, work, samples, k, target, features[k] + coded, value - west)
                done += 1
            if overrun(port, words):
                return done - coded
            share = least_squares.share(loud // coded)
            for k in range(predictors):
                least_squares.end_pixel(k, pasts[k], sums, rates, samples, features[k] + coded, x, columns, share)
    return done


@kernel(
    "int64(uint64[::1], uint32[::1], uint32[::1], uint8[:, :, ::1], int64, Tuple(("
    "int64[::1], int64[::1], int64[:, :, ::1], int32[:, ::1], int64[:, ::1], int64[::1], "
    "UniTuple(int32[:, :, ::1], 4), int32[:, :, ::1], int32[:, :, :, ::1], int64[:, ::1], int32[:, ::1], int32[::1], "
    "int32[:, ::1], int64[:, :, :, ::1], int64[:, :, ::1], int32[:, ::1], int32[:, :, ::1], uint8[:, ::1], "
    "uint8[:, :, ::1], int64[:, :, ::1], "
    "uint32[:, ::1], int64[:, ::1], int32[:, ::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], int32[::1])))"
)
def run(port, words, costs, symbols, stop, tables):
    """Code the channels of `symbols`, uint8[rows, columns, channels], that are not known, with fresh tables.

    See `arcodec.models.base.Model.run`; `stop` and `costs` count coded samples only.
    """
    return _run(port, words, costs, symbols, stop, tables)
