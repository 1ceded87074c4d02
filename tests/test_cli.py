"""The command line: transcripts in `cli/`, and what a shell script cannot check.

`cli/NAME.sh` runs in an empty folder, with `arcodec` in its path; what it prints is in NAME.stdout and NAME.stderr,
its exit status in NAME.status, each left out where it is empty or 0. A `*` there stands for anything within a line.
A line `# needs COMMAND` in the script says what it cannot be run without.
"""

from __future__ import annotations

import errno
import io
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import arcodec
from arcodec import compressor, decompressor
from arcodec.cli import files, main, notice, options, show
from arcodec.compressor import DEFAULT_LEVEL, Options, Report

TRANSCRIPTS = Path(__file__).parent / "cli"
PACKAGE = Path(arcodec.__file__).parent.parent


def environment(folder: Path) -> dict[str, str]:
    """Environment variables with an `arcodec` in the path, which is put into `folder`."""
    folder.mkdir()
    command = folder / "arcodec"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m arcodec "$@"\n')
    command.chmod(0o755)
    paths = {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(PACKAGE)}
    return {**os.environ, **paths, "LC_ALL": "C.UTF-8", "COLUMNS": "80"}


def run_transcript(script: Path, folder: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script in a new folder."""
    folder.mkdir()
    return subprocess.run(["sh", script], cwd=folder, env=env, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment variables with `arcodec` in the path and its kernels compiled."""
    folder = tmp_path_factory.mktemp("env")
    variables = environment(folder / "bin")
    (folder / "small").write_bytes(bytes(range(64)))
    # Whatever looks at standard error or at the clock is not to see kernels being compiled.
    subprocess.run(["arcodec", "-qm", "order0", "small"], cwd=folder, env=variables, check=True)
    return variables


def expected(script: Path, kind: str) -> str:
    path = script.with_suffix(f".{kind}")
    return path.read_text() if path.exists() else ""


def matches(text: str, pattern: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), text) is not None


@pytest.mark.skipif(os.name == "nt", reason="the transcripts are shell scripts")
@pytest.mark.parametrize("script", sorted(TRANSCRIPTS.glob("*.sh")), ids=lambda path: path.stem)
def test_transcript(script: Path, env: dict[str, str], tmp_path: Path) -> None:
    for need in re.findall(r"^# needs (.*)", script.read_text(), re.MULTILINE):
        if subprocess.run(["sh", "-c", need], capture_output=True).returncode:
            pytest.skip(f"needs: {need}")
    ran = run_transcript(script, tmp_path / "work", env)
    stderr = ran.stderr.replace(f"{notice.TEXT}\n", "")  # whenever the cache is cold
    assert matches(stderr, expected(script, "stderr")), stderr
    assert matches(ran.stdout, expected(script, "stdout")), ran.stdout
    assert ran.returncode == int(expected(script, "status") or 0)


def run(env: dict[str, str], folder: Path, *arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["arcodec", *arguments], cwd=folder, env=env, capture_output=True, text=True, **more)


# What needs no model


HEAVY = {"numba", "numpy", "torch", "rich"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["compress", "-h"],
        ["score", "-h"],
        ["sample", "-h"],
        ["models", "-h"],
        ["models", "show", "-h"],
        ["list", "a.arcz"],
        ["-d", "junk.arcz"],
        ["-d"],
        ["-t", "short.arcz"],
    ],
    ids=" ".join,
)
def test_is_light(arguments: list[str], env: dict[str, str], tmp_path: Path) -> None:
    packed = arcodec.compress(b"light " * 100, model="order0")
    (tmp_path / "a.arcz").write_bytes(packed)
    (tmp_path / "short.arcz").write_bytes(packed[:-9])
    (tmp_path / "junk.arcz").write_bytes(b"junk")
    code = f"import sys; from arcodec.cli import main; main({arguments}); sys.exit(len({HEAVY} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, input=b"junk", capture_output=True)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("100000", 100000), ("1.5k", 1536), ("512M", 512 << 20), ("2 GiB", 2 << 30), ("1TB", 1 << 40)],
)
def test_size(text: str, value: int) -> None:
    assert options.size(text) == value


def test_levels_are_as_the_help_says() -> None:
    assert [Options(level).chunk_size >> 20 for level in range(1, 10)] == [4, 4, 4, 16, 16, 16, 64, 64, 64]
    assert DEFAULT_LEVEL == 5


# What a terminal sees


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_progress_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(show, "_PATIENCE", 0)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with show.Meter("[b]x\n", 1000, quiet=False, phase="verifying") as meter:
        meter(0, 0)
        assert not terminal.getvalue()
        meter(500, 100)
        meter(2000, 400)
    assert r"verifying [b]x\n" in terminal.getvalue()
    assert "50%" in terminal.getvalue()


@pytest.mark.parametrize(("quiet", "stream"), [(True, Terminal), (False, io.StringIO)])
def test_no_progress_bar(quiet: bool, stream: type[io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    out = stream()
    monkeypatch.setattr(sys, "stderr", out)
    monkeypatch.setattr(show, "_PATIENCE", 0)
    with show.Meter("x", 1000, quiet) as meter:
        meter(500, 100)
    assert not out.getvalue()


def test_pace() -> None:
    assert show.pace(1_000_000, None, 0, 2.0) == "0.50 MB/s"
    assert show.pace(1_000_000, 62_000_000, 300_000, 2.0) == "0.50 MB/s, 3.33x, 2:02 left"


def test_amount() -> None:
    assert [show.amount(n) for n in (0, 999, 1000, 1536, 5 << 30, 5 << 50)] == [
        "0 B",
        "999 B",
        "1.0 KiB",
        "1.5 KiB",
        "5.0 GiB",
        "5120 TiB",
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_terminals_are_refused(env: dict[str, str], tmp_path: Path) -> None:
    ours, theirs = os.openpty()
    try:
        to_terminal = subprocess.run(
            ["arcodec", "-m", "order0"], env=env, input=b"text", stdout=theirs, stderr=subprocess.PIPE
        )
        from_terminal = subprocess.run(["arcodec", "-d"], env=env, stdin=theirs, capture_output=True)
        (tmp_path / "a").write_bytes(b"text")
        forced = subprocess.run(["arcodec", "-cf", "a"], cwd=tmp_path, env=env, stdout=theirs)
        assert os.read(ours, 2) == b"\xac\x7a"
    finally:
        os.close(ours)
        os.close(theirs)
    assert (to_terminal.returncode, from_terminal.returncode, forced.returncode) == (1, 1, 0)
    assert b"not for a terminal" in to_terminal.stderr
    assert b"not read from a terminal" in from_terminal.stderr


def test_compiling_is_announced_if_it_takes_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(notice, "_PATIENCE", 0.05)
    event: Any = None
    listener = notice._Notice()
    listener.on_start(event)
    listener.on_end(event)
    time.sleep(0.1)
    assert not capsys.readouterr().err
    for _ in range(2):
        listener.on_start(event)
        time.sleep(0.1)
        listener.on_end(event)
    assert capsys.readouterr().err == f"{notice.TEXT}\n"


# What becomes of files when something goes wrong


@pytest.fixture
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file to compress, in the current folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a"
    path.write_bytes(b"what is kept is kept whole " * 50)
    return path


def compressing(monkeypatch: pytest.MonkeyPatch, first: Callable[[], object]) -> None:
    """Have `first` happen once compressing has begun."""

    def compress_stream(source: Any, sink: Any, *more: Any) -> Report:
        first()
        return original(source, sink, *more)

    original = compressor.compress_stream
    monkeypatch.setattr(compressor, "compress_stream", compress_stream)


def fail(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (MemoryError(), 1, "a: there is not enough memory; a lower level or -T1 takes less"),
        (OSError(errno.EIO, os.strerror(errno.EIO)), 1, f"a: {os.strerror(errno.EIO)}"),
        (
            ZeroDivisionError("by\nzero"),
            1,
            "a: unexpected ZeroDivisionError: by zero; please report this (-v shows where it happened)",
        ),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_errors_are_one_line_and_leave_nothing(
    error: BaseException,
    status: int,
    said: str,
    text: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    compressing(monkeypatch, lambda: fail(error))
    assert main(["a", "-m", "order0"]) == status
    assert capsys.readouterr().err == f"arcodec: {said}\n"
    assert os.listdir() == ["a"]


def test_verbose_shows_where_a_defect_is(
    text: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compressing(monkeypatch, lambda: fail(ZeroDivisionError()))
    assert main(["a", "-v"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_input_that_grows_is_refused(
    text: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compressing(monkeypatch, lambda: text.write_bytes(b"more " * 999))
    assert main(["a", "-m", "order0"]) == 1
    assert capsys.readouterr().err == "arcodec: a: changed while it was being read; nothing was kept\n"
    assert os.listdir() == ["a"]


def test_input_that_changed_since_is_not_removed(
    text: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def replaced(*_: Any) -> None:
        text.rename("b")
        text.write_bytes(b"new")

    monkeypatch.setattr(files, "_sync_folder", replaced)
    assert main(["a", "--rm", "-qm", "order0"]) == 1
    assert capsys.readouterr().err == "arcodec: a: changed after it had been read; not removed\n"
    assert sorted(os.listdir()) == ["a", "a.arcz", "b"]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("links", [False, True])
def test_output_that_appears_meanwhile(
    force: bool, links: bool, text: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not links:
        monkeypatch.setattr(os, "link", lambda *_: fail(OSError(errno.EPERM, "no hard links here")))
    compressing(monkeypatch, lambda: Path("a.arcz").write_bytes(b"precious"))
    assert main(["a", "-qm", "order0", *(["-f"] if force else [])]) == (0 if force else 1)
    assert (Path("a.arcz").read_bytes() == b"precious") is not force
    assert sorted(os.listdir()) == ["a", "a.arcz"]


def test_without_hard_links(text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "link", lambda *_: fail(OSError(errno.EPERM, "no hard links here")))
    assert main(["a", "-qm", "order0"]) == 0
    assert arcodec.decompress(Path("a.arcz").read_bytes()) == text.read_bytes()
    assert sorted(os.listdir()) == ["a", "a.arcz"]


@pytest.mark.parametrize("verify", [True, False])
def test_output_is_verified(
    verify: bool, text: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Report(0, 0, "raw", b"another")
    monkeypatch.setattr(decompressor, "decompress_stream", lambda *_: wrong)
    assert main(["a", "-qm", "order0", *([] if verify else ["--no-verify"])]) == (1 if verify else 0)
    assert ("does not decode to the input" in capsys.readouterr().err) is verify
    assert os.path.exists("a.arcz") is not verify


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_unreadable(text: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text.chmod(0)
    assert main(["a"]) == 1
    assert capsys.readouterr().err == f"arcodec: a: {os.strerror(errno.EACCES)}\n"


def test_a_temporary_file_in_use_is_not_called_abandoned(text: Path) -> None:
    with files.Output("a.arcz", False, None) as output:
        output.write(b"half")
        assert files.leftovers("a.arcz") == []


def test_hint(text: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def compress_stream(source: Any, sink: Any, chosen: Options, *_: Any) -> Report:
        return original(source, sink, replace(chosen, level=1, model="order0")) if not chosen.pixels else smaller

    original, smaller = compressor.compress_stream, Report(1358, 27, "png-pixels", b"")
    monkeypatch.setattr(compressor, "compress_stream", compress_stream)
    for data, hinted in ((b"\x89PNG\r\n\x1a\n" + text.read_bytes(), True), (text.read_bytes(), False)):
        text.write_bytes(data)
        assert main(["a", "-f"]) == 0
        assert ("hint: --pixels would make a 27 bytes (" in capsys.readouterr().err) is hinted
        assert main(["a", "-fq"]) == 0
        assert not capsys.readouterr().err


# What needs time


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Several seconds of work for order0."""
    return random.Random(1).randbytes(1 << 20).hex().encode() * 16


STOPPING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


def started(env: dict[str, str], folder: Path, data: bytes) -> subprocess.Popen[str]:
    """`arcodec` at work on a large file, with its temporary file there."""
    (folder / "big").write_bytes(data)
    command = ["arcodec", "-9", "-T1", "-m", "order0", "big"]
    ignored = [number for number in STOPPING if signal.getsignal(number) is signal.SIG_IGN]  # nohup, or in background
    before = {number: signal.signal(number, signal.SIG_DFL) for number in ignored}
    process = subprocess.Popen(command, cwd=folder, env=env, stderr=subprocess.PIPE, text=True)
    for number, handler in before.items():
        signal.signal(number, handler)
    end = time.monotonic() + 30
    while not list(folder.glob(".big.arcz.arcodec-*.tmp")):
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.02)
    return process


@pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")
@pytest.mark.parametrize(
    ("name", "status", "said"),
    [
        ("SIGINT", 130, "arcodec: interrupted\n"),
        ("SIGTERM", 143, "arcodec: stopped by SIGTERM\n"),
        ("SIGHUP", 129, "arcodec: stopped by SIGHUP\n"),
    ],
)
def test_signals(name: str, status: int, said: str, env: dict[str, str], big: bytes, tmp_path: Path) -> None:
    process = started(env, tmp_path, big)
    time.sleep(1.0)  # by now a kernel is at work
    process.send_signal(getattr(signal, name))
    _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr) == (status, said)
    assert os.listdir(tmp_path) == ["big"]


@pytest.mark.skipif(os.name == "nt", reason="signals are those of POSIX")
def test_kill(env: dict[str, str], big: bytes, tmp_path: Path) -> None:
    process = started(env, tmp_path, big)
    process.kill()
    process.communicate()
    (leftover,) = set(os.listdir(tmp_path)) - {"big"}
    assert (tmp_path / "big").read_bytes() == big
    (tmp_path / "big").write_bytes(b"small")
    ran = run(env, tmp_path, "big", "-qm", "order0")
    assert ran.returncode == 0
    assert ran.stderr == f"arcodec: {leftover}: left by an interrupted run; safe to delete\n"


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
def test_disk_full(env: dict[str, str], tmp_path: Path) -> None:
    import resource

    data = random.Random(2).randbytes(1 << 16)
    (tmp_path / "a").write_bytes(data)
    (tmp_path / "b.arcz").write_bytes(arcodec.compress(data, model="order0"))
    full = "File too large; nothing of it was kept\n"
    for arguments in (("a", "-m", "order0"), ("-d", "b.arcz")):
        ran = run(
            env, tmp_path, *arguments, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        )
        assert ran.returncode == 1
        assert ran.stderr.endswith(full)
        assert ran.stderr.count("\n") == 1
    assert sorted(os.listdir(tmp_path)) == ["a", "b.arcz"]


def test_threads_do_not_change_the_output(text: Path) -> None:
    text.write_bytes(random.Random(3).randbytes(1 << 19).hex().encode() * 6)  # two chunks
    results = set()
    for threads in "1", "2":
        assert main(["a", "-1", "--no-verify", "-qfm", "order0", "-T", threads]) == 0
        results.add(Path("a.arcz").read_bytes())
    assert len(results) == 1
