"""Netpbm images: PGM (P5), PPM (P6) and PAM (P7).

Sources: the manual pages pgm(5), ppm(5) and pam(5) of Netpbm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from arcodec import varint
from arcodec.content._recipe import Reader
from arcodec.content._samples import PACKED, join_by_rows, split
from arcodec.content.base import Content, Parsed, Plane, Slabs
from arcodec.errors import CorruptError

LONGEST_HEADER = 1 << 16

WHITE_SPACE = (b" ", b"\t", b"\n", b"\v", b"\f", b"\r", b"#")  # or what begins a comment
GAP = rb"(?:[ \t\n\v\f\r]|#[^\n\r]*[\n\r])+"
_PNM = re.compile(rb"P[56]" + 3 * (GAP + rb"(\d{1,9})") + rb"(?:[ \t\n\v\f\r]|#[^\n\r]*[\n\r])")

_PAM_FIELDS = (b"HEIGHT", b"WIDTH", b"DEPTH", b"MAXVAL")
_TUPLE_TYPES = (b"GRAYSCALE", b"GRAYSCALE_ALPHA", b"RGB", b"RGB_ALPHA")

# Forms of a header: kept as it is, just as most programs write it, or none: rows from within an image.
_VERBATIM, _PLAIN_PNM, _PLAIN_PAM, _NONE = range(4)
ROWS_ALONE = bytes([_NONE])  # the recipe of 8-bit rows from within an image


class Netpbm(Content):
    """PGM, PPM and PAM with 1 to 4 channels of 8 or 16 bits; whatever follows the first image is kept as it is.

    Not covered: PBM and the plain kinds, which are kinds of their own; PAM of more channels.

    Recipe: the byte `form + 4 * division`; if the form is 0, the header's length (varint) and the header; if the
    division is 9, the packings of the channels; then the bytes after the raster. Form 3 has no header; slabs of a
    large image are of this form.
    """

    name = "netpbm"
    code = 1

    def sniff(self, head: bytes) -> bool:
        """Whether `head` begins with a binary magic number and white space or a comment."""
        return head[:2] in (b"P5", b"P6", b"P7") and head[2:3] in WHITE_SPACE

    def parse(self, data: bytes) -> Parsed | None:
        """Planes as `arcodec.content._samples` lays them out."""
        header = read_header(data[:LONGEST_HEADER])
        if header is None:
            return None
        wide = header.maxval > 255
        count = header.rows * header.columns * header.channels
        end = header.length + (count << wide)
        if end > len(data):
            return None
        samples = np.frombuffer(data, ">u2" if wide else "u1", count, header.length)
        planes, packings = split(samples.reshape(header.rows, header.columns, header.channels))
        text = data[: header.length]
        division = 4 * PACKED if wide else 0
        for form in (_PLAIN_PNM, _PLAIN_PAM):
            if text == _plain_header(form, header.rows, header.columns, header.channels, wide):
                return Parsed(planes, bytes([form + division]) + packings + data[end:])
        return Parsed(planes, b"".join((bytes([division]), varint.write(len(text)), text, packings, data[end:])))

    def slabs(self, head: bytes) -> Slabs | None:
        """Rows of 8-bit samples."""
        header = read_header(head[:LONGEST_HEADER])
        if header is None or header.maxval > 255:
            return None
        row = header.columns * header.channels

        def parse(data: bytes) -> Parsed:
            samples = np.frombuffer(data, np.uint8).reshape(-1, header.columns, header.channels)
            planes, _ = split(samples)
            return Parsed(planes, ROWS_ALONE)

        return Slabs(header.length, row, header.rows, parse)

    def pieces(self, planes: Sequence[Plane], recipe: bytes) -> Iterator[bytes | memoryview]:
        """The file, byte for byte.

        Raises:
            CorruptError: planes and recipe do not fit together.
        """
        reader = Reader(recipe)
        division, form = divmod(reader.byte(), 4)
        text = reader.take(reader.number()) if form == _VERBATIM else b""
        (rows, columns, channels), wide, parts = join_by_rows(planes, division, reader)
        if form == _VERBATIM:
            header = read_header(text)
            if header is None or header[:4] != (rows, columns, channels, len(text)) or (header.maxval > 255) != wide:
                raise CorruptError("the recipe's netpbm header does not describe the planes")
        else:
            text = _plain_header(form, rows, columns, channels, wide)
            if not text and form != _NONE:
                raise CorruptError(f"netpbm headers of form {form} do not exist for {channels} channels")
        yield text
        for samples in parts:
            yield np.ascontiguousarray(samples, ">u2" if wide else "u1").reshape(-1).view(np.uint8).data
        yield reader.rest()


class Header(NamedTuple):
    """What a header says."""

    rows: int
    columns: int
    channels: int
    length: int  # offset of the raster
    maxval: int


def read_header(head: bytes) -> Header | None:
    """The header at the beginning of `head`, if it is complete and describes an image that is covered."""
    header = _read_pam(head) if head.startswith(b"P7\n") else _read_pnm(head)
    if header is None or not (
        header.rows and header.columns and 1 <= header.channels <= 4 and 1 <= header.maxval <= 65535
    ):
        return None
    return header


def _read_pnm(head: bytes) -> Header | None:
    match = _PNM.match(head)
    if match is None:
        return None
    columns, rows, maxval = map(int, match.groups())
    return Header(rows, columns, 1 if head[1:2] == b"5" else 3, match.end(), maxval)


def _read_pam(head: bytes) -> Header | None:
    """Lines `KEYWORD value` up to ENDHDR; lines that are empty or begin with '#' are skipped."""
    fields: dict[bytes, int] = {}
    start = 3
    while end := head.find(b"\n", start) + 1:
        words = head[start:end].split()
        start = end
        if words == [b"ENDHDR"]:
            if len(fields) < len(_PAM_FIELDS):
                return None
            return Header(fields[b"HEIGHT"], fields[b"WIDTH"], fields[b"DEPTH"], end, fields[b"MAXVAL"])
        if not words or words[0].startswith(b"#") or words[0] == b"TUPLTYPE":
            continue
        keyword, *values = words
        if keyword not in _PAM_FIELDS or keyword in fields or len(values) != 1:
            return None
        if not values[0].isdigit() or len(values[0]) > 9:
            return None
        fields[keyword] = int(values[0])
    return None


def plain_header(rows: int, columns: int, channels: int, wide: bool) -> bytes:
    """The header of a PGM or PPM, or of a PAM where there is alpha; `wide` samples have 16 bits, others 8."""
    form = _PLAIN_PNM if channels in (1, 3) else _PLAIN_PAM
    return _plain_header(form, rows, columns, channels, wide)


def _plain_header(form: int, rows: int, columns: int, channels: int, wide: bool) -> bytes:
    """The header as most programs write it, or nothing where the form has none for so many channels."""
    maxval = 65535 if wide else 255
    if form == _PLAIN_PNM and channels in (1, 3):
        return b"P%d\n%d %d\n%d\n" % (5 if channels == 1 else 6, columns, rows, maxval)
    if form == _PLAIN_PAM:
        return b"P7\nWIDTH %d\nHEIGHT %d\nDEPTH %d\nMAXVAL %d\nTUPLTYPE %s\nENDHDR\n" % (
            columns,
            rows,
            channels,
            maxval,
            _TUPLE_TYPES[channels - 1],
        )
    return b""
