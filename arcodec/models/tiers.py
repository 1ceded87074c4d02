"""Tiers of the second generation of byte models: what each is made of."""

from __future__ import annotations

from typing import Any

from arcodec.kernels import contexts as c
from arcodec.kernels import selectors as s
from arcodec.kernels.tier import tier

_ALL: dict[str, Any] = {"node_limit": 127, "row_half_life": 1000}
_MEDIUM: dict[str, Any] = {**_ALL, "slot_limit": 15 << 18}
_SMALL: dict[str, Any] = {**_ALL, "slot_limit": 1 << 19, "head_bits": 19, "row_bits": 14}
_LARGE: dict[str, Any] = {**_ALL, "rates": (600, 90, 15000), "sure": True, "recover": 5}
_LARGE |= {"slots_per_byte": 16, "slot_limit": 3 << 22}

# x86-64 code whose targets `arcodec.kernels.branches` made absolute, as fast as bytes-1.
X86 = tier(
    contexts=(
        *(c.ORDER1, c.ORDER2, c.ORDER4, c.ORDER6),
        *(c.EXPECTED, c.SKIP1, c.SHAPES, c.AFTER_SAME, c.FOURTHS, c.RECORD_ABOVE),
        *(c.CODE_HERE, c.CODE_AFTER, c.CODE_OPCODES, c.CODE_OPCODES3, c.CODE_OPERAND, c.CODE_REGISTERS),
    ),
    minimums=(5, 9, 16),
    sets=(s.ORDER0, s.ORDER1, s.MATCH, s.SHAPE, s.KNOWN, s.CODE_PHASE, s.CODE_OPCODE, s.ORDER2),
    finals=(s.ORDER0, s.MATCH),
    **_MEDIUM,
)

# Any file, as fast as bytes-1; programs are better off with X86.
DEFAULT = tier(
    contexts=(
        *range(c.ORDER1, c.EXPECTED + 1),
        *(c.VALUE_AGREED, c.SHAPES, c.FIELD_ABOVE, c.MARKS4, c.PATH_TOKEN),
        *(c.AFTER_SAME, c.INDEXED_ABOVE, c.RECORD_ABOVE),
    ),
    minimums=(5, 9, 16),
    sets=range(s.ORDER0, s.WORD + 1),
    finals=(s.ORDER0, s.MATCH),
    **_MEDIUM,
)

# Any file, 1.7 times as fast as bytes-1, in at most 50 MB.
FAST = tier(
    contexts=(
        *range(c.ORDER2, c.EXPECTED + 1),
        *(c.FIELD_ABOVE, c.VALUE_AGREED, c.INDEXED_ABOVE),
    ),
    minimums=(6, 16),
    sets=(s.ORDER0, s.ORDER1, s.MATCH, s.SHAPE, s.KNOWN),
    finals=(s.ORDER0,),
    **_SMALL,
)

# The same for x86-64 code.
X86_FAST = tier(
    contexts=(
        *range(c.ORDER1, c.ORDER6 + 1),
        *(c.EXPECTED, c.RECORD_ABOVE, c.CODE_HERE, c.CODE_AFTER, c.CODE_OPERAND),
    ),
    minimums=(6, 16),
    sets=(s.ORDER0, s.ORDER1, s.MATCH, s.KNOWN, s.CODE_PHASE),
    finals=(s.ORDER0, s.MATCH),
    **_SMALL,
)

_MAX_SETS = (*range(s.ORDER0, s.WORD + 1), *range(s.ORDER3, s.KIND + 1), s.PATH, s.WORD_HASH)
_X86_SETS = (
    *range(s.ORDER0, s.EXPECTED + 1),
    *(s.CODE_PHASE, s.CODE_OPCODE, s.ORDER3, s.RECORD, s.ABOVE, s.PARTIAL, s.SURE, s.CODE_HERE),
)

# Any file, at a quarter of the speed of bytes-1.
MAX = tier(
    contexts=(
        *range(c.ORDER1, c.RECORD_ABOVE + 1),
        *(c.ORDER5, c.ORDER7, c.ORDER8, c.ORDER12, c.EXPECTED_ORDER2, c.FOUR_BEFORE),
        *(c.WORDS3, c.WORDS4, c.WORD_SKIP, c.WORD_BYTES, c.WORD_MARKS),
        *(c.TOKENS, c.INDENTED, c.SHAPES_BYTES, c.MARKS4),
        *range(c.KEY_VALUE, c.KEY_TOKEN + 1),
        *(c.RECORD_LEFT, c.RECORDS3, c.INDEXED, c.INDEXED_BYTE, c.INDEXED_ABOVE, c.FOLLOWED, c.FOLLOWED3),
        *(c.EXPECTED_BOTH, c.COLUMN2, c.COLUMN3, c.WORD_LINE, c.WORD_FOLLOWED),
    ),
    minimums=(5, 9, 16),
    sets=_MAX_SETS,
    finals=_MAX_SETS,
    **_LARGE,
)

# The same for x86-64 code.
X86_MAX = tier(
    contexts=(
        *range(c.ORDER1, c.ORDER6 + 1),
        *(c.EXPECTED, c.SKIP1, c.SHAPES, c.AFTER_SAME, c.FOURTHS, c.RECORD_ABOVE),
        *range(c.CODE_HERE, c.CODE_BYTES + 1),
        *(c.ORDER5, c.ORDER8, c.EXPECTED_ORDER2, c.SKIP2, c.SKIP12, c.FOUR_BEFORE),
        *(c.RECORD_LEFT, c.RECORDS3, c.RECORD2, c.FOLLOWED, c.FOLLOWED3, c.FOLLOWED12),
        *(c.EXPECTED_BOTH, *range(c.EIGHTHS, c.THIRD_ROWS + 1), *range(c.CODE_AFTER_FORM, c.CODE_OPCODES5 + 1)),
    ),
    minimums=(5, 9, 16),
    sets=_X86_SETS,
    finals=_X86_SETS,
    **_LARGE,
)

# Drawings, screenshots, scans.
GRAPHICS = tier(
    contexts=(*range(c.PIXEL, c.CONTEXTS), c.EXPECTED, c.EXPECTED_BOTH),
    minimums=(3, 9),
    sets=(s.CHANNEL, s.PIXEL_W, s.PIXEL_N, s.ALIKE, s.MATCH, s.KNOWN, s.EXPECTED, s.ORDER1, s.SURE),
    finals=(s.CHANNEL, s.MATCH, s.ALIKE),
    **_MEDIUM,
    sure=True,
    recover=3,
)
