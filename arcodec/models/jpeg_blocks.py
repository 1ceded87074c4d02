"""Pictures that were a JPEG, as the quantised coefficients they were made of."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec.errors import CorruptError
from arcodec.kernels import jpeg, sources
from arcodec.kernels.jpeg import BLOCK
from arcodec.models import gaps
from arcodec.models.base import Model, Symbols, Watch
from arcodec.models.coefficients import Coefficients, Component

GRAY, WHOLE, HALVED_COLUMNS, HALVED = range(4)  # layouts: a single component; chroma as large as luma; halved
LAYOUTS = 4
_ACROSS = 128  # patched blocks in a row
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


class Patch(NamedTuple):
    """What is to be added to the samples of some blocks of a component, modulo 256.

    Attributes:
        codes: which blocks, see `gaps`.
        differences: uint8[n, 8, 8], those plus 128.
    """

    codes: bytes
    differences: Symbols


NO_PATCH = Patch(b"", np.zeros((0, BLOCK, BLOCK), np.uint8))


class Blocks(NamedTuple):
    """A picture as coefficients.

    Attributes:
        layout: GRAY, WHOLE, HALVED_COLUMNS or HALVED.
        steps: int64[components, 64], what coefficients are multiples of, 1 ... 255.
        coefficients: int16[blocks, 64], of all components one after the other, blocks and frequencies in rows.
        strips: of each component, the samples that lie in no whole block: uint8[rows % 8, columns], and those to the
            right of the blocks turned, uint8[columns % 8, rows - rows % 8]; empty ones as well.
        patches: of each component, the blocks whose coefficients do not give all samples.
    """

    layout: int
    steps: npt.NDArray[np.int64]
    coefficients: npt.NDArray[np.int16]
    strips: tuple[Symbols, ...]
    patches: tuple[Patch, ...]


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
        _add(plane, blocks.patches[k])
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


def _samples_of(places: npt.NDArray[np.int64], columns: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Where the samples of blocks are in a plane: (y[n, 8, 1], x[n, 1, 8])."""
    wide, inner = columns // BLOCK, np.arange(BLOCK)
    return (places // wide * BLOCK)[:, None, None] + inner[:, None], (places % wide * BLOCK)[:, None, None] + inner


def patch(made: Symbols, wanted: Symbols) -> Patch:
    """What makes the whole blocks of one plane those of another."""
    rows, columns = (n - n % BLOCK for n in made.shape)
    wrong = (made != wanted)[:rows, :columns].reshape(rows // BLOCK, BLOCK, -1, BLOCK).any(axis=(1, 3))
    places = np.flatnonzero(wrong)
    where = _samples_of(places, columns)
    return Patch(gaps.written(places), wanted[where] - made[where] + np.uint8(128))


def _add(plane: Symbols, patch: Patch) -> None:
    rows, columns = (n // BLOCK for n in plane.shape)
    places = gaps.places(patch.codes, rows * columns)
    plane[_samples_of(places, plane.shape[1])] += patch.differences - np.uint8(128)


def _sheet_shape(blocks: int) -> tuple[int, int]:
    """(rows, columns) of the picture that the differences of so many blocks are coded as."""
    across = min(blocks, _ACROSS)
    return (BLOCK * (-(-blocks // across)), BLOCK * across) if blocks else (0, 0)


def _sheet(differences: Symbols) -> Symbols:
    """Blocks of differences in rows of blocks; after the last ones there is none."""
    rows, columns = _sheet_shape(len(differences))
    padding = np.full((rows * columns // BLOCK**2 - len(differences), BLOCK, BLOCK), 128, np.uint8)
    blocks = np.concatenate([differences, padding]).reshape(rows // BLOCK, columns // BLOCK, BLOCK, BLOCK)
    return np.ascontiguousarray(blocks.swapaxes(1, 2)).reshape(rows, columns)


def _blocks_of(sheet: npt.NDArray[Any], count: int) -> npt.NDArray[Any]:
    """Undo `_sheet` of `count` blocks."""
    rows, columns = (n // BLOCK for n in sheet.shape)
    blocks = sheet.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2).reshape(-1, BLOCK, BLOCK)
    return np.ascontiguousarray(blocks[:count])


def spread(planes: list[Symbols], shape: tuple[int, ...], layout: int) -> Symbols:
    whole = np.empty((*shape, 2), np.uint8)
    for k, plane in enumerate(planes):
        one = plane
        if layout != WHOLE:
            one = np.empty(shape, np.uint8)
            jpeg.spread(plane, layout == HALVED, one)
        whole[..., k] = one
    return whole


def _model(blocks: Blocks, shape: tuple[int, ...]) -> Any:
    """Its Coefficients; not said to be such, for they code int16 and other models uint8."""
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
    for k, patch in enumerate(blocks.patches):
        pictures = *blocks.strips[2 * k : 2 * k + 2], _sheet(patch.differences)
        parts += [plain.encode(picture[..., None], watch) if picture.size else b"" for picture in pictures]
        parts.append(patch.codes)
    return parts


def parts_of(layout: int) -> int:
    """How many parts `encode` gives."""
    return 2 + 4 * (1 if layout == GRAY else 3)


def decode(
    layout: int, parts: list[bytes], shape: tuple[int, ...], plain: Model, watch: Watch | None = None
) -> Blocks:
    """Undo `encode`.

    Raises:
        CorruptError: the parts are not what `encode` gives.
    """
    shapes = planes_shapes(shape, layout)
    blocks = Blocks(layout, _read_tables(parts[0], len(shapes)), np.empty((0, 64), np.int16), (), ())
    count = sum((rows // BLOCK) * (columns // BLOCK) for rows, columns in shapes)
    coefficients = _model(blocks, shape).decode(parts[1], (count, 64), watch)
    pictures, patches = [], []
    for k, plane in enumerate(shapes):
        *own, codes = parts[2 + 4 * k : 6 + 4 * k]
        patched = len(gaps.places(codes, (plane[0] // BLOCK) * (plane[1] // BLOCK)))
        for part, picture in zip(own, (*strips_shapes(plane), _sheet_shape(patched)), strict=True):
            if 0 in picture and part:
                raise CorruptError("a part without samples should be empty")
            made = np.zeros(picture, np.uint8) if 0 in picture else plain.decode(part, (*picture, 1), watch)[..., 0]
            pictures.append(made)
        patches.append(Patch(codes, _blocks_of(pictures.pop(), patched)))
    return blocks._replace(coefficients=coefficients, strips=tuple(pictures), patches=tuple(patches))


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
    blocks = Blocks(layout, np.ones((len(shapes), 64), np.int64), np.empty((0, 64), np.int16), (), ())
    count = sum((rows // BLOCK) * (columns // BLOCK) for rows, columns in shapes)
    samples = sum(rows * columns for rows, columns in shapes)
    model = int(_model(blocks, shape).memory((count, 64)))
    return model + 128 * count + 3 * samples + 8 * shape[0] * shape[1]


def bits(blocks: Blocks, shape: tuple[int, ...], plain: Model, watch: Watch | None = None) -> npt.NDArray[np.float32]:
    """What each sample costs, float32 of `shape`: a block's bits spread over it, luma's in the first channel."""
    costs = np.zeros(shape, np.float32)
    each = _model(blocks, shape).bits(blocks.coefficients, watch).reshape(-1, 64).sum(axis=1) / 64
    first = 0
    for k, (rows, columns) in enumerate(planes_shapes(shape, blocks.layout)):
        high, wide = rows // BLOCK, columns // BLOCK
        plane = np.zeros((rows, columns), np.float32)
        bottom, right, patched = (
            plain.bits(part[..., None], watch).reshape(part.shape) if part.size else np.zeros(part.shape, np.float32)
            for part in (*blocks.strips[2 * k : 2 * k + 2], _sheet(blocks.patches[k].differences))
        )
        own = each[first : first + high * wide].reshape(high, wide).copy()
        places = gaps.places(blocks.patches[k].codes, high * wide)
        own[places // wide, places % wide] += (_blocks_of(patched, len(places)).sum(axis=(1, 2)) + 8) / 64
        plane[: high * BLOCK, : wide * BLOCK] = own.repeat(BLOCK, axis=0).repeat(BLOCK, axis=1)
        plane[high * BLOCK :] = bottom
        plane[: high * BLOCK, wide * BLOCK :] = right.T
        down, across = -(-shape[0] // rows), -(-shape[1] // columns)
        plane = plane.repeat(down, axis=0).repeat(across, axis=1)[: shape[0], : shape[1]]
        costs[..., k] = plane / (down * across)
        first += high * wide
    return costs
