"""What a mixer's weight sets are chosen by: a catalogue, of which each tier picks.

A number means one selector for ever; new ones are added at the end. A selector chooses one of its ROWS.
"""

from __future__ import annotations

import numpy as np
from numba import uint64

from arcodec.kernels import colours, keys, x86
from arcodec.kernels.compiling import inline, plain
from arcodec.kernels.hashing import K1, K2
from arcodec.kernels.history import (
    CLASS,
    COARSE_SHAPE,
    CODE,
    INDEX_AT,
    KEYED,
    KEYS,
    LINE,
    LINES,
    MANY,
    MARKS,
    PARSER,
    PERIOD1,
    PERIODS,
    PIXELS,
    RECENT,
    RECORDS,
    SHAPED,
    TEXT,
    WORD_LENGTH,
    WORDS,
)
from arcodec.kernels.history import (
    WORD as WORD_SO_FAR,
)

ORDER0 = 0  # the bits of this byte so far
ORDER1 = 1  # the last byte
ORDER2 = 2  # the byte before the last
MATCH = 3  # quality of the longest match, x bit
SHAPE = 4  # classes of the last three bytes
KNOWN = 5  # bit x number of contexts seen before
EXPECTED = 6  # the expected byte, or the class of the byte beside x bit
WORD = 7  # length of the word x class of the last byte x bit
CODE_PHASE = 8  # phase of the instruction and how much of the operand is left, x bit
CODE_OPCODE = 9  # phase known or not, the opcode, or the last one
ORDER3 = 10  # the third last byte
COLUMN = 11  # position in the line x indent or class of the last byte
RECORD = 12  # position in the record of the likeliest length
ABOVE = 13  # the byte a record back
VALUE = 14  # length of the value x class of the byte that it had last time x bit
MARK = 15  # the last byte that is no letter, digit or blank
PARTIAL = 16  # the bits of this byte so far x quality of the longest match, coarsely
SURE = 17  # bit x number of contexts that saw one bit only
INDEXED = 18  # distance from the counter of records
KIND = 19  # within a tag, quoted or not, the token empty or not, x class of the last byte x bit
PATH = 20  # the path of keys, hashed
WORD_HASH = 21  # the word so far, hashed
CODE_HERE = 22  # the instruction so far, hashed
CHANNEL = 23  # channel of the pixel x the bits of this byte so far
PIXEL_W = 24  # the byte of the pixel to the left
PIXEL_N = 25  # the byte of the pixel above
ALIKE = 26  # which of six pairs of pixels around are alike x channel x bit
SELECTORS = 27

SHARES = 16  # of all contexts, that KNOWN tells apart
_COARSE = np.array([0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 0, 0, 1, 1, 2], np.int64)  # qualities of matches
ROWS = np.array(
    [
        256,
        256,
        256,
        16 * 8,
        512,
        8 * SHARES,
        512,
        8 * 16 * 8,
        16 * 8 * 8,
        2048,
        256,
        32 * 16,
        256,
        256,
        1024,
        256,
        1024,
        8 * SHARES,
        256,
        2048,
        256,
        1024,
        2048,
        1024,
        256,
        256,
        2048,
    ],
    np.int64,
)


def _parts() -> np.ndarray:
    """int64[SELECTORS]: the parts of the history that each selector needs."""
    parts = np.zeros(SELECTORS, np.int64)
    parts[EXPECTED] = LINES
    parts[WORD] = WORDS
    parts[[CODE_PHASE, CODE_OPCODE]] = CODE
    parts[[ORDER3, PARTIAL, SURE]] = MANY
    parts[COLUMN] = LINES | MANY
    parts[[RECORD, ABOVE, INDEXED]] = PERIODS | RECORDS
    parts[[VALUE, KIND]] = KEYS
    parts[PATH] = KEYS
    parts[WORD_HASH] = WORDS | MANY
    parts[CODE_HERE] = CODE
    parts[MARK] = TEXT | WORDS
    parts[[CHANNEL, PIXEL_W, PIXEL_N, ALIKE]] = PIXELS
    return parts


PARTS = _parts()


@plain
def select_for_byte(history, parts, symbols, position, chosen):
    """Fill `chosen`, int64[SELECTORS], where a selector is the same for all bits of a byte.

    Those x bit get the row of bit 0. `parts`: int64, flags of the parts of the history that are kept.
    """
    recent = np.int64(history[RECENT] & uint64(0xFFFF))
    chosen[ORDER1] = recent & 255
    chosen[ORDER2] = recent >> 8
    chosen[SHAPE] = np.int64(history[COARSE_SHAPE])
    if parts & MANY:
        chosen[ORDER3] = np.int64((history[RECENT] >> uint64(16)) & uint64(0xFF))
        if parts & WORDS:
            chosen[WORD_HASH] = np.int64((history[WORD_SO_FAR] * K2) >> uint64(54))
        if parts & LINES:
            column = min(position - np.int64(history[LINE]), 31)
            chosen[COLUMN] = column * 16 + np.int64(CLASS[recent & 255])
    if parts & PERIODS:
        period = np.int64(history[PERIOD1])
        chosen[RECORD] = min(position % period, 255)
        chosen[ABOVE] = np.int64(symbols[uint64(position - period)]) if period <= position else 0
        chosen[INDEXED] = min(position - np.int64(history[INDEX_AT]), 255)
    if parts & KEYS:
        before = np.int64(history[uint64(KEYED + keys.BEFORE)])
        old = np.int64(CLASS[symbols[uint64(before)]]) if 0 < before < position else 15
        length = np.int64(history[uint64(KEYED + keys.LENGTH)])
        chosen[VALUE] = (min(length, 7) * 16 + old) * 8
        mode = np.int64(history[uint64(KEYED + keys.MODE)]) * 2 + np.int64(history[uint64(KEYED + keys.QUOTED)])
        empty = 1 if history[uint64(KEYED + keys.TOKEN)] == uint64(0) else 0
        chosen[PATH] = np.int64(
            history[uint64(KEYED + keys.STACK) + history[uint64(KEYED + keys.DEPTH)]] >> uint64(56)
        )
        chosen[KIND] = ((mode * 2 + empty) * 16 + np.int64(CLASS[recent & 255])) * 8
    if parts & PIXELS:
        shape = history[SHAPED]
        chosen[CHANNEL] = colours.channel_of(shape, position) << 8
        chosen[PIXEL_W] = colours.sample_of(symbols, position - colours.size_of_pixel(shape))
        chosen[PIXEL_N] = colours.sample_of(symbols, position - colours.size_of_row(shape))
        chosen[ALIKE] = (colours.channel_of(shape, position) * 64 + colours.alike(shape, symbols, position)) * 8
    if parts & TEXT:
        chosen[MARK] = np.int64(history[MARKS] & uint64(0xFF))
    if parts & CODE:
        phase = np.int64(history[uint64(PARSER + x86.PHASE)])
        left = np.int64(history[uint64(PARSER + x86.LEFT)])
        op = np.int64(history[uint64(PARSER + x86.OP)] & uint64(0x3FF))
        last = np.int64((history[uint64(PARSER + x86.LAST)] >> uint64(20)) & uint64(0x3FF))
        chosen[CODE_PHASE] = (phase * 8 + min(left, 7)) * 8
        chosen[CODE_HERE] = np.int64((history[uint64(PARSER + x86.HERE)] * K1) >> uint64(53))
        chosen[CODE_OPCODE] = 1024 + op if phase >= x86.MODRM and phase <= x86.IMMEDIATE else last


@inline
def word_class(history):
    """The part of the selector WORD that is the same for all bits, int64."""
    last = np.int64(history[RECENT] & uint64(0xFF))
    return (min(np.int64(history[WORD_LENGTH]), 7) * 16 + np.int64(CLASS[last])) * 8


@inline
def select_for_bit(j, partial, quality, share, sure, guess, beside, word, parts, chosen):
    """Fill the rest of `chosen` for bit j of a byte.

    Args:
        partial: the bits of the byte known so far, a 1 before them.
        quality: of the longest match.
        share: of contexts known, below SHARES.
        sure: share of contexts that saw one bit only, below SHARES.
        guess: 256 + the byte expected, as long as the known bits are its own, else 0.
        beside: class of the byte beside.
        word: `word_class`.
        parts: as for `select_for_byte`.
    """
    chosen[ORDER0] = partial
    chosen[MATCH] = quality * 8 + j
    chosen[KNOWN] = j * SHARES + share
    chosen[EXPECTED] = guess if guess > 0 else beside * 8 + j
    chosen[WORD] = word + j
    if parts & MANY:
        chosen[PARTIAL] = _COARSE[quality] * 256 + partial
        chosen[SURE] = j * SHARES + sure
    if parts & PIXELS:
        chosen[CHANNEL] = (chosen[CHANNEL] & ~255) + partial
        chosen[ALIKE] = (chosen[ALIKE] & ~7) + j
    if parts & KEYS:
        chosen[VALUE] = (chosen[VALUE] & ~7) + j
        chosen[KIND] = (chosen[KIND] & ~7) + j
    if parts & CODE:
        chosen[CODE_PHASE] = (chosen[CODE_PHASE] & ~7) + j
