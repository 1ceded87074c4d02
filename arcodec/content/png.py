"""PNG files byte for byte: pixels, chunks, filter types and what it takes to deflate again.

Source: W3C, Portable Network Graphics (PNG) Specification; RFC 1950.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain
from typing import NamedTuple

import numpy as np

from arcodec import varint
from arcodec.content import _filters, _palette, _png_frames
from arcodec.content._png import (
    INDEXED,
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
from arcodec.content._png_stream import (
    divided,
    fill_up,
    filtered,
    kinds_of,
    padding_of,
    read_sizes,
    read_stream,
    start_of,
    usual_start,
    written_sizes,
)
from arcodec.content._recipe import Reader
from arcodec.content._samples import PACKED, Samples, split
from arcodec.content.base import Content, Parsed, Plane
from arcodec.errors import CorruptError

# Flags: what follows besides.
_INTERLACED, _PARTS, _AFTER, _FLAWS, _PADDING, _BEYOND, _ODD_START, _FRAMES = (1 << k for k in range(8))


class Png(Content):
    """PNG of every colour type, depth and interlacing, flaws and bytes after the end included.

    Not covered: image data that are not in one row of chunks, end too early or cannot be inflated, and unknown
    filters. Of animations the first picture is taken apart, and frames as wide as that.

    Recipe: see FORMAT.md.
    """

    name = "png"
    code = 8

    def sniff(self, head: bytes) -> bool:
        """Whether `head` begins with the signature and an IHDR chunk."""
        return head.startswith(SIGNATURE + b"\0\0\0\x0dIHDR")

    def parse(self, data: bytes) -> Parsed | None:
        """Planes as those of `png-pixels`."""
        file = _take_apart(data)
        header = read_header(file.before[0]) if file else None
        if file is None or header is None:
            return None
        stream = read_stream(file.compressed, header)
        if stream is None:
            return None
        size = raw_size(header)
        raw = stream.content[:size]
        samples = samples_of(header, raw)
        if samples is None:
            return None
        rows = list(rows_of(header, samples))
        padding = padding_of(header, raw, rows)
        kinds = kinds_of(header, raw)
        frames = _png_frames.found(file.after, header)
        if frames:
            samples = np.concatenate([samples, *(frame.samples for frame in frames)])
        colour = header.colour
        before = file.before[1:]
        if colour == INDEXED and _usable_palette(before, header.depth):
            ranks = _palette.ranks(palette_of(before), header.depth)
            if ranks is not None:
                colour, samples = SORTED, ranks[samples]
        planes, packings = split(samples)
        parts = written_sizes(file.sizes)
        beyond = b"".join(_with_length(text) for text in (stream.replay.content[size:], stream.tail))
        kept = _png_frames.without(file.after, frames)
        after = b"".join((varint.write(len(kept)), *map(_written_chunk, kept)))
        heights = b"".join(map(varint.write, (len(frames), *(frame.rows for frame in frames)))) if frames else b""
        ending = bytes([file.ended]) + _with_length(file.trailing)
        flaws = b"".join((varint.write(len(file.flaws)), *(varint.write(i) + check for i, check in file.flaws)))
        start = usual_start(stream.start)
        sections = (
            (_INTERLACED, b"", header.interlaced),
            (_PARTS, parts, parts),
            (_AFTER, after + ending, file.after or file.trailing or not file.ended),
            (_FLAWS, flaws, file.flaws),
            (_PADDING, padding, padding),
            (_BEYOND, beyond, len(stream.replay.content) > size or stream.tail != stream.check),
            (_ODD_START, stream.start, start is None),
            (_FRAMES, _png_frames.written(frames, header), frames),
        )
        recipe = b"".join(
            (
                bytes([colour + 8 * header.depth, sum(flag for flag, _, needed in sections if needed)]),
                heights,
                bytes([PACKED]) + packings if header.depth == 16 else b"",
                varint.write(len(before)),
                *map(_written_chunk, before),
                _filters.written(rows, header.step, kinds),
                b"" if start is None else bytes([start]),
                *(text for _, text, needed in sections if needed),
                stream.replay.recipe,
            )
        )
        return Parsed(planes, recipe)

    def pieces(self, planes: Sequence[Plane], recipe: bytes) -> Iterator[bytes | memoryview]:
        """The file, byte for byte.

        Raises:
            CorruptError: planes and recipe do not fit together.
        """
        from arcodec.content._deflate import replay  # late: it loads kernels

        reader = Reader(recipe)
        depth, stored = divmod(reader.byte(), 8)
        flags = reader.byte()
        heights = [reader.number() for _ in range(reader.number())] if flags & _FRAMES else []
        header, samples = _joined(planes, depth, stored, flags, reader)
        before = _read_chunks(reader)
        if stored == SORTED:
            if not _usable_palette(before, depth):
                raise CorruptError("the recipe's PNG has no palette to sort by")
            samples = _palette.undo(samples, palette_of(before), depth)
        header, (samples, *others) = _apart(header, samples, heights)
        rows = list(rows_of(header, samples))
        kinds = _filters.read(rows, header.step, reader)
        start = b"" if flags & _ODD_START else start_of(reader.byte())
        sizes = read_sizes(reader) if flags & _PARTS else None
        after, ended, trailing = [], True, b""
        if flags & _AFTER:
            after, ended = _read_chunks(reader), reader.byte() > 0
            trailing = reader.take(reader.number())
        flaws = {}
        if flags & _FLAWS:
            for _ in range(reader.number()):
                number = reader.number()
                flaws[number] = reader.take(4)
        if flags & _PADDING:
            fill_up(header, rows, reader)
        beyond, tail = b"", None
        if flags & _BEYOND:
            beyond = reader.take(reader.number())
            tail = reader.take(reader.number())
        if flags & _ODD_START:
            start = reader.take(2)
        if flags & _FRAMES:
            after = list(_png_frames.restored(after, others, header, reader))
        content = filtered(header, rows, kinds, beyond).data
        compressed = start + replay(content, reader.rest())
        compressed += struct.pack(">I", zlib.adler32(content)) if tail is None else tail
        data = divided(compressed, sizes)
        yield SIGNATURE
        pictures = (Chunk(b"IDAT", part) for part in data)
        for number, chunk in enumerate(chain((header.chunk(), *before), pictures)):
            text = chunk.written()
            yield text[:-4] + flaws[number] if number in flaws else text
        for chunk in after:
            yield chunk.written()
        yield (Chunk(b"IEND", b"").written() if ended else b"") + trailing


class _File(NamedTuple):
    """A file divided into chunks."""

    before: list[Chunk]  # IHDR and what comes before the image data
    sizes: list[int]  # of the chunks of image data
    compressed: bytes
    after: list[Chunk]  # those after it, without IEND, as long as they have no flaw
    ended: bool  # whether IEND is there after them
    trailing: bytes
    flaws: list[tuple[int, bytes]]  # chunks up to the image data with wrong checksums, by number


def _take_apart(data: bytes) -> _File | None:
    """A file that begins with chunks, of which some in a row are image data."""
    if not data.startswith(SIGNATURE):
        return None
    before: list[Chunk] = []
    parts: list[bytes] = []
    after: list[Chunk] = []
    flaws = []
    start = len(SIGNATURE)
    ended = False
    while start + 12 <= len(data) and not ended:
        length, kind = struct.unpack_from(">I4s", data, start)
        end = start + 12 + length
        if end > len(data):
            break
        chunk = Chunk(kind, data[start + 8 : end - 4])
        check = data[end - 4 : end]
        right = chunk.written()[-4:] == check
        if kind == b"IDAT" and after:
            return None
        if parts and kind != b"IDAT":
            if not right:
                break
            ended = kind == b"IEND" and not length
            if not ended:
                after.append(chunk)
        else:
            if not right:
                flaws.append((len(before) + len(parts), check))
            if kind == b"IDAT":
                parts.append(chunk.data)
            else:
                before.append(chunk)
        start = end
    if not parts or not before:
        return None
    return _File(before, [len(part) for part in parts], b"".join(parts), after, ended, data[start:], flaws)


def _usable_palette(before: Sequence[Chunk], depth: int) -> bool:
    sizes = [len(chunk.data) for chunk in before if chunk.kind == b"PLTE"]
    return len(sizes) == 1 and sizes[0] % 3 == 0 and 1 <= sizes[0] // 3 <= 1 << min(depth, 8)


def _joined(planes: Sequence[Plane], depth: int, stored: int, flags: int, reader: Reader) -> tuple[Header, Samples]:
    """The header and samples of planes.

    Raises:
        CorruptError: they are none of a PNG.
    """
    colour, samples = joined(planes, depth, stored, reader)
    rows, columns, _ = samples.shape
    return Header(columns, rows, depth, colour, int(flags & _INTERLACED > 0)), samples


def _apart(header: Header, samples: Samples, heights: Sequence[int]) -> tuple[Header, list[Samples]]:
    """The header of the first picture, and its samples and those of frames of so many rows, which lie below it.

    Raises:
        CorruptError: there are not so many rows.
    """
    rows = header.rows - sum(heights)
    if rows < 1 or not all(heights):
        raise CorruptError(f"{header.rows} rows of a PNG cannot have frames of {heights} rows")
    ends = list(accumulate([rows, *heights]))
    return header._replace(rows=rows), [samples[end - n : end] for end, n in zip(ends, [rows, *heights], strict=True)]


def _with_length(text: bytes) -> bytes:
    return varint.write(len(text)) + text


def _written_chunk(chunk: Chunk) -> bytes:
    return chunk.kind + _with_length(chunk.data)


def _read_chunks(reader: Reader) -> list[Chunk]:
    return [Chunk(reader.take(4), reader.take(reader.number())) for _ in range(reader.number())]
