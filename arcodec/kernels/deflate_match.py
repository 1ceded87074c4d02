"""What a deflate encoder would have done next, and where the one that wrote a stream did something else.

This is a part of the format: what it predicts must never change. It chooses as zlib does (greedy or lazy, with the
limits good, lazy, nice and chain; J. Gailly, M. Adler, `deflate.c`), always from the tokens that the stream really
has, so one difference does not make others.

One loop serves both directions. Taking a stream apart, it has the tokens and blocks and writes the differences;
putting it together, it has these and writes the tokens and spans of blocks.
"""

from __future__ import annotations

from collections.abc import Sequence

from numba import int32, int64, types, uint8, uint64

from arcodec.kernels import deflate_chains, libdeflate
from arcodec.kernels.compiling import fields_type, kernel, plain
from arcodec.kernels.deflate import BYTES, FREE, LAST, LONGEST, OTHER_258, STORED, TOKENS, TYPE
from arcodec.kernels.deflate_chains import BASE, CHAINED, WINDOW, WORK, Chains

# Parameters. How tokens are chosen; the limits; bits of the hash, bytes that it covers, farthest distance, farthest
# one of 3 bytes, least length, first position that can be found, tokens in a block.
MODE, GOOD, LAZY, NICE, CHAIN, HASH, COVERED, FARTHEST, FAR_3, LEAST, FIRST, FULL = range(12)
PARAMETERS = 12
# Modes. WHOLE is for stored blocks, without copies; PLANNED takes what `deflate_plan` says; the last three are of
# `libdeflate`, by the places that it looks at after a match.
LITERAL, RUN, GREEDY, PATIENT, WHOLE, PLANNED, AHEAD_0, AHEAD_1, AHEAD_2 = range(9)

# The state. Where it is; what the last search found here already, length and distance, and whether a literal comes
# before it; is a block begun, tokens in
# it, its end by tokens and by position, flags, is a copy cut short; counters of tokens (read, written), spans,
# blocks, differences, ends; right tokens and ends since the last difference; is the last block done; where what is
# planned begins and ends.
AT, HELD, HELD_BACK, INSIDE, COUNT, STOP, EDGE, RULE, CUT, READ, WROTE, SPANS, BLOCK = range(13)
DIFFERENCES, ENDS, RIGHT, LAST_END, FINISHED, PLAN, PLANNED_TO, WAITING, LIBRARY = range(13, 22)
STATE = LIBRARY + libdeflate.STATE

# Answers.
FINE, MORE_ROOM, MORE_DIFFERENCES, MORE_ENDS, TOO_MUCH, WRONG, MORE_PLAN = range(7)

# How a block ends: as predicted, after so many tokens, at a flush, or at a place that cuts a copy; then two flags.
PREDICTED, BY_TOKENS, BY_FLUSH, BY_CUT = range(4)
OTHER_LAST, RESET = 4, 8

# Differences: what is there instead. For SAME_* the length is the predicted one, for *_HOP the distance is that of
# the n-th position in the chain where that length matches; FIRST_HOP stands for the nearest of them.
LITERAL_INSTEAD, FIRST_HOP, HOP, FAR_AWAY, SAME_HOP, SAME_FAR = range(6)
KINDS = 6

SEGMENT = 1 << 20  # bytes that are planned at once
WORK_EACH, WORK_AT_LEAST = 1024, 1 << 22
ANY = 1 << 40  # differences: as many as there are


def chains_for(parameters: Sequence[int], size: int) -> Chains:
    """Those that these parameters take, for so many bytes of content."""
    mode = parameters[MODE]
    settings = [parameters[k] for k in (HASH, COVERED, FARTHEST, FIRST, NICE)]
    return deflate_chains.allocate(
        size, settings, parameters[CHAIN] if mode in (GREEDY, PATIENT) else 0, threes=mode >= AHEAD_0
    )


@plain
def _predict(content, chains, state, parameters, end, choice):
    """The token that comes next, 0 for a literal, and what a search at the place after it found already: two in one.

    The second is shifted by 32 bits.
    """
    at = state[AT]
    mode = parameters[MODE]
    if mode in (LITERAL, WHOLE):
        return int64(0)
    if mode == PLANNED:
        return int64(choice[uint64(at - state[PLAN])])
    if mode == RUN:
        length = int64(0)
        if at > chains.state[BASE]:
            room = min(int64(LONGEST), end - at)
            while length < room and content[at + length] == content[at - 1]:
                length += 1
        return length << 16 | 1 if length >= 3 else int64(0)
    if mode >= AHEAD_0:
        held = state[HELD] << 16 | state[HELD_BACK] if 0 < state[HELD] <= end - at else int64(0)
        if held and state[WAITING]:
            return held << 32
        begin = state[INSIDE] - 1
        library = state[LIBRARY:]
        if at == begin and held == 0:
            libdeflate.begin_block(content, chains, at, parameters[CHAIN], library)
        return libdeflate.predict(
            content,
            chains,
            library,
            at,
            begin,
            held,
            mode - AHEAD_0,
            parameters[CHAIN],
            parameters[FAR_3],
            parameters[LEAST],
        )
    deflate_chains.chain_up_to(content, chains, at)
    if 0 < state[HELD] <= end - at:
        token = state[HELD] << 16 | state[HELD_BACK]
    else:
        token = deflate_chains.longest_copy(content, chains, at, end, int64(2), parameters[CHAIN])
    length = token >> 16
    if length < parameters[LEAST] or (length == 3 and token & 0xFFFF > parameters[FAR_3]):
        return int64(0)
    if mode == PATIENT and length < parameters[LAZY]:
        chain = parameters[CHAIN] >> 2 if length >= parameters[GOOD] else parameters[CHAIN]
        deflate_chains.chain_up_to(content, chains, at + 1)
        later = deflate_chains.longest_copy(content, chains, at + 1, end, length, max(chain, int64(1)))
        if later:
            return later << 32
    return token


@kernel(
    int64(
        types.Array(uint8, 1, "C", True),
        int64[::1],
        int64,
        int64,
        int32[::1],
        int64[:, ::1],
        int32[::1],
        int64[:, ::1],
        int32[:, ::1],
        int64[:, ::1],
        int64[::1],
        fields_type(Chains),
        int32[::1],
    )
)
def walk(content, parameters, given, most, read, blocks, wrote, spans, differences, ends, state, chains, choice):
    """Go over a stream, until it is at its end or an array is full; called again, it goes on.

    Args:
        content: uint8[n], n < 2**31.
        parameters: int64[PARAMETERS], in the ranges that `arcodec.content._deflate` checks.
        given: 1 to take a stream apart, 0 to put it together.
        most: differences, if it is taken apart, after which to give up.
        read: int32[t], the tokens of the stream, only if it is taken apart.
        blocks: int64[b, FIELDS], likewise.
        wrote: int32[u], the tokens, written, those of stored blocks as predicted.
        spans: int64[s, 5], written for each block: the end of its tokens in `wrote`, the end of its bytes in content,
            whether it is the last, tokens, first byte.
        differences: int32[d, 4]: right tokens before it, what is there, length less 3, hop or distance.
        ends: int64[e, 3]: blocks before it that end as predicted, PREDICTED ... BY_CUT with OTHER_LAST and RESET,
            tokens or bytes.
        state: int64[STATE], zeros at first; if it is put together, DIFFERENCES and ENDS count what is used.
        chains: from `chains_for`.
        choice: int32[...], what is planned for the bytes from state[PLAN] on, only for PLANNED.

    Returns:
        FINE at the end of the stream, MORE_ROOM (tokens, spans), MORE_DIFFERENCES, MORE_ENDS, TOO_MUCH, WRONG, or
        MORE_PLAN, where the bytes from state[PLAN] to state[PLANNED_TO] are to be planned first.
    """
    size = int64(content.size)
    all_work = WORK_EACH * size + WORK_AT_LEAST
    while True:
        if state[INSIDE] == 0:
            if state[FINISHED]:
                return FINE
            if state[SPANS] >= len(spans):
                return MORE_ROOM
            state[COUNT] = 0
            state[CUT] = 0
            state[STOP] = parameters[FULL]
            state[EDGE] = size
            state[RULE] = PREDICTED
            if given:
                b = state[BLOCK]
                edge = state[AT] + blocks[b, BYTES]
                if blocks[b, TYPE] == STORED:
                    state[RULE] = BY_CUT
                    state[EDGE] = edge
                else:
                    state[STOP] = blocks[b, TOKENS]
                    flushed = b + 1 < len(blocks) and blocks[b + 1, BYTES] == 0 and state[STOP] < parameters[FULL]
                    if blocks[b, BYTES] > 0 and (flushed or parameters[MODE] == PLANNED):
                        state[RULE] = BY_FLUSH
                        state[EDGE] = edge
            elif state[ENDS] < len(ends) and state[LAST_END] == ends[state[ENDS], 0]:
                value = ends[state[ENDS], 2]
                state[RULE] = ends[state[ENDS], 1]
                state[ENDS] += 1
                state[LAST_END] = 0
                rule = state[RULE] & 3
                if rule == BY_TOKENS:
                    state[STOP] = value
                elif rule != PREDICTED:
                    if value > size - state[AT]:
                        return WRONG
                    state[EDGE] = state[AT] + value
            else:
                state[LAST_END] += 1
            state[INSIDE] = 1 + state[AT]
        rule = state[RULE] & 3
        edge = state[EDGE]
        end = edge if rule == BY_FLUSH else size
        hidden = given and rule == BY_CUT
        while state[AT] < edge and (rule >= BY_FLUSH or state[COUNT] < state[STOP]):
            if state[WROTE] >= wrote.size:
                return MORE_ROOM
            if state[DIFFERENCES] >= len(differences) and given:
                return MORE_DIFFERENCES
            if chains.state[WORK] > all_work:
                return TOO_MUCH
            at = state[AT]
            if parameters[MODE] == PLANNED and at >= state[PLANNED_TO]:
                state[PLAN] = at
                state[PLANNED_TO] = min(edge, at + SEGMENT)
                return MORE_PLAN
            both = _predict(content, chains, state, parameters, end, choice)
            token = both & 0xFFFFFFFF
            later = both >> 32
            if rule == BY_CUT and at + (token >> 16) > edge:
                state[CUT] = 1
                token = (edge - at) << 16 | (token & 0xFFFF) if edge - at >= 3 else int64(0)
            actual = token
            n = state[DIFFERENCES]
            if given:
                if not hidden:
                    actual = int64(read[state[READ]])
                    state[READ] += 1
                if actual != token:
                    if n >= most:
                        return TOO_MUCH
                    length = actual >> 16
                    kind = LITERAL_INSTEAD
                    where = int64(0)
                    if length:
                        deflate_chains.chain_up_to(content, chains, at)
                        true = min(length, int64(LONGEST))
                        where = deflate_chains.hop(content, chains, at, true, int64(0), actual & 0xFFFF)
                        same = length == token >> 16
                        if where < 0:
                            kind = SAME_FAR if same else FAR_AWAY
                            where = actual & 0xFFFF
                        else:
                            kind = SAME_HOP if same else (HOP if where else FIRST_HOP)
                    differences[n, 0] = state[RIGHT]
                    differences[n, 1] = kind
                    differences[n, 2] = length - 3
                    differences[n, 3] = where
                    state[DIFFERENCES] += 1
                    state[RIGHT] = 0
                else:
                    state[RIGHT] += 1
            elif n < len(differences) and state[RIGHT] == differences[n, 0]:
                state[DIFFERENCES] += 1
                state[RIGHT] = 0
                kind = differences[n, 1]
                if kind == LITERAL_INSTEAD:
                    actual = int64(0)
                else:
                    length = token >> 16 if kind >= SAME_HOP else int64(differences[n, 2]) + 3
                    where = int64(differences[n, 3])
                    true = min(length, int64(LONGEST))
                    if length < 3 or length > OTHER_258 or at + true > edge:
                        return WRONG
                    if kind in (FAR_AWAY, SAME_FAR):
                        if where < 1 or where > min(at, int64(WINDOW)):
                            return WRONG
                        for i in range(at, at + true):
                            if content[i] != content[i - where]:
                                return WRONG
                    else:
                        deflate_chains.chain_up_to(content, chains, at)
                        hop = int64(0) if kind == FIRST_HOP else where
                        where = deflate_chains.hop(content, chains, at, true, hop, int64(0))
                        if where < 0:
                            return WRONG
                    actual = length << 16 | where
            else:
                state[RIGHT] += 1
            wrote[state[WROTE]] = actual
            state[WROTE] += 1
            state[COUNT] += 1
            length = min(actual >> 16, int64(LONGEST))
            if length == 0:
                state[LIBRARY + libdeflate.LITERALS + content[at]] += 1
                state[AT] += 1
                state[HELD] = later >> 16 & 0xFFF if token == 0 else 0
                state[HELD_BACK] = later & 0xFFFF
                state[WAITING] = later >> 28
                continue
            state[HELD] = 0
            state[AT] += length
            if parameters[MODE] == GREEDY and length > parameters[LAZY]:
                deflate_chains.chain_up_to(content, chains, at + 1)
                chains.state[CHAINED] = state[AT]
        # The block is at its end.
        place = state[AT]
        count = state[COUNT]
        full = parameters[FULL]
        last = int64(place == size and (count < full or parameters[MODE] == WHOLE))
        if given:
            b = state[BLOCK]
            if state[ENDS] >= len(ends):
                return MORE_ENDS
            if hidden:
                usual = state[CUT] == 0 and (count == full or (place == size and count < full))
            else:
                usual = count == full or (place == size and count < full)
                if rule == BY_FLUSH and place < size:
                    usual = False
                elif not usual:
                    rule = int64(BY_TOKENS)
            flags = int64(PREDICTED) if usual else rule
            if blocks[b, LAST] != last:
                flags |= OTHER_LAST
            if blocks[b, FREE] and rule == BY_FLUSH and not usual:
                flags |= RESET
            if flags:
                ends[state[ENDS], 0] = state[LAST_END]
                ends[state[ENDS], 1] = flags
                ends[state[ENDS], 2] = count if rule == BY_TOKENS else place - state[INSIDE] + 1
                state[ENDS] += 1
                state[LAST_END] = 0
            else:
                state[LAST_END] += 1
            last = blocks[b, LAST]
            state[RULE] = flags
        else:
            if state[RULE] & 3 == BY_TOKENS and count < state[STOP]:
                return WRONG
            if state[RULE] & OTHER_LAST:
                last = 1 - last
            if last and place < size:
                return WRONG
        if state[RULE] & RESET:
            chains.state[BASE] = place
            chains.state[CHAINED] = max(chains.state[CHAINED], place)  # a place chained twice would lead to itself
            state[HELD] = 0
        state[PLANNED_TO] = 0
        n = state[SPANS]
        spans[n, 0] = state[WROTE]
        spans[n, 1] = place
        spans[n, 2] = last
        spans[n, 3] = count
        spans[n, 4] = state[INSIDE] - 1
        state[SPANS] += 1
        state[BLOCK] += 1
        state[FINISHED] = last
        state[INSIDE] = 0
