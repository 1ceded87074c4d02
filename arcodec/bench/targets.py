"""From what the command line names to the files that are measured: files, folders, corpora."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from arcodec.bench import corpora, subjects
from arcodec.bench.record import Kind
from arcodec.bench.subjects import Source


def find(names: Sequence[str], kind: Kind | None, say: Callable[[str], None]) -> list[Source]:
    """All files that are meant, each once, in that order.

    Args:
        names: of files, of folders (whose files belong together like a corpus), of corpora.
        kind: take all files as that; by default (None) their contents decide.
        say: told of what lacks of a corpus.

    Raises:
        CorpusError: a name is none of these, or nothing of the corpus is here.
        OSError: a file cannot be read.
    """
    found: dict[str, Source] = {}
    for target in names:
        for path, name, corpus, limit in _files(target, say):
            if name not in found:
                found[name] = subjects.source(path, name, corpus, limit=limit, kind=kind)
    return list(found.values())


def _files(target: str, say: Callable[[str], None]) -> Iterator[tuple[Path, str, str, int | None]]:
    """Path, name, corpus, and how many bytes count."""
    path = Path(target)
    if path.is_dir():
        corpus = path.resolve().name
        for file in sorted(path.rglob("*")):
            if file.is_file() and not file.is_symlink():
                yield file, f"{corpus}/{file.relative_to(path).as_posix()}", corpus, None
    elif path.exists():
        yield path, target, "", None
    else:
        there = corpora.find(target)
        for name, reason in there.lacking.items():
            say(f"{target} is not complete here, it lacks {name}{f' ({reason})' if reason else ''}")
        for local in there.files:
            yield local.path, f"{target}/{local.name}", target, local.limit
