"""Sizes of sound beside FLAC and WavPack: WAV and AIFF files in a folder, whole files, decodes compared.

FLAC files in it are decoded first. Programs that are not installed are left out, and named.

Run: python -m bench.audio FOLDER [--files N] [--level L]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import arcodec
from arcodec.bench.tables import pipes

_COMMANDS = {
    "FLAC -8": ["flac", "-8", "-s", "-f", "--no-padding", "--keep-foreign-metadata", "-o"],
    "FLAC -8ep": ["flac", "-8", "-e", "-p", "-s", "-f", "--no-padding", "--keep-foreign-metadata", "-o"],
    "WavPack -hhx4": ["wavpack", "-hhx4", "-q", "-y", "-o"],
}
_ENDINGS = (".wav", ".aif", ".aiff")


def rivals() -> dict[str, list[str]]:
    """The commands that there are."""
    return {name: command for name, command in _COMMANDS.items() if shutil.which(command[0])}


def size_by(command: list[str], path: Path, folder: Path) -> int:
    """Bytes of a file by a command; 0 if it refuses the file."""
    target = folder / "packed"
    target.unlink(missing_ok=True)
    named = target.with_suffix(".wv") if command[0] == "wavpack" else target
    named.unlink(missing_ok=True)
    done = subprocess.run([*command, str(named), str(path)], capture_output=True, check=False)
    return named.stat().st_size if done.returncode == 0 and named.exists() else 0


def sounds(folder: Path, scratch: Path) -> list[Path]:
    """The files of sound in a folder, those of FLAC decoded to `scratch`."""
    found = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in _ENDINGS and path.is_file()]
    if shutil.which("flac"):
        for number, path in enumerate(sorted(folder.rglob("*.flac"))):
            target = scratch / f"{number}-{path.stem}.wav"
            if not subprocess.run(["flac", "-d", "-s", "-f", "-o", str(target), str(path)], check=False).returncode:
                found.append(target)
    return found


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="with sound")
    parser.add_argument("--files", type=int, default=20, metavar="N", help="so many of them, evenly chosen")
    parser.add_argument("--level", type=int, default=5)
    arguments = parser.parse_args()
    commands = rivals()
    missing = [name for name in _COMMANDS if name not in commands]
    if missing:
        print(f"not measured, for they are not installed: {', '.join(missing)}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        paths = sounds(arguments.folder, scratch) if arguments.folder.is_dir() else []
        if not paths:
            sys.exit(f"{arguments.folder} holds no WAV, AIFF or FLAC files")
        step = max(1, len(paths) // arguments.files)
        rows = []
        totals = [0] * (2 + len(commands))
        seconds = [0.0, 0.0]
        for path in paths[::step][: arguments.files]:
            data = path.read_bytes()
            start = time.process_time()
            packed = arcodec.compress(data, level=arguments.level, verify=False)
            middle = time.process_time()
            if arcodec.decompress(packed) != data:
                sys.exit(f"{path} did not come back")
            seconds[0] += middle - start
            seconds[1] += time.process_time() - middle
            sizes = [len(data), len(packed), *(size_by(command, path, scratch) for command in commands.values())]
            totals = [a + b for a, b in zip(totals, sizes, strict=True)]
            rows.append([path.stem, *(f"{size:,}" for size in sizes)])
        rows.append(["all", *(f"{size:,}" for size in totals)])
        print(pipes(["file", "bytes", f"arcodec -{arguments.level}", *commands], rows))
        speeds = [totals[0] / max(s, 1e-9) / 1e6 for s in seconds]
        print(f"\narcodec: {speeds[0]:.2f} MB/s to compress, {speeds[1]:.2f} MB/s to decompress, CPU time")


if __name__ == "__main__":
    main()
