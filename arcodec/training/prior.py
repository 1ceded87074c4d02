"""The prior texts: what a model has read before a file begins, chosen from the training data.

    python -m arcodec.training.prior DATA OUT

reads the folder DATA, which `arcodec.training.data` has written, and writes OUT/prior-prose.bin and
OUT/prior-markup.bin, unless they share windows with the files in $ARCODEC_CORPORA/bytes or in the shipped corpus.
With $ARCODEC_TRAIN it prints the table of their sources, too.

The method is that of COVER (Liao, Petri, Moffat, Wirth 2016, "Effective construction of relative Lempel-Ziv
dictionaries"; also in zstd's dictionary builder). A text is divided into epochs, and from each epoch comes the
segment whose grams, stretches of 6 bytes, are worth the most together. Three things differ, because a mixing model
reads the result and not a match finder: a gram is worth the logarithm of the number of documents that have it; once
chosen it is worth half as much, not nothing, for counters learn from repetition; and segments end where lines end.
What was chosen first has the most common grams, and stands last in the text, nearest to the file.
"""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arcodec.bench import corpora
from arcodec.bench.corpora import sha256
from arcodec.kernels.compiling import kernel
from arcodec.training.data import REPORT, TrainingDataError, load
from arcodec.training.overlap import Windows

SEGMENT = 512  # bytes, before a segment is extended to whole lines
LINE = 200  # bytes that a segment is extended by, at most, at each end
GRAM = 6  # bytes
DOCUMENT = 1 << 14  # bytes of a source that count as one document
FINENESS = 16  # steps of a gram's worth for each doubling of its documents

_TABLE_BITS = 24  # grams are told apart by so many bits of their hash
_SPREAD = np.uint64(0x9E3779B97F4A7C15)

# The size of each prior text in bytes, and the shares of the sources in it, in any unit. Sources in languages other
# than English and long tables get less than their like.
PRIORS: Mapping[str, tuple[int, Mapping[str, float]]] = {
    "prior-prose.bin": (
        600_000,
        {
            "html_xml/markdown_rails_laravel_curl_schemastore.md": 5,
            "prose_en/dictionaries_gcide_wn_foldoc_jargon.txt": 5,
            "prose_en/fortunes.txt": 2,
            "prose_en/gutenberg_books.txt": 52,
            "prose_en/openstax_textbooks.txt": 26,
            "prose_en/speeches_inaugural_sotu.txt": 6,
        },
    ),
    "prior-markup.bin": (
        1_400_000,
        {
            "code/build_scripts.txt": 2.5,
            "code/c.c": 6,
            "code/cpp.cc": 4,
            "code/csharp.cs": 1.7,
            "code/go.go": 2.5,
            "code/java.java": 2.5,
            "code/javascript_typescript.js": 4,
            "code/php.php": 2.5,
            "code/python.py": 6,
            "code/ruby.rb": 2.5,
            "code/rust.rs": 2.5,
            "html_xml/markdown_rails_laravel_curl_schemastore.md": 14,
            "html_xml/openstax_cnxml.xml": 4,
            "html_xml/python_postgres_sqlite_docs.html": 9,
            "html_xml/standardebooks.xhtml": 5,
            "html_xml/unicode_cldr.xml": 3,
            "json_csv/corpora_cc0.json": 4,
            "json_csv/fivethirtyeight.csv": 2,
            "json_csv/schemastore.json": 5,
            "logs/elastic_examples.log": 3.5,
            "logs/local_dpkg_apt_build.log": 3.5,
            "logs/security_datasets.ndjson": 3,
            "logs/zeek_baselines.log": 3,
            "prose_en/dictionaries_gcide_wn_foldoc_jargon.txt": 2,
            "prose_en/openstax_textbooks.txt": 4,
        },
    ),
}
BARRED = b"Gutenberg"  # no segment has this: it is from the licence in front of books that need none

# Sources of which only a part may be chosen from, between, and with, the first and the last of two texts, and the
# licence of that part. The rest has licences that ask more of a copy than to name its source.
PARTS: Mapping[str, tuple[bytes, bytes, str]] = {
    "code/c.c": (b"", b"SPDX-License-Identifier: curl", "curl (MIT-like)"),
    "html_xml/markdown_rails_laravel_curl_schemastore.md": (
        b"SPDX-License-Identifier: curl",
        b"",
        "curl / Apache-2.0 / MIT",
    ),
    "prose_en/dictionaries_gcide_wn_foldoc_jargon.txt": (
        b"Higher praise than",
        b"[syn: {",
        "public domain (jargon), WordNet licence",
    ),
}


def choose(folder: Path, shares: Mapping[str, float], size: int) -> bytes:
    """A text of segments of the training data; it depends on nothing but the arguments.

    Args:
        folder: where `arcodec.training.data` has written.
        shares: how much comes from each source, in any unit. Sources alternate in the text, in this order.
        size: of the text, in bytes; it has less by less than a segment, unless the sources are too small.

    Raises:
        TrainingDataError: the data is not there, or a source is not in it.
    """
    return assemble(sources(folder, shares), shares, size)


def assemble(texts: Mapping[str, NDArray[np.uint8]], shares: Mapping[str, float], size: int) -> bytes:
    """The same, of texts that are at hand."""
    grams = {name: _grams(text) for name, text in texts.items()}
    worth = _worth(list(grams.values()))
    active, covered_by = np.zeros(len(worth), np.int32), np.zeros(len(worth), np.int32)
    segments: list[tuple[float, bytes]] = []
    number = 0
    for name, source in texts.items():
        text = source.tobytes()
        wanted = round(size * shares[name] / sum(shares.values()) / SEGMENT) + 1
        count = min(wanted, len(text) // SEGMENT)
        for epoch in range(count):
            number += 1
            begin, end = len(text) * epoch // count, len(text) * (epoch + 1) // count
            begin = int(_best(grams[name], worth, active, begin, end, SEGMENT))
            begin, end = _whole_lines(text, begin, begin + SEGMENT)
            if BARRED not in text[begin:end]:
                segments.append(((epoch + 0.5) / count, text[begin:end]))
            _cover(grams[name][begin:end], worth, covered_by, number)
    segments.sort(key=lambda segment: -segment[0])  # stable: at one place, sources stay in order
    total, kept = 0, len(segments)  # lines made segments longer than planned: the last ones chosen are left out
    while kept and total + len(segments[kept - 1][1]) <= size:
        kept -= 1
        total += len(segments[kept][1])
    return b"".join(text for _, text in segments[kept:])


def sources(folder: Path, names: Mapping[str, float]) -> dict[str, NDArray[np.uint8]]:
    """What may be chosen from each of these sources: its pieces for training, joined."""
    data, index, _ = load(folder, "train")
    found = json.loads((folder / REPORT).read_text(encoding="utf-8"))["sources"]
    ends = np.cumsum([source["train"] for source in found]).tolist()
    if (ends[-1:] or [0])[0] != len(data) or len(data) != index[:, 1].sum():
        raise TrainingDataError(f"{folder}/{REPORT} does not describe the data beside it")
    places = {source["name"]: (end - source["train"], end) for source, end in zip(found, ends, strict=True)}
    missing = sorted(names.keys() - places.keys())
    if missing:
        raise TrainingDataError(f"{folder} has nothing of {', '.join(missing)}")
    return {name: _part(name, data[places[name][0] : places[name][1]]) for name in names}


def _part(name: str, source: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What of a source may be chosen from."""
    text = source.tobytes()
    first, last, _ = PARTS.get(name, (b"", b"", ""))
    begin, end = text.find(first), text.rfind(last)
    if begin < 0 or end < begin:
        raise TrainingDataError(f"{name} has not the texts that mark the part of it to choose from")
    return source[begin : end + len(last)]


def _whole_lines(text: bytes, begin: int, end: int) -> tuple[int, int]:
    """A segment, extended to whole lines where their ends are near."""
    begin = text.rfind(b"\n", max(0, begin - LINE), begin) + 1 or begin
    return begin, text.find(b"\n", end - 1, end + LINE) + 1 or end


# --- grams and what they are worth ---


def _grams(text: NDArray[np.uint8]) -> NDArray[np.uint32]:
    """The number of the gram that begins at each byte, uint32[len(text)]; 0 where none does, at the end."""
    grams = np.zeros(len(text), np.uint32)
    _hash(text, grams)
    return grams


def _worth(texts: list[NDArray[np.uint32]]) -> NDArray[np.int32]:
    """What each gram is worth: nothing in only one document, FINENESS in 2, twice that in 4 ..."""
    count, latest = np.zeros(1 << _TABLE_BITS, np.int32), np.zeros(1 << _TABLE_BITS, np.int32)
    documents = 0
    for grams in texts:
        documents = int(_count(grams, documents, count, latest))
    worth: NDArray[np.int32] = np.rint(FINENESS * np.log2(np.maximum(count, 1))).astype(np.int32)
    return worth


@kernel("void(uint8[::1], uint32[::1])")
def _hash(text: NDArray[np.uint8], grams: NDArray[np.uint32]) -> None:
    """Number grams by a hash, never by 0."""
    mask = np.uint64((1 << (8 * GRAM)) - 1)
    value = np.uint64(0)
    for i in range(len(text)):
        value = ((value << np.uint64(8)) | np.uint64(text[i])) & mask
        if i >= GRAM - 1:
            mixed = value * _SPREAD
            mixed = (mixed ^ (mixed >> np.uint64(29))) * _SPREAD
            grams[i - GRAM + 1] = np.uint32(max(mixed >> np.uint64(64 - _TABLE_BITS), np.uint64(1)))


@kernel("int64(uint32[::1], int64, int32[::1], int32[::1])")
def _count(grams: NDArray[np.uint32], documents: int, count: NDArray[np.int32], latest: NDArray[np.int32]) -> int:
    """Count for each gram the documents of a text that have it; documents are numbered on from `documents`.

    Returns:
        the number of the last document.
    """
    for i in range(len(grams)):
        if i % DOCUMENT == 0:
            documents += 1
        gram = grams[i]
        if gram > 0 and latest[gram] != documents:
            latest[gram] = documents
            count[gram] += 1
    return documents


@kernel("int64(uint32[::1], int32[::1], int32[::1], int64, int64, int64)")
def _best(
    grams: NDArray[np.uint32], worth: NDArray[np.int32], active: NDArray[np.int32], begin: int, end: int, size: int
) -> int:
    """Where in an epoch the segment of `size` begins whose different grams are worth the most; the first of equals.

    `active`: all 0, before and after; how often the segment has each gram.
    """
    score, most, best = 0, -1, begin
    for i in range(begin, end):
        gram = grams[i]
        score += worth[gram] if active[gram] == 0 else 0
        active[gram] += 1
        if i >= begin + size:
            gone = grams[i - size]
            active[gone] -= 1
            score -= worth[gone] if active[gone] == 0 else 0
        if i >= begin + size - 1 and score > most:
            most, best = score, i - size + 1
    for i in range(max(begin, end - size), end):
        active[grams[i]] = 0
    return best


@kernel("void(uint32[::1], int32[::1], int32[::1], int64)")
def _cover(grams: NDArray[np.uint32], worth: NDArray[np.int32], covered_by: NDArray[np.int32], segment: int) -> None:
    """Halve what the grams of the chosen segment, the one with this number, are worth from now on."""
    for i in range(len(grams)):
        gram = grams[i]
        if covered_by[gram] != segment:
            covered_by[gram] = segment
            worth[gram] >>= 1


# --- the command ---


def credits(manifest: Path) -> str:
    """The table of the sources of the prior texts, with their licences: that of `arcodec/models/tables/README.md`.

    Args:
        manifest: of the files the data was made of, tab-separated, with columns file, licence and source.
    """
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    lines = ["| passages of | from | licence | in |", "|---|---|---|---|"]
    for name in sorted({name for _, shares in PRIORS.values() for name in shares}):
        licence = PARTS[name][2] if name in PARTS else rows[name]["licence"]
        readers = [prior.removeprefix("prior-").removesuffix(".bin") for prior in PRIORS if name in PRIORS[prior][1]]
        lines.append(f"| {name} | {rows[name]['source']} | {licence} | {', '.join(readers)} |")
    return "\n".join(lines) + "\n"


def write(folder: Path, corpora_root: Path, out_folder: Path) -> list[Path]:
    """Write the prior texts, and return where they are.

    Raises:
        TrainingDataError: the data is not there, or a text shares windows with a measured file; nothing is written.
    """
    measured = [path for path in sorted((corpora_root / "bytes").rglob("*")) if path.is_file()]
    if not measured:
        raise TrainingDataError(f"there are no files in {corpora_root}/bytes")
    windows = Windows.of([*measured, *corpora.find("shipped").paths])
    texts = {name: choose(folder, shares, size) for name, (size, shares) in PRIORS.items()}
    for name, text in texts.items():
        found = windows.find(np.frombuffer(bytearray(text), np.uint8))
        if found.any():
            owner = windows.paths[int(found[found > 0][0]) - 1]
            raise TrainingDataError(f"{name} would have {np.count_nonzero(found)} windows of {owner} and others")
    out_folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (out_folder / name).write_bytes(text)
    return [out_folder / name for name in texts]


def main(arguments: list[str]) -> int:
    """Write the prior texts from the first argument's folder to the second's."""
    corpora_root = os.environ.get(corpora.ENVIRONMENT)
    if len(arguments) != 2 or not corpora_root:
        print("usage: python -m arcodec.training.prior DATA OUT, with ARCODEC_CORPORA set", file=sys.stderr)
        return 2
    try:
        paths = write(Path(arguments[0]), Path(corpora_root), Path(arguments[1]))
    except TrainingDataError as error:
        print(error, file=sys.stderr)
        return 1
    train_root = os.environ.get("ARCODEC_TRAIN")
    if train_root:
        print(credits(Path(train_root) / "bytes" / "MANIFEST.tsv"))
    for path in paths:
        print(f"{path.name:20}{path.stat().st_size:12,}  {sha256(path)}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
