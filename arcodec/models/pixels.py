"""The pixel model: least squares, mixing, a lattice of colours; no trained parameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arcodec.kernels import pixels as kernel
from arcodec.models.base import GreenFirst, Port, Symbols, Words, size_of


class Pixels(GreenFirst):
    """Three predictors, mixed; no contexts."""

    name = "pixels-1"
    code = 4

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        return int(kernel.run(port, words, costs, symbols, stop, kernel.allocate(symbols.shape)))

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        """The tables, and what making them takes."""
        tables = sum(size_of(s) * np.dtype(t).itemsize for s, t in kernel.table_shapes(shape))
        return tables + (8 << 20)
