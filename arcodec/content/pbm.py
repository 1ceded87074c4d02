"""Netpbm bitmaps (PBM, P4).

Source: the manual page pbm(5) of Netpbm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from arcodec import varint
from arcodec.content import _bits
from arcodec.content._recipe import Reader
from arcodec.content.base import Content, Parsed, Plane
from arcodec.content.netpbm import GAP, LONGEST_HEADER, WHITE_SPACE
from arcodec.errors import CorruptError

_HEADER = re.compile(rb"P4" + 2 * (GAP + rb"(\d{1,9})") + rb"(?:[ \t\n\v\f\r]|#[^\n\r]*[\n\r])")
_VERBATIM, _PADDING = 1, 2


class Pbm(Content):
    """One bit a pixel; whatever follows the first image is kept as it is.

    Recipe: a byte of flags; if flag 1 is set, the header's length (varint) and the header, else it is the usual one;
    if flag 2 is set, the last byte of each row without the bits that are pixels (else they are zero); then the bytes
    after the raster.
    """

    name = "pbm"
    code = 4

    def sniff(self, head: bytes) -> bool:
        """Whether `head` begins with the magic number and white space or a comment."""
        return head[:2] == b"P4" and head[2:3] in WHITE_SPACE

    def parse(self, data: bytes) -> Parsed | None:
        """One plane of 0 (white) and 1 (black)."""
        shape = _read_header(data[:LONGEST_HEADER])
        if shape is None:
            return None
        rows, columns, start = shape
        stride = (columns + 7) // 8
        end = start + rows * stride
        if end > len(data):
            return None
        raster = np.frombuffer(data, np.uint8, rows * stride, start).reshape(rows, stride)
        samples, padding = _bits.take_apart(raster, columns, 1)
        text = data[:start]
        usual = text == _usual_header(rows, columns)
        flags = (0 if usual else _VERBATIM) | (_PADDING if padding else 0)
        header = b"" if usual else varint.write(len(text)) + text
        return Parsed((samples[..., None],), b"".join((bytes([flags]), header, padding, data[end:])))

    def pieces(self, planes: Sequence[Plane], recipe: bytes) -> Iterator[bytes | memoryview]:
        """The file, byte for byte.

        Raises:
            CorruptError: planes and recipe do not fit together.
        """
        samples = _bits.one_plane(planes, 1)
        rows, columns = samples.shape
        reader = Reader(recipe)
        flags = reader.byte()
        if flags > 3:
            raise CorruptError(f"flags {flags} of a PBM recipe are not known")
        text = reader.take(reader.number()) if flags & _VERBATIM else _usual_header(rows, columns)
        if _read_header(text) != (rows, columns, len(text)):
            raise CorruptError("the recipe's PBM header does not describe the plane")
        stride = (columns + 7) // 8
        padding = reader.take(_bits.padding_size(rows, columns, stride, 1) if flags & _PADDING else 0)
        yield text
        yield from _bits.put_together(samples, stride, 1, padding)
        yield reader.rest()


def _read_header(head: bytes) -> tuple[int, int, int] | None:
    """(rows, columns, offset of the raster), if all of it is there and the image is not empty."""
    match = _HEADER.match(head)
    if match is None:
        return None
    columns, rows = map(int, match.groups())
    return (rows, columns, match.end()) if rows and columns else None


def _usual_header(rows: int, columns: int) -> bytes:
    return b"P4\n%d %d\n" % (columns, rows)
