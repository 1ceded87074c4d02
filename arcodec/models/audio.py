"""The models of sound, from fast to small files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec import container
from arcodec.content._recipe import Reader
from arcodec.errors import ModelError
from arcodec.kernels import audio as kernel
from arcodec.kernels import port as ports
from arcodec.models import audio_tiers, audio_values
from arcodec.models.base import Model, Port, Symbols, Watch, Words, size_of

BYTES = 4  # symbols of a sample
CHANNELS = 64  # at most


class Samples(Model):
    """A tier of the kernel for samples `lowest` ... `lowest + largest`: int32[frames, channels]."""

    dimensions = 2
    brief = True

    def __init__(self, tier: kernel.Tier, lowest: int, largest: int) -> None:
        self.tier, self.lowest, self.largest = tier, lowest, largest

    def accepts(self, shape: Sequence[int]) -> bool:
        return len(shape) == 2 and min(shape) >= 1

    def arrange(self, chunk: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """A writable copy, int32."""
        return np.array(chunk, np.int32, order="C")

    def run(self, port: Port, words: Words, costs: Words, symbols: npt.NDArray[Any], stop: int) -> int:
        """See `Model.run`."""
        tables = kernel.allocate(self.tier, symbols.shape[1], self.lowest, self.largest)
        return int(kernel.run(port, words, costs, symbols, stop, tables))

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        """The tables, and what making them takes."""
        tables = sum(size_of(s) * np.dtype(t).itemsize for s, t in kernel.table_shapes(self.tier, shape[1]))
        return 2 * tables + (8 << 20)


class Audio(Model):
    """Sound of up to 32 bits a sample; learns everything from the chunk itself.

    Chunks are uint8[frames, channels, 4]: samples are signed integers of 32 bits, high byte first.
    """

    dimensions = 3

    def __init__(self, name: str, code: int, tier: kernel.Tier) -> None:
        self.name, self.code, self.tier = name, code, tier

    def accepts(self, shape: Sequence[int]) -> bool:
        return len(shape) == 3 and shape[2] == BYTES and shape[0] >= 1 and 1 <= shape[1] <= CHANNELS

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        """The loop for samples of 16 bits, which `sample` is of; `stop` is a multiple of 4."""
        samples = symbols.view(">i4")[..., 0].astype(np.int32)
        own = np.zeros(len(costs) // BYTES, np.uint32)
        port[ports.FORCED] //= BYTES  # the loop counts samples
        done = Samples(self.tier, -(1 << 15), (1 << 16) - 1).run(port, words, own, samples, stop // BYTES)
        costs[: BYTES * len(own) : BYTES] = own
        symbols[:] = samples.astype(">i4").view(np.uint8).reshape(symbols.shape)
        return BYTES * done

    def encode(self, chunk: Symbols, watch: Watch | None = None) -> bytes:
        coded = audio_values.find(_samples(chunk))
        return coded.written + Samples(self.tier, coded.lowest, coded.largest).encode(coded.numbers, watch)

    def decode(self, payload: bytes, shape: Sequence[int], watch: Watch | None = None) -> Symbols:
        reader = Reader(payload)
        meaning = audio_values.read(reader, shape[0], shape[1])
        inner = Samples(self.tier, meaning.lowest, meaning.largest)
        numbers = inner.decode(reader.rest(), (shape[0], len(meaning.coded)), watch)
        return meaning.samples(numbers).astype(">i4").view(np.uint8).reshape(tuple(shape))

    def bits(self, chunk: Symbols, watch: Watch | None = None) -> npt.NDArray[np.float32]:
        """What a sample costs, at its first byte."""
        coded = audio_values.find(_samples(chunk))
        own = Samples(self.tier, coded.lowest, coded.largest).bits(coded.numbers, watch)
        meaning = audio_values.read(Reader(coded.written), *chunk.shape[:2])
        costs = np.zeros(chunk.shape, np.float32)
        costs[:, meaning.coded, 0] = own.reshape(coded.numbers.shape)
        costs[0, 0, 0] += 8 * len(coded.written)
        return costs.reshape(-1)

    def predict(self, prefix: Symbols, shape: Sequence[int] | None = None) -> npt.NDArray[np.uint32]:
        """There is no distribution of a single byte.

        Raises:
            ModelError: always.
        """
        raise ModelError(f"{self.name} codes samples of four bytes as one: it has no distribution of single bytes")

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        """Of the loop, and of finding and restoring values."""
        return Samples(self.tier, 0, 0).memory(shape[:2]) + 8 * size_of(shape) + (64 << 20)


def _samples(chunk: Symbols) -> audio_values.Samples:
    """int32[frames, channels] of a chunk."""
    return np.ascontiguousarray(chunk).view(">i4")[..., 0].astype(np.int32)


class Fast(Audio):
    """Short filters."""

    def __init__(self) -> None:
        super().__init__("audio-1-fast", container.AUDIO_FAST, audio_tiers.FAST)


class Default(Audio):
    """Filters of up to 1024 samples, one after the other."""

    def __init__(self) -> None:
        super().__init__("audio-1", container.AUDIO, audio_tiers.DEFAULT)


class Max(Audio):
    """More of everything."""

    def __init__(self) -> None:
        super().__init__("audio-1-max", container.AUDIO_MAX, audio_tiers.MAX)
