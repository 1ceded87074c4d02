"""Curves in log-log: their exponents, and drawings of them as SVG."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, exp, floor, log, log10
from statistics import linear_regression, mean
from textwrap import wrap
from typing import Any

from arcodec.bench import chart

_COLOURS = ("#0a58b0", "#c2571a", "#2f7d4f", "#7a4fa3")
_SHAPES = ("circle", "triangle-up", "square", "diamond")


def exponent(points: Sequence[tuple[float, float]]) -> float:
    """b of the power law y = a x^b nearest to the points: least squares of the logarithms.

    Args:
        points: x and y, all positive; two different x at least.
    """
    xs, ys = _logs(points)
    return float(linear_regression(xs, ys).slope)


@dataclass(frozen=True)
class Curve:
    """Points of one kind.

    Attributes:
        label: in the legend.
        points: x and y.
        fitted: those of them that the straight line is drawn through.
    """

    label: str
    points: Sequence[tuple[float, float]]
    fitted: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """Curves over one axis; what is drawn, what came out, and the unit of the values."""

    title: str
    subtitle: str
    unit: str
    curves: Sequence[Curve]


def svg(x: str, panels: Sequence[Panel]) -> str:
    """Panels side by side, both axes logarithmic, as SVG; `x` is the title of the horizontal axis."""
    try:
        import vl_convert
    except ImportError:
        sys.exit("plots need the package vl-convert-python: pip install 'arcodec[bench]'")
    return vl_convert.vegalite_to_svg(spec(x, panels))


def spec(x: str, panels: Sequence[Panel]) -> dict[str, Any]:
    """The Vega-Lite specification of `svg`."""
    common = chart.frame("light")
    legend = {"orient": "bottom", "title": None, "labelColor": chart.colours("light")["ink"]}
    config = {**common["config"], "legend": legend}
    return {**common, "hconcat": [_panel(x, panel) for panel in panels], "spacing": 36, "config": config}


def _panel(x: str, panel: Panel) -> dict[str, Any]:
    labels = [curve.label for curve in panel.curves]
    points = [{"x": a, "y": b, "of": curve.label} for curve in panel.curves for a, b in curve.points]
    lines = [{"x": a, "y": b, "of": curve.label} for curve in panel.curves for a, b in _line(curve.fitted)]

    def by_label(values: Sequence[str]) -> dict[str, Any]:
        scale = {"domain": labels, "range": values[: len(labels)]}
        return {"field": "of", "type": "nominal", "scale": scale}

    return {
        "width": 340,
        "height": 240,
        "title": {"text": panel.title, "subtitle": wrap(panel.subtitle, 60)},
        "encoding": {
            "x": _axis("x", [point["x"] for point in points], x),
            "y": _axis("y", [point["y"] for point in points], panel.unit),
            "color": by_label(_COLOURS),
        },
        "layer": [
            {"data": {"values": lines}, "mark": {"type": "line", "strokeWidth": 1, "opacity": 0.7, "aria": False}},
            {
                "data": {"values": points},
                "mark": {"type": "point", "size": 60, "strokeWidth": 1.6, "opacity": 1, "aria": False},
                "encoding": {"shape": by_label(_SHAPES)},
            },
        ],
    }


def _axis(name: str, values: Sequence[Any], title: str) -> dict[str, Any]:
    low, high = min(values), max(values)
    # Some room at both ends, and never less than a factor of four in all: small changes are to look small.
    spare = max(1.15 * (high / low) ** 0.04, 2 * (low / high) ** 0.5)
    low, high = low / spare, high * spare
    scale = {"type": "log", "domain": [low, high], "nice": False}
    few = sorted(set(values)) if name == "x" else []
    ticks = few if 1 < len(few) < 5 else _ticks(low * 1.1, high / 1.1)  # a label at the very end moves the title
    axis = {"title": title, "values": ticks, "format": "~s" if high >= 1e4 else ",~g"}
    return {"field": name, "type": "quantitative", "scale": scale, "axis": axis}


def _ticks(low: float, high: float) -> list[float]:
    """Powers of ten between two, and round numbers between these where there are few."""
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    ticks: list[float] = []
    for steps in ((1,), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
        ticks = [tick for decade in decades for step in steps if low <= (tick := step * 10.0**decade) <= high]
        if len(ticks) > 2:
            break
    return ticks


def _line(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The two ends of the straight line through points."""
    if len({x for x, _ in points}) < 2:
        return []
    slope = exponent(points)
    xs, ys = _logs(points)
    middle, height = mean(xs), mean(ys)
    return [(exp(end), exp(height + slope * (end - middle))) for end in (min(xs), max(xs))]


def _logs(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [log(x) for x, _ in points], [log(y) for _, y in points]
