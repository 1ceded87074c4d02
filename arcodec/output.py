"""What becomes of coded chunks: the protocol, and how they are written as frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from arcodec import chunks, container
from arcodec.chunks import Coder, Encoded
from arcodec.container import Chunk, Header, Sink, Writer
from arcodec.families import Models
from arcodec.models.base import Symbols, Watch
from arcodec.parts import Part


class Coded(Protocol):
    """A chunk that has been coded.

    Attributes:
        size: bytes of its payload.
        memory: bytes that decoding it takes.
    """

    @property
    def size(self) -> int: ...

    @property
    def memory(self) -> int: ...


C = TypeVar("C", bound=Coded)
D = TypeVar("D", contravariant=True)


class FrameOutput(Protocol[D]):
    """Takes the chunks of one frame.

    Attributes:
        written: bytes so far.
    """

    @property
    def written(self) -> int: ...

    def add(self, part: Part, coded: D) -> None:
        """The next chunk."""

    def close(self, digest: bytes) -> None:
        """There are no more."""


class Output(Protocol[C]):
    """What becomes of chunks."""

    def code(self, symbols: Symbols, coders: Sequence[Coder], watch: Watch) -> C:
        """Code one chunk with the best of the coders; on any thread."""

    def begin(self, header: Header, models: Models) -> FrameOutput[C]:
        """A frame that is kept."""


class Writing:
    """Chunks are encoded, and written to a sink."""

    def __init__(self, sink: Sink, verify: bool, embed: bool) -> None:
        self._sink, self._verify, self._embed = sink, verify, embed

    def code(self, symbols: Symbols, coders: Sequence[Coder], watch: Watch) -> Encoded:
        """See `Output.code`."""
        return chunks.encode(symbols, coders, self._verify, watch)

    def begin(self, header: Header, models: Models) -> FrameWriting:
        """See `Output.begin`."""
        writer = Writer(self._sink, header)
        if self._embed and models.file:
            data = models.file.data
            check = container.check_of(data, data)
            writer.add(Chunk(container.CARRIED, None, (len(data),), True, False, len(data), check), data)
        return FrameWriting(writer)


class FrameWriting:
    """One frame in the sink."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    @property
    def written(self) -> int:
        return self._writer.written

    def add(self, part: Part, coded: Encoded) -> None:
        """See `FrameOutput.add`."""
        self._writer.add(part.header(coded), coded.payload)

    def close(self, digest: bytes) -> None:
        """See `FrameOutput.close`."""
        self._writer.close(digest)
