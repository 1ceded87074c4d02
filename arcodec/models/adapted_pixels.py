"""The pixel model of a domain: its model file holds sample images, which are modelled before each chunk.

What is learnt from image to image is kept: counters, mixers, maps, matches, colours. What depends on an image's width
begins afresh with each. Either kernel may do so, that of graphics-1 and that of pixels-2; chunks that neither suits
are coded by those models themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec.errors import CorruptError, ModelFileError
from arcodec.models import built_in
from arcodec.models.base import Model, Port, Symbols, Watch, Words
from arcodec.models.primed_pictures import Primed, PrimedGraphics, PrimedPixels, Samples

Arrays = Mapping[str, npt.NDArray[np.integer[Any]]]

GRAPHICS, PIXELS = range(2)  # kernels, and the payload's first byte; more than these: _PLAIN
KERNELS = (PrimedGraphics, PrimedPixels)
CHANNELS = (1, 3)
MOST = 1 << 22  # symbols of the samples of a number of channels
IMAGES = 1 << 12  # of them, at most
LONGEST = 1 << 13  # rows or columns of one
_PLAIN = ("graphics-1", "pixels-2")  # payload's first byte 2 and 3; the payload of these follows
_OTHERS = tuple(range(len(KERNELS), len(KERNELS) + len(_PLAIN)))
_CROP = 1 << 15  # symbols of a chunk's middle by which it is decided how to code it


class AdaptedPixels(Model):
    """The model of a model file.

    Chunks are uint8[rows, columns, 1 or 3]. A model file holds, for each number of channels c that it has samples of,

        shapes.c     int32[n, 2]    rows and columns of each
        sample.c     uint8[m]       the samples, as the first of the kernels codes them, one after the other

    and `kernels`, uint8[1 or 2], which kernels may be used: 0 graphics, 1 pixels, each once.
    """

    name = "adapted-pixels-1"
    dimensions = 3
    brief = True

    def __init__(self, kernels: Sequence[int] = (), samples: Mapping[int, Samples] | None = None) -> None:
        self.kernels, self.samples = tuple(kernels), dict(samples or {})
        self._primed: dict[tuple[int, int], Primed] = {}
        for channels in CHANNELS:
            own = self.samples.get(channels) or Samples(channels, ())
            coder = None
            for kernel in self.kernels:
                self._primed[kernel, channels] = primed = KERNELS[kernel](own, coder)
                coder = coder or primed

    def accepts(self, shape: Sequence[int]) -> bool:
        return len(shape) == 3 and shape[2] in CHANNELS and shape[0] >= 1 and shape[1] >= 1

    def with_parameters(self, arrays: Arrays) -> AdaptedPixels:
        return AdaptedPixels(*read(arrays))

    def primed(self, kernel: int, channels: int) -> Primed:
        """What codes chunks of so many channels after the samples."""
        return self._primed[kernel, channels]

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        """The loop of the first kernel, which `predict` and `sample` are of."""
        return self.primed(self.kernels[0], symbols.shape[2]).run(port, words, costs, symbols, stop)

    def choose(self, chunk: Symbols, watch: Watch | None = None) -> tuple[int, bytes | None]:
        """The payload's first byte for a chunk, and what follows it if the chunk was tried as a whole."""
        crop = _middle(chunk)
        payloads = {k: self._coder(k, chunk.shape[2]).encode(crop, watch) for k in (*self.kernels, *_OTHERS)}
        number = min(payloads, key=lambda k: len(payloads[k]))
        return number, payloads[number] if crop.size == chunk.size else None

    def encode(self, chunk: Symbols, watch: Watch | None = None) -> bytes:
        number, payload = self.choose(chunk, watch)
        coder = self._coder(number, chunk.shape[2])
        return bytes([number]) + (coder.encode(chunk, watch) if payload is None else payload)

    def decode(self, payload: bytes, shape: Sequence[int], watch: Watch | None = None) -> Symbols:
        return self._named(payload, shape[2]).decode(payload[1:], shape, watch)

    def bits(self, chunk: Symbols, watch: Watch | None = None) -> npt.NDArray[np.float32]:
        return self._coder(self.choose(chunk, watch)[0], chunk.shape[2]).bits(chunk, watch)

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        reading = self.primed(self.kernels[0], shape[2]).kept_memory()
        if payload:
            return self._named(payload, shape[2]).memory(shape, payload[1:]) + reading * (payload[0] < len(KERNELS))
        kept = sum(self.primed(k, shape[2]).kept_memory() for k in self.kernels)
        return kept + max(self._coder(k, shape[2]).memory(shape) for k in (*self.kernels, *_OTHERS))

    def _named(self, payload: bytes, channels: int) -> Model:
        known = (*self.kernels, *_OTHERS)
        if not payload or payload[0] not in known:
            raise CorruptError(f"{self.name} has no variant {payload[0] if payload else 'at all'}")
        return self._coder(payload[0], channels)

    def _coder(self, number: int, channels: int) -> Model:
        return self.primed(number, channels) if number < len(KERNELS) else built_in(_PLAIN[number - len(KERNELS)])


def _middle(chunk: Symbols) -> Symbols:
    """Rows and columns from the middle of a chunk, _CROP symbols at most; a small chunk as it is."""
    rows, columns, channels = chunk.shape
    tall = min(rows, max(16, _CROP // (columns * channels)))
    wide = min(columns, max(1, _CROP // (tall * channels)))
    top, left = (rows - tall) // 2, (columns - wide) // 2
    return np.ascontiguousarray(chunk[top : top + tall, left : left + wide])


def arrays_of(kernels: Sequence[int], samples: Mapping[int, Samples]) -> dict[str, npt.NDArray[np.integer[Any]]]:
    """The arrays of a model file, of samples that are known; their payloads are made here."""
    out: dict[str, npt.NDArray[np.integer[Any]]] = {"kernels": np.array(kernels, np.uint8)}
    for channels, own in samples.items():
        out[f"shapes.{channels}"] = np.array(own.shapes, np.int32)
        out[f"sample.{channels}"] = np.frombuffer(KERNELS[kernels[0]](own).coded(), np.uint8)
    return out


def read(arrays: Arrays) -> tuple[tuple[int, ...], dict[int, Samples]]:
    """The kernels and the samples in the arrays of a model file.

    Raises:
        ModelFileError: an array is missing, unknown, or not what it should be.
    """
    rest = dict(arrays)
    kernels = rest.pop("kernels", np.zeros(0, np.uint8))
    order = tuple(int(k) for k in kernels.reshape(-1)[: len(KERNELS) + 1])
    _require(kernels.dtype == np.uint8 and kernels.ndim == 1 and order in ((0,), (1,), (0, 1), (1, 0)), "kernels")
    samples = {}
    for channels in CHANNELS:
        shapes, payload = rest.pop(f"shapes.{channels}", None), rest.pop(f"sample.{channels}", None)
        if shapes is None and payload is None:
            continue
        right = shapes is not None and shapes.dtype == np.int32 and shapes.ndim == 2 and shapes.shape[1] == 2
        right = right and shapes is not None and 1 <= len(shapes) <= IMAGES
        right = right and shapes is not None and int(shapes.min()) >= 1 and int(shapes.max()) <= LONGEST
        _require(right, f"shapes.{channels}")
        own = Samples(channels, [(int(r), int(c)) for r, c in shapes] if shapes is not None else [])
        _require(own.size <= MOST, f"shapes.{channels}")
        right = payload is not None and payload.dtype == np.uint8 and payload.ndim == 1 and payload.size > 0
        _require(right, f"sample.{channels}")
        own.payload = payload.tobytes() if payload is not None else b""
        samples[channels] = own
    if rest or not samples:
        unknown = ", ".join(sorted(rest)) or "no samples"
        raise ModelFileError(f"the model file holds {unknown}, which is not what {AdaptedPixels.name} has")
    return order, samples


def _require(right: bool, name: str) -> None:
    if not right:
        raise ModelFileError(f"the array {name!r} of the model file is not what {AdaptedPixels.name} has")
