"""Tiers of the second pixel model: predictors and contexts as data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from arcodec.kernels import least_squares

LARGEST = 64  # features and targets of a predictor
# Rows and columns from the pixel, the most useful first, of channels that are known as a whole.
KNOWN_NEIGHBOURS = ((0, 0), (0, 1), (1, 0), (-1, 0), (-1, -1), (-1, 1), (1, 1), (1, -1))


class Predictor(NamedTuple):
    """A least-squares predictor.

    `gray`, `pair`, `colour`, `quad`: neighbours of each coded channel if there are one, two, three or four;
    `known`: of each known channel; `rates`: a row of `least_squares.RATES`. One neighbour may be left out to have a
    multiple of 4.
    """

    gray: tuple[int]
    pair: tuple[int, int]
    colour: tuple[int, int, int]
    known: int
    rates: tuple[int, ...]
    quad: tuple[int, int, int, int] = (5, 5, 5, 5)

    def places(self, coded: int, known: int) -> list[tuple[int, int, int]]:
        """(rows down, columns right, channel) of each feature."""
        counts = list((self.gray, self.pair, self.colour, self.quad)[coded - 1])
        places = [(dy, dx, c) for c in range(known) for dy, dx in KNOWN_NEIGHBOURS[: self.known]]
        counts[-1] -= (len(places) + sum(counts)) % 4
        for c, count in enumerate(counts):
            places += [(dy, dx, known + c) for dy, dx in least_squares.NEIGHBOURS[:count]]
        return places


class Tier(NamedTuple):
    """What a tier is.

    `gray`, `colour`: contexts (see `pixel_contexts`) for one coded channel and for more; `bits`: log2 of a context's
    slots for a channel. `rates`: of the mixer, last and first, and decisions after which their difference is halved.
    """

    predictors: Sequence[Predictor]
    gray: Sequence[tuple[int, ...]]
    colour: Sequence[tuple[int, ...]]
    bits: int
    rates: tuple[int, int, int]

    def contexts(self, coded: int) -> Sequence[tuple[int, ...]]:
        """Those for a number of coded channels."""
        return self.gray if coded == 1 else self.colour


def features(tier: Tier, coded: int, known: int) -> list[int]:
    """How many features each predictor has."""
    return [len(p.places(coded, known)) for p in tier.predictors]


def offsets(tier: Tier, coded: int, known: int, stride: int) -> np.ndarray:
    """int64[predictors, 2, n]: where features and their references, the western samples, are from the pixel."""
    channels = coded + known
    table = np.zeros((len(tier.predictors), 2, max(features(tier, coded, known))), np.int64)
    for k, predictor in enumerate(tier.predictors):
        places = predictor.places(coded, known)
        table[k, 0, : len(places)] = [dy * stride + dx * channels + c for dy, dx, c in places]
        table[k, 1, : len(places)] = [c - channels for _, _, c in places]
    return table


def rates(tier: Tier) -> np.ndarray:
    """int32[predictors, n]: as `least_squares` takes them."""
    return np.array([p.rates for p in tier.predictors], np.int32)
