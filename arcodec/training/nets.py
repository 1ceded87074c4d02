"""The byte net: a gated recurrent unit whose output is a binary tree over the bits of the next byte.

One layer (Cho et al. 2014; the reset gate acts after the product, as in cuDNN). The byte before enters through a
table, so that only the products with the state cost arithmetic, and of the output only the 8 nodes on the way to the
byte that comes are ever computed. Products are taken in bfloat16, sums and parameters kept in float32. What coding
uses is the integer net made of the parameters (`arcodec.training.export`); with `rounded` its rounding is part of
training.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

HALF = torch.bfloat16
STATE_SCALE = 128.0  # of the state, where it enters a product
WEIGHT_MAX = 127.0
GATES = 3  # reset, update, candidate


def _grid(weight: Tensor) -> Tensor:
    """`weight`, float32[outputs, ...], on the grid of its integers: each row in 1/127 of its greatest magnitude."""
    step = weight.detach().abs().amax(1, keepdim=True).clamp_min(1e-8) / WEIGHT_MAX
    return weight + (torch.round(weight.detach() / step) * step - weight.detach())


class _Product(torch.autograd.Function):
    """x @ weight.T + bias in bfloat16; gradients of the parameters in float32."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        x, weight = x.to(HALF), weight.to(HALF)
        ctx.save_for_backward(x, weight)
        return torch.addmm(bias.to(HALF), x, weight.t())

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        return gradient @ weight, (gradient.t() @ x).float(), gradient.float().sum(0)


class _Rows(torch.autograd.Function):
    """table[symbols]: bfloat16[n, width] of float32[256, width] and int64[n]."""

    @staticmethod
    def forward(ctx: Any, table: Tensor, symbols: Tensor) -> Tensor:
        ctx.save_for_backward(symbols)
        return table.to(HALF)[symbols]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (symbols,) = ctx.saved_tensors
        chosen = functional.one_hot(symbols, 256).to(HALF)
        return (chosen.t() @ gradient).float(), None


class _Recurrence(torch.autograd.Function):
    """The recurrence over time and its gradient: one product a step, and one for all weights at the end.

    Takes what the symbols contribute, bfloat16[time, batch, 3 * width]; the state before, float32[batch, width]; the
    weights, float32[3 * width, width]; the candidate's bias, float32[width]; and whether states are rounded as the
    integer net rounds them. Returns the states, bfloat16[time, batch, width], and the last one, float32.
    """

    @staticmethod
    def forward(
        ctx: Any, given: Tensor, state: Tensor, weight: Tensor, bias: Tensor, rounded: bool
    ) -> tuple[Tensor, Tensor]:
        time, batch, _ = given.shape
        width = state.shape[1]
        transposed, bias = weight.to(HALF).t().contiguous(), bias.to(HALF)
        states = given.new_empty(time + 1, batch, width)
        gates = given.new_empty(time, batch, 2 * width)
        recalled, candidates = given.new_empty(time, batch, width), given.new_empty(time, batch, width)
        entering = given.new_empty(time, batch, width)
        states[0] = state
        for t in range(time):
            if rounded:
                entering[t] = torch.floor(state * STATE_SCALE).clamp_(-128, 127) / STATE_SCALE
            else:
                entering[t] = state
            product = torch.mm(entering[t], transposed)
            torch.add(given[t, :, : 2 * width], product[:, : 2 * width], out=gates[t]).sigmoid_()
            torch.add(product[:, 2 * width :], bias, out=recalled[t])
            torch.addcmul(given[t, :, 2 * width :], gates[t, :, :width], recalled[t], out=candidates[t]).tanh_()
            state = torch.lerp(candidates[t].float(), state, gates[t, :, width:].float())
            states[t + 1] = state
        ctx.save_for_backward(states, gates, recalled, candidates, entering, transposed)
        return states[1:], state

    @staticmethod
    def backward(ctx: Any, of_states: Tensor, of_last: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, None]:
        states, gates, recalled, candidates, entering, transposed = ctx.saved_tensors
        time, batch, width = candidates.shape
        weight = transposed.t().contiguous()
        of_given = torch.empty_like(gates[:, :, :1]).expand(-1, -1, GATES * width).contiguous()
        of_product = torch.empty_like(of_given)
        d = of_last.clone()
        for t in range(time - 1, -1, -1):
            d += of_states[t]
            half = d.to(HALF)
            reset, update = gates[t, :, :width], gates[t, :, width:]
            candidate = torch.addcmul(half, half, update, value=-1)
            candidate *= 1 - candidates[t] * candidates[t]
            of_given[t, :, 2 * width :] = candidate
            torch.mul(candidate, reset, out=of_product[t, :, 2 * width :])
            through = (states[t] - candidates[t]) * half
            of_given[t, :, width : 2 * width] = through * (update * (1 - update))
            of_given[t, :, :width] = candidate * recalled[t] * (reset * (1 - reset))
            of_product[t, :, : 2 * width] = of_given[t, :, : 2 * width]
            d = torch.mul(d, update).add_(torch.mm(of_product[t], weight))
        flat = of_product.view(time * batch, -1)
        of_weight = (flat.t() @ entering.view(time * batch, -1)).float()
        return of_given, d, of_weight, flat[:, 2 * width :].float().sum(0), None


class _TreeLoss(torch.autograd.Function):
    """Mean cost of the symbols int64[n] by the nodes' stretches bfloat16[n, 256], in nats per symbol."""

    @staticmethod
    def forward(ctx: Any, stretches: Tensor, symbols: Tensor) -> Tensor:
        nodes, signs = path(symbols)
        margins = stretches.gather(1, nodes).float() * signs
        ctx.save_for_backward(nodes, signs, margins)
        ctx.shape = stretches.shape
        return functional.softplus(-margins).sum() / len(symbols)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        nodes, signs, margins = ctx.saved_tensors
        each = (-torch.sigmoid(-margins) * signs * (gradient / len(nodes))).to(HALF)
        return each.new_zeros(ctx.shape).scatter_(1, nodes, each), None


def _apply(function: type[torch.autograd.Function], *arguments: Any) -> Any:
    return function.apply(*arguments)  # type: ignore[no-untyped-call]


def path(symbols: Tensor) -> tuple[Tensor, Tensor]:
    """On the way to each of int64[n]: the numbers of the nodes, int64[n, 8]; the bits as -1 or 1, float32[n, 8]."""
    shifts = torch.arange(8, device=symbols.device)
    nodes = (symbols[:, None] | 256) >> (8 - shifts)
    bits = (symbols[:, None] >> (7 - shifts)) & 1
    return nodes, bits.float() * 2 - 1


def tree_loss(stretches: Tensor, symbols: Tensor) -> Tensor:
    """Mean cost of `symbols`, int64[n], by what the net said of each, bfloat16[n, 256]; in nats per symbol."""
    loss: Tensor = _apply(_TreeLoss, stretches, symbols)
    return loss


def costs(stretches: Tensor, symbols: Tensor) -> Tensor:
    """Cost of each symbol, float32[n] in nats; arguments as of `tree_loss`, no gradient."""
    nodes, signs = path(symbols)
    return functional.softplus(-stretches.gather(1, nodes).float() * signs).sum(1)


class ByteGru(nn.Module):
    """A GRU over bytes.

    Attributes:
        given: float32[256, 3 * width], what the byte before adds to the reset gate, update gate and candidate.
        recurrent: three of float32[width, width], of the same.
        recalled_bias: float32[width], added to the candidate's product before the reset gate.
        head, head_bias: float32[256, width] and float32[256]: the stretch of each node of the tree, 1 the root.
        rounded: whether weights and states are rounded as the integer net rounds them.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width, self.rounded = width, False
        self.given = nn.Parameter(torch.randn(256, GATES * width) * 0.3)
        self.recurrent = nn.ParameterList(
            nn.Parameter(nn.init.orthogonal_(torch.empty(width, width)) * 0.7) for _ in range(GATES)
        )
        with torch.no_grad():  # units from fast to slow
            self.given[:, width : 2 * width] += torch.linspace(-1, 3, width)
        self.recalled_bias = nn.Parameter(torch.zeros(width))
        self.head = nn.Parameter(torch.randn(256, width) * 0.02)
        self.head_bias = nn.Parameter(torch.zeros(256))

    @torch.no_grad()
    def take(self, narrower: ByteGru) -> None:
        """Become what `narrower` is: its units, then fresh ones that nothing listens to before training says so."""
        old, new = narrower.width, self.width
        for gate, (mine, its) in enumerate(zip(self.recurrent, narrower.recurrent, strict=True)):
            mine[:old] = 0
            mine[:old, :old] = its
            self.given[:, gate * new : gate * new + old] = narrower.given[:, gate * old : (gate + 1) * old]
            self.given[:, gate * new + old : (gate + 1) * new] = torch.randn(256, new - old) * 0.3
        self.given[:, new + old : 2 * new] += torch.linspace(-1, 3, new - old)  # units from fast to slow
        self.recalled_bias[:old] = narrower.recalled_bias
        self.head.zero_()
        self.head[:, :old] = narrower.head
        self.head_bias.copy_(narrower.head_bias)

    @property
    def multiply_adds(self) -> int:
        """Of one symbol: the recurrence, and 8 nodes of the head."""
        return GATES * self.width**2 + 8 * self.width

    def start(self, batch: int) -> Tensor:
        """The state before the first symbol, float32[batch, width]."""
        return torch.zeros(batch, self.width, device=self.given.device)

    def forward(self, before: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Run over time.

        Args:
            before: int64[time, batch], the symbol before each one.
            state: float32[batch, width].

        Returns:
            The stretches of all nodes, bfloat16[time * batch, 256], and the state after the last symbol.
        """
        time, batch = before.shape
        recurrent: Tensor = torch.cat(list(self.recurrent))
        given: Tensor = self.given
        head: Tensor = self.head
        if self.rounded:
            given, recurrent, head = _grid(given.t()).t(), _grid(recurrent), _grid(head)
        rows = _apply(_Rows, given, before.reshape(-1)).view(time, batch, -1)
        states, state = _apply(_Recurrence, rows, state, recurrent, self.recalled_bias, self.rounded)
        return _apply(_Product, states.reshape(time * batch, -1), head, self.head_bias), state


def load(checkpoint: Path) -> ByteGru:
    """The net of a run, as a checkpoint in its folder keeps it."""
    parameters = torch.load(checkpoint, map_location="cpu")["net"]
    net = ByteGru(len(parameters["recalled_bias"]))
    net.load_state_dict(parameters)
    return net
