"""The shipped net, trained on for a domain: from integers to floats, on by gradient descent, and back.

The state of a run is kept in a checkpoint, from which it goes on to the same result. What the net learns is judged by
the validation files, and the best it was is what is kept: a loss that is no number, or a disk that is full, end no
more than the run.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from arcodec.kernels.net import PRE_SCALE, STEP_SCALE
from arcodec.training import export
from arcodec.training.checkpoints import Checkpoint
from arcodec.training.export import Arrays
from arcodec.training.nets import GATES, ByteGru, tree_loss
from arcodec.training.train import bits

BATCH = 32  # documents side by side
LENGTH = 64  # symbols of each in a step
RATES = 1e-3, 4e-3  # of Adam and Muon, at the beginning
_WARM_UP = 20  # steps
_LAST = 0.02  # the learning rates at the end, of those at the beginning
_DOCUMENT = 8, 48  # steps of a document, at least and at most
_CHECKS = 20  # times the validation files are looked at in a run
_PATIENCE = 5  # of these without the net becoming better, and the run ends
_ROW, _ROWS = 1024, 64  # validation files are cut in rows of so many symbols, and so many at most


class Report(NamedTuple):
    """How far a run is: steps, its share of all, seconds, symbols, bits per symbol of what was learnt from last."""

    step: int
    share: float
    seconds: float
    symbols: int
    train: float


class Tuned(NamedTuple):
    """What came of a run: the arrays of the net that was the best, its bits per symbol of the validation files, those
    of the net before the run, steps, seconds.
    """

    arrays: Arrays
    validation: float
    before: float
    steps: int
    seconds: float


def floats(arrays: Mapping[str, NDArray[Any]]) -> ByteGru:
    """The net that integers stand for."""
    net = ByteGru(len(arrays["recalled_bias"]))
    with torch.no_grad():
        given = arrays["given"] * (arrays["given_step"] / STEP_SCALE)
        net.given.copy_(torch.from_numpy(given))
        recurrent = torch.from_numpy(arrays["recurrent"] * (arrays["recurrent_step"] / STEP_SCALE)[:, None])
        for mine, its in zip(net.recurrent, torch.tensor_split(recurrent, GATES), strict=True):
            mine.copy_(its)
        net.head.copy_(torch.from_numpy(arrays["head"] * (arrays["head_step"] / STEP_SCALE)[:, None]))
        net.recalled_bias.copy_(torch.from_numpy(arrays["recalled_bias"] / PRE_SCALE))
        net.head_bias.copy_(torch.from_numpy(arrays["head_bias"] / 256))
    return net


class _Stream:
    """Steps of training files, without end: each row walks through one stretch of a file after the other."""

    def __init__(self, files: Sequence[bytes], seed: int) -> None:
        self._data = np.frombuffer(b"".join(files) + bytes(LENGTH + 1), np.uint8)
        self._ends = np.cumsum([len(file) for file in files])
        self._at = np.zeros(BATCH, np.int64)
        self._end = np.zeros(BATCH, np.int64)
        self._random = np.random.Generator(np.random.PCG64(seed))

    def __next__(self) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """uint8[LENGTH + 1, BATCH], the last being the first of the next step; and which rows begin a stretch."""
        begins = self._at + LENGTH > self._end
        for row in np.flatnonzero(begins):
            place = int(self._random.integers(self._ends[-1]))
            file = int(np.searchsorted(self._ends, place, "right"))
            first, end = int(self._ends[file - 1]) if file else 0, int(self._ends[file])
            size = LENGTH * int(self._random.integers(*_DOCUMENT))
            begin = first if end - first <= size or self._random.integers(2) else min(place, end - size)
            self._at[row], self._end[row] = begin, max(min(begin + size, end), begin + LENGTH)
        rows = self._data[self._at + np.arange(LENGTH + 1)[:, None]]
        self._at += LENGTH
        return rows, begins

    def state(self) -> dict[str, Any]:
        return {"at": self._at.tolist(), "end": self._end.tolist(), "random": self._random.bit_generator.state}

    def restore(self, state: dict[str, Any]) -> None:
        self._at, self._end = np.array(state["at"]), np.array(state["end"])
        self._random.bit_generator.state = state["random"]


def _rows(files: Sequence[bytes]) -> NDArray[np.uint8]:
    """Validation files as documents of one length: uint8[n, length]."""
    text = np.frombuffer(b"".join(files), np.uint8)
    length = min(_ROW, len(text))
    rows = text[: len(text) // length * length].reshape(-1, length)
    some: NDArray[np.uint8] = rows[np.unique(np.linspace(0, len(rows) - 1, _ROWS).astype(int))]
    return some


class Tuning:
    """A run and all of its state.

    Args:
        arrays: of the net to go on from.
        train: files to learn from, not all empty.
        validation: files that judge, not all empty.
        seconds: about how long it may take; None: `steps` decide.
        steps: of gradient descent; None: `seconds` decide.
        seed: of all random choices.
        device: of torch.
        checkpoint: where the state is kept; gone on from, if it is there. None: nowhere.
        warn: is told when it cannot be.

    Raises:
        TrainingError: the checkpoint is of another run, or no checkpoint at all.
    """

    def __init__(
        self,
        arrays: Mapping[str, NDArray[Any]],
        train: Sequence[bytes],
        validation: Sequence[bytes],
        *,
        seconds: float | None,
        steps: int | None,
        seed: int,
        device: str,
        checkpoint: Path | None,
        warn: Callable[[str], None],
    ) -> None:
        self._seconds, self._steps, self._device = seconds, steps, device
        run = {"files": _digest(train, validation), "steps": str(steps), "seed": str(seed)}  # time may be added
        self._checkpoint = Checkpoint(checkpoint, run, warn) if checkpoint else None
        torch.manual_seed(seed)
        self._net = floats(arrays).to(device)
        matrices = list(self._net.recurrent)
        others = [p for p in self._net.parameters() if all(p is not m for m in matrices)]
        self._optimizers: list[torch.optim.Optimizer] = [
            torch.optim.Adam(others, lr=RATES[0], betas=(0.9, 0.99)),
            torch.optim.Muon(matrices, lr=RATES[1], weight_decay=0.0),
        ]
        self._stream = _Stream(train, seed)
        self._state = self._net.start(BATCH)
        self._rows = _rows(validation)
        self._spent, self._began = 0.0, time.monotonic()
        self.steps = 0
        self._failed, self._since, self._checked, self._loss = False, 0, 0, 0.0
        self.before = self.best = self._validation()
        self._best = self._copy()
        self._restore()

    def run(self, told: Callable[[Report], None]) -> Tuned:
        """Train to the end of the run."""
        while not self.over():
            self.step()
            if self.is_due():
                self.check()
                self.keep()
            told(self.report())
        self.check()
        self.keep()
        return Tuned(export.integers(self.best_net()), self.best, self.before, self.steps, self.seconds())

    def seconds(self) -> float:
        return self._spent + time.monotonic() - self._began

    def share(self) -> float:
        """How much of the run is over, 0 ... 1."""
        return self.steps / self._steps if self._steps is not None else self.seconds() / (self._seconds or math.inf)

    def over(self) -> bool:
        return self._failed or self._since >= _PATIENCE or self.share() >= 1

    def is_due(self) -> bool:
        """Whether it is time to look at the validation files."""
        return int(self.share() * _CHECKS) > self._checked

    def report(self) -> Report:
        return Report(self.steps, self.share(), self.seconds(), self.steps * BATCH * LENGTH, self._loss)

    def step(self) -> None:
        share = min(1.0, (self.steps + 1) / _WARM_UP) * (_LAST + (1 - _LAST) * (1 - min(self.share(), 1)))
        for optimizer, rate in zip(self._optimizers, RATES, strict=True):
            optimizer.param_groups[0]["lr"] = rate * share
        rows, begins = next(self._stream)
        symbols = torch.from_numpy(rows).to(self._device).long()
        state = torch.where(torch.from_numpy(begins).to(self._device)[:, None], 0.0, self._state.detach())
        stretches, self._state = self._net(symbols[:-1], state)
        loss = tree_loss(stretches, symbols[1:].reshape(-1))
        self._loss = float(loss.detach()) / math.log(2)
        if not math.isfinite(self._loss):
            self._failed = True
            return
        for optimizer in self._optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._net.parameters(), 1.0)
        for optimizer in self._optimizers:
            optimizer.step()
        self.steps += 1

    def check(self) -> None:
        """Look at the validation files, and keep the net if it is the best so far."""
        self._checked = int(self.share() * _CHECKS)
        now = self._validation()
        self._since += 1
        if now < self.best:  # never for a NaN
            self.best, self._best, self._since = now, self._copy(), 0

    def best_net(self) -> ByteGru:
        self._net.load_state_dict(self._best)
        return self._net

    def keep(self) -> None:
        """Write a checkpoint; where that cannot be, the one before stays and the run goes on."""
        if self._checkpoint is not None:
            self._checkpoint.save(
                {
                    "net": self._net.state_dict(),
                    "best net": self._best,
                    "optimizers": [optimizer.state_dict() for optimizer in self._optimizers],
                    "stream": self._stream.state(),
                    "state": self._state.detach(),
                    "numbers": [self.steps, self.seconds(), self.best, self._since, self._checked, self._failed],
                }
            )

    def _restore(self) -> None:
        kept = self._checkpoint.load() if self._checkpoint is not None else None
        if kept is None:
            return
        self._net.load_state_dict(kept["net"])
        self._best = {name: value.to(self._device) for name, value in kept["best net"].items()}
        for optimizer, values in zip(self._optimizers, kept["optimizers"], strict=True):
            optimizer.load_state_dict(values)
        self._stream.restore(kept["stream"])
        self._state = kept["state"].to(self._device)
        self.steps, self._spent, self.best, self._since, self._checked, self._failed = kept["numbers"]

    def _validation(self) -> float:
        self._net.rounded = True  # as the integer net will be
        answer = float(bits(self._net, self._rows, self._device).mean())
        self._net.rounded = False
        return answer

    def _copy(self) -> dict[str, torch.Tensor]:
        return {name: value.detach().clone() for name, value in self._net.state_dict().items()}


def _digest(train: Sequence[bytes], validation: Sequence[bytes]) -> str:
    """Of all files, and where each ends."""
    digest = hashlib.sha256(str(len(train)).encode())
    for file in (*train, *validation):
        digest.update(len(file).to_bytes(8, "big") + file)
    return digest.hexdigest()
