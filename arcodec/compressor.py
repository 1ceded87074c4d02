"""From a file to one frame: content, chunks, threads, frame."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from arcodec import chunks, container, content, threads
from arcodec.chunks import Coder, Encoded
from arcodec.container import MAX_CHUNK, Chunk, Header, Sink, Source, Writer
from arcodec.content.base import Content, Parsed
from arcodec.errors import ModelError
from arcodec.models import store
from arcodec.models.base import Symbols, Watch, size_of
from arcodec.threads import Progress

LEVELS = range(1, 10)
DEFAULT_LEVEL = 5
# A file larger than this is not taken apart, for that needs it in memory; it is coded as it comes.
MAX_PARSED = 1 << 30
_REST = "bytes-1"  # for headers and the like: no net, no prior, little memory


@dataclass(frozen=True)
class Options:
    """How to compress. The output depends on nothing else but the input, and not on `threads` or `verify`.

    Attributes:
        level: 1 ... 9; sets the models (1 ... 3 fast, 4 ... 6 default, 7 ... 9 max) and the chunk size: small
            chunks take less memory and spread over more threads, large ones give smaller files.
        model: name of a built-in model, path of a model file, or its id in hex; None chooses by content. A file must
            be in a place where decoding looks for it, or be carried.
        pixels: keep the pixels and metadata of images, not the very bytes of their files.
        carry_model: put the model file into the output, so that whoever decodes it need not have it.
        threads: number of chunks coded at a time.
        verify: decode each chunk again before it is written.
        memory_limit: bytes of memory that coding may take with all threads; None for no limit.
    """

    level: int = DEFAULT_LEVEL
    model: str | None = None
    pixels: bool = False
    carry_model: bool = False
    threads: int = 1
    verify: bool = True
    memory_limit: int | None = None

    @property
    def byte_model(self) -> str:
        """The built-in model for bytes: fast at levels 1 ... 3, small files at 7 ... 9, between them both."""
        return ("bytes-2-fast", "bytes-2", "bytes-2-max")[(self.level - 1) // 3]

    @property
    def pixel_model(self) -> str:
        """The built-in model for photographs, likewise."""
        return ("pixels-2-fast", "pixels-2", "pixels-2-max")[(self.level - 1) // 3]

    @property
    def deep_model(self) -> str:
        """The built-in model for samples of more than 8 bits, likewise."""
        return ("deep-1-fast", "deep-1", "deep-1-max")[(self.level - 1) // 3]

    @property
    def chunk_size(self) -> int:
        """Symbols in a chunk: 4, 16 or 64 Mi."""
        return 1 << (22 + 2 * ((self.level - 1) // 3))


@dataclass(frozen=True)
class Report:
    """What came of compressing or decompressing.

    Attributes:
        size_in: bytes read.
        size_out: bytes written.
        content: name of the content kind, or of several joined by "+".
        digest: BLAKE2b-8 of what the whole-file checksum covers: the original file for exact kinds, else the
            recipe and planes.
    """

    size_in: int
    size_out: int
    content: str
    digest: bytes


class _Counted:
    """A source that counts and digests what is read from it, and takes back what was only looked at."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._returned = memoryview(b"")
        self.size = 0
        self.digest = container.new_digest()

    def read(self, size: int) -> bytes:
        """`size` bytes, fewer only at the end."""
        parts: list[bytes | memoryview] = [self._returned[:size]]
        self._returned = self._returned[size:]
        size -= len(parts[0])
        while size:
            part = self._source.read(min(size, 1 << 24))
            if not part:
                break
            self.digest.update(part)
            self.size += len(part)
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def take_back(self, data: bytes) -> None:
        """`data`, all that has been read so far, come again."""
        self._returned = memoryview(data)


@dataclass(frozen=True)
class _Part:
    """A chunk to be coded."""

    symbols: Symbols
    starts_plane: bool
    last: bool


@dataclass(frozen=True)
class _Models:
    """What may code bytes, pixels, pixels whose samples are two bytes, and the file of a model that has one."""

    bytes: Sequence[Coder]
    pixels: Sequence[Coder]
    deep: Sequence[Coder]
    rest: Coder  # codes what is no pixel in files that are taken apart
    file: store.ModelFile | None = None

    def coders(self, shape: Sequence[int]) -> Sequence[Coder]:
        """Those for a chunk of this shape, the likeliest to be best first."""
        if len(shape) < 3:
            return self.bytes
        return self.deep if shape[2] in (2, 6) else self.pixels


def compress_stream(
    source: Source, sink: Sink, options: Options | None = None, progress: Progress | None = None
) -> Report:
    """Compress all of `source` into one frame on `sink`.

    Args:
        source: has `read(size) -> bytes`.
        sink: has `write(bytes)`.
        options: how; the defaults if None.
        progress: called now and then with the symbols coded so far (about the bytes of the input) and what they came
            to in bytes.

    Raises:
        ModelError: the model asked for cannot be had or does not fit the input.
        LimitError: it would take more memory than allowed.
        VerifyError: decoding a chunk did not give it back.
    """
    options = options or Options()
    counted = _Counted(source)
    usable = _models(options)
    head = counted.read(content.HEAD)
    kinds = list(content.candidates(head, exact=not options.pixels)) if usable.pixels else []
    data = head + counted.read(MAX_PARSED - len(head)) if kinds else head
    for kind in kinds if len(data) < MAX_PARSED else []:
        parsed = _parse(kind, data)
        if parsed:
            return _compress_parsed(kind, parsed, counted, sink, options, usable, progress)
    if not usable.bytes:
        raise ModelError(f"model {options.model} codes images, and this is none that arcodec reads")
    counted.take_back(data)
    return _compress_raw(counted, sink, options, usable, progress)


def _models(options: Options) -> _Models:
    name = options.model
    rest = chunks.built_in(_REST)
    pixels = [chunks.built_in(options.pixel_model), chunks.built_in("graphics")]
    deep = [chunks.built_in(options.deep_model), rest]
    if name is None:
        return _Models([chunks.built_in(options.byte_model)], pixels, deep, rest)
    file = None
    if os.path.sep in name or name.endswith(store.SUFFIX):
        file = store.read(name)
        if not options.carry_model:
            store.find(file.id)  # else nobody could decode what is written, not even to verify it
    elif len(name) == 64 and set(name.lower()) <= set("0123456789abcdef"):
        file = store.find(bytes.fromhex(name))
    coder = chunks.from_file(file) if file else chunks.built_in(name)
    if coder.model.dimensions == 1:
        return _Models([coder], [], [], coder, file)
    if coder.accepts((1, 1, 2)):
        return _Models([], pixels, [coder], rest, file)
    return _Models([], [coder], deep, rest, file)


def _parse(kind: Content, data: bytes) -> Parsed | None:
    """Take a file apart, if it goes together again."""
    parsed = kind.parse(data)
    if parsed is None or any(plane.size // len(plane) > MAX_CHUNK for plane in parsed.planes):
        return None
    restored = kind.restore(parsed.planes, parsed.recipe)
    if kind.exact:
        return parsed if restored == data else None
    again = kind.parse(restored)
    same = again is not None and again.recipe == parsed.recipe and len(again.planes) == len(parsed.planes)
    if again and same and all(map(np.array_equal, again.planes, parsed.planes)):
        return parsed
    return None


def _compress_parsed(
    kind: Content,
    parsed: Parsed,
    counted: _Counted,
    sink: Sink,
    options: Options,
    usable: _Models,
    progress: Progress | None,
) -> Report:
    usable = replace(usable, bytes=[usable.rest])
    planes = [np.frombuffer(parsed.recipe, np.uint8), *parsed.planes]
    parts = list(_plane_parts(planes, options.chunk_size))
    held = 2 * (sum(plane.size for plane in planes) + counted.size)  # each once in parts, once in one piece
    needed = held + max(_memory(part.symbols.shape, options, usable) for part in parts)
    # The planes are in memory anyhow, so the payloads may be too, and the header can say what was needed.
    results = list(_encode(parts, needed, options, usable, progress))
    memory = held + max(encoded.memory for encoded in results)
    writer = _begin(sink, Header(kind.code, memory, counted.size), options, usable)
    for part, encoded in zip(parts, results, strict=True):
        writer.add(encoded.header(starts_plane=part.starts_plane, last=part.last), encoded.payload)
    digest = counted.digest.digest() if kind.exact else digest_of_planes(planes)
    writer.close(digest)
    return Report(counted.size, writer.written, kind.name, digest)


def _compress_raw(
    counted: _Counted, sink: Sink, options: Options, usable: _Models, progress: Progress | None
) -> Report:
    source = _raw_parts(counted, options.chunk_size)
    first = next(source)
    needed = _memory(first.symbols.shape if first.last else (_largest(options.chunk_size),), options, usable)
    parts: deque[_Part] = deque()  # under way; read ahead of the results by a few

    def remember() -> Iterator[_Part]:
        for part in chain([first], source):
            parts.append(part)
            yield part

    writer = None
    for encoded in _encode(remember(), needed, options, usable, progress):
        part = parts.popleft()
        if writer is None:
            memory = encoded.memory if part.last else needed
            writer = _begin(sink, Header(container.RAW, memory, None), options, usable)
        writer.add(encoded.header(starts_plane=part.starts_plane, last=part.last), encoded.payload)
    digest = counted.digest.digest()
    assert writer is not None  # even an empty input is one part
    writer.close(digest)
    return Report(counted.size, writer.written, "raw", digest)


def _encode(
    parts: Iterable[_Part], needed: int, options: Options, usable: _Models, progress: Progress | None
) -> Iterator[Encoded]:
    """Encode chunks, which takes at most `needed` bytes of memory with one thread."""
    chunks.refuse_beyond(options.memory_limit, needed, f"level {options.level}, for chunks of this size,")
    workers = options.threads
    if options.memory_limit is not None:
        workers = max(1, min(workers, options.memory_limit // needed))

    def work(part: _Part, watch: Watch) -> Encoded:
        return chunks.encode(part.symbols, usable.coders(part.symbols.shape), options.verify, watch)

    def sizes(part: _Part, encoded: Encoded) -> tuple[int, int]:
        return part.symbols.size, len(encoded.payload)

    return threads.ordered(parts, work, sizes, workers, progress)


def _begin(sink: Sink, header: Header, options: Options, usable: _Models) -> Writer:
    writer = Writer(sink, header)
    if options.carry_model and usable.file:
        data = usable.file.data
        check = container.check_of(data, data)
        writer.add(Chunk(container.CARRIED, None, (len(data),), True, False, len(data), check), data)
    return writer


def _largest(chunk_size: int) -> int:
    """The most symbols that a chunk may get, see `_raw_parts`."""
    return chunk_size + chunk_size // 4


def _memory(shape: Sequence[int], options: Options, usable: _Models) -> int:
    """Bytes that coding a chunk of this shape may take. The model is loaded here: a worker cannot be interrupted."""
    if size_of(shape) < chunks.SMALL:
        return chunks.decoding_memory(shape, None)
    first, *others = usable.coders(shape)
    needed = chunks.decoding_memory(shape, first)
    if options.memory_limit is not None:  # else models that may not be tried need not be loaded
        needed = max([needed, *(chunks.decoding_memory(shape, coder) for coder in others)])
    return needed


def _raw_parts(counted: _Counted, chunk_size: int) -> Iterator[_Part]:
    """Cut a stream of unknown length into chunks; a short rest joins the chunk before it."""
    rest = b""
    first, last = True, False
    while not last:
        data = rest + counted.read(_largest(chunk_size) - len(rest))
        last = len(data) < _largest(chunk_size)
        size = len(data) if last else chunk_size
        rest = data[size:]
        yield _Part(np.frombuffer(data, np.uint8, size), first, last)
        first = False


def _plane_parts(planes: Sequence[Symbols], chunk_size: int) -> Iterator[_Part]:
    """Cut planes into bands of rows (or runs of bytes) of about equal size."""
    for number, plane in enumerate(planes):
        count = max(1, -(-plane.size // _largest(chunk_size)))
        rows = max(1, -(-len(plane) // count))
        if count > 1 and plane.shape[2:] == (2,):
            rows += rows % 2  # a sensor's mosaic has a period of two rows
        for start in range(0, max(1, len(plane)), rows):
            last = number == len(planes) - 1 and start + rows >= len(plane)
            yield _Part(np.ascontiguousarray(plane[start : start + rows]), start == 0, last)


def digest_of_planes(planes: Iterable[Symbols]) -> bytes:
    """The whole-file checksum of kinds that do not keep every byte: over the recipe and the planes."""
    digest = container.new_digest()
    for plane in planes:
        digest.update(plane.reshape(-1).data)
    return digest.digest()
