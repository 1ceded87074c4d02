"""One chunk at a time: symbols to payload and back, with whichever model serves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from arcodec import container, models
from arcodec.container import Chunk
from arcodec.errors import CorruptError, LimitError, VerifyError
from arcodec.models import store
from arcodec.models.base import Model, Symbols, Watch, size_of

# Fewer symbols than this are not worth waking a model for.
SMALL = 32
# A coder after the first is tried only where the first needs fewer bits per symbol than this on a sample of this many
# symbols: what costs more is photographic, and no other model comes near. Planes of one channel may be indices.
_GRAPHIC_BITS = 1.5
_SAMPLE = 1 << 15
GRID = 16  # pictures that were a JPEG are cut at multiples of this, where its blocks begin
_MADE = 2  # models of files that are kept
_made: dict[bytes, Model] = {}
_ROWS = 16  # the least of them in a sample, if there are so many: of wide images, fewer columns


Costs = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Coder:
    """A model as the format names it: by code, or by the id of its file. Loaded when first used."""

    load: Callable[[], Model]
    code: int
    model_id: bytes | None = None

    @property
    def model(self) -> Model:
        """The model."""
        return self.load()

    def accepts(self, shape: Sequence[int]) -> bool:
        """Whether it can code the shape, if need be as a sequence of bytes."""
        return self.model.dimensions == 1 or self.model.accepts(shape)

    def encode(self, symbols: Symbols, watch: Watch | None = None) -> bytes:
        """See `Model.encode`."""
        return self.model.encode(symbols.reshape(self._shape(symbols.shape)), watch)

    def bits(self, symbols: Symbols, watch: Watch | None = None) -> Costs:
        """See `Model.bits`."""
        return self.model.bits(symbols.reshape(self._shape(symbols.shape)), watch)

    def decode(self, payload: bytes, shape: Sequence[int], watch: Watch | None = None) -> Symbols:
        """See `Model.decode`."""
        return self.model.decode(payload, self._shape(shape), watch).reshape(tuple(shape))

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        """See `Model.memory`."""
        return self.model.memory(self._shape(shape), payload)

    def _shape(self, shape: Sequence[int]) -> tuple[int, ...]:
        return (size_of(shape),) if self.model.dimensions == 1 else tuple(shape)


def built_in(name: str) -> Coder:
    """The coder of a model of this package.

    Raises:
        UnknownModelError: there is none of that name.
    """
    return Coder(partial(models.built_in, name), models.code_of(name))


def by_code(code: int) -> Coder:
    """The coder of a code in the format.

    Raises:
        UnknownModelError: this version has no model of that code.
    """
    model = models.by_code(code)
    return Coder(lambda: model, code)


def from_file(file: store.ModelFile, *, embedded: bool = False) -> Coder:
    """The coder of a model file, which chunks name by its whole id where it is embedded beside them.

    The models of the last files are kept: some take seconds to get ready.
    """
    model = _made.pop(file.id, None) or file.model()
    _made[file.id] = model
    while len(_made) > _MADE:
        del _made[next(iter(_made))]
    code = container.BY_ID if embedded else container.BY_SHORT_ID
    return Coder(lambda: model, code, file.id[: container.ID_SIZES[code]])


@dataclass(frozen=True)
class Encoded:
    """A chunk that has been encoded: what its header says, and its payload."""

    code: int
    model_id: bytes | None
    shape: tuple[int, ...]
    payload: bytes
    check: int
    memory: int

    @property
    def size(self) -> int:
        """Bytes of its payload."""
        return len(self.payload)

    def header(self, *, starts_plane: bool, beside: bool, last: bool) -> Chunk:
        """Its header in the frame."""
        size = len(self.payload)
        return Chunk(self.code, self.model_id, self.shape, starts_plane, last, size, self.check, 0, beside)


def encode(symbols: Symbols, coders: Sequence[Coder], verify: bool, watch: Watch | None = None) -> Encoded:
    """Encode one chunk: as a fill if it is constant, stored if no coder makes it smaller.

    Args:
        symbols: uint8, C order, any shape that the coders accept.
        coders: one or more, the likeliest to be best first.
        verify: decode the payload again and compare.
        watch: see `Model.encode`.

    Raises:
        VerifyError: decoding did not give the symbols back.
    """
    data = symbols.reshape(-1).data
    coder: Coder | None = None
    code, payload = container.STORED, bytes(data[:1])
    if symbols.size and (symbols == symbols.flat[0]).all():
        code = container.FILL
    else:
        if symbols.size >= SMALL:
            coder = choose(symbols, coders)
            code, payload = coder.code, coder.encode(symbols, watch)
        if coder is None or len(payload) >= symbols.size:
            coder, code, payload = None, container.STORED, bytes(data)
    if coder and verify and not np.array_equal(coder.decode(payload, symbols.shape, watch), symbols):
        raise VerifyError(f"model {coder.model.name} did not decode what it had encoded; nothing was kept")
    check = container.check_of(data, payload)
    memory = decoding_memory(symbols.shape, coder, payload)
    return Encoded(code, coder.model_id if coder else None, symbols.shape, payload, check, memory)


@dataclass(frozen=True)
class Measured:
    """What a chunk would be if it were encoded.

    Attributes:
        coder: None where it would be stored or filled.
        costs: bits of each symbol: float32[n], in the order in which its model codes them.
        memory: bytes that decoding would take.
    """

    coder: Coder | None
    costs: Costs
    memory: int

    @property
    def bits(self) -> float:
        """Of all symbols."""
        return float(self.costs.sum(dtype=np.float64))

    @property
    def size(self) -> int:
        """Bytes of the payload."""
        return -int(-self.bits // 8)


def measure(symbols: Symbols, coders: Sequence[Coder], watch: Watch | None = None) -> Measured:
    """What each symbol of a chunk costs, with the choices that `encode` makes; see there."""
    costs, coder = np.full(symbols.size, 8, np.float32), None
    if symbols.size and (symbols == symbols.flat[0]).all():
        costs[1:] = 0
    elif symbols.size >= SMALL:
        coder = choose(symbols, coders)
        own = coder.bits(symbols, watch)
        if own.sum(dtype=np.float64) < 8 * symbols.size:
            costs = own
        else:
            coder = None
    return Measured(coder, costs, decoding_memory(symbols.shape, coder))


def choose(symbols: Symbols, coders: Sequence[Coder]) -> Coder:
    """The coder for a chunk, by a sample from its middle."""
    first, *others = coders
    if not others:
        return first
    rows = min(len(symbols), max(1 if symbols.ndim == 1 else _ROWS, _SAMPLE * len(symbols) // symbols.size))
    start = (len(symbols) - rows) // 2 // GRID * GRID
    sample = symbols[start : start + rows]
    if sample.ndim == 3 and sample.size > _SAMPLE:
        columns = max(1, _SAMPLE // (rows * symbols.shape[2]))
        start = (symbols.shape[1] - columns) // 2 // GRID * GRID
        sample = sample[:, start : start + columns]
    sample = np.ascontiguousarray(sample)
    sizes = {first: len(first.encode(sample))}
    if sizes[first] * 8 < _GRAPHIC_BITS * sample.size or symbols.shape[2:] == (1,):
        sizes |= {other: len(other.encode(sample)) for other in others}
    return min(sizes, key=sizes.__getitem__)


def decode(chunk: Chunk, payload: bytes, coder: Coder | None, watch: Watch | None = None) -> Symbols:
    """Decode one chunk; `coder` is that of its model, None for stored and filled ones.

    Raises:
        CorruptError: the payload is not what the header says.
    """
    if chunk.model == container.STORED:
        symbols = np.frombuffer(payload, np.uint8).reshape(chunk.shape)
    elif chunk.model == container.FILL:
        if len(payload) != 1:
            raise CorruptError(f"a filled chunk holds {len(payload)} bytes; it should hold 1")
        symbols = np.full(chunk.shape, payload[0], np.uint8)
    elif coder is None or not chunk.symbols:
        raise CorruptError("a chunk without symbols should be stored")
    else:
        symbols = coder.decode(payload, chunk.shape, watch)
    if container.check_of(symbols.reshape(-1).data, payload) != chunk.check:
        raise CorruptError("the decoded data do not match their checksum")
    return symbols


def decoding_memory(shape: Sequence[int], coder: Coder | None, payload: bytes = b"") -> int:
    """Bytes that decoding a chunk of this shape takes, an upper bound; `coder` is None for stored and filled ones.

    With the payload, the bound is for that; else for all payloads that there may be.

    Raises:
        CorruptError: the coder cannot have coded such a shape.
    """
    if coder is None:
        return 2 * size_of(shape)  # payload and symbols
    if not coder.accepts(shape):
        raise CorruptError(f"{coder.model.name} cannot have coded symbols of shape {tuple(shape)}")
    return coder.memory(shape, payload) + 4 * size_of(shape)  # payload, words, symbols in coding order and restored


def refuse_beyond(limit: int | None, needed: int, what: str) -> None:
    """Raise LimitError where `needed` bytes of memory are more than `limit`."""
    if limit is not None and needed > limit:
        raise LimitError(f"{what} needs {needed:,} bytes of memory; the limit is {limit:,} (raise it with -M)")
