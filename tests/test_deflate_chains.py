"""Searches for copies: what is skipped changes nothing, and what is found is what zlib's own search would find."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcodec.kernels import deflate_chains
from arcodec.kernels.deflate_chains import BASE, DEEP, LENGTHS, WINDOW, Chains

RANDOM = np.random.default_rng(28)


def naive(content: bytes, at: int, end: int, best: int, steps: int, chains: Chains, chained: int) -> int:
    """The search in the words of zlib: all positions with the same hash, the nearest first."""
    bits, covered, farthest, first, nice = map(int, chains.settings[:5])
    base = int(chains.state[BASE])
    room = min(258, end - at)
    if room <= best or at + covered > end:
        return 0

    def key(place: int) -> int:
        if covered == 4:
            return (int.from_bytes(content[place : place + 4], "little") * 2654435761 & 0xFFFFFFFF) >> (32 - bits)
        shift = (bits + 2) // 3
        a, b, c = content[place : place + 3]
        return (a << 2 * shift ^ b << shift ^ c) & ((1 << bits) - 1)

    found = 0
    like = [p for p in range(max(at - WINDOW, base), at)[::-1] if p < chained and key(p) == key(at)]
    for number, place in enumerate(like[:steps]):
        lowest = max(at - farthest, base) + (first if number else 0)
        if place < lowest or place < base + first:
            break
        length = next((k for k in range(room) if content[place + k] != content[at + k]), room)
        if length > best:
            best, found = length, length << 16 | (at - place)
            if length >= min(nice, room):
                break
    return found


def chains_of(content: bytes, covered: int, nice: int, deep: bool, farthest: int = WINDOW - 262) -> Chains:
    return deflate_chains.allocate(len(content), (15, covered, farthest, 1, nice), DEEP if deep else 1)


texts = st.one_of(
    st.lists(st.sampled_from((b"abc", b"abcd", b"abcdef", b"x", bytes(9), b"abcdefgh" * 2)), max_size=60).map(
        b"".join
    ),
    st.binary(max_size=200).map(lambda data: bytes(byte & 3 for byte in data)),
    st.tuples(st.binary(min_size=1, max_size=20), st.integers(1, 40)).map(lambda t: t[0] * t[1]),
)


@given(
    texts, st.integers(2, 14), st.sampled_from((1, 3, 300)), st.sampled_from((3, 4)), st.sampled_from((8, 30, 258))
)
def test_searches_find_what_zlib_finds(content: bytes, best: int, steps: int, covered: int, nice: int) -> None:
    source = np.frombuffer(content, np.uint8)
    for deep in (False, True):
        chains = chains_of(content, covered, nice, deep)
        for at in range(len(content)):
            deflate_chains.chain_up_to(source, chains, at)
            found = deflate_chains.longest_copy(source, chains, at, len(content), best, steps)
            assert found == naive(content, at, len(content), best, steps, chains, at)


@pytest.mark.parametrize("steps", [1, 5, 400, 4096])
@pytest.mark.parametrize("farthest", [1 << 9, WINDOW - 262, WINDOW])
def test_nothing_is_lost_by_skipping_where_windows_end_and_chains_are_long(steps: int, farthest: int) -> None:
    words = [RANDOM.integers(0, 3, RANDOM.integers(2, 30)).astype(np.uint8).tobytes() for _ in range(50)]
    content = b"".join(words[k] for k in RANDOM.integers(0, 50, 6000)) + bytes(40_000) + b"".join(words)
    source = np.frombuffer(content, np.uint8)
    walked, skipped = (chains_of(content, 3, 258, deep, farthest) for deep in (False, True))
    gap = range(50_000, 51_000)  # what copies that are too long leave out
    places = {*range(0, gap[0], 61), *range(gap[-1], len(content), 67), *range(len(content) - 40, len(content))}
    for at in sorted(places):
        for chains in (walked, skipped):
            if at == gap[-1]:
                chains.state[deflate_chains.CHAINED] = at
            deflate_chains.chain_up_to(source, chains, at)
        for best in (2, 4, 9, 40):
            one = deflate_chains.longest_copy(source, walked, at, len(content), best, steps)
            assert deflate_chains.longest_copy(source, skipped, at, len(content), best, steps) == one


def test_the_longest_keys_are_read_whole() -> None:
    assert max(LENGTHS) <= 16
    assert sorted(LENGTHS) == list(LENGTHS)
    assert LENGTHS[0] == 3  # with these chains the usual one need not be walked at all
