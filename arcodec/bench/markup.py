"""HTML whose text is always escaped: elements, and tables that sort and scroll."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Sequence

from arcodec.printable import printable


class Markup(str):
    """Text that is HTML already; all other text is escaped by `element`."""

    __slots__ = ()


def element(tag: str, *children: str, **attributes: str | int | bool | None) -> Markup:
    """An element, or the start of one that has no end (`img`).

    Args:
        tag: its name.
        children: markup, or text to be escaped; control characters, and those that change the direction of
            writing, are shown as escapes.
        attributes: `class_` is class, `aria_sort` is aria-sort; True is present, False and None are absent.
    """
    pairs = ((name.rstrip("_").replace("_", "-"), value) for name, value in attributes.items())
    words = [
        name if value is True else f'{name}="{escaped(str(value))}"'
        for name, value in pairs
        if value is not None and value is not False
    ]
    start = f"<{' '.join([tag, *words])}>"
    return Markup(start if tag == "img" else f"{start}{join(children)}</{tag}>")


def join(parts: Iterable[str], between: str = "") -> Markup:
    """Markup and text in a row."""
    return Markup(escaped(between).join(part if isinstance(part, Markup) else escaped(part) for part in parts))


def escaped(text: str) -> str:
    """As text of an element, or a value of an attribute in quotes."""
    return html.escape(printable(text))


def row(head: str, cells: Iterable[str], look: str = "") -> Markup:
    """A row of a table: what it is about, and cells; `look` are its classes."""
    return element("tr", element("th", element("bdi", head), scope="row"), *cells, class_=look or None)


def table(
    name: str,
    caption: str,
    notes: str,
    heads: Sequence[str],
    rows: Sequence[str],
    spans: Sequence[tuple[str, int]] = (),
    words: Collection[str] = (),
    sorted_by: int | None = None,
    kind: str | None = None,
) -> Markup:
    """A table that can be sorted by any column, in a region of its own that scrolls sideways.

    Args:
        name: unique on the page.
        caption: what it shows.
        notes: how to read it.
        heads: of the columns.
        rows: markup of the body.
        spans: heads of groups of columns and how many each has; "" for columns of no group.
        words: heads of columns that hold words; all others hold numbers, and are set right.
        sorted_by: the column that rows are sorted by already.
        kind: of the files that its rows are, if they are files.
    """
    above = [
        element("th", text, colspan=width, scope="colgroup") if text else element("td", colspan=width)
        for text, width in spans
    ]
    columns = [
        element(
            "th",
            element("button", text, type="button"),
            scope="col",
            class_="words" if text in words else None,
            data_column=number,
            aria_sort="ascending" if number == sorted_by else None,
        )
        for number, text in enumerate(heads)
    ]
    head = element("thead", *([element("tr", *above)] if spans else []), element("tr", *columns))
    title = element("span", element("strong", caption), *([Markup("<br>"), notes] if notes else []), id=name)
    body = element(
        "table",
        element("caption", title),
        head,
        element("tbody", *rows),
        class_="files" if kind else None,
        data_kind=kind,
        data_measure="bits" if kind else None,
    )
    return element("div", body, class_="scroll", role="region", aria_labelledby=name, tabindex=0)
