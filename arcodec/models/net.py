"""The family of nets as models: a chunk in lanes side by side, its symbols coded by what a net of integers says.

A decoder runs a net once for a symbol of each lane, which takes little longer for many lanes than for one: that is
what they are for. All go into one stream, the first symbol of each first. Each begins as if nothing came before it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from arcodec.errors import ModelFileError
from arcodec.kernels import distributions
from arcodec.kernels import port as ports
from arcodec.models.base import Model, Port, Symbols, Watch, Words, size_of
from arcodec.nets.base import Net, Parameter
from arcodec.nets.compiled import CompiledArithmetic
from arcodec.nets.integers import STEP_MAX, VECTOR_MAX, WEIGHT_MAX, IntegerArithmetic

LANES_MAX = 64
LANE = 4096  # symbols of a lane on average, if there is more than one,
BAND = 32  # and rows of pixels
_STRETCH = 256  # symbols of a lane, at most, that are taken at a time where they are known,
_AT_ONCE = 128 << 20  # and bytes that this may take, unless the net's period is longer
_VALUE = 8  # bytes
_TABLES = 6 * 256  # values to make the frequencies of a symbol

Arrays = Mapping[str, npt.NDArray[np.integer[Any]]]
_Item = TypeVar("_Item", bound=np.generic)


class NetModel(Model):
    """A net, with the parameters of a model file once it has them.

    Chunks of bytes are uint8[n]; of pixels, uint8[rows, columns, channels] with the channels the net was made for.

    Args:
        kind: the architecture.
        net: the same with its dimensions.
        arrays: its parameters, checked.
    """

    brief = True

    def __init__(self, kind: type[Net], net: Net | None = None, arrays: Arrays | None = None) -> None:
        self.kind, self.name, self.dimensions = kind, kind.name, 3 if kind.pixels else 1
        if net is not None and arrays is not None:
            self.net, self.arrays = net, arrays
            self.use(CompiledArithmetic())

    def use(self, arithmetic: IntegerArithmetic) -> None:
        """Compute with another library, device or carrier from now on; no result depends on it."""
        self._a, self._p = arithmetic, arithmetic.prepared(self.net, self.arrays)

    def with_parameters(self, arrays: Arrays) -> NetModel:
        net = net_of(self.kind, arrays)
        return NetModel(self.kind, net, arrays)

    def accepts(self, shape: Sequence[int]) -> bool:
        if len(shape) != self.dimensions:
            return False
        return not self.kind.pixels or (min(shape) >= 1 and shape[2] == self.net.dimensions["channels"])

    def arrange(self, chunk: Symbols) -> Symbols:
        lanes = self.lanes(chunk.shape)
        return lanes.in_order(lanes.apart(np.ascontiguousarray(chunk, np.uint8))).reshape(chunk.shape)

    def restore(self, symbols: Symbols) -> Symbols:
        lanes = self.lanes(symbols.shape)
        return lanes.together(lanes.from_order(symbols)).reshape(symbols.shape)

    def bits(self, chunk: Symbols, watch: Watch | None = None) -> npt.NDArray[np.float32]:
        """See `Model.bits`; in the order of the chunk."""
        lanes = self.lanes(chunk.shape)
        return lanes.together(lanes.from_order(super().bits(chunk, watch)))

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        order, lanes, prompt = symbols.reshape(-1), self.lanes(symbols.shape), int(port[ports.FORCED])
        known = port[ports.MODE] in (ports.ENCODE, ports.MEASURE)

        def code(frequencies: Words, first: int) -> int:
            if prompt:  # the first symbols of the chunk, which are not the first in coding order
                port[ports.FORCED] = first + lanes.beginning(prompt, lanes.time_of(first))
            return int(distributions.run(port, words, costs, frequencies, order, first))

        return self._walk(symbols, stop, known, code)

    def predict(self, prefix: Symbols, shape: Sequence[int] | None = None) -> npt.NDArray[np.uint32]:
        shape = (len(prefix) + 1,) if shape is None else tuple(shape)
        symbols = np.zeros(shape, np.uint8)
        if len(prefix) >= symbols.size:
            raise ValueError(f"a chunk of shape {shape} has no symbol {len(prefix)}")
        symbols.reshape(-1)[: len(prefix)] = prefix
        last = np.empty((1, 256), np.uint32)

        def keep(frequencies: Words, first: int) -> int:
            last[0] = frequencies[-1]
            return first + len(frequencies)

        self._walk(symbols, len(prefix) + 1, True, keep)
        found: Words = last[0]
        return found

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        """Parameters, the state of the lanes, and what a stretch of them holds."""
        lanes, row = self.lanes(shape), self._row(shape)
        parameters = 3 * sum(size_of(q.shape) for q in self.net.parameters().values())
        state = 2 * lanes.lanes * self.net.remembered(row)
        return (
            _VALUE * (parameters + state) + self._held(lanes, self._stretch(lanes)) + 4 * size_of(shape) + (1 << 20)
        )

    def lanes(self, shape: Sequence[int]) -> Lanes:
        """How a chunk is cut."""
        return lanes_of(shape, self.kind.pixels)

    def _row(self, shape: Sequence[int]) -> tuple[int, int]:
        return (shape[1], shape[2]) if self.kind.pixels else (0, 1)

    def _stretch(self, lanes: Lanes) -> int:
        """Symbols of a lane that are taken at a time where they are known: a multiple of the period."""
        period = self.net.period
        stretch = max(1, _STRETCH // period) * period
        while stretch > period and self._held(lanes, stretch) > _AT_ONCE:
            stretch = max(1, stretch // 2 // period) * period
        return stretch

    def _held(self, lanes: Lanes, stretch: int) -> int:
        """Bytes that a stretch takes."""
        return _VALUE * lanes.lanes * stretch * (self.net.held(stretch) + _TABLES)

    def _walk(self, symbols: Symbols, stop: int, known: bool, code: Callable[[Words, int], int]) -> int:
        """Let `code` have the frequencies of symbol after symbol, uint32[n, 256], and the number of the first.

        It returns the number of the symbol after the last it has done. Where symbols are not `known` beforehand they
        are taken from `symbols`, in coding order, once it returns.
        """
        lanes, order = self.lanes(symbols.shape), symbols.reshape(-1)
        stretch = self._stretch(lanes) if known else 1
        time = -(-lanes.time // stretch) * stretch
        before = np.zeros((lanes.lanes, time + 1), np.uint8)
        if known:
            before[:, 1 : lanes.time + 1] = lanes.from_order(order)
        state, done = self.net.start(self._a, lanes.lanes, self._row(symbols.shape)), 0
        for t in range(0, time, stretch):
            given = self._a.symbols(before[:, t : t + stretch])
            logits, state = self.net.run(self._a, self._p, state, given)
            frequencies = lanes.in_order(self._a.frequencies(logits), t)[: stop - done]
            first, done = done, code(frequencies, done)
            if done < first + len(frequencies) or done == stop:
                break
            if not known:
                before[: done - first, t + 1] = order[first:done]
        return done


class Lanes(NamedTuple):
    """How a chunk is cut: `lanes` lanes of `units` units each, but for those after the `first`, which have one less.

    A unit is `unit` symbols: 1, or a row of pixels. Lanes side by side are an array [lanes, time, ...], where the
    last unit of shorter ones means nothing.
    """

    lanes: int
    first: int
    units: int
    unit: int

    @property
    def time(self) -> int:
        """Symbols of the longest lane."""
        return self.units * self.unit

    @property
    def _common(self) -> int:
        """Symbols that every lane has."""
        return self.time if self.first == self.lanes else self.time - self.unit

    @property
    def _late(self) -> int:
        """Symbols that only the first lanes have."""
        return self.time - self._common

    def apart(self, chunk: npt.NDArray[_Item]) -> npt.NDArray[_Item]:
        """The lanes of a chunk, side by side."""
        flat, border = chunk.reshape(-1), self.first * self.time
        lanes = np.zeros((self.lanes, self.time), chunk.dtype)
        lanes[: self.first] = flat[:border].reshape(self.first, self.time)
        lanes[self.first :, : self._common] = flat[border:].reshape(self.lanes - self.first, self._common)
        return lanes

    def together(self, lanes: npt.NDArray[_Item]) -> npt.NDArray[_Item]:
        """What `apart` was given, flat."""
        return np.concatenate([lanes[: self.first].reshape(-1), lanes[self.first :, : self._common].reshape(-1)])

    def time_of(self, number: int) -> int:
        """The time of a symbol, by its number in coding order."""
        late = number - self.lanes * self._common
        return number // self.lanes if late < 0 else self._common + late // self.first

    def beginning(self, symbols: int, time: int) -> int:
        """How many lanes' symbols at a time are among the first `symbols` of the chunk: those of the first lanes."""
        begins = np.arange(self.lanes) * self._common + np.minimum(np.arange(self.lanes), self.first) * self._late
        return int((begins + time < symbols).sum())

    def in_order(self, lanes: npt.NDArray[_Item], start: int = 0) -> npt.NDArray[_Item]:
        """What lanes have side by side from time `start` on, in coding order: [symbols, ...]."""
        rest, end = lanes.shape[2:], max(0, self.time - start)
        common = max(0, self._common - start)
        parts = [lanes[:, :common], lanes[: self.first, common:end]]
        return np.concatenate([part.swapaxes(0, 1).reshape(-1, *rest) for part in parts])

    def from_order(self, symbols: npt.NDArray[_Item]) -> npt.NDArray[_Item]:
        """Lanes side by side of a whole chunk in coding order."""
        flat, border = symbols.reshape(-1), self.lanes * self._common
        lanes = np.zeros((self.lanes, self.time), symbols.dtype)
        lanes[:, : self._common] = flat[:border].reshape(self._common, self.lanes).T
        lanes[: self.first, self._common :] = flat[border:].reshape(self.time - self._common, self.first).T
        return lanes


def lanes_of(shape: Sequence[int], pixels: bool) -> Lanes:
    """The lanes of a chunk: stretches of bytes, or bands of an image's rows."""
    size = size_of(shape)
    unit = shape[1] * shape[2] if pixels else 1
    whole = size // max(unit, 1)
    count = max(1, min(LANES_MAX, size // LANE, whole // BAND if pixels else whole))
    units = -(-whole // count)
    return Lanes(count, whole - count * (units - 1), units, unit)


def net_of(kind: type[Net], arrays: Arrays) -> Net:
    """The net that the arrays of a model file are of.

    Raises:
        ModelFileError: they are of none.
    """
    try:
        names, numbers = list(kind.limits), arrays["dimensions"]
        if numbers.shape != (len(names),):
            raise ValueError(f"{kind.name} has {len(names)} dimensions")
        net = kind(dict(zip(names, numbers.tolist(), strict=True)))
        parameters = net.parameters()
        expected: dict[str, tuple[int, ...]] = {"dimensions": numbers.shape}
        for name, parameter in parameters.items():
            expected[name] = parameter.shape
            if parameter.kind != "vector":
                expected[f"{name}.step"] = (parameter.shape[0 if parameter.kind == "weight" else 1],)
        if {name: array.shape for name, array in arrays.items()} != expected:
            raise ValueError(f"the arrays are not those of {kind.name} with these dimensions")
        for name, array in arrays.items():
            low, high = _range(name, parameters)
            if array.size and not (low <= int(array.min()) and int(array.max()) <= high):
                raise ValueError(f"an integer of {name} is not within {low} ... {high}")
    except (KeyError, ValueError) as error:
        raise ModelFileError(f"no parameters for {kind.name}: {error}") from None
    return net


def _range(name: str, parameters: Mapping[str, Parameter]) -> tuple[int, int]:
    if name.endswith(".step"):
        return 0, STEP_MAX
    if name in parameters and parameters[name].kind != "vector":
        return -WEIGHT_MAX, WEIGHT_MAX
    return -VECTOR_MAX, VECTOR_MAX
