"""Nets of integers: the same bits whatever computes them, and however long the stretches are."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcodec.errors import ModelFileError
from arcodec.models import architecture, net
from arcodec.models.base import Symbols
from arcodec.nets import ARCHITECTURES, SIZES, net_class
from arcodec.nets import net as of_size
from arcodec.nets.base import INPUTS_MAX
from arcodec.nets.compiled import CompiledArithmetic
from arcodec.nets.integers import CLAMP, IntegerArithmetic
from tests import laws
from tests.net_files import TINY, arrays_of, model_of, tiny

NAMES = list(ARCHITECTURES)
seeds = st.integers(0, 2**32 - 1)


def chunk_of(name: str, size: int, seed: int) -> Symbols:
    """A chunk for a tiny net, of texts or of pictures, with repetitions."""
    random = np.random.default_rng(seed)
    shape = (max(1, size // 15), 5, 3) if net_class(name).pixels else (size,)
    return random.integers(0, 256, 7).astype(np.uint8)[random.integers(0, 7, shape)]


def logits(a: Any, kind: str, symbols: Symbols, stretch: int, extreme: bool = False) -> np.ndarray:
    """What a tiny net says of lanes of symbols, uint8[lanes, time], a stretch at a time."""
    made = tiny(kind)
    p, found = a.prepared(made, arrays_of(made, 3, extreme)), []
    before = np.pad(symbols, ((0, 0), (1, 0)))
    state = made.start(a, len(symbols), (5, 3))
    for t in range(0, symbols.shape[1], stretch):
        said, state = made.run(a, p, state, a.symbols(before[:, t : t + stretch]))
        found.append(np.asarray(said))
    return np.concatenate(found, axis=1)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8, deadline=None)
@given(st.integers(0, 120), seeds)
def test_laws(name: str, size: int, seed: int) -> None:
    chunk = chunk_of(name, size, seed)
    model = model_of(tiny(name), seed % 5)
    payload = laws.check_model(model, chunk)
    laws.check_damage(model, payload[: len(payload) // 2], chunk.shape)
    if chunk.size:
        laws.check_predict(model, chunk, seed % chunk.size)


@pytest.mark.parametrize("name", NAMES)
def test_lanes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks that are cut into lanes, of unequal lengths, too."""
    monkeypatch.setattr(net, "LANE", 16)
    monkeypatch.setattr(net, "BAND", 2)
    model = model_of(tiny(name))
    for size in (31, 32, 100, 333, 1200):
        chunk = chunk_of(name, size, 1)
        laws.check_model(model, chunk)
        assert np.array_equal(model.restore(model.arrange(chunk)), chunk)
    shape = (33, 5, 3) if model.dimensions == 3 else (500,)
    laws.check_sample(model, shape)
    for rows in (0, 1, 7, 20, shape[0]):
        prompt = np.random.default_rng(rows).integers(0, 256, (rows, *shape[1:])).astype(np.uint8)
        assert np.array_equal(model.sample(shape, 5, prompt)[:rows], prompt)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=4, deadline=None)
@given(st.sampled_from([1, 2, 5]), seeds, st.booleans())
def test_the_same_for_any_stretch_and_any_lanes(name: str, lanes: int, seed: int, extreme: bool) -> None:
    a = CompiledArithmetic()
    time = 6 * tiny(name).period
    symbols = np.random.default_rng(seed).integers(0, 256, (lanes, time)).astype(np.uint8)
    whole = logits(a, name, symbols, time, extreme)
    assert np.array_equal(logits(a, name, symbols, 1, extreme), whole)
    assert np.array_equal(logits(a, name, symbols, 2 * tiny(name).period, extreme), whole)
    for lane in range(lanes):
        assert np.array_equal(logits(a, name, symbols[lane : lane + 1], time, extreme)[0], whole[lane])


def arithmetics() -> list[Any]:
    """All that there are here: of numpy, and of torch if it is installed."""
    found = [IntegerArithmetic(), IntegerArithmetic(single=True)]
    try:
        import torch
    except ImportError:
        return found
    devices = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]
    return found + [IntegerArithmetic(torch.zeros(0, device=d), single=s) for d in devices for s in (False, True)]


@pytest.mark.parametrize("extreme", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_the_same_for_any_carrier_and_library(name: str, extreme: bool) -> None:
    time = 12 * tiny(name).period
    symbols = np.random.default_rng(8).integers(0, 256, (3, time)).astype(np.uint8)
    expected = logits(CompiledArithmetic(), name, symbols, time, extreme)
    for a in arithmetics():
        assert np.array_equal(logits(a, name, symbols, time, extreme), expected)
        found = a.frequencies(a.symbols(expected))
        assert np.array_equal(found, CompiledArithmetic().frequencies(expected))
        assert found.min() >= 1
        assert (found.sum(axis=-1, dtype=np.int64) == 1 << 24).all()


@pytest.mark.parametrize("width", [1, 255, 513, INPUTS_MAX])
def test_sums_are_exact_where_they_are_largest(width: int) -> None:
    """Against Python's own integers."""
    x = np.full((2, 3, width), CLAMP) * np.array([1, -1, 1])[:, None]
    w = np.full((4, width), 127) * np.array([1, -1, 1, -1])[:, None]
    expected = [
        [[sum(a * b for a, b in zip(row, out, strict=True)) for out in w.tolist()] for row in y] for y in x.tolist()
    ]
    for a in [CompiledArithmetic(), *arithmetics()]:
        assert np.asarray(a._sums(a.symbols(x), a._weight(w))).tolist() == expected
        own = np.asarray(a._product(a.symbols(x), a.symbols(x.swapaxes(1, 2))))
        assert np.array_equal(own, x.astype(object) @ x.swapaxes(1, 2).astype(object))


def test_roots() -> None:
    values = [0, 1, 2, 3, 4, *(n * n + d for n in (3, 94906265, 67108863) for d in (-1, 0, 1)), (1 << 52) - 1]
    values = [v for v in values if v < 1 << 52]
    for a in arithmetics():
        roots = np.asarray(a._root(a.symbols(np.array(values)))).tolist()
        assert all(r * r <= v < (r + 1) * (r + 1) for r, v in zip(roots, values, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_compiled_by_torch(name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    made, a = tiny(name), IntegerArithmetic(torch.zeros(0))
    p, time = a.prepared(made, arrays_of(made)), 2 * made.period
    symbols = a.symbols(np.random.default_rng(1).integers(0, 256, (2, time)))
    run = torch.compile(made.run, backend="aot_eager")
    expected = made.run(a, p, made.start(a, 2, (5, 3)), symbols)[0]
    assert torch.equal(run(a, p, made.start(a, 2, (5, 3)), symbols)[0], expected)


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_of_torch(threads: int) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    before = torch.get_num_threads()
    symbols = np.random.default_rng(1).integers(0, 256, (64, 40)).astype(np.uint8)
    torch.set_num_threads(threads)
    try:
        found = logits(IntegerArithmetic(torch.zeros(0)), "gru-1", symbols, 40)
    finally:
        torch.set_num_threads(before)
    assert np.array_equal(found, logits(CompiledArithmetic(), "gru-1", symbols, 40))


@pytest.mark.parametrize("name", NAMES)
def test_causal(name: str) -> None:
    """What is said of a symbol does not depend on it, or on what comes after it; crafted weights or not."""
    time = 4 * tiny(name).period
    symbols = np.random.default_rng(4).integers(0, 256, (1, time)).astype(np.uint8)
    other = symbols.copy()
    other[0, time // 2 :] ^= 85
    one, two = (logits(CompiledArithmetic(), name, s, time) for s in (symbols, other))
    assert np.array_equal(one[0, : time // 2 + 1], two[0, : time // 2 + 1])


@pytest.mark.parametrize("name", NAMES)
def test_sizes(name: str) -> None:
    channels = 3 if net_class(name).pixels else None
    work = [of_size(name, size, channels).multiply_adds() for size in SIZES]
    assert work == sorted(work)
    assert of_size(name.rpartition("-")[0], "small", channels).name == name


def test_pixels_need_channels() -> None:
    with pytest.raises(ValueError, match="for images"):
        of_size("pixelcnn", "small")


@pytest.mark.parametrize("name", NAMES)
def test_bad_parameters(name: str) -> None:
    made = tiny(name)
    good = arrays_of(made)
    some = next(key for key in good if key != "dimensions")
    bare = architecture(name)
    bare.with_parameters(good)
    for bad in (
        {},
        {k: v for k, v in good.items() if k != some},
        good | {"more": np.zeros(1, np.int8)},
        good | {some: good[some][:-1]},
        good | {"dimensions": np.append(good["dimensions"], np.int32(1))},
        good | {"dimensions": good["dimensions"] + 10_000_000 if len(TINY[name]) else np.zeros((1, 1), np.int8)},
        good | {"head.0" if name == "pixelcnn-1" else "head": np.full(256, 1 << 25, np.int32)},
        *({**good, key: np.full_like(v, -1)} for key, v in good.items() if key.endswith(".step")),
        *({**good, key: np.full_like(v, -128)} for key, v in good.items() if v.dtype == np.int8),
    ):
        with pytest.raises(ModelFileError):
            bare.with_parameters(bad)


def test_memory_bounds_what_is_taken() -> None:
    for name in NAMES:
        model, chunk = model_of(tiny(name)), chunk_of(name, 20_000, 1)
        tracemalloc.start()
        model.bits(chunk)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak <= model.memory(chunk.shape)
