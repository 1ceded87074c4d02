"""The training data: nothing of the measured files is left in it, all else is, and batches are true to it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from arcodec.training import data
from arcodec.training.batches import Batches
from arcodec.training.data import TrainingDataError, prepare
from arcodec.training.overlap import DISTINCT, WINDOW, Windows, stretches

CATEGORIES = {"code": 0.5, "logs": 0.3, "prose_en": 0.2}


def _lines(size: int, seed: int) -> bytes:
    """Lines of 2 to 9 random words of 8 letters."""
    random = np.random.default_rng(seed)
    text = random.integers(97, 123, size, np.uint8)
    text[8::9] = 32
    text[np.cumsum(random.integers(2, 10, size // 18) * 9)[:-1] % size - 1] = 10
    return text.tobytes()


def _array(text: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(bytearray(text), np.uint8)


# --- overlap ---


@pytest.fixture
def measured(tmp_path: Path) -> Path:
    root = tmp_path / "corpora"
    (root / "bytes" / "some").mkdir(parents=True)
    (root / "bytes" / "some" / "a.txt").write_bytes(_lines(9000, 1))
    (root / "bytes" / "some" / "b.bin").write_bytes(bytes(5000) + b"-" * 999 + _lines(1000, 2) + b"tiny")
    (root / "bytes" / "some" / "c.txt").write_bytes(b"shorter than a window")
    return root


def _paths(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_find_agrees_with_a_set_of_windows(measured: Path) -> None:
    paths = _paths(measured)
    first, second = paths[0].read_bytes(), paths[1].read_bytes()
    text = _lines(700, 3) + first[100:147] + _lines(60, 4) + first[500:700] + second[5980:6100] + second[:200]
    known: dict[bytes, int] = {}
    for number, path in enumerate(paths, 1):
        content = path.read_bytes()
        for i in range(len(content) - WINDOW + 1):
            if len(set(content[i : i + WINDOW])) >= DISTINCT:
                known.setdefault(content[i : i + WINDOW], number)
    windows = Windows.of(paths)
    assert windows.count == len(known)
    expected = [known.get(text[i : i + WINDOW], 0) for i in range(len(text))]
    assert windows.find(_array(text)).tolist() == expected
    assert set(expected) == {0, 1, 2}


def test_texts_shorter_than_a_window_share_nothing(measured: Path) -> None:
    windows = Windows.of(_paths(measured))
    for text in (b"", b"shorter than a window", _paths(measured)[0].read_bytes()[: WINDOW - 1]):
        assert not windows.find(_array(text)).any()
    assert not Windows.of([]).find(_array(_lines(200, 1))).any()


def test_stretches_are_the_bytes_in_found_windows() -> None:
    random = np.random.default_rng(5)
    found = np.zeros(5000, np.uint16)
    found[random.integers(0, 5000 - WINDOW, 60)] = 1
    found[[0, 300, 300 + WINDOW, 5000 - WINDOW]] = 7
    covered = np.zeros(5000, bool)
    for i in np.flatnonzero(found):
        covered[i : i + WINDOW] = True
    marked = np.zeros(5000, bool)
    for begin, end in stretches(found):
        assert not marked[max(0, begin - 1) : end].any()
        marked[begin:end] = True
    assert (marked == covered).all()
    assert stretches(np.zeros(9, np.uint16)).shape == (0, 2)


# --- preparing ---


@pytest.fixture
def prepared(tmp_path: Path, measured: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Training texts with stretches of measured files in them, prepared, in small blocks."""
    monkeypatch.setattr(data, "BLOCK", 2048)
    monkeypatch.setattr(data, "EVERY", 5)
    monkeypatch.setattr(data, "CHOSEN", 2)
    leak = (measured / "bytes" / "some" / "a.txt").read_bytes()
    root = tmp_path / "texts" / "bytes"
    for number, name in enumerate(CATEGORIES):
        text = bytearray(_lines(60_000, 10 + number))
        for place in (0, 7_000, 30_000, 59_900):
            text[place:place] = leak[place % 5000 :][:150]
        text[20_000:20_000] = bytes(300)
        (root / name).mkdir(parents=True)
        (root / name / "text.txt").write_bytes(text)
    many = b"".join(b"<?php\n" + _lines(400, 90 + i) + b"\n" for i in range(40))
    (root / "code" / "many.php").write_bytes(many)
    (root / "MANIFEST.tsv").write_text("file\tnote\ncode/many.php\t5 equal slices of a longer one\n")
    prepare(tmp_path / "texts", measured, tmp_path / "out")
    return tmp_path / "out"


def _pieces(folder: Path, part: str) -> list[tuple[bytes, int]]:
    text = (folder / f"{part}.bin").read_bytes()
    index = np.load(folder / f"{part}.index.npy")
    assert index.dtype == np.int64
    assert index[:, 1].sum() == len(text)
    assert (index[:, 0] == np.cumsum(index[:, 1]) - index[:, 1]).all()
    return [(text[start : start + size], category) for start, size, category in index.tolist()]


def test_what_measured_files_have_is_removed_and_the_rest_kept(prepared: Path, measured: Path) -> None:
    leak = {
        text[i : i + WINDOW] for text in [_paths(measured)[0].read_bytes()] for i in range(len(text) - WINDOW + 1)
    }
    report = json.loads((prepared / "report.json").read_text())
    categories = report["categories"]
    assert categories == sorted(CATEGORIES)
    sources = {row["name"]: row for row in report["sources"]}
    for part in data.PARTS:
        for piece, category in _pieces(prepared, part):
            assert not any(piece[i : i + WINDOW] in leak for i in range(len(piece) - WINDOW + 1))
            folder = prepared.parent / "texts" / "bytes" / categories[category]
            assert any(piece in path.read_bytes() for path in folder.iterdir())
    for row in sources.values():
        kept = row["train"] + row["held"]
        assert kept + row["overlap"] + row["lines"] + row["scraps"] == row["bytes"]
        assert 0.1 * kept < row["held"] < 0.3 * kept
        if row["name"].endswith(".txt"):
            assert 4 * 150 <= row["overlap"] < 4 * 150 + 40
            assert row["lines"] + row["scraps"] < 4 * 2 * 100 + 2 * data.SHORTEST
            assert row["shared"].keys() == {"some/a.txt"}
        else:
            assert row["overlap"] == 0
    assert sum(len(piece) for piece, _ in _pieces(prepared, "train")) == sum(s["train"] for s in sources.values())
    assert report["windows left"] == {"train": 0, "held": 0}


def test_cuts_are_at_line_ends(prepared: Path) -> None:
    text = (prepared.parent / "texts" / "bytes" / "logs" / "text.txt").read_bytes()
    number = sorted(CATEGORIES).index("logs")
    pieces = [piece for part in data.PARTS for piece, category in _pieces(prepared, part) if category == number]
    for piece in pieces:
        begin = text.index(piece)
        end = begin + len(piece)
        assert begin % 2048 == 0 or text[begin - 1 : begin] == b"\n"
        assert end % 2048 == 0 or end == len(text) or piece.endswith(b"\n")


def test_beginnings_of_files_and_joined_slices_are_known(prepared: Path) -> None:
    found = 0
    for part in data.PARTS:
        text, starts = (prepared / f"{part}.bin").read_bytes(), np.load(prepared / f"{part}.starts.npy")
        assert all(text[start : start + 6] == b"<?php\n" for start in starts)
        found += len(starts)
    report = json.loads((prepared / "report.json").read_text())
    source = next(row for row in report["sources"] if row["name"] == "code/many.php")
    assert source["starts"] == 40
    assert 40 - source["scraps"] / 400 - 1 < found <= 40  # scraps may have begun with some
    text = (prepared.parent / "texts" / "bytes" / "code" / "many.php").read_bytes()
    size = len(text)
    begins = {text.find(piece) for part in data.PARTS for piece, _ in _pieces(prepared, part)}
    assert {size * k // 5 for k in range(5)} <= begins


def test_the_same_input_gives_the_same_files(prepared: Path, measured: Path, tmp_path: Path) -> None:
    prepare(tmp_path / "texts", measured, tmp_path / "again")
    for path in _paths(prepared):
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_what_is_left_is_an_error(
    tmp_path: Path, prepared: Path, measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "_whole_lines", lambda text, covered: [])
    with pytest.raises(TrainingDataError, match="windows of measured files"):
        prepare(tmp_path / "texts", measured, tmp_path / "leaky")


def test_no_texts_and_no_measured_files_are_errors(tmp_path: Path, measured: Path) -> None:
    with pytest.raises(TrainingDataError, match="no files"):
        prepare(tmp_path, measured, tmp_path / "out")
    with pytest.raises(TrainingDataError, match="no folder of training data"):
        Batches(tmp_path, 2, 8, 0)


def test_the_command(
    prepared: Path, measured: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ARCODEC_TRAIN", raising=False)
    assert data.main([str(prepared)]) == 2
    monkeypatch.setenv("ARCODEC_TRAIN", str(prepared.parent / "texts"))
    monkeypatch.setenv("ARCODEC_CORPORA", str(measured))
    assert data.main([str(prepared)]) == 0
    assert "logs/text.txt" in capsys.readouterr().out
    monkeypatch.setenv("ARCODEC_TRAIN", str(measured / "nothing"))
    assert data.main([str(prepared)]) == 1


# --- batches ---


def _batches(folder: Path, seed: int = 0, batch: int = 6, length: int = 16) -> Batches:
    return Batches(folder, batch, length, seed, CATEGORIES, document=(100, 900))


def test_rows_are_stretches_of_pieces_and_go_on_until_they_begin_anew(prepared: Path) -> None:
    pieces = [piece for piece, _ in _pieces(prepared, "train")]
    documents = [b""] * 6
    seen: list[bytes] = []
    stream = _batches(prepared)
    for step in range(300):
        rows, begins = next(stream)
        assert rows.dtype == np.uint8
        assert begins.dtype == np.bool_
        assert (rows.shape, begins.shape) == ((6, 17), (6,))
        assert step > 0 or begins.all()
        for i in range(6):
            row = rows[i].tobytes()
            if begins[i]:
                seen.append(documents[i])
                documents[i] = row
            else:
                assert documents[i][-1:] == row[:1]
                documents[i] += row[1:]
    seen = [document for document in seen if document]
    assert len(seen) > 30
    assert all(any(document in piece for piece in pieces) for document in seen)
    assert all(len(document) <= 901 for document in seen)
    assert len(set(seen)) > 0.8 * len(seen)


def test_the_seed_decides(prepared: Path) -> None:
    first, second, other = (_batches(prepared, seed) for seed in (7, 7, 8))
    same = [(next(first)[0] == next(second)[0]).all() for _ in range(100)]
    assert all(same)
    assert not (next(first)[0] == next(other)[0]).all()


def test_a_stream_goes_on_from_its_state(prepared: Path) -> None:
    stream = _batches(prepared)
    for _ in range(123):
        next(stream)
    state = json.loads(json.dumps(stream.state()))
    expected = [next(stream) for _ in range(200)]
    other = _batches(prepared, seed=99)
    other.restore(state)
    for rows, begins in expected:
        actual, anew = next(other)
        assert (actual == rows).all()
        assert (anew == begins).all()
    with pytest.raises(TrainingDataError, match="other rows"):
        _batches(prepared, batch=5).restore(state)


def test_shares_are_kept(prepared: Path) -> None:
    report = json.loads((prepared / "report.json").read_text())
    index = np.load(prepared / "train.index.npy")
    stream = Batches(prepared, 8, 16, 3, CATEGORIES, document=(100, 900))
    counts = dict.fromkeys(CATEGORIES, 0)
    for _ in range(3000):
        next(stream)
        for at in np.asarray(stream.state()["at"]) - 1:
            category = index[np.searchsorted(index[:, 0], at, "right") - 1, 2]
            counts[report["categories"][category]] += 1
    for name, share in CATEGORIES.items():
        assert counts[name] / sum(counts.values()) == pytest.approx(share, abs=0.02)


def test_all_bytes_are_seen(prepared: Path) -> None:
    """But for the ends of documents, which are whole steps."""
    stream = _batches(prepared, batch=32)
    seen = np.zeros((prepared / "train.bin").stat().st_size, bool)
    for _ in range(1500):
        next(stream)
        for at in stream.state()["at"]:
            seen[at - 16 : at + 1] = True
    assert seen.mean() > 0.97


def test_beginnings_of_files_are_common(prepared: Path) -> None:
    stream = Batches(prepared, 8, 16, 3, {"code": 1.0}, document=(100, 300))
    starts = set(np.load(prepared / "train.starts.npy").tolist())
    begun = known = 0
    for _ in range(600):
        _, begins = next(stream)
        begun += int(begins.sum())
        known += sum(at - 16 in starts for at in np.array(stream.state()["at"])[begins].tolist())
    assert known / begun > 0.05


def test_batches_of_what_is_held_out(prepared: Path) -> None:
    held = (prepared / "held.bin").read_bytes()
    rows, _ = next(Batches(prepared, 4, 16, 0, CATEGORIES, part="held", document=(100, 200)))
    assert all(row.tobytes() in held for row in rows)


def test_an_absent_category_is_an_error(prepared: Path) -> None:
    with pytest.raises(TrainingDataError, match="'poems'"):
        Batches(prepared, 4, 16, 0, {"poems": 1.0, "code": 1.0})
    Batches(prepared, 4, 16, 0, {"poems": 0.0, "code": 1.0})


# --- the real data ---


def test_real_training_texts_have_all_categories() -> None:
    root = os.environ.get("ARCODEC_TRAIN")
    if not root or not (Path(root) / "bytes").is_dir():
        pytest.skip("ARCODEC_TRAIN names no folder of training texts")
    assert {path.name for path in (Path(root) / "bytes").iterdir() if path.is_dir()} == data.SHARES.keys()
