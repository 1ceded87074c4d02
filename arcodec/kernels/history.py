"""What the byte model remembers of the past.

Text, sources and tables show in words, brackets, lines and fields; binaries in alignment, records and pairs.
What costs time is kept only where a tier needs it; the rest of the history then stays as it begins.
"""

from __future__ import annotations

import numpy as np
from numba import uint64

from arcodec.kernels import keys, operands, x86
from arcodec.kernels.compiling import inline, plain
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
WORDS, LINES, RECORDS, CODE, TEXT, KEYS, PERIODS, FOLLOWS = 1, 2, 4, 8, 16, 32, 64, 128
MANY = 256  # nothing more to remember, but more contexts to draw
COLUMNS, OPERANDS, CHAINS = 512, 1024, 2048
PIXELS = 4096  # nothing to remember, but the shape is told in SHAPED

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
# PIXELS
SHAPED = 15  # bytes of a row, shifted by 8, and of a pixel; 1 and 1 until they are told
BRACKETS = 16  # [64] bracket and word before it, by depth
FOLLOWERS = BRACKETS + 64  # [256] the last 8 bytes that followed each byte
_LAST = FOLLOWERS + 256  # [3 * 256] the last three positions of each byte
# CODE
PARSER = _LAST + 3 * 256  # [x86.SLOTS] see `arcodec.kernels.x86`
# TEXT, which needs WORDS
WORD2 = PARSER + x86.SLOTS  # hash of the word before WORD1
WORD3 = WORD2 + 1  # and before that
TOKEN = WORD2 + 2  # hash of the bytes since the last blank
TOKEN1 = WORD2 + 3  # of the token before
FIRST = WORD2 + 4  # hash of the first token of this line, 0 within it
INDENT = WORD2 + 5  # blanks at the beginning of this line
MARKS = WORD2 + 6  # the last eight bytes that are no letters, digits or blanks
# KEYS
KEYED = WORD2 + 7  # [keys.SLOTS] see `arcodec.kernels.keys`
# PERIODS, which needs RECORDS
PERIOD1 = KEYED + keys.SLOTS  # distance at which bytes recur the most, >= 1
PERIOD2 = PERIOD1 + 1  # the next
INDEX = PERIOD1 + 2  # the byte that was last seen to count up by one from record to record
INDEX_AT = PERIOD1 + 3  # its position
_GAPS = PERIOD1 + 4  # [1024] how often distances recurred
HISTORY = _GAPS + 1024
# FOLLOWS
FOLLOWERS2 = HISTORY  # [65536] the last 8 bytes that followed each two
FULL_HISTORY = HISTORY + 65536
# COLUMNS, which needs PERIODS and FOLLOWS
COLUMN = FULL_HISTORY  # [4096] the last 8 bytes at each distance from each counter of records
# OPERANDS, which needs CODE, and FOLLOWS
FORMS = COLUMN + 4096  # [operands.SLOTS] see `arcodec.kernels.operands`
# CHAINS, which needs TEXT
CHAIN = FORMS + operands.SLOTS  # [16384] the word that followed each word the last time
FULLEST_HISTORY = CHAIN + 16384

_SCAN = 256  # how far along the line above the end of a field is looked for
_TRUSTED = 12


def history_size(parts: int) -> int:
    """How many slots the history has that keeps these parts."""
    if parts & (COLUMNS | OPERANDS | CHAINS):
        return FULLEST_HISTORY
    return FULL_HISTORY if parts & FOLLOWS else HISTORY


def fresh_history(parts: int) -> np.ndarray:
    """uint64[history_size(parts)]: nothing seen yet."""
    history = np.zeros(history_size(parts), np.uint64)
    history[[PERIOD, PERIOD1, PERIOD2]] = 1
    history[SHAPED] = 1 << 8 | 1
    return history


@plain
def remember(history, parts, symbols, position, byte):
    """Take in `byte` = symbols[position], int64, into the `parts` that are kept, int64 flags."""
    recent = history[RECENT]
    kind = np.int64(CLASS[byte])
    if parts & CHAINS and history[WORD] != uint64(0) and kind not in (LOWER, UPPER, HIGH):
        history[uint64(CHAIN) + ((history[WORD1] * K1) >> uint64(50))] = history[WORD]
    if parts & TEXT:
        _remember_text(history, byte, kind)
    if parts & COLUMNS:
        column = uint64(COLUMN) + column_of(history, position)
        history[column] = (history[column] << uint64(8)) | uint64(byte)
    if parts & PERIODS:
        _remember_periods(history, symbols, position, byte)
    if parts & KEYS:
        keys.follow_keys(history, uint64(KEYED), symbols, position, byte)
    if parts & FOLLOWS:
        follower2 = uint64(FOLLOWERS2) + (recent & uint64(0xFFFF))
        history[follower2] = (history[follower2] << uint64(8)) | uint64(byte)
    if parts & WORDS:
        _remember_word(history, byte, kind)
    if parts & LINES:
        _remember_line(history, symbols, position, byte, kind)
    if parts & RECORDS:
        _remember_record(history, position, byte)
    if parts & OPERANDS:
        operands.follow_operands(history, uint64(FORMS), uint64(PARSER), byte)
    if parts & CODE:
        x86.follow_code(history, uint64(PARSER), byte)
    follower = uint64(FOLLOWERS) + (recent & uint64(0xFF))
    history[follower] = (history[follower] << uint64(8)) | uint64(byte)
    history[OLDER] = (history[OLDER] << uint64(8)) | (recent >> uint64(56))
    history[RECENT] = (recent << uint64(8)) | uint64(byte)
    history[SHAPE] = (history[SHAPE] << uint64(4)) | uint64(kind)
    history[COARSE_SHAPE] = ((history[COARSE_SHAPE] << uint64(3)) | uint64(_COARSE[byte])) & uint64(511)


@inline
def column_of(history, position):
    """A number below 4096, uint64, for the distance of `position` from the counter of records, and the counter."""
    distance = uint64(min(position - np.int64(history[INDEX_AT]), 255))
    return ((history[INDEX] | (distance << uint64(8))) * K1) >> uint64(52)


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


@plain
def _remember_text(history, byte, kind):
    """Words before the last, tokens between blanks, the beginning of the line, marks; before `_remember_word`."""
    letter = kind in (LOWER, UPPER, HIGH)
    if not letter and history[WORD] != uint64(0):
        history[WORD3] = history[WORD2]
        history[WORD2] = history[WORD1]
    if byte == NEWLINE:
        history[INDENT] = uint64(0)
        history[FIRST] = uint64(0)
    if kind in (BLANK, LINE_END):
        if history[TOKEN] != uint64(0):
            history[TOKEN1] = history[TOKEN]
            if byte != NEWLINE and history[FIRST] == uint64(0):
                history[FIRST] = history[TOKEN]
        elif kind == BLANK and history[FIRST] == uint64(0):
            history[INDENT] += uint64(1)
        history[TOKEN] = uint64(0)
    else:
        h = (history[TOKEN] + uint64(byte) + uint64(1)) * K1
        history[TOKEN] = h ^ (h >> uint64(31))
        if not letter and kind != DIGIT:
            history[MARKS] = (history[MARKS] << uint64(8)) | uint64(byte)


@plain
def _remember_periods(history, symbols, position, byte):
    """Distances that recur, and bytes that count records; before `_remember_record`."""
    last = uint64(_LAST + byte)
    gap = position - np.int64(history[last])
    if 1 < gap < 1024 and gap == np.int64(history[last]) - np.int64(history[last + uint64(256)]):
        count = history[uint64(_GAPS + gap)] + uint64(1)
        history[uint64(_GAPS + gap)] = count
        period1 = np.int64(history[PERIOD1])
        if gap != period1:
            if count > history[uint64(_GAPS + period1)]:
                history[PERIOD2] = history[PERIOD1]
                history[PERIOD1] = uint64(gap)
            elif gap != np.int64(history[PERIOD2]) and count > history[uint64(_GAPS) + history[PERIOD2]]:
                history[PERIOD2] = uint64(gap)
    if position & 2047 == 0:
        for k in range(1024):
            history[uint64(_GAPS + k)] = history[uint64(_GAPS + k)] >> uint64(1)
    period = np.int64(history[PERIOD1])
    if position >= 2 * period and period > 1:
        above = (np.int64(symbols[uint64(position - period)]) + 1) & 255
        above2 = (np.int64(symbols[uint64(position - 2 * period)]) + 2) & 255
        if above == byte and above2 == byte:
            history[INDEX] = uint64(byte)
            history[INDEX_AT] = uint64(position)
