"""Deflate streams made by hand: any tokens, any blocks, any codes, written with no regard to what is sensible."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

LENGTHS = [
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
    13,
    15,
    17,
    19,
    23,
    27,
    31,
    35,
    43,
    51,
    59,
    67,
    83,
    99,
    115,
    131,
    163,
    195,
    227,
]
LENGTH_BITS = [max(k // 4 - 1, 0) for k in range(28)]
DISTANCES = [1, 2, 3, 4] + [(2 + k % 2 << k // 2 - 1) + 1 for k in range(4, 30)]
ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
FIXED = [8] * 144 + [9] * 112 + [7] * 24 + [8] * 8

Token = tuple[int, int]  # a literal and 0, or length and distance; length 259 is 258 in its longer form


class Bits:
    """A stream that is being written."""

    def __init__(self) -> None:
        self._value = 0
        self._count = 0

    def put(self, value: int, count: int) -> None:
        """Lowest bit first."""
        self._value |= value << self._count
        self._count += count

    def align(self, filling: int = 0) -> None:
        """Fill up the byte with the lowest bits of `filling`."""
        room = -self._count % 8
        self.put(filling & ((1 << room) - 1), room)

    def bytes(self, filling: int = 0) -> bytes:
        """All of it."""
        self.align(filling)
        return self._value.to_bytes(self._count // 8, "little")


def codes(lengths: Sequence[int]) -> list[int]:
    """The canonical code, each with its first bit lowest."""
    out, code = [0] * len(lengths), 0
    for size in range(1, 16):
        code <<= 1
        for i, length in enumerate(lengths):
            if length == size:
                out[i] = int(f"{code:0{size}b}"[::-1], 2)
                code += 1
    return out


def symbols(token: Token) -> list[tuple[int, int, int, int]]:
    """Which code (0 literals, 1 distances), symbol, extra bits, and how many."""
    length, distance = token
    if not distance:
        return [(0, length, 0, 0)]
    k = 28 if length == 258 else 27 if length == 259 else max(i for i in range(28) if LENGTHS[i] <= length)
    extra = 0 if k == 28 else min(length, 258) - LENGTHS[k]
    d = max(i for i in range(30) if DISTANCES[i] <= distance)
    first = (0, 257 + k, extra, 0 if k == 28 else LENGTH_BITS[k])
    return [first, (1, d, distance - DISTANCES[d], max(d // 2 - 1, 0))]


def put_tokens(out: Bits, tokens: Sequence[Token], lengths: tuple[Sequence[int], Sequence[int]]) -> None:
    """The body of a block and its end."""
    both = codes(lengths[0]), codes(lengths[1])
    for token in tokens:
        for which, symbol, extra, count in symbols(token):
            out.put(both[which][symbol], lengths[which][symbol])
            out.put(extra, count)
    out.put(both[0][256], lengths[0][256])


def balanced(used: Sequence[int], size: int, limit: int, skew: bool) -> list[int]:
    """Lengths of a complete code for these symbols: nearly equal, or one, two, three ... as long as that goes."""
    out = [0] * size
    if len(used) == 1:
        out[used[0]] = 1
        return out
    left = list(used)
    if skew:
        depth = 1
        while len(left) > 2 and depth < limit - len(left).bit_length():
            out[left.pop()] = depth
            depth += 1
        return _flat(out, left, depth - 1)
    return _flat(out, left, 0)


def _flat(out: list[int], used: Sequence[int], depth: int) -> list[int]:
    more = (len(used) - 1).bit_length()
    short = (1 << more) - len(used)
    for i, symbol in enumerate(used):
        out[symbol] = depth + more - (1 if i < short else 0)
    return out


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A stream and its content."""
    out, content = Bits(), bytearray()
    count = draw(st.integers(1, 5))
    for number in range(count):
        out.put(int(number == count - 1), 1)
        kind = draw(st.sampled_from([0, 1, 2, 2]))
        out.put(kind, 2)
        if kind == 0:
            data = draw(st.binary(max_size=60))
            out.align(draw(st.sampled_from([0, 0, 0xFF])))
            out.put(len(data) | (len(data) ^ 0xFFFF) << 16, 32)
            for byte in data:
                out.put(byte, 8)
            content += data
            continue
        tokens: list[Token] = []
        for _ in range(draw(st.integers(0, 40))):
            if content and draw(st.booleans()):
                length = draw(st.sampled_from([3, 4, 5, 9, 11, 40, 257, 258, 259]))
                distance = min(draw(st.integers(1, 400)), len(content))
                tokens.append((length, distance))
                for _ in range(min(length, 258)):
                    content.append(content[-distance])
            else:
                tokens.append((draw(st.integers(97, 103)), 0))
                content.append(tokens[-1][0])
        if kind == 1:
            put_tokens(out, tokens, (FIXED, [5] * 32))
            continue
        put_dynamic(draw, out, tokens)
    return out.bytes(draw(st.sampled_from([0, 0, 0xFF]))), bytes(content)


def put_dynamic(draw: st.DrawFn, out: Bits, tokens: Sequence[Token]) -> None:
    """A dynamic block with some symbols that are not used, and lengths in runs or not."""
    used = [{256}, set[int]()]
    for token in tokens:
        for which, symbol, _, _ in symbols(token):
            used[which].add(symbol)
    used[0] |= draw(st.sets(st.integers(0, 285), max_size=4))
    used[1] |= draw(st.sets(st.integers(0, 29), max_size=3))
    skew = draw(st.booleans())
    literals = balanced(sorted(used[0]), 286, 15, skew)
    distances = balanced(sorted(used[1]), 30, 15, skew) if used[1] else [0] * 30
    ends = [max((i for i, n in enumerate(lengths) if n), default=0) + 1 for lengths in (literals, distances)]
    ends = [draw(st.integers(max(ends[0], 257), 286)), draw(st.integers(ends[1], 30))]
    runs = in_runs(draw, literals[: ends[0]] + distances[: ends[1]])
    inner = balanced(sorted({symbol for symbol, _, _ in runs} | {0, 18}), 19, 7, draw(st.booleans()))
    sent = max(i for i in range(19) if inner[ORDER[i]]) + 1
    sent = draw(st.integers(max(sent, 4), 19))
    out.put(ends[0] - 257 | (ends[1] - 1) << 5 | (sent - 4) << 10, 14)
    for i in range(sent):
        out.put(inner[ORDER[i]], 3)
    inner_codes = codes(inner)
    for symbol, extra, count in runs:
        out.put(inner_codes[symbol], inner[symbol])
        out.put(extra, count)
    put_tokens(out, tokens, (literals, distances))


def in_runs(draw: st.DrawFn, lengths: Sequence[int]) -> list[tuple[int, int, int]]:
    """Symbols, extra bits and how many: as runs wherever a coin says so, across the end of the literals as well."""
    out, i = [], 0
    lazy = draw(st.booleans())
    while i < len(lengths):
        times = 1
        while i + times < len(lengths) and lengths[i + times] == lengths[i]:
            times += 1
        if lengths[i] == 0 and times >= 11 and not lazy:
            times = min(times, draw(st.integers(11, 138)))
            out.append((18, times - 11, 7))
        elif lengths[i] == 0 and times >= 3:
            times = min(times, 10)
            out.append((17, times - 3, 3))
        elif i and lengths[i] == lengths[i - 1] and times >= 3:
            times = min(times, 6)
            out.append((16, times - 3, 2))
        else:
            times = 1
            out.append((lengths[i], 0, 0))
        i += times
    return out
