"""The Content protocol: how a kind of file becomes planes of symbols and a recipe, and comes back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Parsed:
    """A file taken apart.

    Attributes:
        planes: uint8 arrays for the models: shape (n,) for the byte model, (rows, columns, channels) with 1 or 3
            channels for the pixel model, or with 2 or 6 for samples of two bytes; none of them empty.
        recipe: what else it takes to rebuild the file.
    """

    planes: tuple[Plane, ...]
    recipe: bytes


class Content(ABC):
    """One kind of file. `restore(parse(x)) == x` for every x that `parse` accepts.

    Attributes:
        name: what the file listing calls it.
        code: its number in FORMAT.md.
        exact: whether `restore` gives the file back byte for byte (else: all that the kind promises to keep).
    """

    name: ClassVar[str]
    code: ClassVar[int]
    exact: ClassVar[bool] = True

    @abstractmethod
    def sniff(self, head: bytes) -> bool:
        """Whether a file that begins with `head` (its first 64 bytes, or all of it) may be of this kind."""

    @abstractmethod
    def parse(self, data: bytes) -> Parsed | None:
        """Take a file apart, or None where it is not of this kind or holds what the kind does not cover.

        Never raises on bad data, and never believes a size in a header before the data bear it out.
        """

    @abstractmethod
    def restore(self, planes: Sequence[Plane], recipe: bytes) -> bytes:
        """The file of `planes` and `recipe`.

        Raises:
            CorruptError: they do not fit together (a crafted or damaged file).
        """
