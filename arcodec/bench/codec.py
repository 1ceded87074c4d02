"""What a codec is to the benchmark: a name, what it is for, and how a process loads it."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from arcodec.bench.record import Kind, Subject
from arcodec.errors import ArcodecError

if TYPE_CHECKING:
    from arcodec.bench.programs import Program

ALL_KINDS: tuple[Kind, ...] = ("bytes", "image", "audio", "jpeg")


class RivalError(ArcodecError):
    """A codec cannot be used as it is described."""


@dataclass(frozen=True)
class Loaded:
    """A codec that is ready.

    Attributes:
        version: of the program or library.
        encode: from what `Codec.form` says to bytes (or, for files, from path to path).
        decode: back.
        model: bytes of model files that decoding this compressed file needs beside it.
    """

    version: str
    encode: Callable[..., Any]
    decode: Callable[..., Any]
    model: Callable[[bytes], int] = lambda packed: 0


@dataclass(frozen=True)
class Codec:
    """What can be measured.

    Attributes:
        name: heads rows and columns.
        family: the name without the setting.
        settings: what is called and how.
        kinds: of files that it is for.
        loader: "module:function" that returns `Loaded`, called with `arguments`.
        needs: the package that must be there, "" if none.
        form: it takes bytes, arrays of pixels, or paths of files.
        speed: MB/s of its slower direction, roughly; used to plan, never shown.
        pixel_types: channels and bytes per sample of the images that it can take; None for all.
    """

    name: str
    family: str
    settings: str
    kinds: tuple[Kind, ...]
    loader: str
    arguments: dict[str, Any] = field(default_factory=dict)
    needs: str = ""
    form: Literal["bytes", "pixels", "files"] = "bytes"
    speed: float = 1.0
    pixel_types: tuple[tuple[int, int], ...] | None = None

    @property
    def installed(self) -> bool:
        """Whether its package is there."""
        return not self.needs or importlib.util.find_spec(self.needs) is not None

    def takes(self, subject: Subject) -> bool:
        """Whether it is for that file."""
        if subject.kind not in self.kinds:
            return False
        if subject.kind != "image" or self.pixel_types is None:
            return True
        return (subject.shape[2], subject.size // subject.symbols) in self.pixel_types

    def load(self) -> Loaded | Program:
        """Import it, or find the program."""
        module, function = self.loader.split(":")
        loaded: Loaded | Program = getattr(importlib.import_module(module), function)(**self.arguments)
        return loaded
