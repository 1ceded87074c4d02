"""From the chromas of pixels back to a plane of halved chroma, its coefficients, and what luma may have been.

As in `jpeg_search`, nothing here decides what a file decodes to.
"""

from __future__ import annotations

from numba import int16, int64, uint8, void

from arcodec.kernels.compiling import fields_type, kernel, plain
from arcodec.kernels.jpeg import BLOCK, samples, spread_sample
from arcodec.kernels.jpeg_search import FINE, HIGHEST, LOWEST, MOST_CHANGES, rounded, transform
from arcodec.kernels.sources import UNKNOWN, Source, fitting_lumas

_TURNS = 24  # of going over a plane
_DOUBT = 36  # of 256: how far from a multiple a coefficient is that may have been rounded wrongly


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
                        total += known * FINE
                        if turn > 0:
                            up = y + 2 * (y & 1) - 1
                            other = min(max(up >> 1, 0), height - 1) if halved_rows else i
                            beside = min(max(j + 2 * (x & 1) - 1, 0), width - 1)
                            near = 3 * int64(fine[i, j]) + int64(fine[other, j])
                            far = 3 * int64(fine[i, beside]) + int64(fine[other, beside])
                            total -= (3 * near + far) >> 4
                if turn == 0:
                    fine[i, j] = (
                        total // count if count > 0 else int64(guesses[2 * i if halved_rows else i, 2 * j, k]) * FINE
                    )
                elif count > 0:
                    fine[i, j] += (5 * total) // (4 * count)
    for i in range(height):
        for j in range(width):
            plane[i, j] = uint8(min(max((int64(fine[i, j]) + FINE // 2) // FINE, int64(0)), int64(255)))


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
        transform(guess, spare, exact)
        for i in range(64):
            transformed[b, i] = exact[i]
            found[i] = rounded(exact[i], steps[i])
            blocks[b, i] = int16(found[i])
        samples(found, steps, made)
        _put(plane, b, made)
    settled = int64(0)
    for b in range(count):
        gap = _around_block(plane, int64(b), halved_rows, chromas, k)
        for _ in range(MOST_CHANGES):
            if gap == 0:
                break
            best = gap
            which = int64(-1)
            move = int64(0)
            for i in range(64):
                off = int64(transformed[b, i]) - int64(blocks[b, i]) * steps[i] * FINE
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
                least, count = fitting_lumas(
                    source, int64(chromas[y, x, 0]), int64(chromas[y, x, 1]), red, green, blue
                )
                if count > 0:
                    low, high = least, least + count - 1
            lows[y, x] = int16(low) if low > 0 else int16(LOWEST)
            highs[y, x] = int16(high) if high < 255 else int16(HIGHEST)
