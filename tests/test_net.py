"""The byte net: the kernel, plain numpy and torch agree to the bit, whatever the processor; nothing overflows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcodec.kernels import net
from arcodec.kernels.compiling import numba_jit
from tests.make_vectors import VECTORS

Arrays = dict[str, npt.NDArray[Any]]
DUMP = VECTORS / "net-activations.npz"


def _random(width: int, seed: int) -> Arrays:
    """A net whose gates neither stick nor idle."""
    random = np.random.default_rng(seed)

    def small(*shape: int) -> npt.NDArray[np.int8]:
        return random.integers(-127, 128, shape, dtype=np.int8)

    return {
        "given": small(256, 3 * width),
        "given_step": random.integers(500, 6000, 3 * width, dtype=np.int32),
        "recurrent": small(3 * width, width),
        "recurrent_step": random.integers(50, 900, 3 * width, dtype=np.int32),
        "recalled_bias": random.integers(-3000, 3000, width, dtype=np.int32),
        "head": small(256, width),
        "head_step": random.integers(50, 900, 256, dtype=np.int32),
        "head_bias": random.integers(-500, 500, 256, dtype=np.int32),
    }


def _extreme(width: int, sign: int) -> Arrays:
    """A net in which every sum is as large as the format allows."""
    arrays = {name: np.full_like(a, 127 * sign) for name, a in _random(width, 0).items()}
    for name in ("given_step", "recurrent_step", "head_step"):
        arrays[name][:] = net.STEP_MAX
    arrays["recalled_bias"][:] = sign * (1 << 20)
    return arrays


@numba_jit
def _walk(it, symbols, states, stretches):  # type: ignore[no-untyped-def]
    for i in range(len(symbols)):
        before = np.int64(symbols[i])
        net.step(it.table, it.recurrent, it.offset, it.step, it.recalled_bias, before, it.state, it.entering, it.sums)
        states[i] = it.state
        for node in range(256):
            stretches[i, node] = net.node_stretch(it.head, it.head_step, it.head_bias, np.int64(node), it.state)


def _kernel(arrays: Arrays, symbols: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int32]]:
    """States and stretches after each symbol, by the kernel."""
    states = np.zeros((len(symbols), len(arrays["recalled_bias"])), np.int16)
    stretches = np.zeros((len(symbols), 256), np.int32)
    _walk(net.ready(arrays), symbols, states, stretches)
    return states, stretches


def _place(pre: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    places: npt.NDArray[np.int64] = np.clip((pre + 4) >> 3, -net.REACH, net.REACH - 1) + net.REACH
    return places


def _reference(arrays: Arrays, symbols: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """States after each symbol, by int64 numpy."""
    width = len(arrays["recalled_bias"])
    table = np.clip((arrays["given"].astype(np.int64) * arrays["given_step"] + 64) >> 7, -net.PRE_MAX, net.PRE_MAX)
    weights, state, states = arrays["recurrent"].astype(np.int64), np.zeros(width, np.int64), []
    for symbol in symbols:
        products = (weights @ np.clip(state >> 7, -128, 127) >> 6) * arrays["recurrent_step"] >> 8
        reset, update = net.SIGMOID[_place((products + table[symbol])[: 2 * width])].astype(np.int64).reshape(2, -1)
        recalled = np.clip(products[2 * width :] + arrays["recalled_bias"], -net.PRE_MAX, net.PRE_MAX)
        candidate = net.TANH[_place(table[symbol, 2 * width :] + (reset * recalled >> 14))].astype(np.int64)
        state = candidate + ((state - candidate) * update + 8192 >> 14)
        states.append(state)
    return np.array(states)


def _symbols(count: int, seed: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, count, dtype=np.uint8)


@settings(max_examples=10)
@given(st.sampled_from([64, 128, 320]), st.integers(0, 2**32))
def test_the_kernel_is_the_arithmetic_it_says(width: int, seed: int) -> None:
    arrays, symbols = _random(width, seed), _symbols(40, seed)
    states, _ = _kernel(arrays, symbols)
    np.testing.assert_array_equal(states, _reference(arrays, symbols))
    assert np.abs(states).max() > net.STATE_ONE // 2, "the net idles; the test would not see much"


@pytest.mark.parametrize("sign", [-1, 1])
def test_nothing_overflows(sign: int) -> None:
    arrays, symbols = _extreme(net.WIDTH_MAX, sign), _symbols(6, 1)
    states, _ = _kernel(arrays, symbols)
    np.testing.assert_array_equal(states, _reference(arrays, symbols))
    assert np.abs(states.astype(np.int64)).max() <= net.STATE_ONE


@pytest.mark.parametrize("lanes", [0, 8, 16])
def test_the_layout_changes_no_result(lanes: int) -> None:
    if lanes > net.LANES:
        pytest.skip(f"this processor does not multiply bytes in {lanes} lanes")
    products = net.products_of(lanes)
    weights, sums = _random(128, 3)["recurrent"], np.zeros(384, np.int32)
    entering = _symbols(128, 4)
    products(net.layout(weights, lanes), entering, sums, 384, 128)
    np.testing.assert_array_equal(sums, weights.astype(np.int64) @ entering)


def test_torch_agrees_to_the_bit() -> None:
    torch = pytest.importorskip("torch", reason="needs torch (pip install 'arcodec[train]')")
    from arcodec.training.exact import IntegerGru

    arrays, symbols = _random(128, 5), _symbols(60, 6)
    states, stretches = _kernel(arrays, symbols)
    exact = IntegerGru(arrays)
    state = exact.start(2)
    for i, symbol in enumerate(symbols.tolist()):
        state = exact.step(torch.tensor([symbol, symbol]), state)
        np.testing.assert_array_equal(state.numpy(), np.stack([states[i]] * 2))
        np.testing.assert_array_equal(exact.stretches(state)[0].numpy(), stretches[i])


def test_activations_are_those_written_down() -> None:
    """Made once, by torch: `python -m tests.test_net`. Every machine must find them again."""
    with np.load(DUMP) as dump:
        arrays = {name: dump[name] for name in _random(64, 0)}
        states, stretches = _kernel(arrays, dump["symbols"])
        np.testing.assert_array_equal(states, dump["states"])
        np.testing.assert_array_equal(stretches, dump["stretches"])


def _dump(path: Path) -> None:
    import torch

    from arcodec.training.exact import IntegerGru

    arrays, symbols = _random(64, 7), _symbols(100, 8)
    exact = IntegerGru(arrays)
    state, states, stretches = exact.start(1), [], []
    for symbol in symbols.tolist():
        state = exact.step(torch.tensor([symbol]), state)
        states.append(state[0].numpy().astype(np.int16))
        stretches.append(exact.stretches(state)[0].numpy().astype(np.int16))
    results: Arrays = {"symbols": symbols, "states": np.stack(states), "stretches": np.stack(stretches)}
    np.savez_compressed(path, allow_pickle=False, **(arrays | results))


if __name__ == "__main__":
    _dump(DUMP)
