"""Recipes of deflate streams: sizes by encoder and level, and how fast streams are taken apart and put together.

Files are compressed with zlib at each level and strategy, and with what else is installed (imagecodecs: libdeflate,
Zopfli), and taken apart. Sizes are in bytes, speeds in MB of content per second of CPU.

Run: python -m bench.deflate FILE... [--size N]
"""

from __future__ import annotations

import argparse
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from arcodec.bench.tables import pipes
from arcodec.content import _deflate

_STRATEGIES = {"default": 0, "filtered": 1, "Huffman only": 2, "RLE": 3, "fixed": 4}
_SLOW = 1 << 17  # bytes of content for Zopfli

Encoder = Callable[[bytes], bytes | bytearray]


def zlib_encoder(level: int, strategy: int, memory: int) -> Encoder:
    """zlib as it is installed here."""

    def encode(data: bytes) -> bytes:
        encoder = zlib.compressobj(level, zlib.DEFLATED, -15, memory, strategy)
        return encoder.compress(data) + encoder.flush()

    return encode


def encoders() -> Iterator[tuple[str, Encoder]]:
    """Name and function of all encoders."""
    for level in range(10):
        yield f"zlib {level}", zlib_encoder(level, 0, 8)
    for name, strategy in _STRATEGIES.items():
        for level in (1, 6, 9):
            yield f"zlib {level}, {name}, memory 9", zlib_encoder(level, strategy, 9)
    try:
        import imagecodecs
    except ImportError:
        return
    for level in (1, 3, 6, 9, 12):
        yield f"libdeflate {level}", partial(imagecodecs.deflate_encode, level=level, raw=True)
    yield "Zopfli", lambda data: bytes(imagecodecs.zopfli_encode(data[:_SLOW]))[2:-4]


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--size", type=int, default=1 << 20, metavar="N", help="so many bytes of each")
    arguments = parser.parse_args()
    contents = [path.read_bytes()[: arguments.size] for path in arguments.files]
    _deflate.analyse(zlib.compress(b"to compile the kernels")[2:])
    rows = []
    for name, encode in encoders():
        streams = recipes = size = 0
        apart = together = 0.0
        for content in contents:
            stream = bytes(encode(content))
            start = time.process_time()
            replay = _deflate.analyse(stream)
            apart += time.process_time() - start
            if replay is None:
                raise SystemExit(f"{name}: a stream was not taken apart")
            start = time.process_time()
            again = _deflate.replay(replay.content, replay.recipe)
            together += time.process_time() - start
            if again != stream:
                raise SystemExit(f"{name}: a stream did not come back")
            streams, recipes, size = streams + len(stream), recipes + len(replay.recipe), size + len(replay.content)
        share = f"{100 * recipes / streams:.3f} %"
        rows.append(
            [name, f"{streams:,}", f"{recipes:,}", share, f"{size / apart / 1e6:.1f}", f"{size / together / 1e6:.1f}"]
        )
    print(pipes(["encoder", "streams", "recipes", "share", "taken apart", "put together"], rows))


if __name__ == "__main__":
    main()
