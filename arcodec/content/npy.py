"""NPY files: arrays of NumPy, by the type of their items.

Source: NumPy Enhancement Proposal 1, and numpy.lib.format for versions 2 and 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from arcodec import varint
from arcodec.content._recipe import Reader
from arcodec.content.base import Content, Parsed, Plane, Slabs
from arcodec.errors import CorruptError

if TYPE_CHECKING:
    from arcodec.content._numbers import Coding

_MAGIC = b"\x93NUMPY"
_LONGEST_HEADER = 1 << 16
_LEAST = 256  # bytes of items that are worth it
_WIDEST = 1 << 16  # bytes of a field
_EXPANSION = 8  # a number of 8 bytes is stored as one at least
_TEXTS = {"S": 1, "a": 1, "V": 1, "U": 4}  # bytes of a character
_ALIKE = {"b": "u", "M": "i", "m": "i"}
_WIDTHS = {"u": (1, 2, 4, 8), "i": (1, 2, 4, 8), "f": (2, 4, 8)}
_MOST_FIELDS = 64
_KEPT, _USUAL, _FORTRAN = range(3)  # forms of the header
_ALIGNED = 64  # bytes that the length of the usual header is a multiple of
_DICTIONARY = re.compile(
    rb"\{\s*'descr'\s*:\s*(?P<type>'[^'\\]*'|\[[^\[\]]*\])\s*,\s*'fortran_order'\s*:\s*(?P<fortran>True|False)\s*,"
    rb"\s*'shape'\s*:\s*\((?P<shape>[\d,\s]*)\)(?:\s*,)?\s*\}\s*"
)
_PLAIN = re.compile(rb"'([<>|=]?)([biufcSaUVMm])(\d{0,9})(?:\[[^\]]*\])?'")
_MEMBER = re.compile(rb"\(\s*'[^'\\]*'\s*,\s*('[^'\\]*')\s*(?:,\s*\(([\d,\s]*)\)\s*)?\)\s*(?:,\s*|$)")


class Npy(Content):
    """Arrays of booleans, integers, floats, complex numbers, dates and strings, and tables of these.

    Not covered: objects, tables with tables in them or with titles. Planes and recipe: see FORMAT.md.
    """

    name = "npy"
    code = 14
    texts = True
    pooled = 1 << 12

    def sniff(self, head: bytes) -> bool:
        """Whether `head` begins with the magic bytes and a version that is known."""
        return head.startswith(_MAGIC) and head[6:8] in (b"\1\0", b"\2\0", b"\3\0")

    def parse(self, data: bytes) -> Parsed | None:
        if not self.sniff(data):
            return None
        header = _read(data[:_LONGEST_HEADER])
        if header is None:
            return None
        items = prod(header.shape)
        end = header.size + items * header.width
        if end - header.size < _LEAST or end > len(data):
            return None
        return _parsed(header, _written(header, data), data[header.size : end], data[end:])

    def slabs(self, head: bytes) -> Slabs | None:
        """Along the axis that changes slowest."""
        header = _read(head[:_LONGEST_HEADER])
        if header is None or not prod(header.shape):
            return None
        rows, *rest = header.extents
        row = prod(rest) * header.width

        def parse(data: bytes) -> Parsed:
            own = _Header(0, header.fields, False, (len(data) // row, *rest))
            kept = bytes([_KEPT, 0])
            found = _parsed(own, kept, data, b"")
            if found:
                return found
            # All fields as they are: one plane.
            return Parsed((np.frombuffer(data, np.uint8),), _recipe(kept, len(data) // row, [_as_they_are(row)], b""))

        return Slabs(header.size, row, rows, parse)

    def pieces(self, planes: Sequence[Plane], recipe: bytes) -> Iterator[bytes | memoryview]:
        """The file, byte for byte.

        Raises:
            CorruptError: planes and recipe do not fit together.
        """
        from arcodec.content import _numbers

        reader = Reader(recipe)
        header = _read_header(reader)
        items, count = reader.number(), reader.number()
        if not items or not 1 <= count <= _MOST_FIELDS:
            raise CorruptError(f"the recipe's array has {items} items of {count} fields")
        codings = [_numbers.read(reader) for _ in range(count)]
        width = sum(coding.width * coding.count for coding in codings)
        if items * width > _EXPANSION * sum(plane.size for plane in planes):
            raise CorruptError("the planes are too small for the recipe's array")
        rest = iter(planes)
        if count == 1:
            array = _numbers.field_of(rest, items, codings[0])
        else:
            array = np.empty((items, width), np.uint8)
            at = 0
            for coding in codings:
                size = coding.width * coding.count
                array[:, at : at + size] = _numbers.field_of(rest, items, coding)
                at += size
        if next(rest, None) is not None:
            raise CorruptError("the recipe's array has fewer planes than there are")
        yield header
        yield np.ascontiguousarray(array).reshape(-1).data
        yield reader.rest()


@dataclass(frozen=True)
class _Field:
    """Numbers in an item: of a kind, `count` of `width` bytes each."""

    kind: str
    width: int
    count: int
    big: bool


@dataclass(frozen=True)
class _Header:
    """What the header of a file says; `size`: its bytes."""

    size: int
    fields: tuple[_Field, ...]
    fortran: bool
    shape: tuple[int, ...]

    @property
    def width(self) -> int:
        """Bytes of an item."""
        return sum(field.width * field.count for field in self.fields)

    @property
    def extents(self) -> tuple[int, ...]:
        """The shape, the extent that changes slowest in the file first; not empty."""
        return (self.shape[::-1] if self.fortran else self.shape) or (1,)


# --- headers --------------------------------------------------------------------------------------------------


def _read(head: bytes) -> _Header | None:
    """The header of a file, or None."""
    text = _text(head)
    match = _DICTIONARY.fullmatch(text) if text else None
    if match is None:
        return None
    fields = _fields(match["type"])
    shape = _extents(match["shape"])
    if not fields or shape is None or len(shape) > 32:
        return None
    return _Header(_before(head) + len(text), fields, match["fortran"] == b"True", shape)


def _before(head: bytes) -> int:
    """Bytes before the header's text."""
    return 10 if head[6:7] == b"\1" else 12


def _text(head: bytes) -> bytes:
    before = _before(head)
    size = int.from_bytes(head[8:before], "little")
    return head[before : before + size] if before + size <= len(head) else b""


def _extents(text: bytes) -> tuple[int, ...] | None:
    """The numbers of a tuple, without the parentheses; None if one is not below 2**40."""
    words = text.replace(b",", b" ").split()
    return tuple(map(int, words)) if all(len(word) <= 12 for word in words) else None


def _fields(descr: bytes) -> tuple[_Field, ...]:
    """What items consist of; nothing if that is not covered."""
    if descr.startswith(b"'"):
        field = _field(descr, 1)
        return (field,) if field else ()
    found: list[_Field] = []
    at, text = 0, descr[1:-1].strip()
    while at < len(text):
        match = _MEMBER.match(text, at)
        extents = _extents(match[2] or b"") if match else None
        field = _field(match[1], prod(extents)) if match and extents is not None else None
        if match is None or field is None or len(found) == _MOST_FIELDS:
            return ()
        found.append(field)
        at = match.end()
    return tuple(found)


def _field(word: bytes, count: int) -> _Field | None:
    """Of a plain type, quoted."""
    match = _PLAIN.fullmatch(word)
    if match is None or not match[3] or not int(match[3]) or not 1 <= count < _WIDEST:
        return None
    kind, size, big = match[2].decode(), int(match[3]), match[1] == b">"
    if kind in _TEXTS:
        kind, count, size = "u", size * count, _TEXTS[kind]
    elif kind == "c":
        kind, count, size = "f", 2 * count, size // 2
    kind = _ALIKE.get(kind, kind)
    if size not in _WIDTHS[kind]:
        kind = "V"
    return _Field(kind, size, count, big) if size >= 1 and size * count < _WIDEST else None


def _usual(order: int, descr: bytes, shape: Sequence[int], size: int) -> bytes:
    """The header as NumPy writes it, filled up to `size` bytes; empty if it is longer."""
    shown = b"(%d,)" % shape[0] if len(shape) == 1 else b"(%s)" % b", ".join(b"%d" % extent for extent in shape)
    text = b"{'descr': %s, 'fortran_order': %s, 'shape': %s, }" % (descr, str(order == _FORTRAN).encode(), shown)
    left = size - 11 - len(text)
    if left < 0 or size > _LONGEST_HEADER:
        return b""
    return b"".join((_MAGIC, b"\1\0", (size - 10).to_bytes(2, "little"), text, b" " * left, b"\n"))


def _written(header: _Header, data: bytes) -> bytes:
    """The header in a recipe."""
    kept = data[: header.size]
    match = _DICTIONARY.fullmatch(_text(kept))
    form = _FORTRAN if header.fortran else _USUAL
    if match and header.size % _ALIGNED == 0 and _usual(form, match["type"], header.shape, header.size) == kept:
        extents = map(varint.write, header.shape)
        size = varint.write(header.size // _ALIGNED)
        descr = varint.write(len(match["type"])) + match["type"]
        return b"".join((bytes([form]), size, descr, bytes([len(header.shape)]), *extents))
    return b"".join((bytes([_KEPT]), varint.write(len(kept)), kept))


def _read_header(reader: Reader) -> bytes:
    """Undo `_written`."""
    form = reader.byte()
    if form == _KEPT:
        return reader.take(reader.number())
    size = reader.number() * _ALIGNED
    descr = reader.take(reader.number())
    header = b""
    if form <= _FORTRAN:
        header = _usual(form, descr, [reader.number() for _ in range(reader.byte())], size)
    if not header:
        raise CorruptError(f"the recipe's array has a header of the form {form}, of {size} bytes")
    return header


# --- items ----------------------------------------------------------------------------------------------------


def _recipe(header: bytes, items: int, codings: Sequence[Coding], trailing: bytes) -> bytes:
    counts = varint.write(items) + varint.write(len(codings))
    return b"".join((header, counts, *(coding.written() for coding in codings), trailing))


def _as_they_are(width: int) -> Coding:
    """For fields that are bytes."""
    from arcodec.content._numbers import Coding

    return Coding(1, width, stored=1)


def _parsed(header: _Header, written: bytes, items: bytes, trailing: bytes) -> Parsed | None:
    """Items taken apart; None if no field is better so."""
    from arcodec.content import _number_choice, _numbers  # late: these bring models

    table = np.frombuffer(items, np.uint8).reshape(-1, header.width)
    planes: list[Plane] = []
    codings = []
    at, gained = 0, len(header.fields) > 1
    for field in header.fields:
        size = field.width * field.count
        own = np.ascontiguousarray(table[:, at : at + size])
        extents, channels = _form(header.extents, field.count)
        plain = _numbers.Coding(field.width, field.count, field.big)
        coding = _number_choice.choose(_number_choice.Field(own, extents, channels, field.kind), plain)
        gained = gained or coding is not None
        coding = coding or _as_they_are(size)
        planes += _numbers.planes_of(own, coding)
        codings.append(coding)
        at += size
    return Parsed(tuple(planes), _recipe(written, len(table), codings, trailing)) if gained else None


def _form(extents: Sequence[int], count: int) -> tuple[tuple[int, int, int], int]:
    """Slices, rows and columns of numbers, and how many channels lie beside each other in the columns."""
    if len(extents) == 1:
        return ((1, extents[0], count), 1) if count > 1 else ((1, 1, extents[0]), 1)
    *outer, last = extents
    channels = count if count <= 4 else 1
    if len(extents) > 2 and count == 1 and 1 <= last <= 4:
        channels = last
        *outer, last = (*outer[:-1], outer[-1] * last)
    columns = last * count
    return ((1, outer[0], columns) if len(outer) == 1 else (outer[0], prod(outer[1:]), columns)), channels
