"""Model files: packing, finding, carrying, refusing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

import arcodec
from arcodec.errors import ModelError, ModelFileError, UnknownModelError
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
    assert len(packed) < len(arcodec.compress(DATA, model="order0")) + 8
    assert arcodec.compress(DATA, model=store.read(path).id.hex()) == packed
    short = store.read(path).id[:8].hex()
    assert short in arcodec.info(packed).frames[0].models
    monkeypatch.delenv("ARCODEC_MODEL_PATH")
    with pytest.raises(UnknownModelError, match=short):
        arcodec.decompress(packed)


def test_what_nobody_could_decode_is_not_written(path: Path) -> None:
    with pytest.raises(UnknownModelError, match="--embed-model"):
        arcodec.compress(DATA, model=path, verify=False)


def test_a_carried_model_needs_no_file(path: Path) -> None:
    packed = laws.check_file(DATA, model=str(path), embed_model=True)
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


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two model files in a folder that is searched, and something else that is called like one."""
    monkeypatch.setenv("ARCODEC_MODEL_PATH", str(tmp_path))
    paths = [tmp_path / "one.safetensors", tmp_path / "two.safetensors"]
    for path in paths:
        path.write_bytes(packed_model(name=path.stem))
    (tmp_path / "junk.safetensors").write_bytes(b"\xff" * 20)
    return paths


def test_models_by_name_and_by_the_beginning_of_their_ids(installed: list[Path]) -> None:
    for path in installed:
        file = store.read(path)
        for name in (path.stem, file.id.hex(), file.id.hex()[:6].upper(), str(path)):
            found = store.named(name)
            assert found is not None
            assert found.id == file.id
        assert arcodec.compress(DATA, model=path.stem) == arcodec.compress(DATA, model=file.id.hex()[:12])
    for absent in ("three", "abcdef", store.read(installed[0]).id.hex()[:5]):
        assert store.named(absent) is None
        with pytest.raises(UnknownModelError, match="no model is called"):
            arcodec.compress(DATA, model=absent)


def test_names_that_mean_several_are_refused(installed: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    (installed[0].parent / "copy.safetensors").write_bytes(installed[0].read_bytes())
    assert store.named("one") is not None  # a copy is the same model
    (installed[0].parent / "other.safetensors").write_bytes(packed_model(name="one", licence="MIT"))
    with pytest.raises(ModelError, match="'one' may be any of the model files"):
        store.named("one")
    monkeypatch.setattr(store, "SHORTEST", 0)
    with pytest.raises(ModelError, match="write more of the id"):
        store.named("")


def test_a_built_in_name_is_not_taken_by_a_file(installed: list[Path]) -> None:
    (installed[0].parent / "other.safetensors").write_bytes(packed_model(name="order0"))
    assert arcodec.info(arcodec.compress(DATA, model="order0")).frames[0].models == {"order0": 1}


def test_what_an_embedded_model_costs_is_told(path: Path) -> None:
    packed = arcodec.compress(DATA, model=path, embed_model=True)
    size = path.stat().st_size
    assert size < arcodec.info(packed).embedded < size + 20
    assert arcodec.info(arcodec.compress(DATA)).embedded == 0


def test_headers_are_read_alone(installed: list[Path]) -> None:
    assert store.header_of(installed[0])["name"] == "one"
    assert store.header_of(installed[0].parent / "junk.safetensors") == {}
    assert store.header_of(installed[0].parent / "absent.safetensors") == {}


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
