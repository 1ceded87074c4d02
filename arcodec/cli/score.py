"""arcodec score."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from arcodec.cli import files, options
from arcodec.cli.files import STDIN
from arcodec.cli.options import Common
from arcodec.cli.run import Item, Run, announce_compiling
from arcodec.cli.show import say, shown, table
from arcodec.errors import FileRefusedError

if TYPE_CHECKING:
    from arcodec.compressor import Options
    from arcodec.regions import Region
    from arcodec.scoring import Score

_HEAD = ("bits/symbol", "symbol", "bits/byte", "bits", "size", "content", "models", "name")
_LEFT = {"symbol", "content", "models", "name"}
_DIGITS = 12  # of a model's id, in the table
_MARKED = 10  # regions that a map marks
_SNIPPET = 60  # characters of a line


@dataclass(frozen=True)
class Measuring:
    """How to measure."""

    level: int | None
    model: str | None
    pixels: bool


@dataclass(frozen=True)
class Results:
    """What becomes of the results.

    Attributes:
        sort: by what files are ordered: rate, bits, size, name or given.
        reverse: turn that order round.
        top: so many of the dearest regions of each file.
        maps: a folder for maps.
    """

    as_json: bool
    as_csv: bool
    sort: str
    reverse: bool
    top: int
    maps: str | None
    force: bool


@dataclass(frozen=True)
class Scored:
    """A file, what it costs, its dearest regions and its map."""

    item: Item
    score: Score
    regions: Sequence[Region]
    map: str | None


def score(files: tuple[str, ...], measuring: Measuring, results: Results, common: Common) -> int:
    """Show what files cost under a model, the dearest first; writes no .arcz.

    Bits are those of all symbols, recipes included, as compressing would code them; a .arcz has some headers more.
    With --map, where these bits go: light pixels of pictures, coloured characters of texts, plots of other files.
    """
    if results.as_json and results.as_csv:
        raise click.UsageError("--json and --csv contradict each other")
    if files.count(STDIN) > 1:
        raise click.UsageError("standard input can be read only once")
    run = Run(common, packing=True)
    found: list[Scored] = []
    status = run.each(files, lambda item: found.append(_score(item, measuring, results, run)))
    _sort(found, results)
    if results.as_json:
        print(json.dumps(_tree(found), indent=2))
    elif results.as_csv:
        _csv(found)
    elif found:
        print(_table(found))
        for scored in found if results.top else []:
            print(f"\n{shown(scored.item.path)}: dearest regions" + ("" if scored.regions else ": none stands out"))
            if scored.regions:
                print(_regions(scored))
    return status


def _score(item: Item, measuring: Measuring, results: Results, run: Run) -> Scored:
    with files.opened(item.path) as source:
        chosen = _options(measuring, run)
        from arcodec.scoring import score_stream

        mapped = bool(results.top or results.maps is not None)
        size = source.status.st_size if source.status else None
        with run.meter(item.path, size, "measuring") as meter:
            scored = score_stream(source.file, chosen, meter, mapped=mapped)
        source.refuse_changed(scored.size)
        regions = scored.dearest(max(results.top, _MARKED if results.maps is not None else 0)) if mapped else []
        path = _map(item, scored, regions[:_MARKED], source, results, run) if results.maps is not None else None
    return Scored(item, scored, regions[: results.top], path)


def _options(measuring: Measuring, run: Run) -> Options:
    announce_compiling()
    from arcodec.compressor import DEFAULT_LEVEL, Options

    # Nothing is to be decoded, so a model file need not be where decoding would look for it.
    level, model, memory = measuring.level or DEFAULT_LEVEL, measuring.model, run.common.memory
    return Options(level, model, measuring.pixels, True, run.threads, False, memory)


def _map(
    item: Item, scored: Score, regions: Sequence[Region], source: files.Input, results: Results, run: Run
) -> str:
    """Write the map of a file into the folder for maps; returns its path."""
    from arcodec import maps

    assert results.maps is not None
    if item.path == STDIN:
        raise FileRefusedError("standard input has no name for its map; name a file")
    drawn = maps.draw(shown(os.path.basename(item.path)), scored, regions)
    folder = os.path.join(results.maps, os.path.dirname(item.below))
    os.makedirs(folder, exist_ok=True)
    target = options.Target(folder, stdout=False, force=results.force, keep=True)
    name = f"{os.path.basename(item.path)}{drawn.suffix}"
    with run.output(Item(item.path, os.path.basename(item.path)), name, target, source) as output:
        output.write(drawn.data)
        output.commit(None)
    if not run.common.quiet:
        say(f"{shown(output.target)}: {drawn.note}")
    return output.target


def _sort(found: list[Scored], results: Results) -> None:
    """In place; ties keep the order in which the files were given."""
    keys: dict[str, Any] = {
        "rate": lambda s: -s.score.bits_per_symbol,
        "bits": lambda s: -s.score.bits,
        "size": lambda s: -s.score.size,
        "name": lambda s: s.item.path,
        "given": lambda s: 0,
    }
    found.sort(key=keys[results.sort])
    if results.reverse:
        found.reverse()


def _names(score: Score) -> str:
    return "+".join(name[:_DIGITS] if len(name) == 64 else name for name in score.models)


def _table(found: Sequence[Scored]) -> str:
    """One line for each file, and the totals if there are several."""
    rows = [_HEAD]
    for scored in found:
        own = scored.score
        rates = f"{own.bits_per_symbol:.4f}", own.unit, f"{own.bits_per_byte:.4f}"
        rows.append((*rates, f"{own.bits:,.0f}", f"{own.size:,}", own.content, _names(own), shown(scored.item.path)))
    if len(found) > 1:
        bits, size = sum(s.score.bits for s in found), sum(s.score.size for s in found)
        rate = f"{bits / max(size, 1):.4f}"
        rows.append(("", "", rate, f"{bits:,.0f}", f"{size:,}", "", "", f"{len(found)} files"))
    return table(rows, _LEFT)


def _regions(scored: Scored) -> str:
    """One line for each region: what it costs, how much of that is above what is usual, where it is."""
    rows = [("bits", "excess", "where")]
    for region in scored.regions:
        rows.append((f"{region.bits:,.1f}", f"{region.excess:,.1f}", _where(scored, region)))
    return table(rows, {"where"})


def _where(scored: Scored, region: Region) -> str:
    planes = scored.score.planes
    plane = planes[region.plane]
    place = f"offset {region.start:,}, {region.length:,} symbols"
    if region.box is not None:
        left, top, width, height = region.box
        place = f"columns {left:,} to {left + width - 1:,}, rows {top:,} to {top + height - 1:,}"
    elif region.line is not None:
        text = (plane.text or b"")[region.start : region.start + region.length].decode(errors="replace")
        place = f"line {region.line:,}, offset {region.start:,}"
        place += f": {shown(text.strip()[:_SNIPPET])}" if text.strip() else ""
    if len([p for p in planes if not p.recipe]) == 1 and not plane.recipe:
        return place
    what = "recipe" if plane.recipe else f"plane {region.plane} of {len(planes)}"
    return f"{place}; in the {what} ({plane.content})" if plane.recipe else f"{place}; in {what} ({plane.content})"


def _tree(found: Sequence[Scored]) -> dict[str, Any]:
    """All there is to know, for machines."""
    bits, size = sum(s.score.bits for s in found), sum(s.score.size for s in found)
    rate = bits / max(size, 1)
    return {
        "files": [_file(scored) for scored in found],
        "totals": {"files": len(found), "size": size, "bits": round(bits, 3), "bits_per_byte": round(rate, 6)},
    }


def _file(scored: Scored) -> dict[str, Any]:
    own = scored.score
    return {
        **_summary(scored),
        "models": own.models,
        "planes": [
            {
                "content": plane.content,
                "recipe": plane.recipe,
                "shape": plane.shape,
                "unit": plane.unit,
                "units": plane.units,
                "bits": round(plane.bits, 3),
                "bits_per_unit": round(plane.rate, 6),
                "models": dict(plane.models),
            }
            for plane in own.planes
        ],
        "dearest": [_region(region) for region in scored.regions],
        "map": scored.map,
    }


def _summary(scored: Scored) -> dict[str, Any]:
    own = scored.score
    return {
        "name": scored.item.path,
        "size": own.size,
        "bits": round(own.bits, 3),
        "bits_per_byte": round(own.bits_per_byte, 6),
        "bits_per_symbol": round(own.bits_per_symbol, 6),
        "symbol": own.unit,
        "content": own.content,
    }


def _region(region: Region) -> dict[str, Any]:
    fields = {"plane": region.plane, "bits": round(region.bits, 3), "excess": round(region.excess, 3)}
    if region.box is not None:
        return fields | dict(zip(("left", "top", "width", "height"), region.box, strict=True))
    fields |= {"start": region.start, "length": region.length}
    return fields if region.line is None else fields | {"line": region.line}


def _csv(found: Sequence[Scored]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["name", "size", "bits", "bits_per_byte", "bits_per_symbol", "symbol", "content", "models"])
    for scored in found:
        row = _summary(scored)
        writer.writerow([shown(row.pop("name")), *row.values(), "+".join(scored.score.models)])


command = click.Command(
    "score",
    context_settings=options.CONTEXT,
    params=[
        options.FILES,
        *options.LEVELS,
        options.MODEL,
        options.PIXELS,
        click.Option(["--map", "maps"], metavar="FOLDER", help="Write where the bits of each file go, as a map."),
        click.Option(
            ["--top"],
            type=click.IntRange(min=0),
            default=0,
            metavar="N",
            help="Show the N regions of each file that cost most above what is usual in it.",
        ),
        click.Option(
            ["--sort"],
            type=click.Choice(["rate", "bits", "size", "name", "given"]),
            default="rate",
            show_default=True,
            help="Order of the files: by bits a symbol, by all bits, by size, by name, as they were given.",
        ),
        click.Option(["--reverse"], is_flag=True, help="Turn the order round."),
        click.Option(["--json", "as_json"], is_flag=True, help="Print JSON: planes, regions, maps."),
        click.Option(["--csv", "as_csv"], is_flag=True, help="Print CSV, a line for each file."),
        click.Option(["-f", "--force"], is_flag=True, help="Replace maps that exist."),
        *options.COMMON,
    ],
    callback=options.bundled(score, measuring=Measuring, results=Results, common=Common),
    help=score.__doc__,
)
