"""JPEG files come back byte for byte; damaged ones, and headers that lie, are left alone or come back too."""

from __future__ import annotations

import contextlib
import io
import struct
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import arcodec
from arcodec.content import _jpeg_planes, _jpeg_recipe
from arcodec.content._jpeg import DRI, SOF0, SOS
from arcodec.content._jpeg_scans import USUAL_HOLD, USUAL_RUN, Way
from arcodec.content.base import Parsed, Plane
from arcodec.content.jpeg import Jpeg
from arcodec.errors import CorruptError
from arcodec.models import coefficient_chunks
from tests import laws
from tests.content_files import damaged
from tests.jpeg_files import (
    at_random,
    codes,
    made,
    one_by_one,
    other_files,
    pillow_files,
    progressive,
    saved,
    segment,
    whole,
)

JPEG = Jpeg()
quick = settings(deadline=None, max_examples=30)


def check(data: bytes) -> Parsed:
    """The law; planes come through a decoder, fresh and writable."""
    assert JPEG.sniff(data[:64])
    parsed = JPEG.parse(data)
    assert parsed is not None
    for plane in parsed.planes:
        assert plane.dtype == np.uint8
        assert plane.flags.c_contiguous
        assert coefficient_chunks.read(plane) is not None
    assert JPEG.restore([plane.copy() for plane in parsed.planes], parsed.recipe) == data
    return parsed


def check_or_left(data: bytes) -> bool:
    """Whether it is taken apart; if so it comes back."""
    taken = JPEG.parse(data) is not None
    if taken:
        check(data)
    return taken


def picture(rows: int, columns: int, mode: str = "RGB") -> Image.Image:
    y, x, c = np.indices((rows, columns, 3))
    noise = (y * 7919 + x * 104729 + c * 1299709) % 65537 % 9
    return Image.fromarray(((y * 3 + x * 2 + c * 40 + noise) % 256).astype(np.uint8)).convert(mode)


@given(pillow_files())
@quick
def test_files_by_pillow_come_back(data: bytes) -> None:
    check(data)


@given(other_files())
@quick
def test_other_files_come_back(data: bytes) -> None:
    check(data)


@pytest.mark.parametrize("script", [whole, one_by_one, progressive])
@pytest.mark.parametrize("factors", [[(1, 1)], [(2, 1), (1, 1), (1, 1)], [(1, 4), (1, 1), (1, 2)], [(1, 1)] * 4])
def test_files_made_here_are_jpeg(script: object, factors: list[tuple[int, int]]) -> None:
    """Pillow reads them."""
    data = made(at_random(1), 30, 45, factors, script(len(factors)), 2)  # type: ignore[operator]
    image = Image.open(io.BytesIO(data))
    image.load()
    assert image.size == (45, 30)
    check(data)


def test_usual_headers_cost_little() -> None:
    data = saved(picture(40, 50), quality=80)
    assert len(check(data).recipe) < 50
    assert len(check(saved(picture(40, 50, "L"), quality=80)).recipe) < 40


@pytest.mark.parametrize("hold", [USUAL_HOLD, 1 << 17])
@pytest.mark.parametrize("run", [1, 3, USUAL_RUN])
def test_runs_that_end_early(run: int, hold: int) -> None:
    way = Way(1, run, hold, None, False)
    parsed = check(made(at_random(2, 0.05), 90, 90, [(1, 1)], progressive(1), 0, way))
    ways = [part.way for part in _jpeg_recipe.read(parsed.recipe, [np.ones(64, np.uint16)]) if part.way]
    assert not any(own.cut for own in ways)


def test_padding_of_both_kinds_is_kept() -> None:
    """Bits that fill up the last byte unlike those before restarts."""
    data = made(at_random(3), 64, 64, [(1, 1)], whole(1), 5)
    last = data[-3]
    found = sum(check_or_left(data[:-3] + bytes([last & 255 << bits & 255]) + data[-2:]) for bits in range(1, 8))
    assert found == 7


@pytest.mark.parametrize("between", [b"\0\0", b"\xff", b"junk", b"\xff\xd3", bytes(50)])
def test_what_follows_a_scan_is_kept(between: bytes) -> None:
    data = saved(picture(40, 50))
    check(data[:-2] + between + data[-2:])
    check(data + between)


def test_restarts_that_are_missing_or_out_of_order() -> None:
    data = saved(picture(60, 60), restart_marker_blocks=2)
    place = data.index(b"\xff\xd4")
    assert check_or_left(data[:place] + data[place + 2 :]) in (True, False)
    check_or_left(data[:place] + b"\xff\xd6" + data[place + 2 :])


def test_files_cut_anywhere() -> None:
    """What can be read of the scan is kept as coefficients if it is most of the file."""
    for data in (saved(picture(24, 24)), saved(picture(24, 24), progressive=True)):
        taken = [check_or_left(data[:length]) for length in range(len(data))]
        assert not any(taken[:100])
        assert taken[-1]
    data = saved(picture(200, 200), quality=95)
    assert check_or_left(data[: len(data) - 700])


@given(st.data(), st.one_of(pillow_files(), other_files()))
@settings(quick, max_examples=60)
def test_damaged_files_are_refused_or_come_back(data: st.DataObject, file: bytes) -> None:
    check_or_left(data.draw(damaged(file)))


@given(st.binary(max_size=300))
@quick
def test_anything_after_soi(data: bytes) -> None:
    check_or_left(b"\xff\xd8\xff" + data)


@given(st.data(), st.one_of(pillow_files(), other_files()))
@quick
def test_damaged_recipes_raise_only_our_errors(data: st.DataObject, file: bytes) -> None:
    parsed = check(file)
    with contextlib.suppress(CorruptError):
        JPEG.restore(parsed.planes, data.draw(damaged(parsed.recipe)))


@given(st.data(), other_files())
@quick
def test_damaged_planes_raise_only_our_errors(data: st.DataObject, file: bytes) -> None:
    """Changed in the rows that tell what they are, cut, or not what is wanted."""
    parsed = check(file)
    plane = parsed.planes[0].copy()
    row, column = data.draw(st.integers(0, min(2, len(plane) - 1))), data.draw(st.integers(0, 127))
    plane[row, column] = data.draw(st.integers(0, 255))
    planes: list[list[Plane]] = [
        [plane],
        [parsed.planes[0]] * 2,
        [parsed.planes[0][:-1]],
        [parsed.planes[0][:, :100]],
        [],
    ]
    for own in planes:
        with contextlib.suppress(CorruptError):
            JPEG.restore(own, parsed.recipe)


def test_values_that_no_encoder_has_end_well() -> None:
    """Coefficients beyond what codes are there for."""
    parsed = check(saved(picture(40, 40), progressive=True))
    for value in (0x00, 0x7F, 0x80, 0xFF):
        plane = parsed.planes[0].copy()
        plane[4:] = value
        JPEG.restore([plane], parsed.recipe)


def frame(rows: int, columns: int, count: int = 3, bits: int = 8, factor: int = 0x11) -> bytes:
    components = b"".join(bytes([k + 1, factor, 0]) for k in range(count))
    return segment(SOF0, bytes([bits]) + struct.pack(">HHB", rows, columns, count) + components)


SCAN = segment(SOS, bytes([1, 1, 0, 0, 63, 0]))
CODES = segment(0xC4, codes(0)) + segment(0xC4, codes(0x10))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        SCAN,
        frame(16, 16) + SCAN,
        CODES + SCAN,
        frame(0, 16, 1) + CODES + SCAN + bytes(99),
        frame(16, 0, 1) + CODES + SCAN + bytes(99),
        frame(16, 16, 1, 12) + CODES + SCAN + bytes(99),
        frame(16, 16, 1, 8, 0x01) + CODES + SCAN + bytes(99),
        frame(16, 16, 1, 8, 0x55) + CODES + SCAN + bytes(99),
        frame(16, 16, 5) + CODES + SCAN + bytes(99),
        frame(16, 16, 0) + CODES + SCAN + bytes(99),
        frame(65535, 65535) + CODES + SCAN,
        frame(65535, 65535, 1) + CODES + SCAN + bytes(20000),
        frame(16, 16, 1) + segment(0xC4, bytes([0]) + b"\xff" * 16 + bytes(255 * 16)) + SCAN + bytes(99),
        frame(16, 16, 1) + segment(0xC4, bytes([0, 3]) + bytes(15) + bytes(3)) + SCAN + bytes(99),
        frame(16, 16, 1) + CODES + segment(SOS, bytes([1, 1, 0x22, 0, 63, 0])) + bytes(99),
        frame(16, 16, 1) + CODES + segment(SOS, bytes([1, 9, 0, 0, 63, 0])) + bytes(99),
        frame(16, 16, 2) + CODES + segment(SOS, bytes([2, 1, 0, 1, 0, 0, 63, 0])) + bytes(99),
        frame(16, 16, 1).replace(b"\xff\xc0", b"\xff\xc9") + CODES + SCAN + bytes(99),
        frame(16, 16, 1).replace(b"\xff\xc0", b"\xff\xc3") + CODES + SCAN + bytes(99),
        frame(16, 16, 1) + segment(DRI, b"\0") + CODES + SCAN + bytes(99),
    ],
)
def test_is_left_to_raw(body: bytes) -> None:
    tracemalloc.start()
    assert JPEG.parse(b"\xff\xd8" + body) is None
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


def test_other_files_are_not_jpeg() -> None:
    for data in (b"", b"\xff", b"\xff\xd8", b"plain text", bytes(100), b"P5\n1 1\n255\na"):
        assert not JPEG.sniff(data)
        assert JPEG.parse(data) is None


def test_bands_are_rows_of_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_jpeg_planes, "_BAND_BLOCKS", 40)
    monkeypatch.setattr(_jpeg_planes, "_BAND_BYTES", 100)
    data = saved(picture(130, 90), quality=85)
    parsed = check(data)
    assert len(parsed.planes) > 3
    assert len({plane.shape for plane in parsed.planes}) <= 2
    packed = laws.check_file(data, level=1)
    assert arcodec.info(packed).frames[0].content == "jpeg"
    with pytest.raises(CorruptError):
        JPEG.restore(parsed.planes[::-1][1:], parsed.recipe)


@pytest.mark.parametrize("options", [{"level": 1}, {"level": 9}, {"model": "coefficients"}, {"model": "pixels-fast"}])
def test_whole_files(options: dict[str, object]) -> None:
    data = saved(picture(120, 160), quality=85)
    packed = laws.check_file(data, **options)
    assert len(packed) < 0.9 * len(data)


def test_a_model_of_bytes_leaves_them_alone() -> None:
    packed = laws.check_file(saved(picture(40, 40)), model="order0")
    assert arcodec.info(packed).frames[0].content == "raw"
