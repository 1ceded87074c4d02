"""The loop of the model of sound; its tiers are data.

Each sample is predicted by least squares, over the past of its channel and of its neighbour, with different memories;
a blend of those is followed by a cascade of filters over its own residuals, the longest first. Each of these means is
an expert; what they say of each decision on the way to the sample is mixed as in `deep`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import int32, int64

from arcodec.kernels import audio_experts, experts, residual, weight_sets, wide_mixer
from arcodec.kernels import audio_predictors as predictors
from arcodec.kernels.compiling import kernel, plain
from arcodec.kernels.decisions import advance, threshold
from arcodec.kernels.fixed import leading_zeros
from arcodec.kernels.logistic import exp2_q6, log2_q6, squash_24
from arcodec.kernels.port import code_bit, end_symbol, overrun
from arcodec.kernels.residual import clip, trit
from arcodec.kernels.weight_sets import APM_CONTEXTS, APM_STEPS, APMS, NODES

LEAST_SQUARES = 2  # predictors
FILTERS = 3
EXPERTS = LEAST_SQUARES + 1 + FILTERS + 2
CENTRED = LEAST_SQUARES + FILTERS  # the mean after all filters; the two after it have the same
PAST = 64  # samples of a channel that least squares may use
ROOM = 4096  # what is kept of inputs of filters beyond their length is moved when so many have come
SIZES = (12, 16, 27, 16, 16, 64)  # contexts of the sets of weights
STARTS = np.cumsum((0, *SIZES[:-1])).astype(np.int64)
SETS = len(SIZES)
ROWS = sum(SIZES)
VECTORS = 9
_WIDTH = wide_mixer.LANES
_MAPS = _WIDTH


class Tier(NamedTuple):
    """What a tier is.

    alone, pair: samples of the channel that least squares use where it has no neighbour, and of both where it has,
    multiples of 4; block: frames between solutions, of each predictor; memory: log2 of blocks. filters: lengths;
    rates: of theirs; mixing: rates of the mixer, last and first, and decisions after which their difference is halved.
    """

    alone: tuple[int, int]
    pair: tuple[tuple[int, int], tuple[int, int]]
    block: tuple[int, int]
    memory: tuple[int, int]
    filters: tuple[int, int, int]
    rates: tuple[int, int, int]
    mixing: tuple[int, int, int]


def table_shapes(tier: Tier, channels: int) -> list[tuple[tuple[int, ...], type]]:
    """Shapes and dtypes of all tables of `allocate` but for the settings."""
    groups = (channels + 1) // 2
    size = max(*tier.alone, *map(sum, tier.pair)) + 2
    vectors = -(-size // 8) * 8 + 8
    longest = max(tier.filters)
    triangle = size * (size + 1) // 2
    return [
        ((LEAST_SQUARES, groups, triangle), np.int64),
        ((2, triangle), np.int32),
        ((2, size + 4, vectors), np.int32),
        ((vectors,), np.int64),
        ((LEAST_SQUARES, groups, 2, vectors), np.int32),
        ((LEAST_SQUARES + 1, vectors), np.int32),
        ((channels, PAST + ROOM), np.int32),
        ((FILTERS, channels, longest + ROOM), np.int32),
        ((FILTERS, channels, longest), np.int32),
        ((FILTERS, channels), np.int64),
        ((EXPERTS, channels, len(audio_experts.MEMORIES)), np.int64),
        ((1, channels, 3), np.int32),
        ((2, EXPERTS, channels, audio_experts.SCALES), np.int64),
        ((channels * NODES * ROWS, _WIDTH), np.int32),
        ((APMS, channels * NODES * APM_CONTEXTS, APM_STEPS), np.int32),
        ((VECTORS, 64), np.int64),
        ((3, _WIDTH), np.int32),
    ]


def allocate(tier: Tier, channels: int, lowest: int, largest: int) -> tuple[object, ...]:
    """Fresh tables for samples lowest ... lowest + largest, as `run` takes them after `stop`."""
    tables: list[np.ndarray] = [np.zeros(s, t) for s, t in table_shapes(tier, channels)]
    fraction = min(8, 24 - largest.bit_length())
    tables[10][:] = 1 << (fraction + 12)
    tables[12][:] = audio_experts.scale_table(EXPERTS, channels)
    start = tables[13]
    start[: channels * NODES * SIZES[0], :EXPERTS] = 65536 // EXPERTS + 3000
    tables[14][:] = weight_sets.apm_tables(channels)
    settings = [lowest, largest, fraction, *tier.alone, *tier.pair[0], *tier.pair[1], *tier.block, *tier.memory]
    settings += [*tier.filters, *tier.rates, *tier.mixing]
    return (np.array(settings, np.int64), *tables)


@plain
def _row(which, channels, node, place):
    return STARTS[which] * NODES * channels + node * SIZES[which] + place


@plain
def _run(port, words, costs, symbols, stop, tables):
    (
        settings, sums, flat, factors, work, weights, samples, past, inputs_past, filters, powers, averages, errors,
        scales, mixer, apms, vectors, mixing,
    ) = tables  # fmt: skip
    frames, channels = symbols.shape
    lowest = settings[0]
    largest = settings[1]
    fraction = settings[2]
    top = largest << fraction
    half = (int64(1) << fraction) >> 1
    means = vectors[0]
    slopes = vectors[1]
    contexts = vectors[2]
    floors = vectors[3]
    tops = vectors[4]
    middles = vectors[5]
    selected = vectors[6]
    partial = vectors[7]
    inputs = mixing[0]
    mixed = mixing[1]
    steps = mixing[2]
    longest = filters.shape[2]
    lasts = vectors[8]
    done = int64(0)
    decisions = int64(0)
    at = int64(PAST)  # in past
    place = int64(longest)  # in inputs_past

    for frame in range(frames):
        if at == past.shape[1]:
            for c in range(channels):
                for k in range(PAST):
                    past[c, k] = past[c, at - PAST + k]
            at = int64(PAST)
        if place == inputs_past.shape[2]:
            for f in range(FILTERS):
                for c in range(channels):
                    for k in range(longest):
                        inputs_past[f, c, k] = inputs_past[f, c, place - longest + k]
            place = int64(longest)
        rate = settings[19] + (settings[20] - settings[19]) * settings[21] // (settings[21] + decisions)
        for first in range(0, channels, 2):
            group = first >> 1
            width = min(channels - first, 2)
            around = int64(0)
            for k in range(LEAST_SQUARES):
                own = samples[k]
                n = settings[3 + k] if width == 1 else settings[5 + 2 * k]
                m = settings[6 + 2 * k] if width == 2 else int64(1)
                for i in range(n - 1):
                    own[i] = past[first, at - n + 1 + i]
                for i in range(m - 1):
                    own[n - 1 + i] = past[first + 1, at - m + 1 + i]
                for i in range(width):
                    own[n + m - 2 + i] = lasts[first + i] >> 4
            for c in range(first, first + width):
                if done >= stop:
                    return done
                # Means.
                for k in range(LEAST_SQUARES):
                    n = settings[3 + k] if width == 1 else settings[5 + 2 * k] + settings[6 + 2 * k]
                    guess = predictors.dot(weights[k, group, c - first], samples[k], n + c - first)
                    guess >>= predictors.FRACTION - fraction
                    means[k] = clip(guess + ((lasts[c] - lowest) << fraction), 0, top)
                    partial[k] = averages[k, c, 1] + 256
                mean = experts.blend_of(means, partial, LEAST_SQUARES)
                means[LEAST_SQUARES] = mean
                for f in range(FILTERS):
                    length = settings[13 + f]
                    guess = predictors.filtered(
                        filters[f, c, :length], inputs_past[f, c, place - length : place]
                    )
                    partial[f] = clip(guess, -(1 << 25), 1 << 25)
                    mean += partial[f]
                    means[LEAST_SQUARES + 1 + f] = clip(mean, 0, top)
                mean = means[CENTRED]
                means[CENTRED + 1] = mean
                means[CENTRED + 2] = mean

                # Scales.
                known = int64(3)
                if c > first:
                    now = abs(int64(errors[0, first, 0])) << 8
                    known = clip((log2_q6(now + 256) - log2_q6(averages[CENTRED, first, 1] + 256) >> 5) + 5, 0, 7)
                for e in range(CENTRED + 1):
                    size = audio_experts.size_of(averages[e, c, 1])
                    fast = audio_experts.size_of(averages[e, c, 0])
                    contexts[e] = audio_experts.context(size, ((fast - size) >> 5) + 4)
                fast = audio_experts.size_of(averages[CENTRED, c, 0])
                size = audio_experts.size_of(averages[CENTRED, c, 1])
                slow = audio_experts.size_of(averages[CENTRED, c, 2])
                contexts[CENTRED + 1] = audio_experts.context(size, known)
                contexts[CENTRED + 2] = audio_experts.context(slow, ((size - slow) >> 5) + 4)
                for e in range(EXPERTS):
                    slopes[e] = audio_experts.slope_of(audio_experts.log_scale(scales, e, c, contexts[e]))
                wide = audio_experts.log_scale(scales, CENTRED, c, contexts[CENTRED])
                scale = exp2_q6(wide)
                centre = (mean + half) >> fraction

                # Contexts of weights.
                margin = scale >> 1
                signs = trit(errors[0, c, 0], margin) * 9 + trit(errors[0, c, 1], margin) * 3 + trit(errors[0, c, 2], margin)
                apart = clip((log2_q6(abs(means[0] - means[CENTRED]) + 1) - wide >> 5) + 10, 0, 15)
                within0 = clip((wide >> 6) - 1, 0, 11)
                within1 = clip(((fast - slow) >> 5) + 8, 0, 15)
                within3 = known * 2
                within5 = clip(centre * 64 // (largest + 1), 0, 63)

                # Decisions.
                value = int64(symbols[frame, c]) - lowest
                low = int64(0)
                high = largest
                phase = int64(0)
                step = int64(0)
                jump = max((scale * 282 + (int64(1) << (fraction + 7))) >> (fraction + 8), int64(1))
                size = int64(63) - leading_zeros(jump)
                fine = (jump + 3) >> 1
                experts.open_range(floors, tops, EXPERTS)
                while low < high:
                    if phase >= 3 and high - low < fine:
                        middle = (low + high + 1) >> 1
                        p, m = audio_experts.say_alone(
                            mean, slopes[CENTRED], floors[CENTRED], tops[CENTRED], (middle << fraction) - half
                        )
                        bit = code_bit(port, words, p, int64(value >= middle))
                        if bit:
                            low = middle
                            floors[CENTRED] = m
                        else:
                            high = middle - 1
                            tops[CENTRED] = m
                        continue
                    middle, kind, phase = threshold(phase, step, max(centre, int64(1)), jump, low, high)
                    if phase >= 3:
                        kind = 16 + clip(int64(66) - leading_zeros(high - low) - size, 0, 7) + 9 * (phase - 3)
                    audio_experts.say(
                        inputs, means, slopes, floors, middles, tops, (middle << fraction) - half, EXPERTS
                    )
                    node = c * NODES + kind
                    selected[0] = _row(0, channels, node, within0)
                    selected[1] = _row(1, channels, node, within1)
                    selected[2] = _row(2, channels, node, signs)
                    selected[3] = _row(3, channels, node, within3)
                    selected[4] = _row(4, channels, node, apart)
                    selected[5] = _row(5, channels, node, within5)
                    alone, stretch = wide_mixer.mix(mixer, selected, inputs, mixed, SETS, 0)
                    p = squash_24(stretch)
                    first_apm = node * APM_CONTEXTS + within0 * 4 + (within1 >> 2)
                    second_apm = node * APM_CONTEXTS + signs
                    refined = weight_sets.refine(apms, first_apm, second_apm, stretch, p)
                    bit = code_bit(port, words, refined, int64(value >= middle))
                    error = ((bit << 24) - p) >> 8
                    wide_mixer.train(mixer, selected, inputs, steps, SETS, (error * rate) >> 10)
                    weight_sets.train_apms(apms, first_apm, second_apm, stretch, bit)
                    decisions += 1
                    if bit:
                        low = middle
                    else:
                        high = middle - 1
                    experts.narrow(floors, middles, tops, bit, EXPERTS)
                    phase, step = advance(phase, step, bit)
                value = low
                end_symbol(port, costs, done)
                symbols[frame, c] = int32(value + lowest)
                done += 1

                # What the sample teaches.
                exact = value << fraction
                difference = int32(value + lowest - lasts[c])
                past[c, at] = difference
                lasts[c] = int32(value + lowest)
                for k in range(LEAST_SQUARES):
                    n = settings[3 + k] if width == 1 else settings[5 + 2 * k] + settings[6 + 2 * k]
                    samples[k, n + c - first] = difference
                around += averages[LEAST_SQUARES, c, 1]
                rest = exact - means[LEAST_SQUARES]
                for f in range(FILTERS):
                    length = settings[13 + f]
                    old = inputs_past[f, c, place - length : place]
                    error = clip(rest - partial[f], -(1 << 25), 1 << 25)
                    predictors.adapt(filters[f, c, :length], old, powers[f, c], error, settings[16 + f])
                    rest = clip(rest, -(1 << 25) + 1, (1 << 25) - 1)
                    inputs_past[f, c, place] = int32(rest)
                    powers[f, c] += rest * rest - int64(old[0]) * int64(old[0])
                    rest = error
                for e in range(EXPERTS):
                    audio_experts.learn(averages, scales, contexts, e, c, exact - means[e])
                audio_experts.keep(errors, 0, c, exact - mean)
            for k in range(LEAST_SQUARES):
                n = settings[3 + k] if width == 1 else settings[5 + 2 * k] + settings[6 + 2 * k]
                predictors.accumulate(sums[k, group], samples[k], samples[LEAST_SQUARES], n + width, (around // width) >> fraction)
                if (frame + 1) % settings[9 + k] == 0:
                    predictors.solve(
                        sums[k, group], flat[0], flat[1], factors[0], factors[1], work, weights[k, group], n, width,
                        settings[11 + k],
                    )  # fmt: skip
        at += 1
        place += 1
        if overrun(port, words):
            return done - channels
    return done


@kernel(
    "int64(uint64[::1], uint32[::1], uint32[::1], int32[:, ::1], int64, Tuple(("
    "int64[::1], int64[:, :, ::1], int32[:, ::1], int32[:, :, ::1], int64[::1], int32[:, :, :, ::1], int32[:, ::1], "
    "int32[:, ::1], int32[:, :, ::1], int32[:, :, ::1], int64[:, ::1], int64[:, :, ::1], int32[:, :, ::1], "
    "int64[:, :, :, ::1], int32[:, ::1], int32[:, :, ::1], int64[:, ::1], int32[:, ::1])))"
)
def run(port, words, costs, symbols, stop, tables):
    """Code `symbols`, int32[frames, channels], with fresh tables. See `arcodec.models.base.Model.run`."""
    return _run(port, words, costs, symbols, stop, tables)
