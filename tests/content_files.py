"""Files of the content kinds, built by hand and slowly, and ways to damage them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

sides = st.integers(1, 9)


@st.composite
def noise(draw: st.DrawFn, shape: Sequence[int], limit: int) -> npt.NDArray[np.uint32]:
    """Values 0 ... limit - 1: all alike, few, or any."""
    rng = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    top = draw(st.sampled_from((1, 2, limit)))
    return (limit - 1 - rng.integers(0, min(top, limit), shape)).astype(np.uint32)


# --- netpbm -------------------------------------------------------------------------------------------------

gaps = st.lists(st.sampled_from((b" ", b"\n", b"\t", b"\r\n", b"#\n", b"# a 1\n")), min_size=1, max_size=3)
maxvals = st.sampled_from((1, 2, 100, 254, 255, 256, 1000, 1023, 4095, 65534, 65535))
tails = st.sampled_from((b"", b"\n", b"\0", b"P6\n1 1\n255\nabc"))


def raster(draw: st.DrawFn, shape: Sequence[int], maxval: int) -> bytes:
    """Samples of a netpbm file, some beyond its maxval."""
    values = draw(noise(shape, draw(st.sampled_from((maxval + 1, 256 if maxval < 256 else 65536)))))
    return values.astype(">u2" if maxval > 255 else "u1").tobytes()


@st.composite
def pnm_files(draw: st.DrawFn) -> bytes:
    rows, columns, maxval, color = draw(sides), draw(sides), draw(maxvals), draw(st.booleans())
    header = b"P6" if color else b"P5"
    if draw(st.booleans()):
        header += b"\n%d %d\n%d\n" % (columns, rows, maxval)
    else:
        for number in (columns, rows, maxval):
            header += b"".join(draw(gaps)) + b"0" * draw(st.integers(0, 1)) + b"%d" % number
        header += draw(st.sampled_from((b" ", b"\n", b"\t", b"#255\n")))
    return header + raster(draw, (rows, columns, 3 if color else 1), maxval) + draw(tails)


@st.composite
def pam_files(draw: st.DrawFn) -> bytes:
    rows, columns, maxval, channels = draw(sides), draw(sides), draw(maxvals), draw(st.integers(1, 4))
    lines = [b"WIDTH %d" % columns, b"HEIGHT %d" % rows, b"DEPTH %d" % channels, b"MAXVAL %d" % maxval]
    if draw(st.booleans()):
        types = (b"GRAYSCALE", b"GRAYSCALE_ALPHA", b"RGB", b"RGB_ALPHA")
        lines.append(b"TUPLTYPE " + types[channels - 1])
    else:
        lines += draw(st.lists(st.sampled_from((b"# x", b"#", b"", b"TUPLTYPE a b", b"TUPLTYPE")), max_size=3))
        lines = draw(st.permutations(lines))
    header = b"\n".join([b"P7", *lines, b"ENDHDR", b""])
    return header + raster(draw, (rows, columns, channels), maxval) + draw(tails)


@st.composite
def pbm_files(draw: st.DrawFn) -> bytes:
    """Rows of one bit a pixel, some with bits in the padding."""
    rows, columns = draw(sides), draw(st.integers(1, 20))
    raster = draw(noise((rows, (columns + 7) // 8), 256)).astype(np.uint8)
    if draw(st.booleans()):
        raster[:, -1] &= 0xFF << (-columns % 8) & 0xFF
    usual = b"\n%d %d\n" % (columns, rows)
    own = b"".join((*draw(gaps), b"%d" % columns, *draw(gaps), b"0%d\n" % rows))
    return b"P4" + draw(st.sampled_from((usual, own))) + raster.tobytes() + draw(tails)


@st.composite
def text_files(draw: st.DrawFn) -> bytes:
    """Plain netpbm files whose spacing follows a rule."""
    rows, columns, digit = draw(sides), draw(st.integers(1, 20)), draw(st.integers(1, 3))
    least = 0 if digit == 1 else 1
    spaces = st.text(" \t\n", min_size=least, max_size=3).map(str.encode)
    within, between, after, row = draw(spaces), draw(spaces), draw(spaces), draw(spaces)
    every, through = draw(st.integers(1, 25)), draw(st.booleans())
    values = draw(noise((rows, columns, 3 if digit == 3 else 1), 2 if digit == 1 else 256)).tolist()
    out = b"P%d%s%d %d" % (digit, b"".join(draw(gaps)), columns, rows) + (b" 255" if digit > 1 else b"") + b"\n"
    for y, line in enumerate(values):
        for x, pixel in enumerate(line):
            out += within.join(b"%d" % value for value in pixel)
            count = y * columns + x + 1 if through else x + 1
            if y + 1 < rows or x + 1 < columns:
                out += row if x + 1 == columns and not through else after if count % every == 0 else between
    return out + draw(st.sampled_from((b"", b"\n", b" \n\n")))


# --- BMP ----------------------------------------------------------------------------------------------------

GRAYS = bytes(value for gray in range(256) for value in (gray, gray, gray, 0))
OLD_GRAYS = bytes(value for gray in range(256) for value in 4 * (gray,))  # as earlier versions of Pillow write it


def bmp_file(
    pixels: bytes,
    columns: int,
    height: int,
    bits: int,
    info: int = 40,
    compression: int = 0,
    gap: bytes = b"",
    colours: int = 0,
) -> bytes:
    offset = 14 + info + len(gap)
    head = struct.pack("<2sIII", b"BM", offset + len(pixels), 0, offset)
    fields = (info, columns, height, 1, bits, compression, len(pixels), 2835, 2835, colours)
    return head + struct.pack("<IiiHHIIIII", *fields).ljust(info, b"\0") + gap + pixels


@st.composite
def bmp_files(draw: st.DrawFn) -> bytes:
    rows, columns, channels = draw(sides), draw(sides), draw(st.sampled_from((1, 3, 4)))
    stride = (columns * channels + 3) // 4 * 4
    pixels = draw(noise((rows, stride), 256)).astype(np.uint8)
    if draw(st.booleans()):
        pixels[:, columns * channels :] = 0
    if channels == 4 and draw(st.booleans()):
        pixels[:, 3::4] = draw(st.integers(0, 255))
    palette = draw(st.sampled_from((GRAYS, OLD_GRAYS))) if channels == 1 else b""
    gap = palette + draw(st.binary(max_size=16))
    info = draw(st.sampled_from((40, 52, 56, 108, 124)))
    compression = draw(st.sampled_from((0, 3))) if channels == 4 else 0
    height = draw(st.sampled_from((rows, -rows)))
    return bmp_file(pixels.tobytes(), columns, height, 8 * channels, info, compression, gap) + draw(tails)


@st.composite
def indexed_bmp_files(draw: st.DrawFn) -> bytes:
    """With tables of colours, some shorter than they may be."""
    rows, columns, depth = draw(sides), draw(st.integers(1, 40)), draw(st.sampled_from((1, 4, 8)))
    used = (columns * depth + 7) // 8
    raster = np.zeros((rows, (used + 3) // 4 * 4), np.uint8)
    raster[:, :used] = draw(noise((rows, used), 256))
    if draw(st.booleans()):
        raster = draw(noise(raster.shape, 256)).astype(np.uint8)
    count = draw(st.sampled_from((0, 1, 1 << depth)))
    table = draw(noise((count or 1 << depth, 4), draw(st.sampled_from((2, 256))))).astype(np.uint8).tobytes()
    height = draw(st.sampled_from((rows, -rows)))
    info = draw(st.sampled_from((40, 108, 124)))
    return bmp_file(raster.tobytes(), columns, height, depth, info, 0, table, count) + draw(tails)


# --- PNG ----------------------------------------------------------------------------------------------------

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
KINDS = [(0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8)]
KINDS += [(4, 8), (4, 16), (6, 8), (6, 16)]
ADAM7 = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def paeth(a: int, b: int, c: int) -> int:
    return min((a, b, c), key=lambda value: abs(a + b - c - value))


def filtered(rows: list[bytes], step: int, kinds: Sequence[int]) -> bytes:
    """Rows under the filters `kinds`, slowly and as the specification says."""
    out = bytearray()
    above = bytes(len(rows[0]) + step)
    for row, kind in zip(rows, kinds, strict=True):
        row = bytes(step) + row
        out.append(kind)
        for i in range(step, len(row)):
            a, b, c = row[i - step], above[i], above[i - step]
            out.append((row[i] - (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]) & 255)
        above = row
    return bytes(out)


def packed(row: npt.NDArray[np.uint32], depth: int) -> bytes:
    bits = "".join(f"{value:0{depth}b}" for value in row.ravel().tolist())
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def png_raster(samples: npt.NDArray[np.uint32], depth: int, interlaced: bool, filters: Sequence[int]) -> bytes:
    step = max(samples.shape[2] * depth // 8, 1)
    out = b""
    for row, column, down, right in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = samples[row::down, column::right]
        if part.size:
            kinds = [filters[i % len(filters)] for i in range(len(part))]
            out += filtered([packed(line, depth) for line in part], step, kinds)
    return out


def png_file(
    rows: int,
    columns: int,
    depth: int,
    colour: int,
    idats: Sequence[bytes],
    interlaced: bool = False,
    before: bytes = b"",
    after: bytes = b"",
) -> bytes:
    header = struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, interlaced)
    image = b"".join(chunk(b"IDAT", data) for data in idats)
    return SIGNATURE + chunk(b"IHDR", header) + before + image + after + chunk(b"IEND")


@st.composite
def png_files(draw: st.DrawFn) -> bytes:
    colour, depth = draw(st.sampled_from(KINDS))
    rows, columns, interlaced = draw(sides), draw(sides), draw(st.booleans())
    samples = draw(noise((rows, columns, CHANNELS[colour]), 1 << depth))
    filters = draw(st.lists(st.integers(0, 4), min_size=1, max_size=5))
    stream = zlib.compress(png_raster(samples, depth, interlaced, filters), draw(st.integers(0, 9)))
    cut = draw(st.integers(0, len(stream)))
    ancillary = st.builds(chunk, st.sampled_from((b"gAMA", b"tEXt", b"pHYs", b"tRNS", b"prVt")), st.binary())
    before, after = (b"".join(draw(st.lists(ancillary, max_size=2))) for _ in range(2))
    if colour == 3:
        colours = draw(noise((draw(st.sampled_from((1, 1 << depth))), 3), draw(st.sampled_from((2, 256)))))
        before += chunk(b"PLTE", colours.astype(np.uint8).tobytes()) + draw(
            st.sampled_from((b"", chunk(b"tRNS", b"\1")))
        )
    return png_file(rows, columns, depth, colour, [stream[:cut], stream[cut:]], interlaced, before, after)


def rewritten_checksums(file: bytes) -> bytes:
    """A PNG file with the checksums that its chunks should have, as far as they are whole."""
    out, start = bytearray(file), 8
    while start + 12 <= len(out):
        end = start + 12 + int.from_bytes(out[start : start + 4], "big")
        if end > len(out):
            break
        out[end - 4 : end] = zlib.crc32(out[start + 4 : end - 4]).to_bytes(4, "big")
        start = end
    return bytes(out)


# --- damage -------------------------------------------------------------------------------------------------


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """Bytes changed near the front and anywhere, cut short, or with something inserted."""
    out = bytearray(data)
    for _ in range(draw(st.integers(1, 3))):
        where = draw(st.one_of(st.integers(0, min(len(out), 70)), st.integers(0, len(out))))
        what = draw(st.sampled_from(("change", "cut", "insert", "remove")))
        if what == "change" and where < len(out):
            out[where] = draw(st.integers(0, 255))
        elif what == "cut":
            del out[where:]
        elif what == "insert":
            out[where:where] = draw(st.binary(min_size=1, max_size=4))
        else:
            del out[where : where + 2]
    return bytes(out)
