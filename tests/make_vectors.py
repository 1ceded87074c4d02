"""Adds golden and hostile files that are not there yet; never changes one that is. Run: python -m tests.make_vectors

A golden vector is an input, the .arcz it became, and the options. Once released it stays for ever:
it must decode to its input, and as long as its model is the current one, compressing must give it again.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

import arcodec
from arcodec import container
from arcodec.container import Chunk, Header, Writer
from arcodec.content import _deflate
from arcodec.models import conversions, jpeg_blocks, store
from tests import adapted_files, array_files, jpeg_files
from tests.compound_files import deflated, gif_file, gzip_file, pdf_file, tiff_file, type1_file, zip_file
from tests.content_files import chunk, png_file, png_raster
from tests.deflate_writer import FIXED, Bits, Token, put_tokens
from tests.net_files import TINY, net_file, net_input
from tests.programs import elf_file, machine_code
from tests.sound_files import aiff, piece, tone, wav

HERE = Path(__file__).parent
VECTORS = HERE / "vectors"
HOSTILE = HERE / "hostile"

TEXT = b"".join(
    b"%d. The quick brown fox jumps over the lazy dog; %d times in all.\n" % (i, i * i) for i in range(40)
)


def picture(rows: int, columns: int, channels: int) -> bytes:
    """A smooth image with some noise and an edge, as raster bytes; integer arithmetic only."""
    y, x, c = np.indices((rows, columns, channels))
    noise = (y * 7919 + x * 104729 + c * 1299709) % 65537 % 5
    return bytes(((y * 3 + x * 2 + c * 40 + noise + 60 * (x > y)) % 256).astype(np.uint8))


def grainy(rows: int, columns: int) -> bytes:
    """Three channels, smooth but for a grain that no model foresees."""
    y, x, c = np.indices((rows, columns, 3))
    grain = (y * columns + x) * 3 + c + 12345
    for _ in range(3):
        grain = (grain * 1103515245 + 12345) % 2**31 ^ grain >> 7
    return bytes(((y * 3 + x * 2 + c * 40 + (grain >> 9) % 24) % 256).astype(np.uint8))


def deep(rows: int, columns: int, channels: int, mosaic: bool = False) -> bytes:
    """The same of 16-bit samples, high byte first, whose steps are no multiples of anything."""
    y, x, c = np.indices((rows, columns, channels))
    noise = (y * 7919 + x * 104729 + c * 1299709) % 65537 % 190
    image = y * 301 + x * 217 + c * 4001 + noise + 6007 * (x > y) + mosaic * (9000 * (y % 2) + 15000 * (x % 2))
    return bytes((image % 65536).astype(">u2"))


def replicated(rows: int, columns: int) -> bytes:
    """Gray samples of 10 bits, made 16 by their high bits once more."""
    v = np.frombuffer(deep(rows, columns, 1), ">u2").astype(int) >> 6
    return bytes((v << 6 | v >> 4).astype(">u2"))


def curved(rows: int, columns: int) -> bytes:
    """Gray samples of some 200 values, all of them squares."""
    v = np.frombuffer(deep(rows, columns, 1), ">u2").astype(int) // 300
    return bytes((v * v).astype(">u2"))


def drawing(rows: int, columns: int, channels: int) -> bytes:
    """Frames, stripes and a repeated sign on a plain ground, as raster bytes."""
    y, x, c = np.indices((rows, columns, channels))
    image = np.full((rows, columns, channels), 240)
    image[(y % 20 < 2) | (x % 30 < 2)] = 90
    sign = (y % 20 - 8) ** 2 + (x % 30 - 12) ** 2 < 20
    image[sign] = (40 + 50 * c + y // 20 * 16)[sign]
    return bytes(image.astype(np.uint8))


def converted(source: int, layout: int) -> bytes:
    """A PPM that was luma and chroma (`arcodec.models.conversions`), with one pixel that was not."""
    rows, columns = 88, 104
    y, x, c = np.indices((rows, columns, 2))
    noise = (y * 7919 + x * 104729 + c * 1299709) % 65537
    luma = (30 + y + x // 2 + noise % 7)[..., :1].astype(np.uint8)
    shape = conversions.cells_shape(rows, columns, layout)
    chromas = (140 + 4 * c + (x + y) // 16 + noise % 3)[: shape[0], : shape[1]].astype(np.uint8)
    nothing = np.zeros(0, np.uint8)
    made = conversions.Converted(source, layout, luma, chromas, nothing, nothing.reshape(0, 3))
    pixels = conversions.restore(made)
    pixels[20, 30] += 9
    return b"P6\n%d %d\n255\n" % (columns, rows) + pixels.tobytes()


def bmp(rows: int, columns: int) -> bytes:
    """A 24-bit BMP, rows padded."""
    stride = -(-columns * 3 // 4) * 4
    raster = np.frombuffer(picture(rows, columns, 3), np.uint8).reshape(rows, columns * 3)
    padded = np.zeros((rows, stride), np.uint8)
    padded[:, : columns * 3] = raster
    sizes = [54 + rows * stride, 0, 54, 40, columns, rows, 1 | 24 << 16, 0, rows * stride, 0, 0, 0, 0]
    return b"BM" + np.array(sizes, "<u4").tobytes() + padded.tobytes()


def indexed_bmp(rows: int, columns: int) -> bytes:
    """A BMP of 4 bits a pixel, top row first, with a table of nine colours and bits in the padding."""
    stride = -(-columns * 4 // 32) * 4
    y, x = np.indices((rows, stride))
    raster = ((y // 4 + x // 3) % 9 * 16 + (y // 5 + x // 2) % 9).astype(np.uint8)
    table = (np.arange(36) * 83 % 251).astype(np.uint8)
    sizes = [
        54 + len(table) + raster.size,
        0,
        54 + len(table),
        40,
        columns,
        2**32 - rows,
        1 | 4 << 16,
        0,
        0,
        0,
        0,
        9,
        0,
    ]
    return b"BM" + np.array(sizes, "<u4").tobytes() + table.tobytes() + raster.tobytes()


def pbm(rows: int, columns: int) -> bytes:
    """Stripes and a screen, one bit a pixel."""
    y, x = np.indices((rows, columns))
    bits = (x // 7 % 2) ^ ((y * x // 9 + y) % 3 == 0)
    return b"P4\n%d %d\n" % (columns, rows) + np.packbits(bits.astype(np.uint8), axis=1).tobytes()


def text(rows: int, columns: int) -> bytes:
    """A plain PPM as Netpbm writes it, six pixels a line."""
    lines = np.frombuffer(picture(rows, columns, 3), np.uint8).reshape(rows, columns, 3).tolist()
    out = b"P3\n%d %d\n255\n" % (columns, rows)
    for line in lines:
        pixels = [b"%d %d %d" % tuple(pixel) for pixel in line]
        out += b"".join(b"  ".join(pixels[x : x + 6]) + b"\n" for x in range(0, columns, 6))
    return out


LETTERS = store.pack(
    {"counts": np.where(np.isin(np.arange(256), list(b" etaoinshr")), 90, 1).astype(np.uint16)},
    {
        "architecture": "order0",
        "symbols": "bytes",
        "provenance": "frequent letters of English",
        "licence": "CC0-1.0",
        "command": "python -m tests.make_vectors",
    },
)

# One for each variant of a byte model.
SAMPLES = {
    "zeros": b"\0\1\0" + bytes(4000) + b"\1",
    "numbers": np.cumsum(np.arange(3000) % 17).astype("<u2").tobytes(),
    "prose": b"It was late when the last of the guests had gone, and the old house was quiet again. She sat down by "
    b"the window with a letter in her hand, and read it for the second time; then she put it away.\n" * 2,
    "markup": b"".join(
        b'<li class="item"><a href="/pages/%d.html">Page %d</a></li>\n{"id": %d, "name": "value", "price": %d.50},\n'
        % (i, i, i, i * i % 90)
        for i in range(12)
    ),
    "program": elf_file(machine_code(70_000))[0].tobytes(),
}


def odd_stream(content: bytes, distance: int) -> bytes:
    """Deflate as nobody writes it: copies of 4 to 9 bytes from one distance, short blocks, empty stored ones."""
    out, at = Bits(), 0
    while at < len(content):
        tokens: list[Token] = []
        while at < len(content) and len(tokens) < 150:
            length = 4 + at % 6
            if at >= distance and content[at : at + length] == content[at - distance :][:length]:
                tokens.append((length, distance))
                at += length
            else:
                tokens.append((content[at], 0))
                at += 1
        out.put(0 | 1 << 1, 3)
        put_tokens(out, tokens, (FIXED, [5] * 32))
        out.put(0, 3)
        out.align(0x55)
        out.put(0xFFFF << 16, 32)
    out.put(1 | 1 << 1, 3)
    put_tokens(out, [], (FIXED, [5] * 32))
    return out.bytes(0xFF)


def png(
    samples: bytes,
    shape: tuple[int, int, int],
    kind: tuple[int, int],
    filters: tuple[int, ...],
    recipe: bytes | None,
    interlaced: bool = False,
    part: int = 1 << 30,
    around: tuple[bytes, bytes] = (b"", b""),
) -> bytes:
    """A PNG whose stream is what this recipe makes of its rows: zlib's own differs between its builds."""
    values = np.frombuffer(samples, ">u2" if kind[1] == 16 else "u1").reshape(shape)
    raster = png_raster(values, kind[1], interlaced, filters)
    stream = odd_stream(raster, shape[1] + 1) if recipe is None else _deflate.replay(raster, recipe)
    stream = b"\x78\x9c" + stream + zlib.adler32(raster).to_bytes(4, "big")
    parts = [stream[start : start + part] for start in range(0, len(stream), part)]
    return png_file(shape[0], shape[1], kind[1], kind[0], parts, interlaced, *around)


def png_files() -> dict[str, bytes]:
    """PNG of several types, encoders and flaws."""
    text = chunk(b"tEXt", b"Software\0none")
    table = chunk(b"PLTE", (np.arange(48) * 97 % 256).astype(np.uint8).tobytes())
    indices = (np.frombuffer(drawing(40, 56, 1), np.uint8) // 16).tobytes()
    return {
        "rgb": png(drawing(60, 64, 3), (60, 64, 3), (2, 8), (0, 1, 2, 3, 4), b"\x16", around=(text, b"")),
        "rgba": png(drawing(40, 48, 4), (40, 48, 4), (6, 8), (4,), b"\x20", part=500),
        "indexed-adam7": png(indices, (40, 56, 1), (3, 4), (0,), b"\x14", True, around=(table, text)),
        "gray-16": png(deep(24, 30, 1), (24, 30, 1), (0, 16), (2, 0), b"\x08") + b"trailing",
        "stored": png(picture(20, 30, 1), (20, 30, 1), (0, 8), (1,), b"\x28"),
        "sorted-codes": png(drawing(50, 60, 1), (50, 60, 1), (0, 8), (0,), bytes([0x94, 2, 12, 3, 13, 2])),
        "planned": png(drawing(90, 120, 3), (90, 120, 3), (2, 8), (3, 1, 4), b"\x35"),
        "odd": png(drawing(50, 60, 1), (50, 60, 1), (0, 8), (0,), None),
        "animated": animated(),
    }


def animated() -> bytes:
    """A PNG of three frames: one as large as the first picture, in two chunks, and one of other columns."""
    whole = np.frombuffer(drawing(90, 40, 3), np.uint8).reshape(90, 40, 3).astype(np.uint32)
    streams = []
    for picture in (whole[:45], whole[45:], whole[:20, :30]):
        raster = png_raster(picture, 8, False, [1, 2, 4])
        streams.append(b"\x78\x9c" + deflated(raster) + zlib.adler32(raster).to_bytes(4, "big"))
    frames = b""
    for number, rows, columns, parts in ((1, 45, 40, (streams[1][:99], streams[1][99:])), (4, 20, 30, streams[2:])):
        frames += chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, columns, rows, 0, 0, 1, 10, 0, 0))
        for k, part in enumerate(parts):
            frames += chunk(b"fdAT", struct.pack(">I", number + 1 + k) + part)
    return png_file(45, 40, 8, 2, streams[:1], False, chunk(b"acTL", struct.pack(">II", 3, 0)), frames)


def from_jpeg(layout: int, rows: int, columns: int) -> bytes:
    """A picture of coefficients, as PGM or PPM: brightness in waves, a few frequencies."""
    shape = (rows, columns, 1 if layout == jpeg_blocks.GRAY else 3)
    shapes = jpeg_blocks.planes_shapes(shape, layout)
    tables = jpeg_blocks.standard_tables()
    blocks = []
    for k, (height, width) in enumerate(shapes):
        number = np.arange((height // 8) * (width // 8))
        own = np.zeros((len(number), 64), np.int16)
        own[:, 0] = number * 7 % 29 - 14
        for frequency in range(1, 64):
            rarely = 1 + 3 * (frequency // 8 + frequency % 8)
            own[:, frequency] = (number * frequency % 3 - 1) * (number * 31 % rarely == 0) * (k == 0 or rarely < 9)
        blocks.append(own)
    steps = np.stack([tables[174 if k else 74] for k in range(len(shapes))])
    strips = tuple(np.full(s, 120, np.uint8) for p in shapes for s in jpeg_blocks.strips_shapes(p))
    patches = (jpeg_blocks.NO_PATCH,) * len(shapes)
    pixels = jpeg_blocks.restore(jpeg_blocks.Blocks(layout, steps, np.concatenate(blocks), strips, patches), shape)
    return b"P%d\n%d %d\n255\n" % (5 if shape[2] == 1 else 6, columns, rows) + pixels.tobytes()


def stretched(rows: int, columns: int) -> bytes:
    """A gray image that lost a third of its levels and was stretched over them again."""
    levels = np.frombuffer(picture(rows, columns, 1), np.uint8).astype(np.int64)
    return b"P5\n%d %d\n255\n" % (columns, rows) + (levels * 2 // 3 * 3 // 2).astype(np.uint8).tobytes()


# The same for a pixel model; one of gray too.
PICTURES = {
    "rgb": b"P6\n41 33\n255\n" + picture(33, 41, 3),
    "gray": b"P5\n40 30\n255\n" + picture(30, 40, 1),
    **{f"{name}-{layout}": converted(k, layout) for k, name in enumerate(("photocd", "jpeg")) for layout in (1, 4)},
    **{f"coefficients-{layout}": from_jpeg(layout, 85, 98) for layout in range(jpeg_blocks.LAYOUTS)},
}

# The same for a model of deep samples.
DEEP_PICTURES = {
    "rgb": b"P6\n37 29\n65535\n" + deep(29, 37, 3),
    "mosaic": b"P5\n42 30\n65535\n" + deep(30, 42, 1, mosaic=True),
}

# The same for a model of a JPEG's coefficients.
JPEGS = {
    "halved": jpeg_files.made(jpeg_files.by_number, 75, 90, [(2, 2), (1, 1), (1, 1)], jpeg_files.whole(3), 7)
    + b"tail",
    "progressive": jpeg_files.made(jpeg_files.by_number, 50, 60, [(1, 1)] * 4, jpeg_files.progressive(4)),
    "cut": jpeg_files.made(jpeg_files.by_number, 90, 80, [(1, 1)], jpeg_files.whole(1))[:-25],
}

# The same for a model of sound.
SOUNDS = {
    "stereo": wav(tone(700, 2, 16), 2),
    "mono": wav(tone(5000, 1, 8), 1),
}

# Vectors that only decode: what wrote them is no longer chosen by any option, or found.
OLD = frozenset({"pgm-16", "png-odd"})

# name: (input, options). Append only.
GOLDEN: dict[str, tuple[bytes, dict[str, object]]] = {
    "empty": (b"", {}),
    "one-byte": (b"x", {}),
    "fill": (b"\0" * 70_000, {}),
    "stored": (bytes(range(256)), {"model": "order0"}),
    "order0": (TEXT, {"model": "order0"}),
    "bytes-1-text": (TEXT, {"model": "bytes-1"}),
    "bytes-1-binary": (np.cumsum(np.arange(3000) % 17).astype("<u2").tobytes(), {"model": "bytes-1"}),
    "pixels-1-rgb": (b"P6\n31 23\n255\n" + picture(23, 31, 3), {"model": "pixels-1"}),
    "pixels-1-gray": (b"P5\n# with a comment\n40 20\n255\n" + picture(20, 40, 1) + b"tail", {"model": "pixels-1"}),
    "pam-rgba": (
        b"P7\nWIDTH 12\nHEIGHT 9\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n" + picture(9, 12, 4),
        {"model": "pixels-1"},
    ),
    "pgm-16": (b"P5\n16 10\n1023\n" + ((np.arange(160) * 37 % 1024).astype(">u2")).tobytes(), {"model": "pixels-1"}),
    "bmp": (bmp(14, 11), {"model": "pixels-1"}),
    "graphics-1-rgb": (b"P6\n96 70\n255\n" + drawing(70, 96, 3), {}),
    **{
        f"pixels-2{tier}-{name}": (data, {"model": f"pixels-2{tier}"})
        for tier in ("-fast", "", "-max")
        for name, data in PICTURES.items()
    },
    "graphics-1-gray": (b"P5\n64 50\n255\n" + drawing(50, 64, 1), {"model": "graphics-1"}),
    "pbm": (pbm(40, 61), {}),
    "netpbm-text": (text(21, 32), {"model": "pixels-2-fast"}),
    "bmp-indexed": (indexed_bmp(40, 52), {}),
    **{f"png-{name}": (data, {"level": 1}) for name, data in png_files().items()},
    "png-odd-again": (png_files()["odd"], {"level": 1}),
    **{
        f"deep-1{tier}-{name}": (data, {"model": f"deep-1{tier}"})
        for tier in ("-fast", "", "-max")
        for name, data in DEEP_PICTURES.items()
    },
    "deep-1-rgba": (
        b"P7\nWIDTH 13\nHEIGHT 11\nDEPTH 4\nMAXVAL 65535\nTUPLTYPE RGB_ALPHA\nENDHDR\n" + deep(11, 13, 4),
        {},
    ),
    **{
        f"pixels-2{tier}-uneven": (stretched(130, 140), {"model": f"pixels-2{tier}"})
        for tier in ("-fast", "", "-max")
    },
    "packed-10-bits": (b"P5\n80 60\n65535\n" + replicated(60, 80), {"level": 1}),
    "packed-listed": (b"P5\n80 60\n65535\n" + curved(60, 80), {"level": 1}),
    **{
        f"coefficients-1{tier}-{name}": (data, {"model": f"coefficients-1{tier}"})
        for tier in ("", "-max")
        for name, data in JPEGS.items()
    },
    "compound-zip": (
        zip_file(
            {
                "a.txt": TEXT,
                "b.ppm": b"P6\n31 23\n255\n" + picture(23, 31, 3),
                "c.ppm": b"P6\n31 20\n255\n" + picture(20, 31, 3),
                "d.gz": gzip_file(TEXT[::-1]),
            }
        ),
        {"level": 1},
    ),
    "compound-pdf": (pdf_file(picture(23, 31, 3), 31, TEXT), {"level": 1}),
    **{
        f"compound-libdeflate-{level}": (gzip_file(TEXT * 9, bytes([53 + level, 0])), {"level": 1})
        for level in (1, 4, 6, 9)
    },
    "compound-gzip": (gzip_file(TEXT) + gzip_file(TEXT * 2) + b"tail", {"level": 5}),
    "compound-jpeg": (
        JPEGS["halved"][:2]
        + jpeg_files.segment(0xE1, b"Exif\0\0" + JPEGS["cut"] + b"\xff\xd9")
        + JPEGS["halved"][2:]
        + JPEGS["progressive"],
        {},
    ),
    "gif": (gif_file(bytes(value % 16 for value in drawing(50, 64, 1)), 64), {"level": 1}),
    **{
        f"tiff-{name}": (tiff_file(grainy(23, 31), 31, compression), {"level": 1})
        for name, compression in (("plain", 1), ("lzw", 5), ("deflate", 8))
    },
    "type1": (type1_file(40), {"level": 1}),
    **{f"npy-{name}": (data, {"level": 1}) for name, data in array_files.FILES.items()},
    "npy-archive": (
        array_files.npz(
            {"a": array_files.walk(500).astype("<i2"), "b": array_files.field(40, 50).astype("<u2")}, deflated=False
        ),
        {},
    ),
    "two-chunks": (bytes(5_300_000) + TEXT, {"model": "order0", "level": 1}),
    "carried-model": (TEXT, {"model": LETTERS, "embed_model": True}),
    **{name: (net_input(name), {"model": net_file(name), "embed_model": True}) for name in TINY},
    "adapted-bytes-1": (adapted_files.LIKE_LINES, {"model": adapted_files.bytes_file, "embed_model": True}),
    "adapted-bytes-1-own": (
        adapted_files.LIKE_LINES,
        {"model": partial(adapted_files.bytes_file, own=True), "embed_model": True},
    ),
    "adapted-bytes-1-other": (
        TEXT[::-1] * 3,
        {"model": adapted_files.bytes_file, "embed_model": True},
    ),
    **{
        f"adapted-pixels-1-{name}": (
            b"P6\n21 19\n255\n" + adapted_files.icon(8, 3, 19, 21).tobytes(),
            {"model": partial(adapted_files.pixels_file, kernels), "embed_model": True},
        )
        for name, kernels in (("graphics", (0,)), ("pixels", (1,)), ("both", (1, 0)))
    },
    **{
        f"bytes-2{tier}-{name}": (data, {"model": f"bytes-2{tier}"})
        for tier in ("-fast", "", "-max")
        for name, data in SAMPLES.items()
    },
    **{
        f"audio-1{tier}-{name}": (data, {"model": f"audio-1{tier}"})
        for tier in ("-fast", "", "-max")
        for name, data in SOUNDS.items()
    },
    "wav-24-bits": (wav(tone(300, 3, 24), 3, extensible=True, after=piece(b"LIST", b"INFO")), {}),
    "wav-32-bits": (wav(tone(300, 1, 32) + np.arange(300)[:, None], 4, stated=0xFFFFFFFF), {}),
    "wav-alike": (wav(tone(400, 1, 12)[:, [0, 0]] * 16 + 5, 2), {}),
    "wav-gaps": (wav(tone(12_000, 1, 8) * 21 // 10, 2), {"level": 1}),
    "aiff": (aiff(tone(300, 2, 16), 2, after=piece(b"ANNO", b"abc", ">")), {}),
    "aiff-sowt": (aiff(tone(300, 1, 16), 2, b"sowt"), {}),
}


def golden(name: str) -> tuple[bytes, dict[str, object]]:
    """Input and options of a vector; a model given by its file's bytes, or what makes them, is written out first."""
    data, options = GOLDEN[name]
    model = options.get("model")
    if callable(model):
        model = model()
    if isinstance(model, bytes):
        path = VECTORS / f"{hashlib.sha256(model).hexdigest()[:12]}{store.SUFFIX}"
        if not path.exists():
            path.write_bytes(model)
        options = options | {"model": str(path)}
    return data, options


def _frame(chunk: Chunk, payload: bytes, header: Header | None = None) -> bytes:
    sink = io.BytesIO()
    Writer(sink, header or Header(0, 1 << 30, None)).add(chunk, payload)
    return sink.getvalue()


def _flip(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


def _good() -> bytes:
    return (VECTORS / "order0.arcz").read_bytes()


def _claim(
    model: int, shape: tuple[int, ...], payload: bytes = b"abc", content: int = 0, memory: int = 1 << 30
) -> bytes:
    header = Header(content, memory, None if content == 0 else 10)
    check = container.check_of(payload, payload)  # right for a stored chunk
    return _frame(Chunk(model, None, shape, True, True, len(payload), check), payload, header)


# name: (how to make it, the error it must raise, what the message says)
BAD: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "empty": (lambda: b"", "TruncatedError", "is empty"),
    "not-arcz": (lambda: b"PK\x03\x04 is a zip", "NotArcodecError", "signature AC 7A"),
    "future-version": (lambda: b"\xac\x7a\xc2" + _good()[3:], "VersionError", "version 2"),
    "unknown-model": (lambda: _claim(50, (100,)), "UnknownModelError", "model 50"),
    "unknown-model-file": (
        lambda: _frame(Chunk(container.BY_ID, b"\xab" * 32, (100,), True, True, 3, 0), b"abc"),
        "UnknownModelError",
        "abababab",
    ),
    "unknown-content": (lambda: _claim(0, (3,), content=99), "VersionError", "content kind 99"),
    "wrong-header-check": (lambda: _flip(_good(), 6), "CorruptError", "header of chunk 0"),
    "wrong-data-check": (lambda: _flip(_good(), 12), "CorruptError", "chunk 0: .* checksum"),
    "wrong-data": (lambda: _flip(_good(), 100), "CorruptError", "chunk 0"),
    "wrong-digest": (
        lambda: _flip((VECTORS / "two-chunks.arcz").read_bytes(), -12),
        "CorruptError",
        "trailer",
    ),
    "cut-header": (lambda: _good()[:9], "TruncatedError", "header of chunk 0"),
    "cut-payload": (lambda: _good()[:-1], "TruncatedError", "data of chunk 0"),
    "garbage-appended": (lambda: _good() + b"garbage", "TrailingDataError", "cut them off"),
    "too-many-symbols": (lambda: _claim(container.FILL, (1 << 31,), b"a"), "CorruptError", "the format allows"),
    "payload-longer-than-symbols": (lambda: _claim(container.BYTES, (2,)), "CorruptError", "claims 3 bytes for 2"),
    "little-memory-claimed": (
        lambda: _claim(container.BYTES, (1 << 29,), memory=1024),
        "CorruptError",
        "more memory",
    ),
    "overlong-varint": (
        lambda: _good()[:5] + b"\x85\x00" + _good()[6:],
        "CorruptError",
        "shortest form",
    ),
    "payload-runs-out": (lambda: _claim(container.ORDER0, (1 << 20,)), "CorruptError", "end after symbol"),
    "payload-goes-on": (lambda: _claim(container.ORDER0, (90,), bytes(90)), "CorruptError", "go on after"),
    "no-such-pixels": (lambda: _claim(container.PIXELS, (5, 5, 2), content=1), "CorruptError", "shape"),
    "no-such-deep-samples": (lambda: _claim(container.DEEP, (5, 5, 3), content=1), "CorruptError", "shape"),
    "no-such-layout": (lambda: _claim(container.DEEP, (6, 6, 2), b"\2\0\0abc", content=1), "CorruptError", "layout"),
    "no-such-coefficients": (lambda: _claim(container.COEFFICIENTS, (5, 100), content=7), "CorruptError", "shape"),
    "components-beyond-the-chunk": (
        lambda: _claim(container.COEFFICIENTS, (9, 128), b"\1\1\xff\x7f\xff\x7f\0\1", content=7),
        "CorruptError",
        "components",
    ),
    "no-jpeg": (lambda: _claim(0, (3,), content=7), "CorruptError", "no coefficients of a JPEG"),
    "no-such-sound": (lambda: _claim(container.AUDIO, (5, 1, 3), content=10), "CorruptError", "shape"),
    "no-such-step": (
        lambda: _claim(container.AUDIO, (40, 1, 4), bytes([255, 0, 0, 0, 0, 0]), content=10),
        "CorruptError",
        "step 0",
    ),
    "raw-of-two-dimensions": (lambda: _claim(container.STORED, (1, 3)), "CorruptError", "no sequence of bytes"),
    "huge-image": (
        lambda: _claim(container.PIXELS_2, (1 << 14, 1 << 14, 3), content=1, memory=1024),
        "CorruptError",
        "more memory",
    ),
    "beside-nothing": (
        lambda: _frame(Chunk(container.STORED, None, (1, 3, 1), True, True, 3, 0, beside=True), b"abc"),
        "CorruptError",
        "is beside another",
    ),
    "planes-missing": (lambda: _claim(0, (3,), content=1), "CorruptError", "make no image"),
    "png-of-no-planes": (lambda: _claim(0, (3,), content=8), "CorruptError", "make no image"),
}


def main() -> None:
    """Write what is missing."""
    for name in GOLDEN:
        data, options = golden(name)
        path = VECTORS / f"{name}.arcz"
        if not path.exists():
            path.write_bytes(arcodec.compress(data, **options))  # type: ignore[arg-type]
            print(f"added {path.name}")
    for name, (make, _, _) in BAD.items():
        path = HOSTILE / f"{name}.arcz"
        if not path.exists():
            path.write_bytes(make())
            print(f"added hostile {path.name}")
    sums = [
        f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n"
        for p in sorted(VECTORS.iterdir())
        if p.suffix != ".txt"
    ]
    (VECTORS / "SHA256SUMS.txt").write_text("".join(sums))


if __name__ == "__main__":
    main()
