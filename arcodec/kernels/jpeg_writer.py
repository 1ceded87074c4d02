"""Writing the scans of JPEG files: quantised coefficients to Huffman codes.

Bounds. A symbol is below 256, as tables have entries for. A unit of blocks takes at most UNIT bytes, and what is held
back, HELD bits, twice HELD / 8 with stuffing: there is as much room after ROOM.
"""

from __future__ import annotations

from numba import int64, uint8

from arcodec.kernels.compiling import inlined, kernel, plain
from arcodec.kernels.dct import ZIGZAG
from arcodec.kernels.fixed import leading_zeros
from arcodec.kernels.jpeg_scans import (
    AC,
    ACROSS,
    AT,
    BACK,
    BITS,
    COUNT,
    CUT,
    DC,
    DONE,
    ENDS,
    FIRST_PLACE,
    HEIGHT,
    HIGH,
    HOLD,
    INTERVAL,
    LAST_DC,
    LAST_PLACE,
    LOW,
    PAD,
    PROGRESSIVE,
    ROOM,
    RUN,
    UNITS,
    WIDTH,
    block_of,
)


@inlined
def _put(out, state, bits, count):
    """Write bits, at most 40, the bytes of which are 255 with a zero after them."""
    held = (state[BITS] << count) | bits
    left = state[COUNT] + count
    at = state[AT]
    while left >= 8:
        left -= 8
        byte = uint8((held >> left) & 255)
        out[at] = byte
        at += 1
        if byte == 255:
            out[at] = uint8(0)
            at += 1
    state[BITS] = held & 255
    state[COUNT] = left
    state[AT] = at


@inlined
def _put_symbol(out, state, table, symbol):
    entry = table[symbol & 255]
    _put(out, state, entry >> 5, entry & 31)


@inlined
def _length(x):
    """Significant bits of a number >= 0."""
    return int64(64) - int64(leading_zeros(x))


@inlined
def _put_sized(out, state, table, zeros, value):
    """A symbol of zeros before and the size of a value, and the value."""
    size = _length(abs(value))
    entry = table[((zeros << 4) | min(size, int64(15)) if zeros > 0 else size) & 255]
    bits = (value if value > 0 else value - 1) & ((int64(1) << size) - 1)
    _put(out, state, ((entry >> 5) << size) | bits, (entry & 31) + size)


@plain
def _put_held(out, state, held):
    for i in range(state[BACK]):
        _put(out, state, int64(held[i]), int64(1))
    state[BACK] = 0


@plain
def _put_ends(out, state, table, held):
    """Write the run of ends of blocks, and the corrections within."""
    run = state[ENDS]
    if run > 0:
        size = _length(run) - 1
        _put_symbol(out, state, table, size << 4)
        _put(out, state, run & ((int64(1) << size) - 1), size)
        state[ENDS] = 0
        _put_held(out, state, held)


@inlined
def _write_block(out, state, own, end, table, scan, first, held):
    """AC of a block for the first time; there is none after `end`."""
    last = scan[LAST_PLACE]
    low = scan[LOW]
    zeros = int64(0)
    end = min(last, end)
    for k in range(first, end + 1):
        value = int64(own[ZIGZAG[k]])
        value = value >> low if value >= 0 else -(-value >> low)
        if value == 0:
            zeros += 1
            continue
        _put_ends(out, state, table, held)
        while zeros > 15:
            _put_symbol(out, state, table, int64(0xF0))
            zeros -= 16
        _put_sized(out, state, table, zeros, value)
        zeros = int64(0)
    if zeros > 0 or end < last:
        state[ENDS] += 1
        if scan[PROGRESSIVE] == 0 or state[ENDS] >= scan[RUN]:
            _put_ends(out, state, table, held)


@plain
def _write_refined(out, state, own, end, table, scan, first, held):
    """One more bit of the AC of a block; there is none after `end`."""
    last = scan[LAST_PLACE]
    low = scan[LOW]
    newest = int64(-1)
    end = min(last, end)
    for k in range(first, end + 1):
        if abs(int64(own[ZIGZAG[k]])) >> low == 1:
            newest = int64(k)
    zeros = int64(0)
    begin = state[BACK]  # where this block's corrections begin among what is held back
    for k in range(first, end + 1):
        value = int64(own[ZIGZAG[k]])
        size = abs(value) >> low
        if size == 0:
            zeros += 1
            continue
        while zeros > 15 and k <= newest:
            begin = _put_before(out, state, table, held, begin, int64(0xF0), int64(-1))
            zeros -= 16
        if size > 1:
            held[state[BACK]] = uint8(size & 1)
            state[BACK] += 1
            continue
        begin = _put_before(out, state, table, held, begin, (zeros << 4) | 1, int64(value > 0))
        zeros = int64(0)
    if zeros > 0 or end < last or state[BACK] > begin:
        state[ENDS] += 1
        if state[ENDS] >= scan[RUN] or state[BACK] > scan[HOLD]:
            _put_ends(out, state, table, held)


@plain
def _put_before(out, state, table, held, begin, symbol, sign):
    """Write the run that is open, a symbol, a sign if it is 0 or 1, and the corrections of this block so far."""
    own = state[BACK] - begin
    state[BACK] = begin
    _put_ends(out, state, table, held)
    for i in range(own):
        held[i] = held[begin + i]
    state[BACK] = own
    _put_symbol(out, state, table, symbol)
    if sign >= 0:
        _put(out, state, sign, int64(1))
    _put_held(out, state, held)
    return int64(0)


@inlined
def _encode_block(out, state, own, end, dc, ac, scan, k, held):
    first = scan[FIRST_PLACE]
    if first == 0:
        value = int64(own[0]) >> scan[LOW]
        if scan[HIGH] > 0:
            _put(out, state, value & 1, int64(1))
        else:
            _put_sized(out, state, dc, int64(0), value - state[LAST_DC + k])
            state[LAST_DC + k] = value
        first = int64(1)
    if first > scan[LAST_PLACE]:
        return
    if scan[HIGH] > 0:
        _write_refined(out, state, own, end, ac, scan, first, held)
    else:
        _write_block(out, state, own, end, ac, scan, first, held)


@kernel("void(int16[:, ::1], uint8[::1])")
def find_ends(coefficients, ends):
    """Set what `decode` does, of coefficients that come from elsewhere."""
    for block in range(len(coefficients)):
        own = coefficients[block]
        k = int64(63)
        while k > 0 and own[ZIGZAG[k]] == 0:
            k -= 1
        ends[block] = uint8(k)


@plain
def _finish_byte(out, state, pad):
    rest = -state[COUNT] & 7
    _put(out, state, ((int64(1) << rest) - 1) if pad > 0 else int64(0), rest)


@kernel(
    "int64(uint8[::1], int16[:, ::1], uint8[::1], int64[::1], int64[:, ::1], int64[:, ::1], uint8[::1], int64[::1])"
)
def encode(out, coefficients, ends, scan, parts, tables, held, state):
    """Write a scan, or the next part of it; how many bytes. state[DONE] reaches scan[UNITS] with the last.

    out: uint8[ROOM + UNIT + HELD]. tables: int64[n, 256], of each symbol 32 * code + length. held: uint8[2 * HELD].
    The other arguments are those of `decode`. Of a scan that is only a beginning, whole bytes are written.
    """
    units = scan[UNITS]
    interval = scan[INTERVAL]
    state[AT] = 0
    unit = state[DONE]
    while unit < units and state[AT] < ROOM:
        if interval > 0 and unit > 0 and unit % interval == 0:
            _put_ends(out, state, tables[parts[0, AC]], held)
            _finish_byte(out, state, scan[PAD])
            out[state[AT]] = uint8(255)
            out[state[AT] + 1] = uint8(208 + ((unit // interval - 1) & 7))
            state[AT] += 2
            state[LAST_DC:] = 0
        for k in range(len(parts)):
            dc = tables[parts[k, DC]]
            ac = tables[parts[k, AC]]
            for i in range(parts[k, HEIGHT]):
                for j in range(parts[k, WIDTH]):
                    block = block_of(parts, k, unit, scan[ACROSS], i, j)
                    own = coefficients[block]
                    _encode_block(out, state, own, int64(ends[block]), dc, ac, scan, k, held)
        unit += 1
    state[DONE] = unit
    if unit == units and scan[CUT] == 0:
        _put_ends(out, state, tables[parts[0, AC]], held)
        _finish_byte(out, state, scan[PAD])
    return state[AT]
