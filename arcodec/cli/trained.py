"""What becomes of a trained model: where its file goes, what its header says, what the user is told of it."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arcodec.cli.show import say, shown

if TYPE_CHECKING:
    from arcodec.training.adapt import Adapted
    from arcodec.training.samples import Division

_EARLY = {"Ctrl-C": "by Ctrl-C; this is the best so far", "no gain": "it did not gain any more"}
SUFFIX = ".safetensors"  # that of arcodec.models.store, which imports numpy


@dataclass(frozen=True)
class Result:
    """What becomes of it.

    Attributes:
        output: path of the model file, or its bare name for the user's model folder.
        name: what the header calls the model; None for that of the file.
        licence: what the header says of it.
        force: replace a file that exists.
    """

    output: str
    name: str | None
    licence: str
    force: bool

    @property
    def installed(self) -> bool:
        """Whether it goes into the user's model folder."""
        return os.path.basename(self.output) == self.output and not self.output.endswith(SUFFIX)

    @property
    def path(self) -> str:
        """Where the model file goes."""
        path = self.output if self.output.endswith(SUFFIX) else self.output + SUFFIX
        if not self.installed:
            return path
        from arcodec.models.store import user_folder

        return str(user_folder() / path)

    @property
    def title(self) -> str:
        """What the header calls the model."""
        return self.name or os.path.basename(self.path).removesuffix(SUFFIX)


def packed(made: Adapted, division: Division, result: Result, command: str, *, timed: bool) -> bytes:
    """The model file.

    Args:
        made: what training made.
        division: of what.
        result: what is to become of it.
        command: that trained it.
        timed: whether time decided how long. If not, the time it took is left out: the same steps give the same file.
    """
    from arcodec.models import store

    training: dict[str, Any] = {**made.training, "files": division.files, "bytes": division.size}
    if not timed:
        training.pop("seconds", None)
    header = {
        "architecture": made.architecture,
        "symbols": "pixels" if division.channels else "bytes",
        "provenance": (
            f"trained on {division.files} files of {division.size} bytes by arcodec train; sha256 of their sorted "
            f"sha256: {division.digest.hex()}"
        ),
        "licence": result.licence,
        "command": command,
        "name": result.title,
        "training": json.dumps(training, sort_keys=True),
        "measured": json.dumps({key: round(value, 5) for key, value in made.measured.items()}, sort_keys=True),
    }
    return store.pack(made.arrays, header)


def report(made: Adapted, division: Division, result: Result, data: bytes) -> None:
    """What it is, what it gains, and how it is used."""
    if made.training.get("ended") in _EARLY:
        say(f"training ended early, after {made.training['steps']:,} steps: {_EARLY[made.training['ended']]}")
    path, title = result.path, shlex.quote(result.title)
    model_id = hashlib.sha256(data).hexdigest()
    say(f"{shown(path)}: {len(data):,} bytes, {made.architecture}, id {model_id}")
    own, shipped = made.measured["validation"], made.measured["shipped"]
    unit = "sample" if division.channels else "byte"
    packed, before = (round(bits * division.validated / 8) for bits in (own, shipped))
    say(
        f"validation: {division.validated:,} -> {packed:,} bytes, {own:.3f} bits/{unit}; without this model "
        f"{before:,} bytes, {shipped:.3f} bits/{unit}: {abs(1 - own / shipped):.1%} "
        f"{'smaller' if own < shipped else 'larger'}"
    )
    if own >= shipped:
        warn("this model is no gain on the validation files: do without, or train longer or on more files")
        return
    from arcodec.models.store import places

    found = Path(path).resolve().parent in [place.resolve() for place in places()]
    if found:
        say(f"use it: arcodec compress -m {title} FILES; whoever decompresses them needs the model, too")
    else:
        model = shlex.quote(path if os.path.sep in path else os.path.join(os.curdir, path))
        say(f"use it: arcodec models add {model}, then arcodec compress -m {title} FILES")


def warn(text: str) -> None:
    """Say what is not as it should be."""
    say(f"arcodec: warning: {text}")
