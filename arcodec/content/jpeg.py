"""JPEG files byte for byte: quantised coefficients, and all that is not image data as it is.

Source: ITU-T T.81.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from arcodec.content.base import Content, Parsed, Plane
from arcodec.errors import CorruptError

if TYPE_CHECKING:
    from arcodec.content._jpeg import Headers
    from arcodec.content._jpeg_recipe import Part
    from arcodec.content._jpeg_scans import Coefficients

_LOST = 8  # a file is left alone if of so many bytes more than one belongs to a scan and is not made anew
_SOI = b"\xff\xd8"
_ALONE = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})  # markers without a length
_EOI = 0xD9


class Jpeg(Content):
    """Baseline, extended and progressive JPEG of 8 bits, Huffman coded, with one to four components.

    Scans must be as the usual encoders write them; of a scan that is so only to some place, and of a file cut short,
    the rest is kept as it is. Not covered: 12 bits, arithmetic coding, lossless and hierarchical files.

    Planes: uint8[n, 128], bands of coefficients, see FORMAT.md. Recipe: the parts of the file in order, likewise.
    """

    name = "jpeg"
    code = 7
    nests = True  # thumbnails and previews, further pictures of a sequence or for other eyes

    def sniff(self, head: bytes) -> bool:
        """Whether `head` begins with SOI and another marker."""
        return head.startswith(b"\xff\xd8\xff")

    def parse(self, data: bytes) -> Parsed | None:
        """Planes of coefficients, if the scans are made anew from them."""
        if not self.sniff(data):
            return None
        from arcodec.content import _jpeg_planes, _jpeg_recipe  # late: listing needs no numba
        from arcodec.content._jpeg import steps_of

        walk = _Walk(data)
        walk.run()
        if walk.coefficients is None or walk.lost * _LOST > len(data):
            return None
        components = walk.headers.components
        recipe = _jpeg_recipe.written(walk.parts, steps_of(components))
        return Parsed(tuple(_jpeg_planes.written(components, walk.coefficients.values, len(data))), recipe)

    def pieces(self, planes: Sequence[Plane], recipe: bytes) -> Iterator[bytes | memoryview]:
        """The JPEG file.

        Raises:
            CorruptError: planes and recipe do not fit together.
        """
        from arcodec.content import _jpeg_planes, _jpeg_recipe, _jpeg_scans

        bands = _jpeg_planes.read(planes)
        if bands is None:
            raise CorruptError("the planes are no coefficients of a JPEG")
        steps = _jpeg_planes.steps_in(bands)
        headers = _restored_headers(_jpeg_recipe.read(recipe, steps), sum(map(len, planes)))
        coefficients = None
        if len(headers.components) == len(steps):
            coefficients = _jpeg_planes.joined(headers.components, bands)
        if coefficients is None:
            raise CorruptError("the coefficients are not those of the recipe's JPEG")
        return _pieces(_jpeg_recipe.read(recipe, steps), _jpeg_scans.of_values(coefficients), headers.limit)


def _restored_headers(parts: Iterator[Part], limit: int) -> Headers:
    """What all parts together say; this finds what is wrong with them."""
    from arcodec.content._jpeg import Headers, UnreadableError

    headers = Headers(limit)
    try:
        for part in parts:
            if part.way:
                way, scan = part.way, headers.scan(part.data)
                if not scan.allows(way.run, way.hold, way.units):
                    raise CorruptError("a scan cannot be written as the recipe says")
            elif part.marker:
                headers.take(part.marker, part.data)
    except UnreadableError:
        raise CorruptError("the recipe's segments are not those of a JPEG that could be read") from None
    return headers


def _pieces(parts: Iterator[Part], coefficients: Coefficients, limit: int) -> Iterator[bytes]:
    from arcodec.content import _jpeg_scans
    from arcodec.content._jpeg import Headers

    headers = Headers(limit)
    yield _SOI
    for part in parts:
        yield bytes(part)
        if part.way:
            yield from _jpeg_scans.written(headers.scan(part.data), part.way, coefficients)
        elif part.marker:
            headers.take(part.marker, part.data)


class _Walk:
    """The way through a file, from segment to segment.

    Attributes:
        parts: of the recipe.
        headers: what they say.
        coefficients: of all components; None as long as there is no scan.
        lost: bytes before EOI that are kept as they are, but could be of scans.
    """

    def __init__(self, data: bytes) -> None:
        from arcodec.content._jpeg import Headers

        self.parts: list[Part] = []
        self.headers = Headers(len(data))
        self.coefficients: Coefficients | None = None
        self.lost = 0
        self._data = data
        self._at = len(_SOI)
        self._scans = 0

    def run(self) -> None:
        """Go as far as segments can be read, and keep the rest as it is."""
        from arcodec.content._jpeg import UnreadableError

        try:
            while self._at < len(self._data):
                self._step()
        except UnreadableError:
            self.lost += len(self._data) - self._at
            self._keep(len(self._data))

    def _step(self) -> None:
        from arcodec.content._jpeg import SOS, UnreadableError
        from arcodec.content._jpeg_recipe import Part

        data, at = self._data, self._at
        marker = data[at + 1] if data[at] == 255 and at + 1 < len(data) else 0
        if marker == 255:
            self._keep(at + 1)
        elif marker in _ALONE:
            self._keep(at + 2)
        elif marker == _EOI:
            self._keep(at + 2)
            self._keep(len(data))
        else:
            end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if not marker or not at + 4 <= end <= len(data):
                raise UnreadableError
            if marker == SOS:
                self._scan(end)
            else:
                self.headers.take(marker, data[at + 4 : end])
                self.parts.append(Part(data[at + 4 : end], marker))
                self._at = end

    def _keep(self, end: int) -> None:
        """The bytes up to `end` as they are."""
        from arcodec.content._jpeg_recipe import Part

        if end > self._at:
            self.parts.append(Part(self._data[self._at : end]))
            self._at = end

    def _scan(self, begin: int) -> None:
        """An SOS segment, the scan that begins after it, and what is kept of the scan as it is."""
        from arcodec.content import _jpeg_scans
        from arcodec.content._jpeg import SOS, UnreadableError
        from arcodec.content._jpeg_recipe import MOST_SCANS, Part

        body = self._data[self._at + 4 : begin]
        scan = self.headers.scan(body)
        self._scans += 1
        if self._scans > MOST_SCANS:
            raise UnreadableError
        if self.coefficients is None:
            self.coefficients = _jpeg_scans.empty(self.headers.blocks)
        found = _jpeg_scans.read(np.frombuffer(self._data, np.uint8), begin, scan, self.coefficients)
        if found is None:
            raise UnreadableError
        way, self._at = found
        self.parts.append(Part(body, SOS, way))
        end = self._next_marker()
        self.lost += end - self._at
        self._keep(end)

    def _next_marker(self) -> int:
        """Where the scan ends that `_at` is in: at a marker other than those within scans."""
        at = self._at
        while True:
            at = self._data.find(b"\xff", at)
            if at < 0 or at + 1 >= len(self._data):
                return len(self._data)
            if self._data[at + 1] and not 0xD0 <= self._data[at + 1] <= 0xD7:
                return at
            at += 1
