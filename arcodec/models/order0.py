"""The smallest real model: adaptive order-0 frequencies. The README's tutorial is written around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec.errors import ModelFileError
from arcodec.kernels import order0 as kernel
from arcodec.models.base import Model, Port, Symbols, Words


class Order0(Model):
    """p(symbol) follows how often it was seen, whatever came before it.

    Args:
        counts: uint32[256], the counts to begin with (each 1 ... 256); all ones if left out.
    """

    name = "order0"
    code = 2
    dimensions = 1

    def __init__(self, counts: npt.NDArray[np.uint32] | None = None) -> None:
        self.counts = np.ones(256, np.uint32) if counts is None else counts

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        return int(kernel.run(port, words, costs, symbols, stop, self.counts.copy()))

    def with_parameters(self, arrays: Mapping[str, npt.NDArray[np.integer[Any]]]) -> Order0:
        counts = arrays.get("counts")
        if len(arrays) != 1 or counts is None or counts.shape != (256,) or counts.min() < 1 or counts.max() > 256:
            raise ModelFileError("an order0 model file holds one array: counts, 256 integers from 1 to 256")
        return Order0(counts.astype(np.uint32))

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        return 4096
