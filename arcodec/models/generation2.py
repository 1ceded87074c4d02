"""The second generation of byte models, in tiers from fast to small."""

from __future__ import annotations

from arcodec import container
from arcodec.kernels import contexts, selectors
from arcodec.kernels.tier import tier
from arcodec.models.bytes import Bytes
from arcodec.models.variants import Roles, Variants

_SMALL_NET = "net-b49cb62ff5c4"
_PROSE, _MARKUP = "prior-prose-86249358759c", "prior-markup-91b45a2a57e5"
_FINALS = (selectors.ORDER0, selectors.MATCH)


class Fast(Variants):
    """Ten contexts, no net."""

    def __init__(self) -> None:
        plain = tier(
            (
                contexts.ORDER1,
                contexts.ORDER2,
                contexts.ORDER3,
                contexts.ORDER4,
                contexts.ORDER6,
                contexts.WORD_BYTE,
                contexts.WORD_WORD,
                contexts.EXPECTED,
                contexts.FIELD_ABOVE,
                contexts.RECORD_ABOVE,
            ),
            (5, 9, 16),
            (selectors.ORDER0, selectors.ORDER1, selectors.MATCH, selectors.KNOWN, selectors.WORD),
            (selectors.ORDER0,),
            slot_bits=19,
            head_bits=18,
        )
        super().__init__("bytes-2-fast", container.BYTES_FAST, [Bytes(plain)], Roles(plain=0))


class Default(Variants):
    """Sixteen contexts, and for what they help with a net and a prior."""

    def __init__(self) -> None:
        plain = tier(range(16), (5, 9, 16), range(8), _FINALS)
        with_net = tier(range(16), (5, 9, 16), range(8), _FINALS, extra=1)
        variants = [
            Bytes(plain),
            Bytes(with_net, _SMALL_NET),
            Bytes(with_net, _SMALL_NET, _PROSE),
            Bytes(with_net, _SMALL_NET, _MARKUP),
        ]
        super().__init__("bytes-2", container.BYTES_2, variants, Roles(plain=0, net=1, priors=(2, 3)))
