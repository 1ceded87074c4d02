"""The smallest loop over a port, for tests: decisions with given probabilities."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from arcodec.kernels.compiling import kernel
from arcodec.kernels.port import code_bit, end_symbol


@kernel("void(uint64[::1], uint32[::1], int64[::1], int64[::1], uint32[::1])")
def code_bits(
    port: npt.NDArray[Any],
    words: npt.NDArray[Any],
    probabilities: npt.NDArray[Any],
    bits: npt.NDArray[Any],
    costs: npt.NDArray[Any],
) -> None:
    """Code `bits`, one symbol each."""
    for i in range(len(probabilities)):
        bits[i] = code_bit(port, words, probabilities[i], bits[i])
        end_symbol(port, costs, i)
