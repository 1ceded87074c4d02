"""How time and memory grow: the script runs, and its arithmetic is right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import curves, inputs
from bench.growth import AXES, LIMIT, VERBS, Point, Record, Run
from bench.report import ROOT

ORIGIN = {"date": "2026-01-01", "commit": "0000000", "machine": {"cpu": "one", "cores": 2}}
POSITIVE = st.floats(1e-3, 1e6)


def _record(exponent: float) -> Record:
    """A start of a second and half a MB, and a law of growth."""
    record = Record(ORIGIN, quick=False)
    for x in (1 << step for step in range(0, 40, 4)):
        run = Run(1 + 1e-6 * x**exponent, 1 + 1e-6 * x**exponent, 1 << 19)
        record.add("text", "a text", [Point("size", "text", x, x, runs={verb: [run] for verb in VERBS})])
    return record


@given(
    st.floats(-3, 3), POSITIVE, st.lists(POSITIVE, min_size=2, max_size=9, unique_by=lambda x: round(np.log(x), 1))
)
def test_the_exponent_of_a_power_law_is_found(power: float, factor: float, xs: list[float]) -> None:
    points = [(x, factor * x**power) for x in xs]
    assert curves.exponent(points) == pytest.approx(power, abs=1e-6)
    assert curves.exponent([(7 * x, 3 * y) for x, y in points]) == pytest.approx(power, abs=1e-6)


@given(st.floats(0.8, 1.5))
def test_the_verdict_tells_super_linear_growth(exponent: float) -> None:
    record = _record(exponent)
    times = [slope for slope in record.slopes() if slope.measure == "cpu"]
    assert len(times) == 2
    for slope in times:
        # What is left of the start-up in the points that count makes it a little less.
        assert exponent - 0.03 < slope.exponent < exponent + 1e-6
        assert slope.super_linear == (slope.exponent > LIMIT)
    assert record.good == (not any(slope.super_linear for slope in times))
    assert record.verdict().startswith("no super-linear" if record.good else "super-linear: cpu to compress by bytes")
    assert all(slope.exponent == pytest.approx(0) for slope in record.slopes() if slope.measure == "memory")


def test_points_near_the_start_up_do_not_count() -> None:
    fitted = _record(1).curve("size", "text", "compress", "cpu").fitted
    assert [y > 5 for _, y in fitted] == [True] * len(fitted)
    assert 2 < len(fitted) < len(_record(1).points)


def test_what_came_back_wrong_is_said() -> None:
    record = _record(1)
    record.add("text", "a text", [Point("size", "text", 5, 5, right=False, runs=record.points[0].runs)])
    assert not record.good
    assert record.verdict() == "WRONG: did not come back as it was: text, 5 bytes"


def test_points_are_taken_from_the_same_machine_and_commit_only(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    _record(1).save(kept)
    same = Record(ORIGIN, quick=False)
    same.take(kept)
    assert same.points == Record.read(kept).points == _record(1).points
    assert Record.read(kept).verdict() == _record(1).verdict()
    for other in (Record(ORIGIN | {"commit": "1111111"}, quick=False), Record(ORIGIN, quick=True)):
        other.take(kept)
        assert not other.points


def test_inputs_have_their_size_and_do_not_repeat(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ARCODEC_CORPORA", raising=False)
    inputs.text(100_000, tmp_path / "text")
    data = (tmp_path / "text").read_bytes()
    assert len(data) == 100_000
    assert data.startswith((ROOT / "corpora/gpl-3.0.txt").read_bytes())
    assert len({data[start : start + 5000] for start in range(0, 100_000, 5000)}) == 20
    inputs.small_files(3, tmp_path / "small")
    assert b"".join(path.read_bytes() for path in sorted((tmp_path / "small").iterdir())) == data[: 3 * 1024]
    for pixels in (100, 500_000):
        inputs.picture(pixels, tmp_path / "picture")
        head, size, _, raster = (tmp_path / "picture").read_bytes().split(b"\n", 3)
        columns, rows = map(int, size.split())
        assert head == b"P6"
        assert 3 * columns * rows == len(raster)
        assert columns * rows == pytest.approx(pixels, rel=0.1)


@pytest.mark.skipif(not hasattr(os, "wait4"), reason="processes are measured by os.wait4")
def test_scaling_measures_saves_draws_and_resumes(tmp_path: Path) -> None:
    pytest.importorskip("vl_convert", reason="it is in the extra `bench`")
    out, plots = tmp_path / "out.json", tmp_path / "plots"
    command = [
        sys.executable,
        "-m",
        "bench.scaling",
        "--quick",
        "--markdown",
        "--json",
        str(out),
        "--plot",
        str(plots),
    ]
    # The smallest files will do, wherever it runs.
    environment = {name: value for name, value in os.environ.items() if name != "ARCODEC_CORPORA"}
    first = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    saved = json.loads(out.read_text())
    assert {"date", "commit", "machine", "quick", "inputs", "verdict", "limit", "slopes", "points"} == saved.keys()
    points, slopes = ({each["series"] for each in saved[name]} for name in ("points", "slopes"))
    assert points == {*AXES}
    assert slopes | {"threads"} == points  # one core is no series of threads
    assert first.stdout.endswith(saved["verdict"] + "\n")
    assert saved["verdict"] == "not enough measured to say how it grows"
    for point in saved["points"]:
        assert point["right"]
        assert 0 < point["packed"] < 1.5 * point["size"]
        for verb in VERBS:
            for run in point["runs"][verb]:
                assert min(run["cpu"], run["wall"]) > 0
                assert run["memory"] > 1 << 24
    drawn = {path.name: path.read_text() for path in plots.iterdir()}
    assert drawn.keys() == {f"scaling-{axis}.svg" for axis in AXES}
    assert all(text.startswith("<svg") for text in drawn.values())
    again = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert "min left" not in again.stderr
    assert json.loads(out.read_text())["points"] == saved["points"]
