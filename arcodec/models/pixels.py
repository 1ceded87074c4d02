"""The pixel model: least squares, mixing, a lattice of colours; no trained parameters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arcodec.kernels import pixels as kernel
from arcodec.models.base import Model, Port, Symbols, Words, size_of


class Pixels(Model):
    """Photographs and drawings of 8 bits per sample, gray or colour; learns everything from the chunk itself.

    Chunks are uint8[rows, columns, 1 or 3]. Three channels are red, green, blue; they are coded green first.
    """

    name = "pixels-1"
    code = 4
    dimensions = 3

    def accepts(self, shape: Sequence[int]) -> bool:
        return len(shape) == 3 and shape[2] in (1, 3) and shape[0] >= 1 and shape[1] >= 1

    def arrange(self, chunk: Symbols) -> Symbols:
        order = [1, 0, 2] if chunk.shape[2] == 3 else [0]
        return np.ascontiguousarray(chunk[:, :, order], np.uint8)

    def restore(self, symbols: Symbols) -> Symbols:
        return self.arrange(symbols)  # exchanging the first two channels undoes itself

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        return int(kernel.run(port, words, costs, symbols, stop, kernel.allocate(symbols.shape)))

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        """The tables, and what making them takes."""
        tables = sum(size_of(s) * np.dtype(t).itemsize for s, t in kernel.table_shapes(shape))
        return tables + (8 << 20)
