"""Where the bits of a file go, as a map: a picture for pictures, a page for texts, a plot for everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arcodec.maps import heat, plot, text
from arcodec.regions import Region
from arcodec.scoring import Score


@dataclass(frozen=True)
class Map:
    """A map as a file.

    Attributes:
        suffix: ".png", ".html" or ".svg".
        data: the file.
        note: what it shows.
    """

    suffix: str
    data: bytes
    note: str


def draw(name: str, score: Score, regions: Sequence[Region]) -> Map:
    """The map of a file that was scored with `mapped`.

    Where most of the file is a picture, what each pixel costs, or the mean of a few where there are very many; where
    it is a text of up to 512 KiB, a page with coloured characters; other planes are left out of these. Else plots of
    bits along the planes, one below the other.

    Args:
        name: of the file, as it may be shown.
        score: with what every symbol costs.
        regions: the dearest, which are marked.
    """
    own = [plane for plane in score.planes if not plane.recipe]
    most = max(own, key=lambda plane: plane.units, default=None)
    if most is not None and 2 * most.units >= sum(plane.units for plane in own):
        if most.heat is not None:
            alike = [p.heat for p in own if p.heat is not None and p.shape[:2] == most.shape[:2]]
            rows, columns = most.shape[:2]
            return Map(".png", heat.png(sum(alike[1:], alike[0])), f"bits of {columns:,} x {rows:,} pixels")
        if most.text is not None:
            number = next(k for k, plane in enumerate(score.planes) if plane is most)
            page = text.page(name, most, [region for region in regions if region.plane == number])
            return Map(".html", page.encode(), f"bits of {most.units:,} bytes of text")
    drawn = plot.chosen(score)
    return Map(".svg", plot.svg(name, score, drawn, regions).encode(), plot.note(score, drawn))
