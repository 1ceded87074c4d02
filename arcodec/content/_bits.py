"""Samples of 1, 2 and 4 bits, packed into bytes with the leftmost highest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from arcodec.content.base import Plane
from arcodec.errors import CorruptError

_PIECE = 1 << 18  # bytes of rows put together at once

Bytes = npt.NDArray[np.uint8]


def unpacked(packed: Bytes, depth: int) -> Bytes:
    """Rows of bytes to rows of samples of 1, 2 or 4 bits, with those that fill up the last byte."""
    values: Bytes = (packed[..., None] >> _shifts(depth)) & np.uint8((1 << depth) - 1)
    return values.reshape(len(packed), -1)


def packed(values: Bytes, depth: int) -> Bytes:
    """Undo `unpacked`; zeros fill up the last byte."""
    each = 8 // depth
    full = np.pad(values, ((0, 0), (0, -values.shape[1] % each))).reshape(len(values), -1, each)
    out: Bytes = np.bitwise_or.reduce(full << _shifts(depth), axis=2)
    return out


def take_apart(raster: Bytes, columns: int, depth: int) -> tuple[Bytes, bytes]:
    """The samples of an image's rows, and what fills up the rows.

    Args:
        raster: uint8[rows, stride].
        columns: samples in a row.
        depth: bits of a sample: 1, 2, 4 or 8.

    Returns:
        uint8[rows, columns], and of each row the bytes from the first on that samples do not fill, without the bits
        of samples; nothing if all of it is zero.
    """
    whole, rest = divmod(columns * depth, 8)
    samples = raster[:, :columns]
    if depth < 8:
        samples = unpacked(raster[:, : whole + (rest > 0)], depth)[:, :columns]
    padding = raster[:, whole:].copy()
    if rest:
        padding[:, 0] &= 0xFF >> rest
    return np.ascontiguousarray(samples), padding.tobytes() if padding.any() else b""


def put_together(samples: Bytes, stride: int, depth: int, padding: bytes) -> Iterator[memoryview]:
    """Undo `take_apart`: the raster, some rows at a time.

    Samples must fit `depth`. Where the padding has bits in the place of samples, these are set, too.
    """
    rows, columns = samples.shape
    whole = columns * depth // 8
    height = max(_PIECE // stride, 1)
    for start in range(0, rows, height):
        part = samples[start : start + height]
        raster = np.zeros((len(part), stride), np.uint8)
        used = part if depth == 8 else packed(part, depth)
        raster[:, : used.shape[1]] = used
        if padding:
            each = stride - whole
            raster[:, whole:] |= np.frombuffer(padding, np.uint8, len(part) * each, start * each).reshape(-1, each)
        yield raster.reshape(-1).data


def one_plane(planes: Sequence[Plane], depth: int) -> Bytes:
    """The only plane, of one channel, as uint8[rows, columns].

    Raises:
        CorruptError: there are others, it has another shape, or a sample of more than `depth` bits.
    """
    if len(planes) != 1 or planes[0].ndim != 3 or planes[0].shape[2] != 1 or not planes[0].size:
        raise CorruptError(f"planes of shapes {[plane.shape for plane in planes]} make no image of {depth} bits")
    if int(planes[0].max()) >> depth:
        raise CorruptError(f"the samples do not fit {depth} bits")
    return planes[0][..., 0]


def padding_size(rows: int, columns: int, stride: int, depth: int) -> int:
    """Bytes of the padding that `take_apart` gives where it is not zero."""
    return rows * (stride - columns * depth // 8)


def _shifts(depth: int) -> Bytes:
    """How far the samples in a byte are shifted, leftmost first."""
    return np.array(range(8 - depth, -1, -depth), np.uint8)
