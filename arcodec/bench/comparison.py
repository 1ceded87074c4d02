"""What grew or slowed from one record to another: the regression gate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import median

from arcodec.bench.record import VERBS, Measurement, Record, Verb, ratio
from arcodec.bench.tables import NONE, Table, factor
from arcodec.printable import printable

TOLERANCE = 0.0005  # of a size, that it may grow
_NOISE = 0.10  # of a speed, that says nothing on a shared machine


@dataclass(frozen=True)
class Change:
    """One codec on one file, before and after."""

    before: Measurement
    after: Measurement

    @property
    def grown(self) -> float:
        """Of the size, positive where it grew; infinite where something cannot be decoded any more."""
        if self.after.status == "failed":
            return math.inf if self.before.status == "ok" else 0.0
        if {self.before.status, self.after.status} != {"ok"} or not self.before.packed:
            return 0.0
        return self.after.packed / self.before.packed - 1

    @property
    def worse(self) -> bool:
        """Whether it is a regression: a size grew by more than the tolerance, or a file does not come back."""
        return self.grown > TOLERANCE

    def faster(self, verb: Verb) -> float:
        """How many times as fast it became; not a number where it did not come back."""
        before, after = (m.timing(verb).cpu if m.status == "ok" else [] for m in (self.before, self.after))
        return ratio(median(before), median(after)) if before and after else math.nan


@dataclass(frozen=True)
class Comparison:
    """Two records side by side.

    Attributes:
        changes: what both have.
        gone: codec and file that only the first has.
        new: codec and file that only the second has.
        same_machine: whether times may be compared.
    """

    changes: list[Change]
    gone: list[tuple[str, str]]
    new: list[tuple[str, str]]
    same_machine: bool

    @property
    def worse(self) -> list[Change]:
        """The regressions."""
        return [change for change in self.changes if change.worse]


def compare(before: Record, after: Record) -> Comparison:
    """Match two records by codec and by file; a file counts as the same if its name and its contents are."""
    keyed = [{_key(record, m): m for m in record.measurements if m.status != "skipped"} for record in (before, after)]
    old, new = keyed
    changes = [Change(old[key], new[key]) for key in old if key in new]
    gone, fresh = (
        [(m.codec, m.subject) for key, m in a.items() if key not in b] for a, b in ((old, new), (new, old))
    )
    return Comparison(changes, gone, fresh, before.machine == after.machine)


def _key(record: Record, m: Measurement) -> tuple[str, str, str]:
    return m.codec, m.subject, record.subject(m.subject).sha256


def table(comparison: Comparison) -> Table:
    """A row for each codec: sizes that grew and shrank, total, speeds; then the files that changed."""
    rows = []
    for codec in dict.fromkeys(change.before.codec for change in comparison.changes):
        of_codec = [change for change in comparison.changes if change.before.codec == codec]
        done = [c for c in of_codec if c.before.status == c.after.status == "ok"]
        sizes = [sum(getattr(c, side).packed for c in done) for side in ("before", "after")]
        speeds = [_speed(comparison, codec, verb) for verb in VERBS]
        grown, shrunk = sum(c.grown > 0 for c in of_codec), sum(c.grown < 0 for c in of_codec)
        failed = sum(c.after.status == "failed" for c in of_codec)
        rows.append([
            codec, f"{len(of_codec)}", f"{sizes[0]:,}", f"{sizes[1]:,}", change_of(sizes[0], sizes[1]),
            f"{grown}", f"{shrunk}", f"{failed}",
            *(factor(each) if comparison.same_machine else NONE for each in speeds),
        ])  # fmt: skip
    head = ["codec", "files", "before", "after", "change", "grew", "shrank", "failed", "encode ×", "decode ×"]
    return Table("bytes, and times as fast as before", head, rows, _notes(comparison))


def _notes(comparison: Comparison) -> list[str]:
    moved = sorted((c for c in comparison.changes if c.grown), key=lambda c: -c.grown)
    notes = [
        f"{'WORSE: ' if c.worse else ''}{c.after.codec} on {printable(c.after.subject)}: "
        + (f"failed: {printable(c.after.note)}" if math.isinf(c.grown) else
           f"{c.before.packed:,} -> {c.after.packed:,} bytes ({c.grown:+.3%})")
        for c in moved
    ]  # fmt: skip
    if not comparison.same_machine:
        notes.append("Times are not compared: the machines differ.")
    else:
        notes += [
            f"{codec} is {verb}d at {factor(value)} of the speed before (the median over files)."
            for codec in dict.fromkeys(change.after.codec for change in comparison.changes)
            for verb in VERBS
            if (value := _speed(comparison, codec, verb)) < 1 - _NOISE
        ]
    for what, pairs in (("not measured any more", comparison.gone), ("new", comparison.new)):
        by_codec: dict[str, int] = {}
        for codec, _ in pairs:
            by_codec[codec] = by_codec.get(codec, 0) + 1
        notes += [f"{codec}: {count} files {what}." for codec, count in by_codec.items()]
    return notes


def _speed(comparison: Comparison, codec: str, verb: Verb) -> float:
    """How many times as fast a codec became, the median over files."""
    each = [change.faster(verb) for change in comparison.changes if change.before.codec == codec]
    return median([value for value in each if not math.isnan(value)] or [math.nan])


def change_of(before: float, after: float) -> str:
    """A change in percent: +0.12 %."""
    return f"{100 * (after / before - 1):+.2f} %" if before else NONE
