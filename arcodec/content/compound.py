"""Files in which others lie: archives, documents, compressed files; each part goes to the model that it is for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from arcodec import content as kinds
from arcodec.content._nodes import BYTES, DEEPEST, NESTING, Apart, Node, Whole, serialised
from arcodec.content._pools import Pools
from arcodec.content._recipe import Reader
from arcodec.content._zipfields import DESCRIPTOR, Fields, Stream
from arcodec.content.base import Content, Parsed, Plane
from arcodec.errors import CorruptError

_Piece = bytes | memoryview


class Compound(Content):
    """A file in which streams and files lie, each taken apart in turn.

    Planes are pools: bytes, and images of equal width and channels one below the other. The recipe is a tree; each
    of its leaves takes what comes next in a pool.
    """

    name = "compound"
    code = 9
    texts = True

    def sniff(self, head: bytes) -> bool:
        """Never: what lies inside can lie anywhere, so this kind is tried when all others have declined."""
        return False

    def parse(self, data: bytes) -> Parsed | None:
        node = Apart(len(data)).take(data)
        if not isinstance(node, Whole):
            return None
        return _parsed(node)

    def around(self, kind: Content, parsed: Parsed) -> Parsed | None:
        """A file of another kind with what lies in its recipe taken apart as well; None if nothing does."""
        if not kind.nests:
            return None
        leaf = Apart(len(parsed.recipe)).leaf(kind, parsed)
        return _parsed(leaf) if leaf.recipe else None

    def pieces(self, planes: Sequence[Plane], recipe: bytes) -> Iterator[_Piece]:
        """The file, byte for byte.

        Raises:
            CorruptError: planes and recipe do not fit together; maybe after some pieces.
        """
        tree = _Tree(planes, Reader(recipe))
        yield from tree.node(0)
        tree.finish()


def _parsed(node: Node) -> Parsed:
    pools = Pools()
    recipe = serialised(node, pools)
    return Parsed(pools.planes(), recipe)


class _Tree:
    """The recipe, being read, and how far each pool has been used."""

    def __init__(self, planes: Sequence[Plane], reader: Reader) -> None:
        self._planes = planes
        self._used = [0] * len(planes)
        self._reader = reader

    def finish(self) -> None:
        """Raise CorruptError if anything is left over."""
        if self._reader or any(used != len(plane) for used, plane in zip(self._used, self._planes, strict=True)):
            raise CorruptError("the recipe does not use all that the planes hold")

    def _take(self) -> Plane:
        """What a leaf takes of a pool: an extent and the pool's number are read."""
        extent = self._reader.number()
        if not extent:
            return np.empty(0, np.uint8)
        number = self._reader.number()
        if number >= len(self._planes):
            raise CorruptError(f"the recipe names plane {number} of {len(self._planes)}")
        plane = self._planes[number]
        start = self._used[number]
        if extent > len(plane) - start:
            raise CorruptError(f"the recipe takes more of plane {number} than there is")
        self._used[number] += extent
        return plane[start : start + extent]

    def _bytes(self) -> Plane:
        """The same, of a pool of bytes."""
        part = self._take()
        if part.ndim > 1:
            raise CorruptError("the recipe takes bytes from a plane of pixels")
        return part

    def node(self, depth: int) -> Iterator[_Piece]:
        """The bytes of the node that comes next in the recipe."""
        code = self._reader.number()
        if code == BYTES:
            yield self._bytes().data
        elif code == Compound.code:
            yield from self._compound(self._deeper(depth))
        else:
            if code == NESTING:
                code = self._reader.number()
                if code in (BYTES, Compound.code, NESTING):
                    raise CorruptError(f"the recipe holds a part of kind {code} with files in its recipe")
                recipe = b"".join(self.node(self._deeper(depth)))
            else:
                recipe = self._reader.take(self._reader.number())
            parts = [self._take() for _ in range(self._reader.number())]
            kind = kinds.by_code(code)
            if not kind.exact or not parts or not all(part.size for part in parts):
                raise CorruptError(f"the recipe holds a part of kind {code}, which cannot be there so")
            yield from kind.pieces(parts, recipe)

    def _deeper(self, depth: int) -> int:
        if depth == DEEPEST:
            raise CorruptError(f"the recipe is more than {DEEPEST} levels deep")
        return depth + 1

    def _compound(self, depth: int) -> Iterator[_Piece]:
        fields = Fields(back=True)
        position = 0
        streams = self._reader.number()
        for number in range(streams + 1):
            gap = bytearray(self._bytes().tobytes())
            if number == streams:
                fields.gap(gap, position, None, 0, 0)
                yield bytes(gap)
                return
            form = self._reader.byte()
            deflated, zipped, trailer = form & 1, form & 2, form >> 2
            header = self._reader.number() if zipped else 0
            if trailer > DESCRIPTOR or header > len(gap):
                raise CorruptError(f"the recipe gives a stream the form {form} with a header of {header} bytes")
            recipe = self._reader.take(self._reader.number()) if deflated else b""
            content = b"".join(self.node(depth))
            packed = _replayed(content, recipe) if deflated else content
            fields.gap(gap, position, Stream.of(content, len(packed)), header, trailer)
            yield bytes(gap)
            yield packed
            position += len(gap) + len(packed)


def _replayed(content: bytes, recipe: bytes) -> bytes:
    from arcodec.content import _deflate  # late: it brings kernels

    return _deflate.replay(content, recipe)
