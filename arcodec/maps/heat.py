"""Bits as colours: the colour map, means over blocks, pictures."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

# The colour map viridis at equal steps, light where bits are dear: perceptually uniform, safe for the colour-blind.
# Source: Smith and van der Walt, matplotlib 1.5, 2015.
VIRIDIS = ("440154", "482878", "3e4a89", "31688e", "26828e", "1f9e89", "35b779", "6dcd59", "b4de2c", "fde725")
LARGEST = 4096  # pixels of a side of a map

Costs = npt.NDArray[np.float32]


def means(costs: Costs, rows: int, columns: int) -> Costs:
    """Means over a grid of `rows` by `columns` blocks of about equal size; of nothing, one block of 0."""
    if not costs.size:
        return np.zeros((1, 1), np.float32)
    result = costs.astype(np.float64)
    for axis, parts in enumerate((rows, columns)):
        edges = np.arange(parts + 1) * costs.shape[axis] // parts
        sums = np.add.reduceat(result, edges[:-1], axis=axis)
        result = sums / (np.diff(edges)[:, None] if axis == 0 else np.diff(edges))
    return result.astype(np.float32)


def top(drawn: Costs) -> float:
    """What is drawn lightest: a few stray blocks are not to darken all the others."""
    return float(np.quantile(drawn, 0.995))


def png(costs: Costs, size: tuple[int, int] | None = None) -> bytes:
    """Costs as a picture, light where they are high.

    Args:
        costs: [rows, columns].
        size: columns and rows of the picture; if None as many as there are costs, up to `LARGEST`, of which blocks
            are drawn where there are more.
    """
    if size is None and max(costs.shape) > LARGEST:
        by = -(-max(costs.shape) // LARGEST)
        costs = means(costs, -(-costs.shape[0] // by), -(-costs.shape[1] // by))
    anchors = np.array([list(bytes.fromhex(colour)) for colour in VIRIDIS], np.float32)
    places = np.linspace(0, 1, len(anchors))
    shares = np.clip(costs / (top(costs) or 1), 0, 1)
    colours = np.stack([np.interp(shares, places, anchors[:, channel]) for channel in range(3)], axis=-1)
    sink = io.BytesIO()
    image = Image.fromarray(np.rint(colours).astype(np.uint8))
    if size is not None:
        image = image.resize(size, Image.Resampling.NEAREST)
    image.save(sink, "PNG", optimize=True)
    return sink.getvalue()
