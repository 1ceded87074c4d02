"""The recipe of a JPEG file: its parts in order, without what the coefficients and their chunks tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from arcodec import varint
from arcodec.content._jpeg import DQT, SOS, Steps, quantisation_tables, written_table
from arcodec.content._jpeg_scans import USUAL_HOLD, USUAL_RUN, Way
from arcodec.content._recipe import Reader
from arcodec.errors import CorruptError

# What a part is; the number of a standard segment is added to the last.
_BYTES, _SEGMENT, _TABLES, _STANDARD = range(4)
_OWN = 255  # a table that is none of a component's
_PAD, _UNUSUAL, _CUT = 1, 2, 4  # of a scan
MOST_SCANS = 100


class Part(NamedTuple):
    """Bytes as they are, if `marker` is 0; or a segment, with the scan that follows it.

    Attributes:
        data: the bytes, or the segment without marker and length.
        marker: second byte of the segment's marker.
        way: how the scan is written, if it is SOS.
    """

    data: bytes
    marker: int = 0
    way: Way | None = None

    def __bytes__(self) -> bytes:
        """As it is in the file, without the scan."""
        if not self.marker:
            return self.data
        return bytes([255, self.marker]) + (len(self.data) + 2).to_bytes(2, "big") + self.data


# Tables K.3 to K.6 of ITU-T T.81: how many codes there are of each length, and their symbols.
_DC = bytes.fromhex("00010501010101010100000000000000"), bytes.fromhex("00030101010101010101010000000000")
_AC = bytes.fromhex("0002010303020403050504040000017d"), bytes.fromhex("00020102040403040705040400010277")
_LUMA = bytes.fromhex(
    "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a"
    "434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9"
    "aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa"
)
_CHROMA = bytes.fromhex(
    "0001020311040521310612415107617113223281081442"
    "91a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a636465666768"
    "696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3"
    "d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa"
)
_CODES = (
    b"\x00" + _DC[0] + bytes(range(12)),
    b"\x10" + _AC[0] + _LUMA,
    b"\x01" + _DC[1] + bytes(range(12)),
    b"\x11" + _AC[1] + _CHROMA,
)
# JFIF 1.1 without a density and with 72 dpi; the tables one by one, those of luma, all, in both orders; EOI.
STANDARD = (
    Part(bytes.fromhex("4a46494600010100000100010000"), 0xE0),
    Part(bytes.fromhex("4a46494600010101004800480000"), 0xE0),
    *(Part(code, 0xC4) for code in _CODES),
    Part(_CODES[0] + _CODES[1], 0xC4),
    Part(b"".join(_CODES), 0xC4),
    Part(b"".join((_CODES[0], _CODES[2], _CODES[1], _CODES[3])), 0xC4),
    Part(b"\xff\xd9"),
)


def written(parts: Sequence[Part], steps: Sequence[Steps]) -> bytes:
    """The recipe; `steps`: of each component, which the planes tell."""
    out = bytearray()
    for part in parts:
        if part in STANDARD:
            out.append(_STANDARD + STANDARD.index(part))
        elif not part.marker:
            out += bytes([_BYTES]) + varint.write(len(part.data)) + part.data
        elif part.marker == DQT:
            out += _written_tables(part.data, steps)
        else:
            out += bytes([_SEGMENT, part.marker]) + varint.write(len(part.data)) + part.data
        if part.way:
            out += _written_way(part.way)
    return bytes(out)


def read(recipe: bytes, steps: Sequence[Steps]) -> Iterator[Part]:
    """Undo `written`.

    Raises:
        CorruptError: the recipe is not what that writes.
    """
    reader = Reader(recipe)
    scans = 0
    while reader:
        kind = reader.byte()
        if kind == _BYTES:
            yield Part(reader.take(reader.number()))
        elif kind == _TABLES:
            yield Part(_read_tables(reader, steps), DQT)
        elif kind >= _STANDARD:
            if kind - _STANDARD >= len(STANDARD):
                raise CorruptError(f"the recipe has a part of kind {kind}")
            yield STANDARD[kind - _STANDARD]
        else:
            marker, data = reader.byte(), reader.take(reader.number())
            if not marker or len(data) > 65533:
                raise CorruptError(f"the recipe has no segment of marker {marker} and {len(data)} bytes")
            scans += marker == SOS
            if scans > MOST_SCANS:
                raise CorruptError(f"the recipe has more than {MOST_SCANS} scans")
            yield Part(data, marker, _read_way(reader) if marker == SOS else None)


def _written_tables(body: bytes, steps: Sequence[Steps]) -> bytes:
    """A DQT segment that has passed `Headers.take`."""
    tables = list(quantisation_tables(body))
    out = bytes([_TABLES]) + varint.write(len(tables))
    for kind, own in tables:
        same = [k for k, other in enumerate(steps) if np.array_equal(own, other)]
        out += bytes([kind, same[0]]) if same else bytes([kind, _OWN]) + written_table(kind, own)[1:]
    return out


def _read_tables(reader: Reader, steps: Sequence[Steps]) -> bytes:
    body = b""
    for _ in range(reader.number()):
        kind, component = reader.byte(), reader.byte()
        if component == _OWN:
            body += bytes([kind]) + reader.take(128 if kind >> 4 else 64)
        elif component >= len(steps) or (steps[component].max() > 255 and not kind >> 4):
            raise CorruptError(f"component {component} has no table of kind {kind}")
        else:
            body += written_table(kind, steps[component])
        if len(body) > 65533:
            raise CorruptError("the tables are too long for a segment")
    return body


def _written_way(way: Way) -> bytes:
    unusual = (way.run, way.hold) != (USUAL_RUN, USUAL_HOLD)
    out = bytes([_PAD * way.pad + _UNUSUAL * unusual + _CUT * way.cut])
    if unusual:
        out += varint.write(way.run) + varint.write(way.hold)
    return out + (varint.write(way.units or 0) if way.cut else b"")


def _read_way(reader: Reader) -> Way:
    flags = reader.byte()
    run, hold = (reader.number(), reader.number()) if flags & _UNUSUAL else (USUAL_RUN, USUAL_HOLD)
    units = reader.number() if flags & _CUT else None
    return Way(flags & _PAD, run, hold, units, flags & _CUT > 0)
