"""Long short-term memory (Hochreiter, Schmidhuber 1997; with forget gates, Gers et al. 2000)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from arcodec.nets.base import Arithmetic, Array, Limits, Net, Parameter, Sizes, State, table, vector, weight


class Lstm(Net):
    """One recurrent layer."""

    name = "lstm-1"
    sizes: ClassVar[Sizes] = {"small": {"width": 112}, "base": {"width": 224}, "large": {"width": 448}}
    limits: ClassVar[Limits] = {"width": (4, 1024)}

    def parameters(self) -> dict[str, Parameter]:
        width = self.dimensions["width"]
        # Forget gates begin open, some wider than others.
        gates = np.concatenate([np.linspace(0, 3, width), np.zeros(3 * width)])
        return {
            "given": table(256, 4 * width, begin=np.tile(gates, (256, 1))),
            "recurrent": weight(4 * width, width, 0.7),
            "output": weight(256, width, 0.3),
            "head": vector(256),
        }

    def start(self, a: Arithmetic, lanes: int, row: tuple[int, int]) -> State:
        width = self.dimensions["width"]
        return a.zeros(lanes, width), a.zeros(lanes, width)

    def run(self, a: Arithmetic, p: Mapping[str, Any], state: State, before: Array) -> tuple[Array, State]:
        width = self.dimensions["width"]
        cell, hidden = state
        states = []
        for given in a.steps(a.embed(p["given"], before)):
            total = a.add(given, a.linear(hidden, p["recurrent"]))
            gates = a.sigmoid(total[:, : 3 * width])  # forget, input, output
            candidate = a.tanh(total[:, 3 * width :])
            cell = a.add(a.mul(gates[:, :width], cell), a.mul(gates[:, width : 2 * width], candidate))
            hidden = a.mul(gates[:, 2 * width :], a.tanh(cell))
            states.append(hidden)
        return a.logits(a.stack(states, axis=1), p["output"], p["head"]), (cell, hidden)

    def remembered(self, row: tuple[int, int]) -> int:
        return 2 * self.dimensions["width"]

    def held(self, stretch: int) -> int:
        return 9 * self.dimensions["width"]
