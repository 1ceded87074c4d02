"""Model files: safetensors with integer arrays and a small JSON header, named by the sha256 of the file.

Places searched for an id, in order: the package's own `tables/`, the user's model folder, then each folder in
ARCODEC_MODEL_PATH. A file is found by its content, whatever it is called.
"""

from __future__ import annotations

import hashlib
import json
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.numpy

from arcodec.errors import ModelFileError, UnknownModelError
from arcodec.models import BUILT_IN, built_in
from arcodec.models.base import Model

SUFFIX = ".safetensors"
MAX_SIZE = 256 << 20
_HEADER_KEY = "arcodec"
_REQUIRED = ("architecture", "symbols", "provenance", "licence", "command")


@dataclass(frozen=True)
class ModelFile:
    """A model file that has been read and checked.

    Attributes:
        id: sha256 of the file, 32 bytes.
        header: architecture (name of a built-in model class), symbols ("bytes" or "pixels"), provenance, licence,
            and the command it was made with.
        arrays: the parameters, integer dtypes only.
        data: the file itself.
    """

    id: bytes
    header: Mapping[str, str]
    arrays: Mapping[str, npt.NDArray[np.integer[Any]]]
    data: bytes

    def model(self) -> Model:
        """The model that these parameters make.

        Raises:
            ModelFileError: the architecture is unknown or the arrays do not fit it.
        """
        name = self.header["architecture"]
        if name not in BUILT_IN:
            raise ModelFileError(
                f"model file {self.id.hex()[:12]}: there is no architecture {name!r} in this version"
            )
        return built_in(name).with_parameters(self.arrays)


def pack(arrays: Mapping[str, npt.NDArray[np.integer[Any]]], header: Mapping[str, str]) -> bytes:
    """The bytes of a model file; the same for the same parameters, always.

    Args:
        arrays: integer arrays by name.
        header: must have architecture, symbols, provenance, licence and command.
    """
    missing = [key for key in _REQUIRED if key not in header]
    if missing:
        raise ModelFileError(f"a model file's header needs {', '.join(missing)}")
    # One metadata entry: safetensors writes several in no fixed order.
    text = json.dumps(dict(header), sort_keys=True)
    return safetensors.numpy.save({k: np.ascontiguousarray(v) for k, v in arrays.items()}, {_HEADER_KEY: text})


def parse(data: bytes, where: str = "model file") -> ModelFile:
    """Read a model file's bytes.

    Raises:
        ModelFileError: they are not one, or hold arrays that are not integers.
    """
    try:
        (length,) = struct.unpack_from("<Q", data)
        metadata = json.loads(data[8 : 8 + length])["__metadata__"]
        header = json.loads(metadata[_HEADER_KEY])
        arrays = safetensors.numpy.load(data)
        if not all(isinstance(header[key], str) for key in _REQUIRED):
            raise TypeError("a field is no text")
    except Exception as error:  # safetensors, json and struct each have their own; all mean the same here
        raise ModelFileError(f"{where} is not an arcodec model file ({error})") from None
    floats = [name for name, array in arrays.items() if array.dtype.kind not in "iu"]
    if floats:
        raise ModelFileError(f"{where} holds arrays that are not integers: {', '.join(sorted(floats))}")
    return ModelFile(hashlib.sha256(data).digest(), header, arrays, data)


def read(path: str | os.PathLike[str]) -> ModelFile:
    """Read a model file from disk.

    Raises:
        ModelFileError: it cannot be read, is larger than 256 MiB, or is malformed.
    """
    try:
        if os.path.getsize(path) > MAX_SIZE:
            raise ModelFileError(f"{os.fspath(path)} is larger than a model file may be (256 MiB)")
        data = Path(path).read_bytes()
    except OSError as error:
        raise ModelFileError(f"cannot read the model file {os.fspath(path)}: {error.strerror}") from None
    return parse(data, os.fspath(path))


def user_folder() -> Path:
    """Where a user's own model files live."""
    base = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/.local/share")
    return Path(base) / "arcodec" / "models"


def places() -> list[Path]:
    """The folders searched, in order."""
    extra = os.environ.get("ARCODEC_MODEL_PATH", "")
    return [Path(__file__).parent / "tables", user_folder(), *(Path(p) for p in extra.split(os.pathsep) if p)]


def _files() -> Iterator[Path]:
    for folder in places():
        yield from sorted(folder.glob(f"*{SUFFIX}"))


def find(model_id: bytes) -> ModelFile:
    """The model file of an id (32 bytes).

    Raises:
        UnknownModelError: none of the places has it; the message names the id and the places.
    """
    for path in _files():
        try:
            data = path.read_bytes() if path.stat().st_size <= MAX_SIZE else b""
        except OSError:
            continue
        if hashlib.sha256(data).digest() == model_id:
            return parse(data, str(path))
    searched = ", ".join(str(p) for p in places())
    raise UnknownModelError(
        f"needs the model file {model_id.hex()}, which is in none of: {searched} "
        "(put it there, add its folder to ARCODEC_MODEL_PATH, or compress with --carry-model)"
    )
