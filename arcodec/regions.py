"""Where a plane is dear: lines of a text, windows of other bytes, boxes of a picture."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from arcodec.chunks import Costs
from arcodec.models.base import Symbols

LINES = 1 << 22  # of a text at most, if they are to be told apart
_WINDOW = 64  # symbols of a region where there are no lines
_WINDOWS = 1 << 14  # of a strip at most
_SQUARE = 16  # pixels of a region's side, or more:
_SQUARES = 64  # of the longer side at most
_AROUND = 2  # squares on each side that tell what is usual
_STRANGE = 0.05  # of a text's bytes may be control characters
_CONTROLS = np.array([(b < 32 and b not in b"\t\n\r\f\x1b") or b == 127 for b in range(256)])

Starts = npt.NDArray[np.int64]
Sums = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Region:
    """A part of a plane that is dearer than is usual there.

    Attributes:
        plane: its number in `Score.planes`.
        bits: of the region.
        excess: how many these are above what is usual: the plane's mean, or in a picture the squares around.
        start, length: in symbols of the plane; of a picture 0, for it has a box.
        line: number of the line, from 1 on, where the plane is a text.
        box: left, top, width and height in pixels where the plane is a picture.
    """

    plane: int
    bits: float
    excess: float
    start: int = 0
    length: int = 0
    line: int | None = None
    box: tuple[int, int, int, int] | None = None


@dataclass
class Lines:
    """The lines of a text, as it comes in pieces."""

    starts: list[Starts] = field(default_factory=list)
    bits: list[Sums] = field(default_factory=list)
    size: int = 0
    strange: int = 0
    count: int = 0
    open_bits: float = 0.0
    open_start: int = 0

    def add(self, symbols: Symbols, costs: Costs) -> None:
        """The next bytes and what they cost."""
        self.strange += int((_CONTROLS[symbols]).sum())
        if self.is_text and symbols.size:
            ends = np.flatnonzero(symbols == ord("\n")) + 1
            bounds = np.concatenate([[0], ends[ends < symbols.size]])
            sums = np.add.reduceat(costs.astype(np.float64), bounds)
            sums[0] += self.open_bits
            starts = bounds + self.size
            starts[0] = self.open_start
            if symbols[-1] == ord("\n"):
                self.open_bits, self.open_start = 0.0, self.size + symbols.size
            else:
                self.open_bits, self.open_start = float(sums[-1]), int(starts[-1])
                starts, sums = starts[:-1], sums[:-1]
            self.starts.append(starts)
            self.bits.append(sums)
            self.count += len(starts)
        self.size += symbols.size

    @property
    def is_text(self) -> bool:
        """Whether it looks like one so far, of not too many lines."""
        return self.strange <= 1 + _STRANGE * self.size and self.count <= LINES

    def all(self) -> tuple[Starts, Sums]:
        """(starts, bits) of all lines; the end of the text comes last among the starts."""
        starts, bits = [*self.starts], [*self.bits]
        if self.open_start < self.size:
            starts.append(np.array([self.open_start]))
            bits.append(np.array([self.open_bits]))
        return np.concatenate([*starts, np.array([self.size])]).astype(np.int64), np.concatenate([*bits, np.zeros(0)])


def from_lines(number: int, lines: Lines, count: int) -> list[Region]:
    """The lines of plane `number` that cost most above its mean."""
    starts, bits = lines.all()
    return [
        Region(number, float(bits[k]), float(excess), int(starts[k]), int(starts[k + 1] - starts[k]), k + 1)
        for k, excess in _above(bits, np.diff(starts), count)
    ]


def from_windows(number: int, strip: Costs, step: int, symbols: int, places: int, count: int) -> list[Region]:
    """The same of windows of about equal size.

    Args:
        number: of the plane.
        strip: bits along it.
        step: places that an entry stands for.
        symbols: of the plane.
        places: of the plane; each is as many symbols, as a frame of sound is.
        count: of regions at most.
    """
    entries = max(1, _WINDOW // step, -(-len(strip) // _WINDOWS))
    bounds = np.arange(0, len(strip), entries)
    bits = np.add.reduceat(strip.astype(np.float64), bounds)
    starts = np.minimum(np.append(bounds, len(strip)) * step * (symbols // places), symbols)
    return [
        Region(number, float(bits[k]), float(excess), int(starts[k]), int(starts[k + 1] - starts[k]))
        for k, excess in _above(bits, np.diff(starts), count)
    ]


def boxes(number: int, heat: Costs, count: int) -> list[Region]:
    """Squares of a picture, of which `heat` are the bits of pixels: those that cost most above the ones around.

    What is usual is a quarter from the top of the 5 x 5 squares: textures are dear wherever they are, and noise
    beside a smooth ground is not to hide what was put into that.
    """
    rows, columns = heat.shape
    side = max(_SQUARE, -(-max(rows, columns) // _SQUARES))
    tops, lefts = np.arange(0, rows, side), np.arange(0, columns, side)
    bits = np.add.reduceat(np.add.reduceat(heat.astype(np.float64), tops, axis=0), lefts, axis=1)
    heights, widths = np.diff(np.append(tops, rows)), np.diff(np.append(lefts, columns))
    pixels = heights[:, None] * widths
    padded = np.pad(bits / pixels, _AROUND, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, (2 * _AROUND + 1, 2 * _AROUND + 1))
    excess = bits - pixels * np.nanquantile(around, 0.75, axis=(2, 3))
    regions = []
    for k, own in _highest(excess.reshape(-1), count):
        y, x = divmod(k, len(lefts))
        box = int(lefts[x]), int(tops[y]), int(widths[x]), int(heights[y])
        regions.append(Region(number, float(bits[y, x]), own, box=box))
    return regions


def _above(bits: Sums, sizes: Starts, count: int) -> list[tuple[int, float]]:
    """(number, bits above the mean) of the regions that are furthest above it."""
    return _highest(bits - sizes * (bits.sum() / max(int(sizes.sum()), 1)), count)


def _highest(excess: Sums, count: int) -> list[tuple[int, float]]:
    order = np.argsort(-excess, kind="stable")[:count]
    return [(int(k), float(excess[k])) for k in order if excess[k] > 0]
