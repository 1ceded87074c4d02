"""The codecs that are compared, each at its best setting that is commonly used."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

# (encode, decode): bytes to bytes, or for codecs of pixels uint8 of (rows, columns[, 3]) to bytes and back
Pair = tuple[Callable[[Any], Any], Callable[[Any], Any]]


@dataclass(frozen=True)
class Codec:
    """One column of the tables.

    Attributes:
        name: heads the column.
        settings: what was called and how.
        package: module that must be there.
        load: imports it and returns encoder and decoder.
        version: says which one was measured.
        pixels: it takes arrays; else bytes.
    """

    name: str
    settings: str
    package: str
    load: Callable[[], Pair]
    version: Callable[[], str]
    pixels: bool = False

    @property
    def installed(self) -> bool:
        """Whether its package is there."""
        return importlib.util.find_spec(self.package) is not None


def _arcodec() -> Pair:
    import arcodec

    return lambda data: arcodec.compress(data, verify=False), arcodec.decompress


def _xz() -> Pair:
    import lzma

    return lambda data: lzma.compress(data, preset=9 | lzma.PRESET_EXTREME), lzma.decompress


def _zstd() -> Pair:
    import zstandard

    settings = zstandard.ZstdCompressionParameters.from_level(22, window_log=27, enable_ldm=True)
    return (
        lambda data: zstandard.ZstdCompressor(compression_params=settings).compress(data),
        lambda data: zstandard.ZstdDecompressor().decompress(data),
    )


def _brotli() -> Pair:
    import brotli

    return lambda data: brotli.compress(data, quality=11, lgwin=24), brotli.decompress


def _ppmd() -> Pair:
    import pyppmd

    order, memory = 16, 512 << 20
    return (
        lambda data: pyppmd.compress(data, max_order=order, mem_size=memory, variant="I"),
        lambda data: pyppmd.decompress(data, max_order=order, mem_size=memory, variant="I"),
    )


def _bzip2() -> Pair:
    import bz2

    return lambda data: bz2.compress(data, 9), bz2.decompress


def _gzip() -> Pair:
    import gzip

    return lambda data: gzip.compress(data, 9, mtime=0), gzip.decompress


def _jpeg_xl(effort: int) -> Callable[[], Pair]:
    def load() -> Pair:
        import imagecodecs

        return (
            lambda pixels: imagecodecs.jpegxl_encode(pixels, lossless=True, effort=effort, numthreads=1),
            lambda data: imagecodecs.jpegxl_decode(data, numthreads=1),
        )

    return load


def _webp() -> Pair:
    import imagecodecs

    return lambda pixels: imagecodecs.webp_encode(pixels, level=100, lossless=True, method=6), imagecodecs.webp_decode


def _png() -> Pair:
    import imagecodecs

    def encode(pixels: Any) -> Any:
        """As PNG optimisers do: the smaller of two ways."""
        choice = imagecodecs.PNG
        strategies = (choice.STRATEGY.DEFAULT, choice.STRATEGY.FILTERED)
        ways = [
            imagecodecs.png_encode(pixels, level=9, filter=choice.FILTER.ALL, strategy=strategy)
            for strategy in strategies
        ]
        return min(ways, key=len)

    return encode, imagecodecs.png_decode


def _of(package: str) -> Callable[[], str]:
    return lambda: f"{package} {importlib.metadata.version(package)}"


def _library(name: str) -> Callable[[], str]:
    def version() -> str:
        import imagecodecs

        versions: dict[str, str] = imagecodecs.version(dict)
        return f"imagecodecs {versions['imagecodecs']}, {name} {versions[name]}"

    return version


def _own_version() -> str:
    import arcodec

    return f"arcodec {arcodec.__version__}"


def _zstd_version() -> str:
    import zstandard

    return f"zstandard {zstandard.__version__}, libzstd {'.'.join(map(str, zstandard.ZSTD_VERSION))}"


_OURS = Codec("arcodec", "compress(data, verify=False): level 5", "arcodec", _arcodec, _own_version)

CODECS = {
    "bytes": [
        _OURS,
        Codec("xz -9e", "lzma.compress, preset 9 | PRESET_EXTREME", "lzma", _xz, lambda: "Python's lzma"),
        Codec("zstd -22", "level 22, window 2^27, long-distance matching", "zstandard", _zstd, _zstd_version),
        Codec("brotli -11", "quality 11, lgwin 24", "brotli", _brotli, _of("brotli")),
        Codec("PPMd -o16", "variant I, order 16, 512 MiB, restart", "pyppmd", _ppmd, _of("pyppmd")),
        Codec("bzip2 -9", "bz2.compress, 9", "bz2", _bzip2, lambda: "Python's bz2"),
        Codec("gzip -9", "gzip.compress, 9", "gzip", _gzip, lambda: f"zlib {zlib.ZLIB_RUNTIME_VERSION}"),
    ],
    "images": [
        _OURS,
        Codec("JPEG XL -e9", "lossless, effort 9", "imagecodecs", _jpeg_xl(9), _library("libjxl"), pixels=True),
        Codec("JPEG XL -e7", "lossless, effort 7", "imagecodecs", _jpeg_xl(7), _library("libjxl"), pixels=True),
        Codec("WebP", "lossless, method 6, quality 100", "imagecodecs", _webp, _library("libwebp"), pixels=True),
        Codec(
            "PNG",
            "level 9, all filters, the smaller of two strategies",
            "imagecodecs",
            _png,
            _library("libpng"),
            pixels=True,
        ),
    ],
}
