"""Animated PNG files: built here by hand; frames as wide as the first picture lie below it, byte for byte."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import arcodec
from arcodec.content.base import Parsed
from arcodec.content.png import Png
from arcodec.errors import CorruptError
from tests import laws
from tests.content_files import CHANNELS, KINDS, chunk, damaged, noise, png_file, png_raster, rewritten_checksums

PNG = Png()
quick = settings(deadline=None, max_examples=80)


def control(number: int, rows: int, columns: int) -> bytes:
    return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, columns, rows, 0, 0, 1, 10, 0, 0))


def frame(number: int, stream: bytes, sizes: Sequence[int] = ()) -> bytes:
    """The chunks of a frame, its stream divided after so many bytes each."""
    out, at = b"", 0
    for k, size in enumerate((*sizes, len(stream))):
        out += chunk(b"fdAT", struct.pack(">I", number + k) + stream[at : at + size])
        at += size
    return out


def apng(
    pictures: Sequence[np.ndarray], depth: int = 8, colour: int = 0, *, interlaced: bool = False, after: bytes = b""
) -> bytes:
    """A file of pictures, uint32[rows, columns, channels]; the first is the image, the others are frames."""
    first, *others = pictures
    streams = [zlib.compress(png_raster(p, depth, interlaced, [1, 2, 0, 4])) for p in pictures]
    before = chunk(b"acTL", struct.pack(">II", len(pictures), 0)) + control(0, *first.shape[:2])
    if colour == 3:
        before = chunk(b"PLTE", bytes(range(3 << min(depth, 6)))) + before
    text, number = b"", 1
    for picture, stream in zip(others, streams[1:], strict=True):
        text += control(number, *picture.shape[:2]) + frame(number + 1, stream, [50] if number > 1 else [])
        number += 3
    rows, columns = first.shape[:2]
    return png_file(rows, columns, depth, colour, [streams[0]], interlaced, before, text + after)


def grays(*heights: int, columns: int = 30) -> list[np.ndarray]:
    y, x = np.indices((sum(heights), columns))
    whole = ((y * 3 + x * 2 + (y * x) % 7) % 256).astype(np.uint32)[..., None]
    return np.split(whole, np.cumsum(heights)[:-1])


def taken_apart(data: bytes) -> Parsed:
    parsed = PNG.parse(data)
    assert parsed is not None
    assert PNG.restore([np.array(plane) for plane in parsed.planes], parsed.recipe) == data
    return parsed


# --- the law ------------------------------------------------------------------------------------------------


@st.composite
def animations(draw: st.DrawFn) -> bytes:
    colour, depth = draw(st.sampled_from(KINDS))
    columns, heights = draw(st.integers(1, 9)), draw(st.lists(st.integers(1, 9), min_size=1, max_size=4))
    top = min(1 << depth, 64) if colour == 3 else 1 << depth
    pictures = [draw(noise((rows, columns, CHANNELS[colour]), top)) for rows in heights]
    after = draw(st.sampled_from((b"", chunk(b"teXt"))))
    return apng(pictures, depth, colour, interlaced=draw(st.booleans()), after=after)


@given(animations())
@quick
def test_each_comes_back(data: bytes) -> None:
    taken_apart(data)


def test_frames_lie_below_the_picture() -> None:
    data = apng(grays(40, 40, 25, 40))
    assert [plane.shape for plane in taken_apart(data).planes] == [(145, 30, 1)]
    assert arcodec.info(laws.check_file(data, level=1)).frames[0].content == "png"


def test_frames_of_16_bits_and_with_alpha() -> None:
    pictures = [picture * np.array([1, 7, 49, 255], np.uint32) * 997 % 65536 for picture in grays(9, 5)]
    assert [plane.shape for plane in taken_apart(apng(pictures, 16, 6)).planes] == [(14, 30, 6), (14, 30, 2)]


def test_pillow_writes_such() -> None:
    random = np.random.default_rng(1)
    frames = [Image.fromarray(random.integers(0, 256, (30, 40, 3), np.uint8)) for _ in range(3)]
    file = io.BytesIO()
    frames[0].save(file, "PNG", save_all=True, append_images=frames[1:])
    assert [plane.shape for plane in taken_apart(file.getvalue()).planes] == [(90, 40, 3)]


def test_noise_that_is_stored_comes_back() -> None:
    noisy = np.random.default_rng(3).integers(0, 256, (40, 40, 1), np.uint32)
    for pictures in ([noisy], [noisy, noisy[:20]]):
        laws.check_file(apng(pictures), level=1)


def test_repeated_frames_cost_little() -> None:
    random = np.random.default_rng(2)
    noisy = random.integers(0, 256, (40, 40, 1), np.uint32)
    once, thrice = (len(arcodec.compress(apng([noisy] * n), level=1)) for n in (1, 3))
    assert thrice < once + 600


STREAM = zlib.compress(png_raster(grays(6)[0], 8, False, [0]))


@pytest.mark.parametrize(
    "text",
    [
        control(1, 6, 29) + frame(2, STREAM),
        control(1, 7, 30) + frame(2, STREAM),
        control(1, 5, 30) + frame(2, STREAM),
        control(1, 0, 30) + frame(2, STREAM),
        control(1, 1 << 31, 30) + frame(2, STREAM),
        frame(2, STREAM),
        control(1, 6, 30) + chunk(b"fdAT", b"abc"),
        control(1, 6, 30) + frame(2, b""),
        control(1, 6, 30) + frame(2, STREAM[:-1]),
        control(1, 6, 30) + frame(2, STREAM + b"x"),
        control(1, 6, 30) + frame(2, STREAM[:-4] + bytes(4)),
        control(1, 6, 30) + frame(2, b"\x78\x00" + STREAM[2:]),
        control(1, 6, 30) + frame(2, zlib.compress(bytes([9] + [0] * 30) * 6)),
        chunk(b"fcTL", b"short") + frame(2, STREAM),
    ],
)
def test_other_frames_stay_chunks(text: bytes) -> None:
    data = apng(grays(20), after=text)
    assert [plane.shape for plane in taken_apart(data).planes] == [(20, 30, 1)]


# --- damaged and crafted ------------------------------------------------------------------------------------


@given(st.data())
@quick
def test_damaged_files(draw: st.DataObject) -> None:
    data = draw.draw(damaged(FILE))
    for file in (data, rewritten_checksums(data)):
        parsed = PNG.parse(file)
        if parsed:
            assert PNG.restore(parsed.planes, parsed.recipe) == file


FILE = apng(grays(12, 12, 8))
PARSED = taken_apart(FILE)


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_damaged_recipes(draw: st.DataObject) -> None:
    recipe = bytearray(PARSED.recipe)
    for _ in range(draw.draw(st.integers(1, 3))):
        recipe[draw.draw(st.integers(0, len(recipe) - 1))] = draw.draw(st.integers(0, 255))
    for changed in (bytes(recipe), bytes(recipe[: draw.draw(st.integers(0, len(recipe)))])):
        with contextlib.suppress(CorruptError):
            PNG.restore([np.array(plane) for plane in PARSED.planes], changed)


@pytest.mark.parametrize("heights", [(12, 20), (0, 20), (12, 9), (32,), (1,) * 40])
def test_frames_must_fit_the_planes(heights: tuple[int, ...]) -> None:
    assert PARSED.recipe[1] & 128
    assert PARSED.recipe[2:5] == bytes([2, 12, 8])
    crafted = PARSED.recipe[:2] + bytes([len(heights), *heights]) + PARSED.recipe[5:]
    with pytest.raises(CorruptError):
        PNG.restore(PARSED.planes, crafted)
