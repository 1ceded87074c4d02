"""Parameters of deflate encoders: a table of known ones, and which of them wrote a stream.

Recipes name rows of ENCODERS, so it is a part of the format: rows are only added, at its end.

Source of zlib's limits: J. Gailly, M. Adler, `configuration_table` in zlib's `deflate.c`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arcodec.kernels.deflate_blocks import ALL_STORED, CHEAPEST
from arcodec.kernels.deflate_match import (
    AHEAD_0,
    AHEAD_1,
    AHEAD_2,
    GREEDY,
    LITERAL,
    PARAMETERS,
    PATIENT,
    PLANNED,
    RUN,
    WHOLE,
)
from arcodec.kernels.deflate_trees import BEST, CHEAPER, HEAP, QUEUES, TOGETHER

ZLIB_FARTHEST = (1 << 15) - 262
_LIMITS = (  # good, lazy, nice, chain for levels 1 ... 9
    (4, 4, 8, 4),
    (4, 5, 16, 8),
    (4, 6, 32, 32),
    (4, 4, 16, 16),
    (8, 16, 32, 32),
    (8, 16, 128, 128),
    (8, 32, 128, 256),
    (32, 128, 258, 1024),
    (32, 258, 258, 4096),
)
_LIBDEFLATE = (  # mode, nice, chain for levels 1 ... 9
    (AHEAD_0, 32, 2),
    (AHEAD_0, 10, 6),
    (AHEAD_0, 14, 12),
    (AHEAD_0, 30, 16),
    (AHEAD_1, 30, 16),
    (AHEAD_1, 65, 35),
    (AHEAD_1, 130, 100),
    (AHEAD_2, 258, 300),
    (AHEAD_2, 258, 600),
)
_FAR_3 = 4096  # copies of 3 bytes from farther away are not worth it
_NEVER = 1 << 15
ENDLESS = 1 << 30  # tokens in a block: as many as there are
Parameters = tuple[int, ...]


def zlib_like(mode: int, limits: Sequence[int], least: int, far_3: int, memory: int) -> Parameters:
    """What zlib takes for a memory level: those of `deflate_match`, then those of `deflate_blocks`."""
    matching = (mode, *limits, memory + 7, 3, ZLIB_FARTHEST, far_3, least, 1, (1 << (memory + 6)) - 1)
    return (*matching, HEAP, 0, CHEAPEST)


def _encoders() -> Iterable[Parameters]:
    for level, limits in enumerate(_LIMITS, 1):
        patient = level > 3
        for least in (3, 6 if patient else 3):  # by default, and for filtered data
            for memory in (8, 9):
                yield zlib_like(PATIENT if patient else GREEDY, limits, least, _FAR_3 if patient else _NEVER, memory)
    for mode in (LITERAL, RUN):
        for memory in (8, 9):
            yield zlib_like(mode, _LIMITS[5], 3, _NEVER, memory)
    whole = zlib_like(WHOLE, _LIMITS[5], 3, _NEVER, 8)
    yield (*whole[: PARAMETERS - 1], 0xFFFF, HEAP, 0, ALL_STORED)
    for limits in _LIMITS[3:]:  # as pngcrush and others compile zlib
        for memory in (8, 9):
            yield zlib_like(PATIENT, limits, 3, _NEVER, memory)
    planned = zlib_like(PLANNED, _LIMITS[8], 3, _NEVER, 8)  # Zopfli
    yield (*planned[: PARAMETERS - 1], ENDLESS, CHEAPER, BEST, CHEAPEST)
    for mode, nice, chain in _LIBDEFLATE:
        fastest = chain == 2
        far_3 = 4096 if mode == AHEAD_0 else 8192
        hashing = (15, 4, (1 << 15) - 1) if fastest else (16, 4, (1 << 15) - 1)
        yield (mode, 0, 0, nice, chain, *hashing, far_3, 4 if fastest else 3, 1, ENDLESS, QUEUES, TOGETHER, CHEAPEST)


ENCODERS = tuple(_encoders())
# The least and the greatest value of each parameter.
RANGES = (
    (0, AHEAD_2), (0, 1 << 15), (0, 1 << 15), (3, 1 << 15), (1, 4096), (8, 16), (3, 4), (1, 1 << 15), (0, 1 << 15),
    (3, 258), (0, 1), (64, 1 << 30), (0, 3), (0, 2), (0, 2),
)  # fmt: skip
