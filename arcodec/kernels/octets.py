"""Rows of eight weights as vectors: three rows mix up to six inputs, and learn from one error.

numba's LLVM makes no vectors of straight code, and a loop over scratch memory would wait for its own stores. The
arithmetic is that of int32 numbers, which wrap around.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 8

_INT32 = ir.IntType(32)
_VECTOR = ir.VectorType(_INT32, LANES)


def _all(value):
    return ir.Constant(_VECTOR, [value] * LANES)


def _rows(context, builder, signature, args):
    """Where the three rows of an intrinsic's first four arguments begin."""
    data = context.make_array(signature.args[0])(context, builder, args[0]).data
    places = (builder.mul(row, ir.Constant(row.type, LANES)) for row in args[1:4])
    return [builder.bitcast(builder.gep(data, [place]), _VECTOR.as_pointer()) for place in places]


def _load(builder, pointer):
    load = builder.load(pointer)
    load.align = 4
    return load


def _vector(builder, inputs):
    made = _all(0)
    for k, value in enumerate(inputs):
        if value.type != _INT32:
            value = builder.trunc(value, _INT32)
        made = builder.insert_element(made, value, ir.Constant(_INT32, k))
    return made


def _clipped(builder, vector, limit):
    kind = ir.FunctionType(_VECTOR, [_VECTOR, _VECTOR])
    low = cgutils.get_or_insert_function(builder.module, kind, f"llvm.smax.v{LANES}i32")
    high = cgutils.get_or_insert_function(builder.module, kind, f"llvm.smin.v{LANES}i32")
    return builder.call(high, [builder.call(low, [vector, _all(-limit)]), _all(limit)])


@intrinsic
def mix(typing_context, weights, first, second, third, a, b, c, d, e, f):
    """The sum over k < 6 of (the sum of three rows' weights k) * input k >> 8: int32.

    weights: int32[rows, LANES], C-contiguous; first, second, third: uint64 rows; a ... f: int32 inputs.
    """

    def generate(context, builder, signature, args):
        rows = [_load(builder, pointer) for pointer in _rows(context, builder, signature, args)]
        weight = builder.add(builder.add(rows[0], rows[1]), rows[2])
        scaled = builder.ashr(builder.mul(weight, _vector(builder, args[4:])), _all(8))
        kind = ir.FunctionType(_INT32, [_VECTOR])
        add = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.add.v{LANES}i32")
        return builder.call(add, [scaled])

    return types.int32(weights, first, second, third, a, b, c, d, e, f), generate


def trainer(limit):
    @intrinsic
    def train(typing_context, weights, first, second, third, a, b, c, d, e, f, push):
        """Add input k * push, 2**-14, rounded, to weight k of three rows, and keep that within +-limit."""

        def generate(context, builder, signature, args):
            product = builder.mul(_vector(builder, args[4:10]), _vector(builder, [args[10]] * LANES))
            step = builder.ashr(builder.add(product, _all(1 << 13)), _all(14))
            for pointer in _rows(context, builder, signature, args):
                moved = _clipped(builder, builder.add(_load(builder, pointer), step), limit)
                builder.store(moved, pointer).align = 4
            return context.get_dummy_value()

        return types.void(weights, first, second, third, a, b, c, d, e, f, push), generate

    return train
