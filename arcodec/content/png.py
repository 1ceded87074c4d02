"""PNG images as pixels and chunks: what `--pixels` keeps of them.

Source: W3C, Portable Network Graphics (PNG) Specification.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from arcodec import varint
from arcodec.content import _bits, _palette
from arcodec.content._pngfilter import Bytes, filtered
from arcodec.content._recipe import Reader
from arcodec.content._samples import PACKED, Samples, join, split
from arcodec.content.base import Content, Parsed, Plane
from arcodec.errors import CorruptError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LIMIT = 1 << 31  # of widths, heights and chunk lengths

_GRAY, _RGB, _INDEXED, _GRAY_ALPHA, _RGBA = 0, 2, 3, 4, 6
_SORTED = 5  # no type of PNG: in recipes, _INDEXED with the indices in the order of `_palette.ranks`
_CHANNELS = {_GRAY: 1, _RGB: 3, _INDEXED: 1, _GRAY_ALPHA: 2, _RGBA: 4}
_DEPTHS = {
    _GRAY: (1, 2, 4, 8, 16),
    _RGB: (8, 16),
    _INDEXED: (1, 2, 4, 8),
    _GRAY_ALPHA: (8, 16),
    _RGBA: (8, 16),
}

_ANIMATION = (b"acTL", b"fcTL", b"fdAT")
_OFFSETS = b"iDOT"  # Apple's offsets into the IDAT chunks: false once these are rewritten

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

_IDAT = 1 << 20  # bytes that `restore` puts into one chunk
_EXPANSION = 1032  # deflate never makes more bytes than this out of one


class PngPixels(Content):
    """PNG of every colour type, depth and interlacing, kept to the pixel: samples, palette and ancillary chunks.

    Not kept: filter types, the zlib stream, its division into IDAT chunks, interlacing (`restore` writes none)
    and iDOT chunks, which index that division. Not covered: animations, unknown critical chunks, bytes after
    IEND, and files with any flaw, be it only a checksum.

    Recipe: the byte `colour type + 8 * depth`, where colour type 5 stands for 3 with indices that count the colours
    in the order of `_palette.ranks`; for 16-bit samples the byte 9 and the packings; the number of
    chunks before the image data (varint); then these chunks, then those after it, except IHDR and IEND, each as
    its type (4 bytes), length (varint) and data.
    """

    name = "png-pixels"
    code = 3
    exact = False

    def sniff(self, head: bytes) -> bool:
        """Whether `head` begins with the signature and an IHDR chunk."""
        return head.startswith(_SIGNATURE + b"\0\0\0\x0dIHDR")

    def parse(self, data: bytes) -> Parsed | None:
        """Planes as `arcodec.content._samples` lays them out.

        Indices, and samples of less than 8 bits, take a byte each and keep their values.
        """
        chunks = _read_chunks(data)
        if not chunks:
            return None
        header = _read_header(chunks[0])
        places = [i for i, chunk in enumerate(chunks) if chunk.kind == b"IDAT"]
        if header is None or not places or places[-1] - places[0] >= len(places):
            return None
        before = [chunk for chunk in chunks[1 : places[0]] if chunk.kind != _OFFSETS]
        after = [chunk for chunk in chunks[places[-1] + 1 : -1] if chunk.kind != _OFFSETS]
        if _objection(header.colour, header.depth, before, after):
            return None
        samples = _read_samples(header, b"".join(chunks[i].data for i in places))
        if samples is None:
            return None
        colour = header.colour
        if colour == _INDEXED:
            ranks = _palette.ranks(_colours(before), header.depth)
            if ranks is not None:
                colour, samples = _SORTED, ranks[samples]
        planes, packings = split(samples)
        recipe = bytearray([colour + 8 * header.depth])
        if header.depth == 16:
            recipe += bytes([PACKED]) + packings
        recipe += varint.write(len(before))
        for chunk in before + after:
            recipe += chunk.kind + varint.write(len(chunk.data)) + chunk.data
        return Parsed(planes, bytes(recipe))

    def pieces(self, planes: Sequence[Plane], recipe: bytes) -> Iterator[bytes | memoryview]:
        """A PNG file, not interlaced, of the same samples, colour type, depth and chunks.

        Its bytes depend on the version of zlib; what `parse` makes of them does not.

        Raises:
            CorruptError: planes and recipe do not fit together.
        """
        reader = Reader(recipe)
        depth, stored = divmod(reader.byte(), 8)
        colour = _INDEXED if stored == _SORTED else stored
        samples = join(planes, reader.byte() if depth == 16 else 0, reader)
        rows, columns, channels = samples.shape
        if (
            depth not in _DEPTHS.get(colour, ())
            or channels != _CHANNELS[colour]
            or (depth == 16) != (samples.itemsize == 2)
            or int(samples.max()) >> depth
            or max(rows, columns) >= _LIMIT
        ):
            raise CorruptError(f"the planes are no PNG image of colour type {colour} and depth {depth}")
        count = reader.number()
        chunks = []
        while reader:
            kind = reader.take(4)
            chunks.append(_Chunk(kind, reader.take(reader.number())))
        before, after = chunks[:count], chunks[count:]
        objection = _objection(colour, depth, before, after)
        if count > len(chunks) or objection:
            raise CorruptError(f"the recipe's PNG chunks are not in order: {objection or 'too few'}")
        if stored == _SORTED:
            samples = _palette.undo(samples, _colours(before), depth)
        ihdr = struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, 0)
        yield _SIGNATURE + _written(b"IHDR", ihdr) + b"".join(_written(*chunk) for chunk in before)
        for part in _deflated(samples, depth, colour):
            yield _written(b"IDAT", part)
        yield b"".join(_written(*chunk) for chunk in after) + _written(b"IEND", b"")


class _Chunk(NamedTuple):
    kind: bytes
    data: bytes


class _Header(NamedTuple):
    columns: int
    rows: int
    depth: int
    colour: int
    interlaced: int


def _read_chunks(data: bytes) -> list[_Chunk] | None:
    """All chunks, of which the last and only the last is IEND, if they are whole, sound and fill the file."""
    if not data.startswith(_SIGNATURE):
        return None
    chunks = []
    start = len(_SIGNATURE)
    while start + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, start)
        end = start + 12 + length
        if end > len(data):
            return None
        chunk = _Chunk(kind, data[start + 8 : end - 4])
        if data[start:end] != _written(*chunk):
            return None
        chunks.append(chunk)
        if kind == b"IEND":
            return chunks if end == len(data) and not length else None
        start = end
    return None


def _written(kind: bytes, data: bytes) -> bytes:
    """A chunk with its length and checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _read_header(chunk: _Chunk) -> _Header | None:
    if chunk.kind != b"IHDR" or len(chunk.data) != 13:
        return None
    columns, rows, depth, colour, compression, filtering, interlaced = struct.unpack(">IIBBBBB", chunk.data)
    if not (
        0 < columns < _LIMIT
        and 0 < rows < _LIMIT
        and depth in _DEPTHS.get(colour, ())
        and compression == 0
        and filtering == 0
        and interlaced in (0, 1)
    ):
        return None
    return _Header(columns, rows, depth, colour, interlaced)


def _objection(colour: int, depth: int, before: Sequence[_Chunk], after: Sequence[_Chunk]) -> str:
    """Why these chunks cannot stand around the image data, or nothing if they can."""
    for kind, data in (*before, *after):
        if not kind.isalpha() or kind in _ANIMATION or kind == _OFFSETS:
            return f"{kind!r} is not kept"
        if kind[:1].isupper() and kind != b"PLTE":
            return f"{kind!r} is critical and not known"
        if len(data) >= _LIMIT:
            return f"{kind!r} is too long"
    palettes = [chunk.data for chunk in before if chunk.kind == b"PLTE"]
    if any(chunk.kind == b"PLTE" for chunk in after) or len(palettes) > 1:
        return "more than one palette, or one after the image data"
    if colour == _INDEXED and not palettes:
        return "no palette"
    if palettes:
        colours, rest = divmod(len(palettes[0]), 3)
        if colour in (_GRAY, _GRAY_ALPHA) or rest or not 1 <= colours <= 1 << min(depth, 8):
            return f"a palette of {len(palettes[0])} bytes"
    return ""


def _colours(before: Sequence[_Chunk]) -> _palette.Colours:
    """The palette: uint8[n, 3]."""
    data = next(chunk.data for chunk in before if chunk.kind == b"PLTE")
    return np.frombuffer(data, np.uint8).reshape(-1, 3)


def _read_samples(header: _Header, compressed: bytes) -> Samples | None:
    """Inflate, undo the filters, unpack and assemble: uint8 or uint16 (rows, columns, channels)."""
    channels = _CHANNELS[header.colour]
    pixel_bits = channels * header.depth
    passes: list[tuple[slice, slice, int, int, int]] = []
    for row, column, row_step, column_step in _ADAM7 if header.interlaced else _ONE_PASS:
        rows = len(range(row, header.rows, row_step))
        columns = len(range(column, header.columns, column_step))
        if rows and columns:
            target = slice(row, None, row_step), slice(column, None, column_step)
            passes.append((*target, rows, columns, (columns * pixel_bits + 7) // 8))
    raw = _inflated(compressed, sum(rows * (1 + used) for *_, rows, _, used in passes))
    if raw is None:
        return None

    from arcodec.kernels.png import unfilter  # late: listing and restoring need no numba

    dtype = np.dtype(">u2" if header.depth == 16 else "u1")
    samples: Samples = np.empty((header.rows, header.columns, channels) if header.interlaced else 0, dtype)
    start = 0
    for row_slice, column_slice, rows, columns, used in passes:
        end = start + rows * (1 + used)
        packed = np.empty((rows, used), np.uint8)
        if unfilter(raw[start:end], packed, max(pixel_bits // 8, 1)) < rows:
            return None
        start = end
        values = packed.view(dtype) if header.depth >= 8 else _bits.unpacked(packed, header.depth)[:, :columns]
        if not header.interlaced:
            return values.reshape(rows, columns, channels)
        samples[row_slice, column_slice] = values.reshape(rows, columns, channels)
    return samples


def _inflated(compressed: bytes, size: int) -> Bytes | None:
    """The zlib stream's content, if the stream is sound, fills its chunks and holds exactly `size` bytes."""
    if size > _EXPANSION * len(compressed):
        return None
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(compressed, size + 1)
    except zlib.error:
        return None
    if len(content) != size or not stream.eof or stream.unused_data:
        return None
    return np.frombuffer(content, np.uint8)


def _deflated(samples: Samples, depth: int, colour: int) -> Iterator[bytes]:
    """The zlib stream of an image's rows, in parts for IDAT chunks."""
    step = max(samples.shape[2] * depth // 8, 1)
    if depth < 8:
        rows = _bits.packed(samples[..., 0].astype(np.uint8, copy=False), depth)
    else:
        rows = samples.astype(">u2" if depth == 16 else "u1", copy=False).reshape(len(samples), -1).view(np.uint8)
    stream = zlib.compressobj(9)
    parts = [stream.compress(block) for block in filtered(rows, step, plain=depth < 8 or colour == _INDEXED)]
    content = b"".join((*parts, stream.flush()))
    for start in range(0, len(content), _IDAT):
        yield content[start : start + _IDAT]
