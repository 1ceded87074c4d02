"""The integer net on torch: the same numbers as `arcodec.kernels.net`, on any device.

Products are of float64 tensors that hold integers below 2**53, so that no order of adding up changes them; the rest
is int64, where shifts of negative numbers round down as they do in the kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from arcodec.kernels import net
from arcodec.kernels.fixed import STRETCH_MAX


class IntegerGru:
    """A net of integers; see `arcodec.kernels.net` for what the arrays of a model file mean."""

    def __init__(self, arrays: Mapping[str, NDArray[np.integer[Any]]], device: str = "cpu") -> None:
        put = {name: torch.from_numpy(np.ascontiguousarray(a)).to(device).long() for name, a in arrays.items()}
        self.width = len(put["recalled_bias"])
        table = (put["given"] * put["given_step"] + 64) >> 7
        self._table = table.clamp(-net.PRE_MAX, net.PRE_MAX)
        self._recurrent, self._step = put["recurrent"].double(), put["recurrent_step"]
        self._recalled_bias = put["recalled_bias"]
        self._head, self._head_step, self._head_bias = put["head"].double(), put["head_step"], put["head_bias"]
        self._sigmoid = torch.from_numpy(net.SIGMOID).to(device).long()
        self._tanh = torch.from_numpy(net.TANH).to(device).long()

    def start(self, batch: int) -> Tensor:
        """The state before the first symbol: int64[batch, width]."""
        return torch.zeros(batch, self.width, dtype=torch.int64, device=self._table.device)

    def step(self, before: Tensor, state: Tensor) -> Tensor:
        """The state after the symbol `before`, int64[batch], was taken in: int64[batch, width]."""
        width = self.width
        entering = (state >> 7).clamp(-128, 127)
        products = (entering.double() @ self._recurrent.t()).long()
        products = ((products >> 6) * self._step) >> 8
        given = self._table[before]
        gates = self._sigmoid[_place(products[:, : 2 * width] + given[:, : 2 * width])]
        recalled = (products[:, 2 * width :] + self._recalled_bias).clamp(-net.PRE_MAX, net.PRE_MAX)
        candidate = self._tanh[_place(given[:, 2 * width :] + ((gates[:, :width] * recalled) >> 14))]
        return candidate + (((state - candidate) * gates[:, width:] + 8192) >> 14)

    def stretches(self, state: Tensor) -> Tensor:
        """What the net says of each node in a state, int64[batch, width]: int64[batch, 256], 1/256."""
        totals = (state.double() @ self._head.t()).long()
        return (((totals * self._head_step) >> 24) + self._head_bias).clamp(-STRETCH_MAX, STRETCH_MAX)


def _place(pre: Tensor) -> Tensor:
    return ((pre + 4) >> 3).clamp(-net.REACH, net.REACH - 1) + net.REACH
