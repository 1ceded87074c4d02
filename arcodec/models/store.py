"""Model files: safetensors with integer arrays and a small JSON header, named by the sha256 of the file.

Places searched for an id, in order: the package's own `tables/`, the user's model folder, then each folder in
ARCODEC_MODEL_PATH. A file is found by its content, whatever it is called. People may write the beginning of an id, or
the name in a file's header, where that is clear.
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

from arcodec.errors import ModelError, ModelFileError, UnknownModelError
from arcodec.models import architecture
from arcodec.models.base import Model

SUFFIX = ".safetensors"
MAX_SIZE = 256 << 20
MAX_HEADER = 1 << 20
SHORTEST = 6  # digits of an id that may be written for it
_ID_DIGITS = 64
_HEADER_KEY = "arcodec"
_REQUIRED = ("architecture", "symbols", "provenance", "licence", "command")


@dataclass(frozen=True)
class ModelFile:
    """A model file that has been read and checked.

    Attributes:
        id: sha256 of the file, 32 bytes.
        header: architecture (name of a built-in model class), symbols ("bytes" or "pixels"), provenance, licence,
            and the command it was made with; maybe a name, how it was trained, and what it measured.
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
        try:
            bare = architecture(self.header["architecture"])
        except UnknownModelError as error:
            raise ModelFileError(f"model file {self.id.hex()[:12]}: {error}") from None
        return bare.with_parameters(self.arrays)


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


def paths() -> Iterator[Path]:
    """What is called like a model file in the places, in order."""
    for folder in places():
        yield from sorted(folder.glob(f"*{SUFFIX}"))


def _data(path: Path) -> bytes:
    """A file that may be a model file; nothing if it cannot be read or is too large."""
    try:
        return path.read_bytes() if path.stat().st_size <= MAX_SIZE else b""
    except OSError:
        return b""


def header_of(path: Path) -> Mapping[str, str]:
    """The header of a model file, without reading the rest; empty if it is none."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            header = json.loads(json.loads(file.read(min(length, MAX_HEADER)))["__metadata__"][_HEADER_KEY])
            return {key: value for key, value in header.items() if isinstance(value, str)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error):
        return {}


def named(name: str) -> ModelFile | None:
    """The model file that someone means by `name`.

    Args:
        name: a path (it has a separator or the suffix), an id in hex or 6 and more digits of its beginning, or the
            `name` in a file's header.

    Returns:
        None if no file is called so.

    Raises:
        ModelFileError: the file at that path cannot be read.
        ModelError: several files are meant.
        UnknownModelError: it is a whole id, and none of the places has it.
    """
    if os.path.sep in name or name.endswith(SUFFIX):
        return read(name)
    digits = name.lower()
    if set(digits) <= set("0123456789abcdef") and len(digits) >= SHORTEST:
        if len(digits) == _ID_DIGITS:
            return find(bytes.fromhex(digits))
        found = {hashlib.sha256(data).hexdigest(): path for path in paths() if (data := _data(path))}
        one = _only({digest: path for digest, path in found.items() if digest.startswith(digits)}, name)
        if one:
            return read(one)
    alike = [path for path in paths() if header_of(path).get("name") == name]
    one = _only({hashlib.sha256(_data(path)).hexdigest(): path for path in alike}, name)
    return read(one or name) if one or os.path.isfile(name) else None


def _only(found: Mapping[str, Path], name: str) -> Path | None:
    if len(found) > 1:
        ids = ", ".join(digest[:12] for digest in sorted(found))
        raise ModelError(f"{name!r} may be any of the model files {ids}: write more of the id")
    return next(iter(found.values()), None)


def find(model_id: bytes) -> ModelFile:
    """The model file of an id: 32 bytes, or the first 8 of them.

    Raises:
        UnknownModelError: none of the places has it; the message names the id and the places.
    """
    for path in paths():
        data = _data(path)
        if hashlib.sha256(data).digest().startswith(model_id):
            return parse(data, str(path))
    searched = ", ".join(str(p) for p in places())
    raise UnknownModelError(
        f"needs the model file {model_id.hex()}, which is in none of: {searched} "
        "(put it there, add its folder to ARCODEC_MODEL_PATH, or compress with --embed-model)"
    )
