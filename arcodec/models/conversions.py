"""Pictures as the luma and chroma that they were made of, where the conversion is known to the bit."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec.kernels import sources
from arcodec.models import gaps
from arcodec.models.base import Symbols

_Chromas = npt.NDArray[np.int16]

SOURCES = ("PhotoCD", "JPEG")
_MAKERS = (sources.photo_cd, sources.jpeg)
PHASES = 4  # of halved chroma; after those, chroma as large as luma
FULL = PHASES
_SKIP = 8  # rows, of which one is looked at first
_LEAST = 512  # pixels that must tell
_STRANGE = 256  # of so many may one be of another kind
_HALVED = 64000  # of 65536 chromas are to be means of others, where they are not clipped
EXCEPTIONS = 16  # of so many pixels may one be an exception


class Converted(NamedTuple):
    """A picture in luma and chroma.

    Attributes:
        source: which conversion it is.
        layout: FULL, or the phases of halved chroma, 2 * that of rows + that of columns: cells are the chroma of
            every second pixel from there on.
        luma: uint8[rows, columns, 1].
        chromas: uint8[rows, columns, 2], or uint8 of `cells_shape`.
        gaps: uint8[k], the pixels that the conversion does not give: how many others come before each, as varints.
        values: uint8[n, 3], what is to be added to each of those.
    """

    source: int
    layout: int
    luma: Symbols
    chromas: Symbols
    gaps: Symbols
    values: Symbols


@cache
def _source(number: int) -> sources.Source:
    return _MAKERS[number]()


def cells_shape(rows: int, columns: int, layout: int) -> tuple[int, int, int]:
    """The shape of the chromas."""
    if layout == FULL:
        return rows, columns, 2
    return (rows - (layout >> 1) + 1) // 2, (columns - (layout & 1) + 1) // 2, 2


def find(pixels: Symbols) -> Converted | None:
    """What a picture, uint8[rows, columns, 3], was made of; None if that is not known."""
    rows, columns, _ = pixels.shape
    if rows < _SKIP or columns < _SKIP:
        return None
    pixels = np.array(pixels, np.uint8, order="C")
    for number in range(len(_MAKERS)):
        chromas = np.full((rows, columns, 2), sources.UNKNOWN, np.int16)
        strange = sources.find_chromas(_source(number), pixels, chromas, _SKIP)
        told = int((chromas[..., 0] != sources.UNKNOWN).sum())
        if told >= _LEAST and strange * _STRANGE <= told:
            sources.find_chromas(_source(number), pixels, chromas, 1)
            return _converted(number, pixels, chromas)
    return None


def _converted(number: int, pixels: Symbols, found: _Chromas) -> Converted | None:
    source = _source(number)
    rows, columns, _ = pixels.shape
    shares = [int(sources.share_of_means(found, phases >> 1, phases & 1)) for phases in range(PHASES)]
    layout = shares.index(max(shares)) if max(shares) >= _HALVED else FULL
    chromas = np.zeros(cells_shape(rows, columns, layout), np.uint8)
    if layout == FULL:
        sources.keep_chromas(source, pixels, found, chromas)
    else:
        changed = np.zeros(chromas.shape[:2], np.uint8)
        sources.fit_cells(source, pixels, found, layout >> 1, layout & 1, chromas, changed)
    luma = np.zeros((rows, columns), np.uint8)
    strange = sources.find_lumas(source, pixels, spread(chromas, rows, columns, layout), luma)
    if strange * EXCEPTIONS > rows * columns:
        return None
    lumas = luma.reshape(rows, columns, 1)
    made = _convert(number, layout, lumas, chromas)
    return Converted(number, layout, lumas, chromas, *corrections(pixels, made))


def spread(chromas: Symbols, rows: int, columns: int, layout: int) -> Symbols:
    """The chromas of all pixels: uint8[rows, columns, 2]."""
    if layout == FULL:
        return chromas
    whole = np.empty((rows, columns, 2), np.uint8)
    sources.spread(chromas, layout >> 1, layout & 1, whole)
    return whole


def quarters(luma: Symbols, layout: int) -> Symbols:
    """The four lumas from each cell on, to the right and below: uint8[cells' rows, cells' columns, 4]."""
    rows, columns, _ = luma.shape
    height, width, _ = cells_shape(rows, columns, layout)
    y = np.minimum(2 * np.arange(height)[:, None] + (layout >> 1) + np.arange(2), rows - 1)
    x = np.minimum(2 * np.arange(width)[:, None] + (layout & 1) + np.arange(2), columns - 1)
    return np.stack([luma[y[:, i]][:, x[:, j], 0] for i in range(2) for j in range(2)], axis=2)


def restore(converted: Converted) -> Symbols:
    """The picture, uint8[rows, columns, 3].

    Raises:
        CorruptError: the exceptions are not what `find` makes.
    """
    pixels = _convert(converted.source, converted.layout, converted.luma, converted.chromas)
    return corrected(pixels, converted.gaps, converted.values)


def corrected(made: Symbols, codes: Symbols, values: Symbols) -> Symbols:
    """`made`, uint8[rows, columns, channels], with its exceptions, in place; `codes` are their gaps.

    Raises:
        CorruptError: they go beyond the picture.
    """
    rows, columns, channels = made.shape
    made.reshape(-1, channels)[gaps.places(codes.tobytes(), rows * columns)] += values
    return made


def _convert(number: int, layout: int, luma: Symbols, chromas: Symbols) -> Symbols:
    rows, columns, _ = luma.shape
    pixels = np.empty((rows, columns, 3), np.uint8)
    sources.convert(_source(number), luma[..., 0], spread(chromas, rows, columns, layout), pixels)
    return pixels


def corrections(pixels: Symbols, made: Symbols) -> tuple[Symbols, Symbols]:
    """(gaps, values) of the exceptions that make `pixels` of `made`."""
    wrong = np.flatnonzero((pixels != made).any(axis=2))
    return np.frombuffer(gaps.written(wrong), np.uint8), (pixels - made).reshape(-1, pixels.shape[2])[wrong]
