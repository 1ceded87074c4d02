"""From the samples of blocks back to the coefficients that a JPEG decoder made them of.

Nothing here decides what a file decodes to: what is found is made into samples again and compared. A sample is known
by an interval, for where colours are clipped more than one luma or chroma gives the same pixel.
"""

from __future__ import annotations

import numpy as np
from numba import int16, int64

from arcodec.kernels.compiling import kernel, plain
from arcodec.kernels.jpeg import BLOCK, FRACTION, fine_samples, samples
from arcodec.kernels.logistic import log2_q16

LOWEST, HIGHEST = -400, 655  # what a clipped sample may have been
FINE = 256  # fraction of transformed samples
_COARSE = 1 << 8  # of FRACTION
CANDIDATES = 24
_AGAIN = 16  # at most so many are worth beginning again
ROOM = 9  # vectors to work in
_PROJECTIONS = 8
MOST_CHANGES = 24  # coefficients taken to the other side at most
_LARGEST = 282  # of 256: as far as rounding samples moves a coefficient
_LARGER = 1024  # and if some are not known
_FAR = 14 << 8  # nats at most that a coefficient costs as zero
_NOT_ZERO = 6 << 8  # nats that it costs not to be


# cos(k * pi / 16) in 2**-20, rounded.
_COSINES = (1048576, 1028428, 968758, 871859, 741455, 582558, 401273, 204567, 0)


def _basis() -> np.ndarray:
    """int64[8, 8]: the orthonormal transform, rows by frequency, in 2**-20."""
    turn = [*_COSINES, *(-c for c in _COSINES[7::-1])]
    turn += turn[15:0:-1]
    rows = [[turn[(2 * n + 1) * k % 32] for n in range(8)] for k in range(8)]
    return np.array([[370728 if k == 0 else c >> 1 for c in row] for k, row in enumerate(rows)], np.int64)


BASIS = _basis()


@plain
def transform(values, work, answer):
    """answer, int64[64]: the transform of 64 samples less 128, in 1 / FINE; |it| < 2**20. work: int64[64]."""
    for u in range(BLOCK):
        for x in range(BLOCK):
            total = int64(0)
            for y in range(BLOCK):
                total += BASIS[u, y] * (values[BLOCK * y + x] - 128)
            work[BLOCK * u + x] = (total + (1 << 9)) >> 10
    for u in range(BLOCK):
        for v in range(BLOCK):
            total = int64(0)
            for x in range(BLOCK):
                total += BASIS[v, x] * work[BLOCK * u + x]
            answer[BLOCK * u + v] = (total + (1 << 21)) >> 22


@plain
def rounded(x, step):
    """The multiple of step, in steps, that is nearest to x in 1 / FINE."""
    unit = step * FINE
    return (2 * x + unit) // (2 * unit)


@plain
def _gap(work, low, high):
    """Sum of squares of how far samples are from their intervals."""
    total = int64(0)
    for i in range(64):
        off = max(low[i] - work[i], work[i] - high[i])
        if off > 0:
            total += off * off
    return total


@plain
def _solve(low, high, steps, found, largest, vectors):
    """Set found, int64[64], so that samples lie between low and high, int64[64]; returns by how much they do not.

    Rounds the transform of the guess in vectors[0], and again with what rounding gave for what is not known; then
    changes single coefficients while that helps. vectors: int64[ROOM, 64], room to work in.
    """
    guess, exact, made, spare, best, kept = vectors[0], vectors[1], vectors[2], vectors[3], vectors[7], vectors[8]
    gap = int64(1) << 60
    for _ in range(_PROJECTIONS if largest > _LARGEST else 1):
        transform(guess, spare, exact)
        for i in range(64):
            found[i] = rounded(exact[i], steps[i])
        samples(found, steps, made)
        left = _gap(made, low, high)
        if left < gap:
            gap = left
            for i in range(64):
                kept[i] = found[i]
                best[i] = exact[i]
        if left == 0:
            return left
        moved = False
        for i in range(64):
            value = min(max(made[i], low[i]), high[i])
            moved |= value != guess[i]
            guess[i] = value
        if not moved:
            break
    for i in range(64):
        found[i] = kept[i]
        exact[i] = best[i]
    return _flip(low, high, steps, found, exact, largest, vectors)


@plain
def _beyond(coefficients, steps, low, high, work):
    """By how much samples leave the bounds within which they round to what is known: the sum of squares, 2**-20."""
    fine_samples(coefficients, steps, work)
    half = int64(1) << (FRACTION - 1)
    total = int64(0)
    for i in range(64):
        value = work[i] + half
        off = max((low[i] << FRACTION) - value, value + 1 - ((high[i] + 1) << FRACTION))
        if off > 0:
            off = (off + _COARSE - 1) // _COARSE
            total += off * off
    return total


@plain
def _descend(low, high, steps, found, chosen, count, work):
    """Change one or two of the chosen coefficients by one while that helps; returns the bounds' excess then."""
    gap = _beyond(found, steps, low, high, work)
    for _ in range(MOST_CHANGES):
        if gap == 0:
            break
        best = gap
        one = int64(0)
        other = int64(0)
        for a in range(2 * count):
            first = 1 - 2 * (a & 1)
            found[chosen[a >> 1]] += first
            left = _beyond(found, steps, low, high, work)
            if left < best:
                best, one, other = left, int64(a), int64(-1)
            for b in range(a & -2):
                second = 1 - 2 * (b & 1)
                found[chosen[b >> 1]] += second
                left = _beyond(found, steps, low, high, work)
                found[chosen[b >> 1]] -= second
                if left < best:
                    best, one, other = left, int64(a), int64(b)
            found[chosen[a >> 1]] -= first
        if best == gap:
            break
        gap = best
        found[chosen[one >> 1]] += 1 - 2 * (one & 1)
        if other >= 0:
            found[chosen[other >> 1]] += 1 - 2 * (other & 1)
    return gap


@plain
def _flip(low, high, steps, found, exact, largest, vectors):
    """Change those of `found` that may have been rounded wrongly, where that helps.

    If single ones and pairs do not end it, begins again from each one. Returns the bounds' excess then. largest: as
    far as coefficients may have been moved, in 1 / FINE.
    """
    work, kept, chosen = vectors[2], vectors[3], vectors[7]
    count = int64(0)
    for k in range(64):
        if abs(exact[k] - found[k] * steps[k] * FINE) >= steps[k] * FINE - largest and count < CANDIDATES:
            chosen[count] = k
            count += 1
    gap = _descend(low, high, steps, found, chosen, count, work)
    for a in range(2 * count if count <= _AGAIN else 0):
        if gap == 0:
            break
        for k in range(64):
            kept[k] = found[k]
        found[chosen[a >> 1]] += 1 - 2 * (a & 1)
        left = _descend(low, high, steps, found, chosen, count, work)
        if left < gap:
            gap = left
        else:
            for k in range(64):
                found[k] = kept[k]
    return gap


@plain
def _take(lows, highs, b, low, high):
    """Copy the intervals of block b; returns how many samples are not known."""
    across = lows.shape[1] // BLOCK
    top = BLOCK * (b // across)
    left = BLOCK * (b % across)
    open_ = int64(0)
    for i in range(64):
        low[i] = int64(lows[top + (i >> 3), left + (i & 7)])
        high[i] = int64(highs[top + (i >> 3), left + (i & 7)])
        open_ += int64(low[i] < high[i])
    return open_


@kernel("int64(int16[:, ::1], int16[:, ::1], int64, int64, int64[:, ::1], int64[:, ::1])")
def price(lows, highs, skip, noise, prices, vectors):
    """Add up what coefficients cost by each frequency and step, int64[64, 256] in 1/256 nats; step 0: all are zero.

    A coefficient costs its distance from the multiple by a normal distribution of deviation `noise` in 1 / FINE, and
    what the multiple itself takes, about. Looks at every `skip`-th block, of those whose samples are all known;
    returns how many there were.
    """
    across = lows.shape[1] // BLOCK
    count = int64(0)
    for b in range(0, across * (lows.shape[0] // BLOCK), skip):
        if _take(lows, highs, int64(b), vectors[4], vectors[5]) > 0:
            continue
        count += 1
        transform(vectors[4], vectors[3], vectors[1])
        for i in range(64):
            size = abs(vectors[1][i])
            zero = min(128 * size * size // (noise * noise), int64(_FAR))
            prices[i, 0] += zero
            if size < noise:
                for step in range(1, 256):
                    prices[i, step] += zero
                continue
            for step in range(1, 256):
                multiple = rounded(size, step)
                off = size - multiple * step * FINE
                cost = 128 * off * off // (noise * noise) + _NOT_ZERO + (log2_q16(multiple + 1) * 177 >> 16)
                prices[i, step] += min(zero, cost)
    return count


@kernel("int64(int16[:, ::1], int16[:, ::1], uint8[:, ::1], int64, int64[::1], int16[:, ::1], int64[:, ::1])")
def solve(lows, highs, guesses, skip, steps, blocks, vectors):
    """Find the coefficients of every `skip`-th whole block: int16[blocks, 64]. Returns how many were found exactly.

    lows, highs: int16[rows, columns], the intervals of samples; guesses within them; vectors: int64[ROOM, 64], room
    to work in.
    """
    across = lows.shape[1] // BLOCK
    exact = int64(0)
    for b in range(0, across * (lows.shape[0] // BLOCK), skip):
        largest = int64(_LARGEST)
        if _take(lows, highs, int64(b), vectors[4], vectors[5]) > 0:
            largest = int64(_LARGER)
        for i in range(64):
            vectors[0, i] = int64(guesses[BLOCK * (b // across) + (i >> 3), BLOCK * (b % across) + (i & 7)])
        exact += int64(_solve(vectors[4], vectors[5], steps, vectors[6], largest, vectors) == 0)
        for i in range(64):
            blocks[b, i] = int16(min(max(vectors[6][i], int64(-32767)), int64(32767)))
    return exact
