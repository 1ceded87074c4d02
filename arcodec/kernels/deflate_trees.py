"""Huffman codes as deflate encoders build them, and their lengths in runs.

This is a part of the format: what it builds must never change. zlib builds codes (J. Gailly, M. Adler, `trees.c`)
with a heap by frequency and depth, and moves lengths beyond the limit; others sort, merge two queues, and give the
shortest codes to the most frequent symbols. The lengths are written in runs by the rules of zlib's `scan_tree`, or
by those of Zopfli.

Frequencies sum up to less than 2**31.
"""

from __future__ import annotations

from numba import int64

from arcodec.kernels.compiling import inline, plain
from arcodec.kernels.deflate import BOTH, DISTANCES, LENGTHS, LITERALS, ORDER

HEAP, QUEUES, SMOOTHED, CHEAPER = range(4)  # how codes are built; the last: by whichever of the two before it is less
APART, TOGETHER, BEST = range(3)  # how lengths are put in runs: by code, across both, as Zopfli does

NODES = 2 * LITERALS + 1
_WORK = 3 * NODES + 64  # numbers that building works in: heap, depth, parents
ROOM = BOTH + NODES + _WORK


@inline
def _less(frequencies, depth, a, b):
    return frequencies[a] < frequencies[b] or (frequencies[a] == frequencies[b] and depth[a] <= depth[b])


@plain
def _sift(heap, size, frequencies, depth, k):
    """Move the entry at k down to its place among heap[1 ... size]."""
    moved = heap[k]
    j = 2 * k
    while j <= size:
        if j < size and _less(frequencies, depth, heap[j + 1], heap[j]):
            j += 1
        if _less(frequencies, depth, moved, heap[j]):
            break
        heap[k] = heap[j]
        k = j
        j *= 2
    heap[k] = moved


@plain
def _heap_lengths(frequencies, count, limit, lengths, work):
    """Lengths of a code as zlib builds it.

    Args:
        frequencies: int32[NODES], of `count` symbols; the rest is worked in, and symbols that zlib adds get 1.
        lengths: int32[count], written.
        work: int32[_WORK].
    """
    heap = work[:NODES]
    depth = work[NODES : 2 * NODES]
    parent = work[2 * NODES : 3 * NODES]
    by_length = work[3 * NODES :]
    size = int64(0)
    top = int64(-1)
    for n in range(count):
        lengths[n] = 0
        depth[n] = 0
        if frequencies[n]:
            size += 1
            heap[size] = n
            top = n
    while size < 2:
        n = int64(0)
        if top < 2:
            top += 1
            n = top
        size += 1
        heap[size] = n
        frequencies[n] = 1
    node = int64(count)
    place = int64(2 * count + 1)  # the end of the heap's array is where finished nodes go
    for n in range(size // 2, 0, -1):
        _sift(heap, size, frequencies, depth, n)
    while size >= 2:
        a = heap[1]
        heap[1] = heap[size]
        size -= 1
        _sift(heap, size, frequencies, depth, int64(1))
        b = heap[1]
        place -= 2
        heap[place] = b
        heap[place + 1] = a
        frequencies[node] = frequencies[a] + frequencies[b]
        depth[node] = max(depth[a], depth[b]) + 1
        parent[a] = node
        parent[b] = node
        heap[1] = node
        node += 1
        _sift(heap, size, frequencies, depth, int64(1))
    place -= 1
    heap[place] = heap[1]
    # From the root down; depth is done with, and holds lengths.
    by_length[:] = 0
    depth[heap[place]] = 0
    too_long = int64(0)
    for h in range(place + 1, 2 * count + 1):
        n = heap[h]
        long = depth[parent[n]] + 1
        if long > limit:
            long = limit
            too_long += 1
        depth[n] = long
        if n < count:
            lengths[n] = long
            by_length[long] += 1
    while too_long > 0:
        long = limit - 1
        while by_length[long] == 0:
            long -= 1
        by_length[long] -= 1
        by_length[long + 1] += 2
        by_length[limit] -= 1
        too_long -= 2
        if too_long <= 0:
            h = int64(2 * count + 1)
            for size in range(limit, 0, -1):
                left = int64(by_length[size])
                while left:
                    h -= 1
                    if heap[h] < count:
                        lengths[heap[h]] = size
                        left -= 1


@plain
def _sorted_order(frequencies, count, order):
    """The symbols in use by frequency, then by number, into order: a heap sort; returns how many."""
    used = int64(0)
    for n in range(count):
        if frequencies[n]:
            order[used] = n
            used += 1
    for begin in range(used // 2 - 1, -used, -1):
        size = used
        root = int64(begin)
        if begin < 0:  # take the largest out
            size = used + begin
            largest = order[0]
            order[0] = order[size]
            order[size] = largest
            root = int64(0)
        while 2 * root + 1 < size:
            child = 2 * root + 1
            if child + 1 < size:
                a, b = order[child], order[child + 1]
                if frequencies[a] < frequencies[b] or (frequencies[a] == frequencies[b] and a < b):
                    child += 1
            a, b = order[root], order[child]
            if frequencies[b] < frequencies[a] or (frequencies[b] == frequencies[a] and b < a):
                break
            order[root] = b
            order[child] = a
            root = child
    return used


@plain
def _queue_lengths(frequencies, count, limit, lengths, work):
    """Lengths of a code from two queues, leaves first among equals; arguments as for `_heap_lengths`."""
    order = work[:NODES]
    parent = work[NODES : 2 * NODES]
    weight = work[2 * NODES : 3 * NODES]
    by_length = work[3 * NODES :]
    lengths[:count] = 0
    used = _sorted_order(frequencies, count, order)
    if used < 2:  # two codes of one bit, of which one may be for no symbol in use
        other = int64(order[0]) if used else int64(0)
        lengths[other] = 1
        lengths[0 if other else 1] = 1
        return
    leaf = int64(0)
    node = int64(0)
    for made in range(used - 1):
        weight[made] = 0
        for _ in range(2):
            if leaf < used and (node >= made or frequencies[order[leaf]] <= weight[node]):
                weight[made] += frequencies[order[leaf]]
                leaf += 1
            else:
                weight[made] += weight[node]
                parent[node] = made
                node += 1
    by_length[:] = 0
    by_length[1] = 2
    weight[used - 2] = 0  # weights are done with, and hold depths
    for n in range(used - 3, -1, -1):
        long = int64(weight[parent[n]]) + 1
        weight[n] = long
        if long >= limit:
            long = limit - 1
            while by_length[long] == 0:
                long -= 1
        by_length[long] -= 1
        by_length[long + 1] += 2
    n = int64(0)
    for long in range(limit, 0, -1):
        for _ in range(by_length[long]):
            lengths[order[n]] = long
            n += 1


@plain
def _smooth(counts, size, even):
    """Make neighbours of similar frequency alike, so that their lengths make runs, as Zopfli does; in place.

    Source: J. Alakuijala, L. Vandevenne, `OptimizeHuffmanForRle` in Zopfli's `deflate.c`.

    Args:
        counts: int32[...], of `size` symbols.
        even: int32[size], to work in: what is in a run already.
    """
    while size > 0 and counts[size - 1] == 0:
        size -= 1
    begin = int64(0)
    for i in range(1, size + 1):
        if i < size and counts[i] == counts[begin]:
            continue
        long = i - begin >= (5 if counts[begin] == 0 else 7)
        for k in range(begin, i):
            even[k] = int64(long)
        begin = int64(i)
    begin = int64(0)
    total = int64(0)
    limit = int64(counts[0])
    for i in range(size + 1):
        if i == size or even[i] or abs(counts[i] - limit) >= 4:
            long = i - begin
            if long >= 4 or (long >= 3 and total == 0):
                mean = max((total + long // 2) // long, int64(1)) if total else int64(0)
                for k in range(begin, i):
                    counts[k] = mean
            begin = int64(i)
            total = int64(0)
            if i < size - 3:
                limit = (int64(counts[i]) + counts[i + 1] + counts[i + 2] + counts[i + 3] + 2) >> 2
            elif i < size:
                limit = int64(counts[i])
        if i < size:
            total += counts[i]


@plain
def _build(frequencies, count, limit, lengths, work, how):
    """Lengths of a code; arguments as for `_heap_lengths`."""
    if how == HEAP:
        _heap_lengths(frequencies, count, limit, lengths, work)
        return
    if how == SMOOTHED:
        _smooth(frequencies, count, work)
    _queue_lengths(frequencies, count, limit, lengths, work)


@plain
def _runs_of(lengths, begin, count, runs, done):
    """Put the lengths [begin, begin + count) into runs as zlib does: symbol | extra << 5, from runs[done] on."""
    before = int64(-1)
    n = int64(0)
    while n < count:
        this = int64(lengths[begin + n])
        most = 138 if this == 0 else 6 if this == before else 7
        least = 3 if this == 0 or this == before else 4
        times = int64(1)
        while times < most and n + times < count and lengths[begin + n + times] == this:
            times += 1
        n += times
        if times < least:
            for _ in range(times):
                runs[done] = this
                done += 1
        elif this:
            if this != before:
                runs[done] = this
                done += 1
                times -= 1
            runs[done] = 16 | (times - 3) << 5
            done += 1
        else:
            runs[done] = 17 | (times - 3) << 5 if times <= 10 else 18 | (times - 11) << 5
            done += 1
        before = this
    return done


@plain
def _runs_with(lengths, count, choice, runs):
    """Put lengths into runs as Zopfli does, with symbols 16, 17, 18 as bits 0, 1, 2 of `choice` allow."""
    done = int64(0)
    n = int64(0)
    while n < count:
        this = int64(lengths[n])
        times = int64(1)
        if choice & 1 or (this == 0 and choice):
            while n + times < count and lengths[n + times] == this:
                times += 1
        n += times
        if this == 0:
            while choice & 4 and times >= 11:
                part = min(times, int64(138))
                runs[done] = 18 | (part - 11) << 5
                done += 1
                times -= part
            while choice & 2 and times >= 3:
                part = min(times, int64(10))
                runs[done] = 17 | (part - 3) << 5
                done += 1
                times -= part
        if choice & 1 and times >= 4:
            runs[done] = this
            done += 1
            times -= 1
            while times >= 3:
                part = min(times, int64(6))
                runs[done] = 16 | (part - 3) << 5
                done += 1
                times -= part
        for _ in range(times):
            runs[done] = this
            done += 1
    return done


@plain
def all_runs(lengths, literals, distances, how, joined, runs, inner, room):
    """The runs of both codes; returns how many.

    Args:
        lengths: int32[BOTH], of which `literals` and `distances` are written.
        how, joined: parameters.
        runs: int32[BOTH], written: symbol | extra << 5.
        inner: int32[LENGTHS], written for BEST.
        room: int32[ROOM], to work in.
    """
    if joined == APART:
        done = _runs_of(lengths, int64(0), literals, runs, int64(0))
        return _runs_of(lengths, int64(LITERALS), distances, runs, done)
    line = room[: literals + distances]
    for i in range(literals):
        line[i] = lengths[i]
    for i in range(distances):
        line[literals + i] = lengths[LITERALS + i]
    if joined == TOGETHER:
        return _runs_of(line, int64(0), literals + distances, runs, int64(0))
    best = int64(0)
    least = int64(1) << 60
    for choice in range(8):
        done = _runs_with(line, literals + distances, choice, runs)
        inner_lengths(runs, done, inner, how, room)
        bits = header_bits(runs, done, inner)
        if bits < least:
            least = bits
            best = int64(choice)
    return _runs_with(line, literals + distances, best, runs)


@plain
def trimmed(lengths, begin, count, least):
    """How many of the lengths [begin, begin + count) are left without zeros at the end, at least `least`."""
    while count > least and lengths[begin + count - 1] == 0:
        count -= 1
    return count


@plain
def inner_count(inner):
    """How many lengths of lengths are written."""
    count = int64(LENGTHS)
    while count > 4 and inner[ORDER[count - 1]] == 0:
        count -= 1
    return count


@inline
def run_bits(symbol):
    """Extra bits of a symbol of runs."""
    return (2 if symbol == 16 else 3 if symbol == 17 else 7) if symbol >= 16 else 0


@plain
def inner_lengths(runs, count, inner, how, room):
    """The lengths of the code of runs: int32[LENGTHS], written; room: int32[ROOM]."""
    frequencies = room[BOTH : BOTH + NODES]
    frequencies[:] = 0
    for i in range(count):
        frequencies[runs[i] & 31] += 1
    _build(frequencies, int64(LENGTHS), int64(7), inner, room[BOTH + NODES :], min(how, int64(QUEUES)))


@plain
def header_bits(runs, count, inner):
    """Bits of what a dynamic block says of its codes."""
    bits = 14 + 3 * inner_count(inner)
    for i in range(count):
        symbol = runs[i] & 31
        bits += inner[symbol] + run_bits(symbol)
    return bits


@plain
def both_codes(counts, how, joined, lengths, runs, inner, room):
    """Build the codes of a block from its counts, int32[BOTH].

    Returns:
        The bits that codes and symbols take, extra bits not counted.
    """
    frequencies = room[BOTH : BOTH + NODES]
    work = room[BOTH + NODES :]
    frequencies[:] = 0
    for i in range(LITERALS):
        frequencies[i] = counts[i]
    _build(frequencies, int64(LITERALS), int64(15), lengths[:LITERALS], work, how)
    frequencies[:] = 0
    for i in range(DISTANCES):
        frequencies[i] = counts[LITERALS + i]
    _build(frequencies, int64(DISTANCES), int64(15), lengths[LITERALS:], work, how)
    literals = trimmed(lengths, int64(0), int64(LITERALS), int64(257))
    distances = trimmed(lengths, int64(LITERALS), int64(DISTANCES), int64(1))
    used = all_runs(lengths, literals, distances, how, joined, runs, inner, room)
    inner_lengths(runs, used, inner, how, room)
    bits = int64(header_bits(runs, used, inner))
    for i in range(BOTH):
        bits += int64(counts[i]) * lengths[i]
    return bits


@plain
def codes(lengths, begin, count, codes):
    """The codes of a canonical code, their first bit lowest, into codes[begin:begin + count]."""
    code = int64(0)
    for size in range(1, 16):
        code <<= 1
        for i in range(begin, begin + count):
            if lengths[i] == size:
                backward = int64(0)
                for k in range(size):
                    backward |= ((code >> k) & 1) << (size - 1 - k)
                codes[i] = backward
                code += 1
