"""Golden files decode for ever and are written again the same; hostile files raise the error they should."""

from __future__ import annotations

import hashlib

import pytest

import arcodec
from arcodec import models
from tests.make_vectors import BAD, GOLDEN, HOSTILE, OLD, VECTORS, golden


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_files_decode(name: str) -> None:
    data, _ = golden(name)
    assert arcodec.decompress((VECTORS / f"{name}.arcz").read_bytes()) == data


@pytest.mark.parametrize("name", [name for name in GOLDEN if name not in OLD])
def test_golden_files_are_written_again_the_same(name: str) -> None:
    data, options = golden(name)
    assert arcodec.compress(data, **options) == (VECTORS / f"{name}.arcz").read_bytes()  # type: ignore[arg-type]


def test_every_variant_has_a_golden_file() -> None:
    infos = [arcodec.info((VECTORS / f"{name}.arcz").read_bytes()) for name in GOLDEN]
    found = {label for info in infos for frame in info.frames for label in frame.models_in_full}
    for code, variants in models.VARIANTS.items():
        assert {f"{models.name_of(code)} ({variant})" for variant in variants} <= found


def test_golden_files_are_all_there_and_unchanged() -> None:
    listed = dict(line.split()[::-1] for line in (VECTORS / "SHA256SUMS.txt").read_text().splitlines())
    assert {f"{name}.arcz" for name in GOLDEN} <= set(listed)
    for name, digest in listed.items():
        assert hashlib.sha256((VECTORS / name).read_bytes()).hexdigest() == digest, name


@pytest.mark.parametrize("name", BAD)
def test_hostile_files(name: str) -> None:
    _, error, message = BAD[name]
    with pytest.raises(getattr(arcodec, error), match=message):
        arcodec.decompress((HOSTILE / f"{name}.arcz").read_bytes(), max_size=1 << 32)


def test_every_hostile_file_is_listed() -> None:
    assert {path.stem for path in HOSTILE.iterdir()} == set(BAD)
