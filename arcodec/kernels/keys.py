"""Keys and values: where a byte stands in XML, JSON and lists of assignments, and what the same key held last.

Tags and brackets are kept on a stack of hashes, so that a key has a path. A value begins after a tag, `=`, `:`,
or a comma within brackets; it is followed along the value that its key had the last time.
"""

from __future__ import annotations

import numpy as np
from numba import uint64

from arcodec.kernels.compiling import plain
from arcodec.kernels.hashing import K1, K2, K3

# Slots, uint64[SLOTS] from `base` on.
MODE = 0  # TEXT, or within a tag: its name, its attributes
DEPTH = 1  # of the stack
NAME = 2  # hash of the name of the tag so far
TOKEN = 3  # hash of the bytes since the last separator
IDENTIFIER = 4  # hash of the last token that was not empty, complete or not
QUOTED = 5  # within double quotes: 1
CLOSING = 6  # within a tag that ends an element: 1
KEY = 7  # hash of the key of this value, and its path
LOCAL = 8  # hash of the key alone
KEY1 = 9  # KEY of the value before
VALUE = 10  # hash of the value so far
LENGTH = 11  # of it
BEFORE = 12  # where in the symbols the last value of this key is followed; 0: nowhere
AGREED = 13  # for how many bytes both values agreed
STACK = 16  # [64] hashes of paths
COMMAS = STACK + 64  # [64] commas since the bracket was opened
_HEADS = COMMAS + 64  # [4096] where the last value of a key began
SLOTS = _HEADS + 4096

TEXT, IN_NAME, IN_TAG = range(3)
_SCAN = 64  # how far along the last value the same separator is looked for


def _separators() -> np.ndarray:
    """bool[256]: bytes that no token holds."""
    table = np.zeros(256, np.bool_)
    table[list(b" \t\r\n\"'`,;:=|()[]{}<>&")] = True
    return table


SEPARATOR = _separators()


@plain
def _begin(history, base, key, local, position):
    """A value begins after `position`."""
    history[base + uint64(KEY1)] = history[base + uint64(KEY)]
    history[base + uint64(KEY)] = key
    history[base + uint64(LOCAL)] = local
    history[base + uint64(VALUE)] = uint64(0)
    history[base + uint64(LENGTH)] = uint64(0)
    history[base + uint64(AGREED)] = uint64(0)
    head = base + uint64(_HEADS) + ((key * K1) >> uint64(52))
    history[base + uint64(BEFORE)] = history[head]
    history[head] = uint64(position + 1)


@plain
def _push(history, base, name):
    """An element or bracket is opened; returns the hash of its path."""
    depth = history[base + uint64(DEPTH)]
    path = (history[base + uint64(STACK) + depth] + name) * K2
    path ^= path >> uint64(29)
    depth = min(depth + uint64(1), uint64(63))
    history[base + uint64(DEPTH)] = depth
    history[base + uint64(STACK) + depth] = path
    history[base + uint64(COMMAS) + depth] = uint64(0)
    return path


@plain
def _pop(history, base):
    """It is closed; returns the hash of the path outside."""
    depth = history[base + uint64(DEPTH)]
    if depth > uint64(0):
        depth -= uint64(1)
    history[base + uint64(DEPTH)] = depth
    return history[base + uint64(STACK) + depth]


@plain
def _follow(history, base, symbols, position, byte):
    """Go on along the last value of the same key."""
    before = history[base + uint64(BEFORE)]
    if before == uint64(0) or np.int64(before) >= position:
        return
    if np.int64(symbols[before]) == byte:
        history[base + uint64(BEFORE)] = before + uint64(1)
        history[base + uint64(AGREED)] += uint64(1)
        return
    history[base + uint64(AGREED)] = uint64(0)
    if SEPARATOR[byte]:
        for k in range(min(np.int64(_SCAN), position - np.int64(before))):
            other = np.int64(symbols[before + uint64(k)])
            if other == byte:
                history[base + uint64(BEFORE)] = before + uint64(k + 1)
                return
            if other == 10:
                return
    elif not SEPARATOR[symbols[before]]:
        history[base + uint64(BEFORE)] = before + uint64(1)


@plain
def follow_keys(history, base, symbols, position, byte):
    """Take in `byte` = symbols[position], int64. `history`: uint64, its slots from `base`, uint64, on."""
    _follow(history, base, symbols, position, byte)
    history[base + uint64(VALUE)] = (history[base + uint64(VALUE)] + uint64(byte) + uint64(1)) * K3
    history[base + uint64(LENGTH)] += uint64(1)
    token = history[base + uint64(TOKEN)]
    mode = history[base + uint64(MODE)]
    quoted = history[base + uint64(QUOTED)]
    name = history[base + uint64(NAME)]
    path = history[base + uint64(STACK) + history[base + uint64(DEPTH)]]
    if SEPARATOR[byte]:
        history[base + uint64(TOKEN)] = uint64(0)
    else:
        token = (token + uint64(byte) + uint64(1)) * K1
        token ^= token >> uint64(31)
        history[base + uint64(TOKEN)] = token
        history[base + uint64(IDENTIFIER)] = token
    identifier = history[base + uint64(IDENTIFIER)]
    last = np.int64(symbols[uint64(position - 1)]) if position > 0 else 0

    if byte == 60:  # <
        history[base + uint64(MODE)] = uint64(IN_NAME)
        history[base + uint64(NAME)] = uint64(0)
        history[base + uint64(CLOSING)] = uint64(0)
    elif mode != uint64(TEXT):
        if byte == 62:  # >
            history[base + uint64(MODE)] = uint64(TEXT)
            history[base + uint64(QUOTED)] = uint64(0)
            if history[base + uint64(CLOSING)] != uint64(0):
                path = _pop(history, base)
                _begin(history, base, path + name * K3, name + uint64(1), position)
            elif last != 47 and last != 63 and last != 45:  # / ? -
                _begin(history, base, _push(history, base, name), name, position)
        elif byte == 61:  # =
            _begin(history, base, path * K1 + name * K3 + identifier, name + identifier, position)
        elif mode == uint64(IN_NAME):
            if byte == 47 and name == uint64(0):
                history[base + uint64(CLOSING)] = uint64(1)
            elif SEPARATOR[byte]:
                history[base + uint64(MODE)] = uint64(IN_TAG)
            else:
                history[base + uint64(NAME)] = (name + uint64(byte) + uint64(1)) * K2
    elif byte == 34 and last != 92:  # " but not after \
        history[base + uint64(QUOTED)] = quoted ^ uint64(1)
    elif byte == 10:
        history[base + uint64(QUOTED)] = uint64(0)
    elif quoted == uint64(0):
        if byte == 58 or byte == 61:  # : =
            _begin(history, base, path * K1 + identifier, identifier, position)
        elif byte == 123 or byte == 91 or byte == 40:  # { [ (
            path = _push(history, base, history[base + uint64(LOCAL)] + uint64(byte))
            _begin(history, base, path, uint64(byte), position)
        elif byte == 125 or byte == 93 or byte == 41:  # } ] )
            path = _pop(history, base)
            _begin(history, base, path + uint64(byte), uint64(byte), position)
        elif byte == 44:  # ,
            commas = base + uint64(COMMAS) + history[base + uint64(DEPTH)]
            history[commas] += uint64(1)
            _begin(history, base, path * K1 + min(history[commas], uint64(3)), history[commas] & uint64(1), position)
