"""The family of nets as codecs: bits in float, in integers and as coded bytes, with what training and coding take.

Two sets, made from the training data: `text`, English articles of which the last tenth is measured; and `tiles`,
photographs made a quarter as large and cut into 32 by 32 pixels, like CIFAR-10's, of which 128 of every eighth
photograph are measured. Each net is trained by `arcodec train` for the same time and measured on what it never saw,
beside arcodec's own models and others' codecs on the same bytes. The tiles are one image, one below the other.

Run: ARCODEC_TRAIN=... python -m bench.likelihood --markdown --json OUT
"""

from __future__ import annotations

import csv
import json
import lzma
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

import arcodec
from arcodec import nets
from arcodec.models import store
from arcodec.models.net import NetModel
from bench import report
from bench.deep import jpeg_xl

TEXT = "prose_en/wikitext2_valid_test.txt"
TILE = 32
SMALLER = 4
ARCHITECTURES = {
    "text": ("histogram", "made", "gru", "lstm", "wavenet", "transformer"),
    "tiles": ("histogram", "made", "gru", "pixelcnn"),
}
TESTED = 128  # tiles
_ROUNDS, _ENOUGH = 3, 60.0  # speeds are medians of so many, or of what was done in so many seconds

Pixels = npt.NDArray[np.uint8]


def text() -> tuple[Pixels, Pixels]:
    """Train and test, each uint8[n]."""
    archive = Path(os.environ["ARCODEC_TRAIN"]) / "bytes"
    if (archive / TEXT).exists():
        data = (archive / TEXT).read_bytes()
    else:
        with tarfile.open(archive / f"{TEXT.partition('/')[0]}.tar.xz") as packed:
            member = packed.extractfile(TEXT)
            assert member is not None
            data = member.read()
    whole = np.frombuffer(data, np.uint8)
    return whole[: len(whole) * 9 // 10], whole[len(whole) * 9 // 10 :]


def tiles() -> tuple[Pixels, Pixels]:
    """Train and test, each uint8[n * TILE, TILE, 3]. Pieces of one photograph are on one side only."""
    folder = Path(os.environ["ARCODEC_TRAIN"]) / "images"
    with (folder / "MANIFEST.tsv").open(newline="") as manifest:
        rows = [row for row in csv.DictReader(manifest, delimiter="\t") if row["subset"] == "photo"]
    sources = sorted({row["source"] for row in rows})
    parts: tuple[list[Pixels], list[Pixels]] = ([], [])
    for row in rows:
        image = Image.open(folder / "photo" / row["file"]).convert("RGB").reduce(SMALLER)
        pixels = np.asarray(image)
        pixels = pixels[: len(pixels) // TILE * TILE, : pixels.shape[1] // TILE * TILE]
        cut = pixels.reshape(len(pixels) // TILE, TILE, -1, TILE, 3).swapaxes(1, 2).reshape(-1, TILE, 3)
        parts[sources.index(row["source"]) % 8 == 0].append(cut)
    train, test = (np.concatenate(part) for part in parts)
    every = test.reshape(-1, TILE, TILE, 3)
    chosen = every[np.linspace(0, len(every) - 1, TESTED).astype(int)]
    return train, chosen.reshape(-1, TILE, 3)


def _file(symbols: Pixels) -> bytes:
    """A set as a file: text as it is, pixels as a PPM."""
    if symbols.ndim == 1:
        return symbols.tobytes()
    return b"P6\n%d %d\n255\n" % (symbols.shape[1], symbols.shape[0]) + symbols.tobytes()


def trained(name: str, size: str, files: Path, seconds: float, folder: Path) -> Path:
    """The model file that `arcodec train` makes of a set."""
    path = folder / f"{name}{store.SUFFIX}"
    command = [sys.executable, "-m", "arcodec", "train", str(files), "-o", str(path), "--arch", name]
    command += ["--size", size, "--time", f"{seconds:.0f}s", "--seed", "1", "-q", "-f"]
    subprocess.run(command, check=True)
    return path


def row_of(path: Path, size: str, chunk: Pixels, file: bytes) -> dict[str, Any]:
    """What a net makes of the test set."""
    found = store.read(path)
    model = found.model()
    assert isinstance(model, NetModel)
    shaped = chunk if model.dimensions == 3 else chunk.reshape(-1)
    packed = arcodec.compress(file, model=path, embed_model=True)
    assert arcodec.decompress(packed) == file
    encoding: list[float] = []
    decoding: list[float] = []
    while len(decoding) < _ROUNDS and sum(shaped.size / speed for speed in encoding + decoding) < _ENOUGH:
        begun = perf_counter()
        payload = model.encode(shaped)
        between = perf_counter()
        assert np.array_equal(model.decode(payload, shaped.shape), shaped)
        encoding.append(shaped.size / (between - begun))
        decoding.append(shaped.size / (perf_counter() - between))
    own = os.path.getsize(path)
    return {
        "name": found.header["architecture"],
        "size": size,
        "parameters": sum(int(np.prod(q.shape)) for q in model.net.parameters().values()),
        "multiply_adds": model.net.multiply_adds(),
        "model": own,
        "lanes": model.lanes(shaped.shape).lanes,
        "integers": float(model.bits(shaped).sum(dtype=np.float64)) / shaped.size,
        "coded": 8 * (len(packed) - own) / shaped.size,
        "encode": median(encoding),
        "decode": median(decoding),
        "training": json.loads(found.header["training"]),
        "validation": json.loads(found.header["measured"]),
    }


def rivals(chunk: Pixels, file: bytes) -> dict[str, float]:
    """Bits per symbol of others, whole files."""
    sizes = {f"arcodec -{level}": len(arcodec.compress(file, level=level)) for level in (1, 5, 9)}
    sizes["xz -9e"] = len(lzma.compress(file, preset=9 | lzma.PRESET_EXTREME))
    if chunk.ndim == 3:
        sizes["JPEG XL -e 9"] = len(jpeg_xl(chunk))
    return {name: 8 * size / chunk.size for name, size in sizes.items()}


def table(rows: list[dict[str, Any]], others: dict[str, float]) -> str:
    """A line for each net, the smallest last, and the others."""
    lines = []
    for row in sorted(rows, key=lambda row: -row["coded"]):
        validation = row["validation"]
        lines.append(
            [
                f"{row['name']} {row['size']}",
                f"{validation['float']:.4f}",
                f"{validation['validation']:.4f}",
                f"{row['integers']:.4f}",
                f"{row['coded']:.4f}",
                f"{row['parameters']:,}",
                f"{row['multiply_adds']:,}",
                f"{row['model']:,}",
                f"{row['training']['seconds'] / 60:.1f} min",
                f"{row['training']['symbols'] / 1e6:.1f} M",
                f"{row['encode'] / 1e3:.0f}",
                f"{row['decode'] / 1e3:.0f}",
            ]
        )
    head = ["", "float", "integers", "test", "coded", "parameters", "multiply-adds", "file", "training", "symbols"]
    lines += [[name, "", "", "", f"{bits:.4f}", *[""] * 7] for name, bits in others.items()]
    return report.table([*head, "encode, KB/s", "decode, KB/s"], lines)


def main() -> None:
    """Train, measure, print, save."""
    parser = report.options(__doc__)
    parser.add_argument("--sets", nargs="+", choices=list(ARCHITECTURES), default=list(ARCHITECTURES))
    parser.add_argument("--archs", nargs="+", choices=list(nets.ALIASES), help="of the sets'")
    parser.add_argument("--size", choices=nets.SIZES, default="small")
    parser.add_argument("--minutes", type=float, default=10, help="of training, each")
    parser.add_argument("--keep", type=Path, help="folder for the model files")
    arguments = parser.parse_args()
    seconds = 5 if arguments.quick else 60 * arguments.minutes
    origin = report.origin()
    measured: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        for name in arguments.sets:
            train, chunk = text() if name == "text" else tiles()
            chunk = chunk[: len(chunk) // 16] if arguments.quick else chunk
            file = _file(chunk)
            files = Path(temporary) / f"{name}-train"
            files.write_bytes(_file(train))
            rows = []
            for architecture in ARCHITECTURES[name]:
                if arguments.archs and architecture not in arguments.archs:
                    continue
                (folder / name).mkdir(parents=True, exist_ok=True)
                path = trained(architecture, arguments.size, files, seconds, folder / name)
                rows.append(row_of(path, arguments.size, chunk, file))
                print(name, rows[-1]["name"], f"{rows[-1]['coded']:.4f}", file=sys.stderr)
            measured[name] = {"symbols": chunk.size, "nets": rows, "others": rivals(chunk, file)}
    if arguments.json:
        report.save(arguments.json, origin, **measured)
    if arguments.markdown:
        print(report.headline(origin), end="\n\n")
        for name, found in measured.items():
            print(f"{name}, {found['symbols']:,} symbols:\n\n{table(found['nets'], found['others'])}")


if __name__ == "__main__":
    main()
