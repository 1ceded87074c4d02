"""The models of deep samples: bounds at worst-case images, mosaics, noise, no look-ahead, memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arcodec
from arcodec import chunks, models, parts
from arcodec.bench import heatmap
from arcodec.errors import CorruptError, ModelError
from arcodec.kernels import deep, deep_experts, experts, least_squares, pixel_contexts, pixel_tier
from arcodec.kernels import port as ports
from arcodec.models import deep_tiers
from arcodec.models.base import Symbols
from arcodec.parts import plane_parts
from bench import deep as bench
from tests import laws
from tests.test_pixels2 import check_tables
from tests.test_pixels_model import check_rates

RANDOM = np.random.default_rng(16)
TIERS = {"fast": deep_tiers.FAST, "default": deep_tiers.DEFAULT, "max": deep_tiers.MAX}
MODELS = [models.built_in(name) for name in ("deep-1-fast", "deep-1", "deep-1-max")]
FAST, DEFAULT, _ = MODELS
Image = npt.NDArray[Any]


def symbols(image: Image) -> Symbols:
    """Samples as a chunk: of each the high byte and the low byte."""
    return np.ascontiguousarray(image, ">u2").view(np.uint8).reshape(*image.shape[:2], -1)


def worst(channels: int) -> dict[str, Image]:
    """Images of the largest amplitudes, of hardly any, and of both."""
    shape = (24, 32, channels)
    y, x, c = np.indices(shape)
    bright = np.full(shape, 300)
    bright[12, 16] = 65535
    return {
        "noise": RANDOM.integers(0, 65536, shape),
        "binary noise": RANDOM.integers(0, 2, shape) * 65535,
        "checkerboard": (x + y) % 2 * 65535,
        "columns": (x + c) % 2 * 65535,
        "edge": (x > 20) * 65535,
        "ramp at the top": 65535 - 7 * x - 3 * y,
        "ramp at the bottom": 700 * x * c + 3 * y,
        "saw": (5000 * x + 300 * y) & 65535,
        "one bright pixel": bright,
        "quiet, then loud": np.where(y < 12, 1000 + x % 2, RANDOM.integers(0, 65536, shape)),
        "constant": np.full(shape, 65535),
        "dark": RANDOM.integers(0, 2, shape),
    }


KINDS: dict[str, Callable[[np.random.Generator, tuple[int, ...], int], Image]] = {
    "constant": lambda random, shape, top: np.full(shape, random.integers(0, top + 1)),
    "noise": lambda random, shape, top: random.integers(0, top + 1, shape),
    "few": lambda random, shape, top: np.array([0, top // 3, top])[random.integers(0, 3, shape)],
    "extremes": lambda random, shape, top: np.indices(shape)[:2].sum(axis=0) % 2 * top,
    "mosaic": lambda random, shape, top: (
        np.indices(shape)[:2].sum(axis=0) % 2 * (top // 2) + random.integers(0, top // 8 + 1, shape)
    ),
    "smooth": lambda random, shape, top: np.clip(
        (top // 20) * np.indices(shape).sum(axis=0) + random.integers(0, 9, shape), 0, top
    ),
}


@st.composite
def images(draw: st.DrawFn) -> Image:
    """Small images of any shape and depth."""
    shape = draw(st.integers(1, 12)), draw(st.integers(1, 12)), draw(st.sampled_from([1, 3]))
    top = (1 << draw(st.integers(1, 16))) - 1
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return KINDS[draw(st.sampled_from(sorted(KINDS)))](random, shape, top)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.name))
@settings(max_examples=40)
@given(image=images())
def test_any_shape_and_depth_round_trips(model: Any, image: Image) -> None:
    laws.check_model(model, symbols(image))


@pytest.mark.parametrize("channels", [1, 3])
def test_worst_images_round_trip(channels: int) -> None:
    for image in worst(channels).values():
        laws.check_model(DEFAULT, symbols(image))


@pytest.mark.parametrize("tier", TIERS.values(), ids=TIERS)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_what_the_docstrings_bound_stays_within(tier: pixel_tier.Tier, channels: int) -> None:
    for image in worst(channels).values():
        chunk = symbols(image)
        tables: Any = deep.allocate(tier, chunk.shape, 65535)
        costs = np.zeros(chunk.size, np.uint32)
        deep.run(ports.meter(), np.empty(0, np.uint32), costs, chunk.copy(), chunk.size, tables)
        pasts, sums, factors = tables[6:9]
        errors, scales, biases, weights, apms, slots = tables[12:18]
        check_tables((*pasts, sums), factors, weights, apms, slots)
        assert int(np.abs(errors).max()) <= 65535 << 8
        assert int(scales.min()) > 0
        assert int(scales.max()) < 1 << 33
        assert int(np.abs(biases).max()) < 1 << 37


def test_tiers_fit_the_kernel() -> None:
    assert experts.AFTER < deep_experts.AFTER
    for tier in TIERS.values():
        assert 2 <= len(tier.predictors) <= pixel_contexts.MOST
        for channels in (1, 3, 4):
            counts = pixel_tier.features(tier, channels, 0)
            assert all(n % 4 == 0 and n + channels <= 61 for n in counts)
        for context in (*tier.gray, *tier.colour):
            assert len(context) <= pixel_contexts.FIELDS
        for predictor in tier.predictors:
            check_rates(predictor.rates)


@pytest.mark.parametrize("rates", least_squares.RATES)
@pytest.mark.parametrize("around", [256, 1 << 14, 1 << 27])
def test_samples_are_scaled_to_what_statistics_can_hold(rates: npt.NDArray[np.int32], around: int) -> None:
    """At most what 8-bit samples times the gain come to, whatever the noise around."""
    for largest in (1, 255, 256, 4000, 65535):
        samples = np.array([[largest, -largest, 1, 0]], np.int32)
        scaled = np.zeros(4, np.int32)
        past, sums = np.zeros((2, 3, 10), np.int32), np.zeros((1, 2, 10), np.int32)
        least_squares.end_deep_pixel(
            0, past, sums, rates.reshape(1, -1), samples, scaled, 4, 0, 9, np.int64(around), np.int64(512)
        )
        assert int(np.abs(scaled).max()) ** 2 <= 255**2 << int(rates[least_squares.GAIN])
        assert sums[0, 1, 0] == scaled[0] ** 2


def test_what_is_smooth_costs_little() -> None:
    y, x, c = np.indices((64, 64, 3))
    assert len(DEFAULT.encode(symbols(100 * x + 70 * y + 900 * c))) < 700
    assert len(DEFAULT.encode(symbols(np.full((256, 256, 1), 65535)))) < 120


def test_noise_costs_hardly_more_than_it_is() -> None:
    for bits in (9, 12, 16):
        image = RANDOM.integers(0, 1 << bits, (128, 128, 3))
        assert 8 * len(FAST.encode(symbols(image))) < (bits + 0.4) * image.size
    noise = RANDOM.integers(0, 65536, (64, 64)).astype(">u2").tobytes()
    file = b"P5\n64 64\n65535\n" + noise
    assert len(arcodec.compress(file)) < len(file) * 1.001 + 40


def test_mosaics_are_coded_by_colours() -> None:
    y, x, _ = np.indices((64, 80, 1))
    colours = np.array([[900, 2000], [2100, 500]])[y % 2, x % 2]
    image = colours + (colours * np.sin(x / 9 + y / 7) / 3).astype(np.int64) + RANDOM.integers(0, 30, colours.shape)
    payload = DEFAULT.encode(symbols(image))
    assert payload[0] == 1
    laws.check_model(DEFAULT, symbols(image))
    assert len(payload) < 0.98 * len(DEFAULT.encode(symbols(image[:-1])))
    assert DEFAULT.encode(symbols(image[:, :, [0, 0, 0]]))[0] == 0
    smooth = 30 * x + 40 * y + RANDOM.integers(0, 9, x.shape)
    assert DEFAULT.encode(symbols(smooth))[0] == 0


def test_damaged_payloads_end_well() -> None:
    image = symbols(worst(1)["saw"])
    payload = FAST.encode(image)
    for place in [0, 1, 2, *range(3, len(payload), 11)]:
        damaged = bytearray(payload)
        damaged[place] ^= 0x55
        laws.check_damage(FAST, bytes(damaged), image.shape)
    for bad in (b"", b"\0\1", b"\2" + payload[1:]):
        with pytest.raises(CorruptError, match="layout"):
            FAST.decode(bad, image.shape)
    for shape in ((23, 32, 2), (24, 31, 2), (24, 32, 6)):
        with pytest.raises(CorruptError, match="layout 1"):
            FAST.decode(b"\1" + payload[1:], shape)


@settings(max_examples=40)
@given(payload=st.binary(max_size=120))
def test_any_payload_ends_well(payload: bytes) -> None:
    laws.check_damage(FAST, payload, (6, 8, 2))


def test_samples_ahead_are_never_read() -> None:
    image = worst(3)["noise"]
    image[-1] = 65535  # the largest sample is known beforehand
    other = image.copy()
    other[12:-1] = 0
    half = 12 * 32 * 6
    assert np.array_equal(DEFAULT.bits(symbols(image))[:half][1:], DEFAULT.bits(symbols(other))[:half][1:])


def test_samples_are_drawn() -> None:
    laws.check_sample(DEFAULT, (8, 10, 6))
    assert not np.array_equal(DEFAULT.sample((8, 10, 2), 1), DEFAULT.sample((8, 10, 2), 2))


def test_single_bytes_have_no_distribution() -> None:
    with pytest.raises(ModelError, match="two bytes as one"):
        DEFAULT.predict(np.zeros(0, np.uint8), (1, 1, 2))


@pytest.mark.parametrize("shape", [(1, 1, 1), (40, 40, 3), (2, 2000, 1), (200, 300, 1), (200, 300, 3)])
def test_memory_is_an_upper_bound(shape: tuple[int, ...]) -> None:
    y, x, _ = np.indices(shape)
    chunk = symbols((y % 2 + x % 2) * 3000 + x)
    for model in MODELS:
        payload = model.encode(chunk)
        tracemalloc.start()
        model.decode(payload, chunk.shape)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak <= model.memory(chunk.shape, payload[:1]) + 4 * chunk.size
        assert model.memory(chunk.shape, payload[:1]) <= model.memory(chunk.shape)


def pam(image: Image, kind: str) -> bytes:
    """A PAM of 16-bit samples."""
    rows, columns, channels = image.shape
    head = f"P7\nWIDTH {columns}\nHEIGHT {rows}\nDEPTH {channels}\nMAXVAL 65535\nTUPLTYPE {kind}\nENDHDR\n"
    return head.encode() + image.astype(">u2").tobytes()


@pytest.mark.parametrize(("level", "name"), [(1, "deep-1-fast"), (5, "deep-1"), (9, "deep-1-max")])
def test_files_of_deep_samples(level: int, name: str) -> None:
    y, x, c = np.indices((30, 40, 4))
    image = 400 * y + 300 * x + 999 * c + RANDOM.integers(0, 90, y.shape)
    for kind, channels in (("GRAYSCALE", 1), ("GRAYSCALE_ALPHA", 2), ("RGB", 3), ("RGB_ALPHA", 4)):
        packed = laws.check_file(pam(image[..., :channels], kind), level=level)
        used = arcodec.info(packed).frames[0].models
        assert name in used
    alpha = image.copy()
    alpha[..., 3] = 65535
    opaque = laws.check_file(pam(alpha, "RGB_ALPHA"), level=level)
    assert "fill" in arcodec.info(opaque).frames[0].models


def test_bands_of_mosaics_begin_at_even_rows_and_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    def bands(plane: Symbols, chunk_size: int = 64) -> list[tuple[int, int]]:
        cut = plane_parts([plane], chunk_size, lambda _: [chunks.built_in("deep-1")])
        return [(part.symbols.shape[0], part.symbols.shape[1]) for part in cut]

    plane = np.zeros((33, 4, 2), np.uint8)
    assert bands(plane) == [(10, 4), (10, 4), (10, 4), (3, 4)]
    assert bands(plane[:25]) == [(10, 4), (10, 4), (5, 4)]
    monkeypatch.setitem(parts._BANDS, "deep-1", 1 << 10)
    assert bands(np.zeros((8, 325, 2), np.uint8), 1 << 20) == [(8, 66)] * 4 + [(8, 61)]


def test_models_for_other_samples_leave_them_alone() -> None:
    """A model asked for by name codes what it can; other planes get the default of the level."""
    deep_file = pam(RANDOM.integers(0, 3000, (20, 20, 1)), "GRAYSCALE")
    packed = laws.check_file(deep_file, model="pixels-1")
    assert "deep-1" in arcodec.info(packed).frames[0].models
    y, x, c = np.indices((20, 20, 3))
    shallow = b"P6\n20 20\n255\n" + (5 * x + 3 * y + c).astype(np.uint8).tobytes()
    assert "deep-1" not in arcodec.info(laws.check_file(shallow, model="deep")).frames[0].models
    assert "deep-1-max" in arcodec.info(laws.check_file(deep_file, model="deep-max")).frames[0].models


@pytest.mark.parametrize("recipe", bench.RECIPES.values(), ids=bench.RECIPES)
def test_what_is_measured_is_made_the_same_always(recipe: bench.Recipe) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (21, 30, 3)).astype(np.uint8)
    image = bench.make(pixels, recipe, 5)
    assert image.shape == (20 // recipe.step, 28 // recipe.step, 1 if recipe.kept in ("gray", "mosaic") else 3)
    assert int(image.max()) < 1 << (recipe.bits if recipe.kept == "mosaic" else 16)
    assert np.array_equal(image, bench.make(pixels, recipe, 5))
    assert arcodec.decompress(arcodec.compress(bench.netpbm(image))) == bench.netpbm(image)


@pytest.mark.parametrize(("kind", "channels"), [("GRAYSCALE", 1), ("GRAYSCALE_ALPHA", 2), ("RGB_ALPHA", 4)])
def test_where_the_bits_of_deep_samples_go(tmp_path: Path, kind: str, channels: int) -> None:
    y, x, c = np.indices((40, 50, channels))
    image = 400 * y + 300 * x + 999 * c + RANDOM.integers(0, 90, y.shape) * (x > 25)
    path = tmp_path / "deep.pam"
    path.write_bytes(pam(image, kind))
    drawn = heatmap.picture(path)
    assert drawn.unit == "pixel"
    assert drawn.original
    planes = heatmap.bits_of(path)
    assert 6 * 25 * 40 * channels < sum(float(plane.bits.sum()) for plane in planes) < 9 * 50 * 40 * channels
