"""GIF images: written by Pillow and by hand, taken apart and restored; damaged ones; LZW streams of all kinds."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import arcodec
from arcodec.content import _lzw
from arcodec.content._recipe import Reader
from arcodec.content.base import Parsed
from arcodec.content.gif import Gif
from arcodec.errors import CorruptError

GIF = Gif()
quick = settings(deadline=None, max_examples=60)


def picture(rows: int, columns: int, colours: int, seed: int) -> Image.Image:
    random = np.random.default_rng(seed)
    image = Image.fromarray((random.integers(0, colours, (rows, columns)) // 2 * 2).astype(np.uint8), "P")
    image.putpalette(random.integers(0, 256, 3 * colours, np.uint8).tobytes())
    return image


def gif(frames: list[Image.Image], *, interlaced: bool = False) -> bytes:
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], interlace=interlaced, optimize=False)
    return file.getvalue()


def taken_apart(data: bytes) -> Parsed:
    assert GIF.sniff(data[:64])
    parsed = GIF.parse(data)
    assert parsed is not None
    return parsed


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([2, 7, 16, 256]), st.integers(0, 9), st.booleans())
@quick
def test_each_comes_back(rows: int, columns: int, colours: int, seed: int, interlaced: bool) -> None:
    data = gif([picture(rows, columns, colours, seed)], interlaced=interlaced)
    parsed = taken_apart(data)
    assert [plane.shape for plane in parsed.planes] == [(rows, columns, 1)]
    assert GIF.restore([np.array(plane) for plane in parsed.planes], parsed.recipe) == data


def test_an_animation_is_one_plane() -> None:
    data = gif([picture(30, 50, 64, seed) for seed in range(3)])
    parsed = taken_apart(data)
    assert len(parsed.planes) == 1
    assert GIF.restore(parsed.planes, parsed.recipe) == data
    packed = arcodec.compress(data, level=1)
    assert arcodec.decompress(packed) == data
    assert arcodec.info(packed).frames[0].content == "gif"


def test_what_follows_the_end_is_kept() -> None:
    data = gif([picture(9, 9, 16, 0)]) + b"and more"
    assert GIF.restore(*_both(taken_apart(data))) == data


def _both(parsed: Parsed) -> tuple[list[np.ndarray], bytes]:
    return list(parsed.planes), parsed.recipe


@given(st.data())
@quick
def test_damaged_files(draw: st.DataObject) -> None:
    data = bytearray(gif([picture(12, 20, 32, 1), picture(12, 20, 32, 2)]))
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(6, len(data) - 1))] = draw.draw(st.integers(0, 255))
    file = bytes(data[: len(data) - draw.draw(st.integers(0, 30))])
    parsed = GIF.parse(file)
    if parsed:
        assert GIF.restore(parsed.planes, parsed.recipe) == file


@given(st.data())
@quick
def test_damaged_recipes(draw: st.DataObject) -> None:
    parsed = taken_apart(gif([picture(12, 20, 32, 1), picture(12, 20, 32, 2)]))
    recipe = bytearray(parsed.recipe)
    for _ in range(draw.draw(st.integers(1, 3))):
        recipe[draw.draw(st.integers(0, len(recipe) - 1))] = draw.draw(st.integers(0, 255))
    for damaged in (bytes(recipe), bytes(recipe[: draw.draw(st.integers(0, len(recipe)))])):
        with contextlib.suppress(CorruptError):
            GIF.restore(parsed.planes, damaged)


def test_a_header_that_lies() -> None:
    data = bytearray(gif([picture(9, 9, 16, 0)]))
    place = data.index(b"\x2c") + 5
    data[place : place + 4] = b"\xff\xff\xff\xff"
    assert GIF.parse(bytes(data)) is None


@given(st.integers(1, 8), st.booleans(), st.integers(0, 1), st.integers(0, 99))
@quick
def test_lzw_streams(root: int, leftward: bool, early: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    symbols = (random.integers(0, 1 << root, 9000, np.uint8) * (random.random(9000) < 0.2)).astype(np.uint8)
    data = _greedy(symbols, root, leftward, early)
    found = _lzw.decoded(data, len(symbols), root, leftward=leftward, early=early)
    assert found is not None
    assert np.array_equal(found[0], symbols)
    assert _lzw.encoded(symbols, Reader(found[1]), root, leftward=leftward, early=early) == data


def _greedy(symbols: np.ndarray, root: int, leftward: bool, early: int) -> bytes:
    """A plain encoder that clears its table when that is full, as the specification of TIFF has it."""
    clear = 1 << root
    bits: list[str] = []

    def put(code: int, entries: int) -> None:
        width = root + 1
        while width < 12 and entries + early >= 1 << width:
            width += 1
        text = f"{code:0{width}b}"
        bits.append(text if leftward else text[::-1])

    put(clear, clear + 2)
    table: dict[tuple[int, ...], int] = {(value,): value for value in range(clear)}
    entries, decoders = clear + 2, clear + 2
    known: tuple[int, ...] = ()
    for symbol in symbols.tolist():
        longer = (*known, symbol)
        if longer in table:
            known = longer
            continue
        put(table[known], decoders)
        decoders = entries
        table[longer] = entries
        entries += 1
        if entries == 4094:
            put(clear, decoders)
            table = {(value,): value for value in range(clear)}
            entries, decoders = clear + 2, clear + 2
        known = (symbol,)
    put(table[known], decoders)
    put(clear + 1, entries)
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    parts = (text[i : i + 8] for i in range(0, len(text), 8))
    return bytes(int(part if leftward else part[::-1], 2) for part in parts)


@pytest.mark.parametrize("recipe", [b"", b"\0\0", b"\x01\x05\xff\xff\xff\x7f\0", b"\x01\xff\xff\xff\xff\x0f\1\0"])
def test_crafted_lzw_recipes(recipe: bytes) -> None:
    with pytest.raises(CorruptError):
        _lzw.encoded(np.zeros(9, np.uint8), Reader(recipe), 8, leftward=False, early=0)
