"""What the byte model remembers of the past.

Text, sources and tables show in words, brackets, lines and fields; binaries in alignment, records and pairs.
What costs time is kept only where a tier needs it; the rest of the history then stays as it begins.
"""

from __future__ import annotations

import numpy as np
from numba import uint64

from arcodec.kernels import x86
from arcodec.kernels.compiling import inline
from arcodec.kernels.hashing import K1, K3

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

# Parts of the history that may be left out: flags.
WORDS, LINES, RECORDS, CODE = 1, 2, 4, 8

# Slots of the history, uint64[HISTORY].
RECENT = 0  # the last 8 bytes, the latest lowest
OLDER = 1  # the 8 bytes before those
SHAPE = 2  # classes of the last 16 bytes, 4 bits each
COARSE_SHAPE = 3  # coarse classes of the last 3 bytes, 3 bits each
# WORDS
WORD = 4  # hash of the letters of this word so far, without case; 0 between words
WORD1 = 5  # hash of the word before
WORD_LENGTH = 6  # letters and digits in a row
DEPTH = 7  # of open brackets
# LINES
LINE = 8  # where this line begins
LINE1 = 9  # where the line above begins
ALIGNED = 10  # what is in the line above where this line is, counted in fields rather than columns
FIELD = 11  # number of this line's fields before this one
# RECORDS
PERIOD = 12  # length of a record, >= 1; 1 until a record is found
CANDIDATE = 13  # another length, which may become the period
TRUST = 14  # how often the candidate was met
BRACKETS = 16  # [64] bracket and word before it, by depth
FOLLOWERS = BRACKETS + 64  # [256] the last 8 bytes that followed each byte
_LAST = FOLLOWERS + 256  # [3 * 256] the last three positions of each byte
# CODE
PARSER = _LAST + 3 * 256  # [x86.SLOTS] see `arcodec.kernels.x86`
HISTORY = PARSER + x86.SLOTS

_SCAN = 256  # how far along the line above the end of a field is looked for
_TRUSTED = 12


def fresh_history() -> np.ndarray:
    """uint64[HISTORY]: nothing seen yet."""
    history = np.zeros(HISTORY, np.uint64)
    history[PERIOD] = 1
    return history


@inline
def remember(history, parts, symbols, position, byte):
    """Take in `byte` = symbols[position], int64, into the `parts` that are kept, int64 flags."""
    recent = history[RECENT]
    kind = np.int64(CLASS[byte])
    if parts & WORDS:
        _remember_word(history, byte, kind)
    if parts & LINES:
        _remember_line(history, symbols, position, byte, kind)
    if parts & RECORDS:
        _remember_record(history, position, byte)
    if parts & CODE:
        x86.follow_code(history, uint64(PARSER), byte)
    follower = uint64(FOLLOWERS) + (recent & uint64(0xFF))
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
        history[uint64(BRACKETS) + history[DEPTH]] = history[WORD1] * K3 + uint64(byte) + uint64(1)
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
