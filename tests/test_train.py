"""Training of nets: what is learnt, and that nothing is lost when it is disturbed."""

from __future__ import annotations

import errno
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs torch (pip install 'arcodec[train]')")

from arcodec import nets  # noqa: E402
from arcodec.content.base import Plane  # noqa: E402
from arcodec.errors import TrainingError  # noqa: E402
from arcodec.training import fit  # noqa: E402
from arcodec.training.adapt import Progress  # noqa: E402
from arcodec.training.checkpoints import Checkpoint  # noqa: E402
from arcodec.training.fit import Fit, Fitted, Plan  # noqa: E402
from arcodec.training.floats import TrainableNet  # noqa: E402
from arcodec.training.team import Team  # noqa: E402
from tests import net_files  # noqa: E402

ALONE = Team(0, 1, torch.device("cpu"))
TEXT = np.frombuffer(b"the cat sat on the mat; " * 600, np.uint8)
TINY = {name.rpartition("-")[0]: dimensions for name, dimensions in net_files.TINY.items()}
TINY["made"] = TINY["made"] | {"block": 8}  # windows are whole blocks


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One thread, and few symbols to be validated, not often."""
    monkeypatch.setattr(fit, "_VALIDATED", 1000)
    monkeypatch.setattr(fit, "_EVALUATIONS", 10)
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tiny(name: str = "gru", seed: int = 0) -> TrainableNet:
    return TrainableNet(nets.net_class(name)(TINY[name]), seed)


def plan(steps: int | None = 40, seconds: float | None = None, rate: float = 1e-2, seed: int = 1) -> Plan:
    return Plan(steps, seconds, rate, lanes=4, length=16, seed=seed)


def parts(name: str = "gru") -> list[Plane]:
    if name != "pixelcnn":
        return [TEXT[:10_000], TEXT[100:400]]
    return [np.repeat(np.arange(24, dtype=np.uint8)[:, None, None], 20, 1).repeat(3, 2) for _ in range(3)]


def silent(now: Progress) -> None:
    pass


def run(
    net: TrainableNet,
    plan: Plan,
    checkpoint: Checkpoint | None = None,
    progress: Callable[[Progress], None] = silent,
    train: list[Plane] | None = None,
) -> Fitted:
    data = parts() if train is None else train
    return Fit(net, data, data, plan, ALONE, checkpoint, 1, progress).run()


def kept(path: Path, warn: Callable[[str], None] = pytest.fail, **run: str) -> Checkpoint:
    return Checkpoint(path, run or {"seed": "1"}, warn)


def same(a: TrainableNet, b: TrainableNet) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))


# --- what is learnt -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TINY)
def test_nets_learn(name: str) -> None:
    net, data = tiny(name), parts(name)
    told: list[Progress] = []
    fitted = run(net, plan(60), progress=told.append, train=data)
    first = next(now.validation for now in told if now.validation is not None)
    assert (fitted.ended, fitted.step) == ("steps", 60)
    assert fitted.bits < first - 0.1
    assert told[-1].validation == fitted.bits
    assert told[-1].steps == 60
    assert fitted.symbols <= 60 * 4 * 200


def test_the_same_seed_gives_the_same_net_and_another_another() -> None:
    one, two, other = tiny(), tiny(), tiny()
    run(one, plan())
    run(two, plan())
    run(other, plan(seed=2))
    assert same(one, two)
    assert not same(one, other)


def test_time_ends_it() -> None:
    fitted = run(tiny(), plan(None, 0.5))
    assert fitted.ended == "time"
    assert fitted.step >= 1
    assert math.isfinite(fitted.bits)


def test_no_time_at_all_gives_the_net_as_it_was() -> None:
    net = tiny()
    assert run(net, plan(None, 1e-9)).step == 0
    assert same(net, tiny())


def test_what_gains_nothing_ends_early_with_the_best() -> None:
    train = [np.zeros(3000, np.uint8)]
    net = tiny()
    fitted = Fit(net, train, [TEXT], plan(400, rate=0.05), ALONE, None, 1, silent).run()
    assert fitted.ended == "no gain"
    assert fitted.step < 400
    again = Fit(net, train, [TEXT], plan(1), ALONE, None, 1, silent)
    assert again._validation() == pytest.approx(fitted.bits)


# --- checkpoints --------------------------------------------------------------------------------------------


class StopError(Exception):
    """In place of a power cut."""


@pytest.mark.parametrize(
    ("name", "when"), [("gru", 1), ("gru", 23), ("made", 7), ("transformer", 7), ("pixelcnn", 7)]
)
def test_interrupted_and_resumed_is_the_same_as_uninterrupted(name: str, when: int, tmp_path: Path) -> None:
    data = parts(name)
    whole = tiny(name)
    expected = run(whole, plan(), train=data)

    def interrupt(now: Progress) -> None:
        if now.step >= when:
            os.kill(os.getpid(), signal.SIGTERM)

    def stop(number: int, frame: Any) -> None:
        raise StopError

    before = signal.signal(signal.SIGTERM, stop)
    try:
        with pytest.raises(StopError):
            run(tiny(name), plan(), kept(tmp_path / "c"), interrupt, data)
    finally:
        signal.signal(signal.SIGTERM, before)
    resumed = tiny(name, seed=5)
    fitted = run(resumed, plan(), kept(tmp_path / "c"), train=data)
    assert same(whole, resumed)
    assert (fitted.bits, fitted.step, fitted.symbols) == (expected.bits, expected.step, expected.symbols)


def test_a_run_that_was_killed_goes_on_from_its_last_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit, "_KEPT_EVERY", 0.0)  # after each step
    whole = tiny()
    run(whole, plan())

    def fall(now: Progress) -> None:
        if now.step >= 11:
            raise StopError

    with pytest.raises(StopError):
        run(tiny(), plan(), kept(tmp_path / "c"), fall)
    resumed = tiny(seed=5)
    run(resumed, plan(), kept(tmp_path / "c"))
    assert same(whole, resumed)


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C is heard even where the tests run in the background of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_ctrl_c_ends_with_the_best_so_far(tmp_path: Path) -> None:
    def interrupt(now: Progress) -> None:
        if now.step == 20:
            os.kill(os.getpid(), signal.SIGINT)

    net = tiny()
    fitted = run(net, plan(), kept(tmp_path / "c"), interrupt)
    assert fitted.ended == "Ctrl-C"
    assert 20 <= fitted.step < 40
    assert Fit(net, parts(), parts(), plan(), ALONE, None, 1, silent)._validation() == pytest.approx(fitted.bits)
    assert (tmp_path / "c").exists()


@pytest.mark.usefixtures("heard")
def test_a_second_ctrl_c_acts_at_once() -> None:
    def interrupt(now: Progress) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(tiny(), plan(), progress=interrupt)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_full_disk_keeps_the_old_checkpoint_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    path = tmp_path / "c"
    whole = tiny()
    run(whole, plan())
    checkpoint = kept(path, said.append)
    assert checkpoint.save({"step": 1})
    before = path.read_bytes()

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    assert not checkpoint.save({"step": 2})
    assert not checkpoint.save({"step": 3})
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["c"]
    assert len(said) == 1
    assert "No space left on device; the last one stays, training goes on" in said[0]
    said.clear()
    net = tiny()
    run(net, plan(), kept(tmp_path / "other", said.append))
    assert same(net, whole)
    assert "there is none, training goes on" in said[0]


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    kept(tmp_path / "c", seed="1", steps="5").save({"step": 1})
    with pytest.raises(TrainingError, match=r"another run \(seed 1, not 2; size -, not small\); remove it, or name"):
        kept(tmp_path / "c", seed="2", steps="5", size="small").load()


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\3\4" + bytes(99)])
def test_what_is_no_checkpoint_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(content)
    with pytest.raises(TrainingError, match="is no checkpoint of this version; remove it"):
        kept(tmp_path / "c").load()


def test_a_checkpoint_cannot_run_code(tmp_path: Path) -> None:
    torch.save({"version": 1, "run": {"seed": "1"}, "state": {"x": StopError}}, tmp_path / "c")
    with pytest.raises(TrainingError, match="is no checkpoint"):
        kept(tmp_path / "c").load()
    (tmp_path / "folder").mkdir()
    with pytest.raises(TrainingError, match="cannot read the checkpoint"):
        kept(tmp_path / "folder").load()


# --- losses that are no numbers -----------------------------------------------------------------------------


def _failing(monkeypatch: pytest.MonkeyPatch, fails: Callable[[int], bool]) -> None:
    """Some calls of the loss give infinity."""
    inner, calls = fit._Carrying.forward, iter(range(1 << 30))

    def forward(self: Any, before: Any, symbols: Any, first: bool) -> Any:
        loss = inner(self, before, symbols, first)
        return loss * math.inf if fails(next(calls)) else loss

    monkeypatch.setattr(fit._Carrying, "forward", forward)


def test_after_a_loss_that_is_no_number_the_last_good_state_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    _failing(monkeypatch, lambda call: call in (3, 20, 21))
    net = tiny()
    run_of = Fit(net, parts(), parts(), plan(), ALONE, None, 1, silent)
    fitted = run_of.run()
    assert fitted.ended == "steps"
    assert run_of._scale == 1 / 8
    assert all(torch.isfinite(value).all() for value in net.parameters())
    assert math.isfinite(fitted.bits)


def test_losses_that_stay_no_numbers_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    _failing(monkeypatch, lambda call: call >= 10)
    with pytest.raises(TrainingError, match=r"the loss became inf once more, at step 15 .* try another --seed"):
        run(tiny(), plan())


# --- several processes --------------------------------------------------------------------------------------

_TEAM = """
import sys, torch
from pathlib import Path
from arcodec.training import fit
from arcodec.training.fit import Fit
from arcodec.training.team import team
from tests.test_train import kept, parts, plan, tiny
torch.set_num_threads(1)
fit._VALIDATED = 1000
folder, how = Path(sys.argv[1]), sys.argv[2]
with team("cpu") as mine:
    net, told = tiny(), []
    def progress(now):
        told.append(now.step)
        if how == "stopped" and now.step >= 9:
            raise SystemExit(3)
    checkpoint = kept(folder / (how == "whole" and "other" or "c")) if mine.leads else kept(folder / "nobody's")
    fitted = Fit(net, parts(), parts(), plan(20), mine, checkpoint, 1, progress).run()
    every = mine.gathered([value.tolist() for value in net.parameters()])
    if mine.leads:
        assert len(every) == 2 and every[0] == every[1]
        assert told[-1] == 20
        (folder / how).write_text(repr((every[0], fitted.bits, fitted.symbols)))
    else:
        assert not told and not (folder / "nobody's").exists()
tasks = Path("/proc/self/task")
names = [(task / "comm").read_text() for task in tasks.iterdir()] if tasks.exists() else []
assert not [name for name in names if "gloo" in name], "threads of the team outlive it, and may abort the exit"
"""


def _together(folder: Path, how: str) -> subprocess.CompletedProcess[str]:
    script = folder / "team.py"
    script.write_text(_TEAM)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "OMP_NUM_THREADS": "1"}
    return subprocess.run([*command, script, folder, how], capture_output=True, text=True, timeout=200, env=env)


def test_two_processes_train_one_net_and_go_on_with_it(tmp_path: Path) -> None:
    ran = _together(tmp_path, "whole")
    assert ran.returncode == 0, ran.stderr
    assert _together(tmp_path, "stopped").returncode != 0
    assert (tmp_path / "c").exists()
    ran = _together(tmp_path, "resumed")
    assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "resumed").read_text() == (tmp_path / "whole").read_text()
