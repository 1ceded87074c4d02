"""The contexts that the byte model can draw from the past: a catalogue, of which each tier picks.

A number means one context for ever; new ones are added at the end.
"""

from __future__ import annotations

import numpy as np
from numba import uint64

from arcodec.kernels import x86
from arcodec.kernels.compiling import inline
from arcodec.kernels.hashing import K2, K3, salted
from arcodec.kernels.history import (
    ALIGNED,
    BRACKETS,
    CLASS,
    CODE,
    DEPTH,
    FIELD,
    FOLLOWERS,
    LINE,
    LINE1,
    LINES,
    PARSER,
    PERIOD,
    RECENT,
    RECORDS,
    SHAPE,
    WORD,
    WORD1,
    WORDS,
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
CONTEXTS = 25


def _parts() -> np.ndarray:
    """int64[CONTEXTS]: the parts of the history that each context needs."""
    parts = np.zeros(CONTEXTS, np.int64)
    parts[[WORD_BYTE, WORD_WORD, BRACKET_WORD]] = WORDS
    parts[[FIELD_ABOVE, BYTE_ABOVE]] = LINES
    parts[RECORD_ABOVE] = RECORDS
    parts[CODE_HERE : CODE_BYTES + 1] = CODE
    return parts


PARTS = _parts()
LATE = (EXPECTED,)  # contexts known only once the match models are at the byte


@inline
def _earlier(symbols, k, end):
    """symbols[k] as uint64 where 0 <= k < end, else 0."""
    return uint64(symbols[uint64(k)]) if 0 <= k < end else uint64(0)


@inline
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
    return np.int64(CLASS[beside])


@inline
def _draw_code(history, values):
    """The contexts of machine code."""
    phase = history[uint64(PARSER + x86.PHASE)]
    op = history[uint64(PARSER + x86.OP)]
    reg = history[uint64(PARSER + x86.REG)]
    field = history[uint64(PARSER + x86.FIELD)]
    here = history[uint64(PARSER + x86.HERE)]
    past = history[uint64(PARSER + x86.PAST)]
    last = history[uint64(PARSER + x86.LAST)]
    recent = history[RECENT] & uint64(0xFFFF)
    stand = phase | (history[uint64(PARSER + x86.LEFT)] << uint64(4)) | (op << uint64(8))
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


@inline
def draw_late_contexts(expected, quality, values):
    """Fill in the late contexts.

    `expected`: int64, 256 + the byte that the longest match expects, or 0; `quality`: int64, of that match.
    """
    values[EXPECTED] = (uint64(expected) << uint64(8)) | uint64(quality)


@inline
def hash_context(values, number):
    """The hash of context `number`, uint64."""
    return salted(values[number], number + 1)
