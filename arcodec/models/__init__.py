"""Models by name, by code in the format, and by file. To add one, write its file and add its line here."""

from __future__ import annotations

import importlib
from functools import cache
from typing import TYPE_CHECKING

from arcodec import container, nets
from arcodec.errors import UnknownModelError

if TYPE_CHECKING:
    from arcodec.models.base import Model

# name: (code in FORMAT.md, module, class). A name and its code mean one behaviour for ever.
BUILT_IN = {
    "order0": (container.ORDER0, "order0", "Order0"),
    "bytes-1": (container.BYTES, "bytes", "Bytes1"),
    "pixels-1": (container.PIXELS, "pixels", "Pixels"),
    "bytes-2-fast": (container.BYTES_FAST, "generation2", "Fast"),
    "bytes-2": (container.BYTES_2, "generation2", "Default"),
    "bytes-2-max": (container.BYTES_MAX, "generation2", "Max"),
    "pixels-2-fast": (container.PIXELS_FAST, "pixels2", "Fast"),
    "pixels-2": (container.PIXELS_2, "pixels2", "Default"),
    "pixels-2-max": (container.PIXELS_MAX, "pixels2", "Max"),
    "graphics-1": (container.GRAPHICS, "graphics", "Graphics"),
    "deep-1-fast": (container.DEEP_FAST, "deep", "Fast"),
    "deep-1": (container.DEEP, "deep", "Default"),
    "deep-1-max": (container.DEEP_MAX, "deep", "Max"),
    "coefficients-1": (container.COEFFICIENTS, "jpeg", "Default"),
    "coefficients-1-max": (container.COEFFICIENTS_MAX, "jpeg", "Max"),
    "audio-1-fast": (container.AUDIO_FAST, "audio", "Fast"),
    "audio-1": (container.AUDIO, "audio", "Default"),
    "audio-1-max": (container.AUDIO_MAX, "audio", "Max"),
}
# name: (module, class) of architectures that need a model file, and have no code; those in `arcodec.nets` are more.
ARCHITECTURES = {
    "adapted-bytes-1": ("adapted", "AdaptedBytes"),
    "adapted-pixels-1": ("adapted_pixels", "AdaptedPixels"),
}
_PICTURES = (
    *("plain", *("PhotoCD, halved chroma",) * 4, "PhotoCD", *("JPEG, halved chroma",) * 4, "JPEG"),
    *("JPEG 4:0:0 coefficients", "JPEG 4:4:4 coefficients", "JPEG 4:2:2 coefficients", "JPEG 4:2:0 coefficients"),
)
# By code, the variants of a model, by the first byte of the payload.
VARIANTS = {
    container.BYTES_FAST: ("plain", "code"),
    container.BYTES_2: ("plain", "net", "net, prose", "net, markup", "code"),
    container.BYTES_MAX: ("plain", "net", "net, prose", "net, markup", "net, code"),
    **dict.fromkeys((container.PIXELS_FAST, container.PIXELS_2, container.PIXELS_MAX), _PICTURES),
}
# What may be written for -m without a version: the newest of its kind.
ALIASES = {
    "bytes": "bytes-2",
    "bytes-fast": "bytes-2-fast",
    "bytes-max": "bytes-2-max",
    "pixels": "pixels-2",
    "pixels-fast": "pixels-2-fast",
    "pixels-max": "pixels-2-max",
    "graphics": "graphics-1",
    "deep": "deep-1",
    "deep-fast": "deep-1-fast",
    "deep-max": "deep-1-max",
    "coefficients": "coefficients-1",
    "coefficients-max": "coefficients-1-max",
    "audio": "audio-1",
    "audio-fast": "audio-1-fast",
    "audio-max": "audio-1-max",
}

_NAMES = {code: name for name, (code, _, _) in BUILT_IN.items()}
_NAMES |= {container.STORED: "stored", container.FILL: "fill", container.CARRIED: "model file"}


def name_of(code: int) -> str:
    """What the listing calls a model code; no model is loaded."""
    return _NAMES.get(code, f"model {code}")


def variant_of(code: int, payload: bytes) -> str | None:
    """What the listing calls the variant that a payload, or its first byte, names; None if the model has only one."""
    names = VARIANTS.get(code)
    if not names or not payload:
        return None
    return names[payload[0]] if payload[0] < len(names) else f"variant {payload[0]}"


def code_of(name: str) -> int:
    """The code of a built-in model; no model is loaded.

    Raises:
        UnknownModelError: there is none of that name.
    """
    try:
        return BUILT_IN[ALIASES.get(name, name)][0]
    except KeyError:
        known = ", ".join(sorted([*BUILT_IN, *ALIASES]))
        raise UnknownModelError(f"no model is called {name!r}; there are {known}, and model files") from None


@cache
def built_in(name: str) -> Model:
    """A model of this package, its kernel compiled or loaded from the cache.

    Raises:
        UnknownModelError: there is none of that name.
    """
    code_of(name)
    _, module, class_name = BUILT_IN[ALIASES.get(name, name)]
    return _made(module, class_name)


def is_architecture(name: str) -> bool:
    """Whether this version can make a model of a file of this architecture, if its parameters fit."""
    return name in BUILT_IN or name in ARCHITECTURES or name in nets.ARCHITECTURES


def architecture(name: str) -> Model:
    """What a model file of this architecture has the parameters of; see `Model.with_parameters`.

    Raises:
        UnknownModelError: there is none of that name.
    """
    if name in BUILT_IN:
        return built_in(name)
    if name in nets.ARCHITECTURES:
        from arcodec.models.net import NetModel

        return NetModel(nets.net_class(name))
    if name not in ARCHITECTURES:
        raise UnknownModelError(f"there is no architecture {name!r} in this version")
    return _made(*ARCHITECTURES[name])


def _made(module: str, class_name: str) -> Model:
    model: Model = getattr(importlib.import_module(f"arcodec.models.{module}"), class_name)()
    return model


def by_code(code: int) -> Model:
    """The built-in model of a code in the format.

    Raises:
        UnknownModelError: this version has none.
    """
    if code not in _NAMES or _NAMES[code] not in BUILT_IN:
        raise UnknownModelError(f"coded by model {code}, which this arcodec does not have: install a newer one")
    return built_in(_NAMES[code])
