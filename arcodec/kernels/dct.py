"""Tables of the DCT of 8 samples, made of integers: the zigzag order, edges of blocks, and halves of larger ones."""

from __future__ import annotations

import numpy as np

# cos(k * pi / 16) in 2**-16, rounded.
_COSINES = (65536, 64277, 60547, 54491, 46341, 36410, 25080, 12785, 0)


def _cosine(k: int) -> int:
    """cos(k * pi / 16) in 2**-16 for any k >= 0."""
    k %= 32
    if k > 16:
        k = 32 - k
    return _COSINES[k] if k <= 8 else -_COSINES[16 - k]


def _basis() -> list[list[int]]:
    """[frequency][sample] of the orthonormal DCT of 8 samples, 2**-17."""
    return [[(_cosine((2 * x + 1) * u) if u else 46341) for x in range(8)] for u in range(8)]


def _zigzag() -> list[int]:
    """Row-major places in JPEG's order: along the antidiagonals, by turns downwards and upwards."""
    return sorted(range(64), key=lambda i: (i // 8 + i % 8, i // 8 if (i // 8 + i % 8) % 2 else i % 8))


def _halves() -> list[list[list[int]]]:
    """[half][frequency][frequency]: from DCTs of 8 samples each to that of the 8 means of pairs, 2**-14."""
    basis = _basis()
    products = (
        [
            [
                sum(basis[u][4 * half + x] * (basis[k][2 * x] + basis[k][2 * x + 1]) for x in range(4))
                for k in range(8)
            ]
            for u in range(8)
        ]
        for half in range(2)
    )
    return [[[(p + (1 << 20)) >> 21 for p in row] for row in half] for half in products]  # of 2**-34, and halved


ZIGZAG = np.array(_zigzag(), np.int64)
_BASIS = _basis()
# An edge is 1.5 times its last samples less half of those before, 2**-10.
EDGE = np.array([(3 * row[0] - row[1] + 128) >> 8 for row in _BASIS], np.int64)
# From luma's block in the first or second half of a chroma block, or in all of it, 2**-14.
PARTS = np.array([*_halves(), [[(u == k) << 14 for k in range(8)] for u in range(8)]], np.int64)
