"""Choosing and applying PNG's row filters."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

_BLOCK = 1 << 17  # bytes of rows filtered at once

Bytes = npt.NDArray[np.uint8]


def filtered(rows: Bytes, step: int, plain: bool) -> Iterator[bytes]:
    """The rows with their filter types in front, block by block.

    Each row gets the filter whose output, as signed bytes, has the least sum of absolute values. Source: W3C, PNG
    specification, chapters 9 and 12.7.

    Args:
        rows: uint8[n, m], the image's bytes.
        step: bytes of a whole pixel, at least 1.
        plain: no filters; best for palettes and for less than 8 bits.
    """
    count, width = rows.shape
    height = max(_BLOCK // width, 1)
    for start in range(0, count, height):
        block = rows[start : start + height]
        out = np.zeros((len(block), 1 + width), np.uint8)
        if plain:
            out[:, 1:] = block
        else:
            above = np.vstack((rows[start - 1 : start] if start else np.zeros_like(rows[:1]), block[:-1]))
            candidates = _candidates(block, above, step)
            best = np.abs(candidates.view(np.int8).astype(np.int16)).sum(axis=2, dtype=np.int64).argmin(axis=0)
            out[:, 0] = best
            out[:, 1:] = candidates[best, np.arange(len(block))]
        yield out.tobytes()


def _candidates(block: Bytes, above: Bytes, step: int) -> Bytes:
    """uint8[5, n, m]: the block under each of the five filters, in the order of their types."""
    left, corner = _shifted(block, step), _shifted(above, step)
    a, b, c = (part.astype(np.int16) for part in (left, above, corner))
    by_left, by_above, by_corner = np.abs(b - c), np.abs(a - c), np.abs(a + b - 2 * c)
    paeth = np.where(
        (by_left <= by_above) & (by_left <= by_corner), left, np.where(by_above <= by_corner, above, corner)
    )
    mean = ((a + b) >> 1).astype(np.uint8)
    return np.stack((block, block - left, block - above, block - mean, block - paeth))


def _shifted(rows: Bytes, step: int) -> Bytes:
    """What stands `step` bytes to the left, zeros at the left edge."""
    out = np.zeros_like(rows)
    out[:, step:] = rows[:, :-step]
    return out
