"""Files of sound, built by hand."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

Samples = npt.NDArray[Any]
GUID = bytes.fromhex("000000001000800000aa00389b71")


def tone(frames: int, channels: int, bits: int) -> Samples:
    """Waves and noise; integer arithmetic only."""
    t, c = np.indices((frames, channels))
    wave = (t * (7 + c) * 40 % 2000 - 1000) ** 2 // 1000 - 300 + t % 97 * 3
    noise = (t * 7919 + c * 104729) % 65537 % 17 - 8
    return (wave + noise << 16) >> (16 - bits + 11) if bits < 27 else wave + noise << (bits - 11)


def pcm(samples: Samples, width: int, *, big: bool = False, unsigned: bool = False) -> bytes:
    """Samples as bytes."""
    words = np.ascontiguousarray(samples, np.int64) + (unsigned << (8 * width - 1))
    raw = words.astype(">i8").view(np.uint8).reshape(*samples.shape, 8)[..., 8 - width :]
    return np.ascontiguousarray(raw if big else raw[..., ::-1]).tobytes()


def piece(name: bytes, data: bytes, order: str = "<", size: int | None = None) -> bytes:
    """A chunk of RIFF or IFF, padded to an even size."""
    return name + struct.pack(order + "I", len(data) if size is None else size) + data + bytes(len(data) % 2)


def wav(
    samples: Samples,
    width: int,
    *,
    extensible: bool = False,
    before: bytes = b"",
    after: bytes = b"",
    stated: int | None = None,
    form: bytes = b"RIFF",
    tag: int = 1,
    rate: int = 44100,
) -> bytes:
    """A WAV file; `stated`: the size that its header gives the samples, and a wrong one for the whole."""
    channels = samples.shape[1]
    frame = channels * width
    fmt = struct.pack("<HHIIHH", tag, channels, rate, rate * frame % (1 << 32), frame, 8 * width)
    if extensible:
        fmt = struct.pack("<H", 0xFFFE) + fmt[2:] + struct.pack("<HHIH", 22, 8 * width, 0, tag) + GUID
    data = pcm(samples, width, unsigned=width == 1)
    body = b"WAVE" + before + piece(b"fmt ", fmt) + piece(b"data", data, size=stated) + after
    return form + struct.pack("<I", len(body) if stated is None else stated) + body


def aiff(samples: Samples, width: int, kind: bytes = b"", before: bytes = b"", after: bytes = b"") -> bytes:
    """An AIFF file, or an AIFF-C file of a `kind`."""
    head = struct.pack(">HIH", samples.shape[1], len(samples), 8 * width) + bytes.fromhex("400eac44000000000000")
    common = piece(b"COMM", head + kind + (b"\0\0" if kind else b""), ">")
    sound = piece(b"SSND", bytes(8) + pcm(samples, width, big=kind != b"sowt"), ">")
    body = (b"AIFC" if kind else b"AIFF") + before + common + sound + after
    return b"FORM" + struct.pack(">I", len(body)) + body


KINDS = ("constant", "noise", "square", "tone", "alike", "steps", "gaps", "fade", "quiet, then loud")


def sound(kind: str, shape: Sequence[int], bits: int, seed: int) -> Samples:
    """Samples of so many bits, int64[frames, channels]."""
    random = np.random.default_rng(seed)
    top = (1 << (bits - 1)) - 1
    noise = random.integers(-top - 1, top + 1, shape)
    t, c = np.indices(shape)
    made: dict[str, Callable[[], Samples]] = {
        "constant": lambda: np.full(shape, noise[0, 0]),
        "noise": lambda: noise,
        "square": lambda: np.where((t // (3 + c)) % 2, top, -top - 1),
        "tone": lambda: (np.sin(t / 9 + c) * top * 0.9).astype(np.int64),
        "alike": lambda: noise[:, [0] * shape[1]],
        "steps": lambda: noise >> (bits // 2) << (bits // 2),
        "gaps": lambda: (noise >> 3) * 8 // 5,
        "fade": lambda: noise * (shape[0] - t) // shape[0],
        "quiet, then loud": lambda: np.where(t < shape[0] // 2, t % 2, noise),
    }
    return np.ascontiguousarray(made[kind]())


@st.composite
def sounds(draw: st.DrawFn) -> tuple[Samples, int]:
    """Short sounds of any shape, and the bytes of a sample."""
    width = draw(st.integers(1, 4))
    shape = draw(st.sampled_from((1, 2, 7, 40, 150))), draw(st.integers(1, 5))
    bits = draw(st.integers(max(2, 8 * width - 7), 8 * width))
    return sound(draw(st.sampled_from(KINDS)), shape, bits, draw(st.integers(0, 1 << 32))), width


@st.composite
def wav_files(draw: st.DrawFn) -> bytes:
    samples, width = draw(sounds())
    chunks = st.builds(piece, st.sampled_from((b"LIST", b"bext", b"cue ")), st.binary(max_size=9))
    before, after = (b"".join(draw(st.lists(chunks, max_size=2))) for _ in range(2))
    file = wav(
        samples,
        width,
        extensible=draw(st.booleans()),
        before=before,
        after=after + draw(st.sampled_from((b"", b"x", b"junk"))),
        stated=draw(st.sampled_from((None, None, 0, 0xFFFFFFFF, 0x7FFFFFFF))),
        rate=draw(st.sampled_from((8000, 44100, 1 << 31))),
    )
    return file[: draw(st.sampled_from((len(file), len(file) - 1, len(file) - 3)))]


@st.composite
def aiff_files(draw: st.DrawFn) -> bytes:
    samples, width = draw(sounds())
    kind = draw(st.sampled_from((b"", b"NONE", b"twos", b"sowt")))
    extra = draw(st.sampled_from((b"", piece(b"ANNO", b"abc", ">"), piece(b"MARK", b"", ">"))))
    return aiff(samples, width, kind, extra, draw(st.sampled_from((extra, b"x"))))
