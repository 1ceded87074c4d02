"""The pixel model's own promises: bounds at worst-case images, exact least squares, memory, no look-ahead."""

from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from arcodec.kernels import decisions, lattice, least_squares, logistic, pixels, residual, weight_sets
from arcodec.kernels import port as ports
from arcodec.models.base import Symbols
from arcodec.models.pixels import Pixels
from tests import laws

MODEL = Pixels()
RANDOM = np.random.default_rng(7)


def worst(channels: int) -> dict[str, Symbols]:
    """Images of the largest amplitudes, for which statistics grow most."""
    shape = (40, 48, channels)
    y, x, c = np.indices(shape)
    return {
        "noise": RANDOM.integers(0, 256, shape).astype(np.uint8),
        "binary noise": (RANDOM.integers(0, 2, shape) * 255).astype(np.uint8),
        "checkerboard": ((x + y) % 2 * 255).astype(np.uint8),
        "columns": ((x + c) % 2 * 255).astype(np.uint8),
        "edge": ((x > 20) * 255).astype(np.uint8),
        "ramp": ((5 * x + 3 * y) & 255).astype(np.uint8),
        "constant": np.full(shape, 255, np.uint8),
    }


@pytest.mark.parametrize("channels", [1, 3])
def test_worst_images_round_trip(channels: int) -> None:
    for image in worst(channels).values():
        laws.check_model(MODEL, image)


@pytest.mark.parametrize("channels", [1, 3])
def test_what_the_docstrings_bound_stays_within(channels: int) -> None:
    for image in worst(channels).values():
        symbols = MODEL.arrange(image)
        tables: Any = pixels.allocate(symbols.shape)
        costs = np.zeros(symbols.size, np.uint32)
        pixels.run(ports.meter(), np.empty(0, np.uint32), costs, symbols, symbols.size, tables)
        _, _, fast, slow, wide, sums, factors, _, _, _, errors, scales, biases, weights, apms, *_ = tables
        ratios = tables[17][2]
        for table in (fast, slow, wide, sums):
            assert int(np.abs(table.astype(np.int64)).max()) < 0.7 * 2**31
        assert int(np.abs(factors[:, 0]).max()) < 1 << 28
        assert int(np.abs(factors[:, 1]).max()) < 1 << 29
        assert int(np.abs(errors).max()) <= 255 << 8
        assert int(scales.min()) > 0
        assert int(scales.max()) < 1 << 24
        assert int(np.abs(biases).max()) < 1 << 25
        assert int(np.abs(weights).max()) < 1 << 22
        assert int(apms.min()) >= 0
        assert int(apms.max()) < 1 << 24
        assert int(ratios.min()) >= 0
        assert int(ratios.max()) <= 1 << 24


def check_rates(rates: Sequence[int]) -> None:
    """The bound of least_squares, computed from a row of its parameters."""
    block, gain, _, row_a, row_b, row_sign, block_a, block_b, block_sign = (int(rate) for rate in rates)
    row = 1 - Fraction(1, 1 << row_a) + row_sign * Fraction(1, 1 << row_b)
    step = 1 - Fraction(1, 1 << block_a) + block_sign * Fraction(1, 1 << block_b)
    most = block * 255**2 << gain
    above = most / (1 - row)
    right = above / (1 - step)
    left = (most + above) / (1 - step)  # before its own decay
    assert right + step * left < Fraction(7, 10) * 2**31
    assert left < 2**31


def test_statistics_at_their_largest_fit_their_integers() -> None:
    for rates in least_squares.RATES:
        check_rates(rates)
    for channels in (1, 3):
        assert all(n % 4 == 0 and n + channels <= 61 for n in least_squares.features(channels))


def test_factorisation_solves_the_normal_equations() -> None:
    features, channels = 8, 3
    size = features + channels
    basis = RANDOM.integers(-60, 61, (40, size))
    matrix = (basis.T @ basis) << 6
    ridge = 32 << 6
    exact = matrix.copy()
    exact[range(features), range(features)] += ridge
    packed = matrix[np.triu_indices(size)].astype(np.int32)
    width = -(-size // 8) * 8
    lower = np.zeros((size + 4, width), np.int32)
    rows = np.zeros((size + 4, width), np.int32)
    work = np.zeros(width, np.int64)
    least_squares.factor(packed, np.zeros_like(packed), lower, rows, work, size, features, ridge)
    samples = np.zeros(width, np.int32)
    samples[:size] = RANDOM.integers(-99, 100, size)
    least_squares.substitute(lower, work, samples, features, width)
    for target in range(features, size):
        known = list(range(target))
        best = np.linalg.solve(exact[np.ix_(known, known)], exact[known, target]) @ samples[known]
        got = -work[target] / 2 ** (20 + 8)
        assert abs(got - best) < 0.05
        remainder = (int(work[target]) >> 20) + (int(samples[target]) << 8)
        for later in range(target + 1, size):
            work[later] -= int(lower[target, later]) * remainder


def test_a_linear_picture_costs_little() -> None:
    y, x, c = np.indices((64, 64, 3))
    assert len(MODEL.encode((x + y + 9 * c).astype(np.uint8))) < 400
    assert len(MODEL.encode(np.full((256, 256, 3), 200, np.uint8))) < 100
    noise = RANDOM.integers(0, 256, (96, 96, 3)).astype(np.uint8)
    assert 8 * len(MODEL.encode(noise)) < 8.3 * noise.size


def test_costs_do_not_depend_on_where_coding_stops() -> None:
    image = MODEL.arrange(worst(3)["ramp"])
    whole = MODEL.bits(worst(3)["ramp"])
    for stop in (1, 2, 145, 1000):
        costs = np.zeros(stop, np.uint32)
        assert MODEL.run(ports.meter(), np.empty(0, np.uint32), costs, image, stop) == stop
        assert np.array_equal(np.ldexp(costs.astype(np.float32), -ports.COST_SCALE), whole[:stop])


def test_symbols_ahead_are_never_read() -> None:
    image = worst(3)["noise"]
    other = image.copy()
    other.reshape(-1)[3000:] = 0
    assert np.array_equal(MODEL.bits(image)[:3000], MODEL.bits(other)[:3000])


@pytest.mark.parametrize("shape", [(1, 1, 1), (16, 16, 3), (3, 2000, 1), (200, 300, 3)])
def test_memory_is_an_upper_bound(shape: tuple[int, ...]) -> None:
    image = np.zeros(shape, np.uint8)
    words = np.empty(0, np.uint32)
    costs = np.zeros(image.size, np.uint32)
    tracemalloc.start()
    MODEL.run(ports.meter(), words, costs, image, image.size)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= MODEL.memory(shape)


def test_an_ordinary_photograph_needs_little_memory() -> None:
    assert MODEL.memory((512, 768, 3)) < 48 << 20
    assert MODEL.memory((4000, 6000, 3)) < 300 << 20


def test_damaged_payloads_end_well() -> None:
    image = worst(3)["ramp"]
    payload = MODEL.encode(image)
    for place in range(0, len(payload), 7):
        damaged = bytearray(payload)
        damaged[place] ^= 0x55
        laws.check_damage(MODEL, bytes(damaged), image.shape)
    laws.check_damage(MODEL, bytes(1000), image.shape)
    laws.check_damage(MODEL, b"\xff" * 9000, image.shape)


def test_tables_are_what_they_say() -> None:
    cdf = logistic.cdf_table()
    assert cdf[1024] == 1 << 23
    assert (np.diff(cdf) >= 0).all()
    x = np.arange(-1024, 1025) / 64
    assert np.abs(cdf[:2049] - 2**24 / (1 + np.exp(-x))).max() <= 0.5
    assert np.abs(logistic.exp2_table() / 2**30 - 2 ** (np.arange(64) / 64)).max() < 1e-8
    for stretch in range(-logistic.STRETCH_LIMIT, logistic.STRETCH_LIMIT + 1, 91):
        p = logistic.squash_24(stretch)
        assert 0 < p < 1 << 24
        assert abs(p - 2**24 / (1 + np.exp(-stretch / 256))) < 300
        assert abs(logistic.stretch_ratio(p, (1 << 24) - p) - stretch) <= 9 or abs(stretch) > 3300
    assert [2 ** (7 + k / 3) - size < 1 for k, size in enumerate(residual._POWERS)] == [True] * 24
    assert weight_sets.apm_tables(1).shape == (2, 33 * 64, 33)
    assert lattice._LEVEL.shape == (256,)


def test_every_decision_has_a_node() -> None:
    """Binarisation ends at any value, asks few questions and names no node beyond the last."""
    for centre in (1, 7, 128, 254, 255):
        for stride in (1, 3, 40, 140):
            for value in range(256):
                low, high, phase, step, asked = 0, 255, 0, 0, 0
                while low < high:
                    middle, kind, phase = decisions.threshold(phase, step, centre, stride, low, high)
                    assert low < middle <= high
                    assert 0 <= kind < weight_sets.NODES
                    bit = int(value >= middle)
                    low, high, phase, step = decisions.advance(low, middle, high, phase, step, bit)
                    asked += 1
                assert low == value
                assert asked <= 20
