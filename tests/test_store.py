"""Model files: packing, finding, carrying, refusing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

import arcodec
from arcodec.errors import ModelFileError, UnknownModelError
from arcodec.models import store
from tests import laws

HEADER = {
    "architecture": "order0",
    "symbols": "bytes",
    "provenance": "made here",
    "licence": "CC0-1.0",
    "command": "none",
}
DATA = bytes(np.random.default_rng(5).choice([101, 101, 101, 116, 97, 32], 400).astype(np.uint8))


def packed_model(**changes: str) -> bytes:
    """An order0 model that knows DATA's letters."""
    counts = np.ones(256, np.uint32)
    counts[[101, 116, 97, 32]] = [200, 60, 60, 60]
    return store.pack({"counts": counts}, HEADER | changes)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A model file on disk."""
    file = tmp_path / "letters.safetensors"
    file.write_bytes(packed_model())
    return file


def test_packing_is_deterministic_and_parses_back() -> None:
    assert packed_model() == packed_model()
    file = store.parse(packed_model())
    assert dict(file.header) == HEADER
    assert file.arrays["counts"][101] == 200
    laws.check_model(file.model(), laws.array(DATA))


def test_a_file_made_by_a_model_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCODEC_MODEL_PATH", str(path.parent))
    packed = laws.check_file(DATA, model=str(path))
    assert len(packed) < len(arcodec.compress(DATA, model="order0")) + 32
    assert arcodec.compress(DATA, model=store.read(path).id.hex()) == packed
    assert store.read(path).id.hex() in arcodec.info(packed).frames[0].models
    monkeypatch.delenv("ARCODEC_MODEL_PATH")
    with pytest.raises(UnknownModelError, match=store.read(path).id.hex()):
        arcodec.decompress(packed)


def test_what_nobody_could_decode_is_not_written(path: Path) -> None:
    with pytest.raises(UnknownModelError, match="--carry-model"):
        arcodec.compress(DATA, model=path, verify=False)


def test_a_carried_model_needs_no_file(path: Path) -> None:
    packed = laws.check_file(DATA, model=str(path), carry_model=True)
    assert arcodec.info(packed).frames[0].models["model file"] == 1
    damaged = bytearray(packed)
    damaged[200] ^= 1
    with pytest.raises(arcodec.ArcodecError):
        arcodec.decompress(bytes(damaged))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"12345678",
        b"\xff" * 64,
        packed_model()[:-1],
        safetensors.numpy.save({"counts": np.ones(256, np.uint32)}),
        safetensors.numpy.save({"counts": np.ones(256, np.float32)}, {"arcodec": "[]"}),
    ],
)
def test_what_is_no_model_file(data: bytes) -> None:
    with pytest.raises(ModelFileError):
        store.parse(data)


def test_floats_are_refused() -> None:
    good = store.parse(packed_model())
    data = store.pack({"counts": good.arrays["counts"].astype(np.float32)}, HEADER)
    with pytest.raises(ModelFileError, match="not integers: counts"):
        store.parse(data)


@pytest.mark.parametrize("counts", [np.ones(255), np.zeros(256), np.full(256, 257), np.ones((2, 256))])
def test_arrays_that_do_not_fit(counts: np.ndarray) -> None:
    with pytest.raises(ModelFileError, match="256 integers"):
        store.parse(store.pack({"counts": counts.astype(np.int32)}, HEADER)).model()


def test_an_unknown_architecture() -> None:
    with pytest.raises(ModelFileError, match="no architecture 'cnn'"):
        store.parse(packed_model(architecture="cnn")).model()


def test_an_architecture_without_parameters() -> None:
    with pytest.raises(ModelFileError, match="no parameters"):
        store.parse(packed_model(architecture="bytes-1")).model()


def test_a_header_with_gaps_is_refused() -> None:
    with pytest.raises(ModelFileError, match="licence"):
        store.pack({}, {"architecture": "order0"})


def test_missing_and_oversized_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelFileError, match="cannot read"):
        store.read(tmp_path / "absent.safetensors")
    (tmp_path / "big.safetensors").write_bytes(packed_model())
    monkeypatch.setattr(store, "MAX_SIZE", 10)
    with pytest.raises(ModelFileError, match="larger"):
        store.read(tmp_path / "big.safetensors")
