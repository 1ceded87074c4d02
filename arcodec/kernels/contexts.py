"""The contexts that the byte model can draw from the past: a catalogue, of which each tier picks.

A number means one context for ever; new ones are added at the end.
"""

from __future__ import annotations

import numpy as np
from numba import uint64

from arcodec.kernels import colours, keys, operands, x86
from arcodec.kernels.compiling import inline, plain
from arcodec.kernels.hashing import K1, K2, K3, salted
from arcodec.kernels.history import (
    ALIGNED,
    BRACKETS,
    CHAIN,
    CHAINS,
    CLASS,
    CODE,
    COLUMN,
    COLUMNS,
    DEPTH,
    FIELD,
    FIRST,
    FOLLOWERS,
    FOLLOWERS2,
    FOLLOWS,
    FORMS,
    INDENT,
    INDEX,
    INDEX_AT,
    KEYED,
    KEYS,
    LINE,
    LINE1,
    LINES,
    MANY,
    MARKS,
    OLDER,
    OPERANDS,
    PARSER,
    PERIOD,
    PERIOD1,
    PERIOD2,
    PERIODS,
    PIXELS,
    RECENT,
    RECORDS,
    SHAPE,
    SHAPED,
    TEXT,
    TOKEN,
    TOKEN1,
    WORD,
    WORD1,
    WORD2,
    WORD3,
    WORDS,
    column_of,
)

ORDER1, ORDER2, ORDER3, ORDER4, ORDER6 = range(5)  # the last bytes
WORD_BYTE = 5  # the word so far and the last byte
WORD_WORD = 6  # the word so far and the one before
EXPECTED = 7  # the byte that the longest match expects, and how far to trust it
SKIP1 = 8  # the second and third last byte
SHAPES = 9  # classes of the last ten bytes
FIELD_ABOVE = 10  # two bytes at the same field of the line above, the last byte, the number of the field
BYTE_ABOVE = 11  # the byte in the same column of the line above, the last byte, the column
BRACKET_WORD = 12  # the open bracket, the word before it, the word so far
AFTER_SAME = 13  # the last byte, and what followed it the last three times
FOURTHS = 14  # the fourth and the eighth last byte, the position modulo 4
RECORD_ABOVE = 15  # the bytes one and two records back, the position in the record
# The instruction of x86-64 code that the byte belongs to. Where it stands is the phase of the parser, how much is
# left of an operand, and the opcode.
CODE_HERE = 16  # this instruction so far
CODE_AFTER = 17  # this instruction so far and the last one
CODE_AFTER2 = 18  # this instruction so far and the last two
CODE_OPCODES = 19  # where it stands and the opcodes of the last two
CODE_OPCODES3 = 20  # where it stands, without prefixes, and the opcodes of the last three
CODE_OPERAND = 21  # what of the operand is known, the registers it is relative to, its size
CODE_REGISTERS = 22  # where it stands, ModRM and SIB, those of the last instruction
CODE_FIELD = 23  # the operand so far and its opcode
CODE_BYTES = 24  # where it stands, the last two bytes
ORDER5 = 25
ORDER7 = 26
ORDER8 = 27
ORDER12 = 28
EXPECTED_ORDER1 = 29  # the byte that the longest match expects, the last byte
EXPECTED_ORDER2 = 30
SKIP2 = 31  # the third and fourth last byte
SKIP12 = 32  # the last and the third last byte
SKIP123 = 33  # the last and the fourth last byte
SKIP13 = 34  # the second and fourth last byte
FOUR_BEFORE = 35  # the fifth to eighth last byte
WORDS3 = 36  # the word so far and the last two
WORDS4 = 37  # and the last three
WORD_SKIP = 38  # the word so far and the one before the last
WORD_BYTES = 39  # the word so far, the one before, the last two bytes
WORD_MARKS = 40  # the word so far, the last two marks
WORD_FIRST = 41  # the word so far, the first token of the line
TOKENS = 42  # this token and the last one
INDENTED = 43  # indent, column, first token
SHAPES_BYTES = 44  # classes of the last six bytes, the last two bytes
MARKS4 = 45  # the last four marks, the class of the last byte
KEY_VALUE = 46  # the key with its path, the value so far
LOCAL_VALUE = 47  # the key without path, the value so far
VALUE_BEFORE = 48  # the byte that this value had last time, the next one, the last byte
VALUE_AGREED = 49  # the byte that this value had last time, for how long they agreed, the key
PATH_BYTES = 50  # the path, the last two bytes
PATH_TOKEN = 51  # the path, the token so far
KEY_TOKEN = 52  # the last key, the token so far
RECORD_BYTE = 53  # the byte a record back, the last byte, the position in the record
RECORD_BYTES = 54  # the last two bytes, the position in the record
RECORD_LEFT = 55  # the bytes a record back and before that, the last byte
RECORD_SUM = 56  # what the last byte suggests by what changed since the last record, the position
RECORDS3 = 57  # the bytes one and two records back, the last byte
RECORD2 = 58  # the byte a record of the second period back, the last byte, the position
RECORD_RIGHT = 59  # the bytes a record back and after that
INDEXED = 60  # the counter of records, the distance from it
INDEXED_BYTE = 61  # and the last byte
INDEXED_ABOVE = 62  # and the byte a record back
FOLLOWED = 63  # the last byte, what followed the last two bytes the last two times
FOLLOWED3 = 64  # what followed the last two bytes the last three times
FOLLOWED12 = 65  # the last two bytes, what followed the last one the last two times
EXPECTED_BOTH = 66  # the bytes that the shortest and the longest match expect, the quality of the longest
COLUMN2 = 67  # the last two bytes at this distance from this counter, the last byte
COLUMN3 = 68  # the last three bytes at this distance from this counter, the distance
EIGHTHS = 69  # the eighth and sixteenth last byte, the position modulo 8
SIXTEENTHS = 70  # the sixteenth and the last byte, the position modulo 16
THIRD_ROWS = 71  # the bytes 24 and 48 before, the position modulo 24
CODE_AFTER_FORM = 72  # this instruction so far and the forms of the last two
CODE_AFTER_FORMS = 73  # where it stands, ModRM and SIB, and the forms of the last three
CODE_DISPLACED = 74  # where it stands, the operand so far, the last displacement from its register
CODE_DISPLACED2 = 75  # and the one before, without the opcode
CODE_CALLED = 76  # this instruction so far and the target of the last call
CODE_CALLED2 = 77  # the operand so far and the targets of the last two calls
CODE_ALIGNED = 78  # this instruction so far, the last opcode, the position modulo 16
CODE_OPCODES5 = 79  # where it stands and the opcodes of the last five
WORD_LINE = 80  # the word so far, the first byte of the line
WORD_FOLLOWED = 81  # the word so far, the word that followed the one before the last time
PIXEL = 82  # [colours.CONTEXTS] see `arcodec.kernels.colours`
CONTEXTS = PIXEL + colours.CONTEXTS


def _parts() -> np.ndarray:
    """int64[CONTEXTS]: the parts of the history that each context needs."""
    parts = np.zeros(CONTEXTS, np.int64)
    parts[[WORD_BYTE, WORD_WORD, BRACKET_WORD]] = WORDS
    parts[[FIELD_ABOVE, BYTE_ABOVE]] = LINES
    parts[RECORD_ABOVE] = RECORDS
    parts[CODE_HERE : CODE_BYTES + 1] = CODE
    parts[ORDER5 : ORDER12 + 1] = MANY
    parts[SKIP2 : FOUR_BEFORE + 1] = MANY
    parts[WORDS3 : MARKS4 + 1] = TEXT | WORDS | LINES
    parts[KEY_VALUE : KEY_TOKEN + 1] = KEYS
    parts[RECORD_BYTE : INDEXED_ABOVE + 1] = PERIODS | RECORDS
    parts[FOLLOWED : FOLLOWED12 + 1] = FOLLOWS
    parts[[COLUMN2, COLUMN3]] = COLUMNS | FOLLOWS | PERIODS | RECORDS
    parts[WORD_LINE : WORD_FOLLOWED + 1] = TEXT | WORDS | LINES | CHAINS
    parts[EIGHTHS : THIRD_ROWS + 1] = MANY
    parts[CODE_AFTER_FORM : CODE_OPCODES5 + 1] = OPERANDS | CODE
    parts[PIXEL:CONTEXTS] = PIXELS
    return parts


PARTS = _parts()
# Contexts known only once the match models are at the byte.
LATE = (EXPECTED, EXPECTED_ORDER1, EXPECTED_ORDER2, EXPECTED_BOTH)
# Contexts that learn nothing from a prior: other files tell nothing of this one, or they learn soon by themselves.
UNTAUGHT = (
    *(ORDER1, ORDER2, PATH_TOKEN, *LATE),
    *(FIELD_ABOVE, BYTE_ABOVE, BRACKET_WORD, AFTER_SAME, FOURTHS, RECORD_ABOVE),
    *range(CODE_HERE, CODE_BYTES + 1),
    *(ORDER12, FOUR_BEFORE, VALUE_BEFORE, VALUE_AGREED),
    *range(RECORD_BYTE, FOLLOWED12 + 1),
    *range(COLUMN2, CODE_OPCODES5 + 1),
    *range(PIXEL, CONTEXTS),
)


@inline
def _earlier(symbols, k, end):
    """symbols[k] as uint64 where 0 <= k < end, else 0."""
    return uint64(symbols[uint64(k)]) if 0 <= k < end else uint64(0)


@plain
def draw_contexts(history, parts, symbols, position, values):
    """Fill `values`, uint64[CONTEXTS], with the contexts of symbols[position] but for the late ones.

    `parts`: int64, flags; contexts that need other parts are left as they are.
    Returns the class of the byte beside it in the line above, int64.
    """
    recent = history[RECENT]
    c1 = recent & uint64(0xFF)
    values[ORDER1] = c1
    values[ORDER2] = recent & uint64(0xFFFF)
    values[ORDER3] = recent & uint64(0xFFFFFF)
    values[ORDER4] = recent & uint64(0xFFFFFFFF)
    values[ORDER6] = recent & uint64(0xFFFFFFFFFFFF)
    values[SKIP1] = recent & uint64(0xFFFF00)
    values[SHAPES] = history[SHAPE] & uint64(0xFFFFFFFFFF)
    values[AFTER_SAME] = (history[uint64(FOLLOWERS) + c1] & uint64(0xFFFFFF)) | (c1 << uint64(24))
    values[FOURTHS] = (recent & uint64(0xFF000000FF000000)) | uint64(position & 3)
    if parts & WORDS:
        word = history[WORD] * K2
        values[WORD_BYTE] = word + c1
        values[WORD_WORD] = word + history[WORD1] * K3
        values[BRACKET_WORD] = history[uint64(BRACKETS) + history[DEPTH]] + word
    beside = uint64(0)
    if parts & LINES:
        line = np.int64(history[LINE])
        aligned = np.int64(history[ALIGNED])
        column = position - line
        field = min(history[FIELD], uint64(31))
        above = _earlier(symbols, np.int64(history[LINE1]) + column, line)
        beside = _earlier(symbols, aligned, line)
        beside1 = _earlier(symbols, aligned + 1, line)
        values[FIELD_ABOVE] = beside | (beside1 << uint64(8)) | (c1 << uint64(16)) | (field << uint64(24))
        values[BYTE_ABOVE] = above | (c1 << uint64(8)) | (uint64(min(column, 255)) << uint64(16))
    if parts & RECORDS:
        period = np.int64(history[PERIOD])
        record = _earlier(symbols, position - period, position)
        record1 = _earlier(symbols, position - 2 * period, position)
        values[RECORD_ABOVE] = record | (record1 << uint64(8)) | (uint64(position % period) << uint64(16))
    if parts & CODE:
        _draw_code(history, values)
    if parts & OPERANDS:
        _draw_operands(history, position, values)
    if parts & MANY:
        _draw_orders(history, values)
        _draw_rows(history, symbols, position, values)
    if parts & TEXT:
        _draw_text(history, position, values)
        if parts & CHAINS:
            word = history[WORD] * K2
            first = _earlier(symbols, np.int64(history[LINE]), position)
            values[WORD_LINE] = word * K3 + first
            values[WORD_FOLLOWED] = word * K3 + history[uint64(CHAIN) + ((history[WORD1] * K1) >> uint64(50))]
    if parts & KEYS:
        _draw_keys(history, symbols, position, values)
    if parts & PERIODS:
        _draw_records(history, symbols, position, values)
    if parts & FOLLOWS:
        _draw_followers(history, values)
    if parts & PIXELS:
        colours.draw_colours(history[SHAPED], symbols, position, uint64(PIXEL), values)
    if parts & COLUMNS:
        column = history[uint64(COLUMN) + column_of(history, position)]
        distance = uint64(min(position - np.int64(history[INDEX_AT]), 255))
        values[COLUMN2] = (column & uint64(0xFFFF)) | (c1 << uint64(16))
        values[COLUMN3] = (column & uint64(0xFFFFFF)) | (distance << uint64(24))
    return np.int64(CLASS[beside])


@inline
def _stand(history):
    """Where in an instruction a byte stands, uint64: phase, what is left of an operand, opcode."""
    left = history[uint64(PARSER + x86.LEFT)]
    op = history[uint64(PARSER + x86.OP)]
    return history[uint64(PARSER + x86.PHASE)] | (left << uint64(4)) | (op << uint64(8))


@plain
def _draw_code(history, values):
    """The contexts of machine code."""
    phase = history[uint64(PARSER + x86.PHASE)]
    reg = history[uint64(PARSER + x86.REG)]
    field = history[uint64(PARSER + x86.FIELD)]
    here = history[uint64(PARSER + x86.HERE)]
    past = history[uint64(PARSER + x86.PAST)]
    last = history[uint64(PARSER + x86.LAST)]
    recent = history[RECENT] & uint64(0xFFFF)
    stand = _stand(history)
    prefixes = history[uint64(PARSER + x86.PREFIXES)]
    values[CODE_HERE] = here * K3 + phase
    values[CODE_AFTER] = here * K3 + history[uint64(PARSER + x86.HERE1)]
    values[CODE_AFTER2] = (here * K3 + history[uint64(PARSER + x86.HERE1)]) * K2 + history[uint64(PARSER + x86.HERE2)]
    values[CODE_OPCODES] = stand | (prefixes << uint64(19)) | ((past & uint64(0xFFFFFF)) << uint64(28))
    values[CODE_OPCODES3] = (stand + (reg << uint64(20))) * K3 + (past & uint64(0xFFFFFFFFF))
    values[CODE_OPERAND] = (field << uint64(24)) | ((reg & uint64(0x3FFC7)) << uint64(4)) | phase
    values[CODE_REGISTERS] = (stand + (reg << uint64(20))) * K3 + (last & uint64(0xFFFFF))
    values[CODE_FIELD] = (stand + (field << uint64(19))) * K3
    values[CODE_BYTES] = stand | (recent << uint64(19))


@plain
def _draw_operands(history, position, values):
    """The contexts of what instructions did last."""
    phase = history[uint64(PARSER + x86.PHASE)]
    reg = history[uint64(PARSER + x86.REG)]
    field = history[uint64(PARSER + x86.FIELD)]
    here = history[uint64(PARSER + x86.HERE)]
    past = history[uint64(PARSER + x86.PAST)]
    prefixes = history[uint64(PARSER + x86.PREFIXES)]
    call1 = history[uint64(FORMS + operands.CALL1)]
    stand = _stand(history)
    displaced = history[uint64(FORMS + operands.DISPLACED) + operands.register(reg, prefixes)]
    place = (stand + (field << uint64(19))) * K2
    values[CODE_AFTER_FORM] = here * K3 + history[uint64(FORMS + operands.FORM2)]
    values[CODE_AFTER_FORMS] = (stand + (reg << uint64(20))) * K3 + history[uint64(FORMS + operands.FORM3)]
    values[CODE_DISPLACED] = place + (displaced & uint64(0xFFFFFFFF)) * K3
    values[CODE_DISPLACED2] = (phase + (field << uint64(4))) * K2 + displaced * K3
    values[CODE_CALLED] = here * K2 + call1 * K3
    values[CODE_CALLED2] = place + (call1 * K2 + history[uint64(FORMS + operands.CALL2)]) * K3
    values[CODE_ALIGNED] = here * K3 + ((past & uint64(0xFFF)) << uint64(4)) + uint64(position & 15)
    values[CODE_OPCODES5] = stand * K3 + past


@plain
def _draw_rows(history, symbols, position, values):
    """Rows of 8, 16 and 24 bytes."""
    recent = history[RECENT]
    older = history[OLDER]
    row = _earlier(symbols, position - 24, position)
    row2 = _earlier(symbols, position - 48, position)
    values[EIGHTHS] = (
        (recent >> uint64(56)) | ((older >> uint64(56)) << uint64(8)) | (uint64(position & 7) << uint64(16))
    )
    values[SIXTEENTHS] = (
        (older >> uint64(56)) | ((recent & uint64(0xFF)) << uint64(8)) | (uint64(position & 15) << uint64(16))
    )
    values[THIRD_ROWS] = row | (row2 << uint64(8)) | (uint64(position % 24) << uint64(16))


@plain
def _draw_orders(history, values):
    """Higher orders, and bytes with gaps."""
    recent = history[RECENT]
    values[ORDER5] = recent & uint64(0xFFFFFFFFFF)
    values[ORDER7] = recent & uint64(0xFFFFFFFFFFFFFF)
    values[ORDER8] = recent
    values[ORDER12] = recent * K2 + (history[OLDER] & uint64(0xFFFFFFFF))
    values[SKIP2] = recent & uint64(0xFFFF0000)
    values[SKIP12] = recent & uint64(0xFF00FF)
    values[SKIP123] = recent & uint64(0xFF0000FF)
    values[SKIP13] = recent & uint64(0xFF00FF00)
    values[FOUR_BEFORE] = recent >> uint64(32)


@plain
def _draw_text(history, position, values):
    """Words, tokens, lines, marks."""
    recent = history[RECENT]
    word = history[WORD] * K2
    words = (word + history[WORD1]) * K3
    column = uint64(min(position - np.int64(history[LINE]), 255))
    values[WORDS3] = words + history[WORD2]
    values[WORDS4] = (words + history[WORD2]) * K2 + history[WORD3]
    values[WORD_SKIP] = word * K3 + history[WORD2]
    values[WORD_BYTES] = words * K2 + (recent & uint64(0xFFFF))
    values[WORD_MARKS] = word + (history[MARKS] & uint64(0xFFFF))
    values[WORD_FIRST] = word * K2 + history[FIRST]
    values[TOKENS] = history[TOKEN] * K2 + history[TOKEN1]
    values[INDENTED] = (history[FIRST] * K2 + history[INDENT]) * K3 + column
    values[SHAPES_BYTES] = (recent & uint64(0xFFFF)) | ((history[SHAPE] & uint64(0xFFFFFF)) << uint64(16))
    values[MARKS4] = (history[MARKS] & uint64(0xFFFFFFFF)) | ((history[SHAPE] & uint64(15)) << uint64(32))


@plain
def _draw_keys(history, symbols, position, values):
    """Keys and values."""
    recent = history[RECENT]
    key = history[uint64(KEYED + keys.KEY)]
    value = history[uint64(KEYED + keys.VALUE)]
    local = history[uint64(KEYED + keys.LOCAL)]
    before = np.int64(history[uint64(KEYED + keys.BEFORE)])
    agreed = min(history[uint64(KEYED + keys.AGREED)], uint64(15))
    token = history[uint64(KEYED + keys.TOKEN)]
    mode = history[uint64(KEYED + keys.MODE)]
    path = history[uint64(KEYED + keys.STACK) + history[uint64(KEYED + keys.DEPTH)]]
    old = _earlier(symbols, before, position) if before > 0 else uint64(0x100)
    old1 = _earlier(symbols, before + 1, position) if before > 0 else uint64(0)
    values[KEY_VALUE] = key * K2 + value
    values[LOCAL_VALUE] = local * K2 + value
    values[VALUE_BEFORE] = old | (old1 << uint64(9)) | ((recent & uint64(0xFF)) << uint64(17))
    values[VALUE_AGREED] = (key * K2 + old) * K3 + agreed
    values[PATH_BYTES] = (path + mode) * K2 + (recent & uint64(0xFFFF))
    values[PATH_TOKEN] = (path + mode) * K2 + token
    values[KEY_TOKEN] = (key * K2 + token) * K3 + (recent & uint64(0xFF))


@plain
def _draw_records(history, symbols, position, values):
    """Records of the two likeliest lengths, and of counted ones."""
    recent = history[RECENT]
    c1 = recent & uint64(0xFF)
    period = np.int64(history[PERIOD1])
    place = uint64(position % period) << uint64(48)
    above = _earlier(symbols, position - period, position)
    left = _earlier(symbols, position - period - 1, position)
    right = _earlier(symbols, position - period + 1, position)
    above2 = _earlier(symbols, position - 2 * period, position)
    period2 = np.int64(history[PERIOD2])
    other = _earlier(symbols, position - period2, position)
    distance = uint64(min(position - np.int64(history[INDEX_AT]), 255))
    index = history[INDEX] | (distance << uint64(8))
    values[RECORD_BYTE] = above | (c1 << uint64(8)) | place
    values[RECORD_BYTES] = (recent & uint64(0xFFFF)) | place
    values[RECORD_LEFT] = above | (left << uint64(8)) | (c1 << uint64(16))
    values[RECORD_SUM] = ((above + c1 - left) & uint64(0xFF)) | place
    values[RECORDS3] = above | (above2 << uint64(8)) | (c1 << uint64(16))
    values[RECORD2] = other | (c1 << uint64(8)) | (uint64(position % period2) << uint64(48))
    values[RECORD_RIGHT] = above | (right << uint64(8)) | place
    values[INDEXED] = index
    values[INDEXED_BYTE] = index | (c1 << uint64(16))
    values[INDEXED_ABOVE] = index | (above << uint64(16))


@plain
def _draw_followers(history, values):
    """What followed before."""
    recent = history[RECENT]
    c1 = recent & uint64(0xFF)
    followers = history[uint64(FOLLOWERS2) + (recent & uint64(0xFFFF))]
    values[FOLLOWED] = (followers & uint64(0xFFFF)) | (c1 << uint64(24))
    values[FOLLOWED3] = followers & uint64(0xFFFFFF)
    values[FOLLOWED12] = (history[uint64(FOLLOWERS) + c1] & uint64(0xFFFF)) | (
        (recent & uint64(0xFFFF)) << uint64(16)
    )


@plain
def draw_late_contexts(history, expected, shortest, quality, values):
    """Fill in the late contexts.

    `expected`, `shortest`: int64, 256 + the byte that the longest match or the model of the shortest minimum
    expects, or 0; `quality`: int64, of the longest match.
    """
    recent = history[RECENT]
    values[EXPECTED] = (uint64(expected) << uint64(8)) | uint64(quality)
    values[EXPECTED_ORDER1] = (uint64(expected) << uint64(8)) | (recent & uint64(0xFF))
    values[EXPECTED_ORDER2] = (uint64(expected) << uint64(16)) | (recent & uint64(0xFFFF))
    values[EXPECTED_BOTH] = (uint64(expected) << uint64(16)) | (uint64(shortest) << uint64(4)) | uint64(quality)


@inline
def hash_context(values, number):
    """The hash of context `number`, uint64."""
    return salted(values[number], number + 1)
