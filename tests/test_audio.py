"""The models of sound and its files: bounds at worst-case sounds, values, headers of all sorts, damage, memory."""

from __future__ import annotations

import contextlib
import io
import struct
import tracemalloc
import zipfile
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arcodec
from arcodec import compressor, models, varint
from arcodec.content import kind as content_kind
from arcodec.content._recipe import Reader
from arcodec.content.base import Content
from arcodec.errors import CorruptError, ModelError
from arcodec.kernels import audio, audio_predictors, wide_mixer
from arcodec.kernels import port as ports
from arcodec.models import audio_tiers, audio_values
from arcodec.models.base import Symbols
from tests import laws
from tests.content_files import damaged
from tests.sound_files import (
    GUID,
    KINDS,
    Samples,
    aiff,
    aiff_files,
    pcm,
    piece,
    sound,
    sounds,
    tone,
    wav,
    wav_files,
)

RANDOM = np.random.default_rng(24)
TIERS = {"fast": audio_tiers.FAST, "default": audio_tiers.DEFAULT, "max": audio_tiers.MAX}
MODELS = [models.built_in(name) for name in ("audio-1-fast", "audio-1", "audio-1-max")]
FAST, DEFAULT, _ = MODELS
WAV, AIFF = content_kind("wav"), content_kind("aiff")


def symbols(samples: Samples) -> Symbols:
    """Samples as a chunk."""
    return np.ascontiguousarray(samples, ">i4").view(np.uint8).reshape(*samples.shape, 4)


# --- the models ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model.name))
@settings(max_examples=40, deadline=None)
@given(made=sounds())
def test_any_sound_round_trips(model: Any, made: tuple[Samples, int]) -> None:
    laws.check_model(model, symbols(made[0]))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bits", [8, 16, 24, 32])
def test_long_sounds_round_trip(kind: str, bits: int) -> None:
    """So long that what is past is moved, and weights have grown to what they become."""
    laws.check_model(FAST, symbols(sound(kind, (9000, 1), bits, 1)))
    laws.check_model(DEFAULT, symbols(sound(kind, (2000, 2), bits, 2)))


@pytest.mark.parametrize("tier", TIERS.values(), ids=TIERS)
@pytest.mark.parametrize("kind", KINDS)
def test_what_the_docstrings_bound_stays_within(tier: audio.Tier, kind: str) -> None:
    for bits, channels in ((24, 2), (16, 3), (2, 1)):
        samples = sound(kind, (1500, channels), bits, 3).astype(np.int32)
        lowest, largest = int(samples.min()), int(samples.max()) - int(samples.min())
        tables: Any = audio.allocate(tier, channels, lowest, largest)
        costs = np.zeros(samples.size, np.uint32)
        audio.run(ports.meter(), np.empty(0, np.uint32), costs, samples, samples.size, tables)
        sums, flat, factors, _, weights, _, final_sums, final, past, inputs, filters, powers = tables[3:15]
        averages, errors, scales, mixer, apms = tables[15:20]
        assert int(np.abs(sums).max()) < 1 << 57
        assert int(np.abs(final_sums).max()) < 1 << 57
        assert int(np.abs(flat).max()) < 1 << 29
        assert int(np.abs(factors[0]).max()) < 1 << 28
        assert int(np.abs(factors[1]).max()) < 1 << 29
        for table in (weights, final, filters):
            assert int(np.abs(table).max()) < 1 << 28
        assert int(np.abs(past).max()) < 1 << 25
        assert int(np.abs(inputs).max()) <= audio_predictors.INPUT_LIMIT
        assert int(np.abs(errors).max()) <= 1 << 24
        assert int(powers.min()) >= 0
        assert 0 <= int(averages.min()) <= int(averages.max()) < 1 << 33
        assert int(scales.min()) > 0
        assert int(np.abs(mixer).max()) < 1 << 22
        assert int(apms.min()) >= 0
        assert int(apms.max()) < 1 << 24


def test_tiers_fit_the_kernel() -> None:
    for tier in TIERS.values():
        assert len(tier.predictors) + len(tier.filters) + audio.AFTER <= wide_mixer.LANES
        assert len(tier.predictors) >= 2
        assert 1 <= tier.sets <= audio.SETS
        for alone, own, other, block, memory in tier.predictors:
            assert max(alone, own, other) <= audio.PAST
            assert max(alone, own + other) <= audio_predictors.MOST
            assert block <= 1 << 6
            assert memory <= 12
        for length, rate in tier.filters:
            assert length <= 1024
            assert 0 <= rate <= 12


def test_samples_ahead_are_never_read() -> None:
    samples = sound("noise", (300, 2), 16, 4)
    samples[-1] = -32768, 32767  # the range and the step are known beforehand
    samples[-2] = 1, 2
    other = samples.copy()
    other[150:-2] = 0
    first, second = (DEFAULT.bits(symbols(s))[1 : 150 * 8] for s in (samples, other))
    assert np.array_equal(first, second)


@pytest.mark.parametrize(
    ("form", "samples"),
    [
        (0, sound("noise", (200, 2), 16, 5)),
        (0, 256 * sound("noise", (200, 1), 16, 6) + 7),
        (0, sound("alike", (200, 3), 16, 7)),
        (0, np.full((50, 2), -(1 << 31))),
        (0, (1 << 31) - 1 - np.arange(50)[:, None] % 3),
        (audio_values.LISTED, sound("gaps", (40_000, 1), 12, 8)),
        (audio_values.APART, sound("noise", (100, 2), 32, 9)),
        (audio_values.LISTED, 1000 + sound("gaps", (40_000, 1), 12, 8)),
    ],
)
def test_values_come_back(form: int, samples: Samples) -> None:
    found = audio_values.find(samples.astype(np.int32))
    reader = Reader(found.written)
    meaning = audio_values.read(reader, *samples.shape)
    assert not reader
    assert (meaning.values is not None) == bool(form & audio_values.LISTED)
    assert (meaning.low is not None) == bool(form & audio_values.APART)
    assert (meaning.lowest, meaning.largest) == (found.lowest, found.largest)
    assert int(found.numbers.min()) == found.lowest <= 0 <= found.lowest + found.largest
    assert int(found.numbers.max()) == found.lowest + found.largest
    assert np.array_equal(meaning.samples(found.numbers), samples)


def test_what_repeats_costs_little() -> None:
    noise = sound("noise", (5000, 1), 16, 10)
    alone = len(FAST.encode(symbols(noise)))
    assert alone < 10_000 * 1.03
    assert len(FAST.encode(symbols(noise[:, [0, 0]]))) < alone + 10
    assert len(FAST.encode(symbols(noise * 65536))) < alone + 10
    assert len(DEFAULT.encode(symbols(np.full((20_000, 2), -1)))) < 20
    quiet = np.zeros((20_000, 1), np.int64)
    quiet[::10_000] = 30_000
    assert len(DEFAULT.encode(symbols(quiet))) < 120
    waves = sound("tone", (20_000, 1), 16, 0)
    assert 8 * len(DEFAULT.encode(symbols(waves))) < 2.5 * waves.size


def test_damaged_payloads_end_well() -> None:
    for samples in (tone(90, 2, 16), sound("gaps", (6000, 1), 8, 11)[:, [0, 0]], sound("noise", (60, 2), 32, 12)):
        chunk = symbols(samples)
        payload = FAST.encode(chunk)
        for place in [*range(24), *range(24, len(payload), 1 + len(payload) // 40)]:
            changed = bytearray(payload)
            changed[place] ^= 0x55
            laws.check_damage(FAST, bytes(changed), chunk.shape)
        laws.check_damage(FAST, payload[:10], chunk.shape)


@settings(max_examples=60, deadline=None)
@given(payload=st.binary(max_size=60))
def test_any_payload_ends_well(payload: bytes) -> None:
    laws.check_damage(FAST, payload, (5, 2, 4))


NOISE = sound("noise", (5, 2), 16, 0)
PLAIN = bytes([255, 1, 0])  # channels are coded, values are as they are


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (bytes([1, 1]), "like others"),
        (bytes([0, 2]), "like others"),
        (bytes([255, 0, 0, 0]), "step 0"),
        (bytes([255, 2, 2, 0]), "remainder 2"),
        (PLAIN + bytes([4]), "form 4"),
        (PLAIN + bytes([0, 0]) + varint.write(1 << 24), "coded as 0"),
        (PLAIN + bytes([0]) + varint.write(1 << 33) + b"\0", "coded as"),
        (PLAIN + bytes([1, 0]) + varint.write(1 << 25) + b"\0\0", "list"),
        (PLAIN + bytes([1, 0, 5, 0]) + varint.write(1 << 60), "list"),
        (PLAIN + bytes([2, 0, 0, 1]), "too short"),
        (bytes([255]) + varint.write(1 << 30) + FAST.encode(symbols(NOISE))[2:], "32 bits"),
    ],
)
def test_crafted_values_are_refused(payload: bytes, message: str) -> None:
    with pytest.raises(CorruptError, match=message):
        FAST.decode(payload, (5, 2, 4))


@pytest.mark.parametrize("shape", [(1, 1), (3000, 1), (2000, 2), (300, 64), (60_000, 2)])
def test_memory_is_an_upper_bound(shape: tuple[int, int]) -> None:
    for model in MODELS:
        for samples in (sound("tone", shape, 16, 0), sound("gaps", shape, 14, 1)):
            chunk = symbols(samples)
            payload = model.encode(chunk)
            tracemalloc.start()
            model.decode(payload, chunk.shape)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert peak <= model.memory(chunk.shape) + 4 * chunk.size


def test_sounds_are_drawn() -> None:
    laws.check_sample(DEFAULT, (40, 2, 4))
    assert not np.array_equal(DEFAULT.sample((40, 1, 4), 1), DEFAULT.sample((40, 1, 4), 2))


def test_single_bytes_have_no_distribution() -> None:
    with pytest.raises(ModelError, match="four bytes as one"):
        DEFAULT.predict(np.zeros(0, np.uint8), (1, 1, 4))


def test_shapes() -> None:
    assert DEFAULT.accepts((5, 64, 4))
    for shape in ((5,), (5, 65, 4), (5, 0, 4), (0, 1, 4), (5, 1, 3), (5, 4)):
        assert not DEFAULT.accepts(shape)


# --- files --------------------------------------------------------------------------------------------------


def check(kind: Content, data: bytes) -> None:
    """A file comes back, or has no whole frame."""
    assert kind.sniff(data[:64])
    if kind.parse(data) is None:
        assert len(data) < 250
    else:
        laws.check_content(kind, data)


@given(wav_files())
@settings(deadline=None)
def test_wav_comes_back(data: bytes) -> None:
    check(WAV, data)


@given(aiff_files())
@settings(deadline=None)
def test_aiff_comes_back(data: bytes) -> None:
    check(AIFF, data)


@given(st.data())
@settings(deadline=None)
def test_damaged_files_come_back_or_are_none(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from((WAV, AIFF)))
    file = data.draw(damaged(data.draw(wav_files() if kind is WAV else aiff_files())))
    if kind.parse(file) is not None:
        laws.check_content(kind, file)


@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_samples_are_read_as_what_they_are(width: int) -> None:
    samples = sound("noise", (20, 3), 8 * width, 1)
    for kind, file in (
        (WAV, wav(samples, width)),
        (AIFF, aiff(samples, width)),
        (AIFF, aiff(samples, width, b"sowt")),
    ):
        parsed = kind.parse(file)
        assert parsed is not None
        assert np.array_equal(parsed.planes[0].view(">i4")[..., 0], samples)


def test_the_usual_header_costs_a_few_bytes() -> None:
    samples = tone(200, 2, 16)
    for file in (wav(samples, 2), wav(samples, 2, after=piece(b"LIST", b"abc"))):
        parsed = WAV.parse(file)
        assert parsed is not None
        assert len(parsed.recipe) == 4 + len(file) - 44 - 800


def test_sizes_as_streams_leave_them() -> None:
    samples = tone(100, 1, 16)
    tail = piece(b"LIST", b"abcd")
    whole = wav(samples, 2, after=tail)
    frames = {
        whole: 100,
        whole[:100]: 28,
        wav(samples, 2, stated=0): 100,
        wav(samples, 2, stated=0xFFFFFFFF): 100,
        whole[:40] + bytes(4) + whole[44:]: None,  # it says that there are none, and what follows them
        wav(
            samples, 2, form=b"RF64", before=piece(b"ds64", struct.pack("<QQQI", 9, 50, 25, 0)), stated=0xFFFFFFFF
        ): 25,
    }
    for file, count in frames.items():
        parsed = WAV.parse(file)
        assert (parsed and len(parsed.planes[0])) == count
        if parsed:
            laws.check_content(WAV, file)


@pytest.mark.parametrize(
    "file",
    [
        wav(tone(9, 1, 16), 4, tag=3),
        wav(tone(9, 1, 16), 1, tag=7),
        wav(tone(9, 1, 16), 2, extensible=True, tag=3),
        wav(tone(9, 1, 16), 2, extensible=True).replace(GUID, bytes(14)),
        wav(tone(9, 65, 16), 2),
        wav(tone(9, 2, 16), 2)[:22] + b"\0" + wav(tone(9, 2, 16), 2)[23:],
        wav(tone(9, 2, 16), 2)[:32] + b"\5" + wav(tone(9, 2, 16), 2)[33:],
        wav(tone(9, 1, 16), 2)[:44],
        b"RIFF\0\0\0\0WAVEfmt \4\0\0\0abcd" + piece(b"data", bytes(8)),
        b"RIFF\0\0\0\0WAVE" + piece(b"data", bytes(8)),
        b"RIFF\0\0\0\0WAVE" + 2000 * piece(b"x   ", b"") + wav(tone(9, 1, 16), 2)[12:],
        aiff(tone(9, 1, 16), 2, b"fl32"),
        aiff(tone(9, 1, 16), 2)[:55],
        b"FORM\0\0\0\0AIFF" + piece(b"SSND", bytes(16), ">"),
        b"FORM\0\0\0\0AIFF" + 2000 * piece(b"x   ", b"", ">") + aiff(tone(9, 1, 16), 2)[12:],
        aiff(tone(9, 1, 16), 2).replace(b"SSND\0\0\0\x1a\0\0\0\0", b"SSND\0\0\0\x1a\0\0\0\xff"),
    ],
)
def test_not_covered(file: bytes) -> None:
    kind = AIFF if file.startswith(b"FORM") else WAV
    assert kind.parse(file) is None
    assert kind.slabs(file) is None or len(file) < 100


@pytest.mark.parametrize("kind", [WAV, AIFF])
def test_recipes_that_fit_nothing_are_refused(kind: Content) -> None:
    plane = symbols(tone(6, 2, 16))
    parsed = kind.parse(wav(tone(6, 2, 16), 2) if kind is WAV else aiff(tone(6, 2, 16), 2))
    assert parsed is not None
    for planes in ([], [plane, plane], [plane[..., :2]], [plane[0]], [np.zeros((6, 65, 4), np.uint8)]):
        with pytest.raises(CorruptError):
            kind.restore(planes, parsed.recipe)
    for recipe in (b"", b"\x20\0", b"\1\5abc", b"\1", bytes([16 + 1 + 8, 5]), bytes([16 + 4 + 1, 5]), b"\x11"):
        with pytest.raises(CorruptError):
            kind.restore([plane], recipe)
    with pytest.raises(CorruptError):
        WAV.restore([plane], b"\x11" + varint.write(1 << 40))


@given(st.binary(max_size=40))
@settings(deadline=None)
def test_any_recipe_ends_well(recipe: bytes) -> None:
    for kind in (WAV, AIFF):
        with contextlib.suppress(CorruptError):
            kind.restore([symbols(tone(3, 2, 16))], recipe)


# --- as a whole ---------------------------------------------------------------------------------------------


def models_of(packed: bytes) -> set[str]:
    return {name for frame in arcodec.info(packed).frames for name in frame.models}


@pytest.mark.parametrize(("level", "name"), [(1, "audio-1-fast"), (5, "audio-1"), (9, "audio-1-max")])
def test_levels_choose_the_tier(level: int, name: str) -> None:
    file = wav(tone(900, 2, 16), 2)
    packed = laws.check_file(file, level=level)
    assert name in models_of(packed)
    assert len(packed) < len(arcodec.compress(file, level=level, model="bytes"))
    assert name in models_of(laws.check_file(aiff(tone(900, 2, 16), 2), model=name))


def test_models_for_pictures_leave_sound_to_its_own() -> None:
    file = wav(tone(300, 1, 16), 2)
    assert "audio-1" in models_of(laws.check_file(file, model="pixels"))
    assert "audio-1" in models_of(laws.check_file(file, model="deep"))
    picture = b"P5\n30 30\n255\n" + bytes(range(225)) * 4
    assert "audio-1" not in models_of(laws.check_file(picture, model="audio"))


def test_long_sounds_are_cut_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressor.Options, "chunk_size", 40_000)
    packed = laws.check_file(wav(tone(30_000, 2, 16), 2), level=1, threads=2)
    assert arcodec.info(packed).frames[0].models["audio-1-fast"] >= 4


@pytest.mark.parametrize("stated", [None, 0xFFFFFFFF])
def test_large_files_are_taken_apart_in_slabs(monkeypatch: pytest.MonkeyPatch, stated: int | None) -> None:
    monkeypatch.setattr(compressor, "SLAB", 20_001)
    for file in (
        wav(tone(20_000, 2, 16), 2, after=piece(b"LIST", b"abc"), stated=stated),
        wav(tone(9000, 1, 24), 3, stated=stated)[:-2],
        aiff(tone(20_000, 1, 16), 2, after=b"end"),
    ):
        packed = laws.check_file(file, level=1)
        assert len(arcodec.info(packed).frames) > 3
        assert "audio-1-fast" in models_of(packed)


def test_sound_within_archives_goes_to_its_model() -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for k in range(4):
            archive.writestr(f"{k}.wav", wav(tone(2000 + 100 * k, 2, 16), 2))
    packed = laws.check_file(sink.getvalue())
    assert "audio-1" in models_of(packed)


def test_noise_is_kept_as_it_is() -> None:
    file = wav(RANDOM.integers(-32768, 32768, (5000, 2)), 2)
    assert len(arcodec.compress(file)) < len(file) + 60
    assert len(pcm(np.zeros((2, 1)), 3)) == 6
