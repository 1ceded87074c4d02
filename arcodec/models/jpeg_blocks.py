"""Pictures that were a JPEG, as the quantised coefficients they were made of, where the decoder is known to the bit."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec.kernels import jpeg, jpeg_search, sources
from arcodec.kernels.jpeg import BLOCK
from arcodec.models.base import Symbols

GRAY, WHOLE, HALVED_COLUMNS, HALVED = range(4)  # layouts: a single component; chroma as large as luma; halved
LAYOUTS = 4
UNUSED = 255  # the step of a frequency that a picture does not have
_LEAST = 64  # blocks, for a picture to be looked at
_NOISE, _CHROMA_NOISE = 80, 200  # of 256, deviations of coefficients from rounding samples, and halved chroma
_ENTRY = 10 << 8  # nats that an entry costs of a table that is not the standard's
_BLOCK = 3 << 8  # and each block
_SETTLED = 2  # of so many blocks one is to be found exactly
_SAMPLE = 256  # blocks that are tried first
_TOLD = 4096  # blocks that tell of a table
_BAND = 64  # rows of chroma by which it is decided whether it was halved
_WRONG = 16  # of so many pixels may one have another chroma than halved chroma gives
_ROUNDS = 3
_Intervals = tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]

# Tables K.1 and K.2 of ITU-T T.81, for luma and chroma.
_LUMA = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56),
    *(14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMA = (
    *(17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99),
    *(47, 66, 99, 99, 99, 99, 99, 99),
    *(99,) * 32,
)


class Blocks(NamedTuple):
    """A picture as coefficients.

    Attributes:
        layout: GRAY, WHOLE, HALVED_COLUMNS or HALVED.
        steps: int64[components, 64], what coefficients are multiples of, 1 ... 255.
        coefficients: int16[blocks, 64], of all components one after the other, blocks and frequencies in rows.
        strips: of each component, the samples that lie in no whole block: uint8[rows % 8, columns], and those to the
            right of the blocks turned, uint8[columns % 8, rows - rows % 8]; empty ones as well.
    """

    layout: int
    steps: npt.NDArray[np.int64]
    coefficients: npt.NDArray[np.int16]
    strips: tuple[Symbols, ...]


@cache
def _source() -> sources.Source:
    return sources.jpeg()


@cache
def _standard_tables() -> npt.NDArray[np.int64]:
    """int64[200, 64]: the standard's tables, as the Independent JPEG Group scales them by quality 1 ... 100."""
    scales = [5000 // q if q < 50 else 200 - 2 * q for q in range(1, 101)]
    base = np.array([_LUMA, _CHROMA], np.int64)[:, None]
    return np.clip((base * np.array(scales)[:, None] + 50) // 100, 1, 255).reshape(-1, 64)


def planes_shapes(shape: tuple[int, ...], layout: int) -> list[tuple[int, int]]:
    """(rows, columns) of each component of a picture of this shape."""
    rows, columns = shape[0], shape[1]
    if layout == GRAY:
        return [(rows, columns)]
    halved = ((rows + 1) // 2 if layout == HALVED else rows, columns if layout == WHOLE else (columns + 1) // 2)
    return [(rows, columns), halved, halved]


def strips_shapes(shape: tuple[int, int]) -> list[tuple[int, int]]:
    """The shapes of the two strips of a component."""
    rows, columns = shape
    return [(rows % BLOCK, columns), (columns % BLOCK, rows - rows % BLOCK)]


def restore(blocks: Blocks, shape: tuple[int, ...]) -> Symbols:
    """The picture, uint8 of `shape`, without its exceptions."""
    shapes = planes_shapes(shape, blocks.layout)
    planes, first = [], 0
    for k, (rows, columns) in enumerate(shapes):
        plane = np.empty((rows, columns), np.uint8)
        count = (rows // BLOCK) * (columns // BLOCK)
        own = np.ascontiguousarray(blocks.coefficients[first : first + count], np.int16)
        jpeg.fill_blocks(own, blocks.steps[k], plane, np.empty(64, np.int64))
        bottom, right = blocks.strips[2 * k : 2 * k + 2]
        plane[rows - rows % BLOCK :] = bottom
        plane[: rows - rows % BLOCK, columns - columns % BLOCK :] = right.T
        planes.append(plane)
        first += count
    if blocks.layout == GRAY:
        return planes[0][..., None]
    luma, *chromas = planes
    pixels = np.empty((*luma.shape, 3), np.uint8)
    sources.convert(_source(), luma, _spread(chromas, luma.shape, blocks.layout), pixels)
    return pixels


def _spread(planes: list[Symbols], shape: tuple[int, ...], layout: int) -> Symbols:
    whole = np.empty((*shape, 2), np.uint8)
    for k, plane in enumerate(planes):
        one = plane
        if layout != WHOLE:
            one = np.empty(shape, np.uint8)
            jpeg.spread(plane, layout == HALVED, one)
        whole[..., k] = one
    return whole


def find(pixels: Symbols, guesses: Symbols | None = None) -> Blocks | None:
    """The coefficients that a picture was made of: uint8[rows, columns, 1 or 3]; None where they are not found.

    guesses: uint8[rows, columns, 2], chromas that the pixels of a picture in colour may have had. `restore` need not give
    all pixels.
    """
    rows, columns, _ = pixels.shape
    if (rows // BLOCK) * (columns // BLOCK) < _LEAST:
        return None
    if guesses is None:
        luma = _solved(_known(pixels[..., 0].astype(np.int16)), pixels[..., 0])
        return luma and _assembled(GRAY, [luma])
    pixels = np.array(pixels, np.uint8, order="C")
    found = np.empty((rows, columns, 2), np.int16)
    sources.find_chromas(_source(), pixels, found, 1)
    quality = _table(_lumas(pixels, found), _NOISE)[1]
    layout = _layout(found, guesses)
    chromas = []
    for k in (0, 1):
        if layout == WHOLE:
            chroma = _solved(_known(found[..., k]), guesses[..., k])
        else:
            chroma = _halved(found, guesses, k, layout, quality)
        if chroma is None:
            return None
        chromas.append(chroma)
    whole = _spread([c.plane for c in chromas], (rows, columns), layout).astype(np.int16)
    lows, highs = _lumas(pixels, whole)
    middles = (np.maximum(lows, 0) + np.minimum(highs, 255) + 1) >> 1
    luma = _solved((lows, highs), middles.astype(np.uint8))
    return luma and _assembled(layout, [luma, *chromas])


class _Component(NamedTuple):
    steps: npt.NDArray[np.int64]
    blocks: npt.NDArray[np.int16]
    plane: Symbols


def _assembled(layout: int, components: list[_Component]) -> Blocks:
    strips = []
    for _, _, plane in components:
        rows, columns = (n - n % BLOCK for n in plane.shape)
        strips += [np.ascontiguousarray(plane[rows:]), np.ascontiguousarray(plane[:rows, columns:].T)]
    steps = np.stack([c.steps for c in components])
    return Blocks(layout, steps, np.concatenate([c.blocks for c in components]), tuple(strips))


def _known(samples: npt.NDArray[np.int16]) -> _Intervals:
    """Intervals of samples, of which some are UNKNOWN."""
    unknown = samples == sources.UNKNOWN
    lows = np.where(unknown | (samples == 0), jpeg_search.LOWEST, samples).astype(np.int16)
    highs = np.where(unknown | (samples == 255), jpeg_search.HIGHEST, samples).astype(np.int16)
    return lows, highs


def _lumas(pixels: Symbols, chromas: npt.NDArray[np.int16]) -> _Intervals:
    lows, highs = (np.empty(pixels.shape[:2], np.int16) for _ in range(2))
    jpeg_search.luma_intervals(_source(), pixels, chromas, lows, highs)
    return lows, highs


def _layout(chromas: npt.NDArray[np.int16], guesses: Symbols) -> int:
    """Whether chroma was halved, by a band in the middle."""
    first = max((len(chromas) - _BAND) // 4 * 2, 0)
    band = slice(first, first + _BAND)
    for layout in (HALVED, HALVED_COLUMNS):
        plane = _halved_plane(chromas[band], guesses[band], 0, layout)
        if jpeg_search.improve_halved(chromas[band], 0, layout == HALVED, plane) * _WRONG <= chromas[band].size // 2:
            return layout
    return WHOLE


def _halved_plane(chromas: npt.NDArray[np.int16], guesses: Symbols, k: int, layout: int) -> Symbols:
    plane = np.empty(planes_shapes(chromas.shape, layout)[1], np.uint8)
    jpeg_search.begin_halved(chromas, guesses, k, layout == HALVED, np.empty(plane.shape, np.int32), plane)
    return plane


def _halved(chromas: npt.NDArray[np.int16], guesses: Symbols, k: int, layout: int, quality: int) -> _Component | None:
    """Chroma k as coefficients of its halved plane; `quality` is that of luma, 0 if that is not known."""
    plane = _halved_plane(chromas, guesses, k, layout)
    blocks = np.zeros(((plane.shape[0] // BLOCK) * (plane.shape[1] // BLOCK), 64), np.int16)
    spare, vectors = np.empty(blocks.shape, np.int32), np.empty((jpeg_search.ROOM, 64), np.int64)
    steps = _standard_tables()[99 + quality] if quality else None
    settled = 0
    for _ in range(_ROUNDS):
        jpeg_search.improve_halved(chromas, k, layout == HALVED, plane)
        if not quality:
            steps = _table(_known(plane.astype(np.int16)), _CHROMA_NOISE)[0]
        settled = jpeg_search.settle_chroma(chromas, k, layout == HALVED, steps, plane, blocks, spare, vectors)
    return _Component(steps, blocks, plane) if settled * _SETTLED >= len(blocks) else None


def _solved(intervals: _Intervals, guesses: Symbols) -> _Component | None:
    """The component of samples within intervals, or about `guesses` where they are not known."""
    steps, _ = _table(intervals, _NOISE)
    lows, highs = intervals
    rows, columns = (n // BLOCK for n in lows.shape)
    blocks, vectors = np.zeros((rows * columns, 64), np.int16), np.empty((jpeg_search.ROOM, 64), np.int64)
    plane = np.clip(guesses, np.maximum(lows, 0), np.minimum(highs, 255)).astype(np.uint8)
    for skip in (max(len(blocks) // _SAMPLE, 1), 1):
        exact = jpeg_search.solve(lows, highs, plane, skip, steps, blocks, vectors)
        if exact * skip * _SETTLED < len(blocks):
            return None
    jpeg.fill_blocks(blocks, steps, plane, np.empty(64, np.int64))
    return _Component(steps, blocks, plane)


def _table(intervals: _Intervals, noise: int) -> tuple[npt.NDArray[np.int64], int]:
    """The steps of a component, int64[64], and what quality of the standard's tables they are, 0 if of none."""
    prices = np.zeros((64, 256), np.int64)
    skip = max(intervals[0].size // (64 * _TOLD), 1)
    told = jpeg_search.price(*intervals, skip, noise, prices, np.empty((jpeg_search.ROOM, 64), np.int64))
    prices[:, UNUSED] = np.minimum(prices[:, UNUSED], prices[:, 0])
    free = prices[:, 1:].argmin(axis=1) + 1
    standard = _standard_tables()
    costs = prices[np.arange(64), standard].sum(axis=1)
    best = int(costs.argmin())
    if costs[best] <= int(prices[np.arange(64), free].sum()) + 64 * _ENTRY + told * _BLOCK:
        return np.ascontiguousarray(standard[best]), best % 100 + 1
    return free, 0
