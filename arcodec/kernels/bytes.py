"""The byte model: contexts look up bit histories, mixers weigh what they predict, APMs refine the result.

The method is that of the PAQ family (Mahoney 2005): a byte is eight decisions, most significant bit first,
and each is predicted by all contexts together. All of it in integers. Which contexts, and how much of
everything, is the tier's to say (`arcodec.kernels.tier`).
"""

from __future__ import annotations

import numpy as np
from numba import int32, int64, uint8, uint32, uint64

from arcodec.kernels import apm as apms
from arcodec.kernels.colours import colour_places
from arcodec.kernels.compiling import fields_type, inline, kernel, plain
from arcodec.kernels.contexts import PIXEL, draw_contexts, draw_late_contexts, hash_context
from arcodec.kernels.counters import (
    CERTAIN,
    MAP_LIMIT,
    learn,
    map_p12,
    node_p16,
    node_state,
    slowly_updated_node,
    updated_node,
)
from arcodec.kernels.hashing import K1, salted
from arcodec.kernels.history import PIXELS, RECENT, remember
from arcodec.kernels.match import FAILED, STEADY, bucket, follow, match_places, quality_of, recover
from arcodec.kernels.mixer import STRETCH, dot, squash, train
from arcodec.kernels.net import Net, node_stretch, step
from arcodec.kernels.port import code_bit, end_symbol, overrun
from arcodec.kernels.selectors import select_for_bit, select_for_byte, word_class
from arcodec.kernels.slots import (
    SIBLING,
    continue_run,
    fetch_slot,
    find_slot,
    home,
    run_byte,
    run_count,
    slot_banks,
    teach_slot,
)
from arcodec.kernels.tables import APM_ORDER1, RUN_LENGTHS, Tables
from arcodec.kernels.tier import KINDS, LEAN, NODE, RUN, STATE, SURE_KINDS, Tier

STATE_LIMIT = 1000  # of the counts in maps of bit histories
RUN_LIMIT = 255
SMALL = 1000 << 8  # a set that is wrong by less than this, 2**-24, is left as it is: as good, and faster


@inline
def _fetch_apm(apm, row):
    """Begin to fetch an APM's row and its neighbour."""
    apms.fetch(apm, row)
    apms.fetch(apm, row ^ uint64(1))


@inline
def _teach(table, banks, bits, taught, first, second, byte):
    """Teach `byte` to the slots of the contexts `taught`, whose hashes are `first` and, for the nibble, `second`."""
    sibling = uint64((byte >> 4) & 1) * uint64(SIBLING)
    for k in taught:
        place = find_slot(table, first[k], home(first[k], banks, bits))
        teach_slot(table, place, byte >> 4)
        table[place] = continue_run(table[place], byte)
    for k in taught:
        place = find_slot(table, second[k], home(second[k], banks, bits) ^ sibling)
        teach_slot(table, place, byte & 15)


@plain
def _study(symbols, begin, stop, tier, tables):
    """Teach symbols[begin:stop] to the slots of contexts and to the match models.

    Each byte's slots are asked for while those of the byte before are taught.
    """
    contexts = tier.contexts
    taught = tier.taught
    parts = tier.parts
    minimums = tier.minimums
    table = tables.table
    heads = tables.heads
    history = tables.history
    values = tables.values
    hashes = tables.hashes
    nibble_hashes = tables.nibble_hashes
    places = tables.places
    first = tables.slots  # the hashes of the byte before
    second = tables.headers
    banks, bits = slot_banks(table)
    before = np.int64(-1)
    for i in range(begin, stop):
        byte = np.int64(symbols[i])
        partial = (256 | byte) >> 5
        sibling = uint64((byte >> 4) & 1) * uint64(SIBLING)
        match_places(history, tier.masks, heads, places)
        draw_contexts(history, parts, symbols, i, values)
        for k in taught:
            hashes[k] = hash_context(values, contexts[k])
            nibble_hashes[k] = salted(hashes[k], partial)
            fetch_slot(table, home(hashes[k], banks, bits))
            fetch_slot(table, home(nibble_hashes[k], banks, bits) ^ sibling)
        if before >= 0:
            _teach(table, banks, bits, taught, first, second, before)
        for k in taught:
            first[k] = hashes[k]
            second[k] = nibble_hashes[k]
        before = byte
        for m in range(len(minimums)):
            if i >= minimums[m]:
                heads[places[m]] = int32(i)
        remember(history, parts, symbols, i, byte)
    if before >= 0:
        _teach(table, banks, bits, taught, first, second, before)


@plain
def _run(port, words, costs, symbols, begin, stop, mixed, tier, tables, net):
    contexts = tier.contexts
    late = tier.late
    sets = tier.sets
    bases = tier.bases
    finals = tier.finals
    final_bases = tier.final_bases
    shares = tier.shares
    parts = tier.parts
    node_limit = tier.node_limit
    row_half_life = tier.row_half_life
    with_sure = tier.sure > 0
    width = tier.width
    final_width = tier.final_width
    n = uint64(len(contexts))
    models = len(tier.minimums)
    share = int64(65536) // len(finals)  # of a final mixer in the result, 2**-16
    order0_at = uint64(KINDS) * n
    sure_at = uint64(tier.width) - uint64(SURE_KINDS) * n  # of what is wanted only from tiers that are sure
    match_at = np.int64(order0_at) + 1
    net_at = match_at + 2 * models + 1
    has_net = len(net.state) > 0

    table = tables.table
    states = tables.states
    runs = tables.runs
    matches = tables.matches
    weights = tables.weights
    final = tables.final
    apm = tables.apm
    order0 = tables.order0
    heads = tables.heads
    history = tables.history
    values = tables.values
    hashes = tables.hashes
    nibble_hashes = tables.nibble_hashes
    slots = tables.slots
    headers = tables.headers
    run_bytes = tables.run_bytes
    run_maps = tables.run_maps
    places = tables.places
    pointers = tables.pointers
    lengths = tables.lengths
    misses = tables.misses
    expected = tables.expected
    match_maps = tables.match_maps
    nodes = tables.nodes
    inputs = tables.inputs
    chosen = tables.chosen
    selected = tables.selected
    visits = tables.visits
    rates = tables.rates
    outputs = tables.outputs
    final_selected = tables.final_selected
    final_outputs = tables.final_outputs

    banks, bits = slot_banks(table)
    match_rows = len(matches) // models
    order3_mask = uint64(len(apm) // apms.STRIDE - APM_ORDER1 - 1)

    if begin < mixed:
        _study(symbols, begin, min(mixed, stop), tier, tables)
    for i in range(max(begin, mixed), stop):
        recent = history[RECENT]
        c1 = np.int64(recent & uint64(0xFF))

        # Everything this byte needs from large tables is asked for before any of it is used.
        match_places(history, tier.masks, heads, places)
        beside = draw_contexts(history, parts, symbols, i, values)
        if parts & PIXELS:
            colour_places(values, uint64(PIXEL), heads, places)
        for k in range(n):
            hashes[k] = hash_context(values, contexts[k])
            fetch_slot(table, home(hashes[k], banks, bits))
        longest = models - 1
        if tier.recover > 0:
            recover(tier.minimums, heads, places, symbols, i, tier.recover, pointers, lengths, misses, expected)
            best = np.int64(-1)
            for m in range(models):
                if expected[m] > 0:
                    trust = map_p12(matches[m * match_rows + bucket(lengths[m], misses[m]) * 2])
                    if trust >= best:
                        best = trust
                        longest = m
        else:
            follow(tier.minimums, heads, places, symbols, i, pointers, lengths, expected)
            while longest > 0 and lengths[longest] == 0:
                longest -= 1
        guess = expected[longest]
        quality = quality_of(lengths[longest], misses[longest]) if guess > 0 else np.int64(0)
        draw_late_contexts(history, guess, expected[0], quality, values)
        for k in late:
            hashes[k] = hash_context(values, contexts[k])
        for k in range(n):
            slots[k] = find_slot(table, hashes[k], home(hashes[k], banks, bits))
            headers[k] = slots[k]
            header = table[slots[k]]
            count = run_count(header)
            run_bytes[k] = 256 + run_byte(header) if count > 0 else 0
            run_maps[k] = uint64((np.int64(k) * RUN_LENGTHS + min(count, RUN_LENGTHS - 1)) * 8)

        if has_net:
            step(
                net.table,
                net.recurrent,
                net.offset,
                net.step,
                net.recalled_bias,
                np.int64(c1),
                net.state,
                net.entering,
                net.sums,
            )
        select_for_byte(history, parts, symbols, i, chosen)
        word = word_class(history)
        rate = tier.last_rate + tier.first_rate * tier.half_life // (tier.half_life + max(i - mixed, 0))
        order3 = (recent & uint64(0xFFFFFF)) << uint64(8)
        nibble_rows = uint64(0)
        byte = np.int64(symbols[i])
        partial = np.int64(1)  # the bits known so far, a 1 before them
        node = uint64(1)  # the same for the nibble

        for j in range(8):
            if j == 3:
                for k in range(n):
                    nibble_hashes[k] = salted(hashes[k], partial)
                    fetch_slot(table, home(nibble_hashes[k], banks, bits))
                    fetch_slot(table, home(nibble_hashes[k], banks, bits) ^ uint64(SIBLING))
            elif j == 4:
                sibling = uint64(partial & 1) * uint64(SIBLING)
                for k in range(n):
                    slots[k] = find_slot(table, nibble_hashes[k], home(nibble_hashes[k], banks, bits) ^ sibling)
                node = uint64(1)
            if j == 0 or j == 4:
                nibble_rows = ((order3 | uint64(partial)) * K1) >> uint64(48)
            row3 = uint64(APM_ORDER1) + ((nibble_rows ^ node) & order3_mask)
            _fetch_apm(apm, uint64(APM_ORDER1) + ((nibble_rows ^ (node << uint64(1))) & order3_mask))

            # Predict.
            known = np.int64(0)
            sure = np.int64(0)
            for k in range(n):
                nodes[k] = table[slots[k] + node]
                place = k * uint64(KINDS)
                inputs[place + uint64(NODE)] = STRETCH[node_p16(nodes[k]) >> 4]
                state = node_state(nodes[k])
                if state > 0:
                    known += 1
                    p12 = map_p12(states[(k << uint64(8)) | uint64(state)])
                    inputs[place + uint64(STATE)] = STRETCH[p12]
                    inputs[place + uint64(LEAN)] = (p12 - 2048) >> 2
                else:
                    inputs[place + uint64(STATE)] = 0
                    inputs[place + uint64(LEAN)] = 0
                inputs[place + uint64(RUN)] = 0
                if (run_bytes[k] >> (8 - j)) == partial:
                    belief = np.int64(STRETCH[map_p12(runs[run_maps[k] + uint64(j)])])
                    inputs[place + uint64(RUN)] = belief if (run_bytes[k] >> (7 - j)) & 1 else -belief
                else:
                    run_bytes[k] = 0
            if with_sure:
                for k in range(n):
                    place = k * uint64(KINDS)
                    at = sure_at + k * uint64(SURE_KINDS)
                    certain = CERTAIN[node_state(nodes[k])]
                    sure += np.int64(certain)
                    inputs[at] = inputs[place + uint64(STATE)] if certain else 0
                    inputs[at + uint64(1)] = (node_p16(nodes[k]) - 32768) >> 6
                sure = shares[sure]
            inputs[order0_at] = STRETCH[order0[partial] >> 4]
            for m in range(models):
                inputs[match_at + 2 * m] = 0
                inputs[match_at + 2 * m + 1] = 0
                if (expected[m] >> (8 - j)) == partial:
                    first = np.int64(1) if j == 0 else np.int64(0)
                    match_maps[m] = m * match_rows + bucket(lengths[m], misses[m]) * 2 + first
                    belief = np.int64(STRETCH[map_p12(matches[match_maps[m]])])
                    length = min(lengths[m], STEADY) * 16
                    sign = np.int64(1) if (expected[m] >> (7 - j)) & 1 else np.int64(-1)
                    inputs[match_at + 2 * m] = belief * sign
                    inputs[match_at + 2 * m + 1] = length * sign
                else:
                    expected[m] = 0

            if has_net:
                inputs[net_at] = node_stretch(net.head, net.head_step, net.head_bias, partial, net.state)

            # Mix.
            if (guess >> (8 - j)) != partial:
                guess = np.int64(0)
                if quality > 0:
                    quality = np.int64(FAILED)
            select_for_bit(j, partial, quality, shares[known], sure, guess, beside, word, parts, chosen)
            for s in range(len(sets)):
                row = bases[s] + chosen[sets[s]]
                selected[s] = row * width
                if row_half_life > 0:
                    if visits[row] == uint32(0) and s > 0:
                        for k in range(width):
                            weights[uint64(selected[s]) + uint64(k)] = weights[uint64(selected[0]) + uint64(k)]
                    seen = np.int64(visits[row])
                    visits[row] = uint32(min(seen + 1, 1 << 20))
                    rates[s] = tier.last_rate + tier.first_rate * row_half_life // (row_half_life + seen)
                else:
                    rates[s] = rate
                outputs[s] = dot(weights, selected[s], inputs, width)
            x = np.int64(0)
            for f in range(len(finals)):
                final_selected[f] = (final_bases[f] + chosen[finals[f]]) * final_width
                final_outputs[f] = dot(final, final_selected[f], outputs, final_width)
                x += np.int64(final_outputs[f])
            x = (x * share) >> 16

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
            for f in range(len(finals)):
                error = truth - squash(np.int64(final_outputs[f]))
                train(final, final_selected[f], outputs, final_width, (error * 3) >> 11)
            for s in range(len(sets)):
                error = truth - squash(np.int64(outputs[s]))
                if abs(error) > SMALL:
                    train(weights, selected[s], inputs, width, (error * rates[s]) >> 16)
            for k in range(n):
                state = node_state(nodes[k])
                if node_limit > 0:
                    table[slots[k] + node] = slowly_updated_node(nodes[k], state, bit, node_limit)
                else:
                    table[slots[k] + node] = updated_node(nodes[k], state, bit)
                if state > 0:
                    learn(states, (k << uint64(8)) | uint64(state), bit, STATE_LIMIT)
                if run_bytes[k] > 0:
                    learn(runs, run_maps[k] + uint64(j), ((run_bytes[k] >> (7 - j)) & 1) ^ bit ^ 1, RUN_LIMIT)
            order0[partial] += int32(((bit << 16) - bit - np.int64(order0[partial])) >> 5)
            for m in range(models):
                if expected[m] > 0:
                    learn(matches, match_maps[m], ((expected[m] >> (7 - j)) & 1) ^ bit ^ 1, MAP_LIMIT)
            partial = (partial << 1) | bit
            node = (node << uint64(1)) | uint64(bit)

        byte = partial & 255
        end_symbol(port, costs, i - begin)
        symbols[i] = np.uint8(byte)
        if overrun(port, words):
            return i - begin
        for k in range(n):
            table[headers[k]] = continue_run(table[headers[k]], byte)
        remember(history, parts, symbols, i, byte)
    return stop - begin


@kernel(
    int64(
        uint64[::1],
        uint32[::1],
        uint32[::1],
        uint8[::1],
        int64,
        int64,
        int64,
        fields_type(Tier),
        fields_type(Tables),
        fields_type(Net),
    )
)
def run(port, words, costs, symbols, begin, stop, mixed, tier, tables, net):
    """Code symbols[begin:stop] with tables that know symbols[:begin]; see `arcodec.models.base.Model.run`.

    Symbols before `mixed` only teach the slots of contexts and the match models, which is fast; they are not coded.
    `costs` begins with that of symbols[begin]. Returns how many symbols were coded.
    """
    return _run(port, words, costs, symbols, begin, stop, mixed, tier, tables, net)
