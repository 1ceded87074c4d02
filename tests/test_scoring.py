"""Scores: the bits of files, where they go, maps of them, and the verb."""

from __future__ import annotations

import csv
import io
import json
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import arcodec
from arcodec import compressor, maps, regions, scoring
from arcodec.cli import main
from arcodec.compressor import Options
from arcodec.errors import LimitError, ModelError
from arcodec.scoring import Score, score_stream
from tests import laws
from tests.compound_files import gif_file, gzip_file, zip_file
from tests.make_vectors import drawing, picture
from tests.sound_files import tone, wav
from tests.test_api import ppm
from tests.test_store import packed_model

LOG = [
    b"%02d:%02d:%02d INFO worker-%d: job %d done in %d ms\n"
    % (k // 3600, k // 60 % 60, k % 60, k % 7, 4000 + k, k * 37 % 900)
    for k in range(1500)
]
NOISE = bytes(np.random.default_rng(3).integers(0, 256, 3000, np.uint8))


def corrupted(line: int) -> bytes:
    """The log, one line of which holds other characters."""
    lines = list(LOG)
    letters = np.random.default_rng(4).integers(33, 127, len(lines[line]) - 1, np.uint8)
    lines[line] = letters.tobytes() + b"\n"
    return b"".join(lines)


def patched(rows: int, columns: int, top: int, left: int) -> bytes:
    """A smooth picture with a patch of noise in it, as a PPM."""
    pixels = np.frombuffer(picture(rows, columns, 3), np.uint8).reshape(rows, columns, 3).copy()
    pixels[top : top + 16, left : left + 16] = np.random.default_rng(5).integers(0, 256, (16, 16, 3))
    return b"P6\n%d %d\n255\n" % (columns, rows) + bytes(pixels)


FILES = {
    "nothing": b"",
    "a byte": b"x",
    "few bytes": bytes(range(20)),
    "constant": b"z" * 5000,
    "noise": NOISE,
    "text": b"".join(LOG[:200]),
    "ppm": ppm(40, 60),
    "gray": ppm(40, 60, 1),
    "graphics": b"P6\n90 60\n255\n" + drawing(60, 90, 3),
    "gzip": gzip_file(b"".join(LOG[:100])),
    "zip": zip_file({"a.txt": b"".join(LOG[:90]), "b.ppm": ppm(30, 40)}),
    "gif": gif_file(bytes(k % 7 for k in range(600)), 30),
    "several": zip_file({"a.txt": b"".join(LOG[:90]), "b.ppm": ppm(30, 40), "c.ppm": ppm(32, 41)}),
    "wav": wav(tone(900, 2, 16), 2),
}


@pytest.mark.parametrize("name", FILES)
def test_a_score_is_what_compressing_takes(name: str) -> None:
    laws.check_score(FILES[name], level=1)


@pytest.mark.parametrize("options", [{"model": "order0"}, {"level": 5}, {"model": "pixels-1"}])
def test_under_any_model(options: dict[str, object]) -> None:
    laws.check_score(FILES["ppm"], **options)


@settings(max_examples=30)
@given(st.binary(max_size=300) | st.binary(min_size=1, max_size=5).map(lambda data: data * 40))
def test_any_bytes(data: bytes) -> None:
    laws.check_score(data, model="order0")
    score = arcodec.score(data, model="order0", mapped=True)
    assert abs(sum(float(p.strip.sum()) for p in score.planes if p.strip is not None) - score.bits) < 0.01
    maps.draw("any", score, score.dearest(3))


def test_chunks_and_threads_do_not_matter() -> None:
    data = b"".join(LOG) * 70
    assert len(data) > 1 << 22
    options = {"level": 1, "model": "order0"}
    one, two = (arcodec.score(data, threads=n, mapped=True, **options) for n in (1, 3))  # type: ignore[arg-type]
    assert one.bits == two.bits
    assert one.dearest(5) == two.dearest(5)
    starts, bits = one.planes[0].lines.all()  # type: ignore[union-attr]
    assert len(bits) == 70 * len(LOG)
    assert bytes(data[starts[9] : starts[10]]) == LOG[9]
    assert abs(bits.sum() - one.bits) < 1


def test_long_strips_are_summed(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(LOG)
    whole = arcodec.score(data, model="order0", mapped=True).planes[0]
    monkeypatch.setattr(scoring, "STEPS", 1000)
    plane = arcodec.score(data, model="order0", mapped=True).planes[0]
    assert plane.step == 1 << (len(data) // 1000).bit_length()
    assert plane.strip is not None
    assert whole.strip is not None
    assert abs(float(plane.strip.sum()) - plane.bits) < 1
    assert np.allclose(plane.strip[0], whole.strip[: plane.step].sum(), rtol=1e-4)


def test_slabs_are_one_picture_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compressor, "SLAB", 4000)
    data = patched(64, 48, 32, 16)
    score = arcodec.score(data, model="pixels-1", mapped=True)
    pictures = [plane for plane in score.planes if plane.heat is not None]
    assert [plane.shape for plane in pictures] == [(64, 48, 3)]
    assert pictures[0].picture is not None
    assert pictures[0].picture.tobytes() == data[-64 * 48 * 3 :]
    assert score.dearest(1)[0].box == (16, 32, 16, 16)


def test_errors() -> None:
    with pytest.raises(ModelError, match="codes images"):
        arcodec.score(b"no image", model="pixels-1")
    with pytest.raises(ValueError, match="level"):
        arcodec.score(b"", level=0)
    with pytest.raises(LimitError):
        score_stream(io.BytesIO(NOISE), Options(memory_limit=1000))


# Where it is dear


@pytest.mark.parametrize("line", [3, 700, 1499])
def test_a_corrupted_line_is_the_dearest(line: int) -> None:
    data = corrupted(line)
    score = arcodec.score(data, mapped=True, level=1)
    region = score.dearest(3)[0]
    assert region.line == line + 1
    assert data[region.start : region.start + region.length] == data.splitlines(keepends=True)[line]


@pytest.mark.parametrize(("top", "left"), [(32, 48), (96, 0)])
def test_a_foreign_patch_is_the_dearest(top: int, left: int) -> None:
    region = arcodec.score(patched(128, 96, top, left), mapped=True, level=1).dearest(3)[0]
    assert region.box == (left, top, 16, 16)


def test_noise_among_other_bytes_is_the_dearest() -> None:
    data = bytes(20_000) + NOISE[:200] + bytes(range(256)) * 60
    regions = arcodec.score(data, mapped=True, level=1).dearest(4)
    assert all(20_000 - 64 <= region.start < 20_200 for region in regions)
    assert all(region.line is None for region in regions)


def test_regions_of_sound_are_in_symbols() -> None:
    score = arcodec.score(FILES["wav"], mapped=True, level=1)
    (number, plane) = next((k, p) for k, p in enumerate(score.planes) if p.unit == "sample")
    assert plane.shape == (900, 2, 4)
    for region in plane.dearest(number, 50):
        assert region.start % 8 == 0
        assert region.start + region.length <= 7200


@given(st.lists(st.sampled_from([b"a", b"b\n", b"\n", b"c"]), max_size=60), st.integers(1, 9))
def test_lines_in_pieces(parts: list[bytes], size: int) -> None:
    data = b"".join(parts)
    lines = regions.Lines()
    for start in range(0, len(data), size):
        piece = np.frombuffer(data[start : start + size], np.uint8)
        lines.add(piece, piece.astype(np.float32))
    starts, bits = lines.all()
    found = [data[a:b] for a, b in pairwise(starts)]
    assert found == data.splitlines(keepends=True)
    assert bits.tolist() == [sum(line) for line in found]


# Maps


def mapped(data: bytes, name: str = "x") -> tuple[Score, maps.Map]:
    score = arcodec.score(data, mapped=True, level=1)
    return score, maps.draw(name, score, score.dearest(5))


def test_a_picture_gets_a_picture() -> None:
    _, drawn = mapped(patched(64, 48, 16, 16))
    assert drawn.suffix == ".png"
    with Image.open(io.BytesIO(drawn.data)) as image:
        assert image.size == (48, 64)
        light = np.asarray(image.convert("L")).astype(float)
    assert light[18:30, 18:30].mean() > 2 * np.delete(light, slice(12, 36), axis=0).mean()


def test_large_pictures_are_drawn_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps.heat, "LARGEST", 20)
    with Image.open(io.BytesIO(mapped(patched(64, 48, 16, 16))[1].data)) as image:
        assert image.size == (12, 16)


def test_a_text_gets_a_page() -> None:
    odd = "<script>alert('é')</script> & \x01 \ud7ff \U0001f600\r\n".encode() + b"\xff\xfe\t\n\nlast"
    data = corrupted(20) + odd
    _, drawn = mapped(data, "<b>.log")
    page = drawn.data.decode()
    assert drawn.suffix == ".html"
    assert "<script" not in page
    assert "<b>.log" not in page
    assert "\\x01" in page
    assert "\\xff" in page
    assert page.count('<span id="L') == len(LOG) + 4
    assert '<span id="L21" class=dear title="' in page
    shown = re.sub("<[^>]*>", "", page.partition("<pre>")[2].partition("</pre>")[0])
    assert "alert('é')" in shown
    assert "prefers-color-scheme: dark" in page
    assert not re.search(r"""(src|href)=["'](?!#)""", page)  # self-contained


def test_other_files_get_a_plot() -> None:
    for name in ("noise", "wav", "few bytes", "several"):
        score, drawn = mapped(FILES[name], "a & b")
        assert drawn.suffix == ".svg"
        root = ElementTree.fromstring(drawn.data)
        texts = [element.text or "" for element in root.iter()]
        assert any("a & b" in text for text in texts)
        assert len([t for t in texts if " by " in t and "; " not in t]) <= len(score.planes) + 1
    assert "plane" in drawn.note or "file" in drawn.note


def test_a_text_in_a_file_gets_a_page() -> None:
    for name in ("gzip", "nothing", "a byte", "constant"):
        score, drawn = mapped(FILES[name])
        assert drawn.suffix == ".html"
        assert drawn.data.decode().count('<span id="L') == (100 if name == "gzip" else min(score.size, 1))


def contrast(first: str, second: str) -> float:
    """Of two colours, as WCAG 2 has it."""

    def luminance(colour: str) -> float:
        channels = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted([luminance(first), luminance(second)])
    return (high + 0.05) / (low + 0.05)


def test_coloured_characters_can_be_read() -> None:
    assert all(contrast(colour, "#111111") > 4.5 for colour in maps.text._LIGHT)
    assert all(contrast(colour, "#f2f2f2") > 4.5 for colour in maps.text._DARK)


# The verb


def test_the_verb_sorts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("text", "noise", "ppm"):
        Path(name).write_bytes(FILES[name])
    orders = {
        "rate": ["noise", "ppm", "text"],
        "bits": ["ppm", "text", "noise"],
        "size": ["text", "ppm", "noise"],
        "name": ["noise", "ppm", "text"],
        "given": ["text", "noise", "ppm"],
    }
    for order, names in orders.items():
        assert main(["score", "-m", "order0", "--csv", "--sort", order, "text", "noise", "ppm"]) == 0
        rows = list(csv.DictReader(io.StringIO(capfd.readouterr().out)))
        assert [row["name"] for row in rows] == names
    assert main(["score", "-m", "order0", "--csv", "--reverse", "text", "noise"]) == 0
    assert capfd.readouterr().out.splitlines()[1].startswith("text,")


def test_the_verb_in_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("in").mkdir()
    Path("in/log").write_bytes(corrupted(900))
    Path("in/p.ppm").write_bytes(patched(64, 48, 16, 16))
    assert main(["score", "-r1", "--json", "--top", "1", "--map", "out", "in"]) == 0
    tree = json.loads(capfd.readouterr().out)
    files = {file["name"]: file for file in tree["files"]}
    log, image = files["in/log"], files["in/p.ppm"]
    assert log["dearest"][0]["line"] == 901
    assert [image["dearest"][0][key] for key in ("left", "top", "width", "height")] == [16, 16, 16, 16]
    assert Path(log["map"]) == Path("out/in/log.html")
    assert Path(image["map"]).read_bytes().startswith(b"\x89PNG")
    assert image["symbol"] == "subpixel"
    assert abs(sum(plane["bits"] for plane in image["planes"]) - image["bits"]) < 0.01
    assert tree["totals"]["size"] == log["size"] + image["size"]
    assert main(["score", "-r1", "--map", "out", "in"]) == 1  # the maps exist
    assert capfd.readouterr().err.count("-f replaces it") == 2
    assert main(["score", "-r1q", "--top", "2", "-f", "--map", "out", "in"]) == 0
    out = capfd.readouterr().out
    assert "line 901" in out
    assert "columns 16 to 31, rows 16 to 31" in out


def test_a_model_file_need_not_be_installed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    model, data = tmp_path / "letters.safetensors", tmp_path / "data"
    model.write_bytes(packed_model())
    data.write_bytes(b"tea eat ate " * 20)
    assert main(["score", "-m", str(model), str(data)]) == 0
    assert "raw" in capfd.readouterr().out
