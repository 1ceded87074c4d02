"""The models of JPEG files' coefficients, from fast to small files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec import container, varint
from arcodec.content._recipe import Reader
from arcodec.errors import CorruptError
from arcodec.models import coefficient_chunks as chunks
from arcodec.models.base import Model, Port, Symbols, Watch, Words, size_of
from arcodec.models.coefficients import Coefficients, Component
from arcodec.models.order0 import Order0

Blocks = npt.NDArray[np.int16]  # [blocks, 64]

_BYTES, _COEFFICIENTS = 0, 1  # the payload's first byte
_HEADER = 16  # bytes of the fields that `bits` counts beside those of `chunks.written`
_ROOM = 1 << 16  # bytes of memory for these


class Jpeg(Model):
    """Quantised coefficients of one or more components, of which the chunk itself tells.

    Chunks are uint8[rows, 128]: the rows of `coefficient_chunks`, then one for each block, 64 int16, low bytes first,
    by components, as `Coefficients` takes them. Chunks of the shape that hold something else are coded by `Order0`.
    """

    dimensions = 2

    def __init__(self, name: str, code: int, kernel: Any) -> None:
        self.name, self.code = name, code
        self._kernel = kernel  # a module like `arcodec.kernels.coefficients`
        self._plain = Order0()

    def accepts(self, shape: Sequence[int]) -> bool:
        return len(shape) == 2 and shape[1] == chunks.ROW and shape[0] >= 1

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        """The loop for chunks of something else, which `predict` and `sample` are of."""
        return self._plain.run(port, words, costs, symbols.reshape(-1), stop)

    def encode(self, chunk: Symbols, watch: Watch | None = None) -> bytes:
        components = chunks.read(chunk)
        if components is None:
            return bytes([_BYTES]) + self._plain.encode(chunk.reshape(-1), watch)
        parts = [model.encode(own, watch) for model, own in self._models(components, _blocks(chunk, components))]
        lengths = [varint.write(len(part)) for part in parts[:-1]]
        return bytes([_COEFFICIENTS]) + b"".join([chunks.written(components), *lengths, *parts])

    def decode(self, payload: bytes, shape: Sequence[int], watch: Watch | None = None) -> Symbols:
        if not self.accepts(shape) or payload[:1] not in (bytes([_BYTES]), bytes([_COEFFICIENTS])):
            raise CorruptError(f"{self.name} has no variant {payload[0] if payload else 'at all'} for {tuple(shape)}")
        if payload[0] == _BYTES:
            return self._plain.decode(payload[1:], (size_of(shape),), watch).reshape(tuple(shape))
        reader = Reader(payload[1:])
        components = chunks.read_written(reader, shape[0])
        made = np.empty(tuple(shape), np.uint8)
        made[: 1 + len(components)] = chunks.rows(components)
        coded = self._models(components, _blocks(made, components))
        lengths = [reader.number() for _ in coded[:-1]]
        parts = [reader.take(length) for length in lengths] + [reader.rest()]
        for (model, own), part in zip(coded, parts, strict=True):
            own[:] = model.decode(part, own.shape, watch)
        return made

    def bits(self, chunk: Symbols, watch: Watch | None = None) -> npt.NDArray[np.float32]:
        """What a coefficient costs counts as its low byte's."""
        components = chunks.read(chunk)
        if components is None:
            costs = self._plain.bits(chunk.reshape(-1), watch)
            costs[:1] += 8
            return costs
        costs = np.zeros(chunk.shape, np.float32)
        costs[0, 0] = 8 * (len(chunks.written(components)) + _HEADER)
        at = 1 + len(components)
        for model, own in self._models(components, _blocks(chunk, components)):
            costs[at : at + len(own), ::2] = model.bits(own, watch).reshape(own.shape)
            at += len(own)
        return costs.reshape(-1)

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        """The tables of the group that takes most; without the whole payload, of the worst that a chunk may hold."""
        if payload[:1] == bytes([_BYTES]):
            return self._plain.memory((size_of(shape),))
        if len(payload) > 1:
            components = chunks.read_written(Reader(payload[1:]), shape[0])
            groups = chunks.groups(components) or []
        else:
            steps = np.ones(64, np.int64)
            groups = [[Component(1, shape[0], 1, 1, steps)] * 3]
        return max(Coefficients(g, self._kernel).memory((chunks.blocks(g), 64)) for g in groups) + _ROOM

    def _models(self, components: Sequence[Component], blocks: Blocks) -> list[tuple[Any, Blocks]]:
        """What is coded one after the other, and by what; models not said to be such, for they code int16."""
        coded, at = [], 0
        for group in chunks.groups(components) or []:
            count = chunks.blocks(group)
            coded.append((Coefficients(group, self._kernel), blocks[at : at + count]))
            at += count
        return coded


def _blocks(chunk: Symbols, components: Sequence[Component]) -> Blocks:
    """A view of all coefficients."""
    return chunk[1 + len(components) :].view("<i2")


class Default(Jpeg):
    """Five contexts, nothing regressed."""

    def __init__(self) -> None:
        from arcodec.kernels import quick_coefficients

        super().__init__("coefficients-1", container.COEFFICIENTS, quick_coefficients)


class Max(Jpeg):
    """Two regressions and twenty contexts."""

    def __init__(self) -> None:
        from arcodec.kernels import coefficients

        super().__init__("coefficients-1-max", container.COEFFICIENTS_MAX, coefficients)
