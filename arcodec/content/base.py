"""The Content protocol: how a kind of file becomes planes of symbols and a recipe, and comes back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
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
            channels for those of pixels, or with 2 or 6 for samples of two bytes, (n, 128) for those of coefficients,
            (frames, channels, 4) for sound; none of them empty.
        recipe: what else it takes to rebuild the file.
    """

    planes: tuple[Plane, ...]
    recipe: bytes


@dataclass(frozen=True)
class Slabs:
    """How a file is taken apart some rows at a time.

    Attributes:
        header: bytes before the first row.
        row: bytes of a row.
        rows: how many there are, if the file holds what it says.
        parse: takes whole rows apart, as many as there are in its argument.
    """

    header: int
    row: int
    rows: int
    parse: Callable[[bytes], Parsed]


class Content(ABC):
    """One kind of file. `restore(parse(x)) == x` for every x that `parse` accepts.

    Attributes:
        name: what the file listing calls it.
        code: its number in FORMAT.md.
        texts: whether its planes of one dimension, the recipe too, may hold files, and not only headers and the like.
        nests: whether other files may lie in its recipe.
        pooled: bytes up to which planes of one dimension, of several such files in one, are coded by one model.
        exact: whether `restore` gives the file back byte for byte (else: all that the kind promises to keep).
    """

    name: ClassVar[str]
    code: ClassVar[int]
    exact: ClassVar[bool] = True
    texts: ClassVar[bool] = False
    nests: ClassVar[bool] = False
    pooled: ClassVar[int] = 0

    @abstractmethod
    def sniff(self, head: bytes) -> bool:
        """Whether a file that begins with `head` (its first 64 bytes, or all of it) may be of this kind."""

    @abstractmethod
    def parse(self, data: bytes) -> Parsed | None:
        """Take a file apart, or None where it is not of this kind or holds what the kind does not cover.

        Never raises on bad data, and never believes a size in a header before the data bear it out.
        """

    def slabs(self, head: bytes) -> Slabs | None:
        """How to take a large file apart that begins with `head`; None if it can only be done as a whole."""
        return None

    @abstractmethod
    def pieces(self, planes: Sequence[Plane], recipe: bytes) -> Iterator[bytes | memoryview]:
        """The file of `planes` and `recipe`, piece by piece, so that it need not be in memory as a whole.

        Raises:
            CorruptError: they do not fit together (a crafted or damaged file); before the first piece.
        """

    def restore(self, planes: Sequence[Plane], recipe: bytes) -> bytes:
        """The file of `planes` and `recipe`, in one piece.

        Raises:
            CorruptError: they do not fit together.
        """
        return b"".join(self.pieces(planes, recipe))


def same(pieces: Iterable[bytes | memoryview], data: bytes) -> bool:
    """Whether the pieces are `data`."""
    view, start = memoryview(data), 0
    for piece in pieces:
        if view[start : start + len(piece)] != piece:
            return False
        start += len(piece)
    return start == len(data)
