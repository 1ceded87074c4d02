"""Samples of a model: what it takes for likely, drawn symbol by symbol, and as a file to look at or to listen to."""

from __future__ import annotations

import io
import math
import wave
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from arcodec import chunks, threads
from arcodec.errors import ModelError
from arcodec.families import of_model
from arcodec.models.base import Model, Port, Symbols, Watch, drawn
from arcodec.threads import Progress

_RATE = 44100  # samples of sound a second
_GAP = 2  # pixels between the pictures of a grid
_GRAY = 128  # of these gaps


@dataclass(frozen=True)
class Sample:
    """What was drawn.

    Attributes:
        symbols: the chunk, its prompt included.
        bits: how many bits were drawn for it, which it would cost under the model.
    """

    symbols: Symbols
    bits: float


def shape_for(model: Model, size: Sequence[int]) -> tuple[int, ...]:
    """The shape of a chunk of some size.

    Args:
        model: what is to draw it.
        size: of bytes, how many; of pictures columns and rows, and channels if not as many as the model can; of
            sound frames, and channels if not 1.

    Raises:
        ModelError: the model has no chunks of that size.
    """
    family = of_model(model)
    if family == "bytes" and len(size) == 1:
        return (size[0],)
    if family == "audio" and len(size) <= 2:
        return _accepted(model, [(size[0], size[1] if len(size) > 1 else 1, 4)], size)
    if family in ("pixels", "deep") and len(size) in (2, 3):
        per_sample = 2 if family == "deep" else 1
        channels = size[2:] or (3, 1)
        return _accepted(model, [(size[1], size[0], per_sample * c) for c in channels], size)
    raise ModelError(f"{model.name} draws {_KINDS[family]}")


_KINDS = {
    "bytes": "bytes: the size is their number",
    "pixels": "pictures: the size is WIDTHxHEIGHT or WIDTHxHEIGHTxCHANNELS",
    "deep": "pictures: the size is WIDTHxHEIGHT or WIDTHxHEIGHTxCHANNELS",
    "audio": "sound: the size is FRAMES or FRAMESxCHANNELS",
    "coefficients": "nothing by itself: coefficients belong to a JPEG",
}


def _accepted(model: Model, shapes: Sequence[tuple[int, ...]], size: Sequence[int]) -> tuple[int, ...]:
    for shape in shapes:
        if model.accepts(shape):
            return shape
    raise ModelError(f"{model.name} has no samples of {'x'.join(map(str, size))}")


def draw(
    model: Model,
    shape: Sequence[int],
    seeds: Sequence[int],
    prompt: Symbols | None = None,
    temperature: float = 1.0,
    progress: Progress | None = None,
    workers: int = 1,
    memory_limit: int | None = None,
) -> Iterator[Sample]:
    """A sample for each seed, in order, some at a time; see `Model.sample`.

    Raises:
        LimitError: it would take more memory than allowed.
        ValueError: the prompt does not fit, or the temperature is out of range.
    """
    needed = model.memory(shape) + 4 * math.prod(shape)
    chunks.refuse_beyond(memory_limit, needed, f"a sample of {model.name}")
    if memory_limit is not None:
        workers = max(1, min(workers, memory_limit // needed))

    def work(seed: int, watch: Watch) -> Sample:
        ports: list[Port] = []

        def see(port: Port) -> None:
            ports.append(port)
            watch(port)

        symbols = model.sample(shape, seed, prompt, temperature, see)
        return Sample(symbols, sum(map(drawn, ports)))

    def sizes(seed: int, sample: Sample) -> tuple[int, int]:
        return sample.symbols.size, round(sample.bits / 8)

    return threads.ordered(seeds, work, sizes, workers, progress)


def grid(pictures: Sequence[Symbols]) -> Symbols:
    """Pictures of one shape in rows and columns, with gaps between them."""
    if len(pictures) == 1:
        return pictures[0]
    rows, columns, channels = pictures[0].shape
    across = math.ceil(math.sqrt(len(pictures) * rows / columns))
    down = -(-len(pictures) // across)
    sheet = np.full((down * (rows + _GAP) - _GAP, across * (columns + _GAP) - _GAP, channels), _GRAY, np.uint8)
    for k, picture in enumerate(pictures):
        y, x = k // across * (rows + _GAP), k % across * (columns + _GAP)
        sheet[y : y + rows, x : x + columns] = picture
    return sheet


def as_file(family: str, symbols: Symbols) -> bytes:
    """A chunk as a file: bytes as they are, pictures as PNG (as PGM or PPM with 16 bits a sample), sound as WAV."""
    if family == "bytes":
        return symbols.tobytes()
    sink = io.BytesIO()
    rows, columns = symbols.shape[:2]
    if family == "deep":
        kind = 5 if symbols.shape[2] == 2 else 6
        return b"P%d\n%d %d\n65535\n" % (kind, columns, rows) + symbols.tobytes()
    if family == "audio":
        samples = np.ascontiguousarray(symbols).view(">i4")[..., 0]
        with wave.open(sink, "wb") as sound:
            sound.setnchannels(columns)
            sound.setsampwidth(2)
            sound.setframerate(_RATE)
            sound.writeframes(np.clip(samples, -(1 << 15), (1 << 15) - 1).astype("<i2").tobytes())
        return sink.getvalue()
    Image.fromarray(symbols[..., 0] if symbols.shape[2] == 1 else symbols).save(sink, "PNG")
    return sink.getvalue()


def picture(data: bytes, channels: int) -> Symbols:
    """The pixels of a picture file, to prompt with: uint8[rows, columns, channels], 1 or 3 channels.

    Raises:
        ModelError: it is no picture that can be read.
    """
    try:
        with Image.open(io.BytesIO(data)) as opened:
            pixels = np.asarray(opened.convert("L" if channels == 1 else "RGB"), np.uint8)
    except (OSError, SyntaxError, ValueError) as error:
        raise ModelError(f"the prompt is no picture that can be read ({error})") from None
    return pixels.reshape(*pixels.shape[:2], channels)
