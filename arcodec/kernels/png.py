"""Undoing PNG's row filters."""

from __future__ import annotations

from arcodec.kernels.compiling import kernel


@kernel("int64(Array(uint8, 1, 'C', True), uint8[:, ::1], int64)")
def unfilter(filtered, rows, step):
    """Rebuild the bytes of an image, or of one pass of it, from its filtered rows.

    Source: W3C, Portable Network Graphics specification, chapter 9.

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
        kind = filtered[at]
        at += 1
        if kind > 4:
            return y
        for x in range(width):
            left = int(rows[y, x - step]) if x >= step else 0
            up = int(rows[y - 1, x]) if y > 0 else 0
            if kind == 0:
                guess = 0
            elif kind == 1:
                guess = left
            elif kind == 2:
                guess = up
            elif kind == 3:
                guess = (left + up) >> 1
            else:
                corner = int(rows[y - 1, x - step]) if y > 0 and x >= step else 0
                by_left = abs(up - corner)
                by_up = abs(left - corner)
                by_corner = abs(left + up - 2 * corner)
                if by_left <= by_up and by_left <= by_corner:
                    guess = left
                elif by_up <= by_corner:
                    guess = up
                else:
                    guess = corner
            rows[y, x] = (int(filtered[at + x]) + guess) & 0xFF
        at += width
    return count
