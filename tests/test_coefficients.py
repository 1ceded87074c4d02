"""The models of JPEG coefficients: round trips of any values and geometries, bounds, memory, what chunks tell."""

from __future__ import annotations

import contextlib
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcodec import models
from arcodec.errors import CorruptError
from arcodec.kernels import block_predictor, dct, quick_coefficients, quick_contexts
from arcodec.kernels import coefficients as kernel
from arcodec.kernels import port as ports
from arcodec.models import coefficient_chunks
from arcodec.models.coefficients import Coefficients, Component
from tests import laws
from tests.laws import check_model

RANDOM = np.random.default_rng(8)
KERNELS = [kernel, quick_coefficients]
NAMES = ["coefficients-1", "coefficients-1-max"]


def geometry(rows: int, columns: int, scale_y: int, scale_x: int, gray: bool, steps: Any) -> list[Component]:
    """Luma of rows x columns blocks, and chroma over it."""
    luma = Component(rows, columns, 1, 1, steps)
    if gray:
        return [luma]
    return [luma, *[Component(-(-rows // scale_y), -(-columns // scale_x), scale_y, scale_x, steps)] * 2]


def blocks(components: list[Component]) -> int:
    return sum(c.rows * c.columns for c in components)


def picture(components: list[Component]) -> Any:
    """Coefficients that fall off with the frequency."""
    u, v = np.indices((8, 8))
    size = 60 / (1 + u + v) ** 2
    return np.round(RANDOM.laplace(0, 1, (blocks(components), 64)) * size.reshape(-1)).astype(np.int16)


def check(components: list[Component], chunk: Any, own_kernel: Any = kernel) -> bytes:
    """The laws of a model, for int16."""
    return check_model(Coefficients(components, own_kernel), chunk, 64)


STEPS = st.sampled_from([np.full(64, 1), np.full(64, 255), np.full(64, 65535), np.arange(1, 65)])


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 5),
    st.integers(1, 5),
    st.sampled_from([1, 2]),
    st.sampled_from([1, 2]),
    st.booleans(),
    STEPS,
    st.integers(0, 15),
    st.integers(0, 2**32 - 1),
    st.sampled_from(KERNELS),
)
def test_any_values_round_trip(
    rows: int, columns: int, scale_y: int, scale_x: int, gray: bool, steps: Any, bits: int, seed: int, own_kernel: Any
) -> None:
    components = geometry(rows, columns, scale_y, scale_x, gray, steps)
    random = np.random.default_rng(seed)
    chunk = random.integers(-(1 << bits), 1 << bits, (blocks(components), 64))
    chunk *= random.random(chunk.shape) < random.random()
    check(components, chunk.astype(np.int16), own_kernel)


@pytest.mark.parametrize("value", [-32768, 32767, -2047, 2047, 0])
@pytest.mark.parametrize("step", [1, 255, 65535])
@pytest.mark.parametrize("own_kernel", KERNELS)
def test_extremes(value: int, step: int, own_kernel: Any) -> None:
    components = geometry(9, 11, 2, 2, False, np.full(64, step))
    chunk = np.full((blocks(components), 64), value, np.int16)
    check(components, chunk, own_kernel)
    chunk[::2] = -1 - chunk[::2]
    check(components, chunk, own_kernel)


def test_what_the_docstrings_bound_stays_within() -> None:
    components = geometry(20, 20, 2, 2, False, np.full(64, 1))
    model = Coefficients(components)
    for high in (3, 2047, 32767):
        chunk = RANDOM.choice(np.array([-high, high, 0], np.int16), (blocks(components), 64))
        tables: Any = kernel.allocate(model._geometry, model._steps, len(chunk))
        kernel.run(ports.meter(), np.empty(0, np.uint32), np.zeros(chunk.size, np.uint32), chunk, chunk.size, tables)
        reference, edges, regressions, _, near, _, scales, weights, apms = tables[2:11]
        for products, factors, _, _, _, solved, _ in regressions:
            assert int(np.abs(products.astype(np.int64)).max()) < 0.7 * 2**31
            assert int(np.abs(factors).max()) < 1 << 28
            assert int(np.abs(solved).max()) <= 1 << 24
        assert int(np.abs(reference).max()) < 1 << 25
        assert int(np.abs(edges).max()) < 1 << 26
        assert int(np.abs(near[block_predictor.OPEN]).max()) < 1 << 27
        assert int(scales[0].max()) < 1 << 24
        assert int(np.abs(weights).max()) < 1 << 22
        assert 0 <= int(apms.min()) <= int(apms.max()) < 1 << 24


def test_what_the_quick_docstrings_bound_stays_within() -> None:
    for step in (1, 90, 65535):
        components = geometry(20, 20, 2, 2, False, np.full(64, step))
        model = Coefficients(components, quick_coefficients)
        for high in (3, 2047, 32767):
            chunk = RANDOM.choice(np.array([-high, high, 0], np.int16), (blocks(components), 64))
            tables: Any = quick_coefficients.allocate(model._geometry, model._steps, len(chunk))
            costs = np.zeros(chunk.size, np.uint32)
            quick_coefficients.run(ports.meter(), np.empty(0, np.uint32), costs, chunk, chunk.size, tables)
            reference, edges, _, _, _, _, weights, near = tables[2:10]
            assert int(np.abs(reference).max()) < 1 << 25
            assert int(np.abs(edges).max()) < 1 << 26
            assert int(np.abs(near[quick_contexts.OPEN]).max()) < 1 << 27
            assert int(near[quick_contexts.BESIDE].max()) <= 2 * block_predictor.LIMIT
            assert int(np.abs(weights).max()) <= quick_coefficients.ROW_LIMIT


def test_luma_is_halved_as_its_samples_are() -> None:
    """A reference block is the DCT of the means of luma's samples in pairs, but for rounding."""
    v, x = np.indices((8, 8))
    transform = np.where(v == 0, np.sqrt(0.5), 1) * np.cos((2 * x + 1) * v * np.pi / 16) / 2
    samples = RANDOM.normal(0, 50, 16)
    pairs = transform @ samples.reshape(8, 2).mean(axis=1)
    halves = sum(dct.PARTS[h] @ (transform @ samples[8 * h : 8 * h + 8]) for h in range(2)) / 2**14
    assert np.abs(pairs - halves).max() < 0.05


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        Coefficients(geometry(3, 3, 1, 1, True, np.full(64, 1))).encode(np.zeros((8, 64), np.int16))


def test_payloads_cut_short_are_noticed() -> None:
    components = geometry(12, 13, 2, 2, False, np.arange(1, 65))
    chunk = picture(components)
    payload = check(components, chunk)
    model = Coefficients(components)
    for length in (0, 1, len(payload) // 2, len(payload) - 40):
        with pytest.raises(CorruptError):
            model.decode(payload[:length], chunk.shape)


@pytest.mark.parametrize("shape", [(1, 1), (30, 40), (3, 200)])
@pytest.mark.parametrize("own_kernel", KERNELS)
def test_memory_is_an_upper_bound(shape: tuple[int, int], own_kernel: Any) -> None:
    components = geometry(*shape, 2, 2, False, np.arange(1, 65))
    chunk = picture(components)
    model = Coefficients(components, own_kernel)
    model.encode(chunk)
    tracemalloc.start()
    model.encode(chunk)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= model.memory(chunk.shape) + 3 * chunk.nbytes


def described(components: list[Component], chunk: Any) -> Any:
    """A chunk as files have it: components stand alone if they are one, else luma and two of chroma."""
    told = [c._replace(scale_y=0, scale_x=0) if k % 3 == 0 else c for k, c in enumerate(components)]
    return np.concatenate([coefficient_chunks.rows(told), chunk.astype("<i2").view(np.uint8)])


GEOMETRIES = [
    geometry(6, 7, 1, 1, True, np.full(64, 3)),
    geometry(5, 8, 2, 2, False, np.arange(1, 65)),
    geometry(4, 4, 1, 2, False, np.arange(300, 364)),
    [*geometry(3, 3, 1, 1, False, np.full(64, 16)), *geometry(3, 3, 1, 1, True, np.arange(1, 65))],
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("components", GEOMETRIES)
def test_chunks_that_describe_themselves(name: str, components: list[Component]) -> None:
    model = models.built_in(name)
    assert models.BUILT_IN[name][0] == model.code
    chunk = described(components, picture(components))
    check_model(model, chunk)
    payload = model.encode(chunk)
    assert payload[0] == 1
    assert model.memory(chunk.shape, payload) <= model.memory(chunk.shape)
    for place in (*range(30), len(payload) // 2, len(payload) - 1):
        laws.check_damage(model, payload[:place] + bytes([payload[place] ^ 1]) + payload[place + 1 :], chunk.shape)
        laws.check_damage(model, payload[:place], chunk.shape)


@pytest.mark.parametrize("name", NAMES)
def test_chunks_of_something_else(name: str) -> None:
    """Among them those whose first rows say what is not so."""
    model = models.built_in(name)
    good = described(GEOMETRIES[1], picture(GEOMETRIES[1]))
    others = [good[:-1], good[1:], RANDOM.integers(0, 256, (3, 128)).astype(np.uint8), np.zeros((1, 128), np.uint8)]
    for row, column, value in (
        (0, 0, 0),
        (0, 0, 9),
        (0, 7, 1),
        (0, 8, 6),
        (0, 12, 1),
        (0, 20, 3),
        (0, 127, 1),
        (1, 0, 0),
    ):
        bad = good.copy()
        bad[row, column] = value
        others.append(bad)
    for chunk in others:
        check_model(model, chunk)
        assert model.encode(chunk)[0] == 0
    chunk = RANDOM.integers(0, 256, (2, 128)).astype(np.uint8)
    for place in (0, 100, 255):
        laws.check_predict(model, chunk, place)
    laws.check_sample(model, (3, 128))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(payload=st.binary(max_size=200).map(lambda data: b"\1" + data))
def test_crafted_payloads_end_well(name: str, payload: bytes) -> None:
    model = models.built_in(name)
    laws.check_damage(model, payload, (9, 128))
    with contextlib.suppress(CorruptError):
        assert model.memory((9, 128), payload) <= model.memory((9, 128))


@pytest.mark.parametrize("name", NAMES)
def test_memory_for_any_payload_is_an_upper_bound(name: str) -> None:
    model = models.built_in(name)
    for components in GEOMETRIES:
        rows = len(components) + 1 + blocks(components)
        payload = b"\1" + coefficient_chunks.written([c._replace(scale_y=0, scale_x=0) for c in components])
        assert model.memory((rows, 128), payload) <= model.memory((rows, 128))
    assert not model.accepts((3, 127))
    assert not model.accepts((0, 128))
