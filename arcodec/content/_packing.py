"""The values that a channel of 16-bit samples takes, in ascending order: samples are coded by their numbers in it.

Files of 16 bits often hold fewer: 8 to 14 bits that were shifted, multiplied or sent through a curve. A packing is
such a table of values, of which some need not occur. It is written as a kind (1 byte) and what follows:

    STEPS       first, step (varints)    first, first + step, ... up to 65535
    STRETCHED   bits (1 byte)            floor((65535 i + floor(d / 2)) / d), i = 0 ... d, d = 2**bits - 1
    REPLICATED  bits (1 byte, 8 to 16)   i * 2**(16 - bits) + floor(i / 2**(2 * bits - 16)), i = 0 ... 2**bits - 1
    LISTED      n, then runs (varints)   n values; runs of (gap, count) from -1 on: `count` times `gap` more
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec import varint
from arcodec.content._recipe import Reader
from arcodec.errors import CorruptError

Values = npt.NDArray[np.uint16]

STEPS, STRETCHED, REPLICATED, LISTED = range(4)
_TOP = 65535
_SAMPLES_A_VALUE = 16  # less, and listing values does not pay


def pack(channel: npt.NDArray[np.unsignedinteger[Any]]) -> tuple[Values, bytes]:
    """The number of each sample in the packing that fits best, uint16 of the same shape, and that packing written.

    `channel`: 16-bit samples, not empty.
    """
    counts = np.bincount(channel.reshape(-1), minlength=_TOP + 1)
    written = _choose(counts)
    table = read(Reader(written))
    numbers = np.zeros(_TOP + 1, np.uint16)
    numbers[table] = np.arange(len(table))
    return numbers[channel], written


def read_for(numbers: npt.NDArray[np.unsignedinteger[Any]], reader: Reader) -> Values:
    """The table of the packing that made `numbers`: indexed by them it gives the samples.

    Raises:
        CorruptError: it is no packing, or has not so many values.
    """
    table = read(reader)
    if int(numbers.max()) >= len(table):
        raise CorruptError(f"sample number {int(numbers.max())} of {len(table)} that the recipe has")
    return table


def read(reader: Reader) -> Values:
    """The table of a packing: ascending, not empty.

    Raises:
        CorruptError: it is no packing.
    """
    kind = reader.byte()
    if kind == STEPS:
        first, step = reader.number(), reader.number()
        if first > _TOP or not 1 <= step <= _TOP:
            raise CorruptError(f"16-bit samples cannot be {first} and every {step} from there on")
        return np.arange(first, _TOP + 1, step).astype(np.uint16)
    if kind in _BY_BITS:
        bits = reader.byte()
        if not 8 <= bits <= 16:
            raise CorruptError(f"samples of {bits} bits are not stretched to 16")
        return _BY_BITS[kind](bits)
    if kind == LISTED:
        gaps = np.fromiter(_gaps(reader), np.int64)
        return (np.cumsum(gaps) - 1).astype(np.uint16)
    raise CorruptError(f"there is no packing of kind {kind}")


def _gaps(reader: Reader) -> Iterator[int]:
    left, value = reader.number(), -1
    if not 1 <= left <= _TOP + 1:
        raise CorruptError(f"16-bit samples cannot take {left} values")
    while left:
        gap, count = reader.number(), reader.number()
        value += gap * count
        left -= count
        if not gap or not count or left < 0 or value > _TOP:
            raise CorruptError("the values listed for samples are not in order")
        for _ in range(count):
            yield gap


def _stretched(bits: int) -> Values:
    d = (1 << bits) - 1
    return ((_TOP * np.arange(d + 1) + d // 2) // d).astype(np.uint16)


def _replicated(bits: int) -> Values:
    i = np.arange(1 << bits)
    return (i << (16 - bits) | i >> (2 * bits - 16)).astype(np.uint16)


_BY_BITS: dict[int, Callable[[int], Values]] = {STRETCHED: _stretched, REPLICATED: _replicated}


def _choose(counts: npt.NDArray[np.int64]) -> bytes:
    """The packing for values that occur so often; uint8 numbers wherever there can be."""
    used = np.flatnonzero(counts)
    first, span = int(used[0]), int(used[-1] - used[0])
    step = max(int(np.gcd.reduce(used - first)), 1)
    steps = bytes([STEPS]) + varint.write(first) + varint.write(step)
    if step > 1 or span < 256:
        return steps
    for bits in range(9, 16):
        for kind, table in _BY_BITS.items():
            possible = np.zeros(_TOP + 1, bool)
            possible[table(bits)] = True
            if possible[used].all():
                return bytes([kind, bits])
    beside = np.convolve(counts > 0, [1, 0, 1], "same") > 0
    alone = 2 * int(counts[used[~beside[used]]].sum()) > int(counts.sum())
    if (alone or len(used) <= 256) and _SAMPLES_A_VALUE * len(used) <= int(counts.sum()):
        return _listed(used)
    return steps


def _listed(used: npt.NDArray[np.int64]) -> bytes:
    gaps = np.diff(used, prepend=-1)
    starts = np.flatnonzero(np.diff(gaps, prepend=-1))
    out = [bytes([LISTED]), varint.write(len(used))]
    for start, end in zip(starts, [*starts[1:], len(gaps)], strict=True):
        out += varint.write(int(gaps[start])), varint.write(int(end - start))
    return b"".join(out)
