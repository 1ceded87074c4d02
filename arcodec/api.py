"""The public functions: compress, decompress, look at, measure, draw."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from arcodec.errors import ModelError, VerifyError
from arcodec.listing import Info, read_info

if TYPE_CHECKING:
    from arcodec.container import Sink
    from arcodec.models.base import Symbols
    from arcodec.scoring import Score

Buffer = bytes | bytearray | memoryview


class _Nothing:
    """A sink that keeps nothing."""

    def write(self, data: Buffer) -> int:
        return len(data)


def compress(
    data: Buffer,
    *,
    level: int = 5,
    model: str | os.PathLike[str] | None = None,
    pixels: bool = False,
    embed_model: bool = False,
    threads: int = 1,
    verify: bool = True,
) -> bytes:
    """Compress `data` into an .arcz file.

    Args:
        data: the file to compress, any bytes.
        level: 1 ... 9, how much is modelled and in how large chunks: higher takes more time and memory, fewer
            threads, and gives smaller files.
        model: name of a built-in model ("order0", "bytes", "pixels"), path of a model file, its id in hex or 6
            and more digits of its beginning, or the name in its header. By default the content decides.
        pixels: for a PNG, keep pixels and metadata but not the very bytes of the file.
        embed_model: put the model file into the output.
        threads: number of chunks coded at a time; 0 for one per core. The output is the same for any number.
        verify: decode the result and compare before returning it.

    Returns:
        The same bytes for the same data, level, model and flags, on every machine.

    Raises:
        ModelError: the model cannot be had, or does not fit the data.
        ValueError: `level` or `threads` is out of range.
        VerifyError: decoding did not give the data back (a defect; please report it).
    """
    from arcodec.compressor import LEVELS, Options, compress_stream
    from arcodec.decompressor import Limits, decompress_stream

    if level not in LEVELS:
        raise ValueError(f"level is {level}; it must be 1 to 9")
    workers = thread_count(threads)
    name = None if model is None else os.fspath(model)
    options = Options(level, name, pixels, embed_model, workers, verify=False)
    sink = io.BytesIO()
    report = compress_stream(io.BytesIO(data), sink, options)
    if verify:
        sink.seek(0)
        nothing: Sink = _Nothing()
        again = decompress_stream(sink, nothing, Limits(workers))
        if again.digest != report.digest:
            raise VerifyError("decoding the result did not give the data back; please report this")
    return sink.getvalue()


def decompress(
    data: Buffer, *, max_size: int | None = None, memory_limit: int | None = None, threads: int = 1
) -> bytes:
    """Decompress an .arcz file, or several in a row.

    Args:
        data: the bytes of the file.
        max_size: bytes of output to allow; unlimited if None. Checked before anything is allocated.
        memory_limit: bytes of working memory to allow; unlimited if None.
        threads: number of chunks decoded at a time; 0 for one per core.

    Raises:
        FormatError: the data are no .arcz file, damaged, cut short, or of a later version.
        UnknownModelError: a model it needs is not here.
        LimitError: `max_size` or `memory_limit` would be exceeded.
    """
    from arcodec.decompressor import Limits, decompress_stream

    sink = io.BytesIO()
    decompress_stream(io.BytesIO(data), sink, Limits(thread_count(threads), memory_limit, max_size))
    return sink.getvalue()


def sample(
    model: str | os.PathLike[str] = "bytes",
    size: int | Sequence[int] = 1024,
    *,
    seed: int = 1,
    prompt: Buffer | Symbols | None = None,
    temperature: float = 1.0,
) -> Symbols:
    """Draw from a model what it takes for likely.

    Args:
        model: as for `compress`.
        size: of the sample, prompt included: a number of bytes for models of bytes, (rows, columns, channels) for
            those of pixels.
        seed: of the random bits that are decoded.
        prompt: what the sample begins with: bytes, or for models of pixels uint8[rows, columns, channels] with the
            sample's columns and channels.
        temperature: the logarithms of odds are divided by it; counted in 1/256.

    Returns:
        uint8 of that size; the same for the same arguments, on every machine. At temperature 1 its cost under the
        model is the number of bits that were drawn.

    Raises:
        ModelError: the model cannot be had, or has no samples of that size.
        ValueError: the prompt does not fit the size, or the temperature is no positive number.
    """
    import numpy as np

    from arcodec import families

    drawn = families.named(os.fspath(model))[0].model
    shape = (size,) if isinstance(size, int) else tuple(size)
    if len(shape) != drawn.dimensions or (drawn.dimensions > 1 and not drawn.accepts(shape)):
        raise ModelError(f"{drawn.name} has no samples of shape {shape}")
    begun = np.frombuffer(prompt, np.uint8) if isinstance(prompt, bytes | bytearray | memoryview) else prompt
    return drawn.sample(shape, seed, begun, temperature)


def score(
    data: Buffer,
    *,
    level: int = 5,
    model: str | os.PathLike[str] | None = None,
    pixels: bool = False,
    threads: int = 1,
    mapped: bool = False,
) -> Score:
    """What `data` cost under a model: `score(data).bits`, planes and recipes, as compressing would code them.

    Args:
        data: a file, any bytes.
        level: as for `compress`.
        model: as for `compress`; its file need not be where decoding would look for it.
        pixels: as for `compress`.
        threads: as for `compress`.
        mapped: keep what every symbol costs: `dearest(n)` of the result lists the regions that cost most above what
            is usual, its `planes` have `strip` (bits along bytes) or `heat` (bits of each pixel).

    Raises:
        ModelError: the model cannot be had, or does not fit the data.
        ValueError: `level` or `threads` is out of range.
    """
    from arcodec.compressor import LEVELS, Options
    from arcodec.scoring import score_stream

    if level not in LEVELS:
        raise ValueError(f"level is {level}; it must be 1 to 9")
    name = None if model is None else os.fspath(model)
    options = Options(level, name, pixels, True, thread_count(threads), verify=False)
    return score_stream(io.BytesIO(data), options, mapped=mapped)


def info(data: Buffer) -> Info:
    """What an .arcz file says of itself: sizes, content kind, models, memory, chunks. Decodes nothing.

    Raises:
        FormatError: the data are no .arcz file, or its headers are damaged.
    """
    return read_info(io.BytesIO(data), seekable=True)


def thread_count(threads: int) -> int:
    """`threads`, or the number of cores this process may use if it is 0.

    Raises:
        ValueError: it is negative.
    """
    if threads < 0:
        raise ValueError(f"threads is {threads}; it must be 0 (all cores) or more")
    if threads:
        return threads
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
