"""GIF images and animations: indices instead of LZW codes.

Source: CompuServe, Graphics Interchange Format, version 89a.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from arcodec import varint
from arcodec.content import _lzw, _palette
from arcodec.content._recipe import Reader
from arcodec.content.base import Content, Parsed, Plane
from arcodec.errors import CorruptError

_HEADER = 13
_IMAGE, _EXTENSION, _END = 0x2C, 0x21, 0x3B
_DESCRIPTOR = 10
_BLOCK = 255  # bytes of a block of coded data at most
_PASSES = (0, 8), (4, 8), (2, 4), (1, 2)  # of interlaced images: the first row, the step


class Gif(Content):
    """GIF whose LZW streams are those of a greedy encoder, in blocks of one length.

    Planes hold indices, by brightness of their colours (`_palette.ranks`), each of the images of one width that
    follow each other. The recipe: the length of the file without the coded data of images (varint), that, and for
    each image the length of its blocks (a byte) and its LZW recipe.
    """

    name = "gif"
    code = 12

    def sniff(self, head: bytes) -> bool:
        """Whether `head` begins with the signature."""
        return head.startswith((b"GIF87a", b"GIF89a"))

    def parse(self, data: bytes) -> Parsed | None:
        images = _read(data)
        if not images:
            return None
        texts, recipes = [], []
        planes: list[list[Plane]] = []
        at = 0
        for image in images:
            end, coded = _unblocked(data, image.data)
            size = image.rows * image.columns
            found = _lzw.decoded(coded, size, image.root, leftward=False, early=0) if coded else None
            longest = data[image.data]
            if found is None or _blocked(coded, longest) != data[image.data : end]:
                return None
            indices, recipe = found
            plane = indices.reshape(image.rows, image.columns)
            if image.interlaced:
                plane = plane[np.argsort(_order(image.rows))]
            ranks = _palette.ranks(image.palette, 8)
            plane = plane if ranks is None else ranks[plane]
            if planes and planes[-1][0].shape[1] == image.columns:
                planes[-1].append(plane[..., None])
            else:
                planes.append([plane[..., None]])
            texts.append(data[at : image.data])
            recipes.append(bytes([longest if len(coded) > longest else _BLOCK]) + recipe)
            at = end
        text = b"".join((*texts, data[at:]))
        recipe = b"".join((varint.write(len(text)), text, *recipes))
        return Parsed(tuple(np.ascontiguousarray(np.concatenate(plane)) for plane in planes), recipe)

    def pieces(self, planes: Sequence[Plane], recipe: bytes) -> Iterator[bytes | memoryview]:
        """The file, byte for byte.

        Raises:
            CorruptError: planes and recipe do not fit together; maybe after some pieces.
        """
        reader = Reader(recipe)
        text = reader.take(reader.number())
        images = _read(text, coded=False)
        if not images:
            raise CorruptError("the recipe's GIF has no images")
        rest = [plane[..., 0] if plane.ndim == 3 and plane.shape[2] == 1 else plane[:0] for plane in planes][::-1]
        at = 0
        for image in images:
            if not rest or rest[-1].shape[1:] != (image.columns,) or len(rest[-1]) < image.rows:
                raise CorruptError("the planes are not those of the recipe's GIF")
            plane, following = rest[-1][: image.rows], rest.pop()[image.rows :]
            if len(following):
                rest.append(following)
            if _palette.ranks(image.palette, 8) is not None:
                plane = _palette.undo(plane, image.palette, 8)
            if image.interlaced:
                plane = plane[_order(image.rows)]
            if int(plane.max()) >> image.root:
                raise CorruptError("an index of the GIF has more bits than its codes")
            yield text[at : image.data]
            longest = reader.byte()
            yield _blocked(_lzw.encoded(plane.reshape(-1), reader, image.root, leftward=False, early=0), longest)
            at = image.data
        if rest or reader:
            raise CorruptError("the recipe's GIF has fewer images than there are")
        yield text[at:]


class _Image(NamedTuple):
    data: int  # offset of the coded data
    rows: int
    columns: int
    interlaced: bool
    palette: _palette.Colours
    root: int  # bits of a symbol


def _read(data: bytes, *, coded: bool = True) -> list[_Image] | None:
    """The images of a file up to the byte that ends it, None if it is not sound.

    Without `coded`, the file is one from which the coded data have been taken, with the lengths of their blocks.
    """
    if len(data) < _HEADER or not data.startswith((b"GIF87a", b"GIF89a")):
        return None
    images = []
    at = _HEADER
    at, common = _colours(data, at, data[10])
    while at < len(data) and data[at] != _END:
        if data[at] == _EXTENSION:
            at = _unblocked(data, at + 2)[0]
        elif data[at] == _IMAGE and at + _DESCRIPTOR < len(data):
            columns, rows = (int.from_bytes(data[at + i : at + i + 2], "little") for i in (5, 7))
            flags = data[at + 9]
            at, palette = _colours(data, at + _DESCRIPTOR, flags)
            if at >= len(data) or not 1 <= data[at] <= 8 or not rows * columns:
                return None
            own = palette if flags & 0x80 else common
            images.append(_Image(at + 1, rows, columns, bool(flags & 0x40), own, data[at]))
            at = _unblocked(data, at + 1)[0] if coded else at + 1
        else:
            return None
    return images if at < len(data) else None


def _colours(data: bytes, start: int, flags: int) -> tuple[int, _palette.Colours]:
    """Where the table of colours ends that flags tell of, and the table."""
    end = start + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    table = np.frombuffer(data[start:end], np.uint8)
    return end, table[: table.size // 3 * 3].reshape(-1, 3)


def _unblocked(data: bytes, start: int) -> tuple[int, bytes]:
    """Where the blocks that begin there end, and what is in them; beyond the end of `data` if they do not end."""
    parts = []
    at = start
    while at < len(data) and (size := data[at]):
        parts.append(data[at + 1 : at + 1 + size])
        at += 1 + size
    return at + 1, b"".join(parts)


def _blocked(coded: bytes, longest: int) -> bytes:
    """Undo `_unblocked`, where all blocks but the last have so many bytes."""
    parts = []
    for start in range(0, len(coded), max(longest, 1)):
        block = coded[start : start + longest]
        parts.append(bytes([len(block)]) + block)
    return b"".join((*parts, b"\0"))


def _order(rows: int) -> np.ndarray:
    """The rows of an interlaced image in the order of the file."""
    return np.concatenate([np.arange(first, rows, step) for first, step in _PASSES])
