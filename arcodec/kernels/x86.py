"""Where a byte stands in an x86-64 instruction: a parser that follows along and never looks ahead.

Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, appendix A (opcode maps) and
section 2 (instruction format). What is no code is parsed as if it were; contexts made of it then do not
help, but do no harm.
"""

from __future__ import annotations

import numpy as np
from numba import uint64

from arcodec.kernels.compiling import inline, plain
from arcodec.kernels.hashing import K2

# Phases: what the next byte is.
OPCODE, MAP_0F, MAP_38, MAP_3A, MODRM, SIB, DISPLACEMENT, IMMEDIATE, VEX2, VEX3 = range(10)

# Flags of an opcode: whether a ModRM byte follows, and how long the immediate is.
_HAS_MODRM = 1
_BYTE, _WORD, _FULL, _ENTER, _ADDRESS = 2, 4, 8, 16, 32  # 1, 2, 4 (2 with prefix 66), 3, 8 bytes
_PREFIX, _REX, _GROUP3 = 64, 128, 256


def _one_byte() -> np.ndarray:
    """uint16[256]: flags of the opcodes of one byte."""
    flags = np.zeros(256, np.uint16)
    for row in range(0, 0x40, 8):
        flags[row : row + 4] = _HAS_MODRM
        flags[row + 4], flags[row + 5] = _BYTE, _FULL
    flags[0x40:0x50] = _REX
    flags[[0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3]] = _PREFIX
    flags[0x63] = _HAS_MODRM
    flags[0x68], flags[0x6A] = _FULL, _BYTE
    flags[0x69], flags[0x6B] = _HAS_MODRM | _FULL, _HAS_MODRM | _BYTE
    flags[0x70:0x80] = _BYTE
    flags[0x80:0x90] = _HAS_MODRM
    flags[[0x80, 0x82, 0x83]] |= _BYTE
    flags[0x81] |= _FULL
    flags[0xA0:0xA4] = _ADDRESS
    flags[0xA8], flags[0xA9] = _BYTE, _FULL
    flags[0xB0:0xB8] = _BYTE
    flags[0xB8:0xC0] = _FULL
    flags[[0xC0, 0xC1, 0xC6]] = _HAS_MODRM | _BYTE
    flags[0xC7] = _HAS_MODRM | _FULL
    flags[[0xC2, 0xCA]] = _WORD
    flags[0xC8] = _ENTER
    flags[0xCD] = _BYTE
    flags[0xD0:0xD4] = _HAS_MODRM
    flags[0xD8:0xE0] = _HAS_MODRM
    flags[0xE0:0xE8] = _BYTE
    flags[[0xE8, 0xE9]] = _FULL
    flags[0xEB] = _BYTE
    flags[[0xF6, 0xF7]] = _HAS_MODRM | _GROUP3
    flags[[0xFE, 0xFF]] = _HAS_MODRM
    return flags


def _two_bytes() -> np.ndarray:
    """uint16[256]: flags of the opcodes after 0F."""
    flags = np.full(256, _HAS_MODRM, np.uint16)
    flags[[0x05, 0x06, 0x07, 0x08, 0x09, 0x0B, 0x77, 0xA0, 0xA1, 0xA2, 0xA8, 0xA9, 0xAA]] = 0
    flags[0x30:0x38] = 0
    flags[0x80:0x90] = _FULL
    flags[0xC8:0xD0] = 0
    flags[[0x70, 0x71, 0x72, 0x73, 0xA4, 0xAC, 0xBA, 0xC2, 0xC4, 0xC5, 0xC6]] |= _BYTE
    return flags


ONE_BYTE = _one_byte()
TWO_BYTES = _two_bytes()

# Slots of the parser, uint64[SLOTS] from `base` on. Those before PAST are 0 again after each instruction.
PHASE = 0
LEFT = 1  # bytes that are left of the displacement or immediate
OP = 2  # 1024 + opcode, 256 * map + byte, once it is known
PREFIXES = 3  # flags: 1 66, 2 F2, 4 F3, 8 others, 16-128 the bits of REX, 256 REX
REG = 4  # 256 + ModRM, and (256 + SIB) << 9
IMM = 5  # size of the immediate; of a VEX prefix the map
FIELD = 6  # bytes of the displacement or immediate so far, a 1 before them
HERE = 7  # hash of the bytes of this instruction so far
PAST = 8  # opcodes of the last five instructions, 12 bits each
LAST = 9  # OP << 20 | REG of the last instruction
HERE1 = 10  # HERE of the last instruction, complete
HERE2 = 11  # and of the one before
SLOTS = 12


@plain
def follow_code(history, base, byte):
    """Take in `byte`, int64.

    `history`: uint64, the parser's slots from `base`, uint64, on.
    """
    phase = history[base + uint64(PHASE)]
    b = uint64(byte)
    history[base + uint64(HERE)] = (history[base + uint64(HERE)] + b + uint64(1)) * K2
    flags = np.int64(-1)  # of an opcode that is complete now
    op = b
    if phase == uint64(OPCODE):
        kind = np.int64(ONE_BYTE[byte])
        if kind in (_PREFIX, _REX):
            bit = uint64(8)
            if kind == _REX:
                bit = (b & uint64(15)) << uint64(4) | uint64(256)
            elif byte == 0x66:
                bit = uint64(1)
            elif byte == 0xF2:
                bit = uint64(2)
            elif byte == 0xF3:
                bit = uint64(4)
            history[base + uint64(PREFIXES)] |= bit
        elif byte == 0x0F:
            history[base + uint64(PHASE)] = uint64(MAP_0F)
        elif byte == 0xC5:
            history[base + uint64(PHASE)] = uint64(VEX2)
        elif byte == 0xC4:
            history[base + uint64(PHASE)] = uint64(VEX3)
        else:
            flags = kind
    elif phase == uint64(MAP_0F):
        if byte == 0x38:
            history[base + uint64(PHASE)] = uint64(MAP_38)
        elif byte == 0x3A:
            history[base + uint64(PHASE)] = uint64(MAP_3A)
        else:
            flags = np.int64(TWO_BYTES[byte])
            op = b | uint64(0x100)
    elif phase == uint64(MAP_38):
        flags = np.int64(_HAS_MODRM)
        op = b | uint64(0x200)
    elif phase == uint64(MAP_3A):
        flags = np.int64(_HAS_MODRM | _BYTE)
        op = b | uint64(0x300)
    elif phase == uint64(VEX3):
        history[base + uint64(IMM)] = b & uint64(31)
        history[base + uint64(PHASE)] = uint64(VEX2)
    elif phase == uint64(VEX2):
        m = history[base + uint64(IMM)]
        following = uint64(MAP_38) if m == uint64(2) else uint64(MAP_3A) if m == uint64(3) else uint64(MAP_0F)
        history[base + uint64(PHASE)] = following
    elif phase == uint64(MODRM):
        mod = b >> uint64(6)
        rm = b & uint64(7)
        history[base + uint64(REG)] = b | uint64(0x100)
        if (history[base + uint64(OP)] & uint64(0x3FE)) == uint64(0xF6) and (b & uint64(0x30)) == uint64(0):
            small = (history[base + uint64(OP)] & uint64(1)) == uint64(0)
            wide = uint64(2) if history[base + uint64(PREFIXES)] & uint64(1) else uint64(4)
            history[base + uint64(IMM)] = uint64(1) if small else wide
        left = uint64(0)
        if mod == uint64(1):
            left = uint64(1)
        elif mod == uint64(2) or (mod == uint64(0) and rm == uint64(5)):
            left = uint64(4)
        history[base + uint64(LEFT)] = left
        if mod != uint64(3) and rm == uint64(4):
            history[base + uint64(PHASE)] = uint64(SIB)
        else:
            _operand(history, base)
    elif phase == uint64(SIB):
        if (b & uint64(7)) == uint64(5) and (history[base + uint64(REG)] & uint64(0xC0)) == uint64(0):
            history[base + uint64(LEFT)] = uint64(4)
        history[base + uint64(REG)] |= (b | uint64(0x100)) << uint64(9)
        _operand(history, base)
    else:
        history[base + uint64(FIELD)] = (history[base + uint64(FIELD)] << uint64(8)) | b
        history[base + uint64(LEFT)] -= uint64(1)
        if history[base + uint64(LEFT)] == uint64(0):
            if phase == uint64(DISPLACEMENT):
                _immediate(history, base)
            else:
                _end(history, base)
    if flags >= 0:
        history[base + uint64(OP)] = op | uint64(0x400)
        wide = uint64(4)
        prefixes = history[base + uint64(PREFIXES)]
        if prefixes & uint64(1):
            wide = uint64(2)
        if (op & uint64(0x3F8)) == uint64(0xB8) and prefixes & uint64(128):
            wide = uint64(8)
        size = uint64(0)
        if flags & _BYTE:
            size = uint64(1)
        elif flags & _WORD:
            size = uint64(2)
        elif flags & _FULL:
            size = wide
        elif flags & _ENTER:
            size = uint64(3)
        elif flags & _ADDRESS:
            size = uint64(8)
        history[base + uint64(IMM)] = size
        history[base + uint64(LEFT)] = uint64(0)
        if flags & _HAS_MODRM:
            history[base + uint64(PHASE)] = uint64(MODRM)
        else:
            _immediate(history, base)


@inline
def _operand(history, base):
    """After ModRM and SIB."""
    history[base + uint64(FIELD)] = uint64(1)
    if history[base + uint64(LEFT)] != uint64(0):
        history[base + uint64(PHASE)] = uint64(DISPLACEMENT)
    else:
        _immediate(history, base)


@inline
def _immediate(history, base):
    """After everything but the immediate."""
    history[base + uint64(FIELD)] = uint64(1)
    history[base + uint64(LEFT)] = history[base + uint64(IMM)]
    if history[base + uint64(IMM)] != uint64(0):
        history[base + uint64(PHASE)] = uint64(IMMEDIATE)
    else:
        _end(history, base)


@inline
def _end(history, base):
    """An instruction is complete."""
    op = history[base + uint64(OP)]
    history[base + uint64(LAST)] = op << uint64(20) | history[base + uint64(REG)]
    history[base + uint64(PAST)] = (history[base + uint64(PAST)] << uint64(12)) | (op & uint64(0x3FF))
    history[base + uint64(HERE2)] = history[base + uint64(HERE1)]
    history[base + uint64(HERE1)] = history[base + uint64(HERE)]
    for k in range(PAST):
        history[base + uint64(k)] = uint64(0)


@inline
def at_target(history, base):
    """Whether four bytes follow that are relative to the end of the instruction: 1 the target of a call or jump,
    2 a displacement from RIP, else 0.
    """
    left = history[base + uint64(LEFT)]
    phase = history[base + uint64(PHASE)]
    kind = np.int64(0)
    if left == uint64(4) and phase == uint64(IMMEDIATE):
        op = history[base + uint64(OP)] & uint64(0x3FF)
        if (op & uint64(0x3FE)) == uint64(0xE8) or (op & uint64(0x3F0)) == uint64(0x180):
            kind = np.int64(1)
    reg = history[base + uint64(REG)]
    if left == uint64(4) and phase == uint64(DISPLACEMENT) and (reg & uint64(0x3FFC7)) == uint64(0x105):
        kind = np.int64(2)
    return kind
