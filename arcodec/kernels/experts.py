"""What the experts of the pixel models say: a predictor's mean, their blend, and that twice without its bias.

Each has a logistic distribution about its mean, with a scale that depends on a context. Means are in 1/256 of a
sample. After the predictors come, in order, the blend, and the blend without its bias with scales of two contexts.
"""

from __future__ import annotations

from numba import int32, int64

from arcodec.kernels import lattice, residual, weight_sets
from arcodec.kernels.compiling import Int32s, Int64s, inlined
from arcodec.kernels.logistic import ONE, cdf, exp2_q6, log2_q6, slope, stretch_ratio
from arcodec.kernels.residual import clip, trit
from arcodec.kernels.window import activity, texture

AFTER = 3  # experts after the predictors
TOP = 255 << 8
_SURPRISE = 16 << 8  # what the residuals are said to have been above the picture
_FLOOR = 24  # of an expert's masses, 2**-24
_LATTICE_FLOOR = 4
_SMALLEST_SCALE = 16


def begin(window: Int32s, errors: Int32s, scales: Int64s, biases: Int64s, lattices: Int64s, trust: Int64s) -> None:
    """Fill fresh tables: a gray world, large residuals, no bias, the lattice and recall not trusted yet."""
    window[:] = 128
    errors[:] = _SURPRISE
    scales[:] = residual.scale_table(*scales.shape[1:3])
    biases[1] = 1
    lattices[:2] = 2 * lattice.HIT
    lattices[2] = 1 << lattice.RATIO
    trust[:] = 49152


@inlined
def rows(vectors):
    """Working rows of all experts: means, slopes, energies, contexts of their scales, contexts of the blend's bias,
    and their CDFs below the range that is open, up to its end, and below the threshold.
    """
    return vectors[0], vectors[1], vectors[2], vectors[3], vectors[4], vectors[5], vectors[6], vectors[7]


@inlined
def blend_of(means, energies, count):
    """The predictors' means, weighed by their inverse squared residuals around."""
    least = energies[0]
    for k in range(1, count):
        least = min(least, energies[k])
    total = int64(0)
    weights = int64(0)
    for k in range(count):
        ratio = (least << 10) // energies[k]
        weight = ratio * ratio
        total += means[k] * weight
        weights += weight
    return total // weights


@inlined
def known_residual(errors, expert, spot, channel):
    """The absolute residual of the pixel's coded channel before, or -1."""
    return abs(int64(errors[expert, spot - 1])) if channel > 0 else int64(-1)


@inlined
def centre(
    means, energies, contexts, leanings, errors, biases, window, place, spot, channel, channels, stride, predictors
):  # fmt: skip
    """From the predictors' means and energies, those of the experts after them; returns the last one, int64.

    Fills `energies[predictors]`, of the blend, and `leanings`, contexts of its bias. `place`, `spot`: of the sample
    in `window` and in a row of `errors`.
    """
    blend = predictors
    means[blend] = blend_of(means, energies, predictors)
    lean = clip(errors[blend, spot - 1] >> 6, -15, 16) + 16 if channel > 0 else int64(0)
    energies[blend] = residual.energy(errors, blend, spot, channels, stride)
    contexts[blend] = residual.scale_context(energies[blend], known_residual(errors, blend, spot, channel))
    residual.bias_contexts(
        leanings,
        min(contexts[blend] // 24, int64(5)),
        texture(window, place, channels, stride, (means[blend] + 128) >> 8),
        residual.signs(errors, blend, spot, channels, stride, int64(256)),
        means[0] - means[1],
        lean,
    )
    mean = clip(means[blend] + residual.bias(biases, channel, leanings), 0, TOP)
    means[blend + 1] = mean
    means[blend + 2] = mean
    return mean


@inlined
def spread(
    slopes, contexts, scales, means, energies, errors, window, place, spot, channel, channels, stride, predictors
):  # fmt: skip
    """Fill the experts' contexts of scales and their slopes; returns the first scale without bias, and activity."""
    centred = predictors + 1
    for e in range(predictors):
        contexts[e] = residual.scale_context(energies[e], known_residual(errors, e, spot, channel))
    around = residual.energy(errors, centred, spot, channels, stride)
    contexts[centred] = residual.scale_context(around, known_residual(errors, centred, spot, channel))
    lively = activity(window, place, channels, stride)
    contexts[centred + 1] = residual.texture_scale_context(lively, abs(means[0] - means[1]))
    for e in range(predictors + AFTER):
        slopes[e] = slope(residual.log_scale(scales, e, channel, contexts[e]))
    scale = max(exp2_q6(residual.log_scale(scales, centred, channel, contexts[centred])), int64(_SMALLEST_SCALE))
    return scale, lively


@inlined
def place_in_sets(
    within, errors, window, place, spot, channel, channels, stride, centred, rounded, scale, parity, width, coarse
):  # fmt: skip
    """Fill `within`, the contexts within the weight sets, but for [0] and [6], here those of recall and the lattice.

    `rounded`: the mean as a sample; `coarse`: by how many bits to shift it to six. A class of scales is
    2**(`width` - 6) octaves wide.
    """
    scale_class = clip((log2_q6(2 * scale + 256) - 512) >> width, 0, weight_sets.SCALE_CLASSES - 1)
    margin = (scale * 45 + 5760) >> 6
    before = int64(0)
    for k in range(3):
        before = before * 3 + (trit(errors[centred, spot - channel + k], margin) if k < channel else int64(1))
    margin = (scale * 38 + 2918) >> 6
    within[1] = scale_class
    within[2] = texture(window, place, channels, stride, rounded)
    within[3] = before
    within[4] = residual.signs(errors, centred, spot, channels, stride, margin)
    within[5] = rounded >> coarse
    within[7] = parity * weight_sets.SCALE_CLASSES + scale_class


@inlined
def open_range(floors, tops, experts):
    """Nothing is known of a sample yet: each expert's CDF below it and up to it, 2**-24."""
    for e in range(experts):
        floors[e] = 0
        tops[e] = ONE


@inlined
def say(inputs, means, slopes, floors, middles, tops, middle, experts):
    """Fill inputs[:experts] with the stretch that a sample of the open range is at least `middle`."""
    point = (middle << 8) - 128
    for e in range(experts):
        m = cdf(point - means[e], slopes[e])
        middles[e] = m
        inputs[e] = stretch_ratio(max(tops[e] - m, int64(0)) + _FLOOR, max(m - floors[e], int64(0)) + _FLOOR)


@inlined
def lattice_says(sums, floor, at_middle, top, edge, low, middle, high, first, width):
    """The same by the lattice about an expert, whose CDF is `floor`, `at_middle`, `top` at the range and within."""
    under = lattice.below(sums, floor, edge, low, first, width)
    at = lattice.below(sums, at_middle, edge, middle, first, width)
    over = lattice.below(sums, top, edge, high + 1, first, width)
    return stretch_ratio(max(over - at, int64(0)) + _LATTICE_FLOOR, max(at - under, int64(0)) + _LATTICE_FLOOR)


@inlined
def narrow(floors, middles, tops, bit, experts):
    """Narrow the range to one side of the decision."""
    side = floors if bit else tops
    for e in range(experts):
        side[e] = middles[e]


@inlined
def learn(errors, scales, contexts, means, value, spot, channel, experts):
    """Keep the residuals of a sample, and learn scales from them."""
    for e in range(experts):
        error = (value << 8) - means[e]
        errors[e, spot] = int32(error)
        residual.learn_scale(scales, e, channel, contexts[e], abs(error))
