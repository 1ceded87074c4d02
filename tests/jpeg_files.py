"""JPEG files for tests: made by Pillow, and made here of random coefficients, with what Pillow does not write."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st
from PIL import Image

from arcodec.content._jpeg import DHT, DQT, DRI, SOF0, SOF2, SOS, Headers
from arcodec.content._jpeg_scans import USUAL_HOLD, USUAL_RUN, Way, of_values, written

# A scan: the components in it, first and last place, bit planes before and after.
Script = Sequence[tuple[Sequence[int], int, int, int, int]]


def segment(marker: int, body: bytes) -> bytes:
    return bytes([255, marker]) + struct.pack(">H", len(body) + 2) + body


def codes(kind: int) -> bytes:
    """A Huffman code: of DC for the sizes up to 15, of AC for every symbol; none of them is all ones."""
    if kind < 16:
        return bytes([kind, 0, 0, 0, 0, 16, *[0] * 11, *range(16)])
    counts = bytes([0, 0, 0, 0, 0, 0, 0, 254, 2, 0, 0, 0, 0, 0, 0, 0])
    return bytes([kind]) + counts + bytes(range(256))


def whole(count: int) -> Script:
    """All in one scan."""
    return [(range(count), 0, 63, 0, 0)]


def one_by_one(count: int) -> Script:
    """A scan for each component."""
    return [([k], 0, 63, 0, 0) for k in range(count)]


def progressive(count: int) -> Script:
    """DC and AC, and their last two bits, one after the other."""
    scans: list[tuple[Sequence[int], int, int, int, int]] = [(range(count), 0, 0, 0, 1)]
    for k in range(count):
        scans += [([k], 1, 5, 0, 2), ([k], 6, 63, 0, 2)]
    scans += [([k], 1, 63, 2, 1) for k in range(count)]
    scans.append((range(count), 0, 0, 1, 0))
    return scans + [([k], 1, 63, 1, 0) for k in range(count)]


def at_random(seed: int, density: float = 0.3) -> Callable[[int], npt.NDArray[np.int16]]:
    """Coefficients, so many of them not 0; many blocks have none but DC."""

    def values(blocks: int) -> npt.NDArray[np.int16]:
        random = np.random.default_rng(seed)
        u, v = np.indices((8, 8))
        size = (200 / (1 + u + v) ** 2).reshape(-1)
        drawn = np.round(random.laplace(0, 1, (blocks, 64)) * size * (random.random((blocks, 64)) < density))
        drawn[random.random(blocks) < 0.4, 1:] = 0
        return np.clip(drawn, -1000, 1000).astype(np.int16)

    return values


def by_number(blocks: int) -> npt.NDArray[np.int16]:
    """Coefficients by integer arithmetic only: waves, the fewer the higher their frequency."""
    number, place = np.indices((blocks, 64))
    rarely = 1 + 2 * (place // 8 + place % 8)
    waves = (number * place % 7 - 3) * (number * 31 % rarely == 0)
    return np.where(place == 0, number * 7 % 229 - 114, waves).astype(np.int16)


def made(
    values: Callable[[int], npt.NDArray[np.int16]],
    rows: int,
    columns: int,
    factors: Sequence[tuple[int, int]],
    script: Script,
    interval: int = 0,
    way: Way | None = None,
) -> bytes:
    """A file of coefficients; `factors`: rows and columns of blocks in a unit, of each component."""
    is_progressive = len(script) > len(factors)
    components = b"".join(bytes([k + 1, w << 4 | h, k % 2]) for k, (h, w) in enumerate(factors))
    frame = b"\x08" + struct.pack(">HHB", rows, columns, len(factors)) + components
    parts = [
        (DQT, bytes([0]) + bytes(range(1, 65)) + bytes([1]) + bytes(range(70, 134))),
        (SOF2 if is_progressive else SOF0, frame),
        *((DHT, codes(kind)) for kind in (0x00, 0x01, 0x10, 0x11)),
    ]
    if interval:
        parts.append((DRI, struct.pack(">H", interval)))
    headers = Headers(1 << 30)
    out = b"\xff\xd8"
    for marker, body in parts:
        headers.take(marker, body)
        out += segment(marker, body)
    coefficients = values(headers.blocks)
    if len(script) > 1 or len(factors) == 1:  # what fills up units is in scans of several components alone
        for c in headers.components:
            own = coefficients[c.first : c.first + c.rows * c.columns].reshape(c.rows, c.columns, 64)
            here = slice(None) if not is_progressive or len(factors) == 1 else slice(1, None)
            own[c.wanted[0] :, :, here] = 0
            own[:, c.wanted[1] :, here] = 0
    for own_components, first, last, high, low in script:
        body = bytes([len(own_components)]) + b"".join(bytes([k + 1, k % 2 * 17]) for k in own_components)
        body += bytes([first, last, high << 4 | low])
        out += segment(SOS, body)
        scan = headers.scan(body)
        out += b"".join(written(scan, way or Way(1, USUAL_RUN, USUAL_HOLD, None, False), of_values(coefficients)))
    return out + b"\xff\xd9"


sides = st.integers(1, 40)
tails = st.one_of(st.just(b""), st.binary(max_size=20))


@st.composite
def pillow_files(draw: st.DrawFn) -> bytes:
    """Of every kind that Pillow writes."""
    rows, columns = draw(sides), draw(sides)
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    y, x, c = np.indices((rows, columns, 4))
    smooth = (y * 5 + x * 3 + c * 50) % 256
    noise = random.integers(0, 256, smooth.shape)
    pixels = np.where(draw(st.booleans()), smooth, noise).astype(np.uint8)
    mode = draw(st.sampled_from(("L", "RGB", "CMYK")))
    image = Image.fromarray(pixels, "CMYK").convert(mode)
    options: dict[str, Any] = {
        "quality": draw(st.integers(1, 100)),
        "progressive": draw(st.booleans()),
        "optimize": draw(st.booleans()),
        draw(st.sampled_from(("restart_marker_blocks", "restart_marker_rows"))): draw(st.integers(0, 3)),
        "comment": draw(st.binary(max_size=30)),
        "exif": draw(st.sampled_from((b"", b"Exif\0\0II*\0" + bytes(20)))),
    }
    if mode != "L":
        options["subsampling"] = draw(st.sampled_from((0, 1, 2)))
    return saved(image, **options) + draw(tails)


def saved(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "jpeg", **options)
    return file.getvalue()


@st.composite
def other_files(draw: st.DrawFn) -> bytes:
    """With any sampling factors, and scans of one component each."""
    count = draw(st.integers(1, 4))
    factors = draw(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=count, max_size=count))
    script = draw(st.sampled_from((whole, one_by_one, progressive)))(count)
    way = Way(draw(st.integers(0, 1)), USUAL_RUN, USUAL_HOLD, None, False)
    values = at_random(draw(st.integers(0, 1 << 32)), draw(st.sampled_from((0.0, 0.02, 0.3))))
    return made(values, draw(sides), draw(sides), factors, script, draw(st.sampled_from((0, 0, 1, 3))), way)
