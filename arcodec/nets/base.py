"""Nets: each is written once, over an arithmetic. Floats train it, integers code with it.

A net tells the distribution of each symbol of a sequence from those before it. `Net.run` takes a stretch of them, of
many lanes side by side, and the state that the stretch before left behind. In integers the result is the same for
stretches of any length: encoders take long ones, decoders one symbol at a time.

Values are real numbers within -REACH ... REACH. In integers a value v is the integer nearest v * ONE, and what an
operation does to integers is written down in `arcodec.nets.integers`; training does the same to floats
(`arcodec.training.floats`), so that what was learnt fits what will be computed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

Array = Any  # of the arithmetic's own kind: numpy's or torch's
Sizes = Mapping[str, Mapping[str, int]]
Limits = Mapping[str, tuple[int, int]]
State = Any  # what a net knows of what came before; used up by `run`

FRACTION = 12  # bits of a value after the point
ONE = 1 << FRACTION
REACH = 8
INPUTS_MAX = 4096  # inputs that a sum may have


@dataclass(frozen=True)
class Parameter:
    """One array of a net.

    Attributes:
        kind: "weight", [outputs, inputs]; "table", [entries, width]; or "vector", [width]. Of a weight each row, of a
            table each column has a step of its own: integers of eight bits times the step give the values.
        shape: of the array.
        spread: standard deviation of what it begins with.
        begin: what it begins with otherwise, float[shape]; zeros if None.
        mask: bool[shape], where a weight may differ from 0; anywhere if None.
    """

    kind: str
    shape: tuple[int, ...]
    spread: float = 0.0
    begin: npt.NDArray[np.float64] | None = None
    mask: npt.NDArray[np.bool_] | None = None


def weight(outputs: int, inputs: int, gain: float = 1.0, **more: Any) -> Parameter:
    """A weight that keeps the size of what goes through it, times `gain`."""
    return Parameter("weight", (outputs, inputs), gain / max(inputs, 1) ** 0.5, **more)


def table(entries: int, width: int, spread: float = 0.3, **more: Any) -> Parameter:
    """A table of `width` values for each symbol."""
    return Parameter("table", (entries, width), spread, **more)


def vector(width: int, begin: float = 0.0) -> Parameter:
    """Values to be added or to multiply by."""
    return Parameter("vector", (width,), 0.0, np.full(width, begin))


class Arithmetic(Protocol):
    """What nets compute with. Arrays are [lanes, time, width] unless said otherwise; slices of them work as in numpy.

    `weight` and the like are entries of the mapping that `run` is given, as this arithmetic prepared them.
    """

    def zeros(self, *shape: int) -> Array:
        """Values of 0."""

    def constant(self, values: npt.NDArray[np.integer[Any]]) -> Array:
        """Small integers that are known beforehand, as numbers and not as values: a mask, or places to take from."""

    def concat(self, arrays: Sequence[Array], axis: int) -> Array:
        """Arrays one after the other."""

    def stack(self, arrays: Sequence[Array], axis: int) -> Array:
        """Arrays side by side on a new axis."""

    def steps(self, x: Array) -> Sequence[Array]:
        """What an array has of each symbol of a stretch, in turn: [lanes, width] each."""

    def embed(self, table: Any, symbols: Array) -> Array:
        """The table's row for each symbol: [..., width]."""

    def linear(self, x: Array, weight: Any, bias: Any = None, rows: slice | None = None) -> Array:
        """Products of x[..., inputs] with the rows of a weight, or some of them: [..., outputs]."""

    def logits(self, x: Array, weight: Any, bias: Any) -> Array:
        """The same for the last layer of a net: logarithms of 256 probabilities, up to what they have in common."""

    def add(self, x: Array, y: Array) -> Array:
        """Sums."""

    def mul(self, x: Array, y: Array) -> Array:
        """Products, one by one."""

    def sigmoid(self, x: Array) -> Array:
        """1 / (1 + exp(-x))."""

    def tanh(self, x: Array) -> Array:
        """The hyperbolic tangent."""

    def relu(self, x: Array) -> Array:
        """x where it is above 0, else 0."""

    def normalise(self, x: Array, gain: Any, bias: Any) -> Array:
        """Layer normalisation (Ba, Kiros, Hinton 2016) over the last axis."""

    def attend(self, q: Array, k: Array, v: Array, bias: Any, places: Array, seen: Array) -> Array:
        """Scaled dot-product attention (Vaswani et al. 2017) with a learnt bias for each distance.

        Args:
            q: [lanes, heads, time, width], width a power of 4.
            k: [lanes, heads, keys, width].
            v: the same.
            bias: a vector, [heads * distances].
            places: constant, [heads, time, keys]: which entry of `bias` is added.
            seen: constant, [time, keys]: 1 where a key may be looked at, else 0; a 1 in each row.

        Returns:
            [lanes, heads, time, width].
        """


class Net(ABC):
    """An architecture with its dimensions.

    A subclass names its dimensions, says which parameters it has, what its state is before the first symbol, and how
    it runs. Everything else - training, integers, coding, files, the command line - comes from that.

    Attributes:
        name: of the architecture, with the version of what it does.
        sizes: its dimensions for "small", "base" and "large".
        limits: of each dimension the least and the greatest.
        pixels: whether a chunk is rows of pixels: then `start` is told their shape.
        period: a stretch of more than one symbol begins at, and is, a multiple of so many.
    """

    name: ClassVar[str]
    sizes: ClassVar[Sizes]
    limits: ClassVar[Limits]
    pixels: ClassVar[bool] = False

    def __init__(self, dimensions: Mapping[str, int]) -> None:
        """Raises ValueError where a dimension is missing, unknown or out of its limits."""
        if set(dimensions) != set(self.limits):
            raise ValueError(f"{self.name} has the dimensions {', '.join(self.limits)}")
        for key, value in dimensions.items():
            low, high = self.limits[key]
            if not low <= value <= high:
                raise ValueError(f"{self.name}: {key} is {value}; it must be {low} to {high}")
        self.dimensions = {key: int(dimensions[key]) for key in self.limits}

    @property
    def period(self) -> int:
        """See the class."""
        return 1

    @abstractmethod
    def parameters(self) -> dict[str, Parameter]:
        """Its arrays, by name."""

    @abstractmethod
    def start(self, a: Arithmetic, lanes: int, row: tuple[int, int]) -> State:
        """The state before the first symbol; `row` is (columns, channels) of pixels, else (0, 1)."""

    @abstractmethod
    def run(self, a: Arithmetic, p: Mapping[str, Any], state: State, before: Array) -> tuple[Array, State]:
        """Go on by a stretch.

        Args:
            a: the arithmetic.
            p: the parameters as it prepared them.
            state: from `start` or the last `run`; not to be used again.
            before: integers [lanes, time], the symbol before each of those that are to be told; 0 before the first.

        Returns:
            What `a.logits` gave for each symbol, [lanes, time, 256], and the state after the stretch.
        """

    def multiply_adds(self) -> int:
        """Of one symbol: by default, one for each weight."""
        return sum(int(np.prod(q.shape)) for q in self.parameters().values() if q.kind == "weight")

    @abstractmethod
    def remembered(self, row: tuple[int, int]) -> int:
        """Values in the state of one lane, an upper bound."""

    @abstractmethod
    def held(self, stretch: int) -> int:
        """Values that `run` holds at a time for each symbol of a stretch of such a length, an upper bound."""
