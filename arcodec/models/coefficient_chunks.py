"""How a chunk of quantised coefficients says what it holds: in its first rows, and where its payload begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec import varint
from arcodec.content._recipe import Reader
from arcodec.errors import CorruptError
from arcodec.models import jpeg_blocks
from arcodec.models.base import Symbols
from arcodec.models.coefficients import Component

ROW = 128  # bytes: 64 numbers of 16 bits
MOST = 8  # components
_LIMIT = 1 << 16  # of rows and columns
_OWN, _AS_BEFORE, _WIDE = 0, 201, 202  # steps: 64 bytes; the component's before; 128 bytes; else a standard table
_FIELDS = 8  # bytes of a component in the first row: rows, columns, scales

Integers = npt.NDArray[np.integer[Any]]


def groups(components: Sequence[Component]) -> list[list[Component]] | None:
    """Those that are coded together, luma and two of chroma, or one alone; None if these are none.

    The first of a group has the scales 0 in the chunk's first row, and 1 for the model.
    """
    made: list[list[Component]] = []
    for component in components:
        if component.scale_y == component.scale_x == 0:
            made.append([component._replace(scale_y=1, scale_x=1)])
        elif made and component.scale_y in (1, 2) and component.scale_x in (1, 2):
            made[-1].append(component)
        else:
            return None
    alike = all(len(g) == 1 or (len(g) == 3 and g[1][:4] == g[2][:4]) for g in made)
    return made if made and alike else None


def blocks(components: Sequence[Component]) -> int:
    """Of all components together."""
    return sum(c.rows * c.columns for c in components)


def rows(components: Sequence[Component]) -> Symbols:
    """The first rows of a chunk: uint8[1 + components, ROW]."""
    made = np.zeros((1 + len(components), ROW), np.uint8)
    made[0, 0] = len(components)
    for k, c in enumerate(components):
        fields = np.array([c.rows, c.columns, c.scale_y, c.scale_x], "<u2").view(np.uint8)
        made[0, 8 + _FIELDS * k : 8 + _FIELDS * (k + 1)] = fields
        made[1 + k] = c.steps.astype("<u2").view(np.uint8)
    return made


def read(chunk: Symbols) -> list[Component] | None:
    """The components that the first rows of a chunk tell of; None if it is not as they say."""
    count = int(chunk[0, 0])
    if not 1 <= count <= MOST or len(chunk) < 1 + count:
        return None
    fields = np.ascontiguousarray(chunk[0, 8 : 8 + _FIELDS * count]).view("<u2").reshape(-1, 4).tolist()
    steps = np.ascontiguousarray(chunk[1 : 1 + count]).view("<u2")
    components = [
        Component(height, width, scale_y, scale_x, own.astype(np.int64))
        for (height, width, scale_y, scale_x), own in zip(fields, steps, strict=True)
    ]
    if not steps.all() or not all(c.rows and c.columns for c in components) or groups(components) is None:
        return None
    same = np.array_equal(rows(components), chunk[: 1 + count])
    return components if same and 1 + count + blocks(components) == len(chunk) else None


def written(components: Sequence[Component]) -> bytes:
    """The same at the beginning of a payload."""
    parts = [bytes([len(components)])]
    before: Integers | None = None
    for c in components:
        parts += [varint.write(c.rows), varint.write(c.columns), bytes([4 * c.scale_y + c.scale_x])]
        parts.append(_written_steps(c.steps, before))
        before = c.steps
    return b"".join(parts)


def read_written(reader: Reader, size: int) -> list[Component]:
    """Undo `written`; `size`: rows that the chunk has.

    Raises:
        CorruptError: there are no such components, or not such as fill the chunk.
    """
    components: list[Component] = []
    for _ in range(min(reader.byte(), MOST + 1)):
        height, width, scales = reader.number(), reader.number(), reader.byte()
        steps = _read_steps(reader, components[-1].steps if components else None)
        components.append(Component(height, width, scales >> 2, scales & 3, steps))
    if (
        len(components) > MOST
        or any(max(c.rows, c.columns) >= _LIMIT or not (c.rows and c.columns and c.steps.all()) for c in components)
        or groups(components) is None
        or 1 + len(components) + blocks(components) != size
    ):
        raise CorruptError("the payload's components are not those of the chunk")
    return components


def _written_steps(steps: Integers, before: Integers | None) -> bytes:
    if before is not None and np.array_equal(steps, before):
        return bytes([_AS_BEFORE])
    same = np.flatnonzero((jpeg_blocks.standard_tables() == steps).all(axis=1))
    if len(same):
        return bytes([int(same[0]) + 1])
    if steps.max() < 256:
        return bytes([_OWN]) + steps.astype(np.uint8).tobytes()
    return bytes([_WIDE]) + steps.astype("<u2").tobytes()


def _read_steps(reader: Reader, before: Integers | None) -> Integers:
    kind = reader.byte()
    if kind == _AS_BEFORE and before is not None:
        return before
    if kind == _OWN:
        return np.frombuffer(reader.take(64), np.uint8).astype(np.int64)
    if kind == _WIDE:
        return np.frombuffer(reader.take(ROW), "<u2").astype(np.int64)
    if kind > _WIDE or kind == _AS_BEFORE:
        raise CorruptError(f"there are no steps of kind {kind}")
    standard: Integers = jpeg_blocks.standard_tables()[kind - 1]
    return standard
