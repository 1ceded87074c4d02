"""The pixel kernels after sample images: one after the other, with what is learnt kept from image to image."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec.errors import ModelFileError
from arcodec.kernels import bytes as bytes_kernel
from arcodec.kernels import net as nets
from arcodec.kernels import planes as planes_kernel
from arcodec.kernels import port as ports
from arcodec.kernels.history import SHAPED
from arcodec.kernels.tables import Tables, copied, fresh_tables, tables_size
from arcodec.models import pixel_tiers, tiers
from arcodec.models.base import GreenFirst, Model, Port, Symbols, Words, end_briefly, size_of

_NO_WORDS = np.empty(0, np.uint32)
SHORT = 1 << 20  # chunks up to this many symbols share primed tables of the graphics kernel,
_SHORT_SLOTS = 1 << 20  # of so many slots
_PAD_ROWS, _PAD_PIXELS = 3, 6  # of zeros before each image of the graphics kernel: as far as its contexts reach
_LARGEST = 512, 512  # the picture for which the pixel kernel's tables are sized, whatever the chunk
_DECISIONS = 2  # of the pixel kernel, that a symbol counts for in its rates
# Where `planes.allocate` has what does not depend on a picture's width: what is learnt.
_SETTINGS, _LEARNT = 0, (13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 25)


class Samples:
    """Sample images of one number of channels.

    Attributes:
        channels: 1 or 3.
        shapes: rows and columns of each.
        payload: all of them, as `kernel` codes them.
        size: symbols in all.
    """

    def __init__(
        self, channels: int, shapes: Sequence[tuple[int, int]], payload: bytes = b"", images: Sequence[Symbols] = ()
    ) -> None:
        """`images`: uint8[rows, columns, channels], where they are known and need not be read."""
        self.channels, self.shapes, self.payload = channels, tuple(shapes), payload
        self.size = sum(rows * columns for rows, columns in shapes) * channels
        self.images = tuple(images)

    def read(self, coder: Primed) -> Any:
        """Read the images, by what coded them; returns that after them."""
        words = np.frombuffer(self.payload + bytes(-len(self.payload) % 4), ">u4").astype(np.uint32)
        port = ports.decoder(words)
        images = [np.zeros((*shape, self.channels), np.uint8) for shape in self.shapes]
        state = coder.go_over(port, words, images)
        if state is None or int(port[ports.POSITION]) < max(len(words), 2):
            raise ModelFileError("the sample images in the model file are cut short, or too long")
        self.images = tuple(images)
        return state


class Primed(Model):
    """A kernel after sample images.

    Attributes:
        samples: what is modelled before a chunk.
        coder: the one of the kernel that coded the samples; None for this one.
    """

    dimensions = 3
    brief = True

    def __init__(self, samples: Samples, coder: Primed | None = None) -> None:
        self.samples, self.coder = samples, coder
        self._state: Any = None

    def primed(self) -> Any:
        """What is known after the samples; not to be changed."""
        if self._state is None:
            if not self.samples.images and self.samples.shapes and self.coder:
                self.coder.primed()
            if self.samples.images or not self.samples.shapes:
                self._state = self.go_over(ports.meter(), _NO_WORDS, [image.copy() for image in self.samples.images])
            else:
                self._state = self.samples.read(self)
        return self._state

    def coded(self) -> bytes:
        """The payload of the sample images, which are known."""
        words = np.empty(2 * self.samples.size + 64, np.uint32)  # room for eight times what is coded
        port = ports.encoder()
        self.go_over(port, words, [image.copy() for image in self.samples.images])
        end_briefly(port)
        return words[: int(ports.finish(port, words))].astype(">u4").tobytes()

    @abstractmethod
    def go_over(self, port: Port, words: Words, images: Sequence[Symbols]) -> Any:
        """Code images, which are written when decoding; what is known after them, None where the words end early."""

    @abstractmethod
    def kept_memory(self) -> int:
        """Bytes of what is known after the samples."""


class Graphics(NamedTuple):
    """What the graphics kernel knows after the samples: tables, and the samples with what is between them."""

    tables: Tables
    text: Symbols


class PrimedGraphics(Primed):
    """The kernel of graphics-1, which finds in the samples what it finds in two dimensions."""

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        state: Graphics = self.primed()
        if symbols.size <= SHORT:
            state = state._replace(tables=copied(state.tables))
        else:
            images = [image.copy() for image in self.samples.images]
            state = self._after(ports.meter(), _NO_WORDS, images, symbols.size) or state
        joined = np.concatenate([state.text, _pad(symbols), symbols.reshape(-1)])
        first = len(joined) - symbols.size
        done = _model(port, words, costs, joined, first, stop, symbols, self._tier(symbols.size), state.tables)
        symbols.reshape(-1)[:] = joined[first:]
        return done

    def go_over(self, port: Port, words: Words, images: Sequence[Symbols]) -> Graphics | None:
        return self._after(port, words, images, SHORT)

    def _after(self, port: Port, words: Words, images: Sequence[Symbols], size: int) -> Graphics | None:
        text = np.concatenate([np.zeros(0, np.uint8), *(x for i in images for x in (_pad(i), i.reshape(-1)))])
        tier = self._tier(size)
        tables = fresh_tables(tier, len(text) + size)
        first = 0
        costs = np.empty(0, np.uint32)
        for image in images:
            first += len(_pad(image))
            if int(port[ports.MODE]) == ports.MEASURE:
                costs = np.zeros(image.size, np.uint32)
            if _model(port, words, costs, text, first, image.size, image, tier, tables) < image.size:
                return None
            image.reshape(-1)[:] = text[first : first + image.size]
            first += image.size
        return Graphics(tables, text)

    def _tier(self, size: int) -> Any:
        return tiers.GRAPHICS._replace(slot_limit=_SHORT_SLOTS) if size <= SHORT else tiers.GRAPHICS

    def _text_size(self) -> int:
        pads = sum(_PAD_ROWS * columns + _PAD_PIXELS for _, columns in self.samples.shapes)
        return self.samples.size + pads * self.samples.channels

    def kept_memory(self) -> int:
        return tables_size(self._tier(SHORT), self._text_size() + SHORT) + self._text_size()

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        size = size_of(shape)
        joined = 2 * self._text_size() + size + (_PAD_ROWS * shape[1] + _PAD_PIXELS) * shape[2]
        own = tables_size(self._tier(size), self._text_size() + max(size, SHORT))
        return self.kept_memory() + self.samples.size + own + joined + (8 << 20)


def _model(
    *given: Any,
) -> int:
    """Run the graphics kernel over one image within a text."""
    port, words, costs, text, first, stop, image, tier, tables = given
    _, columns, channels = image.shape
    tables.history[SHAPED] = (columns * channels << 8) | channels
    return int(bytes_kernel.run(port, words, costs, text, first, first + stop, first, tier, tables, nets.ready(None)))


def _pad(image: Symbols) -> Symbols:
    _, columns, channels = image.shape
    return np.zeros((_PAD_ROWS * columns + _PAD_PIXELS) * channels, np.uint8)


class Pixels(NamedTuple):
    """What the pixel kernel knows after the samples: the tables of `_LEARNT`, and how many decisions taught them."""

    tables: tuple[npt.NDArray[Any], ...]
    decisions: int


class PrimedPixels(GreenFirst, Primed):
    """The kernel and the default tier of pixels-2."""

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        kept: Pixels = self.primed()
        tables = _with(kept._replace(tables=tuple(table.copy() for table in kept.tables)), symbols.shape)
        return int(planes_kernel.run(port, words, costs, symbols, stop, tables))

    def go_over(self, port: Port, words: Words, images: Sequence[Symbols]) -> Pixels | None:
        fresh = planes_kernel.allocate(pixel_tiers.DEFAULT, (*_LARGEST, self.samples.channels), 0)
        state = Pixels(tuple(fresh[k] for k in _LEARNT), 0)  # type: ignore[misc]
        costs = np.empty(0, np.uint32)
        for image in images:
            symbols = self.arrange(image)
            if int(port[ports.MODE]) == ports.MEASURE:
                costs = np.zeros(image.size, np.uint32)
            if planes_kernel.run(port, words, costs, symbols, image.size, _with(state, image.shape)) < image.size:
                return None
            image[:] = self.restore(symbols)
            state = state._replace(decisions=state.decisions + _DECISIONS * image.size)
        return state

    def kept_memory(self) -> int:
        shapes = planes_kernel.table_shapes(pixel_tiers.DEFAULT, (*_LARGEST, self.samples.channels), 0)
        return sum(size_of(s) * np.dtype(t).itemsize for s, t in shapes)

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        widest = [tuple(shape), *((*s, self.samples.channels) for s in self.samples.shapes)]
        own = (planes_kernel.table_shapes(pixel_tiers.DEFAULT, s, 0) for s in widest)
        tables = max(sum(size_of(s) * np.dtype(t).itemsize for s, t in shapes) for shapes in own)
        return 2 * self.kept_memory() + tables + 2 * self.samples.size + (8 << 20)


def _with(state: Pixels, shape: Sequence[int]) -> tuple[object, ...]:
    """Tables for a picture of `shape` that begin with a state, and go on changing it.

    The mixer's rate goes on, too: after n decisions, d more of them give what n + d give.
    """
    tables = list(planes_kernel.allocate(pixel_tiers.DEFAULT, shape, 0))
    for place, table in zip(_LEARNT, state.tables, strict=True):
        tables[place] = table
    last, first, half_life = pixel_tiers.DEFAULT.rates
    rest = (first - last) * half_life // (half_life + state.decisions)
    tables[_SETTINGS] = np.array([0, last, last + rest, half_life + state.decisions, 0], np.int64)
    return tuple(tables)
