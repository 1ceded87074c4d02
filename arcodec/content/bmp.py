"""Windows bitmaps (BMP).

Source: Microsoft, Bitmap Storage, BITMAPINFOHEADER, BITMAPV4HEADER and BITMAPV5HEADER.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from arcodec import varint
from arcodec.content._recipe import Reader
from arcodec.content._samples import Samples, join_by_rows, split
from arcodec.content.base import Content, Parsed, Plane
from arcodec.errors import CorruptError

FILE_HEADER = 14
INFO_HEADERS = (40, 52, 56, 108, 124)  # BITMAPINFOHEADER, with masks, with an alpha mask, V4, V5
BI_RGB, BI_BITFIELDS = 0, 3
_GRAYS = bytes(value for gray in range(256) for value in (gray, gray, gray, 0))

# Flags of a recipe.
_CONSTANT_FOURTH, _PADDING = 1, 2


class Bmp(Content):
    """Uncompressed bitmaps of 24 or 32 bits a pixel, and of 8 bits with the palette of all grays.

    Bottom-up or top-down, any info header from 40 bytes on; channel masks are kept, not applied.
    Not covered: OS/2 headers, palettes of colours, other depths, run lengths.

    Recipe: a byte of flags; if flag 1 is set, the byte that is the fourth of every pixel; the number of bytes
    before the raster (varint), and these bytes XOR those of `_expected_header`; if flag 2 is set, the bytes that
    pad the rows to multiples of 4, in file order (else they are zero); then the bytes after the raster.
    """

    name = "bmp"
    code = 2

    def sniff(self, head: bytes) -> bool:
        """Whether `head` begins with the magic number and the size of a known info header."""
        return head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in INFO_HEADERS

    def parse(self, data: bytes) -> Parsed | None:
        """One plane of gray, or one of red, green and blue; one more of fourth bytes unless these are all equal."""
        header = _read_header(data)
        if header is None:
            return None
        offset, rows, columns, channels, top_down = header
        used = columns * channels
        stride = _stride(used)
        end = offset + rows * stride
        if end > len(data):
            return None
        raster = np.frombuffer(data, np.uint8, rows * stride, offset).reshape(rows, stride)
        pixels = raster[:: 1 if top_down else -1, :used].reshape(rows, columns, channels)
        flags, fourth, padding = 0, b"", raster[:, used:].tobytes()
        if channels == 4 and (pixels[..., 3] == pixels[0, 0, 3]).all():
            flags, fourth = _CONSTANT_FOURTH, pixels[0, 0, 3:].tobytes()
            pixels = pixels[..., :3]
        if padding.strip(b"\0"):
            flags |= _PADDING
        else:
            padding = b""
        planes, _ = split(_swap_red_and_blue(pixels))
        expected = _expected_header(offset, rows, columns, channels, len(data))
        start = bytes([flags]) + fourth + varint.write(offset)
        return Parsed(planes, b"".join((start, _xor(data[:offset], expected), padding, data[end:])))

    def pieces(self, planes: Sequence[Plane], recipe: bytes) -> Iterator[bytes | memoryview]:
        """The file, byte for byte.

        Raises:
            CorruptError: planes and recipe do not fit together.
        """
        reader = Reader(recipe)
        (rows, columns, colours), wide, _ = join_by_rows(planes, 0, reader)
        channels = colours
        flags = reader.byte()
        fourth = reader.take(flags & _CONSTANT_FOURTH)
        if fourth:
            channels += 1
        if flags > 3 or wide or channels not in ((4,) if fourth else (1, 3, 4)):
            raise CorruptError(f"planes of {colours} channels do not fit flags {flags} of a BMP recipe")
        used = columns * channels
        stride = _stride(used)
        changes = reader.take(reader.number())
        padding = reader.take(rows * (stride - used) if flags & _PADDING else 0)
        trailing = reader.rest()
        offset = len(changes)
        size = offset + rows * stride + len(trailing)
        start = _xor(changes, _expected_header(offset, rows, columns, channels, size))
        header = _read_header(start)
        if header is None or header[:4] != (offset, rows, columns, channels):
            raise CorruptError("the recipe's BMP header does not describe the planes")
        yield start
        turned = planes if header.top_down else [plane[::-1] for plane in planes]
        row = 0
        for pixels in join_by_rows(turned, 0, reader).rows:
            raster = np.zeros((len(pixels), stride), np.uint8)
            if padding:
                each = stride - used
                raster[:, used:] = np.frombuffer(padding, np.uint8, len(pixels) * each, row * each).reshape(-1, each)
            target = raster[:, :used].reshape(len(pixels), columns, channels)
            target[..., :colours] = _swap_red_and_blue(pixels)
            if fourth:
                target[..., 3] = fourth[0]
            yield raster.reshape(-1).data
            row += len(pixels)
        yield trailing


class _Header(NamedTuple):
    offset: int  # of the raster
    rows: int
    columns: int
    channels: int
    top_down: bool


def is_picture(info: int, columns: int, height: int, layers: int) -> bool:
    """Whether an info header of `info` bytes is covered, and describes a picture that is not empty."""
    return info in INFO_HEADERS and columns > 0 and height != 0 and layers == 1


def _read_header(data: bytes) -> _Header | None:
    """The header at the beginning of `data`, if all of it is there and it describes an image that is covered."""
    if len(data) < FILE_HEADER + 40 or data[:2] != b"BM":
        return None
    offset, info, columns, height, layers, bits, compression = struct.unpack_from("<10xIIiiHHI", data)
    palette = FILE_HEADER + info
    if not (
        is_picture(info, columns, height, layers)
        and (bits, compression) in ((8, BI_RGB), (24, BI_RGB), (32, BI_RGB), (32, BI_BITFIELDS))
        and palette + (len(_GRAYS) if bits == 8 else 0) <= offset <= len(data)
        and (bits != 8 or _is_gray(data[palette : palette + len(_GRAYS)]))
    ):
        return None
    return _Header(offset, abs(height), columns, bits // 8, height < 0)


def _is_gray(palette: bytes) -> bool:
    """Whether index i stands for gray i; the fourth bytes are reserved and differ between programs."""
    return all(palette[channel::4] == _GRAYS[channel::4] for channel in range(3))


def _expected_header(offset: int, rows: int, columns: int, channels: int, size: int) -> bytes:
    """The `offset` bytes before the raster as they most often are, in a file of `size` bytes."""
    low = 0xFFFFFFFF
    fields = struct.pack(
        "<2sI4xIIIIHHII16x",
        b"BM",
        size & low,
        offset & low,
        40,
        columns & low,
        rows & low,
        1,
        8 * channels,
        BI_RGB,
        (rows * _stride(columns * channels)) & low,
    )
    palette = _GRAYS if channels == 1 else b""
    return (fields + bytes(max(offset - len(fields) - len(palette), 0)) + palette)[:offset]


def _swap_red_and_blue(pixels: Samples) -> Samples:
    return pixels if pixels.shape[2] == 1 else pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]


def _stride(used: int) -> int:
    """Rows are padded to multiples of four bytes."""
    return (used + 3) & ~3


def _xor(a: bytes, b: bytes) -> bytes:
    return np.bitwise_xor(np.frombuffer(a, np.uint8), np.frombuffer(b, np.uint8)).tobytes()
