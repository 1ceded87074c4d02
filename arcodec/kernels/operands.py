"""What x86-64 instructions did last: their forms, the displacements from each register, the targets of calls."""

from __future__ import annotations

from numba import uint64

from arcodec.kernels.compiling import plain
from arcodec.kernels.hashing import K1
from arcodec.kernels.x86 import DISPLACEMENT, FIELD, IMMEDIATE, LAST, LEFT, OP, PAST, PHASE, PREFIXES, REG

# Slots, uint64[SLOTS] from `base` on. A form is opcode, ModRM and SIB.
FORM1, FORM2, FORM3 = range(3)  # hashes of the last one, two, three forms
CALL1 = 3  # target of the last call
CALL2 = 4
PASTS = 5  # PAST of the parser before the last instruction
BASE = 6  # register that the displacement is from
DISPLACED = 8  # [32] the last two displacements from each register
SLOTS = DISPLACED + 32


@plain
def register(reg, prefixes):
    """What an operand in memory is relative to: base register of SIB or ModRM, uint64 < 32; 16 from RIP."""
    rm = reg & uint64(7)
    if reg & uint64(0x1FE00):
        rm = (reg >> uint64(9)) & uint64(7)
    elif (reg & uint64(0xC7)) == uint64(5):
        return uint64(16)
    return rm | ((prefixes & uint64(16)) >> uint64(1))


@plain
def follow_operands(history, base, parser, byte):
    """Take in `byte`, int64, before the parser does.

    `history`: uint64, its slots from `base`, uint64, on, those of the parser from `parser` on.
    """
    phase = history[parser + uint64(PHASE)]
    last = history[parser + uint64(LEFT)] == uint64(1)
    if phase == uint64(DISPLACEMENT) and last:
        field = ((history[parser + uint64(FIELD)] << uint64(8)) | uint64(byte)) & uint64(0xFFFFFFFF)
        place = base + uint64(DISPLACED) + register(history[parser + uint64(REG)], history[parser + uint64(PREFIXES)])
        history[place] = (history[place] << uint64(32)) | field
    elif phase == uint64(IMMEDIATE) and last and (history[parser + uint64(OP)] & uint64(0x3FF)) == uint64(0xE8):
        history[base + uint64(CALL2)] = history[base + uint64(CALL1)]
        history[base + uint64(CALL1)] = (history[parser + uint64(FIELD)] << uint64(8)) | uint64(byte)
    past = history[parser + uint64(PAST)] + history[parser + uint64(LAST)]
    if past != history[base + uint64(PASTS)]:
        form = history[parser + uint64(LAST)]
        history[base + uint64(FORM3)] = (history[base + uint64(FORM2)] + form) * K1
        history[base + uint64(FORM2)] = (history[base + uint64(FORM1)] + form) * K1
        history[base + uint64(FORM1)] = form * K1
        history[base + uint64(PASTS)] = past
