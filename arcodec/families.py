"""Which models may code a plane: its shape says what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from arcodec import chunks
from arcodec.chunks import Coder
from arcodec.models import ALIASES, BUILT_IN, store
from arcodec.models.base import Model

# Of each family the built-in models for levels 1 ... 3, 4 ... 6 and 7 ... 9, and others that are tried.
FAMILIES: Mapping[str, tuple[tuple[str, str, str], tuple[str, ...]]] = {
    "bytes": (("bytes-2-fast", "bytes-2", "bytes-2-max"), ()),
    "pixels": (("pixels-2-fast", "pixels-2", "pixels-2-max"), ("graphics",)),
    "coefficients": (("coefficients-1", "coefficients-1", "coefficients-1-max"), ()),
    "audio": (("audio-1-fast", "audio-1", "audio-1-max"), ()),
    "deep": (("deep-1-fast", "deep-1", "deep-1-max"), ("bytes-1",)),
}
_SHAPES = (1,), (1, 1), (1, 1, 1), (1, 1, 2), (1, 1, 4)  # by which it is seen to what family a model belongs
_REST = "bytes-1"  # for headers and the like: no net, no prior, little memory


def family_of(shape: Sequence[int]) -> str:
    """The family for a plane: bytes, coefficients of a JPEG, sound, pixels, or pixels of two symbols a sample."""
    if len(shape) < 3:
        return "bytes" if len(shape) == 1 else "coefficients"
    if shape[2] == 4:
        return "audio"
    return "deep" if shape[2] in (2, 6) else "pixels"


@dataclass(frozen=True)
class Models:
    """What may code planes.

    Attributes:
        of: the coders of each family, the likeliest to be best first; none for a family that may not be used.
        rest: codes what is no pixel in files that are taken apart.
        file: the file of a model that has one.
    """

    of: Mapping[str, Sequence[Coder]]
    rest: Coder
    file: store.ModelFile | None = None

    def coders(self, shape: Sequence[int]) -> Sequence[Coder]:
        """Those for a chunk of this shape."""
        return self.of[family_of(shape)]

    def for_rest(self) -> Models:
        """The same, but that bytes are headers and the like."""
        return replace(self, of={**self.of, "bytes": [self.rest]})


def for_level(level: int) -> Models:
    """The built-in models of a level."""
    tier = (level - 1) // 3
    coders = {
        name: [chunks.built_in(m) for m in (tiers[tier], *others)] for name, (tiers, others) in FAMILIES.items()
    }
    return Models(coders, chunks.built_in(_REST))


def named(name: str) -> tuple[Coder, store.ModelFile | None]:
    """The coder of a model, and its file if it has one.

    Args:
        name: of a built-in model, path of a model file, its id or the beginning of it, or the name in its header.

    Raises:
        ModelError: there is no such model, or more than one.
    """
    file = None if name in BUILT_IN or name in ALIASES else store.named(name)
    return (chunks.from_file(file), file) if file else (chunks.built_in(name), None)


def of_model(model: Model) -> str:
    """The family of the planes that a model codes."""
    shapes = (s for s in _SHAPES if len(s) == model.dimensions and (model.dimensions < 3 or model.accepts(s)))
    return family_of(next(shapes, (1, 1, 1)))


def with_model(level: int, name: str, *, embedded: bool) -> Models:
    """The same, but that a model of this name is the only one of its family.

    Where it codes bytes, nothing else is used; where it does not, no plane of bytes may be the whole file.

    Args:
        level: of the others.
        name: see `named`.
        embedded: whether the file need not be found when decoding.

    Raises:
        ModelError: there is no such model, or more than one.
    """
    coder, file = named(name)
    if file:
        coder = chunks.from_file(file, embedded=embedded)
        if not embedded:
            store.find(file.id)  # else nobody could decode what is written, not even to verify it
    own = of_model(coder.model)
    if own == "bytes":
        return Models({family: [coder] if family == own else [] for family in FAMILIES}, coder, file)
    models = for_level(level)
    return Models({**models.of, "bytes": [], own: [coder]}, models.rest, file)
