"""Places among many, as the numbers of others between them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from arcodec import varint
from arcodec.errors import CorruptError


def written(places: npt.NDArray[np.int64]) -> bytes:
    """int64[n], rising from 0 on, as varints: how many others come before each."""
    return b"".join(varint.write(int(gap)) for gap in np.diff(places, prepend=-1) - 1)


def places(data: bytes, count: int) -> npt.NDArray[np.int64]:
    """Undo `written`.

    Raises:
        CorruptError: they go beyond `count`, or end within a number.
    """
    at, last, found = 0, -1, []
    while at < len(data):
        gap, at = varint.read(data, at)
        last += gap + 1
        if last >= count:
            raise CorruptError(f"place {last} goes beyond the {count} there are")
        found.append(last)
    return np.array(found, np.int64)
