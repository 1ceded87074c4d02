"""The measuring scripts work, and the small files in corpora/ can be made again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench import compare, measure
from bench.files import FileSet
from bench.measure import Result
from bench.report import ROOT, table
from bench.rivals import CODECS, Codec

RIVALS = [codec for codecs in CODECS.values() for codec in codecs if codec.name != compare.OURS]


def _need(codec: Codec) -> None:
    if not codec.installed:
        pytest.skip(f"{codec.package} is not installed: it is in the extra `bench`")


@pytest.mark.parametrize("codec", RIVALS, ids=lambda codec: codec.name)
def test_rivals_restore_what_they_encode(codec: Codec) -> None:
    _need(codec)
    encode, decode = codec.load()
    data = (ROOT / "corpora/stations.csv").read_bytes()[: 3 * 40 * 30]
    if codec.pixels:
        pixels = np.frombuffer(data, np.uint8).reshape(30, 40, 3)
        assert np.array_equal(decode(encode(pixels)), pixels)
    else:
        assert decode(encode(data)) == data
    assert codec.version()


def test_the_small_files_are_made_again_byte_for_byte(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "corpora/make.py", tmp_path], cwd=ROOT, check=True)
    made = {path.name for path in tmp_path.iterdir()}
    assert made == {path.name for path in (ROOT / "corpora").iterdir() if path.is_file()} - {
        "README.md",
        "gpl-3.0.txt",
        "make.py",
    }
    for name in made:
        assert (tmp_path / name).read_bytes() == (ROOT / "corpora" / name).read_bytes(), name


@pytest.mark.parametrize("only", ["stations.csv/(gzip|bzip2)", "corpora/PNG"])
def test_compare_measures_and_saves(only: str, tmp_path: Path) -> None:
    for codec in RIVALS:
        if codec.name in only:
            _need(codec)
    out = tmp_path / "out.json"
    command = [sys.executable, "-m", "bench.compare", "--quick", "--markdown", "--json", str(out), "--only", only]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    saved = json.loads(out.read_text())
    assert {"date", "commit", "machine", "codecs", "interpreter", "results"} <= saved.keys()
    for result in saved["results"]:
        assert not result["wrong"]
        assert 0 < sum(result["packed"]) < sum(result["raw"])
        assert result["seconds"]["encode"][0] > result["seconds"]["decode"][0] > 0
        assert result["peak"]["encode"] > 1 << 20
        assert f"{sum(result['packed']):,}" in printed
        assert f"- {result['codec']}: " in printed


def test_compare_fails_where_a_decode_is_wrong(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def damaged(result: Result, codec: Codec, files: FileSet, work: Path) -> None:
        result.packed = [10 for _ in files.files]
        result.seconds = {"encode": [1.0], "decode": [1.0]}
        result.peak = {"encode": 1, "decode": 1}
        result.wrong = [path.name for path in files.files]

    monkeypatch.setattr(measure, "run", damaged)
    monkeypatch.setattr(sys, "argv", ["compare", "--quick", "--only", "stations.csv/gzip"])
    assert compare.main() == 1
    assert "WRONG: gzip -9 did not restore stations.csv" in capsys.readouterr().err


def test_tables_are_markdown() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | ---: |\n| 1 | 2 |\n"
