"""Content kinds: files built here by hand, taken apart and restored; damaged ones, and headers that lie."""

from __future__ import annotations

import contextlib
import io
import tracemalloc
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from arcodec.content import _packing
from arcodec.content._recipe import Reader
from arcodec.content._samples import join
from arcodec.content.base import Content, Parsed, Plane
from arcodec.content.bmp import Bmp
from arcodec.content.bmp_indexed import BmpIndexed
from arcodec.content.netpbm import Netpbm
from arcodec.content.netpbm_text import NetpbmText
from arcodec.content.pbm import Pbm
from arcodec.content.png import Png
from arcodec.content.png_pixels import PngPixels
from arcodec.errors import CorruptError
from tests.content_files import (
    CHANNELS,
    KINDS,
    SIGNATURE,
    bmp_file,
    bmp_files,
    chunk,
    damaged,
    indexed_bmp_files,
    noise,
    pam_files,
    pbm_files,
    png_file,
    png_files,
    png_raster,
    pnm_files,
    rewritten_checksums,
    sides,
    text_files,
)

NETPBM, BMP, PNG, PBM, TEXT, INDEXED = Netpbm(), Bmp(), PngPixels(), Pbm(), NetpbmText(), BmpIndexed()
EXACT_PNG = Png()

quick = settings(deadline=None, max_examples=150)


# --- the law ------------------------------------------------------------------------------------------------


def saved(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def taken_apart(kind: Content, data: bytes) -> Parsed:
    assert kind.sniff(data[:64])
    parsed = kind.parse(data)
    assert parsed is not None
    assert parsed.planes
    for plane in parsed.planes:
        assert plane.dtype == np.uint8
        assert plane.size
        assert plane.flags.c_contiguous
        assert plane.ndim == 1 or (plane.ndim == 3 and plane.shape[2] in (1, 2, 3, 6))
    return parsed


def restored(kind: Content, parsed: Parsed) -> bytes:
    """The file of planes that came through a decoder: fresh and writable copies."""
    return kind.restore([np.array(plane) for plane in parsed.planes], parsed.recipe)


def check(kind: Content, data: bytes) -> Parsed:
    """The law of exact kinds, or of those that keep pixels."""
    parsed = taken_apart(kind, data)
    out = restored(kind, parsed)
    if kind.exact:
        assert out == data
    else:
        again = taken_apart(kind, out)
        assert again.recipe == parsed.recipe
        assert [plane.shape for plane in again.planes] == [plane.shape for plane in parsed.planes]
        assert all(np.array_equal(a, b) for a, b in zip(again.planes, parsed.planes, strict=True))
    return parsed


# --- netpbm -------------------------------------------------------------------------------------------------


@given(st.one_of(pnm_files(), pam_files()))
@quick
def test_netpbm_comes_back(data: bytes) -> None:
    check(NETPBM, data)


@pytest.mark.parametrize(
    ("header", "shapes", "recipe"),
    [
        (b"P5\n3 2\n255\n", [(2, 3, 1)], 1),
        (b"P6\n3 2\n255\n", [(2, 3, 3)], 1),
        (b"P5\n3 2\n65535\n", [(2, 3, 2)], 1 + 5),
        (b"P6\n3 2\n65535\n", [(2, 3, 6)], 1 + 3 * 5),
        (
            b"P7\nWIDTH 3\nHEIGHT 2\nDEPTH 2\nMAXVAL 255\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n",
            [(2, 3, 1), (2, 3, 1)],
            1,
        ),
        (
            b"P7\nWIDTH 3\nHEIGHT 2\nDEPTH 4\nMAXVAL 65535\nTUPLTYPE RGB_ALPHA\nENDHDR\n",
            [(2, 3, 6), (2, 3, 2)],
            1 + 4 * 5,
        ),
    ],
)
def test_netpbm_planes(header: bytes, shapes: list[tuple[int, ...]], recipe: int) -> None:
    """The usual headers cost one byte, packings of 16-bit samples three to five."""
    size = sum(int(np.prod(shape)) for shape in shapes)
    parsed = check(NETPBM, header + bytes(i * i * 7 % 251 for i in range(size)))
    assert [plane.shape for plane in parsed.planes] == shapes
    assert len(parsed.recipe) <= recipe


def pgm(samples: npt.NDArray[Any]) -> bytes:
    """One row of 16-bit samples as PGM."""
    return b"P5\n%d 1\n65535\n" % samples.size + samples.astype(">u2").tobytes()


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.arange(256) * 257, _packing.STEPS),
        (30_000 + np.arange(200), _packing.STEPS),
        (np.array([7]), _packing.STEPS),
        (np.arange(4096) * 16, _packing.STEPS),
        (np.arange(1024) << 6 | np.arange(1024) >> 4, _packing.REPLICATED),
        ((np.arange(4096) * 65535 + 2047) // 4095, _packing.STRETCHED),
        (np.arange(400) ** 2 // 3, _packing.LISTED),
        (np.arange(65536), _packing.STEPS),
    ],
)
def test_packings(values: npt.NDArray[Any], kind: int) -> None:
    """What was stretched to 16 bits is found, and numbers take as few symbols as they can."""
    samples = np.resize(values, 20 * len(values))
    parsed = check(NETPBM, pgm(samples))
    few = len(np.unique(values)) <= 256
    assert parsed.planes[0].shape == (1, samples.size, 1 if few else 2)
    assert parsed.recipe[1] == kind


def test_values_that_come_too_seldom_are_not_listed() -> None:
    parsed = check(NETPBM, pgm(np.arange(400) ** 2 // 3))
    assert parsed.recipe[1] == _packing.STEPS


@pytest.mark.parametrize(
    "recipe",
    [
        bytes([_packing.STEPS, 0, 0]),
        bytes([_packing.STEPS, 255, 255, 7, 1]),
        bytes([_packing.STRETCHED, 7]),
        bytes([_packing.REPLICATED, 17]),
        bytes([_packing.LISTED, 0]),
        bytes([_packing.LISTED, 2, 1, 3]),
        bytes([_packing.LISTED, 2, 0, 2]),
        bytes([_packing.LISTED, 9, 255, 255, 3, 9]),
        bytes([4]),
    ],
)
def test_no_packings(recipe: bytes) -> None:
    with pytest.raises(CorruptError):
        _packing.read(Reader(recipe))


def test_numbers_beyond_a_packing() -> None:
    with pytest.raises(CorruptError, match="number 9 of 8"):
        NETPBM.restore([np.full((1, 1, 1), 9, np.uint8)], bytes([1 + 4 * 9, _packing.STEPS, 0, 0x80, 0x40]))


def test_packed_samples_come_back_piece_by_piece() -> None:
    """Numbers of one symbol and of two, of several rows at a time."""
    samples = np.random.default_rng(1).integers(0, 1 << 16, (300, 400, 4)).astype(">u2")
    samples[..., 3] = samples[..., 3] % 200 * 7
    header = b"P7\nWIDTH 400\nHEIGHT 300\nDEPTH 4\nMAXVAL 65535\nTUPLTYPE RGB_ALPHA\nENDHDR\n"
    parsed = check(NETPBM, header + samples.tobytes() + b"end")
    assert [plane.shape[2] for plane in parsed.planes] == [6, 1]
    sizes = [len(piece) for piece in NETPBM.pieces(parsed.planes, parsed.recipe)]
    assert len(sizes) > 3
    assert max(sizes) <= 1 << 19


def test_samples_that_were_cut_come_back() -> None:
    """As recipes said before there were packings."""
    high, low = np.array([0x00, 0xAB, 0xFF], np.uint8), np.array([0x0, 0xC, 0xF], np.uint8)
    values = np.array([0x000, 0xABC, 0xFFF], ">u2")
    assert NETPBM.restore([high.reshape(1, 3, 1), low], bytes([1 + 4 * 4])) == b"P5\n3 1\n65535\n" + values.tobytes()
    for planes, shift in (([high.reshape(1, 3, 1), low], 3), ([high.reshape(1, 3, 1)], 4), ([high, low], 4)):
        with pytest.raises(CorruptError):
            NETPBM.restore(planes, bytes([1 + 4 * shift]))


@pytest.mark.parametrize(
    "data",
    [
        b"P6",
        b"P5\n1 1\n255",
        b"P5\n2 2\n255\nabc",
        b"P5\n0 2\n255\nabc",
        b"P5\n2 0\n255\nabc",
        b"P5\n1 1\n0\nabc",
        b"P5\n1 1\n65536\nabc",
        b"P5\n-1 1\n255\nabc",
        b"P6\n999999999 999999999\n65535\nabc",
        b"P6\n99999999999999999999 1\n255\nabc",
        b"P5" + b"#" * 100_000,
        b"P7\n" + b"\n" * 100_000 + b"ENDHDR\n",
        b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nENDHDR\nabc",
        b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 5\nMAXVAL 255\nENDHDR\nabcdef",
        b"P7\nWIDTH 1\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\nabcdef",
        b"P7\nWIDTH 1 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\nabcdef",
        b"P7\nWIDTH x\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nENDHDR\nabcdef",
        b"P7\nCOLOR 3\nENDHDR\nabcdef",
        b"P7\nWIDTH 1\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\n",
        b"P4\n8 1\nabc",
        b"P3\n1 1\n255\n1 2 3\n",
    ],
)
def test_netpbm_leaves_to_raw(data: bytes) -> None:
    assert NETPBM.parse(data) is None


@given(pbm_files())
@quick
def test_pbm_comes_back(data: bytes) -> None:
    check(PBM, data)


def test_pbm_planes() -> None:
    """The usual header costs one byte, and so do the bits that fill up a row."""
    parsed = check(PBM, b"P4\n10 2\n" + bytes((0b10110000, 0b01000000, 0, 0b10000000)))
    assert parsed.planes[0][..., 0].tolist() == [[1, 0, 1, 1, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 0, 0, 0, 0, 1, 0]]
    assert parsed.recipe == b"\0"
    assert len(check(PBM, b"P4\n10 2\n" + b"\xff" * 4).recipe) == 3


@pytest.mark.parametrize(
    "data", [b"P4", b"P4\n8 2\na", b"P4\n0 1\na", b"P4\n8 0\na", b"P4\n999999999 999999999\na", b"P4\n8 1"]
)
def test_pbm_leaves_to_raw(data: bytes) -> None:
    assert PBM.parse(data) is None


@given(text_files())
@quick
def test_text_comes_back_or_is_left_to_raw(data: bytes) -> None:
    """Where the first rows do not tell the rule, as with gaps that happen to be alike, it is left."""
    if TEXT.parse(data) is not None:
        check(TEXT, data)


def text_file(digit: int, values: npt.NDArray[Any], within: bytes, between: bytes, every: int) -> bytes:
    """As programs write them: rows end with a newline, and so do so many pixels."""
    out = b"P%d\n%d %d\n" % (digit, values.shape[1], values.shape[0]) + (b"255\n" if digit > 1 else b"")
    for row in values.tolist():
        pixels = [within.join(b"%d" % value for value in pixel) for pixel in row]
        out += b"".join(between.join(pixels[x : x + every]) + b"\n" for x in range(0, len(pixels), every))
    return out


@pytest.mark.parametrize(
    ("digit", "within", "between", "every"),
    [(1, b"", b"", 70), (1, b"", b" ", 35), (2, b"", b" ", 17), (2, b"", b" ", 99), (3, b" ", b"  ", 6)],
)
def test_texts_of_programs_are_taken_apart(digit: int, within: bytes, between: bytes, every: int) -> None:
    shape = (4, 90, 3 if digit == 3 else 1)
    values = np.random.default_rng(3).integers(0, 2 if digit == 1 else 256, shape)
    parsed = check(TEXT, text_file(digit, values, within, between, every))
    assert np.array_equal(parsed.planes[0], values)
    assert len(parsed.recipe) < 40
    one_a_line = b"P2\n# made by hand\n2 2\n255\n7\n8\n9\n10\n"
    assert check(TEXT, one_a_line).planes[0].ravel().tolist() == [7, 8, 9, 10]


@pytest.mark.parametrize(
    "data",
    [
        b"P2",
        b"P2\n2 2\n255\n",
        b"P2\n2 2\n255\n1 2 3",
        b"P2\n2 2\n255\n1 2 3 04",
        b"P2\n2 2\n255\n1 2 3 256",
        b"P2\n2 2\n255\n1 2\n3  4\n",
        b"P2\n2 2\n255\n1 2 # 3\n3 4\n",
        b"P2\n2 2\n256\n1 2 3 4",
        b"P2\n2 2\n255\n1 2 3 4 5",
        b"P2\n2 1\n255\n1 " + b"9" * 5000,
        b"P2\n3 1\n255\n1" + b" " * 9 + b"2" + b" " * 9 + b"3",
        b"P1\n2 2\n0112",
        b"P3\n1 1\n255\n1 2",
        b"P3\n999999999 999999999\n255\n1 2",
        b"P2\n99999999999999999999 1\n255\n1",
    ],
)
def test_text_leaves_to_raw(data: bytes) -> None:
    assert TEXT.parse(data) is None


# --- BMP ----------------------------------------------------------------------------------------------------


@given(bmp_files())
@quick
def test_bmp_comes_back(data: bytes) -> None:
    check(BMP, data)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_bmp_by_pillow(mode: str) -> None:
    """Planes hold what Pillow sees."""
    rng = np.random.default_rng(7)
    image = Image.fromarray(rng.integers(0, 256, (5, 7, 4), np.uint8)).convert(mode)
    data = saved(image, "bmp")
    parsed = check(BMP, data)
    assert np.array_equal(np.dstack(parsed.planes).squeeze(), np.asarray(image))


def test_bmp_recipe_of_a_usual_header_is_nearly_all_zeros() -> None:
    """Only the offset, 54, and the resolution, 2835 twice, are no zeros."""
    recipe = check(BMP, bmp_file(bytes(24), 3, 2, 24)).recipe
    assert (len(recipe), len(recipe) - recipe.count(0)) == (2 + 54, 1 + 4)


@pytest.mark.parametrize("fourth", [0, 255])
def test_bmp_keeps_a_constant_fourth_byte_in_the_recipe(fourth: int) -> None:
    parsed = check(BMP, bmp_file(bytes((1, 2, 3, fourth)) * 6, 3, 2, 32))
    assert [plane.shape for plane in parsed.planes] == [(2, 3, 3)]
    assert parsed.planes[0][0, 0].tolist() == [3, 2, 1]


@pytest.mark.parametrize(
    "data",
    [
        b"BM",
        bmp_file(bytes(11), 1, 3, 24),
        bmp_file(bytes(12), 0, 3, 24),
        bmp_file(bytes(12), -1, 3, 24),
        bmp_file(bytes(12), 1, 0, 24),
        bmp_file(bytes(12), 1, -(1 << 31), 24),
        bmp_file(bytes(12), (1 << 31) - 1, (1 << 31) - 1, 32),
        bmp_file(bytes(12), 1, 3, 16),
        bmp_file(bytes(12), 1, 3, 24, compression=3),
        bmp_file(bytes(12), 1, 3, 32, compression=1),
        bmp_file(bytes(12), 1, 3, 24, info=64),
        bmp_file(bytes(12), 1, 3, 8),
        bmp_file(bytes(12), 1, 3, 8, gap=bytes(1024)),
        bmp_file(bytes(12), 1, 3, 24)[:10] + b"\xff\xff\xff\xff" + bmp_file(bytes(12), 1, 3, 24)[14:],
        bmp_file(bytes(12), 1, 3, 24)[:10] + b"\x00\x00\x00\x00" + bmp_file(bytes(12), 1, 3, 24)[14:],
    ],
)
def test_bmp_leaves_to_raw(data: bytes) -> None:
    assert BMP.parse(data) is None


@given(indexed_bmp_files())
@quick
def test_indexed_bmp_comes_back(data: bytes) -> None:
    check(INDEXED, data)


@pytest.mark.parametrize("mode", ["1", "P"])
def test_indexed_bmp_by_pillow(mode: str) -> None:
    """Planes hold the indices in the order of brightness."""
    rng = np.random.default_rng(7)
    image = Image.fromarray(rng.integers(0, 256, (5, 7, 3), np.uint8)).convert(mode)
    data = saved(image, "bmp")
    assert BMP.parse(data) is None
    plane = check(INDEXED, data).planes[0][..., 0].astype(int)
    gray = np.asarray(image.convert("RGB")).astype(int) @ (299, 587, 114)
    order = np.argsort(gray.ravel(), kind="stable")
    assert (np.diff(plane.ravel()[order])[np.diff(gray.ravel()[order]) > 0] > 0).all()


@pytest.mark.parametrize(
    "data",
    [
        bmp_file(bytes(4), 8, 1, 1),
        bmp_file(bytes(4), 8, 1, 1, gap=bytes(7)),
        bmp_file(bytes(4), 8, 2, 1, gap=bytes(8)),
        bmp_file(bytes(4), 8, 0, 1, gap=bytes(8)),
        bmp_file(bytes(4), -8, 1, 1, gap=bytes(8)),
        bmp_file(bytes(4), 1, 1, 2, gap=bytes(16)),
        bmp_file(bytes(4), 1, 1, 8, compression=1, gap=bytes(1024)),
        bmp_file(bytes(4), (1 << 31) - 1, -(1 << 31), 1, gap=bytes(8)),
    ],
)
def test_indexed_bmp_leaves_to_raw(data: bytes) -> None:
    assert INDEXED.parse(data) is None


# --- PNG ----------------------------------------------------------------------------------------------------


@given(png_files())
@quick
def test_png_comes_back(data: bytes) -> None:
    check(PNG, data)


@given(st.data(), st.sampled_from(KINDS), sides, sides, st.booleans())
@quick
def test_png_samples(data: st.DataObject, kind: tuple[int, int], rows: int, columns: int, interlaced: bool) -> None:
    """Planes hold the samples that the file was built from."""
    colour, depth = kind
    samples = data.draw(noise((rows, columns, CHANNELS[colour]), 1 << depth))
    stream = zlib.compress(png_raster(samples, depth, interlaced, (0, 1, 2, 3, 4)))
    before = chunk(b"PLTE", bytes(3)) if colour == 3 else b""
    parsed = check(PNG, png_file(rows, columns, depth, colour, [stream], interlaced, before))
    if depth < 16:
        assert np.array_equal(np.concatenate(parsed.planes, axis=2), samples)
    else:
        assert np.array_equal(join(parsed.planes, parsed.recipe[1], Reader(parsed.recipe[2:])), samples)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_by_pillow(mode: str) -> None:
    """Pillow sees the same image before and after, and in 8-bit modes the planes hold just what it sees."""
    ramp = np.arange(37 * 41 * 4).reshape(37, 41, 4)
    if mode == "I;16":
        image = Image.fromarray((ramp[..., 0] * 11).astype(np.uint16))
    else:
        image = Image.fromarray((ramp * ramp // 911 % 256).astype(np.uint8)).convert("RGB").convert(mode)
    data = saved(image, "png")
    parsed = check(PNG, data)
    with Image.open(io.BytesIO(data)) as old, Image.open(io.BytesIO(restored(PNG, parsed))) as new:
        assert (old.mode, old.size, old.getpalette()) == (new.mode, new.size, new.getpalette())
        assert old.tobytes() == new.tobytes()
        if mode not in ("1", "P", "I;16"):
            assert np.array_equal(np.dstack(parsed.planes).squeeze(), np.asarray(old))


def test_png_restores_large_images_in_blocks() -> None:
    """More than one block of rows is filtered; filters help on a smooth image."""
    rows, columns = np.mgrid[:300, :700]
    image = ((rows + columns)[..., None] // (3, 2, 1) % 256).astype(np.uint8)
    parsed = check(PNG, saved(Image.fromarray(image), "png"))
    assert np.array_equal(parsed.planes[0], image)
    assert len(restored(PNG, parsed)) < image.size // 50


def test_png_drops_only_offsets_into_its_image_data() -> None:
    stream = zlib.compress(b"\0\x2a")
    text = chunk(b"tEXt", b"a\0b")
    parsed = check(PNG, png_file(1, 1, 8, 0, [stream], before=chunk(b"iDOT", bytes(28)) + text, after=text))
    assert restored(PNG, parsed) == png_file(1, 1, 8, 0, [zlib.compress(b"\0\x2a", 9)], before=text, after=text)


GOOD = zlib.compress(b"\0\1\2\3" * 2)  # 2 x 3 gray


@pytest.mark.parametrize(
    "data",
    [
        SIGNATURE,
        SIGNATURE + chunk(b"IEND"),
        png_file(2, 3, 8, 0, [GOOD])[:-1],
        png_file(2, 3, 8, 0, [GOOD]) + b"\0",
        png_file(2, 3, 8, 0, [GOOD])[:-12] + chunk(b"IEND", b"x"),
        png_file(2, 3, 8, 0, [GOOD]).replace(b"IDAT", b"IDAU"),
        png_file(2, 3, 8, 0, []),
        png_file(2, 3, 8, 0, [GOOD[:-1]]),
        png_file(2, 3, 8, 0, [GOOD + b"\0"]),
        png_file(2, 3, 8, 0, [b"not zlib"]),
        png_file(2, 3, 8, 0, [zlib.compress(b"\5\1\2\3" * 2)]),
        png_file(2, 2, 8, 0, [GOOD]),
        png_file(3, 3, 8, 0, [GOOD]),
        png_file(0, 3, 8, 0, [zlib.compress(b"")]),
        png_file((1 << 31) - 1, (1 << 31) - 1, 16, 6, [GOOD]),
        png_file(1 << 31, 3, 8, 0, [GOOD]),
        png_file(2, 3, 3, 0, [GOOD]),
        png_file(2, 3, 8, 1, [GOOD]),
        png_file(2, 3, 8, 3, [GOOD]),
        png_file(2, 3, 8, 3, [GOOD], after=chunk(b"PLTE", bytes(3))),
        png_file(2, 3, 8, 3, [GOOD], before=2 * chunk(b"PLTE", bytes(3))),
        png_file(2, 3, 8, 3, [GOOD], before=chunk(b"PLTE", bytes(4))),
        png_file(2, 3, 8, 3, [GOOD], before=chunk(b"PLTE", bytes(3 * 257))),
        png_file(2, 3, 8, 0, [GOOD], before=chunk(b"PLTE", bytes(3))),
        png_file(2, 3, 8, 0, [GOOD], before=chunk(b"acTL", bytes(8))),
        png_file(2, 3, 8, 0, [GOOD], before=chunk(b"CgBI", bytes(4))),
        png_file(2, 3, 8, 0, [GOOD], before=chunk(b"IDAT") + chunk(b"gAMA", bytes(4))),
        png_file(2, 3, 8, 0, [GOOD], before=chunk(b"a1cd")),
    ],
)
def test_png_leaves_to_raw(data: bytes) -> None:
    assert PNG.parse(data) is None


def test_png_bomb_is_not_unpacked() -> None:
    """Neither a huge claim nor a stream longer than the claim takes memory."""
    bomb = zlib.compress(bytes(30_000_000), 9)
    files = [png_file(2, 3, 8, 0, [bomb]), png_file(1 << 20, 1 << 20, 8, 0, [bomb])]
    tracemalloc.start()
    assert [PNG.parse(data) for data in files] == [None, None]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


# --- damage -------------------------------------------------------------------------------------------------

any_file = st.one_of(
    st.tuples(st.just(NETPBM), st.one_of(pnm_files(), pam_files())),
    st.tuples(st.just(BMP), bmp_files()),
    st.tuples(st.sampled_from((PNG, EXACT_PNG)), png_files()),
    st.tuples(st.just(PBM), pbm_files()),
    st.tuples(st.just(TEXT), text_files().filter(lambda file: TEXT.parse(file) is not None)),
    st.tuples(st.just(INDEXED), indexed_bmp_files()),
)


@given(st.data(), any_file)
@settings(quick, max_examples=300)
def test_damaged_files_are_refused_or_come_back(data: st.DataObject, built: tuple[Content, bytes]) -> None:
    kind, file = built
    file = data.draw(damaged(file))
    kind.sniff(file[:64])
    if kind.parse(file) is not None:
        check(kind, file)


@given(st.data(), png_files())
@quick
def test_damage_behind_right_checksums(data: st.DataObject, file: bytes) -> None:
    file = rewritten_checksums(data.draw(damaged(file)))
    for kind in (PNG, EXACT_PNG):
        if kind.parse(file) is not None:
            check(kind, file)


@given(st.data(), any_file)
@settings(quick, max_examples=300)
def test_damaged_recipes_raise_only_our_errors(data: st.DataObject, built: tuple[Content, bytes]) -> None:
    kind, file = built
    parsed = taken_apart(kind, file)
    recipe = data.draw(damaged(parsed.recipe))
    with contextlib.suppress(CorruptError):
        kind.restore(parsed.planes, recipe)


colors = st.sampled_from(((2, 3, 1), (2, 3, 2), (2, 3, 3), (2, 3, 4), (2, 3, 6), (3, 2, 1)))
shapes = st.one_of(colors, st.sampled_from(((6,), (18,))), st.lists(st.integers(0, 3), max_size=4).map(tuple))


@given(any_file, st.lists(shapes, max_size=5), st.sampled_from((0, 1, 255)))
@settings(quick, max_examples=300)
def test_planes_of_other_shapes_raise_only_our_errors(
    built: tuple[Content, bytes], others: list[tuple[int, ...]], value: int
) -> None:
    kind, file = built
    planes: list[Plane] = [np.full(shape, value, np.uint8) for shape in others]
    recipe = taken_apart(kind, file).recipe
    with contextlib.suppress(CorruptError):
        kind.restore(planes, recipe)


@pytest.mark.parametrize(
    "planes", [[(2, 3, 1)] * 2, [(2, 3, 3), (18,)], [(2, 3, 1), (6,)] * 2, [(2, 3, 3), (3, 2, 1)]]
)
def test_bmp_of_impossible_planes(planes: list[tuple[int, ...]]) -> None:
    recipe = check(BMP, bmp_file(bytes(24), 3, 2, 24)).recipe
    with pytest.raises(CorruptError):
        BMP.restore([np.zeros(shape, np.uint8) for shape in planes], recipe)


@pytest.mark.parametrize("kind", [NETPBM, BMP, PNG, EXACT_PNG, TEXT, INDEXED])
@pytest.mark.parametrize("recipe", [b"", b"\x00", b"\x07", b"\x00\x00", b"\x00\x80", b"\x00\x80\x00", b"\xff" * 20])
def test_hostile_recipes(kind: Content, recipe: bytes) -> None:
    with pytest.raises(CorruptError):
        kind.restore([np.zeros((1, 1, 1), np.uint8)], recipe)


@pytest.mark.parametrize("kind", [NETPBM, BMP, PNG, EXACT_PNG, PBM, TEXT, INDEXED])
def test_what_is_something_else(kind: Content) -> None:
    for data in (b"", b"P", b"B", b"\x89", b"plain text", bytes(100)):
        assert not kind.sniff(data)
        assert kind.parse(data) is None
