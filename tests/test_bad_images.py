"""Images that are large only in words, thin, or noise: refused before they take memory, or coded at little cost."""

from __future__ import annotations

import io
import time
import tracemalloc

import numpy as np
import pytest

import arcodec
from arcodec import container
from arcodec.container import Chunk, Header, Writer
from tests import laws
from tests.content_files import bmp_file, chunk, png_file

RANDOM = np.random.default_rng(5)
HUGE = 1 << 31
SIZES = b"%d %d" % (HUGE, HUGE)


def noise(*shape: int) -> bytes:
    return RANDOM.integers(0, 256, shape).astype(np.uint8).tobytes()


@pytest.mark.parametrize(
    "data",
    [
        b"P6\n200 150\n255\n" + noise(150, 200, 3),
        b"P5\n200 150\n255\n" + noise(150, 200),
        b"P4\n1600 150\n" + noise(150, 200),
        b"P7\nWIDTH 100\nHEIGHT 150\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n" + noise(150, 100, 4),
        bmp_file(noise(150, 200, 4), 200, 150, 32),
        bmp_file(noise(150, 200), 200, 150, 8, gap=noise(256, 4)),
        bmp_file(noise(150, 200), 1600, 150, 1, gap=noise(2, 4)),
    ],
)
@pytest.mark.parametrize("level", [1, 5])
def test_noise_costs_next_to_nothing(data: bytes, level: int) -> None:
    packed = arcodec.compress(data, level=level)
    assert len(packed) <= len(data) * 1.001 + 40
    assert arcodec.decompress(packed) == data


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (1, 70_000), (70_000, 1)])
@pytest.mark.parametrize("digit", [4, 5, 6])
def test_thin_images(rows: int, columns: int, digit: int) -> None:
    y, x, c = np.indices((rows, (columns + 7) // 8 if digit == 4 else columns, 3 if digit == 6 else 1))
    raster = ((y + x) // 300 + 40 * c + RANDOM.integers(0, 3, y.shape)).astype(np.uint8).tobytes()
    data = b"P%d\n%d %d\n" % (digit, columns, rows) + (b"255\n" if digit > 4 else b"") + raster
    laws.check_file(data, level=1)


@pytest.mark.parametrize(
    "data",
    [
        b"P6\n" + SIZES + b"\n255\n" + bytes(99),
        b"P5\n2147483647 999999999\n255\n" + bytes(99),
        b"P5\n999999999 999999999\n65535\n" + bytes(99),
        b"P4\n999999999 999999999\n" + bytes(99),
        b"P3\n999999999 999999999\n255\n0 0 0\n",
        b"P7\nWIDTH 2147483648\nHEIGHT 2147483648\nDEPTH 4\nMAXVAL 255\nENDHDR\n" + bytes(99),
        bmp_file(bytes(99), HUGE - 1, HUGE - 1, 24),
        bmp_file(bytes(99), HUGE - 1, -HUGE, 1, gap=bytes(8)),
        png_file(HUGE - 1, HUGE - 1, 8, 6, [bytes(99)]),
        png_file(HUGE - 1, HUGE - 1, 1, 3, [bytes(99)], before=chunk(b"PLTE", bytes(6))),
    ],
)
def test_headers_that_lie_are_not_believed(data: bytes) -> None:
    """They are coded as bytes, at once."""
    arcodec.compress(b"warm up " * 9, level=1, pixels=True)
    start = time.monotonic()
    tracemalloc.start()
    packed = arcodec.compress(data, level=1, pixels=True)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.monotonic() - start < 5
    assert peak < 50_000_000
    assert arcodec.info(packed).frames[0].content == "raw"
    assert arcodec.decompress(packed) == data


def claim(shape: tuple[int, ...], memory: int, model: int = container.PIXELS_2) -> bytes:
    """An .arcz file that says it holds a recipe and an image of this shape."""
    sink = io.BytesIO()
    writer = Writer(sink, Header(1, memory, 1 << 40))
    writer.add(Chunk(container.STORED, None, (1,), True, False, 1, container.check_of(b"\1", b"\1")), b"\1")
    writer.add(Chunk(model, None, shape, True, True, 9, 0), b"\0" + bytes(8))
    return sink.getvalue()


@pytest.mark.parametrize("model", [container.PIXELS_2, container.GRAPHICS, container.FILL, container.PIXELS])
def test_huge_claims_are_refused_before_they_take_memory(model: int) -> None:
    arcodec.decompress(arcodec.compress(b"P6\n9 9\n255\n" + noise(9, 9, 3) * 4, level=5))
    tracemalloc.start()
    for shape in ((1 << 15, 1 << 13, 3), (1 << 29, 1, 1), (1, 1 << 28, 3)):
        with pytest.raises(arcodec.CorruptError, match="memory"):
            arcodec.decompress(claim(shape, 1 << 20, model))
        with pytest.raises(arcodec.LimitError, match="memory"):
            arcodec.decompress(claim(shape, 1 << 40, model), memory_limit=1 << 28)
        with pytest.raises(arcodec.LimitError, match="the limit is"):
            arcodec.decompress(claim(shape, 1 << 40, model), max_size=1 << 28)
    with pytest.raises(arcodec.CorruptError, match="format allows"):
        arcodec.decompress(claim((HUGE, HUGE, 3), 1 << 40, model))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000


def test_bands_that_fill_no_plane_are_refused() -> None:
    """Each has a good check of its own."""
    for shapes in (
        [((2, 3, 1), False), ((3, 3, 1), True)],
        [((2, 3, 1), False), ((2, 3, 3), True)],
        [((2, 3, 1), False), ((2, 4, 1), False)],
        [((2, 3, 1), False), ((2, 3, 1), True), ((2, 3, 1), False)],
        [((2, 3, 1), False), ((6,), False)],
    ):
        sink = io.BytesIO()
        writer = Writer(sink, Header(1, 1 << 20, 4))
        writer.add(Chunk(container.STORED, None, (1,), True, False, 1, container.check_of(b"\1", b"\1")), b"\1")
        for i, (shape, beside) in enumerate(shapes):
            data = bytes(int(np.prod(shape)))
            last = i == len(shapes) - 1
            check = container.check_of(data, data)
            writer.add(Chunk(container.STORED, None, shape, i == 0, last, len(data), check, 0, beside), data)
        writer.close(bytes(8))
        with pytest.raises(arcodec.CorruptError, match="band"):
            arcodec.decompress(sink.getvalue())
