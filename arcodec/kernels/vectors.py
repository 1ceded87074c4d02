"""A loop over whole vectors, as LLVM's own vector operations.

LLVM makes the best vector code of a plain loop only where it knows the number of turns, which a tier
decides at run time. The arithmetic is that of the plain loop.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 16  # int32 in a vector

_INT32 = ir.IntType(32)
_VECTOR = ir.VectorType(_INT32, LANES)


@intrinsic
def sum_of_products(typing_context, weights, row, inputs, width):
    """The sum of weights[row + k] * inputs[k] >> 8 over k < width, int32; products and sum wrap around.

    `weights`, `inputs`: int32, one-dimensional, C-contiguous; `row`: int64; `width`: int64, a multiple of LANES.
    """

    def generate(context, builder, signature, args):
        def data(k):
            return context.make_array(signature.args[k])(context, builder, args[k]).data

        def vector(pointer, index):
            load = builder.load(builder.gep(pointer, [index]))
            load.align = 4
            return load

        left = builder.bitcast(builder.gep(data(0), [args[1]]), _VECTOR.as_pointer())
        right = builder.bitcast(data(2), _VECTOR.as_pointer())
        total = cgutils.alloca_once_value(builder, ir.Constant(_VECTOR, [0] * LANES))
        with cgutils.for_range(builder, builder.udiv(args[3], ir.Constant(args[3].type, LANES))) as loop:
            product = builder.mul(vector(left, loop.index), vector(right, loop.index))
            scaled = builder.ashr(product, ir.Constant(_VECTOR, [8] * LANES))
            builder.store(builder.add(builder.load(total), scaled), total)
        kind = ir.FunctionType(_INT32, [_VECTOR])
        add = cgutils.get_or_insert_function(builder.module, kind, f"llvm.vector.reduce.add.v{LANES}i32")
        return builder.call(add, [builder.load(total)])

    return types.int32(weights, row, inputs, width), generate
