"""Where the names of points stand on a plot, so that they cover as little as possible."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

Spot = tuple[float, float]  # pixels from the left and from the top
Box = tuple[float, float, float, float]  # left, top, right, bottom
FONT = 12  # pixels
_LETTER = 0.56 * FONT  # mean width, generously: what is said to be free has to be
_SYMBOL = 6.0  # half the width of a point
_FAR = 16.0  # pixels between a point and its name that take a line
_STROKE = 2.0  # half the width of what a line covers
_ROUNDS = 3  # in the second, the first names know where the last ones went


@dataclass(frozen=True)
class Label:
    """A name where it stands: so many pixels from its point, which is to the left, right or middle of it."""

    dx: float
    dy: float
    align: str

    def box(self, spot: Spot, text: str) -> Box:
        """What it covers, if its point is there."""
        width = len(text) * _LETTER
        left = spot[0] + self.dx - {"left": 0.0, "center": width / 2, "right": width}[self.align]
        return left, spot[1] + self.dy - 7, left + width, spot[1] + self.dy + 7

    def leader(self, spot: Spot, text: str) -> tuple[Spot, Spot] | None:
        """The ends of a line from the point to its name, if it takes one to see what belongs together."""
        left, top, right, bottom = self.box(spot, text)
        end = min(max(spot[0], left), right), min(max(spot[1], top), bottom)
        way = math.dist(spot, end)
        if way < _FAR:
            return None
        x, y = (a + (b - a) * _SYMBOL / way for a, b in zip(spot, end, strict=True))
        return (x, y), end


# Where a name may stand, the best places first.
_PLACES = [
    Label(dx, dy, align)
    for distance in (0, 14, 28, 42, 58)
    for dx, dy, align in (
        (10, 0, "left"),
        (9, -(9 + distance), "left"),
        (9, 9 + distance, "left"),
        (0, -(14 + distance), "center"),
        (0, 15 + distance, "center"),
        (-10, 0, "right"),
        (-9, -(9 + distance), "right"),
        (-9, 9 + distance, "right"),
    )
]
_NEAR = 8  # places at each distance


def place(
    names: Sequence[str],
    spots: Sequence[Spot],
    lines: Iterable[Sequence[Spot]],
    width: float,
    height: float,
) -> list[Label]:
    """A place for each name, the most important ones first.

    Args:
        names: what is written.
        spots: the point that each belongs to.
        lines: corners of lines, to be crossed only if need be.
        width: of the plot.
        height: likewise.
    """
    symbols = [(x - _SYMBOL, y - _SYMBOL, x + _SYMBOL, y + _SYMBOL) for x, y in spots]
    crossed = [box for line in lines for box in _along(line)]
    chosen: dict[int, Label] = {}
    for number in [*range(len(names))] * _ROUNDS:
        name, spot = names[number], spots[number]
        others = [label.box(spots[i], names[i]) for i, label in chosen.items() if i != number]
        solid = [*symbols, *others]
        costs = []
        for rank, label in enumerate(_PLACES):
            box = label.box(spot, name)
            outside = max(0, -box[0]) + max(0, box[2] - width) + max(0, -box[1]) + max(0, box[3] - height)
            hidden = sum(_overlap(box, other) for other in solid) + sum(_overlap(box, dot) for dot in crossed) / 2
            far = 4 * (rank // _NEAR)  # a name far from its point may be taken for that of another
            costs.append((hidden + 100 * outside + far, rank))
        chosen[number] = _PLACES[min(costs)[1]]
    return [chosen[number] for number in range(len(names))]


def _along(line: Sequence[Spot]) -> Iterable[Box]:
    """Small boxes that cover a line."""
    for start, end in pairwise(line):
        steps = max(1, round(math.dist(start, end) / (2 * _STROKE)))
        for step in range(steps):
            x, y = (a + (b - a) * step / steps for a, b in zip(start, end, strict=True))
            yield x - _STROKE, y - _STROKE, x + _STROKE, y + _STROKE


def _overlap(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return width * height if width > 0 and height > 0 else 0.0
