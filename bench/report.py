"""What the measuring scripts share: options, where and when they ran, tables."""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

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
    return {
        "date": datetime.now(timezone.utc).isoformat(timespec="minutes"),
        "commit": _commit(),
        "machine": {
            "cpu": _cpu(),
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in ("numpy", "numba")},
        },
    }


def _commit() -> str:
    command = ["git", "--no-optional-locks", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(": ")[1] for line in lines if line.startswith("model name")), platform.processor())


def save(path: Path, origin: dict[str, Any], **measured: Any) -> None:
    """Write `origin` and what was measured as JSON."""
    path.write_text(json.dumps(origin | measured, indent=1) + "\n")


def headline(origin: dict[str, Any]) -> str:
    """Where and when, in a line for the README."""
    machine = origin["machine"]
    return (
        f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}, numba {machine['numba']}; "
        f"{origin['date'][:10]}, commit {origin['commit']}."
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is set left, the others right."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
