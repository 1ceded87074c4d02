"""The graphics model: pixels as the byte model codes bytes, from the colours around."""

from __future__ import annotations

from collections.abc import Sequence

from arcodec import container
from arcodec.kernels import bytes as kernel
from arcodec.kernels import net as nets
from arcodec.kernels.history import SHAPED
from arcodec.kernels.tables import fresh_tables, tables_size
from arcodec.models import tiers
from arcodec.models.base import Model, Port, Symbols, Words, size_of


class Graphics(Model):
    """Drawings, screenshots and scans of 8 bits per sample; what repeats is found in two dimensions.

    Chunks are uint8[rows, columns, 1 ... 4].
    """

    name = "graphics-1"
    code = container.GRAPHICS
    dimensions = 3
    brief = True

    def accepts(self, shape: Sequence[int]) -> bool:
        return len(shape) == 3 and 1 <= shape[2] <= 4 and shape[0] >= 1 and shape[1] >= 1

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        _, columns, channels = symbols.shape
        tables = fresh_tables(tiers.GRAPHICS, symbols.size)
        tables.history[SHAPED] = (columns * channels << 8) | channels
        flat = symbols.reshape(-1)
        return int(kernel.run(port, words, costs, flat, 0, stop, 0, tiers.GRAPHICS, tables, nets.ready(None)))

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        return tables_size(tiers.GRAPHICS, size_of(shape)) + (8 << 20)
