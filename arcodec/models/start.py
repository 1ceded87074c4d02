"""Starts: what mixers, maps and APMs know when a file begins, learnt from many files that each came after a prior.

A start is the arrays of a model file (`arcodec.models.store`); `arcodec.training.start` makes it. It keeps only rows
of weights that were used, rows of APMs that learnt the most, weights in 2**-12 and what APMs learnt in 2**-8.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec.kernels import apm
from arcodec.kernels.tables import APM_ORDER1, Tables

Arrays = Mapping[str, npt.NDArray[np.integer[Any]]]

WEIGHT, APM = 4, 14  # bits that are not kept
APM_ROWS = 8_000, 16_000  # of those chosen by order 1 and by order 3, the ones that learnt the most
VISITS = 500  # rows of weights that were used more often go on learning as if used so often
_WHOLE = ("states", "runs", "matches", "final", "order0")


def packed(tables: Tables) -> Arrays:
    """The start in tables that have learnt."""
    rows = np.flatnonzero(tables.visits)
    learnt = _rows(tables.apm, apm.STRIDE)
    parts = zip(np.split(learnt, [APM_ORDER1]), APM_ROWS, strict=True)
    order1, order3 = (_most(part, count) for part, count in parts)
    apm_rows = np.concatenate([order1, APM_ORDER1 + order3])
    weights = _rows(tables.weights, len(tables.inputs))[rows]
    return {
        **{name: getattr(tables, name) for name in _WHOLE},
        "rows": rows.astype(np.int32),
        "visits": np.minimum(tables.visits[rows], VISITS).astype(np.int32),
        "weights": _rounded(weights, WEIGHT).astype(np.int16),
        "apm_rows": apm_rows.astype(np.int32),
        "apm": np.clip(_rounded(learnt[apm_rows], APM), -128, 127).astype(np.int8),
    }


def begin(tables: Tables, start: Arrays) -> None:
    """Let tables that have learnt slots only, if anything, begin with a start."""
    for name in _WHOLE:
        getattr(tables, name)[:] = start[name]
    tables.visits[start["rows"]] = start["visits"]
    _rows(tables.weights, len(tables.inputs))[start["rows"]] = start["weights"].astype(np.int32) << WEIGHT
    _rows(tables.apm, apm.STRIDE)[start["apm_rows"]] = start["apm"].astype(np.int32) << APM


def _most(learnt: npt.NDArray[np.int32], count: int) -> npt.NDArray[np.intp]:
    """The `count` rows that learnt the most, or those that learnt at all, in order."""
    sums = np.abs(learnt >> APM).sum(1)
    most = np.argsort(-sums, kind="stable")[:count]
    return np.sort(most[sums[most] > 0])


def _rows(table: npt.NDArray[np.int32], width: int) -> npt.NDArray[np.int32]:
    return table.reshape(-1, width)


def _rounded(values: npt.NDArray[np.int32], bits: int) -> npt.NDArray[np.int32]:
    """Weights fit 16 bits so; what an APM learnt fits 8 but where it turned a probability to its opposite."""
    return (values + (1 << bits >> 1)) >> bits
