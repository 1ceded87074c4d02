"""The arithmetic that trains, on torch; and nets with parameters that can be trained.

It does to floats what `arcodec.nets.integers` does to integers, but for rounding: values end at the same bounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from arcodec.nets.base import ONE, REACH, Net, Parameter, State
from arcodec.nets.integers import LOGIT_FRACTION, LOGIT_REACH, STEP_MAX, STEP_SHIFT, VECTOR_MAX, WEIGHT_MAX

_LOGITS = LOGIT_REACH / (1 << LOGIT_FRACTION)
_UNSEEN = 1e4
_DOT = "/"  # torch allows no dot in the name of a parameter


class FloatArithmetic:
    """See `arcodec.nets.base.Arithmetic`.

    Args:
        device: of torch.
    """

    def __init__(self, device: str | torch.device = "cpu") -> None:
        self._device = device

    def zeros(self, *shape: int) -> Tensor:
        return torch.zeros(shape, device=self._device)

    def constant(self, values: NDArray[np.integer[Any]]) -> Tensor:
        return torch.from_numpy(values.astype(np.int64)).to(self._device)

    def concat(self, arrays: Sequence[Tensor], axis: int) -> Tensor:
        return torch.cat(list(arrays), dim=axis)

    def stack(self, arrays: Sequence[Tensor], axis: int) -> Tensor:
        return torch.stack(list(arrays), dim=axis)

    def steps(self, x: Tensor) -> Sequence[Tensor]:
        return x.unbind(1)  # one gradient for all: slices would have one of the whole size each

    def embed(self, table: Tensor, symbols: Tensor) -> Tensor:
        return _clamped(functional.embedding(symbols, table))

    def linear(self, x: Tensor, weight: Tensor, bias: Tensor | None = None, rows: slice | None = None) -> Tensor:
        if rows is not None:
            weight, bias = weight[rows], None if bias is None else bias[rows]
        return _clamped(functional.linear(x, weight, bias))

    def logits(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        return functional.linear(x, weight, bias).clamp(-_LOGITS, _LOGITS)

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        return _clamped(x + y)

    def mul(self, x: Tensor, y: Tensor) -> Tensor:
        return _clamped(x * y)

    def sigmoid(self, x: Tensor) -> Tensor:
        return torch.sigmoid(x)

    def tanh(self, x: Tensor) -> Tensor:
        return torch.tanh(x)

    def relu(self, x: Tensor) -> Tensor:
        return torch.relu(x)

    def normalise(self, x: Tensor, gain: Tensor, bias: Tensor) -> Tensor:
        return _clamped(functional.layer_norm(x, x.shape[-1:], gain, bias, 2**-14))

    def attend(self, q: Tensor, k: Tensor, v: Tensor, bias: Tensor, places: Tensor, seen: Tensor) -> Tensor:
        mask = bias[places] - (1 - seen) * _UNSEEN
        return functional.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def _clamped(x: Tensor) -> Tensor:
    return x.clamp(-REACH, REACH)


class TrainableNet(nn.Module):
    """A net with parameters in floats.

    Args:
        net: the architecture with its dimensions.
        seed: of what the parameters begin with.
    """

    def __init__(self, net: Net, seed: int = 0) -> None:
        super().__init__()
        self.net = net
        random = torch.Generator().manual_seed(seed)
        self._shapes = net.parameters()
        self.values = nn.ParameterDict(
            {name.replace(".", _DOT): nn.Parameter(_begin(q, random)) for name, q in self._shapes.items()}
        )
        for name, q in self._shapes.items():
            if q.mask is not None:
                self.register_buffer(_mask_name(name), torch.from_numpy(q.mask).float(), persistent=False)

    @property
    def arithmetic(self) -> FloatArithmetic:
        """That of the device where the parameters are."""
        return FloatArithmetic(next(iter(self.values.values())).device)

    def start(self, lanes: int, row: tuple[int, int] = (0, 1)) -> State:
        """The state before the first symbol; see `Net.start`."""
        return self.net.start(self.arithmetic, lanes, row)

    def forward(self, before: Tensor, state: State) -> tuple[Tensor, State]:
        """Logits, float32[lanes, time, 256], and the state after; see `Net.run`."""
        return self.net.run(self.arithmetic, self.parameters_by_name(), state, before)

    def parameters_by_name(self) -> dict[str, Tensor]:
        """The parameters as a net's `run` takes them."""
        found: dict[str, Tensor] = {}
        for name, q in self._shapes.items():
            value = self.values[name.replace(".", _DOT)]
            found[name] = value if q.mask is None else value * getattr(self, _mask_name(name))
        return found

    def loss(self, symbols: Tensor, state: State, before: Tensor) -> tuple[Tensor, State]:
        """Mean cost of symbols in nats, and the state after them.

        Args:
            symbols: int64[lanes, time].
            state: from `start` or the last call.
            before: int64[lanes, time], the symbol before each; see `before_of`.
        """
        logits, state = self(before, state)
        return functional.cross_entropy(logits.reshape(-1, 256), symbols.reshape(-1)), state

    @torch.no_grad()
    def arrays(self) -> dict[str, NDArray[np.integer[Any]]]:
        """The integers of a model file, as `arcodec.models.net` takes them."""
        found: dict[str, NDArray[np.integer[Any]]] = {
            "dimensions": np.array(list(self.net.dimensions.values()), np.int32)
        }
        for name, value in self.parameters_by_name().items():
            exact = value.detach().double().cpu().numpy()
            kind = self._shapes[name].kind
            if kind == "vector":
                found[name] = np.clip(np.round(exact * ONE), -VECTOR_MAX, VECTOR_MAX).astype(np.int32)
                continue
            axis = 1 if kind == "weight" else 0
            worth = np.abs(exact).max(axis, keepdims=True) / WEIGHT_MAX
            step = np.clip(np.ceil(worth * (1 << STEP_SHIFT)), 1, STEP_MAX)
            units = np.round(exact * (1 << STEP_SHIFT) / step)
            found[name] = np.clip(units, -WEIGHT_MAX, WEIGHT_MAX).astype(np.int8)
            found[f"{name}.step"] = step.reshape(-1).astype(np.int32)
        return found

    @torch.no_grad()
    def take(self, arrays: Mapping[str, NDArray[np.integer[Any]]]) -> None:
        """Begin with the parameters of a model file of the same dimensions."""
        for name, q in self._shapes.items():
            value = arrays[name].astype(np.float64)
            if q.kind == "vector":
                value = value / ONE
            else:
                step = arrays[f"{name}.step"].astype(np.float64) / (1 << STEP_SHIFT)
                value = value * (step[:, None] if q.kind == "weight" else step[None, :])
            self.values[name.replace(".", _DOT)].copy_(torch.from_numpy(value))


def before_of(symbols: Tensor) -> Tensor:
    """Of sequences from their first symbol on, int64[lanes, time], the symbol before each."""
    return torch.cat([torch.zeros_like(symbols[:, :1]), symbols[:, :-1]], dim=1)


def _mask_name(name: str) -> str:
    return f"mask_{name.replace('.', '_')}"


def _begin(parameter: Parameter, random: torch.Generator) -> Tensor:
    value = torch.randn(parameter.shape, generator=random) * parameter.spread
    if parameter.begin is not None:
        value += torch.from_numpy(parameter.begin).float()
    return value
