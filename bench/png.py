"""PNG files compressed byte for byte, beside their pixels only and the files themselves.

For each folder: files, how many are taken apart, bytes of the files, of .arcz byte for byte and of .arcz with
--pixels (all headers counted), and the former to the latter. Every file is decompressed and compared.

Run: python -m bench.png FOLDER... [--files N] [--level L]
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import arcodec
from arcodec.bench.tables import pipes


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", type=Path, nargs="+", help="searched for PNG files")
    parser.add_argument("--files", type=int, default=100, metavar="N", help="so many of each, drawn by chance")
    parser.add_argument("--level", type=int, default=5)
    arguments = parser.parse_args()
    rows = []
    for folder in arguments.folders:
        paths = sorted(path for path in folder.rglob("*.png") if path.is_file() and not path.is_symlink())
        paths = random.Random(1).sample(paths, min(arguments.files, len(paths)))
        sizes, apart = [0, 0, 0], 0
        for path in paths:
            data = path.read_bytes()
            exact = arcodec.compress(data, level=arguments.level)
            if arcodec.decompress(exact) != data:
                raise SystemExit(f"{path} did not come back")
            pixels = arcodec.compress(data, level=arguments.level, pixels=True)
            apart += arcodec.info(exact).frames[0].content == "png"
            sizes = [a + len(b) for a, b in zip(sizes, (data, exact, pixels), strict=True)]
        excess = f"{100 * sizes[1] / sizes[2] - 100:+.2f} %" if sizes[2] else "-"
        rows.append([folder.name, f"{len(paths)}", f"{apart}", *(f"{size:,}" for size in sizes), excess])
    print(pipes(["folder", "files", "taken apart", "files' bytes", "exact", "pixels", "exact to pixels"], rows))


if __name__ == "__main__":
    main()
