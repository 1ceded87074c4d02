"""From frames back to the file, with everything checked before it is believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from arcodec import chunks, container, content, threads
from arcodec.chunks import Coder
from arcodec.compressor import Report, digest_of_planes
from arcodec.container import Chunk, Header, Reader, Sink, Source
from arcodec.errors import CorruptError, FormatError, LimitError
from arcodec.models import store
from arcodec.models.base import Symbols, Watch
from arcodec.threads import Progress


@dataclass(frozen=True)
class Limits:
    """What decoding may use.

    Attributes:
        threads: number of chunks decoded at a time.
        memory: bytes of memory with all threads; None for no limit. Fewer threads are used to stay within it.
        size: bytes of output; None for no limit.
    """

    threads: int = 1
    memory: int | None = None
    size: int | None = None


@dataclass(frozen=True)
class _Task:
    """A chunk to be decoded."""

    number: int
    chunk: Chunk
    payload: bytes
    coder: Coder | None


def decompress_stream(
    source: Source, sink: Sink, limits: Limits | None = None, progress: Progress | None = None
) -> Report:
    """Decompress all frames of `source` to `sink`.

    Args:
        source: has `read(size) -> bytes`.
        sink: has `write(bytes)`. What has been written when an error is raised is not to be trusted as a whole.
        limits: threads, memory, output size; the defaults if None.
        progress: called now and then with the symbols decoded so far (about the bytes of the output) and the coded
            bytes they came from.

    Raises:
        FormatError: the input is no .arcz file, damaged, cut short, or of a later version.
        UnknownModelError: it needs a model that is not here.
        LimitError: it would take more memory or give more output than allowed.
    """
    limits = limits or Limits()
    reader = Reader(source)
    written, digest = 0, b""
    kinds: dict[str, None] = {}
    while (header := reader.next_frame()) is not None:
        room = None if limits.size is None else limits.size - written
        before = partial(threads.after, progress, written, reader.offset) if progress else None
        frame = _Frame(reader, header, limits, room, before)
        written += frame.decode(sink)
        digest = frame.digest
        kinds[content.name_of(header.content)] = None
    return Report(reader.offset, written, "+".join(kinds), digest)


def _joined(bands: list[tuple[bool, Symbols]]) -> Symbols:
    """A plane of its bands, each beside the one before or below all before it, which are let go of one by one.

    Raises:
        CorruptError: they do not fill a plane.
    """
    first = bands[0][1]
    if len(bands) == 1:
        return first
    rows: list[list[Symbols]] = []
    for beside, band in bands:
        if beside and band.ndim == 3 and len(band) == len(rows[-1][0]) and band.shape[2] == first.shape[2]:
            rows[-1].append(band)
        elif not beside and band.shape[2:] == first.shape[2:] and band.ndim == first.ndim:
            rows.append([band])
        else:
            raise CorruptError(f"a band of shape {band.shape} cannot continue the plane before it")
    bands.clear()
    widths = {sum(band.shape[1] for band in row) if first.ndim > 1 else 1 for row in rows}
    if len(widths) > 1:
        raise CorruptError("the bands of a plane leave gaps")
    extents = (sum(len(row[0]) for row in rows), widths.pop(), *first.shape[2:])
    plane = np.empty(extents[: first.ndim], np.uint8)
    y = len(plane)
    while rows:
        row = rows.pop()
        y -= len(row[0])
        x = 0
        for band in row:
            if first.ndim == 1:
                plane[y : y + len(band)] = band
            else:
                plane[y : y + len(band), x : x + band.shape[1]] = band
                x += band.shape[1]
    return plane


class _Frame:
    """The decoding of one frame."""

    def __init__(
        self, reader: Reader, header: Header, limits: Limits, room: int | None, progress: Progress | None
    ) -> None:
        chunks.refuse_beyond(limits.memory, header.memory, "decoding this file")
        if room is not None and (header.size or 0) > room:
            raise LimitError(f"the file says it holds {header.size:,} bytes; the limit is {limits.size:,}")
        self.digest = b""
        self._reader = reader
        self._header = header
        self._room = room
        self._limit = limits.size
        self._progress = progress
        self._files: dict[bytes, Coder] = {}
        self._threads = limits.threads
        if limits.memory is not None:
            self._threads = max(1, min(limits.threads, limits.memory // header.memory))

    def decode(self, sink: Sink) -> int:
        """Decode all chunks and write what they make; returns its size."""
        try:
            raw = self._header.content == container.RAW
            written, self.digest = self._decode_raw(sink) if raw else self._decode_parsed(sink)
        except MemoryError:
            raise LimitError(f"there is not enough memory: decoding needs {self._header.memory:,} bytes") from None
        stated = self._reader.trailer()
        if stated is not None and stated != self.digest:
            raise CorruptError("the decoded file does not match its checksum")
        return written

    def _decode_raw(self, sink: Sink) -> tuple[int, bytes]:
        written, digest = 0, container.new_digest()
        for _, symbols in self._symbols():
            data = symbols.reshape(-1).data
            sink.write(data)
            digest.update(data)
            written += len(data)
        return written, digest.digest()

    def _decode_parsed(self, sink: Sink) -> tuple[int, bytes]:
        kind = content.by_code(self._header.content)
        bands: list[list[tuple[bool, Symbols]]] = []
        for chunk, symbols in self._symbols():
            if chunk.starts_plane:
                bands.append([])
            bands[-1].append((chunk.beside, symbols))
        planes = [_joined(b) for b in bands]
        recipe = planes[0]
        if recipe.ndim != 1 or not all(plane.size for plane in planes[1:]):
            raise CorruptError("the planes are not those of any file kind")
        written, digest = 0, container.new_digest()
        for piece in kind.pieces(planes[1:], recipe.tobytes()):
            written += len(piece)
            if kind.exact and written > (self._header.size or 0):
                break
            if self._room is not None and written > self._room:
                raise LimitError(f"the output would be larger than the limit of {self._limit:,} bytes")
            sink.write(piece)
            digest.update(piece)
        if not kind.exact:
            return written, digest_of_planes(planes)
        if written != self._header.size:
            raise CorruptError(f"the restored file has not the {self._header.size} bytes that the header says")
        return written, digest.digest()

    def _symbols(self) -> Iterator[tuple[Chunk, Symbols]]:
        """The chunks of the planes, decoded, in order."""

        def work(task: _Task, watch: Watch) -> tuple[Chunk, Symbols]:
            try:
                return task.chunk, chunks.decode(task.chunk, task.payload, task.coder, watch)
            except FormatError as error:
                raise type(error)(f"chunk {task.number}: {error}") from None

        def sizes(task: _Task, result: object) -> tuple[int, int]:
            return task.chunk.symbols, len(task.payload)

        return threads.ordered(self._tasks(), work, sizes, self._threads, self._progress)

    def _tasks(self) -> Iterator[_Task]:
        total = 0
        number = 0
        while (chunk := self._reader.next_chunk()) is not None:
            total += chunk.symbols
            self._refuse_beyond_claims(chunk, number, total)
            payload = self._reader.payload()
            if chunk.model == container.CARRIED:
                total -= chunk.symbols
                self._remember(chunk, payload)
            else:
                yield _Task(number, chunk, payload, self._coder(chunk, payload))
            number += 1

    def _refuse_beyond_claims(self, chunk: Chunk, number: int, total: int) -> None:
        """Before anything is allocated: the header must have said so much, and it must be allowed."""
        if chunks.decoding_memory(chunk.shape, None) > self._header.memory and chunk.model != container.CARRIED:
            raise CorruptError(f"chunk {number} needs more memory than the header says")
        if self._header.content == container.RAW:
            if self._room is not None and total > self._room:
                raise LimitError(f"the output would be larger than the limit of {self._limit:,} bytes")
        elif total > self._header.memory:
            raise CorruptError(f"the planes up to chunk {number} need more memory than the header says")

    def _coder(self, chunk: Chunk, payload: bytes) -> Coder | None:
        if chunk.model in (container.STORED, container.FILL):
            return None
        if chunk.model in container.ID_SIZES:
            name = chunk.model_id or b""
            known = (coder for model_id, coder in self._files.items() if model_id.startswith(name))
            coder = next(known, None) or chunks.from_file(store.find(name))
            self._files.setdefault(name, coder)
        else:
            coder = chunks.by_code(chunk.model)
        if chunks.decoding_memory(chunk.shape, coder, payload) > self._header.memory:
            raise CorruptError("a chunk needs more memory than the header says")
        return coder

    def _remember(self, chunk: Chunk, payload: bytes) -> None:
        """Keep a model file that the frame carries."""
        if container.check_of(payload, payload) != chunk.check:
            raise CorruptError("the model file in it does not match its checksum")
        file = store.parse(payload, "the model file in it")
        self._files[file.id] = chunks.from_file(file)
