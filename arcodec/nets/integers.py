"""The arithmetic that codes: integers, whatever library, device and number of threads computes with them.

All is int64, except for sums of products, for which a matrix library takes floats: these hold integers whose partial
sums stay below 2**53 (float64) or 2**24 (float32), so no order of adding them up changes a bit. A value is an
integer of CLAMP at most. Of a sum of K <= INPUTS_MAX = 2**12 products:

    linear        |x| < 2**15, |w| <= 127: sum < 2**34; times a step < STEP_MAX: < 2**58
    scores        |q|, |k| < 2**15, K <= 64: sum < 2**36
    attention     weights of 2**14 in all, |v| < 2**15: sum < 2**29
    normalise     |16 x - mean| < 2**20: the sum of the squares < 2**52

Rounding is to the nearest, halves up, by shifts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import array_api_compat
import numpy as np
import numpy.typing as npt

from arcodec.kernels.fixed import STRETCH_MAX, exp_table, squash_table
from arcodec.kernels.port import TOTAL
from arcodec.nets.base import FRACTION, ONE, REACH, Array, Net, Parameter

CLAMP = REACH * ONE - 1
STEP_SHIFT = 20  # a step is in 2**-20
STEP_MAX = (1 << 24) - 1
LOGIT_FRACTION = 8  # bits after the point of a logit,
LOGIT_REACH = 24 << LOGIT_FRACTION  # which is within +-24
VECTOR_MAX = 1 << 24  # of what is added or multiplied by
WEIGHT_MAX = 127

_PLACES = REACH << 8  # entries of the tables on either side of 0, in 1/256
_TO_PLACE = FRACTION - 8
_MEAN = 4  # more bits after the point, in normalising
_EPSILON = 1 << (2 * (FRACTION + _MEAN) - 14)  # added to a variance
_SHARES = 14  # bits of the weights of attention
_UNSEEN = 1 << 40
_LIMB = 8  # bits of the two numbers that float32 takes for one
_BLOCK = 256  # products that float32 adds up: 255 * 255 * 256 < 2**24
_EXP_BITS = 24
_EXP_END = 4440  # where exp(-k / 256) has become 0


class Weight(NamedTuple):
    """A weight: [outputs, inputs] as `_sums` takes them, and what a unit of each output is worth."""

    values: Array
    step: Array


def _sigmoid() -> npt.NDArray[np.int64]:
    """The logistic function of k / 256, in 2**-16, for k from -2 * _PLACES to 2 * _PLACES - 1."""
    places = np.clip(np.arange(-2 * _PLACES, 2 * _PLACES), -STRETCH_MAX, STRETCH_MAX)
    return squash_table(16)[places + STRETCH_MAX + 1].astype(np.int64)


class IntegerArithmetic:
    """See `arcodec.nets.base.Arithmetic`.

    Args:
        like: an array of the library and the device to compute with; numpy's if left out.
        single: whether float32 carries the integers of products, and not float64. Changes no result.
    """

    def __init__(self, like: Array | None = None, *, single: bool = False) -> None:
        like = np.zeros(0) if like is None else like
        self._xp: Any = array_api_compat.array_namespace(like)
        self._device = array_api_compat.device(like)
        self._carrier = self._xp.float32 if single else self._xp.float64
        self._single = single
        half = 1 << (16 - FRACTION - 1)
        whole = _sigmoid()
        self._sigmoid = self._of((whole[_PLACES : 3 * _PLACES] + half) >> (16 - FRACTION))
        self._tanh = self._of((2 * whole[::2] - (1 << 16) + half) >> (16 - FRACTION))
        self._exp = self._of(exp_table(_EXP_BITS, _EXP_END))

    def _of(self, values: npt.NDArray[np.integer[Any]]) -> Array:
        return self._xp.asarray(values.astype(np.int64), device=self._device)

    def prepared(self, net: Net, arrays: Mapping[str, npt.NDArray[np.integer[Any]]]) -> dict[str, Any]:
        """The parameters of a model file, for `Net.run`, which `arcodec.models.net` has checked."""
        return {name: self._prepared(name, q, arrays) for name, q in net.parameters().items()}

    def _prepared(self, name: str, parameter: Parameter, arrays: Mapping[str, npt.NDArray[np.integer[Any]]]) -> Any:
        values = arrays[name].astype(np.int64)
        if parameter.kind == "vector":
            return self._of(values)
        step = arrays[f"{name}.step"].astype(np.int64)
        if parameter.kind == "table":
            half = 1 << (STEP_SHIFT - FRACTION - 1)
            return self._of(np.clip((values * step + half) >> (STEP_SHIFT - FRACTION), -CLAMP, CLAMP))
        if parameter.mask is not None:
            values = values * parameter.mask
        return Weight(self._weight(values), self._of(step))

    def _weight(self, values: npt.NDArray[np.int64]) -> Array:
        """A weight [outputs, inputs] as `_sums` takes it."""
        return self._carried(self._of(values))

    def _carried(self, x: Array) -> Array:
        return self._xp.astype(x, self._carrier)

    def _integers(self, x: Array) -> Array:
        return self._xp.astype(x, self._xp.int64)

    def _clamped(self, x: Array) -> Array:
        return x.clip(-CLAMP, CLAMP)

    def symbols(self, values: npt.NDArray[np.integer[Any]]) -> Array:
        """Symbols as `run` takes them."""
        return self._of(values)

    def zeros(self, *shape: int) -> Array:
        return self._xp.zeros(shape, dtype=self._xp.int64, device=self._device)

    def constant(self, values: npt.NDArray[np.integer[Any]]) -> Array:
        return self._of(values)

    def concat(self, arrays: Sequence[Array], axis: int) -> Array:
        return self._xp.concat(list(arrays), axis=axis)

    def stack(self, arrays: Sequence[Array], axis: int) -> Array:
        return self._xp.stack(list(arrays), axis=axis)

    def steps(self, x: Array) -> Sequence[Array]:
        return [x[:, t] for t in range(x.shape[1])]

    def embed(self, table: Any, symbols: Array) -> Array:
        return table[symbols]

    def linear(self, x: Array, weight: Weight, bias: Any = None, rows: slice | None = None) -> Array:
        values, step = weight
        if rows is not None:
            values, step, bias = values[rows], step[rows], None if bias is None else bias[rows]
        y = (self._sums(x, values) * step + (1 << (STEP_SHIFT - 1))) >> STEP_SHIFT
        return self._clamped(y if bias is None else y + bias)

    def logits(self, x: Array, weight: Weight, bias: Any) -> Array:
        shift = STEP_SHIFT + FRACTION - LOGIT_FRACTION
        y = (self._sums(x, weight.values) * weight.step + (1 << (shift - 1))) >> shift
        return (y + (bias >> (FRACTION - LOGIT_FRACTION))).clip(-LOGIT_REACH, LOGIT_REACH)

    def _sums(self, x: Array, weight: Array) -> Array:
        """The products of x[..., inputs] and weight[outputs, inputs]: [..., outputs]."""
        flat = x.reshape(-1, x.shape[-1])
        if self._single:
            sums = self._in_parts(flat, weight.T)
        else:
            sums = self._integers(self._carried(flat) @ weight.T)
        return sums.reshape(*x.shape[:-1], weight.shape[0])

    def _in_parts(self, x: Array, w: Array) -> Array:
        """x @ w by float32; |w| < 2**_LIMB."""
        total: Array = 0
        for k in range(0, x.shape[-1], _BLOCK):
            part, others = x[..., k : k + _BLOCK], w[..., k : k + _BLOCK, :]
            high = self._integers(self._carried(part >> _LIMB) @ others)
            total = total + (high << _LIMB) + self._integers(self._carried(part & ((1 << _LIMB) - 1)) @ others)
        return total

    def _product(self, x: Array, y: Array) -> Array:
        """x @ y, both integers below 2**16."""
        if not self._single:
            return self._integers(self._carried(x) @ self._carried(y))
        high = self._in_parts(x, self._carried(y >> _LIMB))
        return (high << _LIMB) + self._in_parts(x, self._carried(y & ((1 << _LIMB) - 1)))

    def add(self, x: Array, y: Array) -> Array:
        return self._clamped(x + y)

    def mul(self, x: Array, y: Array) -> Array:
        return self._clamped((x * y + (ONE >> 1)) >> FRACTION)

    def sigmoid(self, x: Array) -> Array:
        return self._sigmoid[_place(x)]

    def tanh(self, x: Array) -> Array:
        return self._tanh[_place(x)]

    def relu(self, x: Array) -> Array:
        return x.clip(0, CLAMP)

    def normalise(self, x: Array, gain: Any, bias: Any) -> Array:
        width = x.shape[-1]
        fine = x << _MEAN
        centred = fine - self._total(fine) // width
        root = self._root(self._total(centred * centred) // width + _EPSILON)
        unit = (centred << FRACTION) // root
        return self._clamped(((unit * gain + (ONE >> 1)) >> FRACTION) + bias)

    def _total(self, x: Array) -> Array:
        return self._xp.sum(x, axis=-1, keepdims=True)

    def _root(self, x: Array) -> Array:
        """The square root of integers below 2**52, rounded down. A float makes a first guess, integers the rest."""
        root = self._integers(self._xp.sqrt(self._xp.astype(x, self._xp.float64)))
        root = root - self._integers(root * root > x)
        return root + self._integers((root + 1) * (root + 1) <= x)

    def attend(self, q: Array, k: Array, v: Array, bias: Any, places: Array, seen: Array) -> Array:
        root = (q.shape[-1].bit_length() - 1) // 2  # of the width, a power of 4, in bits
        shift = 2 * FRACTION + root - LOGIT_FRACTION
        scores = (self._product(q, k.swapaxes(-1, -2)) + (1 << (shift - 1))) >> shift
        scores = scores + (bias[places] >> (FRACTION - LOGIT_FRACTION)) - (1 - seen) * _UNSEEN
        worth = self._exps(scores)
        shares = (worth << _SHARES) // self._total(worth)
        return self._clamped((self._product(shares, v) + (1 << (_SHARES - 1))) >> _SHARES)

    def _exps(self, x: Array) -> Array:
        """exp(x - its largest) in 2**-_EXP_BITS."""
        top = self._xp.max(x, axis=-1, keepdims=True)
        return self._exp[(top - x).clip(0, _EXP_END - 1)]

    def frequencies(self, logits: Array) -> npt.NDArray[np.uint32]:
        """What logits [..., 256] say, in integers >= 1 that sum to 2**24: uint32[..., 256], C order.

        What rounding leaves goes to the first of the likeliest symbols.
        """
        worth = self._exps(logits)
        found = 1 + worth * (TOTAL - 256) // self._total(worth)
        table = np.asarray(array_api_compat.to_device(found, "cpu")).astype(np.uint32)
        rest = (TOTAL - table.sum(axis=-1, dtype=np.int64)).astype(np.uint32)
        first = table.argmax(axis=-1)[..., None]
        np.put_along_axis(table, first, np.take_along_axis(table, first, -1) + rest[..., None], -1)
        return table


def _place(x: Array) -> Array:
    """Where a value stands in a table."""
    return ((x + (1 << _TO_PLACE >> 1)) >> _TO_PLACE).clip(-_PLACES, _PLACES - 1) + _PLACES
