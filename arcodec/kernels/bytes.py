"""The byte model: contexts look up bit histories, mixers weigh what they predict, APMs refine the result.

The method is that of the PAQ family (Mahoney 2005): a byte is eight decisions, most significant bit first, and
each is predicted by all contexts together. All of it in integers.
"""

from __future__ import annotations

import numpy as np
from numba import int32, uint64

from arcodec.kernels import apm as apms
from arcodec.kernels.compiling import inline, kernel
from arcodec.kernels.contexts import (
    CLASS,
    COARSE_SHAPE,
    CONTEXTS,
    HISTORY,
    K1,
    PERIOD,
    RECENT,
    WORD_LENGTH,
    hash_contexts,
    hash_expected,
    hash_nibble,
    remember,
)
from arcodec.kernels.counters import MAP_LIMIT, learn, map_p12, node_p16, node_state, updated_node
from arcodec.kernels.match import BUCKET, BUCKETS, FAILED, MODELS, QUALITY, STEADY, follow, match_places
from arcodec.kernels.mixer import STRETCH, dot, squash, train
from arcodec.kernels.port import code_bit, end_symbol, overrun
from arcodec.kernels.slots import SIBLING, WORDS, continue_run, fetch_slot, find_slot, run_byte, run_count

# Inputs of the mixer. Four per context, each kind together: the node's probability, the bit history's, how far
# that is from 1/2, the run.
NODE, STATE, LEAN, RUN = (k * CONTEXTS for k in range(4))
ORDER0 = 4 * CONTEXTS
MATCH = ORDER0 + 1  # two per match model: learnt belief, length
BIAS = MATCH + 2 * MODELS
WIDTH = (BIAS + 16) // 16 * 16  # the rest stays 0; whole vectors

# Weight sets: where each one's rows begin, by what it chooses among them.
SETS = 8
BY_ORDER0 = 0
BY_ORDER1 = BY_ORDER0 + 256
BY_ORDER2 = BY_ORDER1 + 256  # the byte before the last
BY_QUALITY = BY_ORDER2 + 256  # of the longest match, x bit
BY_SHAPE = BY_QUALITY + 16 * 8  # classes of the last three bytes
BY_KNOWN = BY_SHAPE + 512  # bit x number of contexts seen before
BY_EXPECTED = BY_KNOWN + 8 * 16  # the expected byte, or the class of the byte beside x bit
BY_WORD = BY_EXPECTED + 512  # length of the word x class of the last byte x bit
ROWS = BY_WORD + 1024
# Two final mixers, each over the outputs of all sets: chosen by order 0 and by the match's quality.
FINAL_ROWS = 256 + 16 * 8

RUN_LENGTHS = 16  # told apart in the maps of runs
APM_ORDER1 = 256 * 256  # rows
STATE_LIMIT = 1000  # of the counts in maps of bit histories
RUN_LIMIT = 255

# The step of the weights is LAST_RATE plus what FIRST_RATE has become: a half after HALF_LIFE bytes.
FIRST_RATE, LAST_RATE, HALF_LIFE = 800, 170, 15000
SMALL = 1000 << 8  # a set that is wrong by less than this, 2**-24, is left as it is: as good, and faster


@inline
def _fetch_apm(apm, row):
    """Begin to fetch an APM's row and its neighbour."""
    apms.fetch(apm, row)
    apms.fetch(apm, row ^ uint64(1))


@kernel(
    "int64(uint64[::1], uint32[::1], uint32[::1], uint8[::1], int64, uint32[::1], uint32[::1], uint32[::1],"
    " uint32[::1], int32[::1], int32[::1], int32[::1], int32[::1])"
)
def run(port, words, costs, symbols, stop, table, states, runs, matches, weights, final, apm, heads):
    """Code `symbols`; see `arcodec.models.base.Model.run`. The rest is working memory, as a fresh model has it.

    Args:
        table: uint32[16 * 2**k], k >= 3, the slots of contexts.
        states: uint32[CONTEXTS * 256], maps of bit histories.
        runs: uint32[CONTEXTS * RUN_LENGTHS * 8], maps of runs: is the run byte right, by its count and the bit.
        matches: uint32[MODELS * BUCKETS * 2], maps of matches: is the expected byte right, by length and at bit 0.
        weights: int32[ROWS * WIDTH].
        final: int32[FINAL_ROWS * SETS].
        apm: int32[(APM_ORDER1 + 2**k) * apms.STRIDE], k <= 16: rows for order 1, then hashed ones for order 3.
        heads: int32[MODELS * 2**k], positions for the match models.
    """
    slot_mask = uint64(len(table) // WORDS - 1)
    order3_mask = uint64(len(apm) // apms.STRIDE - APM_ORDER1 - 1)
    history = np.zeros(HISTORY, np.uint64)
    history[PERIOD] = uint64(1)
    hashes = np.zeros(CONTEXTS, np.uint64)
    nibble_hashes = np.zeros(CONTEXTS, np.uint64)
    slots = np.zeros(CONTEXTS, np.uint64)  # of the nibble being coded
    headers = np.zeros(CONTEXTS, np.uint64)  # the slots of the first nibble
    nodes = np.zeros(CONTEXTS, np.uint32)
    run_bytes = np.zeros(CONTEXTS, np.int64)  # 256 + the run byte; 0 without a run or once it proved wrong
    run_maps = np.zeros(CONTEXTS, np.int64)
    places = np.zeros(MODELS, np.uint64)
    pointers = np.zeros(MODELS, np.int64)
    lengths = np.zeros(MODELS, np.int64)
    expected = np.zeros(MODELS, np.int64)
    match_maps = np.zeros(MODELS, np.int64)
    order0 = np.full(256, 32768, np.int32)
    inputs = np.zeros(WIDTH, np.int32)
    inputs[BIAS] = 256
    rows = np.zeros(SETS, np.int64)
    outputs = np.zeros(SETS, np.int32)

    for i in range(stop):
        recent = history[RECENT]
        c1 = np.int64(recent & uint64(0xFF))
        c2 = np.int64((recent >> uint64(8)) & uint64(0xFF))

        # Everything this byte needs from large tables is asked for before any of it is used.
        match_places(history, heads, places)
        beside = hash_contexts(history, symbols, i, hashes)
        for k in range(CONTEXTS):
            fetch_slot(table, hashes[k] & slot_mask)
        follow(heads, places, symbols, i, pointers, lengths, expected)
        longest = MODELS - 1
        while longest > 0 and lengths[longest] == 0:
            longest -= 1
        guess = expected[longest]
        quality = np.int64(QUALITY[lengths[longest]])
        hash_expected(guess, quality, hashes)
        for k in range(CONTEXTS):
            slots[k] = find_slot(table, hashes[k], hashes[k] & slot_mask)
            headers[k] = slots[k]
            header = table[slots[k]]
            count = run_count(header)
            run_bytes[k] = 256 + run_byte(header) if count > 0 else 0
            run_maps[k] = (k * RUN_LENGTHS + min(count, RUN_LENGTHS - 1)) * 8

        shape = np.int64(history[COARSE_SHAPE])
        word = min(np.int64(history[WORD_LENGTH]), 7) * 16 + np.int64(CLASS[c1])
        rate = LAST_RATE + FIRST_RATE * HALF_LIFE // (HALF_LIFE + i)
        order3 = (recent & uint64(0xFFFFFF)) << uint64(8)
        nibble_rows = uint64(0)
        byte = np.int64(symbols[i])
        partial = np.int64(1)  # the bits known so far, a 1 before them
        node = uint64(1)  # the same for the nibble

        for j in range(8):
            if j == 3:
                for k in range(CONTEXTS):
                    nibble_hashes[k] = hash_nibble(hashes[k], partial)
                    fetch_slot(table, nibble_hashes[k] & slot_mask)
                    fetch_slot(table, (nibble_hashes[k] & slot_mask) ^ uint64(SIBLING))
            elif j == 4:
                sibling = uint64(partial & 1) * uint64(SIBLING)
                for k in range(CONTEXTS):
                    slots[k] = find_slot(table, nibble_hashes[k], (nibble_hashes[k] & slot_mask) ^ sibling)
                node = uint64(1)
            if j == 0 or j == 4:
                nibble_rows = ((order3 | uint64(partial)) * K1) >> uint64(48)
            row3 = uint64(APM_ORDER1) + ((nibble_rows ^ node) & order3_mask)
            _fetch_apm(apm, uint64(APM_ORDER1) + ((nibble_rows ^ (node << uint64(1))) & order3_mask))

            # Predict.
            known = np.int64(0)
            for k in range(CONTEXTS):
                nodes[k] = table[slots[k] + node]
                inputs[NODE + k] = STRETCH[node_p16(nodes[k]) >> 4]
                state = node_state(nodes[k])
                if state > 0:
                    known += 1
                    p12 = map_p12(states[k * 256 + state])
                    inputs[STATE + k] = STRETCH[p12]
                    inputs[LEAN + k] = (p12 - 2048) >> 2
                else:
                    inputs[STATE + k] = 0
                    inputs[LEAN + k] = 0
                inputs[RUN + k] = 0
                if (run_bytes[k] >> (8 - j)) == partial:
                    belief = np.int64(STRETCH[map_p12(runs[run_maps[k] + j])])
                    inputs[RUN + k] = belief if (run_bytes[k] >> (7 - j)) & 1 else -belief
                else:
                    run_bytes[k] = 0
            inputs[ORDER0] = STRETCH[order0[partial] >> 4]
            for m in range(MODELS):
                inputs[MATCH + 2 * m] = 0
                inputs[MATCH + 2 * m + 1] = 0
                if (expected[m] >> (8 - j)) == partial:
                    first = np.int64(1) if j == 0 else np.int64(0)
                    match_maps[m] = (m * BUCKETS + np.int64(BUCKET[lengths[m]])) * 2 + first
                    belief = np.int64(STRETCH[map_p12(matches[match_maps[m]])])
                    length = min(lengths[m], STEADY) * 16
                    sign = np.int64(1) if (expected[m] >> (7 - j)) & 1 else np.int64(-1)
                    inputs[MATCH + 2 * m] = belief * sign
                    inputs[MATCH + 2 * m + 1] = length * sign
                else:
                    expected[m] = 0

            # Mix.
            right = (guess >> (8 - j)) == partial
            if not right and quality > 0:
                quality = np.int64(FAILED)
            rows[0] = BY_ORDER0 + partial
            rows[1] = BY_ORDER1 + c1
            rows[2] = BY_ORDER2 + c2
            rows[3] = BY_QUALITY + quality * 8 + j
            rows[4] = BY_SHAPE + shape
            rows[5] = BY_KNOWN + j * 16 + known * 16 // (CONTEXTS + 1)
            rows[6] = BY_EXPECTED + (guess if right else beside * 8 + j)
            rows[7] = BY_WORD + word * 8 + j
            for s in range(SETS):
                outputs[s] = dot(weights, rows[s] * WIDTH, inputs, WIDTH)
            final0 = partial * SETS
            final1 = (256 + quality * 8 + j) * SETS
            x0 = dot(final, final0, outputs, SETS)
            x1 = dot(final, final1, outputs, SETS)
            x = (x0 + x1) >> 1

            # Refine. The sum is above 0 and below 2**26, for squash is above 0 and an APM below 2**22.
            entry, part = apms.place(x)
            row1 = uint64((c1 << 8) | partial)
            p1 = apms.refined(apm, row1, entry, part)
            p3 = apms.refined(apm, row3, entry, part)
            p = (squash(x) + (p1 << 2) + (p3 << 3)) >> 2
            bit = code_bit(port, words, p, (byte >> (7 - j)) & 1)

            # Learn.
            apms.adapt(apm, row1, entry, part, bit, 6)
            apms.adapt(apm, row3, entry, part, bit, 5)
            truth = bit << 24
            train(final, final0, outputs, SETS, ((truth - squash(x0)) * 3) >> 11)
            train(final, final1, outputs, SETS, ((truth - squash(x1)) * 3) >> 11)
            for s in range(SETS):
                error = truth - squash(np.int64(outputs[s]))
                if abs(error) > SMALL:
                    train(weights, rows[s] * WIDTH, inputs, WIDTH, (error * rate) >> 16)
            for k in range(CONTEXTS):
                state = node_state(nodes[k])
                table[slots[k] + node] = updated_node(nodes[k], state, bit)
                if state > 0:
                    learn(states, k * 256 + state, bit, STATE_LIMIT)
                if run_bytes[k] > 0:
                    learn(runs, run_maps[k] + j, ((run_bytes[k] >> (7 - j)) & 1) ^ bit ^ 1, RUN_LIMIT)
            order0[partial] += int32(((bit << 16) - bit - np.int64(order0[partial])) >> 5)
            for m in range(MODELS):
                if expected[m] > 0:
                    learn(matches, match_maps[m], ((expected[m] >> (7 - j)) & 1) ^ bit ^ 1, MAP_LIMIT)
            partial = (partial << 1) | bit
            node = (node << uint64(1)) | uint64(bit)

        byte = partial & 255
        end_symbol(port, costs, i)
        symbols[i] = np.uint8(byte)
        if overrun(port, words):
            return i
        for k in range(CONTEXTS):
            table[headers[k]] = continue_run(table[headers[k]], byte)
        remember(history, symbols, i, byte)
    return stop
