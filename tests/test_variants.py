"""Models of several variants: each obeys the laws, the choice is sound, and a file says which it was."""

from __future__ import annotations

import platform
from pathlib import Path

import llvmlite
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arcodec
from arcodec import container, models
from arcodec.errors import CorruptError
from arcodec.kernels import branches
from arcodec.kernels.grams import GRAM, common_grams
from arcodec.models import bytes as byte_models
from arcodec.models import variants
from arcodec.models.base import Symbols
from arcodec.models.variants import Variants
from tests import laws

NAMES = ["bytes-2-fast", "bytes-2", "bytes-2-max"]
PROSE = laws.array(b"It was the best of times, it was the worst of times, it was the age of wisdom. " * 3)
CODE = np.fromfile(Path(__file__).parent.parent / "corpora" / "kernels.o", np.uint8)  # of x86-64
MARKUP = laws.array(b'<li class="item"><a href="/index.html">Home</a></li>\n{"name": "value", "id": 12}\n' * 3)


def model_of(name: str) -> Variants:
    model = models.built_in(name)
    assert isinstance(model, Variants)
    return model


def parts() -> list[tuple[str, int]]:
    return [(name, number) for name in NAMES for number in range(len(models.VARIANTS[models.code_of(name)]))]


@pytest.mark.parametrize(("name", "number"), parts())
def test_each_variant_obeys_the_laws(name: str, number: int) -> None:
    variant = model_of(name).variants[number]
    for data in (b"", b"x", bytes(range(256)), PROSE.tobytes() + MARKUP.tobytes()):
        laws.check_model(variant, laws.array(data))
    laws.check_predict(variant, PROSE[:60], 40)
    laws.check_sample(variant, (200,))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=10)
@given(st.binary(max_size=300))
def test_round_trip(name: str, data: bytes) -> None:
    laws.check_model(model_of(name), laws.array(data))


@pytest.mark.parametrize("name", NAMES)
def test_a_payload_names_its_variant(name: str) -> None:
    model = model_of(name)
    payload = model.encode(PROSE)
    assert payload[0] == model.choose(PROSE)
    for bad in (b"", bytes([len(model.variants)]) + payload[1:]):
        with pytest.raises(CorruptError, match="no variant"):
            model.decode(bad, PROSE.shape)


def test_the_choice_follows_the_data() -> None:
    model = model_of("bytes-2")
    labels = models.VARIANTS[model.code]
    noise = np.random.default_rng(1).integers(0, 256, 3000).astype(np.uint8)
    assert labels[model.choose(PROSE)] == "net, prose"
    assert labels[model.choose(MARKUP)] == "net, markup"
    assert labels[model.choose(noise)] == "plain"


@pytest.mark.parametrize("name", ["zeros", "numbers", "letters", "noise"])
def test_a_prior_costs_little_where_it_does_not_help(name: str) -> None:
    random = np.random.default_rng(3)
    words = [bytes(random.integers(192, 250, 3 + k % 7).astype(np.uint8)) for k in range(300)]
    data = {
        "zeros": bytes(30_000),
        "numbers": np.cumsum(random.integers(0, 30, 15_000)).astype("<u2").tobytes(),
        "letters": b" ".join(words[k] for k in (random.integers(0, 300, 6000) ** 2 // 300)),
        "noise": random.bytes(30_000),
    }[name]
    model, chunk = model_of("bytes-2"), laws.array(data)
    without = min(len(model.variants[number].encode(chunk)) for number in (0, 1))
    assert len(model.encode(chunk)) - 1 <= 1.005 * without


def test_machine_code_is_noticed() -> None:
    library = Path(llvmlite.__file__).parent / "binding" / "libllvmlite.so"
    if platform.machine() != "x86_64" or not library.exists():
        pytest.skip("there is no large library of x86-64 code at hand")
    model, chosen = model_of("bytes-2"), set()
    with library.open("rb") as file:
        for part in range(1, 8, 2):
            file.seek(library.stat().st_size * part // 8)
            chosen.add(models.VARIANTS[model.code][model.choose(laws.array(file.read(1 << 18)))])
    assert "code" in chosen


def test_the_listing_says_which() -> None:
    info = arcodec.info(arcodec.compress(PROSE.tobytes()))
    assert info.frames[0].models == {"bytes-2": 1}
    assert info.frames[0].models_in_full == {"bytes-2 (net, prose)": 1}
    assert models.variant_of(container.BYTES_2, b"\xff") == "variant 255"
    assert models.variant_of(container.ORDER0, b"\0") is None


def test_levels_choose_the_tier() -> None:
    for level, name in ((1, "bytes-2-fast"), (3, "bytes-2-fast"), (4, "bytes-2"), (6, "bytes-2"), (9, "bytes-2-max")):
        assert list(arcodec.info(arcodec.compress(MARKUP.tobytes(), level=level)).frames[0].models) == [name]


@pytest.mark.parametrize("chunk", [PROSE, MARKUP, CODE], ids=["prose", "markup", "code"])
def test_the_default_model_chooses_for_max(chunk: Symbols) -> None:
    assert model_of("bytes-2-max").choose(chunk) == model_of("bytes-2").choose(chunk)


def test_short_chunks_share_what_was_primed() -> None:
    variant = model_of("bytes-2").variants[2]
    before = [table.sum() for table in byte_models._kept(variant)]
    variant.encode(PROSE)
    assert [table.sum() for table in byte_models._kept(variant)] == before


def test_memory_is_of_the_variant() -> None:
    model = model_of("bytes-2")
    plain, primed = (model.memory((1000,), bytes([number])) for number in (0, 2))
    assert plain < 20 << 20 < primed <= model.memory((1000,)) < 300 << 20


@pytest.mark.parametrize(
    ("name", "chunk", "megabytes"), [(NAMES[0], 22, 44), (NAMES[1], 24, 295), (NAMES[2], 26, 914)]
)
def test_memory_is_what_the_readme_says(name: str, chunk: int, megabytes: int) -> None:
    assert round(model_of(name).memory((1 << chunk,)) / 1e6) == megabytes
    assert f"| {megabytes} MB |" in (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_grams_are_shared_by_like_texts() -> None:
    prose, markup = (variants._common(model_of("bytes-2").variants[k].prior, PROSE) for k in (2, 3))
    assert prose > markup > 0


def test_grams_are_counted_once() -> None:
    random = np.random.default_rng(1)
    sample, text = (random.integers(0, 3, size).astype(np.uint8) for size in (700, 2000))
    grams = [{part[k : k + GRAM].tobytes() for k in range(len(part) - GRAM + 1)} for part in (sample, text)]
    assert common_grams(sample, text, np.zeros(1024, np.uint64)) == (len(grams[0]), len(grams[0] & grams[1]))
    assert common_grams(sample[: GRAM - 1], text, np.zeros(16, np.uint64)) == (0, 0)


def test_code_is_arranged_and_restored() -> None:
    code = CODE.copy()
    arranged = code.copy()
    branches.forward(arranged)
    assert not np.array_equal(arranged, code)
    branches.inverse(arranged)
    assert np.array_equal(arranged, code)
