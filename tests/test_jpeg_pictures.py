"""Pictures that were a JPEG: the decoder's arithmetic, finding coefficients, payloads of them."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from arcodec import models
from arcodec.errors import CorruptError, FormatError
from arcodec.kernels import jpeg
from arcodec.models import conversions, gaps, jpeg_blocks, jpeg_search
from arcodec.models.base import Symbols
from arcodec.models.jpeg_blocks import GRAY, HALVED, HALVED_COLUMNS, WHOLE, Blocks, Patch

FAST = models.built_in("pixels-2-fast")
SAMPLING = {WHOLE: 0, HALVED_COLUMNS: 1, HALVED: 2}  # as Pillow counts them


def picture(rows: int, columns: int, channels: int = 3) -> Symbols:
    """Waves, edges and noise."""
    random = np.random.default_rng(5)
    y, x = np.indices((rows, columns))
    planes = [
        128 + 50 * np.sin(x / (9 + k) + y / 17) + 25 * np.cos(y / (5 + k)) + 30 * ((x // 23 + y // 31) % 2)
        for k in range(channels)
    ]
    return np.clip(np.stack(planes, axis=2) + random.normal(0, 3, (rows, columns, 1)), 16, 239).astype(np.uint8)


def through_jpeg(pixels: Symbols, quality: int, layout: int) -> Symbols:
    """What Pillow makes of the JPEG that it makes of a picture."""
    file = io.BytesIO()
    if layout == GRAY:
        Image.fromarray(pixels[..., 0]).save(file, "JPEG", quality=quality)
        return np.asarray(Image.open(file))[..., None]
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=SAMPLING[layout])
    return np.asarray(Image.open(file))


def found(pixels: Symbols) -> Blocks | None:
    if pixels.shape[2] == 1:
        return jpeg_search.find(pixels)
    converted = conversions.find(pixels)
    assert converted is not None
    return jpeg_search.find(pixels, converted.chromas)


@pytest.mark.parametrize("quality", [60, 85, 92])
@pytest.mark.parametrize("layout", [GRAY, *SAMPLING])
def test_coefficients_are_found(layout: int, quality: int) -> None:
    pixels = through_jpeg(picture(171, 149), quality, layout)
    blocks = found(pixels)
    assert blocks is not None
    assert blocks.layout == layout
    wrong = (jpeg_blocks.restore(blocks, pixels.shape) != pixels).any(axis=2)
    assert wrong.mean() < 0.01


@pytest.mark.parametrize("layout", [GRAY, *SAMPLING])
def test_such_pictures_take_less(layout: int) -> None:
    pixels = through_jpeg(picture(160, 149), 85, layout)
    payload = FAST.encode(pixels)
    assert payload[0] == 11 + layout
    assert np.array_equal(FAST.decode(payload, pixels.shape), pixels)
    assert len(payload) < 0.7 * len(FAST._plain.encode(FAST.arrange(pixels)))  # type: ignore[attr-defined]
    assert abs(float(FAST.bits(pixels).sum()) / 8 - len(payload)) < 100


def test_other_pictures_are_left_alone() -> None:
    pixels = picture(96, 96)
    assert jpeg_search.find(pixels[..., :1]) is None
    assert FAST.encode(pixels)[0] == 0
    assert jpeg_search.find(np.random.default_rng(0).integers(0, 256, (96, 96, 1), np.uint8)) is None
    assert jpeg_search.find(np.zeros((8, 8, 1), np.uint8)) is None


def test_what_is_not_the_decoders_is_an_exception() -> None:
    pixels = through_jpeg(picture(128, 128), 85, HALVED).copy()
    pixels[40:43, 50:60] = 0
    payload = FAST.encode(pixels)
    assert payload[0] == 11 + HALVED
    assert np.array_equal(FAST.decode(payload, pixels.shape), pixels)


def _cosine_transform(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    n = np.arange(8)
    basis = np.cos((2 * n + 1) * n[:, None] * np.pi / 16) * np.where(n == 0, np.sqrt(1 / 8), 1 / 2)[:, None]
    answer: npt.NDArray[np.float64] = basis.T @ values @ basis
    return answer


def test_the_inverse_transform_is_that_of_the_standard() -> None:
    random = np.random.default_rng(3)
    coefficients = random.integers(-40, 41, (50, 64)).astype(np.int16)
    steps = random.integers(1, 6, 64)
    plane = np.zeros((8, 400), np.uint8)
    jpeg.fill_blocks(coefficients, steps, plane, np.empty(64, np.int64))
    for k, block in enumerate(coefficients):
        exact = _cosine_transform((block * steps).reshape(8, 8).astype(float)) + 128
        assert np.abs(plane[:, 8 * k : 8 * k + 8] - np.clip(exact, 0, 255)).max() < 0.8


def test_the_largest_coefficients_do_not_overflow() -> None:
    for value in (-32768, 32767):
        plane = np.zeros((8, 8), np.uint8)
        jpeg.fill_blocks(np.full((1, 64), value, np.int16), np.full(64, 255, np.int64), plane, np.empty(64, np.int64))
        assert plane[0, 0] == (0 if value < 0 else 255)


@st.composite
def any_blocks(draw: st.DrawFn) -> tuple[Blocks, tuple[int, ...]]:
    layout = draw(st.integers(0, 3))
    shape = (draw(st.integers(1, 33)), draw(st.integers(1, 33)), 1 if layout == GRAY else 3)
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    shapes = jpeg_blocks.planes_shapes(shape, layout)
    count = sum((rows // 8) * (columns // 8) for rows, columns in shapes)
    spread = draw(st.sampled_from([0, 2, 40, 2047]))
    coefficients = random.integers(-spread, spread + 1, (count, 64)).astype(np.int16)
    kinds = [jpeg_blocks.standard_tables()[random.integers(200)], random.integers(1, 256, 64)]
    steps = np.stack([kinds[random.integers(2)] for _ in shapes])
    strips = tuple(random.integers(0, 256, s).astype(np.uint8) for p in shapes for s in jpeg_blocks.strips_shapes(p))
    patches = []
    for rows, columns in shapes:
        chosen = np.flatnonzero(random.random((rows // 8) * (columns // 8)) < 0.3)
        differences = random.integers(0, 256, (len(chosen), 8, 8)).astype(np.uint8)
        patches.append(Patch(gaps.written(chosen), differences))
    return Blocks(layout, steps, coefficients, strips, tuple(patches)), shape


@settings(max_examples=40, deadline=None)
@given(any_blocks())
def test_any_blocks_come_back(blocks_and_shape: tuple[Blocks, tuple[int, ...]]) -> None:
    blocks, shape = blocks_and_shape
    plain = FAST._plain  # type: ignore[attr-defined]
    parts = jpeg_blocks.encode(blocks, shape, plain)
    assert len(parts) == jpeg_blocks.parts_of(blocks.layout)
    again = jpeg_blocks.decode(blocks.layout, parts, shape, plain)
    assert np.array_equal(again.coefficients, blocks.coefficients)
    assert np.array_equal(again.steps, blocks.steps)
    assert all(np.array_equal(a, b) for a, b in zip(again.strips, blocks.strips, strict=True))
    for left, right in zip(again.patches, blocks.patches, strict=True):
        assert left.codes == right.codes
        assert np.array_equal(left.differences, right.differences)
    assert np.array_equal(jpeg_blocks.restore(again, shape), jpeg_blocks.restore(blocks, shape))


def test_bad_payloads() -> None:
    pixels = through_jpeg(picture(100, 90), 85, HALVED)
    payload = FAST.encode(pixels)
    for bad in (payload[:1], payload[:5], payload[: len(payload) // 2], payload[:-8], bytes([15]) + payload[1:]):
        with pytest.raises(FormatError):
            FAST.decode(bad, pixels.shape)
    with pytest.raises(CorruptError):
        FAST.decode(bytes([11]) + payload[1:], pixels.shape)  # gray, of three channels


@pytest.mark.parametrize(
    "data", [b"", b"\xc9", bytes([1]), bytes([0]) + bytes(64), bytes([1, 2, 3, 4]), bytes([255] * 3)]
)
def test_bad_tables(data: bytes) -> None:
    with pytest.raises(CorruptError):
        jpeg_blocks._read_tables(data, 3)
