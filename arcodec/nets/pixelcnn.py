"""Masked convolutions over an image, with gates (van den Oord et al. 2016, "Conditional image generation").

Samples are a sequence: row after row, in a row pixel after pixel, in a pixel channel after channel. A neighbour is a
distance in it, which the width of the image decides, so the masked convolution is a causal one with few taps. A layer
sees the row above to the right of the pixel, too: no spot is blind that another layer could see.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from arcodec.nets.base import Arithmetic, Array, Limits, Net, Parameter, Sizes, State, table, vector, weight
from arcodec.nets.history import History

# Neighbours as (rows up, pixels to the left), of the same channel.
_FIRST = ((0, 1), (0, 2), (1, -2), (1, -1), (1, 0), (1, 1), (1, 2), (2, -1), (2, 0), (2, 1))
_OTHERS = ((0, 1), (1, -1), (1, 0), (1, 1))


class PixelCnn(Net):
    """Gated layers; each channel has weights of its own, and sees the channels before it."""

    name = "pixelcnn-1"
    sizes: ClassVar[Sizes] = {
        "small": {"width": 24, "layers": 4},
        "base": {"width": 40, "layers": 6},
        "large": {"width": 64, "layers": 8},
    }
    limits: ClassVar[Limits] = {"width": (4, 256), "layers": (1, 16), "channels": (1, 3)}
    pixels = True

    @property
    def period(self) -> int:
        return self.dimensions["channels"]

    def _distances(self, k: int, row: tuple[int, int]) -> list[int]:
        """How far back the taps of layer k lie: before `x`, which for the first layer is one symbol late."""
        columns, channels = row
        back = [up * columns * channels + left * channels for up, left in (_OTHERS if k else _FIRST)]
        if k:
            return [*range(min(channels, 2)), *(max(d, 0) for d in back)]
        return [*range(channels - 1), *(max(d - 1, 0) for d in back)]

    def parameters(self) -> dict[str, Parameter]:
        width, channels = self.dimensions["width"], self.dimensions["channels"]
        parameters = {"given": table(256, width, 0.05, begin=_waves(width))}
        for c in range(channels):
            for k in range(self.dimensions["layers"]):
                inputs = len(self._distances(k, (1, channels))) * width
                parameters |= {
                    f"gates.{k}.{c}": weight(2 * width, inputs),
                    f"gates.{k}_bias.{c}": vector(2 * width),
                    f"residual.{k}.{c}": weight(2 * width, width, 0.5),
                    f"residual.{k}_bias.{c}": vector(2 * width),
                }
            parameters |= {
                f"mixed.{c}": weight(2 * width, width, 1.4),
                f"mixed_bias.{c}": vector(2 * width),
                f"output.{c}": weight(256, 2 * width, 0.3),
                f"head.{c}": vector(256),
            }
        return parameters

    def multiply_adds(self) -> int:
        return super().multiply_adds() // self.dimensions["channels"]

    def start(self, a: Arithmetic, lanes: int, row: tuple[int, int]) -> State:
        taps = [self._distances(k, row) for k in range(self.dimensions["layers"])]
        return 0, taps, [History(a, lanes, max(distances), self.dimensions["width"]) for distances in taps]

    def run(self, a: Arithmetic, p: Mapping[str, Any], state: State, before: Array) -> tuple[Array, State]:
        width, channels = self.dimensions["width"], self.dimensions["channels"]
        done, taps, histories = state
        first, time = done % channels, before.shape[1]
        if time == 1:
            kinds = [(first, slice(None))]
        else:
            kinds = [(c, slice(c, None, channels)) for c in range(channels)]

        def of_channels(x: Array, name: str) -> Array:
            """The layer `name`, with each channel's own weights."""
            bias = name + "_bias"
            parts = [a.linear(x[:, some], p[f"{name}.{c}"], p[f"{bias}.{c}"]) for c, some in kinds]
            return _woven(a, parts)

        x, skipped = a.embed(p["given"], before), None
        for k, (history, distances) in enumerate(zip(histories, taps, strict=True)):
            gates = of_channels(a.concat(history.taps(x, distances), axis=2), f"gates.{k}")
            gated = a.mul(a.tanh(gates[..., :width]), a.sigmoid(gates[..., width:]))
            both = of_channels(gated, f"residual.{k}")
            x = a.add(x, both[..., :width]) if k else both[..., :width]
            skipped = both[..., width:] if skipped is None else a.add(skipped, both[..., width:])
        mixed = a.relu(of_channels(a.relu(skipped), "mixed"))
        logits = [a.logits(mixed[:, some], p[f"output.{c}"], p[f"head.{c}"]) for c, some in kinds]
        return _woven(a, logits), (done + time, taps, histories)

    def remembered(self, row: tuple[int, int]) -> int:
        layers = range(self.dimensions["layers"])
        return sum(max(self._distances(k, row)) for k in layers) * self.dimensions["width"]

    def held(self, stretch: int) -> int:
        return 40 * self.dimensions["width"]


def _woven(a: Arithmetic, parts: list[Array]) -> Array:
    """Arrays [lanes, time, width] that follow each other in turn, as one."""
    if len(parts) == 1:
        return parts[0]
    lanes, time, width = parts[0].shape
    return a.stack(parts, axis=2).reshape(lanes, time * len(parts), width)


def _waves(width: int) -> np.ndarray:
    """What samples are told apart by before training: cosines of their value, from slow to fast."""
    value = (np.arange(256)[:, None] + 0.5) / 256
    waves: np.ndarray = np.cos(np.pi * value * np.arange(1, width + 1))
    return waves
