"""Plain netpbm images, written in decimal digits: PBM (P1), PGM (P2) and PPM (P3).

Sources: the manual pages pbm(5), pgm(5) and ppm(5) of Netpbm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from arcodec import varint
from arcodec.content._recipe import Reader
from arcodec.content.base import Content, Parsed, Plane
from arcodec.content.netpbm import GAP, LONGEST_HEADER, WHITE_SPACE
from arcodec.errors import CorruptError

_SPACES = b" \t\n\v\f\r"
_DIGITS = b"0123456789"
_HEADER = re.compile(
    rb"(?:P1" + 2 * (GAP + rb"(\d{1,9})") + rb"|P[23]" + 3 * (GAP + rb"(\d{1,9})") + rb")[ \t\n\v\f\r]+(?=\d)"
)
_BLOCK = 1 << 16  # samples written at once
_LONGEST_GAP = 8
_LONGEST_LINE = 256  # pixels between line breaks that are counted through all rows
_GAPS = 4


class NetpbmText(Content):
    """Samples of at most 8 bits whose spacing follows a rule.

    The gaps between samples depend on where they are: within a pixel, between pixels, after each so-many pixels,
    after the last pixel of a row. Not covered: any other spacing, leading zeros, comments after the header.

    Recipe: the digit of the magic number, plus 4 if so-many pixels are counted through all rows and not afresh in
    each; so-many, 0 if there is no such gap (varint); the four gaps and the header, each with its length (varint)
    before it; then what follows the last sample.
    """

    name = "netpbm-text"
    code = 5

    def sniff(self, head: bytes) -> bool:
        """Whether `head` begins with a magic number of digits and white space or a comment."""
        return head[:2] in (b"P1", b"P2", b"P3") and head[2:3] in WHITE_SPACE

    def parse(self, data: bytes) -> Parsed | None:
        """One plane, of 1 or 3 channels."""
        header = _read_header(data[:LONGEST_HEADER])
        if header is None:
            return None
        samples = _read_samples(data, header)
        if samples is None:
            return None
        for through in (False, True):
            rule = _find_rule(data, header, through)
            if rule is None:
                continue
            end = _end_if_same(data, header.length, _written(samples, rule))
            if end:
                fields = (*rule.gaps, data[: header.length])
                recipe = bytes([header.digit + 4 * through]) + varint.write(rule.every)
                recipe += b"".join(varint.write(len(field)) + field for field in fields)
                return Parsed((samples,), recipe + data[end:])
        return None

    def pieces(self, planes: Sequence[Plane], recipe: bytes) -> Iterator[bytes | memoryview]:
        """The file, byte for byte.

        Raises:
            CorruptError: planes and recipe do not fit together.
        """
        reader = Reader(recipe)
        through, digit = divmod(reader.byte(), 4)
        count = reader.number()
        gaps = [reader.take(reader.number()) for _ in range(_GAPS)]
        text = reader.take(reader.number())
        header = _read_header(text + b"0")
        if len(planes) != 1 or planes[0].ndim != 3 or not planes[0].size or through > 1:
            raise CorruptError(f"planes of shapes {[plane.shape for plane in planes]} make no plain netpbm image")
        if header is None or (header.digit, header.length, header.shape) != (digit, len(text), planes[0].shape):
            raise CorruptError("the recipe's netpbm header does not describe the plane")
        if any(len(gap) > _LONGEST_GAP for gap in gaps) or (digit == 1 and int(planes[0].max()) > 1):
            raise CorruptError("the recipe's gaps are too long, or there are samples that are no bits")
        rule = _Rule(tuple(gaps), count, bool(through))
        yield text
        yield from _written(planes[0], rule)
        yield reader.rest()


class _Header(NamedTuple):
    digit: int  # 1, 2 or 3
    length: int  # offset of the first sample
    shape: tuple[int, int, int]


class _Rule(NamedTuple):
    gaps: tuple[bytes, ...]  # within a pixel, between pixels, after `every` pixels, after a row
    every: int
    through: bool


def _read_header(head: bytes) -> _Header | None:
    match = _HEADER.match(head)
    if match is None:
        return None
    columns, rows, *maxval = (int(group) for group in match.groups() if group is not None)
    digit = head[1] - ord("0")
    if not (rows and columns) or not all(1 <= value <= 255 for value in maxval):
        return None
    return _Header(digit, match.end(), (rows, columns, 3 if digit == 3 else 1))


def _read_samples(data: bytes, header: _Header) -> Plane | None:
    """uint8 of the header's shape, if there are just so many numbers, all below 256."""
    rows, columns, channels = header.shape
    size = rows * columns * channels
    if size > len(data) - header.length:
        return None
    parts = []
    for block in _blocks(data, header.length):
        if block.strip(_SPACES + _DIGITS) or block.translate(None, _SPACES + _DIGITS):
            return None
        if header.digit == 1:
            values = np.frombuffer(block.translate(None, _SPACES), np.uint8) - np.uint8(ord("0"))
        else:
            values = np.fromstring(block, np.int64, sep=" ") if block.strip(_SPACES) else np.zeros(0, np.int64)
        if len(values) and int(values.max()) > (1 if header.digit == 1 else 255):
            return None
        parts.append(values.astype(np.uint8))
    if sum(map(len, parts)) != size:
        return None
    return np.concatenate(parts).reshape(header.shape)


def _blocks(data: bytes, start: int) -> Iterator[bytes]:
    """The rest of the file, cut only where there is white space (or after very many digits, which no image has)."""
    while start < len(data):
        end = min(start + (1 << 20), len(data))
        while end < len(data) and data[end] not in _SPACES and end < start + (1 << 21):
            end += 1
        yield data[start:end]
        start = end


def _find_rule(data: bytes, header: _Header, through: bool) -> _Rule | None:
    """The rule that the first rows suggest."""
    rows, columns, channels = header.shape
    wanted = channels * (columns + _LONGEST_LINE)
    pattern = rb"(\d)([ \t\n\v\f\r]*)" if header.digit == 1 else rb"(\d+)([ \t\n\v\f\r]+)"
    found: list[bytes] = []
    for match in re.finditer(pattern, memoryview(data)[header.length : header.length + 16 * wanted]):
        found.append(match[2])
        if len(found) == wanted:
            break
    pixels = found[channels - 1 :: channels][: rows * columns - 1]  # the last gap of all is none
    within = found[0] if channels == 3 and found else b""
    between = pixels[0] if pixels and columns > 1 else b""
    line = next((k for k, gap in enumerate(pixels) if gap != between), len(pixels))
    if line < (len(pixels) if through else min(columns - 1, len(pixels))):
        count, after = line + 1, pixels[line]
    else:
        count, after = 0, b""
    row = b"" if through or len(pixels) < columns else pixels[columns - 1]
    gaps = (within, between, after, row)
    return None if any(len(gap) > _LONGEST_GAP for gap in gaps) else _Rule(gaps, count, through)


def _written(samples: Plane, rule: _Rule) -> Iterator[bytes]:
    """The text of the samples, block by block; no gap after the last one."""
    _, columns, channels = samples.shape
    flat = samples.reshape(-1)
    texts = [[b"%d" % value + gap for value in range(256)] for gap in (*rule.gaps, b"")]
    width = max(len(text) for line in texts for text in line)
    table = np.array([list(text.ljust(width)) for line in texts for text in line], np.uint8)
    there = np.arange(width) < np.array([[len(text)] for line in texts for text in line])
    for start in range(0, flat.size, _BLOCK):
        place = np.arange(start, min(start + _BLOCK, flat.size))
        pixel = place // channels + 1  # how many there are up to here
        column = pixel if rule.through else (pixel - 1) % columns + 1
        kind = (place % channels == channels - 1).astype(np.int64)
        if rule.every:
            kind[(kind == 1) & (column % rule.every == 0)] = 2
        if not rule.through:
            kind[(kind > 0) & (column == columns)] = 3
        kind[place == flat.size - 1] = _GAPS
        index = kind * 256 + flat[place]
        yield table[index][there[index]].tobytes()


def _end_if_same(data: bytes, start: int, parts: Iterator[bytes]) -> int:
    """Where the parts end, if that is what stands in data from `start` on; else 0."""
    for part in parts:
        if data[start : start + len(part)] != part:
            return 0
        start += len(part)
    return start
