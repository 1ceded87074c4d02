"""Reading the scans of JPEG files: Huffman codes to quantised coefficients.

A scan is read without its stuffed zeros and restart markers; where parts between those begin is listed.

Bounds. What is read has MARGIN bytes after it, more than a block takes: its end is looked at after each block. Places
in a block are checked before they are used, and the caller has checked the geometry: no block lies outside.
"""

from __future__ import annotations

from numba import int16, int64, uint8

from arcodec.kernels.compiling import inlined, kernel, plain
from arcodec.kernels.dct import ZIGZAG
from arcodec.kernels.jpeg_scans import (
    AC,
    ACROSS,
    AT,
    DC,
    ENDS,
    FIRST_PLACE,
    HEIGHT,
    HIGH,
    INTERVAL,
    LAST_DC,
    LAST_PLACE,
    LOW,
    PAD,
    PROGRESSIVE,
    SEEN,
    UNITS,
    WIDTH,
    block_of,
)


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


@inlined
def _peek(clean, bit, count):
    """The next bits, at most 16."""
    at = bit >> 3
    word = (int64(clean[at]) << 16) | (int64(clean[at + 1]) << 8) | int64(clean[at + 2])
    return (word >> (24 - count - (bit & 7))) & ((int64(1) << count) - 1)


@inlined
def _symbol(clean, state, table):
    """The next symbol, -1 if there is none of that code."""
    bit = state[AT]
    entry = int64(table[_peek(clean, bit, int64(16))])
    if entry == 0:
        return int64(-1)
    state[AT] = bit + (entry >> 8)
    return entry & 255


@inlined
def _take(clean, state, count):
    value = _peek(clean, state[AT], count)
    state[AT] += count
    return value


@inlined
def _take_signed(clean, state, count):
    """A number of so many significant bits; the negative ones begin with a 0."""
    value = _take(clean, state, count)
    if count > 0 and value < (int64(1) << (count - 1)):
        value -= (int64(1) << count) - 1
    return value


@inlined
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


@inlined
def _read_block(clean, state, own, table, first, last, low, progressive):
    """AC of a block for the first time; up to which place there is any, -1 if it goes wrong."""
    end = int64(0)
    if state[ENDS] > 0:
        state[ENDS] -= 1
        return end
    k = first
    while k <= last:
        symbol = _symbol(clean, state, table)
        if symbol < 0:
            return int64(-1)
        zeros = symbol >> 4
        size = symbol & 15
        if size == 0:
            if zeros == 15:
                k += 16
                continue
            if zeros > 0 and not progressive:
                return int64(-1)
            run = (int64(1) << zeros) + _take(clean, state, zeros)
            state[SEEN] = max(state[SEEN], run)
            state[ENDS] = run - 1
            return end
        k += zeros
        if k > last or size + low > 15:
            return int64(-1)
        own[ZIGZAG[k]] = int16(_take_signed(clean, state, size) << low)
        end = k
        k += 1
    return end


@plain
def _correct(clean, state, own, place, low):
    """The next bit of a coefficient that is known not to be 0."""
    if _take(clean, state, int64(1)):
        value = int64(own[place])
        whole = value + (int64(1) << low) if value > 0 else value - (int64(1) << low)
        own[place] = int16(min(max(whole, int64(-32768)), int64(32767)))


@plain
def _refine_block(clean, state, own, table, first, last, low, known):
    """One more bit of the AC of a block, known up to a place; up to which now, -1 if it goes wrong."""
    end = known
    k = first
    if state[ENDS] == 0:
        while k <= last:
            symbol = _symbol(clean, state, table)
            if symbol < 0:
                return int64(-1)
            zeros = symbol >> 4
            size = symbol & 15
            value = int64(0)
            if size > 1 or low > 14:
                return int64(-1)
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
                    return int64(-1)
                own[ZIGZAG[k]] = int16(value)
                end = max(end, k)
            k += 1
    if state[ENDS] > 0:
        while k <= min(last, known):
            place = ZIGZAG[k]
            if own[place] != 0:
                _correct(clean, state, own, place, low)
            k += 1
        state[ENDS] -= 1
    return end


@plain
def _fill(clean, state, scan):
    """Go to the next whole byte; notice by which bits the rest of this one is filled."""
    rest = -state[AT] & 7
    if rest > 0:
        if scan[PAD] < 0:
            scan[PAD] = _peek(clean, state[AT], int64(1))
        state[AT] += rest


@inlined
def _decode_block(clean, state, own, ends, block, dc, ac, scan, k):
    first = scan[FIRST_PLACE]
    if first == 0:
        if scan[HIGH] > 0:
            own[0] |= int16(_take(clean, state, int64(1)) << scan[LOW])
        elif not _read_dc(clean, state, own, dc, k, scan[LOW]):
            return False
        first = int64(1)
    if first > scan[LAST_PLACE]:
        return True
    known = int64(ends[block])
    if scan[HIGH] > 0:
        end = _refine_block(clean, state, own, ac, first, scan[LAST_PLACE], scan[LOW], known)
    else:
        end = _read_block(clean, state, own, ac, first, scan[LAST_PLACE], scan[LOW], scan[PROGRESSIVE] != 0)
    ends[block] = uint8(max(known, end))
    return end >= 0


@kernel(
    "int64(uint8[::1], int64, int64[::1], int16[:, ::1], uint8[::1], int64[::1], int64[:, ::1], uint16[:, ::1], "
    "int64[::1])"
)
def decode(clean, size, starts, coefficients, ends, scan, parts, tables, state):
    """Read a scan; how many whole units there are before it ends or goes wrong.

    ends: uint8[blocks], gets up to which place of each block, in zigzag order, there is any AC.

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
                    block = block_of(parts, k, unit, scan[ACROSS], i, j)
                    own = coefficients[block]
                    if not _decode_block(clean, state, own, ends, block, dc, ac, scan, k) or state[AT] > end:
                        return unit
    _fill(clean, state, scan)
    return units
