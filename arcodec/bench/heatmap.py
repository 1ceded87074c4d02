"""Where the bits go: what each symbol of a file costs under the model that arcodec chooses, as a picture."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from arcodec import chunks, content
from arcodec.compressor import MAX_PARSED
from arcodec.families import family_of
from arcodec.maps import heat
from arcodec.models.base import Symbols
from arcodec.printable import printable

LIMIT = 8 << 20  # symbols that are measured of a plane
_WIDTH = 320  # pixels of images, at most
_STRIP = (640, 48)  # pixels of other files
_REGIONS = 16  # into which a file, or each side of an image, is cut to say where it is dearest

Costs = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Plane:
    """What the symbols of a plane cost.

    Attributes:
        bits: float32[n], of its first n symbols in coding order (the channels of a pixel stay together).
        shape: of all the plane: (size,) or (rows, columns, channels).
    """

    bits: Costs
    shape: tuple[int, ...]

    @property
    def whole(self) -> bool:
        """Whether all of it was measured."""
        return self.bits.size == int(np.prod(self.shape))


@dataclass(frozen=True)
class Picture:
    """A file and its heat map, ready for the page.

    Attributes:
        name: of the file.
        unit: what `mean` and `top` are bits per: "pixel" or "byte".
        mean: bits.
        top: bits where the map is lightest; where it is darkest there are none.
        dearest: where the dearest region is, in words.
        note: what else is to be known of the measurement, "" if nothing.
        heat: PNG.
        original: PNG of the image itself, empty for other files.
    """

    name: str
    unit: str
    mean: float
    top: float
    dearest: str
    note: str
    heat: bytes
    original: bytes = b""

    @property
    def text(self) -> str:
        """What the map shows, in words: `server.log: 1.21 bits per byte; dearest region at 63 %`."""
        where = f"; dearest region at {self.dearest}" if self.dearest else ""
        return f"{self.name}: {self.mean:.2f} bits per {self.unit}{where}"


def bits_of(path: str | os.PathLike[str]) -> list[Plane]:
    """What each symbol of a file costs; images are taken apart as with `--pixels`, their recipe is left out.

    Every plane is measured as one chunk, and of a larger one only the first `LIMIT` symbols.

    Raises:
        OSError: the file cannot be read.
    """
    return [_measured(plane) for plane in _planes(Path(path))]


def thumbnail(path: str | os.PathLike[str]) -> bytes:
    """The heat map of a file as PNG, see `picture`."""
    return picture(path).heat


def picture(path: str | os.PathLike[str], name: str | None = None) -> Picture:
    """Measure a file and draw it: images as bits per pixel, other files as a strip from their start to their end.

    Args:
        path: of the file.
        name: how to call it; the file's name if None.

    Raises:
        OSError: the file cannot be read.
    """
    name = printable(Path(path).name) if name is None else name
    planes = _planes(Path(path))
    measured = [_measured(plane) for plane in planes]
    rasters = [plane for plane in planes if family_of(plane.shape) in ("pixels", "deep")]
    if (
        len(rasters) == len(planes)
        and rasters
        and all(plane.size % (rasters[0].shape[0] * rasters[0].shape[1]) == 0 for plane in planes)
    ):
        return _of_image(name, rasters[0], measured)
    costs = np.concatenate([plane.bits for plane in measured]) if measured else np.zeros(0, np.float32)
    note = "" if all(plane.whole for plane in measured) else f"Only its first {LIMIT >> 20} MiB were measured."
    drawn = heat.means(costs[None, :], 1, min(_STRIP[0], costs.size))
    regions = heat.means(costs[None, :], 1, min(_REGIONS, costs.size))
    where = f"{_middle(int(regions.argmax()), regions.size)} %" if _uneven(regions) else ""
    # Planes of sound and of coefficients have more symbols than their file has bytes.
    mean = _mean(costs) if note or not costs.size else float(costs.sum(dtype=np.float64)) / Path(path).stat().st_size
    return Picture(name, "byte", mean, heat.top(drawn), where, note, heat.png(drawn, _STRIP))


def _of_image(name: str, raster: Symbols, measured: list[Plane]) -> Picture:
    rows, columns, _ = raster.shape
    layers = []
    for plane in measured:
        channels = int(np.prod(plane.shape)) // (rows * columns)
        covered = plane.bits.size // (columns * channels)
        layers.append(plane.bits[: covered * columns * channels].reshape(covered, columns, channels).sum(axis=2))
    covered = min(map(len, layers))
    costs: Costs = np.stack([layer[:covered] for layer in layers]).sum(axis=0, dtype=np.float32)
    size = min(_WIDTH, columns), max(1, round(covered * min(1, _WIDTH / columns)))
    drawn = heat.means(costs, size[1], size[0])
    regions = heat.means(costs, min(_REGIONS, covered), min(_REGIONS, columns))
    down, across = divmod(int(regions.argmax()), regions.shape[1])
    where = f"{_middle(across, regions.shape[1])} % from the left, {_middle(down, len(regions))} % from the top"
    note = "" if covered == rows else f"Only its first {covered:,} of {rows:,} rows were measured."
    original = io.BytesIO()
    Image.fromarray(_seen(raster[:covered])).resize(size, Image.Resampling.LANCZOS).save(original, "PNG")
    where = where if _uneven(regions) else ""
    return Picture(
        name, "pixel", _mean(costs), heat.top(drawn), where, note, heat.png(drawn, size), original.getvalue()
    )


def _seen(raster: Symbols) -> Symbols:
    """A plane as 8-bit samples, gray ones without an axis for channels."""
    if raster.shape[2] in (2, 6):
        deep = np.ascontiguousarray(raster).view(">u2").astype(np.uint32)
        raster = (deep * 255 // max(int(deep.max()), 1)).astype(np.uint8)
    return np.ascontiguousarray(raster[..., 0] if raster.shape[2] == 1 else raster)


# --- measuring ---


def _planes(path: Path) -> list[Symbols]:
    """The planes of an image that arcodec takes apart, or else the beginning of the file as the only one."""
    with path.open("rb") as file:
        head = file.read(content.HEAD)
        for kind in content.candidates(head, exact=False):
            parsed = kind.parse(head + file.read(MAX_PARSED - len(head)))
            if parsed:
                return list(parsed.planes)
            file.seek(len(head))
        data = head + file.read(LIMIT + 1 - len(head))  # one more tells that it is not the whole file
        return [np.frombuffer(data, np.uint8)] if data else []


def _measured(plane: Symbols) -> Plane:
    """What a plane costs, with the choices that `chunks.encode` makes."""
    rows = max(1, LIMIT * len(plane) // plane.size) if plane.size > LIMIT else len(plane)
    symbols = np.ascontiguousarray(plane[:rows])
    coders = [chunks.built_in("bytes")]
    family = family_of(symbols.shape)
    if family != "bytes":
        coders.insert(0, chunks.built_in(family))
    if family in ("audio", "coefficients"):
        coders = coders[:1]
    return Plane(chunks.measure(symbols, coders).costs, plane.shape)


# --- drawing ---


def _mean(costs: Costs) -> float:
    return float(costs.mean(dtype=np.float64)) if costs.size else 0.0


def _uneven(regions: Costs) -> bool:
    """Whether one region can be called the dearest."""
    return float(regions.max()) > 1.02 * float(regions.mean())


def _middle(number: int, parts: int) -> int:
    """Where the middle of a part lies, in percent."""
    return round(100 * (number + 0.5) / parts)
