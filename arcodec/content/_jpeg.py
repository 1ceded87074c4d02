"""What the segments of a JPEG file say: frames, tables, scans.

Source: ITU-T T.81, annex B.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec.kernels import jpeg_scans as kernel
from arcodec.kernels.dct import ZIGZAG

SOF0, SOF1, SOF2, DHT, SOS, DQT, DRI = 0xC0, 0xC1, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD
# Other frames: lossless, hierarchical, arithmetic coding; heights told later; hierarchical progressions.
_UNKNOWN = frozenset({*range(0xC3, 0xD0), 0xDC, 0xDE, 0xDF} - {DHT, 0xC8})
MOST_BLOCKS = 1 << 23
_BLOCKS_PER_BYTE = 4  # a sequential block takes two codes of one bit at least
MOST_COMPONENTS = 4

Steps = npt.NDArray[np.uint16]
Integers = npt.NDArray[np.int64]


class UnreadableError(Exception):
    """A segment holds what is not read here."""


@dataclass
class Component:
    """A component of the frame; its blocks fill whole units (MCUs) of a scan of all components.

    Attributes:
        name: its identifier in the file.
        height, width: its blocks in a unit.
        table: number of its quantisation table.
        rows, columns: its blocks.
        wanted: rows and columns of those that a scan of this component alone has.
        first: number of blocks of the components before it.
        steps: uint16[64] in rows, the quantisation table when its first scan began; all 1 before that.
    """

    name: int
    height: int
    width: int
    table: int
    rows: int = 0
    columns: int = 0
    wanted: tuple[int, int] = (0, 0)
    first: int = 0
    steps: Steps | None = None


class Scan(NamedTuple):
    """What the kernel takes to code a scan: its vector, components, and Huffman tables."""

    vector: Integers
    parts: Integers
    reading: npt.NDArray[np.uint16]
    writing: Integers

    def allows(self, run: int, hold: int, units: int | None) -> bool:
        """Whether it can be written with such runs, bits held back, and units; see `_jpeg_scans.Way`."""
        most = int(self.vector[kernel.UNITS])
        return 1 <= run <= kernel.LONGEST and hold <= kernel.HELD // 2 and (units is None or units <= most)


@dataclass
class Headers:
    """What the segments so far have said.

    Attributes:
        limit: bytes that the file has, which bear out how many blocks there may be.
    """

    limit: int
    components: list[Component] = field(default_factory=list)
    progressive: bool = False
    interval: int = 0
    tables: dict[int, Steps] = field(default_factory=dict)
    codes: dict[int, tuple[npt.NDArray[np.uint16], Integers]] = field(default_factory=dict)

    @property
    def blocks(self) -> int:
        """Of all components."""
        return sum(c.rows * c.columns for c in self.components)

    def take(self, marker: int, body: bytes) -> None:
        """Note what a segment other than SOS says.

        Raises:
            UnreadableError: it says what is not read here, or nonsense.
        """
        if marker == DQT:
            for number, steps in quantisation_tables(body):
                self.tables[number & 3] = steps
        elif marker == DHT:
            self._take_codes(body)
        elif marker == DRI:
            if len(body) != 2:
                raise UnreadableError
            self.interval = int.from_bytes(body, "big")
        elif marker in (SOF0, SOF1, SOF2):
            self._take_frame(body)
            self.progressive = marker == SOF2
        elif marker in _UNKNOWN:
            raise UnreadableError

    def _take_codes(self, body: bytes) -> None:
        at = 0
        while at < len(body):
            counts = np.frombuffer(body[at + 1 : at + 17], np.uint8)
            end = at + 17 + int(counts.sum())
            if len(counts) < 16 or end > len(body) or body[at] & 0xEC:
                raise UnreadableError
            made = kernel.codes(counts, np.frombuffer(body[at + 17 : end], np.uint8))
            if made is None:
                raise UnreadableError
            self.codes[body[at]] = made
            at = end

    def _take_frame(self, body: bytes) -> None:
        if self.components or len(body) < 6 or len(body) != 6 + 3 * body[5] or body[0] != 8:
            raise UnreadableError
        height, width = int.from_bytes(body[1:3], "big"), int.from_bytes(body[3:5], "big")
        found = [
            Component(name, hv & 15, hv >> 4, table) for name, hv, table in zip(*[iter(body[6:])] * 3, strict=True)
        ]
        names = {c.name for c in found}
        if not (height and width and 1 <= len(found) <= MOST_COMPONENTS and len(names) == len(found)):
            raise UnreadableError
        if not all(1 <= c.height <= 4 and 1 <= c.width <= 4 and c.table < 4 for c in found):
            raise UnreadableError
        if len(found) == 1:
            found[0].height = found[0].width = 1  # a scan of one component takes its blocks one by one
        highest, widest = max(c.height for c in found), max(c.width for c in found)
        first = 0
        for c in found:
            c.rows = -(-height // (8 * highest)) * c.height
            c.columns = -(-width // (8 * widest)) * c.width
            c.wanted = -(-height * c.height // (8 * highest)), -(-width * c.width // (8 * widest))
            c.first = first
            first += c.rows * c.columns
        if first > min(MOST_BLOCKS, _BLOCKS_PER_BYTE * self.limit):
            raise UnreadableError
        self.components = found

    def scan(self, body: bytes) -> Scan:
        """What an SOS segment says.

        Raises:
            UnreadableError: it is none that could be read, or a table is missing.
        """
        count = body[0] if body else 0
        if not 1 <= count <= len(self.components) or len(body) != 4 + 2 * count:
            raise UnreadableError
        first, last, planes = body[-3:]
        high, low = planes >> 4, planes & 15
        if not self.progressive:
            first, last, high, low = 0, 63, 0, 0  # as decoders take it
        if not (first <= last <= 63 and low <= 13 and high in (0, low + 1)) or (first and count > 1):
            raise UnreadableError
        if self.progressive and first == 0 and last:
            raise UnreadableError
        by_name = {c.name: c for c in self.components}
        parts = np.zeros((count, kernel.COMPONENT), np.int64)
        numbers: list[int] = []
        chosen: list[Component] = []
        for k in range(count):
            component = by_name.get(body[1 + 2 * k])
            if component is None or component in chosen:
                raise UnreadableError
            chosen.append(component)
            dc, ac = body[2 + 2 * k] >> 4, 0x10 | body[2 + 2 * k] & 15
            for place, number, needed in ((kernel.DC, dc, first == 0 and not high), (kernel.AC, ac, last > 0)):
                if needed and number not in self.codes:
                    raise UnreadableError
                if needed and number not in numbers:
                    numbers.append(number)
                parts[k, place] = numbers.index(number) if needed else 0
            if component.steps is None:
                component.steps = self.tables.get(component.table, np.ones(64, np.uint16))
            parts[k, : kernel.DC] = component.first, component.columns, component.height, component.width
        if count == 1:
            parts[0, kernel.HEIGHT] = parts[0, kernel.WIDTH] = 1
            down, across = chosen[0].wanted
        else:
            down, across = chosen[0].rows // chosen[0].height, chosen[0].columns // chosen[0].width
        vector = np.array(
            [
                *(first, last, high, low, self.progressive, self.interval, down * across, across),
                *(-1, kernel.LONGEST, kernel.MOST_HELD, 0),
            ],
            np.int64,
        )
        tables = [self.codes[number] for number in numbers] or [
            (np.zeros(1 << 16, np.uint16), np.zeros(256, np.int64))
        ]
        return Scan(vector, parts, np.stack([t[0] for t in tables]), np.stack([t[1] for t in tables]))


def quantisation_tables(body: bytes) -> Iterator[tuple[int, Steps]]:
    """Of a DQT segment: precision and number, and uint16[64] in rows, of each table.

    Raises:
        UnreadableError: it is none.
    """
    at = 0
    while at < len(body):
        wide = body[at] >> 4
        end = at + 1 + (128 if wide else 64)
        if wide > 1 or body[at] & 15 > 3 or end > len(body):
            raise UnreadableError
        steps = np.zeros(64, np.uint16)
        steps[ZIGZAG] = np.frombuffer(body[at + 1 : end], ">u2" if wide else np.uint8)
        yield body[at], steps
        at = end


def written_table(kind: int, steps: Steps) -> bytes:
    """A table of a DQT segment; `kind` is its precision and number."""
    return bytes([kind]) + steps[ZIGZAG].astype(">u2" if kind >> 4 else np.uint8).tobytes()


def steps_of(components: Sequence[Component]) -> list[Steps]:
    """Of each component uint16[64], none of them 0, as what codes coefficients needs them."""
    return [
        np.ones(64, np.uint16) if c.steps is None else np.maximum(c.steps, 1).astype(np.uint16) for c in components
    ]
