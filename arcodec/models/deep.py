"""The models of samples of 9 to 16 bits, from fast to small files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from arcodec import container
from arcodec.errors import CorruptError, ModelError
from arcodec.kernels import deep as kernel
from arcodec.kernels import pixel_tier
from arcodec.models import deep_tiers
from arcodec.models.base import Model, Port, Symbols, Watch, Words, size_of

_HEADER = 3  # bytes before the coded payload: layout, and the largest sample
_PLAIN, _MOSAIC = range(2)
_LOOKED_AT = 512  # rows and columns by which it is decided whether samples are of a mosaic
_Item = TypeVar("_Item", np.uint8, np.float32)


class Samples(Model):
    """A tier of the deep kernel: one, three or four channels of samples 0 ... `largest`, none rearranged."""

    dimensions = 3
    brief = True

    def __init__(self, tier: pixel_tier.Tier, largest: int) -> None:
        self.tier, self.largest = tier, largest

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        """See `Model.run`; `stop` is even: a sample's two bytes are coded as one, and the first bears the cost."""
        tables = kernel.allocate(self.tier, symbols.shape, self.largest)
        return int(kernel.run(port, words, costs, symbols, stop, tables))

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        """The tables, and what making them takes."""
        tables = sum(size_of(s) * np.dtype(t).itemsize for s, t in kernel.table_shapes(self.tier, shape))
        return tables + (8 << 20)


class Deep(Model):
    """Photographs of more than 8 bits per sample, gray or colour; learns everything from the chunk itself.

    Chunks are uint8[rows, columns, 2 or 6]: one or three channels (red, green, blue), of each sample the high byte
    and the low byte. Three are coded green first. A channel whose samples see one of four colours each, as those of
    a sensor do, is coded as four channels of half the rows and columns.
    """

    dimensions = 3

    def __init__(self, name: str, code: int, tier: pixel_tier.Tier) -> None:
        self.name, self.code, self.tier = name, code, tier

    def accepts(self, shape: Sequence[int]) -> bool:
        return len(shape) == 3 and shape[2] in (2, 6) and shape[0] >= 1 and shape[1] >= 1

    def arrange(self, chunk: Symbols) -> Symbols:
        order = [2, 3, 0, 1, 4, 5] if chunk.shape[2] == 6 else [0, 1]
        return np.ascontiguousarray(chunk[:, :, order], np.uint8)

    def restore(self, symbols: Symbols) -> Symbols:
        return self.arrange(symbols)  # exchanging the first two channels undoes itself

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        """The loop for samples of 16 bits that are no mosaic, which `sample` is of; `stop` is even."""
        return Samples(self.tier, 65535).run(port, words, costs, symbols, stop)

    def encode(self, chunk: Symbols, watch: Watch | None = None) -> bytes:
        layout, symbols = self._laid_out(chunk)
        largest = _largest(symbols)
        header = bytes([layout]) + largest.to_bytes(2, "little")
        return header + Samples(self.tier, largest).encode(symbols, watch)

    def decode(self, payload: bytes, shape: Sequence[int], watch: Watch | None = None) -> Symbols:
        if len(payload) < _HEADER or payload[0] > _MOSAIC or (payload[0] == _MOSAIC and not _may_be_mosaic(shape)):
            raise CorruptError(f"{self.name} has no layout {payload[0] if payload else 'at all'} for {tuple(shape)}")
        samples = Samples(self.tier, int.from_bytes(payload[1:_HEADER], "little"))
        if payload[0] == _PLAIN:
            return self.restore(samples.decode(payload[_HEADER:], shape, watch))
        return _joined(samples.decode(payload[_HEADER:], (shape[0] // 2, shape[1] // 2, 8), watch))

    def bits(self, chunk: Symbols, watch: Watch | None = None) -> npt.NDArray[np.float32]:
        """What a sample costs, at its high byte."""
        layout, symbols = self._laid_out(chunk)
        costs = Samples(self.tier, _largest(symbols)).bits(symbols, watch)
        if layout == _MOSAIC:
            costs = _joined(costs.reshape(symbols.shape)).reshape(-1)
        costs[0] += 8 * _HEADER
        return costs

    def predict(self, prefix: Symbols, shape: Sequence[int] | None = None) -> npt.NDArray[np.uint32]:
        """There is no distribution of a single byte.

        Raises:
            ModelError: always.
        """
        raise ModelError(f"{self.name} codes samples of two bytes as one: it has no distribution of single bytes")

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        """Of the layout that the payload names, or the most that any takes."""
        needed = []
        if payload[:1] != bytes([_MOSAIC]):
            needed.append(Samples(self.tier, 0).memory(shape))
        if payload[:1] != bytes([_PLAIN]) and _may_be_mosaic(shape):
            cells = shape[0] // 2, shape[1] // 2, 8
            needed.append(Samples(self.tier, 0).memory(cells) + size_of(shape))
        return max(needed, default=0)

    def _laid_out(self, chunk: Symbols) -> tuple[int, Symbols]:
        """The layout of a chunk, and its symbols in it, in coding order."""
        if _may_be_mosaic(chunk.shape) and _is_mosaic(chunk):
            return _MOSAIC, _cells(chunk)
        return _PLAIN, self.arrange(chunk)


def _largest(symbols: Symbols) -> int:
    return int(symbols.view(">u2").max())


def _may_be_mosaic(shape: Sequence[int]) -> bool:
    return shape[2] == 2 and not (shape[0] | shape[1]) & 1


def _is_mosaic(chunk: Symbols) -> bool:
    """Whether samples are more like those two away than like their neighbours, in the middle of the chunk."""
    rows, columns = (slice(max((n - _LOOKED_AT) // 2, 0), (n + _LOOKED_AT) // 2) for n in chunk.shape[:2])
    samples = np.ascontiguousarray(chunk[rows, columns]).view(">u2")[..., 0].astype(np.int64)
    inner = samples[2:, 2:]
    near = abs(inner - samples[1:-1, 2:]) + abs(inner - samples[2:, 1:-1])
    far = abs(inner - samples[:-2, 2:]) + abs(inner - samples[2:, :-2])
    return int(far.sum()) < int(near.sum())


def _cells(chunk: Symbols) -> Symbols:
    """Every four samples of two rows and two columns as one pixel of four channels: (rows / 2, columns / 2, 8)."""
    rows, columns, _ = chunk.shape
    cells = chunk.reshape(rows // 2, 2, columns // 2, 2, 2).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(cells).reshape(rows // 2, columns // 2, 8)


def _joined(cells: npt.NDArray[_Item]) -> npt.NDArray[_Item]:
    """Undo `_cells`."""
    rows, columns, _ = cells.shape
    chunk = cells.reshape(rows, columns, 2, 2, 2).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(chunk).reshape(2 * rows, 2 * columns, 2)


class Fast(Deep):
    """Two predictors, no contexts."""

    def __init__(self) -> None:
        super().__init__("deep-1-fast", container.DEEP_FAST, deep_tiers.FAST)


class Default(Deep):
    """Three predictors and a dozen contexts."""

    def __init__(self) -> None:
        super().__init__("deep-1", container.DEEP, deep_tiers.DEFAULT)


class Max(Deep):
    """Four predictors and some thirty contexts."""

    def __init__(self) -> None:
        super().__init__("deep-1-max", container.DEEP_MAX, deep_tiers.MAX)
