"""The samples of an image <-> the planes that the models code.

Colour and alpha are planes of their own. A sample of more than 8 bits is cut in two: what is left of it above the
lowest `shift` bits fills a byte and goes to a plane of pixels; the `shift` lowest bits go to a sequence of bytes.

    channels   8-bit planes                           16-bit planes
    1          gray                                   gray, low gray
    2          gray, alpha                            gray, low gray, alpha, low alpha
    3          colours                                colours, low colours
    4          colours, alpha                         colours, low colours, alpha, low alpha
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec.content.base import Plane
from arcodec.errors import CorruptError

_PIECE = 1 << 18  # samples joined at once

Samples = npt.NDArray[np.unsignedinteger[Any]]


def split(samples: Samples) -> tuple[tuple[Plane, ...], int]:
    """The planes of an image, and the shift that cut its samples.

    Args:
        samples: uint8 or uint16 of shape (rows, columns, channels), 1 to 4 channels, not empty.

    Returns:
        Contiguous planes: uint8 (rows, columns, 1 or 3), and after each of them its low bits as uint8 (n,) if the
        samples have 16 bits. The shift: 0 for 8-bit samples, else the smallest of 0 ... 8 that fits all samples,
        so that images of 10, 12 or 14 significant bits give the pixel model a full byte.
    """
    colours = 1 if samples.shape[2] < 3 else 3
    parts = [part for part in (samples[..., :colours], samples[..., colours:]) if part.size]
    if samples.itemsize == 1:
        return tuple(np.ascontiguousarray(part, np.uint8) for part in parts), 0
    shift = max(int(samples.max()).bit_length() - 8, 0)
    planes: list[Plane] = []
    for part in parts:
        planes.append((part >> shift).astype(np.uint8, order="C"))
        planes.append((part & ((1 << shift) - 1)).astype(np.uint8, order="C").reshape(-1))
    return tuple(planes), shift


def join(planes: Sequence[Plane], shift: int) -> Samples:
    """Undo `split`: uint8 or uint16 samples of shape (rows, columns, channels).

    Raises:
        CorruptError: `split` never gives such planes, or not with this shift.
    """
    wide = len(planes) > 1 and planes[1].ndim == 1
    highs, lows = (planes[::2], planes[1::2]) if wide else (planes, [])
    shapes = [plane.shape for plane in highs]
    if (
        any(len(shape) != 3 or 0 in shape for shape in shapes)
        or [shape[2] for shape in shapes] not in ([1], [3], [1, 1], [3, 1])
        or shapes[0][:2] != shapes[-1][:2]
        or (wide and [low.shape for low in lows] != [(high.size,) for high in highs])
    ):
        raise CorruptError(f"planes of shapes {[plane.shape for plane in planes]} make no image")
    if not wide:
        if shift:
            raise CorruptError("a shift is given for an image of 8-bit samples")
        return highs[0] if len(highs) == 1 else np.concatenate(highs, axis=2)
    if shift > 8 or max(int(low.max()) for low in lows) >> shift:
        raise CorruptError(f"the low bits of samples do not fit a shift of {shift}")
    channels = sum(shape[2] for shape in shapes)
    samples = np.empty((*shapes[0][:2], channels), np.uint16)
    first = 0
    for high, low in zip(highs, lows, strict=True):
        part = samples[..., first : first + high.shape[2]]
        np.left_shift(high, shift, out=part, dtype=np.uint16)
        part |= low.reshape(high.shape)
        first += high.shape[2]
    return samples


class Joined(NamedTuple):
    """What `join` gives, piece by piece from the top: its shape, whether samples have 16 bits, and the rows."""

    shape: tuple[int, int, int]
    wide: bool
    rows: Iterator[Samples]


def join_by_rows(planes: Sequence[Plane], shift: int) -> Joined:
    """Undo `split`, not more than some rows at a time where samples have 8 bits.

    Raises:
        CorruptError: as `join`.
    """
    if any(plane.ndim != 3 for plane in planes) or len({len(plane) for plane in planes}) != 1:
        samples = join(planes, shift)
        return Joined(_extents(samples), samples.itemsize == 2, iter([samples]))
    _, columns, channels = _extents(join([plane[:1] for plane in planes], shift))
    count = len(planes[0])
    height = max(_PIECE // (columns * channels), 1)
    rows = (join([plane[y : y + height] for plane in planes], shift) for y in range(0, count, height))
    return Joined((count, columns, channels), False, rows)


def _extents(samples: Samples) -> tuple[int, int, int]:
    rows, columns, channels = samples.shape
    return rows, columns, channels
