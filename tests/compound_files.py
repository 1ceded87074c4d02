"""Archives and images of other kinds for golden files, the same bytes with every version of every library."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from arcodec.content import _deflate, _lzw
from arcodec.content._recipe import Reader
from arcodec.errors import CorruptError

LEVEL_6 = bytes([20, 0])  # the recipe of a deflate stream as zlib writes it


def deflated(content: bytes, recipe: bytes = LEVEL_6) -> bytes:
    """A deflate stream."""
    return _deflate.replay(content, recipe)


def zip_file(files: dict[str, bytes]) -> bytes:
    """A zip file."""
    local, central = b"", b""
    for name, data in files.items():
        packed = deflated(data)
        fields = struct.pack("<HHHHHIII", 20, 0, 8, 0, 33, zlib.crc32(data), len(packed), len(data))
        central += b"PK\x01\x02\x14\x00" + fields + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, len(local))
        central += name.encode()
        local += b"PK\x03\x04" + fields + struct.pack("<HH", len(name), 0) + name.encode() + packed
    end = struct.pack("<HHHHIIH", 0, 0, len(files), len(files), len(central), len(local), 0)
    return local + central + b"PK\x05\x06" + end


def gzip_file(data: bytes, recipe: bytes = LEVEL_6) -> bytes:
    """A gzip file."""
    check = struct.pack("<II", zlib.crc32(data), len(data))
    return b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + deflated(data, recipe) + check


def pdf_file(picture: bytes, columns: int, text: bytes) -> bytes:
    """A PDF file, or what a reader of streams takes for one, with a picture of three channels."""
    rows = len(picture) // columns // 3
    objects = [b"%PDF-1.7\n"]
    head = b"/Width %d /Height %d /BitsPerComponent 8 " % (columns, rows)
    for entries, content in ((head, picture), (b"", text)):
        stream = b"\x78\x9c" + deflated(content) + zlib.adler32(content).to_bytes(4, "big")
        objects.append(b"1 0 obj <<%s/Length %d>>\nstream\n" % (entries, len(stream)) + stream + b"\nendstream\n")
    return b"".join(objects)


def lzw(symbols: bytes, root: int, *, leftward: bool, early: int) -> bytes:
    """An LZW stream of fewer codes than fill a table."""
    array = np.frombuffer(symbols, np.uint8)
    for codes in range(1, 4000):
        recipe = bytes([1, codes & 127 | 128, codes >> 7, 1, 0]) if codes > 127 else bytes([1, codes, 1, 0])
        try:
            return _lzw.encoded(array, Reader(recipe), root, leftward=leftward, early=early)
        except CorruptError:
            continue
    raise ValueError("too many symbols")


def gif_file(indices: bytes, columns: int) -> bytes:
    """A GIF with 16 colours."""
    rows = len(indices) // columns
    coded = lzw(indices, 4, leftward=False, early=0)
    blocks = b"".join(bytes([len(part)]) + part for part in (coded[i : i + 255] for i in range(0, len(coded), 255)))
    colours = bytes(i * 37 % 256 for i in range(48))
    size = struct.pack("<HH", columns, rows)
    return b"GIF89a" + size + b"\xb3\0\0" + colours + b",\0\0\0\0" + size + b"\0\x04" + blocks + b"\0;"


def tiff_file(picture: bytes, columns: int, compression: int) -> bytes:
    """A TIFF with three channels in one strip, of differences unless it is plain."""
    rows = len(picture) // columns // 3
    samples = np.frombuffer(picture, np.uint8).reshape(rows, columns, 3)
    if compression > 1:
        samples = np.diff(samples, axis=1, prepend=np.uint8(0))
    content = samples.tobytes()
    strip = content
    if compression == 5:
        strip = lzw(content, 8, leftward=True, early=1)
    elif compression == 8:
        strip = b"\x78\x9c" + deflated(content) + zlib.adler32(content).to_bytes(4, "big")
    entries = [(256, columns), (257, rows), (258, 8), (259, compression), (273, 8), (277, 3), (278, rows)]
    entries += [(279, len(strip)), (317, 2)][: 2 - (compression == 1)]
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", t, 4, 1, v) for t, v in entries)
    return b"II*\0" + struct.pack("<I", 8 + len(strip)) + strip + directory + bytes(4)


def enciphered(data: bytes, key: int) -> bytes:
    """What the cipher of Type 1 fonts makes of data."""
    out = bytearray()
    for byte in data:
        out.append(byte ^ key >> 8)
        key = (out[-1] + key) * 52845 + 22719 & 0xFFFF
    return bytes(out)


def type1_file(glyphs: int) -> bytes:
    """A Type 1 font."""
    lines = [b"0000/Private 9 dict dup begin\n"]
    for n in range(glyphs):
        text = enciphered(b"\0\0\0\0" + bytes((i * n + 7 * i) % 251 for i in range(30)), 4330)
        lines.append(b"dup %d %d RD " % (n, len(text)) + text + b" NP\n")
    clear = b"%!PS-AdobeFont-1.0: Golden\n/FontName /Golden def\ncurrentfile eexec\n"
    return clear + enciphered(b"".join(lines), 55665) + b"\n" + (b"0" * 64 + b"\n") * 8 + b"cleartomark\n"
