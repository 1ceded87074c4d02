"""What a model is trained on: files as bytes or as images, divided into those to learn from and those to measure on.

Bytes are arrays uint8[n], images uint8[rows, columns, channels] with 1 or 3 channels, as the models get them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from arcodec import content
from arcodec.content.base import Plane
from arcodec.errors import TrainingError

BYTES, IMAGES = "bytes", "images"
LEAST = 2048  # symbols, in all
MOST = 4 << 30  # bytes, in all: they are held in memory
MOST_VALIDATED = 2 << 20  # symbols; more would cost time and tell no more
LARGEST_SHARE = 0.5  # of the symbols that may be set aside
_MODES = {1: "gray", 3: "RGB", 2: "gray of 16 bits", 6: "RGB of 16 bits"}
_UNTRAINED = {"coefficients": "JPEG coefficients", "sound": "sound"}


@dataclass(frozen=True, eq=False)
class Sample:
    """A file, or a part of one.

    Attributes:
        name: as it was given.
        kind: BYTES or IMAGES; "coefficients" or "sound", for which there is no training.
        size: of the file, in bytes.
        digest: sha256 of the file.
        parts: what a model would code: one array of bytes, or the images in the file, all of one mode.
    """

    name: str
    kind: str
    size: int
    digest: bytes
    parts: tuple[Plane, ...]

    @property
    def symbols(self) -> int:
        """How many there are in all parts."""
        return sum(part.size for part in self.parts)

    @property
    def mode(self) -> str:
        """What the images are: gray, RGB; or the kind."""
        return _MODES[self.parts[0].shape[2]] if self.kind == IMAGES else self.kind


def read(name: str, data: bytes, *, as_bytes: bool = False) -> Sample:
    """A file as what it is: images if it is one that arcodec takes apart, else bytes, or those if `as_bytes`."""
    digest = hashlib.sha256(data).digest()
    for kind in content.candidates(data[: content.HEAD], exact=False) if not as_bytes else ():
        parsed = kind.parse(data)
        if parsed is None:
            continue
        first = next((plane for plane in parsed.planes if plane.ndim > 1), None)
        if first is None:
            continue
        if first.ndim == 2 or first.shape[2] == 4:
            return Sample(name, "coefficients" if first.ndim == 2 else "sound", len(data), digest, ())
        alike = [plane for plane in parsed.planes if plane.ndim == 3 and plane.shape[2] == first.shape[2]]
        return Sample(name, IMAGES, len(data), digest, tuple(alike))
    whole = np.frombuffer(data, np.uint8)
    return Sample(name, BYTES, len(data), digest, (whole,) if len(whole) else ())


@dataclass(frozen=True)
class Division:
    """Samples divided into those to learn from and those to be measured on.

    Attributes:
        kind: BYTES or IMAGES.
        channels: 1 or 3 for images, 0 for bytes.
        train: learnt from.
        validation: measured on; none of them, nor one like it, is in `train`.
        files: how many were given and not empty, duplicates too.
        duplicates: how many of them are left out, for they are there already.
        digest: sha256 of the sha256 of all files, in order of these.
    """

    kind: str
    channels: int
    train: tuple[Sample, ...]
    validation: tuple[Sample, ...]
    files: int
    duplicates: int
    digest: bytes

    @property
    def trained(self) -> int:
        """Symbols to learn from."""
        return sum(sample.symbols for sample in self.train)

    @property
    def validated(self) -> int:
        """Symbols to be measured on."""
        return sum(sample.symbols for sample in self.validation)

    @property
    def size(self) -> int:
        """Bytes of all the files that are used."""
        return sum({sample.digest: sample.size for sample in (*self.train, *self.validation)}.values())


def divide(samples: Sequence[Sample], share: float, seed: int) -> Division:
    """Check that the samples can be learnt from together, and set whole files aside; of a single one its end.

    The order of the samples does not matter, only what is in them.

    Args:
        samples: as `read` gives them.
        share: of the symbols, to be set aside: above 0 and at most LARGEST_SHARE; no more than MOST_VALIDATED.
        seed: another one sets other files aside.

    Raises:
        TrainingError: there is too little, too much, or of several kinds.
    """
    given = [sample for sample in samples if sample.size]
    _refuse(samples, given)
    unique = list({_likeness(sample): sample for sample in reversed(given)}.values())
    unique.sort(key=lambda sample: hashlib.sha256(b"%d " % seed + sample.digest).digest())
    total = sum(sample.symbols for sample in unique)
    aim = min(int(share * total), MOST_VALIDATED)
    if len(unique) == 1:
        train, validation = _ends(unique[0], max(1, aim))
    else:
        train, validation = _whole(unique, aim)
    digest = hashlib.sha256(b"".join(sorted(sample.digest for sample in unique))).digest()
    kind = unique[0].kind
    channels = unique[0].parts[0].shape[2] if kind == IMAGES else 0
    return Division(kind, channels, train, validation, len(given), len(given) - len(unique), digest)


def _mixture(given: Sequence[Sample], what: Callable[[Sample], str]) -> str:
    """How many there are of each kind, and one of the rarest; empty if all are of one kind."""
    counts = Counter(map(what, given))
    rarest = min(counts, key=counts.__getitem__)
    odd = next(sample for sample in given if what(sample) == rarest)
    several = ", ".join(f"{count} {kind}" for kind, count in counts.most_common())
    return f"{several}, such as {odd.name}" if len(counts) > 1 else ""


def _refuse(samples: Sequence[Sample], given: Sequence[Sample]) -> None:
    """Raise TrainingError unless these can be learnt from together."""
    if not given:
        what = "the file is empty" if len(samples) == 1 else "all files are empty" if samples else "no files"
        raise TrainingError(f"there is nothing to train on: {what}")
    if mixture := _mixture(given, lambda sample: f"of {_UNTRAINED.get(sample.kind, sample.kind)}"):
        raise TrainingError(
            f"the files are of several kinds: {mixture}; a model learns one kind: train on those of one, or on all "
            "as bytes with --bytes"
        )
    kind = given[0].kind
    if kind in _UNTRAINED:
        raise TrainingError(f"there is no model of {_UNTRAINED[kind]} to be trained; --bytes takes files as bytes")
    if mixture := _mixture(given, lambda sample: sample.mode):
        raise TrainingError(f"the images are of several modes: {mixture}; a model learns one: train on those")
    mode = given[0].mode
    if mode.endswith("16 bits"):
        raise TrainingError("there is no model of images of 16 bits to be trained; --bytes takes files as bytes")
    total, size = sum(sample.symbols for sample in given), sum(sample.size for sample in given)
    if total < LEAST:
        what = "pixel samples" if kind == IMAGES else "bytes"
        raise TrainingError(
            f"{total:,} {what} are too little to train on; it takes at least {LEAST:,}, better 100,000"
        )
    if size > MOST:
        raise TrainingError(f"{size:,} bytes are more than training takes, {MOST:,}; give fewer files")


def _likeness(sample: Sample) -> bytes:
    """The same for files that hold the same symbols."""
    if sample.kind == BYTES:
        return sample.digest
    state = hashlib.sha256()
    for part in sample.parts:
        state.update(b"%d %d %d " % part.shape)
        state.update(np.ascontiguousarray(part).data)
    return state.digest()


def _ends(sample: Sample, aim: int) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
    """The end of a single file is set aside: whole rows of the last images, `aim` symbols or a bit more."""
    train: list[Plane] = list(sample.parts)
    validation: list[Plane] = []
    if sum(map(len, train)) < 2:
        raise TrainingError("a single image of one row cannot be divided; give more files")
    while aim > 0:
        last = train.pop()
        row = last.size // len(last)
        kept = max(0 if train else 1, len(last) - -(-aim // row))
        aim -= (len(last) - kept) * row
        if kept < len(last):
            validation.append(last[kept:])
        if kept:
            train.append(last[:kept])
            break
    return _with(sample, train), _with(sample, validation[::-1])


def _with(sample: Sample, parts: Sequence[Plane]) -> tuple[Sample, ...]:
    return (Sample(sample.name, sample.kind, sample.size, sample.digest, tuple(parts)),)


def _whole(samples: Sequence[Sample], aim: int) -> tuple[tuple[Sample, ...], tuple[Sample, ...]]:
    """Whole files are set aside, in order, while they fit; the smallest, if none does."""
    chosen: list[Sample] = []
    for sample in samples[:-1]:
        if sample.symbols <= aim:
            chosen.append(sample)
            aim -= sample.symbols
    chosen = chosen or [min(samples, key=lambda sample: sample.symbols)]
    return tuple(sample for sample in samples if sample not in chosen), tuple(chosen)


def stretches(samples: Sequence[Sample]) -> Iterator[Plane]:
    """All parts of all samples."""
    for sample in samples:
        yield from sample.parts
