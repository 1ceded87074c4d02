"""The pictures of PDF files, whose samples lie in streams without a header of their own.

Source: ISO 32000-1, 8.9.5 (image dictionaries).
"""

from __future__ import annotations

import re

import numpy as np

from arcodec.content import netpbm
from arcodec.content._samples import split
from arcodec.content.base import Parsed

DICTIONARY = 1 << 10  # bytes before a stream in which its dictionary is sought
_WIDTH = re.compile(rb"/Width\s+(\d{1,6})\b")
_HEIGHT = re.compile(rb"/Height\s+(\d{1,6})\b")
_DEPTH = re.compile(rb"/BitsPerComponent\s+8\b")
_FILTERED = re.compile(rb"/Predictor\s+(?:[2-9]|1\d)\b")


def picture(before: bytes, content: bytes) -> Parsed | None:
    """The samples of a stream as rows of a netpbm file.

    Args:
        before: what stands before the stream, at most DICTIONARY bytes.
        content: the stream, inflated.
    """
    dictionary = before[before.rfind(b"obj") + 1 :]
    width, height = _WIDTH.search(dictionary), _HEIGHT.search(dictionary)
    if not (width and height and _DEPTH.search(dictionary)) or _FILTERED.search(dictionary):
        return None
    pixels = int(width[1]) * int(height[1])
    if not pixels or len(content) not in (pixels, 3 * pixels, 4 * pixels):
        return None
    samples = np.frombuffer(content, np.uint8).reshape(int(height[1]), int(width[1]), -1)
    return Parsed(split(samples)[0], netpbm.ROWS_ALONE)
