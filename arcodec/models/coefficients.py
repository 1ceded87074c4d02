"""A model of quantised DCT coefficients, as JPEG has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec.kernels import coefficients as kernel
from arcodec.models.base import Model, Port, Words


class Component(NamedTuple):
    rows: int
    columns: int
    scale_y: int
    scale_x: int
    steps: npt.NDArray[np.integer]


class Coefficients(Model):
    dimensions = 2
    brief = True
    dtype = np.int16

    def __init__(self, components: Sequence[Component]) -> None:
        first = np.cumsum([0, *(c.rows * c.columns for c in components)])
        self._geometry = np.array(
            [(c.rows, c.columns, f, c.scale_y, c.scale_x) for c, f in zip(components, first, strict=False)], np.int64
        )
        self._steps = np.array([c.steps for c in components], np.int64).reshape(-1, 64)
        self._blocks = int(first[-1])

    def run(self, port: Port, words: Words, costs: Words, symbols: npt.NDArray[np.int16], stop: int) -> int:
        tables = kernel.allocate(self._geometry, self._steps, self._blocks)
        return int(kernel.run(port, words, costs, symbols, stop, tables))

    def arrange(self, chunk):
        return np.array(chunk, np.int16, order="C")

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        return 0
