"""What files cost under a model, in its own integers; and under a net before it has any."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from arcodec import chunks, container, families, threads
from arcodec.chunks import Coder
from arcodec.compressor import DEFAULT_LEVEL
from arcodec.content.base import Plane
from arcodec.models.base import Model, Watch, size_of
from arcodec.models.net import lanes_of
from arcodec.training.floats import TrainableNet

_STRETCH = 256  # symbols of a lane that a net in floats takes at a time, unless its period is longer


@dataclass(frozen=True)
class Cost:
    """What files cost.

    Attributes:
        bits: in all.
        symbols: in all.
    """

    bits: float
    symbols: int

    @property
    def per_symbol(self) -> float:
        """Bits per symbol."""
        return self.bits / self.symbols

    @property
    def size(self) -> int:
        """Bytes."""
        return int(-(-self.bits // 8))


def by(model: Model, parts: Sequence[Plane], workers: int = 1) -> Cost:
    """What parts cost under a model."""
    coder = Coder(lambda: model, container.BY_ID)
    return _cost(parts, lambda shape: [coder], workers)


def shipped(parts: Sequence[Plane], workers: int = 1) -> Cost:
    """What they cost under the models that the default level takes."""
    return _cost(parts, families.for_level(DEFAULT_LEVEL).coders, workers)


@torch.no_grad()
def in_floats(net: TrainableNet, parts: Sequence[Plane]) -> Cost:
    """What parts cost under a net before its parameters are integers, in the lanes that a model would cut."""
    total, device = 0.0, next(net.parameters()).device
    for part in parts:
        row = (part.shape[1], part.shape[2]) if net.net.pixels else (0, 1)
        lanes = lanes_of(part.shape if net.net.pixels else (part.size,), net.net.pixels)
        stretch = max(1, _STRETCH // net.net.period) * net.net.period
        time = -(-lanes.time // stretch) * stretch
        # The symbol before each, and whether there is one at all: lanes end at different times.
        symbols = np.zeros((lanes.lanes, time + 1), np.int64)
        there = np.zeros((lanes.lanes, time + 1), np.float32)
        symbols[:, 1 : lanes.time + 1] = lanes.apart(part)
        there[:, 1 : lanes.time + 1] = lanes.apart(np.ones(part.shape, np.uint8))
        given, weight = torch.from_numpy(symbols).to(device), torch.from_numpy(there).to(device)
        state = net.start(lanes.lanes, row)
        for t in range(0, time, stretch):
            now = slice(t + 1, t + stretch + 1)
            logits, state = net(given[:, t : t + stretch], state)
            each = functional.cross_entropy(logits.flatten(0, 1), given[:, now].flatten(), reduction="none")
            total += float((each * weight[:, now].flatten()).sum(dtype=torch.float64))
    return Cost(total / math.log(2), sum(size_of(part.shape) for part in parts))


def _cost(parts: Sequence[Plane], coders: Callable[[Sequence[int]], Sequence[Coder]], workers: int) -> Cost:
    def work(part: Plane, watch: Watch) -> float:
        symbols = np.ascontiguousarray(part)
        model = chunks.choose(symbols, coders(symbols.shape)).model
        shaped = symbols.reshape(-1) if model.dimensions == 1 else symbols
        return float(model.bits(shaped, watch).sum(dtype=np.float64))

    bits = sum(threads.ordered(parts, work, lambda part, bits: (part.size, int(bits) // 8), workers))
    return Cost(bits, sum(size_of(part.shape) for part in parts))
