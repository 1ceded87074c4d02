"""LZW streams <-> their symbols and where the table is cleared."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from arcodec import varint
from arcodec.content._recipe import Reader
from arcodec.errors import CorruptError

_EXPANSION = 2600  # symbols that a byte gives at most: a code of 12 bits stands for fewer than 4096
_MOST = 1 << 31

Symbols = npt.NDArray[np.uint8]


def decoded(data: bytes, size: int, root: int, *, leftward: bool, early: int) -> tuple[Symbols, bytes] | None:
    """The `size` symbols of a stream, and its recipe; None if it is not sound or no greedy encoder's.

    `root`, `leftward`, `early`: see `kernels.lzw.decode`.
    """
    if not 0 < size <= _EXPANSION * len(data):
        return None
    from arcodec.kernels import lzw  # late: listing needs no numba

    symbols = np.empty(size, np.uint8)
    clears = np.empty(len(data) + 1, np.int64)
    scratch = np.empty((3, lzw.FULL), np.int32)
    count = lzw.decode(np.frombuffer(data, np.uint8), root, leftward, early, symbols, clears, scratch)
    if count < 1:
        return None
    recipe = _written(clears[:count])
    try:
        again = encoded(symbols, Reader(recipe + b"\0"), root, leftward=leftward, early=early)
    except CorruptError:  # its codes are not the longest that there are
        return None
    if not data.startswith(again):
        return None
    return symbols, b"".join((recipe, varint.write(len(data) - len(again)), data[len(again) :]))


def encoded(symbols: Symbols, reader: Reader, root: int, *, leftward: bool, early: int) -> bytes:
    """The stream of symbols and of a recipe, which is read.

    Raises:
        CorruptError: they do not fit together.
    """
    from arcodec.kernels import lzw

    runs = [(reader.number(), reader.number()) for _ in range(reader.number())]
    clearings = sum(times for _, times in runs)
    if clearings > 2 * symbols.size + 1 or max((codes for codes, _ in runs), default=0) > symbols.size:
        raise CorruptError("an LZW table is cleared more often than there are codes")
    clears = np.repeat(*np.array(runs, np.int64).reshape(-1, 2).T)
    out = np.zeros(2 * (symbols.size + clearings) + 16, np.uint8)
    table, used = np.zeros(lzw.TABLE, np.int16), np.empty(lzw.FULL, np.int32)
    size = lzw.encode(np.ascontiguousarray(symbols), root, leftward, early, clears, out, table, used)
    if not clearings or size < 0:
        raise CorruptError("the codes of an LZW stream do not hold its symbols")
    return out[:size].tobytes() + reader.take(reader.number())


def _written(clears: npt.NDArray[np.int64]) -> bytes:
    """The number of runs of like numbers; then each number with the length of its run."""
    changes = np.flatnonzero(np.diff(clears)) + 1
    starts = np.concatenate(([0], changes))
    lengths = np.diff(np.concatenate((starts, [len(clears)])))
    pairs = (
        varint.write(int(codes)) + varint.write(int(n)) for codes, n in zip(clears[starts], lengths, strict=True)
    )
    return varint.write(len(starts)) + b"".join(pairs)
