"""Deflate streams: taken apart and written again bit for bit; small recipes for zlib's; damaged ones."""

from __future__ import annotations

import contextlib
import random
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arcodec.content import _deflate, _deflate_recipe
from arcodec.content._deflate_encoders import ENCODERS, RANGES
from arcodec.errors import CorruptError
from tests.deflate_writer import Bits, put_tokens, streams

quick = settings(deadline=None, max_examples=60)

TEXT = b"".join(b"%d bottles of beer on the wall, %d bottles of beer\n" % (i * i % 997, i) for i in range(3000))
FLUSHES = (zlib.Z_NO_FLUSH, zlib.Z_PARTIAL_FLUSH, zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_BLOCK)


def mixed(size: int, seed: int = 1) -> bytes:
    """Text, numbers, noise and runs in turn."""
    draw = random.Random(seed)
    out = b""
    while len(out) < size:
        start = draw.randrange(len(TEXT))
        out += draw.choice(
            [TEXT[start : start + 2000], draw.randbytes(300), bytes(700), bytes(draw.choices(b"abc", k=900))]
        )
    return out[:size]


def check(stream: bytes, content: bytes, before: bytes = b"", after: bytes = b"") -> _deflate.Replay:
    """The law; bytes around the stream do not matter."""
    replay = _deflate.analyse(before + stream + after, len(before))
    assert replay is not None
    assert replay.content == content
    assert replay.end == len(before) + len(stream)
    assert _deflate.replay(content, replay.recipe) == stream
    return replay


@st.composite
def zlib_streams(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """What zlib makes of some data with any settings, and the data."""
    content = draw(st.one_of(st.binary(max_size=300), st.builds(mixed, st.integers(0, 60_000), st.integers(0, 9))))
    settings = draw(st.integers(0, 9)), zlib.DEFLATED, -draw(st.integers(9, 15)), draw(st.integers(1, 9))
    encoder = zlib.compressobj(*settings, draw(st.integers(0, 4)))
    stream, start = b"", 0
    for cut in sorted(draw(st.lists(st.integers(0, len(content)), max_size=5))):
        stream += encoder.compress(content[start:cut]) + encoder.flush(draw(st.sampled_from(FLUSHES)))
        start = cut
    return stream + encoder.compress(content[start:]) + encoder.flush(), content


@given(zlib_streams(), st.binary(max_size=3), st.binary(max_size=3))
@quick
def test_streams_of_zlib_come_back(made: tuple[bytes, bytes], before: bytes, after: bytes) -> None:
    check(*made, before, after)


@given(streams(), st.binary(max_size=3))
@quick
def test_streams_of_no_encoder_come_back(made: tuple[bytes, bytes], after: bytes) -> None:
    stream, content = made
    assert zlib.decompressobj(-15).decompress(stream) == content
    check(stream, content, after=after)


@pytest.mark.parametrize("memory", [8, 9])
@pytest.mark.parametrize("strategy", range(4))
@pytest.mark.parametrize("level", range(10))
def test_recipes_of_zlib_are_small(level: int, strategy: int, memory: int) -> None:
    content = mixed(120_000)
    encoder = zlib.compressobj(level, zlib.DEFLATED, -15, memory, strategy)
    stream = encoder.compress(content) + encoder.flush()
    if zlib.ZLIB_RUNTIME_VERSION.startswith("1.") and "ng" not in zlib.ZLIB_RUNTIME_VERSION:
        assert len(check(stream, content).recipe) <= 16
    else:
        check(stream, content)


@pytest.mark.parametrize(("build", "runs"), [(0, 0), (1, 1), (2, 2), (3, 2)])
@pytest.mark.parametrize("start", [b"\x94\3\0\2", b"\x94\3\0\3", b"\x94\3\0\5", b"\xb9\2", b"\xbb\2", b"\xbd\2"])
def test_encoders_that_are_not_zlib(start: bytes, build: int, runs: int) -> None:
    """What our own encoder makes of other parameters is recognised: nothing or little is left to say."""
    content = mixed(40_000)
    recipe = start + bytes([12, build, 13, runs])
    assert len(check(_deflate.replay(content, recipe), content).recipe) <= 60


@pytest.mark.parametrize("level", range(1, 10))
def test_recipes_of_libdeflate_are_small(level: int) -> None:
    """Each token is as expected; what is left to say is where blocks end."""
    imagecodecs = pytest.importorskip("imagecodecs", reason="needs libdeflate (pip install 'arcodec[bench]')")
    for content in (mixed(120_000), TEXT[:400], bytes(5000), random.Random(3).randbytes(20_000), TEXT * 4):
        replay = check(bytes(imagecodecs.deflate_encode(content, level=level, raw=True)), content)
        assert len(replay.recipe) <= 80
        assert not len(_deflate_recipe.read(replay.recipe).differences)


@given(
    st.integers(0, 8).map(lambda level: 54 + level),
    st.lists(st.sampled_from((b"abc", b"abcab", b"aaaa", b"bcabca", b"x")), min_size=4, max_size=120).map(b"".join),
    st.lists(st.integers(0, 20), max_size=40),
    st.lists(st.integers(1, 127), max_size=3),
)
@settings(deadline=None, max_examples=300)
def test_searches_ahead_that_come_to_nothing(row: int, content: bytes, gaps: list[int], cuts: list[int]) -> None:
    """Literals where libdeflate would have copied, after it looked at places behind; and ends of what is found."""
    ends = b"".join(bytes([0, 2 + 8, cut]) for cut in cuts)
    recipe = bytes([row, 3, len(ends)]) + ends + bytes(6 * gap for gap in gaps)
    with contextlib.suppress(CorruptError):
        assert zlib.decompress(_deflate.replay(content, recipe), -15) == content


def test_all_distances_and_lengths() -> None:
    """Up to 32,768 and 258, which has two forms."""
    head = random.Random(5).randbytes(32768)
    content, tokens = bytearray(head), []
    for length, distance in ((258, 32768), (259, 32768), (3, 32767), (258, 1), (259, 1), (10, 24577), (227, 12288)):
        tokens.append((length, distance))
        for _ in range(min(length, 258)):
            content.append(content[-distance])
    out = Bits()
    out.put(1, 1)
    out.put(1, 2)
    put_tokens(out, [*((byte, 0) for byte in head), *tokens], ([8] * 144 + [9] * 112 + [7] * 24 + [8] * 8, [5] * 32))
    check(out.bytes(0xFF), bytes(content))


def test_limits() -> None:
    stream = zlib.compress(bytes(100_000))[2:-4]
    assert _deflate.analyse(stream, 0, 99_999) is None
    assert _deflate.analyse(stream, 0, 100_000) is not None
    assert _deflate.analyse(stream[:-1]) is None
    assert _deflate.analyse(b"") is None
    assert _deflate.analyse(stream, len(stream)) is None


@given(zlib_streams(), st.data())
@quick
def test_damaged_streams(made: tuple[bytes, bytes], data: st.DataObject) -> None:
    """Cut or flipped, they are right or refused, as zlib says, but for codes that it refuses for being incomplete."""
    stream = bytearray(made[0])
    for _ in range(data.draw(st.integers(0, 3))):
        stream[data.draw(st.integers(0, len(stream) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    broken = bytes(stream[: data.draw(st.integers(0, len(stream)))])
    replay = _deflate.analyse(broken, limit=1 << 20)
    decoder = zlib.decompressobj(-15)
    with contextlib.suppress(zlib.error):
        content = decoder.decompress(broken, 1 << 20)
        if decoder.eof:
            assert replay is not None
            assert replay.content == content
    if replay is not None:
        assert _deflate.replay(replay.content, replay.recipe) == broken[: replay.end]


@given(zlib_streams(), st.data())
@quick
def test_damaged_recipes(made: tuple[bytes, bytes], data: st.DataObject) -> None:
    """They give some stream, or CorruptError."""
    replay = check(*made)
    recipe = bytearray(replay.recipe)
    for _ in range(data.draw(st.integers(1, 3))):
        recipe[data.draw(st.integers(0, len(recipe) - 1))] = data.draw(st.integers(0, 255))
    recipe += data.draw(st.binary(max_size=2))
    content = replay.content[: data.draw(st.integers(0, len(replay.content)))]
    with contextlib.suppress(CorruptError):
        _deflate.replay(content, bytes(recipe))


@given(st.binary(max_size=60), st.binary(max_size=40))
@quick
def test_recipes_of_noise(content: bytes, recipe: bytes) -> None:
    with contextlib.suppress(CorruptError):
        _deflate.replay(content, recipe)


@given(st.integers(0, len(ENCODERS) - 1), st.integers(0, 127), st.binary(max_size=40))
@quick
def test_recipes_of_noise_behind_a_good_beginning(row: int, mask: int, rest: bytes) -> None:
    with contextlib.suppress(CorruptError):
        _deflate.replay(TEXT[:3000], bytes([row, mask]) + rest)


def test_encoders_are_in_range() -> None:
    assert len(ENCODERS) <= 128
    for row in ENCODERS:
        assert all(low <= value <= high for value, (low, high) in zip(row, RANGES, strict=True))


@pytest.mark.parametrize(
    "recipe", [b"", b"\x7f", b"\x00\x00\x00", b"\x00\x80", b"\x80\x01\x0f\x00", b"\x80\x01\x05\x07"]
)
def test_no_recipes(recipe: bytes) -> None:
    with pytest.raises(CorruptError):
        _deflate_recipe.read(recipe)
