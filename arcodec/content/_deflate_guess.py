"""Which encoder wrote a deflate stream: those that may have are tried on its beginning."""

from __future__ import annotations

from collections import Counter

import numpy as np

from arcodec.content._deflate import Stream, Walker
from arcodec.content._deflate_encoders import ENCODERS, ZLIB_FARTHEST, Parameters
from arcodec.kernels.deflate import BYTES, FIXED, LAST, STORED, TOKENS, TYPE
from arcodec.kernels.deflate_blocks import ALL_FIXED
from arcodec.kernels.deflate_match import (
    DIFFERENCES,
    ENDS,
    FARTHEST,
    FULL,
    HASH,
    MODE,
    MORE_DIFFERENCES,
    TOO_MUCH,
    WHOLE,
)

_ROUNDS = (1 << 12, 1 << 15, 1 << 18)  # tokens that are tried
_SLACK = 4  # differences that a better guess may be behind
_ENDLESS = 1 << 30


def encoder(stream: Stream) -> Parameters:
    """The parameters that predict the beginning of a stream best."""
    left = _candidates(stream)
    for room in _ROUNDS:
        scores: list[int] = []
        best = 1 << 30
        for parameters in left:
            score = _score(stream, parameters, room, best + best // 8 + _SLACK)
            scores.append(score)
            best = min(best, score)
        left = [parameters for parameters, score in zip(left, scores, strict=True) if score <= best + best // 16]
        if len(left) == 1 or len(stream.tokens) <= room:
            break
    return left[0]


def _candidates(stream: Stream) -> list[Parameters]:
    """Known encoders, with the size of blocks and the window that this stream shows."""
    blocks = stream.blocks
    full = _full_block(stream)
    if not len(stream.tokens) or (blocks[:, TYPE] == STORED).all():
        whole = next(row for row in ENCODERS if row[MODE] == WHOLE)
        usual = _changed(whole, FULL, max(int(blocks[0, BYTES]), 64)) if len(blocks) > 1 else whole
        return [usual, *ENCODERS[20:22]]
    reach = int((stream.tokens & 0xFFFF).max())
    farthest = ZLIB_FARTHEST
    if reach > farthest:
        farthest = 1 << 15
    elif len(stream.content) > 1 << 15:
        farthest = next(1 << bits for bits in range(9, 16) if (1 << bits) - 262 >= reach) - 262
    out = []
    for row in _popular():
        if row[MODE] == WHOLE:
            continue
        usual = row[FULL]
        if full is not None and full != usual:
            # A size of blocks that tells the memory level tells the bits of the hash as well.
            if full & (full + 1) == 0 and 127 <= full <= 32767:
                if row[HASH] != 15:
                    continue
                row = _changed(_changed(row, FULL, full), HASH, full.bit_length() + 1)
            else:
                row = _changed(row, FULL, full)
        out.append(_changed(row, FARTHEST, farthest) if farthest != ZLIB_FARTHEST else row)
    out = list(dict.fromkeys(out))
    if (blocks[:, TYPE] == FIXED).all():
        out = [(*row[:-1], ALL_FIXED) for row in out] if len(stream.tokens) > 1000 else out
    return out


def _popular() -> list[Parameters]:
    """The known encoders, those that are met most often first."""
    levels = [6, 9, 5, 7, 8, 4, 1, 3, 2]
    order = [4 * (level - 1) + k for k in range(4) for level in levels]
    return [ENCODERS[i] for i in order] + list(ENCODERS[36:])


def _full_block(stream: Stream) -> int | None:
    """Tokens after which blocks end, if they do; _ENDLESS if they do not; None if no block shows it."""
    blocks = stream.blocks
    coded = (blocks[:, TYPE] != STORED) & (blocks[:, LAST] == 0)
    before_empty = np.append(blocks[1:, BYTES] == 0, False)
    counts = blocks[coded & ~before_empty, TOKENS]
    if len(counts):
        count, times = Counter(counts.tolist()).most_common(1)[0]
        if 2 * times > len(counts) or (count & (count + 1) == 0 and count >= 127):
            return max(int(count), 64) if count >= 64 else _ENDLESS
        return _ENDLESS
    most = int(blocks[:, TOKENS].max())
    return None if most < 16383 else 32767 if most < 32767 else _ENDLESS


def _changed(parameters: Parameters, place: int, value: int) -> Parameters:
    return (*parameters[:place], value, *parameters[place + 1 :])


def _score(stream: Stream, parameters: Parameters, room: int, most: int) -> int:
    """Differences in the first tokens, ends of blocks counted as four."""
    walker = Walker(stream.content, parameters, room)
    differences = np.empty((min(most + 1, room + 1), 4), np.int32)
    ends = np.empty((len(stream.blocks), 3), np.int64)
    status = walker.go(given=1, differences=differences, ends=ends, stream=stream, most=most)
    if status in (TOO_MUCH, MORE_DIFFERENCES):
        return 1 << 30
    return int(walker.state[DIFFERENCES]) + 4 * int(walker.state[ENDS])
