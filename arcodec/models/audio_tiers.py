"""The tiers of the model of sound, from fast to small files."""

from __future__ import annotations

from arcodec.kernels.audio import Tier

FAST = Tier(
    alone=(16, 24),
    pair=((8, 8), (16, 12)),
    block=(16, 32),
    memory=(5, 7),
    filters=(32, 16, 8),
    rates=(8, 8, 8),
    mixing=(80, 464, 8192),
)
DEFAULT = Tier(
    alone=(16, 32),
    pair=((16, 8), (24, 24)),
    block=(16, 16),
    memory=(5, 8),
    filters=(256, 32, 16),
    rates=(8, 8, 8),
    mixing=(80, 464, 8192),
)
MAX = DEFAULT
