"""Absolute targets: a bijection, for code and for everything else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcodec.kernels import branches, x86

WINDOW = 1 << 31
OPCODES = [
    b"\xe8",
    b"\xe9",
    b"\x0f\x84",
    b"\x48\x8b\x05",
    b"\x48\x8d\x3d",
    b"\xc7\x05",
    b"\x90",
    b"\x66",
    b"\xc5\xf8\x28",
]
PROGRAMS = st.lists(st.sampled_from(OPCODES) | st.binary(max_size=5), max_size=40).map(b"".join)


@given(PROGRAMS | st.binary(max_size=300))
def test_inverse_undoes_forward(program: bytes) -> None:
    data = np.frombuffer(program, np.uint8)
    changed = data.copy()
    branches.forward(changed)
    branches.inverse(changed)
    assert np.array_equal(changed, data)


@given(st.integers(-WINDOW, WINDOW - 1), st.data())
def test_targets_map_one_to_one(v: int, draw: st.DataObject) -> None:
    size = draw.draw(st.integers(0, WINDOW - 1))
    end = draw.draw(st.integers(0, size))
    target = branches.absolute(v, end, size)
    assert -WINDOW <= target < WINDOW
    assert branches.relative(target, end, size) == v


def test_calls_of_one_function_look_alike() -> None:
    calls = [b"\xe8" + (300 - 5 * k).to_bytes(4, "little") for k in range(1, 11)]
    data = np.frombuffer(b"".join(calls) + bytes(500), np.uint8).copy()
    branches.forward(data)
    assert data[:50].tobytes() == (b"\xe8" + (300).to_bytes(4, "big")) * 10


def test_displacements_count_from_the_end_of_the_instruction() -> None:
    data = np.frombuffer(b"\xc7\x05" + (90).to_bytes(4, "little") + b"\1\2\3\4" + bytes(190), np.uint8).copy()
    branches.forward(data)
    assert data[:10].tobytes() == b"\xc7\x05" + (100).to_bytes(4, "big") + b"\1\2\3\4"


@pytest.mark.parametrize(
    ("instruction", "lengths"),
    [
        ("c3", [1]),
        ("48 89 e5", [3]),
        ("48 8b 44 24 08", [5]),
        ("8b 04 85 00 10 00 00", [7]),
        ("66 b8 01 02", [4]),
        ("48 b8 01 02 03 04 05 06 07 08", [10]),
        ("f6 c1 01", [3]),
        ("f7 d8", [2]),
        ("48 f7 c7 01 00 00 00", [7]),
        ("0f 1f 84 00 00 00 00 00", [8]),
        ("66 0f 3a 0f c1 08", [6]),
        ("c5 f8 28 c1", [4]),
        ("c4 e2 79 18 c1", [5]),
        ("c4 e3 79 0f c1 04", [6]),
        ("c8 10 00 00 c3", [4, 1]),
    ],
)
def test_instructions_end_where_they_should(instruction: str, lengths: list[int]) -> None:
    code = np.zeros(x86.SLOTS, np.uint64)
    ends = []
    for k, byte in enumerate(bytes.fromhex(instruction)):
        x86.follow_code(code, np.uint64(0), byte)
        if code[x86.HERE] == 0:
            ends.append(k + 1)
    assert ends == list(np.cumsum(lengths))
