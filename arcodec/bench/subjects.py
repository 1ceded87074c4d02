"""The files that are measured: which kind each is of, and the form in which codecs get it.

Every codec of images gets the same raster: those that read files get it as binary netpbm (PGM, PPM or PAM), those
that take arrays as unsigned integers of (rows, columns[, channels]). What an image file holds besides its pixels, and
how it is compressed, is no part of the comparison; other files are taken as they are.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from arcodec.bench import corpora
from arcodec.bench.record import Kind, Subject
from arcodec.content import netpbm

Raster = npt.NDArray[np.unsignedinteger[Any]]

_HEAD = 1 << 16
_LOSSLESS = ("PNG", "BMP", "TIFF", "GIF")  # what is read as an image, by Pillow's names
_MODES = {"1": 1, "L": 1, "LA": 2, "P": 3, "RGB": 3, "RGBA": 4, "I;16": 1, "I;16B": 1}  # channels of the raster


@dataclass(frozen=True)
class Source:
    """A file that is there to be measured.

    Attributes:
        subject: its facts.
        path: where it lies.
        limit: only so many bytes of it count; None for all.
    """

    subject: Subject
    path: Path
    limit: int | None = None

    @property
    def _netpbm(self) -> bool:
        return netpbm.read_header(_head(self.path)) is not None

    @property
    def suffix(self) -> str:
        """How the file is called that codecs read; some go by that."""
        if self.subject.kind == "image":
            return {1: ".pgm", 3: ".ppm"}.get(self.subject.shape[2], ".pam")
        return {"jpeg": ".jpg", "audio": ".wav", "bytes": ""}[self.subject.kind]

    @contextmanager
    def file(self, folder: Path) -> Iterator[Path]:
        """A file in `folder`, which is there while the context is, with what codecs are to restore."""
        target = folder / f"in{self.suffix}"
        if self.subject.kind == "image" and not self._netpbm:
            with Image.open(self.path) as image:
                write_raster(target, _raster(image))
        elif self.limit is None:
            shutil.copyfile(self.path, target)
        else:
            with self.path.open("rb") as file:
                target.write_bytes(file.read(self.limit))
        try:
            yield target
        finally:
            target.unlink()


def source(path: Path, name: str, corpus: str = "", *, limit: int | None = None, kind: Kind | None = None) -> Source:
    """Look at a file.

    Args:
        path: where it is.
        name: what it is called in the record.
        corpus: what it belongs to.
        limit: only so many bytes of it count.
        kind: take it as that; by default its content decides.

    Raises:
        OSError: it cannot be read.
    """
    size = path.stat().st_size if limit is None else min(limit, path.stat().st_size)
    digest = corpora.sha256(path, limit=limit)
    kind, shape, depth = _kind(path, _head(path)) if kind is None else (kind, (), 1)
    if kind == "image":
        size = int(np.prod(shape)) * depth
    return Source(Subject(name, corpus, kind, size, size // depth, digest, shape), path, limit)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_HEAD)


def _kind(path: Path, head: bytes) -> tuple[Kind, tuple[int, ...], int]:
    """Kind, shape of the raster, bytes of a symbol."""
    if head[:3] == b"\xff\xd8\xff":
        return "jpeg", (), 1
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        depth = int.from_bytes(head[34:36], "little") if head[12:16] == b"fmt " else 8
        return "audio", (), max(1, depth // 8)
    header = netpbm.read_header(head)
    if header is not None:
        depth = 2 if header.maxval > 255 else 1
        whole = path.stat().st_size >= header.length + depth * header.rows * header.columns * header.channels
        return ("image", header[:3], depth) if whole else ("bytes", (), 1)
    try:
        with Image.open(path, formats=_LOSSLESS) as image:
            if getattr(image, "n_frames", 1) == 1 and image.mode in _MODES and not _deeper_than_read(image):
                channels = 4 if "transparency" in image.info else _MODES[image.mode]
                shape = (image.height, image.width, channels)
                return "image", shape, 2 if image.mode.startswith("I;16") else 1
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        pass  # it is no image, or none that can be read: a file of bytes
    return "bytes", (), 1


def _deeper_than_read(image: Image.Image) -> bool:
    """Whether Pillow drops bits of this image: it reads PNG with 16 bits of several channels as 8."""
    if image.format == "PNG":
        with open(image.filename, "rb") as file:  # type: ignore[attr-defined]
            header = file.read(26)
        return header[24] == 16 and not image.mode.startswith("I;16")
    return False


def _raster(image: Image.Image) -> Raster:
    if image.mode.startswith("I;16"):
        return np.asarray(image).astype(np.uint16)
    if "transparency" in image.info:
        return np.asarray(image.convert("RGBA"))
    if image.mode == "1":
        return np.asarray(image.convert("L"))
    return np.asarray(image.convert("RGB") if image.mode == "P" else image)


def write_raster(path: str | os.PathLike[str], raster: Raster) -> None:
    """Write uint8 or uint16 of (rows, columns[, channels]) as PGM, PPM or PAM."""
    rows, columns, channels = raster.shape if raster.ndim == 3 else (*raster.shape, 1)
    wide = raster.dtype == np.uint16
    header = netpbm.plain_header(rows, columns, channels, wide)
    Path(path).write_bytes(header + raster.astype(">u2" if wide else "u1").tobytes())


def read_raster(path: str | os.PathLike[str]) -> Raster:
    """Read what `write_raster` wrote, or another binary netpbm file of 8 or 16 bits.

    Raises:
        ValueError: it is none, or too short.
    """
    data = Path(path).read_bytes()
    header = netpbm.read_header(data)
    if header is None:
        raise ValueError(f"{os.fspath(path)} is no PGM, PPM or PAM")
    shape = (header.rows, header.columns, header.channels)
    wide = header.maxval > 255
    samples = np.frombuffer(data, ">u2" if wide else "u1", int(np.prod(shape)), header.length)
    raster = samples.astype(np.uint16 if wide else np.uint8).reshape(shape)
    return raster[..., 0] if header.channels == 1 else raster
