"""arcodec train."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from arcodec.api import thread_count
from arcodec.cli import options, trained
from arcodec.cli.files import STDIN, Output, opened
from arcodec.cli.options import Common, duration
from arcodec.cli.run import Item, Run, announce_compiling
from arcodec.cli.show import amount, say, shown
from arcodec.cli.trained import Result, warn
from arcodec.cli.training_table import TrainingTable
from arcodec.errors import ArcodecError, TrainingError
from arcodec.nets import ALIASES, SIZES

if TYPE_CHECKING:
    from arcodec.models.store import ModelFile
    from arcodec.training.adapt import Adapted
    from arcodec.training.samples import Division

_CHECKPOINT = ".checkpoint"
_DEFAULT_TIME = 600.0


@dataclass(frozen=True)
class Learning:
    """How to train.

    Attributes:
        seconds: about how long, at most; None for no limit.
        steps: of gradient descent, at most; None for no limit.
        architecture: of a net that begins from nothing or from `base`; None for arcodec's own models.
        size: of the net.
        base: path of a model file to begin from.
        prior: only choose a sample to begin from; no net is trained.
        as_bytes: take images, too, as files of bytes.
        seed: of all random choices.
        device: of torch.
        share: of the symbols that are set aside for validation.
        checkpoint: path; None for beside the output.
    """

    seconds: float | None
    steps: int | None
    architecture: str | None
    size: str | None
    base: str | None
    prior: bool
    as_bytes: bool
    seed: int
    device: str
    share: float
    checkpoint: str | None


@dataclass(frozen=True)
class Manner:
    """What most verbs take."""

    recursive: bool
    threads: int
    quiet: bool
    verbose: bool


def train(files: tuple[str, ...], learning: Learning, result: Result, manner: Manner) -> int:
    """Train a model on FILES of one kind, and write a model file.

    With it, files like these get smaller: arcodec compress -m MODEL. Some FILES are set aside, and tell how much
    smaller. Without --arch, arcodec's own models learn what is particular about FILES; with it, a neural net learns
    it all.

    With --arch, Ctrl-C ends training early, with the best so far. What was interrupted in another way goes on when
    the same command is given again. Where torchrun starts several processes, they train one net: torchrun
    --nproc-per-node 2 -m arcodec train --arch gru ...
    """
    _refuse_misuse(files, learning)
    leads = _leads()
    if leads:
        _refuse_output(result)
    division = _read(files, learning, manner)
    if division is None:
        return 1
    _refuse_without_torch(learning, division)
    quiet = manner.quiet or not leads
    if not quiet:
        _describe(division)
    checkpoint = Path(learning.checkpoint or result.path + _CHECKPOINT)
    if checkpoint.exists() and not quiet:
        say(f"arcodec: going on from the checkpoint {shown(str(checkpoint))}")
    try:
        made = _train(division, learning, _threads(manner.threads), quiet, checkpoint)
    except ArcodecError:
        raise
    except BaseException:
        if leads and checkpoint.exists():
            say(f"arcodec: {shown(str(checkpoint))} has what was learnt; the same command goes on with it")
        raise
    if made is None:  # another process of the team writes
        return 0
    timed = learning.seconds is not None or learning.steps is None
    data = trained.packed(made, division, result, _command(learning), timed=timed)
    with Output(result.path, result.force, None) as output:
        output.write(data)
        output.commit(None)
    checkpoint.unlink(missing_ok=True)
    if not quiet:
        trained.report(made, division, result, data)
    return 0


# --- before training ---


def _refuse_misuse(files: Sequence[str], learning: Learning) -> None:
    """Raise UsageError for what contradicts itself."""
    if not files:
        raise click.UsageError("name the files to train on")
    if STDIN in files:
        raise click.UsageError("standard input cannot be trained on; name files")
    if learning.prior and (learning.architecture or learning.base or learning.steps):
        raise click.UsageError("--prior trains no net; it goes without --arch, --from and --steps")
    if learning.size and not learning.architecture:
        raise click.UsageError("--size is that of a net from --arch")
    if learning.size and learning.base:
        raise click.UsageError("--size and --from contradict each other: the net has the size of the model's")
    if _processes() > 1 and not (learning.architecture or learning.base):
        raise click.UsageError("several processes train nets only: give --arch")


def _processes() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))


def _leads() -> bool:
    """Whether this process is alone, or the first of those that torchrun started."""
    return _processes() == 1 or os.environ.get("RANK") == "0"


def _threads(asked: int) -> int:
    """How many, or this process's share of the cores."""
    return asked or max(1, thread_count(0) // int(os.environ.get("LOCAL_WORLD_SIZE", "1")))


def _refuse_output(result: Result) -> None:
    """Raise FileRefusedError for what could not be written: now, and not after minutes of training."""
    if result.installed:
        os.makedirs(os.path.dirname(result.path), exist_ok=True)
    with Output(result.path, result.force, None):
        pass


def _refuse_without_torch(learning: Learning, division: Division) -> None:
    own = not learning.architecture and not learning.base
    if own and (learning.prior or division.channels):
        return
    if find_spec("torch") is None:
        what = "" if learning.architecture else "; --prior does without"
        raise TrainingError(f"training needs torch: pip install 'arcodec[train]'{what}")
    if learning.device == "cuda":
        import torch

        if not torch.cuda.is_available():
            raise TrainingError("torch finds no GPU that it can use; leave --device cuda out")


def _read(files: Sequence[str], learning: Learning, manner: Manner) -> Division | None:
    """The samples, divided; None if a file could not be read, of which the user has been told."""
    from arcodec.training import samples

    found: list[samples.Sample] = []
    total = 0

    def read(item: Item) -> None:
        nonlocal total
        with opened(item.path) as source:
            assert source.status is not None  # standard input is refused
            total += source.status.st_size
            if total > samples.MOST:
                raise TrainingError(
                    f"with it there are more than {amount(samples.MOST)}, which is what training takes"
                )
            data = source.file.read()
            source.refuse_changed(len(data))
        found.append(samples.read(item.path, data, as_bytes=learning.as_bytes))

    run = Run(Common(quiet=True, verbose=manner.verbose, recursive=manner.recursive), packing=True)
    if run.each(files, read):
        if _leads():
            say("arcodec: nothing was trained")
        return None
    return samples.divide(found, learning.share, learning.seed)


def _describe(division: Division) -> None:
    unit = "bytes" if not division.channels else "samples"
    what = "bytes" if not division.channels else f"{division.train[0].mode} images"
    parts = division.train[0].digest == division.validation[0].digest
    aside = "its end is" if parts else f"{len(division.validation):,} of them are"
    count = f"{division.files:,} file" + ("s" * (division.files != 1))
    alike = f", {division.duplicates:,} of them twice" if division.duplicates else ""
    say(
        f"{count} of {what}{alike}: {division.trained:,} {unit} to learn from; {aside} set aside to measure on, "
        f"{division.validated:,} {unit}"
    )


# --- training ---


def _train(division: Division, learning: Learning, threads: int, quiet: bool, checkpoint: Path) -> Adapted | None:
    announce_compiling()
    base = _base(learning)
    seconds = learning.seconds
    if seconds is None and learning.steps is None:
        seconds = _DEFAULT_TIME
    unit = "sample" if division.channels else "byte"
    with TrainingTable(division.validated, unit, quiet) as table:
        if learning.architecture or base:
            from arcodec.training import family
            from arcodec.training.team import team

            architecture = learning.architecture or (base.header["architecture"].rpartition("-")[0] if base else "")
            size = learning.size or SIZES[0]
            request = family.Request(architecture, size, base, learning.steps, seconds, learning.seed, threads)
            with team(learning.device) as mine:
                return family.train(division, request, mine, progress=table, checkpoint=checkpoint, warn=warn)
        from arcodec.training import adapt
        from arcodec.training.samples import stretches

        train, validation = list(stretches(division.train)), list(stretches(division.validation))
        if division.channels:
            return adapt.adapt_images(
                train, validation, seconds=seconds, seed=learning.seed, threads=threads, progress=table
            )
        return adapt.adapt_bytes(
            [part.tobytes() for part in train],
            [part.tobytes() for part in validation],
            seconds=seconds,
            steps=learning.steps,
            seed=learning.seed,
            threads=threads,
            device=learning.device,
            prior_only=learning.prior,
            progress=table,
            checkpoint=checkpoint,
            warn=warn,
        )


def _base(learning: Learning) -> ModelFile | None:
    """The model file to begin from.

    Raises:
        ModelFileError: it cannot be read.
        TrainingError: it holds no net.
    """
    if learning.base is None:
        return None
    from arcodec.models import store

    file = store.read(learning.base)
    architecture = file.header["architecture"]
    if architecture not in ALIASES.values():
        raise TrainingError(f"{learning.base} is of {architecture}: only nets can be gone on with")
    return file


def _command(learning: Learning) -> str:
    """The command without names of files, which are nobody else's business."""
    words = ["arcodec", "train"]
    for flag, value in (
        ("--time", None if learning.seconds is None else f"{learning.seconds:g}s"),
        ("--steps", learning.steps),
        ("--arch", learning.architecture),
        ("--size", learning.size),
        ("--device", None if learning.device == "cpu" else learning.device),
        ("--seed", learning.seed),
        ("--validation", f"{learning.share:g}"),
    ):
        words += [] if value is None else [flag, str(value)]
    words += ["--from MODEL"] * bool(learning.base) + ["--prior"] * learning.prior + ["--bytes"] * learning.as_bytes
    return " ".join(words)


# --- options ---


def _time(context: click.Context, option: click.Parameter, text: str | None) -> float | None:
    return None if text is None else duration(text)


def _share(context: click.Context, option: click.Parameter, text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?) *(%?)", text)
    share = float(match[1]) / (100 if match[2] else 1) if match else 0.0
    if not 0 < share <= 0.5:
        raise click.BadParameter(f"{text!r} is no share; write 10% or 0.1, at most 50%")
    return share


command = click.Command(
    "train",
    context_settings=options.CONTEXT,
    params=[
        click.Argument(["files"], nargs=-1, metavar="FILES..."),
        click.Option(
            ["-o", "--output"],
            required=True,
            metavar="MODEL",
            help="Write the model to this file; a bare name stands for a file in your model folder.",
        ),
        options.RECURSIVE,
        click.Option(
            ["--time", "seconds"], callback=_time, metavar="TIME", help="How long: 90s, 10m (the default), 1h."
        ),
        click.Option(
            ["--steps"],
            type=click.IntRange(min=1),
            metavar="N",
            help="How many steps of gradient descent; the result is then the same each time.",
        ),
        click.Option(["--prior"], is_flag=True, help="Only choose a sample to begin from: seconds, and no torch."),
        click.Option(["--arch", "architecture"], type=click.Choice([*ALIASES]), help="Train a net of this kind."),
        click.Option(["--size"], type=click.Choice(SIZES), help="Size of the net; small by default."),
        click.Option(["--from", "base"], metavar="MODEL", help="Go on with the net of this model file."),
        click.Option(["--bytes", "as_bytes"], is_flag=True, help="Take images, too, as files of bytes."),
        click.Option(
            ["--validation", "share"],
            default="10%",
            show_default=True,
            callback=_share,
            metavar="SHARE",
            help="How much to set aside to measure on: whole files, the end of a single one.",
        ),
        click.Option(["--seed"], type=click.IntRange(min=0), default=0, metavar="N", help="Of all random choices."),
        click.Option(["--device"], type=click.Choice(["cpu", "cuda"]), default="cpu", help="Where torch computes."),
        click.Option(
            ["-T", "--threads"],
            type=click.IntRange(min=0),
            default=0,
            metavar="N",
            help="Threads; 0, the default: one per core.",
        ),
        click.Option(
            ["--checkpoint"],
            metavar="FILE",
            help="What an interrupted run goes on from; MODEL.checkpoint by default.",
        ),
        click.Option(["--name"], help="What the model calls itself; by default as its file is called."),
        click.Option(["--licence"], default="not stated", help="What the model says of its licence."),
        click.Option(["-f", "--force"], is_flag=True, help="Replace a model that exists."),
        click.Option(["-q", "--quiet"], is_flag=True, help="Say nothing but errors."),
        click.Option(["-v", "--verbose"], is_flag=True, help="Say more of errors that nobody foresaw."),
    ],
    callback=options.bundled(train, learning=Learning, result=Result, manner=Manner),
    help=train.__doc__,
)
