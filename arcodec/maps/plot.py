"""Bits along a file as a plot in SVG: a panel for each plane, from its start to its end."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np

from arcodec.maps.heat import Costs, means
from arcodec.regions import Region
from arcodec.scoring import Plane, Score

_PANELS = 16  # at most: the planes that cost most
_LEAST = 0.002  # of a file's bits, below which a plane has no panel
_WIDTH, _HEIGHT = 720, 90  # of what a panel's axes enclose
_LEFT, _HEAD, _FOOT, _TITLE = 56, 30, 34, 34
_BINS = 360
_STYLE = """
svg { background: #fff; color: #1b1b1b; font: 12px system-ui, sans-serif; }
text { fill: currentColor; }
.bits { fill: #31688e; }
.axis { stroke: currentColor; stroke-opacity: .45; fill: none; }
.mean { stroke: #8a4b00; stroke-dasharray: 5 4; fill: none; }
.dear { fill: #b3261e; }
@media (prefers-color-scheme: dark) {
  svg { background: #16181d; color: #e6e6e6; }
  .bits { fill: #5aa9c9; }
  .mean { stroke: #f0b060; }
  .dear { fill: #ff8a80; }
}
"""


def chosen(score: Score) -> list[int]:
    """The numbers of the planes that are drawn: those whose bits matter."""
    there = [k for k, p in enumerate(score.planes) if p.units and p.bits >= _LEAST * score.bits]
    return sorted(sorted(there, key=lambda k: -score.planes[k].bits)[:_PANELS])


def note(score: Score, drawn: Sequence[int]) -> str:
    """What the plot shows, in words."""
    left = len(score.planes) - len(drawn)
    return f"bits along {len(drawn)} of {len(score.planes)} planes" if left else "bits along the file"


def title(score: Score, number: int) -> str:
    """What a plane is: zip, plane 2: 1,234 bytes, 2.31 bits per byte, by bytes-2."""
    plane = score.planes[number]
    what = f"{plane.content}, {'recipe' if plane.recipe else f'plane {number}'}" if len(score.planes) > 1 else "bytes"
    if plane.heat is not None:
        what += f", {plane.shape[1]:,} x {plane.shape[0]:,} pixels by rows"
    models = "+".join(name[:12] if len(name) == 64 else name for name in plane.models)
    plural = "" if plane.units == 1 else "s"
    return f"{what}: {plane.units:,} {plane.unit}{plural}, {plane.rate:.2f} bits per {plane.unit}, by {models}"


def svg(name: str, score: Score, drawn: Sequence[int], regions: Sequence[Region]) -> str:
    """The plot; `drawn` are the numbers of planes."""
    panel = _HEAD + _HEIGHT + _FOOT
    width, height = _LEFT + _WIDTH + 16, _TITLE + panel * len(drawn)
    heading = f"{name}: {score.bits / 8:,.0f} bytes, {score.bits_per_byte:.3f} bits per byte"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" aria-labelledby="t d">',
        f'<title id="t">Where the bits of {escape(name)} go</title>',
        f'<desc id="d">{escape("; ".join(title(score, k) for k in drawn))}</desc>',
        f"<style>{_STYLE}</style>",
        f'<text x="{_LEFT}" y="22" font-size="14" font-weight="600">{escape(heading)}</text>',
    ]
    for place, number in enumerate(drawn):
        own = [region for region in regions if region.plane == number]
        parts += _panel(score, number, own, _TITLE + place * panel + _HEAD)
    return "\n".join([*parts, "</svg>", ""])


def _panel(score: Score, number: int, regions: Sequence[Region], y: int) -> list[str]:
    plane = score.planes[number]
    costs = _along(plane)
    size = plane.units
    bins = min(_BINS, len(costs))
    drawn = means(costs[None, :], 1, bins)[0] * len(costs) / max(size, 1)
    top = max(float(drawn.max()), 1e-3)
    base = y + _HEIGHT
    wide = _WIDTH / bins
    heights = drawn / top * _HEIGHT
    steps = "".join(f"V{base - h:.1f}H{_LEFT + (k + 1) * wide:.1f}" for k, h in enumerate(heights))
    mean = base - plane.rate / top * _HEIGHT
    parts = [
        f'<text x="{_LEFT}" y="{y - 10}">{escape(title(score, number))}</text>',
        f'<path class="bits" d="M{_LEFT} {base}{steps}V{base}Z"/>',
        f'<path class="mean" d="M{_LEFT} {mean:.1f}H{_LEFT + _WIDTH}"/>',
        f'<path class="axis" d="M{_LEFT} {y}V{base}H{_LEFT + _WIDTH}"/>',
        f'<text x="{_LEFT - 6}" y="{y + 9}" text-anchor="end">{top:.3g}</text>',
        f'<text x="{_LEFT - 6}" y="{base}" text-anchor="end">0</text>',
        f'<text x="{_LEFT}" y="{base + 16}">0</text>',
        f'<text x="{_LEFT + _WIDTH}" y="{base + 16}" text-anchor="end">{size:,}</text>',
    ]
    symbols = int(np.prod(plane.shape))
    for region in regions:
        if region.box is None:
            share = (region.start + region.length / 2) / max(symbols, 1)
            where = f"offset {region.start:,}"
        else:
            share = (region.box[1] + region.box[3] / 2) / plane.shape[0]
            where = "rows {1}, columns {0} on".format(*region.box)
        x = _LEFT + share * _WIDTH
        text = f"{where}: {region.bits:,.0f} bits, {region.excess:,.0f} above what is usual"
        parts.append(f'<path class="dear" d="M{x:.1f} {base + 1}l-4 8h8z"><title>{escape(text)}</title></path>')
    return parts


def _along(plane: Plane) -> Costs:
    """Bits along a plane; of a picture, of its rows."""
    if plane.heat is not None:
        rows: Costs = plane.heat.sum(axis=1)
        return rows
    return np.zeros(1, np.float32) if plane.strip is None or not len(plane.strip) else plane.strip
