"""NPY files: of all types, taken apart and restored; damaged ones, headers and recipes that lie; in archives."""

from __future__ import annotations

import contextlib
import io
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arcodec
from arcodec import compressor
from arcodec.content import _number_choice, _numbers
from arcodec.content._numbers import ITEMS, ORDERED, PICTURE, PLANES, QUOTIENT, SOUND, Coding
from arcodec.content._recipe import Reader
from arcodec.content.base import Parsed
from arcodec.content.npy import Npy
from arcodec.errors import CorruptError
from tests import laws
from tests.array_files import FILES, field, grain, npy, npz, table, walk

NPY = Npy()
quick = settings(deadline=None, max_examples=60)

TYPES = ["|b1", "|u1", "|i1", "<u2", ">i2", "<u4", ">i4", "<i8", ">u8", "<f2", "<f4", ">f4", "<f8", ">f8", "<c8"]
TYPES += [">c16", "|S5", "<U3", ">U2", "|V6", "<M8[ns]", "<m8[s]", "<f16"]


def taken_apart(data: bytes) -> Parsed:
    assert NPY.sniff(data[:64])
    parsed = NPY.parse(data)
    assert parsed is not None
    return parsed


def codings(parsed: Parsed) -> list[Coding]:
    """Those of a recipe with the usual header or a kept one."""
    from arcodec.content.npy import _read_header

    reader = Reader(parsed.recipe)
    _read_header(reader)
    reader.number()
    return [_numbers.read(reader) for _ in range(reader.number())]


# --- the law ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_each_comes_back(name: str) -> None:
    data = FILES[name]
    laws.check_content(NPY, data)
    assert len(laws.check_file(data, level=1)) < len(arcodec.compress(data, level=1, model="bytes-2-fast"))


@given(
    st.sampled_from(TYPES),
    st.lists(st.integers(1, 9), max_size=4),
    st.booleans(),
    st.sampled_from((1, 2, 3)),
    st.sampled_from((2, 300, 60_000)),
    st.booleans(),
)
@quick
def test_any_type_and_shape(
    kind: str, shape: list[int], fortran: bool, version: int, most: int, smooth: bool
) -> None:
    dtype = np.dtype(kind)
    size = int(np.prod(shape)) * dtype.itemsize
    values = grain(size, most)
    if smooth and dtype.kind in "uifb":
        array: Any = np.sort(values[: int(np.prod(shape))]).astype(dtype)
    else:
        array = np.frombuffer(values.astype(np.uint8).tobytes()[:size], dtype)
    data = npy(array.reshape(shape), version=version, fortran=fortran, after=b"more" * (most == 2))
    parsed = NPY.parse(data)
    if parsed:
        assert NPY.restore([np.array(plane) for plane in parsed.planes], parsed.recipe) == data


@given(st.data())
@quick
def test_any_coding(draw: st.DataObject) -> None:
    """Numbers of any bits, by any coding that can hold them."""
    width = draw.draw(st.sampled_from((1, 2, 4, 8)))
    rows, columns, channels = draw.draw(st.integers(1, 9)), draw.draw(st.integers(1, 9)), draw.draw(st.integers(1, 4))
    size = rows * columns * channels
    raw = grain(size * width, draw.draw(st.sampled_from((1, 3, 256)))).astype(np.uint8).reshape(size, width)
    conversion = draw.draw(st.sampled_from((0, ORDERED, QUOTIENT) if width > 1 else (0,)))
    layout = draw.draw(st.sampled_from((ITEMS, PLANES, SOUND, PICTURE)))
    distances = draw.draw(st.lists(st.integers(1, max(size - 1, 1)), max_size=3 if size > 1 else 0))
    coding = Coding(
        width, 1, draw.draw(st.booleans()), draw.draw(st.sampled_from((0, columns))), conversion,
        draw.draw(st.sampled_from((1, 10, 255))) if conversion == QUOTIENT else 1, None,
        draw.draw(st.integers(0, 255)) if conversion == ORDERED else 0, 1, tuple(distances), width,
        draw.draw(st.booleans()), layout, columns * (layout >= SOUND), channels if layout == PICTURE else 1,
    )  # fmt: skip
    if conversion == QUOTIENT:
        coding = _number_choice._with_steps(_numbers.numbers_of(raw, coding), coding)
    assert _numbers.read(Reader(coding.written())) == coding
    planes = _numbers.planes_of(raw, coding)
    assert np.array_equal(_numbers.field_of(iter(planes), size, coding), raw)


# --- what is chosen -----------------------------------------------------------------------------------------


def test_decimals_become_integers_and_the_unknown_is_kept() -> None:
    parsed = taken_apart(FILES["decimals"])
    (coding,) = codings(parsed)
    assert (coding.conversion, coding.divisor) == (QUOTIENT, 100)
    assert coding.void is not None
    assert coding.stored <= 2
    packed = arcodec.compress(FILES["decimals"], level=1)
    assert len(packed) < len(arcodec.compress(FILES["decimals"], level=1, model="bytes-2-fast")) * 0.9


def test_steps_are_taken_out() -> None:
    (coding,) = codings(taken_apart(FILES["times"]))
    assert coding.step == 1_000_000


def test_smooth_numbers_are_sound_and_surfaces_pictures() -> None:
    assert [plane.shape for plane in taken_apart(FILES["sound"]).planes] == [(3000, 1, 4)]
    assert [plane.shape for plane in taken_apart(FILES["picture"]).planes] == [(60, 80, 2)]
    packed = arcodec.compress(FILES["picture"], level=1)
    assert len(packed) < len(arcodec.compress(FILES["picture"], level=1, model="bytes-2-fast")) * 0.8


def test_fields_are_apart() -> None:
    assert len(codings(taken_apart(FILES["table"]))) == 6


def test_pixels_as_fractions() -> None:
    picture = (field(64, 64) // 240 / 255).astype("<f4")
    (coding,) = codings(taken_apart(npy(picture)))
    assert (coding.conversion, coding.divisor, coding.stored) == (QUOTIENT, 255, 1)


def test_what_no_coding_makes_smaller_stays_bytes() -> None:
    data = npy(grain(5000, 256).astype("u1"))
    assert NPY.parse(data) is None
    assert len(arcodec.compress(data)) < len(data) + 60


def test_choices_do_not_depend_on_the_order_of_bytes() -> None:
    for name in ("<i4", ">i4"):
        (coding,) = codings(taken_apart(npy(walk(3000).astype(name))))
        assert (coding.layout, coding.big) == (SOUND, name == ">i4")


# --- headers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "{'descr': '|O', 'fortran_order': False, 'shape': (400,), }",
        "{'descr': '<i3', 'fortran_order': False, 'shape': (400,), }"[:-3],
        "{'descr': '<i4', 'fortran_order': False, 'shape': (999999999999,), }",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (99999999999999999999,), }",
        "{'descr': '<i0', 'fortran_order': False, 'shape': (400,), }",
        "{'descr': '<U99999999', 'fortran_order': False, 'shape': (400,), }",
        "{'descr': [('a', [('b', '<i4')])], 'fortran_order': False, 'shape': (400,), }",
        "{'descr': [(('a', 'b'), '<i4')], 'fortran_order': False, 'shape': (400,), }",
        "{'descr': [], 'fortran_order': False, 'shape': (400,), }",
        "{'descr': '<i4', 'fortran_order': 1, 'shape': (400,), }",
        "{'descr': '<i4', 'shape': (400,), 'fortran_order': False}",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (0, 400), }",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (%s), }" % ("2, " * 40),
        "[" * 60_000,
        "{" + " " * 60_000,
        "{'descr': '<i4', 'fortran_order': False, 'shape': (400,)" + " " * 60_000,
        "",
    ],
)
def test_not_covered(text: str) -> None:
    header = text.encode()
    data = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header + bytes(range(200)) * 8
    start = time.process_time()
    assert NPY.parse(data) is None
    assert NPY.slabs(data) is None or "9999" in text
    assert time.process_time() - start < 2
    for cut in (7, 9, 11, 30, len(data) - 1):
        assert NPY.parse(data[:cut]) is None


@pytest.mark.parametrize(
    "text",
    [
        "{'descr':'<i4','fortran_order':False,'shape':(500,)}",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (500,), }                \n",
        "{ 'descr' : [('a', '<i2'),('b','<i2') ,  ], 'fortran_order': True, 'shape': (  500 , ), }",
    ],
)
def test_unusual_headers_are_kept(text: str) -> None:
    data = b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text.encode() + walk(500).astype("<i4").tobytes()
    laws.check_content(NPY, data)


def test_a_usual_header_is_short() -> None:
    assert len(taken_apart(FILES["sound"]).recipe) < 30


# --- damaged and crafted ------------------------------------------------------------------------------------


@given(st.data())
@quick
def test_damaged_files(draw: st.DataObject) -> None:
    data = bytearray(FILES[draw.draw(st.sampled_from(sorted(FILES)))][: 128 + draw.draw(st.integers(200, 900))])
    for _ in range(draw.draw(st.integers(0, 4))):
        data[draw.draw(st.integers(6, 140))] = draw.draw(st.integers(32, 126))
    parsed = NPY.parse(bytes(data))
    if parsed:
        assert NPY.restore(parsed.planes, parsed.recipe) == data


@given(st.data())
@settings(deadline=None, max_examples=300)
def test_damaged_recipes(draw: st.DataObject) -> None:
    parsed = PARSED[draw.draw(st.sampled_from(sorted(PARSED)))]
    recipe = bytearray(parsed.recipe)
    for _ in range(draw.draw(st.integers(1, 3))):
        recipe[draw.draw(st.integers(0, len(recipe) - 1))] = draw.draw(st.integers(0, 255))
    planes = list(parsed.planes)
    if draw.draw(st.booleans()):
        planes = draw.draw(st.permutations(planes))[: draw.draw(st.integers(0, len(planes)))]
    for damaged in (bytes(recipe), bytes(recipe[: draw.draw(st.integers(0, len(recipe)))])):
        with contextlib.suppress(CorruptError):
            NPY.restore([np.array(plane) for plane in planes], damaged)


PARSED = {name: taken_apart(FILES[name]) for name in ("decimals", "picture", "table", "columns", "halves")}


@given(st.binary(max_size=40))
@settings(deadline=None)
def test_any_recipe_ends_well(recipe: bytes) -> None:
    for start in (b"", b"\0\0", b"\0\0\x08\1"):
        with contextlib.suppress(CorruptError):
            NPY.restore([np.zeros(64, np.uint8)], start + recipe)


def _crafted(items: int, *parts: Coding) -> bytes:
    from arcodec import varint

    return b"\0\0" + varint.write(items) + varint.write(len(parts)) + b"".join(part.written() for part in parts)


@pytest.mark.parametrize(
    "recipe",
    [
        _crafted(1 << 60, Coding(8, 1, stored=8)),
        _crafted(1, Coding(8, 1 << 60, stored=8)),
        _crafted(1 << 30, Coding(8, 1, stored=1, layout=PLANES)),
        _crafted(8, Coding(8, 1, stored=1, columns=1 << 60, layout=PICTURE)),
        _crafted(8, Coding(8, 1, stored=8, columns=1, channels=5, layout=PICTURE)),
        _crafted(8, Coding(8, 1, stored=8, columns=65, layout=SOUND)),
        _crafted(8, Coding(8, 1, stored=8, apart=3)),
        _crafted(8, Coding(8, 1, stored=8, differences=(8,))),
        _crafted(8, Coding(8, 1, stored=8, differences=(1 << 60,))),
        _crafted(8, Coding(8, 1, stored=9)),
        _crafted(8, Coding(8, 1, stored=0)),
        _crafted(8, Coding(8, 1, stored=8, step=0, first=1)),
        _crafted(8, Coding(8, 1, stored=8, conversion=3)),
        _crafted(8, Coding(8, 1, stored=8, conversion=ORDERED, void=1)),
        _crafted(64, Coding(1, 1, stored=1, conversion=ORDERED)),
        _crafted(8, Coding(8, 1, stored=8, conversion=QUOTIENT, divisor=0)),
        _crafted(8, Coding(8, 1, stored=8, conversion=QUOTIENT, divisor=10, void=0)),
        _crafted(64, Coding(1, 1, stored=1), Coding(1, 1, stored=1)),
        _crafted(8, Coding(6, 1, stored=6, differences=(1,))),
        _crafted(0, Coding(8, 1, stored=8)),
        _crafted(8),
    ],
)
def test_crafted_recipes(recipe: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(CorruptError):
            NPY.restore([np.zeros(64, np.uint8)], recipe)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_memory_is_a_small_multiple() -> None:
    """Of what the file and its planes take."""
    data = npy(walk(200_000).astype("<f8") / 100)
    parsed = taken_apart(data)
    tracemalloc.start()
    for _ in NPY.pieces(parsed.planes, parsed.recipe):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * (len(data) + sum(plane.size for plane in parsed.planes)) + (8 << 20)


# --- as a whole ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("deflated", [False, True])
def test_arrays_in_archives(deflated: bool) -> None:
    arrays = {"a": walk(4000).astype("<i4"), "b": field(50, 60).astype("<u2"), "c": table(300), "d": np.arange(9)}
    file = npz(arrays, deflated=deflated)
    packed = laws.check_file(file, level=1)
    assert {"audio-1-fast", "deep-1-fast"} <= {name for frame in arcodec.info(packed).frames for name in frame.models}
    with np.load(io.BytesIO(arcodec.decompress(packed))) as again:
        assert np.array_equal(again["a"], arrays["a"])


def test_large_files_are_taken_apart_in_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressor, "SLAB", 20_001)
    for file in (
        npy(walk(12_000).reshape(-1, 3).astype("<i4"), after=b"end"),
        npy(grain(50_000, 256).astype("u1"), fortran=True),
    ):
        packed = laws.check_file(file, level=1)
        assert len(arcodec.info(packed).frames) > 3
