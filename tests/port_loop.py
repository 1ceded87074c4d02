"""The smallest loop over a port, for tests: decisions with given probabilities."""

from __future__ import annotations

from arcodec.kernels.compiling import kernel
from arcodec.kernels.port import code_bit, end_symbol


@kernel("void(uint64[::1], uint32[::1], int64[::1], int64[::1], uint32[::1])")
def code_bits(port, words, probabilities, bits, costs):  # type: ignore[no-untyped-def]
    """Code `bits`, one symbol each."""
    for i in range(len(probabilities)):
        bits[i] = code_bit(port, words, probabilities[i], bits[i])
        end_symbol(port, costs, i)
