"""The container: frames of checked, independent chunks, as FORMAT.md specifies them.

Reads and writes structure only: which model coded a chunk, its shape, its size, its checks. What the symbols mean is
the business of models and content. Imports neither numba nor torch.
"""

from __future__ import annotations

import binascii
import hashlib
import math
import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from arcodec import varint
from arcodec.errors import CorruptError, NotArcodecError, TrailingDataError, TruncatedError, VersionError

SUFFIX = ".arcz"
SIGNATURE = b"\xac\x7a"
VERSION = 1
_VERSION_MARK = 0xC0  # high half of the third byte; the low half is the version

RAW = 0  # content code of files kept as they are
STORED, FILL, ORDER0, BYTES, PIXELS, BYTES_FAST, BYTES_2, BYTES_MAX = range(8)  # model codes
GRAPHICS, PIXELS_FAST, PIXELS_2, PIXELS_MAX, DEEP_FAST, DEEP, DEEP_MAX = range(8, 15)
COEFFICIENTS, COEFFICIENTS_MAX = 16, 17
AUDIO_FAST, AUDIO, AUDIO_MAX = range(18, 21)
BY_SHORT_ID = 61  # the model is a file, named by the first 8 bytes of its id
CARRIED = 62  # not a model: the chunk carries a model file for the chunks after it
BY_ID = 63  # the model is a file, named by its 32-byte id
ID_SIZES = {BY_SHORT_ID: 8, BY_ID: 32}  # bytes of the id in the header of a chunk

MAX_CHUNK = 1 << 30  # symbols in a chunk
MAX_DIMENSIONS = 3
MAX_MODEL_CODE = 63


class Source(Protocol):
    """What is read from: anything with `read`."""

    def read(self, size: int, /) -> bytes: ...


class Sink(Protocol):
    """What is written to: anything with `write`."""

    def write(self, data: bytes | memoryview, /) -> object: ...


@dataclass(frozen=True)
class Header:
    """What a frame says first.

    Attributes:
        content: code of the content kind.
        memory: bytes that decoding any one chunk takes, an upper bound; see `memory_byte`.
        size: bytes of the restored file; None for raw content, whose size is that of its chunks.
    """

    content: int
    memory: int
    size: int | None


@dataclass(frozen=True)
class Chunk:
    """What is known of a chunk before it is decoded.

    Attributes:
        model: code of the model.
        model_id: id of the model file, or its first bytes, when the code is one of ID_SIZES.
        shape: of its symbols; 1 to 3 dimensions.
        starts_plane: it begins a new plane; else it continues the one before.
        last: no chunk follows in this frame.
        length: bytes of its payload.
        check: CRC-32 of its symbols followed by its payload.
        header_length: bytes of its header, which come before the payload.
        beside: it continues the plane along the second dimension, not along the first.
    """

    model: int
    model_id: bytes | None
    shape: tuple[int, ...]
    starts_plane: bool
    last: bool
    length: int
    check: int
    header_length: int = 0
    beside: bool = False

    @property
    def symbols(self) -> int:
        """Number of symbols."""
        return math.prod(self.shape)


def check_of(symbols: bytes | memoryview, payload: bytes) -> int:
    """The check of a chunk: CRC-32 of its symbols in C order followed by its payload."""
    return zlib.crc32(payload, zlib.crc32(symbols))


def new_digest() -> hashlib.blake2b:
    """The whole-file checksum: BLAKE2b with 8 bytes."""
    return hashlib.blake2b(digest_size=8)


def digest_of(parts: Iterable[bytes | memoryview]) -> bytes:
    """The whole-file checksum of what the parts are in a row."""
    digest = new_digest()
    for part in parts:
        digest.update(part)
    return digest.digest()


def memory_byte(amount: int) -> int:
    """The least b with memory_amount(b) >= amount."""
    b = 0
    while memory_amount(b) < amount:
        b += 1
    return b


def memory_amount(b: int) -> int:
    """Bytes of memory that a memory byte stands for: (4 + b mod 4) * 2**(8 + b div 4)."""
    return (4 + b % 4) << (8 + b // 4)


def _header_bytes(header: Header) -> bytes:
    size = b"" if header.content == RAW else varint.write(header.size or 0)
    return SIGNATURE + bytes([_VERSION_MARK | VERSION, header.content, memory_byte(header.memory)]) + size


def _chunk_fields(chunk: Chunk) -> bytes:
    """A chunk header up to its two checks."""
    first, *more = chunk.shape
    out = varint.write(chunk.model << 1 | chunk.last)
    if chunk.model in ID_SIZES:
        out += (chunk.model_id or b"").ljust(ID_SIZES[chunk.model], b"\0")
    out += varint.write(first << 2 | chunk.starts_plane << 1 | bool(more))
    for i, extent in enumerate(more, 2):
        out += varint.write(extent << 1 | (i < len(chunk.shape) or chunk.beside))
    return out + varint.write(chunk.length)


class Writer:
    """Writes one frame to `sink`: `add` each chunk, the last one with last=True, then `close`."""

    def __init__(self, sink: Sink, header: Header) -> None:
        self._sink = sink
        self._pending = _header_bytes(header)
        self._running = self._pending
        self._index: list[tuple[int, int]] = []
        self.written = 0

    def add(self, chunk: Chunk, payload: bytes) -> None:
        """Write a chunk (its `length` must be that of the payload)."""
        fields = _chunk_fields(chunk)
        self._running = _chain(self._running + fields)
        head = fields + self._running + struct.pack("<I", chunk.check)
        self._index.append((len(head) + len(payload), chunk.symbols))
        self._write(self._pending + head)
        self._write(payload)
        self._pending = b""

    def close(self, digest: bytes) -> None:
        """Write the trailer, which a frame of one chunk does without."""
        if len(self._index) > 1:
            body = varint.write(len(self._index))
            body += b"".join(varint.write(length) + varint.write(symbols) for length, symbols in self._index)
            body += digest
            body += struct.pack("<I", zlib.crc32(body))
            self._write(body + struct.pack("<I", len(body)))

    def _write(self, data: bytes) -> None:
        self._sink.write(data)
        self.written += len(data)


def _chain(data: bytes) -> bytes:
    """The header check: CRC-16 of all header bytes of the frame so far, the earlier ones by way of their check."""
    return struct.pack("<H", binascii.crc_hqx(data, 0xFFFF))


class Reader:
    """Reads frames from `source`, in order: `next_frame`, then `next_chunk` + `payload` or `skip`, then `trailer`.

    Raises subclasses of FormatError; messages name offsets in the input.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.offset = 0
        self.frames = 0
        self._raw = False
        self._running = b""
        self._index: list[tuple[int, int]] = []
        self._last: Chunk | None = None

    def next_frame(self) -> Header | None:
        """The header of the next frame, or None where the input ends."""
        start = self.offset
        head = self._read_some(3)
        if not head and self.frames:
            return None
        if not head:
            raise TruncatedError("the input is empty; an .arcz file has at least 14 bytes")
        if head[:2] != SIGNATURE[: len(head)] or (len(head) > 2 and head[2] & 0xF0 != _VERSION_MARK):
            if self.frames:
                raise TrailingDataError(
                    f"data that are no .arcz frame follow the end, from offset {start} on; cut them off and try again"
                )
            raise NotArcodecError("not an .arcz file: it does not begin with the signature AC 7A")
        if len(head) < 3:
            raise TruncatedError(f"the input ends at offset {self.offset}, inside a frame header")
        version = head[2] & 0x0F
        if version != VERSION:
            raise VersionError(
                f"written in format version {version}; this arcodec reads version {VERSION}: install a newer one"
            )
        fixed = self._read(2, "a frame header")
        content, memory = fixed
        size, size_bytes = (None, b"") if content == RAW else self._read_varint("a frame header")
        self._raw = content == RAW
        self._running = head + fixed + size_bytes
        self._index = []
        self._last = None
        self.frames += 1
        return Header(content, memory_amount(memory), size)

    def next_chunk(self) -> Chunk | None:
        """The next chunk of this frame, or None after the last one (then call `trailer`)."""
        if self._last is not None and self._last.last:
            return None
        start, number = self.offset, len(self._index)
        where = f"the header of chunk {number}"
        code, fields = self._read_varint(where)
        model_id = None
        if code >> 1 in ID_SIZES:
            model_id = self._read(ID_SIZES[code >> 1], where)
            fields += model_id
        value, more_bytes = self._read_varint(where)
        fields += more_bytes
        shape, starts_plane, more = [value >> 2], bool(value & 2), bool(value & 1)
        while more and len(shape) < MAX_DIMENSIONS:
            value, more_bytes = self._read_varint(where)
            fields += more_bytes
            shape.append(value >> 1)
            more = bool(value & 1)
        length, more_bytes = self._read_varint(where)
        self._running = _chain(self._running + fields + more_bytes)
        if self._read(2, where) != self._running:
            raise CorruptError(f"{where}, at offset {start}, does not match its check")
        (check,) = struct.unpack("<I", self._read(4, where))
        chunk = Chunk(
            code >> 1, model_id, tuple(shape), starts_plane, bool(code & 1), length, check, self.offset - start, more
        )
        self._refuse_nonsense(chunk, where)
        self._index.append((chunk.header_length + length, chunk.symbols))
        self._last = chunk
        return chunk

    def _refuse_nonsense(self, chunk: Chunk, where: str) -> None:
        """What no writer writes, however good its check."""
        if chunk.model > MAX_MODEL_CODE:
            raise CorruptError(f"{where} names model {chunk.model}; the format has codes to {MAX_MODEL_CODE}")
        if max(chunk.shape) > MAX_CHUNK or chunk.symbols > MAX_CHUNK:
            raise CorruptError(f"{where} claims {chunk.symbols} symbols; the format allows {MAX_CHUNK}")
        if chunk.length > chunk.symbols or (chunk.model in (STORED, CARRIED) and chunk.length != chunk.symbols):
            raise CorruptError(f"{where} claims {chunk.length} bytes for {chunk.symbols} symbols")
        if chunk.starts_plane and chunk.beside:
            raise CorruptError(f"{where} begins a plane and is beside another chunk of it")
        if self._raw and len(chunk.shape) > 1:
            raise CorruptError(f"{where} is no sequence of bytes, as those of a raw file are")
        if chunk.model == CARRIED and chunk.last:
            raise CorruptError(f"{where} ends the frame with a model file")
        if self._last is None and not chunk.starts_plane:
            raise CorruptError(f"{where} continues a plane that has not begun")

    def payload(self) -> bytes:
        """The payload of the chunk just read."""
        assert self._last is not None
        return self._read(self._last.length, f"the data of chunk {len(self._index) - 1}")

    def skip(self, seek: Callable[[int], object] | None = None) -> bytes:
        """Pass over the payload of the chunk just read, by `seek(offset)` where the source can; its first byte."""
        assert self._last is not None
        where = f"the data of chunk {len(self._index) - 1}"
        first = self._read(min(self._last.length, 1), where)
        remaining = self._last.length - len(first)
        if seek is not None and remaining:
            self.offset += remaining - 1
            seek(self.offset)
            if not self._read_some(1):  # the last byte tells whether the file was cut short
                raise TruncatedError(f"the input ends before offset {self.offset + 1}, inside {where}")
            return first
        while remaining:
            remaining -= len(self._read(min(remaining, 1 << 20), where))
        return first

    def trailer(self) -> bytes | None:
        """The digest from the trailer after the last chunk; None for a frame of one chunk, which has no trailer."""
        if len(self._index) == 1:
            return None
        start, where = self.offset, "the trailer"
        count, body = self._read_varint(where)
        index = []
        for _ in range(min(count, len(self._index))):
            length, a = self._read_varint(where)
            symbols, b = self._read_varint(where)
            body += a + b
            index.append((length, symbols))
        digest = self._read(8, where)
        body += digest
        check = self._read(4, where)
        total = self._read(4, where)
        if (
            struct.unpack("<I", check)[0] != zlib.crc32(body)
            or struct.unpack("<I", total)[0] != len(body) + 4
            or count != len(self._index)
            or index != self._index
        ):
            raise CorruptError(f"the trailer, at offset {start}, does not match the chunks before it")
        return digest

    def _read_some(self, size: int) -> bytes:
        """Up to `size` bytes; fewer only at the end of the input."""
        parts = []
        while size:
            part = self._source.read(min(size, 1 << 24))
            if not part:
                break
            parts.append(part)
            size -= len(part)
            self.offset += len(part)
        return b"".join(parts)

    def _read(self, size: int, where: str) -> bytes:
        data = self._read_some(size)
        if len(data) < size:
            raise TruncatedError(f"the input ends at offset {self.offset}, inside {where}")
        return data

    def _read_varint(self, where: str) -> tuple[int, bytes]:
        data = b""
        while not data or (data[-1] & 0x80 and len(data) < 9):
            data += self._read(1, where)
        return varint.read(data, 0)[0], data
