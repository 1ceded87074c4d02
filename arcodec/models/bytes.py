"""The byte model."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from arcodec.kernels import bytes as kernel
from arcodec.kernels import apm, counters, match, mixer
from arcodec.kernels.contexts import CONTEXTS
from arcodec.models.base import Model, Port, Symbols, Words

MULT = int(os.environ.get("MULT", 6))
TOP = int(os.environ.get("TOP", 22))
HB = int(os.environ.get("HB", 18))


class Bytes(Model):
    name = "bytes-1"
    code = 3
    dimensions = 1

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        n = symbols.size
        bits = min(max((n * MULT - 1).bit_length(), 12), TOP)
        table = np.zeros((16 << bits) + 16, np.uint32)
        skip = (-table.ctypes.data % 64) // 4
        table = table[skip : skip + (16 << bits)]
        maps = np.tile(counters.history_map(), CONTEXTS)
        run_maps = np.zeros((CONTEXTS, 16, 8), np.uint32)
        for r in range(16):
            run_maps[:, r] = (4194303 * (2 * r + 3) // (2 * r + 5)) << 10
        match_maps = np.zeros((match.MODELS, 64, 2), np.uint32)
        for l in range(64):
            match_maps[:, l] = (4194303 * (4 * l + 3) // (4 * l + 5)) << 10
        weights = np.zeros((kernel.NROWS, mixer.INPUTS), np.int32)
        weights[:, : 3 * CONTEXTS] = 10016
        weights[:, 4 * CONTEXTS : 4 * CONTEXTS + 8] = 16384
        weights[:, : 2 * CONTEXTS] = 10016
        weights[:, 2 * CONTEXTS : 3 * CONTEXTS] = 0
        weights[:, 3 * CONTEXTS : 4 * CONTEXTS] = 10016
        final = np.full((256 + 128) * kernel.SETS, 65536 // kernel.SETS, np.int32)
        apmt = np.zeros(131072 * apm.STRIDE, np.int32)
        hb = min(max(n.bit_length(), 8), HB)
        heads = np.zeros(match.MODELS << hb, np.int32)
        return kernel.run(
            port,
            words,
            costs,
            symbols,
            stop,
            table,
            maps,
            run_maps.reshape(-1),
            match_maps.reshape(-1),
            weights.reshape(-1),
            final,
            apmt,
            heads,
        )

    def memory(self, shape: Sequence[int]) -> int:
        return 300 << 20
