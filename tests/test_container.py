"""Frames as FORMAT.md specifies them: golden bytes, limits, and everything a reader must refuse."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arcodec import container, varint
from arcodec.container import Chunk, Header, Reader, Writer
from arcodec.errors import CorruptError, FormatError, TruncatedError


def frame(chunks: list[tuple[Chunk, bytes]], header: Header | None = None) -> bytes:
    """The bytes of a frame."""
    sink = io.BytesIO()
    writer = Writer(sink, header or Header(0, 1024, None))
    for chunk, payload in chunks:
        writer.add(chunk, payload)
    writer.close(b"digest88")
    assert writer.written == len(sink.getvalue())
    return sink.getvalue()


def stored(data: bytes, *, starts_plane: bool = True, last: bool = True) -> tuple[Chunk, bytes]:
    """A stored chunk."""
    check = container.check_of(data, data)
    return Chunk(container.STORED, None, (len(data),), starts_plane, last, len(data), check), data


def read_all(data: bytes) -> list[tuple[Header, list[tuple[Chunk, bytes]], bytes | None]]:
    """All frames of a file."""
    reader = Reader(io.BytesIO(data))
    frames = []
    while (header := reader.next_frame()) is not None:
        chunks = []
        while (chunk := reader.next_chunk()) is not None:
            chunks.append((chunk, reader.payload()))
        frames.append((header, chunks, reader.trailer()))
    return frames


def test_golden_frame_of_one_chunk() -> None:
    data = frame([stored(b"hello")])
    assert data.hex(" ") == GOLDEN_ONE
    assert read_all(data)[0][1][0][1] == b"hello"


def test_golden_frame_of_two_chunks() -> None:
    data = frame([stored(b"hello", last=False), stored(b" you", starts_plane=False)], Header(1, 5000, 9))
    assert data.hex(" ") == GOLDEN_TWO
    ((header, chunks, digest),) = read_all(data)
    assert header == Header(1, 5120, 9)
    assert [payload for _, payload in chunks] == [b"hello", b" you"]
    assert digest == b"digest88"


GOLDEN_ONE = "ac 7a c1 00 00 01 16 05 9f e4 68 97 8c f5 68 65 6c 6c 6f"
GOLDEN_TWO = (
    "ac 7a c1 01 09 09 00 16 05 f3 bd 68 97 8c f5 68 65 6c 6c 6f 01 10 04 18 7c "
    "cd f4 2c 14 20 79 6f 75 02 0e 05 0d 04 64 69 67 65 73 74 38 38 1a fd 1f 44 11 00 00 00"
)


def test_a_kilobyte_pays_sixteen_bytes_of_framing() -> None:
    assert len(frame([stored(bytes(1024))])) == 1024 + 16


def test_frames_in_a_row() -> None:
    data = frame([stored(b"a")])
    assert len(read_all(data * 3)) == 3


shapes = st.one_of(
    st.tuples(st.integers(0, 1 << 20)),
    st.tuples(st.integers(1, 999), st.integers(1, 999)),
    st.tuples(st.integers(1, 999), st.integers(1, 99), st.integers(1, 4)),
)


@st.composite
def any_chunk(draw: st.DrawFn) -> Chunk:
    """A chunk header that a writer may write."""
    code = draw(st.sampled_from([container.FILL, container.BYTES, container.BY_ID]))
    model_id = draw(st.binary(min_size=32, max_size=32)) if code == container.BY_ID else None
    shape = draw(shapes)
    symbols = Chunk(0, None, shape, True, True, 0, 0).symbols
    length = draw(st.integers(0, min(symbols, 40)))
    starts = draw(st.booleans())
    beside = len(shape) == 3 and not starts and draw(st.booleans())
    return Chunk(code, model_id, shape, starts, False, length, draw(st.integers(0, 2**32 - 1)), 0, beside)


@given(st.lists(any_chunk(), max_size=4), st.integers(0, 127), st.integers(0, 2**40), st.integers(0, 2**40))
def test_what_is_written_is_read(headers: list[Chunk], content: int, memory: int, size: int) -> None:
    first = [stored(b"x", last=not headers)]
    rest = [(h, bytes(h.length)) for h in headers[:-1]]
    rest += [(replace(h, last=True), bytes(h.length)) for h in headers[-1:]]
    if any(len(chunk.shape) > 1 for chunk in headers):
        content = max(content, 1)
    header = Header(content, memory, None if content == 0 else size)
    ((found, chunks, _),) = read_all(frame(first + rest, header))
    assert (found.content, found.size) == (header.content, header.size)
    assert memory <= found.memory <= max(1024, memory + memory // 4 + 1)
    for (chunk, payload), (wanted, wanted_payload) in zip(chunks, first + rest, strict=True):
        assert payload == wanted_payload
        assert (chunk.model, chunk.model_id, chunk.shape) == (wanted.model, wanted.model_id, wanted.shape)
        assert (chunk.starts_plane, chunk.beside) == (wanted.starts_plane, wanted.beside)
        assert (chunk.last, chunk.check) == (wanted.last, wanted.check)


SMALL = frame([stored(b"ab", last=False), stored(b"cde", starts_plane=False)], Header(2, 2000, 5))


@pytest.mark.parametrize("end", range(len(SMALL)))
def test_truncation_anywhere_is_noticed(end: int) -> None:
    with pytest.raises(TruncatedError):
        read_all(SMALL[:end])


def test_each_flipped_bit_of_the_headers_is_noticed() -> None:
    payload_bits = {
        8 * i + b
        for text in (b"ab", b"cde")
        for i in range(SMALL.index(text), SMALL.index(text) + len(text))
        for b in range(8)
    }
    # The chunk checks and the digest are for the decoder to compare.
    for chunk in (b"ab", b"cde"):
        at = SMALL.index(chunk) - 4
        payload_bits |= set(range(8 * at, 8 * at + 32))
    for bit in set(range(8 * len(SMALL))) - payload_bits:
        damaged = bytearray(SMALL)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(FormatError):
            read_all(bytes(damaged))


@pytest.mark.parametrize(
    ("chunk", "message"),
    [
        (Chunk(container.STORED, None, (5,), True, True, 4, 0), "claims 4 bytes for 5"),
        (Chunk(container.BYTES, None, (5,), True, True, 6, 0), "claims 6 bytes for 5"),
        (Chunk(container.BYTES, None, (1 << 31,), True, True, 1, 0), "the format allows"),
        (Chunk(container.BYTES, None, (1 << 20, 1 << 20, 3), True, True, 1, 0), "the format allows"),
        (Chunk(64, None, (5,), True, True, 1, 0), "names model 64"),
        (Chunk(container.BYTES, None, (5,), False, True, 1, 0), "not begun"),
        (Chunk(container.CARRIED, None, (1,), True, True, 1, 0), "ends the frame"),
        (Chunk(container.BYTES, None, (5, 1, 1), True, True, 1, 0, beside=True), "is beside another"),
    ],
)
def test_nonsense_with_good_checks_is_refused(chunk: Chunk, message: str) -> None:
    with pytest.raises(CorruptError, match=message):
        read_all(frame([(chunk, bytes(chunk.length))]))


@given(st.binary(max_size=200))
def test_garbage_is_refused(data: bytes) -> None:
    for head in (b"", SMALL[:3], SMALL[:8], SMALL[:-3]):
        with pytest.raises(FormatError):
            read_all(head + data + b"\0")


def test_memory_byte_covers_its_amount() -> None:
    for amount in [0, 1, 1024, 1025, 1280, 1281, 10**6, 10**9, 2**40]:
        b = container.memory_byte(amount)
        assert container.memory_amount(b) >= amount
        assert b == 0 or container.memory_amount(b - 1) < amount


@given(st.integers(0, 2**63 - 1), st.binary(max_size=3))
def test_varints(value: int, before: bytes) -> None:
    assert varint.read(before + varint.write(value) + b"\xff", len(before)) == (
        value,
        len(before) + len(varint.write(value)),
    )


@pytest.mark.parametrize("data", [b"\x80\x00", b"\xff" * 9, b"\xff" * 10])
def test_long_varints_are_refused(data: bytes) -> None:
    with pytest.raises(CorruptError):
        varint.read(data, 0)


@pytest.mark.parametrize("value", [-1, 1 << 63])
def test_varint_range(value: int) -> None:
    with pytest.raises(ValueError, match="not in"):
        varint.write(value)
