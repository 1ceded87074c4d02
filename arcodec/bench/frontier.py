"""Which codecs may be compared by size and speed, and which of these no other beats."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arcodec.bench.record import UNITS, VERBS, Group, Total, Verb
from arcodec.printable import printable


@dataclass(frozen=True)
class Point:
    """A codec in the plane of speed and size.

    Attributes:
        name: of the codec.
        family: see `CodecFacts`.
        ours: whether it is this package.
        speed: MB of uncompressed data per second of processor time.
        bits: per symbol, all files together.
        says: its figures in words, a line each.
    """

    name: str
    family: str
    ours: bool
    speed: float
    bits: float
    says: str = ""

    @property
    def drawable(self) -> bool:
        """Whether it has a place on two logarithmic axes."""
        return 0 < self.speed < math.inf and 0 < self.bits < math.inf

    def dominates(self, other: Point) -> bool:
        """Whether it is as good in speed and size, and better in one."""
        better = self.speed > other.speed or self.bits < other.bits
        return better and self.speed >= other.speed and self.bits <= other.bits


def points(group: Group, verb: Verb) -> list[Point]:
    """The codecs that did every file; sums over different files could not be compared."""
    totals = [(codec, group.total(codec.name)) for codec in group.codecs()]
    every = [
        Point(
            printable(codec.name),
            codec.family,
            codec.ours,
            total.speed(verb) / 1e6,
            total.bits,
            _says(printable(codec.name), total, UNITS[group.kind]),
        )
        for codec, total in totals
        if total.complete
    ]
    return [point for point in every if point.drawable]


def left_out(group: Group) -> list[str]:
    """Each codec that is not drawn, and why: `gzip -9 (failed on 1 file)`."""
    drawn = {verb: {point.name for point in points(group, verb)} for verb in VERBS}
    lines = []
    for codec in group.codecs():
        name, total = printable(codec.name), group.total(codec.name)
        lacking = [verb for verb in VERBS if name not in drawn[verb]]
        if not total.complete:
            lines.append(f"{name} ({status(total)})")
        elif lacking:
            lines.append(f"{name} (no size or no speed to {' and '.join(lacking)})")
    return lines


def status(total: Total) -> str:
    """How a codec fared: `every file came back`, or `failed on 1 file, skipped on 2 files`."""
    if total.complete and total.expected:
        return "every file came back"
    untried = total.expected - len(total.parts)
    counts = {"failed": len(total.failed), "skipped": len(total.skipped), "not measured": untried}
    return ", ".join(f"{what} on {count_of(number)}" for what, number in counts.items() if number) or "no files"


def count_of(number: int) -> str:
    """`1 file`, `24 files`."""
    return f"{number:,} file{'' if number == 1 else 's'}"


def all_of(number: int) -> str:
    """`the one file`, `all 24 files`."""
    return "the one file" if number == 1 else f"all {count_of(number)}"


def speed_of(megabytes: float) -> str:
    """MB/s to the three digits that a measurement of time may bear."""
    if not math.isfinite(megabytes):
        return "–"
    return f"{megabytes:,.0f}" if megabytes >= 100 else f"{megabytes:#.3g}".rstrip(".")


def _says(name: str, total: Total, unit: str) -> str:
    encode, decode = (f"{speed_of(total.speed(verb) / 1e6)} MB/s" for verb in VERBS)
    memory = ", ".join(f"{total.peak(verb) / 1e6:,.0f} MB to {verb}" for verb in VERBS)
    lines = [
        f"{name}:",
        f"{total.packed:,} bytes, ratio {total.ratio:.2f},",
        f"{total.bits:.3f} bits per {unit},",
        f"encodes {encode}, decodes {decode},",
        f"memory {memory}",
    ]
    return "\n".join([*lines[:-1], f"{lines[-1]},", f"model of {total.model:,} bytes"] if total.model else lines)


def frontier(candidates: Iterable[Point]) -> list[Point]:
    """Those that no other dominates, slowest first."""
    every = list(candidates)
    best = [point for point in every if not any(other.dominates(point) for other in every)]
    return sorted(best, key=lambda point: (point.speed, point.bits))


def outline(best: Sequence[Point], slowest: float, largest: float) -> list[tuple[float, float]]:
    """Corners (speed, bits) of the edge below which nothing is dominated, from the left of a plot to its top."""
    corners = [(slowest, best[0].bits)] if best else []
    for point, following in zip(best, [*best[1:], None], strict=True):
        corners += [(point.speed, point.bits), (point.speed, following.bits if following else largest)]
    return corners
