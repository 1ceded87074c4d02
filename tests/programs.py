"""Programs made for tests: machine code, and ELF files with the tables that real ones have."""

from __future__ import annotations

import struct

import numpy as np

from arcodec.models.base import Symbols

_NAMES = [b"", *(b"_ZN%dfunctionE%s" % (k, b"v" * (k % 5)) for k in range(40)), b"libc.so.6"]
FIRST = 5  # of the symbols that are hashed
_BUCKETS, _BLOOMS, _SHIFT = 7, 4, 6
_TEXT, _BASE = 0x1000, 0x400000


def _hash(name: bytes) -> int:
    h = 5381
    for c in name:
        h = (h * 33 + c) & 0xFFFFFFFF
    return h


def _tables() -> tuple[bytes, bytes, bytes]:
    """(.gnu.hash, .dynsym, .dynstr)"""
    strings = b"\0".join(_NAMES) + b"\0"
    early = _NAMES[1:FIRST]
    late = sorted(_NAMES[FIRST:-1], key=lambda name: _hash(name) % _BUCKETS)
    names = [b"", *early, *late]
    symbols = b"".join(
        struct.pack("<IBBHQQ", strings.index(name + b"\0"), 18, 0, 12, _BASE + _TEXT + 48 * k, 33 + k)
        for k, name in enumerate(names)
    )
    bloom, heads, chains = [0] * _BLOOMS, [0] * _BUCKETS, []
    for k, name in enumerate(late):
        h = _hash(name)
        bloom[h // 64 % _BLOOMS] |= 1 << h % 64 | 1 << (h >> _SHIFT) % 64
        heads[h % _BUCKETS] = heads[h % _BUCKETS] or FIRST + k
        last = k + 1 == len(late) or _hash(late[k + 1]) % _BUCKETS != h % _BUCKETS
        chains.append(h & ~1 | last)
    header = struct.pack("<4I", _BUCKETS, FIRST, _BLOOMS, _SHIFT)
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


def machine_code(size: int) -> bytes:
    """x86-64 code as compilers write it, near enough: functions that call each other; `size`: bytes, about."""
    state = 7
    begins, code = [0], bytearray()

    def below(n: int) -> int:
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 33) % n

    while len(code) < size:
        code += b"\x55\x48\x89\xe5\x53\x48\x83\xec%c" % (8 + 8 * below(8))
        for _ in range(3 + below(13)):
            slot, target = 0xF8 - 8 * below(8), begins[below(1 + below(len(begins)))]
            code += (
                b"\x48\x8b\x45%c" % slot,  # mov rax, [rbp - ...]
                b"\x48\x89\x7d%c" % slot,  # mov [rbp - ...], rdi
                b"\x48\x8d\x35" + struct.pack("<i", 0x20000 + slot - len(code) - 7),  # lea rsi, [rip + ...]
                b"\x48\x85\xc0\x74%c" % (4 + below(36)),  # test rax, rax; je
                b"\xe8" + struct.pack("<i", target - len(code) - 5),  # call
                b"\x48\x89\xdf\xe8" + struct.pack("<i", target - len(code) - 8),  # mov rdi, rbx; call
                b"\xbf" + struct.pack("<i", below(64)),  # mov edi, ...
            )[below(7)]
        code += b"\x48\x83\xc4\x18\x5b\x5d\xc3"
        code += bytes(-len(code) % 16)
        begins.append(len(code))
    return bytes(code)


def elf_file(text: bytes) -> tuple[Symbols, dict[bytes, slice]]:
    """A file with this code and all the tables, and where they are."""
    hashes, symbols, strings = _tables()
    after = _TEXT - (-len(text) // 0x1000) * 0x1000 + 0x1000
    frames, index = _frames(_BASE + after + 0x1000, _BASE + after)
    parts = [
        (b".gnu.hash", 0x100, hashes, 2),
        (b".dynsym", 0x400, symbols, 2),
        (b".dynstr", 0xA00, strings, 2),
        (b".text", _TEXT, text, 6),
        (b".eh_frame_hdr", after, index, 2),
        (b".eh_frame", after + 0x1000, frames, 2),
    ]
    names = b"\0" + b"\0".join(name for name, *_ in parts) + b"\0.shstrtab\0"
    parts.append((b".shstrtab", after + 0x2000, names, 0))
    table = after + 0x2100
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
