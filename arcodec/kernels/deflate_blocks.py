"""The types of deflate blocks and their codes: what zlib would choose, how a stream differs from that, and the bits.

This is a part of the format: what it expects must never change. Notes on a block are the number of blocks without any
before it, flags, then what each flag says, in their order. One kernel notes them and writes blocks.

Every symbol is in range, as tokens have lengths 3 to OTHER_258 and distances 1 to 32768. A code may be anything that
notes say, a length at most 15.
"""

from __future__ import annotations

import numpy as np
from numba import int64

from arcodec.kernels.compiling import inline, kernel, plain
from arcodec.kernels.deflate import (
    BIT,
    BOTH,
    DISTANCE_BASE,
    DISTANCE_BITS,
    DISTANCES,
    DYNAMIC,
    END,
    FILL,
    FIXED,
    HEADER,
    INNER_LENGTHS,
    LENGTH_BASE,
    LENGTH_BITS,
    LENGTHS,
    LITERALS,
    LONGEST,
    ORDER,
    OTHER_258,
    RUN,
    STORED,
    TABLE,
    TYPE,
    copy,
    fixed_lengths,
    read_lengths,
)
from arcodec.kernels.deflate_trees import (
    CHEAPER,
    QUEUES,
    ROOM,
    SMOOTHED,
    all_runs,
    both_codes,
    codes,
    inner_count,
    inner_lengths,
    run_bits,
    trimmed,
)

# Parameters: how codes are built; whether runs go on from literals to distances; how types are chosen.
BUILD, JOINED, CHOICE = range(3)
CHEAPEST, ALL_STORED, ALL_FIXED = range(3)

# What differs in a block: 1 + its type, then these.
SHAPE, COUNTS, FILLED, RUNS, INNER, SENT = 4, 8, 16, 32, 64, 128
MOST_NOTES = 2048  # numbers that a block takes at most
MOST_HEADER = 1024  # bytes that a header takes at most

# The state: blocks done, their tokens, notes, blocks since the last with notes, bytes written, bits held, how many.
DONE, TOKEN, NOTES, PLAIN, OUT, WORD, BITS = range(7)
STATE = 7
FINE, MORE_NOTES, MORE_OUT, WRONG = range(4)


def _symbols(bases: np.ndarray, size: int) -> np.ndarray:
    """int32[size]: the place of the last base that is not above i."""
    return (np.searchsorted(bases, np.arange(size), side="right") - 1).astype(np.int32)


LENGTH_SYMBOL = _symbols(LENGTH_BASE, OTHER_258 + 1)
LENGTH_SYMBOL[OTHER_258] = 27
DISTANCE_SYMBOL = _symbols(DISTANCE_BASE, 32769)


@plain
def _note_changes(predicted, actual, count, notes, n):
    """Note where lengths differ: how many, then 4 * skipped + (0: one more, 1: one less, 2: what follows)."""
    first = n
    notes[n] = 0
    n += 1
    skipped = int64(0)
    for i in range(count):
        change = actual[i] - predicted[i]
        if change == 0:
            skipped += 1
            continue
        notes[first] += 1
        notes[n] = 4 * skipped + (0 if change == 1 else 1 if change == -1 else 2)
        n += 1
        skipped = int64(0)
        if abs(change) > 1:
            notes[n] = actual[i]
            n += 1
    return n


@plain
def _change(lengths, count, limit, notes, n):
    """Undo `_note_changes`, in place; the place in notes after it, or -1."""
    if n >= notes.size:
        return int64(-1)
    changes = int64(notes[n])
    n += 1
    i = int64(0)
    for _ in range(changes):
        if n >= notes.size:
            return int64(-1)
        i += notes[n] >> 2
        how = notes[n] & 3
        n += 1
        if i >= count or how == 3:
            return int64(-1)
        if how == 2:
            if n >= notes.size:
                return int64(-1)
            lengths[i] = notes[n]
            n += 1
        else:
            lengths[i] += 1 - 2 * how
        if not 0 <= lengths[i] <= limit:
            return int64(-1)
        i += 1
    return n


@plain
def _put(out, state, value, count):
    """Write `count` <= 48 bits."""
    word = state[WORD] | value << state[BITS]
    held = state[BITS] + count
    at = state[OUT]
    while held >= 8:
        out[at] = word & 255
        at += 1
        word >>= 8
        held -= 8
    state[WORD] = word
    state[BITS] = held
    state[OUT] = at


@inline
def _count_symbols(tokens, begin, end, content, byte, counts):
    """Count the symbols of a block: int32[BOTH], written; returns the bits that are extra."""
    counts[:] = 0
    extra = int64(0)
    for t in range(begin, end):
        token = tokens[t]
        if token == 0:
            counts[content[byte]] += 1
            byte += 1
            continue
        length = token >> 16
        symbol = LENGTH_SYMBOL[length]
        kind = DISTANCE_SYMBOL[token & 0xFFFF]
        counts[257 + symbol] += 1
        counts[LITERALS + kind] += 1
        extra += LENGTH_BITS[symbol] + DISTANCE_BITS[kind]
        byte += min(length, LONGEST)
    counts[END] += 1
    return extra


@kernel(
    "int64(Array(uint8, 1, 'C', True), int64[::1], int64, Array(uint8, 1, 'C', True), int64[:, ::1], int64,"
    "int32[::1], int64[:, ::1], int64, int32[::1], uint8[::1], int64[::1])"
)
def code_blocks(content, parameters, given, data, blocks, first, tokens, spans, count, notes, out, state):
    """Note what differs in blocks, or write their bits; returns before an array is full, to be called again.

    Args:
        content: uint8[n].
        parameters: int64[3].
        given: 1 to note differences, 0 to write.
        data: uint8[m], the stream, if they are noted.
        blocks: int64[b, ...], what `inflate` says of them, likewise; those of `spans` are from `first` on.
        tokens, spans: what `walk` wrote.
        count: spans that there are.
        notes: int32[k], written or read: blocks without any before it, flags, then what they say.
        out: uint8[o], written.
        state: int64[STATE]; zeros at first. If blocks are written, NOTES is how many are used.

    Returns:
        FINE, MORE_NOTES (room for MOST_NOTES is wanted), MORE_OUT, WRONG (the notes make no sense).
    """
    counts = np.empty(BOTH, np.int32)
    room = np.empty(ROOM, np.int32)
    lengths = np.empty(BOTH, np.int32)
    actual = np.empty(BOTH, np.int32)
    inner = np.empty(LENGTHS, np.int32)
    runs = np.empty(BOTH, np.int32)
    header = np.empty(HEADER, np.int32)
    table = np.empty(TABLE, np.int32)
    code = np.empty(BOTH, np.int32)
    inner_code = np.empty(LENGTHS, np.int32)
    plain_lengths = np.empty(BOTH, np.int32)
    fixed_lengths(plain_lengths)
    how = parameters[BUILD]
    while state[DONE] < count:
        b = state[DONE]
        begin, end = state[TOKEN], spans[b, 0]
        byte, stop = spans[b, 4], spans[b, 1]
        if given and state[NOTES] + MOST_NOTES > notes.size:
            return MORE_NOTES
        if not given and state[OUT] + 6 * (end - begin) + min(stop - byte, 1 << 16) + MOST_HEADER > out.size:
            return MORE_OUT
        # What is expected.
        kind = int64(STORED)
        if parameters[CHOICE] != ALL_STORED:
            extra = _count_symbols(tokens, begin, end, content, byte, counts)
            fixed = 3 + extra
            for i in range(BOTH):
                fixed += int64(counts[i]) * plain_lengths[i]
            joined = parameters[JOINED]
            first_try = int64(QUEUES) if how == CHEAPER else how
            dynamic = both_codes(counts, first_try, joined, lengths, runs, inner, room)
            if how == CHEAPER:
                smooth = both_codes(counts, int64(SMOOTHED), joined, actual, runs, inner, room)
                if smooth <= dynamic:
                    dynamic = smooth
                    copy(lengths, 0, actual, 0, len(lengths))
            dynamic += 3 + extra
            fixed = (fixed + 7) >> 3
            dynamic = (dynamic + 7) >> 3
            kind = int64(DYNAMIC)
            if fixed <= dynamic or parameters[CHOICE] == ALL_FIXED:
                dynamic = fixed
                kind = int64(FIXED)
            if stop - byte + 4 <= dynamic:
                kind = int64(STORED)
        # What is so.
        flags = int64(0)
        n = state[NOTES]
        fill = int64(0)
        if given:
            n += 2
            true = blocks[first + b, TYPE]
            if true != kind:
                flags |= 1 + true
            kind = true
            fill = blocks[first + b, FILL]
            if kind == STORED and fill:
                flags |= FILLED
                notes[n] = fill
                n += 1
            if kind == DYNAMIC and read_lengths(data, blocks[first + b, BIT], header, actual, table) < 0:
                return WRONG
        elif n < notes.size and notes[n] == state[PLAIN]:
            if n + 1 >= notes.size:
                return WRONG
            flags = int64(notes[n + 1])
            n += 2
            if flags & 3:
                kind = int64((flags & 3) - 1)
            if flags & FILLED:
                if n >= notes.size:
                    return WRONG
                fill = int64(notes[n])
                n += 1
        if kind == DYNAMIC:
            if parameters[CHOICE] == ALL_STORED:
                lengths[:] = 0
            if given:
                m = _note_changes(lengths, actual, BOTH, notes, n)
                if m > n + 1:
                    flags |= SHAPE
                    n = m
                    copy(lengths, 0, actual, 0, len(lengths))
            elif flags & SHAPE:
                n = _change(lengths, BOTH, 15, notes, n)
                if n < 0:
                    return WRONG
            literals = trimmed(lengths, int64(0), int64(LITERALS), int64(257))
            distances = trimmed(lengths, int64(LITERALS), int64(DISTANCES), int64(1))
            if given and (header[0] != literals or header[1] != distances):
                flags |= COUNTS
                literals = int64(header[0])
                distances = int64(header[1])
                notes[n] = literals - 257
                notes[n + 1] = distances - 1
                n += 2
            elif not given and flags & COUNTS:
                if n + 2 > notes.size:
                    return WRONG
                literals = int64(notes[n]) + 257
                distances = int64(notes[n + 1]) + 1
                n += 2
                if literals > LITERALS or distances > DISTANCES:
                    return WRONG
            used = all_runs(lengths, literals, distances, how, parameters[JOINED], runs, inner, room)
            if given:
                same = used == header[3]
                for i in range(min(used, int64(header[3]))):
                    same &= runs[i] == header[RUN + i]
                if not same:
                    flags |= RUNS
                    used = int64(header[3])
                    notes[n] = used
                    n += 1
                    for i in range(used):
                        runs[i] = header[RUN + i]
                        notes[n] = runs[i]
                        n += 1
            elif flags & RUNS:
                if n >= notes.size or notes[n] > BOTH or n + 1 + notes[n] > notes.size:
                    return WRONG
                used = int64(notes[n])
                n += 1
                for i in range(used):
                    runs[i] = notes[n]
                    n += 1
                    if runs[i] & 31 >= LENGTHS or runs[i] >> 5 >> run_bits(runs[i] & 31):
                        return WRONG
            inner_lengths(runs, used, inner, how, room)
            if given:
                m = _note_changes(inner, header[INNER_LENGTHS:], LENGTHS, notes, n)
                if m > n + 1:
                    flags |= INNER
                    n = m
                    copy(inner, 0, header, INNER_LENGTHS, len(inner))
            elif flags & INNER:
                n = _change(inner, LENGTHS, 7, notes, n)
                if n < 0:
                    return WRONG
            sent = inner_count(inner)
            if given and sent != header[2]:
                flags |= SENT
                sent = int64(header[2])
                notes[n] = sent
                n += 1
            elif not given and flags & SENT:
                if n >= notes.size:
                    return WRONG
                sent = int64(notes[n])
                n += 1
                if not 4 <= sent <= LENGTHS:
                    return WRONG
        state[DONE] += 1
        state[TOKEN] = end
        if given:
            if flags:
                notes[state[NOTES]] = state[PLAIN]
                notes[state[NOTES] + 1] = flags
                state[NOTES] = n
                state[PLAIN] = 0
            else:
                state[PLAIN] += 1
            continue
        if n > state[NOTES]:
            state[NOTES] = n
            state[PLAIN] = 0
        else:
            state[PLAIN] += 1
        # What it comes to.
        _put(out, state, spans[b, 2] | kind << 1, int64(3))
        if kind == STORED:
            size = stop - byte
            free = -state[BITS] & 7
            if size > 0xFFFF or fill >> free:
                return WRONG
            _put(out, state, fill, free)
            _put(out, state, size | (size ^ 0xFFFF) << 16, int64(32))
            at = state[OUT]
            copy(out, at, content, byte, size)
            state[OUT] += size
            continue
        if kind == DYNAMIC:
            _put(out, state, (literals - 257) | (distances - 1) << 5 | (sent - 4) << 10, int64(14))
            for i in range(sent):
                _put(out, state, int64(inner[ORDER[i]]), int64(3))
            codes(inner, int64(0), int64(LENGTHS), inner_code)
            for i in range(used):
                symbol = int64(runs[i] & 31)
                size = int64(inner[symbol])
                word = int64(inner_code[symbol]) if size else int64(0)
                _put(out, state, word | int64(runs[i] >> 5) << size, size + run_bits(symbol))
        else:
            copy(lengths, 0, plain_lengths, 0, len(lengths))
        codes(lengths, int64(0), int64(LITERALS), code)
        codes(lengths, int64(LITERALS), int64(DISTANCES), code)
        for t in range(begin, end):
            token = int64(tokens[t])
            if token == 0:
                symbol = int64(content[byte])
                byte += 1
                if lengths[symbol] == 0:
                    return WRONG
                _put(out, state, int64(code[symbol]), int64(lengths[symbol]))
                continue
            length = token >> 16
            place = int64(LENGTH_SYMBOL[length])
            symbol = 257 + place
            size = int64(lengths[symbol])
            word = int64(code[symbol])
            if size == 0:
                return WRONG
            length = min(length, int64(LONGEST))
            word |= (length - LENGTH_BASE[place]) << size
            size += LENGTH_BITS[place]
            distance = token & 0xFFFF
            place = int64(DISTANCE_SYMBOL[distance])
            if lengths[LITERALS + place] == 0:
                return WRONG
            word |= int64(code[LITERALS + place]) << size
            size += lengths[LITERALS + place]
            word |= (distance - DISTANCE_BASE[place]) << size
            size += DISTANCE_BITS[place]
            _put(out, state, word, size)
            byte += length
        if lengths[END] == 0:
            return WRONG
        _put(out, state, int64(code[END]), int64(lengths[END]))
    return FINE
