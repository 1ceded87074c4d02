"""What `corpora.toml` says: the corpora, their files, and where they come from."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from arcodec.errors import ArcodecError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = "corpora.toml"

_SAFE_PATH = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._+-]*/)*[A-Za-z0-9][A-Za-z0-9._+-]*")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class CorpusError(ArcodecError):
    """A corpus is not known, not described as it should be, or cannot be fetched."""


@dataclass(frozen=True)
class Archive:
    """A zip or tar file that holds the files of a corpus.

    Attributes:
        url: its address.
        size: in bytes.
        sha256: of the archive.
    """

    url: str
    size: int
    sha256: str


@dataclass(frozen=True)
class CorpusFile:
    """One file of a corpus.

    Attributes:
        path: below any of the places, with "/".
        name: the same below the corpus's folder.
        size: in bytes; None if it is not published.
        sha256: "" if it is not published; then what the first fetch got is pinned.
        origin: addresses, or one member of the archive; several are put in a row. Empty if it cannot be fetched.
        prefix_of: paths of other files that it is the beginning of.
    """

    path: str
    name: str
    size: int | None
    sha256: str
    origin: tuple[str, ...]
    prefix_of: tuple[str, ...]


@dataclass(frozen=True)
class Members:
    """Files that are known by a pattern only.

    Attributes:
        pattern: of their paths in the archive; below the corpus's folder they lie by their last part.
        count: how many there are.
        size: of all, in bytes; None if it is not published.
        sha256: of all in a row, in the order of their names; "" if it is not published.
    """

    pattern: str
    count: int
    size: int | None
    sha256: str


@dataclass(frozen=True)
class Corpus:
    """A set of files that belong together.

    Attributes:
        name: what it is called on the command line.
        title: in words.
        licence: in words.
        home: address of its description, "" if there is none.
        folder: where it lies below any of the places, "" for our own.
        archive: what the files come in, if they do not come one by one.
        files: in the order of the table; empty if `members` says which there are.
        members: see there.
        limit: bytes that a file of unknown size may have at most when it is fetched.
    """

    name: str
    title: str
    licence: str
    home: str
    folder: str
    archive: Archive | None
    files: tuple[CorpusFile, ...]
    members: Members | None
    limit: int

    @property
    def count(self) -> int:
        """Number of its files."""
        return self.members.count if self.members else len(self.files)

    @property
    def size(self) -> int | None:
        """Bytes of all its files; None if they are not published."""
        if self.members:
            return self.members.size
        sizes = [file.size for file in self.files if file.size is not None]
        return sum(sizes) if len(sizes) == len(self.files) else None

    @property
    def fetchable(self) -> bool:
        """Whether there is an address for any of its files."""
        return self.archive is not None or any(file.origin or file.prefix_of for file in self.files)

    @property
    def shipped(self) -> bool:
        """Whether it is our own."""
        return not self.folder


def shipped_folder() -> Path:
    """Where our own files and the table are: in the installed package, or in the checkout."""
    installed = Path(__file__).parent / "shipped"
    return installed if (installed / TABLE).exists() else Path(__file__).parents[2] / "corpora"


def load(path: Path | None = None) -> Mapping[str, Corpus]:
    """All corpora by name, in the order of the table.

    Args:
        path: another table than our own.

    Raises:
        CorpusError: it cannot be read or describes something wrongly.
    """
    return _load(path or shipped_folder() / TABLE)


@cache
def _load(path: Path) -> Mapping[str, Corpus]:
    try:
        with path.open("rb") as file:
            tree = tomllib.load(file)
        corpora = {name: _corpus(name, dict(row)) for name, row in tree.items()}
    except OSError as error:
        raise CorpusError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CorpusError(f"{path} does not describe corpora: {error}") from None
    paths = [file.path for corpus in corpora.values() for file in corpus.files]
    if len(set(paths)) < len(paths):
        raise CorpusError(f"{path} has a file twice: {max(paths, key=paths.count)}")
    return corpora


def _corpus(name: str, row: dict[str, Any]) -> Corpus:
    """One table, checked."""
    folder, source = row.pop("folder", ""), row.pop("source", "")
    archive = row.pop("archive", None)
    members = row.pop("members", None)
    made = Corpus(
        name=name,
        title=row.pop("title"),
        licence=row.pop("licence"),
        home=row.pop("home", ""),
        folder=folder if not folder else _safe(folder),
        archive=Archive(**archive) if archive else None,
        files=tuple(_file(dict(file), folder, source, bool(archive)) for file in row.pop("files", ())),
        members=Members(members, row.pop("count"), row.pop("size", None), row.pop("sha256", "")) if members else None,
        limit=row.pop("limit", 0),
    )
    if row:
        raise ValueError(f"{name} has the unknown {', '.join(row)}")
    if bool(made.files) == bool(made.members):
        raise ValueError(f"{name} needs either files or members")
    for fact in (made.archive, made.members, *made.files):
        _check_fact(name, fact)
    open_ended = any(file.origin and file.size is None for file in made.files) or (made.archive and made.members)
    if open_ended and made.limit <= 0:
        raise ValueError(f"{name} has files of unknown size and needs a limit")
    return made


def _file(row: dict[str, Any], folder: str, source: str, packed: bool) -> CorpusFile:
    """One row, checked."""
    name = _safe(row.pop("name"))
    origin = row.pop("from", name)
    origins = (origin,) if isinstance(origin, str) else tuple(origin)
    if not packed:
        origins = tuple(source + part for part in origins) if source else ()
    path = f"{folder}/{name}" if folder else name
    prefix_of = tuple(_safe(other) for other in row.pop("prefix_of", ()))
    made = CorpusFile(path, name, row.pop("size", None), row.pop("sha256", ""), origins, prefix_of)
    if row:
        raise ValueError(f"{path} has the unknown {', '.join(row)}")
    if prefix_of and made.size is None:
        raise ValueError(f"{path} is the beginning of another file and needs a size")
    return made


def _safe(path: str) -> str:
    if not _SAFE_PATH.fullmatch(path):
        raise ValueError(f"the path {path!r} is not plain and relative")
    return path


def _check_fact(name: str, fact: Archive | Members | CorpusFile | None) -> None:
    if fact is None:
        return
    if fact.size is not None and not (isinstance(fact.size, int) and fact.size > 0):
        raise ValueError(f"{name} has the size {fact.size!r}")
    if fact.sha256 and not _DIGEST.fullmatch(fact.sha256):
        raise ValueError(f"{name} has the sha256 {fact.sha256!r}")
