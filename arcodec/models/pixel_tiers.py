"""The tiers of the second pixel model, from fast to small files."""

from __future__ import annotations

from arcodec.kernels.pixel_contexts import (
    ABOVE_BEFORE,
    ABOVE_WEST,
    ACTIVITY,
    ANTIPLANE,
    BEFORE,
    BLEND,
    BY_BEFORE,
    BY_NORTH,
    BY_NORTHEAST,
    BY_SECOND,
    BY_WEST,
    CENTRED,
    COARSE,
    ERRORS_BEFORE,
    FINE,
    MEAN,
    MEDIAN,
    NE,
    NN,
    NORTH,
    NORTH_LINE,
    NORTH_STEP,
    NORTHEAST_LINE,
    NW,
    PLANE,
    PREDICTED,
    SECOND_BEFORE,
    SECOND_N,
    SECOND_W,
    SIGNS,
    STEP_MEAN,
    STEP_N,
    STEP_PLANE,
    STEP_W,
    TEXTURE,
    THRESHOLD,
    WEST,
    WEST_LINE,
    WEST_STEP,
    WIDE,
    WW,
    N,
    W,
    coarse,
    fine,
)  # fmt: skip
from arcodec.kernels.pixel_tier import Predictor, Tier

# Kept of earlier rows 0.375, 0.5, 0.75, 0.971, and of earlier blocks 0.5, 0.375, 0.625, 0.719.
_NEAR = Predictor((4,), (4, 4), (3, 3, 3), 2, (1, 8, 4, 1, 3, -1, 1, 1, 0))
_FAST = Predictor((8,), (10, 9), (7, 7, 6), 2, (2, 8, 32, 1, 1, 0, 1, 3, -1))
_SLOW = Predictor((20,), (14, 13), (13, 12, 11), 4, (4, 6, 16, 2, 1, 0, 2, 3, -1))
_WIDE = Predictor((20,), (18, 16), (20, 18, 18), 6, (8, 3, 32, 5, 9, 1, 2, 5, -1))

_TEXTURES = (
    coarse(W, N, NW, NE),
    coarse(PREDICTED, PREDICTED + 1, PREDICTED + 2, CENTRED),
    coarse(BY_WEST, BY_NORTH, BY_NORTHEAST),
)
_STEPS = (coarse(STEP_W, STEP_N, BY_BEFORE),)
_COLOURS = (  # which there are
    (ABOVE_BEFORE, WEST_STEP, NORTH_STEP),
    (ABOVE_BEFORE, WEST_STEP, BEFORE),
    (THRESHOLD, BEFORE, SECOND_BEFORE, WEST_STEP),
    (THRESHOLD, BEFORE, WEST),
)
_LEVELS = ((THRESHOLD, WEST, NORTH),)
_PREDICTIONS = (fine(PREDICTED, PREDICTED + 1), fine(PREDICTED + 2, CENTRED))

_MORE_TEXTURES = (
    coarse(W, N, WW, NN),
    coarse(PLANE, WEST_LINE, NORTH_LINE, NORTHEAST_LINE, ANTIPLANE),
    tuple(COARSE + g for g in (W, N, NW, NE, WW, NN)),
)
_MORE_GUESSES = (
    fine(PLANE, MEDIAN),
    fine(W, N),
    fine(NE, ANTIPLANE),
    fine(BY_WEST, BY_NORTH),
    fine(NORTHEAST_LINE, WIDE),
    fine(NORTH_LINE, WEST_LINE),
)
_MORE_COLOURS = (
    fine(BY_BEFORE, BY_SECOND),
    fine(STEP_W, STEP_N),
    fine(STEP_MEAN, STEP_PLANE),
    (*fine(SECOND_W, SECOND_N), THRESHOLD),
    (THRESHOLD, BEFORE),
    (THRESHOLD, BEFORE, SECOND_BEFORE),
    (ABOVE_BEFORE, WEST_STEP),
    (ABOVE_BEFORE, NORTH_STEP),
    (THRESHOLD,),
    (FINE + CENTRED, ERRORS_BEFORE),
    (FINE + BLEND, ERRORS_BEFORE, SIGNS),
    coarse(STEP_W, STEP_N, STEP_PLANE, BY_BEFORE),
    coarse(STEP_W, STEP_N, SECOND_W, SECOND_N),
    coarse(BY_BEFORE, BY_SECOND, BY_WEST, BY_NORTH),
)
_MORE_GRAY = (
    fine(W, NE),
    fine(NW, NE),
    fine(MEAN, MEDIAN),
    fine(WW, W),
    fine(N, NN),
    fine(PREDICTED, CENTRED),
    (FINE + CENTRED, SIGNS),
    (FINE + CENTRED, TEXTURE),
    (FINE + CENTRED, ACTIVITY),
    (THRESHOLD,),
    (ABOVE_WEST, NORTH),
)

FAST = Tier(predictors=(_FAST, _WIDE), gray=(), colour=(), bits=16, rates=(80, 464, 8192))
DEFAULT = Tier(
    predictors=(_FAST, _SLOW, _WIDE),
    gray=(*_TEXTURES, *_LEVELS, *_PREDICTIONS),
    colour=(*_TEXTURES, *_STEPS, *_COLOURS, *_LEVELS),
    bits=16,
    rates=(40, 232, 8192),
)
MAX = Tier(
    predictors=(_FAST, _SLOW, _WIDE, _NEAR),
    gray=(*DEFAULT.gray, *_MORE_TEXTURES, *_MORE_GUESSES, *_MORE_GRAY),
    colour=(*DEFAULT.colour, *_PREDICTIONS, *_MORE_TEXTURES, *_MORE_GUESSES, *_MORE_COLOURS),
    bits=16,
    rates=(40, 232, 8192),
)
