"""PNG images as pixels and chunks: what `--pixels` keeps of them.

Source: W3C, Portable Network Graphics (PNG) Specification.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence

import numpy as np

from arcodec import varint
from arcodec.content import _palette
from arcodec.content._png import (
    GRAY,
    GRAY_ALPHA,
    INDEXED,
    LIMIT,
    SIGNATURE,
    SORTED,
    Chunk,
    Header,
    joined,
    palette_of,
    raw_size,
    read_header,
    rows_of,
    samples_of,
)
from arcodec.content._pngfilter import Bytes, filtered
from arcodec.content._recipe import Reader
from arcodec.content._samples import PACKED, Samples, split
from arcodec.content.base import Content, Parsed, Plane
from arcodec.errors import CorruptError

_ANIMATION = (b"acTL", b"fcTL", b"fdAT")
_OFFSETS = b"iDOT"  # Apple's offsets into the IDAT chunks: false once these are rewritten

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
        return head.startswith(SIGNATURE + b"\0\0\0\x0dIHDR")

    def parse(self, data: bytes) -> Parsed | None:
        """Planes as `arcodec.content._samples` lays them out.

        Indices, and samples of less than 8 bits, take a byte each and keep their values.
        """
        chunks = _read_chunks(data)
        if not chunks:
            return None
        header = read_header(chunks[0])
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
        if colour == INDEXED:
            ranks = _palette.ranks(palette_of(before), header.depth)
            if ranks is not None:
                colour, samples = SORTED, ranks[samples]
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
        colour, samples = joined(planes, depth, stored, reader)
        rows, columns, _ = samples.shape
        count = reader.number()
        chunks = []
        while reader:
            kind = reader.take(4)
            chunks.append(Chunk(kind, reader.take(reader.number())))
        before, after = chunks[:count], chunks[count:]
        objection = _objection(colour, depth, before, after)
        if count > len(chunks) or objection:
            raise CorruptError(f"the recipe's PNG chunks are not in order: {objection or 'too few'}")
        if stored == SORTED:
            samples = _palette.undo(samples, palette_of(before), depth)
        header = Header(columns, rows, depth, colour, 0)
        yield SIGNATURE + b"".join(chunk.written() for chunk in (header.chunk(), *before))
        for part in _deflated(header, samples):
            yield Chunk(b"IDAT", part).written()
        yield b"".join(chunk.written() for chunk in (*after, Chunk(b"IEND", b"")))


def _read_chunks(data: bytes) -> list[Chunk] | None:
    """All chunks, of which the last and only the last is IEND, if they are whole, sound and fill the file."""
    if not data.startswith(SIGNATURE):
        return None
    chunks = []
    start = len(SIGNATURE)
    while start + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, start)
        end = start + 12 + length
        if end > len(data):
            return None
        chunk = Chunk(kind, data[start + 8 : end - 4])
        if data[start:end] != chunk.written():
            return None
        chunks.append(chunk)
        if kind == b"IEND":
            return chunks if end == len(data) and not length else None
        start = end
    return None


def _objection(colour: int, depth: int, before: Sequence[Chunk], after: Sequence[Chunk]) -> str:
    """Why these chunks cannot stand around the image data, or nothing if they can."""
    for kind, data in (*before, *after):
        if not kind.isalpha() or kind in _ANIMATION or kind == _OFFSETS:
            return f"{kind!r} is not kept"
        if kind[:1].isupper() and kind != b"PLTE":
            return f"{kind!r} is critical and not known"
        if len(data) >= LIMIT:
            return f"{kind!r} is too long"
    palettes = [chunk.data for chunk in before if chunk.kind == b"PLTE"]
    if any(chunk.kind == b"PLTE" for chunk in after) or len(palettes) > 1:
        return "more than one palette, or one after the image data"
    if colour == INDEXED and not palettes:
        return "no palette"
    if palettes:
        colours, rest = divmod(len(palettes[0]), 3)
        if colour in (GRAY, GRAY_ALPHA) or rest or not 1 <= colours <= 1 << min(depth, 8):
            return f"a palette of {len(palettes[0])} bytes"
    return ""


def _read_samples(header: Header, compressed: bytes) -> Samples | None:
    """Inflate, undo the filters, unpack and assemble: uint8 or uint16 (rows, columns, channels)."""
    raw = _inflated(compressed, raw_size(header))
    return None if raw is None else samples_of(header, raw)


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


def _deflated(header: Header, samples: Samples) -> Iterator[bytes]:
    """The zlib stream of an image's rows, in parts for IDAT chunks."""
    stream = zlib.compressobj(9)
    plain = header.depth < 8 or header.colour == INDEXED
    parts = [
        stream.compress(block) for rows in rows_of(header, samples) for block in filtered(rows, header.step, plain)
    ]
    content = b"".join((*parts, stream.flush()))
    for start in range(0, len(content), _IDAT):
        yield content[start : start + _IDAT]
