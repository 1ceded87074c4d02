"""The masked autoencoder for distribution estimation (Germain et al. 2015, "MADE").

A block of `block` symbols goes through a net whose weights are masked so that what is said of a symbol depends on
those before it in the block only. Blocks know nothing of each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from arcodec.nets.base import (
    INPUTS_MAX,
    Arithmetic,
    Array,
    Limits,
    Net,
    Parameter,
    Sizes,
    State,
    table,
    vector,
    weight,
)

_SHARE = 16  # values that tell of a symbol what the last layer makes a distribution of


class Made(Net):
    """Two hidden layers; one last layer for all symbols of a block."""

    name = "made-1"
    sizes: ClassVar[Sizes] = {
        "small": {"block": 64, "embedded": 12, "width": 512},
        "base": {"block": 64, "embedded": 24, "width": 1024},
        "large": {"block": 128, "embedded": 24, "width": 2048},
    }
    limits: ClassVar[Limits] = {"block": (2, 1024), "embedded": (1, 64), "width": (4, INPUTS_MAX)}

    def __init__(self, dimensions: Mapping[str, int]) -> None:
        super().__init__(dimensions)
        if self.dimensions["block"] * self.dimensions["embedded"] > INPUTS_MAX:
            raise ValueError(f"{self.name}: block times embedded is more than {INPUTS_MAX}")

    @property
    def period(self) -> int:
        return self.dimensions["block"]

    def parameters(self) -> dict[str, Parameter]:
        block, embedded, width = (self.dimensions[key] for key in ("block", "embedded", "width"))
        degree = 1 + np.arange(width) * (block - 1) // width  # a hidden unit knows so many symbols of the block
        inputs, outputs = np.repeat(np.arange(block), embedded), np.repeat(np.arange(block), _SHARE)
        return {
            "given": table(256, embedded, 0.5),
            "first": weight(width, block * embedded, 1.4, mask=_mask(degree - 1, inputs)),
            "first_bias": vector(width),
            "second": weight(width, width, 1.4, mask=_mask(degree, degree)),
            "second_bias": vector(width),
            "share": weight(block * _SHARE, width, 1.4, mask=_mask(outputs, degree)),
            "share_bias": vector(block * _SHARE),
            "output": weight(256, _SHARE, 0.3),
            "head": vector(256),
        }

    def start(self, a: Arithmetic, lanes: int, row: tuple[int, int]) -> State:
        return 0, a.zeros(lanes, self.period, self.dimensions["embedded"])

    def run(self, a: Arithmetic, p: Mapping[str, Any], state: State, before: Array) -> tuple[Array, State]:
        block, embedded = self.period, self.dimensions["embedded"]
        place, known = state
        lanes, time = before.shape
        given = a.embed(p["given"], before)
        if time == 1:
            if place:
                known[:, place - 1] = given[:, 0]
            else:
                known = a.zeros(lanes, block, embedded)
            rows = slice(place * _SHARE, (place + 1) * _SHARE)
            x = known.reshape(lanes, block * embedded)
        else:
            # What came last before a block is not of it; its own last symbol tells nothing of those before.
            blocks = given.reshape(lanes * time // block, block, embedded)
            x = a.concat([blocks[:, 1:], a.zeros(len(blocks), 1, embedded)], axis=1)
            x, rows = x.reshape(len(blocks), block * embedded), slice(0, block * _SHARE)
        x = a.relu(a.linear(x, p["first"], p["first_bias"]))
        x = a.relu(a.linear(x, p["second"], p["second_bias"]))
        x = a.relu(a.linear(x, p["share"], p["share_bias"], rows))
        logits = a.logits(x.reshape(lanes, time, _SHARE), p["output"], p["head"])
        return logits, ((place + time) % block, known)

    def remembered(self, row: tuple[int, int]) -> int:
        return self.period * self.dimensions["embedded"]

    def held(self, stretch: int) -> int:
        return 6 * (self.dimensions["width"] + self.period * self.dimensions["embedded"])


def _mask(reach: npt.NDArray[np.int64], place: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """bool[outputs, inputs]: whether an output that may reach so far may know what lies at a place."""
    mask: npt.NDArray[np.bool_] = reach[:, None] >= place[None, :]
    return mask
