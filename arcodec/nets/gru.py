"""The gated recurrent unit (Cho et al. 2014), with the reset gate after the product (Chung et al. 2014)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from arcodec.nets.base import Arithmetic, Array, Limits, Net, Parameter, Sizes, State, table, vector, weight


class Gru(Net):
    """One recurrent layer."""

    name = "gru-1"
    sizes: ClassVar[Sizes] = {"small": {"width": 128}, "base": {"width": 256}, "large": {"width": 512}}
    limits: ClassVar[Limits] = {"width": (4, 1024)}

    def parameters(self) -> dict[str, Parameter]:
        width = self.dimensions["width"]
        # What a symbol adds lets units begin as fast or slow ones.
        pace = np.concatenate([np.zeros(width), np.linspace(-1, 3, width), np.zeros(width)])
        return {
            "given": table(256, 3 * width, begin=np.tile(pace, (256, 1))),
            "recurrent": weight(3 * width, width, 0.7),
            "recalled": vector(width),
            "output": weight(256, width, 0.3),
            "head": vector(256),
        }

    def start(self, a: Arithmetic, lanes: int, row: tuple[int, int]) -> State:
        return a.zeros(lanes, self.dimensions["width"])

    def run(self, a: Arithmetic, p: Mapping[str, Any], state: State, before: Array) -> tuple[Array, State]:
        width = self.dimensions["width"]
        states = []
        for given in a.steps(a.embed(p["given"], before)):
            product = a.linear(state, p["recurrent"])
            gates = a.sigmoid(a.add(given[:, : 2 * width], product[:, : 2 * width]))
            recalled = a.mul(gates[:, :width], a.add(product[:, 2 * width :], p["recalled"]))
            candidate = a.tanh(a.add(given[:, 2 * width :], recalled))
            state = a.add(candidate, a.mul(gates[:, width:], a.add(state, -candidate)))
            states.append(state)
        return a.logits(a.stack(states, axis=1), p["output"], p["head"]), state

    def remembered(self, row: tuple[int, int]) -> int:
        return self.dimensions["width"]

    def held(self, stretch: int) -> int:
        return 8 * self.dimensions["width"]
