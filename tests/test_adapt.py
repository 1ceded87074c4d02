"""Training of domain models: choices by validation files, the same result every time, and what may go wrong."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arcodec.errors import TrainingError
from arcodec.models import adapted_arrays, store
from arcodec.models.adapted_arrays import Parameters
from arcodec.models.bytes import packaged_arrays
from arcodec.training import adapt, adapt_pictures, sample
from arcodec.training.adapt import Adapted, Progress
from arcodec.training.data import TrainingDataError
from tests import laws
from tests.adapted_files import LIKE_LINES, file_of, icon

FILES = [
    b"".join(b'{"id": %d, "level": "info", "took": %d}\n' % (k * 100 + i, i * k % 97) for i in range(12))
    for k in range(12)
]
TRAIN, VALIDATION = FILES[:9], FILES[9:]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the larger prior of the package, which takes a second to read each time."""
    monkeypatch.setattr(adapted_arrays, "PRIORS", adapted_arrays.PRIORS[:1])


def adapted(train: Sequence[bytes] = TRAIN, validation: Sequence[bytes] = VALIDATION, **options: Any) -> Adapted:
    """A model for FILES, by default of a sample alone."""
    given: dict[str, Any] = {"seconds": None, "steps": 3, "seed": 1, "threads": 1, "device": "cpu"}
    given |= {"prior_only": True, "progress": lambda progress: None, "checkpoint": None, "warn": print}
    return adapt.adapt_bytes(train, validation, **(given | options))


def test_a_sample_helps_and_is_small() -> None:
    told: list[Progress] = []
    result = adapted(progress=told.append)
    assert [progress.stage for progress in told] == ["sample"] * 3 + ["measure"]
    assert result.measured["validation"] < 0.75 * result.measured["shipped"]
    model = store.parse(file_of(result.arrays, result.architecture)).model()
    assert adapted_arrays.read(result.arrays, model.own.tier).size == sum(map(len, FILES))  # type: ignore[attr-defined]
    laws.check_model(model, laws.array(FILES[3]))
    assert sum(array.nbytes for array in result.arrays.values()) < 1000


def test_the_same_every_time() -> None:
    first, again = adapted(), adapted()
    assert file_of(first.arrays, first.architecture) == file_of(again.arrays, again.architecture)


@pytest.mark.parametrize(("train", "validation"), [([], FILES), (FILES, []), ([b""], FILES), (FILES, [b""])])
def test_nothing_to_learn_from(train: Sequence[bytes], validation: Sequence[bytes]) -> None:
    with pytest.raises(TrainingDataError, match="nothing to learn from"):
        adapted(train, validation)


def test_one_tiny_file() -> None:
    result = adapted([b"a"], [b"b"])
    laws.check_model(store.parse(file_of(result.arrays, result.architecture)).model(), laws.array(b"ab" * 20))


def test_noise() -> None:
    noise = np.random.default_rng(1).bytes(3000)
    result = adapted([noise], [noise[:50]])
    model = store.parse(file_of(result.arrays, result.architecture)).model()
    laws.check_model(model, laws.array(noise[::-1]))


def test_large_domains_are_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "SIZE", 2000)
    chosen = sample.chosen(FILES)
    assert 500 < len(chosen) <= 2000
    assert chosen.tobytes()[:20] in b"".join(FILES)


def test_what_is_measured_is_bounded() -> None:
    for files in ([b"x" * 10_000_000], [b"x" * 100] * 5, [b"x" * 50_000] * 100):
        parts = sample.measured(files)
        assert 1 <= len(parts) <= len(files)
        assert sum(map(len, parts)) < 2 * sample.MEASURED


def test_a_start_of_its_own() -> None:
    text = sample.chosen(FILES[:6])
    parameters = sample.start(Parameters(start=adapted_arrays.STARTS[0]), text, FILES[6:], 1)
    assert isinstance(parameters.start, dict)
    arrays = sample.finished(parameters, text).arrays()
    model = store.parse(file_of(arrays, "adapted-bytes-1")).model()
    laws.check_model(model, laws.array(FILES[8]))


# --- the net ---


def tuned(checkpoint: Path | None = None, steps: int = 4, told: Any = bool, **options: Any) -> Any:
    """The net after a few steps."""
    from arcodec.training import finetune

    given: dict[str, Any] = {"seconds": None, "steps": steps, "seed": 1, "device": "cpu", "warn": print}
    arrays = packaged_arrays(adapted_arrays.NETS[0])
    return finetune.Tuning(arrays, TRAIN, VALIDATION, checkpoint=checkpoint, **(given | options)).run(told)


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of few symbols."""
    from arcodec.training import finetune

    monkeypatch.setattr(finetune, "BATCH", 4)
    monkeypatch.setattr(finetune, "LENGTH", 16)


def _same(one: Any, other: Any) -> bool:
    return bool(all(np.array_equal(one.arrays[name], other.arrays[name]) for name in one.arrays))


@pytest.mark.usefixtures("_small")
def test_floats_are_what_the_integers_stand_for() -> None:
    from arcodec.training import export, finetune

    arrays = packaged_arrays(adapted_arrays.NETS[0])
    again = export.integers(finetune.floats(arrays))
    for name in ("given", "recurrent", "head"):
        assert np.abs(again[name].astype(int) - arrays[name]).max() <= 1
    assert np.array_equal(again["head_bias"], arrays["head_bias"])


@pytest.mark.usefixtures("_small")
def test_an_interrupted_run_comes_to_the_same(tmp_path: Path) -> None:
    whole = tuned(steps=12)
    assert whole.validation <= whole.before
    path = tmp_path / "checkpoint.pt"

    def interrupt(report: Any) -> None:
        if report.step == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tuned(path, steps=12, told=interrupt)
    assert path.exists()
    resumed = tuned(path, steps=12)
    assert _same(whole, resumed)
    assert resumed.steps == whole.steps > 3
    with pytest.raises(TrainingError, match="another run"):
        tuned(path, steps=13)
    path.write_bytes(b"no checkpoint")
    with pytest.raises(TrainingError, match="no checkpoint"):
        tuned(path, steps=12)


@pytest.mark.usefixtures("_small")
def test_a_full_disk_and_a_loss_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from arcodec.training import finetune

    whole = tuned()

    def full(*given: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        told: list[str] = []
        assert _same(tuned(tmp_path / "checkpoint.pt", warn=told.append), whole)
    assert not list(tmp_path.iterdir())
    (words,) = told
    assert "No space left on device; there is none, training goes on" in words
    monkeypatch.setattr(finetune, "tree_loss", lambda stretches, symbols: stretches.sum() * float("nan"))
    failed = tuned()
    assert failed.steps == 0
    assert failed.validation == failed.before


@pytest.mark.usefixtures("_small")
def test_a_net_is_kept_only_if_it_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    result = adapted(prior_only=False, steps=2)
    assert "net.given" not in result.arrays
    assert result.training["steps"] == 2
    assert {"net", "shipped net"} <= result.measured.keys()
    monkeypatch.setattr(adapt, "_WORTH_AN_OWN_NET", 2)
    result = adapted(prior_only=False, steps=2)
    model = store.parse(file_of(result.arrays, result.architecture)).model()
    laws.check_model(model, laws.array(LIKE_LINES[:200]))
    assert result.arrays["net.given"].dtype == np.int8


# --- images ---


def test_images() -> None:
    images = [icon(k, channels) for k in range(6) for channels in (1, 3)]
    told: list[Progress] = []
    result = adapt.adapt_images(images[:8], images[8:], seconds=None, seed=1, threads=1, progress=told.append)
    assert [progress.stage for progress in told] == ["sample", "sample", "measure"]
    assert result.measured["validation"] < 0.75 * result.measured["shipped"]
    model = store.parse(file_of(result.arrays, result.architecture)).model()
    laws.check_model(model, icon(7, 3))
    with pytest.raises(TrainingDataError, match="nothing to learn from"):
        adapt.adapt_images([], images, seconds=None, seed=1, threads=1, progress=told.append)
    with pytest.raises(TrainingDataError, match="channels"):
        adapt.adapt_images(images[::2], images[1::2], seconds=None, seed=1, threads=1, progress=told.append)


def test_sample_images_are_bounded() -> None:
    images = [np.zeros((100, 100, 3), np.uint8)] * 90
    assert sum(image.size for image in adapt_pictures.chosen(images)) <= adapt_pictures.SIZE
    for shape in ((5000, 5000, 3), (20_000, 2, 1), (1, 2_000_000, 1)):
        (only,) = adapt_pictures.chosen([np.zeros(shape, np.uint8)])
        assert 0 < only.size <= adapt_pictures.SIZE
        assert max(only.shape) <= 1 << 13
    assert len(adapt_pictures.chosen([np.zeros((1, 1, 1), np.uint8)] * 5000)) <= 1 << 12


def test_the_kernels_are_the_fastest_that_suit() -> None:
    suited = adapt_pictures.suited
    assert suited({0: np.array([100.0, 100]), 1: np.array([100.0, 101])})[0] == (1,)
    assert suited({0: np.array([100.0, 50]), 1: np.array([100.0, 101])})[0] == (0,)
    assert suited({1: np.array([100.0, 101])})[0] == (1,)
    assert suited({0: np.array([200.0, 50]), 1: np.array([100.0, 101])})[0] == (1, 0)
