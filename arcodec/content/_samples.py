"""The samples of an image <-> the planes that the models code.

Colours and alpha are planes of their own. A channel of 16-bit samples is first packed (`_packing`): its samples
become their numbers among the values that it takes. Where these numbers fit a byte in all channels of a plane, it is
a plane of 8-bit samples; else each is two symbols, the high byte first.

    channels   planes          extents: rows, columns and
    1          gray            1, or 2 for 16 bits
    2          gray, alpha     the same, both
    3          colours         3, or 6
    4          colours, alpha  3, or 6; 1, or 2

Another division, of which `join` still knows, cut 16-bit samples in two: what is left above the lowest `shift` bits,
a plane of 8-bit samples, and after it these low bits, one byte each, as a sequence of bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec.content import _packing
from arcodec.content._recipe import Reader
from arcodec.content.base import Plane
from arcodec.errors import CorruptError

_PIECE = 1 << 18  # samples joined at once

Samples = npt.NDArray[np.unsignedinteger[Any]]

PACKED = 9  # how 16-bit samples are divided: packed, or cut by a shift of 0 ... 8


def split(samples: Samples) -> tuple[tuple[Plane, ...], bytes]:
    """The planes of an image, and the packings of its channels if they have 16 bits.

    Args:
        samples: uint8 or uint16 of shape (rows, columns, channels), 1 to 4 channels, not empty.

    Returns:
        Contiguous planes, uint8 (rows, columns, 1, 3, 2 or 6), and bytes for `join`, none for 8-bit samples.
    """
    colours = 1 if samples.shape[2] < 3 else 3
    parts = [part for part in (samples[..., :colours], samples[..., colours:]) if part.size]
    if samples.itemsize == 1:
        return tuple(np.ascontiguousarray(part, np.uint8) for part in parts), b""
    planes: list[Plane] = []
    packings = []
    for part in parts:
        numbers = np.empty(part.shape, ">u2")
        for channel in range(part.shape[2]):
            numbers[..., channel], written = _packing.pack(part[..., channel])
            packings.append(written)
        planes.append(numbers.astype(np.uint8) if int(numbers.max()) < 256 else numbers.view(np.uint8))
    return tuple(planes), b"".join(packings)


def join(planes: Sequence[Plane], division: int, reader: Reader) -> Samples:
    """Undo `split`: uint8 or uint16 samples of shape (rows, columns, channels).

    Args:
        planes: those of the image.
        division: 0 for 8-bit samples, else PACKED or a shift.
        reader: where the packings are read, if it is PACKED.

    Raises:
        CorruptError: no image is divided into such planes, or not so.
    """
    channels = _channels(planes, division)
    if division == PACKED:
        return _unpacked(planes, channels, _tables(planes, channels, reader))
    if not _cut(planes, division):
        return planes[0] if len(planes) == 1 else np.concatenate(planes, axis=2)
    samples = np.empty((*planes[0].shape[:2], sum(channels)), np.uint16)
    first = 0
    for high, low in zip(planes[::2], planes[1::2], strict=True):
        part = samples[..., first : first + high.shape[2]]
        np.left_shift(high, division, out=part, dtype=np.uint16)
        part |= low.reshape(high.shape)
        first += high.shape[2]
    return samples


class Joined(NamedTuple):
    """What `join` gives, piece by piece from the top: its shape, whether samples have 16 bits, and the rows."""

    shape: tuple[int, int, int]
    wide: bool
    rows: Iterator[Samples]


def join_by_rows(planes: Sequence[Plane], division: int, reader: Reader) -> Joined:
    """Undo `split`, not more than some rows at a time unless samples are cut by a shift.

    Raises:
        CorruptError: as `join`, before the first rows.
    """
    channels = _channels(planes, division)
    rows, columns = planes[0].shape[:2]
    shape = rows, columns, sum(channels)
    if _cut(planes, division):
        return Joined(shape, True, iter([join(planes, division, reader)]))
    height = max(_PIECE // (columns * shape[2]), 1)
    parts = ([plane[y : y + height] for plane in planes] for y in range(0, rows, height))
    if division == PACKED:
        tables = _tables(planes, channels, reader)
        return Joined(shape, True, (_unpacked(part, channels, tables) for part in parts))
    return Joined(shape, False, (join(part, division, reader) for part in parts))


def _cut(planes: Sequence[Plane], division: int) -> bool:
    return division != PACKED and len(planes) > 1 and planes[1].ndim == 1


def _channels(planes: Sequence[Plane], division: int) -> list[int]:
    """How many of the image's channels are in each plane, or in each with the low bits that belong to it.

    Raises:
        CorruptError: as `join`, but for packings.
    """
    cut = _cut(planes, division)
    highs, lows = (planes[::2], planes[1::2]) if cut else (planes, [])
    shapes = [plane.shape for plane in highs]
    extents = [shape[2] if len(shape) == 3 and 0 not in shape else 0 for shape in shapes]
    channels = [n // 2 if division == PACKED and n in (2, 6) else n for n in extents]
    if (
        channels not in ([1], [3], [1, 1], [3, 1])
        or shapes[0][:2] != shapes[-1][:2]
        or (cut and [low.shape for low in lows] != [(high.size,) for high in highs])
    ):
        raise CorruptError(f"planes of shapes {[plane.shape for plane in planes]} make no image")
    if division not in (0, PACKED) and not cut:
        raise CorruptError("a shift is given for an image of 8-bit samples")
    if cut and (division > 8 or max(int(low.max()) for low in lows) >> division):
        raise CorruptError(f"the low bits of samples do not fit a shift of {division}")
    return channels


def _numbers(planes: Sequence[Plane], channels: Sequence[int]) -> Iterator[Samples]:
    """The packed samples of each channel, uint8 or uint16 of shape (rows, columns)."""
    for plane, count in zip(planes, channels, strict=True):
        numbers = plane if plane.shape[2] == count else np.ascontiguousarray(plane).view(">u2")
        for channel in range(count):
            yield numbers[..., channel]


def _tables(planes: Sequence[Plane], channels: Sequence[int], reader: Reader) -> list[_packing.Values]:
    """The packings of all channels.

    Raises:
        CorruptError: as `join`.
    """
    return [_packing.read_for(numbers, reader) for numbers in _numbers(planes, channels)]


def _unpacked(planes: Sequence[Plane], channels: Sequence[int], tables: Sequence[_packing.Values]) -> Samples:
    samples = np.empty((*planes[0].shape[:2], sum(channels)), np.uint16)
    for channel, numbers in enumerate(_numbers(planes, channels)):
        samples[..., channel] = tables[channel][numbers]
    return samples
