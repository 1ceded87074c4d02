"""A model of quantised DCT coefficients, as JPEG has them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec.kernels import coefficients as kernel
from arcodec.models.base import Model, Port, Words


class Component(NamedTuple):
    """One component of a JPEG picture.

    Attributes:
        rows, columns: its blocks.
        scale_y, scale_x: how many luma blocks lie on one of its blocks in each direction, 1 or 2; 1 for luma.
        steps: [64] quantisation table in row-major order, >= 1; unsigned integers of 8 or 16 bits.
    """

    rows: int
    columns: int
    scale_y: int
    scale_x: int
    steps: npt.NDArray[np.integer[Any]]


class Coefficients(Model):
    """Quantised DCT coefficients of one or three components: luma, then two of chroma.

    Chunks are int16[blocks, 64]: the blocks of each component in rows, one component after another, and within a
    block the coefficients in row-major order, 8 * u + v with the vertical frequency u. Any values are coded; those
    of JPEG pictures well. `bits` counts in coding order: blocks as in the chunk, in each the zigzag order backwards.
    """

    dimensions = 2
    brief = True

    def __init__(self, components: Sequence[Component], own_kernel: Any = kernel) -> None:
        self._kernel = own_kernel  # a module like `arcodec.kernels.coefficients`
        first = np.cumsum([0, *(c.rows * c.columns for c in components)])
        self._geometry = np.array(
            [(c.rows, c.columns, f, c.scale_y, c.scale_x) for c, f in zip(components, first, strict=False)], np.int64
        )
        self._steps = np.array([c.steps for c in components], np.int64).reshape(-1, 64)
        self._blocks = int(first[-1])

    def accepts(self, shape: Sequence[int]) -> bool:
        return tuple(shape) == (self._blocks, 64)

    def arrange(self, chunk: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A writable copy, int16.

        Raises:
            ValueError: the shape is not that of the components.
        """
        if not self.accepts(chunk.shape):
            raise ValueError(
                f"coefficients of shape {chunk.shape}, and not {(self._blocks, 64)} as the components say"
            )
        return np.array(chunk, np.int16, order="C")

    def run(self, port: Port, words: Words, costs: Words, symbols: npt.NDArray[Any], stop: int) -> int:
        """Whole blocks: as many as it takes to reach `stop`."""
        tables = self._kernel.allocate(self._geometry, self._steps, self._blocks)
        return int(self._kernel.run(port, words, costs, symbols, stop, tables))

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        """The tables, and what making them takes."""
        return int(self._kernel.memory(self._geometry, self._blocks))
