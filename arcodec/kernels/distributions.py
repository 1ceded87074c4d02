"""Coding by distributions that were computed beforehand."""

from __future__ import annotations

import numpy as np

from arcodec.kernels.compiling import kernel
from arcodec.kernels.port import code_symbol, end_symbol, overrun


@kernel("int64(uint64[::1], uint32[::1], uint32[::1], uint32[:, ::1], uint8[::1], int64)")
def run(port, words, costs, frequencies, symbols, first):
    """Code some symbols of a chunk; see `arcodec.models.base.Model.run`.

    `frequencies`: uint32[n, 256], each >= 1, a row's sum 2**24, for the symbols from number `first` on; `symbols`:
    uint8[first + n] at least, `costs` as long where a port measures. Returns the number of the symbol after the last
    that was coded.
    """
    for i in range(len(frequencies)):
        place = first + i
        symbol = code_symbol(port, words, frequencies[i], np.int64(symbols[place]))
        end_symbol(port, costs, place)
        symbols[place] = np.uint8(symbol)
        if overrun(port, words):
            return place
    return first + len(frequencies)
