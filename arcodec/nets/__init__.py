"""Nets by name. To add one, write its file and add its line here."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from arcodec.nets.base import Net

# name: (module, class). A name means one behaviour for ever.
ARCHITECTURES = {
    "histogram-1": ("histogram", "Histogram"),
    "made-1": ("made", "Made"),
    "gru-1": ("gru", "Gru"),
    "lstm-1": ("lstm", "Lstm"),
    "wavenet-1": ("wavenet", "WaveNet"),
    "pixelcnn-1": ("pixelcnn", "PixelCnn"),
    "transformer-1": ("transformer", "Transformer"),
}
# What may be written for --arch: the newest of its kind.
ALIASES = {name.rpartition("-")[0]: name for name in ARCHITECTURES}
SIZES = ("small", "base", "large")


def net_class(name: str) -> type[Net]:
    """An architecture by its name or alias; KeyError if there is none."""
    module, class_name = ARCHITECTURES[ALIASES.get(name, name)]
    found: type[Net] = getattr(importlib.import_module(f"arcodec.nets.{module}"), class_name)
    return found


def net(name: str, size: str, channels: int | None = None) -> Net:
    """An architecture in one of its SIZES.

    Args:
        name: or alias.
        size: "small", "base" or "large".
        channels: of the images it is for; None for bytes. Architectures that are not of pixels take pixels as bytes.

    Raises:
        ValueError: it is for images, and there are no channels.
    """
    kind = net_class(name)
    dimensions = dict(kind.sizes[size])
    if kind.pixels:
        if channels is None:
            raise ValueError(f"{kind.name} is for images only")
        dimensions["channels"] = channels
    return kind(dimensions)
