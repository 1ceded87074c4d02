"""Causal convolutions that reach back twice as far from layer to layer (van den Oord et al. 2016, "WaveNet")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from arcodec.nets.base import Arithmetic, Array, Limits, Net, Parameter, Sizes, State, table, vector, weight
from arcodec.nets.history import History

_TAPS = 2


class WaveNet(Net):
    """Gated layers of two taps with dilations 1, 2, 4 ..., over again after `cycle` of them."""

    name = "wavenet-1"
    sizes: ClassVar[Sizes] = {
        "small": {"width": 64, "layers": 8, "cycle": 8},
        "base": {"width": 96, "layers": 10, "cycle": 10},
        "large": {"width": 160, "layers": 16, "cycle": 8},
    }
    limits: ClassVar[Limits] = {"width": (4, 512), "layers": (1, 32), "cycle": (1, 12)}

    def _dilations(self) -> list[int]:
        return [1 << (k % self.dimensions["cycle"]) for k in range(self.dimensions["layers"])]

    def parameters(self) -> dict[str, Parameter]:
        width = self.dimensions["width"]
        parameters = {"given": table(256, width, 0.5)}
        for k in range(self.dimensions["layers"]):
            parameters |= {
                f"gates.{k}": weight(2 * width, _TAPS * width),
                f"gates_bias.{k}": vector(2 * width),
                f"residual.{k}": weight(2 * width, width, 0.5),
                f"residual_bias.{k}": vector(2 * width),
            }
        return parameters | {
            "mixed": weight(width, width, 1.4),
            "mixed_bias": vector(width),
            "output": weight(256, width, 0.3),
            "head": vector(256),
        }

    def start(self, a: Arithmetic, lanes: int, row: tuple[int, int]) -> State:
        return [History(a, lanes, d, self.dimensions["width"]) for d in self._dilations()]

    def run(self, a: Arithmetic, p: Mapping[str, Any], state: State, before: Array) -> tuple[Array, State]:
        width = self.dimensions["width"]
        x = a.embed(p["given"], before)
        skipped = None
        for k, dilation in enumerate(self._dilations()):
            taps = a.concat(state[k].taps(x, (dilation, 0)), axis=2)
            gates = a.linear(taps, p[f"gates.{k}"], p[f"gates_bias.{k}"])
            gated = a.mul(a.tanh(gates[..., :width]), a.sigmoid(gates[..., width:]))
            both = a.linear(gated, p[f"residual.{k}"], p[f"residual_bias.{k}"])
            x = a.add(x, both[..., :width])
            skipped = both[..., width:] if skipped is None else a.add(skipped, both[..., width:])
        mixed = a.relu(a.linear(a.relu(skipped), p["mixed"], p["mixed_bias"]))
        return a.logits(mixed, p["output"], p["head"]), state

    def remembered(self, row: tuple[int, int]) -> int:
        return sum(self._dilations()) * self.dimensions["width"]

    def held(self, stretch: int) -> int:
        return 16 * self.dimensions["width"]
