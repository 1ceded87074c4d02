"""What a mixer's weight sets are chosen by: a catalogue, of which each tier picks.

A number means one selector for ever; new ones are added at the end. A selector chooses one of its ROWS.
"""

from __future__ import annotations

import numpy as np
from numba import uint64

from arcodec.kernels import x86
from arcodec.kernels.compiling import inline
from arcodec.kernels.history import CLASS, CODE, COARSE_SHAPE, LINES, PARSER, RECENT, WORD_LENGTH, WORDS

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
SELECTORS = 10

SHARES = 16  # of all contexts, that KNOWN tells apart
ROWS = np.array([256, 256, 256, 16 * 8, 512, 8 * SHARES, 512, 8 * 16 * 8, 16 * 8 * 8, 2048], np.int64)


def _parts() -> np.ndarray:
    """int64[SELECTORS]: the parts of the history that each selector needs."""
    parts = np.zeros(SELECTORS, np.int64)
    parts[EXPECTED] = LINES
    parts[WORD] = WORDS
    parts[[CODE_PHASE, CODE_OPCODE]] = CODE
    return parts


PARTS = _parts()


@inline
def select_for_byte(history, parts, chosen):
    """Fill `chosen`, int64[SELECTORS], where a selector is the same for all bits of a byte.

    Those x bit get the row of bit 0. `parts`: int64, flags of the parts of the history that are kept.
    """
    recent = np.int64(history[RECENT] & uint64(0xFFFF))
    chosen[ORDER1] = recent & 255
    chosen[ORDER2] = recent >> 8
    chosen[SHAPE] = np.int64(history[COARSE_SHAPE])
    if parts & CODE:
        phase = np.int64(history[uint64(PARSER + x86.PHASE)])
        left = np.int64(history[uint64(PARSER + x86.LEFT)])
        op = np.int64(history[uint64(PARSER + x86.OP)] & uint64(0x3FF))
        last = np.int64((history[uint64(PARSER + x86.LAST)] >> uint64(20)) & uint64(0x3FF))
        chosen[CODE_PHASE] = (phase * 8 + min(left, 7)) * 8
        chosen[CODE_OPCODE] = 1024 + op if phase >= x86.MODRM and phase <= x86.IMMEDIATE else last


@inline
def word_class(history):
    """The part of the selector WORD that is the same for all bits, int64."""
    last = np.int64(history[RECENT] & uint64(0xFF))
    return (min(np.int64(history[WORD_LENGTH]), 7) * 16 + np.int64(CLASS[last])) * 8


@inline
def select_for_bit(j, partial, quality, share, guess, beside, word, parts, chosen):
    """Fill the rest of `chosen` for bit j of a byte.

    Args:
        partial: the bits of the byte known so far, a 1 before them.
        quality: of the longest match.
        share: of contexts known, below SHARES.
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
    if parts & CODE:
        chosen[CODE_PHASE] = (chosen[CODE_PHASE] & ~7) + j
