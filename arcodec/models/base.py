"""The Model protocol: what every model is, and what it gets for writing one loop."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec.errors import CorruptError, ModelFileError
from arcodec.kernels import port as ports

Symbols = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint32]
Port = npt.NDArray[np.uint64]
Watch = Callable[[Port], None]

MAX_TEMPERATURE = 1 << 16


class HaltedError(Exception):
    """Coding was stopped from another thread; not an error of the input."""


class Model(ABC):
    """An autoregressive distribution over arrays of symbols 0 ... 255, and a codec because of it.

    A subclass writes `run`, one loop over the symbols that codes each through a port, and `memory`. It inherits
    `encode`, `decode`, `bits`, `predict` and `sample`. Instances hold no state that coding changes: each call
    starts afresh, and any number of threads may share one instance.

    Attributes:
        name: what `-m` and the file listing call it; names one behaviour for ever. Empty for parts of a model.
        code: its number in FORMAT.md.
        dimensions: 1 for a sequence of bytes, 3 for pixels (rows, columns, channels).
        brief: whether payloads end with the word that has the most zeros at its end, and not with constriction's.
    """

    name: str = ""
    code: int = -1
    brief: bool = False
    dimensions: int

    @abstractmethod
    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        """Code the first `stop` symbols of a chunk, in coding order; returns how many were coded.

        Args:
            port: uint64[SLOTS], see `arcodec.kernels.port`.
            words: uint32[m], the stream.
            costs: uint32[stop], where a measuring port puts what each symbol cost.
            symbols: uint8 of the chunk's shape as `arrange` gives it, C order; read when encoding or measuring,
                written when decoding or sampling. Nothing at or after the current symbol may influence it.
            stop: number of symbols to code, at most `symbols.size`. What is coded for a symbol must not depend on
                it: tables are sized by the shape of `symbols`.

        Fewer than `stop` are returned only when the stream overran (`ports.overrun`).
        """

    @abstractmethod
    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        """Bytes of working memory to code a chunk of `shape`, beside the chunk and its words; an upper bound.

        With the payload, or its first byte, the bound is for that; else for all payloads that there may be.
        """

    def accepts(self, shape: Sequence[int]) -> bool:
        """Whether the model can code a chunk of this shape."""
        return len(shape) == self.dimensions

    def with_parameters(self, arrays: Mapping[str, npt.NDArray[np.integer[Any]]]) -> Model:
        """This architecture with the parameters of a model file.

        Raises:
            ModelFileError: the arrays are not those that the architecture has.
        """
        raise ModelFileError(f"{self.name} has no parameters that a model file could hold")

    def arrange(self, chunk: Symbols) -> Symbols:
        """A writable copy of the chunk in coding order, C order. Undone by `restore`."""
        return np.array(chunk, np.uint8, order="C")

    def restore(self, symbols: Symbols) -> Symbols:
        """Undo `arrange`."""
        return symbols

    def encode(self, chunk: Symbols, watch: Watch | None = None) -> bytes:
        """The payload of a chunk: the words of its range coder, most significant byte first.

        Up to three trailing zero bytes of the last word are dropped. `watch` is called with the port before coding
        begins: from another thread its slot DONE tells how far coding is, and setting HALT ends it.

        Raises:
            HaltedError: HALT was set.
        """
        symbols = self.arrange(chunk)
        costs = np.empty(0, np.uint32)
        room = symbols.size // 4 + symbols.size // 64 + 64
        while True:
            words = np.empty(room, np.uint32)
            port = ports.encoder()
            if watch:
                watch(port)
            if self.run(port, words, costs, symbols, symbols.size) < symbols.size:
                raise HaltedError
            if self.brief:
                end_briefly(port)
            needed = int(ports.finish(port, words))
            if needed <= room:
                break
            room = needed  # an input that the model likes less than chance: once more, now with enough room
        payload = words[:needed].astype(">u4").tobytes()
        short = payload.rstrip(b"\0")
        return payload[: max(len(short), len(payload) - 3)]

    def decode(self, payload: bytes, shape: Sequence[int], watch: Watch | None = None) -> Symbols:
        """The chunk of a payload: uint8 of `shape`. `watch` is as for `encode`.

        Raises:
            CorruptError: the payload is shorter or longer than the symbols it is said to hold.
            HaltedError: HALT was set.
        """
        words = np.frombuffer(payload + bytes(-len(payload) % 4), ">u4").astype(np.uint32)
        symbols = self.arrange(np.zeros(tuple(shape), np.uint8))
        port = ports.decoder(words)
        if watch:
            watch(port)
        done = self.run(port, words, np.empty(0, np.uint32), symbols, symbols.size)
        if port[ports.HALT]:
            raise HaltedError
        if done < symbols.size:
            raise CorruptError(f"the coded data end after symbol {done} of {symbols.size}")
        if int(port[ports.POSITION]) < len(words):
            raise CorruptError("the coded data go on after the last symbol")
        return self.restore(symbols)

    def bits(self, chunk: Symbols, watch: Watch | None = None) -> npt.NDArray[np.float32]:
        """The cost of each symbol, -log2 of its probability: float32[size], in coding order.

        `watch` is as for `encode`.

        Raises:
            HaltedError: HALT was set.
        """
        symbols = self.arrange(chunk)
        costs = np.zeros(symbols.size, np.uint32)
        port = ports.meter()
        if watch:
            watch(port)
        if self.run(port, np.empty(0, np.uint32), costs, symbols, symbols.size) < symbols.size:
            raise HaltedError
        return np.ldexp(costs.astype(np.float32), -ports.COST_SCALE)

    def predict(self, prefix: Symbols, shape: Sequence[int] | None = None) -> npt.NDArray[np.uint32]:
        """The distribution of the symbol that follows `prefix`.

        Args:
            prefix: uint8[k], the first k symbols in coding order.
            shape: shape of the whole chunk (models size their tables by it); for bytes, k + 1 if left out.

        Returns:
            uint32[256] frequencies, each >= 1, sum 2**24.
        """
        if shape is None:
            shape = (len(prefix) + 1,)
        symbols = self.arrange(np.zeros(tuple(shape), np.uint8))
        flat = symbols.reshape(-1)
        stop = len(prefix) + 1
        if stop > flat.size:
            raise ValueError(f"a chunk of shape {tuple(shape)} has no symbol {len(prefix)}")
        flat[: len(prefix)] = prefix
        costs = np.zeros(stop, np.uint32)
        weights = []
        for symbol in range(256):
            flat[len(prefix)] = symbol
            port = ports.meter()
            self.run(port, np.empty(0, np.uint32), costs, symbols, stop)
            weights.append(int(port[ports.WEIGHT]))
        return _frequencies(weights)

    def sample(
        self,
        shape: Sequence[int],
        seed: int,
        prompt: Symbols | None = None,
        temperature: float = 1.0,
        watch: Watch | None = None,
    ) -> Symbols:
        """Draw a chunk of `shape` from the model: uint8; the same arguments give the same chunk everywhere.

        Args:
            shape: of the whole chunk.
            seed: of the pseudo-random bits that are decoded, taken modulo 2**64.
            prompt: what the chunk begins with along its first dimension: bytes, or rows of pixels.
            temperature: the logarithms of odds, or of frequencies, are divided by it; counted in 1/256. Above 1 the
                chunk gets more surprising, below 1 more predictable.
            watch: as for `encode`; `drawn` tells of the port how many bits were drawn.

        Raises:
            ValueError: the prompt does not fit the shape, or the temperature is no positive number.
            HaltedError: HALT was set.
        """
        chunk = np.zeros(tuple(shape), np.uint8)
        forced = 0
        if prompt is not None:
            if prompt.shape[1:] != chunk.shape[1:] or len(prompt) > len(chunk):
                raise ValueError(f"a prompt of shape {prompt.shape} does not begin a chunk of shape {chunk.shape}")
            chunk[: len(prompt)] = prompt
            forced = prompt.size
        if not 0 < temperature < MAX_TEMPERATURE:
            raise ValueError(f"the temperature is {temperature}; it must be above 0 and below {MAX_TEMPERATURE}")
        symbols = self.arrange(chunk)
        port = ports.sampler(seed, forced, max(1, round(temperature * (1 << ports.TEMPERATURE_SCALE))))
        if watch:
            watch(port)
        nothing = np.empty(0, np.uint32)
        if self.run(port, nothing, nothing, symbols, symbols.size) < symbols.size:
            raise HaltedError
        return self.restore(symbols)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"


class GreenFirst(Model):
    """Photographs and drawings of 8 bits per sample, gray or colour; learns everything from the chunk itself.

    Chunks are uint8[rows, columns, 1 or 3]. Three channels are red, green, blue; they are coded green first.
    """

    dimensions = 3

    def accepts(self, shape: Sequence[int]) -> bool:
        return len(shape) == 3 and shape[2] in (1, 3) and shape[0] >= 1 and shape[1] >= 1

    def arrange(self, chunk: Symbols) -> Symbols:
        order = [1, 0, 2] if chunk.shape[2] == 3 else [0]
        return np.ascontiguousarray(chunk[:, :, order], np.uint8)

    def restore(self, symbols: Symbols) -> Symbols:
        return self.arrange(symbols)  # exchanging the first two channels undoes itself


def end_briefly(port: Port) -> None:
    """Of all that decodes alike, choose what ends with the most zero bits: those bytes are not written."""
    lower, span = int(port[ports.LOWER]), int(port[ports.RANGE])
    for bits in range(63, 31, -1):
        point = -(-lower >> bits) << bits
        if point < min(lower + span, 1 << 64):
            port[ports.LOWER] = point
            return


def _frequencies(weights: Sequence[int]) -> npt.NDArray[np.uint32]:
    """Scale weights to frequencies >= 1 that sum to 2**24; what rounding leaves goes to the likeliest symbol."""
    total = sum(weights)
    spare = ports.TOTAL - len(weights)
    table = [1 + spare * w // total for w in weights]
    table[weights.index(max(weights))] += ports.TOTAL - sum(table)
    return np.array(table, np.uint32)


def drawn(port: Port) -> float:
    """Bits that a sampling port has drawn: by how much its interval has shrunk."""
    return 32 * int(port[ports.POSITION]) + 64 - math.log2(int(port[ports.RANGE]) + 1)


def size_of(shape: Sequence[int]) -> int:
    """Number of symbols in a chunk of `shape`."""
    return math.prod(shape)
