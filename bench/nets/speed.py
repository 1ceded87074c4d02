"""Microseconds a byte of the integer GRU by width, and what follows for nets that have no integer kernel yet.

python -m bench.nets.speed
"""

from __future__ import annotations

from time import process_time
from typing import Any

import click
import numpy as np
from numba import njit

from arcodec.kernels import net as kernel
from arcodec.kernels.net import Net, node_stretch, ready, step

_WIDTHS = (128, 192, 256, 320, 384, 448, 512, 640)
_BYTES, _ROUNDS = 20_000, 5
_jit: Any = njit


@_jit(cache=False)
def _walk(symbols, net):  # type: ignore[no-untyped-def]
    """A step and eight nodes for each symbol; returns the sum of what was said."""
    total = 0
    for i in range(len(symbols)):
        before = int(symbols[i])
        step(
            net.table,
            net.recurrent,
            net.offset,
            net.step,
            net.recalled_bias,
            before,
            net.state,
            net.entering,
            net.sums,
        )
        node = 1
        for j in range(8):
            total += node_stretch(net.head, net.head_step, net.head_bias, node, net.state)
            node = 2 * node + ((before >> (7 - j)) & 1)
    return total


def random_net(width: int) -> Net:
    """A net of random weights."""
    random, gates = np.random.default_rng(1), kernel.GATES * width
    shapes = {"given": (256, gates), "recurrent": (gates, width), "head": (256, width)}
    arrays: dict[str, Any] = {
        name: random.integers(-127, 128, shape).astype(np.int8) for name, shape in shapes.items()
    }
    for name, size in {"given_step": gates, "recurrent_step": gates, "head_step": 256}.items():
        arrays[name] = random.integers(100, 900, size).astype(np.int32)
    arrays |= {"recalled_bias": np.zeros(width, np.int32), "head_bias": np.zeros(256, np.int32)}
    return ready(arrays)


def main() -> None:
    """Measure, the best of some rounds, in CPU time; fit products + gates."""
    symbols = np.random.default_rng(2).integers(32, 127, _BYTES).astype(np.uint8)
    points = []
    for width in _WIDTHS:
        net = random_net(width)
        _walk(symbols[:10], net)
        times = []
        for _ in range(_ROUNDS):
            began = process_time()
            _walk(symbols, net)
            times.append((process_time() - began) / _BYTES * 1e6)
        points.append((kernel.GATES * width**2 + 8 * width, width, min(times)))
        click.echo(f"gru-{width}: {points[-1][0]:,} multiply-adds, {points[-1][2]:.2f} us")
    fitted = np.array([point for point in points if point[1] <= 512])
    terms = np.stack([fitted[:, 0] / 1e6, fitted[:, 1] / 1e3, np.ones(len(fitted))], 1)
    (million, thousand, rest), *_ = np.linalg.lstsq(terms, fitted[:, 2], rcond=None)
    click.echo(
        f"{million:.2f} us for a million multiply-adds, {thousand:.2f} for a thousand units, {rest:.2f} for the rest"
    )


if __name__ == "__main__":
    main()
