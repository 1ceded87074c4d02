"""Fetching corpora from a server of our own: files, archives, and all that can go wrong."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arcodec import cli
from arcodec.bench import catalogue, corpora, download
from arcodec.bench.catalogue import Corpus, CorpusError
from arcodec.bench.fetch import fetch
from arcodec.cli.corpora import command
from tests.test_corpora import described
from tests.web_server import Server

DATA = bytes(i * i % 251 for i in range(300_000))
DIGEST = hashlib.sha256(DATA).hexdigest()
GOOD = 'title = "x"\nlicence = "x"\nfolder = "x"\n'


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        server.files["/a"] = DATA
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "PAUSE", 0.0)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def one_file(tmp_path: Path, server: Server, facts: str | None = None, limit: int = 1_000_000) -> Corpus:
    facts = f", size = {len(DATA)}, sha256 = '{DIGEST}'" if facts is None else facts
    rows = f"source = '{server.url}'\nlimit = {limit}\nfiles = [{{ name = 'a'{facts} }}]"
    return described(tmp_path, f"[x]\n{GOOD}{rows}")


def left(folder: Path) -> set[str]:
    """Files below the data folder."""
    return {str(path.relative_to(folder).as_posix()) for path in folder.rglob("*") if path.is_file()}


# --- fetching files ---


def test_fetch(tmp_path: Path, folder: Path, server: Server) -> None:
    corpus = one_file(tmp_path, server)
    seen: list[tuple[str, int, int | None]] = []
    found = fetch(corpus, lambda name, done, total: seen.append((name, done, total)))
    assert found.paths == [folder / "x/a"]
    assert found.paths[0].read_bytes() == DATA
    assert not found.lacking
    assert seen[-1] == ("a", len(DATA), len(DATA))
    assert left(folder) == {"x/a"}
    assert [finding.verdict for finding in corpora.check(corpus)] == ["ok"]
    fetch(corpus)
    assert len(server.seen) == 1  # what is there is not fetched again


@pytest.mark.parametrize("tags", [True, False])
def test_a_cut_download_goes_on(tags: bool, tmp_path: Path, folder: Path, server: Server) -> None:
    server.tags, server.cuts = tags, [100_000, 50_000]
    fetch(one_file(tmp_path, server))
    assert [start for _, start, _ in server.seen] == [None, 100_000, 150_000]
    assert left(folder) == {"x/a"}
    assert (folder / "x/a").read_bytes() == DATA


def test_without_tag_and_checksum_a_cut_download_begins_anew(tmp_path: Path, folder: Path, server: Server) -> None:
    server.tags, server.cuts = False, [100_000]
    fetch(one_file(tmp_path, server, ""))
    assert [start for _, start, _ in server.seen] == [None, None]
    assert (folder / "x/a").read_bytes() == DATA


def test_a_server_may_not_know_ranges(tmp_path: Path, folder: Path, server: Server) -> None:
    server.ranges, server.cuts = False, [100_000]
    fetch(one_file(tmp_path, server))
    assert [(start, status) for _, start, status in server.seen] == [(None, 200), (100_000, 200)]
    assert (folder / "x/a").read_bytes() == DATA


def test_a_download_interrupted_twice_goes_on(tmp_path: Path, folder: Path, server: Server) -> None:
    corpus = one_file(tmp_path, server)

    def stopping(at: int) -> download.Watch:
        def watch(name: str, done: int, total: int | None) -> None:
            if done >= at:
                raise KeyboardInterrupt

        return watch

    for at in (80_000, 200_000):
        with pytest.raises(KeyboardInterrupt):
            fetch(corpus, stopping(at))
        assert left(folder) == {"x/a.part", "x/a.part.of"}
        assert corpora.look(corpus).lacking == {"a": ""}
    fetch(corpus)
    starts = [start or 0 for _, start, _ in server.seen]
    assert starts[0] == 0
    assert starts[1] >= 80_000
    assert starts[2] >= 200_000
    assert left(folder) == {"x/a"}
    assert (folder / "x/a").read_bytes() == DATA


def test_a_file_that_changes_between_parts_is_fetched_anew(tmp_path: Path, folder: Path, server: Server) -> None:
    corpus = one_file(tmp_path, server, "")
    server.files["/a"], server.cuts = bytes(200_000), [90_000] + [0] * 9
    with pytest.raises(CorpusError, match="90,000 bytes are kept"):
        fetch(corpus)
    server.files["/a"], server.cuts = DATA, []
    fetch(corpus)
    assert (folder / "x/a").read_bytes() == DATA


def test_a_file_that_is_shorter_than_what_has_come(tmp_path: Path, folder: Path, server: Server) -> None:
    corpus = one_file(tmp_path, server, "")
    server.cuts = [90_000] + [0] * 9
    with pytest.raises(CorpusError, match="90,000 bytes are kept"):
        fetch(corpus)
    # The server claims that the file has not changed.
    tag = hashlib.sha256(DATA[:80_000]).hexdigest()[:8]
    (folder / "x/a.part.of").write_text(f'{server.url}a\n"{tag}"')
    server.files["/a"], server.cuts = DATA[:80_000], []
    fetch(corpus)
    assert [status for _, _, status in server.seen[-2:]] == [416, 200]
    assert (folder / "x/a").read_bytes() == DATA[:80_000]


def test_a_dead_connection_is_given_up(tmp_path: Path, folder: Path, server: Server) -> None:
    server.cuts = [1000, *[0] * 20]
    with pytest.raises(CorpusError, match=r"given up after 5 tries; 1,000 bytes are kept"):
        fetch(one_file(tmp_path, server))
    assert len(server.seen) == 1 + download.TRIES - 1
    server.cuts, server.states = [], [503, 429]
    fetch(one_file(tmp_path, server))
    assert left(folder) == {"x/a"}


def test_nobody_listens(tmp_path: Path, folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "TRIES", 2)
    corpus = one_file(tmp_path, server)
    server.server_close()
    with pytest.raises(CorpusError, match="given up after 2 tries"):
        fetch(corpus)
    monkeypatch.setattr("socket.getaddrinfo", _no_host)
    with pytest.raises(CorpusError, match="is there a network"):
        fetch(corpus)
    assert left(folder) == set()


def _no_host(*args: Any, **more: Any) -> None:
    import socket

    raise socket.gaierror(-3, "Temporary failure in name resolution")


@pytest.mark.parametrize("status", [404, 403, 410])
def test_what_is_not_there(status: int, tmp_path: Path, folder: Path, server: Server) -> None:
    server.states = [status]
    with pytest.raises(CorpusError, match=f"the server says {status}"):
        fetch(one_file(tmp_path, server))
    assert len(server.seen) == 1
    assert left(folder) == set()


@pytest.mark.parametrize(
    ("facts", "limit", "words"),
    [
        (f", size = {len(DATA)}, sha256 = '{'0' * 64}'", 1, "has the sha256"),
        (f", sha256 = '{'0' * 64}'", 1_000_000, "has the sha256"),
        (f", size = 1000, sha256 = '{DIGEST}'", 1, "another file by now"),
        (f", sha256 = '{DIGEST}'", 1000, "more than the 1,000"),
    ],
)
def test_a_wrong_file_is_not_kept(
    facts: str, limit: int, words: str, tmp_path: Path, folder: Path, server: Server
) -> None:
    with pytest.raises(CorpusError, match=words):
        fetch(one_file(tmp_path, server, facts, limit))
    assert left(folder) == set()


def test_a_file_without_checksum_is_pinned(tmp_path: Path, folder: Path, server: Server) -> None:
    corpus = one_file(tmp_path, server, "")
    said: list[str] = []
    assert [finding.verdict for finding in corpora.check(corpus)] == ["missing"]
    fetch(corpus, say=said.append)
    assert "x/a has no published checksum" in said[0]
    assert json.loads((folder / "pins.json").read_text()) == {"x/a": {"size": len(DATA), "sha256": DIGEST}}
    assert [finding.verdict for finding in corpora.check(corpus)] == ["ok"]

    (folder / "x/a").unlink()
    server.files["/a"] = DATA[::-1]
    with pytest.raises(CorpusError, match="has the sha256"):
        fetch(corpus)
    (folder / "pins.json").write_text("[]")
    with pytest.raises(CorpusError, match="delete it to pin anew"):
        fetch(corpus)
    (folder / "pins.json").unlink()
    (folder / "x/a").write_bytes(DATA)
    assert [finding.verdict for finding in corpora.check(corpus)] == ["unchecked"]


def test_files_in_a_row(tmp_path: Path, folder: Path, server: Server) -> None:
    server.files = {"/1": DATA[:1000], "/2": DATA[1000:]}
    row = f"{{ name = 'a', from = ['1', '2'], size = {len(DATA)}, sha256 = '{DIGEST}' }}"
    corpus = described(tmp_path, f"[x]\n{GOOD}source = '{server.url}'\nfiles = [{row}]")
    server.states = [200, 404]
    with pytest.raises(CorpusError, match="404"):
        fetch(corpus)
    assert fetch(corpus).paths[0].read_bytes() == DATA
    assert [path for path, _, _ in server.seen] == ["/1", "/2", "/2"]
    assert left(folder) == {"x/a"}

    (folder / "x/a").unlink()
    server.files["/2"] = DATA[1001:]
    with pytest.raises(CorpusError, match="not 300,000"):
        fetch(corpus)
    assert left(folder) == set()


def test_only_the_web_is_asked(tmp_path: Path, folder: Path) -> None:
    row = f"source = 'file:///etc/'\nlimit = 1000\nfiles = [{{ name = 'a', sha256 = '{DIGEST}' }}]"
    with pytest.raises(CorpusError, match="no address"):
        fetch(described(tmp_path, f"[x]\n{GOOD}{row}"))
    with pytest.raises(CorpusError, match="not to be had"):
        fetch(described(tmp_path, f"[x]\n{GOOD}files = [{{ name = 'a' }}]"))


# --- fetching archives ---


def packed(kind: str, files: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("folder/", b"")
            for name, data in files.items():
                archive.writestr(name, data)
    else:
        with tarfile.open(fileobj=target, mode="w:gz") as tar:
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
            tar.addfile(link)
            for name, data in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return target.getvalue()


def archived(tmp_path: Path, server: Server, kind: str, data: bytes, rest: str) -> Corpus:
    server.files = {f"/b.{kind}": data}
    facts = f"size = {len(data)}, sha256 = '{hashlib.sha256(data).hexdigest()}'"
    return described(
        tmp_path, f"[x]\n{GOOD}archive = {{ url = '{server.url}b.{kind}', {facts} }}\nlimit = 400000\n{rest}"
    )


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_files_of_an_archive(kind: str, tmp_path: Path, folder: Path, server: Server) -> None:
    nasty = {"../../evil": b"1", "/evil": b"2", "c:\\evil": b"3"}
    data = packed(kind, {**nasty, "deep/a": DATA, "b": b"bb", "c": b"c"})
    rows = f"{{ name = 'a', from = 'deep/a', size = {len(DATA)}, sha256 = '{DIGEST}' }}, {{ name = 'b', size = 2 }}"
    corpus = archived(tmp_path, server, kind, data, f"files = [{rows}]")
    server.cuts = [100]
    said: list[str] = []
    found = fetch(corpus, say=said.append)
    assert [path.read_bytes() for path in found.paths] == [DATA, b"bb"]
    assert left(folder) == {"x/a", "x/b", "pins.json"}  # the archive's paths lead nowhere, the archive is gone
    assert left(tmp_path) - left(tmp_path / "data") >= {"data/arcodec/corpora/x/a"}
    assert not list(tmp_path.rglob("*evil*"))
    assert len(said) == 1
    assert [finding.verdict for finding in corpora.check(corpus)] == ["ok", "ok"]

    (folder / "x/b").unlink()
    fetch(corpus)
    assert left(folder) == {"x/a", "x/b", "pins.json"}


def test_unpacking_that_is_interrupted_pins_what_is_there(tmp_path: Path, folder: Path, server: Server) -> None:
    rows = "files = [{ name = 'a', size = 4 }, { name = 'b', size = 4 }]"
    corpus = archived(tmp_path, server, "zip", packed("zip", {"a": b"aaaa", "b": b"bbbb"}), rows)

    def watch(name: str, done: int, total: int | None) -> None:
        if name == "b":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(corpus, watch)
    assert left(folder) == {"x/a", "pins.json", "downloads/b.zip"}
    fetch(corpus)
    assert [finding.verdict for finding in corpora.check(corpus)] == ["ok", "ok"]
    assert len(server.seen) == 1


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_members_by_pattern(kind: str, tmp_path: Path, folder: Path, server: Server) -> None:
    data = packed(
        kind, {"valid/2.png": b"two", "valid/1.png": b"one", "valid/x/3.png": b"3", "__X/valid/4.png": b"4"}
    )
    corpus = archived(tmp_path, server, kind, data, "members = 'valid/*.png'\ncount = 2")
    found = fetch(corpus)
    assert [(local.name, local.path.read_bytes()) for local in found.files] == [("1.png", b"one"), ("2.png", b"two")]
    assert [finding.verdict for finding in corpora.check(corpus)] == ["ok", "ok"]
    (folder / "x/1.png").write_bytes(b"uno")
    (folder / "x/2.png").unlink()
    assert corpora.look(corpus).lacking == {"1 of 2 files": ""}
    assert [finding.verdict for finding in corpora.check(corpus)] == ["missing", "damaged"]
    assert not fetch(corpus).lacking
    assert [finding.verdict for finding in corpora.check(corpus)] == ["ok", "ok"]


@pytest.mark.parametrize(
    ("files", "rest", "words"),
    [
        ({"valid/..\\x.png": b""}, "members = 'valid/*.png'\ncount = 1", "no plain name"),
        ({"valid/.x.png": b""}, "members = 'valid/*.png'\ncount = 1", "no plain name"),
        ({"valid/a\nb.png": b""}, "members = 'valid/*.png'\ncount = 1", "no plain name"),
        ({"valid/../x.png": b""}, "members = 'valid/*.png'\ncount = 1", "has 0 files, not 1"),
        ({"valid/1.png": b"", "valid/2.png": b""}, "members = 'valid/*.png'\ncount = 1", "has 2 files, not 1"),
        ({"valid/1.png": bytes(400_001)}, "members = 'valid/*.png'\ncount = 1", "larger than the 400,000"),
        ({"link": b""}, "files = [{ name = 'a', size = 1 }]", "has no a"),
        ({"a": bytes(9)}, "files = [{ name = 'a', size = 8 }]", "larger than the 8"),
        ({"a": bytes(7)}, "files = [{ name = 'a', size = 8 }]", "has 7 bytes, not 8"),
        ({"a": bytes(8)}, f"files = [{{ name = 'a', size = 8, sha256 = '{DIGEST}' }}]", "has the sha256"),
        ({"a": bytes(400_001)}, "files = [{ name = 'a' }]", "larger than the 400,000"),
    ],
)
@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_that_is_not_as_described(
    kind: str, files: dict[str, bytes], rest: str, words: str, tmp_path: Path, folder: Path, server: Server
) -> None:
    corpus = archived(tmp_path, server, kind, packed(kind, files), rest)
    with pytest.raises(CorpusError, match=words):
        fetch(corpus)
    assert left(folder) == {f"downloads/b.{kind}"}  # it is what it should be, so it stays
    with pytest.raises(CorpusError, match=words):
        fetch(corpus)
    assert len(server.seen) == 1


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_an_archive_that_is_none(kind: str, tmp_path: Path, folder: Path, server: Server) -> None:
    data = packed(kind, {"a": hashlib.shake_256(b"").digest(9000)})  # random, so that it is not compressed to nothing
    middle = len(data) // 2
    for bad in (data[:middle], data[:middle] + bytes(9) + data[middle + 9 :], b"no archive"):
        corpus = archived(tmp_path, server, kind, bad, "files = [{ name = 'a', size = 9000 }]")
        with pytest.raises(CorpusError, match="cannot be unpacked"):
            fetch(corpus)
        assert left(folder) == {f"downloads/b.{kind}"}


def test_a_prefix_is_cut_from_what_there_is(
    tmp_path: Path, folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = hashlib.sha256(DATA[:1000]).hexdigest()
    row = f"{{ name = 'a6', size = 1000, sha256 = '{start}', prefix_of = ['x/a', 'x/a.start'] }}"
    path = tmp_path / "table.toml"
    path.write_text(
        f"[x6]\n{GOOD}files = [{row}]\n[x8]\n{GOOD}source = '{server.url}'\n"
        f"files = [{{ name = 'a', size = {len(DATA)}, sha256 = '{DIGEST}' }}]"
    )
    table = catalogue.load(path)
    monkeypatch.setattr("arcodec.bench.fetch.load", lambda: table)
    found = fetch(table["x6"])
    assert [(local.name, local.path, local.limit) for local in found.files] == [("a6", folder / "x/a", 1000)]
    assert [finding.verdict for finding in corpora.check(table["x6"])] == ["ok"]

    (folder / "x/a").rename(folder / "x/a.start")
    assert corpora.look(table["x6"]).paths == [folder / "x/a.start"]
    (folder / "x/a.start").write_bytes(DATA[1:])
    assert [finding.verdict for finding in corpora.check(table["x6"])] == ["damaged"]
    (folder / "x/a.start").write_bytes(DATA[:999])
    assert not corpora.look(table["x6"]).files
    (folder / "x/a6").write_bytes(DATA[:1000])
    assert corpora.look(table["x6"]).files[0].limit is None


# --- the command ---


def test_fetch_command(
    tmp_path: Path, folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(cli.VERBS, "corpora", command)
    corpus = one_file(tmp_path, server, "")
    monkeypatch.setattr(catalogue, "load", lambda: {"x": corpus})
    monkeypatch.setattr(corpora, "load", lambda: {"x": corpus})
    assert cli.main(["corpora", "fetch", "x", "x"]) == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "no published checksum" in printed.err
    assert printed.err.endswith(f"x: a in {folder / 'x'}\n")
    assert cli.main(["corpora", "fetch", "x"]) == 0
    assert "already" in capsys.readouterr().err
    (folder / "x/a").unlink()
    assert cli.main(["corpora", "fetch", "-q", "x"]) == 0
    assert capsys.readouterr().err == ""
    (folder / "x/a").unlink()
    server.files = {}
    assert cli.main(["corpora", "fetch", "x"]) == 1
    assert capsys.readouterr().err == f"arcodec: x: {server.url}a: the server says 404 Not Found\n"
