"""ELF files: what is taken out of them, that it comes back, and that it comes back of broken files as well."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from arcodec.models import elf
from arcodec.models.base import Symbols

_NAMES = [b"", *(b"_ZN%dfunctionE%s" % (k, b"v" * (k % 5)) for k in range(40)), b"libc.so.6"]
_BUCKETS, _BLOOMS, _SHIFT, _FIRST = 7, 4, 6, 5
_TEXT, _BASE = 0x1000, 0x400000


def _hash(name: bytes) -> int:
    h = 5381
    for c in name:
        h = (h * 33 + c) & 0xFFFFFFFF
    return h


def _tables() -> tuple[bytes, bytes, bytes]:
    """(.gnu.hash, .dynsym, .dynstr)"""
    strings = b"\0".join(_NAMES) + b"\0"
    early = _NAMES[1:_FIRST]
    late = sorted(_NAMES[_FIRST:-1], key=lambda name: _hash(name) % _BUCKETS)
    names = [b"", *early, *late]
    symbols = b"".join(
        struct.pack("<IBBHQQ", strings.index(name + b"\0"), 18, 0, 12, _BASE + _TEXT + 48 * k, 33 + k)
        for k, name in enumerate(names)
    )
    bloom, heads, chains = [0] * _BLOOMS, [0] * _BUCKETS, []
    for k, name in enumerate(late):
        h = _hash(name)
        bloom[h // 64 % _BLOOMS] |= 1 << h % 64 | 1 << (h >> _SHIFT) % 64
        heads[h % _BUCKETS] = heads[h % _BUCKETS] or _FIRST + k
        last = k + 1 == len(late) or _hash(late[k + 1]) % _BUCKETS != h % _BUCKETS
        chains.append(h & ~1 | last)
    header = struct.pack("<4I", _BUCKETS, _FIRST, _BLOOMS, _SHIFT)
    hashes = header + struct.pack(f"<{_BLOOMS}Q{_BUCKETS}I{len(chains)}I", *bloom, *heads, *chains)
    return hashes, symbols, strings


def _frames(address: int, index: int) -> tuple[bytes, bytes]:
    """(.eh_frame, .eh_frame_hdr) at these addresses."""
    frames = struct.pack("<II", 20, 0) + b"\1zR\0\1\x78\x10\1\x1b" + bytes(7)
    rows = []
    for k in range(40):
        place, begin = len(frames), _BASE + _TEXT + 48 * k
        frames += struct.pack("<IIiI", 20, place + 4, begin - (address + place + 8), 33 + k % 16) + bytes(8)
        rows.append((begin - index, address + place - index))
    header = struct.pack("<4BiI", 1, 0x1B, 3, 0x3B, address - index - 4, len(rows))
    return frames + bytes(4), header + b"".join(struct.pack("<ii", *row) for row in sorted(rows))


def _file() -> tuple[Symbols, dict[bytes, slice]]:
    """A file with all the tables, and where they are."""
    hashes, symbols, strings = _tables()
    frames, index = _frames(_BASE + 0x4000, _BASE + 0x3000)
    parts = [
        (b".gnu.hash", 0x100, hashes, 2),
        (b".dynsym", 0x400, symbols, 2),
        (b".dynstr", 0xA00, strings, 2),
        (b".text", _TEXT, b"\xe8\x01\0\0\0\xc3" * 300, 6),
        (b".eh_frame_hdr", 0x3000, index, 2),
        (b".eh_frame", 0x4000, frames, 2),
    ]
    names = b"\0" + b"\0".join(name for name, *_ in parts) + b"\0.shstrtab\0"
    parts.append((b".shstrtab", 0x5000, names, 0))
    table = 0x5100
    file = bytearray(table + 64 * (len(parts) + 1))
    file[:64] = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", 3, 62, 1, 0, 64, table, 0, 64, 56, 0, 64, len(parts) + 1, len(parts)
    )
    for k, (name, at, content, flags) in enumerate(parts):
        file[at : at + len(content)] = content
        row = struct.pack(
            "<IIQQQQIIQQ", names.index(name + b"\0"), 1, flags, _BASE + at, at, len(content), 0, 0, 8, 0
        )
        file[table + 64 * (k + 1) : table + 64 * (k + 2)] = row
    where = {name: slice(at, at + len(content)) for name, at, content, _ in parts}
    return np.frombuffer(bytes(file), np.uint8), where


FILE, WHERE = _file()


def _there_and_back(file: Symbols) -> Symbols:
    """What becomes of a file; it comes back, or an assertion fails."""
    symbols: Symbols = file.copy()
    elf.forward(symbols)
    back = symbols.copy()
    assert elf.code_of(symbols) == elf.code_of(file)
    elf.inverse(back)
    assert np.array_equal(back, file)
    return symbols


def test_tables_lose_what_they_repeat() -> None:
    left = _there_and_back(FILE)
    assert not left[WHERE[b".gnu.hash"]][16:].any()
    assert not left[WHERE[b".eh_frame_hdr"]][12:].any()
    frames = left[WHERE[b".eh_frame"]][24:-4].reshape(-1, 24)
    assert np.array_equal(frames[1:, 4:12], np.tile([1, 0, 0, 0, 0, 0, 0, 0], (39, 1)))
    symbols = left[WHERE[b".dynsym"]].reshape(-1, 24)
    assert (symbols[_FIRST:, 0] < 3).all()
    assert not symbols[:, 17:].any()
    for name in (b".dynstr", b".text", b".shstrtab"):
        assert np.array_equal(left[WHERE[name]], FILE[WHERE[name]])


def test_only_what_is_executable_is_code() -> None:
    assert elf.code_of(FILE) == (WHERE[b".text"].start, WHERE[b".text"].stop)
    assert elf.code_of(FILE[1:]) == (0, len(FILE) - 1)
    assert elf.code_of(FILE[:3000]) == (64, 3000)
    assert elf.code_of(FILE[:0]) == (0, 0)


@pytest.mark.parametrize("size", [0, 5, 6, 63, 64, 3000, 0x5100, 0x5180])
def test_cut_files_come_back(size: int) -> None:
    _there_and_back(FILE[:size])


@pytest.mark.parametrize("seed", range(200))
def test_broken_files_come_back(seed: int) -> None:
    rng = np.random.default_rng(seed)
    file = FILE.copy()
    headers = np.r_[32:64, 0x100:0x110, 0x5100 : len(FILE), 0x3000:0x3010, 0x4000:0x4020]
    for _ in range(1 + seed % 5):
        file[rng.choice(headers) if seed % 2 else rng.integers(6, len(file))] = rng.choice([0, 1, 64, 127, 255])
    _there_and_back(file)
