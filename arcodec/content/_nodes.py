"""A file as a tree of what lies in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arcodec import content as kinds
from arcodec import varint
from arcodec.content import _pdf
from arcodec.content._finder import Found, find
from arcodec.content._pools import Pools
from arcodec.content._zipfields import Fields, Stream
from arcodec.content.base import Content, Parsed, same
from arcodec.content.netpbm import Netpbm

BYTES = 0  # code of a leaf that is bytes
COMPOUND = 9
NESTING = 63  # a leaf the recipe of which is a tree
DEEPEST = 8  # levels of compounds
_WORTH = 4  # a recipe may take one in so many bytes of a stream
_OWN = 1 << 15  # bytes of a program that has a pool of its own
# Bytes of all contents together: so many times the file, but not less nor more than this.
_EXPANSION, _LEAST_ROOM, _MOST_ROOM = 32, 1 << 25, 1 << 29
_PROGRAMS = b"\x7fELF", b"MZ"


@dataclass(frozen=True)
class Leaf:
    """A file of a kind, taken apart; and its recipe too, if files lie in that."""

    code: int
    parsed: Parsed
    recipe: Whole | None = None


@dataclass(frozen=True)
class Part:
    """A stream in a file: where it was found, how it was compressed if it was, and what it holds."""

    found: Found
    recipe: bytes
    stream: Stream
    node: Node


@dataclass(frozen=True)
class Whole:
    """A file with streams in it."""

    data: bytes
    parts: Sequence[Part]


Node = bytes | Leaf | Whole


class Apart:
    """The taking apart of one file; what it inflates to is bounded."""

    def __init__(self, size: int) -> None:
        self._room = min(max(_LEAST_ROOM, _EXPANSION * size), _MOST_ROOM)

    def take(self, data: bytes, depth: int = 0) -> Node:
        """The tree of a file; at depth 0 the file itself is not taken for one of a simple kind."""
        if depth:
            for kind in kinds.candidates(data[: kinds.HEAD], exact=True):
                parsed = kind.parse(data)
                if parsed and same(kind.pieces(parsed.planes, parsed.recipe), data):
                    return self.leaf(kind, parsed, depth)
        return self._whole(data, depth) or data

    def leaf(self, kind: Content, parsed: Parsed, depth: int = 0) -> Leaf:
        """A file of a kind, with what lies in its recipe if it may hold files."""
        inner = self._whole(parsed.recipe, depth + 1) if kind.nests and depth < DEEPEST else None
        return Leaf(kind.code, parsed, inner)

    def _whole(self, data: bytes, depth: int) -> Whole | None:
        """What is found in a file, if anything is."""
        parts: list[Part] = []
        if depth < DEEPEST:
            for found in find(data):
                part = self._part(data, found, depth)
                if part:
                    parts.append(part)
        return Whole(data, parts) if parts else None

    def _part(self, data: bytes, found: Found, depth: int) -> Part | None:
        """What was found, taken apart; None if it is better left where it is."""
        recipe = b""
        content = data[found.start : found.end]
        if found.deflated:
            from arcodec.content import _deflate  # late: most files have no such streams, and it brings kernels

            replay = _deflate.analyse(data, found.start, self._room)
            if replay is None or replay.end != found.end or len(replay.recipe) * _WORTH > len(content):
                return None
            content, recipe = replay.content, replay.recipe
            self._room -= len(content)
        picture = _pdf.picture(data[max(found.start - _pdf.DICTIONARY, 0) : found.start], content)
        node = Leaf(Netpbm.code, picture) if picture and found.deflated else self.take(content, depth + 1)
        if isinstance(node, bytes) and not found.deflated and not found.header and not _program(node):
            return None
        return Part(found, recipe, Stream.of(content, found.end - found.start), node)


def _program(data: bytes) -> bool:
    return len(data) >= _OWN and data.startswith(_PROGRAMS)


def serialised(node: Node, pools: Pools) -> bytes:
    """The recipe of a tree; what it is made of goes to the pools."""
    if isinstance(node, bytes):
        key = None if _program(node) else "content"
        return varint.write(BYTES) + pools.put(key, np.frombuffer(node, np.uint8))
    if isinstance(node, Leaf):
        planes, recipe = node.parsed.planes, node.parsed.recipe
        if node.recipe:
            start = varint.write(NESTING) + varint.write(node.code) + serialised(node.recipe, pools)
        else:
            start = varint.write(node.code) + varint.write(len(recipe)) + recipe
        taken = b"".join(pools.put_leaf(node.code, number, plane) for number, plane in enumerate(planes))
        return b"".join((start, varint.write(len(planes)), taken))
    fields = Fields(back=False)
    written = [varint.write(COMPOUND), varint.write(len(node.parts))]
    position = 0

    def keep(end: int, stream: Stream | None, header: int, trailer: int) -> None:
        gap = bytearray(node.data[position:end])
        fields.gap(gap, position, stream, header, trailer)
        written.append(pools.put("gaps", np.frombuffer(gap, np.uint8)))

    for part in node.parts:
        found = part.found
        keep(found.start, part.stream, found.header, found.trailer)
        written.append(bytes([found.deflated + 2 * bool(found.header) + 4 * found.trailer]))
        if found.header:
            written.append(varint.write(found.header))
        if found.deflated:
            written.append(varint.write(len(part.recipe)) + part.recipe)
        written.append(serialised(part.node, pools))
        position = found.end
    keep(len(node.data), None, 0, 0)
    return b"".join(written)
