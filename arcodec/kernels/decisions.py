"""How a sample is coded by decisions: is it at least the rounded mean? Then steps away from it, then bisection."""

from __future__ import annotations

from numba import int64

from arcodec.kernels.compiling import inlined
from arcodec.kernels.fixed import leading_zeros


@inlined
def threshold(phase, step, centre, stride, low, high):
    """The next decision on the way to a value within low ... high, low < high: is it at least `threshold`?

    Phase 0 asks for the centre (1 ... 255), 1 and 2 step up and down from it, 3 and 4 bisect. Returns the threshold,
    the kind of decision and the phase.
    """
    if phase == 0:
        return centre, int64(0), phase
    if phase <= 2:
        distance = stride * ((int64(1) << step) if step > 2 else step + 1)
        if phase == 1 and centre + distance <= high:
            return centre + distance, 1 + min(step, int64(6)), phase
        if phase == 2 and centre - distance > low:
            return centre - distance, 8 + min(step, int64(6)), phase
        phase += 2
    kind = 16 + (63 - leading_zeros(high - low)) + 9 * (phase - 3)
    return (low + high + 1) >> 1, kind, phase


@inlined
def advance(low, middle, high, phase, step, bit):
    """The range, the phase and the step after a decision: steps go on while they do not pass the value."""
    if bit:
        low = middle
    else:
        high = middle - 1
    if phase == 0:
        phase = 2 - bit
    elif phase == 1 + bit:
        phase += 2
    elif phase <= 2:
        step += 1
    return low, high, phase, step
