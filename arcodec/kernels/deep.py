"""The loop of the model of deep samples, 9 to 16 bits; its tiers are data.

As in `planes`: least-squares predictors, their blend, the blend with its bias removed, contexts that correct what
these say of each decision, a mixer, two APMs. There is no lattice and no recall: exact values hardly come again. What
is measured in steps there is measured by the noise around here (`deep_experts`), and the last decisions of a sample,
within half of the noise, are what the blend without bias says, not mixed, and teach nobody.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import int32, int64, uint8

from arcodec.kernels import (
    deep_experts,
    experts,
    least_squares,
    pixel_contexts,
    pixel_tier,
    residual,
    weight_sets,
    wide_mixer,
)
from arcodec.kernels.compiling import kernel, plain
from arcodec.kernels.decisions import advance, threshold
from arcodec.kernels.fixed import leading_zeros
from arcodec.kernels.least_squares import BLOCK, MARGIN, WIDE_LIMIT
from arcodec.kernels.logistic import log2_q6, squash_24
from arcodec.kernels.pixel_contexts import COARSE, LIMIT, MOST
from arcodec.kernels.pixel_tier import Tier
from arcodec.kernels.port import code_bit, end_symbol, overrun
from arcodec.kernels.residual import clip, trit
from arcodec.kernels.weight_sets import APM_CONTEXTS, APM_STEPS, APMS, NODES, SETS
from arcodec.kernels.window import begin_row

HERE, WINDOW_ROWS = 3, 4  # the window's row of the pixel
ERROR_ROWS = 3
VECTORS = 13  # short working arrays
_WIDTH = 128  # of those
_START_PREDICTORS, _START_LATER, _START_CONTEXTS = 18000, 13000, 4000  # 2**-16
_LEVEL = 512  # Q8: statistics are gathered as if the residuals around had this size


def _width(tier: Tier, channels: int) -> int:
    """Inputs of the mixer, filled up to whole vectors."""
    inputs = len(tier.predictors) + deep_experts.AFTER + len(tier.contexts(channels))
    return -(-inputs // wide_mixer.LANES) * wide_mixer.LANES


def table_shapes(tier: Tier, shape: Sequence[int]) -> list[tuple[tuple[int, ...], type]]:
    """Shapes and dtypes of all tables of `allocate`, in order, but for those of the tier."""
    rows, columns, channels = shape[0], shape[1], shape[2] // 2
    stride = (columns + 2 * MARGIN) * channels
    sizes = [n + channels for n in pixel_tier.features(tier, channels, 0)]
    blocks = [-(-columns // p.rates[BLOCK]) + 1 for p in tier.predictors]
    pasts = [(2, b, n * (n + 1) // 2) for b, n in zip(blocks, sizes, strict=True)]
    predictors, size = len(sizes), max(sizes)
    vectors = -(-size // 8) * 8
    count = predictors + deep_experts.AFTER
    contexts = len(tier.contexts(channels))
    width = _width(tier, channels)
    bits = min(tier.bits, max((rows * columns).bit_length() + 2, 10))
    return [
        *((past, np.int32) for past in pasts + [(2, 1, 1)] * (MOST - predictors)),
        ((predictors, 2, size * (size + 1) // 2), np.int32),
        ((predictors, 2, size + 4, vectors), np.int32),
        ((predictors, vectors), np.int64),
        ((predictors + 1, vectors), np.int32),
        ((WINDOW_ROWS * stride,), np.int32),
        ((count, ERROR_ROWS * stride), np.int32),
        ((2, count, channels, deep_experts.SCALES), np.int64),
        ((2, channels, residual.BIAS_CONTEXTS), np.int64),
        ((channels * NODES * weight_sets.ROWS, width), np.int32),
        ((APMS, channels * NODES * APM_CONTEXTS, APM_STEPS), np.int32),
        ((contexts, channels << bits), np.int32),
        ((VECTORS, _WIDTH), np.int64),
        ((width,), np.int32),
    ]


def allocate(tier: Tier, shape: Sequence[int], largest: int) -> tuple[object, ...]:
    """Fresh tables for symbols of `shape`, samples 0 ... `largest`, as `run` takes them after `stop`."""
    columns, channels = shape[1], shape[2] // 2
    stride = (columns + 2 * MARGIN) * channels
    tables: list[np.ndarray] = [np.zeros(s, t) for s, t in table_shapes(tier, shape)]
    pasts = tuple(tables[:MOST])
    window, errors, scales, biases, weights, apms, *_ = tables[MOST + 4 :]
    predictors = len(tier.predictors)
    count = predictors + deep_experts.AFTER
    window[:] = (largest + 1) >> 1
    errors[:] = (largest + 1) << 4
    scales[:] = deep_experts.scale_table(count, channels)
    biases[1] = 1
    start = weights[: channels * NODES * weight_sets.SIZES[0]]
    start[:, :predictors] = _START_PREDICTORS // predictors
    start[:, predictors:count] = _START_LATER
    start[:, count : count + len(tier.contexts(channels))] = _START_CONTEXTS
    apms[:] = weight_sets.apm_tables(channels)
    data = (
        np.array([largest, *tier.rates], np.int64),
        np.array(pixel_tier.features(tier, channels, 0), np.int64),
        pixel_tier.offsets(tier, channels, 0, stride),
        pixel_tier.rates(tier),
        pixel_contexts.table(tier.contexts(channels)),
        pixel_contexts.needed(tier.contexts(channels)),
    )
    return (*data, pasts, *tables[MOST:])


@plain
def _quantise(quantities, wanted, guesses, middle, slope, unit):
    """As `pixel_contexts.quantise`, distances in quarters of a scale; values in units of the noise."""
    point = (middle << 8) - 128
    for q in wanted:
        if q < COARSE:
            distance = (guesses[q] - point) * slope >> 23
            steps = pixel_contexts.HALVES[min(abs(distance) >> 5, int64(255))]
            quantities[q] = steps if distance >= 0 else -steps
        else:
            distance = (guesses[q - COARSE] - point) * slope >> 23
            quantities[q] = trit(distance, 64) + 3 * int64(abs(distance) > 256)
    quantities[pixel_contexts.THRESHOLD] = middle >> unit


@plain
def _run(port, words, costs, symbols, stop, tables):
    (
        settings, features, offsets, rates, catalogue, wanted, pasts, sums, factors, work, samples, window, errors,
        scales, biases, weights, apms, slots, vectors, inputs,
    ) = tables  # fmt: skip
    rows, columns, width = symbols.shape
    channels = width >> 1
    stride = (columns + 2 * MARGIN) * channels
    largest = settings[0]
    top = largest << 8
    coarse = max(int64(64) - leading_zeros(largest) - 6, int64(0))
    predictors = len(features)
    blend = predictors  # experts after the predictors
    centred = predictors + 1
    count = predictors + deep_experts.AFTER
    slot_bits = int64(63) - leading_zeros(slots.shape[1] // channels)

    means, slopes, energies, contexts, leanings, floors, tops, middles = experts.rows(vectors)
    selected = vectors[8]
    within = vectors[9]  # contexts within the weight sets
    guesses = vectors[10]
    quantities = vectors[11]
    slot_places = vectors[12]
    done = int64(0)
    decisions = int64(0)

    for y in range(rows):
        if y > 0:
            begin_row(window, columns, channels, HERE * stride)
            for e in range(count):
                begin_row(errors[e], columns, channels, (ERROR_ROWS - 1) * stride)
        for k in range(predictors):
            least_squares.begin_row(pasts[k], sums, rates, k)
        for x in range(columns):
            pixel = HERE * stride + (MARGIN + x) * channels
            for k in range(predictors):
                least_squares.begin_pixel(
                    k, pasts[k], sums, rates, factors, work, samples, offsets, features[k], window, pixel, x,
                    channels, WIDE_LIMIT,
                )  # fmt: skip
            rate = settings[1] + (settings[2] - settings[1]) * settings[3] // (settings[3] + decisions)
            loud = int64(0)
            for c in range(channels):
                if done >= stop:
                    return done
                place = pixel + c
                spot = place - (HERE + 1 - ERROR_ROWS) * stride
                west = int64(window[place - channels])

                # Means: the predictors', their blend, and that without its bias.
                for k in range(predictors):
                    guess = least_squares.prediction(work, k, features[k] + c, WIDE_LIMIT)
                    means[k] = clip((west << 8) + guess, 0, top)
                    energies[k] = residual.energy(errors, k, spot, channels, stride)
                unit = deep_experts.unit(residual.energy(errors, blend, spot, channels, stride))
                mean = deep_experts.centre(
                    means, energies, contexts, leanings, errors, biases, window, place, spot, c, channels, stride,
                    predictors, unit, top,
                )  # fmt: skip
                loud += energies[blend]
                scale, lively = deep_experts.spread(
                    slopes, contexts, scales, means, energies, errors, window, place, spot, c, channels, stride,
                    predictors, max(top, int64(1)),
                )  # fmt: skip
                centre = (mean + 128) >> 8
                parity = (y & 1) * 2 + (x & 1)
                deep_experts.place_in_sets(
                    within, errors, slopes, window, place, spot, c, channels, stride, centred, centre, scale, parity,
                    coarse,
                )  # fmt: skip

                # What contexts are made of.
                if len(catalogue) > 0:
                    pixel_contexts.guess(
                        guesses, window, errors[blend], means, place, spot, channels, stride, c, predictors
                    )
                    quantities[pixel_contexts.NOTHING] = 0
                    quantities[pixel_contexts.SCALE] = within[1]
                    quantities[pixel_contexts.TEXTURE] = within[2]
                    quantities[pixel_contexts.SIGNS] = within[4]
                    quantities[pixel_contexts.ERRORS_BEFORE] = within[3]
                    quantities[pixel_contexts.PARITY] = parity
                    quantities[pixel_contexts.ACTIVITY] = log2_q6(lively + 1) >> 5
                    quantities[pixel_contexts.WEST] = west >> unit
                    quantities[pixel_contexts.NORTH] = int64(window[place - stride]) >> unit

                # Decisions.
                value = int64(symbols[y, x, 2 * c]) << 8 | int64(symbols[y, x, 2 * c + 1])
                low = int64(0)
                high = largest
                phase = int64(0)
                step = int64(0)
                jump = max((scale * 282 + 32768) >> 16, int64(1))
                size = int64(63) - leading_zeros(jump)
                fine = (jump + 3) >> 1
                experts.open_range(floors, tops, count)
                while low < high:
                    if phase >= 3 and high - low < fine:
                        middle = (low + high + 1) >> 1
                        p, m = deep_experts.say_alone(
                            means[centred], slopes[centred], floors[centred], tops[centred], middle
                        )
                        bit = code_bit(port, words, p, int64(value >= middle))
                        if bit:
                            low = middle
                            floors[centred] = m
                        else:
                            high = middle - 1
                            tops[centred] = m
                        continue
                    middle, kind, phase = threshold(phase, step, max(centre, int64(1)), jump, low, high)
                    if phase >= 3:
                        kind = 16 + clip(int64(66) - leading_zeros(high - low) - size, 0, 7) + 9 * (phase - 3)
                    deep_experts.say(inputs, means, slopes, floors, middles, tops, middle, count)
                    if len(catalogue) > 0:
                        _quantise(quantities, wanted, guesses, middle, slopes[centred], unit)
                        pixel_contexts.look_up(
                            slots, catalogue, quantities, c, kind, slot_bits, slot_places, inputs, count
                        )

                    node = c * NODES + kind
                    for s in range(SETS):
                        selected[s] = weight_sets.row(s, channels, node, within[s])
                    alone, stretch = wide_mixer.mix(weights, selected, inputs, SETS, count)
                    p = squash_24(stretch)
                    first_apm = node * APM_CONTEXTS + within[2]
                    second_apm = node * APM_CONTEXTS + within[5]
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
                end_symbol(port, costs, done + 1)
                symbols[y, x, 2 * c] = uint8(value >> 8)
                symbols[y, x, 2 * c + 1] = uint8(value & 255)
                window[place] = int32(value)

                # What the sample teaches.
                deep_experts.learn_bias(biases, c, leanings, (value << 8) - means[blend], unit)
                deep_experts.learn(errors, scales, contexts, means, value, spot, c, count)
                for k in range(predictors):
                    least_squares.reveal(
                        factors, work, samples, k, features[k] + c, features[k] + channels, value - west, WIDE_LIMIT
                    )
                done += 2
            if overrun(port, words):
                return done - 2 * channels
            for k in range(predictors):
                least_squares.end_deep_pixel(
                    k, pasts[k], sums, rates, samples, samples[predictors], features[k] + channels, x, columns,
                    loud // channels, _LEVEL,
                )  # fmt: skip
    return done


@kernel(
    "int64(uint64[::1], uint32[::1], uint32[::1], uint8[:, :, ::1], int64, Tuple(("
    "int64[::1], int64[::1], int64[:, :, ::1], int32[:, ::1], int64[:, ::1], int64[::1], "
    "UniTuple(int32[:, :, ::1], 4), int32[:, :, ::1], int32[:, :, :, ::1], int64[:, ::1], int32[:, ::1], int32[::1], "
    "int32[:, ::1], int64[:, :, :, ::1], int64[:, :, ::1], int32[:, ::1], int32[:, :, ::1], int32[:, ::1], "
    "int64[:, ::1], int32[::1])))"
)
def run(port, words, costs, symbols, stop, tables):
    """Code `symbols`, uint8[rows, columns, 2 * channels], each sample as its high and low byte, with fresh tables.

    See `arcodec.models.base.Model.run`; `stop` is even.
    """
    return _run(port, words, costs, symbols, stop, tables)
