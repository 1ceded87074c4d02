"""The byte net in integers: a gated recurrent unit and a binary tree over the bits of the next byte.

Trained and made by `arcodec.training`. With H units, all arrays one-dimensional, a row after the other:

    table            int16[256 * 3H]  what the byte before adds to the gates, 1 / PRE_SCALE
    recurrent        int8[3H * H]     the products with the state, in the order of `layout`
    offset, step     int32[3H]        128 * the sum of each of its rows; what a unit of it is worth, 1 / STEP_SCALE
    recalled_bias    int32[H]         added to the candidate's product before the reset gate, 1 / PRE_SCALE
    head             int8[256 * H]    row n is node n of the tree, the root 1
    head_step        int32[256]       what a unit of each of its rows is worth, 1 / STEP_SCALE
    head_bias        int32[256]       a stretch, 1/256

    state            int16[H]         in 2**-14, within -2**14 ... 2**14
    entering         uint8[H]         the state in 2**-7, plus 128

All is int32. For H <= WIDTH_MAX = 1024:

    product       |sum of w * (x - 128)| <= 1024 * 127 * 128 < 2**24, and with x for x - 128 below 2**26
    scaled        |product >> 6| * step <= 260_096 * STEP_MAX < 2**31
    candidate     reset * recalled <= 2**14 * 2**15
    head          |sum of w * state| <= 1024 * 127 * 2**14 < 2**31; scaled in int64
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import int32, int64, types, uint64
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from arcodec.kernels.compiling import Int8s, Int16s, Int32s, Uint8s, inline, plain
from arcodec.kernels.fixed import STRETCH_MAX, squash_table
from arcodec.kernels.mixer import clamped

GATES = 3  # reset, update, candidate
WIDTH_MAX = 1024
BLOCK = 64  # H is a multiple of this
PRE_SCALE = 1 << 11
STEP_SCALE = 1 << 18
STEP_MAX = (1 << 13) - 1
STATE_ONE = 1 << 14
REACH = 2048  # entries of the tables on either side of 0, in 1/256
PRE_MAX = (1 << 15) - 1


def _sigmoid(factor: int) -> npt.NDArray[np.int32]:
    """int32[2 * REACH]: 1 / (1 + exp(-factor * k / 256)) in 2**-14, for k from -REACH on."""
    places = np.clip(factor * np.arange(-REACH, REACH), -STRETCH_MAX, STRETCH_MAX)
    answer: npt.NDArray[np.int32] = (squash_table(16)[places + STRETCH_MAX + 1] + 2) >> 2
    return answer


SIGMOID = _sigmoid(1).astype(np.int16)
TANH = (2 * _sigmoid(2) - STATE_ONE).astype(np.int16)


def _lanes() -> int:
    """int32 sums in a vector of the processor that multiplies bytes and adds them up by fours; 0 if it has none."""
    features = cpu_target.target_context.codegen().magic_tuple()[2]
    if "+avx512vnni" in features:
        return 16
    return 8 if "+avxvnni" in features else 0


LANES = _lanes()
_VECTORS = 6  # that sums are kept in at a time: as many as hide the time that one product takes


def layout(recurrent: Int8s, lanes: int = LANES) -> Int8s:
    """What `products` takes of int8[rows, width], in the order in which this processor reads it.

    With `lanes`: first the first four columns of the first `lanes` rows, then those of the next rows, up to
    `_VECTORS * lanes` rows; then the next columns. Without: row after row. `lanes` changes no result.
    """
    if not lanes:
        return np.ascontiguousarray(recurrent).reshape(-1)
    rows, width = recurrent.shape
    grouped = recurrent.reshape(rows // (_VECTORS * lanes), _VECTORS, lanes, width // 4, 4)
    return np.ascontiguousarray(grouped.transpose(0, 3, 1, 2, 4)).reshape(-1)


def _dots_of(lanes):
    """A function of numba: sums[row + i] = the product of row i with `entering`, for `_VECTORS * lanes` rows.

    Its arguments: weights int8[...] as laid out for `lanes`, where they begin, entering uint8[...], columns / 4, sums
    int32[...], row; all numbers int64.
    """

    @intrinsic
    def dots(typing_context, weights, first, entering, fours, sums, row):
        def generate(context, builder, signature, args):
            word, wide = ir.IntType(32), ir.IntType(64)
            vector = ir.VectorType(word, lanes)
            zeros, unset = ir.Constant(vector, [0] * lanes), ir.Constant(vector, ir.Undefined)
            data = [context.make_array(signature.args[k])(context, builder, args[k]).data for k in (0, 2, 4)]
            kind = ir.FunctionType(vector, [vector, vector, vector])
            name = f"llvm.x86.avx512.vpdpbusd.{32 * lanes}"
            multiply = cgutils.get_or_insert_function(builder.module, kind, name)
            totals = [cgutils.alloca_once_value(builder, zeros) for _ in range(_VECTORS)]
            begin = builder.gep(data[0], [args[1]])
            with cgutils.for_range(builder, args[3]) as loop:
                k = loop.index
                four = builder.gep(data[1], [builder.mul(k, ir.Constant(wide, 4))])
                x = builder.load(builder.bitcast(four, word.as_pointer()), align=1)
                x = builder.insert_element(unset, x, ir.Constant(word, 0))
                x = builder.shuffle_vector(x, unset, zeros)
                group = builder.gep(begin, [builder.mul(k, ir.Constant(wide, 4 * _VECTORS * lanes))])
                for j, total in enumerate(totals):
                    place = builder.gep(group, [ir.Constant(wide, 4 * lanes * j)])
                    w = builder.load(builder.bitcast(place, vector.as_pointer()), align=1)
                    builder.store(builder.call(multiply, [builder.load(total), x, w]), total)
            for j, total in enumerate(totals):
                place = builder.gep(data[2], [builder.add(args[5], ir.Constant(wide, lanes * j))])
                builder.store(builder.load(total), builder.bitcast(place, vector.as_pointer()), align=1)
            return context.get_dummy_value()

        return types.void(weights, first, entering, fours, sums, row), generate

    return dots


def products_of(lanes):
    """The function `products` for what `layout` made for `lanes`."""
    if not lanes:

        @plain
        def products(recurrent, entering, sums, rows, width):
            for row in range(rows):
                first = uint64(row * width)
                total = int32(0)
                for k in range(width):
                    total = int32(total + int32(int32(recurrent[first + uint64(k)]) * int32(entering[uint64(k)])))
                sums[uint64(row)] = total

        return products

    dots = _dots_of(lanes)

    @plain
    def products(recurrent, entering, sums, rows, width):
        for row in range(0, rows, _VECTORS * lanes):
            dots(recurrent, int64(row * width), entering, int64(width // 4), sums, int64(row))

    return products


# products(recurrent, entering, sums, rows, width): sums[r], int32, becomes the product of `entering`, uint8[width],
# with row r of what `layout` made of int8[rows, width].
products = products_of(LANES)


@plain
def step(table, recurrent, offset, unit, recalled_bias, before, state, entering, sums):
    """Bring `state` and `entering` from one symbol to the next, of which `before`, int64, is the last one known.

    sums: int32[3H], room to work in.
    """
    width = len(state)
    products(recurrent, entering, sums, GATES * width, width)
    for k in range(GATES * width):
        product = int32(int32(sums[uint64(k)] - offset[uint64(k)]) >> int32(6))
        sums[uint64(k)] = int32(int32(product * unit[uint64(k)]) >> int32(8))
    row = uint64(before * GATES * width)
    for k in range(2 * width):
        pre = int32(sums[uint64(k)] + int32(table[row + uint64(k)]))
        sums[uint64(k)] = int32(SIGMOID[uint64(_place(pre))])
    row += uint64(2 * width)
    for k in range(width):
        reset, update = sums[uint64(k)], sums[uint64(width + k)]
        recalled = int32(sums[uint64(2 * width + k)] + recalled_bias[uint64(k)])
        recalled = min(max(recalled, int32(-PRE_MAX)), int32(PRE_MAX))
        pre = int32(int32(table[row + uint64(k)]) + int32(int32(reset * recalled) >> int32(14)))
        candidate = int32(TANH[uint64(_place(pre))])
        gap = int32(int32(state[uint64(k)]) - candidate)
        value = int32(candidate + int32(int32(int32(gap * update) + int32(8192)) >> int32(14)))
        state[uint64(k)] = np.int16(value)
        entering[uint64(k)] = np.uint8(min(max(int32(int32(value >> int32(7)) + int32(128)), int32(0)), int32(255)))


@inline
def _place(pre):
    """Where a sum of 1 / PRE_SCALE falls in the tables, int32."""
    return int32(min(max(int32(int32(pre + int32(4)) >> int32(3)), int32(-REACH)), int32(REACH - 1)) + int32(REACH))


@plain
def node_stretch(head, head_step, head_bias, node, state):
    """What the net says of node `node`, int64: a stretch, int64."""
    width = len(state)
    first = uint64(node * width)
    total = int32(0)
    for k in range(width):
        total = int32(total + int32(int32(head[first + uint64(k)]) * int32(state[uint64(k)])))
    return clamped(((np.int64(total) * np.int64(head_step[node])) >> 24) + np.int64(head_bias[node]))


class Net(NamedTuple):
    """A net that runs; made by `ready`. See above; `sums` is room to work in. All are empty where there is none."""

    table: Int16s
    recurrent: Int8s
    offset: Int32s
    step: Int32s
    recalled_bias: Int32s
    head: Int8s
    head_step: Int32s
    head_bias: Int32s
    state: Int16s
    entering: Uint8s
    sums: Int32s


Arrays = Mapping[str, npt.NDArray[Any]]


def ready(arrays: Arrays | None) -> Net:
    """A net before its first symbol, from the arrays of a model file; without any, one that says nothing.

    Args:
        arrays: given int8[256, 3H], given_step int32[3H], recurrent int8[3H, H], recurrent_step int32[3H],
            recalled_bias int32[H], head int8[256, H], head_step int32[256], head_bias int32[256].

    Raises:
        ValueError: H is no multiple of BLOCK, or more than WIDTH_MAX.
    """
    if arrays is None:
        arrays = {name: np.zeros((0, 0), np.int8) for name in ("given", "recurrent", "head")}
        arrays |= {f"{name}_step": np.zeros(0, np.int32) for name in ("given", "recurrent", "head")}
        arrays |= {"recalled_bias": np.zeros(0, np.int32), "head_bias": np.zeros(0, np.int32)}
    table = (arrays["given"].astype(np.int32) * arrays["given_step"] + 64) >> 7
    recurrent = arrays["recurrent"]
    width = len(arrays["recalled_bias"])
    if width % BLOCK or width > WIDTH_MAX:
        raise ValueError(f"a net has a multiple of {BLOCK} units, at most {WIDTH_MAX}; this one has {width}")
    return Net(
        table=np.clip(table, -PRE_MAX, PRE_MAX).astype(np.int16).reshape(-1),
        recurrent=layout(recurrent) if width else np.zeros(0, np.int8),
        offset=recurrent.astype(np.int32).sum(1, dtype=np.int32) * np.int32(128),
        step=arrays["recurrent_step"],
        recalled_bias=arrays["recalled_bias"],
        head=arrays["head"].reshape(-1),
        head_step=arrays["head_step"],
        head_bias=arrays["head_bias"],
        state=np.zeros(width, np.int16),
        entering=np.full(width, 128, np.uint8),
        sums=np.zeros(GATES * width, np.int32),
    )


def again(net: Net) -> Net:
    """The same net before its first symbol; what is learnt is shared."""
    width = len(net.state)
    return net._replace(
        state=np.zeros(width, np.int16),
        entering=np.full(width, 128, np.uint8),
        sums=np.zeros(GATES * width, np.int32),
    )
