"""The byte model: for any file, best at texts, sources, tables and programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from arcodec.kernels import bytes as kernel
from arcodec.kernels import selectors
from arcodec.kernels.net import ready
from arcodec.kernels.tables import fresh_tables, tables_size
from arcodec.kernels.tier import Tier, tier
from arcodec.models.base import Model, Port, Symbols, Words, size_of

NO_NET = ready(None)


class Bytes(Model):
    """Sixteen contexts, three match models, eight weight sets; see `arcodec.kernels.bytes`.

    Attributes:
        tier: what the model is made of. Another tier is a subclass with a name and a code of its own.
    """

    name = "bytes-1"
    code = 3
    dimensions = 1
    tier: ClassVar[Tier] = tier(
        contexts=range(16),
        minimums=(5, 9, 16),
        sets=range(8),
        finals=(selectors.ORDER0, selectors.MATCH),
    )

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        tables = fresh_tables(self.tier, symbols.size)
        return int(kernel.run(port, words, costs, symbols, 0, stop, 0, self.tier, tables, NO_NET))

    def memory(self, shape: Sequence[int]) -> int:
        return tables_size(self.tier, size_of(shape))
