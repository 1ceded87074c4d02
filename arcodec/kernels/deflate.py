"""Deflate streams taken apart: their content, their tokens and their blocks.

Source: RFC 1951. Accepted is what follows it, with codes that use only a part of the code space as well; a code that
is never used in such a part, more codes than fit, a distance beyond the beginning, and a missing end are errors.

A token is 0 for a literal, which the content holds; a copy is length << 16 | distance. The length is 3 to 258, or
OTHER_258 where 258 is written as 227 and 31 more.
"""

from __future__ import annotations

import numpy as np
from numba import int64

from arcodec.kernels.compiling import kernel, plain

STORED, FIXED, DYNAMIC = 0, 1, 2
LITERALS, DISTANCES, LENGTHS = 288, 32, 19  # symbols of the three codes
BOTH = LITERALS + DISTANCES
END = 256  # the symbol that ends a block
LONGEST = 258
OTHER_258 = 259

INNER_LENGTHS = 4  # in what `read_lengths` writes
RUN = INNER_LENGTHS + LENGTHS
HEADER = RUN + BOTH

# What a block is known by: its type, whether it is the last, its first bit after the type, its tokens, its bytes, the
# bits that fill up the byte before a stored one, the least place that one of its copies reaches back to, and whether
# none of the blocks after it reaches beyond its end (set outside).
TYPE, LAST, BIT, TOKENS, BYTES, FILL, REACH, FREE = range(8)
FIELDS = 8

# The state of `inflate`: next bit, next byte of content, next token, next block.
AT_BIT, AT_BYTE, AT_TOKEN, AT_BLOCK = range(4)
DONE, MORE_BYTES, MORE_TOKENS, MORE_BLOCKS, BAD = range(5)

LENGTH_BASE = np.array([3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
                        163, 195, 227, 258], np.int32)  # fmt: skip
LENGTH_BITS = np.array([0] * 8 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [0], np.int32)
DISTANCE_BASE = np.array([1, 2, 3, 4] + [(2 + k % 2 << k // 2 - 1) + 1 for k in range(4, 30)], np.int32)
DISTANCE_BITS = np.array([0, 0] + [k // 2 - 1 for k in range(2, 30)], np.int32)
ORDER = np.array([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15], np.int32)

_FAST = 10  # bits of a code that one look finds
TABLE = (
    (1 << _FAST) + 64 + LITERALS
)  # a decoder: symbols by bits, 16 counts, 16 first codes, 16 places, sorted symbols
_COUNTS = 1 << _FAST
_SORTED = _COUNTS + 64


@plain
def copy(target, at, source, begin, count):
    """Copy so many elements; numba's own way has a message that it makes with floats, where sizes differ."""
    for k in range(count):
        target[at + k] = source[begin + k]


@plain
def bits(data, at, count):
    """`count` <= 25 bits from bit `at` on, zeros beyond the end of `data`."""
    value = int64(0)
    first = at >> 3
    for i in range(4):
        if first + i < data.size:
            value |= int64(data[first + i]) << (8 * i)
    return (value >> (at & 7)) & ((int64(1) << count) - 1)


@plain
def _prepare(lengths, begin, count, table):
    """Make `table`, int32[TABLE], the decoder of a code of lengths[begin:begin + count]; False if it is too full."""
    table[:_SORTED] = 0
    for i in range(count):
        table[_COUNTS + lengths[begin + i]] += 1
    table[_COUNTS] = 0
    code = int64(0)
    place = int64(0)
    for size in range(1, 16):
        code <<= 1
        table[_COUNTS + 16 + size] = code
        table[_COUNTS + 32 + size] = place
        table[_COUNTS + 48 + size] = place
        code += table[_COUNTS + size]
        place += table[_COUNTS + size]
        if code > int64(1) << size:
            return False
    for i in range(count):
        size = int64(lengths[begin + i])
        if size == 0:
            continue
        place = int64(table[_COUNTS + 48 + size])
        table[_COUNTS + 48 + size] += 1
        table[_SORTED + place] = i
        if size <= _FAST:
            forward = table[_COUNTS + 16 + size] + place - table[_COUNTS + 32 + size]
            backward = int64(0)
            for k in range(size):
                backward |= ((forward >> k) & 1) << (size - 1 - k)
            while backward < 1 << _FAST:
                table[backward] = size << 16 | i
                backward += int64(1) << size
    return True


@plain
def _symbol(table, word):
    """Length << 16 | symbol of the code that begins the bits of `word`; 0 if there is none."""
    found = int64(table[word & ((1 << _FAST) - 1)])
    if found:
        return found
    code = int64(0)
    for size in range(1, 16):
        code = code << 1 | ((word >> (size - 1)) & 1)
        offset = code - table[_COUNTS + 16 + size]
        if size > _FAST and 0 <= offset < table[_COUNTS + size]:
            return int64(size) << 16 | table[_SORTED + table[_COUNTS + 32 + size] + offset]
    return int64(0)


@plain
def read_lengths(data, at, header, lengths, table):
    """Read what a dynamic block says of its codes.

    Args:
        data: the stream.
        at: the bit after the block's type.
        header: int32[HEADER], written: numbers of literals, distances, lengths of lengths, and of runs; from
            INNER_LENGTHS on the lengths of lengths by symbol, from RUN on the runs: symbol | extra << 5.
        lengths: int32[BOTH], written: those of literals, from LITERALS on those of distances.
        table: int32[TABLE], to work in.

    Returns:
        The bit after it, or -1.
    """
    literals = bits(data, at, 5) + 257
    distances = bits(data, at + 5, 5) + 1
    count = bits(data, at + 10, 4) + 4
    at += 14
    header[INNER_LENGTHS:RUN] = 0
    for i in range(count):
        header[INNER_LENGTHS + ORDER[i]] = bits(data, at, 3)
        at += 3
    if not _prepare(header, INNER_LENGTHS, LENGTHS, table):
        return int64(-1)
    lengths[:] = 0
    done = int64(0)
    runs = int64(0)
    before = int64(0)
    while done < literals + distances:
        found = _symbol(table, bits(data, at, 15))
        if found == 0 or at > 8 * data.size:
            return int64(-1)
        at += found >> 16
        symbol = found & 0xFFFF
        extra = int64(0)
        times = int64(1)
        if symbol == 16:
            if done == 0:
                return int64(-1)
            extra = bits(data, at, 2)
            at += 2
            times = 3 + extra
        elif symbol == 17:
            extra = bits(data, at, 3)
            at += 3
            times = 3 + extra
        elif symbol == 18:
            extra = bits(data, at, 7)
            at += 7
            times = 11 + extra
        if symbol != 16:
            before = symbol if symbol < 16 else int64(0)
        if done + times > literals + distances:
            return int64(-1)
        for _ in range(times):
            lengths[done if done < literals else LITERALS + done - literals] = before
            done += 1
        header[RUN + runs] = symbol | extra << 5
        runs += 1
    header[0] = literals
    header[1] = distances
    header[2] = count
    header[3] = runs
    return at


@plain
def fixed_lengths(lengths):
    """The lengths of the codes of fixed blocks: int32[BOTH], written."""
    for i in range(LITERALS):
        lengths[i] = 8 if i < 144 else 9 if i < 256 else 7 if i < 280 else 8
    lengths[LITERALS:] = 5


@plain
def _read_block(data, at, content, byte, tokens, token, literals, distances, block):
    """Decode the symbols of a block; the bit after it, or -1 - one of DONE ... BAD."""
    size = int64(data.size)
    place = at >> 3
    word = int64(0)
    held = int64(0)
    if at & 7:
        word = int64(data[place]) >> (at & 7)
        held = 8 - (at & 7)
        place += 1
    first_byte, first_token, reach = byte, token, byte
    while True:
        while held <= 48:  # bits beyond the end are zeros, and counted
            if place < size:
                word |= int64(data[place]) << held
            place += 1
            held += 8
        if 8 * place - held > 8 * size:
            return int64(-1 - BAD)
        found = _symbol(literals, word)
        used = found >> 16
        symbol = found & 0xFFFF
        if found == 0 or symbol > 285:
            return int64(-1 - BAD)
        if symbol == END:
            break
        if token >= tokens.size:
            return int64(-1 - MORE_TOKENS)
        word >>= used
        held -= used
        if symbol < END:
            if byte >= content.size:
                return int64(-1 - MORE_BYTES)
            content[byte] = symbol
            byte += 1
            tokens[token] = 0
            token += 1
            continue
        extra = int64(LENGTH_BITS[symbol - 257])
        length = LENGTH_BASE[symbol - 257] + (word & ((1 << extra) - 1))
        word >>= extra
        held -= extra
        found = _symbol(distances, word)
        used = found >> 16
        kind = found & 0xFFFF
        if found == 0 or kind > 29:
            return int64(-1 - BAD)
        word >>= used
        extra = int64(DISTANCE_BITS[kind])
        distance = DISTANCE_BASE[kind] + (word & ((1 << extra) - 1))
        word >>= extra
        held -= used + extra
        if distance > byte:
            return int64(-1 - BAD)
        if byte + length > content.size:
            return int64(-1 - MORE_BYTES)
        for i in range(byte, byte + length):
            content[i] = content[i - distance]
        reach = min(reach, byte - distance)
        byte += length
        tokens[token] = (OTHER_258 if symbol == 284 and length == LONGEST else length) << 16 | distance
        token += 1
    block[TOKENS] = token - first_token
    block[BYTES] = byte - first_byte
    block[REACH] = reach
    return 8 * place - held + used


@kernel("int64(Array(uint8, 1, 'C', True), uint8[::1], int32[::1], int64[:, ::1], int64[::1])")
def inflate(data, content, tokens, blocks, state):
    """Take a stream apart, block by block, until it ends or an array is full.

    Only whole blocks count: called again with the same state and larger arrays that hold what the old ones did, it
    goes on. Each array is written within its size, and `data` is read within its own.

    Args:
        data: uint8[n], n < 2**31; the stream begins at bit state[AT_BIT].
        content: uint8[m], written.
        tokens: int32[k], written.
        blocks: int64[b, FIELDS], written.
        state: int64[4], updated.

    Returns:
        DONE, MORE_BYTES, MORE_TOKENS, MORE_BLOCKS or BAD.
    """
    literals = np.empty(TABLE, np.int32)
    distances = np.empty(TABLE, np.int32)
    header = np.empty(HEADER, np.int32)
    lengths = np.empty(BOTH, np.int32)
    prepared = False  # for fixed blocks
    while True:
        if state[AT_BLOCK] >= len(blocks):
            return MORE_BLOCKS
        at = state[AT_BIT]
        if at + 3 > 8 * int64(data.size):
            return BAD
        block = blocks[state[AT_BLOCK]]
        last = bits(data, at, 1)
        kind = bits(data, at + 1, 2)
        at += 3
        block[TYPE] = kind
        block[LAST] = last
        block[BIT] = at
        block[FILL] = 0
        byte = state[AT_BYTE]
        if kind == STORED:
            fill = -at & 7
            block[FILL] = bits(data, at, fill)
            place = (at + fill) >> 3
            if place + 4 > data.size:
                return BAD
            size = int64(data[place]) | int64(data[place + 1]) << 8
            if size ^ 0xFFFF != int64(data[place + 2]) | int64(data[place + 3]) << 8 or place + 4 + size > data.size:
                return BAD
            if byte + size > content.size:
                return MORE_BYTES
            copy(content, byte, data, place + 4, size)
            block[TOKENS] = 0
            block[BYTES] = size
            block[REACH] = byte
            at = 8 * (place + 4 + size)
        elif kind == 3:
            return BAD
        else:
            if kind == DYNAMIC:
                prepared = False
                at = read_lengths(data, at, header, lengths, literals)
                if at < 0:
                    return BAD
            if not prepared:
                if kind == FIXED:
                    fixed_lengths(lengths)
                good = _prepare(lengths, 0, LITERALS, literals)
                if not good or not _prepare(lengths, LITERALS, DISTANCES, distances):
                    return BAD
                prepared = kind == FIXED
            at = _read_block(data, at, content, byte, tokens, state[AT_TOKEN], literals, distances, block)
            if at < 0:
                return -1 - at
            if at > 8 * int64(data.size):
                return BAD
        state[AT_BIT] = at
        state[AT_BYTE] += block[BYTES]
        state[AT_TOKEN] += block[TOKENS]
        state[AT_BLOCK] += 1
        if last:
            return DONE
