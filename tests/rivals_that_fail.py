"""Codecs that are broken on purpose, and one that is not: what a benchmark must see through."""

from __future__ import annotations

import os
import random
import time
import zlib
from typing import Any

from arcodec.bench.codec import Loaded


def honest() -> Loaded:
    """It works."""
    return Loaded("1", zlib.compress, zlib.decompress)


def forgetful() -> Loaded:
    """It drops the last byte of everything."""
    return Loaded("1", lambda data: zlib.compress(data[:-1]), zlib.decompress)


def careless() -> Loaded:
    """One byte comes back as another."""

    def decode(packed: bytes) -> bytes:
        data = bytearray(zlib.decompress(packed))
        data[len(data) // 2] ^= 1
        return bytes(data)

    return Loaded("1", zlib.compress, decode)


def blurred() -> Loaded:
    """Its pixels are almost the same."""
    import numpy as np

    kept: dict[str, Any] = {}

    def encode(pixels: Any) -> bytes:
        kept["pixels"] = pixels
        return b"tiny"

    return Loaded("1", encode, lambda packed: np.asarray(kept["pixels"]) & 0xFE)


def moody() -> Loaded:
    """Its files have another size each time."""
    return Loaded("1", lambda data: zlib.compress(data) + bytes(random.randrange(1, 10**6)), zlib.decompress)


def raising() -> Loaded:
    """It gives up on anything longer than the samples."""

    def encode(data: bytes) -> bytes:
        if len(data) > 1000:
            raise ValueError("too much for me")
        return data

    return Loaded("1", encode, lambda packed: packed)


def dying() -> Loaded:
    """It takes its process with it."""

    def encode(data: bytes) -> bytes:
        if len(data) > 1000:
            os._exit(3)
        return data

    return Loaded("1", encode, lambda packed: packed)


def absent() -> Loaded:
    """It does not even load."""
    raise ImportError("no module named rival")


def endless() -> Loaded:
    """It never comes back."""

    def encode(data: bytes) -> bytes:
        time.sleep(3600 if len(data) > 1000 else 0)
        return data

    return Loaded("1", encode, lambda packed: packed)


def talkative() -> Loaded:
    """It prints where answers are expected."""
    print('{"version": "wrong"}', flush=True)
    os.system("echo nonsense")
    return Loaded("1", zlib.compress, zlib.decompress)
