"""The second generation of pixel models, from fast to small files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec import container, varint
from arcodec.errors import CorruptError
from arcodec.kernels import jpeg, pixel_tier
from arcodec.kernels import planes as kernel
from arcodec.models import conversions, gaps, jpeg_blocks, jpeg_search, pixel_tiers
from arcodec.models.base import GreenFirst, Model, Port, Symbols, Watch, Words, size_of
from arcodec.models.conversions import FULL, PHASES, Converted
from arcodec.models.jpeg_blocks import Blocks

# The payload's first byte: plain; 1 + source * LAYOUTS + layout; _COEFFICIENTS + layout of the blocks of a JPEG; or
# one channel of which some values come oftener than their neighbours.
_PLAIN = 0
_LAYOUTS = PHASES + 1
_COEFFICIENTS = 1 + len(conversions.SOURCES) * _LAYOUTS
_UNEVEN = _COEFFICIENTS + jpeg_blocks.LAYOUTS
_VARIANTS = _UNEVEN + 1
_UNEVEN_SAMPLES = 1 << 14  # of a picture at least
_UNEVEN_SHARE = 4  # of the samples, in second differences of the histogram
_SAMPLE = 96, 256  # rows and columns, by which it is decided whether a conversion helps
_EXCEPTION_BITS = 16  # what an exception is taken to cost
_EXCEPTIONS = 8  # of so many pixels may one be an exception
_ROW = 1024  # exceptions in a row
_LENGTHS = 24  # bytes of the lengths of parts, and of their ends


class Planes(Model):
    """A tier of the pixel kernel: one to three channels, maybe with others that are known beforehand.

    `uneven`: of one channel, whose values do not come equally often.

    Chunks are uint8[rows, columns, channels] without those that are `known`, uint8[rows, columns, k] or None.
    """

    dimensions = 3
    brief = True

    def __init__(self, tier: pixel_tier.Tier, known: Symbols | None = None, uneven: bool = False) -> None:
        self.tier, self.known, self.uneven = tier, known, uneven

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        if self.known is None:
            tables = kernel.allocate(self.tier, symbols.shape, 0, self.uneven)
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


class _Origin(NamedTuple):
    """What a picture is coded as: luma and chroma, or coefficients; and the pixels that these do not give."""

    number: int
    content: Converted | Blocks
    gaps: Symbols
    values: Symbols
    payload: bytes = b""  # if it was encoded to see whether it helps


class Pixels2(GreenFirst):
    """The second generation.

    If a picture was made of luma and chroma by a conversion that is known, or of the coefficients of a JPEG, these
    are coded: the payload's first byte says which.
    """

    def __init__(self, name: str, code: int, tier: pixel_tier.Tier) -> None:
        self.name, self.code, self.tier = name, code, tier
        self._plain, self._uneven = Planes(tier), Planes(tier, uneven=True)

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        """The loop of the plain variant, which `predict` and `sample` are of."""
        return self._plain.run(port, words, costs, symbols, stop)

    def encode(self, chunk: Symbols, watch: Watch | None = None) -> bytes:
        origin = self._origin(chunk, watch)
        if origin is None:
            number, model = self._of_samples(chunk)
            return bytes([number]) + model.encode(self.arrange(chunk), watch)
        return origin.payload or self._encoded(origin, chunk.shape, watch)

    def _encoded(self, origin: _Origin, shape: tuple[int, ...], watch: Watch | None) -> bytes:
        if isinstance(origin.content, Blocks):
            own = jpeg_blocks.encode(origin.content, shape, self._plain, watch)
        else:
            own = [stage.encode(symbols, watch) for stage, symbols in self._stages(origin.content)]
        parts = self._exceptions(origin, watch) + own
        lengths = [len(origin.gaps), *map(len, parts[:-1])]
        return bytes([origin.number]) + b"".join(map(varint.write, lengths)) + b"".join(parts)

    def decode(self, payload: bytes, shape: Sequence[int], watch: Watch | None = None) -> Symbols:
        shape = tuple(shape)
        if not payload or payload[0] >= _VARIANTS or _channels(payload[0]) not in (None, shape[2]):
            raise CorruptError(f"{self.name} has no variant {payload[0] if payload else 'at all'} for {shape}")
        if payload[0] in (_PLAIN, _UNEVEN):
            model = self._plain if payload[0] == _PLAIN else self._uneven
            return self.restore(model.decode(payload[1:], shape, watch))
        if payload[0] >= _COEFFICIENTS:
            layout = payload[0] - _COEFFICIENTS
            codes, values, parts = self._read(payload, jpeg_blocks.parts_of(layout), shape, watch)
            made = jpeg_blocks.restore(jpeg_blocks.decode(layout, parts, shape, self._plain, watch), shape)
            return conversions.corrected(made, codes, values)
        source, layout = divmod(payload[0] - 1, _LAYOUTS)
        rows, columns = shape[:2]
        codes, values, parts = self._read(payload, 1 if layout == FULL else 2, shape, watch)
        if layout == FULL:
            whole = self._plain.decode(parts[0], shape, watch)
            luma, chromas = (np.ascontiguousarray(x) for x in (whole[..., :1], whole[..., 1:]))
        else:
            luma = self._plain.decode(parts[0], (rows, columns, 1), watch)
            pair = Planes(self.tier, conversions.quarters(luma, layout))
            chromas = pair.decode(parts[1], conversions.cells_shape(rows, columns, layout), watch)
        return conversions.restore(Converted(source, layout, luma, chromas, codes, values))

    def bits(self, chunk: Symbols, watch: Watch | None = None) -> npt.NDArray[np.float32]:
        """What luma costs counts as green's, what chroma costs as red's and blue's, of the pixel where it lies."""
        origin = self._origin(chunk, watch)
        if origin is None:
            return self._of_samples(chunk)[1].bits(self.arrange(chunk), watch)
        content = origin.content
        if isinstance(content, Blocks):
            costs = jpeg_blocks.bits(content, chunk.shape, self._plain, watch)
        else:
            costs = np.zeros(chunk.shape, np.float32)
            (first, symbols), *second = self._stages(content)
            own = first.bits(symbols, watch).reshape(*chunk.shape[:2], -1)
            costs[..., : own.shape[2]] = own
            for pair, cells in second:
                own = pair.bits(cells, watch).reshape(cells.shape)
                costs[content.layout >> 1 :: 2, content.layout & 1 :: 2, 1:] = own
        flat = costs.reshape(-1)
        places = gaps.places(origin.gaps.tobytes(), chunk.shape[0] * chunk.shape[1])
        if len(places):
            flat[chunk.shape[2] * places] += 8 * sum(map(len, self._exceptions(origin, watch))) / len(places)
        flat[:1] += 8 * _LENGTHS
        return flat

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        """Of the variant that the payload names, or the most that any takes."""
        plain = self._plain.memory(shape)
        if payload[:1] in (bytes([_PLAIN]), bytes([_UNEVEN])):
            return plain
        pixels = shape[0] * shape[1]
        layouts = range(1, jpeg_blocks.LAYOUTS) if shape[2] == 3 else [jpeg_blocks.GRAY]
        blocks = max(jpeg_blocks.memory(tuple(shape), layout) for layout in layouts)
        pictures = 24 * pixels  # chromas found and kept, lumas, what they make, exceptions
        lists = [(*_rows_shape(_most_gaps(pixels)), 1), (*_rows_shape(pixels // _EXCEPTIONS + 1), shape[2])]
        strips = [(jpeg.BLOCK, max(shape[:2]), 1), (*_rows_shape(pixels), 1)]  # of patches the most as well
        return max(blocks, pictures) + max(plain, *map(self._plain.memory, lists + strips))

    def _of_samples(self, chunk: Symbols) -> tuple[int, Planes]:
        """The variant of samples of no known origin, and its model."""
        return (_UNEVEN, self._uneven) if chunk.shape[2] == 1 and _is_uneven(chunk) else (_PLAIN, self._plain)

    def _stages(self, converted: Converted) -> list[tuple[Planes, Symbols]]:
        """What is coded one after the other, and by what."""
        if converted.layout == FULL:
            return [(Planes(self.tier), np.concatenate([converted.luma, converted.chromas], axis=2))]
        pair = Planes(self.tier, conversions.quarters(converted.luma, converted.layout))
        return [(Planes(self.tier), converted.luma), (pair, converted.chromas)]

    def _origin(self, chunk: Symbols, watch: Watch | None) -> _Origin | None:
        """What the chunk was made of, if that is known and a sample says that it helps."""
        converted = conversions.find(chunk) if chunk.shape[2] == 3 else None
        origin = None
        if converted:
            number = 1 + converted.source * _LAYOUTS + converted.layout
            origin = _Origin(number, converted, converted.gaps, converted.values)
            if converted.layout != FULL:
                return origin
        elif chunk.shape[2] == 3:
            return None
        blocks = jpeg_search.find(chunk, converted.chromas if converted else None)
        if not (origin or blocks):
            return None
        rows, columns = (slice((n - m) // 2, (n - m) // 2 + m) if n > m else slice(None) for n, m in
                         zip(chunk.shape[:2], _SAMPLE, strict=True))  # fmt: skip
        sample = chunk[rows, columns]
        scout, share = Planes(pixel_tiers.FAST), sample.size / chunk.size
        least = float(scout.bits(self.arrange(sample), watch).sum())
        if origin and converted:
            first = np.concatenate([converted.luma[rows, columns], converted.chromas[rows, columns]], axis=2)
            cost = float(scout.bits(first, watch).sum()) + _EXCEPTION_BITS * len(origin.values) * share
            least, origin = (cost, origin) if cost < least else (least, None)
        if blocks:
            exceptions = conversions.corrections(chunk, jpeg_blocks.restore(blocks, chunk.shape))
            jpeg = _Origin(_COEFFICIENTS + blocks.layout, blocks, *exceptions)
            if len(jpeg.values) * _EXCEPTIONS <= chunk.shape[0] * chunk.shape[1]:
                payload = self._encoded(jpeg, chunk.shape, watch)
                if 8 * share * len(payload) < least:
                    return jpeg._replace(payload=payload)
        return origin

    def _exceptions(self, origin: _Origin, watch: Watch | None) -> list[bytes]:
        """The coded gaps and values."""
        if not len(origin.gaps):
            return [b"", b""]
        return [self._plain.encode(_in_rows(array), watch) for array in (origin.gaps[:, None], origin.values)]

    def _read(
        self, payload: bytes, count: int, shape: tuple[int, ...], watch: Watch | None
    ) -> tuple[Symbols, Symbols, list[bytes]]:
        """(gaps, values, the other parts, of which there are `count`)."""
        length, at = varint.read(payload, 1)
        lengths = []
        for _ in range(count + 1):
            number, at = varint.read(payload, at)
            lengths.append(number)
        parts = []
        for number in lengths:
            parts.append(payload[at : at + number])
            at += number
        if at > len(payload):
            raise CorruptError("the payload ends within its parts")
        parts.append(payload[at:])
        pixels, channels = shape[0] * shape[1], shape[2]
        if length > _most_gaps(pixels):
            raise CorruptError(f"{length} bytes of gaps between exceptions are too many for {pixels} pixels")
        if not length:
            return np.zeros(0, np.uint8), np.zeros((0, channels), np.uint8), parts[2:]
        codes = self._plain.decode(parts[0], (*_rows_shape(length), 1), watch).reshape(-1)[:length]
        exceptions = len(gaps.places(codes.tobytes(), pixels))
        values = self._plain.decode(parts[1], (*_rows_shape(exceptions), channels), watch)
        return codes, values.reshape(-1, channels)[:exceptions], parts[2:]


def _channels(number: int) -> int | None:
    """How many channels a picture has of which the payload's first byte is this; None for any."""
    if number == _PLAIN:
        return None
    return 1 if number in (_COEFFICIENTS + jpeg_blocks.GRAY, _UNEVEN) else 3


def _is_uneven(chunk: Symbols) -> bool:
    """Whether neighbours in the histogram differ by more than a slope and chance explain."""
    counts = np.bincount(chunk.reshape(-1), minlength=256)
    bends = np.abs(np.diff(counts, 2)).sum()
    return chunk.size >= _UNEVEN_SAMPLES and int(bends) * _UNEVEN_SHARE > chunk.size


def _rows_shape(count: int) -> tuple[int, int]:
    """The rows and columns that a list is coded in."""
    return -(-count // _ROW), min(count, _ROW)


def _in_rows(values: Symbols) -> Symbols:
    """uint8[n, channels] in rows, zeros at the end of the last."""
    rows, columns = _rows_shape(len(values))
    padded = np.zeros((rows * columns, values.shape[1]), np.uint8)
    padded[: len(values)] = values
    return padded.reshape(rows, columns, -1)


def _most_gaps(pixels: int) -> int:
    """Bytes of gaps between exceptions at most."""
    return (pixels // _EXCEPTIONS + 1) * 5


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
