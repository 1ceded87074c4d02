"""`arcodec train` from the command line: what it writes, what it says, and what it refuses."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from arcodec.cli import main
from arcodec.cli import train as verb
from arcodec.models import store

LINES = b"".join(b"2026-01-%02d %02d:00 server %d ready\n" % (k % 28 + 1, k % 24, k * k % 7) for k in range(200))
NET = ("--arch", "histogram", "--steps", "6", "-T1")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with two files in `logs` and no models of the user's."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("ARCODEC_MODEL_PATH", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_bytes(LINES)
    (tmp_path / "logs" / "b.log").write_bytes(LINES[:700])
    return tmp_path


def image(path: Path, mode: str = "L") -> None:
    file = io.BytesIO()
    Image.effect_noise((48, 48), 40).convert(mode).save(file, "PNG")
    path.write_bytes(file.getvalue())


def refused(capsys: pytest.CaptureFixture[str], status: int, *arguments: str) -> str:
    assert main(["train", *arguments]) == status
    said = capsys.readouterr().err
    assert "arcodec: " in said
    return said


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-o", "m"], "name the files to train on"),
        (["logs/a.log"], "Missing option '-o'"),
        (["-", "-o", "m"], "standard input cannot be trained on"),
        (["logs/a.log", "-o", "m", "--prior", "--arch", "gru"], "--prior trains no net"),
        (["logs/a.log", "-o", "m", "--size", "base"], "--size is that of a net"),
        (["logs/a.log", "-o", "m", "--arch", "vgg"], "'vgg' is not one of"),
        (["logs/a.log", "-o", "m", "--arch", "gru", "--size", "base", "--from", "x"], "--size and --from contradict"),
        (["logs/a.log", "-o", "m", "--validation", "60%"], "'60%' is no share; write 10% or 0.1"),
        (["logs/a.log", "-o", "m", "--time", "soon"], "'soon' is no time"),
    ],
)
def test_misuse(arguments: list[str], words: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert words in refused(capsys, 2, *arguments)
    assert sorted(os.listdir(home)) == ["logs"]


def test_bad_files(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*files: str) -> str:
        words = refused(capsys, 1, *files, "-o", "./m", *NET)
        assert not list(home.glob("m.*"))
        return words

    (home / "empty").touch()
    (home / "tiny").write_bytes(b"tiny")
    image(home / "gray.png")
    image(home / "colour.png", "RGB")
    Image.effect_noise((48, 48), 40).save(home / "a.jpg")
    assert "no-such: there is no such file" in said("no-such", "logs/a.log")
    assert "arcodec: nothing was trained" in said("logs/a.log", "no-such")
    assert "logs: is a folder; -r takes what is in it" in said("logs")
    assert "nothing to train on: the file is empty" in said("empty")
    assert "4 bytes are too little to train on" in said("tiny")
    assert "several kinds: 1 of bytes, 1 of images" in said("logs/a.log", "gray.png")
    assert "several modes: 1 RGB, 1 gray" in said("colour.png", "gray.png")
    assert "no model of JPEG coefficients" in said("a.jpg")


def test_outputs_that_cannot_be_written_are_refused_before_training(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "m.safetensors").write_bytes(b"mine")
    assert "m.safetensors exists; -f replaces it" in refused(capsys, 1, "logs/a.log", "-o", "m.safetensors", *NET)
    assert "there is no folder no" in refused(capsys, 1, "logs/a.log", "-o", "no/m", *NET)
    assert (home / "m.safetensors").read_bytes() == b"mine"


def test_without_torch_the_extra_is_named(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verb, "find_spec", lambda name: None)
    said = refused(capsys, 1, "logs/a.log", "-o", "./m", "--steps", "5")
    assert "training needs torch: pip install 'arcodec[train]'; --prior does without" in said
    assert "; --prior" not in refused(capsys, 1, "logs/a.log", "-o", "./m", *NET)


def test_help_is_light() -> None:
    code = (
        "import sys; from arcodec.cli import main; assert main(['train', '-h']) == 0; "
        "print({'numpy', 'torch', 'numba', 'rich'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.endswith("set()\n")
    assert "--checkpoint" in ran.stdout


# --- what is written ----------------------------------------------------------------------------------------


def _trained(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    pytest.importorskip("torch", reason="needs torch (pip install 'arcodec[train]')")
    assert main(["train", *arguments]) == 0
    return capsys.readouterr().err


def test_a_net_from_files_to_files(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = _trained(capsys, "-r", "logs", "-o", "lines", *NET, "--licence", "CC0", "--seed", "3")
    path = store.user_folder() / "lines.safetensors"
    file = store.read(path)
    assert "2 files of bytes: 6" in said
    assert f"{path}: {path.stat().st_size:,} bytes, histogram-1, id {file.id.hex()}" in said
    assert "warning: this model is no gain" in said
    assert file.header["name"] == "lines"
    assert file.header["licence"] == "CC0"
    assert file.header["symbols"] == "bytes"
    assert file.header["command"] == "arcodec train --steps 6 --arch histogram --seed 3 --validation 0.1"
    assert "logs" not in str(file.header)
    training, measured = (json.loads(file.header[key]) for key in ("training", "measured"))
    assert training["files"] == 2
    assert training["bytes"] == len(LINES) + 700
    assert training["steps"] == 6
    assert set(measured) == {"validation", "shipped", "float"}
    assert abs(measured["validation"] - measured["float"]) < 0.02 * measured["float"]
    assert not list(path.parent.glob("*.checkpoint"))
    assert main(["compress", "-q", "-m", str(path), "logs/b.log"]) == 0
    (home / "logs" / "b.log").unlink()
    assert main(["decompress", "-q", "logs/b.log.arcz"]) == 0
    assert (home / "logs" / "b.log").read_bytes() == LINES[:700]


def test_steps_give_the_same_file_each_time_and_after_an_interruption(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("logs/a.log", *NET, "-q", "--name", "x")
    assert _trained(capsys, *arguments, "-o", "./one") == ""
    code = (
        "import os, signal, sys; from arcodec.cli import main; from arcodec.training.windows import Windows; "
        "inner, count = Windows.__next__, iter(range(99));"
        "\ndef slow(self):\n    next(count) == 3 and os.kill(os.getpid(), signal.SIGTERM)\n    return inner(self)\n"
        "Windows.__next__ = slow; sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "train", *arguments, "-o", "./two"]
    env = {**os.environ, "PYTHONPATH": str(Path(verb.__file__).parents[2])}
    ran = subprocess.run(command, capture_output=True, text=True, env=env, cwd=home)
    assert ran.returncode == 128 + signal.SIGTERM
    assert "two.safetensors.checkpoint has what was learnt; the same command goes on with it" in ran.stderr
    assert not (home / "two.safetensors").exists()
    assert "is of another run (seed 0, not 1); remove it, or name another file with --checkpoint" in refused(
        capsys, 1, *arguments, "-o", "./two", "--seed", "1"
    )
    assert _trained(capsys, *arguments, "-o", "./two") == ""
    assert (home / "one.safetensors").read_bytes() == (home / "two.safetensors").read_bytes()
    assert not (home / "two.safetensors.checkpoint").exists()


def test_a_net_can_be_gone_on_with(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _trained(capsys, "logs/a.log", "-o", "./one", "-q", *NET)
    _trained(capsys, "logs/a.log", "-o", "./two", "-q", "--from", "./one.safetensors", "--steps", "30", "-T1")
    one, two = (json.loads(store.read(f"{n}.safetensors").header["measured"])["validation"] for n in ("one", "two"))
    assert two < one
    said = refused(capsys, 1, "logs/a.log", "-o", "./x", "--from", "one.safetensors", "--arch", "gru", "--steps", "1")
    assert "the model to begin from is of histogram-1, not gru-1" in said
    image(home / "a.png")
    assert "pixelcnn is for images" in refused(
        capsys, 1, "logs/a.log", "-o", "./x", "--arch", "pixelcnn", "--steps", "1"
    )


def test_a_net_of_images(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ramp = np.arange(48)[:, None] * 4 + np.arange(40)[None, :] * 2
    for k in range(3):
        Image.fromarray((ramp + k).astype(np.uint8)).save(home / f"{k}.png")
    said = _trained(capsys, "0.png", "1.png", "2.png", "-o", "./net", *NET)
    assert "3 files of gray images: 3,840 samples to learn from; 1 of them are set aside" in said
    assert "bits/sample" in said
    assert store.read("net.safetensors").header["symbols"] == "pixels"


def test_a_sample_to_begin_from_needs_no_torch(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verb, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert main(["train", "-r", "logs", "-o", "lines", "--prior", "-T1"]) == 0
    said = capsys.readouterr().err
    assert "smaller\nuse it: arcodec compress -m lines FILES" in said
    path = str(store.user_folder() / "lines.safetensors")
    assert store.read(path).header["command"] == "arcodec train --seed 0 --validation 0.1 --prior"
    assert main(["compress", "-q", "-m", path, "logs/b.log"]) == 0
    assert (home / "logs" / "b.log.arcz").stat().st_size < 200


# --- what is shown ------------------------------------------------------------------------------------------


def test_lines_and_tables_show_how_it_goes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from arcodec.cli import training_table
    from arcodec.training.adapt import Progress

    def states() -> list[Any]:
        return [
            Progress("net", 0, 100, 0.0, None, 0, None, None, 5000),
            Progress("net", 50, 100, 65.0, 65.0, 130_000, 2.5, 2.25, 5000),
            Progress("net", 51, 100, 66.0, 64.0, 132_000, 2.5, 2.25, 5000),
            Progress("net", 100, 100, 3700.0, 0.0, 260_000, 2.25, 2.0, 5000),
        ]

    for quiet in (True, False):
        with training_table.TrainingTable(8000, "byte", quiet) as table:
            for state in states():
                table(state)
    assert capsys.readouterr().err.splitlines() == [
        "net, 0/100 steps, 0:00",
        "net, 50/100 steps, 1:05: 2.500 bits/byte, validation 2.250 (7.8 KiB -> 2.2 KiB), 2.0 K symbols/s, 1:05 left",
        "net, 100/100 steps, 1:01:40: 2.250 bits/byte, validation 2.000 (7.8 KiB -> 2.0 KiB), 0.1 K symbols/s, "
        "0:00 left",
    ]
    monkeypatch.setattr(training_table, "watched", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    with training_table.TrainingTable(8000, "byte", quiet=False) as table:
        for state in states():
            table(state)
        drawn = table._table(states()[-1])
        assert (drawn.row_count, len(drawn.columns)) == (3, 9)
