"""TIFF images: samples instead of strips that are plain, LZW or deflated.

Sources: Adobe, TIFF Revision 6.0; Adobe Photoshop TIFF Technical Notes (deflate).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from arcodec import varint
from arcodec.content import _lzw
from arcodec.content._recipe import Reader
from arcodec.content._samples import PACKED, Samples, join, split
from arcodec.content.base import Content, Parsed, Plane
from arcodec.errors import CorruptError

_COLUMNS, _ROWS, _BITS, _COMPRESSION, _OFFSETS, _CHANNELS = 256, 257, 258, 259, 273, 277
_STRIP_ROWS, _SIZES, _PLANAR, _PREDICTOR, _FORMAT = 278, 279, 284, 317, 339
_TYPES = {1: "B", 3: "H", 4: "I"}  # of fields that are read
_PLAIN, _LZW, _DEFLATE = range(3)
_METHODS = {1: _PLAIN, 5: _LZW, 8: _DEFLATE, 32946: _DEFLATE}
_SIXTEEN, _BIG, _PREDICTED = 1, 2, 4  # flags of a page, above the two bits of its method
_MOST_PAGES = 1 << 16


class Tiff(Content):
    """TIFF of one or more pages in strips, 8 or 16 bits, 1 to 4 channels side by side; LZW of a greedy encoder.

    Recipe: the length of the file without strips (varint), that, the number of pages (varint), and for each: a byte
    of flags (the method; 4: 16 bits, 8: big-endian, 16: differences); rows, columns, channels, rows of a strip
    (varints); for 16 bits, the packings; for each strip the number of bytes before it since the last (varint) and its
    own recipe. That is nothing for plain ones, `_lzw`'s, or the zlib header, the length of the deflate recipe, that,
    and what follows the stream: its length and the bytes, of which the first four are less the Adler-32.
    """

    name = "tiff"
    code = 13

    def sniff(self, head: bytes) -> bool:
        """Whether `head` begins with the order of bytes and the magic number."""
        return head.startswith((b"II*\0", b"MM\0*"))

    def parse(self, data: bytes) -> Parsed | None:
        pages = _read(data)
        if not pages:
            return None
        planes: list[Plane] = []
        texts, written = [], [varint.write(len(pages))]
        at = 0
        for page in pages:
            if page.size > 2600 * sum(size for _, size in page.strips):
                return None
            raster = np.empty((page.rows, page.row), np.uint8)
            recipes = []
            for number, (start, size) in enumerate(page.strips):
                rows = raster[number * page.strip : (number + 1) * page.strip]
                recipe = _undone(data[start : start + size], rows, page.flags & 3) if start >= at else None
                if recipe is None:
                    return None
                texts.append(data[at:start])
                recipes.append(varint.write(start - at) + recipe)
                at = start + size
            samples = _samples(raster, page)
            if page.flags >> 2 & _PREDICTED:
                samples = np.cumsum(samples, axis=1, dtype=samples.dtype)
            parts, packings = split(samples)
            planes += parts
            numbers = (page.rows, page.columns, page.channels, page.strip)
            written += [bytes([page.flags]), *map(varint.write, numbers), packings, *recipes]
        text = b"".join((*texts, data[at:]))
        return Parsed(tuple(planes), b"".join((varint.write(len(text)), text, *written)))

    def pieces(self, planes: Sequence[Plane], recipe: bytes) -> Iterator[bytes | memoryview]:
        """The file, byte for byte.

        Raises:
            CorruptError: planes and recipe do not fit together; maybe after some pieces.
        """
        reader = Reader(recipe)
        text = Reader(reader.take(reader.number()))
        rest = list(planes)
        for _ in range(reader.number()):
            flags = reader.byte()
            rows, columns, channels, strip = (reader.number() for _ in range(4))
            own = rest[: 2 - channels % 2]
            rest = rest[len(own) :]
            if not own or flags >> 5 or flags & 3 > _DEFLATE or not strip:
                raise CorruptError("the recipe's TIFF has pages that it cannot have")
            samples = join(own, PACKED if flags >> 2 & _SIXTEEN else 0, reader)
            if samples.shape != (rows, columns, channels) or (samples.itemsize == 2) != bool(flags >> 2 & _SIXTEEN):
                raise CorruptError(f"planes of {samples.shape} are not what the recipe's TIFF describes")
            for start in range(0, rows, strip):
                part = samples[start : start + strip]
                if flags >> 2 & _PREDICTED:
                    part = np.diff(part, axis=1, prepend=part.dtype.type(0))
                yield text.take(reader.number())
                yield _done(_raster(part, flags), reader, flags & 3)
        if rest or reader:
            raise CorruptError("the recipe's TIFF has fewer pages than there are")
        yield text.rest()


class _Page(NamedTuple):
    flags: int  # the method, and others above its two bits
    rows: int
    columns: int
    channels: int
    strip: int  # rows of a strip
    strips: list[tuple[int, int]]  # where each begins, and its size

    @property
    def row(self) -> int:
        """Bytes of a row."""
        return self.columns * self.channels * (1 + (self.flags >> 2 & _SIXTEEN))

    @property
    def size(self) -> int:
        """Bytes of the raster."""
        return self.rows * self.row


def _read(data: bytes) -> list[_Page] | None:
    """The pages of a file, in order; None if one of them is not covered."""
    if len(data) < 8:
        return None
    order = "<" if data.startswith(b"II") else ">"
    pages: list[_Page] = []
    (at,) = struct.unpack_from(order + "I", data, 4)
    seen = set()
    while at:
        if at + 2 > len(data) or at in seen or len(pages) == _MOST_PAGES:
            return None
        seen.add(at)
        (count,) = struct.unpack_from(order + "H", data, at)
        if at + 2 + 12 * count + 4 > len(data):
            return None
        page = _page(data, order, at + 2, count)
        if page is None:
            return None
        pages.append(page)
        (at,) = struct.unpack_from(order + "I", data, at + 2 + 12 * count)
    return pages


def _page(data: bytes, order: str, start: int, count: int) -> _Page | None:
    """The page that a directory describes."""
    fields: dict[int, tuple[int, ...]] = {}
    for place in range(start, start + 12 * count, 12):
        tag, kind, values = struct.unpack_from(order + "HHI", data, place)
        if kind in _TYPES:
            form = f"{order}{values}{_TYPES[kind]}"
            size = struct.calcsize(f"={_TYPES[kind]}") * values
            offset = place + 8 if size <= 4 else struct.unpack_from(order + "I", data, place + 8)[0]
            if offset + size > len(data):
                return None
            if tag in _TAGS:
                fields[tag] = struct.unpack_from(form, data, offset)
    if any(not fields.get(tag) for tag in (_COLUMNS, _ROWS, _COMPRESSION, _OFFSETS, _SIZES)):
        return None
    (columns, *_), (rows, *_), (method, *_) = fields[_COLUMNS], fields[_ROWS], fields[_COMPRESSION]
    (channels, *_), (planar, *_), (predictor, *_) = (fields.get(t) or (1,) for t in (_CHANNELS, _PLANAR, _PREDICTOR))
    bits = set(fields.get(_BITS, (1,)))
    strip = min((fields.get(_STRIP_ROWS) or (rows,))[0], rows)
    strips = list(zip(fields[_OFFSETS], fields[_SIZES], strict=False))
    if (
        bits not in ({8}, {16})
        or method not in _METHODS
        or not 1 <= channels <= 4
        or (planar != 1 and channels > 1)
        or predictor not in (1, 2)
        or not set(fields.get(_FORMAT, (1,))) <= {1, 2, 4}
        or not (rows and columns and strip)
        or len(strips) != -(-rows // strip)
        or len(fields[_OFFSETS]) != len(fields[_SIZES])
        or any(offset + size > len(data) for offset, size in strips)
    ):
        return None
    others = (bits == {16}) * _SIXTEEN | (order == ">") * _BIG | (predictor == 2) * _PREDICTED
    return _Page(_METHODS[method] | others << 2, rows, columns, channels, strip, strips)


_TAGS = {_COLUMNS, _ROWS, _BITS, _COMPRESSION, _OFFSETS, _CHANNELS, _STRIP_ROWS, _SIZES, _PLANAR, _PREDICTOR, _FORMAT}


def _samples(raster: Plane, page: _Page) -> Samples:
    """The samples of rows of bytes."""
    if not page.flags >> 2 & _SIXTEEN:
        return raster.reshape(page.rows, page.columns, page.channels)
    words = raster.view(">u2" if page.flags >> 2 & _BIG else "<u2")
    return words.astype(np.uint16).reshape(page.rows, page.columns, page.channels)


def _raster(samples: Samples, flags: int) -> bytes:
    """Undo `_samples`."""
    if flags >> 2 & _SIXTEEN:
        return samples.astype(">u2" if flags >> 2 & _BIG else "<u2").tobytes()
    return samples.tobytes()


def _undone(strip: bytes, rows: Plane, method: int) -> bytes | None:
    """Fill the bytes of rows from a strip; returns its recipe, None if it has not so many or none."""
    if method == _LZW:
        found = _lzw.decoded(strip, rows.size, 8, leftward=True, early=1)
        content, recipe = (found[0].tobytes(), found[1]) if found else (b"", b"")
    elif method == _DEFLATE:
        from arcodec.content import _deflate  # late: it brings kernels

        replay = _deflate.analyse(strip, 2, rows.size) if len(strip) > 2 else None
        if replay is None:
            return None
        content = replay.content
        tail = _less(strip[replay.end :], zlib.adler32(content))
        recipe = b"".join((strip[:2], varint.write(len(replay.recipe)), replay.recipe, varint.write(len(tail)), tail))
    else:
        content, recipe = strip, b""
    if len(content) != rows.size:
        return None
    rows.reshape(-1)[:] = np.frombuffer(content, np.uint8)
    return recipe


def _done(content: bytes, reader: Reader, method: int) -> bytes:
    """The strip of a content and of a recipe, which is read."""
    if method == _LZW:
        return _lzw.encoded(np.frombuffer(content, np.uint8), reader, 8, leftward=True, early=1)
    if method == _DEFLATE:
        from arcodec.content import _deflate

        header = reader.take(2)
        stream = _deflate.replay(content, reader.take(reader.number()))
        return header + stream + _less(reader.take(reader.number()), -zlib.adler32(content))
    return content


def _less(tail: bytes, check: int) -> bytes:
    """What follows a deflate stream, with a checksum taken from its first four bytes."""
    if len(tail) < 4:
        return tail
    return (int.from_bytes(tail[:4], "big") - check & 0xFFFFFFFF).to_bytes(4, "big") + tail[4:]
