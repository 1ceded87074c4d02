"""arcodec models: what a transcript does not show."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arcodec.cli import main
from arcodec.models import BUILT_IN, store
from tests.test_store import packed_model


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model file; the user's folder is empty."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.delenv("ARCODEC_MODEL_PATH", raising=False)
    path = tmp_path / "letters.safetensors"
    path.write_bytes(packed_model(name="letters", measured='{"validation in integers": 3.5}', training="by hand"))
    return path


def test_all_models_are_listed(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "add", str(model)]) == 0
    assert main(["models", "list", "--json"]) == 0
    rows = json.loads(capfd.readouterr().out)["models"]
    assert [row["name"].partition(" ")[0] for row in rows] == [*BUILT_IN, "letters"]
    assert rows[-1]["bits"] == "3.5000"
    assert rows[-1]["id"] == store.read(model).id.hex()
    assert Path(rows[-1]["where"]).read_bytes() == model.read_bytes()


@pytest.mark.parametrize("name", ["order0", "bytes-1", "pixels-1", "audio-fast"])
def test_built_in_models_are_shown(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "show", "--json", name]) == 0
    facts = json.loads(capfd.readouterr().out)
    assert facts["name"].startswith(name.partition("-")[0])
    assert facts["what"]


def test_a_file_is_shown(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "show", "--json", str(model)]) == 0
    facts = json.loads(capfd.readouterr().out)
    assert facts["parameters"] == 256
    assert facts["training"] == "by hand"
    assert main(["models", "show", "nothing"]) == 1


def test_damage_is_found(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "add", str(model)]) == 0
    (installed,) = store.user_folder().iterdir()
    installed.write_bytes(packed_model(name="another"))
    (installed.parent / "junk.safetensors").write_bytes(b"junk")
    (installed.parent / "alien.safetensors").write_bytes(packed_model(architecture="bytes-1"))
    assert main(["models", "verify"]) == 1
    told = capfd.readouterr()
    assert "not as its name says" in told.err
    assert "junk.safetensors" in told.err
    assert "alien.safetensors" in told.err
    assert told.out.count("ok, a part of built-in models") == 4


def test_only_ones_own_models_are_removed(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCODEC_MODEL_PATH", str(model.parent))
    assert main(["models", "remove", "--yes", "letters"]) == 1
    assert model.exists()
    assert main(["models", "add", str(model)]) == 0
    assert main(["models", "remove", "--yes", store.read(model).id.hex()[:8]]) == 0
    assert model.exists()
    assert not list(store.user_folder().iterdir())


def test_what_makes_no_model_is_not_added(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model.write_bytes(packed_model(architecture="unheard-of"))
    assert main(["models", "add", str(model)]) == 1
    assert "no architecture" in capfd.readouterr().err
    assert not store.user_folder().exists()
