"""Files of sound: samples of whole bytes in frames, one after another, and all else around them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from arcodec import varint
from arcodec.content._recipe import Reader
from arcodec.content.base import Content, Parsed, Plane, Slabs
from arcodec.errors import CorruptError

SYMBOLS = 4  # of a sample in a plane
CHANNELS = 64  # at most
LONGEST_HEADER = 1 << 24
_PIECE = 1 << 18  # samples converted at once
_BIG, _UNSIGNED, _USUAL = 4, 8, 16  # flags of a form, above the bytes of a sample less one


class Layout(NamedTuple):
    """Where samples lie in a file, and how.

    Attributes:
        start: offset of the first.
        size: bytes of all, as the file says; None if it does not.
        channels: in a frame.
        width: bytes of a sample.
        big: whether the high byte comes first.
        unsigned: whether half of the range is silence, and not 0.
        rate: frames a second, as the file says.
    """

    start: int
    size: int | None
    channels: int
    width: int
    big: bool = False
    unsigned: bool = False
    rate: int = 0

    @property
    def frame(self) -> int:
        """Bytes of a frame."""
        return self.channels * self.width

    @property
    def form(self) -> int:
        """How samples are written, as a recipe says it."""
        return self.width - 1 + _BIG * self.big + _UNSIGNED * self.unsigned


class Sound(Content):
    """A kind whose files hold frames of samples; the rest is kept as it is.

    The plane is uint8[frames, channels, 4]: samples as signed integers of 32 bits, high byte first. Recipe: the byte
    form, bytes of a sample - 1 + 4 big + 8 unsigned + 16 usual; if usual is 0, the length (varint) of what comes
    before the samples, and that, else the rate (varint), for the usual header; then what comes after them.
    """

    @abstractmethod
    def layout(self, head: bytes) -> Layout | None:
        """Where samples lie in the file that begins with `head`; None if they are none that are covered."""

    def usual(self, layout: Layout, size: int, after: int) -> bytes:
        """The header of most files with `size` bytes of samples and `after` bytes after those; empty if none is."""
        return b""

    def parse(self, data: bytes) -> Parsed | None:
        layout = self.layout(data[:LONGEST_HEADER])
        if layout is None:
            return None
        left = len(data) - layout.start
        size = left if layout.size is None else min(layout.size, left)
        size -= size % layout.frame
        if size <= 0:
            return None
        header, after = data[: layout.start], data[layout.start + size :]
        if header == self.usual(layout, size, len(after)):
            before = bytes([layout.form + _USUAL]) + varint.write(layout.rate)
        else:
            before = bytes([layout.form]) + varint.write(len(header)) + header
        return Parsed((_plane(data, layout, layout.start, size),), before + after)

    def slabs(self, head: bytes) -> Slabs | None:
        """Frames."""
        layout = self.layout(head[:LONGEST_HEADER])
        if layout is None:
            return None

        def parse(data: bytes) -> Parsed:
            return Parsed((_plane(data, layout, 0, len(data)),), bytes([layout.form, 0]))

        size = 1 << 62 if layout.size is None else layout.size
        return Slabs(layout.start, layout.frame, size // layout.frame, parse)

    def pieces(self, planes: Sequence[Plane], recipe: bytes) -> Iterator[bytes | memoryview]:
        """The file, byte for byte.

        Raises:
            CorruptError: planes and recipe do not fit together.
        """
        if len(planes) != 1 or planes[0].ndim != 3 or planes[0].shape[2] != SYMBOLS:
            raise CorruptError("the planes are not those of a file of sound")
        frames, channels, _ = planes[0].shape
        reader = Reader(recipe)
        form = reader.byte()
        if form >= 2 * _USUAL or not 1 <= channels <= CHANNELS:
            raise CorruptError(f"the recipe has the form {form} for {channels} channels")
        width = form % _BIG + 1
        size = frames * channels * width
        if form & _USUAL:
            rate = reader.number()
            after = reader.rest()
            layout = Layout(0, size, channels, width, bool(form & _BIG), bool(form & _UNSIGNED), rate)
            header = self.usual(layout, size, len(after))
            if not header:
                raise CorruptError("there is no usual header for such a file")
        else:
            header = reader.take(reader.number())
            after = reader.rest()
        yield header
        yield from _written(planes[0], width, form)
        yield after


def _plane(data: bytes, layout: Layout, start: int, size: int) -> Plane:
    raw = np.frombuffer(data, np.uint8, size, start).reshape(-1, layout.channels, layout.width)
    if not layout.big:
        raw = raw[..., ::-1]
    plane = np.empty((*raw.shape[:2], SYMBOLS), np.uint8)
    plane[..., SYMBOLS - layout.width :] = raw
    high = plane[..., SYMBOLS - layout.width]
    if layout.unsigned:
        high ^= 0x80
    sign = np.where(high >= 0x80, np.uint8(255), np.uint8(0))
    plane[..., : SYMBOLS - layout.width] = sign[..., None]
    return plane


def _written(plane: Plane, width: int, form: int) -> Iterator[memoryview]:
    step = max(_PIECE // plane.shape[1], 1)
    for start in range(0, len(plane), step):
        part = plane[start : start + step, :, SYMBOLS - width :]
        if form & _UNSIGNED:
            part = part.copy()
            part[..., 0] ^= 0x80
        if not form & _BIG:
            part = part[..., ::-1]
        yield np.ascontiguousarray(part).reshape(-1).data
