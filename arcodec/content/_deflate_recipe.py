"""The layout of a recipe for a deflate stream: see `FORMAT.md`, Deflate streams."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec import varint
from arcodec.content._deflate_encoders import ENCODERS, RANGES, Parameters
from arcodec.content._recipe import Reader
from arcodec.errors import CorruptError
from arcodec.kernels.deflate_match import FAR_AWAY, FIRST_HOP, HOP, KINDS, SAME_FAR, SAME_HOP

_CHANGED = 128  # in the first byte: parameters other than the row's follow
_SECTIONS = 7
_STATED = 3  # in the flags of an end: tokens or bytes follow

Numbers = npt.NDArray[np.signedinteger[Any]]


class Parts(NamedTuple):
    """What a recipe says."""

    parameters: Parameters
    ends: npt.NDArray[np.int64]
    differences: npt.NDArray[np.int32]
    notes: npt.NDArray[np.int32]
    padding: int


def _kinds_with(*kinds: int) -> npt.NDArray[np.bool_]:
    table = np.zeros(KINDS, np.bool_)
    table[list(kinds)] = True
    return table


# By kind of difference: has it a length, a hop, a distance?
_LONG, _HOPS, _FAR = (
    _kinds_with(FIRST_HOP, HOP, FAR_AWAY),
    _kinds_with(HOP, SAME_HOP),
    _kinds_with(FAR_AWAY, SAME_FAR),
)


def written(parts: Parts) -> bytes:
    """A recipe."""
    differences = parts.differences
    kinds = differences[:, 1]
    keep = np.ones(parts.ends.shape, np.bool_)
    keep[:, 2] = parts.ends[:, 1] & _STATED > 0
    sections = [
        _varints(parts.ends[keep]),
        _varints(differences[:, 0].astype(np.int64) * KINDS + kinds),
        _varints(differences[_LONG[kinds], 2]),
        _varints(differences[_HOPS[kinds], 3]),
        _varints(differences[_FAR[kinds], 3]),
        _varints(parts.notes),
        bytes([parts.padding]) if parts.padding else b"",
    ]
    present = [i for i, section in enumerate(sections) if section]
    if not present:
        return _first(parts.parameters)
    mask = sum(1 << i for i in present)
    sizes = b"".join(varint.write(len(sections[i])) for i in present[:-1])
    return b"".join((_first(parts.parameters), bytes([mask]), sizes, *(sections[i] for i in present)))


def _first(parameters: Parameters) -> bytes:
    """The row of ENCODERS that is most like it, and what is different."""
    changes = [[(i, b) for i, (a, b) in enumerate(zip(row, parameters, strict=True)) if a != b] for row in ENCODERS]
    best = min(range(len(ENCODERS)), key=lambda row: len(changes[row]))
    if not changes[best]:
        return bytes([best])
    pairs = b"".join(varint.write(i) + varint.write(value) for i, value in changes[best])
    return bytes([best | _CHANGED, len(changes[best])]) + pairs


def read(recipe: bytes) -> Parts:
    """Undo `written`.

    Raises:
        CorruptError: it is no recipe.
    """
    reader = Reader(recipe)
    parameters = _read_first(reader)
    mask = reader.byte() if reader else 0
    present = [i for i in range(_SECTIONS) if mask >> i & 1]
    if mask >> _SECTIONS or (reader and not present):
        raise CorruptError("the recipe of a deflate stream has sections that are none")
    sizes = [reader.number() for _ in present[:-1]]
    sections = [b""] * _SECTIONS
    for i, size in zip(present, sizes, strict=False):
        sections[i] = reader.take(size)
    if present:
        sections[present[-1]] = reader.rest()
    gaps, kinds = np.divmod(_numbers(sections[1]), KINDS)
    differences = np.zeros((len(gaps), 4), np.int32)
    differences[:, 0], differences[:, 1] = gaps, kinds
    for column, table, section in ((2, _LONG, 2), (3, _HOPS, 3), (3, _FAR, 4)):
        values, places = _numbers(sections[section]), np.flatnonzero(table[kinds])
        if len(values) != len(places):
            raise CorruptError("the recipe of a deflate stream has not the lengths and distances that it should")
        differences[places, column] = values
    if len(sections[6]) > 1:
        raise CorruptError("the recipe of a deflate stream pads more than a byte")
    notes = _numbers(sections[5]).astype(np.int32)
    return Parts(parameters, _read_ends(_numbers(sections[0])), differences, notes, sum(sections[6]))


def _read_first(reader: Reader) -> Parameters:
    first = reader.byte()
    row = first & ~_CHANGED
    if row >= len(ENCODERS):
        raise CorruptError(f"there is no deflate encoder {row}")
    parameters = list(ENCODERS[row])
    for _ in range(reader.number() if first & _CHANGED else 0):
        i, value = reader.number(), reader.number()
        if i >= len(RANGES) or not RANGES[i][0] <= value <= RANGES[i][1]:
            raise CorruptError(f"parameter {i} of a deflate encoder cannot be {value}")
        parameters[i] = value
    return tuple(parameters)


def _read_ends(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    rows = []
    i = 0
    listed = values.tolist()
    while i + 1 < len(listed):
        skipped, flags = listed[i : i + 2]
        stated = int(flags & _STATED > 0)
        if flags > 15 or not flags or i + 2 + stated > len(listed):
            break
        rows.append((skipped, flags, listed[i + 2] if stated else 0))
        i += 2 + stated
    if i != len(listed):
        raise CorruptError("the recipe of a deflate stream has ends of blocks that are none")
    return np.array(rows, np.int64).reshape(-1, 3)


def _varints(values: Numbers) -> bytes:
    """Numbers below 2**31 as variable-length integers."""
    values = values.astype(np.int64)
    sizes = np.searchsorted(1 << np.arange(7, 35, 7), values, side="right") + 1
    places = np.cumsum(sizes) - sizes
    out = np.zeros(int(sizes.sum()), np.uint8)
    for k in range(5):
        has = sizes > k
        out[places[has] + k] = (values[has] >> 7 * k) & 0x7F | np.where(sizes[has] > k + 1, 0x80, 0)
    return out.tobytes()


def _numbers(data: bytes) -> npt.NDArray[np.int64]:
    """Undo `_varints`.

    Raises:
        CorruptError: a number is not below 2**31, or not whole.
    """
    if not data:
        return np.empty(0, np.int64)
    symbols = np.frombuffer(data, np.uint8).astype(np.int64)
    ends = np.flatnonzero(symbols < 0x80)
    begins = np.concatenate(([0], ends[:-1] + 1))
    sizes = ends - begins + 1
    if not len(ends) or ends[-1] + 1 != len(data) or sizes.max() > 5:
        raise CorruptError("the recipe of a deflate stream has a number that is none")
    values = np.zeros(len(ends), np.int64)
    for k in range(5):
        has = sizes > k
        values[has] |= (symbols[begins[has] + k] & 0x7F) << 7 * k
    if values.max() >> 31:
        raise CorruptError("the recipe of a deflate stream has a number that is too large")
    return values
