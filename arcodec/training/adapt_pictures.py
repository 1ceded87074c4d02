"""The sample images of a domain, and which kernels suit it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from arcodec.models import built_in
from arcodec.models.adapted_pixels import CHANNELS, GRAPHICS, IMAGES, KERNELS, LONGEST, PIXELS
from arcodec.models.base import Model
from arcodec.models.primed_pictures import Primed, Samples

Image = NDArray[np.uint8]

SIZE = 1 << 20  # symbols of the samples of a number of channels, at most: reading them takes three to ten seconds
MEASURED = 1 << 19  # symbols of the validation planes of a number of channels that are measured, at most
CHOICES: tuple[tuple[int, ...], ...] = ((PIXELS,), (GRAPHICS,), (PIXELS, GRAPHICS))  # from fast to slow
_WORTH = 0.98  # of the cost of those that are faster


def chosen(images: Sequence[Image], size: int = SIZE) -> list[Image]:
    """As many images as fit, evenly spread over all; those too large for a sample are cut."""
    cut = [np.ascontiguousarray(_cut(image, size)) for image in images]
    count = len(cut)
    while True:
        some = [cut[k] for k in np.unique(np.linspace(0, len(cut) - 1, count).round().astype(int))]
        total = sum(image.size for image in some)
        if (total <= size and count <= IMAGES) or count == 1:
            return some
        count = max(1, min(count - 1, IMAGES, count * size // total + 1))


def _cut(image: Image, size: int) -> Image:
    """The top left of an image: as much as a sample may have."""
    rows, columns, channels = image.shape
    columns = min(columns, LONGEST, size // channels)
    return image[: max(1, min(rows, LONGEST, size // (columns * channels))), :columns]


def measured(images: Sequence[Image]) -> list[Image]:
    """What is measured of the validation planes."""
    return chosen(images, MEASURED)


def by_channels(images: Sequence[Image]) -> dict[int, list[Image]]:
    """The images of each number of channels that there are some of."""
    return {c: some for c in CHANNELS if (some := [image for image in images if image.shape[2] == c])}


def samples_of(images: dict[int, list[Image]]) -> dict[int, Samples]:
    """The samples of each number of channels."""
    return {c: Samples(c, [(p.shape[0], p.shape[1]) for p in some], images=some) for c, some in images.items()}


def costs(model: Model, images: Sequence[Image]) -> NDArray[np.float64]:
    """Bits of each image by a model: float64[n]."""
    return np.array([float(model.bits(image).sum()) for image in images])


def primed(kernel: int, samples: Samples) -> Primed:
    """A kernel after samples that are known."""
    return KERNELS[kernel](samples)


def shipped(images: Sequence[Image]) -> float:
    """Bits of the images by the better of the default level's models for each."""
    each = [costs(built_in(name), images) for name in ("pixels-2", "graphics-1")]
    return float(np.minimum(*each).sum())


def suited(bits: dict[int, NDArray[np.float64]]) -> tuple[tuple[int, ...], float]:
    """The kernels to use, by what each image costs with each that was tried: the fastest, or much better ones."""
    best, least = CHOICES[0], float("inf")
    for kernels in CHOICES:
        if not bits.keys() >= set(kernels):
            continue
        cost = float(np.min([bits[k] for k in kernels], axis=0).sum())
        if cost < _WORTH * least:
            best, least = kernels, cost
    return best, least
