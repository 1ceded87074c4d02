"""The byte model of a domain: laws, what its model file may hold, and what it does with other data."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arcodec
from arcodec.errors import CorruptError, ModelFileError
from arcodec.models import built_in, store
from arcodec.models import bytes as byte_models
from arcodec.models.adapted import AdaptedBytes, Domain
from arcodec.models.adapted_arrays import STARTS, Parameters
from tests import laws
from tests.adapted_files import LIKE_LINES, LINES, Arrays, bytes_file, file_of, net


def model_of(data: bytes) -> AdaptedBytes:
    """The model of a model file."""
    model = store.parse(data).model()
    assert isinstance(model, AdaptedBytes)
    return model


@pytest.fixture(scope="module", params=[False, True])
def model(request: pytest.FixtureRequest) -> AdaptedBytes:
    """With what the package has, and with a net and a start of its own."""
    return model_of(bytes_file(request.param))


def test_laws(model: AdaptedBytes) -> None:
    chunk = laws.array(LIKE_LINES)
    payload = laws.check_model(model, chunk)
    assert payload[0] == 0
    assert len(payload) < 0.8 * len(built_in("bytes-2").encode(chunk))
    laws.check_sample(model.own, (50,))


def test_predict_agrees_with_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(byte_models, "_SHORT_SLOTS", 1 << 12)  # quick to copy
    parameters = Parameters(len(LINES), start=STARTS[0], net=net())
    model = Domain(parameters, laws.array(LINES))
    for place in (0, 300):
        laws.check_predict(model, laws.array(LIKE_LINES), place)


@settings(max_examples=15)
@given(data=st.one_of(st.binary(max_size=300), st.sampled_from([LIKE_LINES[:k] for k in (1, 33, 300)])))
def test_round_trip(data: bytes) -> None:
    laws.check_model(model_of(bytes_file()), laws.array(data))


def test_the_sample_is_what_was_coded() -> None:
    assert model_of(bytes_file()).own.text().tobytes() == LINES


def test_long_chunks() -> None:
    chunk = laws.array(LIKE_LINES * 120)
    assert len(chunk) > 1 << 16
    laws.check_model(model_of(bytes_file()).own, chunk)


def test_other_data_lose_a_byte_at_most() -> None:
    model, other = model_of(bytes_file()), built_in("bytes-2")
    for data in (np.random.default_rng(1).bytes(500), b"To be, or not to be, that is the question. " * 5):
        chunk = laws.array(data)
        payload = model.encode(chunk)
        assert payload[0] == 1
        assert len(payload) <= 1 + len(other.encode(chunk))
        assert model.decode(payload, chunk.shape).tobytes() == data


def test_files(tmp_path: object) -> None:
    path = f"{tmp_path}/lines.safetensors"
    with open(path, "wb") as file:
        file.write(bytes_file())
    packed = laws.check_file(LIKE_LINES, model=path, embed_model=True)
    assert arcodec.info(packed).frames[0].models == {"model file": 1, store.read(path).id.hex(): 1}


def test_damaged_payloads_end_well(model: AdaptedBytes) -> None:
    payload = model.encode(laws.array(LIKE_LINES))
    for damaged in (b"", b"\2abc", payload[:9], payload + b"x", b"\0" + np.random.default_rng(2).bytes(90)):
        laws.check_damage(model, damaged, (len(LIKE_LINES),))
    with pytest.raises(CorruptError, match="no variant 2"):
        model.decode(b"\2", (5,))


def test_memory_is_stated(model: AdaptedBytes) -> None:
    for shape in ((100,), (1 << 20,)):
        assert model.own.memory(shape) <= model.memory(shape) < 1 << 30
        assert model.memory(shape, b"\0") >= model.own.memory(shape)


def _set(name: str, value: object) -> Callable[[Arrays], None]:
    return lambda arrays: arrays.update({name: np.asarray(value)})


def _with(name: str, place: int | tuple[int, int], value: int) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        arrays[name] = arrays[name].copy()
        arrays[name][place] = value

    return change


BAD: dict[str, Callable[[Arrays], object]] = {
    "no size": lambda arrays: arrays.pop("size"),
    "no sample": lambda arrays: arrays.pop("sample"),
    "size 0": _set("size", np.zeros(1, np.int64)),
    "a huge size": _set("size", np.full(1, 1 << 40)),
    "a sample of another kind": _set("sample", np.zeros(5, np.int8)),
    "an unknown prior": _set("prior", np.zeros(6, np.uint8)),
    "digits of a wrong number": _set("prior", np.zeros(5, np.uint8)),
    "an unknown array": _set("more", np.zeros(5, np.uint8)),
    "a row beyond the weights": _with("start.rows", -1, 1 << 30),
    "a row before them": _with("start.rows", 0, -1),
    "too many visits": _with("start.visits", 0, 1 << 30),
    "weights of wrong width": lambda arrays: arrays.update({"start.weights": arrays["start.weights"][:, :-1]}),
    "a final weight too large": _with("start.final", (0, 0), 32767),
    "a row beyond the APMs": _with("start.apm_rows", -1, 1 << 20),
    "a probability above 1": _with("start.apm", (0, 15), 127),
    "an order 0 out of range": _with("start.order0", 7, 1 << 16),
    "a start without states": lambda arrays: arrays.pop("start.states"),
    "an unknown array of a start": _set("start.more", np.zeros(5, np.uint8)),
    "a net of odd width": _set("net.recalled_bias", np.zeros(65, np.int32)),
    "a net without head": lambda arrays: arrays.pop("net.head"),
    "a weight of -128": _with("net.recurrent", (0, 0), -128),
    "a step too large": _with("net.head_step", 0, 1 << 20),
    "a bias too large": _with("net.recalled_bias", 0, 1 << 30),
    "an unknown array of a net": _set("net.more", np.zeros(5, np.uint8)),
}


@pytest.mark.parametrize("name", BAD)
def test_hostile_model_files(name: str) -> None:
    arrays = dict(store.parse(bytes_file(True)).arrays)
    BAD[name](arrays)
    with pytest.raises(ModelFileError):
        model_of(file_of(arrays, "adapted-bytes-1"))


@pytest.mark.parametrize("sample", [b"\xff" * 40, np.random.default_rng(4).bytes(2000)])
def test_samples_that_are_none(sample: bytes) -> None:
    """What is cut short or too long is found when it is read; what only is strange does no harm."""
    arrays = dict(store.parse(bytes_file()).arrays) | {"sample": np.frombuffer(sample, np.uint8)}
    model = model_of(file_of(arrays, "adapted-bytes-1"))
    with pytest.raises(ModelFileError, match="cut short, or too long"):
        model.encode(laws.array(LIKE_LINES))
