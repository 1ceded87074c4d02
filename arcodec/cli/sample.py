"""arcodec sample."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from arcodec.cli import files, options
from arcodec.cli.options import Common, Running
from arcodec.cli.run import Run, announce_compiling
from arcodec.cli.show import say
from arcodec.errors import FileRefusedError, ModelError

if TYPE_CHECKING:
    from arcodec.models.base import Model, Symbols
    from arcodec.sampling import Sample

_BYTES = 1024  # drawn where no size is given
_SIDE = 64  # pixels of a picture's sides, where none is given
_FRAMES = 44100  # of sound


@dataclass(frozen=True)
class Drawing:
    """What to draw.

    Attributes:
        size: as the model has it; None for a default.
        prompt: a file that the sample begins with.
        count: so many pictures in one.
    """

    model: str
    seed: int
    size: tuple[int, ...] | None
    prompt: str | None
    temperature: float
    count: int


def sample(drawing: Drawing, output: str | None, force: bool, running: Running) -> int:
    """Draw from a model: decode random bits to what it takes for likely.

    Bytes go to standard output, or with -o to a file; models of pixels give a PNG, those of sound a WAV file. The
    same model, seed and options give the same bytes on every machine.
    """
    run = Run(Common(**vars(running)), packing=True)
    return run.each([drawing.model], lambda item: _sample(drawing, output, force, run))


def _sample(drawing: Drawing, output: str | None, force: bool, run: Run) -> None:
    if output is None and os.isatty(1) and not force:
        raise FileRefusedError("samples are not for a terminal; use -o, redirect, or insist with -f")
    announce_compiling()
    from arcodec import families, sampling

    model = families.named(drawing.model)[0].model
    family = families.of_model(model)
    if drawing.count > 1 and family != "pixels":
        raise ModelError(f"--count makes a grid of pictures, which {model.name} does not draw")
    shape, prompt = _begun(drawing, model, family)
    seeds = range(drawing.seed, drawing.seed + drawing.count)
    with run.meter(drawing.model, drawing.count * math.prod(shape), "drawing from") as meter:
        drawn = sampling.draw(model, shape, seeds, prompt, drawing.temperature, meter, run.threads, run.common.memory)
        samples = list(drawn)
        seconds = meter.seconds
    chunks = [one.symbols for one in samples]
    data = sampling.as_file(family, sampling.grid(chunks) if family == "pixels" else chunks[0])
    if output is None:
        files.Stdout().write(data)
    else:
        with files.Output(output, force, None) as file:
            file.write(data)
            file.commit(None)
    if run.common.verbose:
        say(_told(drawing, samples, prompt, seconds))


def _begun(drawing: Drawing, model: Model, family: str) -> tuple[tuple[int, ...], Symbols | None]:
    """The shape of what is drawn, and its prompt."""
    from arcodec import sampling

    if drawing.prompt is None:
        default = {"bytes": (_BYTES,), "audio": (_FRAMES,)}.get(family, (_SIDE, _SIDE))
        return sampling.shape_for(model, drawing.size or default), None
    with files.opened(drawing.prompt) as source:
        data = source.file.read()
    if family == "bytes":
        import numpy as np

        prompt = np.frombuffer(data, np.uint8)
        size = drawing.size or (len(prompt) + _BYTES,)
    elif family == "pixels":
        channels = sampling.shape_for(model, drawing.size or (_SIDE, _SIDE))[2]
        prompt = sampling.picture(data, channels)
        size = drawing.size or (prompt.shape[1], 2 * prompt.shape[0], channels)
    else:
        raise ModelError(f"{model.name} takes no prompt; models of bytes and of pixels do")
    shape = sampling.shape_for(model, size)
    if prompt.shape[1:] != shape[1:] or len(prompt) > shape[0]:
        what = f"{len(prompt):,} bytes" if family == "bytes" else f"{prompt.shape[1]} x {prompt.shape[0]} pixels"
        raise ModelError(f"the prompt has {what}, which do not begin a sample of that size; see --size")
    return shape, prompt


def _told(drawing: Drawing, samples: Sequence[Sample], prompt: Symbols | None, seconds: float) -> str:
    """What -v says."""
    bits = sum(one.bits for one in samples)
    symbols = sum(one.symbols.size for one in samples) - len(samples) * (0 if prompt is None else prompt.size)
    rate = f", {bits / symbols:.4f} a symbol" if symbols else ""
    warmth = "" if drawing.temperature == 1 else f", temperature {drawing.temperature:g}"
    return f"{bits:,.1f} bits drawn for {symbols:,} symbols{rate}, seed {drawing.seed}{warmth}, {seconds:.1f} s"


def _size(context: click.Context, option: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    """4096, 64K, 64x48, 64x48x1."""
    if text is None:
        return None
    if re.fullmatch(r"\d+(x\d+){1,2}", text):
        extents = tuple(map(int, text.split("x")))
    else:
        extents = (options.size(text),)
    if 0 in extents:
        raise click.BadParameter(f"{text!r}: nothing would be drawn")
    return extents


command = click.Command(
    "sample",
    context_settings=options.CONTEXT,
    params=[
        click.Option(
            ["-m", "--model"],
            default="bytes",
            show_default=True,
            metavar="MODEL",
            help="A model by name (bytes, pixels, audio ...), by file or by id.",
        ),
        click.Option(["--seed"], type=int, default=1, show_default=True, metavar="N", help="Of the random bits."),
        click.Option(
            ["--size"],
            callback=_size,
            metavar="SIZE",
            help="Of the sample, prompt included: bytes (4096, 64K), WIDTHxHEIGHT, WIDTHxHEIGHTxCHANNELS.",
        ),
        click.Option(["--prompt"], metavar="FILE", help="Begin with this text, or with the rows of this picture."),
        click.Option(
            ["--temperature"],
            type=click.FloatRange(0, 100, min_open=True),
            default=1.0,
            show_default=True,
            metavar="T",
            help="Above 1 for more surprising samples, below 1 for more predictable ones; counted in 1/256.",
        ),
        click.Option(
            ["--count"],
            type=click.IntRange(min=1),
            default=1,
            metavar="N",
            help="Draw N pictures, with seeds from --seed on, into one grid.",
        ),
        click.Option(["-o", "--output"], metavar="FILE", help="Write to this file."),
        click.Option(["-f", "--force"], is_flag=True, help="Replace the file if it exists; write to a terminal."),
        *options.RUNNING,
    ],
    callback=options.bundled(sample, drawing=Drawing, running=Running),
    help=sample.__doc__,
)
