"""PNG byte for byte: every type, filter, flaw and division comes back; recipes are short; what is left to raw."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import arcodec
from arcodec.content.base import Parsed
from arcodec.content.png import Png
from arcodec.content.png_pixels import PngPixels
from arcodec.errors import CorruptError
from tests.content_files import CHANNELS, KINDS, SIGNATURE, chunk, noise, png_file, png_files, png_raster, sides

KIND = Png()

quick = settings(deadline=None, max_examples=100)


def check(data: bytes) -> Parsed:
    """The law, with planes that came through a decoder."""
    parsed = KIND.parse(data)
    assert parsed is not None
    assert KIND.restore([np.array(plane) for plane in parsed.planes], parsed.recipe) == data
    return parsed


@given(png_files())
@quick
def test_files_come_back(data: bytes) -> None:
    """Byte for byte, with the planes that are coded with --pixels, too."""
    parsed, pixels = check(data), PngPixels().parse(data)
    assert pixels is not None
    assert all(map(np.array_equal, parsed.planes, pixels.planes))


@given(st.data(), st.sampled_from(KINDS), sides, sides, st.booleans())
@quick
def test_any_stream_comes_back(
    data: st.DataObject, kind: tuple[int, int], rows: int, columns: int, interlaced: bool
) -> None:
    """Settings of zlib, divisions into chunks, content beyond the image, and bytes after the stream."""
    colour, depth = kind
    samples = data.draw(noise((rows, columns, CHANNELS[colour]), 1 << depth))
    raster = png_raster(samples, depth, interlaced, data.draw(st.lists(st.integers(0, 4), min_size=1, max_size=3)))
    raster += data.draw(st.sampled_from((b"", b"", b"beyond")))
    settings = (
        data.draw(st.integers(0, 9)),
        zlib.DEFLATED,
        data.draw(st.integers(9, 15)),
        data.draw(st.integers(1, 9)),
    )
    encoder = zlib.compressobj(*settings, data.draw(st.integers(0, 4)))
    stream = encoder.compress(raster) + encoder.flush() + data.draw(st.sampled_from((b"", b"", b"after")))
    cuts = [0, *sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=4))), len(stream)]
    parts = [stream[a:b] for a, b in pairwise(cuts)]
    before = chunk(b"PLTE", bytes(3)) if colour == 3 else b""
    check(png_file(rows, columns, depth, colour, parts, interlaced, before))


def gray(stream: bytes) -> bytes:
    """2 x 3 gray pixels."""
    return png_file(2, 3, 8, 0, [stream])


GOOD = zlib.compress(b"\0\1\2\3" * 2)


@pytest.mark.parametrize(
    "data",
    [
        gray(GOOD) + b"trailing",
        gray(GOOD)[:-1],
        gray(GOOD)[:-12],
        gray(GOOD)[:-12] + chunk(b"IEND", b"x"),
        gray(GOOD)[:-4] + b"abcd",
        gray(GOOD)[:29] + b"flaw" + gray(GOOD)[33:],
        gray(GOOD)[:-16] + b"flaw" + gray(GOOD)[-12:],
        gray(GOOD[:-1]),
        gray(GOOD[:-1] + b"!"),
        gray(GOOD + b"\0"),
        gray(zlib.compress(b"\0\1\2\3" * 2 + b"more")),
        gray(b"\x78\x02" + GOOD[2:]),
        png_file(2, 3, 8, 0, [GOOD], after=chunk(b"tEXt", b"a\0b") + chunk(b"x1", b"")[:-1]),
        png_file(2, 3, 8, 3, [GOOD]),
        png_file(2, 3, 8, 3, [GOOD], before=2 * chunk(b"PLTE", bytes(3))),
        png_file(2, 3, 8, 3, [GOOD], before=chunk(b"PLTE", bytes(4))),
        png_file(2, 3, 8, 3, [GOOD], before=chunk(b"PLTE", bytes(3 * 257))),
        png_file(2, 3, 8, 0, [GOOD], before=chunk(b"acTL", bytes(8)), after=chunk(b"fdAT", b"....abc")),
        png_file(2, 3, 8, 0, [GOOD], before=chunk(b"iDOT", bytes(28))),
        png_file(2, 3, 8, 0, [b"", GOOD[:1], b"", GOOD[1:], b""]),
        png_file(2, 3, 1, 0, [zlib.compress(b"\0\xbf" * 2)]),
        png_file(2, 3, 1, 0, [zlib.compress(b"\2\xbf" * 2)]),
    ],
)
def test_flaws_come_back(data: bytes) -> None:
    check(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        SIGNATURE,
        SIGNATURE + chunk(b"IEND"),
        gray(GOOD)[:50],
        gray(GOOD).replace(b"IDAT", b"IDAU"),
        png_file(2, 3, 8, 0, []),
        gray(b"not zlib"),
        gray(GOOD[:9]),
        gray(zlib.compress(b"\5\1\2\3" * 2)),
        png_file(3, 3, 8, 0, [GOOD]),
        png_file(0, 3, 8, 0, [zlib.compress(b"")]),
        png_file((1 << 31) - 1, (1 << 31) - 1, 16, 6, [GOOD]),
        png_file(2, 3, 3, 0, [GOOD]),
        png_file(2, 3, 8, 0, [GOOD], before=chunk(b"IDAT") + chunk(b"gAMA", bytes(4))),
        gray(zlib.compress(b"\0\1\2\3" * 2 + bytes(1 << 17))),
    ],
)
def test_what_is_left_to_raw(data: bytes) -> None:
    assert KIND.parse(data) is None


def filtered_by(rule: Sequence[int], columns: int = 40) -> bytes:
    """A smooth picture whose rows have these filters in turn."""
    y, x = np.mgrid[: 3 * len(rule), :columns]
    samples = ((x * x // 7 + 3 * y) % 256)[..., None]
    return png_file(3 * len(rule), columns, 8, 0, [zlib.compress(png_raster(samples, 8, False, rule))])


@pytest.mark.parametrize(("rule", "size"), [((0,), 6), ((4,), 6), ((1, 1, 1, 1, 1, 1, 4), 6 + 7), ((3, 1, 4), 6 + 9)])
def test_recipes_of_filters_are_short(rule: tuple[int, ...], size: int) -> None:
    assert len(check(filtered_by(rule)).recipe) <= size


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_files_of_pillow(mode: str) -> None:
    rng = np.random.default_rng(2)
    if mode == "I;16":
        image = Image.fromarray(rng.integers(0, 65536, (30, 40), np.uint16))
    else:
        image = Image.fromarray(rng.integers(0, 256, (30, 40, 3), np.uint8)).convert(mode)
    file = io.BytesIO()
    image.save(file, "png")
    check(file.getvalue())


def test_compressing_prefers_pixels_if_told_so() -> None:
    y, x = np.mgrid[:60, :80]
    data = png_file(60, 80, 8, 0, [zlib.compress(png_raster(((x * y) % 251)[..., None], 8, False, (1, 4)))])
    for pixels, name in ((False, "png"), (True, "png-pixels")):
        packed = arcodec.compress(data, level=1, pixels=pixels)
        assert arcodec.info(packed).frames[0].content == name
    assert arcodec.decompress(arcodec.compress(data, level=1)) == data


@pytest.mark.parametrize(
    "recipe",
    [
        bytes([64, 0, 0, 0]),
        bytes([64, 0, 0, 14, 0, 5, 0, 0, 0, 0]),
        bytes([64, 0, 0, 1, 9, 0, 0]),
        bytes([64, 0, 0, 1, 1, 200, 1]),
        bytes([64, 128, 0, 0, 30, 20]),
        bytes([67, 0, 0, 0, 30, 20]),
        bytes([69, 0, 0, 0, 30, 20]),
        bytes([64, 2, 0, 0, 30, 0, 1, 5, 20]),
        bytes([64, 0, 0, 0, 30, 200]),
    ],
)
def test_recipes_that_make_no_sense(recipe: bytes) -> None:
    with pytest.raises(CorruptError):
        KIND.restore([np.zeros((2, 3, 1 if recipe[0] != 67 else 3), np.uint8)], recipe)
