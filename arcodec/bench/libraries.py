"""Rivals that Python or its packages have: how each is loaded, and at which settings it is measured."""

from __future__ import annotations

import importlib.metadata
import sys
import zlib
from typing import Any

from arcodec.bench.codec import Codec, Loaded
from arcodec.bench.record import Kind

_GENERAL: tuple[Kind, ...] = ("bytes", "audio", "jpeg")
_BROTLI_DICTIONARY = 122_784  # bytes that every decoder of brotli has, RFC 7932 appendix A


def _gzip(level: int) -> Loaded:
    import gzip

    return Loaded(
        f"zlib {zlib.ZLIB_RUNTIME_VERSION}", lambda data: gzip.compress(data, level, mtime=0), gzip.decompress
    )


def _bzip2() -> Loaded:
    import bz2

    return Loaded("Python's bz2", lambda data: bz2.compress(data, 9), bz2.decompress)


def _xz() -> Loaded:
    import lzma

    preset = 9 | lzma.PRESET_EXTREME
    return Loaded("Python's lzma", lambda data: lzma.compress(data, preset=preset), lzma.decompress)


def _zstd(level: int) -> Loaded:
    import zstandard

    wide = {"window_log": 27, "enable_ldm": True} if level > 19 else {}
    settings = zstandard.ZstdCompressionParameters.from_level(level, **wide)
    library = ".".join(map(str, zstandard.ZSTD_VERSION))
    return Loaded(
        f"libzstd {library}, zstandard {zstandard.__version__}",
        lambda data: zstandard.ZstdCompressor(compression_params=settings).compress(data),
        lambda data: zstandard.ZstdDecompressor().decompress(data),
    )


def _zstd_of_python(level: int) -> Loaded:
    from compression import zstd  # type: ignore[import-not-found, unused-ignore]  # from Python 3.14 on

    wide = {zstd.CompressionParameter.window_log: 27, zstd.CompressionParameter.enable_long_distance_matching: 1}
    options = {zstd.CompressionParameter.compression_level: level, **(wide if level > 19 else {})}
    most = {zstd.DecompressionParameter.window_log_max: 27}
    return Loaded(
        f"libzstd {zstd.zstd_version}, Python's",
        lambda data: zstd.compress(data, options=options),
        lambda data: zstd.decompress(data, options=most),
    )


def _brotli(quality: int) -> Loaded:
    import brotli

    return Loaded(
        _package("brotli"),
        lambda data: brotli.compress(data, quality=quality, lgwin=24),
        brotli.decompress,
        lambda packed: _BROTLI_DICTIONARY,
    )


def _ppmd() -> Loaded:
    import pyppmd

    order, memory = 16, 512 << 20
    return Loaded(
        _package("pyppmd"),
        lambda data: pyppmd.compress(data, max_order=order, mem_size=memory, variant="I"),
        lambda data: pyppmd.decompress(data, max_order=order, mem_size=memory, variant="I"),
    )


def _lepton() -> Loaded:
    import lepton_jpeg_python as lepton

    return Loaded(_package("lepton-jpeg-python"), lepton.compress_bytes, lepton.decompress_bytes)


def _jpeg_xl(effort: int) -> Loaded:
    import imagecodecs

    return Loaded(
        _library("libjxl"),
        lambda pixels: imagecodecs.jpegxl_encode(pixels, lossless=True, effort=effort, numthreads=1),
        lambda data: imagecodecs.jpegxl_decode(data, numthreads=1),
    )


def _webp() -> Loaded:
    import imagecodecs

    return Loaded(
        _library("libwebp"),
        lambda pixels: imagecodecs.webp_encode(pixels, level=100, lossless=True, method=6),
        imagecodecs.webp_decode,
    )


def _jpeg_ls() -> Loaded:
    """Of colours, R - G, G and B - G modulo 256: the transform HP1 of its authors' programs."""
    import imagecodecs

    def turned(pixels: Any, sign: int) -> Any:
        if pixels.ndim < 3 or pixels.shape[2] < 3:
            return pixels
        pixels = pixels.copy()
        for channel in (0, 2):
            if sign < 0:
                pixels[..., channel] -= pixels[..., 1]
            else:
                pixels[..., channel] += pixels[..., 1]
        return pixels

    return Loaded(
        _library("charls"),
        lambda pixels: imagecodecs.jpegls_encode(turned(pixels, -1)),
        lambda data: turned(imagecodecs.jpegls_decode(data), 1),
    )


def _jpeg_2000() -> Loaded:
    import imagecodecs

    return Loaded(
        _library("openjpeg"),
        lambda pixels: imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True, numthreads=1),
        lambda data: imagecodecs.jpeg2k_decode(data, numthreads=1),
    )


def _qoi() -> Loaded:
    import imagecodecs

    return Loaded(_library("qoi"), imagecodecs.qoi_encode, imagecodecs.qoi_decode)


def _png() -> Loaded:
    import imagecodecs

    choice = imagecodecs.PNG
    strategies = (choice.STRATEGY.DEFAULT, choice.STRATEGY.FILTERED)

    def encode(pixels: Any) -> Any:
        """As PNG optimisers do: the smaller of two ways."""
        ways = [
            imagecodecs.png_encode(pixels, level=9, filter=choice.FILTER.ALL, strategy=each) for each in strategies
        ]
        return min(ways, key=len)

    return Loaded(_library("libpng"), encode, imagecodecs.png_decode)


def _package(name: str) -> str:
    return f"{name} {importlib.metadata.version(name)}"


def _library(name: str) -> str:
    """A library inside of imagecodecs."""
    import imagecodecs

    versions: dict[str, str] = imagecodecs.version(dict)
    return f"{name} {versions.get(name, '')}, imagecodecs {versions['imagecodecs']}"


def _inside(
    name: str, settings: str, kinds: tuple[Kind, ...], loader: str, needs: str, speed: float, **arguments: Any
) -> Codec:
    return Codec(name, name.split(" -")[0], settings, kinds, f"{__name__}:{loader}", arguments, needs, speed=speed)


def _of_pixels(
    name: str, settings: str, loader: str, speed: float, types: tuple[tuple[int, int], ...], **arguments: Any
) -> Codec:
    return Codec(
        name, name.split(" -")[0], settings, ("image",), f"{__name__}:{loader}", arguments, "imagecodecs", "pixels",
        speed, types,
    )  # fmt: skip


def libraries() -> list[Codec]:
    """All of them, installed or not."""
    zstd = ("_zstd_of_python", "compression.zstd") if sys.version_info >= (3, 14) else ("_zstd", "zstandard")
    some = (*((channels, 1) for channels in (1, 3)), *((channels, 2) for channels in (1, 3)))
    every = tuple((channels, depth) for channels in (1, 2, 3, 4) for depth in (1, 2))
    return [
        _inside("gzip -9", "level 9", _GENERAL, "_gzip", "", 10, level=9),
        _inside("bzip2 -9", "level 9", _GENERAL, "_bzip2", "", 10),
        _inside("xz -9e", "preset 9, extreme", _GENERAL, "_xz", "", 2),
        _inside("zstd -3", "level 3", _GENERAL, zstd[0], zstd[1], 200, level=3),
        _inside("zstd -22", "level 22, window 2^27, long-distance matching", _GENERAL, zstd[0], zstd[1], 2, level=22),
        _inside("brotli -5", "quality 5, lgwin 24", _GENERAL, "_brotli", "brotli", 30, quality=5),
        _inside("brotli -11", "quality 11, lgwin 24", _GENERAL, "_brotli", "brotli", 0.6, quality=11),
        _inside("PPMd -o16", "variant I, order 16, 512 MiB, restart", _GENERAL, "_ppmd", "pyppmd", 5),
        _inside("lepton", "as it comes", ("jpeg",), "_lepton", "lepton_jpeg_python", 10),
        _of_pixels("PNG", "level 9, all filters, the smaller of two strategies", "_png", 1, every),
        _of_pixels("QOI", "as it comes", "_qoi", 50, ((3, 1), (4, 1))),
        _of_pixels("JPEG-LS", "lossless, colours as R - G, G, B - G", "_jpeg_ls", 30, some),
        _of_pixels("JPEG 2000", "reversible", "_jpeg_2000", 8, some),
        _of_pixels("WebP", "lossless, method 6, quality 100", "_webp", 0.2, ((3, 1), (4, 1))),
        _of_pixels("JPEG XL -e7", "lossless, effort 7", "_jpeg_xl", 2, every, effort=7),
        _of_pixels("JPEG XL -e9", "lossless, effort 9", "_jpeg_xl", 0.4, every, effort=9),
    ]  # fmt: skip
