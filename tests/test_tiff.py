"""TIFF images: written by Pillow, taken apart and restored; damaged ones."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import arcodec
from arcodec.content.base import Parsed
from arcodec.content.tiff import Tiff
from arcodec.errors import CorruptError

TIFF = Tiff()
quick = settings(deadline=None, max_examples=60)
MODES = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}


def picture(rows: int, columns: int, mode: str, seed: int) -> Image.Image:
    random = np.random.default_rng(seed)
    if mode == "I;16":
        return Image.fromarray(random.integers(0, 3000, (rows, columns), np.uint16))
    values = random.integers(0, 64, (rows, columns, MODES[mode]), np.uint8)
    return Image.fromarray(values[..., 0] if mode == "L" else values, mode)


def tiff(pages: list[Image.Image], compression: str = "raw", predictor: int = 1, strip: int = 0) -> bytes:
    file = io.BytesIO()
    tags: dict[int, int] = {317: predictor} if predictor > 1 else {}
    if strip:
        tags[278] = strip
    pages[0].save(file, "TIFF", compression=compression, save_all=True, append_images=pages[1:], tiffinfo=tags)
    return file.getvalue()


def taken_apart(data: bytes) -> Parsed:
    assert TIFF.sniff(data[:64])
    parsed = TIFF.parse(data)
    assert parsed is not None
    return parsed


FORMS = [("raw", 1), ("tiff_lzw", 1), ("tiff_lzw", 2), ("tiff_adobe_deflate", 1), ("tiff_adobe_deflate", 2)]


@pytest.mark.parametrize("mode", [*MODES, "I;16"])
@pytest.mark.parametrize(("compression", "predictor"), FORMS)
@pytest.mark.parametrize("strip", [0, 7])
def test_each_comes_back(mode: str, compression: str, predictor: int, strip: int) -> None:
    image = picture(33, 20, mode, 1)
    data = tiff([image], compression, predictor, strip)
    parsed = taken_apart(data)
    assert parsed.planes[0].shape[:2] == (33, 20)
    assert TIFF.restore([np.array(plane) for plane in parsed.planes], parsed.recipe) == data
    if mode == "RGB":
        assert np.array_equal(parsed.planes[0], np.asarray(image))


def test_big_endian() -> None:
    file = io.BytesIO()
    picture(9, 12, "I;16", 2).save(file, "TIFF")
    data = file.getvalue()
    swapped = io.BytesIO()
    Image.fromarray(np.asarray(Image.open(io.BytesIO(data))).astype(">u2")).save(swapped, "TIFF")
    for written in (data, swapped.getvalue()):
        parsed = taken_apart(written)
        assert TIFF.restore(parsed.planes, parsed.recipe) == written


def test_pages() -> None:
    data = tiff([picture(20, 30, "RGB", seed) for seed in range(3)], "tiff_lzw")
    parsed = taken_apart(data)
    assert len(parsed.planes) == 3
    assert TIFF.restore(parsed.planes, parsed.recipe) == data
    packed = arcodec.compress(data, level=1)
    assert arcodec.decompress(packed) == data
    assert arcodec.info(packed).frames[0].content == "tiff"


def test_what_is_not_covered() -> None:
    file = io.BytesIO()
    Image.fromarray(np.zeros((9, 9), np.float32)).save(file, "TIFF")
    assert TIFF.parse(file.getvalue()) is None
    assert TIFF.parse(b"II*\0") is None
    assert TIFF.parse(b"II*\0\x08\0\0\0" + b"\xff" * 99) is None


@given(st.sampled_from(FORMS), st.data())
@quick
def test_damaged_files(form: tuple[str, int], draw: st.DataObject) -> None:
    data = bytearray(tiff([picture(12, 20, "RGB", 1), picture(12, 20, "L", 2)], *form))
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(4, len(data) - 1))] = draw.draw(st.integers(0, 255))
    file = bytes(data[: len(data) - draw.draw(st.integers(0, 30))])
    parsed = TIFF.parse(file)
    if parsed:
        assert TIFF.restore(parsed.planes, parsed.recipe) == file


@given(st.sampled_from(FORMS), st.data())
@quick
def test_damaged_recipes(form: tuple[str, int], draw: st.DataObject) -> None:
    parsed = taken_apart(tiff([picture(12, 20, "RGB", 1), picture(12, 20, "I;16", 2)], *form))
    recipe = bytearray(parsed.recipe)
    for _ in range(draw.draw(st.integers(1, 3))):
        recipe[draw.draw(st.integers(0, len(recipe) - 1))] = draw.draw(st.integers(0, 255))
    for damaged in (bytes(recipe), bytes(recipe[: draw.draw(st.integers(0, len(recipe)))])):
        with contextlib.suppress(CorruptError):
            TIFF.restore(parsed.planes, damaged)
