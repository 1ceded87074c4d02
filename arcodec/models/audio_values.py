"""Which values the samples of a chunk of sound take: channels that are alike, steps between values, gaps.

What is coded are numbers of values. With x a sample of 32 bits, k = (x - remainder) / step is a whole number; if few
of the numbers that there might be occur, k becomes the number of values that occur between 0 and it; and if what
remains has more than 24 bits, the low byte of each is kept apart.

    alike       1 byte a channel         the first channel that is the same as this one; 1 byte with 255 if none is
    values      step, remainder          varints
    form        1 byte                   LISTED + APART
    list        first, count, size,      where LISTED: the lowest number (varint, folded), how many numbers there are
                and a payload            from it to the highest; gaps between those that occur (`gaps`), by bytes-1
    low bytes   (n bytes)                where APART: after all else, of each sample coded, in order
    range       first, largest           of what is coded: the lowest (folded) and the highest less that

A folded integer v is 2 v from 0 on, and -2 v - 1 below. Numbers count from the origin: 0, or what is nearest to it
from the lowest to the highest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec import models, varint
from arcodec.content._recipe import Reader
from arcodec.errors import CorruptError
from arcodec.models import gaps

Samples = npt.NDArray[np.int32]

LISTED, APART = 1, 2
BITS = 24  # of the range of what is coded
_NONE_ALIKE = 255
_REACH = 1 << 31
_LONGEST = 1 << 24  # numbers from the lowest to the highest where values are listed
_MOST = 1 << 17  # values in a list
_LIST_MODEL = "bytes-1"
_AROUND = 16  # values on each side, among which
_OFTEN = 8  # times in the mean a value occurs: then others do not fail to occur by chance
_PAYS = 3, 2  # a list must save so much more than it takes


@dataclass(frozen=True)
class Coded:
    """The numbers to be coded, int32[frames, channels], `lowest` ... `lowest + largest`; and what they stand for."""

    numbers: npt.NDArray[Any]
    lowest: int
    largest: int
    written: bytes


@dataclass(frozen=True)
class Meaning:
    """What numbers stand for. `alike`: of each channel the first that is the same."""

    alike: tuple[int, ...]
    step: int
    remainder: int
    values: npt.NDArray[np.int64] | None
    below: int
    low: npt.NDArray[np.uint8] | None
    first: int
    largest: int

    @property
    def lowest(self) -> int:
        """The lowest number that is coded."""
        return self.first - _origin(self.first, self.largest)

    @property
    def coded(self) -> tuple[int, ...]:
        """The channels that are coded."""
        return tuple(c for c, same in enumerate(self.alike) if c == same)

    def samples(self, numbers: npt.NDArray[Any]) -> Samples:
        """The samples, int32[frames, channels], of the numbers of the coded channels.

        Raises:
            CorruptError: there are no such samples.
        """
        k = numbers.astype(np.int64) + _origin(self.first, self.largest)
        if self.low is not None:
            k = k * 256 + self.low.reshape(k.shape)
        if self.values is not None:
            k += self.below
            if int(k.min()) < 0 or int(k.max()) >= len(self.values):
                raise CorruptError("a sample has the number of no value")
            k = self.values[k]
        k *= self.step
        k += self.remainder
        if int(k.min()) < -_REACH or int(k.max()) >= _REACH:
            raise CorruptError("a sample has more than 32 bits")
        places = {c: i for i, c in enumerate(self.coded)}
        return np.ascontiguousarray(k[:, [places[c] for c in self.alike]].astype(np.int32))


def find(samples: Samples) -> Coded:
    """What to code of samples, int32[frames, channels], not empty."""
    channels = samples.shape[1]
    alike: list[int] = []
    for c in range(channels):
        same = (d for d in range(c) if alike[d] == d and np.array_equal(samples[:, d], samples[:, c]))
        alike.append(next(same, c))
    coded = [c for c in range(channels) if alike[c] == c]
    written = [bytes(alike) if len(coded) < channels else bytes([_NONE_ALIKE])]
    k = samples[:, coded].astype(np.int64)
    lowest = int(k.min())
    used, counts = _used(k, lowest)
    step = max(int(np.gcd.reduce(used - lowest)), 1)
    remainder = lowest % step
    used = (used - remainder) // step
    k -= remainder
    k //= step
    written += [varint.write(step), varint.write(remainder)]
    listed = _listed(used, counts)
    if listed:
        k = np.searchsorted(used, k) - int(np.searchsorted(used, 0))
    first, largest = int(k.min()), int(k.max()) - int(k.min())
    apart = largest.bit_length() > BITS
    low = b""
    if apart:
        low = (k & 255).astype(np.uint8).tobytes()
        k >>= 8
        first, largest = int(k.min()), int(k.max()) - int(k.min())
    written.append(bytes([LISTED * bool(listed) + APART * apart]))
    written += [listed, varint.write(_folded(first)), varint.write(largest), low]
    k -= _origin(first, largest)
    return Coded(np.ascontiguousarray(k.astype(np.int32)), int(k.min()), largest, b"".join(written))


def read(reader: Reader, frames: int, channels: int) -> Meaning:
    """What `find` has written for so many samples.

    Raises:
        CorruptError: it cannot have.
    """
    alike = [reader.byte()]
    if alike[0] == _NONE_ALIKE:
        alike = list(range(channels))
    else:
        alike += [reader.byte() for _ in range(channels - 1)]
    if any(same > c or alike[same] != same for c, same in enumerate(alike)):
        raise CorruptError("channels are said to be like others that are not coded")
    step, remainder, form = reader.number(), reader.number(), reader.byte()
    if not 1 <= step <= 2 * _REACH or remainder >= step or form > LISTED + APART:
        raise CorruptError(f"samples cannot have the step {step}, the remainder {remainder} and the form {form}")
    values, below = None, 0
    if form & LISTED:
        start, count = _unfolded(reader.number()), reader.number()
        payload = reader.take(reader.number())
        size = reader.number()
        if abs(start) > _REACH or count > _LONGEST or size > _MOST * 4:
            raise CorruptError("the list of values is longer than any that is written")
        values = start + gaps.places(models.built_in(_LIST_MODEL).decode(payload, (size,)).tobytes(), count)
        below = int(np.searchsorted(values, 0))
    first, largest = _unfolded(reader.number()), reader.number()
    if abs(first) > _REACH or largest.bit_length() > BITS or first + largest >= _REACH:
        raise CorruptError(f"samples cannot be coded as {first} and up to {largest} more")
    low = None
    if form & APART:
        coded = sum(c == same for c, same in enumerate(alike))
        low = np.frombuffer(reader.take(frames * coded), np.uint8)
    return Meaning(tuple(alike), step, remainder, values, below, low, first, largest)


def _used(k: npt.NDArray[np.int64], lowest: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """The values that occur, ascending, and how often each does."""
    if int(k.max()) - lowest < _LONGEST:
        counts = np.bincount((k - lowest).reshape(-1))
        used = np.flatnonzero(counts)
        return used + lowest, counts[used]
    return np.unique(k, return_counts=True)


def _listed(used: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> bytes:
    """The list of values, if that is shorter than what it saves; else nothing."""
    span = int(used[-1] - used[0]) + 1
    if span > _LONGEST or not 2 * _AROUND < len(used) <= _MOST:
        return b""
    passed = np.concatenate([[0], np.cumsum(counts)])
    around = passed[2 * _AROUND :] - passed[: -2 * _AROUND]  # as often as that do so many values in a row occur
    often = around[:-1] >= 2 * _AROUND * _OFTEN
    middle = counts[_AROUND:-_AROUND] * often
    total = int(middle.sum())
    if total * 4 < int(passed[-1]) * 3:
        return b""
    might = int((middle * (used[2 * _AROUND :] - used[: -2 * _AROUND])).sum())
    saved = _log2_q8(might, total * 2 * _AROUND) * total >> 11
    if saved * _PAYS[1] < 64:
        return b""
    written = gaps.written(used - used[0])
    payload = models.built_in(_LIST_MODEL).encode(np.frombuffer(written, np.uint8))
    if len(payload) * _PAYS[0] > saved * _PAYS[1]:
        return b""
    head = varint.write(_folded(int(used[0]))) + varint.write(span) + varint.write(len(payload))
    return head + payload + varint.write(len(written))


def _log2_q8(might: int, there: int) -> int:
    """log2(might / there) in 1/256, rounded down."""
    return int(((might << 16) // there) ** 256).bit_length() - 1 - 16 * 256 if might > there else 0


def _origin(first: int, largest: int) -> int:
    return min(max(0, first), first + largest)


def _folded(value: int) -> int:
    return 2 * value if value >= 0 else -2 * value - 1


def _unfolded(number: int) -> int:
    return -((number + 1) >> 1) if number & 1 else number >> 1
