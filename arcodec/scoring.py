"""What a file costs under a model: the bits of its planes, symbol by symbol, and where they are dearest.

The file is taken apart, cut into chunks and given to models just as when it is compressed, but that each chunk is
measured. The bits of a file are those of all its planes, recipes included; the headers of frames and chunks are not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from arcodec import chunks, content
from arcodec.chunks import Coder, Costs
from arcodec.compressor import Options, code_stream
from arcodec.container import RAW, Header, Source
from arcodec.families import Models, family_of
from arcodec.models.base import Symbols, Watch
from arcodec.parts import Part
from arcodec.regions import Lines, Region, boxes, from_lines, from_windows
from arcodec.threads import Progress

# Family: what its models code at a time, and symbols of one of these.
UNITS = {
    "bytes": ("byte", 1),
    "pixels": ("subpixel", 1),
    "deep": ("subpixel", 2),
    "audio": ("sample", 4),
    "coefficients": ("coefficient", 2),
}
STEPS = 1 << 24  # of a strip at most; then two become one
KEPT = 1 << 19  # bytes of a text that is kept for its map


@dataclass
class Plane:
    """What a plane costs.

    Attributes:
        content: the kind of file that it is a part of.
        recipe: whether it is the recipe.
        shape: of its symbols.
        models: chunks by name of their model.
        bits: of all symbols.
        step: positions that an entry of `strip` stands for.
        strip: bits along it, if asked for: of bytes, rows of coefficients, frames of sound.
        heat: bits of each pixel, if asked for: float32[rows, columns].
        picture: the pixels that these are of, uint8[rows, columns, channels].
        lines: where it may be a text.
        text: the bytes, if it is a text that is short enough to be shown.
    """

    content: str
    recipe: bool
    shape: tuple[int, ...]
    models: Counter[str] = field(default_factory=Counter)
    bits: float = 0.0
    step: int = 1
    strip: Costs | None = None
    heat: Costs | None = None
    picture: Symbols | None = None
    lines: Lines | None = None
    text: bytes | None = None
    beside: bool = False
    _strips: list[Costs] = field(default_factory=list)
    _heats: list[Costs] = field(default_factory=list)
    _pictures: list[Symbols] = field(default_factory=list)

    @property
    def unit(self) -> str:
        """What models code at a time here: byte, subpixel, sample or coefficient."""
        return UNITS[family_of(self.shape)][0]

    @property
    def units(self) -> int:
        """How many of these there are."""
        return math.prod(self.shape) // UNITS[family_of(self.shape)][1]

    @property
    def rate(self) -> float:
        """Bits per unit."""
        return self.bits / max(self.units, 1)

    def add(self, part: Part, coded: _Cost) -> None:
        """The next part of the plane; without costs if these are not to be kept."""
        if not part.starts_plane:
            axis = int(part.beside)
            self.shape = tuple(n + (i == axis) * part.symbols.shape[i] for i, n in enumerate(self.shape))
        self.beside |= part.beside
        self.bits += coded.bits
        self.models[coded.model] += 1
        if coded.costs is None:
            return
        if coded.costs.ndim == 2:
            self._heats.append(coded.costs)
            self._pictures.append(part.symbols)
            return
        if part.symbols.ndim == 1 and not self.recipe:
            if self.lines is None:
                self.lines, self.text = Lines(), b""
            if self.text is not None:
                whole = self.lines.size + part.symbols.size <= KEPT
                self.text = self.text + part.symbols.tobytes() if whole else None
            self.lines.add(part.symbols, coded.costs)
        self._strips.append(coded.costs if self.step == 1 else _coarser(coded.costs, self.step))
        while sum(map(len, self._strips)) > STEPS:
            self._strips = [_coarser(strip, 2) for strip in self._strips]
            self.step *= 2

    def end(self) -> None:
        """No part follows."""
        if self._heats:
            self.heat = np.concatenate(self._heats, axis=int(self.beside))
            self.picture = np.concatenate(self._pictures, axis=int(self.beside))
        if self._strips:
            self.strip = np.concatenate(self._strips)
        if self.lines is not None and not self.lines.is_text:
            self.lines, self.text = None, None
        self._heats, self._pictures, self._strips = [], [], []

    def dearest(self, number: int, count: int) -> list[Region]:
        """The regions that cost most above what is usual, the dearest first; `number`: of the plane."""
        if self.heat is not None:
            return boxes(number, self.heat, count)
        if self.strip is None or self.bits <= 0:
            return []
        if self.lines is not None:
            return from_lines(number, self.lines, count)
        return from_windows(number, self.strip, self.step, math.prod(self.shape), self.shape[0], count)


@dataclass(frozen=True)
class Score:
    """What a file costs.

    Attributes:
        size: bytes of the file.
        content: what it was taken for: names of kinds, joined by "+".
        planes: its planes and recipes, in order.
    """

    size: int
    content: str
    planes: tuple[Plane, ...]

    @property
    def bits(self) -> float:
        """Of all planes and recipes."""
        return sum(plane.bits for plane in self.planes)

    @property
    def bits_per_byte(self) -> float:
        """Bits per byte of the file."""
        return self.bits / max(self.size, 1)

    @property
    def unit(self) -> str:
        """What most of the file's symbols are: byte, subpixel, sample or coefficient."""
        counts: Counter[str] = Counter()
        for plane in self.planes:
            counts[plane.unit] += 0 if plane.recipe else math.prod(plane.shape)
        return max(counts, key=counts.__getitem__) if counts else "byte"

    @property
    def bits_per_symbol(self) -> float:
        """All bits for each unit in the planes of that unit: bits per subpixel of an image, per byte of a text."""
        return self.bits / max(sum(p.units for p in self.planes if p.unit == self.unit and not p.recipe), 1)

    @property
    def models(self) -> dict[str, int]:
        """Chunks by name of their model."""
        return dict(sum((plane.models for plane in self.planes), Counter()))

    def dearest(self, count: int) -> list[Region]:
        """The regions that cost most above what is usual, the dearest first; none without costs."""
        found = [region for number, plane in enumerate(self.planes) for region in plane.dearest(number, count)]
        return sorted(found, key=lambda region: -region.excess)[:count]


def score_stream(
    source: Source, options: Options | None = None, progress: Progress | None = None, *, mapped: bool = False
) -> Score:
    """Measure all of `source`.

    Args:
        source: has `read(size) -> bytes`.
        options: how it would be compressed; the defaults if None.
        progress: as for `compress_stream`; there are no coded bytes.
        mapped: keep what every symbol costs, for maps and the dearest regions: some 4 bytes for each, but for
            streams of bytes, of which no more than `STEPS` sums are kept.

    Raises:
        ModelError: the model asked for cannot be had or does not fit the input.
        LimitError: it would take more memory than allowed.
    """
    ledger = _Ledger(mapped)
    report = code_stream(source, ledger, options or Options(), progress)
    return Score(report.size_in, report.content, tuple(_joined(ledger.planes)))


@dataclass(frozen=True)
class _Cost:
    """A chunk that has been measured; `costs` are bits of each pixel, or of each place along the chunk."""

    model: str
    bits: float
    memory: int
    costs: Costs | None

    @property
    def size(self) -> int:
        """Bytes of the payload it would have."""
        return math.ceil(self.bits / 8)


class _Ledger:
    """An output of the compressor that only measures."""

    def __init__(self, mapped: bool) -> None:
        self.planes: list[Plane] = []
        self._mapped = mapped

    def code(self, symbols: Symbols, coders: Sequence[Coder], watch: Watch) -> _Cost:
        """See `compressor.Output.code`."""
        measured = chunks.measure(symbols, coders, watch)
        if measured.coder:
            name = measured.coder.model_id.hex() if measured.coder.model_id else measured.coder.model.name
        else:
            name = "fill" if symbols.size and measured.bits <= 8 else "stored"
        costs = None
        if self._mapped:
            shaped = measured.costs.reshape(symbols.shape)
            kept = 2 if family_of(symbols.shape) in ("pixels", "deep") else 1
            costs = shaped.reshape(*symbols.shape[:kept], -1).sum(axis=kept) if shaped.ndim > 1 else shaped
        return _Cost(name, measured.bits, measured.memory, costs)

    def begin(self, header: Header, models: Models) -> _Frame:
        """See `compressor.Output.begin`."""
        return _Frame(self.planes, content.name_of(header.content), header.content != RAW)


class _Frame:
    """The planes of one frame, added to those of the file."""

    def __init__(self, planes: list[Plane], name: str, has_recipe: bool) -> None:
        self.written = 0
        self._planes = planes
        self._name = name
        self._recipe_comes = has_recipe
        self._first = len(planes)

    def add(self, part: Part, coded: _Cost) -> None:
        """See `compressor.FrameOutput.add`."""
        if part.starts_plane:
            self._planes.append(Plane(self._name, self._recipe_comes, part.symbols.shape))
            self._recipe_comes = False
        self._planes[-1].add(part, coded)
        self.written += coded.size

    def close(self, digest: bytes) -> None:
        """See `compressor.FrameOutput.close`."""
        for plane in self._planes[self._first :]:
            plane.end()


def _joined(planes: Sequence[Plane]) -> list[Plane]:
    """The planes; slabs of one picture are one plane again."""
    joined: list[Plane] = []
    for plane in planes:
        before = next((p for p in reversed(joined) if not p.recipe), None)
        if (
            before is not None
            and before.heat is not None
            and plane.heat is not None
            and before.content == plane.content != content.COMPOUND
            and before.shape[1:] == plane.shape[1:]
        ):
            assert before.picture is not None
            assert plane.picture is not None
            before.shape = (before.shape[0] + plane.shape[0], *plane.shape[1:])
            before.heat = np.concatenate([before.heat, plane.heat])
            before.picture = np.concatenate([before.picture, plane.picture])
            before.bits += plane.bits
            before.models += plane.models
        else:
            joined.append(plane)
    return joined


def _coarser(strip: Costs, by: int) -> Costs:
    """Sums of so many entries each."""
    return np.add.reduceat(strip, np.arange(0, max(len(strip), 1), by)) if len(strip) else strip
