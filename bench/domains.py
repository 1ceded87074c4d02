"""Domain models beside zstd with a dictionary: one half of a domain's files trains, the other half is measured.

The domains: logs of one system of loghub (pieces of 50 lines, and the second half as one file), small JSON files,
icons of one size and style (Adwaita, 48 x 48, of Debian's adwaita-icon-theme), and dialogs of one program (GIMP's
help, as PNG files). The halves share no file. Sizes are of whole files; models and dictionaries are counted apart.

Run: ARCODEC_CORPORA=... ARCODEC_TRAIN=... python -m bench.domains --markdown
"""

from __future__ import annotations

import io
import lzma
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import numpy as np
import zstandard
from PIL import Image

import arcodec
from arcodec.content.png import Png
from arcodec.models import store
from arcodec.training.adapt import Adapted, Progress, adapt_bytes, adapt_images
from bench import report

SYSTEMS = ("OpenSSH", "Apache", "HDFS", "Android", "Spark", "Windows")
ICONS = Path("/usr/share/icons/Adwaita/48x48/legacy")
LINES = 50  # of a piece of a log
EVERY = 8  # one of so many training files is for validation
DICTIONARIES = [1 << k for k in range(12, 18)]  # bytes; zstd is given the size that is best for what is measured
SEED = 1

Files = Sequence[bytes]


class Domain(NamedTuple):
    """A domain: its files for training, and those measured."""

    name: str
    train: Files
    measured: Files
    images: bool = False


def domains(systems: Sequence[str]) -> Iterator[Domain]:
    """All domains whose files are here."""
    corpora = Path(os.environ["ARCODEC_CORPORA"]) / "bytes"
    for system in systems:
        lines = (corpora / "logs" / f"{system}_2k.log").read_bytes().splitlines(keepends=True)
        first, second = lines[: len(lines) // 2], lines[len(lines) // 2 :]
        yield Domain(f"logs, {system}", _pieces(first), _pieces(second))
        yield Domain(f"logs, {system}, as one file", _pieces(first), [b"".join(second)])
    train, measured = (sorted((corpora / folder).glob("json_*")) for folder in ("small_dict", "small"))
    yield Domain("JSON", [path.read_bytes() for path in train], [path.read_bytes() for path in measured])
    yield _halves("icons", [path.read_bytes() for path in sorted(ICONS.glob("*.png"))])
    folder = Path(os.environ["ARCODEC_TRAIN"]) / "images" / "nonphoto"
    dialogs = [path for kind in ("dialog", "options") for path in folder.glob(f"*gimp*images_filters_*_{kind}_s1_*")]
    yield _halves("dialogs", [_png(path) for path in sorted(dialogs)])


def _pieces(lines: Sequence[bytes]) -> Files:
    return [b"".join(lines[k : k + LINES]) for k in range(0, len(lines), LINES)]


def _halves(name: str, files: Files) -> Domain:
    """The files of images without repetitions, in two halves by chance."""
    files = list(dict.fromkeys(files))
    order = np.random.default_rng(SEED).permutation(len(files)).tolist()
    half = len(files) // 2
    return Domain(name, [files[k] for k in order[:half]], [files[k] for k in order[half:]], True)


def _png(path: Path) -> bytes:
    out = io.BytesIO()
    Image.open(path).save(out, "png")
    return out.getvalue()


# --- ours ---


def trained(domain: Domain, seconds: float, threads: int) -> tuple[bytes, Adapted]:
    """A model file made of the training half alone."""
    validation = domain.train[EVERY // 2 :: EVERY] or domain.train[:1]
    train = [file for k, file in enumerate(domain.train) if k % EVERY != EVERY // 2] or domain.train
    told: Callable[[Progress], None] = lambda progress: None  # noqa: E731
    if domain.images:
        planes = [[plane for file in files for plane in planes_of(file)] for files in (train, validation)]
        adapted = adapt_images(*planes, seconds=seconds, seed=SEED, threads=threads, progress=told)
    else:
        options: dict[str, Any] = {"device": "cpu", "checkpoint": None, "progress": told, "prior_only": not seconds}
        options["warn"] = print
        adapted = adapt_bytes(train, validation, seconds=seconds, steps=None, seed=SEED, threads=threads, **options)
    header = {
        "architecture": adapted.architecture,
        "symbols": "pixels" if domain.images else "bytes",
        "provenance": f"the training half of {domain.name}",
        "licence": "none",
        "command": "bench.domains",
    }
    return store.pack(adapted.arrays, header), adapted


def planes_of(file: bytes) -> Sequence[Any]:
    """The planes of a PNG file that are pictures of one or three channels."""
    parsed = Png().parse(file)
    return [plane for plane in parsed.planes if plane.shape[2:] in ((1,), (3,))] if parsed else []


def packed_sizes(files: Files, model: Path | None) -> tuple[int, float, float]:
    """Bytes of all files, and seconds both ways; each is restored and compared."""
    total, there, back = 0, 0.0, 0.0
    options: dict[str, Any] = {"model": str(model)} if model else {}
    for file in files:
        begun = monotonic()
        packed = arcodec.compress(file, threads=1, verify=False, **options)
        between = monotonic()
        if arcodec.decompress(packed, threads=1) != file:
            raise AssertionError("a file did not come back")
        total, there, back = total + len(packed), there + between - begun, back + monotonic() - between
    return total, there, back


# --- rivals ---


def with_dictionaries(train: Files, measured: Files) -> dict[str, int]:
    """zstd -22 without a dictionary, with the best that is trained, and with the training half itself as one."""
    sizes = {"zstd": _zstd(measured, None)}
    found = []
    for size in DICTIONARIES:
        try:
            dictionary = zstandard.train_dictionary(size, list(train), level=22)
        except zstandard.ZstdError:  # too few samples for one so large
            continue
        found.append(_zstd(measured, dictionary))
    sizes["zstd, trained"] = min(found, default=sizes["zstd"])
    own = zstandard.ZstdCompressionDict(b"".join(train), dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    sizes["zstd, whole half"] = _zstd(measured, own)
    return sizes


def _zstd(files: Files, dictionary: Any) -> int:
    total = 0
    for file in files:
        parameters = zstandard.ZstdCompressionParameters.from_level(22, source_size=len(file))
        packed = zstandard.ZstdCompressor(compression_params=parameters, dict_data=dictionary).compress(file)
        if zstandard.ZstdDecompressor(dict_data=dictionary).decompress(packed) != file:
            raise AssertionError("zstd did not restore a file")
        total += len(packed)
    return total


def rivals(domain: Domain) -> dict[str, int]:
    """Sizes of all measured files together; of images, the smaller of the files' own and of their samples'."""
    forms = [(domain.train, domain.measured)]
    if domain.images:
        forms.append(([_samples(file) for file in domain.train], [_samples(file) for file in domain.measured]))
    found = []
    for train, measured in forms:
        xz = [lzma.compress(file, preset=9 | lzma.PRESET_EXTREME) for file in measured]
        if [lzma.decompress(packed) for packed in xz] != list(measured):
            raise AssertionError("xz did not restore a file")
        found.append(with_dictionaries(train, measured) | {"xz": sum(map(len, xz))})
    return {name: min(sizes[name] for sizes in found) for name in found[0]}


def _samples(file: bytes) -> bytes:
    return np.asarray(Image.open(io.BytesIO(file))).tobytes()


# --- all of it ---


Made = dict[tuple[bytes, ...], tuple[bytes, Adapted, float]]


def row_of(domain: Domain, seconds: float, threads: int, quick: bool, made: Made) -> dict[str, Any]:
    """Everything measured of a domain; `made` keeps the models of training halves."""
    if set(domain.train) & set(domain.measured):
        raise AssertionError(f"{domain.name}: a file is in both halves")
    if quick:
        domain = domain._replace(train=domain.train[:10], measured=domain.measured[:2])
    key = tuple(domain.train)
    if key not in made:
        begun = monotonic()
        made[key] = (*trained(domain, seconds, threads), monotonic() - begun)
    model, adapted, took = made[key]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{store.SUFFIX}"
        path.write_bytes(model)
        os.environ["ARCODEC_MODEL_PATH"] = folder
        ours = packed_sizes(domain.measured, path)
    default = packed_sizes(domain.measured, None)
    return {
        "domain": domain.name,
        "train": [len(domain.train), sum(map(len, domain.train))],
        "measured": [len(domain.measured), sum(map(len, domain.measured))],
        "limit": seconds,
        "seconds": round(took, 1),
        "training": adapted.training,
        "bits": adapted.measured,
        "model": len(model),
        "arrays": {name: array.nbytes for name, array in adapted.arrays.items()},
        "arcodec": default,
        "arcodec, trained": ours,
        **rivals(domain),
    }


def table(rows: Sequence[dict[str, Any]]) -> str:
    """A line for each domain."""
    lines = []
    for row in rows:
        ours, default = row["arcodec, trained"][0], row["arcodec"][0]
        files = row["measured"][0]
        saved = (default - ours) / files
        lines.append(
            [
                row["domain"],
                f"{row['train'][0]} + {files}",
                *(f"{row[name]:,}" for name in ("xz", "zstd", "zstd, trained", "zstd, whole half")),
                f"{default:,}",
                f"{ours:,}",
                f"{100 * (ours / default - 1):+.1f} %",
                f"{100 * (ours / row['zstd, trained'] - 1):+.1f} %",
                f"{row['model']:,}",
                f"{row['model'] / saved:,.0f}" if saved > 0 else "never",
            ]
        )
    head = [
        "domain",
        "files",
        "xz -9e",
        "zstd -22",
        "trained dictionary",
        "whole half",
        "arcodec -5",
        "trained model",
    ]
    return report.table([*head, "to -5", "to zstd trained", "model bytes", "worth it from files"], lines).rstrip("\n")


def main() -> None:
    """Measure, print, save."""
    parser = report.options(__doc__)
    parser.add_argument("--systems", default=",".join(SYSTEMS[:1]), help="of loghub, with commas between")
    parser.add_argument("--seconds", type=float, default=600, help="to train each; 0: the sample only")
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    origin = report.origin()
    rows, made = [], Made()
    for domain in domains(arguments.systems.split(",")):
        if domain.train:
            rows.append(row_of(domain, arguments.seconds, arguments.threads, arguments.quick, made))
        if arguments.json:
            report.save(arguments.json, origin, domains=rows)
    if arguments.markdown:
        print(report.headline(origin), end="\n\n")
        print(table(rows))


if __name__ == "__main__":
    main()
