"""The byte model: contexts look up bit histories, a mixer weighs their predictions, an APM refines the result."""

from __future__ import annotations

import os
import numpy as np
from numba import int32, njit, uint16, uint32, uint64

from arcodec.kernels import apm as apms
from arcodec.kernels.contexts import (
    CLASS,
    COARSE_SHAPE,
    CONTEXTS,
    HISTORY,
    K1,
    K2,
    K3,
    OLDER,
    RECENT,
    WORD_LENGTH,
    hash_contexts,
    mixed,
    remember,
)
from arcodec.kernels.counters import SEEN, history_map, learn, node_p16, node_state, updated_node
from arcodec.kernels.match import LENGTHS, LONGEST, MODELS, VERIFIED, common_suffix
from arcodec.kernels.mixer import INPUTS, STEP_MAX, STRETCH, clamped, dot, squash, train
from arcodec.kernels.fixed import STRETCH_MAX, _exp_256ths, _logistic
from arcodec.kernels.prefetch import prefetch
from arcodec.kernels.port import code_bit, end_symbol, inline, overrun


def _sq24():
    upper = [_logistic(e, 1 << 24) for e in _exp_256ths(STRETCH_MAX + 2)]
    lower = [(1 << 24) - p for p in upper[:0:-1]]
    return np.array(lower + upper[:-1], np.int32)


SQ24 = _sq24()

SETS = 8
ROWS = np.cumsum([0, 256, 256, 16 * 8, 512, 8 * 16, 256, 512, 1024])
NROWS = int(ROWS[-1])
R0, R1, R2, R3, R4, R5, R6, R7 = [int(r) for r in ROWS[:8]]
X0 = 4 * CONTEXTS
LR0 = int(os.environ.get("LR0", 800))
LR1 = int(os.environ.get("LR1", 150))
LRD = int(os.environ.get("LRD", 20000))
SLIM = int(os.environ.get("SLIM", 1000))
FR = int(os.environ.get("FR", 6))
SKIP = int(os.environ.get("SKIP", 0))


@inline
def slot_of(table, h, s):
    check = uint32((h >> uint64(48)) | uint64(1))
    b0 = s << uint64(4)
    if (table[b0] & uint32(0xFFFF)) == check:
        return b0
    b1 = b0 ^ uint64(16)
    if (table[b1] & uint32(0xFFFF)) == check:
        return b1
    b2 = b0 ^ uint64(32)
    if (table[b2] & uint32(0xFFFF)) == check:
        return b2
    best = b0
    if table[b0] != uint32(0):
        w = SEEN[(table[b0 | uint64(1)] >> uint32(16)) & uint32(255)]
        w1 = SEEN[(table[b1 | uint64(1)] >> uint32(16)) & uint32(255)]
        if w1 < w:
            w = w1
            best = b1
        w2 = SEEN[(table[b2 | uint64(1)] >> uint32(16)) & uint32(255)]
        if w2 < w:
            best = b2
    table[best] = check
    for j in range(1, 16):
        table[best + uint64(j)] = uint32(0)
    return best


@njit(
    "int64(uint64[::1], uint32[::1], uint32[::1], uint8[::1], int64, uint32[::1], uint32[::1], uint32[::1], uint32[::1], int32[::1], int32[::1], int32[::1], int32[::1])",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def run(port, words, costs, symbols, stop, table, maps, run_maps, match_maps, weights, final, apm, heads):
    mask = uint64(len(table) // 16 - 1)
    head_shift = uint64(64)
    hn = len(heads) // MODELS
    while (uint64(1) << (uint64(64) - head_shift)) < uint64(hn):
        head_shift -= uint64(1)
    history = np.zeros(HISTORY, np.uint64)
    history[21] = uint64(1)
    lp = np.zeros((3, 256), np.int64)
    hashes = np.zeros(CONTEXTS, np.uint64)
    second = np.zeros(CONTEXTS, np.uint64)
    mk = np.zeros(MODELS, np.uint64)
    slots = np.zeros(CONTEXTS, np.uint64)
    first = np.zeros(CONTEXTS, np.uint64)
    nodes = np.zeros(CONTEXTS, np.uint32)
    rbyte = np.zeros(CONTEXTS, np.int64)
    rcount = np.zeros(CONTEXTS, np.int64)
    inputs = np.zeros(INPUTS, np.int32)
    sel = np.zeros(SETS, np.int64)
    outs = np.zeros(SETS, np.int32)
    pointer = np.zeros(MODELS, np.int64)
    length = np.zeros(MODELS, np.int64)
    expected = np.zeros(MODELS, np.int64)
    mkey = np.zeros(MODELS, np.int64)
    order0 = np.full(256, 32768, np.int32)
    c1 = np.int64(0)
    for i in range(stop):
        recent = history[RECENT]
        older = history[OLDER]
        c1 = np.int64(recent & uint64(0xFF))
        c2 = np.int64((recent >> uint64(8)) & uint64(0xFF))
        c0 = np.int64(1)
        mk[0] = (recent & uint64(0xFFFFFFFFFF)) * K1
        mk[1] = recent * K2 + (older & uint64(0xFF)) * K1
        mk[2] = recent * K3 + older * K1
        for m in range(MODELS):
            mk[m] = uint64(m * hn) + (mixed(mk[m]) >> head_shift)
            prefetch(heads, mk[m])
        up = hash_contexts(history, symbols, hashes, i)
        for k in range(CONTEXTS):
            prefetch(table, (hashes[k] & mask) << uint64(4))
        for m in range(MODELS):
            if length[m] > 0 and np.int64(symbols[pointer[m]]) == c1:
                length[m] = min(length[m] + 1, LONGEST)
                pointer[m] += 1
            else:
                length[m] = 0
            need = LENGTHS[m]
            if i >= need:
                k = mk[m]
                if length[m] == 0:
                    q = np.int64(heads[k])
                    if q > 0:
                        l = common_suffix(symbols, q, i, VERIFIED)
                        if l >= need:
                            length[m] = l
                            pointer[m] = q
                heads[k] = int32(i)
            expected[m] = np.int64(symbols[pointer[m]]) + 256 if length[m] > 0 else 0
        b = 2
        if length[2] == 0:
            b = 1
            if length[1] == 0:
                b = 0
        eb = expected[b]
        ml = length[b]
        mlq = np.int64(0)
        if ml > 0:
            if ml < 8:
                mlq = 1 + ((ml - 5) >> 1)
            elif ml < 16:
                mlq = 3 + ((ml - 8) >> 2)
            elif ml < 32:
                mlq = 5 + ((ml - 16) >> 3)
            elif ml < 64:
                mlq = np.int64(7)
            elif ml < 400:
                mlq = np.int64(8)
            else:
                mlq = np.int64(9)
        hashes[MATCH_AT] = mixed(((uint64(eb) << uint64(8)) | uint64(mlq)) + uint64(9) * K3)
        upc = np.int64(CLASS[up])
        for k in range(CONTEXTS):
            s = slot_of(table, hashes[k], hashes[k] & mask)
            slots[k] = s
            first[k] = s
            v = table[s]
            rcount[k] = min(np.int64(v >> uint32(24)), 15)
            rbyte[k] = np.int64((v >> uint32(16)) & uint32(255)) + 256 if rcount[k] else 0
        cs = np.int64(history[COARSE_SHAPE])
        wl = min(np.int64(history[WORD_LENGTH]), 7) * 16 + np.int64(CLASS[c1])
        lr = LR1 + LR0 * LRD // (LRD + i)
        apm2 = (recent & uint64(0xFFFFFF)) << uint64(8)
        byte = np.int64(symbols[i])
        apm_base = uint64(0)
        node = uint64(1)
        for bp in range(8):
            if bp == 4:
                for k in range(CONTEXTS):
                    slots[k] = slot_of(table, second[k], (second[k] & mask) ^ uint64((c0 & 1) << 2))
                node = uint64(1)
            elif bp == 3:
                for k in range(CONTEXTS):
                    second[k] = mixed(hashes[k] + uint64(c0) * K3)
                    prefetch(table, (second[k] & mask) << uint64(4))
                    prefetch(table, ((second[k] & mask) ^ uint64(4)) << uint64(4))
            a2 = (65536 + np.int64(((apm2 | uint64(c0)) * K1) >> uint64(48))) * apms.STRIDE
            prefetch(apm, uint64(a2))
            prefetch(apm, uint64(a2 + 16))
            if bp == 0 or bp == 4:
                apm_base = ((apm2 | uint64(c0)) * K1) >> uint64(48)
                prefetch(apm, (uint64(65536) + (apm_base ^ uint64(1))) * uint64(apms.STRIDE))
            a2 = (uint64(65536) + (apm_base ^ node)) * uint64(apms.STRIDE)
            nx = (uint64(65536) + (apm_base ^ (node << uint64(1)))) * uint64(apms.STRIDE)
            prefetch(apm, nx)
            prefetch(apm, nx ^ uint64(apms.STRIDE))
            known = np.int64(0)
            for k in range(CONTEXTS):
                v = table[slots[k] | node]
                nodes[k] = v
                s = node_state(v)
                inputs[k] = STRETCH[node_p16(v) >> 4]
                if s > 0:
                    known += 1
                    p = np.int64(maps[k * 256 + s] >> uint32(20))
                    inputs[CONTEXTS + k] = STRETCH[p]
                    inputs[2 * CONTEXTS + k] = (p - 2048) >> 2
                else:
                    inputs[CONTEXTS + k] = 0
                    inputs[2 * CONTEXTS + k] = 0
                r = rbyte[k]
                x = int32(0)
                if (r >> (8 - bp)) == c0:
                    x = int32(STRETCH[run_maps[(k * 16 + rcount[k]) * 8 + bp] >> uint32(20)])
                    if ((r >> (7 - bp)) & 1) == 0:
                        x = int32(-x)
                else:
                    rbyte[k] = 0
                inputs[3 * CONTEXTS + k] = x
            inputs[X0] = STRETCH[order0[c0] >> 4]
            for m in range(MODELS):
                e = expected[m]
                if (e >> (8 - bp)) == c0:
                    l = min(length[m], 32)
                    lq = l
                    if length[m] > 31:
                        lq = 32 + ((length[m] - 32) >> 4) if length[m] < 400 else np.int64(56)
                    key = (m * 64 + lq) * 2 + (1 if bp == 0 else 0)
                    mkey[m] = key
                    x = np.int64(STRETCH[match_maps[key] >> uint32(20)])
                    if (e >> (7 - bp)) & 1:
                        inputs[X0 + 1 + 2 * m] = x
                        inputs[X0 + 2 + 2 * m] = l * 16
                    else:
                        inputs[X0 + 1 + 2 * m] = -x
                        inputs[X0 + 2 + 2 * m] = -l * 16
                else:
                    expected[m] = 0
                    inputs[X0 + 1 + 2 * m] = 0
                    inputs[X0 + 2 + 2 * m] = 0
            inputs[X0 + 1 + 2 * MODELS] = 256
            active = (eb >> (8 - bp)) == c0
            sel[0] = R0 + c0
            sel[1] = R1 + c1
            quality = (mlq if active else (10 if mlq > 0 else 0)) * 8 + bp
            sel[2] = R2 + quality
            sel[3] = R3 + cs
            sel[4] = R4 + bp * 16 + ((known * 16) // (CONTEXTS + 1))
            sel[5] = R5 + c2
            sel[6] = R6 + (eb if active else upc * 8 + bp)
            sel[7] = R7 + wl * 8 + bp
            f0 = c0 * SETS
            f1 = (256 + quality) * SETS
            d0 = np.int64(0)
            d1 = np.int64(0)
            for s in range(SETS):
                x = dot(weights, sel[s] * INPUTS, inputs)
                outs[s] = x
                d0 += x * np.int64(final[f0 + s])
                d1 += x * np.int64(final[f1 + s])
            d0 = clamped(d0 >> 16, STRETCH_MAX)
            d1 = clamped(d1 >> 16, STRETCH_MAX)
            d = (d0 + d1) >> 1
            entry, part = apms.place(d)
            a1 = uint64(((c1 << 8) | c0) * apms.STRIDE)
            p1 = apms.refined(apm, a1, entry, part)
            p2 = apms.refined(apm, a2, entry, part)
            p = (2 * np.int64(SQ24[d + STRETCH_MAX + 1]) + ((p1 + p2) << 2)) >> 2
            p = min(max(p, 32), (1 << 24) - 32)
            bit = code_bit(port, words, p, (byte >> (7 - bp)) & 1)

            target = (bit << 16) - bit
            apms.adapt(apm, a1, entry, part, bit, 6)
            apms.adapt(apm, a2, entry, part, bit, 5)
            e0 = ((bit << 16) - squash(d0)) * FR
            e1 = ((bit << 16) - squash(d1)) * FR
            for s in range(SETS):
                o = np.int64(outs[s])
                final[f0 + s] += int32((o * e0 + (1 << 19)) >> 20)
                final[f1 + s] += int32((o * e1 + (1 << 19)) >> 20)
                err = (bit << 16) - squash(o)
                if SKIP == 0 or abs(err) > SKIP:
                    train(weights, sel[s] * INPUTS, inputs, (err * lr) >> 8)
            for k in range(CONTEXTS):
                v = nodes[k]
                s = node_state(v)
                table[slots[k] | node] = updated_node(v, s, bit, target)
                if s > 0:
                    learn(maps, k * 256 + s, bit, SLIM)
                r = rbyte[k]
                if r:
                    learn(run_maps, (k * 16 + rcount[k]) * 8 + bp, np.int64(((r >> (7 - bp)) & 1) == bit), 255)
            order0[c0] += int32((target - np.int64(order0[c0])) >> 5)
            for m in range(MODELS):
                e = expected[m]
                if e:
                    learn(match_maps, mkey[m], np.int64(((e >> (7 - bp)) & 1) == bit), 1023)
            c0 = (c0 << 1) | bit
            node = (node << uint64(1)) | uint64(bit)
        c = c0 & 255
        end_symbol(port, costs, i)
        symbols[i] = np.uint8(c)
        if overrun(port, words):
            return i
        for k in range(CONTEXTS):
            v = table[first[k]]
            count = np.int64(v >> uint32(24))
            if np.int64((v >> uint32(16)) & uint32(255)) != c:
                count = 0
            table[first[k]] = (v & uint32(0xFFFF)) | uint32((min(count + 1, 255) << 24) | (c << 16))
        remember(history, symbols, i, c, lp)
    return stop
