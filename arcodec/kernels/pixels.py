"""The pixel model: joint least squares, adaptive scales, a lattice of colours, and logistic mixing of them all."""

from __future__ import annotations

import numpy as np
from numba import int32, int64, njit, uint8, uint64

from arcodec.kernels import lattice, least_squares
from arcodec.kernels.fixed import leading_zeros
from arcodec.kernels.least_squares import FAST, SLOW
from arcodec.kernels.logistic import (
    ONE,
    STRETCH_LIMIT,
    cdf,
    exp2_q6,
    log2_q6,
    slope,
    squash_24,
    stretch_ratio,
)
from arcodec.kernels.port import code_bit, end_symbol, overrun

ROWS = 4
PAD = 4
NEAR = (
    (-1, 0),
    (-1, -1),
    (-1, 1),
    (0, -2),
    (-2, 0),
    (-2, 1),
    (-1, 2),
    (-1, -2),
    (-2, -1),
    (-2, 2),
    (0, -3),
    (-1, 3),
    (-3, 0),
    (-2, -2),
    (-3, 1),
    (-3, -1),
    (-2, 3),
    (0, -4),
    (-1, -3),
    (-1, 4),
)
COUNTS_FAST = {3: (7, 7, 6), 1: (12,)}
COUNTS_SLOW = {3: (10, 9, 9), 1: (20,)}
COUNTS_THIRD = {3: (12, 12, 12), 1: (20,)}
EXPERTS = 6
NODES = 34
SETS = (1, 12, 64, 27, 81, 64, 16, 64)
ROWS_PER_NODE = sum(SETS)
S1, S2, S3, S4, S5, S6, S7 = np.cumsum(SETS)[:-1].tolist()
INPUTS = 8
SCALES = 144
RIDGE_FAST = 16 << 9
RIDGE_SLOW = 32 << 6
inline = njit(inline="always")


def allocate(shape):
    rows, columns, channels = shape
    stride = (columns + 2 * PAD) * channels
    m1 = sum(COUNTS_FAST[channels]) + channels
    m2 = sum(COUNTS_SLOW[channels]) + channels
    m3 = sum(COUNTS_THIRD[channels]) + channels
    t3 = m3 * (m3 + 1) // 2
    t1, t2 = m1 * (m1 + 1) // 2, m2 * (m2 + 1) // 2
    bits = min(max((rows * columns * 16).bit_length(), 12), 22)
    return (
        np.zeros((columns, t1), np.int32),
        np.zeros((columns + 1, t1), np.int32),
        np.zeros((columns, t2), np.int32),
        np.zeros((columns + 1, t2), np.int32),
        np.zeros((columns, t3), np.int32), np.zeros((columns + 1, t3), np.int32),
        np.full(ROWS * stride, 128, np.int32),
        np.zeros((EXPERTS, 3 * stride), np.int32),
        np.zeros((channels * NODES * ROWS_PER_NODE, INPUTS), np.int32),
        np.zeros((2, channels * NODES * 64, 33), np.int32),
        np.zeros((channels, 1 << bits), np.uint8),
        np.zeros((channels, 2, 65536), np.uint8),
    )


def features(channels, counts, columns):
    stride = (columns + 2 * PAD) * channels
    offs = [dy * stride + dx * channels + c for c in range(channels) for dy, dx in NEAR[: counts[c]]]
    refs = [c - channels for c in range(channels) for _ in range(counts[c])]
    return np.array([offs, refs], np.int64)


@inline
def clip(x, low, high):
    return min(max(x, int64(low)), int64(high))


@njit(
    "int64(uint64[::1],uint32[::1],uint32[::1],uint8[:,:,::1],int64,int64[:,::1],int64[:,::1],int64[:,::1],int32[:,::1],int32[:,::1],int32[:,::1],int32[:,::1],int32[:,::1],int32[:,::1],int32[::1],int32[:,::1],int32[:,::1],int32[:,:,::1],uint8[:,::1],uint8[:,:,::1],int64[::1])",
    nogil=True,
    cache=True,
)
def run(
    port,
    words,
    costs,
    symbols,
    stop,
    f1,
    f2,
    column1,
    right1,
    column2,
    right2,
    window,
    errors,
    weights,
    apm,
    seen,
    came,
    K,
):
    rows, columns, channels = symbols.shape
    stride = (columns + 2 * PAD) * channels
    n1 = f1.shape[1]
    n2 = f2.shape[1]
    n3 = f3.shape[1]
    m3 = n3 + channels
    w3 = (m3 + 7) & -8
    left3 = np.zeros(column3.shape[1], np.int32)
    prod3 = np.zeros(column3.shape[1], np.int32)
    lower3 = np.zeros((m3 + 4, w3), np.int32)
    rows3 = np.zeros((m3 + 4, w3), np.int32)
    z3 = np.zeros(w3, np.int64)
    sam3 = np.zeros(w3, np.int32)
    da = int32(K[14])
    db = int32(K[15])
    ds = int32(K[16])
    dg = int32(K[17])
    m1 = n1 + channels
    m2 = n2 + channels
    w1 = (m1 + 7) & -8
    w2 = (m2 + 7) & -8
    left1 = np.zeros(column1.shape[1], np.int32)
    left2 = np.zeros(column2.shape[1], np.int32)
    prod1 = np.zeros(column1.shape[1], np.int32)
    prod2 = np.zeros(column2.shape[1], np.int32)
    lower1 = np.zeros((m1 + 4, w1), np.int32)
    lower2 = np.zeros((m2 + 4, w2), np.int32)
    rows1 = np.zeros((m1 + 4, w1), np.int32)
    rows2 = np.zeros((m2 + 4, w2), np.int32)
    z1 = np.zeros(w1, np.int64)
    z2 = np.zeros(w2, np.int64)
    sam1 = np.zeros(w1, np.int32)
    sam2 = np.zeros(w2, np.int32)

    mean = np.zeros(EXPERTS, np.int64)
    steep = np.zeros(EXPERTS, np.int64)
    sctx = np.zeros(EXPERTS, np.int64)
    low = np.zeros(EXPERTS, np.int64)
    high = np.zeros(EXPERTS, np.int64)
    mid_ = np.zeros(EXPERTS, np.int64)
    esum = np.zeros((EXPERTS, 3, SCALES), np.int64)
    ecnt = np.zeros((EXPERTS, 3, SCALES), np.int64)
    for e in range(EXPERTS):
        for c in range(3):
            for k in range(SCALES):
                ecnt[e, c, k] = 2
                esum[e, c, k] = 2 * max(int64(1), exp2_q6((8 << 6) + max(int64(21 * (k // 6) - 64), int64(-500))))
    for a in range(2):
        for i in range(apm.shape[1]):
            for j in range(33):
                apm[a, i, j] = squash_24(clip((j - 16) * 256, -STRETCH_LIMIT, STRETCH_LIMIT))
    for i in range(channels * NODES):
        weights[i, 0] = K[0]
        weights[i, 1] = K[1]
        weights[i, 2] = K[2]
        weights[i, 3] = K[2]
        weights[i, 4] = K[2]
        weights[i, 5] = K[2]
        weights[i, 6] = K[3]
    x_in = np.zeros(INPUTS, np.int64)
    where = np.zeros(8, np.int64)
    step_ = np.zeros(INPUTS, np.int32)
    state = np.zeros(lattice.WINDOW + 1, np.int64)
    mass = np.zeros(lattice.WINDOW + 1, np.int64)
    cum = np.zeros(lattice.WINDOW + 1, np.int64)
    hit = np.full((3, 4096), 2 << 20, np.int64)
    mas = np.full((3, 4096), 2 << 20, np.int64)
    rho = np.full((3, 4096), 4096, np.int64)
    hs = np.zeros(4, np.int64)
    of = np.zeros(4, np.int64)
    bctx = np.zeros(3, np.int64)
    bsum = np.zeros((3, 2048), np.int64)
    bcnt = np.ones((3, 2048), np.int64)
    mask = int64(seen.shape[1] - 1)
    total_nodes = int64(channels * NODES)
    done = int64(0)
    decisions = int64(0)

    for y in range(rows):
        # shift
        if y > 0:
            for r in range(ROWS - 1):
                for k in range(stride):
                    window[r * stride + k] = window[(r + 1) * stride + k]
            for e in range(EXPERTS):
                for k in range(stride):
                    errors[e, k] = errors[e, k + stride]
                    errors[e, k + stride] = errors[e, k + 2 * stride]
            last = (ROWS - 1) * stride
            for k in range(PAD):
                for c in range(channels):
                    window[last + k * channels + c] = window[last - stride + PAD * channels + c]
        least_squares.sweep(right1, column1, FAST[0], FAST[1], FAST[2])
        least_squares.sweep(right2, column2, SLOW[0], SLOW[1], SLOW[2])
        least_squares.sweep(right3, column3, da, db, ds)
        left3[:] = 0
        left1[:] = 0
        left2[:] = 0
        for x in range(columns):
            base = (ROWS - 1) * stride + (PAD + x) * channels
            ebase = 2 * stride + (PAD + x) * channels
            for i in range(n1):
                sam1[i] = window[base + f1[0, i]] - window[base + f1[1, i]]
            for i in range(n2):
                sam2[i] = window[base + f2[0, i]] - window[base + f2[1, i]]
            for i in range(n3):
                sam3[i] = window[base + f3[0, i]] - window[base + f3[1, i]]
            if x % K[4] == K[5] // 2 or x == 0:
                least_squares.factor(left3, right3[x], lower3, rows3, z3, m3, n3, K[18])
            least_squares.substitute(lower3, z3, sam3, n3, m3)
            if x % K[4] == 0:
                least_squares.factor(left1, right1[x], lower1, rows1, z1, m1, n1, int64(RIDGE_FAST))
            if x % K[4] == K[5] or x == 0:
                least_squares.factor(left2, right2[x], lower2, rows2, z2, m2, n2, int64(RIDGE_SLOW))
            least_squares.substitute(lower1, z1, sam1, n1, m1)
            least_squares.substitute(lower2, z2, sam2, n2, m2)
            rate = K[6] + K[7] * 8192 // (8192 + decisions)
            for c in range(channels):
                if done >= stop:
                    return stop
                pos = base + c
                ep = ebase + c
                west = int64(window[pos - channels])
                north = int64(window[pos - stride])
                mean[0] = clip((west << 8) + least_squares.prediction(z1, n1 + c), 0, 65280)
                mean[1] = clip((west << 8) + least_squares.prediction(z2, n2 + c), 0, 65280)
                mean[2] = clip((west << 8) + least_squares.prediction(z3, n3 + c), 0, 65280)
                # local errors
                for e in range(EXPERTS):
                    E = errors[e]
                    a = (
                        2 * abs(int64(E[ep - channels]))
                        + 2 * abs(int64(E[ep - stride]))
                        + abs(int64(E[ep - stride - channels]))
                        + abs(int64(E[ep - stride + channels]))
                        + abs(int64(E[ep - 2 * channels]))
                        + abs(int64(E[ep - 2 * stride]))
                        + 256
                    )
                    if e < 3:
                        steep[e] = a
                    if e == 5:
                        nw = int64(window[pos - stride - channels])
                        ne = int64(window[pos - stride + channels])
                        act = abs(west - nw) + abs(north - nw) + abs(north - ne) + abs(west - window[pos - 2 * channels]) + abs(north - window[pos - 2 * stride])
                        q = clip((3 * (log2_q6(act * 256 + 256) - (8 << 6))) >> 6, 0, 23)
                        b = clip(((log2_q6(abs(mean[0] - mean[1]) + 32) - (5 << 6))) >> 6, 0, 5)
                        if c > 0 and K[13] == 2:
                            q = clip(((log2_q6(abs(int64(E[ep - 1])) + 64) - (6 << 6)) * 2 >> 6), 0, 11) + 12 * int64(act > 24)
                        if K[13] == 3:
                            q = clip((log2_q6(act * 256 + 256) - (8 << 6)) >> 6, 0, 7)
                            if c > 0:
                                q += clip(((log2_q6(abs(int64(E[ep - 1])) + 64) - (6 << 6)) >> 7), 0, 2) * 8
                        sctx[e] = q * 6 + b
                        continue
                    la = log2_q6(a) - (8 << 6)
                    q = clip(3 * la >> 6, 0, 23)
                    b = int64(0)
                    if c > 0:
                        b = 1 + clip(((log2_q6(abs(int64(E[ep - 1])) + 64) - (5 << 6) - la) >> 6) + 2, 0, 4)
                    sctx[e] = q * 6 + b
                a0 = steep[0] * steep[0] >> 8
                a1 = steep[1] * steep[1] >> 8
                a2 = steep[2] * steep[2] >> 8
                least_a = min(a0, min(a1, a2))
                a0 = (least_a << 12) // a0
                a1 = (least_a << 12) // a1
                a2 = (least_a << 12) // a2
                mean[3] = (mean[0] * a0 + mean[1] * a1 + mean[2] * a2) // (a0 + a1 + a2)
                # bias
                if K[10] > 0:
                    ms = (mean[3] + 128) >> 8
                    qs = min(sctx[3] // 6 >> 2, int64(5))
                    tex0 = (int64(west > ms) + 2 * int64(north > ms) + 4 * int64(window[pos - stride - channels] > ms) + 8 * int64(window[pos - stride + channels] > ms)
                       + 16 * int64(2 * west - window[pos - 2 * channels] > ms) + 32 * int64(2 * north - window[pos - 2 * stride] > ms))
                    bctx[0] = qs * 64 + tex0
                    sg = int64(0)
                    for k in range(4):
                        v = int64(errors[3, ep - channels] if k == 0 else (errors[3, ep - stride] if k == 1 else (errors[3, ep - stride + channels] if k == 2 else errors[3, ep - stride - channels])))
                        sg = sg * 3 + 1 + int64(v > 256) - int64(v < -256)
                    bctx[1] = 384 + (sg * 6 + qs)
                    d01 = clip((mean[0] - mean[1]) >> 6, -15, 16) + 15
                    dc = int64(0)
                    if c > 0:
                        dc = clip(errors[3, ep - 1] >> 6, -15, 16) + 16
                    bctx[2] = 384 + 512 + (d01 * 33 + dc)
                    corr = int64(0)
                    for k in range(3):
                        corr += bsum[c, bctx[k]] // bcnt[c, bctx[k]]
                    mean[4] = clip(mean[3] + corr // K[10], 0, 65280)
                else:
                    mean[4] = mean[3]
                mean[5] = mean[4]
                for e in range(EXPERTS):
                    ls = log2_q6(esum[e, c, sctx[e]]) - log2_q6(ecnt[e, c, sctx[e]]) - 40
                    ls = max(ls, int64(K[8]))
                    steep[e] = slope(ls)
                    if e <= K[11]:
                        lsb = ls
                scale = max(exp2_q6(lsb), int64(16))
                center = mean[K[11]]
                m = (center + 128) >> 8
                # contexts
                lsq = clip((log2_q6(2 * scale + 256) - 512) >> 5, 0, 11)
                nw = int64(window[pos - stride - channels])
                ne = int64(window[pos - stride + channels])
                ww = int64(window[pos - 2 * channels])
                nn = int64(window[pos - 2 * stride])
                tex = (
                    int64(west > m)
                    + 2 * int64(north > m)
                    + 4 * int64(nw > m)
                    + 8 * int64(ne > m)
                    + 16 * int64(2 * west - ww > m)
                    + 32 * int64(2 * north - nn > m)
                )
                N = errors[3]
                th = (scale * 45 + 5760) >> 6
                ec = int64(0)
                for k in range(3):
                    t = int64(1)
                    if k < c:
                        v = int64(N[ep - c + k])
                        t += int64(v > th) - int64(v < -th)
                    ec = ec * 3 + t
                th = (scale * 38 + 2918) >> 6
                en = int64(0)
                for k in range(4):
                    v = int64(
                        N[ep - channels]
                        if k == 0
                        else (
                            N[ep - stride]
                            if k == 1
                            else (N[ep - stride + channels] if k == 2 else N[ep - stride - channels])
                        )
                    )
                    en = en * 3 + 1 + int64(v > th) - int64(v < -th)
                fr = ((y & 1) * 2 + (x & 1)) * 12 + lsq
                # lattice
                if channels == 1:
                    hs[0] = 0
                    hs[1] = west
                    hs[2] = west * 256 + north
                    hs[3] = (west * 256 + nw) * 256 + north
                    of[:] = 0
                else:
                    gw = int64(window[base - channels])
                    rw = int64(window[base - channels + 1]) - gw
                    bw = int64(window[base - channels + 2]) - gw
                    gn = int64(window[base - stride])
                    rn = int64(window[base - stride + 1]) - gn
                    bn = int64(window[base - stride + 2]) - gn
                    g = int64(window[base])
                    if c == 0:
                        hs[0] = (rw + 256) * 512 + (bw + 256)
                        hs[1] = (rn + 256) * 512 + (bn + 256)
                        hs[2] = ((rw + rn + 512) >> 1) * 512 + ((bw + bn + 512) >> 1)
                        hs[3] = ((rw + 256) * 512 + (bw + 256)) * 512 + (rn + 256)
                        of[:] = 0
                    elif c == 1:
                        hs[0] = ((rw + 256) * 512 + (bw + 256)) * 256 + g
                        of[0] = 0
                        hs[1] = (rw + 256) * 512 + (bw + 256)
                        of[1] = 256 - g
                        hs[2] = (rn + 256) * 512 + (bn + 256)
                        of[2] = 256 - g
                        hs[3] = (rw + 256) * 256 + g
                        of[3] = 0
                    else:
                        d = int64(window[base + 1]) - g + 256
                        hs[0] = g * 512 + d
                        of[0] = 0
                        hs[1] = (bw + 256) * 512 + d
                        of[1] = 256 - g
                        hs[2] = ((rw + 256) * 512 + (bw + 256)) * 512 + d
                        of[2] = 256 - g
                        hs[3] = d
                        of[3] = 256 - g
                for t in range(4):
                    hs[t] = lattice.address(hs[t], t, of[t], mask)
                ta = (hs[0] >> 6) & 65535
                tq = (hs[1] >> 6) & 65535
                na = int64(came[c, 0, ta])
                nb = int64(came[c, 1, tq])
                tb = (lattice.familiarity(na) * 4 + lattice.familiarity(nb)) * 256
                if na < 250:
                    came[c, 0, ta] = uint8(na + 1)
                if nb < 250:
                    came[c, 1, tq] = uint8(nb + 1)
                wd = clip(scale >> 6, 8, 32)
                first = max(m - wd, int64(0))
                last_ = min(m + wd, int64(255))
                width = last_ - first + 1
                prev = int64(0)
                if first > 0:
                    prev = cdf((first << 8) - 128 - center, steep[K[11]])
                head = prev
                cum[0] = prev
                for u in range(width):
                    v = first + u
                    cu = cdf((v << 8) + 128 - center, steep[K[11]])
                    if v == 255:
                        cu = int64(ONE)
                    p = cu - prev + 2
                    prev = cu
                    sx = (
                        tb
                        + lattice._LEVEL[seen[c, (hs[0] + v) & mask]] * 64
                        + lattice._LEVEL[seen[c, (hs[1] + v) & mask]] * 16
                        + lattice._LEVEL[seen[c, (hs[2] + v) & mask]] * 4
                        + lattice._LEVEL[seen[c, (hs[3] + v) & mask]]
                    )
                    state[u] = sx
                    mass[u] = p
                    cum[u + 1] = cum[u] + ((p * rho[c, sx]) >> 12)
                tail = prev

                # decisions
                value = int64(symbols[y, x, c])
                lo = int64(0)
                hi = int64(255)
                node = int64(0)
                j = int64(0)
                for e in range(EXPERTS):
                    low[e] = 0
                    high[e] = ONE
                jump = max((scale * 282 + 32768) >> 16, int64(1))
                while lo < hi:
                    nid = int64(0)
                    mid = m
                    if node == 0:
                        mid = clip(mid, 1, 255)
                    elif node == 1:
                        mid = m + jump * ((int64(1) << j) if j > 2 else j + 1)
                        nid = 1 + min(j, int64(6))
                        if mid > hi:
                            node = int64(3)
                    elif node == 2:
                        mid = m - jump * ((int64(1) << j) if j > 2 else j + 1)
                        nid = 8 + min(j, int64(6))
                        if mid <= lo:
                            node = int64(4)
                    if node >= 3:
                        mid = (lo + hi + 1) >> 1
                        nid = 16 + (63 - leading_zeros(hi - lo)) + 8 * (node - 3)
                    md = (mid << 8) - 128
                    for e in range(EXPERTS):
                        t = cdf(md - mean[e], steep[e])
                        mid_[e] = t
                        x_in[e] = stretch_ratio(max(int64(0), high[e] - t) + 24, max(int64(0), t - low[e]) + 24)
                    shift = cum[width] - tail
                    if lo <= first:
                        A = low[K[11]]
                    elif lo > last_:
                        A = low[K[11]] + shift
                    else:
                        A = cum[lo - first]
                    if mid <= first:
                        M = mid_[K[11]]
                    elif mid > last_:
                        M = mid_[K[11]] + shift
                    else:
                        M = cum[mid - first]
                    if hi + 1 <= first:
                        B = high[K[11]]
                    elif hi + 1 > last_:
                        B = high[K[11]] + shift
                    else:
                        B = cum[hi + 1 - first]
                    x_in[6] = stretch_ratio(max(int64(0), B - M) + 4, max(int64(0), M - A) + 4)
                    x_in[7] = 256
                    cn = c * NODES + nid
                    where[0] = cn
                    where[1] = total_nodes * S1 + cn * 12 + lsq
                    where[2] = total_nodes * S2 + cn * 64 + tex
                    where[3] = total_nodes * S3 + cn * 27 + ec
                    where[4] = total_nodes * S4 + cn * 81 + en
                    where[5] = total_nodes * S5 + cn * 64 + (m >> 2)
                    where[6] = total_nodes * S6 + cn * 16 + (tb >> 8)
                    where[7] = total_nodes * S7 + cn * 64 + fr
                    dot = int64(0)
                    for i in range(INPUTS):
                        t = int64(0)
                        for s in range(8):
                            t += int64(weights[where[s], i])
                        dot += t * x_in[i]
                    dot = clip(dot >> 16, -STRETCH_LIMIT, STRETCH_LIMIT)
                    pr = squash_24(dot)
                    ap = dot + 4096
                    j0 = ap >> 8
                    fj = ap & 255
                    Ta = apm[0, cn * 64 + tex]
                    Tb = apm[1, cn * 64 + (m >> 2)]
                    pa = ((int64(Ta[j0]) + Tb[j0]) * (256 - fj) + (int64(Ta[j0 + 1]) + Tb[j0 + 1]) * fj) >> 9
                    pf = clip((pr * (16 - K[9]) + pa * K[9]) >> 4, 1, ONE - 1)
                    bit = code_bit(port, words, pf, int64(value >= mid))
                    err = ((bit << 24) - pr) >> 8
                    el = err * rate
                    for i in range(INPUTS):
                        step_[i] = int32((x_in[i] * el + (1 << 23)) >> 24)
                    for s in range(8):
                        W = weights[where[s]]
                        for i in range(INPUTS):
                            W[i] += step_[i]
                    decisions += 1
                    tg = (bit << 24) - bit
                    Ta[j0] += ((tg - Ta[j0]) * (256 - fj)) >> 14
                    Ta[j0 + 1] += ((tg - Ta[j0 + 1]) * fj) >> 14
                    Tb[j0] += ((tg - Tb[j0]) * (256 - fj)) >> 14
                    Tb[j0 + 1] += ((tg - Tb[j0 + 1]) * fj) >> 14
                    for e in range(EXPERTS):
                        if bit:
                            low[e] = mid_[e]
                        else:
                            high[e] = mid_[e]
                    if bit:
                        lo = mid
                    else:
                        hi = mid - 1
                    if node == 0:
                        node = int64(1) if bit else int64(2)
                    elif node == 1:
                        if bit:
                            j += 1
                        else:
                            node = int64(3)
                    elif node == 2:
                        if bit:
                            node = int64(4)
                        else:
                            j += 1
                value = lo
                end_symbol(port, costs, done)
                done += 1
                symbols[y, x, c] = uint8(value)
                window[pos] = int32(value)
                # updates
                for u in range(width):
                    mas[c, state[u]] += mass[u] >> 4
                if value >= first and value <= last_:
                    sx = state[value - first]
                    hit[c, sx] += 1 << 20
                    rho[c, sx] = (hit[c, sx] << 12) // mas[c, sx]
                if (x & 15) == 0:
                    for k in range(256):
                        rho[c, tb + k] = (hit[c, tb + k] << 12) // mas[c, tb + k]
                for t in range(4):
                    hv = (hs[t] + value) & mask
                    if seen[c, hv] < 250:
                        seen[c, hv] += uint8(1)
                if K[10] > 0:
                    d = (value << 8) - mean[3]
                    for k in range(3):
                        q = bctx[k]
                        bsum[c, q] += d
                        bcnt[c, q] += 1
                        if bcnt[c, q] > K[12]:
                            bcnt[c, q] >>= 1
                            bsum[c, q] >>= 1
                for e in range(EXPERTS):
                    d = (value << 8) - mean[e]
                    errors[e, ep] = int32(d)
                    k = sctx[e]
                    esum[e, c, k] += abs(d)
                    ecnt[e, c, k] += 1
                    if ecnt[e, c, k] > 200:
                        esum[e, c, k] = (esum[e, c, k] >> 1) + 1
                        ecnt[e, c, k] >>= 1
                least_squares.reveal(lower1, z1, sam1, n1 + c, m1, value - west)
                least_squares.reveal(lower2, z2, sam2, n2 + c, m2, value - west)
                least_squares.reveal(lower3, z3, sam3, n3 + c, m3, value - west)
            if overrun(port, words):
                return done - channels
            least_squares.update(column1[x], left1, prod1, sam1, m1, FAST[0], FAST[1], FAST[2], FAST[3])
            least_squares.update(column2[x], left2, prod2, sam2, m2, SLOW[0], SLOW[1], SLOW[2], SLOW[3])
            least_squares.update(column3[x], left3, prod3, sam3, m3, da, db, ds, dg)
        for k in range(PAD):
            for c in range(channels):
                p0 = (ROWS - 1) * stride + (PAD + columns) * channels + c
                window[p0 + k * channels] = window[p0 - channels]
    return done
