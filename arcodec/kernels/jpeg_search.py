"""From samples back to the coefficients that a JPEG decoder made them of.

Nothing here decides what a file decodes to: what is found is made into samples again and compared. A sample is known
by an interval, for where colours are clipped more than one luma or chroma gives the same pixel.
"""

from __future__ import annotations

import numpy as np
from numba import int16, int64, uint8, void

from arcodec.kernels.compiling import fields_type, kernel, plain
from arcodec.kernels.jpeg import BLOCK, FRACTION, fine_samples, samples, spread_sample
from arcodec.kernels.logistic import log2_q16
from arcodec.kernels.sources import UNKNOWN, Source, fitting_lumas

LOWEST, HIGHEST = -400, 655  # what a clipped sample may have been
_FINE = 256  # fraction of transformed samples
_COARSE = 1 << 8  # of FRACTION
_CANDIDATES = 24
_AGAIN = 16  # at most so many are worth beginning again
ROOM = 8  # vectors to work in
_PROJECTIONS = 8
_FLIPS = 24  # coefficients taken to the other side at most
_LARGEST = 282  # of 256: as far as rounding samples moves a coefficient
_LARGER = 1024  # and if some are not known
_DOUBT = 36  # of 256: how far from a multiple one of halved chroma is that may have been rounded wrongly
_FAR = 14 << 8  # nats at most that a coefficient costs as zero
_NOT_ZERO = 6 << 8  # nats that it costs not to be
_TURNS = 24


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
def _transform(values, work, answer):
    """answer, int64[64]: the transform of 64 samples less 128, in 1 / _FINE; |it| < 2**20. work: int64[64]."""
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
def _rounded(x, step):
    """The multiple of step, in steps, that is nearest to x in 1 / _FINE."""
    unit = step * _FINE
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
    """Set found, int64[64], so that its samples lie between low and high, int64[64]; returns by how much they do not.

    Rounds the transform of the guess in vectors[0], and again of those samples that are known with those that rounding
    gave; then takes single coefficients to the other side while that helps. vectors: int64[ROOM, 64], room to work in.
    """
    guess, exact, made, spare = vectors[0], vectors[1], vectors[2], vectors[3]
    gap = int64(1) << 60
    for _ in range(_PROJECTIONS):
        _transform(guess, spare, exact)
        for i in range(64):
            found[i] = _rounded(exact[i], steps[i])
        samples(found, steps, made)
        left = _gap(made, low, high)
        if left == 0:
            return left
        if left >= gap:
            break
        gap = left
        for i in range(64):
            guess[i] = min(max(made[i], low[i]), high[i])
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
    for _ in range(_FLIPS):
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
def _turn(exact, found, step):
    """Where the other side is."""
    return int64(1) if exact > found * step * _FINE else int64(-1)


@plain
def _flip(low, high, steps, found, exact, largest, vectors):
    """Take those of `found` that may have been rounded wrongly to the other side, where that helps.

    If single ones and pairs do not end it, begins again with each one taken. Returns the bounds' excess then. largest:
    as far as coefficients may have been moved, in 1 / _FINE.
    """
    work, kept, chosen = vectors[2], vectors[3], vectors[7]
    count = int64(0)
    for k in range(64):
        if abs(exact[k] - found[k] * steps[k] * _FINE) >= steps[k] * _FINE - largest and count < _CANDIDATES:
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

    A coefficient costs its distance from the multiple by a normal distribution of deviation `noise` in 1 / _FINE, and
    what the multiple itself takes, about. Looks at every `skip`-th block, of those whose samples are all known; returns
    how many there were.
    """
    across = lows.shape[1] // BLOCK
    count = int64(0)
    for b in range(0, across * (lows.shape[0] // BLOCK), skip):
        if _take(lows, highs, int64(b), vectors[4], vectors[5]) > 0:
            continue
        count += 1
        _transform(vectors[4], vectors[3], vectors[1])
        for i in range(64):
            size = abs(vectors[1][i])
            zero = min(128 * size * size // (noise * noise), int64(_FAR))
            prices[i, 0] += zero
            if size < noise:
                for step in range(1, 256):
                    prices[i, step] += zero
                continue
            for step in range(1, 256):
                multiple = _rounded(size, step)
                off = size - multiple * step * _FINE
                cost = 128 * off * off // (noise * noise) + _NOT_ZERO + (log2_q16(multiple + 1) * 177 >> 16)
                prices[i, step] += min(zero, cost)
    return count


@kernel("int64(int16[:, ::1], int16[:, ::1], uint8[:, ::1], int64, int64[::1], int16[:, ::1], int64[:, ::1])")
def solve(lows, highs, guesses, skip, steps, blocks, vectors):
    """Find the coefficients of every `skip`-th whole block: int16[blocks, 64]. Returns how many were found exactly.

    lows, highs: int16[rows, columns], the intervals of samples; guesses within them; vectors: int64[ROOM, 64], room to
    work in.
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


@plain
def _off(plane, y, x, halved_rows, chromas, k):
    """How far the sample of a pixel is from what it is, 0 where that is not known."""
    known = int64(chromas[y, x, k])
    if known == UNKNOWN:
        return int64(0)
    return abs(spread_sample(plane, y, x, halved_rows) - known)


@plain
def _around(plane, i, j, halved_rows, chromas, k):
    """The sum of that over the pixels that a sample of halved chroma reaches."""
    rows, columns, _ = chromas.shape
    first = 2 * i - 1 if halved_rows else i
    last = 2 * i + 2 if halved_rows else i
    total = int64(0)
    for y in range(max(first, int64(0)), min(last + 1, rows)):
        for x in range(max(2 * j - 1, int64(0)), min(2 * j + 3, columns)):
            total += _off(plane, y, x, halved_rows, chromas, k)
    return total


@kernel("void(int16[:, :, ::1], uint8[:, :, ::1], int64, boolean, int32[:, ::1], uint8[:, ::1])")
def begin_halved(chromas, guesses, k, halved_rows, fine, plane):
    """Find about what plane of halved chroma spreads to chroma k, int16[rows, columns, 2], by repeated correction.

    guesses: uint8[rows, columns, 2], where it is not known; fine: int32 as large as plane, room to work in.
    """
    rows, columns, _ = chromas.shape
    height, width = plane.shape
    for turn in range(_TURNS):
        for i in range(height):
            for j in range(width):
                total = int64(0)
                count = int64(0)
                for y in range(2 * i if halved_rows else i, min(2 * i + 2 if halved_rows else i + 1, rows)):
                    for x in range(2 * j, min(2 * j + 2, columns)):
                        known = int64(chromas[y, x, k])
                        if known == UNKNOWN:
                            continue
                        count += 1
                        total += known * _FINE
                        if turn > 0:
                            up = y + 2 * (y & 1) - 1
                            other = min(max(up >> 1, 0), height - 1) if halved_rows else i
                            beside = min(max(j + 2 * (x & 1) - 1, 0), width - 1)
                            near = 3 * int64(fine[i, j]) + int64(fine[other, j])
                            far = 3 * int64(fine[i, beside]) + int64(fine[other, beside])
                            total -= (3 * near + far) >> 4
                if turn == 0:
                    fine[i, j] = total // count if count > 0 else int64(guesses[2 * i if halved_rows else i, 2 * j, k]) * _FINE
                elif count > 0:
                    fine[i, j] += (5 * total) // (4 * count)
    for i in range(height):
        for j in range(width):
            plane[i, j] = uint8(min(max((int64(fine[i, j]) + _FINE // 2) // _FINE, int64(0)), int64(255)))


@kernel("int64(int16[:, :, ::1], int64, boolean, uint8[:, ::1])")
def improve_halved(chromas, k, halved_rows, plane):
    """Change the plane sample by sample where that helps; returns how many pixels differ."""
    rows, columns, _ = chromas.shape
    height, width = plane.shape
    for _ in range(_TURNS):
        moved = int64(0)
        for i in range(height):
            for j in range(width):
                least = _around(plane, int64(i), int64(j), halved_rows, chromas, k)
                if least == 0:
                    continue
                value = int64(plane[i, j])
                best = value
                for candidate in range(max(value - 2, int64(0)), min(value + 2, int64(255)) + 1):
                    plane[i, j] = uint8(candidate)
                    off = _around(plane, int64(i), int64(j), halved_rows, chromas, k)
                    if off < least:
                        least = off
                        best = int64(candidate)
                plane[i, j] = uint8(best)
                moved += int64(best != value)
        if moved == 0:
            break
    wrong = int64(0)
    for y in range(rows):
        for x in range(columns):
            wrong += int64(_off(plane, int64(y), int64(x), halved_rows, chromas, k) > 0)
    return wrong


@plain
def _put(plane, b, made):
    """Set the samples of block b."""
    across = plane.shape[1] // BLOCK
    top = BLOCK * (b // across)
    left = BLOCK * (b % across)
    for i in range(64):
        plane[top + (i >> 3), left + (i & 7)] = uint8(min(max(made[i], int64(0)), int64(255)))


@plain
def _around_block(plane, b, halved_rows, chromas, k):
    """By how much pixels differ that a block of halved chroma reaches."""
    rows, columns, _ = chromas.shape
    across = plane.shape[1] // BLOCK
    top = BLOCK * (b // across)
    left = BLOCK * (b % across)
    first, last = (2 * top - 1, 2 * top + 2 * BLOCK) if halved_rows else (top, top + BLOCK - 1)
    total = int64(0)
    for y in range(max(first, int64(0)), min(last + 1, rows)):
        for x in range(max(2 * left - 1, int64(0)), min(2 * (left + BLOCK) + 1, columns)):
            total += _off(plane, int64(y), int64(x), halved_rows, chromas, k)
    return total


@kernel(
    "int64(int16[:, :, ::1], int64, boolean, int64[::1], uint8[:, ::1], int16[:, ::1], int32[:, ::1], int64[:, ::1])"
)
def settle_chroma(chromas, k, halved_rows, steps, plane, blocks, transformed, vectors):
    """Find the coefficients of a plane that `find_halved` found, and make its whole blocks what those say.

    Where pixels differ then, takes single coefficients to the other side while that helps. Returns how many blocks
    reach no pixel that differs. transformed: int32[blocks, 64]; vectors: int64[ROOM, 64], room to work in.
    """
    guess, exact, made, spare, found = vectors[0], vectors[1], vectors[2], vectors[3], vectors[6]
    across = plane.shape[1] // BLOCK
    count = across * (plane.shape[0] // BLOCK)
    for b in range(count):
        for i in range(64):
            guess[i] = int64(plane[BLOCK * (b // across) + (i >> 3), BLOCK * (b % across) + (i & 7)])
        _transform(guess, spare, exact)
        for i in range(64):
            transformed[b, i] = exact[i]
            found[i] = _rounded(exact[i], steps[i])
            blocks[b, i] = int16(found[i])
        samples(found, steps, made)
        _put(plane, b, made)
    settled = int64(0)
    for b in range(count):
        gap = _around_block(plane, int64(b), halved_rows, chromas, k)
        for _ in range(_FLIPS):
            if gap == 0:
                break
            best = gap
            which = int64(-1)
            move = int64(0)
            for i in range(64):
                off = int64(transformed[b, i]) - int64(blocks[b, i]) * steps[i] * _FINE
                if abs(off) < _DOUBT:
                    continue
                turn = int64(1) if off > 0 else int64(-1)
                blocks[b, i] += int16(turn)
                samples(blocks[b], steps, made)
                blocks[b, i] -= int16(turn)
                _put(plane, b, made)
                left = _around_block(plane, int64(b), halved_rows, chromas, k)
                if left < best:
                    best = left
                    which = int64(i)
                    move = turn
            if which >= 0:
                blocks[b, which] += int16(move)
            samples(blocks[b], steps, made)
            _put(plane, b, made)
            if which < 0:
                break
            gap = best
        settled += int64(gap == 0)
    return settled


@kernel(void(fields_type(Source), uint8[:, :, ::1], int16[:, :, ::1], int16[:, ::1], int16[:, ::1]))
def luma_intervals(source, pixels, chromas, lows, highs):
    """Set what luma may be, int16[rows, columns]: anything where chromas are UNKNOWN or none gives the pixel."""
    rows, columns, _ = pixels.shape
    for y in range(rows):
        for x in range(columns):
            low, high = int64(0), int64(255)
            if chromas[y, x, 0] != UNKNOWN:
                red, green, blue = int64(pixels[y, x, 0]), int64(pixels[y, x, 1]), int64(pixels[y, x, 2])
                least, count = fitting_lumas(source, int64(chromas[y, x, 0]), int64(chromas[y, x, 1]), red, green, blue)
                if count > 0:
                    low, high = least, least + count - 1
            lows[y, x] = int16(low) if low > 0 else int16(LOWEST)
            highs[y, x] = int16(high) if high < 255 else int16(HIGHEST)
