"""A record as tables: for a terminal, as Markdown, as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from arcodec.bench.record import OURS, UNITS, CodecFacts, Group, Record, Total
from arcodec.compressor import DEFAULT_LEVEL
from arcodec.printable import printable

if TYPE_CHECKING:
    from rich.table import Table as RichTable

_FEW = 40  # files of a group that still get a row each
_MB = 1e6
NONE = "–"


@dataclass(frozen=True)
class Table:
    """Cells as text; the first column is set left, the others right.

    Attributes:
        title: what it is about.
        head: names of the columns.
        rows: cells; a row that begins with our name is set apart.
        notes: sentences below it.
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    notes: Sequence[str] = field(default=())


def summaries(record: Record) -> list[Table]:
    """A table for each group of files: a row for each codec."""
    return [summary(group) for group in record.groups()]


def summary(group: Group) -> Table:
    """All files of a group together: a row for each codec, the smallest first, those that lack files last."""
    unit = UNITS[group.kind]
    ours = reference(group)
    base = group.total(ours.name) if ours else None
    head = ["codec", "bytes", "ratio", f"bits/{unit}", "encode MB/s", "decode MB/s"]
    if ours:
        head += ["encode ×", "decode ×"]
    head += ["peak MB", "model B", "files"]
    totals = sorted(
        ((codec, group.total(codec.name)) for codec in group.codecs()), key=lambda t: (-len(t[1].done), t[1].packed)
    )
    rows, notes = [], []
    for codec, total in totals:
        rows.append(_row(codec, total, base, group.kind == "image"))
        notes += [f"{codec.name} failed on {printable(m.subject)}: {printable(m.note)}." for m in total.failed]
        notes += _skips(codec, total)
    if ours and any(codec is not ours for codec, _ in totals):
        notes.append(
            f"×: times as fast as {ours.name}, the median over files and runs that followed each other. "
            "Speeds are uncompressed bytes per second of processor time, one thread, decoding compared bit by bit."
        )
    return Table(title(group), head, rows, notes)


def reference(group: Group) -> CodecFacts | None:
    """The codec that others' speed is compared with: arcodec at its default level, or whatever there is of it."""
    ours = [codec for codec in group.codecs() if codec.ours]
    return next((codec for codec in ours if codec.name == f"{OURS} -{DEFAULT_LEVEL}"), ours[0] if ours else None)


def title(group: Group) -> str:
    """The group in words: kodak: 24 images, 28,311,552 subpixels."""
    count = len(group.subjects)
    symbols = sum(subject.symbols for subject in group.subjects)
    names = {"bytes": "file", "image": "image", "jpeg": "JPEG file", "audio": "sound"}
    what = names[group.kind] if count == 1 else f"{names[group.kind]}s"
    corpus = f"{printable(group.corpus)}: " if group.corpus else ""
    return f"{corpus}{count} {what}, {symbols:,} {UNITS[group.kind]}s"


def _row(codec: CodecFacts, total: Total, base: Total | None, image: bool) -> list[str]:
    peaks = [f"{total.peak(verb) / _MB:,.0f}" for verb in ("encode", "decode")]
    cells = [
        codec.name,
        f"{total.packed:,}",
        number(total.ratio),
        number(total.mean_bits if image else total.bits, 3),
        speed(total.speed("encode")),
        speed(total.speed("decode")),
    ]
    if base is not None:
        cells += [factor(total.faster(base, verb)) for verb in ("encode", "decode")]
    cells += ["/".join(peaks), f"{total.model:,}" if total.model else NONE]
    if not total.done:
        cells[1:] = [NONE] * (len(cells) - 1)
    return [*cells, _count(total)]


def _count(total: Total) -> str:
    parts = [f"{len(total.done)} of {total.expected}" if not total.complete else f"{total.expected}"]
    if total.failed:
        parts.append(f"{len(total.failed)} FAILED")
    if total.skipped:
        parts.append(f"{len(total.skipped)} skipped")
    return ", ".join(parts)


def _skips(codec: CodecFacts, total: Total) -> list[str]:
    skipped = total.skipped
    if not skipped:
        return []
    more = f" and {len(skipped) - 1} more" if len(skipped) > 1 else ""
    return [f"{codec.name} skipped {printable(skipped[0].subject)}{more}: {printable(skipped[0].note)}."]


def sizes(group: Group) -> Table | None:
    """Compressed bytes, a row for each file and a column for each codec; None of groups of one or of very many."""
    if not 1 < len(group.subjects) <= _FEW:
        return None
    codecs = group.codecs()
    rows = []
    for subject in group.subjects:
        cells = []
        found = [group.record.find(subject.name, codec.name) for codec in codecs]
        least = min((m.packed for m in found if m and m.status == "ok"), default=0)
        for m in found:
            text = NONE if m is None else f"{m.packed:,}" if m.status == "ok" else m.status
            cells.append(f"**{text}**" if m and m.status == "ok" and m.packed == least else text)
        rows.append([printable(subject.name.removeprefix(f"{group.corpus}/")), f"{subject.size:,}", *cells])
    return Table(f"{title(group)}: bytes", ["file", "size", *(codec.name for codec in codecs)], rows)


def number(value: float, digits: int = 2) -> str:
    """With so many digits after the point, or a dash for what is no number."""
    return NONE if math.isnan(value) else f"{value:,.{digits}f}"


def speed(value: float) -> str:
    """Bytes per second as MB/s with two or three figures."""
    value /= _MB
    if math.isnan(value):
        return NONE
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}" if value < 1 else f"{value:.3g}"


def factor(value: float) -> str:
    """A ratio of speeds: 12, 1.3, 0.045."""
    return NONE if math.isnan(value) else f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def origin(record: Record) -> str:
    """Where and when, in a line."""
    machine = record.machine
    parts = [str(machine.get("cpu", "")), f"{machine.get('cores', '?')} cores"]
    parts += [f"{name.capitalize()} {machine[name]}" for name in ("python", "numba") if name in machine]
    commit = f", commit {record.commit}" if record.commit else ""
    return f"{', '.join(parts)}; {record.date[:10]}{commit}."


# --- forms ---


def markdown(record: Record) -> str:
    """All tables, the codecs' settings and versions, and the command, as Markdown."""
    parts = []
    for group in record.groups():
        parts += [_markdown(table) for table in (summary(group), sizes(group)) if table]
    codecs = [f"- {codec.name}: {codec.settings} ({printable(codec.version)})" for codec in record.codecs]
    parts += [origin(record), "\n".join(codecs), f"Made again by `{record.command}`."]
    return "\n\n".join(parts) + "\n"


def _markdown(table: Table) -> str:
    notes = [f"\n{note}" for note in table.notes]
    return "\n".join([f"**{table.title}**", "", pipes(table.head, table.rows), *notes])


def pipes(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """The table itself, in the syntax of Markdown."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def as_csv(record: Record) -> str:
    """A line for each codec on each file, with medians of times and everything computed from them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    head = ["file", "corpus", "kind", "codec", "version", "status", "note", "size", "symbols", "packed", "model"]
    times = [f"{verb}_{clock}" for verb in ("encode", "decode") for clock in ("cpu_s", "wall_s", "peak_bytes")]
    writer.writerow([*head, "ratio", "bits_per_symbol", *times, "runs", "sha256"])
    for m in record.measurements:
        subject, codec = record.subject(m.subject), record.codec(m.codec)
        total = Total(1, [(subject, m)])
        done = m.status == "ok"
        row: list[object] = [printable(subject.name), printable(subject.corpus), subject.kind, printable(codec.name)]
        row += [printable(codec.version), m.status, printable(m.note)]
        row += [subject.size, subject.symbols, m.packed if done else "", m.model if done else ""]
        row += [f"{total.ratio:.5f}", f"{total.bits:.5f}"] if done else ["", ""]
        for timing in (m.encode, m.decode):
            row += [f"{median(timing.cpu):.4g}", f"{median(timing.wall):.4g}", timing.peak] if done else ["", "", ""]
        writer.writerow([*row, len(m.encode.cpu), subject.sha256])
    return text.getvalue()


def rich_table(table: Table, ours: Iterable[str] = ()) -> RichTable:
    """For a terminal; rows of our codecs are bold."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(title=Text(table.title), box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for place, head in enumerate(table.head):
        drawn.add_column(Text(head), justify="right" if place else "left", no_wrap=not place)
    mine = set(ours)
    for row in table.rows:
        drawn.add_row(*map(Text, row), style="bold" if row[0] in mine else "")
    return drawn
