"""The prior texts: segments of the data and nothing else, the same ones every time, those with the common grams."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import arcodec
from arcodec.training import prior
from arcodec.training.data import REPORT, TrainingDataError
from arcodec.training.prior import DOCUMENT, GRAM, LINE, SEGMENT, choose

CREDITS = Path(arcodec.__file__).parent / "models" / "tables" / "README.md"
COMMON = [b"the common phrase number %02d\n" % k for k in range(40)]
SHARES = {"prose/a.txt": 3, "prose/b.txt": 1}


def _lines(size: int, seed: int) -> bytes:
    """Lines of 35 random letters: no gram of them is in two documents."""
    text = np.random.default_rng(seed).integers(97, 123, size, np.uint8)
    text[35::36] = 10
    return text.tobytes()


def _with_common(size: int, seed: int) -> bytes:
    """Random lines; in every document, at a place of its own, some common phrases."""
    random, text = np.random.default_rng(seed), bytearray()
    while len(text) < size:
        before = int(random.integers(1, DOCUMENT // 36 - 20)) * 36
        phrases = b"".join(COMMON[k] for k in random.permutation(len(COMMON))[:15])
        text += _lines(before, int(random.integers(1 << 30))) + phrases
        text += _lines(-len(text) % DOCUMENT, int(random.integers(1 << 30)))
    return bytes(text[:size])


TEXTS = {
    "prose/a.txt": _with_common(12 * DOCUMENT, 1),
    "prose/b.txt": _with_common(9 * DOCUMENT + 77, 2),
    "prose/unused.txt": _lines(5000, 3),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What `arcodec.training.data` leaves, as far as it is read here."""
    data = tmp_path / "data"
    data.mkdir()
    sizes = [len(text) for text in TEXTS.values()]
    starts = np.cumsum([0, *sizes[:-1]])
    (data / "train.bin").write_bytes(b"".join(TEXTS.values()))
    np.save(data / "train.index.npy", np.stack([starts, sizes, np.zeros(len(sizes), int)], 1).astype(np.int64))
    np.save(data / "train.starts.npy", np.zeros(0, np.int64))
    sources = [{"name": name, "train": len(text)} for name, text in TEXTS.items()]
    (data / REPORT).write_text(json.dumps({"sources": sources}))
    return data


@pytest.fixture
def corpora_root(tmp_path: Path) -> Path:
    root = tmp_path / "corpora"
    (root / "bytes").mkdir(parents=True)
    (root / "bytes" / "unrelated.txt").write_bytes(_lines(2000, 4))
    return root


def _segments(text: bytes) -> list[tuple[str, bytes]]:
    """A text, read as stretches of the sources, each as long as can be."""
    found = []
    while text:
        name, size = max(((name, _common_prefix(text, source)) for name, source in TEXTS.items()), key=lambda x: x[1])
        assert size > 0
        size = text.rfind(b"\n", 0, size) + 1  # beyond, the next segment may begin as this source goes on
        found.append((name, text[:size]))
        text = text[size:]
    return found


def _common_prefix(text: bytes, source: bytes) -> int:
    """The length of the longest beginning of `text` that is in `source`."""
    low, high = 0, min(len(text), 2 * SEGMENT)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text[:middle] in source else (low, middle - 1)
    return low


@pytest.mark.parametrize("size", [4000, 10_000])
def test_a_text_has_its_size_and_its_shares_and_is_from_the_data(folder: Path, size: int) -> None:
    text = choose(folder, SHARES, size)
    assert size - SEGMENT - 2 * LINE < len(text) <= size
    segments = _segments(text)
    assert all(len(segment) >= SEGMENT for _, segment in segments)
    share = sum(len(segment) for name, segment in segments if name == "prose/a.txt") / len(text)
    assert share == pytest.approx(0.75, abs=0.13)


def test_sources_alternate(folder: Path) -> None:
    names = [name for name, _ in _segments(choose(folder, {"prose/a.txt": 1, "prose/b.txt": 1}, 8000))]
    assert all(first != second for first, second in pairwise(names))


def test_a_text_is_the_same_every_time(folder: Path) -> None:
    assert choose(folder, SHARES, 9000) == choose(folder, SHARES, 9000)
    assert choose(folder, SHARES, 9000) == choose(folder, {name: 2 * share for name, share in SHARES.items()}, 9000)


def test_common_grams_are_covered(folder: Path) -> None:
    text = choose(folder, SHARES, 8000)
    assert all(phrase in text for phrase in COMMON)
    common = sum(text.count(phrase) * len(phrase) for phrase in COMMON)
    by_chance = sum(TEXTS["prose/a.txt"].count(phrase) * len(phrase) for phrase in COMMON) / len(TEXTS["prose/a.txt"])
    assert common / len(text) > 20 * by_chance


def test_what_has_been_chosen_is_worth_less() -> None:
    """Of two passages that are as common, the one is taken that is not in the text yet."""
    passages = [_lines(SEGMENT, seed) for seed in (5, 6)]
    grams = prior._grams(_array(_lines(3600, 7).join([b"", *passages, b""])))
    worth = np.zeros(1 << 24, np.int32)
    worth[grams[3600 : 3600 + SEGMENT]] = worth[grams[7200 + SEGMENT : 7200 + 2 * SEGMENT]] = prior.FINENESS
    covered_by, active = np.zeros(len(worth), np.int32), np.zeros(len(worth), np.int32)
    chosen = []
    for number in (1, 2):
        begin = prior._best(grams, worth, active, 0, len(grams), SEGMENT)
        prior._cover(grams[begin : begin + SEGMENT], worth, covered_by, number)
        chosen.append(begin)
    assert sorted(chosen) == pytest.approx([3600, 7200 + SEGMENT], abs=GRAM)
    assert worth.max() == prior.FINENESS // 2


def _array(text: bytes) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    return np.frombuffer(bytearray(text), np.uint8)


def test_the_best_segment_is_the_best() -> None:
    """Against a search that is plain and slow."""
    random = np.random.default_rng(5)
    grams = random.integers(1, 30, 400).astype(np.uint32)
    worth, active = random.integers(0, 50, 30).astype(np.int32), np.zeros(30, np.int32)
    for begin, end in ((0, 400), (37, 300), (100, 112)):
        scores = [int(worth[np.unique(grams[i : i + 12])].sum()) for i in range(begin, end - 11)]
        assert prior._best(grams, worth, active, begin, end, 12) == begin + int(np.argmax(scores))
        assert not active.any()


def test_grams_are_told_apart_and_counted_once_a_document() -> None:
    text = b"abcdefabcdef" + _lines(DOCUMENT, 7) + b"abcdef"
    grams = prior._grams(_array(text))
    assert grams[0] == grams[6] == grams[len(text) - GRAM] != grams[1]
    assert grams[: len(text) - GRAM + 1].all()
    assert not grams[len(text) - GRAM + 1 :].any()
    worth = prior._worth([grams, grams])
    assert worth[grams[0]] == prior.FINENESS * 2
    assert worth[grams[100]] == prior.FINENESS


def test_only_the_part_with_the_licence_is_chosen_from(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = TEXTS["prose/b.txt"]
    first, last = text[4 * DOCUMENT : 4 * DOCUMENT + 36], text[7 * DOCUMENT : 7 * DOCUMENT + 36]
    monkeypatch.setattr(prior, "PARTS", {"prose/b.txt": (first, last, "public domain")})
    part = prior.sources(folder, {"prose/b.txt": 1})["prose/b.txt"].tobytes()
    assert part.startswith(first)
    assert part.endswith(last)
    assert text.count(part) == 1
    monkeypatch.setattr(prior, "PARTS", {"prose/b.txt": (b"not in it", b"", "public domain")})
    with pytest.raises(TrainingDataError, match="mark the part"):
        choose(folder, SHARES, 5000)


def test_missing_data_is_an_error(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingDataError, match=r"prose/none\.txt"):
        choose(folder, {"prose/none.txt": 1}, 5000)
    with pytest.raises(TrainingDataError, match="no folder of training data"):
        choose(tmp_path / "nowhere", SHARES, 5000)
    (folder / REPORT).write_text('{"sources": []}')
    with pytest.raises(TrainingDataError, match="does not describe"):
        choose(folder, SHARES, 5000)


def test_the_command_writes_texts_or_refuses(
    folder: Path,
    corpora_root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(prior, "PRIORS", {"prior-some.bin": (6000, SHARES)})
    monkeypatch.setenv("ARCODEC_CORPORA", str(corpora_root))
    monkeypatch.delenv("ARCODEC_TRAIN", raising=False)
    out = tmp_path / "out"
    assert prior.main([str(folder), str(out)]) == 0
    text = (out / "prior-some.bin").read_bytes()
    assert text == choose(folder, SHARES, 6000)
    assert "prior-some.bin" in capsys.readouterr().out

    (corpora_root / "bytes" / "leak.txt").write_bytes(_lines(500, 8) + text[3000:3100])
    again = tmp_path / "again"
    assert prior.main([str(folder), str(again)]) == 1
    assert "leak.txt" in capsys.readouterr().err
    assert not again.exists()

    assert prior.main([str(folder)]) == 2
    assert prior.main([str(tmp_path / "nowhere"), str(again)]) == 1


def test_shares_name_what_they_should() -> None:
    for name, (size, shares) in prior.PRIORS.items():
        assert Path(name).match("prior-*.bin")
        assert size > 0
        assert all(share > 0 for share in shares.values())
        assert not any(source.startswith("prose_other") for source in shares)


def test_the_package_names_the_sources_and_their_licences(tmp_path: Path) -> None:
    rows = [line.split(" | ") for line in CREDITS.read_text().splitlines() if re.match(r"\| \w+/", line)]
    for source, _, licence, readers in rows:
        source = source.removeprefix("| ")
        found = [name for name, (_, shares) in prior.PRIORS.items() if source in shares]
        assert [f"prior-{reader}.bin" for reader in readers.removesuffix(" |").split(", ")] == found
        assert not any(word in licence for word in ("GPL", "GFDL", "MPL", "SA", "mostly"))
        assert source not in prior.PARTS or licence == prior.PARTS[source][2]
    sources = {name for _, shares in prior.PRIORS.values() for name in shares}
    assert {row[0].removeprefix("| ") for row in rows} == sources

    manifest = tmp_path / "MANIFEST.tsv"
    lines = [f"{row[0].removeprefix('| ')}\t{row[2]}\t{row[1]}\n" for row in rows]
    manifest.write_text("file\tlicence\tsource\n" + "".join(lines))
    assert prior.credits(manifest) in CREDITS.read_text()
