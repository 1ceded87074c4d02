"""A second decoder, written from FORMAT.md alone in plain Python, reads the golden files."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator

import pytest

from tests.make_vectors import VECTORS, golden


class Bytes:
    """A file that is being read."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        assert self.at + size <= len(self.data)
        self.at += size
        return self.data[self.at - size : self.at]

    def little(self, size: int) -> int:
        return sum(byte << 8 * i for i, byte in enumerate(self.take(size)))

    def varint(self) -> int:
        value, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                assert byte or shift == 7
                return value


def crc16(data: bytes) -> int:
    """CRC-16, polynomial 1021 hex, from FFFF hex, most significant bit first."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def words(payload: bytes) -> Iterator[int]:
    payload += bytes(-len(payload) % 4)
    for i in range(0, len(payload), 4):
        yield int.from_bytes(payload[i : i + 4], "big")
    while True:
        yield 0


def order0(payload: bytes, size: int) -> bytes:
    """Decode by the model order0."""
    stream = words(payload)
    modulus = 1 << 64
    lower, width, point = 0, modulus - 1, next(stream) << 32 | next(stream)
    counts = [1] * 256
    out = bytearray()
    for _ in range(size):
        step = (2**24 - 256) // sum(counts)
        frequencies = [1 + step * count for count in counts]
        frequencies[0] += 2**24 - sum(frequencies)
        scale = width >> 24
        quantile = (point - lower) % modulus // scale
        symbol, start = 0, 0
        while quantile >= start + frequencies[symbol]:
            start += frequencies[symbol]
            symbol += 1
        out.append(symbol)
        lower = (lower + scale * start) % modulus
        width = scale * frequencies[symbol]
        if width < 1 << 32:
            lower = lower << 32 & modulus - 1
            width <<= 32
            point = (point << 32 | next(stream)) % modulus
        counts[symbol] += 32
        if sum(counts) >= 1 << 16:
            counts = [(count + 1) // 2 for count in counts]
    return bytes(out)


def decode(data: bytes) -> tuple[int, int, list[bytes]]:
    """Content, size and planes of a file of one frame."""
    file = Bytes(data)
    assert file.take(3) == b"\xac\x7a\xc1"
    content, memory = file.take(2)
    size = file.varint() if content else 0
    assert (4 + memory % 4) * 2 ** (8 + memory // 4) >= size
    planes: list[bytes] = []
    index = []
    covered, last = 0, 0
    check = b""
    while not last:
        begin = file.at
        model, last = divmod(file.varint(), 2)
        value = file.varint()
        symbols, starts, more = value >> 2, value >> 1 & 1, value & 1
        while more:
            value = file.varint()
            symbols, more = symbols * (value >> 1), value & 1
        length = file.varint()
        expected = crc16(check + data[covered : file.at])
        check = file.take(2)
        assert int.from_bytes(check, "little") == expected
        data_check = file.little(4)
        payload = file.take(length)
        covered = file.at
        if model == 0:
            plane = payload
        elif model == 1:
            plane = payload * symbols
        elif model == 2:
            plane = order0(payload, symbols)
        else:
            pytest.skip(f"model {model} is defined by its source")
        assert len(plane) == symbols
        assert zlib.crc32(plane + payload) == data_check
        if starts:
            planes.append(plane)
        else:
            planes[-1] += plane
        index.append((file.at - begin, symbols))
    if len(index) > 1:
        begin = file.at
        assert [(file.varint(), file.varint()) for _ in range(file.varint())] == index
        digest = file.take(8)
        if content == 0:
            assert digest == hashlib.blake2b(b"".join(planes), digest_size=8).digest()
        trailer = data[begin : file.at]
        assert file.little(4) == zlib.crc32(trailer)
        assert file.little(4) == len(trailer) + 4
    assert file.at == len(data)
    return content, size, planes


@pytest.mark.parametrize("name", ["empty", "one-byte", "fill", "stored", "order0"])
def test_golden_files_decode_by_the_text(name: str) -> None:
    content, _, planes = decode((VECTORS / f"{name}.arcz").read_bytes())
    assert content == 0
    assert b"".join(planes) == golden(name)[0]


def test_frames_of_several_chunks_read_by_the_text() -> None:
    """An image of one value, so that no chunk needs a model: recipe, plane, trailer."""
    import arcodec

    file = b"P6\n4 3\n255\n" + bytes([9]) * 36
    content, size, planes = decode(arcodec.compress(file))
    assert (content, size, planes) == (1, len(file), [b"\1", bytes([9]) * 36])


def test_checks_of_the_text_agree_with_the_container() -> None:
    with pytest.raises(pytest.skip.Exception, match="model 3"):
        decode((VECTORS / "bytes-1-text.arcz").read_bytes())
