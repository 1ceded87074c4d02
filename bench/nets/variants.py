"""Byte nets that were tried beside `arcodec.training.nets.ByteGru`, with its interface: bytes in, a binary tree out.

A variant's `forward(before, state)` takes int64[time, batch] and float32[batch, n], and returns the stretches of all
nodes, bfloat16[time * batch, 256], with the state after the last symbol. A state of zeros begins a document.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from arcodec.training.nets import GATES, HALF, ByteGru, _apply, _Product, _Recurrence, _Rows

TAPS = 4  # bytes before, each with a table of its own, where a net has several
_NODES = 8  # of the head, computed for a symbol
_PARTS = 3  # of a linear layer: forget, candidate, output gate


class Variant(nn.Module, ABC):
    """A byte net.

    Attributes:
        matrices: what Muon trains; Adam trains the rest.
        multiply_adds: of one symbol; tables cost none, of the head 8 nodes are computed.
    """

    matrices: Sequence[nn.Parameter]
    multiply_adds: int

    @abstractmethod
    def start(self, batch: int) -> Tensor:
        """The state before the first symbol, float32[batch, n]."""

    @abstractmethod
    def forward(self, before: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Run over time."""


class _Head(nn.Module):
    """The stretches of all nodes, of what is left of a residual stream after a norm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))
        self.weight, self.bias = nn.Parameter(torch.randn(256, width) * 0.02), nn.Parameter(torch.zeros(256))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = _apply(_Product, _normal(x, self.gain).flatten(0, 1), self.weight, self.bias)
        return result


class Gru(Variant):
    """The net that is shipped."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.net = ByteGru(width)
        self.matrices = list(self.net.recurrent)
        self.multiply_adds = self.net.multiply_adds

    def start(self, batch: int) -> Tensor:
        return self.net.start(batch)

    def forward(self, before: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        return self.net(before, state)  # type: ignore[no-any-return]


class TapGru(Variant):
    """A GRU with a table for each of the last bytes, not for one alone."""

    def __init__(self, width: int, taps: int = TAPS) -> None:
        super().__init__()
        self.net = ByteGru(width)
        self.taps = nn.ParameterList(nn.Parameter(torch.randn(256, GATES * width) * 0.1) for _ in range(taps - 1))
        self.matrices = list(self.net.recurrent)
        self.multiply_adds = self.net.multiply_adds

    def start(self, batch: int) -> Tensor:
        return torch.zeros(batch, self.net.width + len(self.taps))

    def forward(self, before: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        given, tail = _tapped(before, state[:, self.net.width :], [self.net.given, *self.taps])
        recurrent, bias = torch.cat(list(self.net.recurrent)), self.net.recalled_bias
        states, state = _apply(_Recurrence, given, state[:, : self.net.width], recurrent, bias, False)
        out: Tensor = _apply(_Product, states.flatten(0, 1), self.net.head, self.net.head_bias)
        return out, torch.cat([state, tail], 1)


class GramGru(Variant):
    """A GRU that is also given hashed n-grams: a row of `width` for each order, projected to the gates."""

    def __init__(self, units: int, orders: Sequence[int] = (2, 3, 4), bits: int = 15, width: int = 32) -> None:
        super().__init__()
        self.net, self.orders, self.bits = ByteGru(units), orders, bits
        self.tables = nn.Parameter(torch.randn(len(orders) << bits, width) * 0.1)
        inputs = len(orders) * width
        self.project = nn.ParameterList(nn.Parameter(torch.randn(units, inputs) / inputs**0.5) for _ in range(GATES))
        self.matrices = [*self.net.recurrent, *self.project]
        self.multiply_adds = self.net.multiply_adds + GATES * units * inputs

    def start(self, batch: int) -> Tensor:
        return torch.zeros(batch, self.net.width + max(self.orders) - 1)

    def forward(self, before: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        time, batch = before.shape
        state, tail = state[:, : self.net.width], state[:, self.net.width :]
        known = torch.cat([tail.t().long(), before])
        rows = self._rows(known, time).flatten()
        grams = _apply(_Gather, self.tables, rows).view(time * batch, -1)
        rows = _apply(_Rows, self.net.given, before.reshape(-1))
        weight = torch.cat(list(self.project))
        given = rows + _apply(_Product, grams, weight, weight.new_zeros(len(weight)))
        recurrent = torch.cat(list(self.net.recurrent))
        bias = self.net.recalled_bias
        states, state = _apply(_Recurrence, given.view(time, batch, -1), state, recurrent, bias, False)
        out: Tensor = _apply(_Product, states.flatten(0, 1), self.net.head, self.net.head_bias)
        return out, torch.cat([state, known[time:].t().float()], 1)

    def _rows(self, known: Tensor, time: int) -> Tensor:
        """Which rows of the tables: int64[time, batch, orders], of the bytes known before each symbol and earlier."""
        chosen: list[Tensor] = []
        value, first = torch.zeros_like(known[:time]), len(known) - time
        for back in range(max(self.orders)):
            value = value << 8 | known[first - back : first - back + time]
            if back + 1 in self.orders:
                hashed = (value * 0x9E3779B1 + back * 0x85EBCA6B & 0xFFFFFFFF) >> 32 - self.bits
                chosen.append(hashed + (len(chosen) << self.bits))
        return torch.stack(chosen, 2)


class Linear(Variant):
    """Gated linear recurrences, a state that depends on the past through products alone (minGRU, Feng et al. 2024).

    A layer: forget f, candidate c, output gate q of the stream x; h = f h + (1 - f) c; x += W (silu(q) h). The stream
    begins with the tables of the last bytes, for without a nonlinear view of them one layer sees only sums.
    """

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.width = width
        self.taps = nn.ParameterList(nn.Parameter(torch.randn(256, width) * 0.5 / (k + 1)) for k in range(TAPS))
        self.tap_bias = nn.Parameter(torch.zeros(width))
        self.inner = nn.ParameterList(_square(width) for _ in range(_PARTS * layers))
        self.inner_bias = nn.ParameterList(nn.Parameter(torch.zeros(width)) for _ in range(_PARTS * layers))
        self.outer = nn.ParameterList(_square(width, 0.5) for _ in range(layers))
        self.gains = nn.ParameterList(nn.Parameter(torch.ones(width)) for _ in range(layers))
        with torch.no_grad():  # units from fast to slow
            for bias in list(self.inner_bias)[::_PARTS]:
                bias += torch.linspace(-1, 5, width)
        self.head = _Head(width)
        self.matrices = [*self.inner, *self.outer]
        self.multiply_adds = len(self.matrices) * width**2 + _NODES * width

    def start(self, batch: int) -> Tensor:
        return torch.zeros(batch, TAPS - 1 + len(self.outer) * self.width)

    def forward(self, before: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        time, batch = before.shape
        x, tail = _tapped(before, state[:, : TAPS - 1], self.taps)
        x = functional.silu(x + self.tap_bias.to(HALF))
        ends = [tail]
        for k, (outer, gain) in enumerate(zip(self.outer, self.gains, strict=True)):
            weight = torch.cat(list(self.inner)[k * _PARTS :][:_PARTS])
            bias = torch.cat(list(self.inner_bias)[k * _PARTS :][:_PARTS])
            parts = _apply(_Product, _normal(x, gain).flatten(0, 1), weight, bias).view(time, batch, -1)
            forget, candidate, gate = parts.split(self.width, 2)
            first = state[:, TAPS - 1 + k * self.width :][:, : self.width]
            states, last = _apply(_Scan, torch.sigmoid(forget), candidate, first)
            heard = states * functional.silu(gate)
            added = _apply(_Product, heard.flatten(0, 1), outer, outer.new_zeros(self.width))
            x = x + added.view(time, batch, -1)
            ends.append(last)
        out: Tensor = self.head(x)
        return out, torch.cat(ends, 1)


class Convolution(Variant):
    """Causal convolutions of three taps, 1, 3, 9, ... symbols apart, gated, on a residual stream."""

    def __init__(self, width: int, layers: int = 4) -> None:
        super().__init__()
        self.width = width
        self.taps = nn.ParameterList(nn.Parameter(torch.randn(256, width) * 0.5 / (k + 1)) for k in range(TAPS))
        self.tap_bias = nn.Parameter(torch.zeros(width))
        self.weights = nn.ParameterList(
            nn.Parameter(torch.randn(2 * width, 3 * width) / (3 * width) ** 0.5) for _ in range(layers)
        )
        self.biases = nn.ParameterList(nn.Parameter(torch.zeros(2 * width)) for _ in range(layers))
        self.gains = nn.ParameterList(nn.Parameter(torch.ones(width)) for _ in range(layers))
        self.head = _Head(width)
        self.matrices = list(self.weights)
        self.multiply_adds = layers * 6 * width**2 + _NODES * width

    def start(self, batch: int) -> Tensor:
        return torch.zeros(batch, TAPS - 1 + self.width * sum(2 * 3**k for k in range(len(self.weights))))

    def forward(self, before: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        time, batch = before.shape
        x, tail = _tapped(before, state[:, : TAPS - 1], self.taps)
        x = functional.silu(x + self.tap_bias.to(HALF))
        ends, at = [tail], TAPS - 1
        for k, (weight, bias, gain) in enumerate(zip(self.weights, self.biases, self.gains, strict=True)):
            apart, size = 3**k, 2 * 3**k * self.width
            earlier = state[:, at : at + size].view(batch, 2 * apart, self.width).transpose(0, 1).to(HALF)
            at += size
            padded = torch.cat([earlier, _normal(x, gain)])
            views = [padded[2 * apart - j * apart :][:time] for j in range(3)]
            parts = _apply(_Product, torch.cat(views, 2).flatten(0, 1), weight, bias).view(time, batch, -1)
            value, gate = parts.split(self.width, 2)
            x = x + value * torch.sigmoid(gate)
            ends.append(padded[time:].transpose(0, 1).flatten(1).float())
        out: Tensor = self.head(x)
        return out, torch.cat(ends, 1)


class Pair(Variant):
    """Two GRUs trained together, their stretches added: one GRU whose recurrent matrices have two blocks."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.nets = nn.ModuleList([ByteGru(width), ByteGru(width)])
        self.matrices = [m for net in self.nets for m in net.recurrent]  # type: ignore[union-attr]
        self.multiply_adds = sum(net.multiply_adds for net in self.nets)  # type: ignore[misc]

    def start(self, batch: int) -> Tensor:
        return torch.cat([net.start(batch) for net in self.nets], 1)  # type: ignore[operator]

    def forward(self, before: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        parts = [net(before, own) for net, own in zip(self.nets, state.chunk(2, 1), strict=True)]
        return parts[0][0] + parts[1][0], torch.cat([last for _, last in parts], 1)


class _Gather(torch.autograd.Function):
    """table[rows], bfloat16[n, width], of a long table; its gradient by scattered sums."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        ctx.size = len(table)
        return table[rows].to(HALF)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (rows,) = ctx.saved_tensors
        return gradient.new_zeros(ctx.size, gradient.shape[1], dtype=torch.float32).index_add_(
            0, rows, gradient.float()
        ), None


class _Scan(torch.autograd.Function):
    """h = f h + (1 - f) c over time: f, c bfloat16[time, batch, width], first h float32; all h, and the last."""

    @staticmethod
    def forward(ctx: Any, forget: Tensor, candidate: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        states = candidate.new_empty(len(forget) + 1, *state.shape)
        states[0] = state
        for t in range(len(forget)):
            state = torch.lerp(candidate[t].float(), state, forget[t].float())
            states[t + 1] = state
        ctx.save_for_backward(forget, candidate, states)
        return states[1:], state

    @staticmethod
    def backward(ctx: Any, of_states: Tensor, of_last: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        forget, candidate, states = ctx.saved_tensors
        through, d = torch.empty_like(of_states), of_last.float().clone()
        for t in range(len(forget) - 1, -1, -1):
            d += of_states[t]
            through[t] = d
            d = d * forget[t]
        return through * (states[:-1] - candidate), through * (1 - forget), d


def _square(width: int, scale: float = 1.0) -> nn.Parameter:
    return nn.Parameter(torch.randn(width, width) * (scale / width**0.5))


def _normal(x: Tensor, gain: Tensor) -> Tensor:
    return functional.rms_norm(x, (x.shape[-1],)) * gain.to(HALF)


def _tapped(before: Tensor, tail: Tensor, tables: Iterable[Tensor]) -> tuple[Tensor, Tensor]:
    """Sum of the tables' rows for the bytes before, bfloat16[time, batch, n], and the bytes the next step needs."""
    time, batch = before.shape
    known = torch.cat([tail.t().long(), before])
    first = len(known) - time
    parts = [_apply(_Rows, table, known[first - k :][:time].reshape(-1)) for k, table in enumerate(tables)]
    rows: Tensor = sum(parts[1:], parts[0])
    return rows.view(time, batch, -1), known[time:].t().float()
