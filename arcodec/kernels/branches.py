"""Targets of x86-64 code made absolute: calls of one function then look alike, wherever they are.

A target relative to the end of its instruction becomes a position in the chunk, its high byte first. Targets in
the chunk, -end <= v < size - end, become v + end; to make that a bijection of all 32-bit integers, what would
collide, size - end <= v < size, becomes v - size (after the E8 preprocessing of LZX). Everything else stays.
"""

from __future__ import annotations

import numpy as np
from numba import int64, uint8, uint64, void

from arcodec.kernels.compiling import kernel, plain
from arcodec.kernels.x86 import IMM, SLOTS, at_target, follow_code

_WINDOW = 1 << 31  # chunks are smaller


@plain
def absolute(v, end, size):
    """What a target v relative to `end` becomes, int64; -2**31 <= v < 2**31, 0 <= end <= size < 2**31."""
    if -end <= v < size - end:
        return v + end
    if size - end <= v < size:
        return v - size
    return v


@plain
def relative(v, end, size):
    """Undo `absolute`."""
    if 0 <= v < size:
        return v - end
    if -end <= v < 0:
        return v + size
    return v


@plain
def _convert(symbols, begin, stop, back, code):
    size = len(symbols)
    i = np.int64(begin)
    while i < stop:
        kind = at_target(code, uint64(0))
        if kind == 0 or i + 4 > stop:
            follow_code(code, uint64(0), np.int64(symbols[uint64(i)]))
            i += 1
            continue
        end = i + 4
        if kind == 2:
            end += np.int64(code[uint64(IMM)])
        end = min(end, size)
        # The parser always reads the bytes as the program has them.
        if not back:
            for k in range(4):
                follow_code(code, uint64(0), np.int64(symbols[uint64(i + k)]))
        v = np.int64(0)
        for k in range(4):
            v |= np.int64(symbols[uint64(i + k)]) << (24 - 8 * k if back else 8 * k)
        v = (v ^ _WINDOW) - _WINDOW
        v = relative(v, end, size) if back else absolute(v, end, size)
        for k in range(4):
            symbols[uint64(i + k)] = uint8((v >> (8 * k if back else 24 - 8 * k)) & 255)
        if back:
            for k in range(4):
                follow_code(code, uint64(0), np.int64(symbols[uint64(i + k)]))
        i += 4


@kernel(void(uint8[::1], int64, int64, int64, uint64[::1]))
def _run(symbols, begin, stop, back, code):
    _convert(symbols, begin, stop, back, code)


def forward(symbols: np.ndarray, begin: int = 0, stop: int | None = None) -> None:
    """Make the targets in symbols[begin:stop] absolute, in place; `symbols`: uint8[n], n < 2**31."""
    _run(symbols, begin, len(symbols) if stop is None else stop, 0, np.zeros(SLOTS, np.uint64))


def inverse(symbols: np.ndarray, begin: int = 0, stop: int | None = None) -> None:
    """Undo `forward`, in place."""
    _run(symbols, begin, len(symbols) if stop is None else stop, 1, np.zeros(SLOTS, np.uint64))
