"""Order-0 adaptive frequencies over 256 symbols."""

from __future__ import annotations

import numpy as np
from numba import uint32

from arcodec.kernels.compiling import kernel
from arcodec.kernels.port import TOTAL, code_symbol, end_symbol, overrun

STEP = 32  # what one occurrence adds to a count
LIMIT = 1 << 16  # all counts are halved when their sum reaches this


@kernel("int64(uint64[::1], uint32[::1], uint32[::1], uint8[::1], int64, uint32[::1])")
def run(port, words, costs, symbols, stop, counts):
    """Code `symbols` by adaptive counts; see `arcodec.models.base.Model.run`.

    `counts`: uint32[256], each >= 1, sum at most LIMIT; used up as working memory.
    """
    frequencies = np.empty(256, np.uint32)
    total = np.int64(0)
    for s in range(256):
        total += np.int64(counts[s])
    for i in range(stop):
        # Every symbol keeps at least 1 of 2**24, whatever its count; rounding's rest goes to symbol 0.
        scale = np.int64(TOTAL - 256) // total
        rest = np.int64(TOTAL)
        for s in range(256):
            f = np.int64(1) + scale * np.int64(counts[s])
            frequencies[s] = uint32(f)
            rest -= f
        frequencies[0] += uint32(rest)

        symbol = code_symbol(port, words, frequencies, np.int64(symbols[i]))
        end_symbol(port, costs, i)
        symbols[i] = np.uint8(symbol)
        if overrun(port, words):
            return i

        counts[symbol] += uint32(STEP)
        total += STEP
        if total >= LIMIT:
            total = np.int64(0)
            for s in range(256):
                counts[s] = (counts[s] + uint32(1)) >> uint32(1)
                total += np.int64(counts[s])
    return stop
