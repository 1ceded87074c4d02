"""What the second pixel model's contexts are made of: guesses of the sample, and values around it.

A context is a tuple of up to FIELDS numbers below. FINE + g is the distance of guess g from the threshold of the
decision, in 19 steps that grow with it; COARSE + g the same in five steps of the expected error. With such contexts a
pattern that comes again is recognised at another brightness. The rest are values, of which exact ones tell what
colours there are in a picture, as the lattice does.

A context learns in slots, one for each decision that it was part of: by how much the mixed stretch of the experts was
wrong there. A slot is an int32: the correction in 2**-16 above bit 8 (in 1/256 above bit 16), and below it how often
it was met. Corrections stay within +-LIMIT.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import int32, int64, uint64

from arcodec.kernels.compiling import inlined
from arcodec.kernels.logistic import squash_24
from arcodec.kernels.residual import trit

FIELDS = 6
# Guesses, Q8. Of the west W, north N and so on; of predictors; with the errors of the blend around; with the step of
# the channel before or of that before it, from the same place.
W, N, NW, NE, WW, NN, PLANE, WEST_LINE, NORTH_LINE, NORTHEAST_LINE, ANTIPLANE, WIDE, MEAN, MEDIAN = range(14)
PREDICTED = 14  # and up: as many predictors as there are, at most MOST, then the blend, the blend without its bias
MOST = 4
BLEND, CENTRED = PREDICTED + MOST, PREDICTED + MOST + 1
BY_WEST, BY_NORTH, BY_NORTHEAST, BY_BOTH, BY_BEFORE, BY_SECOND = range(20, 26)
STEP_W, STEP_N, STEP_MEAN, STEP_PLANE, SECOND_W, SECOND_N = range(26, 32)
GUESSES = 32
FINE, COARSE = 0, GUESSES
VALUES = 2 * GUESSES
(
    NOTHING, THRESHOLD, ABOVE_BEFORE, ABOVE_WEST, SCALE, TEXTURE, SIGNS, ERRORS_BEFORE, PARITY, ACTIVITY, BEFORE,
    SECOND_BEFORE, WEST, NORTH, WEST_STEP, NORTH_STEP,
) = range(VALUES, VALUES + 16)  # fmt: skip
QUANTITIES = VALUES + 16

LIMIT = 2047
MOST_MET = 250
_PRODUCTS = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1, 0x2545F491], np.int64)
_GOLDEN = 0x9E3779B97F4A7C15
HALVES = np.array([np.searchsorted([1, 2, 3, 4, 6, 9, 14, 22, 41], a, side="right") for a in range(256)], np.int64)
_RATES = np.array([(65536 * 10000) // (64 * (22 * n + 1000)) for n in range(256)], np.int64)  # 1 / (0.14 n + 6.4)


def fine(*guesses: int) -> tuple[int, ...]:
    """A context of distances in fine steps."""
    return tuple(FINE + g for g in guesses)


def coarse(*guesses: int) -> tuple[int, ...]:
    """A context of distances in coarse steps, and of where the mean lies between samples."""
    return (*(COARSE + g for g in guesses), FINE + BLEND)


def table(contexts: Sequence[tuple[int, ...]]) -> np.ndarray:
    """int64[n, FIELDS]: the contexts, filled up with NOTHING."""
    return np.array([c + (NOTHING,) * (FIELDS - len(c)) for c in contexts], np.int64).reshape(-1, FIELDS)


def needed(contexts: Sequence[tuple[int, ...]]) -> np.ndarray:
    """int64[n]: the quantities that the contexts take of guesses, FINE ones first."""
    return np.array(sorted({q for context in contexts for q in context if q < VALUES}), np.int64)


@inlined
def guess(guesses, window, errors, means, place, spot, step, stride, channel, predictors):
    """Set guesses, int64[GUESSES], for a coded channel; `errors`: int32[3 * stride], of the blend."""
    w = int64(window[place - step]) << 8
    n = int64(window[place - stride]) << 8
    nw = int64(window[place - stride - step]) << 8
    ne = int64(window[place - stride + step]) << 8
    ww = int64(window[place - 2 * step]) << 8
    nn = int64(window[place - 2 * stride]) << 8
    plane = w + n - nw
    guesses[W] = w
    guesses[N] = n
    guesses[NW] = nw
    guesses[NE] = ne
    guesses[WW] = ww
    guesses[NN] = nn
    guesses[PLANE] = plane
    guesses[WEST_LINE] = 2 * w - ww
    guesses[NORTH_LINE] = 2 * n - nn
    guesses[NORTHEAST_LINE] = n + ne - (int64(window[place - 2 * stride + step]) << 8)
    guesses[ANTIPLANE] = w + ne - n
    guesses[WIDE] = (w + (int64(window[place - stride + 2 * step]) << 8)) >> 1
    guesses[MEAN] = (w + n) >> 1
    guesses[MEDIAN] = max(min(plane, max(w, n)), min(w, n))
    for k in range(predictors):
        guesses[PREDICTED + k] = means[k]
    blend = means[predictors]
    west_error = int64(errors[spot - step])
    north_error = int64(errors[spot - stride])
    guesses[BLEND] = blend
    guesses[CENTRED] = means[predictors + 1]
    guesses[BY_WEST] = blend + west_error
    guesses[BY_NORTH] = blend + north_error
    guesses[BY_NORTHEAST] = blend + errors[spot - stride + step]
    guesses[BY_BOTH] = blend + ((west_error + north_error) >> 1)
    guesses[BY_BEFORE] = blend
    guesses[BY_SECOND] = blend
    guesses[STEP_W] = w
    guesses[STEP_N] = n
    guesses[STEP_MEAN] = (w + n) >> 1
    guesses[STEP_PLANE] = plane
    guesses[SECOND_W] = w
    guesses[SECOND_N] = n
    if channel > 0:
        before = int64(window[place - 1]) << 8
        west_step = before - (int64(window[place - 1 - step]) << 8)
        north_step = before - (int64(window[place - 1 - stride]) << 8)
        corner_step = before - (int64(window[place - 1 - stride - step]) << 8)
        guesses[BY_BEFORE] += errors[spot - 1]
        guesses[STEP_W] += west_step
        guesses[STEP_N] += north_step
        guesses[STEP_MEAN] += (west_step + north_step) >> 1
        guesses[STEP_PLANE] += west_step + north_step - corner_step
    if channel > 1:
        second = int64(window[place - 2]) << 8
        guesses[BY_SECOND] += errors[spot - 2]
        guesses[SECOND_W] += second - (int64(window[place - 2 - step]) << 8)
        guesses[SECOND_N] += second - (int64(window[place - 2 - stride]) << 8)


@inlined
def value(quantities, window, place, step, stride, channel):
    """Set those of the values, in quantities[VALUES:], that are samples around."""
    west = int64(window[place - step])
    north = int64(window[place - stride])
    quantities[NOTHING] = 0
    quantities[BEFORE] = int64(window[place - 1]) if channel > 0 else int64(0)
    quantities[SECOND_BEFORE] = int64(window[place - 2]) if channel > 1 else int64(0)
    quantities[WEST] = west
    quantities[NORTH] = north
    quantities[WEST_STEP] = west
    quantities[NORTH_STEP] = north
    if channel > 0:
        quantities[WEST_STEP] -= int64(window[place - 1 - step])
        quantities[NORTH_STEP] -= int64(window[place - 1 - stride])


@inlined
def quantise(quantities, wanted, guesses, middle, coarse):
    """Set the quantities that depend on a decision's threshold, `middle`; coarse: half an expected error, Q8.

    wanted: of `needed`.
    """
    point = (middle << 8) - 128
    for q in wanted:
        if q < COARSE:
            distance = guesses[q] - point
            steps = HALVES[min(abs(distance) >> 7, int64(255))]
            quantities[q] = steps if distance >= 0 else -steps
        else:
            distance = guesses[q - COARSE] - point
            quantities[q] = trit(distance, coarse) + 3 * int64(abs(distance) > 4 * coarse)
    quantities[THRESHOLD] = middle
    quantities[ABOVE_BEFORE] = middle - quantities[BEFORE]
    quantities[ABOVE_WEST] = middle - quantities[WEST]


@inlined
def look_up(slots, contexts, quantities, channel, kind, bits, places, inputs, first):
    """Put the corrections of all contexts into inputs[first:], and where they come from into places.

    slots: int32[contexts, channels << bits]; kind: of decision.
    """
    for k in range(len(contexts)):
        h = kind
        for j in range(FIELDS):
            h += quantities[contexts[k, j]] * _PRODUCTS[j]
        place = channel << bits | int64((uint64(h) * uint64(_GOLDEN)) >> uint64(64 - bits))
        places[k] = place
        inputs[first + k] = slots[k, place] >> 16


@inlined
def learn(slots, count, places, stretch, bit):
    """Take in a decision that the experts alone gave `stretch`, within +-LIMIT."""
    truth = bit << 24
    for k in range(count):
        slot = int64(slots[k, places[k]])
        met = slot & 255
        error = (truth - squash_24(stretch + (slot >> 16))) >> 8
        correction = (slot >> 8) + ((error * _RATES[met]) >> 14)
        correction = min(max(correction, int64(-LIMIT << 8)), int64(LIMIT << 8))
        slots[k, places[k]] = int32((correction << 8) | min(met + 1, int64(MOST_MET)))
