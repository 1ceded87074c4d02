"""What the byte model knows about the past: words, lines, fields, and the contexts hashed from them."""

from __future__ import annotations

import numpy as np
from numba import uint64

from arcodec.kernels.port import inline

import os
PICK = np.array([int(x) for x in os.environ.get("CTX", "0,1,2,3,4,5,6,7,8,9,10,15").split(",")])
CONTEXTS = len(PICK)
MATCH_AT = list(PICK).index(8)

K1 = uint64(0x9E3779B97F4A7C15)
K2 = uint64(0xD6E8FEB86659FD93)
K3 = uint64(0xA0761D6478BD642F)


def _classes() -> np.ndarray:
    """uint8[256]: the class of a byte, as text and program sources use it."""
    groups = {
        1: b"\n\r",
        2: b" \t",
        3: bytes(range(ord("a"), ord("z") + 1)),
        4: bytes(range(ord("A"), ord("Z") + 1)),
        5: b"0123456789",
        6: bytes(range(128, 256)),
        7: b"\"'`",
        8: b".,;:!?",
        9: b"([{<",
        10: b")]}>",
        11: b"=+-*/%&|^~",
        12: b"_$@#\\",
    }
    table = np.full(256, 13, np.uint8)
    table[:32] = 0
    for number, members in groups.items():
        table[list(members)] = number
    return table


CLASS = _classes()
COARSE = np.minimum(np.arange(16), 7).astype(np.uint8)  # eight classes out of fourteen, for weight sets
LOWER, UPPER, DIGIT, HIGH, QUOTE, OPEN, CLOSE, BLANK = 3, 4, 5, 6, 7, 9, 10, 2
SEPARATOR = np.array([CLASS[c] in (2, 7, 9, 10) or c in b",:;|=" for c in range(256)])

# Slots of the history, uint64[HISTORY].
RECENT = 0  # last 8 bytes, the latest lowest
OLDER = 1  # the 8 bytes before those
WORD = 2  # hash of the letters of the word so far
WORD1 = 3  # of the word before
SHAPE = 4  # classes of the last 16 bytes, 4 bits each
COARSE_SHAPE = 5  # coarse classes of the last 3 bytes, 3 bits each
WORD_LENGTH = 6
LINE = 7  # where this line begins
LINE1 = 8  # where the line above begins
ABOVE = 9  # the byte in the line above that is in the place of the next one
FIELD = 10  # number of fields before this one in the line
HISTORY = 500

_SCAN = 256  # how far along the line above the end of a field is looked for


@inline
def mixed(h):
    """A 64-bit hash: every bit of the result depends on every bit of h."""
    h *= K1
    h ^= h >> uint64(29)
    h *= K2
    return h ^ (h >> uint64(32))


@inline
def remember(history, symbols, position, c, lp):
    """Take in byte `c` = symbols[position]."""
    recent = history[RECENT]
    history[OLDER] = (history[OLDER] << uint64(8)) | (recent >> uint64(56))
    history[RECENT] = (recent << uint64(8)) | uint64(c)
    kind = np.int64(CLASS[c])
    history[SHAPE] = (history[SHAPE] << uint64(4)) | uint64(kind)
    history[COARSE_SHAPE] = ((history[COARSE_SHAPE] << uint64(3)) | uint64(COARSE[kind])) & uint64(511)

    letter = kind == LOWER or kind == UPPER or kind == HIGH
    if letter or kind == DIGIT:
        history[WORD_LENGTH] += uint64(1)
    else:
        history[WORD_LENGTH] = uint64(0)
    if letter:
        lower = uint64(c + 32) if kind == UPPER else uint64(c)
        h = (history[WORD] + lower + uint64(1)) * K1
        history[WORD] = h ^ (h >> uint64(31))
    elif history[WORD] != uint64(0):
        history[20] = history[WORD1]
        history[WORD1] = history[WORD]
        history[23] = history[WORD]
        history[WORD] = uint64(0)

    sd = np.int64(history[22])
    if kind == OPEN:
        sd = min(sd + 1, 63)
        history[22] = uint64(sd)
        history[80 + sd] = history[23] * K3 + uint64(c) + uint64(1)
    elif kind == CLOSE and sd > 0:
        history[22] = uint64(sd - 1)
    cp = (recent & uint64(0xFF))
    history[200 + np.int64(cp)] = (history[200 + np.int64(cp)] << uint64(8)) | uint64(c)
    # record
    g = position - lp[0, c]
    if g > 2 and g == lp[0, c] - lp[1, c] and g < 4096 and (g > 15 or g == lp[1, c] - lp[2, c]):
        if g == np.int64(history[24]):
            history[25] += uint64(1)
            if history[25] > uint64(12):
                history[21] = uint64(g)
        elif history[25] < uint64(3):
            history[24] = uint64(g)
            history[25] = uint64(0)
        else:
            history[25] -= uint64(3)
    lp[2, c] = lp[1, c]
    lp[1, c] = lp[0, c]
    lp[0, c] = position

    # The byte above: both lines advance together, field by field.
    line = np.int64(history[LINE])
    above = np.int64(history[ABOVE])
    if c == 10:
        history[LINE1] = uint64(line)
        history[ABOVE] = uint64(line)
        history[LINE] = uint64(position + 1)
        history[FIELD] = uint64(0)
    elif SEPARATOR[c]:
        history[FIELD] += uint64(1)
        end = min(line, above + _SCAN)
        k = above
        while k < end and symbols[k] != c and symbols[k] != 10:
            k += 1
        if k < end and symbols[k] == c:
            history[ABOVE] = uint64(k + 1)
    elif above < line and (symbols[above] == c or np.int64(CLASS[symbols[above]]) == kind):
        history[ABOVE] = uint64(above + 1)


@inline
def hash_contexts(history, symbols, hashes, i):
    """Fill `hashes`, uint64[CONTEXTS], with the contexts of the next byte.

    `expected`: 256 + the byte that the longest match expects, 0 without a match; `length`: its bucket, 0 ... 9.
    """
    recent = history[RECENT]
    word = history[WORD]
    line = np.int64(history[LINE])
    above = np.int64(history[ABOVE])
    up = uint64(symbols[above]) if above < line else uint64(0)
    up2 = uint64(symbols[above + 1]) if above + 1 < line else uint64(0)
    c1 = recent & uint64(0xFF)
    H = history[40:80]
    W2 = history[20]
    col = np.int64(history[LINE1]) * 0 + i - line
    l1 = np.int64(history[LINE1])
    ab = uint64(symbols[l1 + col]) if l1 + col < line else uint64(0)
    ucol = uint64(min(col, 255))
    c4 = recent & uint64(0xFFFFFFFF)
    word1 = history[WORD1]
    fidx = uint64(min(np.int64(history[FIELD]), 31))
    rlen = np.int64(history[21])
    ra = uint64(symbols[i - rlen]) if i >= rlen else uint64(0)
    rb = uint64(symbols[i - 2*rlen]) if i >= 2*rlen else uint64(0)
    rc = uint64(symbols[i - rlen + 1]) if i >= rlen and rlen>1 else uint64(0)
    rab = uint64(symbols[i - rlen - 1]) if i >= rlen + 1 else uint64(0)
    H[0] = c1
    H[1] = recent & uint64(0xFFFF)
    H[2] = recent & uint64(0xFFFFFF)
    H[3] = c4
    H[4] = recent & uint64(0xFFFFFFFFFF)
    H[5] = recent & uint64(0xFFFFFFFFFFFF)
    H[6] = word * K2 + c1
    H[7] = word * K2 + word1 * K3
    H[8] = uint64(0)
    H[9] = recent & uint64(0xFFFF00)
    H[10] = history[SHAPE] & uint64(0xFFFFFFFFFF)
    H[11] = ab | (c1 << uint64(8)) | (ucol << uint64(16))
    H[12] = recent
    H[13] = word * K2 + W2 * K3 + c1
    H[14] = word * K2 + word1 * K3 + W2 * K1
    H[15] = up | (up2 << uint64(8)) | (c1 << uint64(16)) | (fidx << uint64(24))
    H[16] = ab | (recent & uint64(0xFFFF)) << uint64(8)
    H[17] = word * K2 + fidx * K3
    H[18] = recent & uint64(0xFF00FF)
    H[19] = (recent & uint64(0xFF000000FF000000)) | uint64(i & 3)
    H[20] = history[80 + np.int64(history[22])] + word * K2
    H[22] = recent & uint64(0xFFFFFFFFFFFFFF)
    H[26] = (history[200 + np.int64(c1)] & uint64(0xFFFFFF)) | (c1 << uint64(24))
    H[28] = ra | (c1 << uint64(8)) | (uint64(min(rlen, 65535)) << uint64(16))
    H[29] = ra | (rb << uint64(8)) | (uint64(i % rlen) << uint64(16))
    H[30] = (history[200 + np.int64(c1)] & uint64(0xFFFF)) | ((recent & uint64(0xFFFF)) << uint64(16))
    # unified
    if rlen > 1:
        H[31] = ra | (c1 << uint64(8)) | (uint64(rlen) << uint64(16))
        H[32] = ra | (rb << uint64(8)) | (uint64(i % rlen) << uint64(16))
        H[33] = ra | (rc << uint64(8)) | (c1 << uint64(16)) | (rab << uint64(24))
    else:
        H[31] = H[11]
        H[32] = H[20]
        H[33] = H[15]
    H[34] = c1 | (recent & uint64(0xFF0000)) | ra << uint64(24)
    H[35] = (recent & uint64(0xFF000000)) | uint64(i & 3) | c1 << uint64(8)
    for i in range(CONTEXTS):
        hashes[i] = mixed(H[PICK[i]] + uint64(i + 1) * K3)
    return up
