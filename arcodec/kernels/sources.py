"""Where a picture's colours came from: luma and two chromas of 8 bits, by a conversion that is known to the bit.

Pictures that were converted use few of the colours there are, PhotoCD's one in nine, JPEG's one in four, and a model
that works on luma and chroma need not find out which. A conversion is

    red    clip((luma * step + red[chroma 2]) >> FRACTION)
    green  clip((luma * step + green1[chroma 1] + green2[chroma 2]) >> FRACTION)
    blue   clip((luma * step + blue[chroma 1]) >> FRACTION)

All tables are integers below 2**42 in magnitude, made of rational numbers. Chroma of half as many rows and columns
lies at every second pixel of every second row; the others are means of the two or four chromas around, halves up.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numba import int16, int64, uint8

from arcodec.kernels.compiling import Int64s, fields_type, kernel, plain

FRACTION = 32
UNKNOWN = -1
_REACH = 2  # lumas tried on each side of what three samples suggest
_TURNS = 12  # of improving chromas where samples are clipped
_STEPS = np.array([0, -1, 1, -2, 2, -3, 3, -6, 6], np.int64)  # tried there
_PIXEL = 4  # what a pixel counts that does not fit, beside how far it is from that, in lumas
_NEUTRAL = 128
_WIDEST = 24  # how far chromas are looked for that fit a pixel by itself
_ONE = 1 << FRACTION
_BELOW = 1 << 12  # green that should be an integer is below it, as it is in the pictures


class Source(NamedTuple):
    """A conversion; `weights` (2**-16, of red, green, blue) roughly lead back to luma * step."""

    step: int
    red: Int64s  # [256]
    green1: Int64s
    green2: Int64s
    blue: Int64s
    weights: Int64s  # [3]


def _up(x: Fraction) -> int:
    """In 2**-FRACTION, rounded up, so that exact integers stay what they are."""
    return int(-((-x * _ONE) // 1))


def _table(values: list[Fraction]) -> Int64s:
    return np.array([_up(x) for x in values], np.int64)


def _weights(red: Fraction, green: Fraction, blue: Fraction) -> Int64s:
    total = red + green + blue
    return np.array([int(65536 * x // total) for x in (red, green, blue)], np.int64)


def photo_cd() -> Source:
    """PhotoCD YCC: luma in 1.3584, chroma in 2.2179 and 1.8215, which green takes without their fractions."""
    chroma1 = [Fraction(22179, 10000) * (k - 156) for k in range(256)]
    chroma2 = [Fraction(18215, 10000) * (k - 137) for k in range(256)]
    share1, share2 = Fraction(194, 1000), Fraction(509, 1000)
    return Source(
        step=_up(Fraction(13584, 10000)),
        red=_table(chroma2),
        green1=_table([-share1 * (x // 1) for x in chroma1]),
        green2=_table([-share2 * (x // 1) for x in chroma2]) - _BELOW,
        blue=_table(chroma1),
        weights=_weights(share2, Fraction(1), share1),
    )


def jpeg() -> Source:
    """JFIF as the Independent JPEG Group's decoder computes it, with 16 bits of fraction."""
    chromas = range(-128, 128)
    return Source(
        step=_ONE,
        red=_table([Fraction((91881 * k + 32768) >> 16) for k in chromas]),
        green1=_table([Fraction(-22554 * k, 1 << 16) for k in chromas]),
        green2=_table([Fraction(-46802 * k + 32768, 1 << 16) for k in chromas]),
        blue=_table([Fraction((116130 * k + 32768) >> 16) for k in chromas]),
        weights=_weights(Fraction(299), Fraction(587), Fraction(114)),
    )


@plain
def _sample(sum):
    return min(max(sum >> FRACTION, int64(0)), int64(255))


@plain
def _above(sample, part, step):
    """The least luma that makes a sample at least this, with the chroma's `part`."""
    return -((part - (sample << FRACTION)) // step)


@plain
def fitting_lumas(source, chroma1, chroma2, red, green, blue):
    """The least luma that fits these samples and the number of those that do, at most 0 if none does."""
    low = int64(0)
    high = int64(255)
    for c in range(3):
        if c == 0:
            sample = red
            part = source.red[chroma2]
        elif c == 1:
            sample = green
            part = source.green1[chroma1] + source.green2[chroma2]
        else:
            sample = blue
            part = source.blue[chroma1]
        if sample > 0:
            low = max(low, _above(sample, part, source.step))
        if sample < 255:
            high = min(high, _above(sample + 1, part, source.step) - 1)
    return low, high - low + 1


@plain
def _chroma(table, sum):
    """The chroma whose part is the least that is not below `sum`; tables of red and blue rise."""
    low = int64(0)
    high = int64(255)
    while low < high:
        middle = (low + high) >> 1
        if table[middle] < sum:
            low = middle + 1
        else:
            high = middle
    return low


@kernel(int64(fields_type(Source), uint8[:, :, ::1], int16[:, :, ::1], int64))
def find_chromas(source, pixels, chromas, skip):
    """Set chromas, int16[rows, columns, 2], where three samples tell: UNKNOWN where one is clipped or nothing fits.

    Looks at every `skip`-th row. Returns the number of pixels that are not clipped and that nothing fits.
    """
    rows, columns, _ = pixels.shape
    weights = source.weights
    strange = int64(0)
    for y in range(0, rows, skip):
        for x in range(columns):
            red = int64(pixels[y, x, 0])
            green = int64(pixels[y, x, 1])
            blue = int64(pixels[y, x, 2])
            chromas[y, x, 0] = int16(UNKNOWN)
            chromas[y, x, 1] = int16(UNKNOWN)
            if min(red, min(green, blue)) == 0 or max(red, max(green, blue)) == 255:
                continue
            about = ((2 * red + 1) * weights[0] + (2 * green + 1) * weights[1] + (2 * blue + 1) * weights[2]) << 15
            near = about // source.step
            for luma in range(max(near - _REACH, int64(0)), min(near + _REACH, int64(255)) + 1):
                chroma1 = _chroma(source.blue, (blue << FRACTION) - luma * source.step)
                chroma2 = _chroma(source.red, (red << FRACTION) - luma * source.step)
                low, count = fitting_lumas(source, chroma1, chroma2, red, green, blue)
                if low <= luma < low + count:
                    chromas[y, x, 0] = int16(chroma1)
                    chromas[y, x, 1] = int16(chroma2)
            if chromas[y, x, 0] == UNKNOWN:
                strange += 1
    return strange


@plain
def _halved(chromas, y, x, phase_y, phase_x, k):
    """The chroma of a pixel from cells at every second pixel, beyond the edges the last ones."""
    rows, columns, _ = chromas.shape
    up = min(max((y - phase_y) >> 1, int64(0)), rows - 1)
    down = min(max((y - phase_y + 1) >> 1, int64(0)), rows - 1)
    left = min(max((x - phase_x) >> 1, int64(0)), columns - 1)
    right = min(max((x - phase_x + 1) >> 1, int64(0)), columns - 1)
    return (
        int64(chromas[up, left, k])
        + int64(chromas[up, right, k])
        + int64(chromas[down, left, k])
        + int64(chromas[down, right, k])
        + 2
    ) >> 2


@kernel(int64(int16[:, :, ::1], int64, int64))
def share_of_means(chromas, phase_y, phase_x):
    """Of the pixels beside the cells of this phase, how many in 2**16 have chromas that are means of the cells'."""
    rows, columns, _ = chromas.shape
    alike = int64(0)
    count = int64(1)
    for y in range(phase_y, rows - 2):
        for x in range(phase_x, columns - 2):
            i = y - ((y - phase_y) & 1)
            j = x - ((x - phase_x) & 1)
            v = i + 2 * ((y - phase_y) & 1)
            u = j + 2 * ((x - phase_x) & 1)
            if i == v and j == u:
                continue
            if min(min(chromas[y, x, 0], chromas[i, j, 0]), min(chromas[v, u, 0], chromas[i, u, 0])) == UNKNOWN:
                continue
            if chromas[v, j, 0] == UNKNOWN:
                continue
            same = int64(1)
            for k in range(2):
                sum = int64(chromas[i, j, k]) + int64(chromas[i, u, k]) + int64(chromas[v, j, k])
                same &= int64((sum + int64(chromas[v, u, k]) + 2) >> 2 == int64(chromas[y, x, k]))
            alike += same
            count += 1
    return (alike << 16) // count


@plain
def _fitting(source, chroma1, chroma2, red, green, blue):
    """chroma1 << 8 | chroma2 near the given ones with which some luma makes these samples, else as given."""
    for reach in range(_WIDEST + 1):
        for step1 in range(-reach, reach + 1):
            for step2 in range(-reach, reach + 1):
                if max(abs(step1), abs(step2)) < reach:
                    continue
                near1 = min(max(chroma1 + step1, int64(0)), int64(255))
                near2 = min(max(chroma2 + step2, int64(0)), int64(255))
                _, count = fitting_lumas(source, near1, near2, red, green, blue)
                if count > 0:
                    return near1 << 8 | near2
    return chroma1 << 8 | chroma2


@kernel(int64(fields_type(Source), uint8[:, :, ::1], int16[:, :, ::1], uint8[:, :, ::1]))
def keep_chromas(source, pixels, chromas, kept):
    """Set kept, uint8[rows, columns, 2], to the chromas, those that are UNKNOWN to what fits near those before."""
    rows, columns, _ = chromas.shape
    for y in range(rows):
        for x in range(columns):
            if chromas[y, x, 0] != UNKNOWN:
                kept[y, x, 0] = uint8(chromas[y, x, 0])
                kept[y, x, 1] = uint8(chromas[y, x, 1])
                continue
            chroma1 = int64(_NEUTRAL)
            chroma2 = int64(_NEUTRAL)
            if x > 0:
                chroma1 = int64(kept[y, x - 1, 0])
                chroma2 = int64(kept[y, x - 1, 1])
            elif y > 0:
                chroma1 = int64(kept[y - 1, x, 0])
                chroma2 = int64(kept[y - 1, x, 1])
            red = int64(pixels[y, x, 0])
            green = int64(pixels[y, x, 1])
            blue = int64(pixels[y, x, 2])
            fitting = _fitting(source, chroma1, chroma2, red, green, blue)
            kept[y, x, 0] = uint8(fitting >> 8)
            kept[y, x, 1] = uint8(fitting & 255)
    return int64(0)


@plain
def _misfit(source, pixels, cells, y, x, phase_y, phase_x):
    """How far the pixels that a cell reaches are from being made exactly by some luma; 0 if all are."""
    rows, columns, _ = pixels.shape
    misfit = int64(0)
    for v in range(max(y - 1, int64(0)), min(y + 2, rows)):
        for u in range(max(x - 1, int64(0)), min(x + 2, columns)):
            chroma1 = _halved(cells, v, u, phase_y, phase_x, int64(0))
            chroma2 = _halved(cells, v, u, phase_y, phase_x, int64(1))
            _, count = fitting_lumas(
                source, chroma1, chroma2, int64(pixels[v, u, 0]), int64(pixels[v, u, 1]), int64(pixels[v, u, 2])
            )
            if count <= 0:
                misfit += _PIXEL - count
    return misfit


@plain
def _guess_cells(source, pixels, chromas, phase_y, phase_x, cells):
    """Cells as known, else near the mean of those before and of known ones after, so that their own pixel fits."""
    rows, columns, _ = cells.shape
    for i in range(rows):
        for j in range(columns):
            y = 2 * i + phase_y
            x = 2 * j + phase_x
            if chromas[y, x, 0] != UNKNOWN:
                cells[i, j, 0] = uint8(chromas[y, x, 0])
                cells[i, j, 1] = uint8(chromas[y, x, 1])
                continue
            sum1 = int64(0)
            sum2 = int64(0)
            count = int64(0)
            if j > 0:
                sum1 += int64(cells[i, j - 1, 0])
                sum2 += int64(cells[i, j - 1, 1])
                count += 1
            if i > 0:
                sum1 += int64(cells[i - 1, j, 0])
                sum2 += int64(cells[i - 1, j, 1])
                count += 1
            for v, u in ((i, j + 1), (i + 1, j)):
                if v < rows and u < columns and chromas[2 * v + phase_y, 2 * u + phase_x, 0] != UNKNOWN:
                    sum1 += int64(chromas[2 * v + phase_y, 2 * u + phase_x, 0])
                    sum2 += int64(chromas[2 * v + phase_y, 2 * u + phase_x, 1])
                    count += 1
            if count == 0:
                sum1 = int64(_NEUTRAL)
                sum2 = int64(_NEUTRAL)
                count = int64(1)
            red = int64(pixels[y, x, 0])
            green = int64(pixels[y, x, 1])
            blue = int64(pixels[y, x, 2])
            fitting = _fitting(source, sum1 // count, sum2 // count, red, green, blue)
            cells[i, j, 0] = uint8(fitting >> 8)
            cells[i, j, 1] = uint8(fitting & 255)


@plain
def _improve(source, pixels, cells, i, j, phase_y, phase_x, before):
    """Set a cell to the best around it; returns its misfit, which was `before`."""
    y = 2 * i + phase_y
    x = 2 * j + phase_x
    own1 = int64(cells[i, j, 0])
    own2 = int64(cells[i, j, 1])
    best = before
    best1 = own1
    best2 = own2
    for step1 in _STEPS:
        for step2 in _STEPS:
            cells[i, j, 0] = uint8(min(max(own1 + step1, int64(0)), int64(255)))
            cells[i, j, 1] = uint8(min(max(own2 + step2, int64(0)), int64(255)))
            misfit = _misfit(source, pixels, cells, y, x, phase_y, phase_x)
            if misfit < best:
                best = misfit
                best1 = int64(cells[i, j, 0])
                best2 = int64(cells[i, j, 1])
                if best == 0:
                    return best
    cells[i, j, 0] = uint8(best1)
    cells[i, j, 1] = uint8(best2)
    return best


@plain
def _fresh(changed, i, j, turn):
    """Whether a cell or one around it was changed in this turn or the one before."""
    rows, columns = changed.shape
    for v in range(max(i - 1, int64(0)), min(i + 2, rows)):
        for u in range(max(j - 1, int64(0)), min(j + 2, columns)):
            if changed[v, u] >= turn:
                return True
    return False


@kernel(int64(fields_type(Source), uint8[:, :, ::1], int16[:, :, ::1], int64, int64, uint8[:, :, ::1], uint8[:, ::1]))
def fit_cells(source, pixels, chromas, phase_y, phase_x, cells, changed):
    """Set cells, uint8[(rows - phase_y + 1) // 2, (columns - phase_x + 1) // 2, 2], to chromas that make the pixels.

    What is UNKNOWN in `chromas` (of `find_chromas`) is guessed from cells around, and improved as far as it fits.
    changed: uint8 of as many rows and columns, zeros. Returns how many cells were at odds with a pixel at last.
    """
    rows, columns, _ = cells.shape
    _guess_cells(source, pixels, chromas, phase_y, phase_x, cells)
    odd = int64(0)
    for turn in range(_TURNS):
        odd = int64(0)
        for n in range(rows):
            for m in range(columns):
                i = n if turn & 1 == 0 else rows - 1 - n
                j = m if turn & 1 == 0 else columns - 1 - m
                y = 2 * i + phase_y
                x = 2 * j + phase_x
                if chromas[y, x, 0] != UNKNOWN or not _fresh(changed, i, j, turn):
                    continue
                before = _misfit(source, pixels, cells, y, x, phase_y, phase_x)
                if before > 0:
                    after = _improve(source, pixels, cells, i, j, phase_y, phase_x, before)
                    odd += int64(after > 0)
                    if after < before:
                        changed[i, j] = uint8(turn + 1)
        if odd == 0:
            break
    return odd


@kernel(int64(uint8[:, :, ::1], int64, int64, uint8[:, :, ::1]))
def spread(cells, phase_y, phase_x, chromas):
    """Set chromas, uint8[rows, columns, 2], from those of cells."""
    rows, columns, _ = chromas.shape
    for y in range(rows):
        for x in range(columns):
            chromas[y, x, 0] = uint8(_halved(cells, y, x, phase_y, phase_x, int64(0)))
            chromas[y, x, 1] = uint8(_halved(cells, y, x, phase_y, phase_x, int64(1)))
    return int64(0)


@kernel(int64(fields_type(Source), uint8[:, :, ::1], uint8[:, :, ::1], uint8[:, ::1]))
def find_lumas(source, pixels, chromas, lumas):
    """Set lumas, uint8[rows, columns], to what makes the pixels, of several the nearest to what is expected.

    Returns how many pixels no luma makes; those get what is expected.
    """
    rows, columns, _ = pixels.shape
    strange = int64(0)
    for y in range(rows):
        for x in range(columns):
            west = int64(lumas[y, x - 1]) if x > 0 else int64(128)
            north = int64(lumas[y - 1, x]) if y > 0 else west
            corner = int64(lumas[y - 1, x - 1]) if y > 0 and x > 0 else north
            west = west if x > 0 else north
            expected = max(min(west + north - corner, max(west, north)), min(west, north))
            red = int64(pixels[y, x, 0])
            green = int64(pixels[y, x, 1])
            blue = int64(pixels[y, x, 2])
            low, count = fitting_lumas(source, int64(chromas[y, x, 0]), int64(chromas[y, x, 1]), red, green, blue)
            if count > 0:
                expected = min(max(expected, low), low + count - 1)
            else:
                strange += 1
            lumas[y, x] = uint8(expected)
    return strange


@kernel(int64(fields_type(Source), uint8[:, ::1], uint8[:, :, ::1], uint8[:, :, ::1]))
def convert(source, lumas, chromas, pixels):
    """Set pixels, uint8[rows, columns, 3], from luma and chroma: the conversion itself."""
    rows, columns = lumas.shape
    for y in range(rows):
        for x in range(columns):
            luma = int64(lumas[y, x]) * source.step
            chroma1 = int64(chromas[y, x, 0])
            chroma2 = int64(chromas[y, x, 1])
            pixels[y, x, 0] = uint8(_sample(luma + source.red[chroma2]))
            pixels[y, x, 1] = uint8(_sample(luma + source.green1[chroma1] + source.green2[chroma2]))
            pixels[y, x, 2] = uint8(_sample(luma + source.blue[chroma1]))
    return int64(0)
