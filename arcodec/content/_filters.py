"""The filter types of an image's rows <-> a rule by which an encoder chooses them, and where it did not.

Written is a byte, 2 * rule, 1 more if there are exceptions; then, with exceptions, how many (varint), how many rows
by the rule are before each (varints), and their types. Rules 0 to 4 are that type for all rows, 5 and 6 those of
`arcodec.kernels.png.choose_filters`; for rule KEPT all types follow as they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from arcodec import varint
from arcodec.content._recipe import Reader
from arcodec.errors import CorruptError

KEPT = 7

Bytes = npt.NDArray[np.uint8]


def written(passes: Sequence[Bytes], step: int, kinds: Bytes) -> bytes:
    """What stands for filter types.

    Args:
        passes: uint8[n, m] each, the rows.
        step: bytes of a whole pixel.
        kinds: uint8[all rows], the types.
    """
    best = bytes([2 * KEPT]) + kinds.tobytes()
    for rule in range(KEPT):
        places = np.flatnonzero(kinds != by_rule(passes, step, rule, len(kinds)))
        if not len(places):
            return bytes([2 * rule])
        if 2 * len(places) < len(best):
            gaps = np.diff(places, prepend=-1) - 1
            text = b"".join((varint.write(len(places)), *map(varint.write, gaps.tolist()), kinds[places].tobytes()))
            best = min(best, bytes([2 * rule + 1]) + text, key=len)
    return best


def read(passes: Sequence[Bytes], step: int, reader: Reader) -> Bytes:
    """Undo `written`.

    Raises:
        CorruptError: it makes no sense.
    """
    rule, excepted = divmod(reader.byte(), 2)
    count = sum(map(len, passes))
    if rule > KEPT or (rule == KEPT and excepted):
        raise CorruptError(f"there is no rule {rule} for filters")
    if rule == KEPT:
        kinds = np.frombuffer(reader.take(count), np.uint8)
    else:
        kinds = by_rule(passes, step, rule, count)
    if excepted:
        places = []
        place = -1
        for _ in range(reader.number()):
            place += 1 + reader.number()
            if place >= count:
                raise CorruptError("there is a filter below the last row")
            places.append(place)
        kinds[np.array(places, np.int64)] = np.frombuffer(reader.take(len(places)), np.uint8)
    if kinds.max() > 4:
        raise CorruptError(f"there is no filter {kinds.max()}")
    return kinds


def by_rule(passes: Sequence[Bytes], step: int, rule: int, count: int) -> Bytes:
    """The types of all rows by a rule other than KEPT."""
    from arcodec.kernels import png  # late: see `_png`

    if rule < png.FILTERS:
        return np.full(count, rule, np.uint8)
    out = np.empty(count, np.uint8)
    start = 0
    for rows in passes:
        png.choose_filters(rows, step, rule - png.FILTERS, out[start : start + len(rows)])
        start += len(rows)
    return out
