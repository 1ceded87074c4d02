"""Puts what was measured into README.md and docs/: every figure there comes from a record in bench/results.

python -m bench.docs            rewrites what is between `<!-- measured: NAME -->` and `<!-- end -->`, and plots
python -m bench.docs --check    only says, by its exit status, whether the texts are up to date
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

import arcodec
from arcodec.bench import chart, record, tables
from arcodec.bench.record import Group, Kind, Record
from arcodec.bench.tables import factor, pipes, speed
from bench import domains, growth, likelihood, report
from bench.report import ROOT

RESULTS = ROOT / "bench" / "results"
TEXTS = (ROOT / "README.md", ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "likelihood.md")
PLOTS = ROOT / "docs"

_KINDS: tuple[Kind, ...] = ("bytes", "image")  # a record for each
_OURS = "arcodec -5"
_TIERS = ("arcodec -1", _OURS, "arcodec -9")
# Rows and columns of the README's tables; all the others are in docs/benchmarks.md
_FILES = {
    "canterbury/alice29.txt": "alice29.txt",
    "enwik6/enwik6": "enwik6 (first 10^6 of enwik8)",
    "json-mix/json_mix_1m.json": "json_mix_1m.json",
    "canterbury/kennedy.xls": "kennedy.xls",
    "binaries/libstdc++.so.6": "libstdc++.so.6",
}
_BYTE_CODECS = ("xz -9e", "zstd -22", "brotli -11", "PPMd -o16", "zpaq -m5")
_ARCHIVE_CODECS = ("arcodec -1", _OURS, "xz -9e", "zstd -22", "brotli -11")
_ENDINGS = {
    "PDF": ("pdf",),
    "Java archives": ("jar",),
    "Python wheels": ("whl",),
    "OpenDocument": ("odt", "ods", "odb", "odg", "odp", "ott", "ots", "otp", "otg"),
    "EPUB": ("epub",),
    "gzip": ("gz",),
    "SVG, compressed": ("svgz",),
    "other zip": ("zip", "bau", "docx", "xlsx", "pptx"),
}
_IMAGES = {"kodak": "Kodak, 24 photographs", "varied": "five other photographs"}
_IMAGE_CODECS = ("JPEG XL -e9", "JPEG XL -e7", "WebP", "JPEG-LS", "PNG")


def measured(kind: Kind) -> Record:
    """This version's record of "bytes" or "image"."""
    return measured_of(kind)


def measured_of(name: str) -> Record:
    """This version's record of a name."""
    return record.load(RESULTS / f"{arcodec.__version__}-{name}.json")


def _other(name: str) -> dict[str, Any]:
    tree: dict[str, Any] = json.loads((RESULTS / f"{arcodec.__version__}-{name}.json").read_text())
    return tree


# --- blocks ---


def files_of_bytes() -> str:
    """A row for each of some well-known files, with what arcodec's tiers make of it and the rivals."""
    whole = measured("bytes")
    rows = []
    for name, label in _FILES.items():
        sizes = {codec: _packed(whole, name, codec) for codec in (*_TIERS, *_BYTE_CODECS)}
        best = min(sizes[codec] for codec in _BYTE_CODECS)
        cells = [f"**{sizes[c]:,}**" if c == _OURS else f"{sizes[c]:,}" for c in sizes]
        rows.append([label, f"{whole.subject(name).size:,}", *cells, _change(sizes[_OURS], best)])
    group = Group(whole, "bytes", "", [whole.subject(name) for name in _FILES])
    rows += _speeds(group, (*_TIERS, *_BYTE_CODECS), before=["", "{}"], after=[""])
    return pipes(["bytes", "size", *_TIERS, *_BYTE_CODECS, f"{_OURS} to the best of them"], rows)


def quoted() -> str:
    """The same files beside codecs that this record cannot run, as `quoted.json` quotes them."""
    whole = measured("bytes")
    others: dict[str, Any] = json.loads((RESULTS / "quoted.json").read_text())
    rows = []
    for name, label in _FILES.items():
        sizes = [_packed(whole, name, codec) for codec in _TIERS]
        rows.append([label, *(f"{size:,}" for size in sizes), *(f"{o['sizes'][name]:,}" for o in others.values())])
    group = Group(whole, "bytes", "", [whole.subject(name) for name in _FILES])
    totals = [group.total(codec) for codec in _TIERS]
    for verb in record.VERBS:
        ours = [f"{total.speed(verb) / 1e3:,.0f}" for total in totals]
        rows.append([f"{verb}, KB/s", *ours, *(f"{o['speed'][verb]:,}" for o in others.values())])
    peaks = [f"{max(total.peak(verb) for verb in record.VERBS) / 1e6:,.0f}" for total in totals]
    rows.append(["peak memory, MB", *peaks, *(f"{o['peak']:,}" for o in others.values())])
    return pipes(["bytes", *_TIERS, *others], rows)


def sets_of_images() -> str:
    """Mean bits per subpixel of sets of photographs, sums and speeds."""
    whole = measured("image")
    codecs = (*_TIERS, *_IMAGE_CODECS)
    groups = {group.corpus: group for group in whole.groups() if group.corpus in _IMAGES}
    rows = []
    for name, label in _IMAGES.items():
        totals = {codec: groups[name].total(codec) for codec in codecs}
        bits = [totals[codec].mean_bits for codec in codecs]
        cells = [f"**{each:.3f}**" if k == 1 else f"{each:.3f}" for k, each in enumerate(bits)]
        rows.append([f"{label}, mean bits per subpixel", *cells, _change(bits[1], min(bits[len(_TIERS) :]))])
    for name, label in _IMAGES.items():
        packed = [groups[name].total(codec).packed for codec in codecs]
        cells = [f"**{each:,}**" if k == 1 else f"{each:,}" for k, each in enumerate(packed)]
        rows.append([f"{label}, bytes", *cells, _change(packed[1], min(packed[len(_TIERS) :]))])
    subjects = [subject for group in groups.values() for subject in group.subjects]
    rows += _speeds(Group(whole, "image", "", subjects), codecs, before=["{}"], after=[""])
    return pipes(["images", *_TIERS, *_IMAGE_CODECS, f"{_OURS} to the best of them"], rows)


def _speeds(group: Group, codecs: Iterable[str], before: list[str], after: list[str]) -> list[list[str]]:
    """Rows of speeds and memory; `before` has the place of our figure among the cells before those of the rivals."""
    totals = [group.total(codec) for codec in codecs]
    rows = {f"{verb}, MB/s": [speed(total.speed(verb)) for total in totals] for verb in record.VERBS}
    peaks = [[f"{total.peak(verb) / 1e6:.0f}" for verb in record.VERBS] for total in totals]
    rows["peak memory, encode / decode, MB"] = [" / ".join(pair) for pair in peaks]
    return [[label, *(cell.format(ours) for cell in before), *rest, *after] for label, (ours, *rest) in rows.items()]


def files_in_files() -> str:
    """Documents and archives by the endings of their names; a file that failed somewhere is an error."""
    whole = measured_of("archives")
    rows = []
    sizes = {codec: [_packed(whole, s.name, codec) for s in whole.subjects] for codec in _ARCHIVE_CODECS}
    endings = [s.name.rsplit(".", 1)[-1] for s in whole.subjects]
    for label, group in {**_ENDINGS, "all": tuple(set(endings))}.items():
        places = [k for k, ending in enumerate(endings) if ending in group]
        before = sum(whole.subjects[k].size for k in places)
        packed = {codec: sum(all_[k] for k in places) for codec, all_ in sizes.items()}
        best = min(packed[codec] for codec in _ARCHIVE_CODECS[2:])
        cells = [f"**{n:,}**" if codec == _OURS else f"{n:,}" for codec, n in packed.items()]
        rows.append([label, str(len(places)), f"{before:,}", *cells, _change(packed[_OURS], best)])
    return pipes(["archives", "files", "bytes", *_ARCHIVE_CODECS, f"{_OURS} to the best of them"], rows)


def price() -> str:
    """How much faster the rivals are, and how much larger their files."""
    rows = []
    for kind in _KINDS:
        group = measured(kind).everything(kind)
        base = group.total(_OURS)
        for codec in group.codecs():
            total = group.total(codec.name)
            if codec.ours or not total.complete:
                continue
            cells = [f"{total.packed / base.packed:.2f}", factor(total.faster(base, "encode"))]
            rows.append([kind, codec.name, *cells, factor(total.faster(base, "decode"))])
    head = ["kind", "codec", "size, times ours", "encodes, times as fast", "decodes, times as fast"]
    return pipes(head, sorted(rows, key=lambda row: (row[0], float(row[2]))))


def everything() -> str:
    """Every table of the record."""
    return "\n\n".join(tables.markdown(measured(kind)).strip() for kind in _KINDS)


def origin() -> str:
    """Machine, date, commit."""
    names = (*_KINDS, "archives")
    return "\n\n".join(f"{name.capitalize()}: {tables.origin(measured_of(name))}" for name in names)


def startup() -> str:
    """Wall times of short commands."""
    times = _other("startup")
    warm, first = times["warm"], times["first"]
    rows = [[name, f"{median(runs):.2f}"] for name, runs in warm.items()]
    rows += [[f"{name}: first run ever", f"{seconds:.1f}"] for name, seconds in first.items()]
    return pipes(["wall time", "seconds"], rows)


def scaling() -> str:
    """Points and exponents along each axis."""
    grown = growth.Record.read(RESULTS / f"{arcodec.__version__}-scaling.json")
    return "\n".join([*growth.tables(grown), f"{grown.verdict().capitalize()}."])


def family() -> str:
    """Nets beside each other and beside other codecs, a table for each set."""
    found = _other("likelihood")
    sets = [name for name in likelihood.ARCHITECTURES if name in found]
    lines = [report.headline(found).rstrip("\n")]
    for name in sets:
        shown = likelihood.table(found[name]["nets"], found[name]["others"]).strip()
        lines.append(f"### {name.capitalize()}, {found[name]['symbols']:,} symbols\n\n{shown}")
    return "\n\n".join(lines)


def models_of_domains() -> str:
    """Models trained on one half of a domain's files, on the other half."""
    found = _other("domains")
    return f"{report.headline(found)}\n\n{domains.table(found['domains'])}"


BLOCKS: dict[str, Callable[[], str]] = {
    "bytes": files_of_bytes,
    "quoted": quoted,
    "images": sets_of_images,
    "archives": files_in_files,
    "price": price,
    "everything": everything,
    "origin": origin,
    "startup": startup,
    "scaling": scaling,
    "family": family,
    "domains": models_of_domains,
}


def _packed(whole: Record, subject: str, codec: str) -> int:
    found = whole.find(subject, codec)
    if found is None or found.status != "ok":
        sys.exit(f"the record lacks {codec} on {subject}")
    return found.packed


def _change(ours: float, best: float) -> str:
    return f"{100 * (ours / best - 1):+.1f} %"


# --- texts ---


def filled(text: str) -> str:
    """`text` with every block as it is measured."""

    def block(match: re.Match[str]) -> str:
        return f"{match[1]}\n\n{BLOCKS[match[2]]()}\n\n{match[3]}"

    return re.sub(r"(<!-- measured: (\w+) -->).*?(<!-- end -->)", block, text, flags=re.DOTALL)


def main() -> int:
    """Rewrite or check; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    stale = [path for path in TEXTS if filled(path.read_text()) != path.read_text()]
    if check:
        for path in stale:
            print(f"{path.relative_to(ROOT)} is not what the records say: run python -m bench.docs", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.write_text(filled(path.read_text()))
    for kind in _KINDS:
        chart.write(measured(kind), PLOTS / f"pareto-{kind}.svg", kind)
    growth.plot(growth.Record.read(RESULTS / f"{arcodec.__version__}-scaling.json"), PLOTS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
