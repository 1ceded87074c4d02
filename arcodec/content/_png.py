"""What the kinds for PNG share: headers, passes, chunks, and rows of bytes <-> samples.

Source: W3C, Portable Network Graphics (PNG) Specification.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec.content import _bits, _palette
from arcodec.content._recipe import Reader
from arcodec.content._samples import Samples, join
from arcodec.content.base import Plane
from arcodec.errors import CorruptError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LIMIT = 1 << 31  # of widths, heights and chunk lengths

GRAY, RGB, INDEXED, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6
SORTED = 5  # no type of PNG: in recipes, INDEXED with the indices in the order of `_palette.ranks`
CHANNELS = {GRAY: 1, RGB: 3, INDEXED: 1, GRAY_ALPHA: 2, RGBA: 4}
DEPTHS = {
    GRAY: (1, 2, 4, 8, 16),
    RGB: (8, 16),
    INDEXED: (1, 2, 4, 8),
    GRAY_ALPHA: (8, 16),
    RGBA: (8, 16),
}

# Passes of an image: first row, first column, step between rows, step between columns.
_ONE_PASS = ((0, 0, 1, 1),)
_ADAM7 = (
    (0, 0, 8, 8),
    (0, 4, 8, 8),
    (4, 0, 8, 4),
    (0, 2, 4, 4),
    (2, 0, 4, 2),
    (0, 1, 2, 2),
    (1, 0, 2, 1),
)

Bytes = npt.NDArray[np.uint8]


class Chunk(NamedTuple):
    """A chunk by its type and data."""

    kind: bytes
    data: bytes

    def written(self) -> bytes:
        """With its length and checksum."""
        check = zlib.crc32(self.data, zlib.crc32(self.kind))
        return struct.pack(">I", len(self.data)) + self.kind + self.data + struct.pack(">I", check)


class Header(NamedTuple):
    """What IHDR says."""

    columns: int
    rows: int
    depth: int
    colour: int
    interlaced: int

    @property
    def channels(self) -> int:
        """Samples of a pixel."""
        return CHANNELS[self.colour]

    @property
    def step(self) -> int:
        """Bytes of a whole pixel, at least 1."""
        return max(self.channels * self.depth // 8, 1)

    def chunk(self) -> Chunk:
        """The IHDR chunk."""
        return Chunk(
            b"IHDR", struct.pack(">IIBBBBB", self.columns, self.rows, self.depth, self.colour, 0, 0, self.interlaced)
        )


def read_header(chunk: Chunk) -> Header | None:
    """What an IHDR chunk says, if it describes an image."""
    if chunk.kind != b"IHDR" or len(chunk.data) != 13:
        return None
    columns, rows, depth, colour, compression, filtering, interlaced = struct.unpack(">IIBBBBB", chunk.data)
    if not (
        0 < columns < LIMIT
        and 0 < rows < LIMIT
        and depth in DEPTHS.get(colour, ())
        and compression == 0
        and filtering == 0
        and interlaced in (0, 1)
    ):
        return None
    return Header(columns, rows, depth, colour, interlaced)


def palette_of(before: Sequence[Chunk]) -> _palette.Colours:
    """The palette: uint8[n, 3]."""
    data = next(chunk.data for chunk in before if chunk.kind == b"PLTE")
    return np.frombuffer(data, np.uint8).reshape(-1, 3)


class Pass(NamedTuple):
    """One of the pictures that an image is written as: where its pixels are in the image, and its extents."""

    target: tuple[slice, slice]
    rows: int
    columns: int
    used: int  # bytes of a row, the type of its filter not counted


def passes(header: Header) -> list[Pass]:
    """The passes that have pixels."""
    out = []
    for row, column, row_step, column_step in _ADAM7 if header.interlaced else _ONE_PASS:
        rows = len(range(row, header.rows, row_step))
        columns = len(range(column, header.columns, column_step))
        if rows and columns:
            target = slice(row, None, row_step), slice(column, None, column_step)
            out.append(Pass(target, rows, columns, (columns * header.channels * header.depth + 7) // 8))
    return out


def raw_size(header: Header) -> int:
    """Bytes of all rows with the types of their filters."""
    return sum(each.rows * (1 + each.used) for each in passes(header))


def samples_of(header: Header, raw: Bytes) -> Samples | None:
    """Undo the filters, unpack and assemble: uint8 or uint16 (rows, columns, channels); None for unknown filters.

    Args:
        header: what IHDR says.
        raw: uint8[raw_size(header)].
    """
    from arcodec.kernels.png import unfilter  # late: listing and restoring need no numba

    dtype = np.dtype(">u2" if header.depth == 16 else "u1")
    shape = header.rows, header.columns, header.channels
    samples: Samples = np.empty(shape if header.interlaced else 0, dtype)
    start = 0
    for target, rows, columns, used in passes(header):
        end = start + rows * (1 + used)
        packed = np.empty((rows, used), np.uint8)
        if unfilter(raw[start:end], packed, header.step) < rows:
            return None
        start = end
        values = packed.view(dtype) if header.depth >= 8 else _bits.unpacked(packed, header.depth)[:, :columns]
        if not header.interlaced:
            return values.reshape(shape)
        samples[target] = values.reshape(rows, columns, header.channels)
    return samples


def rows_of(header: Header, samples: Samples) -> Iterator[Bytes]:
    """The bytes of each pass, not filtered: uint8[rows, used], writable; zeros fill up the last byte of a row."""
    for each in passes(header):
        part = samples[each.target]
        if header.depth < 8:
            yield _bits.packed(part[..., 0].astype(np.uint8, copy=False), header.depth)
        else:
            dtype = ">u2" if header.depth == 16 else "u1"
            # Planes that were stored are not writable, which kernels ask for.
            yield np.require(part, dtype, ["C", "W"]).reshape(each.rows, -1).view(np.uint8)


def joined(planes: Sequence[Plane], depth: int, stored: int, reader: Reader) -> tuple[int, Samples]:
    """The colour type and the samples of planes; `stored` is the type that a recipe says.

    Raises:
        CorruptError: they are none of a PNG.
    """
    colour = INDEXED if stored == SORTED else stored
    samples = join(planes, reader.byte() if depth == 16 else 0, reader)
    rows, columns, channels = samples.shape
    if (
        depth not in DEPTHS.get(colour, ())
        or channels != CHANNELS[colour]
        or (depth == 16) != (samples.itemsize == 2)
        or int(samples.max()) >> depth
        or max(rows, columns) >= LIMIT
    ):
        raise CorruptError(f"the planes are no PNG image of colour type {colour} and depth {depth}")
    return colour, samples
