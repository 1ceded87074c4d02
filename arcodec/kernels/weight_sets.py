"""Logistic mixing of the experts' opinions about one decision, with additive weight sets, and its refinement.

Each decision selects one row of weights from each of several sets, by different contexts. The rows add up to the
weights of a single logistic mix (Mahoney's paq mixing, with one weight vector that is a sum), so that all of them
learn from the same error. Two APMs, interpolated maps from the mixed stretch to a probability, refine the result.
"""

from __future__ import annotations

import numpy as np
from numba import int32, int64, uint64

from arcodec.kernels.compiling import inline, inlined
from arcodec.kernels.logistic import ONE, STRETCH_LIMIT, squash_24

NODES = 33  # kinds of decisions of a sample
SCALE_CLASSES = 12
SIZES = (16, SCALE_CLASSES, 64, 27, 81, 64, 16, 4 * SCALE_CLASSES)  # contexts of each set, per node and channel
SETS = len(SIZES)
STARTS = np.cumsum((0, *SIZES[:-1])).astype(np.int64)
ROWS = sum(SIZES)  # per node and channel
INPUTS = 8
APMS = 2
APM_CONTEXTS = 64
APM_STEPS = 33
_WEIGHT_LIMIT = (1 << 22) - 1  # 64 in 2**-16
_RATE_END = 80
_RATE_START = 384
_RATE_HALF = 8192  # decisions after which the part above _RATE_END is halved
_APM_RATE = 14  # 6, and 8 of the interpolation


def initial_weights(channels: int, start: tuple[int, ...]) -> np.ndarray:
    """int32[channels * NODES * ROWS, INPUTS], `start` (2**-16) in the rows of the first set, else zero."""
    weights = np.zeros((channels * NODES * ROWS, INPUTS), np.int32)
    weights[: channels * NODES * SIZES[0]] = np.array(start, np.int32)
    return weights


def apm_tables(channels: int) -> np.ndarray:
    """int32[APMS, channels * NODES * APM_CONTEXTS, APM_STEPS]: the identity, 24 bits."""
    line = [_squash(256 * k - 4096) for k in range(APM_STEPS)]
    return np.full((APMS, channels * NODES * APM_CONTEXTS, APM_STEPS), np.array(line, np.int32))


def _squash(x: int) -> int:
    python = squash_24.py_func  # type: ignore[attr-defined]  # not compiled a second time for a table
    return int(python(np.int64(min(max(x, -STRETCH_LIMIT), STRETCH_LIMIT))))


@inlined
def row(which, channels, node, context):
    """The row of a set for a node (channel * NODES + kind) and a context."""
    return STARTS[which] * NODES * channels + node * SIZES[which] + context


@inlined
def learning_rate(decisions):
    """It falls with the number of decisions so far."""
    return _RATE_END + _RATE_START * _RATE_HALF // (_RATE_HALF + decisions)


@inline
def mix(weights, selected, inputs):
    """The mixed stretch. Weights stay within 2**22 and inputs within 2**12: the sum stays below 2**40."""
    total = int64(0)
    for i in range(INPUTS):
        weight = int64(0)
        for s in range(SETS):
            weight += int64(weights[uint64(selected[s]), i])
        total += weight * inputs[i]
    return min(max(total >> 16, int64(-STRETCH_LIMIT)), int64(STRETCH_LIMIT))


@inline
def train(weights, selected, inputs, steps, error, rate):
    """Move the selected rows along error (bit - p, 2**-16, below 2**17) times input."""
    push = error * rate
    for i in range(INPUTS):
        steps[i] = int32((inputs[i] * push + (1 << 23)) >> 24)
    for s in range(SETS):
        chosen = uint64(selected[s])
        for i in range(INPUTS):
            weight = int32(weights[chosen, i] + steps[i])
            weights[chosen, i] = min(max(weight, int32(-_WEIGHT_LIMIT)), int32(_WEIGHT_LIMIT))


@inline
def refine(apms, first, second, stretch, p):
    """The mean of p and what two maps (rows of apms[0], apms[1]) make of the stretch: 1 ... 2**24 - 1."""
    x = stretch + 4096
    k = x >> 8
    part = x & 255
    low = int64(apms[0, first, k]) + int64(apms[1, second, k])
    high = int64(apms[0, first, k + 1]) + int64(apms[1, second, k + 1])
    refined = (low * (256 - part) + high * part) >> 9
    return min(max((p + refined) >> 1, int64(1)), int64(ONE - 1))


@inline
def train_apms(apms, first, second, stretch, bit):
    """Move the four entries used towards the bit, each by its share."""
    x = stretch + 4096
    k = x >> 8
    part = x & 255
    target = (ONE - 1) * bit
    _move(apms, 0, first, k, target, 256 - part)
    _move(apms, 0, first, k + 1, target, part)
    _move(apms, 1, second, k, target, 256 - part)
    _move(apms, 1, second, k + 1, target, part)


@inline
def _move(apms, which, context, k, target, share):
    p = int64(apms[which, context, k])
    apms[which, context, k] = int32(p + ((target - p) * share >> _APM_RATE))
