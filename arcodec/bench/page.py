"""A record of measurements as one HTML page that needs nothing else: no network, no other file, no script to be read.

Plots are drawn here, by `arcodec.bench.chart`; the page's own script sorts, filters and shows figures at points.
"""

from __future__ import annotations

import base64
import hashlib
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from string import Template
from typing import TYPE_CHECKING

from arcodec.bench import chart, record
from arcodec.bench.chart import COLOURS, NAMES
from arcodec.bench.frontier import all_of, count_of, left_out, speed_of, status
from arcodec.bench.markup import Markup, element, escaped, join, row, table
from arcodec.bench.record import UNITS, VERBS, CodecFacts, Group, Measurement, Record, Subject, Total, Verb
from arcodec.bench.tables import reference

if TYPE_CHECKING:
    from arcodec.bench.heatmap import Picture

# Panels of a plot: width and height for a desk, and for a telephone.
_WIDE = (490, 340)
_NARROW = (272, 270)
_NOTHING = "–"
_TROUBLES = ("codec", "status", "reason", "files")
_FACTS = ("codec", "settings", "version", "files")
# What a cell of the table of files may show: name in the page, what the reader chooses.
_MEASURES = {"bits": "bits per symbol", "bytes": "bytes", "encode": "encoding, MB/s", "decode": "decoding, MB/s"}


def write(measured: Record, path: str | os.PathLike[str], pictures: Sequence[Picture] = ()) -> None:
    """Write the page, see `record.write`."""
    record.write(path, render(measured, pictures))


def render(measured: Record, pictures: Sequence[Picture] = ()) -> str:
    """The page.

    Args:
        measured: what it shows.
        pictures: heat maps of files, see `arcodec.bench.heatmap`.
    """
    groups = [measured.everything(kind) for kind in measured.kinds]
    every = {
        **{NAMES[group.kind]: _kind(group) for group in groups},
        "Every file": _files(groups),
        "Failures": _troubles(measured),
        "Where the bits go": _pictures(pictures),
        "How it was measured": _method(measured),
    }
    parts = {title: part for title, part in every.items() if part}
    page, style, script = (_asset(f"page.{suffix}") for suffix in ("html", "css", "js"))
    style = _variables() + style
    day = measured.date[:10]
    title = f"arcodec and its rivals, {day}" if day else "arcodec and its rivals"
    # Nothing may be loaded, and no other script or style may work than the page's own.
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src {_hash(style)}; script-src {_hash(script)}"
    )
    return Template(page).substitute(
        policy=policy,
        title=escaped(title),
        style=style,
        links=join((element("a", title, href=f"#{_id(title)}") for title in parts), " "),
        lead=join(element("p", _unbroken(sentence), class_="lead") for sentence in lead(measured)),
        parts=join(_part(title, part) for title, part in parts.items()),
        footer=join(
            [f"{count_of(len(measured.subjects))}, {len(measured.codecs)} codecs. Measured {measured.date}."]
        ),
        record=record.dumps(measured).replace("<", "\\u003c"),
        script=script,
    )


def _asset(name: str) -> str:
    return (resources.files("arcodec.bench") / "page" / name).read_text(encoding="utf-8")


def _variables() -> str:
    from arcodec.maps.heat import VIRIDIS

    pairs = {**COLOURS, "edge": ("#8a939d", "#6d7782")}
    lines = [f"--{name}: light-dark({light}, {dark});" for name, (light, dark) in pairs.items()]
    ramp = ", ".join(f"#{colour}" for colour in VIRIDIS)
    return f":root {{ {' '.join(lines)} --viridis: linear-gradient(to right, {ramp}); }}\n"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _id(title: str) -> str:
    return re.sub(r"\W+", "-", title.lower())


def _part(title: str, part: str) -> Markup:
    heading = element("h2", title, id=_id(title))
    return element("section", heading, part, aria_labelledby=_id(title))


# --- in a sentence ---


def lead(measured: Record) -> list[str]:
    """For each kind of files, which codec makes the smallest, by how much, and at what speed."""
    return [_sentence(measured.everything(kind)) for kind in measured.kinds] or ["Nothing was measured."]


def _sentence(group: Group) -> str:
    size = sum(subject.size for subject in group.subjects)
    where = f"{NAMES[group.kind]} ({count_of(len(group.subjects))}, {size:,} bytes): "
    totals = [(codec, group.total(codec.name)) for codec in group.codecs()]
    able = [(codec, total) for codec, total in totals if total.complete and total.packed]
    ours, rival = (
        min(
            ((codec, total) for codec, total in able if codec.ours == mine),
            key=lambda pair: pair[1].packed,
            default=None,
        )
        for mine in (True, False)
    )
    where += "of the codecs that did every file, " if (ours or rival) and len(able) < len(totals) else ""
    if not ours or not rival:
        only = ours or rival
        if not only:
            return f"{where}no codec did every file."
        side = "no rival" if ours else "no setting of arcodec"
        return f"{where}{only[0].name} makes the smallest, {only[1].packed:,} bytes; {side} did every file."
    (codec, our), (other, their) = ours, rival
    if our.packed == their.packed:
        result = f"{codec.name} and the best rival, {other.name}, make equally small ones"
    elif our.packed < their.packed:
        share = _percent(1 - our.packed / their.packed)
        result = (
            f"{codec.name} makes the smallest, {share} smaller in total than those of the best rival, {other.name}"
        )
    else:
        share = _percent(our.packed / their.packed - 1)
        result = f"{other.name} makes the smallest; those of {codec.name} are {share} larger in total"
    speeds = [text for verb in VERBS if (text := _pace(our.faster(their, verb), verb))]
    model = f" Its model of {our.model:,} bytes is not counted." if our.model else ""
    pace = " and ".join(speeds).replace(" and takes ", " and ")
    return f"{where}{result}{'; it ' if pace else ''}{pace}.{model}"


def _unbroken(sentence: str) -> Markup:
    """Names keep their options beside them, and numbers their units: `xz -9e`, `28.0 %`."""
    return Markup(escaped(sentence).replace(" -", "&nbsp;-").replace(" %", "&nbsp;%"))


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %" if share >= 0.0005 else "less than 0.1 %"


def _pace(faster: float, verb: Verb) -> str:
    if not 0 < faster < math.inf:
        return ""
    if 0.9 < faster < 1.1:
        return f"{verb}s about as fast"
    times = max(faster, 1 / faster)
    often = f"{times:,.0f}" if times >= 10 else f"{times:.1f}"
    return f"{verb}s {often} times as fast" if faster > 1 else f"takes {often} times as long to {verb}"


# --- a kind of files ---


def _kind(group: Group) -> Markup:
    corpora = [part for part in group.record.groups() if part.kind == group.kind]
    several = [_corpora(group, corpora)] if len(corpora) > 1 else []
    return join([_plots(group), _summary(group), *several])


def _plots(group: Group) -> Markup:
    unit = UNITS[group.kind]
    notes = [f"Each codec over {all_of(len(group.subjects))}, both axes logarithmic. {chart.KEY}"]
    absent = left_out(group)
    notes += [f"Not drawn: {', '.join(absent)}."] if absent else []
    drawn = len(group.codecs()) > len(absent)
    panels = [
        element(
            "div",
            *(
                element("div", _drawn(group, verb, size), class_=name)
                for name, size in (("wide", _WIDE), ("narrow", _NARROW))
            ),
            class_="panel",
            tabindex=0,
            role="group",
            aria_label=f"Plot: bits per {unit} against speed to {verb}. Arrow keys go from codec to codec; "
            "the table below has the same figures.",
        )
        for verb in VERBS
        if drawn
    ]
    caption = element("figcaption", " ".join(notes))
    return element("figure", element("div", *panels, class_="panels"), caption, class_="pareto")


def _drawn(group: Group, verb: Verb, size: tuple[int, int]) -> Markup:
    return Markup(chart.svg(chart.pareto(group.record, group.kind, "page", [verb], *size)))


def _ranked(group: Group) -> list[tuple[CodecFacts, Total]]:
    """The smallest in total first, those that did not do every file last."""
    totals = [(codec, group.total(codec.name)) for codec in group.codecs()]
    return sorted(totals, key=lambda pair: (not pair[1].complete, pair[1].packed))


def _summary(group: Group) -> Markup:
    """A row for each codec, the smallest in total first."""
    base = reference(group)
    of_base = group.total(base.name) if base else None
    unit, images = UNITS[group.kind], group.kind == "image"
    heads = ["codec", "bytes", "ratio", f"bits per {unit}", *(["mean of files"] if images else [])]
    timed = ["CPU, MB/s", "wall, MB/s", f"× {base.name}" if base else "×", "peak, MB"]
    spans = [("", 1), ("Size", len(heads) - 1), ("Encode", 4), ("Decode", 4), ("", 2)]
    rows = []
    totals = _ranked(group)
    for codec, total in totals:
        cells = [f"{total.packed:,}" if total.done else _NOTHING, _fixed(total.ratio, 2), _fixed(total.bits, 3)]
        cells += [_fixed(total.mean_bits, 3)] if images else []
        for verb in VERBS:
            times = total.faster(of_base, verb) if of_base else math.nan
            cells += [_speed(total, verb), speed_of(total.speed(verb, "wall") / 1e6)]
            cells += [f"{speed_of(times)}×" if math.isfinite(times) else _NOTHING, _megabytes(total.peak(verb))]
        cells.append(f"{total.model:,}" if total.done else _NOTHING)
        fate = element("td", status(total), class_="text failed" if total.failed else "text")
        look = " ".join(["ours"] * codec.ours + ["partial"] * (not total.complete))
        rows.append(row(codec.name, [*(element("td", cell) for cell in cells), fate], look))
    notes = "MB/s: uncompressed bytes, 10^6 a second, of processor time (CPU) and of elapsed time (wall). "
    notes += f"×: times as fast as {base.name}, the median over runs that followed each other. " if base else ""
    notes += "Italic: sums over fewer files, not to be compared." if any(not t.complete for _, t in totals) else ""
    columns = [*heads, *timed, *timed, "model, bytes", "status"]
    caption = f"{NAMES[group.kind]}: {all_of(len(group.subjects))}"
    return table(f"sum-{group.kind}", caption, notes, columns, rows, spans, words={"status"}, sorted_by=1)


def _corpora(group: Group, corpora: Sequence[Group]) -> Markup:
    """The same sums for each corpus on its own."""
    heads, spans = ["codec"], [("", 1)]
    for part in corpora:
        heads += ["bytes", f"bits per {UNITS[group.kind]}", "mean of files"]
        spans.append((f"{part.corpus or 'given by name'} ({count_of(len(part.subjects))})", 3))
    rows, lacking = [], False
    for codec, _ in _ranked(group):
        cells = []
        for part in corpora:
            total = part.total(codec.name)
            lacking |= not total.complete
            figures = [f"{total.packed:,}", _fixed(total.bits, 3), _fixed(total.mean_bits, 3)]
            look = None if total.complete else "skipped"
            cells += [element("td", figure if total.complete else _NOTHING, class_=look) for figure in figures]
        rows.append(row(codec.name, cells, "ours" if codec.ours else ""))
    caption = f"{NAMES[group.kind]} by corpus"
    notes = f"{_NOTHING}: not every file was done." if lacking else ""
    return table(f"corpora-{group.kind}", caption, notes, heads, rows, spans)


# --- every file ---


def _files(groups: Sequence[Group]) -> Markup | None:
    if not groups:
        return None
    kinds = [element("option", "all", value="")]
    kinds += [element("option", NAMES[group.kind], value=group.kind) for group in groups]
    measures = [element("option", text, value=name) for name, text in _MEASURES.items()]
    controls = [
        element("label", "show", element("select", *measures, id="measure")),
        *([element("label", "kind", element("select", *kinds, id="kind"))] if len(groups) > 1 else []),
        element(
            "label", "name contains", Markup('<input type="search" id="name" autocomplete="off" spellcheck="false">')
        ),
    ]
    form = element("form", *controls, class_="controls", id="filters", aria_label="Which files, and what of them")
    count = element("p", class_="quiet-text", role="status", id="count")
    return join([form, count, *(_matrix(group) for group in groups)])


def _matrix(group: Group) -> Markup:
    """A row for each file, a column for each codec."""
    codecs = [codec for codec, _ in _ranked(group)]
    index = {(m.subject, m.codec): m for m in group.record.measurements}
    rows = []
    for subject in group.subjects:
        found = {codec.name: index.get((subject.name, codec.name)) for codec in codecs}
        least = min((m.packed for m in found.values() if m and m.status == "ok"), default=None)
        cells = [element("td", f"{subject.size:,}")]
        cells += [_cell(subject, found[codec.name], least, codec.ours) for codec in codecs]
        rows.append(row(subject.name, cells))
    heads = ["file", "raw bytes", *(codec.name for codec in codecs)]
    notes = "Bold: the smallest of its row."
    return table(f"files-{group.kind}", f"{NAMES[group.kind]}, file by file", notes, heads, rows, kind=group.kind)


def _cell(subject: Subject, measured: Measurement | None, least: int | None, ours: bool) -> Markup:
    looks = ["ours"] * ours
    if measured is None or measured.status != "ok":
        looks += [measured.status] if measured else []
        return element("td", measured.status if measured else _NOTHING, class_=" ".join(looks) or None)
    looks += ["best"] * (measured.packed == least)
    alone = Total(1, [(subject, measured)])
    texts = [_fixed(alone.bits, 3), f"{measured.packed:,}", *(_speed(alone, verb) for verb in VERBS)]
    spans = [element("span", text, class_=name) for name, text in zip(_MEASURES, texts, strict=True)]
    return element("td", *spans, class_=" ".join(looks) or None)


def _troubles(measured: Record) -> Markup | None:
    """What failed or was skipped: a row for each codec and reason."""
    reasons: dict[tuple[str, str, str], list[str]] = {}
    for m in sorted(measured.measurements, key=lambda m: m.status):  # what failed comes first
        if m.status != "ok":
            reasons.setdefault((m.codec, m.status, m.note), []).append(m.subject)
    if not reasons:
        return None
    rows = [
        row(
            codec,
            [
                element("td", state, class_=f"text {state}"),
                element("td", note or "no reason given", class_="text wrap"),
                element("td", join((element("bdi", name) for name in names), ", "), class_="text wrap"),
            ],
        )
        for (codec, state, note), names in reasons.items()
    ]
    return table("troubles", "What failed, and what was skipped", "", _TROUBLES, rows, words=_TROUBLES)


def _fixed(value: float, digits: int) -> str:
    return f"{value:,.{digits}f}" if math.isfinite(value) else _NOTHING


def _speed(total: Total, verb: Verb) -> str:
    return speed_of(total.speed(verb) / 1e6)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f}" if size else _NOTHING


# --- where the bits go, and how all was measured ---


def _pictures(pictures: Sequence[Picture]) -> Markup | None:
    if not pictures:
        return None
    intro = "What each place of a file costs under the model that arcodec chooses for it. Light places are dear."
    figures: dict[str, list[Markup]] = {"strip": [], "pair": []}
    for picture in pictures:
        layout = "pair" if picture.original else "strip"
        images = [_image(picture.heat, f"Heat map of {picture.text}")]
        if picture.original:
            images.insert(0, _image(picture.original, f"{picture.name}, the image itself"))
        scale = element("span", "0", element("i"), f"{picture.top:.2f} bits per {picture.unit}", class_="scale")
        words = element("figcaption", element("bdi", f"{picture.text}. {picture.note}".rstrip()), scale)
        figures[layout].append(element("figure", element("div", *images, class_=layout), words, class_="map"))
    return join([element("p", intro), *(element("div", *each, class_="maps") for each in figures.values() if each)])


def _image(png: bytes, alt: str) -> Markup:
    width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))  # of IHDR
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    return element("img", src=source, alt=alt, width=width, height=height)


def _method(measured: Record) -> Markup:
    facts = {"date": measured.date, "commit": measured.commit, **measured.machine}
    command = element("pre", element("code", measured.command, id="command"), tabindex=0, aria_label="Command")
    buttons = [element("button", text, type="button", class_="quiet", id=name) for name, text in _BUTTONS.items()]
    copied = element("span", role="status", class_="quiet-text", id="copied")
    rows = [
        row(
            codec.name,
            [
                *(element("td", text, class_="text wrap") for text in _facts(codec)),
                element("td", _megabytes(codec.idle)),
            ],
            "ours" if codec.ours else "",
        )
        for codec in measured.codecs
    ]
    notes = "Every file was decoded and compared with the original; a codec that gives back other bytes has failed. "
    notes += "Idle: memory of its process before the first file, a part of every peak."
    return join(
        [
            element("p", "This command makes the measurements again:"),
            element("div", command, *buttons, copied, class_="command"),
            element("dl", *_pairs(facts)),
            table("codecs", "Codecs and their settings", notes, [*_FACTS, "idle, MB"], rows, words=_FACTS),
        ]
    )


_BUTTONS = {"copy": "Copy the command", "save": "Save the record as JSON"}


def _pairs(facts: Mapping[str, object]) -> Iterator[Markup]:
    for name, value in facts.items():
        if value not in ("", None):
            yield element("dt", name)
            yield element("dd", element("bdi", f"{value}"))


def _facts(codec: CodecFacts) -> list[str]:
    return [codec.settings, codec.version, ", ".join(NAMES[kind].lower() for kind in codec.kinds)]
