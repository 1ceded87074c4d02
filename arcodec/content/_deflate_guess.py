"""Which encoder wrote a deflate stream: those that may have are tried on its beginning.

Nothing here decides what a recipe means; a bad guess only makes it longer.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from arcodec.content._deflate import Coder, Stream, Walker
from arcodec.content._deflate_encoders import ENCODERS, ENDLESS, ZLIB_FARTHEST, Parameters
from arcodec.kernels.deflate import BYTES, DYNAMIC, LAST, STORED, TOKENS, TYPE
from arcodec.kernels.deflate_blocks import ALL_FIXED
from arcodec.kernels.deflate_match import (
    AHEAD_0,
    CHAIN,
    FAR_3,
    FARTHEST,
    FINE,
    FIRST,
    FULL,
    GOOD,
    GREEDY,
    HASH,
    LAZY,
    LEAST,
    LITERAL,
    MODE,
    MORE_ROOM,
    NICE,
    PARAMETERS,
    PATIENT,
    PLANNED,
    RUN,
    WHOLE,
)
from arcodec.kernels.deflate_trees import APART, BEST, CHEAPER, HEAP, QUEUES, SMOOTHED, TOGETHER

_ROUNDS = (1 << 12, 1 << 15, 1 << 18)  # tokens that are tried
_SLACK = 4  # differences that a better guess may be behind
_FEW_NOTES = 8
_PLANNABLE = 1 << 22  # bytes that may be planned, at some 2 microseconds each
_BUILDS = (
    (QUEUES, TOGETHER),
    (QUEUES, APART),
    (HEAP, TOGETHER),
    (CHEAPER, BEST),
    (SMOOTHED, BEST),
    (SMOOTHED, TOGETHER),
)
_HOPELESS = 1 << 30
_Trials = tuple[tuple[int, tuple[int, ...]], ...]
# What else to try, one parameter after the other, where no known encoder fits.
_WINDOWS: _Trials = (
    (FARTHEST, (*((1 << bits) - 262 for bits in range(9, 15)), 1 << 15)),
    (HASH, (16, 15, 14, 13, 12, 11, 10, 9, 8)),
    (FIRST, (0,)),
)
_CHOICES: _Trials = (
    (MODE, (GREEDY, PATIENT)),
    (LAZY, (258, 128, 32, 16, 8)),
    (GOOD, (258, 32, 8)),
    (NICE, (258, 128, 64, 32)),
    (CHAIN, (4096, 1024, 256, 128, 64, 32, 16, 8, 1)),
    (FAR_3, (1 << 15, 8192, 4096, 0)),
    (LEAST, (3, 4, 5, 6)),
)


def encoder(stream: Stream) -> Parameters:
    """The parameters that predict the beginning of a stream best."""
    left = _candidates(stream)
    for room in _ROUNDS:
        scores: list[int] = []
        best = _HOPELESS
        for parameters in left:
            score = _score(stream, parameters, room, best + best // 8 + _SLACK)
            scores.append(score)
            best = min(best, score)
        left = [parameters for parameters, score in zip(left, scores, strict=True) if score <= best + best // 16]
        if best > _SLACK + (min(room, len(stream.tokens)) >> 8):
            left = [_unknown(stream, left[0], best, room)]
        if len(left) == 1 or len(stream.tokens) <= room:
            break
    return _with_trees(stream, _in_its_window(stream, left[0]))


def _with_trees(stream: Stream, parameters: Parameters) -> Parameters:
    """With the way to build codes that leaves the least to note of the first blocks."""
    fewest, found = _notes(stream, parameters), parameters
    for build, joined in _BUILDS:
        if fewest <= _FEW_NOTES:
            break
        trial = (*parameters[:PARAMETERS], build, joined, parameters[-1])
        notes = _notes(stream, trial)
        if notes < fewest:
            fewest, found = notes, trial
    return found


def _notes(stream: Stream, parameters: Parameters) -> int:
    """Numbers that the first blocks need."""
    walker = Walker(stream.content, parameters, max(_ROUNDS[1], 2 * int(stream.blocks[0, TOKENS])))
    differences = np.empty((len(walker.tokens) + 1, 4), np.int32)
    ends = np.empty((len(stream.blocks), 3), np.int64)
    walker.go(1, differences, ends, stream)
    coder = Coder(stream.content, parameters, np.empty(0, np.int32), stream)
    coder.write(walker)
    return coder.used


def _in_its_window(stream: Stream, parameters: Parameters) -> Parameters:
    """With the smallest window of zlib that has all distances, if that predicts more."""
    reach = int((stream.tokens & 0xFFFF).max()) if len(stream.tokens) else 0
    window = max((reach + 261).bit_length(), 9)
    if not reach or window > 14 or len(stream.content) <= 1 << window or parameters[MODE] in (LITERAL, RUN, PLANNED):
        return parameters
    smaller = _changed(parameters, FARTHEST, (1 << window) - 262)
    best = _score(stream, parameters, _ROUNDS[-1], _HOPELESS)
    return smaller if _score(stream, smaller, _ROUNDS[-1], best) < best else parameters


def _unknown(stream: Stream, nearest: Parameters, least: int, room: int) -> Parameters:
    """What predicts most of a stream that no known encoder wrote; `nearest` leaves `least` differences."""
    planned = next(row for row in ENCODERS if row[MODE] == PLANNED)
    score = _score(stream, planned, room, least) if len(stream.content) <= _PLANNABLE else _HOPELESS
    if 2 * score < least:
        return planned
    climbed = _climbed(stream, nearest, room)
    return climbed if score == _HOPELESS or _score(stream, climbed, room, score) <= score else planned


def _climbed(stream: Stream, start: Parameters, room: int) -> Parameters:
    """Better than `start`, if there is something: by changing one parameter after the other, and by other rows."""
    room = max(room, _ROUNDS[1])
    best, found = _score(stream, start, room, _HOPELESS), start
    rows = _candidates(stream)
    for trials in (_WINDOWS, _CHOICES, _CHOICES):
        before = found
        for place, values in trials:
            for value in values:
                trial = _changed(found, place, value)
                score = _score(stream, trial, room, best) if trial != found else _HOPELESS
                if score < best:
                    best, found = score, trial
        if found == before and trials is _CHOICES:
            break
        if found != before and trials is _WINDOWS:
            for row in rows:
                for place, _ in _WINDOWS:
                    row = _changed(row, place, found[place])
                score = _score(stream, row, room, best)
                if score < best:
                    best, found = score, row
    return found


def _candidates(stream: Stream) -> list[Parameters]:
    """Known encoders, with the size of blocks that this stream shows."""
    blocks = stream.blocks
    if (blocks[:, TYPE] == STORED).all():
        whole = next(row for row in ENCODERS if row[MODE] == WHOLE)
        usual = _changed(whole, FULL, max(int(blocks[0, BYTES]), 64)) if len(blocks) > 1 else whole
        return [usual, *(row for row in _popular() if row[MODE] == PATIENT)][:3]
    full = _full_block(stream)
    reach = int((stream.tokens & 0xFFFF).max()) if len(stream.tokens) else 0
    out = []
    for row in _popular():
        if (row[MODE] == LITERAL and reach) or (row[MODE] == RUN and reach > 1):
            continue
        if full is not None and full != row[FULL] and row[MODE] < AHEAD_0:
            # A size of blocks that tells the memory level tells the bits of the hash as well.
            if full & (full + 1) == 0 and full < 32768:
                if row[HASH] != 15:
                    continue
                row = _changed(row, HASH, min(full.bit_length() + 1, 16))
            row = _changed(row, FULL, full)
        out.append(_changed(row, FARTHEST, 1 << 15) if reach > max(row[FARTHEST], ZLIB_FARTHEST) else row)
    out = list(dict.fromkeys(out))
    if len(stream.tokens) > 1000 and not (blocks[:, TYPE] == DYNAMIC).any():
        return [(*row[:-1], ALL_FIXED) for row in out]
    return out


def _popular() -> list[Parameters]:
    """The known encoders, those that are met most often first."""
    levels = [6, 9, 5, 7, 8, 4, 1, 3, 2]
    order = [4 * (level - 1) + k for k in range(4) for level in levels]
    return [ENCODERS[i] for i in order] + [row for row in ENCODERS[36:] if row[MODE] not in (WHOLE, PLANNED)]


def _full_block(stream: Stream) -> int | None:
    """Tokens after which blocks end, if they do; ENDLESS if they do not; None if no block shows it."""
    blocks = stream.blocks
    coded = blocks[:, TYPE] != STORED
    most = int(blocks[coded, TOKENS].max())
    before_empty = np.append(blocks[1:, BYTES] == 0, False)
    counts = blocks[coded & (blocks[:, LAST] == 0) & ~before_empty, TOKENS]
    if len(counts):
        count, times = Counter(counts.tolist()).most_common(1)[0]
        if 2 * times > len(counts) + 1 and count >= 64:
            return int(count)
        largest = int(counts.max())
        if largest == most and largest & (largest + 1) == 0 and 127 <= largest < 32768:
            return largest
    return None if most < 16383 else 32767 if most < 32767 else ENDLESS


def _changed(parameters: Parameters, place: int, value: int) -> Parameters:
    return (*parameters[:place], value, *parameters[place + 1 :])


def _score(stream: Stream, parameters: Parameters, room: int, most: int) -> int:
    """Differences in the first tokens, ends of blocks counted as four; _HOPELESS if there are more than `most`."""
    walker = Walker(stream.content, parameters, room)
    differences = np.empty((min(most + 1, room + 1), 4), np.int32)
    ends = np.empty((len(stream.blocks), 3), np.int64)
    status = walker.go(1, differences, ends, stream, most)
    return walker.differences + 4 * walker.ends if status in (FINE, MORE_ROOM) else _HOPELESS
