"""A text as a page in HTML whose characters are coloured by what they cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby, pairwise

import numpy as np

from arcodec.maps.heat import Costs
from arcodec.regions import Region
from arcodec.scoring import Plane

_LEVELS = (0.25, 0.5, 1, 2, 3, 5, 8, 12)  # bits of a character, where the next colour begins
# Backgrounds on which black or white text has a contrast of 4.5 and more, for light and for dark pages.
_LIGHT = ("#ffffff", "#eef6fb", "#d9edf7", "#bfe3d0", "#d8ec9a", "#f7e36b", "#fcbf5a", "#f98e68", "#e86a92")
_DARK = ("#16181d", "#16263a", "#123a52", "#0f4a4a", "#2d5016", "#5c4b00", "#7a3d00", "#8c2418", "#8a1050")
_STYLE = """
:root { color-scheme: light dark; --page: #fff; --ink: #111; --faint: #5f6368; %LIGHT% }
@media (prefers-color-scheme: dark) { :root { --page: #16181d; --ink: #f2f2f2; --faint: #a0a6ad; %DARK% } }
body { margin: 1rem auto; max-width: 120ch; padding: 0 1rem; background: var(--page); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.2rem; } h2 { font-size: 1rem; }
pre { counter-reset: line; white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.5 ui-monospace, monospace; }
pre > span { display: block; padding-left: 7ch; text-indent: -7ch; min-height: 1.5em; }
pre > span::before { counter-increment: line; content: counter(line); display: inline-block; width: 6ch;
  margin-right: 1ch; text-align: right; text-indent: 0; color: var(--faint); }
pre > span:target, pre > .dear { outline: 2px solid #c5221f; outline-offset: -1px; }
b { font-weight: inherit; } %CLASSES%
ul.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .4rem; }
ul.legend b { padding: .1rem .5rem; border: 1px solid var(--faint); }
table { border-collapse: collapse; } td, th { padding: .1rem .7rem .1rem 0; text-align: right; }
td:last-child, th:last-child { text-align: left; font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
"""
_SNIPPET = 100  # characters of a line in the table


def page(name: str, plane: Plane, regions: Sequence[Region]) -> str:
    """The page of a text; its lines are numbered, and the dearest outlined and listed.

    Args:
        name: of the file, as it may be shown.
        plane: with its text, strip and lines.
        regions: the dearest lines.
    """
    assert plane.text is not None
    assert plane.strip is not None
    assert plane.lines is not None
    lines = list(_lines(plane.text, plane.strip))
    dear = {region.line for region in regions}
    rows = [
        f'<tr><td><a href="#L{r.line}">{r.line:,}</a></td><td>{r.bits:,.1f}</td><td>{r.bits / r.length:.2f}</td>'
        f"<td>{escape(''.join(c for c, _ in lines[r.line - 1])[:_SNIPPET])}</td></tr>"
        for r in regions
        if r.line is not None
    ]
    body = []
    for number, (line, bits) in enumerate(zip(lines, plane.lines.all()[1], strict=True), 1):
        marks = f'{" class=dear" if number in dear else ""} title="{bits:,.1f} bits"'
        body.append(f'<span id="L{number}"{marks}>{_coloured(line)}</span>')
    heading = f"{plane.units:,} bytes, {plane.bits / 8:,.0f} after coding: {plane.rate:.3f} bits per byte"
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Where the bits of {escape(name)} go</title>
<style>{_style()}</style></head><body>
<h1>Where the bits of {escape(name)} go</h1>
<p>{heading}, by {escape("+".join(n[:12] if len(n) == 64 else n for n in plane.models))}.
The more bits a character costs, the more it surprised the model.</p>
<ul class="legend" aria-label="Bits of a character, by colour">{_legend()}</ul>
<h2>Dearest lines</h2>
<table><thead><tr><th>line</th><th>bits</th><th>bits per byte</th><th>text</th></tr></thead>
<tbody>{"".join(rows)}</tbody></table>
<h2>Text</h2>
<pre>{"".join(body)}</pre>
</body></html>
"""


def _lines(text: bytes, strip: Costs) -> Iterator[list[tuple[str, int]]]:
    """The characters of each line, and the levels of their costs; line ends count to the character before them."""
    characters = text.decode("utf-8", "surrogateescape")
    codes = np.frombuffer(characters.encode("utf-32-le", "surrogatepass"), np.uint32)
    escaped = (codes >= 0xDC80) & (codes <= 0xDCFF)
    lengths = np.where(escaped, 1, 1 + (codes >= 0x80) + (codes >= 0x800) + (codes >= 0x10000))
    sums = np.add.reduceat(strip.astype(np.float64), np.cumsum(lengths) - lengths)
    levels = np.searchsorted(_LEVELS, sums, side="right").tolist()
    line: list[tuple[str, int]] = []
    for character, level in zip(characters, levels, strict=True):
        if character == "\n":
            yield line
            line = []
        else:
            line.append((_shown(character), level))
    if line:
        yield line


def _shown(character: str) -> str:
    """A character as it can be seen."""
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    if character == "\t" or character.isprintable():
        return character
    return "" if character == "\r" else f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _coloured(line: Sequence[tuple[str, int]]) -> str:
    runs = []
    for level, run in groupby(line, key=lambda pair: pair[1]):
        text = escape("".join(character for character, _ in run), quote=False)
        runs.append(f"<b class=c{level}>{text}</b>" if level else text)
    return "".join(runs)


def _legend() -> str:
    names = [
        f"below {_LEVELS[0]:g}",
        *(f"{low:g} to {high:g}" for low, high in pairwise(_LEVELS)),
    ]
    names.append(f"{_LEVELS[-1]:g} and more bits")
    return "".join(f"<li><b class=c{k}>{escape(name)}</b></li>" for k, name in enumerate(names))


def _style() -> str:
    light = " ".join(f"--c{k}: {colour};" for k, colour in enumerate(_LIGHT))
    dark = " ".join(f"--c{k}: {colour};" for k, colour in enumerate(_DARK))
    classes = " ".join(f".c{k} {{ background: var(--c{k}); }}" for k in range(len(_LIGHT)))
    return _STYLE.replace("%LIGHT%", light).replace("%DARK%", dark).replace("%CLASSES%", classes)
