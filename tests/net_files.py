"""Small nets with parameters out of a generator, for tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec import nets
from arcodec.kernels import port as ports
from arcodec.models import store
from arcodec.models.net import NetModel
from arcodec.nets.base import Net
from arcodec.nets.integers import STEP_MAX, STEP_SHIFT, VECTOR_MAX, WEIGHT_MAX

Arrays = dict[str, npt.NDArray[np.integer[Any]]]

TINY = {
    "histogram-1": {},
    "made-1": {"block": 12, "embedded": 3, "width": 24},
    "gru-1": {"width": 12},
    "lstm-1": {"width": 12},
    "wavenet-1": {"width": 8, "layers": 4, "cycle": 3},
    "pixelcnn-1": {"width": 6, "layers": 3, "channels": 3},
    "transformer-1": {"heads": 2, "layers": 2, "window": 9},
}


def tiny(name: str, **dimensions: int) -> Net:
    """An architecture in the smallest size that is of use."""
    return nets.net_class(name)(TINY[name] | dimensions)


def arrays_of(net: Net, seed: int = 0, extreme: bool = False) -> Arrays:
    """Parameters: as after training, or the largest there may be."""
    random = np.random.RandomState(seed)  # whose numbers will not change
    found: Arrays = {"dimensions": np.array(list(net.dimensions.values()), np.int32)}
    for name, q in net.parameters().items():
        if q.kind == "vector":
            size = VECTOR_MAX if extreme else 3000
            found[name] = random.randint(-size, size + 1, q.shape).astype(np.int32)
            continue
        width = q.shape[0 if q.kind == "weight" else 1]
        inputs = q.shape[1] if q.kind == "weight" else 1
        worth = (1 << STEP_SHIFT) * 2 / (WEIGHT_MAX * inputs**0.5)
        if extreme:
            found[name] = (random.randint(0, 2, q.shape) * 2 * WEIGHT_MAX - WEIGHT_MAX).astype(np.int8)
            found[f"{name}.step"] = np.full(width, STEP_MAX, np.int32)
        else:
            found[name] = random.randint(-WEIGHT_MAX, WEIGHT_MAX + 1, q.shape).astype(np.int8)
            found[f"{name}.step"] = random.randint(1, int(2 * worth), width).astype(np.int32)
    return found


def model_of(net: Net, seed: int = 0, extreme: bool = False) -> NetModel:
    """The same as a model."""
    return NetModel(type(net)).with_parameters(arrays_of(net, seed, extreme))


def net_file(name: str) -> bytes:
    """A model file with a tiny net."""
    return store.pack(
        arrays_of(tiny(name)),
        {
            "architecture": name,
            "symbols": "pixels" if nets.net_class(name).pixels else "bytes",
            "provenance": "chance",
            "licence": "CC0-1.0",
            "command": "python -m tests.make_vectors",
        },
    )


def net_input(name: str) -> bytes:
    """A file that a tiny net is good at, of more than one lane: what it decodes from random words."""
    model = model_of(tiny(name))
    shape = (70, 45, 3) if model.kind.pixels else (9001,)
    words = np.random.RandomState(1).randint(0, 1 << 32, 9001, np.uint64).astype(np.uint32)
    symbols, nothing = model.arrange(np.zeros(shape, np.uint8)), np.empty(0, np.uint32)
    model.run(ports.decoder(words), words, nothing, symbols, symbols.size)
    head = b"P6\n45 70\n255\n" if model.kind.pixels else b""
    return head + model.restore(symbols).tobytes()
