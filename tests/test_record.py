"""Laws of the arithmetic of records: ratios, bits, sums, speeds, comparisons, and their forms as text."""

from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcodec.bench import comparison, record, tables
from arcodec.bench.record import UNITS, CodecFacts, Measurement, Record, Subject, Timing
from arcodec.printable import printable

_TEXT = st.text(max_size=12)
_SECONDS = st.floats(1e-6, 1e4)


@st.composite
def timings(draw: st.DrawFn) -> Timing:
    runs = draw(st.integers(1, 4))
    times = st.lists(_SECONDS, min_size=runs, max_size=runs)
    return Timing(draw(times), draw(times), draw(st.integers(0, 1 << 40)))


@st.composite
def records(draw: st.DrawFn) -> Record:
    codecs = [
        CodecFacts(name, draw(st.sampled_from([record.OURS, "xz"])), draw(_TEXT), draw(_TEXT), tuple(UNITS))
        for name in draw(st.lists(_TEXT, min_size=1, max_size=3, unique=True))
    ]
    subjects = []
    for name in draw(st.lists(_TEXT, min_size=1, max_size=4, unique=True)):
        kind = draw(st.sampled_from([*UNITS]))
        depth = draw(st.sampled_from([1, 2]))
        symbols = draw(st.integers(0, 1 << 40))
        shape = (1, 1, symbols) if kind == "image" else ()
        corpus = draw(st.sampled_from(["", "a", "b"]))
        subjects.append(Subject(name, corpus, kind, symbols * depth, symbols, "0" * 64, shape))
    measurements = [
        Measurement(
            subject.name, codec.name, draw(st.sampled_from(["ok", "failed", "skipped"])), draw(_TEXT),
            draw(st.integers(1, 1 << 40)), draw(st.integers(0, 99)), draw(timings()), draw(timings()),
        )
        for subject in subjects for codec in codecs if draw(st.booleans())
    ]  # fmt: skip
    return Record("2024-01-01", draw(_TEXT), draw(_TEXT), {"cpu": draw(_TEXT)}, codecs, subjects, measurements)


@given(records())
def test_a_record_is_the_same_when_read_again(original: Record) -> None:
    assert record.loads(record.dumps(original)) == original


def test_saving_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    for date in ("first", "second"):
        record.save(Record(date, "", "", {}), tmp_path / "r.json")
        assert record.load(tmp_path / "r.json").date == date
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema": 2}',
        '{"schema": 1}',
        '{"schema": 1, "date": 3, "codecs": 1, "subjects": [], "x": 0}',
    ],
)
def test_what_is_no_record_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(record.RecordError, match=r"r\.json is no record"):
        record.load(tmp_path / "r.json")


@given(st.integers(1, 1 << 50), st.integers(1, 1 << 50))
def test_bits_and_ratio_say_the_same_of_bytes(size: int, packed: int) -> None:
    assert math.isclose(record.bits(packed, size) * record.ratio(size, packed), 8)


def test_of_nothing_there_is_no_ratio() -> None:
    assert math.isnan(record.ratio(5, 0))
    assert math.isnan(record.bits(5, 0))


@given(records())
def test_only_what_came_back_is_summed(given_record: Record) -> None:
    for group in given_record.groups():
        for codec in group.codecs():
            total = group.total(codec.name)
            found = [given_record.find(subject.name, codec.name) for subject in group.subjects]
            fine = [m for m in found if m and m.status == "ok"]
            assert total.packed == sum(m.packed for m in fine)
            assert len(total.done) + len(total.failed) + len(total.skipped) == sum(m is not None for m in found)
            assert total.complete == (len(fine) == len(group.subjects))
            assert total.peak("encode") == max((m.encode.peak for m in fine), default=0)


@given(records())
def test_sums_lie_between_the_least_and_the_most(given_record: Record) -> None:
    for group in given_record.groups():
        for codec in group.codecs():
            total = group.total(codec.name)
            each = [record.bits(m.packed, subject.symbols) for subject, m in total.done]
            if each and not any(map(math.isnan, each)):
                least, most = min(each) * (1 - 1e-12), max(each) * (1 + 1e-12)
                assert least <= total.bits <= most
                assert least <= total.mean_bits <= most
                rates = [subject.size / sum(m.encode.cpu) for subject, m in total.done if len(m.encode.cpu) == 1]
                if len(rates) == len(each):
                    assert min(rates) * 0.999 <= total.speed("encode") <= max(rates) * 1.001


@given(records())
def test_how_much_faster_is_reciprocal(given_record: Record) -> None:
    for group in given_record.groups():
        totals = [group.total(codec.name) for codec in group.codecs()]
        for one in totals:
            if one.done:
                assert one.faster(one, "decode") == 1
            for other in totals:
                there, back = one.faster(other, "encode"), other.faster(one, "encode")
                pairs = {subject.name for subject, _ in one.done} & {subject.name for subject, _ in other.done}
                assert math.isnan(there) == math.isnan(back) == (not pairs)
                if len(pairs) == 1 and len(one.done[0][1].encode.cpu) == 1:
                    assert math.isclose(there * back, 1) or len(other.done) > 1 or len(one.done) > 1


def _one(packed: int, status: record.Status = "ok", seconds: float = 1.0) -> Record:
    timing = Timing([seconds], [seconds], 1)
    return Record(
        "2024-01-01", "arcodec bench", "", {"cpu": "x"},
        [CodecFacts("arcodec -5", "arcodec", "", "1", ("bytes",))],
        [Subject("a", "", "bytes", 10**6, 10**6, "0" * 64)],
        [Measurement("a", "arcodec -5", status, "why", packed, 0, timing, timing)],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "worse"),
    [
        (_one(100_000), _one(100_000), False),
        (_one(100_000), _one(99_000), False),
        (_one(100_000), _one(100_050), False),  # 0.05 % is allowed
        (_one(100_000), _one(100_051), True),
        (_one(100_000), _one(100_000, seconds=9), False),  # times are no gate
        (_one(100_000), _one(100_000, "failed"), True),
        (_one(100_000, "failed"), _one(100_000, "failed"), False),
        (_one(100_000, "failed"), _one(200_000), False),
    ],
)
def test_a_size_that_grew_is_a_regression(before: Record, after: Record, worse: bool) -> None:
    result = comparison.compare(before, after)
    assert bool(result.worse) == worse
    assert any(note.startswith("WORSE") for note in comparison.table(result).notes) == worse


@given(records())
def test_a_record_is_no_worse_than_itself(given_record: Record) -> None:
    result = comparison.compare(given_record, given_record)
    assert not result.worse
    assert not result.gone
    assert not result.new
    comparison.table(result)


def test_a_file_that_changed_is_another_file() -> None:
    before, after = _one(1000), _one(2000)
    after.subjects = [replace(after.subjects[0], sha256="1" * 64)]
    result = comparison.compare(before, after)
    assert not result.changes
    assert result.gone == result.new == [("arcodec -5", "a")]


def test_other_machines_times_are_not_compared() -> None:
    before, after = _one(1000), _one(1000, seconds=2)
    assert any("0.5" in note for note in comparison.table(comparison.compare(before, after)).notes)
    after.machine = {"cpu": "y"}
    table = comparison.table(comparison.compare(before, after))
    assert table.rows[0][-1] == tables.NONE
    assert any("machines differ" in note for note in table.notes)


@given(records())
def test_tables_have_every_codec_and_every_failure(given_record: Record) -> None:
    for group in given_record.groups():
        table = tables.summary(group)
        assert {row[0] for row in table.rows} == {codec.name for codec in group.codecs()}
        assert all(len(row) == len(table.head) for row in table.rows)
        failed = [m for m in given_record.measurements if m.status == "failed"]
        failed = [m for m in failed if m.subject in {subject.name for subject in group.subjects}]
        assert sum(" failed on " in note for note in table.notes) >= len(failed)
    text = tables.markdown(given_record)
    for codec in given_record.codecs:
        assert f"- {codec.name}: " in text


@given(records())
def test_csv_has_a_line_for_each_measurement(given_record: Record) -> None:
    rows = list(csv.DictReader(io.StringIO(tables.as_csv(given_record))))
    assert len(rows) == len(given_record.measurements)
    for row, m in zip(rows, given_record.measurements, strict=True):
        assert (row["status"], row["note"]) == (m.status, printable(m.note))
        assert row["packed"] == (str(m.packed) if m.status == "ok" else "")


def test_records_are_lines_that_version_control_can_show() -> None:
    text = record.dumps(_one(5))
    assert len(text.splitlines()) == 16
    assert json.loads(text)["schema"] == record.SCHEMA
