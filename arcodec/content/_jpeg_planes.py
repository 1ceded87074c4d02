"""Coefficients of a JPEG file as planes: bands of rows of units (MCUs), each of which describes itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from arcodec.content._jpeg import Component, Steps, steps_of
from arcodec.content.base import Plane
from arcodec.models import coefficient_chunks as chunks
from arcodec.models.coefficients import Component as Coded

Values = npt.NDArray[np.int16]  # [blocks, 64], of all components

# A band has at least so many bytes of the file, for what it loses by beginning afresh is 3 to 4 KB, and so many
# blocks.
_BAND_BYTES, _BAND_BLOCKS = 1 << 20, 1 << 15
_MOST_BANDS = 16


def written(components: Sequence[Component], coefficients: Values, size: int) -> list[Plane]:
    """uint8[1 + components + blocks, 128] of each band of a file of so many bytes."""
    units = components[0].rows // components[0].height
    count = max(1, min(len(coefficients) // _BAND_BLOCKS, size // _BAND_BYTES, _MOST_BANDS, units))
    step = -(-units // count)
    return [_band(components, coefficients, y, min(y + step, units)) for y in range(0, units, step)]


def _band(components: Sequence[Component], coefficients: Values, top: int, bottom: int) -> Plane:
    coded, parts = [], []
    for c, scales, steps in zip(components, _scales(components), steps_of(components), strict=True):
        coded.append(Coded((bottom - top) * c.height, c.columns, *scales, steps.astype(np.int64)))
        begin = c.first + top * c.height * c.columns
        parts.append(coefficients[begin : begin + (bottom - top) * c.height * c.columns])
    head = chunks.rows(coded)
    plane = np.empty((len(head) + sum(map(len, parts)), chunks.ROW), np.uint8)
    plane[: len(head)] = head
    np.concatenate(parts, out=plane[len(head) :].view("<i2"))
    return plane


def _scales(components: Sequence[Component]) -> list[tuple[int, int]]:
    """How many blocks of luma lie on one of each component; 0 for those that are coded alone.

    Of three components or four the first three are coded together, if the sizes of both chromas are alike, and those
    of luma or half of them.
    """
    scales = [(0, 0)] * len(components)
    if len(components) >= 3:
        luma, *chromas = components[:3]
        found = {
            (luma.height // c.height, luma.width // c.width) for c in chromas
            if luma.height % c.height == luma.width % c.width == 0
        }  # fmt: skip
        alike = len({(c.height, c.width) for c in chromas}) == 1
        if alike and found <= {(1, 1), (1, 2), (2, 1), (2, 2)} and found:
            scales[1:3] = [*found] * 2
    return scales


def read(planes: Sequence[Plane]) -> list[tuple[Plane, list[Coded]]] | None:
    """Each plane and the components that it tells of; None if they are none or not those of the same picture."""
    if not planes or not all(plane.ndim == 2 and plane.shape[1] == chunks.ROW for plane in planes):
        return None
    bands = [(plane, own) for plane in planes if (own := chunks.read(plane)) is not None]
    if len(bands) < len(planes) or len({len(own) for _, own in bands}) > 1:
        return None
    return bands


def steps_in(bands: Sequence[tuple[Plane, list[Coded]]]) -> list[Steps]:
    """Of each component."""
    return [c.steps.astype(np.uint16) for c in bands[0][1]]


def joined(components: Sequence[Component], bands: Sequence[tuple[Plane, list[Coded]]]) -> Values | None:
    """Undo `written`; None if the planes have not what the components want."""
    coefficients = np.empty((sum(c.rows * c.columns for c in components), 64), np.int16)
    places = [c.first for c in components]
    for plane, own in bands:
        at = 1 + len(own)
        for k, (c, wanted) in enumerate(zip(own, components, strict=True)):
            count = c.rows * c.columns
            end = wanted.first + wanted.rows * wanted.columns
            if c.columns != wanted.columns or places[k] + count > end:
                return None
            coefficients[places[k] : places[k] + count] = plane[at : at + count].view("<i2")
            places[k] += count
            at += count
    ends = [c.first + c.rows * c.columns for c in components]
    return coefficients if places == ends else None
