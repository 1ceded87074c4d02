"""The pixel model's loop: predict a sample, spread it over decisions, mix the experts, learn.

Three least-squares predictors, their blend, the blend with its bias removed (twice, with scales of different
contexts), each with a logistic distribution; the lattice of colours; and recall of repeated neighbourhoods. A sample
is coded by decisions: is it at least the rounded mean? Then by steps away from the mean, then by bisection.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import int32, int64, uint8

from arcodec.kernels import experts, lattice, least_squares, recall, residual, weight_sets
from arcodec.kernels.compiling import kernel, plain
from arcodec.kernels.decisions import advance, threshold
from arcodec.kernels.fixed import leading_zeros
from arcodec.kernels.least_squares import MARGIN, PREDICTORS, RATES, WHOLE
from arcodec.kernels.least_squares import ROWS as WINDOW_ROWS
from arcodec.kernels.logistic import squash_24, stretch_ratio
from arcodec.kernels.port import code_bit, end_symbol, overrun
from arcodec.kernels.residual import clip
from arcodec.kernels.weight_sets import APM_CONTEXTS, APM_STEPS, APMS, INPUTS, NODES, SETS
from arcodec.kernels.window import begin_row

BLEND, CENTRED, TEXTURED = range(PREDICTORS, PREDICTORS + experts.AFTER)  # experts after the predictors
EXPERTS = PREDICTORS + experts.AFTER
LATTICE, RECALL = EXPERTS, EXPERTS + 1  # inputs after the experts
ERROR_ROWS = 3
VECTORS = 12  # short working arrays
_START = (6000, 6000, 13000, 13000, 13000, 13000, 26000, 20000)  # weights to begin with, 2**-16


def table_shapes(shape: Sequence[int]) -> list[tuple[tuple[int, ...], type]]:
    """Shapes and dtypes of all tables of `allocate`, in order, for a chunk of `shape`."""
    rows, columns, channels = shape
    stride = (columns + 2 * MARGIN) * channels
    pixels = (rows * columns).bit_length()
    lattice_bits = min(max(pixels + 4, 12), lattice.MAX_BITS)
    recall_bits = min(max(pixels, 8), recall.MAX_BITS)
    return [
        *((least_squares.past_shape(k, channels, columns), np.int32) for k in range(PREDICTORS)),
        *least_squares.shapes(channels),
        ((WINDOW_ROWS * stride,), np.int32),
        ((EXPERTS, ERROR_ROWS * stride), np.int32),
        ((2, EXPERTS, channels, residual.SCALES), np.int64),
        ((2, channels, residual.BIAS_CONTEXTS), np.int64),
        ((channels * NODES * weight_sets.ROWS, INPUTS), np.int32),
        ((APMS, channels * NODES * APM_CONTEXTS, APM_STEPS), np.int32),
        ((channels, 1 << lattice_bits), np.uint8),
        ((channels, 2, lattice.FAMILIES), np.uint8),
        ((3, channels, lattice.STATES), np.int64),
        ((channels, 1 << recall_bits), np.uint32),
        ((channels, recall.BUCKETS), np.int64),
        ((VECTORS, 8), np.int64),
        ((3, lattice.WINDOW + 1), np.int64),
        ((INPUTS,), np.int32),
    ]


def allocate(shape: Sequence[int]) -> tuple[object, ...]:
    """Fresh tables for a chunk of `shape`, as `run` takes them after `stop`."""
    _, columns, channels = shape
    stride = (columns + 2 * MARGIN) * channels
    tables: list[np.ndarray] = [np.zeros(s, t) for s, t in table_shapes(shape)]
    window, errors, scales, biases, weights, apms, _, _, lattices, _, trust, *_ = tables[PREDICTORS + 4 :]
    experts.begin(window, errors, scales, biases, lattices, trust)
    weights[:] = weight_sets.initial_weights(channels, _START)
    apms[:] = weight_sets.apm_tables(channels)
    features = np.array(least_squares.features(channels), np.int64)
    return (features, least_squares.offsets(channels, stride), *tables)


@plain
def _run(port, words, costs, symbols, stop, tables):
    (
        features, offsets, fast, slow, wide, sums, factors, work, samples, window, errors, scales, biases, weights,
        apms, counts, families, lattices, memories, trust, vectors, near_values, steps,
    ) = tables  # fmt: skip
    rows, columns, channels = symbols.shape
    stride = (columns + 2 * MARGIN) * channels
    mask = int64(counts.shape[1] - 1)
    memory_bits = int64(63) - leading_zeros(int64(memories.shape[1]))
    hits = lattices[0]
    expected = lattices[1]
    ratios = lattices[2]

    means, slopes, energies, contexts, leanings, floors, tops, middles = experts.rows(vectors)
    places = vectors[8]
    inputs = vectors[9]
    selected = vectors[10]
    within = vectors[11]  # contexts within the weight sets
    states = near_values[0]
    masses = near_values[1]
    lattice_sums = near_values[2]
    done = int64(0)
    decisions = int64(0)

    for y in range(rows):
        if y > 0:
            begin_row(window, columns, channels, len(window) - stride)
            for e in range(EXPERTS):
                begin_row(errors[e], columns, channels, errors.shape[1] - stride)
        least_squares.begin_row(fast, sums, RATES, 0)
        least_squares.begin_row(slow, sums, RATES, 1)
        least_squares.begin_row(wide, sums, RATES, 2)
        for x in range(columns):
            pixel = (WINDOW_ROWS - 1) * stride + (MARGIN + x) * channels
            least_squares.begin_pixel(
                0, fast, sums, RATES, factors, work, samples, offsets, features[0], window, pixel, x, channels
            )
            least_squares.begin_pixel(
                1, slow, sums, RATES, factors, work, samples, offsets, features[1], window, pixel, x, channels
            )
            least_squares.begin_pixel(
                2, wide, sums, RATES, factors, work, samples, offsets, features[2], window, pixel, x, channels
            )
            rate = weight_sets.learning_rate(decisions)
            for c in range(channels):
                if done >= stop:
                    return done
                place = pixel + c
                spot = place - (WINDOW_ROWS - ERROR_ROWS) * stride
                west = int64(window[place - channels])

                # Means: the predictors', their blend, and that without its bias.
                for k in range(PREDICTORS):
                    means[k] = clip((west << 8) + least_squares.prediction(work, k, features[k] + c), 0, experts.TOP)
                    energies[k] = residual.energy(errors, k, spot, channels, stride)
                mean = experts.centre(
                    means, energies, contexts, leanings, errors, biases, window, place, spot, c, channels, stride,
                    PREDICTORS,
                )  # fmt: skip

                scale, _ = experts.spread(
                    slopes, contexts, scales, means, energies, errors, window, place, spot, c, channels, stride,
                    PREDICTORS,
                )  # fmt: skip
                centre = (mean + 128) >> 8
                parity = (y & 1) * 2 + (x & 1)
                experts.place_in_sets(
                    within, errors, window, place, spot, c, channels, stride, CENTRED, centre, scale, parity,
                    5, 2,
                )  # fmt: skip

                # The lattice near the mean.
                lattice.contexts(places, window, pixel, c, channels, stride, mask)
                familiar = lattice.familiarity(families, c, places)
                within[6] = familiar
                reach = clip(scale >> 6, 8, lattice.REACH)
                first = max(centre - reach, int64(0))
                width = min(centre + reach, int64(255)) - first + 1
                edge = lattice.look_up(
                    counts, c, places, ratios, familiar, mean, slopes[CENTRED], first, width, states, masses,
                    lattice_sums, mask,
                )  # fmt: skip

                # Recall.
                near = recall.neighbourhood(window, pixel, c, channels, stride)
                memory_place = recall.slot(near, memory_bits)
                check = recall.check(near)
                memory = int64(memories[c, memory_place])
                bucket = recall.bucket(memory, check)
                recalled = memory & 255 if bucket > 0 else int64(-1)
                belief = stretch_ratio(trust[c, bucket], 65536 - trust[c, bucket])

                # Decisions.
                value = int64(symbols[y, x, c])
                low = int64(0)
                high = int64(255)
                phase = int64(0)
                step = int64(0)
                jump = max((scale * 282 + 32768) >> 16, int64(1))
                experts.open_range(floors, tops, EXPERTS)
                while low < high:
                    middle, kind, phase = threshold(phase, step, max(centre, int64(1)), jump, low, high)
                    experts.say(inputs, means, slopes, floors, middles, tops, middle, EXPERTS)
                    inputs[LATTICE] = experts.lattice_says(
                        lattice_sums, floors[CENTRED], middles[CENTRED], tops[CENTRED], edge, low, middle, high,
                        first, width,
                    )  # fmt: skip
                    inside = low <= recalled <= high
                    inputs[RECALL] = int64(0)
                    within[0] = 0
                    if inside:
                        inputs[RECALL] = belief if recalled >= middle else -belief
                        within[0] = bucket

                    node = c * NODES + kind
                    for s in range(SETS):
                        selected[s] = weight_sets.row(s, channels, node, within[s])
                    stretch = weight_sets.mix(weights, selected, inputs)
                    p = squash_24(stretch)
                    first_apm = node * APM_CONTEXTS + within[2]
                    second_apm = node * APM_CONTEXTS + (centre >> 2)
                    refined = weight_sets.refine(apms, first_apm, second_apm, stretch, p)
                    bit = code_bit(port, words, refined, int64(value >= middle))
                    weight_sets.train(weights, selected, inputs, steps, ((bit << 24) - p) >> 8, rate)
                    weight_sets.train_apms(apms, first_apm, second_apm, stretch, bit)
                    decisions += 1

                    experts.narrow(floors, middles, tops, bit, EXPERTS)
                    low, high, phase, step = advance(low, middle, high, phase, step, bit)
                value = low
                end_symbol(port, costs, done)
                symbols[y, x, c] = uint8(value)
                window[place] = int32(value)

                # What the sample teaches.
                lattice.learn(
                    counts, c, places, ratios, hits, expected, first, width, states, masses, value, done, mask
                )
                if bucket > 0:
                    recall.learn_trust(trust, c, bucket, value == recalled)
                recall.memorise(memories, c, memory_place, memory, check, value)
                residual.learn_bias(biases, c, leanings, (value << 8) - means[BLEND])
                experts.learn(errors, scales, contexts, means, value, spot, c, EXPERTS)
                for k in range(PREDICTORS):
                    target = features[k] + c
                    least_squares.reveal(factors, work, samples, k, target, features[k] + channels, value - west)
                done += 1
            if overrun(port, words):
                return done - channels
            least_squares.end_pixel(0, fast, sums, RATES, samples, features[0] + channels, x, columns, WHOLE)
            least_squares.end_pixel(1, slow, sums, RATES, samples, features[1] + channels, x, columns, WHOLE)
            least_squares.end_pixel(2, wide, sums, RATES, samples, features[2] + channels, x, columns, WHOLE)
    return done


@kernel(
    "int64(uint64[::1], uint32[::1], uint32[::1], uint8[:, :, ::1], int64, Tuple(("
    "int64[::1], int64[:, :, ::1], int32[:, :, ::1], int32[:, :, ::1], int32[:, :, ::1], int32[:, :, ::1], "
    "int32[:, :, :, ::1], int64[:, ::1], int32[:, ::1], int32[::1], int32[:, ::1], int64[:, :, :, ::1], "
    "int64[:, :, ::1], int32[:, ::1], int32[:, :, ::1], uint8[:, ::1], uint8[:, :, ::1], int64[:, :, ::1], "
    "uint32[:, ::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], int32[::1])))"
)
def run(port, words, costs, symbols, stop, tables):
    """Code `symbols`, uint8[rows, columns, channels], with fresh tables; see `arcodec.models.base.Model.run`."""
    return _run(port, words, costs, symbols, stop, tables)
