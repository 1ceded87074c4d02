"""Pools: what the leaves of a tree are made of, put together where one model learns from one for the next."""

from __future__ import annotations

import numpy as np

from arcodec import content as kinds
from arcodec import varint
from arcodec.content.base import Plane

_SMALL = 1 << 14  # symbols of an image that has too few to learn from by itself
_RUN = 6  # pixels in a row
_LOOKED_AT = 1 << 20  # pixels of an image
_TABLE = 24  # bits of places in a table of runs
_ALIKE = 4  # one in so many runs must have been in the image before


class Pools:
    """Planes that grow."""

    def __init__(self) -> None:
        self._pools: list[list[Plane]] = []
        self._numbers: dict[object, int] = {}

    def put(self, key: object, plane: Plane) -> bytes:
        """Add to the pool of a key, or to a new one of its own if that is None.

        Returns what the recipe says of it: how much, and of which pool.
        """
        if not plane.size:
            return varint.write(0)
        number = len(self._pools) if key is None else self._numbers.setdefault(key, len(self._pools))
        if number == len(self._pools):
            self._pools.append([])
        self._pools[number].append(plane)
        return varint.write(len(plane)) + varint.write(number)

    def put_leaf(self, code: int, number: int, plane: Plane) -> bytes:
        """The same for a plane of a file of a kind, its `number`th.

        Bytes of a kind go together, as far as it says. A picture goes below the last of its kind and width if that is
        a help: small ones, and those that repeat a part of the one before, as frames do. Others have each a
        model of its own, for what holds for one photograph is wrong for the next.
        """
        key: object = code, number, *plane.shape[1:]
        if plane.ndim == 2 or (plane.ndim == 1 and plane.size > kinds.by_code(code).pooled):
            key = None
        before = self._numbers.get(key)
        if (
            plane.ndim == 3
            and before is not None
            and plane.size > _SMALL
            and not alike(self._pools[before][-1], plane)
        ):
            del self._numbers[key]
        return self.put(key, plane)

    def planes(self) -> tuple[Plane, ...]:
        """The pools."""
        return tuple(pool[0] if len(pool) == 1 else np.concatenate(pool) for pool in self._pools)


def alike(before: Plane, plane: Plane) -> bool:
    """Whether a plane of pixels repeats much of another of its width, wherever it lies there."""
    known = np.zeros(1 << _TABLE, bool)
    known[_runs(before)] = True
    runs = _runs(plane)
    return int(np.count_nonzero(known[runs])) * _ALIKE >= max(len(runs), 1)


def _runs(plane: Plane) -> np.ndarray:
    """Hashes of the runs of pixels of which no two are alike side by side, in the middle rows of a plane."""
    rows = max(1, _LOOKED_AT // plane.shape[1])
    start = max(0, (len(plane) - rows) // 2)
    part = plane[start : start + rows]
    count = part.shape[1] - _RUN + 1
    if count < 1:
        return np.empty(0, np.int64)
    pixels = np.zeros(part.shape[:2], np.uint64)
    for channel in range(part.shape[2]):
        pixels = pixels * np.uint64(257) + part[..., channel]
    hashes = np.zeros((len(part), count), np.uint64)
    for k in range(_RUN):
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + pixels[:, k : k + count]
    changes = np.cumsum(pixels[:, 1:] != pixels[:, :-1], axis=1)
    lively = np.zeros(hashes.shape, bool)
    lively[:, 0] = changes[:, _RUN - 2] == _RUN - 1
    lively[:, 1:] = changes[:, _RUN - 1 :] - changes[:, : count - 1] == _RUN - 1
    mixed = hashes[lively] * np.uint64(0x9E3779B97F4A7C15)
    places: np.ndarray = (mixed >> np.uint64(64 - _TABLE)).astype(np.int64)
    return places
