"""A small decoder of masked self-attention (Vaswani et al. 2017) that looks back over a sliding window.

Layers normalise what enters them (Xiong et al. 2020), and learn a bias for each distance instead of positions (as
Raffel et al. 2020 do).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from arcodec.nets.base import Arithmetic, Array, Limits, Net, Parameter, Sizes, State, table, vector, weight
from arcodec.nets.history import History

_HEAD = 16  # width of a head, a power of 4
_WIDER = 3  # of the layer between attentions


class Transformer(Net):
    """Blocks of attention over the last `window` symbols and a layer of relu."""

    name = "transformer-1"
    sizes: ClassVar[Sizes] = {
        "small": {"heads": 6, "layers": 2, "window": 64},
        "base": {"heads": 10, "layers": 4, "window": 128},
        "large": {"heads": 16, "layers": 6, "window": 256},
    }
    limits: ClassVar[Limits] = {"heads": (1, 32), "layers": (1, 16), "window": (1, 512)}

    def parameters(self) -> dict[str, Parameter]:
        heads, window = self.dimensions["heads"], self.dimensions["window"]
        width = heads * _HEAD
        parameters = {"given": table(256, width, 0.5)}
        for k in range(self.dimensions["layers"]):
            parameters |= {
                f"attention_gain.{k}": vector(width, 1.0),
                f"attention_bias.{k}": vector(width),
                f"look.{k}": weight(3 * width, width),
                f"distance.{k}": vector(heads * (window + 1)),
                f"looked.{k}": weight(width, width, 0.5),
                f"looked_bias.{k}": vector(width),
                f"wider_gain.{k}": vector(width, 1.0),
                f"wider_bias.{k}": vector(width),
                f"wider.{k}": weight(_WIDER * width, width, 1.4),
                f"wider_own.{k}": vector(_WIDER * width),
                f"narrower.{k}": weight(width, _WIDER * width, 0.5),
                f"narrower_bias.{k}": vector(width),
            }
        return parameters | {
            "last_gain": vector(width, 1.0),
            "last_bias": vector(width),
            "output": weight(256, width, 0.3),
            "head": vector(256),
        }

    def start(self, a: Arithmetic, lanes: int, row: tuple[int, int]) -> State:
        width, window = self.dimensions["heads"] * _HEAD, self.dimensions["window"]
        layers = range(self.dimensions["layers"])
        return 0, [History(a, lanes, window, 2 * width) for _ in layers]

    def run(self, a: Arithmetic, p: Mapping[str, Any], state: State, before: Array) -> tuple[Array, State]:
        heads, window = self.dimensions["heads"], self.dimensions["window"]
        width = heads * _HEAD
        done, histories = state
        lanes, time = before.shape

        def of_heads(x: Array) -> Array:
            return x.reshape(lanes, -1, heads, _HEAD).swapaxes(1, 2)

        x = a.embed(p["given"], before)
        for k, history in enumerate(histories):
            distance, seen = _window(history, time, window, done)
            look = a.linear(a.normalise(x, p[f"attention_gain.{k}"], p[f"attention_bias.{k}"]), p[f"look.{k}"])
            kept = history.all(look[..., width:])
            places = np.arange(heads)[:, None, None] * (window + 1) + distance
            found = a.attend(
                of_heads(look[..., :width]),
                of_heads(kept[..., :width]),
                of_heads(kept[..., width:]),
                p[f"distance.{k}"],
                a.constant(places),
                a.constant(seen),
            )
            found = found.swapaxes(1, 2).reshape(lanes, time, width)
            x = a.add(x, a.linear(found, p[f"looked.{k}"], p[f"looked_bias.{k}"]))
            wider = a.normalise(x, p[f"wider_gain.{k}"], p[f"wider_bias.{k}"])
            wider = a.relu(a.linear(wider, p[f"wider.{k}"], p[f"wider_own.{k}"]))
            x = a.add(x, a.linear(wider, p[f"narrower.{k}"], p[f"narrower_bias.{k}"]))
        x = a.normalise(x, p["last_gain"], p["last_bias"])
        return a.logits(x, p["output"], p["head"]), (done + time, histories)

    def remembered(self, row: tuple[int, int]) -> int:
        return self.dimensions["layers"] * self.dimensions["window"] * 2 * self.dimensions["heads"] * _HEAD

    def held(self, stretch: int) -> int:
        heads = self.dimensions["heads"]
        return 12 * heads * _HEAD + 10 * heads * (self.dimensions["window"] + stretch)


def _window(history: History, time: int, window: int, done: int) -> tuple[np.ndarray, np.ndarray]:
    """How far before each symbol each key lies, and whether it may be looked at: int64[time, window + time] both.

    Where `time` is 1, keys lie as `History.all` gives them then: the ring, and the symbol itself at its end.
    """
    if time == 1:
        ages = (history.oldest - np.arange(window) - 1) % window + 1
        distance = np.append(ages, 0)[None, :]
    else:
        distance = np.arange(time)[:, None] + window - np.arange(window + time)[None, :]
    seen = (distance >= 0) & (distance <= np.minimum(window, done + np.arange(time)[:, None]))
    return np.clip(distance, 0, window), seen.astype(np.int64)
