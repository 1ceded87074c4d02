"""Domain models: what the shipped models become by learning from files of one domain.

`adapt_bytes` makes an `adapted-bytes-1`, `adapt_images` an `adapted-pixels-1`. The result is the arrays of a model
file (`arcodec.models.store.pack`) and what its header should say of how it came about.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arcodec.models import adapted_arrays, built_in
from arcodec.models.adapted_arrays import Parameters
from arcodec.models.adapted_pixels import GRAPHICS, PIXELS, arrays_of
from arcodec.models.bytes import packaged_arrays
from arcodec.training import adapt_pictures as pictures
from arcodec.training import sample as samples
from arcodec.training.data import TrainingDataError

if TYPE_CHECKING:
    from arcodec.training.finetune import Report

Image = NDArray[np.uint8]  # (rows, columns, channels), 1 or 3 of these: planes as `content.base.Parsed` has them
Arrays = Mapping[str, NDArray[np.integer[Any]]]

_WORTH_AN_OWN_NET = 0.98  # of the cost without: it adds 0.8 MB to the model file
_WORTH_AN_OWN_START = 0.98  # 0.6 MB
_SLOWER = 8  # times as long as pixels takes all that comes after: graphics, and the shipped models
_PAUSE = 0.2  # seconds between two reports


@dataclass(frozen=True)
class Progress:
    """What is known while training goes on; told several times a second at most.

    Attributes:
        stage: "sample", "start", "net" or "measure".
        step: steps of this stage that are done.
        steps: of this stage in all; None where time decides.
        seconds: spent so far, in all stages, those before an interruption included.
        left: seconds that are left, an estimate; None if nothing is known of it.
        symbols: learnt from so far.
        train: bits per symbol of what was learnt from last; None before the first.
        validation: bits per symbol of the validation files by the best model so far, coded as files are; None before
            they were measured.
        size: bytes of the arrays of the model file; 0 before they are made.
    """

    stage: str
    step: int
    steps: int | None
    seconds: float
    left: float | None
    symbols: int
    train: float | None
    validation: float | None
    size: int


@dataclass(frozen=True)
class Adapted:
    """What came of it.

    Attributes:
        arrays: of the model file.
        architecture: "adapted-bytes-1" or "adapted-pixels-1".
        training: seed, seconds, steps, symbols, files, bytes, threads, torch (its version, where it was used).
        measured: bits per symbol of the validation files: "validation" (this model), "shipped" (the default level's),
            and with torch "net" and "shipped net" (the net alone, in integers).
    """

    arrays: Arrays
    architecture: str
    training: dict[str, Any]
    measured: dict[str, float]


def adapt_bytes(
    train: Sequence[bytes],
    validation: Sequence[bytes],
    *,
    seconds: float | None,
    steps: int | None,
    seed: int,
    threads: int,
    device: str,
    prior_only: bool,
    progress: Callable[[Progress], None],
    checkpoint: Path | None,
    warn: Callable[[str], None],
) -> Adapted:
    """Learn from files of bytes: a sample that the model has read before a file, a start, and a net.

    Whatever does not make the validation files smaller is left out.

    Args:
        train: files to learn from, one or more, not empty.
        validation: files of the same kind, none of them in `train`, by which choices are made; one or more.
        seconds: about how long it may take; None: `steps` decide.
        steps: of gradient descent; None: `seconds` decide. With steps, the result is the same on one device
            for the same arguments and threads.
        seed: of all random choices.
        threads: of the CPU.
        device: of torch, for the net.
        prior_only: only choose the sample; takes seconds and no torch.
        progress: is told how far things are.
        checkpoint: where the state of the net's training is kept; if it is there, training goes on from it, to the
            same result as without interruption. None: nothing is kept.
        warn: is told when it cannot be kept.

    Raises:
        TrainingDataError: there is nothing to learn from.
        TrainingError: the checkpoint is of another run.
    """
    if not any(train) or not any(validation):
        raise TrainingDataError(
            "there is nothing to learn from: files to train on and to validate by must not be empty"
        )
    train, validation = [file for file in train if file], [file for file in validation if file]
    run = _Run(seconds, sum(map(len, train)), progress)
    parts = samples.measured(validation)
    symbols = sum(map(len, parts))
    sample = samples.chosen(train)
    best = Parameters(start=adapted_arrays.STARTS[0], net=adapted_arrays.NETS[0])
    least, others = samples.cost(best, sample, parts), samples.candidates(best)
    run.tell("sample", 1, 1 + len(others), least / symbols)
    for number, (candidate, share) in enumerate(others, 2):
        cost = samples.cost(candidate, sample, parts)
        if cost < share * least:
            best, least = candidate, cost
        run.tell("sample", number, 1 + len(others), least / symbols)
    training: dict[str, Any] = {"seed": seed, "files": len(train), "bytes": sum(map(len, train)), "threads": threads}
    bits: dict[str, float] = {}
    if not prior_only and len(sample) < sum(map(len, train)):
        candidate = samples.start(best, sample, train, seed)
        cost = samples.cost(candidate, sample, parts)
        if cost < _WORTH_AN_OWN_START * least:
            best, least = candidate, cost
        run.tell("start", 1, 1, least / symbols)
    if not prior_only:
        import torch  # late: a sample needs none

        from arcodec.training import finetune

        torch.set_num_threads(threads)
        tuning = finetune.Tuning(
            packaged_arrays(adapted_arrays.NETS[0]),
            train,
            validation,
            seconds=None if seconds is None else max(seconds - run.spent(), 1),
            steps=steps,
            seed=seed,
            device=device,
            checkpoint=checkpoint,
            warn=warn,
        )
        tuned = tuning.run(run.tell_net)
        candidate = replace(best, net=tuned.arrays)
        cost = samples.cost(candidate, sample, parts)
        if cost < _WORTH_AN_OWN_NET * least:
            best, least = candidate, cost
        training |= {"steps": tuned.steps, "symbols": run.symbols, "torch": torch.__version__}
        bits |= {"net": tuned.validation, "shipped net": tuned.before}
    shipped = built_in("bytes-2")
    bits |= {
        "validation": least / symbols,
        "shipped": sum(float(shipped.bits(part).sum()) for part in parts) / symbols,
    }
    final = samples.finished(best, samples.chosen([*train, *validation]))
    run.tell("measure", 1, 1, least / symbols, sum(array.nbytes for array in final.arrays().values()))
    training["seconds"] = round(run.spent(), 1)
    return Adapted(final.arrays(), "adapted-bytes-1", training, bits)


class _Run:
    """What is told of a run."""

    def __init__(self, seconds: float | None, symbols: int, progress: Callable[[Progress], None]) -> None:
        self._seconds, self._progress, self.symbols = seconds, progress, symbols
        self._began = self._told = time.monotonic()
        self._validation: float | None = None

    def spent(self) -> float:
        return time.monotonic() - self._began

    def tell(self, stage: str, step: int, steps: int, validation: float, size: int = 0) -> None:
        """Tell of a step of the sample's choice, or of measuring."""
        self._validation = validation
        self._progress(Progress(stage, step, steps, self.spent(), None, self.symbols, None, validation, size))

    def tell_net(self, report: Report) -> None:
        """Tell of the net, but not too often."""
        self.symbols = report.symbols
        now = time.monotonic()
        if now - self._told >= _PAUSE:
            self._told = now
            left = report.seconds * (1 / report.share - 1) if report.share > 0 else None
            steps = None if self._seconds is not None else round(report.step / max(report.share, 1e-9))
            self._progress(
                Progress(
                    "net",
                    report.step,
                    steps,
                    self.spent(),
                    left,
                    report.symbols,
                    report.train,
                    self._validation,
                    0,
                )
            )


def adapt_images(
    train: Sequence[Image],
    validation: Sequence[Image],
    *,
    seconds: float | None,
    seed: int,
    threads: int,
    progress: Callable[[Progress], None],
) -> Adapted:
    """Learn from images: a sample of them that the model has seen before an image, and whether they are drawings.

    Args:
        train: planes to learn from, one or more; colours and alpha are planes of their own.
        validation: planes of the same kind, none of them in `train`; one or more.
        seconds: about how long it may take, a minute as a rule; with little, graphics are not tried. None: no limit.
        seed: of all random choices.
        threads: of the CPU.
        progress: is told how far things are.

    Raises:
        TrainingDataError: there is nothing to learn from.
    """
    if not len(train) or not len(validation):
        raise TrainingDataError("there is nothing to learn from: there must be images to train on and to validate by")
    run = _Run(seconds, sum(image.size for image in train), progress)
    own, parts = pictures.by_channels(train), pictures.by_channels(validation)
    own = {channels: pictures.chosen(images) for channels, images in own.items()}
    parts = {channels: pictures.measured(images) for channels, images in parts.items() if channels in own}
    if not parts:
        raise TrainingDataError("none of the images to validate by has as many channels as those to train on")
    symbols = sum(image.size for images in parts.values() for image in images)
    samples = pictures.samples_of(own)
    bits: dict[int, NDArray[np.float64]] = {}
    least = float("inf")
    for number, kernel in enumerate((PIXELS, GRAPHICS), 1):
        if seconds is not None and _SLOWER * run.spent() > seconds:
            break
        each = [pictures.costs(pictures.primed(kernel, samples[c]), images) for c, images in parts.items()]
        bits[kernel] = np.concatenate(each)
        least = min(least, float(bits[kernel].sum()))
        run.tell("sample", number, 2, least / symbols)
    kernels, least = pictures.suited(bits)
    shipped = sum(map(pictures.shipped, parts.values()))
    both = pictures.by_channels([*train, *validation])
    arrays = arrays_of(kernels, pictures.samples_of({c: pictures.chosen(images) for c, images in both.items()}))
    run.tell("measure", 1, 1, least / symbols, sum(array.nbytes for array in arrays.values()))
    training = {
        "seed": seed,
        "images": len(train),
        "symbols": run.symbols,
        "threads": threads,
        "seconds": round(run.spent(), 1),
    }
    return Adapted(
        arrays, "adapted-pixels-1", training, {"validation": least / symbols, "shipped": shipped / symbols}
    )
