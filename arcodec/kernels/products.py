"""Sums of products of small integers."""

from __future__ import annotations

from numba import int32, int64, uint64

from arcodec.kernels.compiling import kernel

_BLOCK = 512  # products: 2**15 * 127 * 512 < 2**31


@kernel("void(int16[:, ::1], int16[:, ::1], int64[:, ::1])")
def products(x, w, sums):
    """sums[i, j] = the product of x[i] and w[j].

    `x`: int16[n, inputs]; `w`: int16[outputs, inputs], within -127 ... 127; `sums`: int64[n, outputs], below 2**22
    times the inputs.
    """
    width = x.shape[1]
    for i in range(x.shape[0]):
        for j in range(w.shape[0]):
            total = int64(0)
            for first in range(0, width, _BLOCK):
                part = int32(0)
                for k in range(first, min(first + _BLOCK, width)):
                    part = int32(part + int32(int32(x[i, uint64(k)]) * int32(w[j, uint64(k)])))
                total += int64(part)
            sums[i, j] = total
