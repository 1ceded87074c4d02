"""The window of rows around a sample, with margins beyond both edges, and what its samples look like."""

from __future__ import annotations

from numba import int64

from arcodec.kernels.compiling import inlined, plain
from arcodec.kernels.least_squares import MARGIN


@plain
def begin_row(rows, columns, channels, last):
    """Shift a window of rows, one array, up by one.

    The row that began at `last` is continued beyond its right edge, the one that begins there now beyond its left.
    """
    margin = MARGIN * channels
    stride = columns * channels + 2 * margin
    for i in range(margin):
        rows[last + stride - margin + i] = rows[last + stride - margin - channels + i % channels]
    for i in range(len(rows) - stride):
        rows[i] = rows[i + stride]
    for i in range(margin):
        rows[last + i] = rows[last - stride + margin + i % channels]


@inlined
def texture(window, place, step, stride, level):
    """0 ... 63: which of six simple predictions lie above a level."""
    west = int64(window[place - step])
    north = int64(window[place - stride])
    return (
        int64(west > level)
        | int64(north > level) << 1
        | int64(window[place - stride - step] > level) << 2
        | int64(window[place - stride + step] > level) << 3
        | int64(2 * west - window[place - 2 * step] > level) << 4
        | int64(2 * north - window[place - 2 * stride] > level) << 5
    )


@inlined
def activity(window, place, step, stride):
    """Sum of five absolute differences of neighbours."""
    west = int64(window[place - step])
    north = int64(window[place - stride])
    northwest = int64(window[place - stride - step])
    return (
        abs(west - northwest)
        + abs(north - northwest)
        + abs(north - int64(window[place - stride + step]))
        + abs(west - int64(window[place - 2 * step]))
        + abs(north - int64(window[place - 2 * stride]))
    )
