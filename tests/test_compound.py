"""Files in which others lie: archives made here, taken apart and restored; damaged and crafted ones."""

from __future__ import annotations

import contextlib
import gzip
import io
import tarfile
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import arcodec
from arcodec import varint
from arcodec.content import _zipfields
from arcodec.content._finder import find
from arcodec.content._pools import alike
from arcodec.content._zipfields import Fields, Stream
from arcodec.content.base import Parsed
from arcodec.content.compound import Compound
from arcodec.content.netpbm import plain_header
from arcodec.errors import FormatError

COMPOUND = Compound()
quick = settings(deadline=None, max_examples=60)
TEXT = b"".join(b"line %d of a file in another: %d\n" % (i, i * i % 97) for i in range(60))


def picture(seed: int, rows: int = 20, columns: int = 24) -> bytes:
    values = np.random.default_rng(seed).integers(0, 256, (rows, columns, 3), np.uint8)
    return plain_header(rows, columns, 3, False) + values.tobytes()


def zipped(files: dict[str, bytes], *, streamed: bool = False, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    class Unseekable(io.BytesIO):
        def seekable(self) -> bool:
            return not streamed

        def seek(self, *arguments: int) -> int:
            if streamed:
                raise io.UnsupportedOperation
            return super().seek(*arguments)

    file = Unseekable()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return file.getvalue()


def tarred(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


FILES = {
    "zip": zipped({"a.txt": TEXT, "b/": b"", "b/c.txt": TEXT[::-1], "d": b"", "e": b"short"}),
    "zip, streamed": zipped({"a.txt": TEXT, "b.txt": TEXT * 2}, streamed=True),
    "zip, stored": zipped({"a.txt": TEXT, "b.ppm": picture(1)}, method=zipfile.ZIP_STORED),
    "zip after a program": b"#!/bin/sh\nexit\n" * 9 + zipped({"a.txt": TEXT}),
    "two zips": zipped({"a.txt": TEXT}) + zipped({"a.txt": TEXT * 2}),
    "gzip": gzip.compress(TEXT, mtime=7),
    "gzip of two members": gzip.compress(TEXT, mtime=7) + gzip.compress(TEXT * 2, 1, mtime=7),
    "gzip with a wrong sum": gzip.compress(TEXT, mtime=7)[:-8] + b"12345678",
    "zlib": b"stream\n" + zlib.compress(TEXT, 9) + b"\nendstream",
    "zlib, cut before its sum": b"stream\n" + zlib.compress(TEXT, 9)[:-2],
    "pdf": b"%PDF-1.7\n1 0 obj <</Width 24 /Height 20 /BitsPerComponent 8 /Filter /FlateDecode>>\nstream\n"
    + zlib.compress(picture(5)[-1440:])
    + b"\nendstream\nendobj\n2 0 obj <</Length 99>> stream\n"
    + zlib.compress(TEXT)
    + b"\nendstream\n",
    "tar of images": tarred({f"{i}.ppm": picture(i) for i in range(4)} | {"notes.txt": TEXT}),
    "tar.gz": gzip.compress(tarred({"a.ppm": picture(1), "b.zip": zipped({"x": TEXT})}), mtime=7),
}


def taken_apart(data: bytes) -> Parsed:
    parsed = COMPOUND.parse(data)
    assert parsed is not None
    assert all(plane.size and plane.dtype == np.uint8 for plane in parsed.planes)
    return parsed


@pytest.mark.parametrize("name", FILES)
def test_each_comes_back(name: str) -> None:
    data = FILES[name]
    parsed = taken_apart(data)
    assert COMPOUND.restore([np.array(plane) for plane in parsed.planes], parsed.recipe) == data
    packed = arcodec.compress(data, level=1)
    assert arcodec.decompress(packed) == data
    assert [frame.content for frame in arcodec.info(packed).frames] == ["compound"]


def test_what_follows_from_the_rest_is_not_kept() -> None:
    parsed = taken_apart(FILES["zip"])
    kept = b"".join(plane.tobytes() for plane in parsed.planes)
    for text in (TEXT, TEXT[::-1]):
        assert text in kept
        assert zlib.crc32(text).to_bytes(4, "little") not in kept


def test_images_of_a_tar_share_a_plane() -> None:
    planes = taken_apart(FILES["tar of images"]).planes
    assert (80, 24, 3) in [plane.shape for plane in planes]


def test_a_picture_of_a_pdf_is_a_picture() -> None:
    assert (20, 24, 3) in [plane.shape for plane in taken_apart(FILES["pdf"]).planes]


def test_images_alike() -> None:
    scene = np.random.default_rng(3).integers(0, 256, (60, 90, 3), np.uint8)
    assert alike(scene[:50, :64], scene[7:57, 9:73])
    assert not alike(scene[:50, :64], scene[::-1, ::-1][:50, :64])
    assert not alike(np.zeros((9, 3, 1), np.uint8), scene[:9, :3, :1])


def test_an_archive_of_nothing_is_raw() -> None:
    for data in (zipped({}), tarred({"a.txt": TEXT}), b"", b"\x1f\x8b\x08\0", TEXT):
        assert COMPOUND.parse(data) is None


def test_a_bomb_is_left_as_it_is() -> None:
    bomb = gzip.compress(bytes(1 << 26), mtime=7)
    assert COMPOUND.parse(bomb) is None


@given(st.sampled_from(sorted(FILES)), st.data())
@quick
def test_damaged_files_come_back(name: str, draw: st.DataObject) -> None:
    data = bytearray(FILES[name])
    for _ in range(draw.draw(st.integers(1, 4))):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    cut = draw.draw(st.integers(0, 40))
    file = bytes(data[: len(data) - cut])
    parsed = COMPOUND.parse(file)
    if parsed:
        assert COMPOUND.restore(parsed.planes, parsed.recipe) == file


@given(st.sampled_from(sorted(FILES)), st.data())
@quick
def test_damaged_recipes_are_refused_or_give_something(name: str, draw: st.DataObject) -> None:
    parsed = taken_apart(FILES[name])
    recipe = bytearray(parsed.recipe)
    for _ in range(draw.draw(st.integers(1, 3))):
        recipe[draw.draw(st.integers(0, len(recipe) - 1))] = draw.draw(st.integers(0, 255))
    with contextlib.suppress(FormatError):
        COMPOUND.restore(parsed.planes, bytes(recipe[: draw.draw(st.integers(0, len(recipe)))]))
    with contextlib.suppress(FormatError):
        COMPOUND.restore(parsed.planes, bytes(recipe))


@pytest.mark.parametrize(
    "recipe",
    [
        [0, 5, 0, 9],
        [0, 4, 1],
        [0, 6, 0],
        [9, 0, 0, 0],
        [9, 1, 0, 0, 0, 5, 0],
        [9, 1, 0, 2, 30, 0, 5, 0, 0],
        [9, 1, 0, 5 << 2, 0, 5, 0, 0],
        [*([9, 1, 0, 0] * 9), 0, 5, 0, *([0] * 9)],
        [1, 1, 5, 1, 5, 0],
        [3, 0, 0],
        [40, 0, 0],
        [1, 0, 1 << 20],
    ],
)
def test_crafted_recipes(recipe: list[int]) -> None:
    plane = np.arange(5, dtype=np.uint8)
    with pytest.raises(FormatError):
        COMPOUND.restore([plane], b"".join(map(varint.write, recipe)))


marked = st.lists(
    st.one_of(
        st.binary(max_size=60),
        st.sampled_from([b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08", bytes(30), b"name"]),
    ),
    max_size=12,
).map(b"".join)


@given(st.lists(st.tuples(marked, st.binary(max_size=9), st.integers(0, 60), st.integers(0, 4)), max_size=6), marked)
@settings(deadline=None, max_examples=300)
def test_fields_are_undone(parts: list[tuple[bytes, bytes, int, int]], last: bytes) -> None:
    there, back = Fields(back=False), Fields(back=True)
    position = 0
    for gap, content, header, trailer in [*parts, (last, b"", 0, 0)]:
        stream = Stream.of(content, len(content) + 3)
        header = min(header, len(gap))
        changed = bytearray(gap)
        there.gap(changed, position, stream, header, trailer)
        back.gap(changed, position, stream, header, trailer)
        assert changed == gap
        position += len(gap) + len(content) + 3


@pytest.mark.parametrize(
    "mark",
    [b"PK\x03\x04", b"\x1f\x8b\x08\x08", b"x\x9c", b"x\x01\0\x10\0\xef\xff", b"\xff\xd8\xff\xda\0\x02", b"ustar\0",
     b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", b"x\x01" + b"\0\0\0\xff\xff"],
)  # fmt: skip
def test_marks_without_anything_behind_them(mark: bytes) -> None:
    assert not list(find(mark * 3000))


def test_trailers_are_all_known() -> None:
    assert set(_zipfields._TRAILERS) == set(range(1, _zipfields.DESCRIPTOR + 1))
