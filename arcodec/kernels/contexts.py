"""What the byte model knows about the past, and the contexts it draws from it.

Text, sources and tables show in words, brackets, lines and fields; binaries in alignment, records and pairs.
"""

from __future__ import annotations

import numpy as np
from numba import uint64

from arcodec.kernels.compiling import inline

# Odd multipliers: the golden ratio's (Knuth), one of degski's mixers, one of wyhash's.
K1 = uint64(0x9E3779B97F4A7C15)
K2 = uint64(0xD6E8FEB86659FD93)
K3 = uint64(0xA0761D6478BD642F)

NEWLINE = 10
LINE_END, BLANK, LOWER, UPPER, DIGIT, HIGH, QUOTE, OPEN, CLOSE = 1, 2, 3, 4, 5, 6, 7, 9, 10
CLASSES = 14


def _classes() -> np.ndarray:
    """uint8[256]: the class of a byte, as texts and sources use it."""
    members = {
        LINE_END: b"\n\r",
        BLANK: b" \t",
        LOWER: bytes(range(ord("a"), ord("z") + 1)),
        UPPER: bytes(range(ord("A"), ord("Z") + 1)),
        DIGIT: b"0123456789",
        HIGH: bytes(range(128, 256)),
        QUOTE: b"\"'`",
        8: b".,;:!?",
        OPEN: b"([{<",
        CLOSE: b")]}>",
        11: b"=+-*/%&|^~",
        12: b"_$@#\\",
    }
    table = np.full(256, CLASSES - 1, np.uint8)
    table[:32] = 0
    for number, symbols in members.items():
        table[list(symbols)] = number
    return table


CLASS = _classes()
_COARSE = np.minimum(CLASS, 7).astype(np.uint8)
_SEPARATOR = np.array([CLASS[c] in (BLANK, QUOTE, OPEN, CLOSE) or c in b",:;|=" for c in range(256)])

# Slots of the history, uint64[HISTORY].
RECENT = 0  # the last 8 bytes, the latest lowest
OLDER = 1  # the 8 bytes before those
WORD = 2  # hash of the letters of this word so far, without case; 0 between words
WORD1 = 3  # hash of the word before
WORD_LENGTH = 4  # letters and digits in a row
SHAPE = 5  # classes of the last 16 bytes, 4 bits each
COARSE_SHAPE = 6  # coarse classes of the last 3 bytes, 3 bits each
LINE = 7  # where this line begins
LINE1 = 8  # where the line above begins
ALIGNED = 9  # what is in the line above where this line is, counted in fields rather than columns
FIELD = 10  # number of this line's fields before this one
DEPTH = 11  # of open brackets
PERIOD = 12  # length of a record, >= 1; 1 until a record is found
CANDIDATE = 13  # another length, which may become the period
TRUST = 14  # how often the candidate was met
_BRACKETS = 16  # [64] bracket and word before it, by depth
_FOLLOWERS = _BRACKETS + 64  # [256] the last 8 bytes that followed each byte
_LAST = _FOLLOWERS + 256  # [3 * 256] the last three positions of each byte
HISTORY = _LAST + 3 * 256

_SCAN = 256  # how far along the line above the end of a field is looked for
_TRUSTED = 12

CONTEXTS = 16
EXPECTED = 7  # the context of the byte that the longest match expects


@inline
def mixed(h):
    """A 64-bit hash: every bit of the result depends on every bit of h."""
    h *= K1
    h ^= h >> uint64(29)
    h *= K2
    return h ^ (h >> uint64(32))


@inline
def remember(history, symbols, position, byte):
    """Take in `byte` = symbols[position], int64."""
    recent = history[RECENT]
    kind = np.int64(CLASS[byte])
    _remember_word(history, byte, kind)
    _remember_line(history, symbols, position, byte, kind)
    _remember_record(history, position, byte)
    follower = uint64(_FOLLOWERS) + (recent & uint64(0xFF))
    history[follower] = (history[follower] << uint64(8)) | uint64(byte)
    history[OLDER] = (history[OLDER] << uint64(8)) | (recent >> uint64(56))
    history[RECENT] = (recent << uint64(8)) | uint64(byte)
    history[SHAPE] = (history[SHAPE] << uint64(4)) | uint64(kind)
    history[COARSE_SHAPE] = ((history[COARSE_SHAPE] << uint64(3)) | uint64(_COARSE[byte])) & uint64(511)


@inline
def _remember_word(history, byte, kind):
    """Words, and the brackets around them."""
    letter = kind in (LOWER, UPPER, HIGH)
    if letter or kind == DIGIT:
        history[WORD_LENGTH] += uint64(1)
    else:
        history[WORD_LENGTH] = uint64(0)
    if letter:
        h = (history[WORD] + uint64(byte + 32 if kind == UPPER else byte) + uint64(1)) * K1
        history[WORD] = h ^ (h >> uint64(31))
    elif history[WORD] != uint64(0):
        history[WORD1] = history[WORD]
        history[WORD] = uint64(0)
    if kind == OPEN:
        history[DEPTH] = min(history[DEPTH] + uint64(1), uint64(63))
        history[uint64(_BRACKETS) + history[DEPTH]] = history[WORD1] * K3 + uint64(byte) + uint64(1)
    elif kind == CLOSE and history[DEPTH] > uint64(0):
        history[DEPTH] -= uint64(1)


@inline
def _remember_line(history, symbols, position, byte, kind):
    """Lines: the one above is followed field by field."""
    line = np.int64(history[LINE])
    aligned = np.int64(history[ALIGNED])
    if byte == NEWLINE:
        history[LINE1] = uint64(line)
        history[ALIGNED] = uint64(line)
        history[LINE] = uint64(position + 1)
        history[FIELD] = uint64(0)
    elif _SEPARATOR[byte]:
        history[FIELD] += uint64(1)
        end = min(line, aligned + _SCAN)
        k = aligned
        while k < end and symbols[uint64(k)] != byte and symbols[uint64(k)] != NEWLINE:
            k += 1
        if k < end and symbols[uint64(k)] == byte:
            history[ALIGNED] = uint64(k + 1)
    elif aligned < line and np.int64(CLASS[symbols[uint64(aligned)]]) == kind:
        history[ALIGNED] = uint64(aligned + 1)


@inline
def _remember_record(history, position, byte):
    """Records: a byte that comes back at equal distances suggests their length."""
    last = uint64(_LAST + byte)
    gap = position - np.int64(history[last])
    gap1 = np.int64(history[last]) - np.int64(history[last + uint64(256)])
    gap2 = np.int64(history[last + uint64(256)]) - np.int64(history[last + uint64(512)])
    if 2 < gap < 4096 and gap == gap1 and (gap > 15 or gap == gap2):
        if uint64(gap) == history[CANDIDATE]:
            history[TRUST] += uint64(1)
            if history[TRUST] > uint64(_TRUSTED):
                history[PERIOD] = uint64(gap)
        elif history[TRUST] < uint64(3):
            history[CANDIDATE] = uint64(gap)
            history[TRUST] = uint64(0)
        else:
            history[TRUST] -= uint64(3)
    history[last + uint64(512)] = history[last + uint64(256)]
    history[last + uint64(256)] = history[last]
    history[last] = uint64(position)


@inline
def _earlier(symbols, k, end):
    """symbols[k] as uint64 where 0 <= k < end, else 0."""
    return uint64(symbols[uint64(k)]) if 0 <= k < end else uint64(0)


@inline
def hash_contexts(history, symbols, position, hashes):
    """Fill `hashes`, uint64[CONTEXTS], with the contexts of symbols[position].

    That of the expected byte is left to `hash_expected`, which comes later, when the match models know it.
    Returns the class of the byte beside it in the line above, int64.
    """
    recent = history[RECENT]
    word = history[WORD]
    line = np.int64(history[LINE])
    aligned = np.int64(history[ALIGNED])
    period = np.int64(history[PERIOD])
    c1 = recent & uint64(0xFF)
    followers = history[uint64(_FOLLOWERS) + c1]
    column = position - line
    field = min(history[FIELD], uint64(31))
    above = _earlier(symbols, np.int64(history[LINE1]) + column, line)
    beside = _earlier(symbols, aligned, line)
    beside1 = _earlier(symbols, aligned + 1, line)
    record = _earlier(symbols, position - period, position)
    record1 = _earlier(symbols, position - 2 * period, position)

    hashes[0] = c1
    hashes[1] = recent & uint64(0xFFFF)
    hashes[2] = recent & uint64(0xFFFFFF)
    hashes[3] = recent & uint64(0xFFFFFFFF)
    hashes[4] = recent & uint64(0xFFFFFFFFFFFF)
    hashes[5] = word * K2 + c1
    hashes[6] = word * K2 + history[WORD1] * K3
    hashes[EXPECTED] = uint64(0)
    hashes[8] = recent & uint64(0xFFFF00)
    hashes[9] = history[SHAPE] & uint64(0xFFFFFFFFFF)
    hashes[10] = beside | (beside1 << uint64(8)) | (c1 << uint64(16)) | (field << uint64(24))
    hashes[11] = above | (c1 << uint64(8)) | (uint64(min(column, 255)) << uint64(16))
    hashes[12] = history[uint64(_BRACKETS) + history[DEPTH]] + word * K2
    hashes[13] = (followers & uint64(0xFFFFFF)) | (c1 << uint64(24))
    hashes[14] = (recent & uint64(0xFF000000FF000000)) | uint64(position & 3)
    hashes[15] = record | (record1 << uint64(8)) | (uint64(position % period) << uint64(16))
    for k in range(CONTEXTS):
        hashes[k] = mixed(hashes[k] + uint64(k + 1) * K3)
    return np.int64(CLASS[beside])


@inline
def hash_expected(expected, quality, hashes):
    """The context of `expected`: 256 + the byte that the longest match expects, or 0; `quality`: of that match."""
    hashes[EXPECTED] = mixed((uint64(expected) << uint64(8) | uint64(quality)) + uint64(EXPECTED + 1) * K3)


@inline
def hash_nibble(h, nibble):
    """The hash of a context for the second nibble; `nibble`: the part of the byte known so far, a 1 before it."""
    return mixed(h + uint64(nibble) * K3)
