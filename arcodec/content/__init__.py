"""Kinds of files by code in the format and by what they begin with. To add one, write its file and its line here."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from arcodec.container import RAW
from arcodec.errors import VersionError

if TYPE_CHECKING:
    from arcodec.content.base import Content

HEAD = 64  # bytes that `sniff` may look at
COMPOUND = "compound"  # what is tried last, for it may lie in any file

# name: (code in FORMAT.md, module, class). A name and its code mean one way to restore for ever.
KINDS = {
    "netpbm": (1, "netpbm", "Netpbm"),
    "bmp": (2, "bmp", "Bmp"),
    "png-pixels": (3, "png_pixels", "PngPixels"),
    "pbm": (4, "pbm", "Pbm"),
    "netpbm-text": (5, "netpbm_text", "NetpbmText"),
    "bmp-indexed": (6, "bmp_indexed", "BmpIndexed"),
    "jpeg": (7, "jpeg", "Jpeg"),
    "png": (8, "png", "Png"),
    COMPOUND: (9, "compound", "Compound"),
    "wav": (10, "wav", "Wav"),
    "aiff": (11, "aiff", "Aiff"),
    "gif": (12, "gif", "Gif"),
    "tiff": (13, "tiff", "Tiff"),
    "npy": (14, "npy", "Npy"),
    "type1": (15, "type1", "Type1"),
}
_NAMES = {code: name for name, (code, _, _) in KINDS.items()} | {RAW: "raw"}


def name_of(code: int) -> str:
    """What the listing calls a content code; no module is loaded."""
    return _NAMES.get(code, f"kind {code}")


@cache
def kind(name: str) -> Content:
    """The content kind of a name in KINDS."""
    _, module, class_name = KINDS[name]
    result: Content = getattr(importlib.import_module(f"arcodec.content.{module}"), class_name)()
    return result


def by_code(code: int) -> Content:
    """The content kind of a code other than RAW.

    Raises:
        VersionError: this version has none.
    """
    if code not in _NAMES or code == RAW:
        raise VersionError(f"holds content kind {code}, which this arcodec does not have: install a newer one")
    return kind(_NAMES[code])


def candidates(head: bytes, *, exact: bool) -> Iterator[Content]:
    """The kinds that a file may be, by its first HEAD bytes; only those that keep every byte if `exact`."""
    for name in KINDS:
        content = kind(name)
        if (content.exact or not exact) and content.sniff(head):
            yield content
