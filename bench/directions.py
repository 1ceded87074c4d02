"""How long a model takes for each direction of the port: encoding, decoding, measuring, drawing.

For each model: symbols of the chunk, and thousands of symbols a second of processor time for each direction (the best
of some runs). Chunks are files of the shipped corpus that suit a model, cut to some size; drawn ones are as large.

Run: python -m bench.directions [--models LIST] [--symbols N] [--runs N]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from arcodec import models
from arcodec.bench.tables import pipes
from arcodec.models.base import Model, Symbols

_CORPUS = Path(__file__).parent.parent / "corpora"
_MODELS = "order0,bytes-1,bytes-2-fast,bytes-2,bytes-2-max,pixels-1,pixels-2-fast,pixels-2,graphics-1,deep-1,audio-1"


def chunk_for(model: Model, symbols: int) -> Symbols:
    """A chunk of about so many symbols."""
    if model.dimensions == 1:
        return np.frombuffer((_CORPUS / "gpl-3.0.txt").read_bytes(), np.uint8)[:symbols]
    picture: Symbols = np.asarray(Image.open(_CORPUS / "hills.ppm"))
    for channels in (3, 2, 4):
        rows = max(1, symbols // (picture.shape[1] * channels))
        if model.accepts((rows, picture.shape[1], channels)):
            break
    part = picture[:rows]
    if channels == 3:
        return np.ascontiguousarray(part)
    samples = part.sum(axis=2, dtype=np.int32) * 40
    whole = samples.astype(">u2" if channels == 2 else ">i4")
    return np.frombuffer(whole.tobytes(), np.uint8).reshape(*samples.shape, channels)


def speed(work: Callable[[], object], symbols: int, runs: int) -> str:
    """Thousands of symbols a second."""
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        work()
        seconds.append(time.process_time() - start)
    return f"{symbols / min(seconds) / 1000:,.1f}"


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--models", default=_MODELS)
    parser.add_argument("--symbols", type=int, default=1 << 15, metavar="N")
    parser.add_argument("--runs", type=int, default=5, metavar="N")
    arguments = parser.parse_args()
    rows = []
    for name in arguments.models.split(","):
        model = models.built_in(name)
        chunk = chunk_for(model, arguments.symbols)
        payload = model.encode(chunk)
        if not np.array_equal(model.decode(payload, chunk.shape), chunk):
            raise SystemExit(f"{name} did not decode what it had encoded")
        directions: list[Callable[[], object]] = [
            partial(model.encode, chunk),
            partial(model.decode, payload, chunk.shape),
            partial(model.bits, chunk),
            partial(model.sample, chunk.shape, 1),
        ]
        rows.append([name, f"{chunk.size:,}", *(speed(d, chunk.size, arguments.runs) for d in directions)])
    print(pipes(["model", "symbols", "encode", "decode", "measure", "draw"], rows))


if __name__ == "__main__":
    main()
