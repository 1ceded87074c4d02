"""The benchmark: what it measures is checked, what is broken is caught, what is measured is kept."""

from __future__ import annotations

import json
import shutil
import sys
import wave
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from arcodec.bench import codec as codecs
from arcodec.bench import libraries, machine, programs, record, rivals, runner, subjects
from arcodec.bench.codec import Codec
from arcodec.bench.record import Kind, Record
from arcodec.bench.runner import Plan
from arcodec.bench.subjects import Source
from arcodec.cli import main
from bench import docs

ROOT = Path(__file__).parent.parent
CORPORA = ROOT / "corpora"
ONCE = Plan(1)


@pytest.fixture(autouse=True)
def at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that measure find this checkout and the tests."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def _fake(name: str, kinds: tuple[Kind, ...] = ("bytes",), **fields: object) -> Codec:
    return Codec(name, name, "", kinds, f"tests.rivals_that_fail:{name}", **fields)  # type: ignore[arg-type]


def _sources(*names: str) -> list[Source]:
    return [subjects.source(CORPORA / name, name) for name in names]


def _run(codecs: Iterable[Codec], sources: Iterable[Source], plan: Plan = ONCE, kept: Record | None = None) -> Record:
    result = kept or Record("2024-01-01", "arcodec bench", "", machine.facts())
    runner.run(result, [*codecs], [*sources], plan, lambda record, next_one: None)
    return result


# --- what is broken is caught ---


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("forgetful", "came back with 52,893 bytes, not 52,894"),
        ("careless", "came back wrong from byte 26,447 on"),
        ("raising", "too much for me"),
        ("dying", "its process ended with status 3"),
        ("absent", "no module named rival"),
    ],
)
def test_a_broken_rival_is_shown_as_failed(name: str, note: str) -> None:
    result = _run([_fake(name), _fake("honest")], _sources("stations.csv"))
    broken, honest = result.measurements
    assert broken.status == "failed"
    assert note in broken.note
    assert honest.status == "ok"
    group = result.everything("bytes")
    assert [m.codec for m in group.total(name).failed] == [name]
    assert group.total("honest").complete


def test_pixels_that_are_almost_right_are_wrong() -> None:
    blurred = _fake("blurred", ("image",), form="pixels")
    (measured,) = _run([blurred], _sources("hills.ppm")).measurements
    assert measured.status == "failed"
    assert measured.note.endswith("subpixels came back wrong")


def test_a_size_that_changes_from_run_to_run_is_wrong() -> None:
    (measured,) = _run([_fake("moody")], _sources("stations.csv"), Plan(3)).measurements
    assert measured.status == "failed"
    assert "one time" in measured.note


def test_what_a_codec_prints_is_not_taken_for_an_answer() -> None:
    result = _run([_fake("talkative")], _sources("stations.csv"))
    assert result.codecs[0].version == "1"
    assert result.measurements[0].status == "ok"


def test_what_never_ends_is_stopped_and_the_rest_goes_on() -> None:
    result = _run([_fake("honest"), _fake("endless", speed=1000)], _sources("stations.csv"), Plan(1, budget=2))
    assert [m.status for m in result.measurements] == ["ok", "skipped"]
    assert "out of time" in result.measurements[1].note


def test_what_does_not_fit_the_budget_is_skipped_and_said() -> None:
    slow = _fake("honest", speed=1e-6)
    (measured,) = _run([slow], _sources("stations.csv"), Plan(1, budget=60)).measurements
    assert measured.status == "skipped"
    assert measured.note.startswith("would take about 29 h, with ") or "h, with" in measured.note


# --- what is measured ---


def test_runs_take_turns_and_short_ones_are_repeated() -> None:
    (measured,) = _run([_fake("honest")], _sources("stations.csv"), Plan(3)).measurements
    assert len(measured.encode.cpu) == len(measured.decode.wall) == 3
    assert 0 < measured.packed < 52_894
    assert measured.encode.peak > 1 << 20


def test_measurements_are_kept_and_more_are_added() -> None:
    first = _run([_fake("honest")], _sources("stations.csv"))
    before = record.loads(record.dumps(first))
    second = _run([_fake("honest"), _fake("careless")], _sources("stations.csv", "server.log"), kept=first)
    assert len(second.measurements) == 4
    assert second.find("stations.csv", "honest") == before.find("stations.csv", "honest")
    third = _run([_fake("honest")], _sources("stations.csv"), Plan(2), kept=second)
    assert len(third.measurements) == 4  # what is not measured this time is not lost
    assert [len(m.encode.cpu) for m in third.measurements] == [2, 1, 1, 1]


def test_another_version_or_another_file_is_measured_anew(tmp_path: Path) -> None:
    first = _run([_fake("honest")], _sources("stations.csv"))
    text = record.dumps(first)
    (tmp_path / "stations.csv").write_bytes(b"other contents" * 99)
    other_file = [subjects.source(tmp_path / "stations.csv", "stations.csv")]
    for kept, sources in (
        (record.loads(text), other_file),
        (record.loads(text.replace('"version": "1"', '"version": "0"')), _sources("stations.csv")),
    ):
        kept.measurements[0].encode.cpu = [99.0]
        again = _run([_fake("honest")], sources, kept=kept)
        assert again.measurements[0].encode.cpu != [99.0]


LIBRARIES = libraries.libraries()


@pytest.mark.parametrize("codec", LIBRARIES, ids=lambda codec: codec.name)
def test_rivals_restore_what_they_encode(codec: Codec) -> None:
    if not codec.installed:
        pytest.skip(f"{codec.needs} is not installed: it is in the extra `bench`")
    loaded = codec.load()
    assert isinstance(loaded, codecs.Loaded)
    assert loaded.version
    noise = np.random.RandomState(1)
    if codec.form == "pixels":
        for channels, depth in codec.pixel_types or ():
            shape = (30, 40, channels) if channels > 1 else (30, 40)
            pixels = noise.randint(0, 256**depth, shape).astype(f"u{depth}")
            assert np.array_equal(loaded.decode(loaded.encode(pixels)), pixels), (channels, depth)
    elif "bytes" in codec.kinds:
        data = (CORPORA / "stations.csv").read_bytes()
        assert loaded.decode(loaded.encode(data)) == data
    else:
        assert codec.kinds == ("jpeg",)


def test_ours_counts_the_model_files_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import arcodec
    from arcodec.models import store

    monkeypatch.setenv("ARCODEC_MODEL_PATH", str(tmp_path))
    facts = dict.fromkeys(("provenance", "licence", "command"), "x")
    file = store.pack({"counts": np.ones(256, np.uint32)}, {"architecture": "order0", "symbols": "bytes", **facts})
    (tmp_path / "m.safetensors").write_bytes(file)
    data = (CORPORA / "stations.csv").read_bytes()
    loaded = rivals.ours(5, str(tmp_path / "m.safetensors")).load()
    assert isinstance(loaded, codecs.Loaded)
    assert loaded.model(loaded.encode(data)) == len(file)
    assert loaded.model(arcodec.compress(data, model="order0")) == 0
    assert loaded.model(arcodec.compress(data, model=tmp_path / "m.safetensors", embed_model=True)) == 0


def test_ours_counts_what_its_models_have_packaged() -> None:
    for level, least in ((1, 0), (5, 3_000_000), (9, 5_000_000)):
        loaded = rivals.ours(level).load()
        assert isinstance(loaded, codecs.Loaded)
        assert least <= loaded.model(loaded.encode(b"A short text, as any other. " * 3)) <= 1.2 * least


def test_ours_is_named_by_its_sources() -> None:
    assert machine.sources() in machine.version()
    assert len(machine.sources()) == 8


# --- programs ---

_COPY = f"""
[[codec]]
name = "copy -1"
kinds = ["bytes"]
encode = "{sys.executable} -c 'import shutil, sys; shutil.copy(*sys.argv[1:])' {{in}} {{packed}}"
decode = "{sys.executable} -c 'import shutil, sys; shutil.copy(*sys.argv[1:])' {{packed}} {{out}}"
version = ["{sys.executable} --version", "Python ([0-9.]+)"]
"""


def test_a_program_is_measured_by_its_command_lines(tmp_path: Path) -> None:
    table = tmp_path / "commands.toml"
    table.write_text(_COPY)
    (codec,) = programs.read_commands(table)
    assert programs.on_path(codec)
    result = _run([codec], _sources("stations.csv"))
    (measured,) = result.measurements
    assert (measured.status, measured.packed) == ("ok", 52_894)
    assert measured.encode.cpu[0] > 0
    assert result.codecs[0].family == "copy"


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (("shutil.copy(*sys.argv[1:])' {in}", "1 / 0' {in}"), "ended with status 1: ZeroDivisionError"),
        (("shutil.copy(*sys.argv[1:])' {in}", "0' {in}"), "it made no file packed"),
        (("shutil.copy(*sys.argv[1:])' {packed}", "0' {packed}"), "decoding made no file"),
    ],
)
def test_a_program_that_fails_is_shown_as_failed(change: tuple[str, str], note: str, tmp_path: Path) -> None:
    table = tmp_path / "commands.toml"
    table.write_text(_COPY.replace(*change))
    (measured,) = _run(programs.read_commands(table), _sources("stations.csv")).measurements
    assert measured.status == "failed"
    assert note in measured.note


def test_another_program_of_the_same_name_is_not_taken(tmp_path: Path) -> None:
    table = tmp_path / "commands.toml"
    table.write_text(_COPY.replace("Python (", "Perl ("))
    (codec,) = programs.read_commands(table)
    assert not programs.on_path(codec)


@pytest.mark.parametrize(
    "text",
    ["", "codec = 1", "[[codec]]\nname = 'x'", _COPY + "color = 'red'", _COPY.replace('"bytes"', '"films"'), "= ="],
)
def test_a_table_of_programs_that_is_wrong_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(text)
    with pytest.raises(codecs.RivalError, match=r"c\.toml does not describe codecs"):
        programs.read_commands(tmp_path / "c.toml")


KNOWN = programs.read_commands()


def test_the_table_of_programs_is_complete() -> None:
    names = {codec.name for codec in KNOWN}
    assert len(names) == len(KNOWN) > 5
    for codec in KNOWN:
        assert "{in}" in codec.arguments["encode"]
        assert "{packed}" in codec.arguments["encode"] and "{packed}" in codec.arguments["decode"]  # noqa: PT018
        assert "{out}" in codec.arguments["decode"]


@pytest.mark.parametrize("codec", KNOWN, ids=lambda codec: codec.name)
def test_programs_that_are_here_restore_what_they_encode(codec: Codec, tmp_path: Path) -> None:
    if not programs.on_path(codec):
        pytest.skip(f"{codec.name} is not on PATH")
    if codec.speed < 0.1:
        pytest.skip(f"{codec.name} takes minutes")
    (tmp_path / "bytes").write_bytes((CORPORA / "server.log").read_bytes()[:5000])
    _wav(tmp_path / "audio")
    Image.effect_noise((40, 30), 60).convert("RGB").save(tmp_path / "image", "PPM")
    Image.effect_noise((40, 30), 60).save(tmp_path / "jpeg", "JPEG")
    sources = [subjects.source(tmp_path / kind, kind) for kind in codec.kinds]
    result = _run([codec], sources)
    assert [(m.status, m.note) for m in result.measurements] == [("ok", "")] * len(sources)


def _wav(path: Path) -> None:
    samples = (np.random.RandomState(1).standard_normal(4000).cumsum() * 100).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(samples)


# --- files ---


def test_kinds_are_told_by_content(tmp_path: Path) -> None:
    rgb = Image.effect_noise((40, 30), 60).convert("RGB")
    made = {
        "png": ("image", (30, 40, 3), 3600), "bmp": ("image", (30, 40, 3), 3600), "ppm": ("image", (30, 40, 3), 3600),
        "gif": ("image", (30, 40, 3), 3600), "tiff": ("image", (30, 40, 3), 3600), "jpg": ("jpeg", (), None),
        "pdf": ("bytes", (), None),
    }  # fmt: skip
    for suffix, (kind, shape, size) in made.items():
        rgb.save(tmp_path / f"x.{suffix}")
        subject = subjects.source(tmp_path / f"x.{suffix}", suffix).subject
        assert (subject.kind, subject.shape) == (kind, shape), suffix
        assert subject.size == (size or (tmp_path / f"x.{suffix}").stat().st_size), suffix
    _wav(tmp_path / "x")
    assert subjects.source(tmp_path / "x", "x").subject.kind == "audio"
    assert subjects.source(tmp_path / "x", "x").subject.symbols == (8000 + 44) // 2
    assert subjects.source(tmp_path / "x.png", "x", kind="bytes").subject.kind == "bytes"
    (tmp_path / "cut").write_bytes((tmp_path / "x.ppm").read_bytes()[:99])
    assert subjects.source(tmp_path / "cut", "x").subject.kind == "bytes"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_codecs_get_the_raster_of_an_image(mode: str, tmp_path: Path) -> None:
    noise = np.random.RandomState(2).randint(0, 65536, (30, 40)).astype(np.uint16)
    image = Image.fromarray(noise) if mode == "I;16" else Image.effect_noise((40, 30), 60).convert(mode)
    image.save(tmp_path / "x.png")
    source = subjects.source(tmp_path / "x.png", "x")
    with source.file(tmp_path) as file:
        raster = subjects.read_raster(file)
        channels = source.subject.shape[2]
        assert raster.shape == ((30, 40, channels) if channels > 1 else (30, 40))
        assert raster.nbytes == source.subject.size
        assert raster.dtype.itemsize == source.subject.size // source.subject.symbols
        expected = image.convert("RGB") if mode == "P" else image.convert("L") if mode == "1" else image
        assert np.array_equal(raster, np.asarray(expected))
    assert not file.exists()


def test_a_prefix_of_a_file_can_be_measured(tmp_path: Path) -> None:
    source = subjects.source(CORPORA / "server.log", "x", limit=1000)
    assert source.subject.size == 1000
    with source.file(tmp_path) as file:
        assert file.read_bytes() == (CORPORA / "server.log").read_bytes()[:1000]


# --- the texts ---


def test_every_figure_in_the_texts_comes_from_a_record() -> None:
    for path in docs.TEXTS:
        text = path.read_text()
        assert docs.filled(text) == text, f"{path.name} is stale: run python -m bench.docs"
        assert text.count("<!-- measured: ") == text.count("<!-- end -->") > 0


# --- the command ---


def _bench(*arguments: str | Path) -> int:
    return main(["bench", *map(str, arguments)])


def test_one_command_measures_and_writes_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = {name: tmp_path / f"r.{name}" for name in ("json", "csv", "markdown")}
    options = [word for name, path in out.items() for word in (f"--{name}", path)]
    small = shutil.copy(CORPORA / "stations.csv", tmp_path)
    assert _bench(small, "-n1", "-m", "order0,auto", "--codecs", "arcodec*,gzip*", *options) == 0
    shown = capsys.readouterr()
    saved = record.load(out["json"])
    assert {m.codec for m in saved.measurements} == {"arcodec -5 -m order0", "arcodec -5", "gzip -9"}
    assert all(m.status == "ok" for m in saved.measurements)
    best = min(saved.measurements, key=lambda m: m.packed)
    assert best.codec == "arcodec -5"
    assert f"{best.packed:,}" in shown.out
    assert f"{best.packed:,}" in out["markdown"].read_text()
    assert str(best.packed) in out["csv"].read_text()
    assert saved.command.startswith("arcodec bench ")

    assert _bench("--compare", out["json"], out["json"]) == 0
    tree = json.loads(out["json"].read_text())
    tree["measurements"][0]["packed"] += 1000
    worse = tmp_path / "worse.json"
    worse.write_text(json.dumps(tree))
    capsys.readouterr()
    assert _bench("--compare", out["json"], worse) == 1
    assert "WORSE" in capsys.readouterr().out
    assert _bench("--compare", worse, out["json"]) == 0
    capsys.readouterr()
    assert _bench("--from", worse, "--csv", "-") == 0
    assert capsys.readouterr().out.startswith("file,corpus,kind,codec")


def test_a_record_is_gone_on_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, small = tmp_path / "r.json", CORPORA / "stations.csv"
    assert _bench(small, "-qn1", "--codecs", "gzip*", "--json", path) == 0
    before = record.load(path)
    assert _bench(small, "-qn1", "--codecs", "gzip*,xz*", "--json", path) == 0
    after = record.load(path)
    assert "going on with" in capsys.readouterr().err
    assert before.measurements[0] in after.measurements
    assert len(after.measurements) == 2
    tree = json.loads(path.read_text())
    tree["machine"]["cpu"] = "another"
    path.write_text(json.dumps(tree))
    assert _bench(small, "-qn1", "--codecs", "gzip*", "--json", path) == 1
    assert "another machine" in capsys.readouterr().err
    assert _bench(small, "-fqn1", "--codecs", "gzip*", "--json", path) == 0


def test_status_says_that_something_did_not_come_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "commands.toml"
    table.write_text(_COPY.replace("shutil.copy(*sys.argv[1:])' {packed}", "open(sys.argv[2], 'w')' {packed}"))
    assert _bench(CORPORA / "stations.csv", "-n1", "--codecs", "copy*", "--commands", table) == 1
    assert "1 FAILED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["no-such-corpus"], 1, "no-such-corpus"),
        (["--codecs", "nothing"], 1, "nothing to measure"),
        (["--html", "no-folder/x.html"], 1, "no-folder is no folder"),
        (["-f", "--json", str(ROOT / "README.md")], 1, "README.md is no record"),
        (["-l", "0"], 2, "levels are 1 to 9"),
        (["-l", "x"], 2, "write 5, or 1,5,9, or 1-9"),
        (["--budget", "soon"], 2, "is no time"),
        (["--from", "a", "b"], 2, "exclude each other"),
        (["--plot", "x.pdf"], 2, "SVG or PNG"),
        (["--from", "no.json"], 1, "No such file"),
        (["--csv", "-", "--markdown", "-"], 2, "standard output"),
    ],
)
def test_misuse_is_said_in_a_line(
    arguments: list[str], status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _bench(*arguments) == status
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_codecs_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert _bench("--list", "-l", "1-3") == 0
    listed = capsys.readouterr().out
    for name in ("arcodec -1", "arcodec -3", "gzip -9", "xz -9e"):
        assert name in listed
