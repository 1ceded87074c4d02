"""Starts: what mixers, maps and APMs know when a file begins, learnt from many files that each came after a prior.

A start is the arrays of a model file (`arcodec.models.store`); `arcodec.training.start` makes it. It keeps the maps,
and of everything else the rows that matter most: of weights those used most often, of final mixers and APMs those
that learnt the most. What weights and APMs learnt is kept in eight bits.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec.kernels import apm
from arcodec.kernels.tables import APM_ORDER1, Tables

Arrays = Mapping[str, npt.NDArray[np.integer[Any]]]

WEIGHT, FINAL, APM = 8, 4, 14  # bits that are not kept
ROWS = 2_500  # of weights, and of final mixers
APM_ROWS = 6_000, 12_000  # of those chosen by order 1 and by order 3
VISITS = 500  # rows of weights that were used more often go on learning as if used so often
_WHOLE = ("states", "runs", "matches", "order0")


def packed(tables: Tables) -> Arrays:
    """The start in tables that have learnt."""
    weights = _rows(tables.weights, len(tables.inputs))
    rows = _most(tables.visits.astype(np.int64), ROWS)
    final = _rows(tables.final, len(tables.outputs)) - _even(tables)
    final_rows = _most(np.abs(final >> FINAL).sum(1), ROWS)
    apms = _rows(tables.apm, apm.STRIDE)
    parts = zip(np.split(np.abs(apms >> APM).sum(1), [APM_ORDER1]), APM_ROWS, strict=True)
    order1, order3 = (_most(worth, count) for worth, count in parts)
    apm_rows = np.concatenate([order1, APM_ORDER1 + order3])
    return {
        **{name: getattr(tables, name) for name in _WHOLE},
        "rows": rows.astype(np.int32),
        "visits": np.minimum(tables.visits[rows], VISITS).astype(np.int32),
        "weights": _rounded(weights[rows], WEIGHT, np.int8),
        "final_rows": final_rows.astype(np.int32),
        "final": _rounded(final[final_rows], FINAL, np.int16),
        "apm_rows": apm_rows.astype(np.int32),
        "apm": _rounded(apms[apm_rows], APM, np.int8),
    }


def begin(tables: Tables, start: Arrays) -> None:
    """Let tables that have learnt slots only, if anything, begin with a start."""
    for name in _WHOLE:
        getattr(tables, name)[:] = start[name]
    tables.visits[start["rows"]] = start["visits"]
    _rows(tables.weights, len(tables.inputs))[start["rows"]] = start["weights"].astype(np.int32) << WEIGHT
    final = start["final"].astype(np.int32) << FINAL
    _rows(tables.final, len(tables.outputs))[start["final_rows"]] = final + _even(tables)
    _rows(tables.apm, apm.STRIDE)[start["apm_rows"]] = start["apm"].astype(np.int32) << APM


def _most(worth: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.intp]:
    """The `count` rows that are worth the most, or those that are worth anything, in order."""
    most = np.argsort(-worth, kind="stable")[:count]
    return np.sort(most[worth[most] > 0])


def _even(tables: Tables) -> int:
    """The weight of each set in a fresh final mixer."""
    return (1 << 16) // len(tables.selected)


def _rows(table: npt.NDArray[np.int32], width: int) -> npt.NDArray[np.int32]:
    return table.reshape(-1, width)


def _rounded(values: npt.NDArray[np.int32], bits: int, kind: type[np.signedinteger[Any]]) -> npt.NDArray[Any]:
    """Without the lowest bits; the few that do not fit are cut short."""
    limits = np.iinfo(kind)
    fitting: npt.NDArray[Any] = np.clip((values + (1 << bits >> 1)) >> bits, limits.min, limits.max)
    return fitting.astype(kind)
