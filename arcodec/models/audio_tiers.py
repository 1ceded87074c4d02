"""The tiers of the model of sound, from fast to small files."""

from __future__ import annotations

from arcodec.kernels.audio import Tier

FAST = Tier(
    predictors=((16, 8, 4, 32, 1), (16, 12, 8, 64, 6)),
    filters=((256, 4), (16, 3)),
    final=(5, 16),
    sets=1,
    mixing=(80, 464, 8192),
)
DEFAULT = Tier(
    predictors=((20, 12, 8, 8, 3), (24, 16, 16, 8, 6), (32, 24, 24, 64, 7)),
    filters=((1024, 4), (256, 4), (64, 2), (128, 2), (16, 2)),
    final=(6, 4),
    sets=4,
    mixing=(80, 464, 8192),
)
MAX = Tier(
    predictors=((16, 12, 12, 2, 5), (24, 16, 16, 4, 6), (32, 24, 24, 16, 7), (32, 28, 28, 64, 8)),
    filters=((1024, 4), (256, 4), (64, 2), (128, 2), (16, 2)),
    final=(6, 4),
    sets=5,
    mixing=(80, 464, 8192),
)
