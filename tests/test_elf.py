"""ELF files: what is taken out of them, that it comes back, and that it comes back of broken files as well."""

from __future__ import annotations

import numpy as np
import pytest

from arcodec.models import elf
from arcodec.models.base import Symbols
from tests.programs import FIRST, elf_file

FILE, WHERE = elf_file(b"\xe8\x01\0\0\0\xc3" * 300)


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
    assert (symbols[FIRST:, 0] < 3).all()
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
