"""PNG files byte for byte: pixels, chunks, filter types and what it takes to deflate again.

Source: W3C, Portable Network Graphics (PNG) Specification; RFC 1950.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from arcodec import varint
from arcodec.content import _filters, _palette
from arcodec.content._png import (
    INDEXED,
    SIGNATURE,
    SORTED,
    Bytes,
    Chunk,
    Header,
    joined,
    palette_of,
    passes,
    raw_size,
    read_header,
    rows_of,
    samples_of,
)
from arcodec.content._recipe import Reader
from arcodec.content._samples import PACKED, Samples, split
from arcodec.content.base import Content, Parsed, Plane
from arcodec.errors import CorruptError

if TYPE_CHECKING:
    from arcodec.content._deflate import Replay

# Flags: what follows besides.
_INTERLACED, _PARTS, _AFTER, _FLAWS, _PADDING, _BEYOND, _ODD_START = (1 << k for k in range(7))
_SLACK = 1 << 16  # bytes of content beyond the image, at most
_DEFLATE = 8  # the only method of zlib


class Png(Content):
    """PNG of every colour type, depth and interlacing, flaws and bytes after the end included.

    Not covered: image data that are not in one row of chunks, end too early or cannot be inflated, and unknown
    filters. Of animations the first picture is taken apart.

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
        stream = _read_stream(file.compressed, header)
        if stream is None:
            return None
        size = raw_size(header)
        raw = np.frombuffer(stream.replay.content, np.uint8)[:size]
        samples = samples_of(header, raw)
        if samples is None:
            return None
        rows = list(rows_of(header, samples))
        padding = _padding(header, raw, rows)
        kinds = _kinds(header, raw)
        colour = header.colour
        before = file.before[1:]
        if colour == INDEXED and _usable_palette(before, header.depth):
            ranks = _palette.ranks(palette_of(before), header.depth)
            if ranks is not None:
                colour, samples = SORTED, ranks[samples]
        planes, packings = split(samples)
        parts = _written_sizes(file.sizes)
        beyond = b"".join(_with_length(text) for text in (stream.replay.content[size:], stream.tail))
        after = b"".join((varint.write(len(file.after)), *map(_written_chunk, file.after)))
        ending = bytes([file.ended]) + _with_length(file.trailing)
        flaws = b"".join((varint.write(len(file.flaws)), *(varint.write(i) + check for i, check in file.flaws)))
        start = _usual_start(stream.start)
        sections = (
            (_INTERLACED, b"", header.interlaced),
            (_PARTS, parts, parts),
            (_AFTER, after + ending, file.after or file.trailing or not file.ended),
            (_FLAWS, flaws, file.flaws),
            (_PADDING, padding, padding),
            (_BEYOND, beyond, len(stream.replay.content) > size or stream.tail != stream.check),
            (_ODD_START, stream.start, start is None),
        )
        recipe = b"".join(
            (
                bytes([colour + 8 * header.depth, sum(flag for flag, _, needed in sections if needed)]),
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
        header, samples = _joined(planes, depth, stored, flags, reader)
        before = _read_chunks(reader)
        if stored == SORTED:
            if not _usable_palette(before, depth):
                raise CorruptError("the recipe's PNG has no palette to sort by")
            samples = _palette.undo(samples, palette_of(before), depth)
        rows = list(rows_of(header, samples))
        kinds = _filters.read(rows, header.step, reader)
        start = b"" if flags & _ODD_START else _start(reader.byte())
        sizes = _read_sizes(reader) if flags & _PARTS else None
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
            _fill_up(header, rows, reader)
        beyond, tail = b"", None
        if flags & _BEYOND:
            beyond = reader.take(reader.number())
            tail = reader.take(reader.number())
        if flags & _ODD_START:
            start = reader.take(2)
        content = _filtered(header, rows, kinds, beyond).data
        compressed = start + replay(content, reader.rest())
        compressed += struct.pack(">I", zlib.adler32(content)) if tail is None else tail
        data = _divided(compressed, sizes)
        yield SIGNATURE
        for number, chunk in enumerate(chain((header.chunk(), *before), data)):
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


class _Stream(NamedTuple):
    """A zlib stream: its two bytes of header, what is deflated, the checksum it should have, and all bytes after."""

    start: bytes
    replay: Replay
    check: bytes
    tail: bytes


def _read_stream(compressed: bytes, header: Header) -> _Stream | None:

    from arcodec.content import _deflate  # late: it loads kernels

    size = raw_size(header)
    if len(compressed) < 2 or size > _deflate.EXPANSION * len(compressed):
        return None
    replay = _deflate.analyse(compressed, 2, size + _SLACK)
    if replay is None or len(replay.content) < size:
        return None
    check = struct.pack(">I", zlib.adler32(replay.content))
    return _Stream(compressed[:2], replay, check, compressed[replay.end :])


def _usual_start(start: bytes) -> int | None:
    """The window and the level of a zlib header in one byte, if it is as it should be."""
    byte = (start[0] >> 4) << 2 | start[1] >> 6
    return byte if _start(byte) == start else None


def _start(byte: int) -> bytes:
    """Undo `_usual_start`."""
    first, second = (byte >> 2 & 15) << 4 | _DEFLATE, (byte & 3) << 6
    return bytes([first, second + -(256 * first + second) % 31])


def _usable_palette(before: Sequence[Chunk], depth: int) -> bool:
    sizes = [len(chunk.data) for chunk in before if chunk.kind == b"PLTE"]
    return len(sizes) == 1 and sizes[0] % 3 == 0 and 1 <= sizes[0] // 3 <= 1 << min(depth, 8)


def _kinds(header: Header, raw: Bytes) -> Bytes:
    """The filter types of all rows."""
    out = []
    start = 0
    for each in passes(header):
        end = start + each.rows * (1 + each.used)
        out.append(raw[start : end : 1 + each.used])
        start = end
    return np.concatenate(out)


def _filtered(header: Header, rows: Sequence[Bytes], kinds: Bytes, beyond: bytes) -> Bytes:
    """The rows of all passes with the types of their filters, filtered, and what is beyond them: uint8[n]."""
    from arcodec.kernels.png import apply_filters  # late: listing needs no numba

    size = raw_size(header)
    out = np.empty(size + len(beyond), np.uint8)
    out[size:] = np.frombuffer(beyond, np.uint8)
    first = start = 0
    for part in rows:
        end = start + len(part) * (1 + part.shape[1])
        target = out[start:end].reshape(len(part), -1)
        apply_filters(part, kinds[first : first + len(part)], header.step, target)
        first += len(part)
        start = end
    return out


def _padded(header: Header) -> Iterator[tuple[int, int]]:
    """The passes whose rows do not fill their last byte, by number, and its bits that they do not fill."""
    for i, each in enumerate(passes(header)):
        free = -each.columns * header.depth * header.channels % 8
        if free:
            yield i, (1 << free) - 1


def _padding(header: Header, raw: Bytes, rows: Sequence[Bytes]) -> bytes:
    """The bits that fill up rows, a byte each; nothing if all are zero."""
    if not any(_padded(header)):
        return b""
    from arcodec.kernels.png import unfilter

    out = []
    start = 0
    masks = dict(_padded(header))
    for i, part in enumerate(rows):
        end = start + part.shape[0] * (1 + part.shape[1])
        if i in masks:
            full = np.empty_like(part)
            unfilter(raw[start:end], full, header.step)
            out.append(full[:, -1] & masks[i])
        start = end
    padding = np.concatenate(out)
    return padding.tobytes() if padding.any() else b""


def _fill_up(header: Header, rows: Sequence[Bytes], reader: Reader) -> None:
    """Undo `_padding`, in place."""
    for i, mask in _padded(header):
        rows[i][:, -1] |= np.frombuffer(reader.take(len(rows[i])), np.uint8) & mask


def _joined(planes: Sequence[Plane], depth: int, stored: int, flags: int, reader: Reader) -> tuple[Header, Samples]:
    """The header and samples of planes.

    Raises:
        CorruptError: they are none of a PNG.
    """
    colour, samples = joined(planes, depth, stored, reader)
    if flags >= 2 * _ODD_START:
        raise CorruptError(f"flags {flags} of a PNG are not known")
    rows, columns, _ = samples.shape
    return Header(columns, rows, depth, colour, int(flags & _INTERLACED > 0)), samples


def _with_length(text: bytes) -> bytes:
    return varint.write(len(text)) + text


def _written_chunk(chunk: Chunk) -> bytes:
    return chunk.kind + _with_length(chunk.data)


def _read_chunks(reader: Reader) -> list[Chunk]:
    return [Chunk(reader.take(4), reader.take(reader.number())) for _ in range(reader.number())]


def _written_sizes(sizes: Sequence[int]) -> bytes:
    """The size of all chunks of image data but the last, which is not larger; else 0 and all sizes."""
    if len(sizes) == 1:
        return b""
    if sizes[0] and 0 < sizes[-1] <= sizes[0] and len({*sizes[:-1]}) == 1:
        return varint.write(sizes[0])
    return b"".join(map(varint.write, (0, len(sizes), *sizes)))


def _read_sizes(reader: Reader) -> int | list[int]:
    size = reader.number()
    return size or [reader.number() for _ in range(reader.number())]


def _divided(compressed: bytes, sizes: int | list[int] | None) -> Iterator[Chunk]:
    """The chunks of image data, one at a time.

    Raises:
        CorruptError: the sizes are not those of the data; before the first.
    """
    if isinstance(sizes, list) and sum(sizes) != len(compressed):
        raise CorruptError("the sizes of IDAT chunks are not those of the data")
    step = sizes if isinstance(sizes, int) else len(compressed)
    ends = (
        accumulate(sizes) if isinstance(sizes, list) else chain(range(step, len(compressed), step), [len(compressed)])
    )
    return (Chunk(b"IDAT", compressed[start:end]) for start, end in pairwise(chain([0], ends)))
