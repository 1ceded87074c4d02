"""What an ELF file says twice is taken out of its tables, so that it costs next to nothing.

Of 64-bit little-endian files; each step is a bijection of the fields it writes, given bytes that it does not write:

    .gnu.hash       xor what the names in .dynsym and .dynstr make of it
    .dynsym         st_size less the length of the function that .eh_frame has there; st_name as the number of the
                    string in the order of the buckets of .gnu.hash, less that of the symbol before
    .eh_frame_hdr   xor what .eh_frame makes of it
    .eh_frame       of an FDE, the pointer to its CIE as an offset in the section; its beginning less the end of the
                    FDE before, which is taken to be aligned to 16 bytes

All arithmetic on fields is modulo 2**32 or 2**64. Sources: System V ABI, chapters 4 and 5 (sections, symbols);
Linux Standard Base Core 5.0, chapter 10.6 (.eh_frame, .eh_frame_hdr); binutils 2.40, bfd/elflink.c (.gnu.hash).
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec.models.base import Symbols

_Uint32s = npt.NDArray[np.uint32]
_Int64s = npt.NDArray[np.int64]

_MAGIC = b"\x7fELF\x02\x01"
_HEADER = 64  # bytes of the file's header, and of a section's
_NO_BITS, _EXECUTABLE = 8, 4
_SECTION = np.dtype(
    {
        "names": ["name", "type", "flags", "address", "offset", "size"],
        "formats": ["<u4", "<u4", "<u8", "<u8", "<u8", "<u8"],
        "itemsize": _HEADER,
    }
)
_SYMBOL = np.dtype(
    {"names": ["name", "value", "size"], "formats": ["<u4", "<u8", "<u8"], "offsets": [0, 8, 16], "itemsize": 24}
)
_HASHED = {b".gnu.hash", b".dynsym", b".dynstr"}  # the sections of names and their hashes
_WORD = 1 << 32
_LARGEST = 1 << 23  # bytes of a section; what the steps take stays below what the model's tables take
_INVERSE33 = pow(33, -1, _WORD)


class _Section(NamedTuple):
    """symbols[begin:end], which are at `address`, modulo 2**32, in memory."""

    begin: int
    end: int
    address: int


class _Layout(NamedTuple):
    """Where the parts of a file are; what is not there is empty."""

    code: tuple[int, int]  # from the first executable section to the end of the last
    sections: dict[bytes, _Section]  # by name, of those that are not executable


def code_of(symbols: Symbols) -> tuple[int, int]:
    """Where there may be machine code in a chunk, uint8[n]: (begin, end). `forward` leaves that as it is."""
    return _layout(symbols).code


def forward(symbols: Symbols) -> None:
    """Take out of `symbols`, uint8[n], what it says twice, in place."""
    sections = _layout(symbols).sections
    if sections.keys() >= _HASHED:
        _xor_hashes(symbols, sections)
    if b".eh_frame" in sections:
        frames = _Frames(symbols, sections[b".eh_frame"])
        begins, lengths = frames.functions()
        if b".dynsym" in sections:
            _entries(symbols, sections[b".dynsym"])["size"] -= _lengths_at(symbols, sections, begins, lengths)
        if b".eh_frame_hdr" in sections:
            _xor_index(symbols, sections, frames.places, begins)
        frames.forward()
    if sections.keys() >= _HASHED:
        _number_names(symbols, sections)


def inverse(symbols: Symbols) -> None:
    """Undo `forward`, in place."""
    sections = _layout(symbols).sections
    if sections.keys() >= _HASHED:
        _name_numbers(symbols, sections)
    if b".eh_frame" in sections:
        frames = _Frames(symbols, sections[b".eh_frame"])
        frames.inverse()
        begins, lengths = frames.functions()
        if b".eh_frame_hdr" in sections:
            _xor_index(symbols, sections, frames.places, begins)
        if b".dynsym" in sections:
            _entries(symbols, sections[b".dynsym"])["size"] += _lengths_at(symbols, sections, begins, lengths)
    if sections.keys() >= _HASHED:
        _xor_hashes(symbols, sections)


def _layout(symbols: Symbols) -> _Layout:
    """Depends on the headers of the file and its sections and on their names only, none of which is written."""
    size = len(symbols)
    if symbols[: len(_MAGIC)].tobytes() != _MAGIC:
        return _Layout((0, size), {})
    header = symbols[:_HEADER].tobytes()
    table, count = int.from_bytes(header[40:48], "little"), int.from_bytes(header[60:62], "little")
    if not (_HEADER <= table <= size - _HEADER * count and count and header[58] == _HEADER):
        return _Layout((min(_HEADER, size), size), {})
    fields = symbols[table : table + _HEADER * count].view(_SECTION)
    headers = [tuple(int(x) for x in row) for row in fields.tolist()]
    there = [(name, _Section(at, at + n, address % _WORD), flags) for name, kind, flags, address, at, n in headers
             if kind != _NO_BITS and n and at + n <= size]  # fmt: skip
    number = int.from_bytes(header[62:64], "little")
    kept = [(0, _HEADER), (table, table + _HEADER * count)]
    names = b""
    if number < count:
        _, kind, _, _, at, n = headers[number]
        if kind != _NO_BITS and at + n <= size:
            kept.append((at, at + n))
            names = symbols[at : at + n].tobytes()
    code = [section for _, section, flags in there if flags & _EXECUTABLE]
    span = (min(s.begin for s in code), max(s.end for s in code)) if code else (0, 0)
    if not _apart([*kept, span]):
        span = (0, 0)
    wanted = {b".gnu.hash", b".dynsym", b".dynstr", b".eh_frame_hdr", b".eh_frame"}
    sections: dict[bytes, _Section] = {}
    for name, section, _ in there:
        word = names[name : max(names.find(b"\0", name), name)]
        if word in wanted and word not in sections and section.end - section.begin <= _LARGEST:
            sections[word] = section
    if not _apart([*kept, span, *((s.begin, s.end) for s in sections.values())]):
        sections = {}
    return _Layout(span, sections)


def _apart(spans: list[tuple[int, int]]) -> bool:
    """Whether no two of the spans overlap."""
    return all(one[1] <= other[0] for one, other in pairwise(sorted(span for span in spans if span[0] < span[1])))


def _entries(symbols: Symbols, section: _Section) -> npt.NDArray[np.void]:
    """The symbols of .dynsym, to read and write."""
    count = (section.end - section.begin) // _SYMBOL.itemsize
    return symbols[section.begin : section.begin + count * _SYMBOL.itemsize].view(_SYMBOL)


def _words(symbols: Symbols, begin: int, count: int) -> _Uint32s:
    """uint32[count] from `begin` on, to read and write."""
    return symbols[begin : begin + 4 * count].view("<u4")


# .gnu.hash: four words (number of buckets, number of the first symbol that has a hash, words of the Bloom filter,
# its shift), the Bloom filter, the first symbol of each bucket, the hash of each symbol with bit 0 at a bucket's end.


def _string_hashes(strings: Symbols, offsets: _Int64s) -> _Uint32s:
    """The hashes of the strings at `offsets`, which end before a zero: h = 33 h + byte, from 5381 on, mod 2**32."""
    size = len(strings)
    offsets = np.minimum(offsets, size)
    zeros = np.append(np.flatnonzero(strings == 0), size)
    ends = zeros[np.searchsorted(zeros, offsets)]
    powers = np.ones(size + 1, np.uint32)
    powers[1:] = 33
    inverses = np.ones(size + 1, np.uint32)
    inverses[1:] = _INVERSE33
    powers, inverses = np.cumprod(powers, dtype=np.uint32), np.cumprod(inverses, dtype=np.uint32)
    sums = np.zeros(size + 1, np.uint32)
    np.cumsum(strings * inverses[1:], dtype=np.uint32, out=sums[1:])
    parts = powers[ends] * (sums[ends] - sums[offsets])
    return np.asarray(parts + np.uint32(5381) * powers[ends - offsets], np.uint32)


def _xor_hashes(symbols: Symbols, sections: dict[bytes, _Section]) -> None:
    begin, end, _ = sections[b".gnu.hash"]
    strings = symbols[sections[b".dynstr"].begin : sections[b".dynstr"].end]
    if end - begin < 16:
        return
    buckets, first, blooms, shift = (int(x) for x in _words(symbols, begin, 4))
    names = _entries(symbols, sections[b".dynsym"])["name"][first:].astype(np.int64)
    if not buckets or not blooms or 16 + 8 * blooms + 4 * buckets + 4 * len(names) > end - begin:
        return
    hashes = _string_hashes(strings, names)
    bloom = np.zeros(blooms, "<u8")
    for h in (hashes, hashes >> np.uint32(shift & 31)):
        bits = np.uint64(1) << (h & np.uint32(63)).astype(np.uint64)
        np.bitwise_or.at(bloom, (hashes >> np.uint32(6)) % np.uint32(blooms), bits)
    own = hashes % np.uint32(buckets)
    heads = np.zeros(buckets, "<u4")
    heads[own[::-1]] = np.arange(first + len(own) - 1, first - 1, -1)
    last = np.append(own[1:] != own[:-1], np.ones(min(len(own), 1), bool))
    chains = ((hashes & ~np.uint32(1)) | last.astype(np.uint32)).astype("<u4")
    expected = np.concatenate([bloom.view(np.uint8), heads.view(np.uint8), chains.view(np.uint8)])
    symbols[begin + 16 : begin + 16 + len(expected)] ^= expected


def _orders(symbols: Symbols, sections: dict[bytes, _Section]) -> tuple[Symbols, _Int64s, _Int64s, int]:
    """(.dynstr, where its strings begin, the bucket of each, number of symbols without a hash)."""
    begin, end, _ = sections[b".gnu.hash"]
    strings = symbols[sections[b".dynstr"].begin : sections[b".dynstr"].end]
    starts = np.flatnonzero(np.append(np.uint8(0), strings[:-1]) == 0)
    buckets, first = (int(x) for x in _words(symbols, begin, 2)) if end - begin >= 16 else (1, 0)
    return strings, starts, _string_hashes(strings, starts) % np.uint32(max(buckets, 1)), first


def _numbering(size: int, order: _Int64s) -> _Int64s:
    """The permutation of 0 ... size - 1 that makes k of order[k], and keeps the order of all the others."""
    numbers = np.full(size, -1, np.int64)
    numbers[order] = np.arange(len(order))
    numbers[numbers < 0] = np.arange(len(order), size)
    return numbers


def _permuted(values: _Uint32s, permutation: _Int64s) -> _Int64s:
    """`values` permuted as far as the permutation goes."""
    wide = values.astype(np.int64)
    known = wide < len(permutation)
    wide[known] = permutation[wide[known]]
    return wide


def _number_names(symbols: Symbols, sections: dict[bytes, _Section]) -> None:
    strings, starts, buckets, first = _orders(symbols, sections)
    names = _entries(symbols, sections[b".dynsym"])["name"]
    early = names[:first].copy()
    names[:first] = np.diff(_permuted(early, _numbering(len(strings), starts)), prepend=0)
    order = _later(starts, buckets, early)
    names[first:] = np.diff(_permuted(names[first:], _numbering(len(strings), order)), prepend=0)


def _name_numbers(symbols: Symbols, sections: dict[bytes, _Section]) -> None:
    """Undo `_number_names`."""
    strings, starts, buckets, first = _orders(symbols, sections)
    names = _entries(symbols, sections[b".dynsym"])["name"]
    names[:first] = _permuted(np.cumsum(names[:first], dtype=np.uint32), np.argsort(_numbering(len(strings), starts)))
    order = _later(starts, buckets, names[:first])
    numbers = np.cumsum(names[first:], dtype=np.uint32)
    names[first:] = _permuted(numbers, np.argsort(_numbering(len(strings), order)))


def _later(starts: _Int64s, buckets: _Int64s, early: _Uint32s) -> _Int64s:
    """The strings that are not those of `early` symbols, by bucket."""
    left = ~np.isin(starts, early)
    return starts[left][np.argsort(buckets[left], kind="stable")]


# .eh_frame: entries, each its length and as much; the second word is 0 in a CIE, in an FDE the distance back to its
# CIE. An FDE goes on with where its code begins, relative to the field, and how long it is.


class _Frames:
    """The entries of .eh_frame.

    Attributes:
        places: int64[n], where in the section the FDEs are.
    """

    def __init__(self, symbols: Symbols, section: _Section) -> None:
        self._symbols, self._section = symbols, section
        raw = symbols[section.begin : section.end].tobytes()
        place, places = 0, []
        while place + 16 <= len(raw):
            length = int.from_bytes(raw[place : place + 4], "little")
            if length < 4 or place + 4 + length > len(raw):
                break
            if length >= 12 and raw[place + 4 : place + 8] != bytes(4):
                places.append(place)
            place += 4 + length
        self.places = np.array(places, np.int64)

    def _field(self, number: int) -> _Uint32s:
        """uint32[n]: that word of each FDE."""
        rows: Symbols = self._symbols[self._places_of(number)]
        return rows.view("<u4").reshape(-1)

    def _set_field(self, number: int, values: npt.NDArray[np.integer]) -> None:
        self._symbols[self._places_of(number)] = values.astype("<u4").view(np.uint8).reshape(-1, 4)

    def _places_of(self, number: int) -> _Int64s:
        """int64[n, 4]: where in the symbols the bytes of that word are."""
        return np.asarray(self._section.begin + self.places[:, None] + 4 * number + np.arange(4), np.int64)

    def _addresses(self) -> _Int64s:
        """int64[n]: of the field that says where the code begins, modulo 2**32."""
        return (self.places + 8 + self._section.address) % _WORD

    def functions(self) -> tuple[_Int64s, _Int64s]:
        """(address, modulo 2**32, length) of the code of each FDE, int64[n]."""
        return (self._field(2).astype(np.int64) + self._addresses()) % _WORD, self._field(3).astype(np.int64)

    def forward(self) -> None:
        pointers = self._field(1).astype(np.int64)
        offsets = (self.places + 4 - pointers + 1) % _WORD
        self._set_field(1, np.where(offsets == 0, self.places + 5, offsets))
        begins, lengths = self.functions()
        chain, left = _Chain(), np.zeros(len(begins), np.int64)
        for k, (begin, length) in enumerate(zip(begins.tolist(), lengths.tolist(), strict=True)):
            left[k] = (begin - chain.expected()) % _WORD
            chain.follow(begin, length)
        self._set_field(2, left)

    def inverse(self) -> None:
        offsets = self._field(1).astype(np.int64)
        offsets = np.where(offsets == self.places + 5, 0, offsets)
        self._set_field(1, (self.places + 5 - offsets) % _WORD)
        left, lengths = self._field(2), self._field(3)
        chain, begins = _Chain(), np.zeros(len(left), np.int64)
        for k, (rest, length) in enumerate(zip(left.tolist(), lengths.tolist(), strict=True)):
            begins[k] = (rest + chain.expected()) % _WORD
            chain.follow(int(begins[k]), length)
        self._set_field(2, (begins - self._addresses()) % _WORD)


class _Chain:
    """Functions one after another; a single one that is elsewhere does not break the chain."""

    def __init__(self) -> None:
        self._end, self._strayed = 0, True

    def expected(self) -> int:
        """Where the next function should begin."""
        return (self._end + 15) // 16 * 16

    def follow(self, begin: int, length: int) -> None:
        self._strayed = begin != self.expected() % _WORD and not self._strayed
        if not self._strayed:
            self._end = (begin + length) % _WORD


def _lengths_at(
    symbols: Symbols, sections: dict[bytes, _Section], begins: _Int64s, lengths: _Int64s
) -> npt.NDArray[np.uint64]:
    """uint64[n]: for each symbol of .dynsym the length of the FDE at its value, else 0."""
    values = _entries(symbols, sections[b".dynsym"])["value"]
    found = np.zeros(len(values), np.uint64)
    if len(begins):
        order = np.argsort(begins, kind="stable")
        at = np.searchsorted(begins[order], values.astype(np.int64) % _WORD)
        at = order[np.minimum(at, len(order) - 1)]
        same = begins[at].astype(np.uint64) == values
        found[same] = lengths[at[same]]
    return found


def _xor_index(symbols: Symbols, sections: dict[bytes, _Section], places: _Int64s, begins: _Int64s) -> None:
    """.eh_frame_hdr: 12 bytes, and (beginning of the code, FDE) of all FDEs, relative to the section, in order."""
    begin, end, address = sections[b".eh_frame_hdr"]
    count = min(len(places), max(end - begin - 12, 0) // 8)
    begins = (begins - address + (_WORD >> 1)) % _WORD - (_WORD >> 1)
    order = np.argsort(begins, kind="stable")[:count]
    fdes = places[order] + (sections[b".eh_frame"].address - address)
    expected = np.stack([begins[order], fdes], axis=1).astype("<i8").astype("<u4")
    symbols[begin + 12 : begin + 12 + 8 * count] ^= expected.view(np.uint8).reshape(-1)
