"""Pictures that were a JPEG, as the quantised coefficients they were made of."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec.errors import CorruptError
from arcodec.kernels import jpeg, sources
from arcodec.kernels.jpeg import BLOCK
from arcodec.models.base import Model, Symbols, Watch
from arcodec.models.coefficients import Coefficients, Component

GRAY, WHOLE, HALVED_COLUMNS, HALVED = range(4)  # layouts: a single component; chroma as large as luma; halved
LAYOUTS = 4
_AS_BEFORE, _OWN = 201, 0  # tables: the component's before; 64 bytes; else the standard's, see `standard_tables`

# Tables K.1 and K.2 of ITU-T T.81, for luma and chroma.
_LUMA = (
    *(16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56),
    *(14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92),
    *(49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99),
)
_CHROMA = (
    *(17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99),
    *(47, 66, 99, 99, 99, 99, 99, 99),
    *(99,) * 32,
)


class Blocks(NamedTuple):
    """A picture as coefficients.

    Attributes:
        layout: GRAY, WHOLE, HALVED_COLUMNS or HALVED.
        steps: int64[components, 64], what coefficients are multiples of, 1 ... 255.
        coefficients: int16[blocks, 64], of all components one after the other, blocks and frequencies in rows.
        strips: of each component, the samples that lie in no whole block: uint8[rows % 8, columns], and those to the
            right of the blocks turned, uint8[columns % 8, rows - rows % 8]; empty ones as well.
    """

    layout: int
    steps: npt.NDArray[np.int64]
    coefficients: npt.NDArray[np.int16]
    strips: tuple[Symbols, ...]


@cache
def source() -> sources.Source:
    return sources.jpeg()


@cache
def standard_tables() -> npt.NDArray[np.int64]:
    """int64[200, 64]: the standard's tables, as the Independent JPEG Group scales them by quality 1 ... 100."""
    scales = [5000 // q if q < 50 else 200 - 2 * q for q in range(1, 101)]
    base = np.array([_LUMA, _CHROMA], np.int64)[:, None]
    tables: npt.NDArray[np.int64] = np.clip((base * np.array(scales)[:, None] + 50) // 100, 1, 255).reshape(-1, 64)
    return tables


def planes_shapes(shape: tuple[int, ...], layout: int) -> list[tuple[int, int]]:
    """(rows, columns) of each component of a picture of this shape."""
    rows, columns = shape[0], shape[1]
    if layout == GRAY:
        return [(rows, columns)]
    halved = ((rows + 1) // 2 if layout == HALVED else rows, columns if layout == WHOLE else (columns + 1) // 2)
    return [(rows, columns), halved, halved]


def strips_shapes(shape: tuple[int, int]) -> list[tuple[int, int]]:
    """The shapes of the two strips of a component."""
    rows, columns = shape
    return [(rows % BLOCK, columns), (columns % BLOCK, rows - rows % BLOCK)]


def restore(blocks: Blocks, shape: tuple[int, ...]) -> Symbols:
    """The picture, uint8 of `shape`, without its exceptions."""
    shapes = planes_shapes(shape, blocks.layout)
    planes, first = [], 0
    for k, (rows, columns) in enumerate(shapes):
        plane = np.empty((rows, columns), np.uint8)
        count = (rows // BLOCK) * (columns // BLOCK)
        own = np.ascontiguousarray(blocks.coefficients[first : first + count], np.int16)
        jpeg.fill_blocks(own, blocks.steps[k], plane, np.empty(64, np.int64))
        bottom, right = blocks.strips[2 * k : 2 * k + 2]
        plane[rows - rows % BLOCK :] = bottom
        plane[: rows - rows % BLOCK, columns - columns % BLOCK :] = right.T
        planes.append(plane)
        first += count
    if blocks.layout == GRAY:
        return planes[0][..., None]
    luma, *chromas = planes
    pixels = np.empty((*luma.shape, 3), np.uint8)
    sources.convert(source(), luma, spread(chromas, luma.shape, blocks.layout), pixels)
    return pixels


def spread(planes: list[Symbols], shape: tuple[int, ...], layout: int) -> Symbols:
    whole = np.empty((*shape, 2), np.uint8)
    for k, plane in enumerate(planes):
        one = plane
        if layout != WHOLE:
            one = np.empty(shape, np.uint8)
            jpeg.spread(plane, layout == HALVED, one)
        whole[..., k] = one
    return whole


def _model(blocks: Blocks, shape: tuple[int, ...]) -> Coefficients:
    halved_rows, halved_columns = blocks.layout == HALVED, blocks.layout in (HALVED, HALVED_COLUMNS)
    return Coefficients(
        [
            Component(rows // BLOCK, columns // BLOCK, 1 + (k > 0 and halved_rows), 1 + (k > 0 and halved_columns), s)
            for k, ((rows, columns), s) in enumerate(
                zip(planes_shapes(shape, blocks.layout), blocks.steps, strict=True)
            )
        ]
    )


def encode(blocks: Blocks, shape: tuple[int, ...], plain: Model, watch: Watch | None = None) -> list[bytes]:
    """The parts of a payload: tables, coefficients, and each strip by the model `plain`."""
    parts = [_written_tables(blocks.steps), _model(blocks, shape).encode(blocks.coefficients, watch)]
    return parts + [plain.encode(strip[..., None], watch) if strip.size else b"" for strip in blocks.strips]


def parts_of(layout: int) -> int:
    """How many parts `encode` gives."""
    return 2 + 2 * (1 if layout == GRAY else 3)


def decode(
    layout: int, parts: list[bytes], shape: tuple[int, ...], plain: Model, watch: Watch | None = None
) -> Blocks:
    """Undo `encode`.

    Raises:
        CorruptError: the parts are not what `encode` gives.
    """
    shapes = planes_shapes(shape, layout)
    blocks = Blocks(layout, _read_tables(parts[0], len(shapes)), np.empty((0, 64), np.int16), ())
    count = sum((rows // BLOCK) * (columns // BLOCK) for rows, columns in shapes)
    coefficients = _model(blocks, shape).decode(parts[1], (count, 64), watch)
    strips = []
    for part, strip in zip(parts[2:], (s for plane in shapes for s in strips_shapes(plane)), strict=True):
        if 0 in strip and part:
            raise CorruptError("a strip without samples should be empty")
        strips.append(np.zeros(strip, np.uint8) if 0 in strip else plain.decode(part, (*strip, 1), watch)[..., 0])
    return blocks._replace(coefficients=coefficients, strips=tuple(strips))


def _written_tables(steps: npt.NDArray[np.int64]) -> bytes:
    standard = standard_tables()
    written = b""
    for k, own in enumerate(steps):
        same = np.flatnonzero((standard == own).all(axis=1))
        if k and (own == steps[k - 1]).all():
            written += bytes([_AS_BEFORE])
        elif len(same):
            written += bytes([int(same[0]) + 1])
        else:
            written += bytes([_OWN]) + own.astype(np.uint8).tobytes()
    return written


def _read_tables(data: bytes, count: int) -> npt.NDArray[np.int64]:
    steps: list[npt.NDArray[np.int64]] = []
    at = 0
    while len(steps) < count and at < len(data):
        kind = data[at]
        at += 1
        if kind == _OWN:
            steps.append(np.frombuffer(data[at : at + 64], np.uint8).astype(np.int64))
            at += 64
        elif kind == _AS_BEFORE and steps:
            steps.append(steps[-1])
        elif kind < _AS_BEFORE:
            steps.append(standard_tables()[kind - 1])
    if at != len(data) or len(steps) != count or any(len(s) != 64 or not s.all() for s in steps):
        raise CorruptError("the tables of a picture's coefficients are not what they should be")
    return np.stack(steps)


def memory(shape: tuple[int, ...], layout: int) -> int:
    """Bytes beside the strips' model that `decode` and `restore` take, an upper bound."""
    shapes = planes_shapes(shape, layout)
    blocks = Blocks(layout, np.ones((len(shapes), 64), np.int64), np.empty((0, 64), np.int16), ())
    count = sum((rows // BLOCK) * (columns // BLOCK) for rows, columns in shapes)
    samples = sum(rows * columns for rows, columns in shapes)
    return _model(blocks, shape).memory((count, 64)) + 128 * count + 3 * samples + 8 * shape[0] * shape[1]


def bits(blocks: Blocks, shape: tuple[int, ...], plain: Model, watch: Watch | None = None) -> npt.NDArray[np.float32]:
    """What each sample costs, float32 of `shape`: a block's bits spread over it, luma's in the first channel."""
    costs = np.zeros(shape, np.float32)
    each = _model(blocks, shape).bits(blocks.coefficients, watch).reshape(-1, 64).sum(axis=1) / 64
    first = 0
    for k, (rows, columns) in enumerate(planes_shapes(shape, blocks.layout)):
        high, wide = rows // BLOCK, columns // BLOCK
        plane = np.zeros((rows, columns), np.float32)
        own = each[first : first + high * wide].reshape(high, wide)
        plane[: high * BLOCK, : wide * BLOCK] = own.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)
        bottom, right = (
            plain.bits(strip[..., None], watch).reshape(strip.shape)
            if strip.size
            else np.zeros(strip.shape, np.float32)
            for strip in blocks.strips[2 * k : 2 * k + 2]
        )
        plane[high * BLOCK :] = bottom
        plane[: high * BLOCK, wide * BLOCK :] = right.T
        down, across = -(-shape[0] // rows), -(-shape[1] // columns)
        plane = plane.repeat(down, axis=0).repeat(across, axis=1)[: shape[0], : shape[1]]
        costs[..., k] = plane / (down * across)
        first += high * wide
    return costs
