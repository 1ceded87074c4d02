"""PNG's row filters: undone, applied, and as encoders choose them.

Source: W3C, Portable Network Graphics specification, chapters 9 and 12.7.
"""

from __future__ import annotations

from numba import int64

from arcodec.kernels.compiling import inline, kernel

NONE, SUB, UP, AVERAGE, PAETH = range(5)
FILTERS = 5
LEAST_SUM, LEAST_SUM_APART = range(2)  # how rows choose; the second takes the bytes of NONE as unsigned


@inline
def _expected(rows, y, x, step, kind):
    """What filter `kind` takes the byte at row y, place x to be, from those before it."""
    left = int64(rows[y, x - step]) if x >= step else int64(0)
    up = int64(rows[y - 1, x]) if y > 0 else int64(0)
    if kind == NONE:
        return int64(0)
    if kind == SUB:
        return left
    if kind == UP:
        return up
    if kind == AVERAGE:
        return (left + up) >> 1
    corner = int64(rows[y - 1, x - step]) if y > 0 and x >= step else int64(0)
    by_left = abs(up - corner)
    by_up = abs(left - corner)
    by_corner = abs(left + up - 2 * corner)
    if by_left <= by_up and by_left <= by_corner:
        return left
    return up if by_up <= by_corner else corner


@kernel("int64(Array(uint8, 1, 'C', True), uint8[:, ::1], int64)")
def unfilter(filtered, rows, step):
    """Rebuild the bytes of an image, or of one pass of it, from its filtered rows.

    Args:
        filtered: uint8[n * (1 + m)], per row its filter type and m filtered bytes.
        rows: uint8[n, m], written.
        step: bytes of a whole pixel, at least 1.

    Returns:
        The number of rows rebuilt: n, or the index of the first row of an unknown filter type.
    """
    count, width = rows.shape
    at = 0
    for y in range(count):
        kind = int64(filtered[at])
        at += 1
        if kind >= FILTERS:
            return y
        for x in range(width):
            rows[y, x] = (int64(filtered[at + x]) + _expected(rows, y, x, step, kind)) & 0xFF
        at += width
    return count


@kernel("void(uint8[:, ::1], Array(uint8, 1, 'C', True), int64, uint8[:, ::1])")
def apply_filters(rows, kinds, step, filtered):
    """Undo `unfilter`.

    Args:
        rows: uint8[n, m].
        kinds: uint8[n], the filter types, each below FILTERS.
        step: as above.
        filtered: uint8[n, 1 + m], written.
    """
    count, width = rows.shape
    for y in range(count):
        kind = int64(kinds[y])
        filtered[y, 0] = kind
        for x in range(width):
            filtered[y, 1 + x] = (int64(rows[y, x]) - _expected(rows, y, x, step, kind)) & 0xFF


@kernel("void(uint8[:, ::1], int64, int64, uint8[::1])")
def choose_filters(rows, step, how, kinds):
    """The filter types of rows by the sums of their bytes, taken as signed: the first of the least.

    This is a part of the format.

    Args:
        rows: uint8[n, m].
        step: as above.
        how: LEAST_SUM, as libpng does; or LEAST_SUM_APART, as LodePNG does: the bytes of NONE count as they are,
            others from 128 on as what they lack to 255.
        kinds: uint8[n], written.
    """
    count, width = rows.shape
    for y in range(count):
        least = int64(1) << 60
        for kind in range(FILTERS):
            total = int64(0)
            for x in range(width):
                value = (int64(rows[y, x]) - _expected(rows, y, x, step, kind)) & 0xFF
                if how == LEAST_SUM:
                    value = min(value, 256 - value)
                elif kind != NONE and value >= 128:
                    value = 255 - value
                total += value
            if total < least:
                least = total
                kinds[y] = kind
