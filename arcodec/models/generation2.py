"""The second generation of byte models, from fast to small files."""

from __future__ import annotations

from arcodec import container
from arcodec.kernels.tier import with_extra
from arcodec.models import tiers
from arcodec.models.bytes import Bytes, CodeBytes, ElfBytes
from arcodec.models.variants import Variants

NET, LARGE_NET = "net-766cc385f2f8", "net-3490371977ca"
PRIORS = ("prior-prose-4a08a9fc2475", "prior-markup-2aa5d311e3b0")
_LAST = 300_000  # bytes of a prior, its best part, tell whether it suits
START, MAX_START = "start-default-59652d87b53c", "start-max-c542396771c5"


class Fast(Variants):
    """Ten contexts, in tables of 50 MB at most."""

    def __init__(self) -> None:
        variants = [Bytes(tiers.FAST), CodeBytes(tiers.X86_FAST)]
        super().__init__("bytes-2-fast", container.BYTES_FAST, variants)


class Default(Variants):
    """Sixteen contexts, and for what they help with a net and a prior."""

    def __init__(self) -> None:
        with_net = with_extra(tiers.DEFAULT, 1)
        known, code = [Bytes(tiers.DEFAULT), Bytes(with_net, NET)], CodeBytes(tiers.X86)
        primed, scouts = ([Bytes(with_net, NET, prior, START, last) for prior in PRIORS] for last in (None, _LAST))
        super().__init__("bytes-2", container.BYTES_2, [*known, *primed, code], [*known, *scouts, code])


class Max(Variants):
    """Fifty contexts, and for what they help with a net and a prior."""

    def __init__(self) -> None:
        with_net, code = with_extra(tiers.MAX, 1), with_extra(tiers.X86_MAX, 1)
        begun = with_net._replace(first_rate=300, last_rate=60)  # with a start there is less to learn
        variants = [
            Bytes(tiers.MAX),
            Bytes(with_net, LARGE_NET),
            *(Bytes(begun, LARGE_NET, prior, MAX_START) for prior in PRIORS),
            ElfBytes(code, LARGE_NET),
        ]
        super().__init__("bytes-2-max", container.BYTES_MAX, variants, judge=Default())
