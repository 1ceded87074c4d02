"""The second pixel models: conversions known to the bit, known channels, bounds, memory."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from arcodec import models
from arcodec.errors import CorruptError
from arcodec.kernels import least_squares, pixel_contexts, pixel_tier, planes, sources, wide_mixer
from arcodec.kernels import port as ports
from arcodec.models import conversions, pixel_tiers
from arcodec.models.base import Symbols
from arcodec.models.pixels2 import Planes
from tests import laws
from tests.test_pixels_model import check_rates, worst

RANDOM = np.random.default_rng(11)
TIERS = {"fast": pixel_tiers.FAST, "default": pixel_tiers.DEFAULT, "max": pixel_tiers.MAX}
CODED = [models.built_in(name) for name in ("pixels-2-fast", "pixels-2", "pixels-2-max")]


def smooth(rows: int, columns: int, low: int, high: int) -> Symbols:
    """A plane of slow waves and some noise, within low ... high."""
    y, x = np.indices((rows, columns))
    wave = np.sin(x / 9 + y / 17) + np.cos(y / 7) + RANDOM.normal(0, 0.1, (rows, columns))
    return np.clip(low + (wave + 2) / 4 * (high - low), low, high).astype(np.uint8)


def made(number: int, layout: int, rows: int = 97, columns: int = 90, high: int = 140) -> Symbols:
    """A picture of luma and chroma by a conversion; the higher `high`, the more is clipped."""
    luma = smooth(rows, columns, 40, high)[..., None]
    cells = conversions.cells_shape(rows, columns, layout)
    chromas = np.stack([smooth(*cells[:2], 140, 170), smooth(*cells[:2], 120, 150)], axis=2)
    return conversions._convert(number, layout, luma, np.ascontiguousarray(chromas))


@pytest.mark.parametrize("number", range(len(conversions.SOURCES)))
@pytest.mark.parametrize("layout", range(conversions.PHASES + 1))
def test_conversions_are_found_and_undone(number: int, layout: int) -> None:
    pixels = made(number, layout)
    found = conversions.find(pixels)
    assert found is not None
    assert (found.source, found.layout) == (number, layout)
    assert not len(found.gaps)
    assert np.array_equal(conversions.restore(found), pixels)


@pytest.mark.parametrize("layout", [0, 3, conversions.FULL])
def test_clipped_and_strange_pixels_are_kept(layout: int) -> None:
    pixels = made(0, layout, high=200)
    assert (pixels == 255).any()
    pixels[50, 20:23] = 7
    found = conversions.find(pixels)
    assert found is not None
    assert 3 <= len(found.values) < 400
    assert np.array_equal(conversions.restore(found), pixels)


def test_other_pictures_are_left_alone() -> None:
    assert conversions.find(RANDOM.integers(0, 256, (64, 64, 3)).astype(np.uint8)) is None
    assert conversions.find(np.full((64, 64, 3), 255, np.uint8)) is None
    assert conversions.find(np.zeros((3, 500, 3), np.uint8)) is None


def test_photo_cd_is_as_it_is_published() -> None:
    """In floating-point, away from integers where rounding decides."""
    source = sources.photo_cd()
    luma, chroma1, chroma2 = RANDOM.integers(0, 256, (3, 2000))
    step1, step2 = 2.2179 * (chroma1 - 156), 1.8215 * (chroma2 - 137)
    exact = [
        1.3584 * luma + step2,
        1.3584 * luma - 0.194 * (step1 // 1) - 0.509 * (step2 // 1),
        1.3584 * luma + step1,
    ]
    parts = [source.red[chroma2], source.green1[chroma1] + source.green2[chroma2], source.blue[chroma1]]
    for expected, part in zip(exact, parts, strict=True):
        away = np.abs(expected - np.round(expected)) > 1e-5
        assert np.array_equal(((luma * source.step + part) >> 32)[away], np.floor(expected[away]))


@pytest.mark.parametrize("model", CODED, ids=lambda model: str(model.name))
@pytest.mark.parametrize("layout", [1, conversions.FULL])
def test_converted_pictures_round_trip(model: Any, layout: int) -> None:
    pixels = made(0, layout, high=190)
    pixels[30, 30] = 3
    assert model.encode(pixels)[0] == 1 + layout
    laws.check_model(model, pixels)


def test_damaged_parts_end_well() -> None:
    model = CODED[0]
    pixels = made(0, 2, high=190)
    payload = model.encode(pixels)
    assert payload[0] == 3
    for place in [*range(12), *range(12, len(payload), 151)]:
        damaged = bytearray(payload)
        damaged[place] ^= 0x55
        laws.check_damage(model, bytes(damaged), pixels.shape)
    laws.check_damage(model, payload[:9], pixels.shape)
    for number in (3, 200):
        with pytest.raises(CorruptError):
            model.decode(bytes([number]) + payload[1:], (*pixels.shape[:2], 1))


@pytest.mark.parametrize("model", CODED, ids=lambda model: str(model.name))
def test_uneven_values(model: Any) -> None:
    """A gray picture that was stretched has a variant, and it is worth it."""
    plane = (smooth(130, 140, 20, 150).astype(int) * 3 // 2).astype(np.uint8)[..., None]
    payload = laws.check_model(model, plane)
    assert payload[0] == 15
    assert len(payload) < len(Planes(model.tier).encode(plane))
    assert model.encode(smooth(130, 140, 20, 150)[..., None])[0] == 0
    for place in range(1, len(payload), 997):
        laws.check_damage(model, payload[:place] + bytes([payload[place] ^ 0x55]) + payload[place + 1 :], plane.shape)
    with pytest.raises(CorruptError):
        model.decode(payload, (130, 140, 3))


@pytest.mark.parametrize("tier", TIERS.values(), ids=TIERS)
@pytest.mark.parametrize("coded", [1, 2, 3])
@pytest.mark.parametrize("known", [0, 4])
def test_known_channels(tier: pixel_tier.Tier, coded: int, known: int) -> None:
    image = RANDOM.integers(0, 256, (13, 11, coded + known)).astype(np.uint8)
    image[..., known:] = image[..., :1]
    side = np.ascontiguousarray(image[..., :known]) if known else None
    laws.check_model(Planes(tier, side), np.ascontiguousarray(image[..., known:]))


def check_tables(sums: Any, factors: Any, weights: Any, apms: Any, slots: Any) -> None:
    """After any image the tables of a kernel are within the bounds that docstrings state."""
    for table in sums:
        assert int(np.abs(table.astype(np.int64)).max()) < 0.7 * 2**31
    assert int(np.abs(factors[:, 0]).max()) < 1 << 28
    assert int(np.abs(factors[:, 1]).max()) < 1 << 29
    assert int(np.abs(weights).max()) < 1 << 22
    assert weights.shape[1] <= wide_mixer.WIDTH
    assert int(apms.min()) >= 0
    assert int(apms.max()) < 1 << 24
    if slots.size:
        assert int(np.abs(slots >> 16).max()) <= pixel_contexts.LIMIT + 1
        assert int((slots & 255).max()) <= pixel_contexts.MOST_MET


@pytest.mark.parametrize("tier", TIERS.values(), ids=TIERS)
@pytest.mark.parametrize("channels", [1, 3])
def test_what_the_docstrings_bound_stays_within(tier: pixel_tier.Tier, channels: int) -> None:
    for image in worst(channels).values():
        tables: Any = planes.allocate(tier, image.shape, 0)
        costs = np.zeros(image.size, np.uint32)
        planes.run(ports.meter(), np.empty(0, np.uint32), costs, image.copy(), image.size, tables)
        pasts, sums, factors = tables[6:9]
        weights, apms, slots = tables[15], tables[16], tables[22]
        check_tables((*pasts, sums), factors, weights, apms, slots)


def test_tiers_fit_the_kernel() -> None:
    for tier in TIERS.values():
        assert 2 <= len(tier.predictors) <= pixel_contexts.MOST
        for coded, known in ((1, 0), (3, 0), (2, 4)):
            counts = pixel_tier.features(tier, coded, known)
            assert all(n % 4 == 0 and n + coded <= 61 for n in counts)
            assert len(pixel_contexts.needed(tier.contexts(coded))) <= pixel_contexts.VALUES
        for context in (*tier.gray, *tier.colour):
            assert len(context) <= pixel_contexts.FIELDS
            assert all(0 <= q < pixel_contexts.QUANTITIES for q in context)
        for predictor in tier.predictors:
            check_rates(predictor.rates)


def test_pixels_count_less_among_large_residuals() -> None:
    assert least_squares.share(np.int64(256)) == least_squares.WHOLE
    assert 0 <= least_squares.share(np.int64(1 << 20)) < least_squares.share(np.int64(1 << 14)) < least_squares.WHOLE


@pytest.mark.parametrize("shape", [(1, 1, 1), (40, 40, 3), (3, 2000, 1), (200, 300, 3)])
def test_memory_is_an_upper_bound(shape: tuple[int, ...]) -> None:
    image = np.zeros(shape, np.uint8)
    if shape[2] == 3:
        image = made(0, 0, shape[0], shape[1], high=200)
    for model in CODED:
        model.encode(image)
        tracemalloc.start()
        model.encode(image)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak <= model.memory(shape)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("channels", [1, 3])
def test_least_squares_survive_what_is_hardest(tier: str, channels: int) -> None:
    """Checkerboards, ramps at the limits, one bright pixel: exact at all tiers."""
    y, x, c = np.indices((33, 47, channels))
    images = {
        "checkerboard": (x + y + c) % 2 * 255,
        "fine and coarse": ((x // 7 + y // 5) % 2) ^ ((x + y) % 2),
        "ramp": np.minimum(x * 9, 255),
        "falling ramp": np.maximum(255 - x * 9 - y, 0),
        "saw": (x * 85 + y * 170) % 256,
        "bright pixel": ((x == 20) & (y == 11)) * 255,
        "dark pixel": 255 - ((x == 0) & (y == 32)) * 255,
    }
    for image in images.values():
        laws.check_model(Planes(TIERS[tier]), image.astype(np.uint8))
