"""Maximum likelihood by stochastic gradient descent, for any net of the family."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from arcodec.content.base import Plane
from arcodec.errors import TrainingError
from arcodec.training.adapt import Progress
from arcodec.training.checkpoints import Checkpoint
from arcodec.training.floats import TrainableNet
from arcodec.training.states import detached, leaves, refilled
from arcodec.training.stopping import Stopping
from arcodec.training.team import Team
from arcodec.training.windows import IGNORED, Windows, documents, rounds, strip_width

_WARM_UP = 100  # steps,
_WARM = 0.05  # or so much of the plan, if that is less
_LAST = 0.02  # the learning rate at the end, of that at its height
_EVALUATIONS = 20  # in a run
_PATIENCE = 6  # of them without a better one end the run
_PATIENT = 0.1  # of the time may go by in evaluations
_VALIDATED = 1 << 17  # symbols of the validation files that are looked at while training goes on
_FAILURES = 4  # losses that are not finite, before it is given up
_KEPT_EVERY = 60.0  # seconds between two checkpoints
_TOLD_EVERY = 0.1  # seconds between two reports
_NUMBERS = ("_step", "_symbols", "_failures", "_worse", "_scale", "_spent", "_bits", "_losses", "_due", "_evaluated")


@dataclass(frozen=True)
class Plan:
    """How a net is trained.

    Attributes:
        steps: how many; None where time decides.
        seconds: how long, in all; None where steps decide. What is reached first ends the run.
        rate: of learning, at its height.
        lanes: documents side by side, over all processes.
        length: symbols of each in a step.
        seed: of all random choices.
    """

    steps: int | None
    seconds: float | None
    rate: float
    lanes: int
    length: int
    seed: int


@dataclass(frozen=True)
class Fitted:
    """What came of it; the net has the best parameters that were seen.

    Attributes:
        bits: of a validation symbol, in floats, of a part of these files.
        step: steps that were taken.
        symbols: that were learnt from.
        seconds: that it took, over all interruptions.
        ended: why: "steps", "time", "no gain" or "Ctrl-C".
    """

    bits: float
    step: int
    symbols: int
    seconds: float
    ended: str


class _Carrying(torch.nn.Module):
    """A net, its state from one window to the next, and its loss: nats of a symbol, mean."""

    def __init__(self, net: TrainableNet, row: tuple[int, int]) -> None:
        super().__init__()
        self.net = net
        self.row = row
        self.carried: Any = None

    def forward(self, before: torch.Tensor, symbols: torch.Tensor, first: bool) -> torch.Tensor:
        """The mean over the symbols that are not IGNORED."""
        state = self.net.start(len(before), self.row) if first else detached(self.carried)
        logits, self.carried = self.net(before, state)
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), symbols.flatten(), ignore_index=IGNORED)


class Fit:
    """One run.

    Args:
        net: to be trained.
        train: to learn from, see `Windows`.
        validation: like these.
        plan: how.
        team: of this process; `net` is on its device.
        checkpoint: where the state is kept; gone on from, if there is one. None: nowhere.
        size: bytes of the net's arrays, for the reports.
        progress: is told how far things are.
    """

    def __init__(
        self,
        net: TrainableNet,
        train: Sequence[Plane],
        validation: Sequence[Plane],
        plan: Plan,
        team: Team,
        checkpoint: Checkpoint | None,
        size: int,
        progress: Callable[[Progress], None],
    ) -> None:
        self._net, self._plan, self._team, self._checkpoint = net, plan, team, checkpoint
        self._size, self._progress = size, progress
        width = strip_width(train)
        lanes = max(1, plan.lanes // team.count)
        self._windows = Windows(train, lanes, plan.length, (plan.seed, team.rank), width)
        self._held = documents(validation, _VALIDATED, width) or documents(train, _VALIDATED, width)
        self._carrying = _Carrying(net, self._windows.row)
        self._joined = team.joined(self._carrying)
        self._optimizer = torch.optim.Adam(net.parameters(), plan.rate, betas=(0.9, 0.99))
        self._step = self._symbols = self._failures = self._worse = 0
        self._evaluated = -1  # at which step
        self._scale = 1.0  # of the learning rate, halved by each failure
        self._spent = 0.0
        self._began = time.monotonic()
        self._bits = math.inf
        self._losses: list[float] = []
        self._good = self._copied()
        self._best: dict[str, torch.Tensor] = self._good["net"]
        self._due = self._kept = self._told = 0.0
        self._evaluating = 0.0  # seconds that the last one took

    # --- the run ---

    def run(self) -> Fitted:
        """Train until the plan is fulfilled, nothing is gained any more, or Ctrl-C.

        Raises:
            TrainingError: the loss is not finite however small the rate, or the checkpoint is of another run.
        """
        self._restore()
        with Stopping() as stopping:
            ended = ""
            while not ended:
                stopped, seconds = self._team.agreed(
                    [bool(stopping.heard), self._seconds() if self._team.leads else 0]
                )
                seconds *= self._team.count
                if stopped:
                    self._keep(seconds)
                    if not self._team.told(stopping.enough):
                        stopping.act()
                    if self._step != self._evaluated:
                        self._evaluate()
                    ended = "Ctrl-C"
                else:
                    ended = self._go_on(seconds)
        self._net.load_state_dict(self._best)
        return Fitted(self._bits, self._step, self._symbols, self._seconds(), ended)

    def _go_on(self, seconds: float) -> str:
        """A step, unless the run has ended; and what is due before it. Returns why it has ended."""
        plan = self._plan
        done = self._share(seconds)
        if self._step != self._evaluated and (done >= 1 or self._evaluation_due(seconds)):
            self._evaluate()
            self._keep(seconds)
            if self._worse >= _PATIENCE:
                return "no gain"
        if done >= 1:
            return "steps" if plan.steps is not None and self._step >= plan.steps else "time"
        if seconds > self._kept + _KEPT_EVERY:
            self._keep(seconds)
        self._advance(done)
        self._report(seconds)
        return ""

    def _share(self, seconds: float) -> float:
        """How much of the plan is fulfilled."""
        steps = self._step / self._plan.steps if self._plan.steps is not None else 0.0
        spent = seconds / self._plan.seconds if self._plan.seconds is not None else 0.0
        return max(steps, spent)

    def _evaluation_due(self, seconds: float) -> bool:
        if self._plan.steps is not None:
            return self._step % -(-self._plan.steps // _EVALUATIONS) == 0
        if seconds < self._due:
            return False
        assert self._plan.seconds is not None
        self._due = seconds + max(self._plan.seconds / _EVALUATIONS, self._team.told(self._evaluating) / _PATIENT)
        return True

    def _advance(self, done: float) -> None:
        """One step of gradient descent."""
        for group in self._optimizer.param_groups:
            group["lr"] = self._rate(done)
        window = next(self._windows)
        before, symbols = (torch.from_numpy(x).to(self._team.device) for x in window[:2])
        loss = self._joined(before, symbols, window.first)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self._net.parameters(), 1.0)
        (value,) = self._team.agreed([loss.item()])
        self._step += 1
        self._symbols += int((window.symbols != IGNORED).sum()) * self._team.count
        if math.isfinite(value) and math.isfinite(norm.item()):
            self._optimizer.step()
            self._losses.append(value / math.log(2))
        else:
            self._go_back(value)

    def _rate(self, done: float) -> float:
        """Of learning: up over the first steps, then down in a straight line."""
        warm = min(1.0, max((self._step + 1) / _WARM_UP, done / _WARM))
        return self._plan.rate * self._scale * warm * (_LAST + (1 - _LAST) * (1 - done))

    def _go_back(self, loss: float) -> None:
        """After a loss that is no number: the last good parameters once more, and half the rate."""
        self._failures += 1
        if self._failures > _FAILURES:
            raise TrainingError(
                f"the loss became {loss} once more, at step {self._step} and a rate of {self._rate(0):.2g}; this net "
                "cannot be trained on these files: try another --seed, a smaller --size or another --arch"
            )
        self._scale /= 2
        self._net.load_state_dict(self._good["net"])
        self._optimizer.load_state_dict(copy.deepcopy(self._good["optimizer"]))  # else it goes on in that very copy
        self._windows.skip()

    # --- validation ---

    def _evaluate(self) -> None:
        """Measure, remember the best parameters, and those to go back to."""
        began = time.monotonic()
        bits = self._team.told(self._validation() if self._team.leads else None)
        self._evaluated = self._step
        if math.isfinite(bits):
            self._good = self._copied()
        if bits < self._bits:
            self._bits, self._worse = bits, 0
            self._best = self._good["net"]
        else:
            self._worse += 1
        self._evaluating = time.monotonic() - began
        self._report(self._seconds(), bits)

    @torch.no_grad()
    def _validation(self) -> float:
        """Bits of a symbol of the documents that are held out."""
        total, count, state = 0.0, 0, None
        for window in rounds(self._held, 2 * self._plan.lanes, self._windows.length):
            before, symbols = (torch.from_numpy(x).to(self._team.device) for x in window[:2])
            if window.first:
                state = self._net.start(len(before), self._windows.row)
            logits, state = self._net(before, state)
            loss = torch.nn.functional.cross_entropy(
                logits.flatten(0, 1), symbols.flatten(), ignore_index=IGNORED, reduction="sum"
            )
            total += loss.item()
            count += int((window.symbols != IGNORED).sum())
        return total / count / math.log(2)

    # --- what is told and kept ---

    def _seconds(self) -> float:
        return self._spent + time.monotonic() - self._began

    def _report(self, seconds: float, bits: float | None = None) -> None:
        clock = time.monotonic()
        if not self._team.leads or (bits is None and clock < self._told + _TOLD_EVERY):
            return
        self._told = clock
        done = self._share(seconds)
        train = sum(self._losses) / len(self._losses) if self._losses else None
        if bits is not None:
            self._losses.clear()
        best = self._bits if math.isfinite(self._bits) else None
        left = seconds * (1 - done) / done if done else None
        self._progress(
            Progress("net", self._step, self._plan.steps, seconds, left, self._symbols, train, best, self._size)
        )

    def _copied(self) -> dict[str, Any]:
        """The parameters and the optimizer, as they are."""
        return copy.deepcopy({"net": self._net.state_dict(), "optimizer": self._optimizer.state_dict()})

    def _keep(self, seconds: float) -> None:
        """Write a checkpoint; all processes come here at the same step."""
        self._kept = seconds
        if self._checkpoint is None:
            return
        own = {
            "windows": self._windows.state(),
            "carried": leaves(self._carrying.carried),
            "random": torch.get_rng_state(),
        }
        every = self._team.gathered(own)
        if not self._team.leads:
            return
        numbers = {name: getattr(self, name) for name in _NUMBERS}
        numbers["_spent"] = self._seconds()
        self._checkpoint.save(
            {**self._copied(), "good": self._good, "best": self._best, "every": every, "numbers": numbers}
        )

    def _restore(self) -> None:
        kept = self._team.told(self._checkpoint.load() if self._checkpoint and self._team.leads else None)
        if kept is None:
            return
        self._net.load_state_dict(kept["net"])
        self._optimizer.load_state_dict(kept["optimizer"])
        self._good, self._best = kept["good"], kept["best"]
        for name, value in kept["numbers"].items():
            setattr(self, name, value)
        own = kept["every"][self._team.rank]
        self._windows.restore(own["windows"])
        torch.set_rng_state(own["random"])
        if own["carried"]:
            form = self._net.start(self._windows.lanes, self._windows.row)
            self._carrying.carried = refilled(form, own["carried"], self._team.device)
        self._kept, self._began = self._spent, time.monotonic()
