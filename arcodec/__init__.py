"""arcodec: lossless compression with integer-exact autoregressive models.

>>> import arcodec
>>> packed = arcodec.compress(b"to be or not to be, that is the question " * 20)
>>> len(packed) < 90
True
>>> arcodec.decompress(packed)[:18]
b'to be or not to be'
"""

from __future__ import annotations

from arcodec.api import compress, decompress, info, sample, score
from arcodec.errors import (
    ArcodecError,
    CorruptError,
    FileRefusedError,
    FormatError,
    LimitError,
    ModelError,
    ModelFileError,
    NotArcodecError,
    TrailingDataError,
    TruncatedError,
    UnknownModelError,
    VerifyError,
    VersionError,
)
from arcodec.listing import Frame, Info

__version__ = "0.1.0"

__all__ = [
    "ArcodecError",
    "CorruptError",
    "FileRefusedError",
    "FormatError",
    "Frame",
    "Info",
    "LimitError",
    "ModelError",
    "ModelFileError",
    "NotArcodecError",
    "TrailingDataError",
    "TruncatedError",
    "UnknownModelError",
    "VerifyError",
    "VersionError",
    "__version__",
    "compress",
    "decompress",
    "info",
    "sample",
    "score",
]
