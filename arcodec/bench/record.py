"""What was measured, where and how: the record that is saved as JSON, and its arithmetic.

A record holds figures as they were taken; ratios, bits, speeds and sums are computed from it wherever they are shown.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal

from arcodec.errors import ArcodecError

SCHEMA = 1
OURS = "arcodec"  # family of the codecs that are this package

Kind = Literal["bytes", "image", "jpeg", "audio"]
Verb = Literal["encode", "decode"]
Status = Literal["ok", "failed", "skipped"]

# What a symbol is: one byte, one channel of one pixel, one channel's sample
UNITS: dict[Kind, str] = {"bytes": "byte", "image": "subpixel", "jpeg": "byte", "audio": "sample"}
VERBS: tuple[Verb, Verb] = ("encode", "decode")


class RecordError(ArcodecError):
    """A file is no record of measurements, or none of this version."""


@dataclass(frozen=True)
class Subject:
    """A file that codecs are measured on.

    Attributes:
        name: unique in its record: the path below its corpus, or as it was given.
        corpus: what it belongs to, "" if it was given by itself.
        kind: decides which codecs apply, and the unit of `symbols`.
        size: uncompressed bytes; of images those of the raster, without a header.
        symbols: what bits are counted per, see `UNITS`.
        sha256: of the file as it lies on disk.
        shape: of images rows, columns, channels; else empty.
    """

    name: str
    corpus: str
    kind: Kind
    size: int
    symbols: int
    sha256: str
    shape: tuple[int, ...] = ()


@dataclass(frozen=True)
class CodecFacts:
    """Which codec was measured.

    Attributes:
        name: unique in its record; heads rows and columns.
        family: codecs that are one program at several settings share it; those of "arcodec" and "arcodec -m ..." are
            ours.
        settings: what was called and how.
        version: of the program or library.
        kinds: kinds of files that it applies to.
        idle: bytes of memory of its process before the first file, interpreter included: a part of every peak.
    """

    name: str
    family: str
    settings: str
    version: str
    kinds: tuple[Kind, ...]
    idle: int = 0

    @property
    def ours(self) -> bool:
        """Whether it is this package."""
        return self.family.split(" -")[0] == OURS


@dataclass
class Timing:
    """How long and how much memory one direction took.

    Attributes:
        cpu: processor time (user and system) in seconds, for each run.
        wall: elapsed time in seconds, for each run.
        peak: most memory of the process in bytes, over the runs.
    """

    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    peak: int = 0

    def add(self, cpu: float, wall: float, peak: int) -> None:
        """Count one run more."""
        self.cpu.append(cpu)
        self.wall.append(wall)
        self.peak = max(self.peak, peak)


@dataclass
class Measurement:
    """One codec on one file.

    Attributes:
        status: "ok" came back bit for bit every time; "failed" did not, or the codec broke; "skipped" was not tried.
        note: why it failed or was skipped.
        packed: bytes of the whole compressed file; 0 if there is none.
        model: bytes of model files that decoding needs beside it; those that come with a program count too.
    """

    subject: str
    codec: str
    status: Status = "ok"
    note: str = ""
    packed: int = 0
    model: int = 0
    encode: Timing = field(default_factory=Timing)
    decode: Timing = field(default_factory=Timing)

    def timing(self, verb: Verb) -> Timing:
        """That of one direction."""
        return self.encode if verb == "encode" else self.decode


@dataclass
class Record:
    """All that one run measured.

    Attributes:
        date: when it began, ISO 8601, UTC.
        command: what makes it again.
        commit: of the project's checkout, "" outside of one.
        machine: facts by name.
    """

    date: str
    command: str
    commit: str
    machine: dict[str, Any]
    codecs: list[CodecFacts] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)

    def codec(self, name: str) -> CodecFacts:
        """The codec of that name."""
        return next(codec for codec in self.codecs if codec.name == name)

    def subject(self, name: str) -> Subject:
        """The file of that name."""
        return next(subject for subject in self.subjects if subject.name == name)

    def find(self, subject: str, codec: str) -> Measurement | None:
        """The measurement of a codec on a file, if there is one."""
        return next((m for m in self.measurements if (m.subject, m.codec) == (subject, codec)), None)

    @property
    def kinds(self) -> list[Kind]:
        """Kinds of files there are, in the order of `UNITS`."""
        present = {subject.kind for subject in self.subjects}
        return [kind for kind in UNITS if kind in present]

    def groups(self) -> list[Group]:
        """The files by kind and corpus: what sums are made of."""
        keys = dict.fromkeys((s.kind, s.corpus) for kind in self.kinds for s in self.subjects if s.kind == kind)
        return [
            Group(self, kind, corpus, [s for s in self.subjects if (s.kind, s.corpus) == (kind, corpus)])
            for kind, corpus in keys
        ]

    def everything(self, kind: Kind) -> Group:
        """All files of a kind, of whatever corpus."""
        return Group(self, kind, "", [subject for subject in self.subjects if subject.kind == kind])


@dataclass(frozen=True)
class Group:
    """Files of one kind, which may be added up."""

    record: Record
    kind: Kind
    corpus: str
    subjects: list[Subject]

    def codecs(self) -> list[CodecFacts]:
        """Those that were measured, or should have been, on any of the files."""
        names = {subject.name for subject in self.subjects}
        tried = {m.codec for m in self.record.measurements if m.subject in names}
        return [codec for codec in self.record.codecs if codec.name in tried]

    def total(self, codec: str) -> Total:
        """The codec's figures over the files that it did."""
        of_codec = {m.subject: m for m in self.record.measurements if m.codec == codec}
        parts = [(subject, of_codec[subject.name]) for subject in self.subjects if subject.name in of_codec]
        return Total(len(self.subjects), parts)


@dataclass(frozen=True)
class Total:
    """One codec over several files; only those with status "ok" count in sums.

    Attributes:
        expected: files that there are.
        parts: each file with its measurement.
    """

    expected: int
    parts: Sequence[tuple[Subject, Measurement]]

    @property
    def done(self) -> list[tuple[Subject, Measurement]]:
        """What went well."""
        return [(subject, m) for subject, m in self.parts if m.status == "ok"]

    @property
    def complete(self) -> bool:
        """Whether every file went well, so that the sums may be set beside those of others."""
        return len(self.done) == self.expected

    @property
    def failed(self) -> list[Measurement]:
        """What did not come back."""
        return [m for _, m in self.parts if m.status == "failed"]

    @property
    def skipped(self) -> list[Measurement]:
        """What was not tried."""
        return [m for _, m in self.parts if m.status == "skipped"]

    @property
    def size(self) -> int:
        """Uncompressed bytes."""
        return sum(subject.size for subject, _ in self.done)

    @property
    def packed(self) -> int:
        """Compressed bytes, every header counted, models not."""
        return sum(m.packed for _, m in self.done)

    @property
    def model(self) -> int:
        """Bytes of models needed beside the files; one model serves them all."""
        return max((m.model for _, m in self.done), default=0)

    @property
    def ratio(self) -> float:
        """Uncompressed by compressed bytes."""
        return ratio(self.size, self.packed)

    @property
    def bits(self) -> float:
        """Bits per symbol of all files together."""
        return bits(self.packed, sum(subject.symbols for subject, _ in self.done))

    @property
    def mean_bits(self) -> float:
        """Mean over the files of their bits per symbol, as image codecs are commonly compared."""
        each = [bits(m.packed, subject.symbols) for subject, m in self.done]
        return sum(each) / len(each) if each else math.nan

    @property
    def mean_ratio(self) -> float:
        """Harmonic mean of the files' ratios: each file weighs the same."""
        each = [m.packed / subject.size for subject, m in self.done if subject.size]
        return ratio(len(each), sum(each))

    def seconds(self, verb: Verb, clock: Literal["cpu", "wall"] = "cpu") -> float:
        """For all files one after the other: the sum of the medians of each."""
        timings = [m.timing(verb) for _, m in self.done]
        return sum(median(timing.cpu if clock == "cpu" else timing.wall) for timing in timings)

    def speed(self, verb: Verb, clock: Literal["cpu", "wall"] = "cpu") -> float:
        """Uncompressed bytes per second."""
        return ratio(self.size, self.seconds(verb, clock))

    def peak(self, verb: Verb) -> int:
        """Most memory in bytes that any file took."""
        return max((m.timing(verb).peak for _, m in self.done), default=0)

    def faster(self, other: Total, verb: Verb) -> float:
        """How many times as fast as `other`: the median over pairs of runs on a file that followed each other."""
        theirs = {subject.name: m for subject, m in other.done}
        pairs = [
            their / our
            for subject, m in self.done
            if subject.name in theirs
            for our, their in zip(m.timing(verb).cpu, theirs[subject.name].timing(verb).cpu, strict=False)
            if our > 0
        ]
        return median(pairs) if pairs else math.nan


def ratio(size: float, packed: float) -> float:
    """Uncompressed by compressed; not a number where there is nothing compressed."""
    return size / packed if packed else math.nan


def bits(packed: int, symbols: int) -> float:
    """Compressed bits per symbol; not a number where there are no symbols."""
    return 8 * packed / symbols if symbols else math.nan


# --- as JSON ---


def save(record: Record, path: str | os.PathLike[str]) -> None:
    """Write it, see `write`."""
    write(path, dumps(record))


def write(path: str | os.PathLike[str], text: str) -> None:
    """Write a text; a reader finds the old file or the new one, never half of one.

    Raises:
        OSError: it cannot be written.
    """
    target = Path(path)
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)


def dumps(record: Record) -> str:
    """As JSON, a measurement per line."""
    tree = {"schema": SCHEMA, **asdict(record)}
    heads = [f" {json.dumps(key)}: {json.dumps(value)}" for key, value in tree.items() if not _rows(value)]
    lists = [f" {json.dumps(key)}: [\n{_lines(value)}\n ]" for key, value in tree.items() if _rows(value)]
    return "{\n" + ",\n".join(heads + lists) + "\n}\n"


def _rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value)


def _lines(rows: Iterable[Any]) -> str:
    return ",\n".join(f"  {json.dumps(row)}" for row in rows)


def load(path: str | os.PathLike[str]) -> Record:
    """Read what `save` wrote.

    Raises:
        RecordError: it is something else.
        OSError: it cannot be read.
    """
    try:
        return loads(Path(path).read_text(encoding="utf-8"))
    except (ValueError, RecordError) as error:
        raise RecordError(f"{os.fspath(path)} is no record of measurements: {error}") from None


def loads(text: str) -> Record:
    """Read what `dumps` made; raises RecordError or ValueError."""
    tree = json.loads(text)
    if not isinstance(tree, dict) or tree.pop("schema", None) != SCHEMA:
        raise RecordError(f"it lacks schema {SCHEMA}")
    try:
        codecs = [CodecFacts(**{**row, "kinds": tuple(row["kinds"])}) for row in tree.pop("codecs")]
        subjects = [Subject(**{**row, "shape": tuple(row["shape"])}) for row in tree.pop("subjects")]
        measurements = [
            Measurement(**{**row, **{verb: Timing(**row[verb]) for verb in VERBS}})
            for row in tree.pop("measurements")
        ]
        return Record(**tree, codecs=codecs, subjects=subjects, measurements=measurements)
    except (TypeError, KeyError) as error:
        raise RecordError(f"its fields are not those of schema {SCHEMA} ({error})") from None
