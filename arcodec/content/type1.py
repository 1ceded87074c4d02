"""Type 1 fonts, as LaTeX puts them into PDF: without their cipher, which hides all that a model could learn.

Source: Adobe Systems, Adobe Type 1 Font Format, 1990.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from arcodec import varint
from arcodec.content._recipe import Reader
from arcodec.content.base import Content, Parsed, Plane
from arcodec.errors import CorruptError

_EEXEC = re.compile(rb"currentfile eexec(?:\r\n|[\r\n ])(?:\x80\x02[\0-\xff]{4})?")
_END = re.compile(rb"(?:\x80\x01[\0-\xff]{4})?[\r\n]*(?:0{64}[\r\n]+){1,8}[\r\n]*cleartomark")
# A charstring: its length, a command of the font's own for reading it, one space, the bytes.
_CHARSTRING = re.compile(rb"[ \r\n\t](\d{1,5}) (?:RD|-\|) ")
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{4}")


class Type1(Content):
    """A font of which the part after `eexec` and each charstring in that are deciphered.

    Recipe: where the enciphered part begins and its length, as varints.
    """

    name = "type1"
    code = 15
    texts = True
    pooled = 1 << 30

    def sniff(self, head: bytes) -> bool:
        """Whether `head` begins as a font in clear text, or in segments (PFB)."""
        return head.startswith((b"%!", b"\x80\x01")) and b"Font" in head

    def parse(self, data: bytes) -> Parsed | None:
        begin = _EEXEC.search(data)
        if begin is None or _HEXADECIMAL.match(data, begin.end()):
            return None
        start = begin.end()
        end = _END.search(data, start)
        stop = end.start() if end else len(data)
        plane = np.frombuffer(bytearray(data), np.uint8)
        if stop - start < 4:
            return None
        _decipher(plane, start, stop)
        return Parsed((plane,), varint.write(start) + varint.write(stop - start))

    def pieces(self, planes: Sequence[Plane], recipe: bytes) -> Iterator[bytes | memoryview]:
        """The font.

        Raises:
            CorruptError: planes and recipe do not fit together.
        """
        reader = Reader(recipe)
        start = reader.number()
        stop = start + reader.number()
        if len(planes) != 1 or planes[0].ndim != 1 or reader or stop > planes[0].size:
            raise CorruptError("the recipe's font lies beyond its bytes")
        font = planes[0].copy()
        _encipher(font, start, stop)
        yield font.data


def _charstrings(font: Plane, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Where charstrings lie in the deciphered part; what is in them is not looked at."""
    text: memoryview = font.data
    while match := _CHARSTRING.search(text, start, stop):
        begin = match.end()
        start = begin + int(match[1])
        if start > stop:
            return
        yield begin, start


def _decipher(font: Plane, start: int, stop: int) -> None:
    from arcodec.kernels import type1  # late: listing needs no numba

    type1.crypt(font, start, stop, type1.EEXEC, False)
    for begin, end in _charstrings(font, start, stop):
        type1.crypt(font, begin, end, type1.CHARSTRING, False)


def _encipher(font: Plane, start: int, stop: int) -> None:
    from arcodec.kernels import type1

    for begin, end in list(_charstrings(font, start, stop)):
        type1.crypt(font, begin, end, type1.CHARSTRING, True)
    type1.crypt(font, start, stop, type1.EEXEC, True)
