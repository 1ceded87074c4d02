"""The image data of PNG files: rows <-> filtered and deflated, in chunks.

Source: W3C, Portable Network Graphics (PNG) Specification; RFC 1950.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from arcodec import varint
from arcodec.content._png import Bytes, Header, passes, raw_size
from arcodec.content._recipe import Reader
from arcodec.errors import CorruptError

if TYPE_CHECKING:
    from arcodec.content._deflate import Replay

_SLACK = 1 << 16  # bytes of content beyond the image, at most
_DEFLATE = 8  # the only method of zlib


class Stream(NamedTuple):
    """A zlib stream: its two bytes of header, what is deflated, the checksum it should have, and all bytes after."""

    start: bytes
    replay: Replay
    check: bytes
    tail: bytes

    @property
    def content(self) -> Bytes:
        """What was deflated: uint8[n]."""
        return np.frombuffer(self.replay.content, np.uint8)


def read_stream(compressed: bytes, header: Header) -> Stream | None:

    from arcodec.content import _deflate  # late: it loads kernels

    size = raw_size(header)
    if len(compressed) < 2 or size > _deflate.EXPANSION * len(compressed):
        return None
    replay = _deflate.analyse(compressed, 2, size + _SLACK)
    if replay is None or len(replay.content) < size:
        return None
    check = struct.pack(">I", zlib.adler32(replay.content))
    return Stream(compressed[:2], replay, check, compressed[replay.end :])


def usual_start(start: bytes) -> int | None:
    """The window and the level of a zlib header in one byte, if it is as it should be."""
    byte = (start[0] >> 4) << 2 | start[1] >> 6
    return byte if start_of(byte) == start else None


def start_of(byte: int) -> bytes:
    """Undo `_usual_start`."""
    first, second = (byte >> 2 & 15) << 4 | _DEFLATE, (byte & 3) << 6
    return bytes([first, second + -(256 * first + second) % 31])


def kinds_of(header: Header, raw: Bytes) -> Bytes:
    """The filter types of all rows."""
    out = []
    start = 0
    for each in passes(header):
        end = start + each.rows * (1 + each.used)
        out.append(raw[start : end : 1 + each.used])
        start = end
    return np.concatenate(out)


def filtered(header: Header, rows: Sequence[Bytes], kinds: Bytes, beyond: bytes) -> Bytes:
    """The rows of all passes with the types of their filters, filtered, and what is beyond them: uint8[n]."""
    from arcodec.kernels.png import apply_filters  # late: listing needs no numba

    size = raw_size(header)
    out = np.empty(size + len(beyond), np.uint8)
    out[size:] = np.frombuffer(beyond, np.uint8)
    first = start = 0
    for part in rows:
        end = start + len(part) * (1 + part.shape[1])
        target = out[start:end].reshape(len(part), -1)
        apply_filters(part, kinds[first : first + len(part)], header.step, target)
        first += len(part)
        start = end
    return out


def _padded(header: Header) -> Iterator[tuple[int, int]]:
    """The passes whose rows do not fill their last byte, by number, and its bits that they do not fill."""
    for i, each in enumerate(passes(header)):
        free = -each.columns * header.depth * header.channels % 8
        if free:
            yield i, (1 << free) - 1


def padding_of(header: Header, raw: Bytes, rows: Sequence[Bytes]) -> bytes:
    """The bits that fill up rows, a byte each; nothing if all are zero."""
    if not any(_padded(header)):
        return b""
    from arcodec.kernels.png import unfilter

    out = []
    start = 0
    masks = dict(_padded(header))
    for i, part in enumerate(rows):
        end = start + part.shape[0] * (1 + part.shape[1])
        if i in masks:
            full = np.empty_like(part)
            unfilter(raw[start:end], full, header.step)
            out.append(full[:, -1] & masks[i])
        start = end
    padding = np.concatenate(out)
    return padding.tobytes() if padding.any() else b""


def fill_up(header: Header, rows: Sequence[Bytes], reader: Reader) -> None:
    """Undo `_padding`, in place."""
    for i, mask in _padded(header):
        rows[i][:, -1] |= np.frombuffer(reader.take(len(rows[i])), np.uint8) & mask


def written_sizes(sizes: Sequence[int]) -> bytes:
    """The size of all chunks of a picture but the last, which is not larger; else 0 and all sizes."""
    if len(sizes) == 1:
        return b""
    if sizes[0] and 0 < sizes[-1] <= sizes[0] and len({*sizes[:-1]}) == 1:
        return varint.write(sizes[0])
    return b"".join(map(varint.write, (0, len(sizes), *sizes)))


def read_sizes(reader: Reader) -> int | list[int]:
    size = reader.number()
    return size or [reader.number() for _ in range(reader.number())]


def divided(compressed: bytes, sizes: int | list[int] | None) -> Iterator[bytes]:
    """What is in each chunk of image data.

    Raises:
        CorruptError: the sizes are not those of the data; before the first.
    """
    if isinstance(sizes, list) and sum(sizes) != len(compressed):
        raise CorruptError("the sizes of chunks are not those of the data")
    step = sizes if isinstance(sizes, int) else len(compressed)
    ends = (
        accumulate(sizes) if isinstance(sizes, list) else chain(range(step, len(compressed), step), [len(compressed)])
    )
    return (compressed[start:end] for start, end in pairwise(chain([0], ends)))
