"""What the measuring scripts share: options, where and when they ran, tables."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from arcodec.bench import machine
from arcodec.bench.tables import pipes

ROOT = Path(__file__).parent.parent


def options(description: str | None) -> argparse.ArgumentParser:
    """The options that all scripts have."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="small inputs, one run: to see that the script works")
    parser.add_argument("--json", type=Path, metavar="OUT", help="save everything measured")
    parser.add_argument("--markdown", action="store_true", help="print tables")
    return parser


def origin() -> dict[str, Any]:
    """Date, commit and machine."""
    now = datetime.now(timezone.utc).isoformat(timespec="minutes")
    return {"date": now, "commit": machine.commit(), "machine": machine.facts()}


def save(path: Path, origin: dict[str, Any], **measured: Any) -> None:
    """Write `origin` and what was measured as JSON."""
    path.write_text(json.dumps(origin | measured, indent=1) + "\n")


def headline(origin: dict[str, Any]) -> str:
    """Where and when, in a line."""
    machine = origin["machine"]
    return (
        f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}, numba {machine['numba']}; "
        f"{origin['date'][:10]}, commit {origin['commit']}."
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is set left, the others right."""
    return pipes(head, rows) + "\n"
