"""Size against speed, as one Vega-Lite specification for the page, for SVG and for PNG.

Source of the format: Satyanarayan et al., Vega-Lite: A Grammar of Interactive Graphics, 2017.
"""

from __future__ import annotations

import math
import os
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from arcodec.bench import labels
from arcodec.bench.frontier import Point, count_of, frontier, left_out, outline, points
from arcodec.bench.record import UNITS, VERBS, Group, Kind, Record, Verb

Spec = dict[str, Any]
Theme = Literal["light", "dark", "page"]

# "ours" is blue and large, all rivals are gray and told apart by shape: readable with any colour vision, and printed.
COLOURS: dict[str, tuple[str, str]] = {
    "paper": ("#ffffff", "#15181b"),
    "ink": ("#1c2126", "#e7eaed"),
    "muted": ("#59636e", "#9ea8b3"),
    "rule": ("#e3e6ea", "#2a3036"),
    "ours": ("#0a58b0", "#7db7ff"),
    "rival": ("#68727d", "#a3adb8"),
    "shade": ("#e9edf1", "#262c33"),
}
_SHAPES = ("square", "triangle-up", "diamond", "triangle-down", "cross", "triangle-right", "triangle-left")
NAMES: dict[Kind, str] = {"bytes": "Bytes", "image": "Images", "jpeg": "JPEG files", "audio": "Audio"}
_VERBS: dict[Verb, str] = {"encode": "Encoding", "decode": "Decoding"}
_SAME_PLACE = 12  # pixels within which points of a family share a label
_LONGEST = 28  # characters of a name that a plot has room for


def colours(theme: Theme) -> dict[str, str]:
    """Colours by what they are for; those of "page" are variables of its style sheet, which knows light from dark."""
    if theme == "page":
        return {name: f"var(--{name})" for name in COLOURS}
    return {name: pair[theme == "dark"] for name, pair in COLOURS.items()}


# --- the specification ---


@dataclass(frozen=True)
class _Plane:
    """Where speeds and sizes lie on a panel: the ends of its axes, and its width and height in pixels."""

    speeds: tuple[float, float]
    bits: tuple[float, float]
    width: int
    height: int

    def place(self, speed: float, bits: float) -> tuple[float, float]:
        """Pixels from the left and from the top."""
        across, down = _share(speed, *self.speeds), 1 - _share(bits, *self.bits)
        return across * self.width, down * self.height

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The speed and the bits at a pixel."""
        return _between(x / self.width, *self.speeds), _between(1 - y / self.height, *self.bits)


def _share(value: float, low: float, high: float) -> float:
    return math.log(value / low) / math.log(high / low)


def _between(share: float, low: float, high: float) -> float:
    return low * math.exp(share * math.log(high / low))


def pareto(
    record: Record,
    kind: Kind,
    theme: Theme = "light",
    verbs: Sequence[Verb] = VERBS,
    width: int = 440,
    height: int = 330,
) -> Spec:
    """Vega-Lite specification of the codecs of a kind of files: a panel for each direction, beside each other.

    Both axes are logarithmic. Codecs that did not do every file are left out (`left_out` names them).

    Args:
        record: what was measured.
        kind: of files.
        theme: decides the colours.
        verbs: the panels.
        width: of a panel without its axes, in pixels; labels are placed for it.
        height: likewise.
    """
    group = record.everything(kind)
    of_verb = {verb: points(group, verb) for verb in VERBS}
    bits = _ends([point.bits for verb in VERBS for point in of_verb[verb]], 0.09)
    panels = [_panel(group, verb, of_verb[verb], bits, colours(theme), width, height) for verb in verbs]
    return {"hconcat": panels, "spacing": 36, **frame(theme)}


def frame(theme: Theme) -> Spec:
    """What all our plots have in common: ground, type, colours of axes and titles."""
    shades = colours(theme)
    axis = {"labelColor": shades["muted"], "titleColor": shades["muted"], "gridColor": shades["rule"]}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "background": None if theme == "page" else shades["paper"],
        "padding": 2 if theme == "page" else 16,
        "config": {
            "font": "sans-serif",
            "view": {"stroke": None},
            "axis": {
                **axis,
                "domain": False,
                "ticks": False,
                "labelFontSize": 11,
                "labelPadding": 6,
                "titleFontSize": 11,
                "titleFontWeight": "normal",
            },
            "title": {
                "anchor": "start",
                "frame": "group",
                "fontSize": 13,
                "fontWeight": 600,
                "color": shades["ink"],
                "subtitleColor": shades["muted"],
                "subtitleFontSize": 11,
                "subtitlePadding": 4,
                "offset": 10,
            },
        },
    }


def _panel(
    group: Group,
    verb: Verb,
    drawn: Sequence[Point],
    bits: tuple[float, float],
    shades: dict[str, str],
    width: int,
    height: int,
) -> Spec:
    unit = UNITS[group.kind]
    slowest, fastest = _ends([point.speed for point in drawn], 0.08)
    # Names stand to the right of most points; that of the fastest needs room.
    plane = _Plane((slowest, fastest * (fastest / slowest) ** 0.15), bits, width, height)
    head = {"text": _VERBS[verb], "subtitle": f"bits per {unit}; lower is smaller"}
    described = f"{_VERBS[verb]}: bits per {unit} against speed of {len(drawn)} codecs"
    panel = {"width": width, "height": height, "title": head, "description": described}
    if not drawn:
        nothing = {
            "type": "text",
            "text": "no codec did every file",
            "color": shades["muted"],
            "fontSize": labels.FONT,
        }
        return {**panel, "data": {"values": [{}]}, "mark": nothing}
    axes = {
        "x": _axis("speed", plane.speeds, f"MB per CPU second to {verb}; right is faster"),
        "y": _axis("bits", plane.bits, None),
    }
    layers = [
        *_ground(drawn, plane, shades),
        *_lines(drawn, shades),
        _symbols([point for point in drawn if not point.ours], shades["rival"], 64, group),
        _symbols([point for point in drawn if point.ours], shades["ours"], 110, group),
        *_labels(drawn, plane, shades),
    ]
    return {**panel, "encoding": axes, "layer": layers}


def _axis(name: str, ends: tuple[float, float], title: str | None) -> Spec:
    # An end that a mark lies on is taken for a reason to round up, were it not for "nice".
    scale = {"type": "log", "domain": list(ends), "nice": False}
    axis = {"title": title, "values": _ticks(*ends), "format": ",~g"}
    return {"field": name, "type": "quantitative", "scale": scale, "axis": axis}


def _ends(values: Sequence[float], margin: float) -> tuple[float, float]:
    """The ends of a logarithmic axis: all values, and a share of the axis free on both sides."""
    if not values:
        return 1.0, 10.0
    low, high = min(values), max(values)
    spare = (high / low) ** margin * 1.04
    return low / spare, high * spare


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between two, at most seven if that leaves two."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ladders = ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1, 1.5, 2, 3, 4, 5, 7), tuple(n / 10 for n in range(10, 100)))
    found: list[float] = []
    for steps in ladders:
        # Division keeps 0.3 what it is; 3 * 0.1 is not.
        every = [step * 10**e if e >= 0 else step / 10**-e for e in decades for step in steps]
        inside = [value for value in every if low <= value <= high]
        if len(inside) > 7 and len(found) >= 2:
            break
        found = inside
        if len(found) >= 4:
            break
    return found[:: -(-len(found) // 7)] if found else [low]


def _ground(drawn: Sequence[Point], plane: _Plane, shades: dict[str, str]) -> list[Spec]:
    """The dominated region and the frontier."""
    top = plane.bits[1]
    edge = [{"speed": speed, "bits": bits} for speed, bits in outline(frontier(drawn), plane.speeds[0], top)]
    return [
        {
            "data": {"values": edge},
            "mark": {"type": "area", "color": shades["shade"], "opacity": 0.7, "aria": False},
            "encoding": {"y2": {"datum": top}},
        },
        {
            "data": {"values": edge},
            "mark": {"type": "line", "color": shades["muted"], "strokeWidth": 1, "strokeDash": [4, 3], "aria": False},
            "encoding": {"order": {"value": 0}},
        },
    ]


def _lines(drawn: Sequence[Point], shades: dict[str, str]) -> list[Spec]:
    layers = []
    for members in _families(drawn):
        colour, width = (shades["ours"], 2.0) if members[0].ours else (shades["rival"], 1.0)
        mark = {"type": "line", "color": colour, "strokeWidth": width, "aria": False}
        values = [{"speed": p.speed, "bits": p.bits} for p in members]
        layers.append({"data": {"values": values}, "mark": mark, "encoding": {"order": {"value": 0}}})
    return layers


def _families(drawn: Sequence[Point]) -> list[list[Point]]:
    """Programs at several settings, each from its smallest files to its largest."""
    names = dict.fromkeys(point.family for point in drawn)
    every = [sorted((p for p in drawn if p.family == name), key=lambda p: (p.bits, p.speed)) for name in names]
    return [members for members in every if len(members) > 1]


def _symbols(drawn: Sequence[Point], colour: str, size: int, group: Group) -> Spec:
    rivals = dict.fromkeys(codec.family for codec in group.codecs() if not codec.ours)
    shapes = {family: _SHAPES[number % len(_SHAPES)] for number, family in enumerate(rivals)}
    values = [
        {"speed": p.speed, "bits": p.bits, "says": p.says, "shape": shapes.get(p.family, "circle")} for p in drawn
    ]
    return {
        "data": {"values": values},
        "mark": {"type": "point", "filled": True, "opacity": 1, "color": colour, "size": size},
        "encoding": {
            "shape": {"field": "shape", "type": "nominal", "scale": None},
            "description": {"field": "says", "type": "nominal"},
            "tooltip": {"field": "says", "type": "nominal"},
        },
    }


def _labels(drawn: Sequence[Point], plane: _Plane, shades: dict[str, str]) -> list[Spec]:
    names = sorted(_named(drawn, plane), key=lambda pair: not pair[0].ours)
    spots = [plane.place(point.speed, point.bits) for point, _ in names]
    edge = outline(frontier(drawn), plane.speeds[0], plane.bits[1])
    lines = [edge, *([(p.speed, p.bits) for p in family] for family in _families(drawn))]
    placed = labels.place(
        [name for _, name in names],
        spots,
        [[plane.place(*corner) for corner in line] for line in lines],
        plane.width,
        plane.height,
    )
    leaders = []
    for (_, name), spot, label in zip(names, spots, placed, strict=True):
        if ends := label.leader(spot, name):
            (speed, bits), (to_speed, to_bits) = (plane.at(*end) for end in ends)
            leaders.append({"speed": speed, "bits": bits, "to_speed": to_speed, "to_bits": to_bits})
    thin = {"type": "rule", "color": shades["muted"], "strokeWidth": 0.6, "aria": False}
    ways = {"x2": {"field": "to_speed"}, "y2": {"field": "to_bits"}}
    layers: list[Spec] = [{"data": {"values": leaders}, "mark": thin, "encoding": ways}] if leaders else []
    for ours in (True, False):
        values = [
            {"speed": point.speed, "bits": point.bits, "name": name, **vars(label)}
            for (point, name), label in zip(names, placed, strict=True)
            if point.ours == ours
        ]
        mark = {
            "type": "text",
            "fontSize": labels.FONT,
            "fontWeight": 600 if ours else "normal",
            "color": shades["ours" if ours else "ink"],
            "aria": False,  # the points say it
            **{key: {"expr": f"datum.{key}"} for key in ("dx", "dy", "align")},
        }
        layers.append({"data": {"values": values}, "mark": mark, "encoding": {"text": {"field": "name"}}})
    return layers


def _named(drawn: Sequence[Point], plane: _Plane) -> list[tuple[Point, str]]:
    """Points with their names; those of a family that lie on each other share one: `xz -6, -9`, `zstd -1 … -9`."""
    heaps: list[list[Point]] = []
    for point in drawn:
        here = plane.place(point.speed, point.bits)
        for heap in heaps:
            there = plane.place(heap[0].speed, heap[0].bits)
            if heap[0].family == point.family and math.dist(here, there) < _SAME_PLACE:
                heap.append(point)
                break
        else:
            heaps.append([point])
    return [(heap[0], _shared([point.name for point in heap], heap[0].family)) for heap in heaps]


def _shared(names: Sequence[str], family: str) -> str:
    first, *others = names
    last = others[-1].removeprefix(family).strip() or others[-1] if others else ""
    name = f"{first}{' … ' if len(others) > 1 else ', '}{last}" if others else first
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


# --- files ---


def svg(spec: Spec) -> str:
    """A specification drawn."""
    import vl_convert  # an extra; who only wants the specification needs none

    return vl_convert.vegalite_to_svg(spec)


def whole(record: Record, kinds: Sequence[Kind], theme: Theme = "light") -> Spec:
    """The plots of several kinds of files below each other, with what the page says beside them."""
    rows = []
    for kind in kinds:
        group = record.everything(kind)
        lines = [f"{count_of(len(group.subjects))}, {sum(s.size for s in group.subjects):,} bytes. {KEY}"]
        if left_out(group):
            lines.append(f"Not drawn: {', '.join(left_out(group))}.")
        wrapped = [line for text in lines for line in textwrap.wrap(text, 150)]
        title = {"text": f"{NAMES[kind]}: size against speed", "subtitle": wrapped, "fontSize": 17, "offset": 18}
        panels = pareto(record, kind, theme)
        rows.append({"title": title, **{key: panels[key] for key in ("hconcat", "spacing")}})
    return {"vconcat": rows, "spacing": 44, **frame(theme)}


KEY = "Shaded: some codec drawn is both smaller and faster. Dashed: the best there is at each speed."


def write(
    record: Record, path: str | os.PathLike[str], kind: Kind | None = None, theme: Literal["light", "dark"] = "light"
) -> None:
    """Draw to a file, .svg or .png by its suffix; all kinds of files if `kind` is None.

    Raises:
        ValueError: it has another suffix.
        OSError: it cannot be written.
    """
    import vl_convert

    target = Path(path)
    spec = whole(record, [kind] if kind else record.kinds, theme)
    match target.suffix.lower():
        case ".svg":
            target.write_text(vl_convert.vegalite_to_svg(spec), encoding="utf-8")
        case ".png":
            target.write_bytes(vl_convert.vegalite_to_png(spec, scale=2))
        case other:
            raise ValueError(f"a chart is written as .svg or .png, not as {other or 'a file without suffix'}")
