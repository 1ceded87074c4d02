"""NPY files, written by hand, so that they do not depend on NumPy's version."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def npy(array: Array, *, version: int = 1, aligned: int = 64, fortran: bool = False, after: bytes = b"") -> bytes:
    """The file of an array, in C order or in Fortran's."""
    descr = array.dtype.descr if array.dtype.names else array.dtype.str
    text = f"{{'descr': {descr!r}, 'fortran_order': {fortran}, 'shape': {array.shape!r}, }}"
    before = b"\x93NUMPY" + bytes([version, 0])
    width = 2 if version == 1 else 4
    left = -(len(before) + width + len(text) + 1) % aligned
    header = text.encode() + b" " * left + b"\n"
    items = array.tobytes(order="F" if fortran else "C")
    return before + len(header).to_bytes(width, "little") + header + items + after


def npz(arrays: Mapping[str, Array], *, deflated: bool) -> bytes:
    """As NumPy's savez and savez_compressed write it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.npy"), npy(array), archive.compression)
    return file.getvalue()


def grain(size: int, most: int, seed: int = 1) -> npt.NDArray[np.int64]:
    """Numbers below `most` that no model foresees: int64[size], the same everywhere."""
    state = np.arange(size, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(seed)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        state = (state ^ state >> np.uint64(shift)) * np.uint64(factor)
    values: npt.NDArray[np.int64] = (state >> np.uint64(33)).astype(np.int64) % most
    return values


def walk(size: int, most: int = 41) -> npt.NDArray[np.int64]:
    """A sum of such numbers, which stays about where it is."""
    return np.cumsum(grain(size, most) - most // 2)


def field(rows: int, columns: int) -> npt.NDArray[np.int64]:
    """A smooth surface."""
    y, x = np.indices((rows, columns))
    return (y * y * 3 + x * y * 2 + (x - 40) ** 2 * 5 + grain(rows * columns, 9).reshape(rows, columns)) % 60_000


def table(rows: int) -> Array:
    """Items of several fields."""
    fields = [("id", "<i8"), ("x", "<f4"), ("at", "<f8", (2,)), ("kind", "|u1"), ("name", "|S3"), ("on", "|b1")]
    made = np.zeros(rows, np.dtype(fields))
    made["id"] = np.arange(rows) * 7 + 12_000
    made["x"] = walk(rows) / 8
    made["at"] = np.stack([walk(rows) / 100, np.sqrt(np.arange(rows))], axis=1)
    made["kind"] = grain(rows, 5)
    made["name"] = np.array([b"ab", b"cde", b"f"])[grain(rows, 3)]
    made["on"] = grain(rows, 2)
    return made


def missing(rows: int) -> Array:
    """Decimals of which some are not known."""
    made = walk(rows * 3).reshape(rows, 3) / 100
    made[grain(rows, 9) == 0, 1] = np.nan
    made[5, 2] = -0.0
    return made


FILES: Mapping[str, bytes] = {
    "decimals": npy(missing(500)),
    "times": npy(1_700_000_000_000_000_000 + np.cumsum(900 + grain(1000, 200)) * 1_000_000),
    "sound": npy(walk(3000).astype("<i4"), fortran=True),
    "picture": npy(field(60, 80).astype(">u2"), version=2, after=b"tail"),
    "colours": npy((field(40, 90).reshape(40, 30, 3) // 300).astype("u1")),
    "surface": npy(np.sqrt(field(70, 60)).astype("<f4"), aligned=16),
    "smooth": npy(np.sqrt(np.arange(900) * 3.0 + 1)),
    "halves": npy((np.sqrt(np.arange(1200)) + grain(1200, 3)).astype("<f2").reshape(3, 20, 20)),
    "complex": npy(np.stack([walk(600) / 7, np.sqrt(np.arange(600))], axis=1).reshape(-1).view("<c16")),
    "columns": npy(np.stack([np.arange(800) // 40, grain(800, 4) * 1000, walk(800)], axis=1).astype("<i8")),
    "table": npy(table(700), version=3),
}
