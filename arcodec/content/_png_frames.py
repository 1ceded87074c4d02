"""Frames of animated PNG files that are as wide as the first picture: their pixels lie below its own.

Source: W3C, Portable Network Graphics (PNG) Specification, third edition (fcTL and fdAT).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from arcodec import varint
from arcodec.content import _filters
from arcodec.content import _png_stream as streams
from arcodec.content._png import Bytes, Chunk, Header, raw_size, rows_of, samples_of
from arcodec.content._recipe import Reader
from arcodec.content._samples import Samples
from arcodec.errors import CorruptError

_CONTROL, _DATA = b"fcTL", b"fdAT"
_NUMBER = 4  # bytes of a chunk's number in the sequence, before the image data


class Frame(NamedTuple):
    """A frame taken apart.

    Attributes:
        first: its first chunk of image data, of those after the first picture.
        sizes: of the image data in its chunks.
        rows: how many it has.
        samples: uint8 or uint16, of shape (rows, columns, channels).
        kinds: the types of filters of its rows.
        start: the header of its zlib stream.
        recipe: of the deflate stream in it.
    """

    first: int
    sizes: list[int]
    rows: int
    samples: Samples
    kinds: Bytes
    start: int
    recipe: bytes


def found(after: Sequence[Chunk], header: Header) -> list[Frame]:
    """The frames among the chunks after the first picture that can be taken apart."""
    frames = []
    at, control = 0, b""
    for kind, group in groupby(after, key=lambda chunk: chunk.kind):
        chunks = list(group)
        if kind == _DATA and len(control) == 26:
            frame = _frame(chunks, at, control, header)
            if frame:
                frames.append(frame)
        control = chunks[-1].data if kind == _CONTROL else b""
        at += len(chunks)
    return frames


def _frame(chunks: Sequence[Chunk], first: int, control: bytes, header: Header) -> Frame | None:
    columns, height = struct.unpack_from(">II", control, _NUMBER)
    if columns != header.columns or not height or any(len(chunk.data) < _NUMBER for chunk in chunks):
        return None
    own = header._replace(rows=height)
    parts = [chunk.data[_NUMBER:] for chunk in chunks]
    stream = streams.read_stream(b"".join(parts), own)
    start = streams.usual_start(stream.start) if stream else None
    if stream is None or start is None or stream.tail != stream.check or len(stream.content) != raw_size(own):
        return None
    samples = samples_of(own, stream.content)
    if samples is None or streams.padding_of(own, stream.content, list(rows_of(own, samples))):
        return None
    sizes = [len(part) for part in parts]
    return Frame(first, sizes, height, samples, streams.kinds_of(own, stream.content), start, stream.replay.recipe)


def without(after: Sequence[Chunk], frames: Sequence[Frame]) -> list[Chunk]:
    """The chunks without the image data of frames."""
    kept = list(after)
    for frame in frames:
        for k in range(frame.first, frame.first + len(frame.sizes)):
            kept[k] = kept[k]._replace(data=kept[k].data[:_NUMBER])
    return kept


def written(frames: Sequence[Frame], header: Header) -> bytes:
    """All but the samples of frames and their rows."""
    out = []
    at = 0
    for frame in frames:
        own = header._replace(rows=frame.rows)
        out += [varint.write(frame.first - at), varint.write(len(frame.sizes)), streams.written_sizes(frame.sizes)]
        out.append(_filters.written(list(rows_of(own, frame.samples)), own.step, frame.kinds))
        out += [bytes([frame.start]), varint.write(len(frame.recipe)), frame.recipe]
        at = frame.first + len(frame.sizes)
    return b"".join(out)


def restored(after: Sequence[Chunk], samples: Sequence[Samples], header: Header, reader: Reader) -> Iterator[Chunk]:
    """Undo `without`: the chunks with the image data of frames of these samples, which `written` tells of.

    Raises:
        CorruptError: there are no such chunks.
    """
    from arcodec.content._deflate import replay  # late: it loads kernels

    at = 0
    for own in samples:
        begin = at + reader.number()
        count = reader.number()
        chunks = after[begin : begin + count]
        if not 1 <= count == len(chunks) or any((c.kind, len(c.data)) != (_DATA, _NUMBER) for c in chunks):
            raise CorruptError("the recipe's frames are not among the chunks of its PNG")
        yield from after[at:begin]
        sizes = streams.read_sizes(reader) if count > 1 else None
        frame = header._replace(rows=len(own))
        rows = list(rows_of(frame, own))
        kinds = _filters.read(rows, frame.step, reader)
        start = streams.start_of(reader.byte())
        content = streams.filtered(frame, rows, kinds, b"").data
        stream = start + replay(content, reader.take(reader.number())) + struct.pack(">I", zlib.adler32(content))
        parts = list(streams.divided(stream, sizes))
        if len(parts) != count:
            raise CorruptError(f"a frame of {len(parts)} chunks cannot be in {count}")
        for chunk, part in zip(chunks, parts, strict=True):
            yield Chunk(_DATA, chunk.data + part)
        at = begin + count
    yield from after[at:]
