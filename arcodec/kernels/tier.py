"""Tiers of the byte model: the same loop with more or fewer contexts, weight sets and matches, as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from arcodec.kernels import contexts as catalogue
from arcodec.kernels import match, selectors
from arcodec.kernels.compiling import Int64s, Uint64s
from arcodec.kernels.vectors import LANES

# Inputs of the mixer, KINDS for each context: the node's probability, the bit history's, how far that is from
# 1/2, the run. After those: order 0, two for each match model (learnt belief, length), the bias, extra ones; the
# rest of the tier's width stays 0.
NODE, STATE, LEAN, RUN = range(4)
KINDS = 4
# Sure tiers have two more for each context, at the end: the bit history's while it is certain, the node's - 1/2.
SURE_KINDS = 2


class Tier(NamedTuple):
    """What a tier is, as the kernel reads it; made by `tier`.

    n contexts, m match models, s weight sets, f final mixers.
    """

    contexts: Int64s  # [n] numbers in the catalogue of contexts
    late: Int64s  # which of them are late ones
    taught: Int64s  # which of them learn from a prior
    minimums: Int64s  # [m] shortest match of each match model
    masks: Uint64s  # [2 * m] see `match.masks`
    sets: Int64s  # [s] numbers in the catalogue of selectors
    bases: Int64s  # [s] where each set's rows begin
    finals: Int64s  # [f] selectors of the final mixers, each over the outputs of all sets
    final_bases: Int64s  # [f]
    shares: Int64s  # [n + 1] see `selectors.KNOWN`, by the number of contexts known
    parts: int  # flags: the parts of the history that are needed
    width: int  # inputs of the mixer, a multiple of LANES
    final_width: int  # of a final mixer, a multiple of LANES
    extra: int  # inputs from elsewhere
    first_rate: int  # the step of the weights is last_rate plus what first_rate has become:
    last_rate: int
    half_life: int  # a half after so many bytes
    sure: int  # whether there are SURE_KINDS more inputs for each context
    node_limit: int  # of the count in nodes, see `counters.slowly_updated_node`; 0: `counters.updated_node`
    row_half_life: int  # the same after so many uses of a row of weights, whose own rate it then has; 0: it has not
    recover: int  # the shortest minimum of the match models that go on after a miss; 0: none does
    slots_per_byte: int  # slots of contexts for each byte of input,
    slot_limit: int  # and the most there can be: banks of a power of two
    head_bits: int  # the same of the positions of each match model
    row_bits: int  # the same of the hashed rows of the APM


def tier(
    contexts: Sequence[int],
    minimums: Sequence[int],
    sets: Sequence[int],
    finals: Sequence[int],
    *,
    extra: int = 0,
    rates: tuple[int, int, int] = (800, 170, 15000),
    sure: bool = False,
    node_limit: int = 0,
    row_half_life: int = 0,
    recover: int = 0,
    slots_per_byte: int = 6,
    slot_limit: int = 1 << 22,
    head_bits: int = 20,
    row_bits: int = 16,
) -> Tier:
    """A tier of these contexts, match models and weight sets.

    Args:
        contexts: numbers in `arcodec.kernels.contexts`, each once.
        minimums: minimum lengths of the match models, ascending, 1 ... `match.LONGEST_MINIMUM`, at least one.
        sets, finals: numbers in `arcodec.kernels.selectors`.
        extra: further inputs, at most 16.
        rates: first_rate, last_rate, half_life.
        sure, node_limit, recover, row_half_life: see `Tier`.
        slots_per_byte, slot_limit, head_bits, row_bits: sizes of tables, see `Tier`.
    """
    n = len(contexts)
    parts = [*catalogue.PARTS[list(contexts)], *selectors.PARTS[list(sets)], *selectors.PARTS[list(finals)]]
    first_rate, last_rate, half_life = rates
    return Tier(
        contexts=np.array(contexts, np.int64),
        late=np.flatnonzero(np.isin(contexts, catalogue.LATE)).astype(np.int64),
        taught=np.flatnonzero(~np.isin(contexts, catalogue.UNTAUGHT)).astype(np.int64),
        minimums=np.array(minimums, np.int64),
        masks=match.masks(minimums),
        sets=np.array(sets, np.int64),
        bases=_bases(sets),
        finals=np.array(finals, np.int64),
        final_bases=_bases(finals),
        shares=np.arange(n + 1, dtype=np.int64) * selectors.SHARES // (n + 1),
        parts=int(np.bitwise_or.reduce(parts)),
        width=_width(n, len(minimums), extra, sure),
        final_width=_whole(len(sets)),
        extra=extra,
        first_rate=first_rate,
        last_rate=last_rate,
        half_life=half_life,
        sure=int(sure),
        node_limit=node_limit,
        recover=recover,
        row_half_life=row_half_life,
        slots_per_byte=slots_per_byte,
        slot_limit=slot_limit,
        head_bits=head_bits,
        row_bits=row_bits,
    )


def with_extra(tier: Tier, extra: int) -> Tier:
    """The same tier with so many inputs from elsewhere."""
    return tier._replace(extra=extra, width=_width(len(tier.contexts), len(tier.minimums), extra, bool(tier.sure)))


def bias(tier: Tier) -> int:
    """The place of the bias among the inputs."""
    return _bias(len(tier.contexts), len(tier.minimums))


def rows(numbers: Int64s) -> int:
    """How many rows these selectors choose among."""
    return int(selectors.ROWS[numbers].sum())


def _bias(contexts: int, matches: int) -> int:
    return KINDS * contexts + 1 + 2 * matches


def _width(contexts: int, matches: int, extra: int, sure: bool) -> int:
    return _whole(_bias(contexts, matches) + 1 + extra + SURE_KINDS * contexts * sure)


def _whole(count: int) -> int:
    """`count` and what fills up the last vector."""
    return -(-count // LANES) * LANES


def _bases(numbers: Sequence[int]) -> Int64s:
    """Where the rows of each selector begin."""
    return np.cumsum([0, *selectors.ROWS[list(numbers)]])[:-1].astype(np.int64)
