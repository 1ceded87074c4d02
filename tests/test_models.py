"""Every built-in model obeys the laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcodec import models
from arcodec.models.base import Model, Symbols, _frequencies
from tests import laws

BYTE_MODELS = ["order0", "bytes-1"]
PIXEL_MODELS = ["pixels-1", "pixels-2-fast", "pixels-2", "pixels-2-max", "graphics-1"]
OF_VARIANTS = ["bytes-2-fast", "bytes-2", "bytes-2-max"]  # see test_variants.py
DEEP = ["deep-1-fast", "deep-1", "deep-1-max"]  # see test_deep.py
COEFFICIENTS = ["coefficients-1", "coefficients-1-max"]  # see test_coefficients.py
AUDIO = ["audio-1-fast", "audio-1", "audio-1-max"]  # see test_audio.py

texts = st.one_of(
    st.binary(max_size=400),
    st.text(st.sampled_from("ab <>\n\t01,.{}\"'"), max_size=300).map(str.encode),
    st.tuples(st.binary(min_size=1, max_size=9), st.integers(1, 60)).map(lambda t: t[0] * t[1]),
)


@st.composite
def images(draw: st.DrawFn) -> Symbols:
    """Small images of every kind: 1x1, 1xN, Nx1, constant, noise, gradient, few colours, stripes."""
    channels = draw(st.sampled_from([1, 3]))
    rows, columns = draw(st.tuples(st.integers(1, 12), st.integers(1, 12)))
    if draw(st.booleans()):
        rows, columns = draw(st.sampled_from([(1, 1), (1, columns), (rows, 1), (1, 60), (60, 1)]))
    shape = rows, columns, channels
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y, x, c = np.indices(shape)
    kind = draw(st.sampled_from(["constant", "noise", "gradient", "few", "stripes", "extremes"]))
    if kind == "constant":
        image = np.full(shape, draw(st.integers(0, 255)))
    elif kind == "noise":
        image = random.integers(0, 256, shape)
    elif kind == "gradient":
        image = 7 * y + 3 * x + 11 * c + random.integers(0, 3, shape)
    elif kind == "few":
        image = np.array([0, 17, 255])[random.integers(0, 3, shape)]
    elif kind == "stripes":
        image = (x // 2 % 2) * 255
    else:
        image = ((x + y) % 2) * 255
    return image.astype(np.uint8)


def samples(name: str) -> list[Symbols]:
    """A few chunks that a model of this name can code."""
    if name in BYTE_MODELS:
        return [laws.array(d) for d in (b"", b"\0", b"ab", b"to be or not to be, " * 9, bytes(range(256)) * 2)]
    y, x, _ = np.indices((9, 14, 3))
    return [np.zeros((1, 1, 1), np.uint8), (y * 9 + x * 5).astype(np.uint8), np.ones((3, 2, 1), np.uint8)]


@pytest.fixture(params=BYTE_MODELS + PIXEL_MODELS)
def model(request: pytest.FixtureRequest) -> Model:
    """Each built-in model."""
    return models.built_in(request.param)


def test_all_built_in_models_are_tested() -> None:
    assert sorted(BYTE_MODELS + PIXEL_MODELS + OF_VARIANTS + DEEP + COEFFICIENTS + AUDIO) == sorted(models.BUILT_IN)


def test_names_and_codes_are_those_of_the_registry(model: Model) -> None:
    assert models.BUILT_IN[model.name][0] == model.code
    assert models.by_code(model.code) is model


@pytest.mark.parametrize("name", BYTE_MODELS)
@settings(max_examples=40)
@given(data=texts)
def test_bytes_round_trip(name: str, data: bytes) -> None:
    laws.check_model(models.built_in(name), laws.array(data))


@pytest.mark.parametrize("name", PIXEL_MODELS)
@settings(max_examples=60)
@given(image=images())
def test_pixels_round_trip(name: str, image: Symbols) -> None:
    laws.check_model(models.built_in(name), image)


def test_predict_agrees_with_bits(model: Model) -> None:
    for chunk in samples(model.name):
        for place in {0, chunk.size // 2, chunk.size - 1} if chunk.size else set():
            laws.check_predict(model, chunk, place)


def test_sample_is_reproducible(model: Model) -> None:
    laws.check_sample(model, (300,) if model.dimensions == 1 else (8, 10, 3))
    shape = samples(model.name)[-1].shape
    assert not np.array_equal(model.sample(shape, 1), model.sample(shape, 2))


def test_a_longer_chunk_begins_alike(model: Model) -> None:
    """What a symbol costs does not depend on symbols that come after it."""
    for chunk in samples(model.name):
        if chunk.size > 4:
            other = chunk.copy()
            other[-1] ^= 0xFF
            half = chunk[:-1].size
            assert np.array_equal(model.bits(chunk)[:half], model.bits(other)[:half])


@settings(max_examples=40)
@given(st.data())
def test_damaged_payloads_end_well(data: st.DataObject) -> None:
    model = models.built_in(data.draw(st.sampled_from(BYTE_MODELS + PIXEL_MODELS)))
    shape = (200,) if model.dimensions == 1 else (7, 9, 3)
    laws.check_damage(model, data.draw(st.binary(max_size=120)), shape)


def test_memory_is_stated(model: Model) -> None:
    shape = (1 << 16,) if model.dimensions == 1 else (64, 64, 3)
    assert 0 < model.memory(shape) < 1 << 30


@given(st.lists(st.integers(0, 1 << 39), min_size=256, max_size=256).filter(any))
def test_frequencies_are_a_distribution(weights: list[int]) -> None:
    table = _frequencies(weights)
    assert table.min() >= 1
    assert int(table.sum()) == 1 << 24
