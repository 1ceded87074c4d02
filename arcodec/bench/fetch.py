"""Fetch corpora into the user's data folder: download, check, unpack, each file whole or not at all.

A download that was cut goes on where it ended, in this run or a later one. Files whose checksums nobody has published
are pinned: what the first fetch got, every later one has to get.
"""

from __future__ import annotations

import fnmatch
import gzip
import hashlib
import json
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from arcodec.bench import corpora
from arcodec.bench.catalogue import Archive, Corpus, CorpusError, CorpusFile, load
from arcodec.bench.corpora import UNKNOWN, Fact, Found
from arcodec.bench.download import Watch, compare, download

Say = Callable[[str], None]
Open = Callable[[], IO[bytes]]

# What the modules raise of archives that are damaged, encrypted or of an unknown method
_UNREADABLE = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, RuntimeError)

_BLOCK = 1 << 20


def fetch(corpus: Corpus, watch: Watch = lambda name, done, total: None, say: Say = lambda text: None) -> Found:
    """Get what is lacking of a corpus; returns what there is then, which is all of it.

    Args:
        corpus: which.
        watch: called with a name, bytes done and bytes in all (None if unknown), while something comes.
        say: called with a line for people, where one is due: files that had to be pinned.

    Raises:
        CorpusError: it cannot be fetched, or what came is not what it should be. What came of it whole is kept, and
            the next call goes on from there.
        OSError: the data folder cannot be written.
    """
    found = corpora.look(corpus)
    if not found.lacking:
        return found
    if not corpus.fetchable:
        raise CorpusError(
            f"the corpus {corpus.name} is not to be had from any address; "
            f"set {corpora.ENVIRONMENT} to a folder in which it is {corpus.folder}"
        )
    lacking = [file for file in corpus.files if file.name in found.lacking]
    if corpus.archive:
        _from_archive(corpus, corpus.archive, lacking, watch, say)
    else:
        for file in lacking:
            _from_addresses(corpus, file, watch, say)
    return corpora.look(corpus)


def _from_addresses(corpus: Corpus, file: CorpusFile, watch: Watch, say: Say) -> None:
    if file.prefix_of:
        fetch(_holder_of(file), watch, say)
        return
    target, fact = corpora.user_folder() / file.path, corpora.expected(file)
    limit = fact.size or corpus.limit
    if len(file.origin) == 1:
        got = download(file.origin[0], target, fact, limit, watch)
    else:
        got = _join(file.origin, target, fact, limit, watch)
    _pin(corpus, {file.path: (fact, got)}, say)


def _join(urls: Iterable[str], target: Path, fact: Fact, limit: int, watch: Watch) -> Fact:
    """Download several files and put them in a row; only the whole has a checksum."""
    parts: list[Path] = []
    for number, url in enumerate(urls):
        parts.append(target.with_name(f"{target.name}.{number}"))
        if not parts[-1].exists():
            download(url, parts[-1], UNKNOWN, limit, watch)
    try:
        got = _write((block for part in parts for block in _blocks(part.open("rb"))), target, fact, limit)
    except CorpusError:
        _remove(parts)
        raise
    _remove(parts)
    return got


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink()


def _holder_of(file: CorpusFile) -> Corpus:
    """The corpus that has the longer file which `file` is the beginning of."""
    for corpus in load().values():
        if any(other.path in file.prefix_of for other in corpus.files):
            return corpus
    raise CorpusError(f"no corpus has {' or '.join(file.prefix_of)}, which {file.path} would be cut from")


def _from_archive(corpus: Corpus, archive: Archive, lacking: Iterable[CorpusFile], watch: Watch, say: Say) -> None:
    packed = corpora.user_folder() / "downloads" / PurePosixPath(archive.url).name
    if not (packed.exists() and corpora.sha256(packed) == archive.sha256):
        download(archive.url, packed, Fact(archive.size, archive.sha256), archive.size, watch)
    try:
        _unpack(packed, corpus, {file.origin[0]: file for file in lacking}, watch, say)
    except _UNREADABLE as error:
        raise CorpusError(f"{archive.url} cannot be unpacked: {error}") from None
    packed.unlink()


# --- archives ---


def _unpack(packed: Path, corpus: Corpus, wanted: Mapping[str, CorpusFile], watch: Watch, say: Say) -> None:
    """Write the files asked for. Where they go is for the table to say; the archive's paths only find them."""
    with _members(packed) as found:
        if corpus.members:
            rows = _matching(corpus, found)
        else:
            absent = [name for name in wanted if name not in found]
            if absent:
                raise CorpusError(f"the archive of {corpus.name} has no {', '.join(absent)}")
            rows = {file.path: (name, corpora.expected(file)) for name, file in wanted.items()}
        got: dict[str, tuple[Fact, Fact]] = {}
        left = corpus.limit
        try:
            for path, (name, fact) in rows.items():
                target = corpora.user_folder() / path
                blocks = _watched(_blocks(found[name]()), target.name, fact.size, watch)
                got[path] = fact, _write(blocks, target, fact, fact.size or left)
                left -= 0 if fact.size else got[path][1].size or 0
        finally:  # files that are there will not be fetched again, so this is when to pin them
            _pin(corpus, got, say)


def _matching(corpus: Corpus, found: Iterable[str]) -> dict[str, tuple[str, Fact]]:
    """Members of the archive that match the pattern, by the path that they get."""
    assert corpus.members is not None
    pattern, pinned = PurePosixPath(corpus.members.pattern), corpora.pins()
    rows: dict[str, tuple[str, Fact]] = {}
    for name in sorted(found):
        folder, _, last = name.rpartition("/")
        if folder != str(pattern.parent) or not fnmatch.fnmatchcase(last, pattern.name):
            continue
        if last.startswith(".") or not last.isprintable() or set(last) & set('\\/:*?"<>|'):
            raise CorpusError(f"the archive of {corpus.name} has a file called {name!r}, which is no plain name")
        path = f"{corpus.folder}/{last}"
        rows[path] = (name, pinned.get(path, UNKNOWN))
    if len(rows) != corpus.members.count:
        raise CorpusError(f"the archive of {corpus.name} has {len(rows)} files, not {corpus.members.count}")
    return rows


@contextmanager
def _members(packed: Path) -> Iterator[dict[str, Open]]:
    """The regular files of a zip or tar file, by the paths that it gives them, ready to be opened."""
    if zipfile.is_zipfile(packed):
        with zipfile.ZipFile(packed) as archive:
            yield {info.filename: partial(archive.open, info) for info in archive.infolist() if not info.is_dir()}
    else:
        with tarfile.open(packed) as tar:
            yield {info.name: partial(_opened, tar, info) for info in tar if info.isreg()}


def _opened(tar: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    source = tar.extractfile(info)
    assert source is not None  # it is a regular file
    return source


# --- files and pins ---


def _blocks(source: IO[bytes]) -> Iterator[bytes]:
    with source:
        while block := source.read(_BLOCK):
            yield block


def _watched(blocks: Iterable[bytes], name: str, total: int | None, watch: Watch) -> Iterator[bytes]:
    done = 0
    for block in blocks:
        done += len(block)
        watch(name, done, total)
        yield block


def _write(blocks: Iterable[bytes], target: Path, fact: Fact, limit: int) -> Fact:
    """Write a file under a temporary name, check it, rename it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    digest, size = hashlib.sha256(), 0
    try:
        with draft.open("wb") as file:
            for block in blocks:
                size += len(block)
                if size > limit:
                    raise CorpusError(f"{target.name} is larger than the {limit:,} bytes that it may have")
                digest.update(block)
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        got = Fact(size, digest.hexdigest())
        compare(target.name, got, fact)
        os.replace(draft, target)
    finally:
        draft.unlink(missing_ok=True)
    return got


def _pin(corpus: Corpus, files: Mapping[str, tuple[Fact, Fact]], say: Say) -> None:
    """Remember what came (the second fact) where nothing was known before (the first), by path."""
    new = {path: asdict(got) for path, (known, got) in files.items() if not known.sha256}
    if not new:
        return
    target = corpora.user_folder() / corpora.PINS
    tree = {**{path: asdict(fact) for path, fact in corpora.pins().items()}, **new}
    text = json.dumps(tree, indent=1, sort_keys=True) + "\n"
    _write([text.encode()], target, UNKNOWN, len(text))
    files_are = f"{len(new)} files of {corpus.name} have" if len(new) > 1 else f"{next(iter(new))} has"
    say(f"{files_are} no published checksum; what came is pinned in {target}, and later fetches are held to it")
