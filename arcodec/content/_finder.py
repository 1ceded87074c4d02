"""Finds what lies inside a file of any kind: compressed streams, images, members of archives."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from arcodec import content as kinds
from arcodec.content import _zipfields as fields

_SMALLEST = 64  # bytes of a content that is worth a place of its own
_LARGEST = 1 << 28  # bytes of the content of a stream
_STEP = 1 << 16  # bytes inflated at a time
_MARKS = re.compile(
    rb"PK\x03\x04|\x1f\x8b\x08[\0-\x1f]"
    rb"|\x78[\x01\x5e\x9c\xda]|\x68[\x05\x43\x81\xde]|\x58[\x09\x47\x85\xc3]|\x48[\x0d\x4b\x89\xc7]"  # of zlib
    rb"|\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR|\xff\xd8\xff[\xc0-\xfe]|ustar[\0 ]"
)
_ELF = b"\x7fELF"
_BLOCK = 512  # of tar


@dataclass(frozen=True)
class Found:
    """Something inside a file.

    Attributes:
        start, end: where it lies.
        deflated: whether it is a deflate stream; else it lies there as it is.
        header: length of the zip header right before it, or 0.
        trailer: what follows it, see `_zipfields`.
    """

    start: int
    end: int
    deflated: bool = False
    header: int = 0
    trailer: int = fields.NO_TRAILER


def find(data: bytes) -> Iterator[Found]:
    """What lies in `data`, in order, not overlapping. The work is bounded by a multiple of the length of `data`."""
    search = _Search(data)
    at = 0
    while match := _MARKS.search(data, at):
        found = search.look(match)
        at = match.start() + 1
        if found and found.end - found.start >= _SMALLEST // 2:
            yield found
            at = found.end


class _Search:
    """One search."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._work = 16 * len(data) + (1 << 20)  # bytes that may be looked at in vain
        self._past = 0  # tar headers before this have been seen

    def look(self, match: re.Match[bytes]) -> Found | None:
        """What is marked there, if anything."""
        if self._work < 0:
            return None
        start = match.start()
        mark = match[0]
        if mark.startswith(b"PK"):
            return self._zip(start)
        if mark.startswith(b"\x1f"):
            return self._gzip(start)
        if len(mark) == 2:
            return self._zlib(start)
        if mark.startswith(b"\x89"):
            return self._whole(start, self._end_of_png(start))
        if mark.startswith(b"\xff"):
            return self._whole(start, self._end_of_jpeg(start))
        return self._tar(start - 257)

    def _whole(self, start: int, end: int) -> Found | None:
        return Found(start, end) if end > start else None

    def _zip(self, start: int) -> Found | None:
        """The member after a local header."""
        data = self._data
        if start + fields.LOCAL_SIZE > len(data):
            return None
        flags, method = (int.from_bytes(data[start + i : start + i + 2], "little") for i in (6, 8))
        packed, size = (int.from_bytes(data[start + i : start + i + 4], "little") for i in (18, 22))
        header = fields.LOCAL_SIZE + sum(int.from_bytes(data[start + i : start + i + 2], "little") for i in (26, 28))
        begin = start + header
        if flags & 1:  # encrypted
            return None
        if method == 0:
            later = bool(flags & 8)
            if later or packed != size or begin + size > len(data):
                return None
            return Found(begin, begin + size, header=header)
        end = self._end_of_deflate(begin) if method == 8 else 0
        if not end:
            return None
        trailer = fields.NO_TRAILER
        if flags & 8:
            signed = data.startswith(b"PK\x07\x08", end)
            trailer = fields.SIGNED_DESCRIPTOR if signed else fields.DESCRIPTOR
        return Found(begin, end, True, header, trailer)

    def _gzip(self, start: int) -> Found | None:
        """The stream after a header of RFC 1952."""
        data = self._data
        if start + 10 > len(data):
            return None
        flags = data[start + 3]
        begin = start + 10
        if flags & 4:
            begin += 2 + int.from_bytes(data[begin : begin + 2], "little")
        for flag in (8, 16):  # name, comment
            if flags & flag:
                begin = data.find(b"\0", begin, begin + _STEP) + 1
                if not begin:
                    return None
        begin += 2 if flags & 2 else 0
        end = self._end_of_deflate(begin)
        return Found(begin, end, True, trailer=fields.GZIP) if end else None

    def _zlib(self, start: int) -> Found | None:
        end = self._end_of_deflate(start + 2)
        return Found(start + 2, end, True, trailer=fields.ADLER) if end else None

    def _end_of_deflate(self, start: int) -> int:
        """Where the deflate stream at `start` ends; 0 if there is none, or none that is worth it."""
        stream = zlib.decompressobj(-15)
        size, at = 0, start
        try:
            while not stream.eof and size <= _LARGEST:
                part = stream.unconsumed_tail or self._data[at : at + _STEP]
                at += 0 if stream.unconsumed_tail else len(part)
                if not part:
                    break
                size += len(stream.decompress(part, 16 * _STEP))
        except zlib.error:
            pass
        if stream.eof and size >= _SMALLEST:
            return at - len(stream.unused_data)
        self._work -= 64 + size + at - start
        return 0

    def _end_of_png(self, start: int) -> int:
        """Where the PNG file at `start` ends, or 0."""
        data, at = self._data, start + 8
        while at + 12 <= len(data):
            self._work -= 12
            length = int.from_bytes(data[at : at + 4], "big")
            last = data[at + 4 : at + 8] == b"IEND"
            at += 12 + length
            if last or self._work < 0:
                return at if last and at <= len(data) else 0
        return 0

    def _end_of_jpeg(self, start: int) -> int:
        """Where the JPEG file at `start` ends, or 0."""
        data, at = self._data, start + 2
        while at + 2 <= len(data) and data[at] == 0xFF and self._work > 0:
            marker = data[at + 1]
            if marker == 0xD9:
                return at + 2
            length = int.from_bytes(data[at + 2 : at + 4], "big")
            self._work -= 12
            if marker < 0xC0 or length < 2:
                return 0
            at += 2 + length
            if marker == 0xDA:
                match = _MARKER.search(data, at)
                if match is None:
                    self._work -= len(data) - at
                    return 0
                at = match.start()
        return 0

    def _tar(self, header: int) -> Found | None:
        """A tar member of a kind that has a model of its own."""
        data = self._data
        start = header + _BLOCK
        if header < self._past or start > len(data):
            return None
        block = data[header:start]
        try:
            size = int(block[124:136].strip(b"\0 ") or b"0", 8)
            stated = int(block[148:156].strip(b"\0 ") or b"0", 8)
        except ValueError:
            return None
        if stated != sum(block[:148]) + 256 + sum(block[156:]) or start + size > len(data):
            return None
        self._past = start
        head = data[start : start + kinds.HEAD]
        if head.startswith(_ELF) or next(kinds.candidates(head, exact=True), None):
            return Found(start, start + size)
        return None


_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")  # what ends the coded data of a scan
