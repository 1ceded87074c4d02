"""What a model is trained on: files read as what they are, checked, divided, and drawn from in windows."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from arcodec.errors import TrainingError
from arcodec.training import samples
from arcodec.training.samples import Sample, divide, stretches
from arcodec.training.windows import IGNORED, Windows, documents, rounds, strip_width


def text(number: int, size: int = 1000) -> Sample:
    random = np.random.default_rng(number)
    return samples.read(f"{number}.txt", bytes(random.integers(97, 123, size, np.uint8)))


def picture(number: int, mode: str = "L", size: tuple[int, int] = (40, 30), form: str = "PNG") -> Sample:
    image = Image.effect_noise(size, 50 + number).convert(mode)
    file = io.BytesIO()
    image.save(file, form)
    return samples.read(f"{number}.{form.lower()}", file.getvalue())


# --- reading ------------------------------------------------------------------------------------------------


def test_files_are_read_as_what_they_are() -> None:
    assert text(1).kind == "bytes"
    assert text(1).parts[0].shape == (1000,)
    assert (picture(1).kind, picture(1).mode, picture(1).parts[0].shape) == ("images", "gray", (30, 40, 1))
    assert (picture(1, "RGB").mode, picture(1, "RGB").symbols) == ("RGB", 3600)
    assert picture(1, "RGBA").mode == "RGB"
    assert picture(1, "L", form="TIFF").kind == "images"
    assert picture(1, "RGB", form="JPEG").kind == "coefficients"
    png = io.BytesIO()
    Image.effect_noise((40, 30), 9).save(png, "PNG")
    assert samples.read("a", png.getvalue(), as_bytes=True).kind == "bytes"
    assert samples.read("a", png.getvalue()[:100]).kind == "bytes"  # damaged: no image to arcodec
    assert samples.read("a", b"").symbols == 0


# --- division -----------------------------------------------------------------------------------------------


def test_whole_files_are_set_aside_whatever_their_order() -> None:
    given = [text(k, 500 + k) for k in range(40)]
    one = divide(given, 0.1, seed=1)
    two = divide(given[::-1], 0.1, seed=1)
    names = [sample.name for sample in one.validation]
    assert names == [sample.name for sample in two.validation]
    assert one.digest == two.digest
    assert sorted(s.name for s in one.train + one.validation) == sorted(s.name for s in given)
    assert 0.05 < one.validated / (one.trained + one.validated) <= 0.1
    assert names != [sample.name for sample in divide(given, 0.1, seed=2).validation]


def test_what_is_there_twice_is_not_in_both_parts() -> None:
    given = [text(k % 10) for k in range(30)]
    division = divide(given, 0.3, seed=0)
    train = {sample.digest for sample in division.train}
    assert (division.files, division.duplicates) == (30, 20)
    assert not train & {sample.digest for sample in division.validation}
    # The same pixels in files of two kinds are the same.
    image = Image.effect_noise((40, 30), 50)
    forms = [io.BytesIO(), io.BytesIO()]
    for file, form in zip(forms, ("PNG", "PPM"), strict=True):
        image.save(file, form)
    alike = [samples.read("a", file.getvalue()) for file in forms]
    assert divide([*alike, picture(2)], 0.3, seed=0).duplicates == 1


@pytest.mark.parametrize("sizes", [(5000,), (2047, 1), (1, 1, 1, 4000), (10_000, 10_000)])
def test_both_parts_hold_something(sizes: Sequence[int]) -> None:
    division = divide([text(k, size) for k, size in enumerate(sizes)], 0.1, seed=0)
    assert division.trained
    assert division.validated
    assert division.trained + division.validated == sum(sizes)


def test_a_single_file_is_divided_at_its_end() -> None:
    sample = text(0, 10_000)
    division = divide([sample], 0.1, seed=0)
    joined = np.concatenate([*stretches(division.train), *stretches(division.validation)])
    assert division.validated == 1000
    assert (joined == sample.parts[0]).all()
    image = picture(0, "RGB")
    division = divide([image], 0.1, seed=0)
    assert [part.shape for part in stretches(division.train)] == [(27, 40, 3)]
    assert [part.shape for part in stretches(division.validation)] == [(3, 40, 3)]


def test_the_last_pages_of_a_single_file_are_set_aside() -> None:
    file = io.BytesIO()
    pages = [Image.effect_noise((40, 30), 20 + k) for k in range(4)]
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    division = divide([samples.read("pages.tif", file.getvalue())], 0.4, seed=0)
    assert [len(part) for part in stretches(division.train)] == [30, 30, 12]
    assert [len(part) for part in stretches(division.validation)] == [18, 30]


def test_no_more_is_set_aside_than_tells_something(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "MOST_VALIDATED", 3000)
    assert divide([text(k) for k in range(100)], 0.5, seed=0).validated == 3000


def deep_picture() -> Sample:
    file = io.BytesIO()
    Image.fromarray(np.arange(5000, dtype=np.uint16).reshape(50, 100) * 13).save(file, "PNG")
    return samples.read("deep.png", file.getvalue())


def wave() -> bytes:
    header = b"RIFF" + (36 + 8000).to_bytes(4, "little") + b"WAVEfmt " + bytes([16, 0, 0, 0, 1, 0, 1, 0])
    header += (8000).to_bytes(4, "little") + (16000).to_bytes(4, "little") + bytes([2, 0, 16, 0])
    return header + b"data" + (8000).to_bytes(4, "little") + bytes(np.arange(8000, dtype=np.uint8))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "nothing to train on: no files"),
        ([text(0, 0)], "the file is empty"),
        ([text(0, 0), text(1, 0)], "all files are empty"),
        ([text(0, 100)], "100 bytes are too little to train on; it takes at least 2,048"),
        ([picture(0, size=(20, 20))], "400 pixel samples are too little"),
        ([text(0), text(1), picture(2)], r"several kinds: 2 of bytes, 1 of images, such as 2\.png; .*--bytes"),
        ([picture(0), picture(1), picture(2, "RGB")], r"several modes: 2 gray, 1 RGB, such as 2\.png"),
        ([picture(0, "RGB", form="JPEG")], "no model of JPEG coefficients to be trained; --bytes"),
        ([samples.read("a.wav", wave())], "no model of sound to be trained"),
        ([deep_picture()], "no model of images of 16 bits"),
        ([picture(0, size=(5000, 1))], "a single image of one row cannot be divided"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(given: list[Sample], words: str) -> None:
    with pytest.raises(TrainingError, match=words):
        divide(given, 0.1, seed=0)


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(samples, "MOST", 5000)
    with pytest.raises(TrainingError, match="6,000 bytes are more than training takes, 5,000"):
        divide([text(k) for k in range(6)], 0.1, seed=0)


# --- windows ------------------------------------------------------------------------------------------------


def _read_back(windows: Any, count: int) -> list[list[np.ndarray]]:
    """The documents of the windows, by rounds; each window is checked against the one before."""
    every: list[list[np.ndarray]] = []
    last: np.ndarray = np.zeros(0)
    for _ in range(count):
        window = next(windows)
        if window.first:
            every.append([np.zeros(0, np.int64)] * len(window.symbols))
            last = np.zeros(len(window.symbols), np.int64)
        known = window.symbols != IGNORED
        for lane, (before, symbols) in enumerate(zip(window.before, window.symbols, strict=True)):
            there = symbols[known[lane]]
            assert known[lane, : len(there)].all()  # a document ends once
            if len(there):
                assert before[0] == last[lane]
                assert (before[1 : len(there)] == there[:-1]).all()
                last[lane] = there[-1]
            every[-1][lane] = np.concatenate([every[-1][lane], there])
    return every


@given(
    st.lists(st.integers(1, 30_000), min_size=1, max_size=5),
    st.integers(1, 4),
    st.integers(1, 300),
    st.integers(0, 9),
)
def test_windows_are_stretches_of_the_files(sizes: list[int], lanes: int, length: int, seed: int) -> None:
    parts = [np.random.default_rng(k).integers(0, 256, size, np.uint8) for k, size in enumerate(sizes)]
    windows = Windows(parts, lanes, length, [seed])
    whole = [part.tobytes() for part in parts]
    found = _read_back(windows, 60)
    for documents_of in found:
        for document in documents_of:
            assert len(document)
            assert any(document.astype(np.uint8).tobytes() in part for part in whole)


def test_strips_are_columns_of_the_images() -> None:
    image = np.random.default_rng(1).integers(0, 256, (300, 200, 3), np.uint8)
    narrow = image[:, :3]
    assert strip_width([image, image, image, narrow, image]) == 64
    windows = Windows([image, narrow], 2, 100, [0], width=64)
    assert (windows.row, windows.length) == ((64, 3), 192)
    for some in _read_back(windows, 100)[:-1]:
        for document in some:
            strip = document.reshape(-1, 64, 3)
            row, left = np.argwhere((image[:, :137] == strip[0, 0]).all(2) & (image[:, 1:138] == strip[0, 1]).all(2))[
                0
            ]
            assert (image[row : row + len(strip), left : left + 64] == strip).all()


def test_every_byte_is_as_likely() -> None:
    sizes = [20_000, 80_000, *[500] * 20]
    windows = Windows([np.zeros(size, np.uint8) for size in sizes], 8, 64, [3])
    counts = [np.zeros(size) for size in sizes]
    for _ in range(30_000):
        part, _, begin, end = windows._draw()
        counts[part][begin:end] += 1
    inner = [counts[0][10_000:].mean(), counts[1][10_000:40_000].mean(), counts[1][40_000:].mean()]
    short = np.mean([count.mean() for count in counts[2:]])
    assert min(inner) / max(inner) > 0.9
    assert 0.9 < np.mean(inner) / short < 1.2
    assert 1.1 < counts[1][:8000].mean() / np.mean(inner) < 1.8  # a beginning is learnt more often


@pytest.mark.parametrize("steps", [0, 1, 7, 64, 200])
def test_a_stream_goes_on_where_it_was(steps: int) -> None:
    parts = [np.random.default_rng(k).integers(0, 256, 700 * k, np.uint8) for k in range(1, 5)]
    one, two = (Windows(parts, 3, 50, [5, 0]) for _ in range(2))
    for _ in range(steps):
        next(one)
    two.restore(json.loads(json.dumps(one.state())))
    for _ in range(100):
        a, b = next(one), next(two)
        assert a.first == b.first
        assert (a.before == b.before).all()
        assert (a.symbols == b.symbols).all()


def test_documents_begin_with_the_files_and_end_in_time() -> None:
    parts = [np.random.default_rng(k).integers(0, 256, 9000 * k, np.uint8) for k in range(1, 5)]
    found = documents(parts, 1 << 16)
    assert {len(document) for document in found} == {1024, 9000 % 1024, 18000 % 1024}
    assert sum(map(len, found)) < (1 << 16) + 1024
    assert all((document == part[:1024]).all() for document, part in zip(found, parts, strict=False))
    whole = documents(parts, 1 << 20)
    assert sum(map(len, whole)) == sum(map(len, parts))
    seen = _read_back(iter(rounds(whole, 3, 100)), sum(1 for _ in rounds(whole, 3, 100)))
    assert sorted(len(d) for some in seen for d in some) == sorted(map(len, whole))
