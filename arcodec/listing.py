"""What an .arcz file says of itself, read without decoding anything: imports neither numba nor torch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from arcodec import container, content, models
from arcodec.container import Chunk, Header, Reader


@dataclass(frozen=True)
class Frame:
    """One frame of a file.

    Attributes:
        content: name of the content kind.
        size: bytes of the file it restores to (for kinds that do not keep every byte: of the original).
        packed_size: bytes of the frame.
        memory: bytes that decoding takes with one thread, an upper bound.
        chunks: their headers, in order.
        variants: which variant of its model coded each chunk; None where the model has only one.
        digest: whole-file checksum in hex; None for a frame of one chunk, which has that of the chunk only.
    """

    content: str
    size: int
    packed_size: int
    memory: int
    chunks: tuple[Chunk, ...]
    variants: tuple[str | None, ...]
    digest: str | None

    @property
    def models(self) -> dict[str, int]:
        """Names of the models used and the number of chunks each coded."""
        return dict(Counter(_model_name(chunk) for chunk in self.chunks))

    @property
    def models_in_full(self) -> dict[str, int]:
        """The same, with the variants of models that have several."""
        names = zip(map(_model_name, self.chunks), self.variants, strict=True)
        return dict(Counter(f"{name} ({variant})" if variant else name for name, variant in names))


@dataclass(frozen=True)
class Info:
    """What a whole file says of itself: one frame, or several in a row.

    Attributes:
        frames: in order.
    """

    frames: tuple[Frame, ...]

    @property
    def size(self) -> int:
        """Bytes of the restored file."""
        return sum(frame.size for frame in self.frames)

    @property
    def packed_size(self) -> int:
        """Bytes of the .arcz file."""
        return sum(frame.packed_size for frame in self.frames)

    @property
    def memory(self) -> int:
        """Bytes that decoding takes with one thread, an upper bound."""
        return max(frame.memory for frame in self.frames)

    @property
    def embedded(self) -> int:
        """Bytes that model files in it take."""
        all_chunks = (chunk for frame in self.frames for chunk in frame.chunks)
        return sum(chunk.header_length + chunk.length for chunk in all_chunks if chunk.model == container.CARRIED)


def _model_name(chunk: Chunk) -> str:
    return chunk.model_id.hex() if chunk.model_id else models.name_of(chunk.model)


def _size(header: Header, chunks: list[Chunk]) -> int:
    if header.size is not None:
        return header.size
    return sum(chunk.symbols for chunk in chunks if chunk.model != container.CARRIED)


def read_info(source: container.Source, seekable: bool) -> Info:
    """Walk the headers of an .arcz file.

    Args:
        source: has `read(size) -> bytes`, and `seek(offset)` if it is seekable.
        seekable: payloads may be passed over by seeking.

    Raises:
        FormatError: it is no .arcz file, or its headers are damaged. Payloads are not looked at.
    """
    reader = Reader(source)
    frames: list[Frame] = []
    while True:
        start = reader.offset
        header = reader.next_frame()
        if header is None:
            return Info(tuple(frames))
        chunks, variants = [], []
        while (chunk := reader.next_chunk()) is not None:
            chunks.append(chunk)
            first = reader.skip(source.seek if seekable else None)  # type: ignore[attr-defined]
            variants.append(models.variant_of(chunk.model, first))
        digest = reader.trailer()
        frames.append(
            Frame(
                content.name_of(header.content),
                _size(header, chunks),
                reader.offset - start,
                header.memory,
                tuple(chunks),
                tuple(variants),
                digest.hex() if digest else None,
            )
        )
