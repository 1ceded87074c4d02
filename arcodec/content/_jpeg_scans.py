"""Reading the scans of a JPEG file, and writing them again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec.content._jpeg import Scan
from arcodec.kernels import jpeg_reader, jpeg_writer
from arcodec.kernels import jpeg_scans as kernel

Bytes = npt.NDArray[np.uint8]


USUAL_RUN, USUAL_HOLD = kernel.LONGEST, kernel.MOST_HELD


class Coefficients(NamedTuple):
    """Those of all components.

    Attributes:
        values: int16[blocks, 64].
        ends: uint8[blocks], up to which place of each block, in zigzag order, there is any AC.
    """

    values: npt.NDArray[np.int16]
    ends: Bytes


class Way(NamedTuple):
    """How a scan is written.

    Attributes:
        pad: the bit that bytes are filled up with, where that is needed.
        run: the longest run of ends of blocks.
        hold: so many correction bits may be held back until a block ends.
        units: so many units (MCUs) are written, all of them if None.
        cut: whether the scan goes on after them: then they are written as whole bytes, and what is left is not.
    """

    pad: int
    run: int
    hold: int
    units: int | None
    cut: bool


def empty(blocks: int) -> Coefficients:
    """So many blocks of zeros."""
    return Coefficients(np.zeros((blocks, 64), np.int16), np.zeros(blocks, np.uint8))


def of_values(values: npt.NDArray[np.int16]) -> Coefficients:
    """Coefficients that were not read from scans."""
    ends = np.empty(len(values), np.uint8)
    jpeg_writer.find_ends(values, ends)
    return Coefficients(values, ends)


def written(scan: Scan, way: Way, coefficients: Coefficients) -> Iterator[bytes]:
    """The bytes of a scan, some at a time."""
    vector = scan.vector.copy()
    units = int(vector[kernel.UNITS]) if way.units is None else way.units
    vector[[kernel.PAD, kernel.RUN, kernel.HOLD, kernel.UNITS, kernel.CUT]] = *way[:3], units, way.cut
    out, held = np.empty(kernel.ROOM + kernel.UNIT + kernel.HELD, np.uint8), np.empty(2 * kernel.HELD, np.uint8)
    state = np.zeros(kernel.STATE, np.int64)
    while True:
        size = jpeg_writer.encode(out, *coefficients, vector, scan.parts, scan.writing, held, state)
        yield out[:size].tobytes()
        if state[kernel.DONE] >= units:
            return


def read(data: Bytes, at: int, scan: Scan, coefficients: Coefficients) -> tuple[Way, int] | None:
    """Read the scan at `at` into the coefficients: how it is written, and how many bytes that makes.

    None if it is not written in any way that is known here, not even its beginning. Of a cut one whole bytes are.
    """
    vector, state = scan.vector, np.zeros(kernel.STATE, np.int64)
    units, interval = int(vector[kernel.UNITS]), int(vector[kernel.INTERVAL])
    room = min(units // interval, (len(data) - at) // 2) if interval else 0
    clean, starts = np.empty(len(data) - at + kernel.MARGIN, np.uint8), np.zeros(room + 3, np.int64)
    size = int(jpeg_reader.unstuff(data, at, clean, starts))
    clean[size : size + kernel.MARGIN] = 0
    done = int(jpeg_reader.decode(clean, size, starts, *coefficients, vector, scan.parts, scan.reading, state))
    del clean
    usual = Way(int(vector[kernel.PAD] > 0), USUAL_RUN, USUAL_HOLD, None, False)
    whole = [usual]
    if vector[kernel.PROGRESSIVE]:
        whole.append(usual._replace(run=max(int(state[kernel.SEEN]), 1), hold=kernel.HELD // 2))
    cut = usual._replace(units=done, cut=True)
    tries = [*whole, cut] if done == units else [cut]
    for way in tries:
        end = _end(data, at, written(scan, way, coefficients))
        if end is not None:
            return way, end
    return None


def _end(data: Bytes, at: int, pieces: Iterator[bytes]) -> int | None:
    """Where the pieces end in the data, if they are there."""
    for piece in pieces:
        if data[at : at + len(piece)].tobytes() != piece:
            return None
        at += len(piece)
    return at
