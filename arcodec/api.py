"""The public functions: bytes in, bytes out."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from arcodec.errors import VerifyError
from arcodec.listing import Info, read_info

if TYPE_CHECKING:
    from arcodec.container import Sink

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
    carry_model: bool = False,
    threads: int = 1,
    verify: bool = True,
) -> bytes:
    """Compress `data` into an .arcz file.

    Args:
        data: the file to compress, any bytes.
        level: 1 ... 9, how much is modelled and in how large chunks: higher takes more time and memory, fewer
            threads, and gives smaller files.
        model: name of a built-in model ("order0", "bytes", "pixels"), path of a model file or its id in hex. By
            default the content decides.
        pixels: for a PNG, keep pixels and metadata but not the very bytes of the file.
        carry_model: put the model file into the output.
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
    options = Options(level, name, pixels, carry_model, workers, verify=False)
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
