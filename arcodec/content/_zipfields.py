"""Numbers in gzip, zlib and zip that follow from the rest of the file, kept as differences from what they should be.

Sources: PKWARE, .ZIP File Format Specification; RFC 1950; RFC 1952.
"""

from __future__ import annotations

import struct
import zlib
from typing import NamedTuple

NO_TRAILER, ADLER, GZIP, SIGNED_DESCRIPTOR, DESCRIPTOR = range(5)  # what follows a stream
# Offset of the numbers in a trailer, and their format.
_TRAILERS = {
    ADLER: (0, struct.Struct(">I")),
    GZIP: (0, struct.Struct("<II")),
    SIGNED_DESCRIPTOR: (4, struct.Struct("<III")),
    DESCRIPTOR: (0, struct.Struct("<III")),
}
LOCAL = b"PK\x03\x04"
LOCAL_SIZE = 30
_LOCAL_NUMBERS = 14, struct.Struct("<III")
_CENTRAL = b"PK\x01\x02"
_CENTRAL_SIZE = 46
_CENTRAL_NUMBERS = 16, struct.Struct("<III")
_OFFSET = 42, struct.Struct("<I")
_END = b"PK\x05\x06"
_END_NUMBERS = 12, struct.Struct("<II")
_LATER = 8  # flag of a local header: the numbers come in a descriptor after the data


class Stream(NamedTuple):
    """What is known of a stream: the CRC-32 and the Adler-32 of its content, its length, that of the content."""

    crc: int
    adler: int
    packed: int
    size: int

    @classmethod
    def of(cls, content: bytes, packed: int) -> Stream:
        """That of a content which takes `packed` bytes in the file."""
        return cls(zlib.crc32(content), zlib.adler32(content), packed, len(content))


class Fields:
    """Turns the gaps between the streams of one file, in order, into what is kept of them, or back."""

    def __init__(self, *, back: bool) -> None:
        self._sign = 1 if back else -1
        self._members: dict[bytes, tuple[int, int, int, int]] = {}
        self._last: tuple[int, Stream] | None = None

    def gap(self, gap: bytearray, position: int, stream: Stream | None, header: int, trailer: int) -> None:
        """Change a gap in place.

        Args:
            gap: what lies between the stream before and this one.
            position: offset of the gap in the file.
            stream: the one after the gap; None after the last.
            header: length of the zip header that the gap ends with, 0 for none.
            trailer: what follows `stream`.
        """
        start = self._undo_trailer(gap, len(gap) - header)
        self._directory(gap, position, start, len(gap) - header)
        if stream and LOCAL_SIZE <= header <= len(gap):
            self._local(gap, position, len(gap) - header, stream)
        self._last = (trailer, stream) if stream and trailer else None

    def _change(self, gap: bytearray, start: int, form: tuple[int, struct.Struct], expected: tuple[int, ...]) -> None:
        offset, numbers = form
        found = numbers.unpack_from(gap, start + offset)
        changed = ((a + self._sign * b) & 0xFFFFFFFF for a, b in zip(found, expected, strict=True))
        numbers.pack_into(gap, start + offset, *changed)

    def _undo_trailer(self, gap: bytearray, end: int) -> int:
        """The trailer of the stream before; returns where it ends."""
        if self._last is None:
            return 0
        trailer, stream = self._last
        offset, numbers = _TRAILERS[trailer]
        if offset + numbers.size > end:
            return 0
        if trailer == ADLER:
            expected: tuple[int, ...] = (stream.adler,)
        elif trailer == GZIP:
            expected = stream.crc, stream.size
        else:
            expected = stream.crc, stream.packed, stream.size
        self._change(gap, 0, _TRAILERS[trailer], expected)
        return offset + numbers.size

    def _local(self, gap: bytearray, position: int, start: int, stream: Stream) -> None:
        """The header of a zip member, whose name is remembered for the directory."""
        if gap[start : start + 4] != LOCAL:
            return
        if not gap[start + 6] & _LATER:
            self._change(gap, start, _LOCAL_NUMBERS, (stream.crc, stream.packed, stream.size))
        name = bytes(
            gap[start + LOCAL_SIZE : start + LOCAL_SIZE + int.from_bytes(gap[start + 26 : start + 28], "little")]
        )
        self._members[name] = stream.crc, stream.packed, stream.size, position + start

    def _directory(self, gap: bytearray, position: int, start: int, end: int) -> None:
        """The directory of a zip file, and where it lies."""
        if not self._members:
            return
        first = at = gap.find(_CENTRAL, start, end)
        if first < 0:
            return
        while gap.startswith(_CENTRAL, at) and at + _CENTRAL_SIZE <= end:
            lengths = struct.unpack_from("<HHH", gap, at + 28)
            if at + _CENTRAL_SIZE + lengths[0] > end:
                return
            name = bytes(gap[at + _CENTRAL_SIZE : at + _CENTRAL_SIZE + lengths[0]])
            if name in self._members:
                *numbers, offset = self._members[name]
                self._change(gap, at, _CENTRAL_NUMBERS, tuple(numbers))
                self._change(gap, at, _OFFSET, (offset & 0xFFFFFFFF,))
            at += _CENTRAL_SIZE + sum(lengths)
        offset, numbers_of_end = _END_NUMBERS
        if gap.startswith(_END, at) and at + offset + numbers_of_end.size <= end:
            self._change(gap, at, _END_NUMBERS, (at - first, (position + first) & 0xFFFFFFFF))
