"""Type 1 fonts: made here, deciphered and restored; damaged ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arcodec
from arcodec import varint
from arcodec.content.base import Parsed
from arcodec.content.type1 import Type1
from arcodec.errors import CorruptError
from tests.compound_files import enciphered

TYPE1 = Type1()
CLEAR = b"%!PS-AdobeFont-1.0: Test 1.0\n/FontName /Test def\ncurrentfile eexec\n"
ZEROS = (b"0" * 64 + b"\n") * 8 + b"cleartomark\n"


def private(charstrings: list[bytes], command: bytes = b"RD") -> bytes:
    lines = [b"dup /Private 9 dict dup begin\n"]
    for number, text in enumerate(charstrings):
        lines.append(b"dup %d %d %s " % (number, len(text), command) + enciphered(text, 4330) + b" NP\n")
    return b"abcd" + b"".join(lines) + b"mark currentfile closefile\n"


def font(charstrings: list[bytes], command: bytes = b"RD", end: bytes = ZEROS) -> bytes:
    return CLEAR + enciphered(private(charstrings, command), 55665) + end


def taken_apart(data: bytes) -> Parsed:
    assert TYPE1.sniff(data[:64])
    parsed = TYPE1.parse(data)
    assert parsed is not None
    return parsed


GLYPHS = [b"\0\0\0\0outline of a letter %d" % i for i in range(9)]


@pytest.mark.parametrize("command", [b"RD", b"-|", b"other"])
@pytest.mark.parametrize("end", [b"", ZEROS])
def test_a_font(command: bytes, end: bytes) -> None:
    data = font(GLYPHS, command, end)
    parsed = taken_apart(data)
    assert (GLYPHS[3] in parsed.planes[0].tobytes()) == (command != b"other")
    assert b"dup /Private" in parsed.planes[0].tobytes()
    assert TYPE1.restore([np.array(plane) for plane in parsed.planes], parsed.recipe) == data


def test_segments() -> None:
    hidden = enciphered(private(GLYPHS), 55665)
    parts = (1, CLEAR), (2, hidden), (1, ZEROS)
    data = b"".join(b"\x80" + bytes([n]) + len(part).to_bytes(4, "little") + part for n, part in parts)
    parsed = taken_apart(data)
    assert GLYPHS[0] in parsed.planes[0].tobytes()
    assert TYPE1.restore(parsed.planes, parsed.recipe) == data


def test_what_is_none() -> None:
    for data in (CLEAR, CLEAR + b"abc", CLEAR + b"0123456789abcdef" * 9, b"%!PS-AdobeFont but no more"):
        assert TYPE1.parse(data) is None


def test_through_the_front_door() -> None:
    data = font(GLYPHS * 9)
    packed = arcodec.compress(data, level=1)
    assert arcodec.decompress(packed) == data
    assert arcodec.info(packed).frames[0].content == "type1"


@given(
    st.lists(
        st.one_of(st.binary(max_size=40), st.sampled_from([b" 12 RD ", b"9999 -| ", b"\n3 RD \n4 RD "])), max_size=9
    ),
    st.integers(0, 300),
)
@settings(deadline=None, max_examples=200)
def test_anything_comes_back(pieces: list[bytes], cut: int) -> None:
    for data in (CLEAR + b"".join(pieces), font(pieces)[: len(CLEAR) + cut]):
        parsed = TYPE1.parse(data)
        if parsed:
            assert TYPE1.restore(parsed.planes, parsed.recipe) == data


@pytest.mark.parametrize("numbers", [(), (3,), (0, 10), (9, 1), (1 << 40, 1), (0, 9, 0)])
def test_crafted_recipes(numbers: tuple[int, ...]) -> None:
    with pytest.raises(CorruptError):
        TYPE1.restore([np.zeros(9, np.uint8)], b"".join(map(varint.write, numbers)))
