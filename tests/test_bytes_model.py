"""The byte model: bounds of its integers, its state machine, its memory, and small or odd inputs."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcodec.errors import CorruptError
from arcodec.kernels import apm, contexts, counters, history, match, mixer, port, selectors
from arcodec.kernels.fixed import STRETCH_MAX
from arcodec.kernels.tables import fresh_tables
from arcodec.kernels.tier import SURE_KINDS, bias, rows, tier
from arcodec.kernels.vectors import LANES
from arcodec.models import tiers
from arcodec.models.bytes import Bytes, Bytes1
from tests import laws

MODEL = Bytes1()
MODELS = [MODEL]
RNG = np.random.default_rng(1)
TEXT = np.frombuffer(
    b'{"name": "counter", "value": [1, 2, 3]}\nThe counter, then (again) the counter.\n' * 40, np.uint8
)
INPUTS = {
    "empty": np.zeros(0, np.uint8),
    "one": np.array([255], np.uint8),
    "two": np.array([0, 255], np.uint8),
    "three": np.array([7, 7, 7], np.uint8),
    "zeros": np.zeros(5000, np.uint8),
    "ascending": np.arange(4096).astype(np.uint8),
    "noise": RNG.integers(0, 256, 6000).astype(np.uint8),
    "two symbols": RNG.integers(0, 2, 6000).astype(np.uint8),
    "sparse": (RNG.integers(0, 100, 6000) == 0).astype(np.uint8) * 200,
    "records": np.tile(np.arange(24, dtype=np.uint8), 200) + RNG.integers(0, 2, 4800).astype(np.uint8),
    "text": TEXT,
    "brackets": np.frombuffer(b"(" * 200 + b")" * 300 + b"a,b\n" * 50, np.uint8),
}


@pytest.mark.parametrize("name", INPUTS)
def test_round_trip_at_the_measured_cost(name: str) -> None:
    data = INPUTS[name]
    payload = MODEL.encode(data)
    assert np.array_equal(MODEL.decode(payload, data.shape), data)
    assert 8 * len(payload) <= MODEL.bits(data).sum() + 64 + data.size / 256


def test_noise_hardly_expands() -> None:
    noise = INPUTS["noise"]
    assert len(MODEL.encode(noise)) <= noise.size * 1.02 + 30


def test_constant_data_cost_nearly_nothing() -> None:
    assert len(MODEL.encode(np.zeros(100_000, np.uint8))) < 100


def test_cost_does_not_depend_on_stop() -> None:
    whole = np.zeros(TEXT.size, np.uint32)
    part = np.zeros(1000, np.uint32)
    none = np.empty(0, np.uint32)
    MODEL.run(port.meter(), none, whole, TEXT.copy(), TEXT.size)
    hidden = TEXT.copy()
    hidden[1000:] = 0
    MODEL.run(port.meter(), none, part, hidden, 1000)
    assert np.array_equal(whole[:1000], part)


def test_predict_agrees_with_bits() -> None:
    prefix = TEXT[:40]
    table = MODEL.predict(prefix)
    assert table.sum() == 1 << 24
    assert table.min() >= 1
    for symbol in (int(TEXT[40]), int(table.argmax()), 0):
        cost = MODEL.bits(np.append(prefix, np.uint8(symbol)))[-1]
        assert cost == pytest.approx(24 - np.log2(float(table[symbol])), abs=0.02 + 4 / float(table[symbol]))


@pytest.mark.parametrize("seed", range(4))
def test_corrupt_payloads_end(seed: int) -> None:
    rng = np.random.default_rng(seed)
    payload = bytearray(MODEL.encode(TEXT))
    for _ in range(seed + 1):
        payload[rng.integers(len(payload))] ^= int(rng.integers(1, 256))
    try:
        decoded = MODEL.decode(bytes(payload), TEXT.shape)
    except CorruptError:
        return
    assert decoded.shape == TEXT.shape


def test_sampled_symbols_are_repeatable() -> None:
    sample = MODEL.sample((3000,), 5)
    assert np.array_equal(sample, MODEL.sample((3000,), 5))
    assert not np.array_equal(sample, MODEL.sample((3000,), 6))


# The bounds that the mixer's docstring states, at the worst inputs.


def test_mixer_sums_fit_int32() -> None:
    product = STRETCH_MAX * mixer.WEIGHT_MAX
    assert product < 1 << 31
    assert mixer.WIDTH_MAX * ((product >> 8) + 1) < 1 << 31
    assert all(max(model.tier.width, model.tier.final_width) <= mixer.WIDTH_MAX for model in MODELS)
    assert STRETCH_MAX * mixer.STEP_MAX + (1 << 15) < 1 << 30


@pytest.mark.parametrize("sign", [-1, 1])
def test_dot_and_train_at_their_limits(sign: int) -> None:
    width = mixer.WIDTH_MAX
    inputs = np.full(width, sign * STRETCH_MAX, np.int32)
    weights = np.full(width, mixer.WEIGHT_MAX, np.int32)
    assert mixer.dot(weights, 0, inputs, width) == sign * STRETCH_MAX
    mixer.train(weights, 0, inputs, width, mixer.STEP_MAX)
    expected = mixer.WEIGHT_MAX + ((sign * STRETCH_MAX * mixer.STEP_MAX + (1 << 15)) >> 16)
    assert np.all(weights == min(expected, mixer.WEIGHT_MAX))


def test_steps_stay_within_step_max() -> None:
    largest = max(model.tier.first_rate + model.tier.last_rate for model in MODELS)
    assert (1 << 24) * largest >> 16 <= mixer.STEP_MAX
    assert mixer.STEP_MAX >= (1 << 24) * 3 >> 11


def test_every_input_is_a_stretch() -> None:
    assert abs(mixer.STRETCH.astype(int)).max() <= STRETCH_MAX
    assert max(2048 >> 2, match.STEADY * 16, 256) <= STRETCH_MAX


# Counters.


def test_state_machine_is_closed_and_remembers() -> None:
    used = counters.SEEN > 0
    assert used.sum() <= 255
    assert not used[0]
    for state in np.flatnonzero(used):
        zero, one = counters.NEXT[2 * state : 2 * state + 2]
        assert used[zero]
        assert used[one]
        assert zero != one
        assert counters.ZEROS[zero] >= 1
        assert counters.ONES[one] >= 1
        assert counters.ZEROS[zero] >= min(counters.ZEROS[state], 1)
        assert counters.ONES[zero] <= counters.ONES[state]
        assert counters.ZEROS[one] <= counters.ZEROS[state]


@pytest.mark.parametrize("bit", [0, 1])
def test_nodes_and_maps_stay_within_range(bit: int) -> None:
    node = np.uint32(0)
    entries = np.array([0, 0xFFFFFFFF, 1 << 31], np.uint32)
    for _ in range(3000):
        state = counters.node_state(np.uint32(node))
        node = counters.updated_node(np.uint32(node), state, bit)
        assert 0 <= counters.node_p16(np.uint32(node)) <= 65535
    before = entries >> 10
    for k in range(3):
        for _ in range(3000):
            counters.learn(entries, k, bit, counters.MAP_LIMIT)
    after = entries >> 10
    assert np.all(after >= before) if bit else np.all(after <= before)
    assert np.all(entries & 1023 <= counters.MAP_LIMIT)


@pytest.mark.parametrize("bit", [0, 1])
def test_apm_stays_within_range(bit: int) -> None:
    table = np.zeros(2 * apm.STRIDE, np.int32)
    for stretch in range(-STRETCH_MAX, STRETCH_MAX + 1, 97):
        entry, part = apm.place(stretch)
        assert 0 <= entry < apm.STRIDE - 1
        for _ in range(600):
            apm.adapt(table, np.uint64(1), entry, part, bit, 5)
        assert 0 <= apm.refined(table, np.uint64(1), entry, part) < 1 << 22
    assert not table[: apm.STRIDE].any()


def test_tables_of_matches_cover_all_lengths() -> None:
    assert match.BUCKET.max() < match.BUCKETS
    assert match.BUCKET.size == match.LONGEST + 1
    assert match.QUALITY.max() < match.FAILED < match.QUALITIES <= 16
    for misses in (0, 1, 0x8001, 0xFFFF):
        for length in (0, 1, 15, 16, match.LONGEST):
            assert 0 <= match.bucket(length, misses) < match.BUCKETS + match.RECOVERING * (misses > 0)
            assert 0 <= match.quality_of(length, misses) < match.QUALITIES
    assert history.CLASS.max() < history.CLASSES <= 16


@pytest.mark.parametrize(("shortest", "expected"), [(4, ord("f")), (5, 0)])
def test_a_match_recovers_after_a_miss(shortest: int, expected: int) -> None:
    text = np.frombuffer(b"abcdefghij abcXe", np.uint8)
    heads, places = np.zeros(16, np.int32), np.zeros(1, np.uint64)
    state = [np.zeros(1, np.int64) for _ in range(4)]
    pointers, lengths, misses, next_byte = state
    heads[0], pointers[0], lengths[0] = 0, 2, 3  # the c is to come
    for position in range(14, len(text) + 1):
        heads[0] = 0
        match.recover(np.array([4]), heads, places, text, position, shortest, *state)
    assert next_byte[0] == (256 + expected if expected else 0)
    assert (misses[0], lengths[0]) == ((2, 1) if expected else (1, 0))


# Tiers.

TIERS = {
    "one of each": tier([contexts.ORDER2], [6], [selectors.ORDER0], [selectors.ORDER0]),
    "late only": tier([contexts.EXPECTED], [1, 16], [selectors.MATCH, selectors.KNOWN], [selectors.MATCH]),
    "parts left out": tier([0, 1, 2, 3, 7], [4], [0, 3], [0, 3, 5], extra=3, slots_per_byte=2),
    "turned round": tier(range(16)[::-1], [5, 9, 16], range(8)[::-1], [3, 0]),
    "all contexts, one half": tier(
        range(41), [5], range(selectors.SELECTORS), [0, 3], node_limit=127, row_half_life=1000
    ),
    "all contexts, the other": tier(
        range(41, contexts.CONTEXTS), [5], range(selectors.SELECTORS), range(selectors.SELECTORS), recover=5
    ),
    "recovering": tier([7, 30, contexts.EXPECTED_BOTH], [5, 9], [selectors.MATCH], [0], recover=9),
    "sure": tier([0, 1, 46, 62], [5], range(selectors.SELECTORS), [17], sure=True, node_limit=255),
    "a set twice": tier([0, 1, 2], [5], [0] * 20, [0]),
    "default": tiers.DEFAULT,
    "fast": tiers.FAST,
    "max": tiers.MAX,
    "x86": tiers.X86,
    "x86 max": tiers.X86_MAX,
}


@pytest.mark.parametrize("name", TIERS)
@pytest.mark.parametrize("data", ["empty", "one", "records", "text"])
def test_other_tiers_round_trip(name: str, data: str) -> None:
    model = Bytes(TIERS[name])
    payload = model.encode(INPUTS[data])
    assert np.array_equal(model.decode(payload, INPUTS[data].shape), INPUTS[data])


def test_order_in_a_tier_makes_no_difference() -> None:
    """To what contexts and weight sets are, that is; the sums they enter have no order either."""
    assert len(Bytes(TIERS["turned round"]).encode(TEXT)) == len(Bytes(MODEL.tier).encode(TEXT))


@settings(max_examples=20)
@given(st.binary(max_size=300))
def test_endings_decode_alike(data: bytes) -> None:
    symbols = laws.array(data)
    brief, full = Bytes(MODEL.tier).encode(symbols), MODEL.encode(symbols)
    for payload in (brief, full):
        assert np.array_equal(MODEL.decode(payload, symbols.shape), symbols)


def test_endings_are_brief() -> None:
    sizes = [(len(Bytes(MODEL.tier).encode(TEXT[:k])), len(MODEL.encode(TEXT[:k]))) for k in range(1, 100)]
    assert all(brief <= full for brief, full in sizes)
    assert sum(brief for brief, _ in sizes) < sum(full for _, full in sizes) - len(sizes)


def test_parts_that_no_context_needs_are_left_out() -> None:
    assert TIERS["parts left out"].parts == 0
    assert MODEL.tier.parts == history.WORDS | history.LINES | history.RECORDS


@pytest.mark.parametrize("name", TIERS)
def test_inputs_have_room_for_the_extra_ones(name: str) -> None:
    other = TIERS[name]
    assert other.width % LANES == other.final_width % LANES == 0
    used = bias(other) + 1 + other.extra + SURE_KINDS * len(other.contexts) * other.sure
    assert used <= other.width < used + LANES
    assert fresh_tables(other, 0).weights.size == rows(other.sets) * other.width


def test_catalogues_are_complete() -> None:
    assert len(contexts.PARTS) == contexts.CONTEXTS
    assert len(selectors.PARTS) == len(selectors.ROWS) == selectors.SELECTORS


@pytest.mark.parametrize("size", [0, 1000, 200_000])
def test_memory_is_an_upper_bound(size: int) -> None:
    """The growth of a fresh process's peak, with the few megabytes that any call costs allowed for."""
    if not sys.platform.startswith("linux"):
        pytest.skip("peaks are in other units elsewhere")
    script = (
        "import resource, numpy as np\n"
        "from arcodec.models.bytes import Bytes1\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        f"Bytes1().encode(np.random.default_rng(0).integers(0, 256, {size}).astype(np.uint8))\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    grown = 1024 * int(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout)
    assert grown <= MODEL.memory((size,)) + 8 * size + (6 << 20)


def test_memory_is_capped() -> None:
    assert MODEL.memory((1 << 26,)) <= 300 << 20
    assert MODEL.memory((1000,)) <= 16 << 20


@pytest.mark.parametrize(
    ("name", "megabytes"), [("default", 300), ("fast", 60), ("max", 900), ("x86", 300), ("x86 max", 900)]
)
def test_memory_of_tiers_is_capped(name: str, megabytes: int) -> None:
    assert Bytes(TIERS[name]).memory((1 << 26,)) <= megabytes << 20


def test_tiers_stay_within_the_mixers_bounds() -> None:
    for other in TIERS.values():
        assert max(other.width, other.final_width) <= mixer.WIDTH_MAX
        assert (1 << 24) * (other.first_rate + other.last_rate) >> 16 <= mixer.STEP_MAX
