"""The tiers of the model of deep samples, from fast to small files."""

from __future__ import annotations

from arcodec.kernels.pixel_contexts import (
    ANTIPLANE,
    BY_BEFORE,
    BY_NORTH,
    BY_NORTHEAST,
    BY_SECOND,
    BY_WEST,
    CENTRED,
    ERRORS_BEFORE,
    MEDIAN,
    NE,
    NN,
    NORTH,
    NORTH_LINE,
    NORTHEAST_LINE,
    NW,
    PLANE,
    PREDICTED,
    SIGNS,
    STEP_N,
    STEP_W,
    TEXTURE,
    THRESHOLD,
    WEST,
    WEST_LINE,
    WIDE,
    WW,
    N,
    W,
    coarse,
    fine,
)
from arcodec.kernels.pixel_tier import Predictor, Tier

# Kept of earlier rows 0.375, 0.5, 0.75, 0.971, and of earlier blocks 0.5, 0.375, 0.625, 0.719.
_NEAR = Predictor((4,), (4, 4), (3, 3, 3), 0, (1, 8, 4, 1, 3, -1, 1, 1, 0), (2, 2, 2, 2))
_FAST = Predictor((8,), (10, 9), (7, 7, 6), 0, (2, 8, 32, 1, 1, 0, 1, 3, -1), (5, 5, 5, 5))
_SLOW = Predictor((20,), (14, 13), (13, 12, 11), 0, (4, 6, 16, 2, 1, 0, 2, 3, -1), (8, 8, 8, 8))
_WIDE = Predictor((20,), (18, 16), (20, 18, 18), 0, (8, 3, 32, 5, 9, 1, 2, 5, -1), (13, 13, 13, 13))

_CONTEXTS = (
    coarse(W, N, NW, NE),
    coarse(PREDICTED, PREDICTED + 1, PREDICTED + 2, CENTRED),
    coarse(BY_WEST, BY_NORTH, BY_NORTHEAST),
    coarse(STEP_W, STEP_N, BY_BEFORE),
    fine(STEP_W, STEP_N),
    fine(BY_BEFORE, BY_SECOND),
    fine(PLANE, MEDIAN),
    fine(W, N),
    (*fine(CENTRED), SIGNS),
    (*fine(CENTRED), TEXTURE),
    (*fine(CENTRED), ERRORS_BEFORE),
    (THRESHOLD,),
    (THRESHOLD, WEST),
    (THRESHOLD, WEST, NORTH),
)
_MORE = (
    fine(PREDICTED, PREDICTED + 1),
    fine(PREDICTED + 2, CENTRED),
    fine(NE, ANTIPLANE),
    fine(BY_WEST, BY_NORTH),
    fine(NORTHEAST_LINE, WIDE),
    fine(NORTH_LINE, WEST_LINE),
    coarse(W, N, WW, NN),
    coarse(PLANE, WEST_LINE, NORTH_LINE, NORTHEAST_LINE, ANTIPLANE),
    coarse(W, N, WW, NN, NE),
)

FAST = Tier(predictors=(_FAST, _WIDE), gray=(), colour=(), bits=16, rates=(80, 464, 8192))
DEFAULT = Tier(predictors=(_FAST, _SLOW, _WIDE), gray=_CONTEXTS, colour=_CONTEXTS, bits=16, rates=(40, 232, 8192))
MAX = Tier(
    predictors=(_FAST, _SLOW, _WIDE, _NEAR),
    gray=_CONTEXTS + _MORE,
    colour=_CONTEXTS + _MORE,
    bits=16,
    rates=(40, 232, 8192),
)
