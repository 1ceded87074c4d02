"""The working memory of the byte model, as a fresh model has it."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from arcodec.kernels import apm, counters, history, selectors, slots
from arcodec.kernels.compiling import Int32s, Int64s, Uint32s, Uint64s
from arcodec.kernels.contexts import CONTEXTS
from arcodec.kernels.match import BUCKETS, RECOVERING
from arcodec.kernels.tier import KINDS, NODE, RUN, STATE, Tier, bias, rows

_Number = TypeVar("_Number", bound=np.generic)

RUN_LENGTHS = 16  # told apart in the maps of runs
APM_ORDER1 = 256 * 256  # rows of the APM chosen by order 1; hashed ones for order 3 follow
_LINE = 64  # bytes of a cache line


class Tables(NamedTuple):
    """Made by `fresh_tables`. n contexts, m match models, s weight sets, f final mixers."""

    # What is learnt.
    table: Uint32s  # [16 * banks * 2**k], k >= 3, the slots of contexts
    states: Uint32s  # [n * 256] maps of bit histories
    runs: Uint32s  # [n * RUN_LENGTHS * 8] maps of runs: is the run byte right, by its count and the bit
    matches: Uint32s  # [m * buckets * 2] maps of matches: is the expected byte right, by length and at bit 0
    weights: Int32s  # [rows * width]
    visits: Uint32s  # [rows] how often the weights of each row were used, as far as the tier counts that
    final: Int32s  # [rows * final_width]
    apm: Int32s  # [(APM_ORDER1 + 2**k) * apm.STRIDE], k <= 16
    order0: Int32s  # [256] probabilities, 2**-16
    heads: Int32s  # [m * 2**k] positions for the match models
    history: Uint64s  # [HISTORY]
    # What belongs to the byte being coded.
    values: Uint64s  # [CONTEXTS] of the catalogue, before hashing
    hashes: Uint64s  # [n]
    nibble_hashes: Uint64s  # [n]
    slots: Uint64s  # [n] of the nibble being coded
    headers: Uint64s  # [n] the slots of the first nibble
    run_bytes: Int64s  # [n] 256 + the run byte; 0 without a run or once it proved wrong
    run_maps: Uint64s  # [n]
    places: Uint64s  # [m]
    pointers: Int64s  # [m]
    lengths: Int64s  # [m]
    misses: Int64s  # [m]
    expected: Int64s  # [m]
    match_maps: Int64s  # [m]
    # What belongs to the bit.
    nodes: Uint32s  # [n]
    inputs: Int32s  # [width]
    chosen: Int64s  # [SELECTORS] of the catalogue
    selected: Int64s  # [s] where the weights of each set begin
    rates: Int64s  # [s]
    outputs: Int32s  # [final_width], of the sets
    final_selected: Int64s  # [f]
    final_outputs: Int32s  # [f]


def table_sizes(tier: Tier, size: int) -> tuple[int, int, int]:
    """The number of slots, log2 of those of positions per match model and of hashed APM rows, for `size` bytes."""
    bits = size.bit_length()
    return (
        min(1 << max((tier.slots_per_byte * size).bit_length(), 12), tier.slot_limit),
        min(max(bits, 8), tier.head_bits),
        min(max(bits + 2, 10), tier.row_bits),
    )


def tables_size(tier: Tier, size: int) -> int:
    """Bytes of `fresh_tables`, an upper bound."""
    slot_count, head_bits, row_bits = table_sizes(tier, size)
    apms = 4 * (APM_ORDER1 + (1 << row_bits)) * apm.STRIDE
    weights = 4 * (rows(tier.sets) * (tier.width + 1) + rows(tier.finals) * tier.final_width)
    maps = 4 * len(tier.contexts) * (256 + RUN_LENGTHS * 8)
    heads = 4 * len(tier.minimums) << head_bits
    rest = (1 << 18) + 8 * history.history_size(tier.parts)  # maps of matches, what making the tables takes
    return (4 * slots.WORDS * slot_count) + heads + apms + weights + maps + rest


def fresh_tables(tier: Tier, size: int) -> Tables:
    """The tables for a chunk of `size` bytes."""
    slot_count, head_bits, row_bits = table_sizes(tier, size)
    n, m, s, f = len(tier.contexts), len(tier.minimums), len(tier.sets), len(tier.finals)
    inputs = _aligned_zeros(tier.width, np.int32)
    inputs[bias(tier)] = 256
    final = _aligned_zeros(rows(tier.finals) * tier.final_width, np.int32)
    final += (1 << 16) // s
    return Tables(
        table=_aligned_zeros(slots.WORDS * slot_count, np.uint32),
        states=np.tile(counters.history_map(), n),
        # A run of n is right n + 3/2 times as often as not, to begin with; the longer a match, the surer.
        runs=np.tile(np.repeat(counters.belief_map(2 * np.arange(RUN_LENGTHS) + 3), 8), n),
        matches=np.tile(np.repeat(counters.belief_map(_chances(tier)), 2), m),
        weights=_weights(tier),
        visits=np.zeros(rows(tier.sets), np.uint32),
        final=final,
        apm=_aligned_zeros((APM_ORDER1 + (1 << row_bits)) * apm.STRIDE, np.int32),
        order0=np.full(256, 32768, np.int32),
        heads=np.zeros(m << head_bits, np.int32),
        history=history.fresh_history(tier.parts),
        values=np.zeros(CONTEXTS, np.uint64),
        hashes=np.zeros(n, np.uint64),
        nibble_hashes=np.zeros(n, np.uint64),
        slots=np.zeros(n, np.uint64),
        headers=np.zeros(n, np.uint64),
        run_bytes=np.zeros(n, np.int64),
        run_maps=np.zeros(n, np.uint64),
        places=np.zeros(m, np.uint64),
        pointers=np.zeros(m, np.int64),
        lengths=np.zeros(m, np.int64),
        misses=np.zeros(m, np.int64),
        expected=np.zeros(m, np.int64),
        match_maps=np.zeros(m, np.int64),
        nodes=np.zeros(n, np.uint32),
        inputs=inputs,
        chosen=np.zeros(selectors.SELECTORS, np.int64),
        selected=np.zeros(s, np.int64),
        rates=np.zeros(s, np.int64),
        outputs=_aligned_zeros(tier.final_width, np.int32),
        final_selected=np.zeros(f, np.int64),
        final_outputs=np.zeros(f, np.int32),
    )


def copied(tables: Tables) -> Tables:
    """Tables that know the same, to go on from."""

    def copy(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        other = _aligned_zeros(len(array), array.dtype.type)
        other[:] = array
        return other

    return Tables(*(copy(array) for array in tables))


def _chances(tier: Tier) -> Int64s:
    """The chances that an expected byte is right, by the bucket of its match."""
    chances = 4 * np.arange(BUCKETS) + 3
    return np.append(chances, np.arange(RECOVERING) // 4 + 1) if tier.recover else chances


def _weights(tier: Tier) -> Int32s:
    """The mixer's weights to begin with, 2**-16: contexts share evenly, matches and order 0 have a say."""
    n = len(tier.contexts)
    weights = _aligned_zeros(rows(tier.sets) * tier.width, np.int32).reshape(-1, tier.width)
    share = 160000 if tier.extra == 0 else 110000
    for kind in (NODE, STATE, RUN):
        weights[:, kind : KINDS * n : KINDS] = share // n
    weights[:, KINDS * n : bias(tier)] = 16384
    weights[:, bias(tier) + 1 : bias(tier) + 1 + tier.extra] = 20000
    return weights.reshape(-1)


def _aligned_zeros(count: int, dtype: type[_Number]) -> npt.NDArray[_Number]:
    """Zeros that begin at a cache line, in pages that the system commits when they are touched."""
    size = np.dtype(dtype).itemsize
    room = np.zeros(count + _LINE // size, dtype)
    skip = -room.ctypes.data % _LINE // size
    return room[skip : skip + count]
