"""The second generation of byte models, in tiers from fast to small."""

from __future__ import annotations

from arcodec import container
from arcodec.kernels.contexts import (
    AFTER_SAME,
    CODE_AFTER,
    CODE_AFTER2,
    CODE_HERE,
    CODE_OPCODES3,
    CODE_OPERAND,
    EXPECTED,
    FIELD_ABOVE,
    FOURTHS,
    ORDER1,
    ORDER2,
    ORDER3,
    ORDER4,
    ORDER6,
    RECORD_ABOVE,
    SHAPES,
    SKIP1,
    WORD_BYTE,
    WORD_WORD,
)
from arcodec.kernels.selectors import CODE_OPCODE, CODE_PHASE, KNOWN, MATCH, WORD
from arcodec.kernels.selectors import ORDER0 as BITS
from arcodec.kernels.selectors import ORDER1 as BYTE1
from arcodec.kernels.selectors import ORDER2 as BYTE2
from arcodec.kernels.selectors import SHAPE as CLASSES3
from arcodec.kernels.tier import tier
from arcodec.models.bytes import Bytes, CodeBytes
from arcodec.models.variants import Roles, Variants

_NET = "net-b49cb62ff5c4"
_PROSE, _MARKUP = "prior-prose-86249358759c", "prior-markup-91b45a2a57e5"

_ORDERS = (ORDER1, ORDER2, ORDER3, ORDER4, ORDER6)
_CODE = (CODE_HERE, CODE_AFTER, CODE_AFTER2, CODE_OPCODES3, CODE_OPERAND)
_CODE_SETS = (BITS, BYTE1, BYTE2, MATCH, CLASSES3, KNOWN, CODE_PHASE, CODE_OPCODE)


class Fast(Variants):
    """Ten contexts, tables of 60 MB at most."""

    def __init__(self) -> None:
        matches, sets = (5, 9, 16), (BITS, BYTE1, MATCH, KNOWN, WORD)
        contexts = (*_ORDERS, WORD_BYTE, WORD_WORD, EXPECTED, FIELD_ABOVE, RECORD_ABOVE)
        code_contexts = (*_ORDERS, EXPECTED, RECORD_ABOVE, CODE_HERE, CODE_AFTER, CODE_OPERAND)
        code_sets = (BITS, BYTE1, MATCH, KNOWN, CODE_PHASE)
        variants = [
            Bytes(tier(contexts, matches, sets, (BITS, MATCH), slot_bits=19, head_bits=18)),
            CodeBytes(tier(code_contexts, matches, code_sets, (BITS, MATCH), slot_bits=19, head_bits=18)),
        ]
        super().__init__("bytes-2-fast", container.BYTES_FAST, variants, Roles(plain=0, code=1))


class Default(Variants):
    """Sixteen contexts, and for what they help with a net and a prior."""

    def __init__(self) -> None:
        matches, finals = (5, 9, 16), (BITS, MATCH)
        plain = tier(range(16), matches, range(8), finals)
        with_net = tier(range(16), matches, range(8), finals, extra=1)
        code_contexts = (*_ORDERS, EXPECTED, SKIP1, SHAPES, AFTER_SAME, FOURTHS, RECORD_ABOVE, *_CODE)
        variants = [
            Bytes(plain),
            Bytes(with_net, _NET),
            Bytes(with_net, _NET, _PROSE),
            Bytes(with_net, _NET, _MARKUP),
            CodeBytes(tier(code_contexts, matches, _CODE_SETS, finals)),
        ]
        roles = Roles(plain=0, net=1, priors=(2, 3), code=4)
        super().__init__("bytes-2", container.BYTES_2, variants, roles)
