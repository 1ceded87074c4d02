"""Names and messages from elsewhere, made safe to print."""

from __future__ import annotations


def printable(text: str) -> str:
    """`text` without control characters and lone surrogates, which are spelled out."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
