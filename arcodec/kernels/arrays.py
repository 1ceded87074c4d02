"""Arrays of symbols with given frequencies, through the port."""

from __future__ import annotations

from arcodec.kernels.compiling import kernel
from arcodec.kernels.port import code_symbol, overrun


@kernel("int64(uint64[::1], uint32[::1], uint32[:, ::1], int64[::1])")
def code(port, words, frequencies, symbols):
    """Code `symbols` (int64[n]) by `frequencies` (uint32[n, k], rows >= 1 that sum to 2**24); returns how many."""
    for i in range(len(symbols)):
        symbols[i] = code_symbol(port, words, frequencies[i], symbols[i])
        if overrun(port, words):
            return i
    return len(symbols)
