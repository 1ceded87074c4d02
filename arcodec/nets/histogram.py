"""The histogram: each symbol as often as in the training data, whatever came before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from arcodec.nets.base import Arithmetic, Array, Limits, Net, Parameter, Sizes, State, vector


class Histogram(Net):
    """One distribution for all; what every other net has to be better than."""

    name = "histogram-1"
    sizes: ClassVar[Sizes] = {"small": {}, "base": {}, "large": {}}
    limits: ClassVar[Limits] = {}

    def parameters(self) -> dict[str, Parameter]:
        return {"none": Parameter("weight", (256, 1)), "head": vector(256)}

    def start(self, a: Arithmetic, lanes: int, row: tuple[int, int]) -> State:
        return None

    def run(self, a: Arithmetic, p: Mapping[str, Any], state: State, before: Array) -> tuple[Array, State]:
        nothing = a.zeros(*before.shape, 1)
        return a.logits(nothing, p["none"], p["head"]), None

    def remembered(self, row: tuple[int, int]) -> int:
        return 0

    def held(self, stretch: int) -> int:
        return 1
