"""Where the files of a corpus lie on this machine, and whether they are intact.

Our own files come with the package or the checkout. All others are searched for in two folders, in this order: the
one that ARCODEC_CORPORA names, and the user's data folder, where `arcodec.bench.fetch` puts them. Below either, a
file has the path that `corpora.toml` gives it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from arcodec.bench.catalogue import Corpus, CorpusError, CorpusFile, Members, load, shipped_folder

ENVIRONMENT = "ARCODEC_CORPORA"
PINS = "pins.json"

_BLOCK = 1 << 20


class MissingCorpusError(CorpusError):
    """No file of a corpus is on this machine."""


@dataclass(frozen=True)
class Local:
    """A file of a corpus that is on this machine.

    Attributes:
        name: below the corpus's folder.
        path: where it is.
        limit: only so many bytes of it count; None for all.
    """

    name: str
    path: Path
    limit: int | None = None


@dataclass(frozen=True)
class Found:
    """What there is of a corpus.

    Attributes:
        corpus: whose files they are.
        files: those that are there, in the order of the table, or of their names where a pattern gives them.
        lacking: those that are not, by name, and what is there in their stead, "" if nothing.
    """

    corpus: Corpus
    files: tuple[Local, ...]
    lacking: Mapping[str, str]

    @property
    def paths(self) -> list[Path]:
        """Where the files are."""
        return [file.path for file in self.files]


@dataclass(frozen=True)
class Finding:
    """What checking a file, or a set of them, has shown.

    Attributes:
        name: of the file below the corpus's folder, or of the set.
        verdict: "unchecked" where nobody knows the checksum.
        text: more of it in words, where it is not "ok".
    """

    name: str
    verdict: Literal["ok", "missing", "damaged", "unchecked"]
    text: str = ""


@dataclass(frozen=True)
class Fact:
    """What is known of a file's content: size in bytes (None if not) and sha256 ("" if not)."""

    size: int | None
    sha256: str


UNKNOWN = Fact(None, "")


def named(name: str) -> Corpus:
    """The corpus of that name.

    Raises:
        CorpusError: there is none.
    """
    known = load()
    if name not in known:
        raise CorpusError(f"there is no corpus {name!r}; there are {', '.join(known)}")
    return known[name]


def user_folder() -> Path:
    """Where fetched corpora are put."""
    base = os.environ.get("XDG_DATA_HOME") or os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/.local/share")
    return Path(base) / "arcodec" / "corpora"


def places() -> list[Path]:
    """The folders searched for all corpora but our own, in order."""
    named = os.environ.get(ENVIRONMENT)
    return [*([Path(named)] if named else []), user_folder()]


def find(name: str) -> Found:
    """The files of a corpus that are on this machine; of what they contain, only their sizes have been looked at.

    Raises:
        CorpusError: there is no such corpus.
        MissingCorpusError: none of its files is there; the message says where they were searched and what to do.
    """
    found = look(named(name))
    if not found.files:
        raise missing(found.corpus)
    return found


def missing(corpus: Corpus) -> MissingCorpusError:
    """The error that says where a corpus was searched and what to do."""
    where = " or ".join(str(place) for place in _places(corpus))
    way = f"set {ENVIRONMENT} to a folder in which it is {corpus.folder}"
    if corpus.fetchable:
        way = f"run `arcodec corpora fetch {corpus.name}`, or {way}"
    return MissingCorpusError(f"the corpus {corpus.name} is not in {where}: {way}")


def look(corpus: Corpus) -> Found:
    """What there is of a corpus, if anything."""
    if corpus.members:
        return _look_for_members(corpus, corpus.members)
    present: list[Local] = []
    lacking: dict[str, str] = {}
    for file in corpus.files:
        local, reason = _look_for_file(file, _places(corpus))
        if local:
            present.append(local)
        else:
            lacking[file.name] = reason
    return Found(corpus, tuple(present), lacking)


def _places(corpus: Corpus) -> list[Path]:
    return [shipped_folder()] if corpus.shipped else places()


def _look_for_file(file: CorpusFile, searched: list[Path]) -> tuple[Local | None, str]:
    """The first copy of the right size; else why those that are there will not do."""
    reason, size = "", expected(file).size
    for path in (place / file.path for place in searched):
        if not path.is_file():
            continue
        actual = path.stat().st_size
        if size in (None, actual):
            return Local(file.name, path), ""
        reason = f"{path} has {actual:,} bytes, not {size:,}"
    for path in (place / other for place in searched for other in file.prefix_of):
        if path.is_file() and path.stat().st_size >= (size or 0):
            return Local(file.name, path, size), ""
    return None, reason


def _look_for_members(corpus: Corpus, members: Members) -> Found:
    """The first place that has all, else the one that has most."""
    pattern = PurePosixPath(members.pattern).name
    best: list[Path] = []
    for place in _places(corpus):
        files = sorted(path for path in (place / corpus.folder).glob(pattern) if path.is_file())
        best = max(best, files, key=lambda found: (len(found) == members.count, len(found)))
    short = members.count - len(best)
    lacking = {f"{short} of {members.count} files": ""} if short else {}
    return Found(corpus, tuple(Local(path.name, path) for path in best), lacking)


# --- whether they are intact ---


def pins() -> dict[str, Fact]:
    """What was got on the first fetch of files whose checksums nobody has published, by path."""
    try:
        tree = json.loads((user_folder() / PINS).read_text(encoding="utf-8"))
        return {path: Fact(row["size"], row["sha256"]) for path, row in tree.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"{user_folder() / PINS} is damaged; delete it to pin anew ({error})") from None


def expected(file: CorpusFile) -> Fact:
    """What a file should be: as published, else as pinned."""
    if file.size is not None and file.sha256:
        return Fact(file.size, file.sha256)
    pinned = pins().get(file.path, UNKNOWN)
    return Fact(pinned.size if file.size is None else file.size, file.sha256 or pinned.sha256)


def check(corpus: Corpus) -> Iterator[Finding]:
    """Compare sizes and checksums: a finding for each file, or for each set of files that has one checksum."""
    found = look(corpus)
    yield from (Finding(name, "missing", reason) for name, reason in found.lacking.items())
    if corpus.members and corpus.members.sha256:
        if not found.lacking:
            yield _compared(f"{corpus.count} files", sha256(*found.paths), corpus.members.sha256, corpus.folder)
        return
    facts = {file.path: expected(file) for file in corpus.files} or pins()
    for local in found.files:
        fact = facts.get(f"{corpus.folder}/{local.name}" if corpus.folder else local.name, UNKNOWN)
        yield _compared(local.name, sha256(local.path, limit=local.limit), fact.sha256, str(local.path))


def _compared(name: str, actual: str, wanted: str, where: str) -> Finding:
    if not wanted:
        return Finding(name, "unchecked", f"no checksum is known; it has {actual}")
    if actual != wanted:
        return Finding(name, "damaged", f"{where} has the sha256 {actual}, not {wanted}")
    return Finding(name, "ok")


def sha256(*paths: Path, limit: int | None = None) -> str:
    """Of files in a row, in hexadecimal; of the first `limit` bytes of each."""
    digest = hashlib.sha256()
    for path in paths:
        left = path.stat().st_size if limit is None else limit
        with path.open("rb") as file:
            while block := file.read(min(left, _BLOCK)):
                digest.update(block)
                left -= len(block)
    return digest.hexdigest()
