"""From a file to frames: content, chunks, threads. Chunks go to an `Output`, which writes them or measures them."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Generic

import numpy as np

from arcodec import chunks, container, content, families, threads
from arcodec.chunks import GRID
from arcodec.container import MAX_CHUNK, Header, Sink, Source
from arcodec.content.base import Content, Parsed, Slabs, same
from arcodec.errors import ModelError
from arcodec.families import Models
from arcodec.models.base import Symbols, Watch, size_of
from arcodec.output import C, Output, Writing
from arcodec.parts import Counted, Part, largest, plane_parts, raw_parts
from arcodec.threads import Progress

LEVELS = range(1, 10)
DEFAULT_LEVEL = 5
# A file larger than this is not taken apart, for that needs it in memory; it is coded as it comes.
MAX_PARSED = 1 << 30
# But images of some kinds that are larger than this are taken apart as slabs of rows of this size, a frame for each.
SLAB = 1 << 27


@dataclass(frozen=True)
class Options:
    """How to compress. The output depends on nothing else but the input, and not on `threads` or `verify`.

    Attributes:
        level: 1 ... 9; sets the models (1 ... 3 fast, 4 ... 6 default, 7 ... 9 max) and the chunk size: small
            chunks take less memory and spread over more threads, large ones give smaller files.
        model: name of a built-in model, path of a model file, or its id in hex; None chooses by content. A file must
            be in a place where decoding looks for it, or be embedded.
        pixels: keep the pixels and metadata of images, not the very bytes of their files.
        embed_model: put the model file into the output, so that whoever decodes it need not have it.
        threads: number of chunks coded at a time.
        verify: decode each chunk again before it is written.
        memory_limit: bytes of memory that coding may take with all threads; None for no limit.
    """

    level: int = DEFAULT_LEVEL
    model: str | None = None
    pixels: bool = False
    embed_model: bool = False
    threads: int = 1
    verify: bool = True
    memory_limit: int | None = None

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


def compress_stream(
    source: Source, sink: Sink, options: Options | None = None, progress: Progress | None = None
) -> Report:
    """Compress all of `source` into one frame on `sink`, or several for a large image.

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
    return code_stream(source, Writing(sink, options.verify, options.embed_model), options, progress)


def code_stream(source: Source, output: Output[C], options: Options, progress: Progress | None) -> Report:
    """The same for any output."""
    counted = Counted(source)
    usable = _models(options)
    head = counted.read(content.HEAD)
    kinds = list(content.candidates(head, exact=not options.pixels)) if usable.of["pixels"] else []
    searched = options.model is None
    frames = _Frames(counted, output, options, usable, progress)
    data = counted.read_on(head, SLAB) if kinds or searched else head
    if kinds and len(data) == SLAB:
        for kind in kinds:
            slabs = kind.slabs(data)
            if slabs and slabs.row <= SLAB:
                counted.take_back(data)
                del data
                return _compress_slabs(kind, slabs, counted, frames)
        data = counted.read_on(data, MAX_PARSED)
    compound = content.kind(content.COMPOUND)
    for kind in kinds if len(data) < MAX_PARSED else []:
        parsed = _parse(kind, data)
        if parsed:
            more = _taken_further(kind, parsed, data) if searched else None
            found, parsed = (compound, more) if more else (kind, parsed)
            report = _compress_parsed(found, parsed, data, output, options, usable, progress)
            if report:
                return report
    if searched and len(data) <= SLAB and (parsed := _parse(compound, data)):
        while data:
            frames.add(compound, parsed, data)
            data = counted.read(SLAB)
            parsed = _parse(compound, data)
        return frames.report()
    if not usable.of["bytes"]:
        raise ModelError(f"model {options.model} codes images, and this is none that arcodec reads")
    counted.take_back(data)
    return _compress_raw(counted, output, options, usable, progress)


def _models(options: Options) -> Models:
    if options.model is None:
        return families.for_level(options.level)
    return families.with_model(options.level, options.model, embedded=options.embed_model)


def _parse(kind: Content, data: bytes) -> Parsed | None:
    """Take a file apart, if it goes together again."""
    parsed = kind.parse(data)
    if parsed is None or any(plane.size // len(plane) > MAX_CHUNK for plane in parsed.planes):
        return None
    if kind.exact:
        return parsed if same(kind.pieces(parsed.planes, parsed.recipe), data) else None
    again = kind.parse(kind.restore(parsed.planes, parsed.recipe))
    if again is None or again.recipe != parsed.recipe or len(again.planes) != len(parsed.planes):
        return None
    return parsed if all(map(np.array_equal, again.planes, parsed.planes)) else None


def _taken_further(kind: Content, parsed: Parsed, data: bytes) -> Parsed | None:
    """With the files that lie in the recipe taken apart too, if there are any and all goes together again."""
    if not kind.nests:
        return None
    from arcodec.content.compound import Compound

    compound = Compound()
    more = compound.around(kind, parsed)
    return more if more and same(compound.pieces(more.planes, more.recipe), data) else None


class _Frames(Generic[C]):
    """Several frames in a row, of one input."""

    def __init__(
        self, counted: Counted, output: Output[C], options: Options, usable: Models, progress: Progress | None
    ) -> None:
        self.reports: list[Report] = []
        self._counted = counted
        self._output = output
        self._options = options
        self._usable = usable
        self._progress = progress

    def keep(self, source: Counted, *, rest: bool = False) -> None:
        """A frame of the bytes as they are; `rest`: by the model for headers and the like."""
        usable = self._usable.for_rest() if rest else self._usable
        self.reports.append(_compress_raw(source, self._output, self._options, usable, self._going_on()))

    def add(self, kind: Content, parsed: Parsed | None, data: bytes, *, rest: bool = False) -> None:
        """A frame of `data`, taken apart if it can be and that is smaller."""
        report = parsed and _compress_parsed(
            kind, parsed, data, self._output, self._options, self._usable, self._going_on()
        )
        if report:
            self.reports.append(report)
        else:
            self.keep(Counted(io.BytesIO(data)), rest=rest)

    def report(self) -> Report:
        """On all of them."""
        names = dict.fromkeys(report.content for report in self.reports)
        size_out = sum(report.size_out for report in self.reports)
        return Report(self._counted.size, size_out, "+".join(names), self.reports[-1].digest)

    def _going_on(self) -> Progress | None:
        done, written = sum(r.size_in for r in self.reports), sum(r.size_out for r in self.reports)
        return self._progress and partial(threads.after, self._progress, done, written)


def _compress_slabs(kind: Content, slabs: Slabs, counted: Counted, frames: _Frames[C]) -> Report:
    """A frame for what comes before the rows, one for each so many rows, and one for what comes after them."""
    height = SLAB // slabs.row
    if height >= 8 * GRID:
        height -= height % GRID
    frames.keep(Counted(io.BytesIO(counted.read(slabs.header))), rest=True)
    for row in range(0, slabs.rows, height):
        data = counted.read(min(height, slabs.rows - row) * slabs.row)
        whole = len(data) // slabs.row * slabs.row
        if whole < len(data):  # here the file ends
            counted.take_back(data[whole:])
            data = data[:whole]
        if not data:
            break
        parsed = slabs.parse(data)
        frames.add(kind, parsed if same(kind.pieces(parsed.planes, parsed.recipe), data) else None, data, rest=True)
        del parsed, data  # before the next are read
    following = counted.read(1)
    if following:
        counted.take_back(following)
        frames.keep(Counted(counted), rest=True)
    return frames.report()


def _compress_parsed(
    kind: Content,
    parsed: Parsed,
    data: bytes,
    output: Output[C],
    options: Options,
    usable: Models,
    progress: Progress | None,
) -> Report | None:
    """One frame, or None where it would be larger than the file, and the file may be kept as it is."""
    may_be_raw = kind.exact and bool(usable.of["bytes"])
    if not kind.texts:
        usable = usable.for_rest()
    planes = [np.frombuffer(parsed.recipe, np.uint8), *parsed.planes]
    parts = list(plane_parts(planes, options.chunk_size, usable.coders))
    held = 2 * (sum(plane.size for plane in planes) + len(data))  # each once in parts, once in one piece
    needed = held + max(_memory(part.symbols.shape, options, usable) for part in parts)
    # The planes are in memory anyhow, so the payloads may be too, and the header can say what was needed.
    results = list(_code(parts, needed, output, options, usable, progress))
    if may_be_raw and sum(coded.size for coded in results) > len(data):
        return None
    memory = held + max(coded.memory for coded in results)
    frame = output.begin(Header(kind.code, memory, len(data)), usable)
    for part, coded in zip(parts, results, strict=True):
        frame.add(part, coded)
    digest = container.digest_of([data]) if kind.exact else digest_of_planes(planes)
    frame.close(digest)
    return Report(len(data), frame.written, kind.name, digest)


def _compress_raw(
    counted: Counted, output: Output[C], options: Options, usable: Models, progress: Progress | None
) -> Report:
    source = raw_parts(counted, options.chunk_size)
    first = next(source)
    needed = _memory(first.symbols.shape if first.last else (largest(options.chunk_size),), options, usable)
    parts: deque[Part] = deque()  # under way; read ahead of the results by a few

    def remember() -> Iterator[Part]:
        for part in chain([first], source):
            parts.append(part)
            yield part

    frame = None
    for coded in _code(remember(), needed, output, options, usable, progress):
        part = parts.popleft()
        if frame is None:
            memory = coded.memory if part.last else needed
            frame = output.begin(Header(container.RAW, memory, None), usable)
        frame.add(part, coded)
    digest = counted.digest.digest()
    assert frame is not None  # even an empty input is one part
    frame.close(digest)
    return Report(counted.size, frame.written, "raw", digest)


def _code(
    parts: Iterable[Part],
    needed: int,
    output: Output[C],
    options: Options,
    usable: Models,
    progress: Progress | None,
) -> Iterator[C]:
    """Code chunks, which takes at most `needed` bytes of memory with one thread."""
    chunks.refuse_beyond(options.memory_limit, needed, f"level {options.level}, for chunks of this size,")
    workers = options.threads
    if options.memory_limit is not None:
        workers = max(1, min(workers, options.memory_limit // needed))

    def work(part: Part, watch: Watch) -> C:
        return output.code(np.ascontiguousarray(part.symbols), usable.coders(part.symbols.shape), watch)

    def sizes(part: Part, coded: C) -> tuple[int, int]:
        return part.symbols.size, coded.size

    return threads.ordered(parts, work, sizes, workers, progress)


def _memory(shape: Sequence[int], options: Options, usable: Models) -> int:
    """Bytes that coding a chunk of this shape may take. The model is loaded here: a worker cannot be interrupted."""
    if size_of(shape) < chunks.SMALL:
        return chunks.decoding_memory(shape, None)
    first, *others = usable.coders(shape)
    needed = chunks.decoding_memory(shape, first)
    if options.memory_limit is not None:  # else models that may not be tried need not be loaded
        needed = max([needed, *(chunks.decoding_memory(shape, coder) for coder in others)])
    return needed


def digest_of_planes(planes: Iterable[Symbols]) -> bytes:
    """The whole-file checksum of kinds that do not keep every byte: over the recipe and the planes."""
    return container.digest_of(plane.reshape(-1).data for plane in planes)
