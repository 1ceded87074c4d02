"""Vectors of eight weights beside the same arithmetic in Python's integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from arcodec.kernels import octets
from arcodec.kernels.compiling import kernel

LIMIT = 174_000
_train: Any = octets.trainer(LIMIT)
_mix: Any = octets.mix


@kernel("int32(int32[:, ::1], uint64[::1], int32[::1])")
def _mixed(weights: Any, rows: Any, x: Any) -> Any:
    return _mix(weights, rows[0], rows[1], rows[2], x[0], x[1], x[2], x[3], x[4], x[5])


@kernel("void(int32[:, ::1], uint64[::1], int32[::1], int32)")
def _trained(weights: Any, rows: Any, x: Any, push: Any) -> None:
    _train(weights, rows[0], rows[1], rows[2], x[0], x[1], x[2], x[3], x[4], x[5], push)


def test_vectors_do_what_integers_do() -> None:
    random = np.random.default_rng(3)
    for top in (1, LIMIT):
        weights = np.zeros((9, octets.LANES), np.int32)
        weights[:, :6] = random.integers(-top, top + 1, (9, 6))
        for _ in range(40):
            rows = random.permutation(9)[:3].astype(np.uint64)
            inputs = random.choice([-3071, -1, 0, 1, 256, 3071], 6).astype(np.int32)
            push = np.int32(random.integers(-5760, 5761))
            before = weights.astype(object)
            own = [int(sum(before[row, k] for row in rows) * int(inputs[k])) >> 8 for k in range(6)]
            for row in rows:
                for k in range(6):
                    step = int(inputs[k]) * int(push) + (1 << 13) >> 14
                    before[row, k] = min(max(before[row, k] + step, -LIMIT), LIMIT)
            assert _mixed(weights, rows, inputs) == sum(own)
            _trained(weights, rows, inputs, push)
            assert (weights == before).all()
