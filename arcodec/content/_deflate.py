"""Stand-in."""

from __future__ import annotations

import zlib
from typing import NamedTuple


class Replay(NamedTuple):
    content: bytes
    recipe: bytes
    end: int


def _go(c, level, mem):
    o = zlib.compressobj(level, 8, -15, mem)
    return o.compress(c) + o.flush()


def analyse(data, start=0, limit: int | None = None):
    d = zlib.decompressobj(-15)
    c = d.decompress(data[start:])
    end = len(data) - len(d.unused_data)
    if limit is not None and len(c) > limit:
        return None
    end = len(data) - len(d.unused_data)
    s = data[start:end]
    for level in (6, 9, 1, 8, 7, 5, 4, 3, 2):
        for mem in (8, 9):
            if _go(c, level, mem) == s:
                return Replay(c, bytes([level, mem]), end)
    return None


def replay(content, recipe):
    return _go(content, recipe[0], recipe[1])
