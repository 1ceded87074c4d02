"""The loop of the model of sound; its tiers are data.

Channels go in pairs, the second of which sees the sample of the first. Least-squares predictors of different memories
go over the past of both; their blend is followed by a cascade of filters over its residuals, the longest first; then
least squares combine all these means to the one that decisions are about. Each mean is an expert with a distribution;
what they say of each decision on the way to the sample is mixed as in `deep`. Least squares work on differences of
successive samples: most sound is smooth, and what is to be solved then spans fewer orders of magnitude.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import int32, int64

from arcodec.kernels import audio_experts, experts, weight_sets, wide_mixer
from arcodec.kernels import audio_predictors as predictors
from arcodec.kernels.audio_experts import FAST, MIDDLE, SLOW
from arcodec.kernels.compiling import kernel, plain
from arcodec.kernels.decisions import advance, threshold
from arcodec.kernels.fixed import leading_zeros
from arcodec.kernels.logistic import exp2_q6, log2_q6, squash_24
from arcodec.kernels.port import code_bit, end_symbol, overrun
from arcodec.kernels.residual import clip, trit
from arcodec.kernels.weight_sets import APM_CONTEXTS, APM_STEPS, APMS, NODES

AFTER = 4  # experts beside predictors and filters: the blend of predictors, and thrice the combination of all means
PAST = 64  # samples of a channel that least squares may use
ROOM = 4096  # what is kept of inputs of filters beyond their length is moved when so many have come
SIZES = (12, 16, 27, 8, 16)  # contexts of the sets of weights
STARTS = np.cumsum((0, *SIZES[:-1])).astype(np.int64)
SETS = len(SIZES)
ROWS = sum(SIZES)
VECTORS = 10
_COARSE = 4  # bits that samples lose as features, beside the differences
_WIDTH = wide_mixer.LANES
# Settings; columns of predictors and of filters.
_LOWEST, _LARGEST, _FRACTION, _MIXING, _MEMORY, _BLOCK, _SETS = 0, 1, 2, 3, 6, 7, 8
_ALONE, _OWN, _OTHER, _EVERY, _FORGET = range(5)
_LENGTH, _RATE = range(2)


class Tier(NamedTuple):
    """What a tier is.

    Attributes:
        predictors: of two or more, the samples of a channel that has no neighbour; those of both of a pair; frames
            between solutions; log2 of how many of these it remembers. The first is not part of the blend.
        filters: length, and log2 of one over the rate.
        final: of the combination of all means, log2 of solutions that it remembers, and frames between them.
        sets: of weights that are used.
        mixing: rates of the mixer, last and first, and decisions after which their difference is halved.
    """

    predictors: tuple[tuple[int, int, int, int, int], ...]
    filters: tuple[tuple[int, int], ...]
    final: tuple[int, int]
    sets: int
    mixing: tuple[int, int, int]


def table_shapes(tier: Tier, channels: int) -> list[tuple[tuple[int, ...], type]]:
    """Shapes and dtypes of all tables of `allocate` but for the settings."""
    predictors, filters = len(tier.predictors), len(tier.filters)
    means = predictors + filters + 2  # that differ
    groups = (channels + 1) // 2
    size = max(max(p[_ALONE], p[_OWN] + p[_OTHER]) for p in tier.predictors) + 2
    vectors = -(-size // 8) * 8 + 8
    longest = max(f[_LENGTH] for f in tier.filters)
    triangle = size * (size + 1) // 2
    return [
        ((predictors, groups, triangle), np.int64),
        ((2, triangle), np.int32),
        ((2, size + 4, vectors), np.int32),
        ((vectors,), np.int64),
        ((predictors, groups, 2, vectors), np.int32),
        ((predictors + 2, vectors), np.int32),
        ((channels, means * (means + 1) // 2), np.int64),
        ((channels, 1, vectors), np.int32),
        ((channels, PAST + ROOM), np.int32),
        ((filters, channels, longest + ROOM), np.int32),
        ((filters, channels, longest), np.int32),
        ((filters, channels), np.int64),
        ((means + 2, channels, len(audio_experts.MEMORIES)), np.int64),
        ((channels, 3), np.int32),
        ((2, means + 2, channels, audio_experts.SCALES), np.int64),
        ((channels * NODES * ROWS, _WIDTH), np.int32),
        ((APMS, channels * NODES * APM_CONTEXTS, APM_STEPS), np.int32),
        ((VECTORS, 64), np.int64),
        ((_WIDTH,), np.int32),
        ((channels,), np.int64),
        ((vectors,), np.int64),
    ]


def allocate(tier: Tier, channels: int, lowest: int, largest: int) -> tuple[object, ...]:
    """Fresh tables for samples lowest ... lowest + largest, as `run` takes them after `stop`."""
    tables: list[np.ndarray] = [np.zeros(s, t) for s, t in table_shapes(tier, channels)]
    experts = len(tier.predictors) + len(tier.filters) + AFTER
    fraction = min(8, 24 - largest.bit_length())
    averages, _, scales, weights, apms, *_ = tables[12:]
    averages[:] = 1 << (fraction + 12)
    scales[:] = audio_experts.scale_table(experts, channels)
    weights[: channels * NODES * SIZES[0], :experts] = 65536 // experts + 3000
    apms[:] = weight_sets.apm_tables(channels)
    settings = np.array([lowest, largest, fraction, *tier.mixing, *tier.final, tier.sets], np.int64)
    return settings, np.array(tier.predictors, np.int64), np.array(tier.filters, np.int64), *tables


@plain
def _features(own, past, lasts, plan, first, width, at):
    """Fill the features of a pair: its differences, the oldest first, then the last samples; returns their number."""
    n = plan[_ALONE] if width == 1 else plan[_OWN]
    m = plan[_OTHER] if width == 2 else int64(1)
    for i in range(n - 1):
        own[i] = past[first, at - n + 1 + i]
    for i in range(m - 1):
        own[n - 1 + i] = past[first + 1, at - m + 1 + i]
    for i in range(width):
        own[n + m - 2 + i] = int32(lasts[first + i] >> _COARSE)
    return n + m - 2 + width


@plain
def _cascade(means, parts, blend, inputs, filters, lengths, channel, place, top):
    """Fill `parts`, what each filter adds, and the means after the blend."""
    mean = means[blend]
    for f in range(len(lengths)):
        length = lengths[f, _LENGTH]
        guess = predictors.filtered(filters[f, channel, :length], inputs[f, channel, place - length : place])
        parts[f] = clip(guess, -predictors.INPUT_LIMIT, predictors.INPUT_LIMIT)
        mean += parts[f]
        means[blend + 1 + f] = clip(mean, 0, top)


@plain
def _adapt(rest, parts, inputs, filters, lengths, powers, channel, place):
    """Let each filter learn from what was left before it, `rest` for the first."""
    for f in range(len(lengths)):
        length = lengths[f, _LENGTH]
        old = inputs[f, channel, place - length : place]
        error = clip(rest - parts[f], -predictors.INPUT_LIMIT, predictors.INPUT_LIMIT)
        predictors.adapt(filters[f, channel, :length], old, powers[f, channel], error, lengths[f, _RATE])
        inputs[f, channel, place] = int32(rest)
        powers[f, channel] += rest * rest - int64(old[0]) * int64(old[0])
        rest = error


@plain
def _spread(slopes, places, averages, scales, centred, channel, known):
    """Fill the experts' contexts of scales and their slopes; returns log2 of the scale of the combination, 1/64."""
    for e in range(centred + 1):
        size = audio_experts.size_of(averages[e, channel, MIDDLE])
        fast = audio_experts.size_of(averages[e, channel, FAST])
        places[e] = audio_experts.context(size, ((fast - size) >> 5) + 4)
    size = audio_experts.size_of(averages[centred, channel, MIDDLE])
    slow = audio_experts.size_of(averages[centred, channel, SLOW])
    places[centred + 1] = audio_experts.context(size, known)
    places[centred + 2] = audio_experts.context(slow, ((size - slow) >> 5) + 4)
    for e in range(centred + 3):
        slopes[e] = audio_experts.slope_of(audio_experts.log_scale(scales, e, channel, places[e]))
    return audio_experts.log_scale(scales, centred, channel, places[centred])


@plain
def _place_in_sets(within, averages, errors, means, centred, channel, wide, margin, known):
    """Fill `within`, the contexts within the weight sets; `wide`: log2 of the scale; `margin`: half of it."""
    fast = audio_experts.size_of(averages[centred, channel, FAST])
    slow = audio_experts.size_of(averages[centred, channel, SLOW])
    signs = trit(errors[channel, 0], margin)
    signs = signs * 3 + trit(errors[channel, 1], margin)
    within[0] = min(wide >> 7, int64(SIZES[0] - 1))
    within[1] = clip(((fast - slow) >> 5) + 8, 0, 15)
    within[2] = signs * 3 + trit(errors[channel, 2], margin)
    within[3] = known
    within[4] = clip(((log2_q6(abs(means[0] - means[centred]) + 1) - wide) >> 5) + 10, 0, 15)


@plain
def _row(which, channels, node, place):
    return STARTS[which] * NODES * channels + node * SIZES[which] + place


@plain
def _renew(past, inputs, at, place):
    """Move what is still needed to the beginning where room has run out; returns the places after it."""
    if at == past.shape[1]:
        for c in range(len(past)):
            for k in range(PAST):
                past[c, k] = past[c, at - PAST + k]
        at = int64(PAST)
    if place == inputs.shape[2]:
        longest = place - ROOM
        for f in range(len(inputs)):
            for c in range(inputs.shape[1]):
                for k in range(longest):
                    inputs[f, c, k] = inputs[f, c, ROOM + k]
        place = longest
    return at, place


@plain
def _run(port, words, costs, symbols, stop, tables):
    (
        settings, plans, lengths, sums, flat, factors, work, weights, samples, final_sums, final, past, inputs_past,
        filters, powers, averages, errors, scales, mixer, apms, vectors, inputs, lasts, rest,
    ) = tables  # fmt: skip
    frames, channels = symbols.shape
    lowest = settings[_LOWEST]
    largest = settings[_LARGEST]
    fraction = settings[_FRACTION]
    rise = settings[_MIXING + 1] - settings[_MIXING]
    halving = settings[_MIXING + 2]
    sets = settings[_SETS]
    top = largest << fraction
    half = (int64(1) << fraction) >> 1
    count = len(plans)  # of predictors, and so the number of their blend
    last = count + len(lengths)  # the mean after all filters
    centred = last + 1  # the combination of means
    everyone = centred + 3
    means = vectors[0]
    slopes = vectors[1]
    places = vectors[2]  # contexts of scales
    floors = vectors[3]  # each expert's CDF below low
    tops = vectors[4]  # and up to high
    middles = vectors[5]  # and below the threshold
    selected = vectors[6]
    parts = vectors[7]
    within = vectors[8]
    sizes = vectors[9]
    combined = samples[count]
    scratch = samples[count + 1]
    done = int64(0)
    decisions = int64(0)
    at = int64(PAST)  # in past
    place = int64(filters.shape[2])  # in inputs_past

    for frame in range(frames):
        at, place = _renew(past, inputs_past, at, place)
        rate = settings[_MIXING] + rise * halving // (halving + decisions)
        for first in range(0, channels, 2):
            pair = first >> 1
            width = min(channels - first, 2)
            around = int64(0)
            for k in range(count):
                sizes[k] = _features(samples[k], past, lasts, plans[k], first, width, at)
            for c in range(first, first + width):
                if done >= stop:
                    return done

                # Means: the predictors', their blend, those after each filter, and the combination of all.
                for k in range(count):
                    guess = predictors.dot(weights[k, pair, c - first], samples[k], sizes[k] + c - first)
                    guess >>= predictors.FRACTION - fraction
                    means[k] = clip(guess + ((lasts[c] - lowest) << fraction), 0, top)
                    parts[k] = averages[k, c, SLOW] + 256
                means[count] = experts.blend_of(means[1:], parts[1:], count - 1)
                _cascade(means, parts, count, inputs_past, filters, lengths, c, place, top)
                for e in range(last):
                    combined[e] = int32(means[e] - means[last])
                shift = predictors.dot(final[c, 0], combined, last) >> predictors.FRACTION
                mean = clip(means[last] + shift, 0, top)
                for e in range(centred, everyone):
                    means[e] = mean

                # Scales, and contexts of weights.
                known = int64(3)
                if c > first:
                    now = audio_experts.size_of(abs(int64(errors[first, 0])) << 8)
                    known = clip(((now - audio_experts.size_of(averages[centred, first, MIDDLE])) >> 5) + 5, 0, 7)
                wide = _spread(slopes, places, averages, scales, centred, c, known)
                scale = exp2_q6(wide)
                _place_in_sets(within, averages, errors, means, centred, c, wide, scale >> 1, known)

                # Decisions.
                value = int64(symbols[frame, c]) - lowest
                centre = max((mean + half) >> fraction, int64(1))
                low = int64(0)
                high = largest
                phase = int64(0)
                step = int64(0)
                jump = max((scale * 282 + (int64(128) << fraction)) >> (fraction + 8), int64(1))
                size = int64(63) - leading_zeros(jump)
                fine = (jump + 3) >> 1
                experts.open_range(floors, tops, everyone)
                while low < high:
                    if phase >= 3 and high - low < fine:
                        middle = (low + high + 1) >> 1
                        p, m = audio_experts.say_alone(
                            mean, slopes[centred], floors[centred], tops[centred], (middle << fraction) - half
                        )
                        bit = code_bit(port, words, p, int64(value >= middle))
                        if bit:
                            low = middle
                            floors[centred] = m
                        else:
                            high = middle - 1
                            tops[centred] = m
                        continue
                    middle, kind, phase = threshold(phase, step, centre, jump, low, high)
                    if phase >= 3:
                        kind = 16 + clip(int64(66) - leading_zeros(high - low) - size, 0, 7) + 9 * (phase - 3)
                    point = (middle << fraction) - half
                    audio_experts.say(inputs, means, slopes, floors, middles, tops, point, everyone)
                    node = c * NODES + kind
                    for s in range(sets):
                        selected[s] = _row(s, channels, node, within[s])
                    _, stretch = wide_mixer.mix(mixer, selected, inputs, sets, 0)
                    p = squash_24(stretch)
                    first_apm = node * APM_CONTEXTS + within[0] * 4 + (within[1] >> 2)
                    second_apm = node * APM_CONTEXTS + within[2]
                    refined = weight_sets.refine(apms, first_apm, second_apm, stretch, p)
                    bit = code_bit(port, words, refined, int64(value >= middle))
                    error = ((bit << 24) - p) >> 8
                    wide_mixer.train(mixer, selected, inputs, sets, (error * rate) >> 10)
                    weight_sets.train_apms(apms, first_apm, second_apm, stretch, bit)
                    decisions += 1
                    experts.narrow(floors, middles, tops, bit, everyone)
                    low, high, phase, step = advance(low, middle, high, phase, step, bit)
                value = low
                end_symbol(port, costs, done)
                symbols[frame, c] = int32(value + lowest)
                done += 1

                # What the sample teaches.
                exact = value << fraction
                difference = int32(value + lowest - lasts[c])
                past[c, at] = difference
                lasts[c] = value + lowest
                for k in range(count):
                    samples[k, sizes[k] + c - first] = difference
                around += max(averages[count, c, MIDDLE], abs(exact - means[count]) << 8)
                combined[last] = int32(exact - means[last])
                lately = max(averages[centred, c, MIDDLE], abs(exact - mean) << 8)
                predictors.accumulate(final_sums[c], combined, scratch, last + 1, lately)
                if (frame + 1) % settings[_BLOCK] == 0:
                    predictors.solve(
                        final_sums[c], flat[0], flat[1], factors[0], factors[1], work, rest, final[c], last, 1,
                        settings[_MEMORY],
                    )  # fmt: skip
                _adapt(exact - means[count], parts, inputs_past, filters, lengths, powers, c, place)
                for e in range(everyone):
                    audio_experts.learn(averages, scales, places, e, c, exact - means[e])
                audio_experts.keep(errors, c, exact - mean)
            for k in range(count):
                size = sizes[k] + width
                predictors.accumulate(sums[k, pair], samples[k], scratch, size, (around // width) >> fraction)
                if (frame + 1) % plans[k, _EVERY] == 0:
                    predictors.solve(
                        sums[k, pair], flat[0], flat[1], factors[0], factors[1], work, rest, weights[k, pair],
                        sizes[k], width, plans[k, _FORGET],
                    )  # fmt: skip
        at += 1
        place += 1
        if overrun(port, words):
            return done - channels
    return done


@kernel(
    "int64(uint64[::1], uint32[::1], uint32[::1], int32[:, ::1], int64, Tuple(("
    "int64[::1], int64[:, ::1], int64[:, ::1], int64[:, :, ::1], int32[:, ::1], int32[:, :, ::1], int64[::1], "
    "int32[:, :, :, ::1], int32[:, ::1], int64[:, ::1], int32[:, :, ::1], int32[:, ::1], int32[:, :, ::1], "
    "int32[:, :, ::1], int64[:, ::1], int64[:, :, ::1], int32[:, ::1], int64[:, :, :, ::1], int32[:, ::1], "
    "int32[:, :, ::1], int64[:, ::1], int32[::1], int64[::1], int64[::1])))"
)
def run(port, words, costs, symbols, stop, tables):
    """Code `symbols`, int32[frames, channels], with fresh tables. See `arcodec.models.base.Model.run`."""
    return _run(port, words, costs, symbols, stop, tables)
