"""The scans of JPEG files: Huffman codes to quantised coefficients, and back as the usual encoders write them.

Source: ITU-T T.81, annexes F (sequential) and G (progressive). What it leaves open is done as the Independent JPEG
Group's encoder does it: runs of ends of blocks are as long as they may be, and end where too many correction bits are
held back.

A scan is read without its stuffed zeros and restart markers; where parts between those begin is listed. Coefficients
are int16[blocks, 64], in each block in rows, of all components one after the other.

Bounds. `clean` has MARGIN bytes after what it holds, more than a block takes: its end is looked at after each block.
Places in a block are checked before they are used, and the caller has checked the geometry: no block lies outside. A
symbol is below 256, as `decoding` and `encoding` have entries for. Buffers of the encoder: a unit of blocks takes at
most UNIT bytes, and what is held back, HELD bits, twice HELD / 8 with stuffing.
"""

from __future__ import annotations

import numpy as np
from numba import int16, int64, uint8

from arcodec.kernels.compiling import kernel, plain
from arcodec.kernels.dct import ZIGZAG

MARGIN = 4096
UNIT = 1 << 16
HELD = 1 << 18
ROOM = 1 << 20  # bytes that `encode` gives at most
MOST_HELD = 937  # correction bits that the usual encoders hold back
LONGEST = 0x7FFF  # their longest run

# Of a scan: first and last place, bit planes, whether it is progressive, units between restarts (0: none), units,
# units in a row, and how it was written: bits that fill up bytes, the longest run, the most correction bits held
# back, whether it is only a beginning.
FIRST_PLACE, LAST_PLACE, HIGH, LOW, PROGRESSIVE, INTERVAL, UNITS, ACROSS, PAD, RUN, HOLD, CUT = range(12)
SCAN = 12
# Of a component in a scan: its first block, blocks in a row, blocks of a unit in each direction, its tables' numbers.
FIRST, COLUMNS, HEIGHT, WIDTH, DC, AC = range(6)
COMPONENT = 6
# What is kept between calls: the bit or byte to go on at, bits not yet written and their number, the unit, blocks in
# a run of ends, bits held back, the longest run read, and the last DC of four components.
AT, BITS, COUNT, DONE, ENDS, BACK, SEEN, LAST_DC = range(8)
STATE = LAST_DC + 4


@kernel("int64(Array(uint8, 1, 'C', True), int64, uint8[::1], int64[::1])")
def unstuff(data, start, clean, starts):
    """Copy the scan at `start` without stuffing and restart markers; how many bytes that makes.

    starts: gets the number of parts between markers, and where in `clean` each begins; at most as many as fit.
    """
    size = len(data)
    at = start
    end = int64(0)
    parts = int64(1)
    starts[1] = 0
    while at < size:
        byte = data[at]
        if byte == 255:
            if at + 1 >= size:
                break
            after = data[at + 1]
            if after == 0:
                at += 1
            elif after == 208 + ((parts - 1) & 7) and parts + 1 < len(starts):
                at += 2
                parts += 1
                starts[parts] = end
                continue
            else:
                break
        clean[end] = byte
        end += 1
        at += 1
    starts[0] = parts
    return end


@plain
def _peek(clean, bit, count):
    """The next bits, at most 16."""
    at = bit >> 3
    word = (int64(clean[at]) << 16) | (int64(clean[at + 1]) << 8) | int64(clean[at + 2])
    return (word >> (24 - count - (bit & 7))) & ((int64(1) << count) - 1)


@plain
def _symbol(clean, state, table):
    """The next symbol, -1 if there is none of that code."""
    bit = state[AT]
    entry = int64(table[_peek(clean, bit, int64(16))])
    if entry == 0:
        return int64(-1)
    state[AT] = bit + (entry >> 8)
    return entry & 255


@plain
def _take(clean, state, count):
    value = _peek(clean, state[AT], count)
    state[AT] += count
    return value


@plain
def _take_signed(clean, state, count):
    """A number of so many significant bits; the negative ones begin with a 0."""
    value = _take(clean, state, count)
    if count > 0 and value < (int64(1) << (count - 1)):
        value -= (int64(1) << count) - 1
    return value


@plain
def _read_dc(clean, state, own, table, k, low):
    """DC, or its first bits."""
    size = _symbol(clean, state, table)
    if size < 0 or size > 15:
        return False
    value = state[LAST_DC + k] + _take_signed(clean, state, size)
    state[LAST_DC + k] = value
    whole = value << low
    if whole < -32768 or whole > 32767:
        return False
    own[0] = int16(whole)
    return True


@plain
def _read_block(clean, state, own, table, first, last, low, progressive):
    """AC of a block for the first time."""
    if state[ENDS] > 0:
        state[ENDS] -= 1
        return True
    k = first
    while k <= last:
        symbol = _symbol(clean, state, table)
        if symbol < 0:
            return False
        zeros = symbol >> 4
        size = symbol & 15
        if size == 0:
            if zeros == 15:
                k += 16
                continue
            if zeros > 0 and not progressive:
                return False
            run = (int64(1) << zeros) + _take(clean, state, zeros)
            state[SEEN] = max(state[SEEN], run)
            state[ENDS] = run - 1
            return True
        k += zeros
        if k > last or size + low > 15:
            return False
        own[ZIGZAG[k]] = int16(_take_signed(clean, state, size) << low)
        k += 1
    return True


@plain
def _correct(clean, state, own, place, low):
    """The next bit of a coefficient that is known not to be 0."""
    if _take(clean, state, int64(1)):
        value = int64(own[place])
        whole = value + (int64(1) << low) if value > 0 else value - (int64(1) << low)
        own[place] = int16(min(max(whole, int64(-32768)), int64(32767)))


@plain
def _refine_block(clean, state, own, table, first, last, low):
    """One more bit of the AC of a block."""
    k = first
    if state[ENDS] == 0:
        while k <= last:
            symbol = _symbol(clean, state, table)
            if symbol < 0:
                return False
            zeros = symbol >> 4
            size = symbol & 15
            value = int64(0)
            if size > 1 or low > 14:
                return False
            if size == 1:
                value = int64(1) << low if _take(clean, state, int64(1)) else -(int64(1) << low)
            elif zeros < 15:
                run = (int64(1) << zeros) + _take(clean, state, zeros)
                state[SEEN] = max(state[SEEN], run)
                state[ENDS] = run
                break
            while k <= last:
                place = ZIGZAG[k]
                if own[place] != 0:
                    _correct(clean, state, own, place, low)
                elif zeros == 0:
                    break
                else:
                    zeros -= 1
                k += 1
            if value != 0:
                if k > last:
                    return False
                own[ZIGZAG[k]] = int16(value)
            k += 1
    if state[ENDS] > 0:
        while k <= last:
            place = ZIGZAG[k]
            if own[place] != 0:
                _correct(clean, state, own, place, low)
            k += 1
        state[ENDS] -= 1
    return True


@plain
def _fill(clean, state, scan):
    """Go to the next whole byte; notice by which bits the rest of this one is filled."""
    rest = -state[AT] & 7
    if rest > 0:
        if scan[PAD] < 0:
            scan[PAD] = _peek(clean, state[AT], int64(1))
        state[AT] += rest


@plain
def _block_of(parts, k, unit, across, i, j):
    """Which block of a component is in row i and column j of a unit."""
    y = unit // across * parts[k, HEIGHT] + i
    return parts[k, FIRST] + y * parts[k, COLUMNS] + unit % across * parts[k, WIDTH] + j


@plain
def _decode_block(clean, state, own, dc, ac, scan, k):
    first = scan[FIRST_PLACE]
    if first == 0:
        if scan[HIGH] > 0:
            own[0] |= int16(_take(clean, state, int64(1)) << scan[LOW])
        elif not _read_dc(clean, state, own, dc, k, scan[LOW]):
            return False
        first = int64(1)
    if first > scan[LAST_PLACE]:
        return True
    if scan[HIGH] > 0:
        return _refine_block(clean, state, own, ac, first, scan[LAST_PLACE], scan[LOW])
    return _read_block(clean, state, own, ac, first, scan[LAST_PLACE], scan[LOW], scan[PROGRESSIVE] != 0)


@kernel("int64(uint8[::1], int64, int64[::1], int16[:, ::1], int64[::1], int64[:, ::1], uint16[:, ::1], int64[::1])")
def decode(clean, size, starts, coefficients, scan, parts, tables, state):
    """Read a scan; how many whole units there are before it ends or goes wrong.

    clean, size, starts: of `unstuff`. scan: int64[SCAN]; gets PAD if that is negative and there are such bits.
    parts: int64[components, COMPONENT]. tables: uint16[n, 65536], for the next 16 bits 256 * length + symbol, or 0.
    state: int64[STATE], zeros.
    """
    units = scan[UNITS]
    interval = scan[INTERVAL]
    part = int64(1)
    end = 8 * (starts[2] if starts[0] > 1 else size)
    for unit in range(units):
        if interval > 0 and unit > 0 and unit % interval == 0:
            _fill(clean, state, scan)
            if part >= starts[0] or state[AT] != 8 * starts[part + 1] or state[ENDS] > 0:
                return unit
            part += 1
            end = 8 * (starts[part + 1] if part < starts[0] else size)
            state[LAST_DC:] = 0
        for k in range(len(parts)):
            dc = tables[parts[k, DC]]
            ac = tables[parts[k, AC]]
            for i in range(parts[k, HEIGHT]):
                for j in range(parts[k, WIDTH]):
                    own = coefficients[_block_of(parts, k, unit, scan[ACROSS], i, j)]
                    if not _decode_block(clean, state, own, dc, ac, scan, k) or state[AT] > end:
                        return unit
    _fill(clean, state, scan)
    return units


@plain
def _put(out, state, bits, count):
    """Write bits, at most 32, the bytes of which are 255 with a zero after them."""
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


@plain
def _put_symbol(out, state, table, symbol):
    entry = table[symbol & 255]
    _put(out, state, entry >> 5, entry & 31)


@plain
def _length(x):
    """Significant bits of a number >= 0."""
    bits = int64(0)
    while x > 0:
        bits += 1
        x >>= 1
    return bits


@plain
def _put_sized(out, state, table, zeros, value):
    """A symbol of zeros before and the size of a value, and the value."""
    size = _length(abs(value))
    _put_symbol(out, state, table, (zeros << 4) | min(size, int64(15)) if zeros > 0 else size)
    _put(out, state, (value if value > 0 else value - 1) & ((int64(1) << size) - 1), size)


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


@plain
def _write_block(out, state, own, table, scan, first, held):
    """AC of a block for the first time."""
    last = scan[LAST_PLACE]
    low = scan[LOW]
    zeros = int64(0)
    for k in range(first, last + 1):
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
    if zeros > 0:
        state[ENDS] += 1
        if scan[PROGRESSIVE] == 0 or state[ENDS] >= scan[RUN]:
            _put_ends(out, state, table, held)


@plain
def _write_refined(out, state, own, table, scan, first, held):
    """One more bit of the AC of a block."""
    last = scan[LAST_PLACE]
    low = scan[LOW]
    newest = int64(-1)
    for k in range(first, last + 1):
        if abs(int64(own[ZIGZAG[k]])) >> low == 1:
            newest = int64(k)
    zeros = int64(0)
    begin = state[BACK]  # where this block's corrections begin among what is held back
    for k in range(first, last + 1):
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
    if zeros > 0 or state[BACK] > begin:
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


@plain
def _encode_block(out, state, own, dc, ac, scan, k, held):
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
        _write_refined(out, state, own, ac, scan, first, held)
    else:
        _write_block(out, state, own, ac, scan, first, held)


@plain
def _finish_byte(out, state, pad):
    rest = -state[COUNT] & 7
    _put(out, state, ((int64(1) << rest) - 1) if pad > 0 else int64(0), rest)


@kernel("int64(uint8[::1], int16[:, ::1], int64[::1], int64[:, ::1], int64[:, ::1], uint8[::1], int64[::1])")
def encode(out, coefficients, scan, parts, tables, held, state):
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
                    own = coefficients[_block_of(parts, k, unit, scan[ACROSS], i, j)]
                    _encode_block(out, state, own, dc, ac, scan, k, held)
        unit += 1
    state[DONE] = unit
    if unit == units and scan[CUT] == 0:
        _put_ends(out, state, tables[parts[0, AC]], held)
        _finish_byte(out, state, scan[PAD])
    return state[AT]


def codes(counts: np.ndarray, symbols: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Tables of a Huffman code for `decode` and `encode`: uint16[65536], int64[256]; None if it is none.

    counts: uint8[16], how many codes there are of each length; symbols: uint8[sum of counts].
    """
    reading = np.zeros(1 << 16, np.uint16)
    writing = np.zeros(256, np.int64)
    code = at = 0
    for length in range(1, 17):
        shift = 16 - length
        for symbol in symbols[at : at + int(counts[length - 1])].tolist():
            if code >> length:
                return None
            reading[code << shift : (code + 1) << shift] = length << 8 | symbol
            writing[symbol] = code << 5 | length
            code += 1
        at += int(counts[length - 1])
        code <<= 1
    return reading, writing
