"""compress, decompress and info: round trips, limits, and hostile input."""

from __future__ import annotations

import io
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arcodec
from arcodec import compressor, container, parts
from arcodec.compressor import Options, compress_stream
from arcodec.container import Chunk, Header, Writer
from arcodec.decompressor import decompress_stream
from arcodec.errors import ArcodecError, CorruptError, LimitError, UnknownModelError, VersionError
from tests import laws
from tests.make_vectors import drawing

TEXT = b"It was the best of times, it was the worst of times, it was the age of wisdom. " * 4


def ppm(rows: int, columns: int, channels: int = 3, seed: int = 1) -> bytes:
    """A smooth little image with some noise, as a file."""
    y, x, c = np.indices((rows, columns, channels))
    noise = np.random.default_rng(seed).integers(0, 4, (rows, columns, channels))
    pixels = (y * 3 + x * 2 + c * 40 + noise).astype(np.uint8)
    return b"P%d\n%d %d\n255\n" % (6 if channels == 3 else 5, columns, rows) + bytes(pixels)


@settings(max_examples=40)
@given(
    st.one_of(
        st.binary(max_size=300),
        st.tuples(st.binary(min_size=1, max_size=9), st.integers(1, 99)).map(lambda t: t[0] * t[1]),
    )
)
def test_any_bytes_round_trip(data: bytes) -> None:
    laws.check_file(data)


@settings(max_examples=20)
@given(st.integers(1, 20), st.integers(1, 20), st.sampled_from([1, 3]), st.binary(max_size=5))
def test_images_round_trip(rows: int, columns: int, channels: int, tail: bytes) -> None:
    laws.check_file(ppm(rows, columns, channels) + tail)


@pytest.mark.parametrize("size", [0, 1, 2, 31, 32, 33])
def test_tiny_files(size: int) -> None:
    packed = laws.check_file(bytes(range(size)))
    assert len(packed) <= size + 16


def test_random_bytes_hardly_grow() -> None:
    data = random.Random(1).randbytes(100_000)
    assert len(laws.check_file(data, model="order0")) <= len(data) * 1.001 + 40


def test_images_are_recognised() -> None:
    data = ppm(40, 60)
    frame = arcodec.info(laws.check_file(data)).frames[0]
    assert frame.content == "netpbm"
    assert {"pixels-2", "graphics-1"} & set(frame.models)


def test_a_header_that_lies_goes_to_raw() -> None:
    for data in (ppm(40, 60)[:-1], b"P6\n99999999 99999999\n255\n" + bytes(50), b"BM" + bytes(100)):
        assert arcodec.info(laws.check_file(data)).frames[0].content == "raw"


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_do_not_change_the_output(threads: int) -> None:
    data = random.Random(2).randbytes(9_000_000)
    report = io.BytesIO()
    compress_stream(io.BytesIO(data), report, Options(level=1, model="order0", threads=threads, verify=False))
    assert report.getvalue() == arcodec.compress(data, level=1, model="order0", verify=False)
    listed = arcodec.info(report.getvalue()).frames[0]
    assert [chunk.symbols for chunk in listed.chunks] == [1 << 22, len(data) - (1 << 22)]
    assert arcodec.decompress(report.getvalue(), threads=threads) == data


def test_pipes_give_the_same_as_files() -> None:
    class Dribble(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 0, 100_001))

    data = bytes(6_000_000) + TEXT
    sink = io.BytesIO()
    compress_stream(Dribble(data), sink, Options(model="order0"))
    assert sink.getvalue() == arcodec.compress(data, model="order0")


def test_what_only_looks_like_an_image_is_copied_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has been read whole before it goes to raw; cutting it must not copy it again for each chunk."""
    asked: list[int] = []
    read = parts.Counted.read

    def counting(self: parts.Counted, size: int) -> bytes:
        data = read(self, size)
        asked.append(len(data))
        return data

    monkeypatch.setattr(parts.Counted, "read", counting)
    data = b"P5\n99999 99999\n255\n" + bytes(40 << 20)
    packed = arcodec.compress(data, level=1, verify=False)
    assert arcodec.info(packed).frames[0].content == "raw"
    assert sum(asked) == 2 * len(data)  # once to look at it, once to cut it
    assert arcodec.decompress(packed) == data


def test_a_constant_chunk_is_one_byte() -> None:
    data = bytes([7]) * 12_000_000
    packed = arcodec.compress(data, level=1)
    assert len(packed) < 100
    assert arcodec.info(packed).frames[0].models == {"fill": 3}
    assert arcodec.decompress(packed) == data


def test_concatenation_decodes_to_both() -> None:
    a, b = arcodec.compress(TEXT), arcodec.compress(ppm(5, 5))
    assert arcodec.decompress(a + b) == TEXT + ppm(5, 5)
    assert len(arcodec.info(a + b).frames) == 2


SAMPLES = {
    "bytes": arcodec.compress(TEXT),
    "order0": arcodec.compress(TEXT, model="order0"),
    "pixels": arcodec.compress(ppm(7, 9)),
    "stored": arcodec.compress(bytes(range(40))),
    "fill": arcodec.compress(b"z" * 500),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_truncation_at_every_byte(name: str) -> None:
    packed = SAMPLES[name]
    for end in range(len(packed)):
        with pytest.raises(ArcodecError):
            arcodec.decompress(packed[:end])


@pytest.mark.parametrize("name", SAMPLES)
def test_every_single_bit_flip(name: str) -> None:
    packed = SAMPLES[name]
    for bit in range(8 * len(packed)):
        damaged = bytearray(packed)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ArcodecError):
            arcodec.decompress(bytes(damaged))


@settings(max_examples=100)
@given(
    st.sampled_from(sorted(SAMPLES)),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=4),
)
def test_several_wrong_bytes(name: str, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(SAMPLES[name])
    for place, value in changes:
        damaged[place % len(damaged)] = value
    if bytes(damaged) != SAMPLES[name]:
        with pytest.raises(ArcodecError):
            arcodec.decompress(bytes(damaged))


@pytest.mark.parametrize("tail", [b"\0", b"garbage", SAMPLES["stored"][1:], b"\xac\x7b"])
def test_garbage_after_the_end(tail: bytes) -> None:
    with pytest.raises(arcodec.TrailingDataError, match="follow the end"):
        arcodec.decompress(SAMPLES["bytes"] + tail)


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"\x1f\x8b\x08", TEXT])
def test_what_is_no_arcz(data: bytes) -> None:
    with pytest.raises(arcodec.NotArcodecError, match="signature"):
        arcodec.decompress(data)


def test_a_future_version() -> None:
    with pytest.raises(VersionError, match=r"version 2; .* install a newer one"):
        arcodec.decompress(b"\xac\x7a\xc2" + SAMPLES["bytes"][3:])


def crafted(
    model: int, shape: tuple[int, ...], payload: bytes, memory: int, content: int = 0, model_id: bytes | None = None
) -> bytes:
    """A frame of one chunk with good header checks, whatever it claims."""
    sink = io.BytesIO()
    size = None if content == 0 else 10
    Writer(sink, Header(content, memory, size)).add(
        Chunk(model, model_id, shape, True, True, len(payload), 0), payload
    )
    return sink.getvalue()


def test_an_unknown_model_code() -> None:
    with pytest.raises(UnknownModelError, match="model 50"):
        arcodec.decompress(crafted(50, (100,), b"abc", 1 << 30))


def test_an_unknown_model_file(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCODEC_MODEL_PATH", str(tmp_path))
    with pytest.raises(UnknownModelError, match=f"(?s){'ab' * 32}.*{tmp_path}"):
        arcodec.decompress(crafted(container.BY_ID, (100,), b"abc", 1 << 30, model_id=b"\xab" * 32))
    with pytest.raises(UnknownModelError, match=f"(?s)the model file {'cd' * 8},"):
        arcodec.decompress(crafted(container.BY_SHORT_ID, (100,), b"abc", 1 << 30, model_id=b"\xcd" * 8))


def test_an_unknown_content_kind() -> None:
    with pytest.raises(VersionError, match="content kind 99"):
        arcodec.decompress(crafted(container.STORED, (3,), b"abc", 1 << 20, content=99))


@pytest.mark.parametrize(
    "packed",
    [
        crafted(container.BYTES, (1 << 29,), b"abc", 1024),  # claims little memory, needs much
        crafted(container.FILL, (1 << 30,), b"a", 1024),
        crafted(container.FILL, (5,), b"ab", 1024),
        crafted(container.PIXELS, (5, 5, 2), b"abc", 1 << 30),
        crafted(container.BYTES, (0,), b"", 1 << 30),
        crafted(container.STORED, (3,), b"abc", 1024, content=1),
        crafted(container.STORED, (1, 3), b"abc", 1024, content=2),
    ],
)
def test_claims_that_do_not_fit_together(packed: bytes) -> None:
    with pytest.raises(CorruptError):
        arcodec.decompress(packed)


def test_a_bomb_is_refused_before_it_goes_off() -> None:
    bomb = arcodec.compress(bytes(12_000_000), level=1)
    with pytest.raises(LimitError, match="1,000,000"):
        arcodec.decompress(bomb, max_size=1_000_000)
    with pytest.raises(LimitError, match="memory"):
        arcodec.decompress(bomb, memory_limit=1 << 20)
    assert len(arcodec.decompress(bomb, max_size=12_000_000)) == 12_000_000


def test_image_output_is_limited_too() -> None:
    with pytest.raises(LimitError):
        arcodec.decompress(SAMPLES["pixels"], max_size=20)


def test_limits_on_compressing() -> None:
    with pytest.raises(LimitError, match="-M"):
        compress_stream(io.BytesIO(TEXT), io.BytesIO(), Options(memory_limit=1000))


def test_bad_arguments() -> None:
    with pytest.raises(ValueError, match="1 to 9"):
        arcodec.compress(b"", level=10)
    with pytest.raises(ValueError, match="threads"):
        arcodec.compress(b"", threads=-1)
    with pytest.raises(UnknownModelError, match="no model is called 'nonsense'"):
        arcodec.compress(TEXT, model="nonsense")
    with pytest.raises(arcodec.ModelError, match="codes images"):
        arcodec.compress(TEXT, model="pixels")


def test_progress_goes_up_to_the_size() -> None:
    seen: list[tuple[int, int]] = []
    data = random.Random(3).randbytes(3_000_000)
    packed = io.BytesIO()
    compress_stream(io.BytesIO(data), packed, Options(level=1, model="order0"), lambda *now: seen.append(now))
    packed.seek(0)
    decompress_stream(packed, io.BytesIO(), progress=lambda *now: seen.append(now))
    assert all(0 <= symbols <= len(data) for symbols, _ in seen)
    assert all(coded <= 1.1 * symbols + 4096 for symbols, coded in seen)


def test_an_exception_in_between_stops_the_kernels() -> None:
    class Broken(io.BytesIO):
        def write(self, data: object, /) -> int:
            raise OSError("disk on fire")

    with pytest.raises(OSError, match="fire"):
        compress_stream(io.BytesIO(bytes(range(256)) * 80_000), Broken(), Options(level=1, model="order0", threads=2))


def test_large_images_are_slabs_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """A frame each, whatever the rows hold, how the file ends, and in what portions it comes."""
    monkeypatch.setattr(compressor, "SLAB", 4000)
    image = ppm(50, 60)
    cases = [image, image + b"tail", image[:-1], image[:-181], b"P5\n# large\n7 9999\n255\n" + bytes(9999 * 7)]
    for data in [*cases, ppm(1, 2000), ppm(2000, 1), b"P6\n9999 9999 255\n" + bytes(5000)]:
        packed = laws.check_file(data, level=1)
        assert (len(arcodec.info(packed).frames) > 1) == (b"\n2000 1\n" not in data and b"9999 9999" not in data)
        assert arcodec.decompress(packed, threads=2) == data
    packed = arcodec.compress(image, level=1)
    assert [frame.content for frame in arcodec.info(packed).frames] == ["raw", "netpbm", "netpbm", "netpbm"]


def test_large_images_report_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressor, "SLAB", 4000)
    data, sink, seen = ppm(50, 60) + bytes(100), io.BytesIO(), []
    report = compress_stream(io.BytesIO(data), sink, Options(level=1), lambda *counts: seen.append(counts))
    assert (report.size_in, report.size_out) == (len(data), len(sink.getvalue()))
    assert report.content == "raw+netpbm"
    assert seen == sorted(seen)


def few_symbols(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bands of next to nothing."""
    monkeypatch.setattr(parts, "_BANDS", dict.fromkeys(parts._BANDS, 1 << 12))


@pytest.mark.parametrize(
    "shape", [(30, 3000, 3), (90, 700, 3), (700, 90, 1), (64, 1025, 1), (5000, 1, 3), (1, 9000, 1)]
)
def test_bands_are_columns_or_rows(monkeypatch: pytest.MonkeyPatch, shape: tuple[int, int, int]) -> None:
    """The same for any number of threads."""
    few_symbols(monkeypatch)
    data = ppm(*shape)
    packed = laws.check_file(data, model="pixels-fast")
    assert arcodec.compress(data, model="pixels-fast", threads=3) == packed
    assert arcodec.decompress(packed, threads=3) == data
    bands = [chunk for chunk in arcodec.info(packed).frames[0].chunks if len(chunk.shape) == 3]
    assert len(bands) > 1
    assert {chunk.beside for chunk in bands[1:]} == {shape[1] >= len(bands) * 64}


def test_usual_photographs_are_one_band() -> None:
    assert len(arcodec.info(arcodec.compress(ppm(200, 300))).frames[0].chunks) == 2


def test_drawings_stay_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    few_symbols(monkeypatch)
    data = b"P6\n960 60\n255\n" + drawing(60, 960, 3)
    chunks = arcodec.info(arcodec.compress(data)).frames[0].chunks
    assert [chunk.shape for chunk in chunks[1:]] == [(60, 960, 3)]
