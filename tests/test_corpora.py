"""The corpora: the table, the files that are shipped, finding and checking them, the command."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from arcodec import cli
from arcodec.bench import catalogue, corpora
from arcodec.bench.catalogue import Corpus, CorpusError
from arcodec.bench.corpora import MissingCorpusError
from arcodec.cli.corpora import command

SHIPPED = catalogue.shipped_folder()
FROZEN = {"gpl-3.0.txt", "kernels.o", "kernels.py.txt"}  # the others `make.py` makes


# --- the table, and what is shipped ---


def test_the_table_is_well_formed() -> None:
    table = catalogue.load()
    assert {"shipped", "kodak", "canterbury", "silesia", "enwik6", "enwik8", "enwik9", "div2k"} <= table.keys()
    for name, corpus in table.items():
        assert re.fullmatch(r"[a-z0-9-]+", name)
        assert corpus.title
        assert corpus.licence
        assert corpus.count > 0
        assert corpus.fetchable == bool(corpus.home)
        for address in [corpus.home, *([corpus.archive.url] if corpus.archive else [])]:
            assert address.startswith("https://") or not address
        for file in corpus.files:
            assert corpus.archive or all(address.startswith("https://") for address in file.origin)
            assert file.sha256 or corpus.archive or corpus.limit


GOOD = 'title = "x"\nlicence = "x"\nfolder = "x"\n'


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[x", "describe"),
        ("x = 1", "describe"),
        ("[x]\ntitle = 'x'", "licence"),
        (f"[x]\n{GOOD}", "files or members"),
        (f"[x]\n{GOOD}colour = 1\nfiles = [{{ name = 'a' }}]", "colour"),
        (f"[x]\n{GOOD}files = [{{ name = 'a', colour = 1 }}]", "colour"),
        (f"[x]\n{GOOD}files = [{{ name = '../a' }}]", "plain"),
        (f"[x]\n{GOOD}files = [{{ name = '/a' }}]", "plain"),
        (f"[x]\n{GOOD}files = [{{ name = 'a/../../b' }}]", "plain"),
        (f"[x]\n{GOOD}files = [{{ name = 'a\\b' }}]", "plain"),
        (f"[x]\n{GOOD}files = [{{ name = 'c:a' }}]", "plain"),
        (f"[x]\n{GOOD}files = [{{ name = 'a', prefix_of = ['/etc/passwd'], size = 1 }}]", "plain"),
        (f"[x]\n{GOOD}files = [{{ name = 'a', prefix_of = ['b'] }}]", "size"),
        (f"[x]\n{GOOD}files = [{{ name = 'a', size = -1 }}]", "size"),
        (f"[x]\n{GOOD}files = [{{ name = 'a', size = '1' }}]", "size"),
        (f"[x]\n{GOOD}files = [{{ name = 'a', sha256 = 'abc' }}]", "sha256"),
        (f"[x]\n{GOOD}files = [{{ name = 'a' }}, {{ name = 'a' }}]", "twice"),
        (f"[x]\n{GOOD}source = 'https://a/'\nfiles = [{{ name = 'a' }}]", "limit"),
    ],
)
def test_a_table_that_is_wrong_is_refused(text: str, word: str, tmp_path: Path) -> None:
    path = tmp_path / "corpora.toml"
    path.write_text(text)
    with pytest.raises(CorpusError, match=word):
        catalogue.load(path)
    with pytest.raises(CorpusError, match="cannot read"):
        catalogue.load(tmp_path / "none.toml")


def test_shipped_files_are_those_of_the_table() -> None:
    ours = corpora.named("shipped")
    assert [finding.verdict for finding in corpora.check(ours)] == ["ok"] * ours.count
    there = {path.name for path in SHIPPED.iterdir() if path.is_file()}
    assert there == {file.name for file in ours.files} | {"README.md", "corpora.toml", "make.py", "texts.py"}
    assert sum(file.size or 0 for file in ours.files) < 1_000_000


def test_what_can_be_made_again_is_the_same() -> None:
    code = "import sys; sys.dont_write_bytecode = True; sys.path.insert(0, sys.argv[1]); import hashlib, json, make;"
    code += "print(json.dumps({n: hashlib.sha256(m()).hexdigest() for n, m in make.FILES.items()}))"
    made = subprocess.run([sys.executable, "-c", code, SHIPPED], capture_output=True, text=True, check=True).stdout
    assert json.loads(made) == {f.name: f.sha256 for f in corpora.named("shipped").files if f.name not in FROZEN}


def described(tmp_path: Path, text: str, name: str = "x") -> Corpus:
    path = tmp_path / f"{hashlib.sha256(text.encode()).hexdigest()[:8]}.toml"
    path.write_text(text)
    return catalogue.load(path)[name]


# --- finding ---


def test_places_in_their_order(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = described(tmp_path, f"[x]\n{GOOD}files = [{{ name = 'a', size = 4 }}, {{ name = 'b' }}]")
    named = tmp_path / "named"
    for place in (named, folder):
        (place / "x").mkdir(parents=True)
    (folder / "x/a").write_bytes(b"user")
    assert corpora.look(corpus).paths == [folder / "x/a"]
    assert corpora.look(corpus).lacking == {"b": ""}
    monkeypatch.setenv("ARCODEC_CORPORA", str(named))
    assert corpora.look(corpus).paths == [folder / "x/a"]
    (named / "x/a").write_bytes(b"name")
    assert corpora.look(corpus).paths == [named / "x/a"]
    (named / "x/a").write_bytes(b"wrong size")
    assert corpora.look(corpus).paths == [folder / "x/a"]
    (folder / "x/a").unlink()
    assert corpora.look(corpus).lacking == {"a": f"{named / 'x/a'} has 10 bytes, not 4", "b": ""}


def test_a_missing_corpus_is_one_clear_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARCODEC_CORPORA", "/nowhere")
    with pytest.raises(MissingCorpusError, match="arcodec corpora fetch kodak") as caught:
        corpora.find("kodak")
    assert f"not in {Path('/nowhere')} or {folder}" in str(caught.value)
    with pytest.raises(MissingCorpusError, match="set ARCODEC_CORPORA") as caught:
        corpora.find("varied")
    assert "fetch" not in str(caught.value)
    with pytest.raises(CorpusError, match="there is no corpus 'none'; there are shipped, kodak"):
        corpora.find("none")
    assert len(corpora.find("shipped").paths) == 9


def test_the_evaluation_files_are_those_of_the_table() -> None:
    if not os.environ.get("ARCODEC_CORPORA"):
        pytest.skip("ARCODEC_CORPORA names no folder of corpora")
    for name, corpus in catalogue.load().items():
        damaged = [finding for finding in corpora.check(corpus) if finding.verdict == "damaged"]
        assert not damaged, name


# --- the command ---


def run(*arguments: str) -> int:
    return cli.main(["corpora", *arguments])


@pytest.fixture
def _verb(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setitem(cli.VERBS, "corpora", command)


@pytest.mark.usefixtures("_verb")
def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    first = capsys.readouterr()
    assert run("list") == 0
    assert capsys.readouterr() == first
    lines = [line.split() for line in first.out.splitlines()]
    assert lines[0] == ["corpus", "files", "bytes", "where", "licence"]
    assert len(lines) == 1 + len(catalogue.load())
    assert lines[1][:4] == ["shipped", "9", f"{corpora.named('shipped').size:,}", "shipped"]
    assert ["kodak", "24", "15,394,305", "missing"] in [line[:4] for line in lines]
    assert str(corpora.user_folder()) in first.err


@pytest.mark.usefixtures("_verb")
def test_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 0
    assert capsys.readouterr().out == "shipped: 9 ok\n"
    assert run("check", "text") == 1
    assert "arcodec corpora fetch text" in capsys.readouterr().err
    (folder / "bytes/text").mkdir(parents=True)
    (folder / "bytes/text/tinyshakespeare.txt").write_bytes(bytes(1_115_394))
    assert run("check") == 1
    printed = capsys.readouterr()
    assert printed.out == "shipped: 9 ok\ntext: 1 damaged\n"
    assert printed.err.startswith("arcodec: text: tinyshakespeare.txt: damaged: ")


@pytest.mark.usefixtures("_verb")
@pytest.mark.parametrize("arguments", [("fetch",), ("fetch", "none"), ("check", "none"), ("bogus",), ("list", "x")])
def test_misuse(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1
