"""A net of the family, from samples to the arrays of a model file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

from arcodec import models, nets
from arcodec.content.base import Plane
from arcodec.errors import TrainingError
from arcodec.models import store
from arcodec.training import measuring
from arcodec.training.adapt import Adapted, Progress
from arcodec.training.checkpoints import Checkpoint
from arcodec.training.fit import Fit, Plan
from arcodec.training.floats import TrainableNet
from arcodec.training.samples import Division, stretches
from arcodec.training.team import Team


class _Pace(NamedTuple):
    """How an architecture is trained best: the learning rate, lanes, and symbols of each in a step."""

    rate: float
    lanes: int
    length: int


_PACES = {
    "histogram": _Pace(1e-2, 64, 64),
    "made": _Pace(1e-2, 16, 128),
    "gru": _Pace(15e-3, 32, 64),
    "lstm": _Pace(15e-3, 32, 64),
    "wavenet": _Pace(1e-2, 8, 256),
    "pixelcnn": _Pace(8e-3, 16, 256),
    "transformer": _Pace(3e-3, 32, 64),
}


class Request(NamedTuple):
    """What is asked for.

    Attributes:
        architecture: as in `arcodec.nets.ARCHITECTURES`.
        size: as in `arcodec.nets.SIZES`.
        base: a model file of the architecture to begin from; its size counts then. None: begin anew.
        steps: how many; None: `seconds` decide.
        seconds: how long; None: `steps` decide.
        seed: of all random choices.
        threads: of the CPU.
    """

    architecture: str
    size: str
    base: store.ModelFile | None
    steps: int | None
    seconds: float | None
    seed: int
    threads: int

    def run(self, division: Division, team: Team) -> dict[str, str]:
        """What the result depends on, but for the time that it is given."""
        return {
            "architecture": self.architecture,
            "size": self.base.id.hex() if self.base else self.size,
            "seed": str(self.seed),
            "steps": str(self.steps or "by time"),
            "threads": str(self.threads),
            "device": team.device.type,
            "processes": str(team.count),
            "files": division.digest.hex(),
            "validation": f"{division.validated} symbols",
            "torch": str(torch.__version__),  # a plain one, else checkpoints would hold a class
        }


def train(
    division: Division,
    request: Request,
    team: Team,
    *,
    progress: Callable[[Progress], None],
    checkpoint: Path | None,
    warn: Callable[[str], None],
) -> Adapted | None:
    """Train a net and measure it in integers; None for all processes of a team but the first.

    Raises:
        TrainingError: see `Fit.run`; or the architecture is not for such files.
    """
    _make_deterministic(request.threads, team)
    net = _net(division, request).to(team.device)
    train, validation = (
        [_shaped(part, net) for part in stretches(some)] for some in (division.train, division.validation)
    )
    pace = _PACES[request.architecture]
    length = -(-pace.length // net.net.period) * net.net.period
    plan = Plan(request.steps, request.seconds, pace.rate, pace.lanes, length, request.seed)
    kept = Checkpoint(checkpoint, request.run(division, team), warn) if checkpoint else None
    size = sum(array.nbytes for array in net.arrays().values())
    fitted = Fit(net, train, validation, plan, team, kept, size, progress).run()
    if not team.leads:
        return None
    arrays = net.arrays()
    model = models.architecture(net.net.name).with_parameters(arrays)
    parts = list(stretches(division.validation))
    measured = measuring.by(model, parts, request.threads)
    floats = measuring.in_floats(net, [_shaped(part, net) for part in parts])
    shipped = measuring.shipped(parts, request.threads)
    training: dict[str, Any] = {
        "seed": request.seed,
        "steps": fitted.step,
        "symbols": fitted.symbols,
        "ended": fitted.ended,
        "threads": request.threads,
        "processes": team.count,
        "device": team.device.type,
        "torch": str(torch.__version__),
        "seconds": round(fitted.seconds, 1),
    }
    bits = {"validation": measured.per_symbol, "shipped": shipped.per_symbol, "float": floats.per_symbol}
    return Adapted(arrays, net.net.name, training, bits)


def _make_deterministic(threads: int, team: Team) -> None:
    """The same sums in the same order, every time."""
    torch.set_num_threads(threads)
    if team.device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)


def _net(division: Division, request: Request) -> TrainableNet:
    """The net before training.

    Raises:
        TrainingError: it is not for such files, or the file to begin from is of another net.
    """
    kind = nets.net_class(request.architecture)
    if kind.pixels and not division.channels:
        raise TrainingError(f"{request.architecture} is for images, and these files are bytes")
    if request.base is None:
        fresh = TrainableNet(nets.net(request.architecture, request.size, division.channels or None), request.seed)
        _begin_with_counts(fresh, division)
        return fresh
    if request.base.header["architecture"] != kind.name:
        raise TrainingError(f"the model to begin from is of {request.base.header['architecture']}, not {kind.name}")
    request.base.model()  # its arrays are checked
    net = kind(dict(zip(kind.limits, request.base.arrays["dimensions"].tolist(), strict=True)))
    if kind.pixels and net.dimensions["channels"] != division.channels:
        raise TrainingError(
            f"the model to begin from is for images of {net.dimensions['channels']} channels, these have "
            f"{division.channels}"
        )
    trainable = TrainableNet(net, request.seed)
    trainable.take(request.base.arrays)
    return trainable


def _begin_with_counts(net: TrainableNet, division: Division) -> None:
    """Let the last layer say how often each symbol is there, before anything else is learnt."""
    counts = sum(np.bincount(part.reshape(-1), minlength=256) for part in stretches(division.train)) + 0.5
    logarithms = torch.from_numpy(np.log(counts / np.mean(counts))).float()
    with torch.no_grad():
        for name, value in net.values.items():
            if name.startswith("head"):
                value.copy_(logarithms)


def _shaped(part: Plane, net: TrainableNet) -> Plane:
    """Nets that are not of pixels take an image as its samples, one after the other."""
    return part if net.net.pixels else part.reshape(-1)
