"""Numbers of an array as planes: converted, stepped, as differences; then by bytes, as sound or as a picture.

What is done to the numbers of a field, in order, is a `Coding`; see FORMAT.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec import varint
from arcodec.content._recipe import Reader
from arcodec.content.base import Plane
from arcodec.errors import CorruptError

ITEMS, PLANES, SOUND, PICTURE = range(4)  # layouts
AS_IS, ORDERED, QUOTIENT = range(3)  # conversions
MOST_DIFFERENCES = 3
_BIG, _APART, _CONVERSION, _STEPPED, _VOID = 4, 8, 4, 64, 128  # in the first byte; _CONVERSION is a shift
_WIDTHS = 1, 2, 4, 8  # of numbers that can be reckoned with
_MOST_WIDTH = 1 << 16
_MOST_DIVISOR = 1 << 53
_CHANNELS, _SAMPLE = 64, 4  # of sound
_PIECE = 1 << 18  # numbers converted at once

Numbers = npt.NDArray[np.unsignedinteger[Any]]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Coding:
    """What becomes of the numbers of a field.

    Attributes:
        width: bytes of a number.
        count: numbers in an item.
        big: whether the high byte comes first in the file.
        apart: columns that are put one after another, or 0.
        conversion: of floats: to integers in the same order; to integers that the divisor makes into them.
        divisor: for QUOTIENT.
        void: the integer in place of floats that are no such quotients, if there are any.
        first, step: integers less `first` are divided by `step`.
        differences: each number less that so many places before, one distance after another.
        stored, signed: bytes of what has become of a number, and whether it may be negative.
        layout: of these bytes.
        columns: for PICTURE; for SOUND, channels.
        channels: for PICTURE.
    """

    width: int
    count: int
    big: bool = False
    apart: int = 0
    conversion: int = AS_IS
    divisor: int = 1
    void: int | None = None
    first: int = 0
    step: int = 1
    differences: tuple[int, ...] = ()
    stored: int = 0
    signed: bool = False
    layout: int = ITEMS
    columns: int = 0
    channels: int = 1

    def written(self) -> bytes:
        """As a recipe has it."""
        stepped = self.first != 0 or self.step != 1
        form = self.layout + _BIG * self.big + _APART * bool(self.apart) + (self.conversion << _CONVERSION)
        form += _STEPPED * stepped + _VOID * (self.void is not None)
        out = [bytes([form]), *map(varint.write, (self.width, self.count, 2 * self.stored + self.signed))]
        if self.apart:
            out.append(varint.write(self.apart))
        if self.conversion == QUOTIENT:
            out.append(varint.write(self.divisor))
        if self.void is not None:
            out.append(self.void.to_bytes(self.width, "big"))
        if stepped:
            out += [self.first.to_bytes(self.width, "big"), varint.write(self.step)]
        out += [bytes([len(self.differences)]), *map(varint.write, self.differences)]
        if self.layout >= SOUND:
            out.append(varint.write(self.columns))
        if self.layout == PICTURE:
            out.append(bytes([self.channels]))
        return b"".join(out)


def read(reader: Reader) -> Coding:
    """The coding that comes next in a recipe.

    Raises:
        CorruptError: there is no such coding.
    """
    form = reader.byte()
    layout, conversion = form & 3, form >> _CONVERSION & 3
    width, count, stored = reader.number(), reader.number(), reader.number()
    stored, signed = stored >> 1, bool(stored & 1)
    apart = reader.number() if form & _APART else 0
    divisor = reader.number() if conversion == QUOTIENT else 1
    if not 1 <= width <= _MOST_WIDTH or not count or not 1 <= divisor <= _MOST_DIVISOR:
        raise CorruptError(f"an array cannot have numbers of {width} bytes, {count} in an item, by {divisor}")
    void = int.from_bytes(reader.take(width), "big") if form & _VOID else None
    first, step = 0, 1
    if form & _STEPPED:
        first, step = int.from_bytes(reader.take(width), "big"), reader.number()
    distances = reader.byte()
    if distances > MOST_DIFFERENCES:
        raise CorruptError(f"the recipe takes differences of an array {distances} times")
    differences = tuple(reader.number() for _ in range(distances))
    columns = reader.number() if layout >= SOUND else 0
    channels = reader.byte() if layout == PICTURE else 1
    coding = Coding(
        width, count, bool(form & _BIG), apart, conversion, divisor, void, first, step, differences, stored, signed,
        layout, columns, channels,
    )  # fmt: skip
    if not _possible(coding, stepped=bool(form & _STEPPED)):
        raise CorruptError("the recipe does with an array's numbers what cannot be done")
    return coding


def _possible(coding: Coding, *, stepped: bool) -> bool:
    whole = coding.width in _WIDTHS
    return (
        (1 <= coding.stored <= coding.width if whole else coding.stored == coding.width)
        and (whole or not (stepped or coding.differences or coding.signed or coding.layout >= SOUND))
        and (coding.conversion == AS_IS or coding.width in _WIDTHS[1:])
        and coding.conversion <= QUOTIENT
        and (coding.void is None or coding.conversion == QUOTIENT)
        and all(coding.differences)
        and (coding.layout != SOUND or 1 <= coding.columns <= _CHANNELS)
        and (coding.layout != PICTURE or (coding.columns > 0 and 1 <= coding.channels <= 4))
        and 1 <= coding.step < 1 << 8 * min(coding.width, 8)
    )


# --- from the file to planes ----------------------------------------------------------------------------------


def numbers_of(field: Bytes, coding: Coding) -> Numbers:
    """The numbers of a field, uint8[items, width * count], as the coding's `width`, `big` and `apart` say.

    Numbers of a width that cannot be reckoned with stay rows of bytes: uint8[n, width].
    """
    numbers: Numbers = np.ascontiguousarray(field).reshape(-1, coding.width)
    if coding.width in _WIDTHS:
        order = ">" if coding.big else "<"
        numbers = numbers.reshape(-1).view(f"{order}u{coding.width}").astype(f"u{coding.width}")
    return _transposed(numbers, coding.apart) if coding.apart else numbers


def converted(numbers: Numbers, coding: Coding) -> tuple[Numbers, Numbers]:
    """The numbers after conversion and steps, and those whose place is held by the coding's void."""
    voids = numbers[:0]
    if coding.conversion == ORDERED:
        numbers = ordered(numbers)
    elif coding.conversion == QUOTIENT:
        whole, fits = quotients(numbers, coding.divisor)
        if coding.void is not None:
            voids = numbers[~fits]
            whole[~fits] = coding.void
        numbers = whole
    if coding.first or coding.step > 1:
        numbers = (numbers - numbers.dtype.type(coding.first)) // numbers.dtype.type(coding.step)
    return numbers, voids


def ordered(numbers: Numbers) -> Numbers:
    """Bits of floats as signed integers in the order of the floats; undoes itself."""
    top = 8 * numbers.itemsize - 1
    kind = numbers.dtype.type
    made: Numbers = numbers ^ (numbers >> kind(top)) * kind((1 << top) - 1)
    return made


def quotients(numbers: Numbers, divisor: int) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    """Integers that make floats when divided by `divisor`, and which of these floats they do make, to the bit."""
    whole = np.empty_like(numbers)
    fits = np.empty(numbers.shape, bool)
    most = float(1 << min(8 * numbers.itemsize - 2, 53))
    for start in range(0, len(numbers), _PIECE):
        part = numbers[start : start + _PIECE]
        with np.errstate(all="ignore"):
            near = np.rint(part.view(f"f{part.itemsize}").astype(np.float64) * divisor)
            near = np.where(np.abs(near) < most, near, 0.0)
        found = near.astype(f"i{part.itemsize}").view(part.dtype)
        whole[start : start + _PIECE] = found
        fits[start : start + _PIECE] = _divided(found, divisor) == part
    return whole, fits


def _divided(whole: Numbers, divisor: int) -> Numbers:
    """Bits of the floats that integers make when divided by `divisor`, as IEEE 754 rounds."""
    with np.errstate(all="ignore"):
        made = whole.view(f"i{whole.itemsize}").astype(np.float64) / float(divisor)
        bits: Numbers = made.astype(f"f{whole.itemsize}").view(whole.dtype)
    return bits


def differing(numbers: Numbers, differences: tuple[int, ...]) -> Numbers:
    """Each number less that some places before."""
    for distance in differences:
        less = numbers.copy()
        less[distance:] -= numbers[:-distance]
        numbers = less
    return numbers


def rows_of(numbers: Numbers, stored: int) -> Bytes:
    """The low bytes of numbers, the high one of them first: uint8[n, stored]."""
    if numbers.ndim == 2:
        return numbers.astype(np.uint8, copy=False)
    rows = numbers.astype(numbers.dtype.newbyteorder(">")).view(np.uint8).reshape(len(numbers), -1)
    return rows[:, rows.shape[1] - stored :]


def laid_out(rows: Bytes, coding: Coding) -> list[Plane]:
    """The planes of what has become of the numbers."""
    if coding.layout == ITEMS:
        return [np.ascontiguousarray(rows).reshape(-1)]
    planes: list[Plane] = []
    if coding.layout == SOUND:
        taken = min(coding.stored, _SAMPLE)
        plane = np.empty((len(rows), _SAMPLE), np.uint8)
        plane[:, _SAMPLE - taken :] = rows[:, :taken]
        plane[:, : _SAMPLE - taken] = _extension(rows, coding.signed)
        planes.append(plane.reshape(-1, coding.columns, _SAMPLE))
    elif coding.layout == PICTURE:
        taken = min(coding.stored, 2)
        samples = rows[:, :taken].reshape(-1, coding.columns, coding.channels, taken)
        colours = 1 if coding.channels < 3 else 3
        for part in (samples[:, :, :colours], samples[:, :, colours:]):
            if part.size:
                planes.append(np.ascontiguousarray(part).reshape(*part.shape[:2], -1))
    else:
        taken = 0
    return planes + [np.ascontiguousarray(rows[:, k]) for k in range(taken, coding.stored)]


def _extension(rows: Bytes, signed: bool) -> Bytes:
    """What comes before the highest byte of each number: uint8[n, 1]."""
    sign: Bytes = np.where(rows[:, :1] >> 7, np.uint8(255 * signed), np.uint8(0))
    return sign


def planes_of(field: Bytes, coding: Coding) -> list[Plane]:
    """The planes of a field, uint8[items, width * count]; `coding` must be able to give it back."""
    numbers, voids = converted(numbers_of(field, coding), coding)
    planes = laid_out(rows_of(differing(numbers, coding.differences), coding.stored), coding)
    if coding.void is not None:
        planes.append(rows_of(voids, coding.width).reshape(-1))
    return planes


# --- and back -------------------------------------------------------------------------------------------------


def field_of(planes: Iterator[Plane], items: int, coding: Coding) -> Bytes:
    """Undo `planes_of`: uint8[items, width * count]; planes are taken as needed.

    Raises:
        CorruptError: there are not enough planes, or not such.
    """
    size = items * coding.count
    rows = _collected(planes, size, coding)
    if coding.width not in _WIDTHS:
        numbers: Numbers = rows
    else:
        numbers = _extended(rows, coding)
        del rows
        for distance in reversed(coding.differences):
            if distance >= size:
                raise CorruptError(f"differences over {distance} of {size} numbers")
            _sum(numbers, distance)
        if coding.first or coding.step > 1:
            numbers *= numbers.dtype.type(coding.step)
            numbers += numbers.dtype.type(coding.first)
        if coding.conversion == ORDERED:
            numbers = ordered(numbers)
        elif coding.conversion == QUOTIENT:
            _undo_quotients(numbers, coding, planes)
    if coding.apart:
        if size % coding.apart:
            raise CorruptError(f"{size} numbers have no {coding.apart} columns")
        numbers = _transposed(numbers, size // coding.apart)
    if numbers.ndim == 1:
        numbers = numbers.astype(f"{'>' if coding.big else '<'}u{coding.width}", copy=False).view(np.uint8)
    return numbers.reshape(items, -1)


def _transposed(numbers: Numbers, columns: int) -> Numbers:
    """Numbers column after column; rows of bytes are moved as they are."""
    table = numbers.reshape(-1, columns, *numbers.shape[1:])
    return np.ascontiguousarray(table.swapaxes(0, 1)).reshape(numbers.shape)


def _collected(planes: Iterator[Plane], size: int, coding: Coding) -> Bytes:
    """Undo `laid_out`."""
    if coding.layout == ITEMS:
        return _next(planes, (size * coding.stored,)).reshape(size, coding.stored)
    if coding.layout == SOUND:
        taken = min(coding.stored, _SAMPLE)
        frames = size // coding.columns
        head = _next(planes, (frames, coding.columns, _SAMPLE)).reshape(-1, _SAMPLE)[:, _SAMPLE - taken :]
    elif coding.layout == PICTURE:
        taken = min(coding.stored, 2)
        across = coding.columns * coding.channels
        height = size // across
        colours = 1 if coding.channels < 3 else 3
        parts = [_next(planes, (height, coding.columns, colours * taken))]
        if coding.channels > colours:
            parts.append(_next(planes, (height, coding.columns, (coding.channels - colours) * taken)))
        head = (parts[0] if len(parts) == 1 else np.concatenate(parts, axis=2)).reshape(-1, taken)
    else:
        taken = 0
        head = np.empty((size, 0), np.uint8)
    lows = [_next(planes, (size,)) for _ in range(taken, coding.stored)]
    if len(head) != size:
        raise CorruptError(f"{size} numbers of an array do not fill the rows of its planes")
    rows = np.empty((size, coding.stored), np.uint8)
    rows[:, :taken] = head
    for k, plane in enumerate(lows):
        rows[:, taken + k] = plane
    return rows


def _next(planes: Iterator[Plane], shape: tuple[int, ...]) -> Plane:
    plane = next(planes, None)
    if plane is None or plane.shape != shape:
        raise CorruptError(f"a plane of an array should be of shape {shape}")
    return plane


def _extended(rows: Bytes, coding: Coding) -> Numbers:
    """Undo `rows_of`."""
    full = np.empty((len(rows), coding.width), np.uint8)
    full[:, coding.width - coding.stored :] = rows
    full[:, : coding.width - coding.stored] = _extension(rows, coding.signed)
    return full.reshape(-1).view(f">u{coding.width}").astype(f"u{coding.width}")


def _sum(numbers: Numbers, distance: int) -> None:
    """Undo a difference, in place."""
    whole = len(numbers) // distance * distance
    table = numbers[:whole].reshape(-1, distance)
    np.cumsum(table, axis=0, dtype=numbers.dtype, out=table)
    numbers[whole:] += numbers[whole - distance : whole][: len(numbers) - whole]


def _undo_quotients(numbers: Numbers, coding: Coding, planes: Iterator[Plane]) -> None:
    """Put floats in place of integers."""
    held = numbers == numbers.dtype.type(coding.void) if coding.void is not None else None
    for start in range(0, len(numbers), _PIECE):
        numbers[start : start + _PIECE] = _divided(numbers[start : start + _PIECE], coding.divisor)
    if held is not None:
        voids = _next(planes, (int(np.count_nonzero(held)) * coding.width,))
        numbers[held] = voids.view(f">u{coding.width}")
