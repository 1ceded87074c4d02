"""The byte model: for any file, best at texts, sources, tables and programs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from arcodec.kernels import apm, counters, match, slots
from arcodec.kernels import bytes as kernel
from arcodec.kernels.contexts import CONTEXTS
from arcodec.models.base import Model, Port, Symbols, Words, size_of

_LINE = 64  # bytes of a cache line


class Bytes(Model):
    """Sixteen contexts, three match models, eight weight sets; see `arcodec.kernels.bytes`."""

    name = "bytes-1"
    code = 3
    dimensions = 1

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        slot_bits, head_bits, row_bits = _table_bits(symbols.size)
        return int(
            kernel.run(
                port,
                words,
                costs,
                symbols,
                stop,
                _aligned_zeros(slots.WORDS << slot_bits, np.uint32),
                np.tile(counters.history_map(), CONTEXTS),
                _run_maps(),
                _match_maps(),
                _weights(),
                np.full(kernel.FINAL_ROWS * kernel.SETS, (1 << 16) // kernel.SETS, np.int32),
                _aligned_zeros((kernel.APM_ORDER1 + (1 << row_bits)) * apm.STRIDE, np.int32),
                np.zeros(match.MODELS << head_bits, np.int32),
            )
        )

    def memory(self, shape: Sequence[int]) -> int:
        slot_bits, head_bits, row_bits = _table_bits(size_of(shape))
        apms = 4 * (kernel.APM_ORDER1 + (1 << row_bits)) * apm.STRIDE
        weights = 4 * kernel.ROWS * kernel.WIDTH
        rest = 1 << 18  # maps, final weights, the kernel's own
        return (4 * slots.WORDS << slot_bits) + (4 * match.MODELS << head_bits) + apms + weights + rest


def _table_bits(size: int) -> tuple[int, int, int]:
    """log2 of the numbers of slots, of positions per match model and of hashed APM rows, for `size` bytes."""
    bits = size.bit_length()
    return min(max((6 * size).bit_length(), 12), 22), min(max(bits, 8), 20), min(max(bits + 2, 10), 16)


def _aligned_zeros(count: int, dtype: type[np.generic]) -> npt.NDArray[np.generic]:
    """Zeros that begin at a cache line, in pages that the system commits when they are touched."""
    size = np.dtype(dtype).itemsize
    room = np.zeros(count + _LINE // size, dtype)
    skip = -room.ctypes.data % _LINE // size
    return room[skip : skip + count]


def _run_maps() -> npt.NDArray[np.uint32]:
    """Maps of runs: a run of n is right n + 3/2 times as often as not, to begin with."""
    by_count = counters.belief_map(2 * np.arange(kernel.RUN_LENGTHS) + 3)
    return np.tile(np.repeat(by_count, 8), CONTEXTS)


def _match_maps() -> npt.NDArray[np.uint32]:
    """Maps of matches: the longer, the surer."""
    by_length = counters.belief_map(4 * np.arange(match.BUCKETS) + 3)
    return np.tile(np.repeat(by_length, 2), match.MODELS)


def _weights() -> npt.NDArray[np.int32]:
    """The mixer's weights to begin with, 2**-16: contexts share evenly, matches and order 0 have a say."""
    weights = np.zeros((kernel.ROWS, kernel.WIDTH), np.int32)
    for kind in (kernel.NODE, kernel.STATE, kernel.RUN):
        weights[:, kind : kind + CONTEXTS] = 10000
    weights[:, kernel.ORDER0 : kernel.BIAS] = 16384
    return weights.reshape(-1)
