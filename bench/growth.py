"""Measurements along an axis, and what follows from them: exponents, a verdict, tables, plots."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from bench import curves, report
from bench.curves import Curve, Panel
from bench.report import table

VERBS = ("compress", "decompress")
# What is fitted and judged. Small files wait for the disk; threads are there to save wall time.
MEASURES = {
    "size": ("cpu", "memory"),
    "pixels": ("cpu", "memory"),
    "files": ("cpu", "wall", "memory"),
    "threads": ("wall", "memory"),
}
AXES = {"size": "bytes", "pixels": "pixels", "files": "files", "threads": "threads"}
LIMIT = 1.05  # an exponent above it counts as faster than in proportion
_CLEAR = 5  # a point counts where its time is more than so many times that of the smallest input


@dataclass(frozen=True)
class Run:
    """One process: processor seconds (user and system), wall seconds, peak memory in bytes."""

    cpu: float
    wall: float
    memory: int


@dataclass
class Point:
    """One input with one number of threads.

    Attributes:
        x: bytes, pixels, files or threads: where it is on its axis.
        size: bytes of input.
        packed: bytes of output.
        right: whether it came back as it was, every time.
        runs: by verb.
    """

    series: str
    input: str
    x: int
    size: int
    packed: int = 0
    right: bool = True
    runs: dict[str, list[Run]] = field(default_factory=lambda: {verb: [] for verb in VERBS})

    def value(self, verb: str, measure: str) -> float:
        """The median of the runs."""
        return float(median(getattr(run, measure) for run in self.runs[verb]))


@dataclass(frozen=True)
class Slope:
    """How a measure grows along an axis: as x to the power of `exponent`.

    Attributes:
        first: the least x of the points that it is fitted to.
        points: how many these are.
        last_step: the exponent between the last two of them.
    """

    series: str
    input: str
    verb: str
    measure: str
    exponent: float
    first: int
    points: int
    last_step: float
    super_linear: bool


class Record:
    """All points, and what follows from them."""

    def __init__(self, origin: dict[str, Any], quick: bool) -> None:
        self.origin = origin
        self.points: list[Point] = []
        self._quick = quick
        self._inputs: dict[str, str] = {}

    def take(self, path: Path) -> None:
        """Take points that are not here yet from a saved record, if it is of this machine and this commit."""
        saved = json.loads(path.read_text())
        if any(saved[name] != self.origin[name] for name in ("machine", "commit")) or saved["quick"] != self._quick:
            print(f"{path}: of another machine, commit or mode; measured again", file=sys.stderr)
            return
        self._inputs = saved["inputs"] | self._inputs
        self._put_saved(saved["points"])

    def _put_saved(self, entries: Iterable[dict[str, Any]]) -> None:
        for entry in entries:
            runs = {verb: [Run(**run) for run in runs] for verb, runs in entry["runs"].items()}
            self._put(Point(**entry | {"runs": runs}))

    @classmethod
    def read(cls, path: Path) -> Record:
        """A saved record, of whatever machine."""
        saved = json.loads(path.read_text())
        record = cls({name: saved[name] for name in ("date", "commit", "machine")}, saved["quick"])
        record._inputs = saved["inputs"]
        record._put_saved(saved["points"])
        return record

    def add(self, source: str, made: str, points: Iterable[Point]) -> None:
        """Add what was measured; `made` says what inputs of that kind are."""
        self._inputs[source] = made
        for point in points:
            self._put(point)

    def _put(self, point: Point) -> None:
        if not self.point(point.series, point.input, point.x):
            self.points.append(point)
            self.points.sort(key=lambda point: (list(AXES).index(point.series), point.input != "text", point.x))

    def point(self, series: str, source: str, x: int) -> Point | None:
        """The point there, if there is one."""
        return next((p for p in self.points if (p.series, p.input, p.x) == (series, source, x)), None)

    def curve(self, series: str, source: str, verb: str, measure: str) -> Curve:
        """The points of one curve, and those that an exponent is fitted to.

        Of time, these are the points clear of the start-up; of threads, those that have a core each. Of memory, they
        are the last two: what every process has would hide in a longer line how the rest of it grows.
        """
        points = [point for point in self.points if (point.series, point.input) == (series, source)]
        if series == "threads":
            fitted = [point for point in points if point.x <= self.origin["machine"]["cores"]]
        else:
            least = min(point.value(verb, "cpu") for point in points)
            fitted = [point for point in points if self._quick or point.value(verb, "cpu") > _CLEAR * least]
        if measure == "memory":
            fitted = fitted[-2:]
        scale = 1e6 if measure == "memory" else 1
        pairs, chosen = ([(p.x, p.value(verb, measure) / scale) for p in some] for some in (points, fitted))
        return Curve(f"{verb} {source}" if series == "threads" else verb, pairs, chosen)

    def sources(self, series: str) -> list[str]:
        """The kinds of input of one axis."""
        return list(dict.fromkeys(point.input for point in self.points if point.series == series))

    def slopes(self) -> list[Slope]:
        """Of all curves that have two points to fit, or more."""
        slopes = []
        for series, measures in MEASURES.items():
            for source in self.sources(series):
                for verb in VERBS:
                    for measure in measures:
                        fitted = self.curve(series, source, verb, measure).fitted
                        if len(fitted) > 1:
                            slopes.append(self._slope(series, source, verb, measure, fitted))
        return slopes

    def _slope(
        self, series: str, source: str, verb: str, measure: str, fitted: Sequence[tuple[float, float]]
    ) -> Slope:
        value, last = curves.exponent(fitted), curves.exponent(fitted[-2:])
        judged = not self._quick  # what is as short as that shows the machine's moods
        return Slope(
            series, source, verb, measure, value, int(fitted[0][0]), len(fitted), last, judged and value > LIMIT
        )

    @property
    def good(self) -> bool:
        """Whether nothing is super-linear or wrong."""
        return all(point.right for point in self.points) and not any(slope.super_linear for slope in self.slopes())

    def verdict(self) -> str:
        """A sentence."""
        wrong = [f"{point.input}, {point.x:,} {AXES[point.series]}" for point in self.points if not point.right]
        slopes = self.slopes()
        above = [slope for slope in slopes if slope.super_linear]
        if wrong:
            return f"WRONG: did not come back as it was: {'; '.join(wrong)}"
        if above:
            said = (f"{_name(slope)}: {slope.exponent:.3f}, last step {slope.last_step:.3f}" for slope in above)
            return f"super-linear: {'; '.join(said)}"
        if self._quick or not slopes:
            return "not enough measured to say how it grows"
        return f"no super-linear growth: all {len(slopes)} exponents are at most {LIMIT}"

    def save(self, path: Path) -> None:
        """Write all of it as JSON."""
        report.save(
            path,
            self.origin,
            quick=self._quick,
            inputs=self._inputs,
            verdict=self.verdict(),
            limit=LIMIT,
            slopes=list(map(asdict, self.slopes())),
            points=list(map(asdict, self.points)),
        )


def _name(slope: Slope) -> str:
    return f"{slope.measure} to {slope.verb} by {AXES[slope.series]} ({slope.input})"


def tables(record: Record) -> Iterator[str]:
    """Of the points along each axis, and of the exponents."""
    for series in AXES:
        points = [point for point in record.points if point.series == series]
        if points:
            head = [AXES[series], "packed", *(f"{verb}, {what}" for verb in VERBS for what in ("CPU s", "s", "MB"))]
            yield table(head, [_row(point) for point in points])
    head = ["grows as x^b", "b", "of the last step", "fitted from", "points"]
    yield table(head, [_fit(slope) for slope in record.slopes()])


def _fit(slope: Slope) -> list[str]:
    exponents = [f"{slope.exponent:.3f}", f"{slope.last_step:.3f}"]
    return [_name(slope), *exponents, f"{slope.first:,}", str(slope.points)]


def _row(point: Point) -> list[str]:
    x = f"{point.x}, {point.input} of {point.size:,} bytes" if point.series == "threads" else f"{point.x:,}"
    cells = [x, f"{point.packed:,}"]
    for verb in VERBS:
        cells += [f"{point.value(verb, 'cpu'):.2f}", f"{point.value(verb, 'wall'):.2f}"]
        cells.append(f"{point.value(verb, 'memory') / 1e6:.0f}")
    return cells


def plot(record: Record, folder: Path) -> None:
    """An SVG for each axis: time on the left, memory on the right."""
    folder.mkdir(parents=True, exist_ok=True)
    slopes = {(s.series, s.input, s.verb, s.measure): s.exponent for s in record.slopes()}
    names = {"cpu": "CPU time", "wall": "Wall time", "memory": "Memory"}
    for series, measures in MEASURES.items():
        keys = [(series, source, verb) for source in record.sources(series) for verb in VERBS]
        panels = []
        for measure in (measures[0], "memory"):
            drawn = [record.curve(*key, measure) for key in keys]
            powers = [slopes.get((*key, measure)) for key in keys]
            found = [f"{b:.2f} ({curve.label})" for b, curve in zip(powers, drawn, strict=True) if b is not None]
            found = [said.replace(" ", "\u00a0") for said in found]  # lines break between them only
            title = f"{names[measure]} ~ {AXES[series]}^b"
            unit = "MB" if measure == "memory" else "seconds"
            panels.append(Panel(title, f"b = {', '.join(found)}" if found else "too few points", unit, drawn))
        if keys:
            (folder / f"scaling-{series}.svg").write_text(curves.svg(AXES[series], panels))
