"""Drawing: probabilities, temperatures, prompts, files, and the verb; see also `laws.check_sample`."""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import arcodec
from arcodec import models, sampling
from arcodec.cli import main
from arcodec.errors import LimitError, ModelError
from arcodec.kernels import arrays
from arcodec.kernels import port as ports
from tests.net_files import model_of, tiny
from tests.port_loop import code_bits

ONE = 1 << 24
TEXT = b"".join(b"%d. the quick brown fox\n" % i for i in range(60))


def bits(p: float, count: int, temperature: int = 256) -> float:
    """The share of ones among decisions drawn with a probability."""
    found = np.zeros(count, np.int64)
    nothing = np.empty(0, np.uint32)
    chances = np.full(count, round(p * ONE), np.int64)
    code_bits(ports.sampler(7, 0, temperature), nothing, chances, found, nothing)
    return float(found.mean())


@pytest.mark.parametrize("p", [0.5, 0.9, 0.01])
def test_bits_are_drawn_with_their_probabilities(p: float) -> None:
    """However long it takes: points that no interval covers are drawn anew."""
    assert abs(bits(p, 400_000) - p) < 0.003


@pytest.mark.parametrize(("temperature", "power"), [(128, 2.0), (512, 0.5), (1024, 0.25)])
def test_temperature_divides_the_logarithm_of_odds(temperature: int, power: float) -> None:
    odds = 9.0**power
    assert abs(bits(0.9, 200_000, temperature) - odds / (1 + odds)) < 0.005


@pytest.mark.parametrize("temperature", [64, 128, 256, 512])
def test_temperature_of_symbols(temperature: int) -> None:
    shares = np.array([1, 2, 5, 8]) / 16
    count = 100_000
    table = np.tile((shares * ONE).astype(np.uint32), (count, 1))
    symbols = np.zeros(count, np.int64)
    assert arrays.code(ports.sampler(3, 0, temperature), np.empty(0, np.uint32), table, symbols) == count
    expected = shares ** (256 / temperature)
    assert np.abs(np.bincount(symbols, minlength=4) / count - expected / expected.sum()).max() < 0.01


def test_a_cold_sampler_takes_what_is_likeliest() -> None:
    assert bits(0.51, 1000, 1) > 0.9
    assert bits(0.6, 1000, 1) == 1


def test_the_sample_compressed_costs_what_was_drawn() -> None:
    model = models.built_in("order0")
    (sample,) = sampling.draw(model, (20_000,), [5])
    packed = arcodec.compress(sample.symbols.tobytes(), model="order0")
    assert abs(8 * len(packed) - sample.bits) < 8 * 24 + sample.symbols.size / 256


def test_the_public_function() -> None:
    sample = arcodec.sample("order0", 300, seed=4, prompt=b"abc", temperature=0.5)
    assert sample.dtype == np.uint8
    assert sample[:3].tobytes() == b"abc"
    assert np.array_equal(sample, arcodec.sample("order0", 300, seed=4, prompt=b"abc", temperature=0.5))
    assert arcodec.sample("pixels-1", (4, 5, 3)).shape == (4, 5, 3)
    rows = np.arange(30, dtype=np.uint8).reshape(2, 5, 3)
    assert np.array_equal(arcodec.sample("pixels-1", (4, 5, 3), prompt=rows)[:2], rows)
    with pytest.raises(ModelError, match="no samples of shape"):
        arcodec.sample("pixels-1", (4, 5))
    with pytest.raises(ModelError, match="no samples of shape"):
        arcodec.sample("order0", (4, 5, 3))
    for wrong in ({"prompt": b"abcd", "size": 3}, {"temperature": 0.0}, {"temperature": float("nan")}):
        with pytest.raises(ValueError, match=r"prompt|temperature"):
            arcodec.sample("order0", **wrong)


def test_the_same_bytes_everywhere() -> None:
    """What these seeds give is fixed: a change here is a change of all samples."""
    expected = "616275616119616e1961f236"
    assert arcodec.sample("order0", 12, seed=1, prompt=b"ab").tobytes().hex() == expected


def test_memory_is_limited() -> None:
    with pytest.raises(LimitError, match="a sample of order0"):
        list(sampling.draw(models.built_in("order0"), (1 << 20,), [1], memory_limit=1 << 20))


@pytest.mark.parametrize(
    ("name", "size", "shape"),
    [
        ("order0", (10,), (10,)),
        ("pixels-1", (10, 20), (20, 10, 3)),
        ("pixels-1", (10, 20, 1), (20, 10, 1)),
        ("deep-1-fast", (10, 20, 1), (20, 10, 2)),
        ("audio-1-fast", (10,), (10, 1, 4)),
        ("audio-1-fast", (10, 2), (10, 2, 4)),
    ],
)
def test_sizes(name: str, size: tuple[int, ...], shape: tuple[int, ...]) -> None:
    assert sampling.shape_for(models.built_in(name), size) == shape


@pytest.mark.parametrize(
    ("name", "size"),
    [("order0", (10, 20)), ("pixels-1", (10,)), ("pixels-1", (10, 20, 4)), ("coefficients-1", (10, 20))],
)
def test_sizes_that_a_model_has_not(name: str, size: tuple[int, ...]) -> None:
    with pytest.raises(ModelError):
        sampling.shape_for(models.built_in(name), size)


def test_files_of_samples() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    with Image.open(io.BytesIO(sampling.as_file("pixels", pixels))) as image:
        assert np.array_equal(np.asarray(image), pixels)
    with Image.open(io.BytesIO(sampling.as_file("pixels", pixels[..., :1]))) as image:
        assert np.array_equal(np.asarray(image), pixels[..., 0])
    deep = np.arange(24, dtype=np.uint8).reshape(3, 4, 2)
    assert sampling.as_file("deep", deep) == b"P5\n4 3\n65535\n" + deep.tobytes()
    samples = np.array([[1, -2], [300, -(1 << 15)]], ">i4")
    with wave.open(io.BytesIO(sampling.as_file("audio", samples.view(np.uint8).reshape(2, 2, 4)))) as sound:
        assert sound.getnchannels() == 2
        assert np.array_equal(np.frombuffer(sound.readframes(2), "<i2"), samples.reshape(-1))


@pytest.mark.parametrize(("count", "shape"), [(1, (3, 4, 1)), (2, (3, 10, 1)), (3, (8, 10, 1)), (5, (13, 10, 1))])
def test_a_grid(count: int, shape: tuple[int, ...]) -> None:
    pictures = [np.full((3, 4, 1), k, np.uint8) for k in range(count)]
    sheet = sampling.grid(pictures)
    assert sheet.shape == shape
    assert {*range(count)} <= {*np.unique(sheet).tolist()}


def test_the_verb_draws_and_prompts(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    prompt, out = tmp_path / "prompt", tmp_path / "out"
    prompt.write_bytes(TEXT)
    assert main(["sample", "-vm", "order0", "--prompt", str(prompt), "-o", str(out)]) == 0
    assert "symbols" in capfd.readouterr().err
    assert out.read_bytes()[: len(TEXT)] == TEXT
    assert len(out.read_bytes()) == len(TEXT) + 1024
    assert main(["sample", "-m", "order0", "-o", str(out)]) == 1  # it exists
    assert "-f" in capfd.readouterr().err
    assert main(["sample", "-m", "order0", "--size", "9", "--prompt", str(prompt)]) == 1
    assert "do not begin a sample" in capfd.readouterr().err


def test_the_verb_completes_pictures(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    pixels = (np.indices((6, 8, 3)).sum(axis=0) * 9).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "in.png")
    arguments = ["sample", "-m", "pixels-1", "--prompt", str(tmp_path / "in.png"), "-o", str(tmp_path / "out.png")]
    assert main(arguments) == 0
    with Image.open(tmp_path / "out.png") as image:
        assert image.size == (8, 12)
        assert np.array_equal(np.asarray(image)[:6], pixels)
    (tmp_path / "text").write_bytes(TEXT)
    assert main(["sample", "-m", "pixels-1", "--prompt", str(tmp_path / "text")]) == 1
    assert "no picture" in capfd.readouterr().err
    assert main(["sample", "-m", "pixels-1", "--size", "6x6", "--count", "3", "-o", str(tmp_path / "g.png")]) == 0
    with Image.open(tmp_path / "g.png") as image:
        assert image.size == (14, 14)
    for wrong in (["-m", "order0", "--count", "2"], ["-m", "audio", "--prompt", "text"], ["--size", "0"]):
        assert main(["sample", *wrong]) in (1, 2)


def test_a_prompt_in_lanes() -> None:
    """What is coded side by side is drawn so: the prompt may reach into the second lane."""
    model, prompt = model_of(tiny("gru-1")), np.random.default_rng(1).integers(0, 256, 5000).astype(np.uint8)
    drawn = model.sample((12_300,), 1, prompt)
    assert np.array_equal(drawn[:5000], prompt)
    assert not np.array_equal(model.sample((12_300,), 2, prompt)[5000:], drawn[5000:])
