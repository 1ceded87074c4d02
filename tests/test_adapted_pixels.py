"""The pixel model of a domain: laws, what its model file may hold, and what it does with other pictures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcodec.errors import CorruptError, ModelFileError
from arcodec.models import built_in, primed_pictures, store
from arcodec.models.adapted_pixels import AdaptedPixels
from arcodec.models.primed_pictures import Primed, PrimedGraphics, PrimedPixels, Samples
from tests import laws
from tests.adapted_files import Arrays, file_of, icon, pixels_file

KERNELS = ((0,), (1,), (0, 1), (1, 0))


def model_of(data: bytes) -> AdaptedPixels:
    """The model of a model file."""
    model = store.parse(data).model()
    assert isinstance(model, AdaptedPixels)
    return model


@pytest.fixture(scope="module", params=KERNELS)
def model(request: pytest.FixtureRequest) -> AdaptedPixels:
    """With each choice of kernels."""
    return model_of(pixels_file(request.param))


@pytest.mark.parametrize("channels", [1, 3])
def test_laws(model: AdaptedPixels, channels: int) -> None:
    chunk = icon(9, channels)
    payload = laws.check_model(model, chunk)
    assert len(payload) <= 1 + min(len(built_in(name).encode(chunk)) for name in ("graphics-1", "pixels-2"))
    for kernel in model.kernels:
        primed = model.primed(kernel, channels)
        laws.check_model(primed, chunk)
        laws.check_sample(primed, (3, 5, channels))


@pytest.mark.parametrize("kernel", [PrimedGraphics, PrimedPixels])
def test_predict_agrees_with_bits(kernel: type[Primed], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(primed_pictures, "_SHORT_SLOTS", 1 << 12)  # quick to copy
    primed = kernel(Samples(3, [(12, 20)], images=[icon(0, 3, 12, 20)]))
    laws.check_predict(primed, icon(9, 3), 300)


def test_samples_help() -> None:
    chunk = icon(9, 3)
    least = min(len(built_in(name).encode(chunk)) for name in ("graphics-1", "pixels-2"))
    assert len(model_of(pixels_file()).encode(chunk)) < 0.8 * least


@settings(max_examples=15)
@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]), st.integers(0, 3))
def test_round_trip(rows: int, columns: int, channels: int, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (rows, columns, channels)).astype(np.uint8)
    model = model_of(pixels_file())
    laws.check_model(model, noise)
    laws.check_model(model, icon(seed, channels, rows, columns))


def test_the_samples_are_what_was_coded(model: AdaptedPixels) -> None:
    for kernel in model.kernels:
        model.primed(kernel, 3).primed()
    for k, image in enumerate(model.primed(model.kernels[-1], 3).samples.images):
        assert np.array_equal(image, icon(k, 3, 12 + k, 20 - k))


def test_large_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(primed_pictures, "SHORT", 1 << 10)
    primed = PrimedGraphics(Samples(3, [(12, 20)], images=[icon(0, 3, 12, 20)]))
    laws.check_model(primed, icon(3, 3, 40, 40))


def test_other_pictures_lose_a_byte_at_most() -> None:
    noise = np.random.default_rng(5).integers(0, 256, (20, 30, 3)).astype(np.uint8)
    payload = model_of(pixels_file()).encode(noise)
    assert len(payload) <= 1 + min(len(built_in(name).encode(noise)) for name in ("graphics-1", "pixels-2"))


def test_damaged_payloads_end_well(model: AdaptedPixels) -> None:
    chunk = icon(7, 3)
    payload = model.encode(chunk)
    for damaged in (b"", b"\7abc", payload[:5], payload + b"xyz", b"\3\1\2", bytes([payload[0]]) + bytes(40)):
        laws.check_damage(model, damaged, chunk.shape)
    with pytest.raises(CorruptError, match="no variant 7"):
        model.decode(b"\7", chunk.shape)


def test_memory_is_stated(model: AdaptedPixels) -> None:
    for number in (*model.kernels, 2, 3):
        assert 0 < model.memory((50, 50, 3), bytes([number])) <= model.memory((50, 50, 3)) < 1 << 30


def _set(name: str, value: object) -> Callable[[Arrays], None]:
    return lambda arrays: arrays.update({name: np.asarray(value)})


BAD: dict[str, Callable[[Arrays], object]] = {
    "no kernels": lambda arrays: arrays.pop("kernels"),
    "kernels twice": _set("kernels", np.array([1, 1], np.uint8)),
    "an unknown kernel": _set("kernels", np.array([2], np.uint8)),
    "kernels of another kind": _set("kernels", np.array([0], np.int64)),
    "no shapes": lambda arrays: arrays.pop("shapes.3"),
    "no sample": lambda arrays: arrays.pop("sample.3"),
    "an empty image": _set("shapes.3", np.array([[0, 5]], np.int32)),
    "a long image": _set("shapes.3", np.array([[1, 1 << 14]], np.int32)),
    "large images": _set("shapes.3", np.full((9, 2), 1 << 12, np.int32)),
    "many images": _set("shapes.3", np.ones((1 << 13, 2), np.int32)),
    "shapes of another kind": _set("shapes.3", np.ones((2, 3), np.int32)),
    "an empty sample": _set("sample.3", np.zeros(0, np.uint8)),
    "an unknown array": _set("shapes.4", np.ones((2, 2), np.int32)),
    "no samples at all": lambda arrays: [arrays.pop(f"{name}.{c}") for name in ("shapes", "sample") for c in (1, 3)],
}


@pytest.mark.parametrize("name", BAD)
def test_hostile_model_files(name: str) -> None:
    arrays = dict(store.parse(pixels_file()).arrays)
    BAD[name](arrays)
    with pytest.raises(ModelFileError):
        model_of(file_of(arrays, "adapted-pixels-1"))


@pytest.mark.parametrize("kernels", [(0,), (1,)])
@pytest.mark.parametrize("sample", [b"\xff" * 40, np.random.default_rng(6).bytes(1500)])
def test_samples_that_are_none(kernels: tuple[int, ...], sample: bytes) -> None:
    arrays = dict(store.parse(pixels_file(kernels)).arrays) | {"sample.3": np.frombuffer(sample, np.uint8)}
    model = model_of(file_of(arrays, "adapted-pixels-1"))
    with pytest.raises(ModelFileError, match="cut short, or too long"):
        model.encode(icon(3, 3))
