"""The port, the twin and constriction code the same words, and read each other's."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcodec import coder
from arcodec.errors import ArcodecError

TOTAL = coder.TOTAL

needs_constriction = pytest.mark.skipif(
    coder.constriction is None, reason="constriction has no wheel for this platform"
)

# Probabilities near both ends matter as much as those between.
probability = st.one_of(
    st.integers(1, TOTAL - 1),
    st.integers(0, 23).map(lambda e: 1 << e),
    st.integers(0, 23).map(lambda e: TOTAL - (1 << e)),
)
decisions = st.lists(st.tuples(st.integers(0, 1), probability), max_size=200)


@st.composite
def tables(draw: st.DrawFn) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Symbols and 256-way frequency tables: flat, skewed, and degenerate (all but one at their least)."""
    symbols, rows = [], []
    for _ in range(draw(st.integers(0, 12))):
        seed, power = draw(st.integers(0, 2**32 - 1)), draw(st.sampled_from([0, 1, 8, 64]))
        weights = np.random.default_rng(seed).random(256) ** power
        row = 1 + np.floor(weights / weights.sum() * (TOTAL - 256)).astype(np.int64)
        if draw(st.booleans()):
            row = np.ones(256, np.int64)
        row[draw(st.integers(0, 255))] += TOTAL - row.sum()
        rows.append(row)
        symbols.append(draw(st.one_of(st.integers(0, 255), st.just(int(row.argmax())))))
    return np.array(symbols, np.int64), np.array(rows, np.int64).reshape(-1, 256)


@pytest.fixture
def twin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hide constriction from coder.py."""
    monkeypatch.setattr(coder, "constriction", None)
    return iter(())


def _twin_encode(symbols: npt.NDArray[np.int64], frequencies: npt.NDArray[np.int64]) -> coder.Words:
    return coder._encode(frequencies, symbols)


@given(decisions)
def test_decisions_round_trip(pairs: list[tuple[int, int]]) -> None:
    bits, p = np.array(pairs, np.int64).reshape(-1, 2).T
    words = coder.encode_bits(bits, p)
    assert words.dtype == np.uint32
    assert np.array_equal(coder.decode_bits(words, p), bits)


@needs_constriction
@given(decisions)
def test_twin_and_constriction_agree_on_decisions(pairs: list[tuple[int, int]]) -> None:
    bits, p = np.array(pairs, np.int64).reshape(-1, 2).T
    words = coder.encode_bits(bits, p)
    frequencies = coder._bit_tables(p)
    assert np.array_equal(_twin_encode(bits, frequencies), words)
    assert np.array_equal(coder._decode(words, frequencies), bits)
    assert np.array_equal(coder.decode_bits(_twin_encode(bits, frequencies), p), bits)


@given(tables())
def test_symbols_round_trip(case: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]) -> None:
    symbols, frequencies = case
    words = coder.encode_symbols(symbols, frequencies) if len(symbols) else np.empty(0, np.uint32)
    assert np.array_equal(coder.decode_symbols(words, frequencies), symbols)


@needs_constriction
@given(tables())
def test_twin_and_constriction_agree_on_symbols(case: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]) -> None:
    symbols, frequencies = case
    words = coder.encode_symbols(symbols, frequencies)
    assert np.array_equal(_twin_encode(symbols, frequencies), words)
    assert np.array_equal(coder._decode(words, frequencies), symbols)


@needs_constriction
@given(decisions)
def test_port_agrees_with_constriction(pairs: list[tuple[int, int]]) -> None:
    from arcodec.kernels import port
    from tests.port_loop import code_bits

    bits, p = np.array(pairs, np.int64).reshape(-1, 2).T.copy()
    words = np.zeros(len(bits) + 4, np.uint32)
    costs = np.zeros(len(bits), np.uint32)
    state = port.encoder()
    code_bits(state, words, p, bits.copy(), costs)
    words = words[: int(port.finish(state, words))]
    assert np.array_equal(words, coder.encode_bits(bits, p))

    found = np.zeros(len(bits), np.int64)
    code_bits(port.decoder(words), words, p, found, costs)
    assert np.array_equal(found, bits)

    code_bits(port.meter(), words, p, bits.copy(), costs)
    exact = 24 - np.log2(np.where(bits == 1, p, TOTAL - p))
    assert np.abs(costs / 2.0**port.COST_SCALE - exact).max(initial=0) < 3e-6


def test_words_beyond_the_buffer_are_counted_not_written() -> None:
    from arcodec.kernels import port
    from tests.port_loop import code_bits

    bits, p = np.ones(100, np.int64), np.full(100, 1, np.int64)
    costs = np.zeros(100, np.uint32)
    guard = np.full(8, 7, np.uint32)
    state = port.encoder()
    code_bits(state, guard[:4], p, bits, costs)
    assert int(port.finish(state, guard[:4])) == len(coder.encode_bits(bits, p)) > 70
    assert (guard[4:] == 7).all()


def test_sampling_follows_the_probabilities() -> None:
    from arcodec.kernels import port
    from tests.port_loop import code_bits

    n = 20000
    p = np.full(n, TOTAL // 5, np.int64)
    drawn = np.zeros(n, np.int64)
    code_bits(port.sampler(3), np.empty(0, np.uint32), p, drawn, np.zeros(n, np.uint32))
    assert abs(drawn.mean() - 0.2) < 0.02


# Words that constriction 0.5.0 wrote; they must never change.
GOLDEN_BITS = ([0, 1, 1, 0, 1], [TOTAL - 1, 1, TOTAL - 5, TOTAL // 2, TOTAL - 777], [255, 4278124547])


def test_golden_words_of_decisions() -> None:
    bits, p, words = (np.array(v, np.int64) for v in GOLDEN_BITS)
    assert coder.encode_bits(bits, p).tolist() == words.tolist()
    assert _twin_encode(bits, coder._bit_tables(p)).tolist() == words.tolist()


def test_golden_words_of_symbols() -> None:
    frequencies = np.ones((3, 256), np.int64)
    frequencies[:, 0] = TOTAL - 255
    symbols = np.array([0, 255, 3])
    assert coder.encode_symbols(symbols, frequencies).tolist() == [4294902015, 4261544190]
    assert _twin_encode(symbols, frequencies).tolist() == [4294902015, 4261544190]


def test_nothing_codes_to_no_words() -> None:
    none = np.zeros(0, np.int64)
    assert coder.encode_bits(none, none).tolist() == []
    assert coder.encode_symbols(none, np.zeros((0, 256), np.int64)).tolist() == []


@pytest.mark.usefixtures("twin")
def test_all_works_without_constriction() -> None:
    test_golden_words_of_decisions()
    test_golden_words_of_symbols()
    test_nothing_codes_to_no_words()


def test_import_without_constriction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "constriction", None)
    try:
        importlib.reload(coder)
        assert coder.constriction is None
        test_golden_words_of_decisions()
    finally:
        monkeypatch.undo()
        importlib.reload(coder)


@pytest.mark.parametrize(
    ("bits", "p"),
    [([0], [0]), ([0], [TOTAL]), ([2], [5]), ([0, 1], [5]), ([[0]], [[5]])],
)
def test_bad_decisions_are_refused(bits: list[int], p: list[int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        coder.encode_bits(np.array(bits), np.array(p))


@pytest.mark.parametrize("row", [[TOTAL, 0], [1, 1], [-5, TOTAL + 5]])
def test_bad_frequencies_are_refused(row: list[int]) -> None:
    with pytest.raises(ValueError, match="must"):
        coder.encode_symbols(np.array([0]), np.array([row]))


@given(st.binary(max_size=40), st.integers(0, 60))
def test_damaged_words_raise_or_decode(data: bytes, n: int) -> None:
    words = np.frombuffer(data[: len(data) // 4 * 4], np.uint32)
    p = np.full(n, TOTAL // 3, np.int64)
    with contextlib.suppress(ArcodecError):
        assert len(coder.decode_bits(words, p)) == n
