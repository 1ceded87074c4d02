"""JPEG files with others in them: thumbnails, previews, sequences; each goes to the model, byte for byte."""

from __future__ import annotations

import contextlib
import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import arcodec
from arcodec import varint
from arcodec.content import _nodes
from arcodec.content.compound import Compound
from arcodec.content.jpeg import Jpeg
from arcodec.errors import CorruptError, FormatError
from tests import laws
from tests.jpeg_files import at_random, made, progressive, saved, segment, whole

COMPOUND, JPEG = Compound(), Jpeg()
SMALL = made(at_random(1), 80, 96, [(1, 1)], whole(1))
LARGE = made(at_random(2), 90, 100, [(2, 2), (1, 1), (1, 1)], whole(3))
SEVERAL = made(at_random(3), 64, 64, [(1, 1)] * 3, progressive(3))


def holding(outer: bytes, inner: bytes, before: bytes = b"Exif\0\0") -> bytes:
    """A file with another in a segment of it."""
    return outer[:2] + segment(0xE1, before + inner) + outer[2:]


COUNTS = {"thumbnail": 2, "after": 2, "both": 3, "thumbnail of a second": 3, "within within": 3}
FILES = {
    "thumbnail": holding(LARGE, SMALL),
    "after": LARGE + SMALL,
    "both": holding(LARGE, SMALL) + bytes(30) + SEVERAL + b"tail",
    "thumbnail of a second": SMALL + holding(SEVERAL, SMALL),
    "within within": holding(LARGE, holding(SEVERAL, SMALL)),
}


def planes(data: bytes) -> list[tuple[int, ...]]:
    parsed = JPEG.parse(data)
    assert parsed is not None
    more = COMPOUND.around(JPEG, parsed)
    assert more is not None
    assert COMPOUND.restore([np.array(plane) for plane in more.planes], more.recipe) == data
    return [plane.shape for plane in more.planes if plane.ndim == 2]


@pytest.mark.parametrize("name", FILES)
def test_each_goes_to_the_model(name: str) -> None:
    assert len(planes(FILES[name])) == COUNTS[name]
    packed = laws.check_file(FILES[name], level=1)
    assert arcodec.info(packed).frames[0].content == "compound"


def test_a_thumbnail_is_smaller_so(monkeypatch: pytest.MonkeyPatch) -> None:
    y, x = np.indices((240, 320))
    light = np.hypot(y - 90, x - 200) + 20 * np.sin(x / 7) * np.cos(y / 11)
    grain = np.random.default_rng(5).normal(size=light.shape) * 3
    picture = Image.fromarray((light + grain).clip(0, 255).astype(np.uint8))
    data = holding(saved(picture, quality=85), saved(picture.resize((160, 120)), quality=80))
    packed = arcodec.compress(data, level=1)
    monkeypatch.setattr(Jpeg, "nests", False)
    assert len(packed) < len(arcodec.compress(data, level=1)) - 200


def test_files_without_others_stay_as_they_were() -> None:
    for data in (LARGE, SEVERAL + b"tail", holding(LARGE, b"\xff\xd8\xff\xe0" + bytes(90))):
        parsed = JPEG.parse(data)
        assert parsed is not None
        assert COMPOUND.around(JPEG, parsed) is None
        assert arcodec.info(laws.check_file(data, level=1)).frames[0].content == "jpeg"


def test_pictures_of_a_sequence() -> None:
    y, x = np.indices((60, 80))
    frames = [Image.fromarray(((y * k + x * 3) % 256).astype(np.uint8)) for k in (1, 2, 3)]
    file = io.BytesIO()
    frames[0].save(file, "MPO", save_all=True, append_images=frames[1:])
    assert len(planes(file.getvalue())) == 3


def test_in_an_archive() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.jpg", FILES["both"])
    parsed = COMPOUND.parse(sink.getvalue())
    assert parsed is not None
    assert sum(plane.ndim == 2 for plane in parsed.planes) == 3
    laws.check_file(sink.getvalue(), level=1)


def test_depth_is_bounded() -> None:
    data = SMALL
    for _ in range(12):
        data = holding(SMALL, data)
    assert 2 <= len(planes(data)) <= 1 + _nodes.DEEPEST


# --- damaged and crafted ------------------------------------------------------------------------------------


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_damaged_files(draw: st.DataObject) -> None:
    data = bytearray(FILES[draw.draw(st.sampled_from(sorted(FILES)))])
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(2, len(data) - 1))] = draw.draw(st.integers(0, 255))
    file = bytes(data[: len(data) - draw.draw(st.integers(0, 300))])
    parsed = JPEG.parse(file)
    more = COMPOUND.around(JPEG, parsed) if parsed else None
    if more:
        assert COMPOUND.restore(more.planes, more.recipe) == file


@given(st.data())
@settings(deadline=None, max_examples=100)
def test_damaged_recipes(draw: st.DataObject) -> None:
    parsed = JPEG.parse(FILES["both"])
    assert parsed is not None
    more = COMPOUND.around(JPEG, parsed)
    assert more is not None
    recipe = bytearray(more.recipe)
    for _ in range(draw.draw(st.integers(1, 3))):
        recipe[draw.draw(st.integers(0, len(recipe) - 1))] = draw.draw(st.integers(0, 255))
    for damaged in (bytes(recipe), bytes(recipe[: draw.draw(st.integers(0, len(recipe)))])):
        with contextlib.suppress(FormatError):
            COMPOUND.restore([np.array(plane) for plane in more.planes], damaged)


@pytest.mark.parametrize("code", [_nodes.BYTES, _nodes.COMPOUND, _nodes.NESTING])
def test_only_files_of_kinds_have_recipes(code: int) -> None:
    recipe = varint.write(_nodes.NESTING) + bytes([code, 0, 0, 0])
    with pytest.raises(CorruptError):
        COMPOUND.restore([np.zeros(9, np.uint8)], recipe)


def test_recipes_of_recipes_end() -> None:
    with pytest.raises(CorruptError, match="levels deep"):
        COMPOUND.restore([np.zeros(9, np.uint8)], bytes([_nodes.NESTING, JPEG.code]) * 5000)
