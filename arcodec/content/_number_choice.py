"""Chooses what becomes of an array's numbers, by coding a sample of them in each way that is worth a trial."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from arcodec import models
from arcodec.content import _numbers
from arcodec.content._numbers import (
    AS_IS,
    ITEMS,
    ORDERED,
    PICTURE,
    PLANES,
    QUOTIENT,
    SOUND,
    Bytes,
    Coding,
    Numbers,
)
from arcodec.content.base import Plane
from arcodec.kernels.fixed import log2_table

# A sample is one in so many bytes, but not less nor more than this.
_SHARE, _LEAST_SAMPLE, _MOST_SAMPLE = 4, 1 << 13, 1 << 16
_ROWS, _SLICES = 128, 4  # in a sample of what has so many
_NARROW = 64  # columns that a sample has all of
_PLANE = 12  # bytes that a plane takes beside its payload
_DIVISORS: list[int] = sorted([*(10**k for k in range(10)), 255, 65535, 256, 1 << 15, 1 << 16, 1 << 23, 1 << 31])
_LOOKED_AT = 1 << 12  # floats of which it is seen whether they are quotients
_VOIDS = 8  # one in so many may be none
_SIDE = 16  # rows and columns of a picture at least
_FRAMES = 64  # of sound at least
_TABLE = 1 << 12  # columns of a table at most
_TRIED = 2  # of all ways to take differences
_WORTH, _LEAST = 200, 24  # one in so many bytes must be saved, and so many, or the bytes stay as they are
_FINE, _SCALE = 10, 16  # of logarithms: bits of the table, bits of fraction
_LOG2 = log2_table(_FINE, _SCALE).astype(np.int64)
_NOISE = 255  # of 256 bits: planes of so much entropy are not tried


@dataclass(frozen=True)
class Field:
    """The numbers of a field and what is known of them.

    Attributes:
        data: uint8[items, width * count].
        extents: slices, rows and columns of the numbers, in the order of the file.
        channels: 1 to 4, which lie beside each other in the columns.
        kind: as NumPy's: u, i, f, or another for what is none of these.
    """

    data: Bytes
    extents: tuple[int, int, int]
    channels: int
    kind: str


@dataclass(frozen=True)
class _Plan:
    """A coding of which those parts are open that depend on extents and values."""

    conversion: int = AS_IS
    divisor: int = 1
    axes: str = ""  # of differences: x, y, z
    apart: bool = False
    layout: int = ITEMS


def choose(field: Field, coding: Coding) -> Coding | None:
    """The coding for a field; None where none is better than the bytes as they are.

    `coding`: its width, count and order of bytes.
    """
    numbers = _numbers.numbers_of(field.data, coding)
    whole = numbers.reshape(*field.extents, *numbers.shape[1:])
    sample = np.ascontiguousarray(_sample(whole, field.channels))
    small = replace(field, data=_as_bytes(sample, coding), extents=sample.shape[:3])
    kept = _cost([small.data.reshape(-1)])
    best, least = None, kept - kept // _WORTH - _LEAST
    for plan in _plans(field, small, coding):
        if (size := _cost(_numbers.planes_of(small.data, _coding(plan, small, coding)))) < least:
            best, least = plan, size
    return _coding(best, field, coding) if best else None


def _as_bytes(sample: Numbers, coding: Coding) -> Bytes:
    if sample.ndim > 3:
        return sample.reshape(-1, coding.count * coding.width).astype(np.uint8, copy=False)
    order = ">" if coding.big else "<"
    return sample.reshape(-1, 1).astype(f"{order}u{coding.width}").view(np.uint8)


def _sample(whole: Numbers, channels: int) -> Numbers:
    """A part from the middle of slices, rows and columns that lie next to each other."""
    slices, rows, columns = whole.shape[:3]
    width = whole.itemsize * whole[0, 0, 0].size
    room = max(min(max(whole.nbytes // _SHARE, _LEAST_SAMPLE), _MOST_SAMPLE) // width, 1)
    wide = columns
    if columns > _NARROW * channels:
        least = room if rows * slices == 1 else max(room // _ROWS, _NARROW)
        wide = min(columns, max(least // channels, 1) * channels)
    deep = min(slices, _SLICES)
    high = min(rows, max(room // (wide * deep), 1))
    deep = min(slices, max(room // (wide * high), 1))
    z, y, x = (slices - deep) // 2, (rows - high) // 2, (columns - wide) // 2 // channels * channels
    return whole[z : z + deep, y : y + high, x : x + wide]


def _plans(field: Field, small: Field, coding: Coding) -> Iterator[_Plan]:
    """What is worth a trial."""
    reckoned = field.kind in "uif"
    table = 1 < field.extents[2] <= _TABLE and len(field.data) >= _SIDE
    bases = [_Plan()]
    if field.kind == "f":
        divisor = _divisor(_numbers.numbers_of(field.data, coding))
        bases += [_Plan(ORDERED), *([_Plan(QUOTIENT, divisor)] if divisor else [])]
    for base in bases:
        plain = base.conversion == AS_IS and field.kind not in "ui"
        ways = [way for way in ("x", "y", "z", "xy") if not plain and all(_distance(small, axis) for axis in way)]
        cost = partial(_entropy_of, base, small, coding)
        ways = sorted(ways, key=cost)[:_TRIED]
        if base.conversion != ORDERED:
            ways.insert(0, "")
        for way in ways:
            yield replace(base, axes=way, layout=PLANES)
            yield replace(base, axes=way, layout=ITEMS)
        if table and coding.width * coding.count > 1:
            for layout in (ITEMS, PLANES):
                yield replace(base, apart=True, layout=layout)
            if not plain:
                yield replace(base, apart=True, axes="x", layout=PLANES)
        if reckoned and not plain:
            stored = _coding(base, small, coding).stored
            if small.data.size // coding.width // _channels(small) >= _FRAMES and (
                stored <= 4 or base.conversion == ORDERED
            ):
                yield replace(base, layout=SOUND)
            if min(field.extents[0] * field.extents[1], field.extents[2] // field.channels) >= _SIDE:
                yield replace(base, layout=PICTURE)


def _divisor(numbers: Numbers) -> int:
    """What most of the floats are quotients by, or 0."""
    looked_at = np.ascontiguousarray(numbers[:: max(1, len(numbers) // _LOOKED_AT)])
    for divisor in _DIVISORS:
        _, fits = _numbers.quotients(looked_at, divisor)
        if np.count_nonzero(~fits) * _VOIDS < len(looked_at):
            return divisor
    return 0


def _distance(field: Field, axis: str) -> int:
    """How far apart neighbours along an axis are; 0 if there are none."""
    slices, rows, columns = field.extents
    if axis == "x":
        return field.channels if columns > field.channels else 0
    if axis == "y":
        return columns if rows > 1 else 0
    return rows * columns if slices > 1 else 0


def _channels(field: Field) -> int:
    """Of sound."""
    columns = field.extents[2]
    return columns if columns <= _NARROW and len(field.data) > columns else field.channels


def _coding(plan: _Plan, field: Field, coding: Coding) -> Coding:
    """The coding that a plan is for a field."""
    columns = field.extents[2]
    of_planes = {SOUND: _channels(field), PICTURE: columns // field.channels}
    made = replace(
        coding,
        apart=columns if plan.apart else 0,
        conversion=plan.conversion,
        divisor=plan.divisor,
        layout=plan.layout,
        differences=tuple(1 if plan.apart else _distance(field, axis) for axis in plan.axes),
        columns=of_planes.get(plan.layout, 0),
        channels=field.channels if plan.layout == PICTURE else 1,
        stored=coding.width,
    )
    if field.kind not in "uif" or (field.kind == "f" and plan.conversion == AS_IS):
        return made
    numbers = _numbers.numbers_of(field.data, made)
    if plan.conversion == QUOTIENT:
        made = _with_steps(numbers, made)
    elif plan.conversion == AS_IS:
        made = _with_steps(numbers, made, signed=field.kind == "i")
    numbers, _ = _numbers.converted(numbers, made)
    numbers = _numbers.differing(numbers, made.differences)
    stepped = made.first or made.step > 1
    return _narrow(numbers, made, signed=bool(made.differences) or (field.kind != "u" and not stepped))


def _with_steps(numbers: Numbers, coding: Coding, *, signed: bool = True) -> Coding:
    """With the steps, and the void, that numbers have which are integers, or become such."""
    wrap = 1 << 8 * coding.width
    held = False
    if coding.conversion == QUOTIENT:
        whole, fits = _numbers.quotients(numbers, coding.divisor)
        held = not fits.all()
        numbers = whole[fits]
    if not len(numbers):
        return replace(coding, void=0)
    values = numbers.view(f"i{numbers.itemsize}") if signed else numbers
    low, high = int(values.min()), int(values.max())
    above = numbers - numbers.dtype.type(low % wrap)
    step = 1
    for part in (above[:: len(above) // 256 + 1], above):
        step = int(np.gcd.reduce(part)) or 1
        if step == 1:
            break
    if held:  # voids are one step below the least
        low -= step
        coding = replace(coding, void=low % wrap)
    if step > 1 or held or _bytes_of(0, high - low) < _bytes_of(low, high):
        coding = replace(coding, first=low % wrap, step=step)
    return coding


def _bytes_of(low: int, high: int) -> int:
    """How many are needed for integers in this range."""
    bits = high.bit_length() if low >= 0 else max(high.bit_length(), (~low).bit_length()) + 1
    return max((bits + 7) // 8, 1)


def _narrow(numbers: Numbers, coding: Coding, *, signed: bool) -> Coding:
    """With as few bytes stored as numbers need."""
    values = numbers.view(f"i{numbers.itemsize}") if signed else numbers
    low, high = int(values.min()), int(values.max())
    return replace(coding, stored=_bytes_of(low, high), signed=low < 0)


def _entropy_of(base: _Plan, field: Field, coding: Coding, axes: str) -> int:
    """Bits of the planes of differences, of order 0."""
    made = _coding(replace(base, axes=axes, layout=PLANES), field, coding)
    return sum(map(_entropy, _numbers.planes_of(field.data, made)))


def _entropy(plane: Plane) -> int:
    """Bits of a plane, of order 0; by integers, for choices must be the same everywhere."""
    counts = np.bincount(plane.reshape(-1), minlength=256)
    used = counts[counts > 0]
    total: int = plane.size * int(_log2(np.array([plane.size]))[0]) - int((used * _log2(used)).sum())
    return total >> _SCALE


def _log2(counts: np.ndarray) -> np.ndarray:
    """Of positive integers, in 2**-_SCALE."""
    fraction, exponent = np.frexp(counts.astype(np.float64))
    place = (fraction * (2 << _FINE)).astype(np.int64) - (1 << _FINE)
    logarithms: np.ndarray = _LOG2[place] + ((exponent.astype(np.int64) - 1) << _SCALE)
    return logarithms


def _cost(planes: Sequence[Plane]) -> int:
    """Bytes of planes, by the quick models."""
    return sum(_PLANE + _size(plane) for plane in planes if plane.size)


def _size(plane: Plane) -> int:
    if (plane == plane.flat[0]).all():
        return 1
    if plane.ndim == 1 and _entropy(plane) * 32 >= plane.size * _NOISE:
        return plane.size
    names = ["bytes-2-fast"]
    if plane.ndim == 3:
        names = ["pixels-2-fast", "graphics"]
        if plane.shape[2] not in (1, 3):
            names = ["audio-1-fast" if plane.shape[2] == 4 else "deep-1-fast"]
    return min(plane.size, *(len(models.built_in(name).encode(plane)) for name in names))
