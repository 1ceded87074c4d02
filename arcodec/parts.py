"""What is compressed, cut into chunks: a stream of bytes, or planes."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from arcodec import chunks, container
from arcodec.chunks import GRID, Coder, Encoded
from arcodec.container import MAX_CHUNK, Chunk, Source
from arcodec.models.base import Symbols

# Symbols that a band of an image has at least, by model. What a band loses by beginning afresh is 400 to 1400 bytes.
_BANDS = {"pixels-2-fast": 1 << 21, "pixels-2": 1 << 21, "pixels-2-max": 1 << 21}
_NARROWEST = 64  # columns of a band; it is rows where there would be fewer
_MOST_BANDS = 16  # but for those that chunk sizes demand


class Counted:
    """A source that counts and digests what is read from it, and takes back what was only looked at."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._returned = memoryview(b"")
        self.size = 0
        self.digest = container.new_digest()

    def read(self, size: int) -> bytes:
        """`size` bytes, fewer only at the end."""
        parts: list[bytes | memoryview] = [self._returned[:size]]
        self._returned = self._returned[size:] if size < len(self._returned) else memoryview(b"")
        size -= len(parts[0])
        while size:
            part = self._source.read(min(size, 1 << 24))
            if not part:
                break
            self.digest.update(part)
            self.size += len(part)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def read_on(self, head: bytes, size: int) -> bytes:
        """`head`, which has been read, and what follows, `size` bytes in all; nothing is held twice."""
        whole = io.BytesIO()
        whole.write(head)
        while whole.tell() < size and (part := self.read(min(size - whole.tell(), 1 << 24))):
            whole.write(part)
        return whole.getvalue()

    def take_back(self, data: bytes) -> None:
        """`data`, which has been read last, comes again."""
        self._returned = memoryview(data + bytes(self._returned) if self._returned else data)


@dataclass(frozen=True)
class Part:
    """A chunk to be coded."""

    symbols: Symbols
    starts_plane: bool
    beside: bool
    last: bool

    def header(self, encoded: Encoded) -> Chunk:
        """The header of the chunk it became."""
        return encoded.header(starts_plane=self.starts_plane, beside=self.beside, last=self.last)


def largest(chunk_size: int) -> int:
    """The most symbols that a chunk may get, see `raw_parts`."""
    return chunk_size + chunk_size // 4


def raw_parts(counted: Counted, chunk_size: int) -> Iterator[Part]:
    """Cut a stream of unknown length into chunks; a short rest joins the chunk before it."""
    rest = b""
    first, last = True, False
    while not last:
        data = rest + counted.read(largest(chunk_size) - len(rest))
        last = len(data) < largest(chunk_size)
        size = len(data) if last else chunk_size
        rest = data[size:]
        yield Part(np.frombuffer(data, np.uint8, size), first, False, last)
        first = False


def plane_parts(
    planes: Sequence[Symbols], chunk_size: int, coders: Callable[[Sequence[int]], Sequence[Coder]]
) -> Iterator[Part]:
    """Cut planes into runs of bytes, rows of graphics, columns of photographs, of about equal size.

    Coefficients, planes of two dimensions, describe themselves and stay whole.

    Args:
        planes: as `content.base.Parsed` has them.
        chunk_size: symbols in a chunk, but for a quarter more.
        coders: those for a shape.
    """
    for number, plane in enumerate(planes):
        last = number == len(planes) - 1
        count = max(1, -(-plane.size // largest(chunk_size))) if plane.ndim != 2 else 1
        axis = 0
        if plane.ndim == 3 and plane.size >= 2 * (least := _band(plane, coders(plane.shape))):
            count = max(count, min(plane.size // least, _MOST_BANDS))
            axis = int(plane.shape[1] >= count * _NARROWEST)
        extent = plane.shape[axis]
        step = max(1, -(-extent // count))
        if plane.ndim == 3 and step >= 8 * GRID:
            step = -(-step // GRID) * GRID
        elif plane.shape[2:] == (2,):
            step += step % 2  # a sensor's mosaic has a period of two rows and two columns
        for start in range(0, max(1, extent), step):
            part = plane[:, start : start + step] if axis else plane[start : start + step]
            yield Part(part, start == 0, bool(axis) and start > 0, last and start + step >= extent)


def _band(plane: Symbols, coders: Sequence[Coder]) -> int:
    """The least symbols of a band: those of the model that a sample of the plane is best coded by."""
    least = _BANDS.get(coders[0].model.name, MAX_CHUNK)
    if plane.size < 2 * least:
        return MAX_CHUNK
    return _BANDS.get(chunks.choose(plane, coders).model.name, MAX_CHUNK)
