"""The second generation of pixel models, from fast to small files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from arcodec import container, varint
from arcodec.errors import CorruptError
from arcodec.kernels import pixel_tier
from arcodec.kernels import planes as kernel
from arcodec.models import conversions, pixel_tiers
from arcodec.models.base import GreenFirst, Model, Port, Symbols, Watch, Words, size_of
from arcodec.models.conversions import FULL, PHASES, Converted

_PLAIN = 0  # the payload's first byte; else 1 + source * LAYOUTS + layout
_LAYOUTS = PHASES + 1
_SAMPLE = 96, 256  # rows and columns, by which it is decided whether a conversion helps
_EXCEPTION_BITS = 16  # what an exception is taken to cost
_LENGTHS = 24  # bytes of the lengths of parts, and of their ends


class Planes(Model):
    """A tier of the pixel kernel: one to three channels, maybe with others that are known beforehand.

    Chunks are uint8[rows, columns, channels] without those that are `known`, uint8[rows, columns, k] or None.
    """

    dimensions = 3
    brief = True

    def __init__(self, tier: pixel_tier.Tier, known: Symbols | None = None) -> None:
        self.tier, self.known = tier, known

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        if self.known is None:
            tables = kernel.allocate(self.tier, symbols.shape, 0)
            return int(kernel.run(port, words, costs, symbols, stop, tables))
        known = self.known.shape[2]
        joined = np.concatenate([self.known, symbols], axis=2)
        tables = kernel.allocate(self.tier, joined.shape, known)
        done = int(kernel.run(port, words, costs, joined, stop, tables))
        symbols[:] = joined[..., known:]
        return done

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        """The tables, what making them takes, and channels joined to others."""
        known = 0 if self.known is None else self.known.shape[2]
        joined = (*shape[:2], shape[2] + known)
        tables = sum(size_of(s) * np.dtype(t).itemsize for s, t in kernel.table_shapes(self.tier, joined, known))
        return tables + (8 << 20) + (size_of(joined) if known else 0)


class Pixels2(GreenFirst):
    """The second generation.

    If a picture of three channels comes from luma and chroma by a conversion that is known, these are coded instead:
    the payload's first byte says which.
    """

    def __init__(self, name: str, code: int, tier: pixel_tier.Tier) -> None:
        self.name, self.code, self.tier = name, code, tier
        self._plain = Planes(tier)

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        """The loop of the plain variant, which `predict` and `sample` are of."""
        return self._plain.run(port, words, costs, symbols, stop)

    def encode(self, chunk: Symbols, watch: Watch | None = None) -> bytes:
        converted = self._converted(chunk, watch)
        if converted is None:
            return bytes([_PLAIN]) + self._plain.encode(self.arrange(chunk), watch)
        number = 1 + converted.source * _LAYOUTS + converted.layout
        parts = self._exceptions(converted, watch)
        first, second = self._stages(converted)
        parts.append(first.encode(_first(converted), watch))
        if second:
            parts.append(second.encode(converted.chromas, watch))
        lengths = [len(converted.gaps), *map(len, parts[:-1])]
        return bytes([number]) + b"".join(varint.write(n) for n in lengths) + b"".join(parts)

    def decode(self, payload: bytes, shape: Sequence[int], watch: Watch | None = None) -> Symbols:
        if not payload or payload[0] > len(conversions.SOURCES) * _LAYOUTS or (payload[0] and shape[2] != 3):
            raise CorruptError(f"{self.name} has no variant {payload[0] if payload else 'at all'} for {tuple(shape)}")
        if payload[0] == _PLAIN:
            return self.restore(self._plain.decode(payload[1:], shape, watch))
        source, layout = divmod(payload[0] - 1, _LAYOUTS)
        rows, columns = shape[0], shape[1]
        length, parts = _parts(payload, 3 if layout == FULL else 4)
        gaps, values = self._read_exceptions(length, parts, rows * columns, watch)
        if layout == FULL:
            whole = self._plain.decode(parts[2], shape, watch)
            luma, chromas = (np.ascontiguousarray(x) for x in (whole[..., :1], whole[..., 1:]))
        else:
            luma = self._plain.decode(parts[2], (rows, columns, 1), watch)
            pair = Planes(self.tier, conversions.quarters(luma, layout))
            chromas = pair.decode(parts[3], conversions.cells_shape(rows, columns, layout), watch)
        return conversions.restore(Converted(source, layout, luma, chromas, gaps, values))

    def bits(self, chunk: Symbols, watch: Watch | None = None) -> npt.NDArray[np.float32]:
        """What luma costs counts as green's, what chroma costs as red's and blue's, of the pixel where it lies."""
        converted = self._converted(chunk, watch)
        if converted is None:
            return self._plain.bits(self.arrange(chunk), watch)
        first, second = self._stages(converted)
        costs = np.zeros(chunk.shape, np.float32)
        own = first.bits(_first(converted), watch).reshape(*chunk.shape[:2], -1)
        costs[..., : own.shape[2]] = own
        if second:
            layout = converted.layout
            pair = second.bits(converted.chromas, watch).reshape(converted.chromas.shape)
            costs[layout >> 1 :: 2, layout & 1 :: 2, 1:] = pair
        flat = costs.reshape(-1)
        places = conversions.exceptional(converted)
        if len(places):
            flat[3 * places] += 8 * sum(map(len, self._exceptions(converted, watch))) / len(places)
        flat[:1] += 8 * _LENGTHS
        return flat

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        """Of the variant that the payload names, or the most that any takes."""
        plain = self._plain.memory(shape)
        if shape[2] != 3 or payload[:1] == bytes([_PLAIN]):
            return plain
        rows, columns = shape[0], shape[1]
        pictures = 24 * rows * columns  # chromas found and kept, lumas, what they make, exceptions
        return pictures + max(plain, self._plain.memory((1, _most_gaps(rows * columns), 1)))

    def _stages(self, converted: Converted) -> tuple[Planes, Planes | None]:
        if converted.layout == FULL:
            return Planes(self.tier), None
        return Planes(self.tier), Planes(self.tier, conversions.quarters(converted.luma, converted.layout))

    def _converted(self, chunk: Symbols, watch: Watch | None) -> Converted | None:
        """The chunk in luma and chroma, if it comes from there and a sample says that it helps."""
        if chunk.shape[2] != 3:
            return None
        whole = conversions.find(chunk)
        if whole is None or whole.layout != FULL:
            return whole
        rows, columns = (slice((n - m) // 2, (n - m) // 2 + m) if n > m else slice(None) for n, m in
                         zip(chunk.shape[:2], _SAMPLE, strict=True))  # fmt: skip
        scout = Planes(pixel_tiers.FAST)
        sample = np.concatenate([whole.luma[rows, columns], whole.chromas[rows, columns]], axis=2)
        cost = float(scout.bits(sample, watch).sum()) + _EXCEPTION_BITS * len(conversions.exceptional(whole)) * (
            sample.size / chunk.size
        )
        return whole if cost < float(scout.bits(self.arrange(chunk[rows, columns]), watch).sum()) else None

    def _exceptions(self, converted: Converted, watch: Watch | None) -> list[bytes]:
        """The coded gaps and values."""
        if not len(converted.gaps):
            return [b"", b""]
        gaps, values = converted.gaps.reshape(1, -1, 1), converted.values.reshape(1, -1, 3)
        return [self._plain.encode(gaps, watch), self._plain.encode(values, watch)]

    def _read_exceptions(
        self, length: int, parts: list[bytes], pixels: int, watch: Watch | None
    ) -> tuple[Symbols, Symbols]:
        """(gaps, values), of which `length` bytes are gaps."""
        if length > _most_gaps(pixels):
            raise CorruptError(f"{length} bytes of gaps between exceptions are too many for {pixels} pixels")
        if not length:
            return np.zeros(0, np.uint8), np.zeros((0, 3), np.uint8)
        gaps = self._plain.decode(parts[0], (1, length, 1), watch).reshape(-1)
        count = len(conversions.gap_lengths(gaps))
        return gaps, self._plain.decode(parts[1], (1, count, 3), watch).reshape(-1, 3)


def _first(converted: Converted) -> Symbols:
    """The channels that are coded first."""
    if converted.layout == FULL:
        return np.concatenate([converted.luma, converted.chromas], axis=2)
    return converted.luma


def _most_gaps(pixels: int) -> int:
    """Bytes of gaps between exceptions at most."""
    return (pixels // conversions.EXCEPTIONS + 1) * 5


def _parts(payload: bytes, count: int) -> tuple[int, list[bytes]]:
    """What follows the first byte: a number, the lengths of all parts but the last, and the parts."""
    number, at = varint.read(payload, 1)
    lengths = []
    for _ in range(count - 1):
        length, at = varint.read(payload, at)
        lengths.append(length)
    parts = []
    for length in lengths:
        parts.append(payload[at : at + length])
        at += length
    if at > len(payload):
        raise CorruptError("the payload ends within its parts")
    return number, [*parts, payload[at:]]


class Fast(Pixels2):
    """Two predictors, no contexts."""

    def __init__(self) -> None:
        super().__init__("pixels-2-fast", container.PIXELS_FAST, pixel_tiers.FAST)


class Default(Pixels2):
    """Three predictors and a dozen contexts."""

    def __init__(self) -> None:
        super().__init__("pixels-2", container.PIXELS_2, pixel_tiers.DEFAULT)


class Max(Pixels2):
    """Four predictors and some thirty contexts."""

    def __init__(self) -> None:
        super().__init__("pixels-2-max", container.PIXELS_MAX, pixel_tiers.MAX)
