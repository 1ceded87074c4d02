"""Tables of colours: an order in which indices that are near stand for colours that are near."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Colours = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.uint8]


def ranks(palette: Colours, depth: int) -> Indices | None:
    """The place of each index in the order of brightness: uint8[2**depth]; None where it is its own.

    Colours are ordered by 299 red + 587 green + 114 blue, those alike by index; indices without a colour come last.

    Args:
        palette: uint8[n, 3], n at most 2**depth.
        depth: bits of an index.
    """
    order = _order(palette, depth)
    if (order == np.arange(len(order))).all():
        return None
    places = np.empty(len(order), np.uint8)
    places[order] = np.arange(len(order))
    return places


def undo(places: Indices, palette: Colours, depth: int) -> Indices:
    """The indices that have these places."""
    return _order(palette, depth).astype(np.uint8)[places]


def _order(palette: Colours, depth: int) -> npt.NDArray[np.signedinteger[Any]]:
    """The indices by brightness."""
    brightness = np.full(1 << depth, 1 << 20, np.int64)
    brightness[: len(palette)] = palette @ np.array((299, 587, 114), np.int64)
    return np.argsort(brightness, kind="stable")
