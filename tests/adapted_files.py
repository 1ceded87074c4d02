"""Small model files of domains, made of numbers alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec.models import adapted_arrays, store
from arcodec.models.adapted import Domain
from arcodec.models.adapted_arrays import Parameters
from arcodec.models.adapted_pixels import arrays_of
from arcodec.models.bytes import packaged_arrays
from arcodec.models.primed_pictures import Samples

Arrays = dict[str, npt.NDArray[np.integer[Any]]]

LINES = b"".join(b"2026-01-%02d job %d done in %d ms\n" % (i % 28 + 1, 1000 + i, i * 37 % 900) for i in range(60))
LIKE_LINES = b"".join(
    b"2026-02-%02d job %d done in %d ms\n" % (i % 28 + 1, 2000 + i, i * 53 % 900) for i in range(20)
)


def file_of(arrays: Mapping[str, npt.NDArray[np.integer[Any]]], architecture: str) -> bytes:
    """A model file of these arrays."""
    header = {
        "architecture": architecture,
        "symbols": "bytes" if architecture == "adapted-bytes-1" else "pixels",
        "provenance": "numbers",
        "licence": "CC0-1.0",
        "command": "python -m tests.make_vectors",
    }
    return store.pack(arrays, header)


def net(width: int = 64) -> Arrays:
    """A net that knows nothing, but says something."""
    random = np.random.default_rng(3)

    def rows(*shape: int) -> npt.NDArray[np.int8]:
        return random.integers(-90, 91, shape).astype(np.int8)

    return {
        "given": rows(256, 3 * width),
        "given_step": np.full(3 * width, 900, np.int32),
        "recurrent": rows(3 * width, width),
        "recurrent_step": np.full(3 * width, 300, np.int32),
        "recalled_bias": random.integers(-900, 900, width).astype(np.int32),
        "head": rows(256, width),
        "head_step": np.full(256, 200, np.int32),
        "head_bias": random.integers(-300, 300, 256).astype(np.int32),
    }


@cache
def bytes_file(own: bool = False) -> bytes:
    """Of a domain of lines; `own`: with a net and a start of its own, else with those of the package."""
    parameters = Parameters(size=len(LINES), start=adapted_arrays.STARTS[0], net=adapted_arrays.NETS[0])
    if own:
        start = dict(packaged_arrays(adapted_arrays.STARTS[0]))
        start = {**start, "apm": adapted_arrays.fitting(start["apm"])}
        for rows, *of in (("rows", "visits", "weights"), ("final_rows", "final"), ("apm_rows", "apm")):
            start |= {name: start[name][::100] for name in (rows, *of)}
        parameters = replace(parameters, start=start, net=net())
    sample = Domain(parameters).coded(np.frombuffer(LINES, np.uint8))
    return file_of(replace(parameters, sample=sample).arrays(), "adapted-bytes-1")


def icon(number: int, channels: int, rows: int = 14, columns: int = 17) -> npt.NDArray[np.uint8]:
    """One of many drawings that are alike."""
    y, x, c = np.mgrid[:rows, :columns, :channels]
    inside = (y - rows // 2) ** 2 + (x - 5 - number % 5) ** 2 < 20 + number % 3
    return np.where(inside, 200 - 40 * c + number % 7, np.where(y == 1, 90, 255)).astype(np.uint8)


@cache
def pixels_file(kernels: Sequence[int] = (1, 0)) -> bytes:
    """Of a domain of icons."""
    images = {c: [icon(k, c, 12 + k, 20 - k) for k in range(4)] for c in (1, 3)}
    samples = {c: Samples(c, [i.shape[:2] for i in some], images=some) for c, some in images.items()}
    return file_of(arrays_of(kernels, samples), "adapted-pixels-1")
