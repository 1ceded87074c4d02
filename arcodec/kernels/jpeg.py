"""What a JPEG decoder makes of coefficients and halved chroma, to the bit as that of the Independent JPEG Group.

The inverse transform is its accurate one in integers (Loeffler, Ligtenberg, Moschytz 1989, with 13 bits of fraction),
which libjpeg-turbo's vector code equals. Halved chroma is spread by its triangle filter: a sample counts three
quarters and the next nearest one quarter, in each direction that is halved.

Bounds. |coefficient * step| < 2**23 keeps the first pass below 2**23 * 8 * 2**15 < 2**41 and the second below 2**60.
"""

from __future__ import annotations

from numba import int64, uint8

from arcodec.kernels.compiling import kernel, plain

BLOCK = 8
_BITS = 13
_FIRST = _BITS - 2  # two bits of fraction stay between the passes
FRACTION = _BITS + 5  # with those, and 3 that make the transform orthonormal


@plain
def _line(work, at, step, shift):
    """Transform eight numbers of work in place: at, at + step, ...; results are rounded by `shift` bits."""
    even2 = work[at + 2 * step]
    even6 = work[at + 6 * step]
    turned = (even2 + even6) * 4433
    low = turned - even6 * 15137
    high = turned + even2 * 6270
    sum0 = (work[at] + work[at + 4 * step]) << _BITS
    sum1 = (work[at] - work[at + 4 * step]) << _BITS
    outer = sum0 + high
    inner = sum0 - high
    second = sum1 + low
    third = sum1 - low

    odd7 = work[at + 7 * step]
    odd5 = work[at + 5 * step]
    odd3 = work[at + 3 * step]
    odd1 = work[at + step]
    turned = (odd7 + odd3 + odd5 + odd1) * 9633
    across1 = (odd7 + odd1) * -7373
    across2 = (odd5 + odd3) * -20995
    across3 = (odd7 + odd3) * -16069 + turned
    across4 = (odd5 + odd1) * -3196 + turned
    odd7 = odd7 * 2446 + across1 + across3
    odd5 = odd5 * 16819 + across2 + across4
    odd3 = odd3 * 25172 + across2 + across3
    odd1 = odd1 * 12299 + across1 + across4

    half = (int64(1) << shift) >> 1
    work[at] = (outer + odd1 + half) >> shift
    work[at + 7 * step] = (outer - odd1 + half) >> shift
    work[at + step] = (second + odd3 + half) >> shift
    work[at + 6 * step] = (second - odd3 + half) >> shift
    work[at + 2 * step] = (third + odd5 + half) >> shift
    work[at + 5 * step] = (third - odd5 + half) >> shift
    work[at + 3 * step] = (inner + odd7 + half) >> shift
    work[at + 4 * step] = (inner - odd7 + half) >> shift


@plain
def fine_samples(coefficients, steps, work):
    """Fill work, int64[64], with a block's samples in 2**-FRACTION, of quantised coefficients, [64] in rows."""
    for i in range(64):
        work[i] = int64(coefficients[i]) * int64(steps[i])
    for x in range(BLOCK):
        _line(work, int64(x), int64(BLOCK), int64(_FIRST))
    for y in range(BLOCK):
        _line(work, int64(BLOCK * y), int64(1), int64(0))
    for i in range(64):
        work[i] += int64(128) << FRACTION


@plain
def samples(coefficients, steps, work):
    """The same, rounded; they may lie beyond 0 ... 255."""
    fine_samples(coefficients, steps, work)
    for i in range(64):
        work[i] = (work[i] + (int64(1) << (FRACTION - 1))) >> FRACTION


@kernel("void(int16[:, ::1], int64[::1], uint8[:, ::1], int64[::1])")
def fill_blocks(blocks, steps, plane, work):
    """Set the whole blocks of a plane, uint8[rows, columns], from int16[blocks, 64]; work: int64[64]."""
    across = plane.shape[1] // BLOCK
    for b in range(across * (plane.shape[0] // BLOCK)):
        samples(blocks[b], steps, work)
        top = BLOCK * (b // across)
        left = BLOCK * (b % across)
        for i in range(64):
            plane[top + (i >> 3), left + (i & 7)] = uint8(min(max(work[i], int64(0)), int64(255)))


@plain
def spread_sample(plane, y, x, halved_rows):
    """The sample of a pixel, int64, of uint8[rows, columns] with half the columns, and half the rows if so."""
    rows, columns = plane.shape
    i = y >> 1 if halved_rows else y
    other = min(max(i + 2 * (y & 1) - 1, int64(0)), rows - 1) if halved_rows else i
    j = x >> 1
    beside = j + 2 * (x & 1) - 1
    near = 3 * int64(plane[i, j]) + int64(plane[other, j])
    if halved_rows:
        far = near
        if 0 <= beside < columns:
            far = 3 * int64(plane[i, beside]) + int64(plane[other, beside])
        return (3 * near + far + 8 - (x & 1)) >> 4
    if beside < 0 or beside >= columns:
        return int64(plane[i, j])
    return (3 * int64(plane[i, j]) + int64(plane[i, beside]) + 1 + (x & 1)) >> 2


@kernel("void(uint8[:, ::1], boolean, uint8[:, ::1])")
def spread(plane, halved_rows, whole):
    """Spread a plane of halved columns, and rows if said so, over uint8[rows, columns]."""
    for y in range(whole.shape[0]):
        for x in range(whole.shape[1]):
            whole[y, x] = uint8(spread_sample(plane, int64(y), int64(x), halved_rows))
