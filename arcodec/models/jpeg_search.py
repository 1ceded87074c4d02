"""Looking for the coefficients that a picture was made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec.kernels import chroma_search, jpeg, jpeg_search, sources
from arcodec.kernels.jpeg import BLOCK
from arcodec.models.base import Symbols
from arcodec.models.jpeg_blocks import (
    GRAY,
    HALVED,
    HALVED_COLUMNS,
    WHOLE,
    Blocks,
    Patch,
    patch,
    planes_shapes,
    source,
    spread,
    standard_tables,
)

UNUSED = 255  # the step of a frequency that a picture does not have
_LEAST = 64  # blocks, for a picture to be looked at
_NOISE, _CHROMA_NOISE = 80, 200  # of 256, deviations of coefficients from rounding samples, and halved chroma
_ENTRY = 10 << 8  # nats that an entry costs of a table that is not the standard's
_BLOCK = 3 << 8  # and each block
_SETTLED = 2  # of so many blocks one is to be found exactly
_SAMPLE = 256  # blocks that are tried first
_TOLD = 2048  # blocks that tell of a table
_BAND = 64  # rows of chroma by which it is decided whether it was halved
_WRONG = 16  # of so many pixels may one have another chroma than halved chroma gives
_ROUNDS = 3

_Intervals = tuple[npt.NDArray[np.int16], npt.NDArray[np.int16]]


def find(pixels: Symbols, guesses: Symbols | None = None) -> Blocks | None:
    """The coefficients that a picture was made of: uint8[rows, columns, 1 or 3]; None where they are not found.

    guesses: uint8[rows, columns, 2], chromas that pixels may have had; None for a single channel. `restore` need not
    give all pixels.
    """
    rows, columns, _ = pixels.shape
    if (rows // BLOCK) * (columns // BLOCK) < _LEAST:
        return None
    if guesses is None:
        luma = _solved(_known(pixels[..., 0].astype(np.int16)), pixels[..., 0])
        return luma and _assembled(GRAY, [luma])
    pixels = np.array(pixels, np.uint8, order="C")
    found = np.empty((rows, columns, 2), np.int16)
    sources.find_chromas(source(), pixels, found, 1)
    quality = _table(_lumas(pixels, found), _NOISE)[1]
    layout = _layout(found, guesses)
    chromas = []
    for k in (0, 1):
        chroma: _Component | None
        if layout == WHOLE:
            chroma = _solved(_known(found[..., k]), guesses[..., k])
        else:
            chroma = _halved(found, guesses, k, layout, quality)
        if chroma is None:
            return None
        chromas.append(chroma)
    whole = spread([c.plane for c in chromas], (rows, columns), layout)
    lows, highs = _lumas(pixels, np.where(found == sources.UNKNOWN, whole, found))
    middles = (np.maximum(lows, 0) + np.minimum(highs, 255) + 1) >> 1
    luma = _solved((lows, highs), middles.astype(np.uint8))
    return luma and _assembled(layout, [luma, *chromas])


class _Component(NamedTuple):
    steps: npt.NDArray[np.int64]
    blocks: npt.NDArray[np.int16]
    plane: Symbols
    patch: Patch


def _assembled(layout: int, components: list[_Component]) -> Blocks:
    strips = []
    for component in components:
        plane = component.plane
        rows, columns = (n - n % BLOCK for n in plane.shape)
        strips += [np.ascontiguousarray(plane[rows:]), np.ascontiguousarray(plane[:rows, columns:].T)]
    steps = np.stack([c.steps for c in components])
    blocks = np.concatenate([c.blocks for c in components])
    return Blocks(layout, steps, blocks, tuple(strips), tuple(c.patch for c in components))


def _known(samples: npt.NDArray[np.int16]) -> _Intervals:
    """Intervals of samples, of which some are UNKNOWN."""
    unknown = samples == sources.UNKNOWN
    lows = np.where(unknown | (samples == 0), jpeg_search.LOWEST, samples).astype(np.int16)
    highs = np.where(unknown | (samples == 255), jpeg_search.HIGHEST, samples).astype(np.int16)
    return lows, highs


def _lumas(pixels: Symbols, chromas: npt.NDArray[np.int16]) -> _Intervals:
    lows, highs = (np.empty(pixels.shape[:2], np.int16) for _ in range(2))
    chroma_search.luma_intervals(source(), pixels, chromas, lows, highs)
    return lows, highs


def _layout(chromas: npt.NDArray[np.int16], guesses: Symbols) -> int:
    """Whether chroma was halved, by a band in the middle."""
    first = max((len(chromas) - _BAND) // 4 * 2, 0)
    band = slice(first, first + _BAND)
    for layout in (HALVED, HALVED_COLUMNS):
        plane = _halved_plane(chromas[band], guesses[band], 0, layout)
        if (
            chroma_search.improve_halved(chromas[band], 0, layout == HALVED, plane) * _WRONG
            <= chromas[band].size // 2
        ):
            return layout
    return WHOLE


def _halved_plane(chromas: npt.NDArray[np.int16], guesses: Symbols, k: int, layout: int) -> Symbols:
    plane = np.empty(planes_shapes(chromas.shape, layout)[1], np.uint8)
    chroma_search.begin_halved(chromas, guesses, k, layout == HALVED, np.empty(plane.shape, np.int32), plane)
    return plane


def _halved(chromas: npt.NDArray[np.int16], guesses: Symbols, k: int, layout: int, quality: int) -> _Component | None:
    """Chroma k as coefficients of its halved plane; `quality` is that of luma, 0 if that is not known."""
    plane = _halved_plane(chromas, guesses, k, layout)
    blocks = np.zeros(((plane.shape[0] // BLOCK) * (plane.shape[1] // BLOCK), 64), np.int16)
    spare, vectors = np.empty(blocks.shape, np.int32), np.empty((jpeg_search.ROOM, 64), np.int64)
    settled = 0
    for _ in range(_ROUNDS):
        chroma_search.improve_halved(chromas, k, layout == HALVED, plane)
        if quality:
            steps = standard_tables()[99 + quality]
        else:
            steps, _ = _table(_known(plane.astype(np.int16)), _CHROMA_NOISE)
        settled = chroma_search.settle_chroma(chromas, k, layout == HALVED, steps, plane, blocks, spare, vectors)
    if settled * _SETTLED < len(blocks):
        return None
    wanted = plane.copy()
    chroma_search.improve_halved(chromas, k, layout == HALVED, wanted)
    return _Component(steps, blocks, wanted, patch(plane, wanted))


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
    wanted = np.clip(plane, np.maximum(lows, 0), np.minimum(highs, 255)).astype(np.uint8)
    return _Component(steps, blocks, wanted, patch(plane, wanted))


def _table(intervals: _Intervals, noise: int) -> tuple[npt.NDArray[np.int64], int]:
    """The steps of a component, int64[64], and what quality of the standard's tables they are, 0 if of none."""
    prices = np.zeros((64, 256), np.int64)
    skip = max(intervals[0].size // (64 * _TOLD), 1)
    told = jpeg_search.price(*intervals, skip, noise, prices, np.empty((jpeg_search.ROOM, 64), np.int64))
    prices[:, UNUSED] = np.minimum(prices[:, UNUSED], prices[:, 0])
    free = prices[:, 1:].argmin(axis=1) + 1
    standard = standard_tables()
    costs = prices[np.arange(64), standard].sum(axis=1)
    best = int(costs.argmin())
    if costs[best] <= int(prices[np.arange(64), free].sum()) + 64 * _ENTRY + told * _BLOCK:
        return np.ascontiguousarray(standard[best]), best % 100 + 1
    return free, 0
