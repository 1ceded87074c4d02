"""The page and the plots of a record of measurements, read as text and in a browser."""

from __future__ import annotations

import io
import json
import math
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import arcodec
from arcodec.bench import chart, heatmap, labels, page
from arcodec.bench.frontier import Point, frontier, left_out, outline, points
from arcodec.bench.record import CodecFacts, Kind, Measurement, Record, Subject, Timing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

HOSTILE = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(2)>",
    "\u202egpj.exe",
    "\x1b[31m\x00\n",
    "</script><!--",
)
OURS, RIVAL = "arcodec -5", "xz -9e"
KINDS: tuple[Kind, ...] = ("bytes", "image", "jpeg", "audio")


def codec(name: str, kinds: tuple[Kind, ...] = KINDS) -> CodecFacts:
    return CodecFacts(name, name.split(" -")[0], "as it comes", "1.0", kinds)


def subject(name: str, kind: Kind = "bytes", size: int = 1000, corpus: str = "") -> Subject:
    shape = (size // 10, 10, 1) if kind == "image" else ()
    return Subject(name, corpus, kind, size, size, "0" * 64, shape)


def done(name: str, by: str, packed: int, seconds: float = 0.01, model: int = 0) -> Measurement:
    timing = [Timing([seconds * part] * 3, [seconds * part] * 3, 10**7) for part in (2, 1)]
    return Measurement(name, by, packed=packed, model=model, encode=timing[0], decode=timing[1])


def sample(*kinds: Kind, hostile: bool = False) -> Record:
    """Two corpora of each kind; of bytes one failure, one file that was skipped and one that was forgotten."""
    record = Record("2026-01-02T03:04+00:00", "arcodec bench --json a.json x", "abc", {"cpu": "some", "cores": 2})
    names = [OURS, "arcodec -9", RIVAL, "xz -1", "gzip -9", "lz4", "zip", *(HOSTILE if hostile else ())]
    record.codecs = [codec(name) for name in names]
    for kind in kinds:
        files = [f"{kind}-{number}" for number in range(4)] + (list(HOSTILE) if hostile else [])
        for number, name in enumerate(files):
            record.subjects.append(
                subject(f"{kind}/{name}" if hostile else name, kind, 1000 + number, f"corpus {number % 2}")
            )
            for rank, by in enumerate(names):
                packed = 250 + 37 * rank + (rank * number) % 7
                record.measurements.append(done(record.subjects[-1].name, by, packed, 0.03 / (rank + 1)))
    for m in record.measurements:
        if m.codec == "gzip -9" and m.subject.endswith("-2"):
            m.status, m.note, m.packed = "failed", HOSTILE[0] if hostile else "what came back differs", 0
        if m.codec == "lz4" and m.subject.endswith("-1"):
            m.status, m.note, m.packed = "skipped", "it would take too long", 0
    record.measurements = [m for m in record.measurements if (m.codec, m.subject[-2:]) != ("zip", "-3")]
    return record


def odd() -> dict[str, Record]:
    """Records with little in them, or with what no arithmetic can be done on."""
    bare = Record("", "", "", {})
    alone = Record("2026-01-02", "x", "", {}, [codec(OURS)], [subject("a")], [done("a", OURS, 300)])
    rival = Record("2026-01-02", "x", "", {}, [codec(RIVAL)], [subject("a")], [done("a", RIVAL, 300)])
    hollow = Record("2026-01-02", "x", "", {}, [codec(OURS), codec(RIVAL)], [subject("a", size=0)])
    hollow.measurements = [done("a", OURS, 9), done("a", RIVAL, 20)]
    still = Record("2026-01-02", "x", "", {}, [codec(OURS), codec(RIVAL)], [subject("a")])
    still.measurements = [done("a", OURS, 300, 0.0), done("a", RIVAL, 400, math.nan)]
    broken = Record("2026-01-02", "x", "", {}, [codec(OURS), codec(RIVAL)], [subject("a")])
    broken.measurements = [Measurement("a", name, "failed", "no") for name in (OURS, RIVAL)]
    tied = Record("2026-01-02", "x", "", {}, [codec(OURS), codec(RIVAL)], [subject("a")])
    tied.measurements = [done("a", OURS, 300, model=70), done("a", RIVAL, 300)]
    every = {"empty": bare, "alone": alone, "rival": rival, "hollow": hollow, "still": still, "broken": broken}
    return {**every, "tied": tied, "unmeasured": Record("", "", "", {}, [codec(OURS)], [subject("a", "image")])}


RECORDS = {**odd(), "bytes": sample("bytes"), "all": sample(*KINDS), "hostile": sample(*KINDS, hostile=True)}


@cache
def text_of(name: str) -> str:
    """The page of one of these."""
    return page.render(RECORDS[name], [_picture()])


# --- the page as text ---


class _Reader(HTMLParser):
    """Checks nesting, and gathers elements with their attributes, and the text that is shown."""

    EMPTY = ("meta", "img", "input", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        assert len(dict(attrs)) == len(attrs), tag
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.mark.parametrize("name", RECORDS)
def test_every_record_makes_a_sound_page(name: str) -> None:
    text = text_of(name)
    read = _Reader(text)
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    names = {attributes.get("aria-labelledby") for _, attributes in read.elements} - {None}
    assert names <= set(ids)
    assert {(attributes.get("href") or "")[1:] for attributes in read.all("a")} <= set(ids)
    assert all(head.get("scope") in ("row", "col", "colgroup") for head in read.all("th"))
    assert len(read.all("caption")) == len(read.all("table"))
    assert len(read.all("main")) == len(read.all("h1")) == 1
    assert not re.search(r"\bnan\b|\binf\b|None|\$\w", read.text)


@pytest.mark.parametrize("name", RECORDS)
def test_the_page_loads_nothing(name: str) -> None:
    text = text_of(name)
    read = _Reader(text)
    for _, attributes in read.elements:
        for key in ("src", "href", "xlink:href", "action", "data", "srcset", "poster"):
            assert (attributes.get(key) or "#").startswith(("#", "data:image/png;base64,"))
        assert not [key for key in attributes if key.startswith("on")]
    assert not read.all("link") + read.all("iframe") + read.all("object")
    assert len(read.all("script")) == 2  # the record and the page's own
    assert not re.search(r"@import|url\(|import\(|fetch\(|XMLHttpRequest|eval\(", text)
    assert set(re.findall(r"https?://[^\s\"'<]+", re.sub(r'id="record".*', "", text))) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


def test_names_do_no_harm_and_are_shown() -> None:
    text = text_of("hostile")
    read = _Reader(text)
    assert len(read.all("img")) == 1  # the picture
    assert "<script>alert(1)</script>" in read.text
    assert "\\u202egpj.exe" in read.text
    assert not {c for c in text if not c.isprintable()} - {"\n"}
    embedded = text.split('id="record">')[1].split("</script>")[0]
    assert "<" not in embedded
    assert [row["name"] for row in json.loads(embedded)["subjects"]] == [s.name for s in RECORDS["hostile"].subjects]


def test_nothing_that_failed_is_dropped() -> None:
    text = _Reader(text_of("bytes")).text
    assert "what came back differs" in text
    assert "it would take too long" in text
    assert "Not drawn: gzip -9 (failed on 1 file), lz4 (skipped on 1 file), zip (not measured on 1 file)." in text


def test_the_first_sentence_is_true_whoever_wins() -> None:
    record = Record("", "", "", {}, [codec(OURS), codec(RIVAL)], [subject("a")])
    record.measurements = [done("a", OURS, 300, 0.4), done("a", RIVAL, 400, 0.01)]
    assert page.lead(record) == [
        "Bytes (1 file, 1,000 bytes): arcodec -5 makes the smallest, 25.0 % smaller in total than those of the best "
        "rival, xz -9e; it takes 40 times as long to encode and 40 times as long to decode."
    ]
    record.measurements = [done("a", OURS, 440, 0.01), done("a", RIVAL, 400, 0.05)]
    assert page.lead(record) == [
        "Bytes (1 file, 1,000 bytes): xz -9e makes the smallest; those of arcodec -5 are 10.0 % larger in total; "
        "it encodes 5.0 times as fast and decodes 5.0 times as fast."
    ]
    assert page.lead(RECORDS["empty"]) == ["Nothing was measured."]
    assert "make equally small ones; it encodes about as fast" in page.lead(RECORDS["tied"])[0]
    assert "model of 70 bytes is not counted" in page.lead(RECORDS["tied"])[0]
    assert "no rival did every file" in page.lead(RECORDS["alone"])[0]
    assert "no setting of arcodec did every file" in page.lead(RECORDS["rival"])[0]
    assert "no codec did every file" in page.lead(RECORDS["broken"])[0]
    assert "of the codecs that did every file, arcodec -5 makes" in page.lead(RECORDS["bytes"])[0]


def test_the_page_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "page.html"
    page.write(RECORDS["alone"], target)
    assert target.read_text(encoding="utf-8") == page.render(RECORDS["alone"])
    assert list(tmp_path.iterdir()) == [target]
    with pytest.raises(FileNotFoundError):
        page.write(RECORDS["alone"], tmp_path / "none" / "page.html")


# --- plots ---

# Few values, so that many are equal.
_points = st.lists(
    st.builds(
        Point,
        name=st.text(max_size=12),
        family=st.sampled_from(["arcodec", "xz", "zstd"]),
        ours=st.booleans(),
        speed=st.sampled_from([0.01, 0.3, 1.0, 7.7, 1e4]) | st.floats(1e-4, 1e5),
        bits=st.sampled_from([0.02, 1.0, 1.5, 8.0]) | st.floats(1e-3, 50),
    ),
    min_size=1,
    max_size=9,
)


@given(_points)
def test_the_frontier_is_what_nothing_dominates(drawn: list[Point]) -> None:
    best = frontier(drawn)
    for point in drawn:
        dominated = any(other.dominates(point) for other in drawn)
        assert dominated != (point in best)
        assert dominated == any(other.dominates(point) for other in best)
    assert [point.bits for point in best] == sorted(point.bits for point in best)


@given(_points, st.floats(1e-5, 1e6), st.floats(1e-4, 100))
def test_what_is_shaded_is_dominated(drawn: list[Point], speed: float, bits: float) -> None:
    edge = outline(frontier(drawn), 1e-6, 1e3)
    assert all(left[0] <= right[0] and left[1] <= right[1] for left, right in pairwise(edge))
    # A place is shaded if the edge goes below it, and then a codec there would be beaten both ways.
    shaded = any(left[0] < speed < right[0] and left[1] < bits for left, right in pairwise(edge))
    beaten = any(point.speed > speed and point.bits < bits for point in drawn)
    inside = all(speed != corner[0] for corner in edge)
    assert shaded == beaten or not inside


@pytest.mark.parametrize("theme", ["light", "dark", "page"])
@pytest.mark.parametrize("name", RECORDS)
def test_specifications_compile(name: str, theme: chart.Theme) -> None:
    record = RECORDS[name]
    for kind in record.kinds:
        vl_convert.vegalite_to_vega(json.loads(json.dumps(chart.pareto(record, kind, theme), allow_nan=False)))


def test_a_plot_has_the_codecs_that_did_every_file() -> None:
    group = RECORDS["bytes"].everything("bytes")
    drawn = {point.name for point in points(group, "encode")}
    assert drawn == {OURS, "arcodec -9", RIVAL, "xz -1"}
    assert len(left_out(group)) == 3
    assert left_out(RECORDS["still"].everything("bytes")) == [
        f"{name} (no size or no speed to encode and decode)" for name in (OURS, RIVAL)
    ]
    drawing = chart.svg(chart.pareto(RECORDS["bytes"], "bytes"))
    assert drawing.count('aria-roledescription="point"') == 2 * len(drawn)
    assert "arcodec -5:&#xA;" in drawing


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_plots_are_written_by_suffix(tmp_path: Path, theme: Any) -> None:
    chart.write(RECORDS["all"], tmp_path / "a.svg", theme=theme)
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert text.startswith("<svg")
    assert chart.colours(theme)["paper"] in text
    chart.write(RECORDS["bytes"], tmp_path / "a.PNG", "bytes", theme)
    with Image.open(tmp_path / "a.PNG") as image:
        assert image.width > 1200
        assert len(image.convert("RGB").getcolors(1 << 24) or []) > 50  # text is drawn, with smooth edges
    with pytest.raises(ValueError, match=r"\.svg or \.png, not as \.pdf"):
        chart.write(RECORDS["bytes"], tmp_path / "a.pdf")


def test_names_keep_apart_where_there_is_room() -> None:
    names = ["arcodec -5", "xz -9e", "zstd -22"]
    spots = [(100.0, 100.0), (106.0, 104.0), (103.0, 112.0)]
    placed = labels.place(names, spots, [[(0, 100), (300, 100)]], 300, 200)
    boxes = [label.box(spot, name) for label, spot, name in zip(placed, spots, names, strict=True)]
    for number, one in enumerate(boxes):
        assert one[0] >= 0
        assert one[2] <= 300
        for other in boxes[:number]:
            assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


# --- heat maps ---


def _ppm(rows: int, columns: int, depth: int = 255) -> bytes:
    """Smooth on the left, noise on the right."""
    noise = np.random.default_rng(1).integers(0, depth + 1, (rows, columns, 3))
    ramp = np.broadcast_to(np.arange(columns)[None, :, None] * depth // columns, noise.shape)
    samples = np.where(np.arange(columns)[None, :, None] < columns // 2, ramp, noise)
    return b"P6 %d %d %d\n" % (columns, rows, depth) + samples.astype(">u2" if depth > 255 else "u1").tobytes()


def _picture() -> heatmap.Picture:
    sink = io.BytesIO()
    Image.new("RGB", (4, 3)).save(sink, "PNG")
    return heatmap.Picture(HOSTILE[1], "byte", 1.25, 2.5, "63 %", "Only its beginning.", sink.getvalue())


def _size(png: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(png)) as image:
        return image.width, image.height


def test_bits_are_those_that_the_coded_file_takes(tmp_path: Path) -> None:
    for name, data in (("a.txt", b"to be or not to be, " * 60 + os.urandom(400)), ("a.ppm", _ppm(24, 40))):
        (tmp_path / name).write_bytes(data)
        bits = sum(float(plane.bits.sum()) for plane in heatmap.bits_of(tmp_path / name))
        assert -16 < len(arcodec.compress(data)) - bits / 8 < 90


def test_a_picture_shows_where_an_image_is_dear(tmp_path: Path) -> None:
    path = tmp_path / "noisy.ppm"
    path.write_bytes(_ppm(30, 500))
    picture = heatmap.picture(path)
    assert _size(picture.heat) == _size(picture.original) == (320, 19)
    found = re.fullmatch(
        r"noisy\.ppm: (\S+) bits per pixel; dearest region at (\d+) % from the left, .*", picture.text
    )
    assert found
    assert 8 < float(found[1]) < 20
    assert int(found[2]) > 50
    assert heatmap.thumbnail(path) == picture.heat


def test_both_halves_of_wide_samples_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "wide.ppm"
    path.write_bytes(_ppm(20, 20, 65535))
    assert heatmap.picture(path).mean > 20


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "x: 0.00 bits per byte"),
        (b"\0", "x: 8.00 bits per byte"),
        (b"z" * 5000, "x: 0.00 bits per byte; dearest region at 3 %"),
        (bytes(range(31)), "x: 8.00 bits per byte"),
        (b"P6 9 9 255\n", "x: 8.00 bits per byte"),
    ],
)
def test_strips_of_odd_files(tmp_path: Path, data: bytes, text: str) -> None:
    (tmp_path / "x").write_bytes(data)
    picture = heatmap.picture(tmp_path / "x")
    assert picture.text == text
    assert not picture.original
    assert _size(picture.heat) == (640, 48)


def test_only_the_beginning_of_a_large_file_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heatmap, "LIMIT", 1 << 20)
    (tmp_path / "large").write_bytes(bytes((1 << 20) + 5))
    assert heatmap.picture(tmp_path / "large").note == "Only its first 1 MiB were measured."
    monkeypatch.setattr(heatmap, "LIMIT", 900)
    (tmp_path / "large.ppm").write_bytes(_ppm(30, 20))
    assert heatmap.picture(tmp_path / "large.ppm").note == "Only its first 15 of 30 rows were measured."


def test_pictures_are_on_the_page(tmp_path: Path) -> None:
    (tmp_path / "a.ppm").write_bytes(_ppm(8, 8))
    read = _Reader(page.render(RECORDS["alone"], [heatmap.picture(tmp_path / "a.ppm", HOSTILE[0]), _picture()]))
    images = read.all("img")
    assert [image["alt"] for image in images][1:] == [  # strips come before images
        f"{HOSTILE[0]}, the image itself",
        f"Heat map of {heatmap.picture(tmp_path / 'a.ppm', HOSTILE[0]).text}",
    ]
    assert all(image["width"] and image["height"] for image in images)
    assert "dearest region at 63 %. Only its beginning." in read.text


# --- the page in a browser ---


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        pytest.skip("there is no Chromium")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"] if root else [])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("page") / "page.html"
    page.write(sample("bytes", "image", hostile=True), path, [_picture()])
    return path.as_uri()


@contextmanager
def opened(browser: Browser, address: str, width: int = 1280, **options: Any) -> Iterator[Page]:
    """The page in a window of its own, without a network; nothing may be complained of or asked for."""
    said: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 800}, offline=True, **options)
    try:
        tab = context.new_page()
        tab.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        tab.on("pageerror", lambda error: said.append(f"{error}"))
        tab.on("dialog", lambda dialog: said.append(dialog.message))
        tab.on("request", lambda request: said.append(request.url))
        tab.goto(address)
        yield tab
        assert [line for line in said if not line.startswith((address, "data:"))] == []
    finally:
        context.close()


def _cells(table: Locator, column: int) -> list[str]:
    return [text.strip() for text in table.locator(f"tbody tr > :nth-child({column})").all_inner_texts()]


def test_a_click_sorts(browser: Browser, address: str) -> None:
    with opened(browser, address) as tab:
        table = tab.locator("table", has=tab.locator("#sum-bytes"))
        head = table.locator("th[scope=col]").nth(2)
        assert table.locator("th[aria-sort=ascending]").count() == 1
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == "ascending"
        whole = [float(text) for text in _cells(table, 3)[:-3]]  # three codecs did not do every file; they come last
        assert whole == sorted(whole)
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == "descending"
        assert [float(text) for text in _cells(table, 3)[:-3]] == whole[::-1]
        assert table.locator("th[aria-sort]").count() == 1
        assert set(_cells(table, 1)[-3:]) == {"gzip -9", "lz4", "zip"}


def test_the_keyboard_sorts_and_goes_from_point_to_point(browser: Browser, address: str) -> None:
    with opened(browser, address) as tab:
        tab.keyboard.press("Tab")
        assert tab.evaluate("document.activeElement.className") == "skip"
        tab.locator(".panel").first.focus()
        tab.keyboard.press("ArrowRight")
        first = tab.locator("#tip").inner_text()
        tab.keyboard.press("ArrowRight")
        assert first != tab.locator("#tip").inner_text()
        tab.keyboard.press("Escape")
        assert tab.locator("#tip").is_hidden()
        tab.keyboard.press("Tab")  # the other panel
        tab.keyboard.press("Tab")  # the table's region
        tab.keyboard.press("Tab")  # the button of its first column
        tab.keyboard.press("Enter")
        table = tab.locator("table", has=tab.locator("#sum-bytes"))
        assert table.locator("th[scope=col]").first.get_attribute("aria-sort") == "ascending"
        assert [name for name in _cells(table, 1) if name[0] in "agx"] == [
            *("arcodec -5", "arcodec -9", "gzip -9", "xz -1", "xz -9e")
        ]


def test_files_are_found_and_counted_aloud(browser: Browser, address: str) -> None:
    with opened(browser, address) as tab:
        count = tab.locator("#count")
        assert count.get_attribute("role") == "status"
        assert count.inner_text() == "18 of 18 files shown"
        tab.select_option("#kind", "image")
        assert count.inner_text() == "9 of 18 files shown"
        assert tab.locator("table[data-kind=bytes]").is_hidden()
        tab.fill("#name", "IMAGE-2")
        assert count.inner_text() == "1 of 18 files shown"
        assert tab.locator("table[data-kind=image] tbody tr:visible").count() == 1
        tab.fill("#name", "<script>")
        assert count.inner_text() == "1 of 18 files shown"
        tab.fill("#name", "")
        tab.select_option("#measure", "bytes")
        table = tab.locator("table[data-kind=image]")
        table.locator("th[scope=col] button").nth(2).click()
        assert _cells(table, 3) == sorted(_cells(table, 3))
        assert set(_cells(table, 3)) == {"250"}


def test_a_point_tells_its_figures(browser: Browser, address: str) -> None:
    with opened(browser, address) as tab:
        marks = tab.locator(".panel [aria-roledescription=point]:visible")
        assert marks.count() == 2 * 2 * (4 + len(HOSTILE))  # kinds, directions, codecs that did every file
        marks.last.hover()
        said = tab.locator("#tip").inner_text()
        assert said.startswith("arcodec")
        assert re.search(r"[\d,]+ bytes, ratio \d.*bits per subpixel.*encodes .* MB/s, decodes .* MB/s", said, re.S)
        tab.locator("h1").hover()
        assert tab.locator("#tip").is_hidden()


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_the_page_never_scrolls_sideways(browser: Browser, address: str, width: int) -> None:
    with opened(browser, address, width) as tab:
        wide = "document.documentElement.scrollWidth"
        assert tab.evaluate(wide) <= width
        tab.locator(".panel [aria-roledescription=point]:visible").last.hover()
        assert tab.evaluate(wide) <= width
        for panel in tab.locator(".panel svg:visible").all():
            box = panel.bounding_box()
            assert box
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width


def test_colours_follow_the_reader(browser: Browser, address: str) -> None:
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    mark = "getComputedStyle(document.querySelector('.panel [aria-roledescription=point]')).fill"
    seen = {}
    for scheme in ("light", "dark"):
        with opened(browser, address, color_scheme=scheme) as tab:
            button = tab.locator("#theme")
            seen[scheme] = tab.evaluate(paper), tab.evaluate(mark)
            assert button.get_attribute("aria-pressed") == str(scheme == "dark").lower()
            button.click()
            assert button.get_attribute("aria-pressed") == str(scheme != "dark").lower()
            seen[f"not {scheme}"] = tab.evaluate(paper), tab.evaluate(mark)
            tab.emulate_media(media="print")
            assert tab.evaluate(paper) == "rgb(255, 255, 255)"
            assert tab.locator("#filters").is_hidden()
    assert seen["light"] == seen["not dark"]
    assert seen["dark"] == seen["not light"]
    assert all(light != dark for light, dark in zip(seen["light"], seen["dark"], strict=True))


def test_the_record_can_be_saved(browser: Browser, address: str, tmp_path: Path) -> None:
    with opened(browser, address) as tab:
        with tab.expect_download() as download:
            tab.locator("#save").click()
        download.value.save_as(tmp_path / "saved.json")
    saved = json.loads((tmp_path / "saved.json").read_text())
    assert saved["command"] == "arcodec bench --json a.json x"


def test_without_scripts_all_figures_are_there(browser: Browser, address: str) -> None:
    with opened(browser, address, java_script_enabled=False) as tab:
        assert tab.locator(".panel svg:visible").count() == 4
        assert tab.locator("table[data-kind=bytes] tbody tr:visible").count() == 9
        assert tab.locator("#filters").is_hidden()
