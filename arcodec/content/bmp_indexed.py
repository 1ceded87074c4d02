"""Windows bitmaps (BMP) of colours in a table, of 1, 4 and 8 bits a pixel.

Source: Microsoft, Bitmap Storage, BITMAPINFOHEADER, BITMAPV4HEADER and BITMAPV5HEADER.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from arcodec import varint
from arcodec.content import _bits, _palette
from arcodec.content._recipe import Reader
from arcodec.content.base import Content, Parsed, Plane
from arcodec.content.bmp import BI_RGB, FILE_HEADER, INFO_HEADERS, is_picture
from arcodec.errors import CorruptError

_TOP_DOWN, _SORTED, _PADDING = 1, 2, 4


class BmpIndexed(Content):
    """Uncompressed bitmaps with a table of colours, bottom-up or top-down, any info header from 40 bytes on.

    Not covered: OS/2 headers, run lengths.

    Recipe: a byte of flags; the number of bytes before the raster (varint), and these bytes; if flag 4 is set, what
    fills up the rows to multiples of 4 bytes, see `_bits.take_apart`, in file order (else zeros); then the bytes
    after the raster. With flag 2, indices count the colours in the order of `_palette.ranks`.
    """

    name = "bmp-indexed"
    code = 6

    def sniff(self, head: bytes) -> bool:
        """Whether `head` begins with the magic number and the size of a known info header, and has few bits."""
        info = int.from_bytes(head[14:18], "little")
        return head[:2] == b"BM" and info in INFO_HEADERS and int.from_bytes(head[28:30], "little") in (1, 4, 8)

    def parse(self, data: bytes) -> Parsed | None:
        """One plane of indices."""
        header = _read_header(data)
        if header is None:
            return None
        stride = _stride(header)
        end = header.offset + header.rows * stride
        if end > len(data):
            return None
        raster = np.frombuffer(data, np.uint8, header.rows * stride, header.offset).reshape(-1, stride)
        samples, padding = _bits.take_apart(raster, header.columns, header.depth)
        samples = np.ascontiguousarray(samples[:: 1 if header.top_down else -1])
        ranks = _palette.ranks(header.palette, header.depth)
        flags = (_TOP_DOWN if header.top_down else 0) | (_PADDING if padding else 0)
        if ranks is not None:
            flags, samples = flags | _SORTED, ranks[samples]
        start = bytes([flags]) + varint.write(header.offset)
        recipe = b"".join((start, data[: header.offset], padding, data[end:]))
        return Parsed((samples[..., None],), recipe)

    def pieces(self, planes: Sequence[Plane], recipe: bytes) -> Iterator[bytes | memoryview]:
        """The file, byte for byte.

        Raises:
            CorruptError: planes and recipe do not fit together.
        """
        reader = Reader(recipe)
        flags = reader.byte()
        text = reader.take(reader.number())
        header = _read_header(text)
        if flags > 7 or header is None or header.offset != len(text) or header.top_down != bool(flags & _TOP_DOWN):
            raise CorruptError("the recipe's BMP header describes no image with a table of colours")
        samples = _bits.one_plane(planes, header.depth)
        if samples.shape != (header.rows, header.columns):
            raise CorruptError(f"a plane of {samples.shape} is not what the recipe's BMP header describes")
        if flags & _SORTED:
            samples = _palette.undo(samples, header.palette, header.depth)
        stride = _stride(header)
        size = _bits.padding_size(header.rows, header.columns, stride, header.depth)
        padding = reader.take(size if flags & _PADDING else 0)
        yield text
        yield from _bits.put_together(samples[:: 1 if header.top_down else -1], stride, header.depth, padding)
        yield reader.rest()


class _Header(NamedTuple):
    offset: int  # of the raster
    rows: int
    columns: int
    depth: int
    top_down: bool
    palette: _palette.Colours


def _read_header(data: bytes) -> _Header | None:
    """The header at the beginning of `data`, if all of it is there and it describes an image that is covered."""
    if len(data) < FILE_HEADER + 40 or data[:2] != b"BM":
        return None
    fields = struct.unpack_from("<10xIIiiHHI12xI", data)
    offset, info, columns, height, layers, depth, compression, colours = fields
    count = min(colours or 1 << 8, 1 << min(depth, 8))
    start = FILE_HEADER + info
    if not (
        is_picture(info, columns, height, layers)
        and depth in (1, 4, 8)
        and compression == BI_RGB
        and start + 4 * count <= offset <= len(data)
    ):
        return None
    table = np.frombuffer(data, np.uint8, 4 * count, start).reshape(count, 4)
    return _Header(offset, abs(height), columns, depth, height < 0, table[:, 2::-1])


def _stride(header: _Header) -> int:
    """Rows are padded to multiples of four bytes."""
    return (header.columns * header.depth + 31) // 32 * 4
