"""arcodec models: list, show, add, remove, verify."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from arcodec.cli import files, options
from arcodec.cli.run import announce_compiling
from arcodec.cli.show import amount, complain, say, shown, table
from arcodec.errors import FileRefusedError, ModelFileError, UnknownModelError

if TYPE_CHECKING:
    from arcodec.models.base import Model
    from arcodec.models.store import ModelFile

_HEAD = ("name", "id", "architecture", "symbols", "size", "measured", "where")
_LEFT = {"name", "id", "architecture", "symbols", "where"}
_DIGITS = 12  # of an id, in the table
_CHUNKS = ((1 << 20,), (512, 512, 3), (512, 512, 1), (28, 28, 1), (512, 512, 2), (1 << 16, 2, 4), (1 << 12, 128))


def list_models(as_json: bool) -> int:
    """Show the models that come with arcodec, those installed, and those found in ARCODEC_MODEL_PATH."""
    rows = [*_built_in(), *_files()]
    if as_json:
        print(json.dumps({"models": rows}, indent=2))
        return 0
    cells = [
        (row["name"], (row["id"] or "")[:_DIGITS], row["architecture"], row["symbols"], _size(row), row["bits"])
        for row in rows
    ]
    places = [row["where"] for row in rows]
    lines = [tuple(map(shown, (*cell, place))) for cell, place in zip(cells, places, strict=True)]
    print(table([_HEAD, *lines], _LEFT))
    return 0


def _size(row: Mapping[str, Any]) -> str:
    return amount(row["size"]) if row["size"] else ""


def _built_in() -> Iterator[dict[str, Any]]:
    """The models of this package; what they are called without a version beside the name."""
    from arcodec.models import ALIASES, BUILT_IN

    short = {name: alias for alias, name in ALIASES.items()}
    for name in BUILT_IN:
        called = f"{name} ({short[name]})" if name in short else name
        symbols = _symbols_of(name)
        yield {
            "name": called,
            "id": None,
            "architecture": "built in",
            "symbols": symbols,
            "size": 0,
            "bits": "",
            "where": "shipped",
        }


def _symbols_of(name: str) -> str:
    """What a built-in model codes, by its name; no model is loaded."""
    kinds = {"pixels": "pixels", "graphics": "pixels", "deep": "pixels of 16 bits", "audio": "sound"}
    return kinds.get(name.partition("-")[0], "coefficients" if name.startswith("coefficients") else "bytes")


def _files() -> Iterator[dict[str, Any]]:
    """The model files in all places, parts of built-in models left out."""
    from arcodec.models import is_architecture, store

    for path in store.paths():
        header = store.header_of(path)
        if is_architecture(header.get("architecture", "")):
            yield {
                "name": header.get("name", ""),
                "id": _id_of(path),
                "architecture": header["architecture"],
                "symbols": header.get("symbols", ""),
                "size": path.stat().st_size,
                "bits": _bits(header),
                "where": str(path),
            }


def _id_of(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def _bits(header: Mapping[str, str]) -> str:
    """The bits a symbol that were measured when the model was made: those in integers, if the header has them."""
    measured = _parsed(header.get("measured", ""))
    fields = measured.items() if isinstance(measured, dict) else ()
    numbers = (value for key, value in fields if "integer" in key and isinstance(value, int | float))
    number = next(numbers, None)
    return "" if number is None else f"{number:.4f}"


def _parsed(text: str) -> Any:
    """A field of a header that may be JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def show_model(name: str, as_json: bool) -> int:
    """Show what a model is: by its name, the beginning of its id, or its file."""
    announce_compiling()
    from arcodec import families

    coder, file = families.named(name)
    facts = {**_facts(coder.model), **(_facts_of_file(file) if file else _facts_of_package(coder.model))}
    if as_json:
        print(json.dumps(facts, indent=2))
        return 0
    width = max(map(len, facts))
    for key, value in facts.items():
        for line in _lines(value):
            print(f"{key:<{width}}  {line}".rstrip())
            key = ""
    return 0


def _lines(value: Any) -> Sequence[str]:
    if isinstance(value, dict):
        return [f"{key}: {f'{part:,}' if isinstance(part, int) else shown(str(part))}" for key, part in value.items()]
    return [f"{value:,}" if isinstance(value, int) else shown(str(value))]


def _facts(model: Model) -> dict[str, Any]:
    """What every model tells of itself."""
    from arcodec.families import of_model
    from arcodec.models.net import NetModel

    chunk = next((shape for shape in _CHUNKS if len(shape) == model.dimensions and model.accepts(shape)), None)
    facts: dict[str, Any] = {"name": model.name, "codes": of_model(model), "what": _summary(model)}
    if chunk:
        facts[f"memory for a chunk of {'x'.join(map(str, chunk))}"] = amount(model.memory(chunk))
    if isinstance(model, NetModel):
        facts["multiply-adds a symbol"] = model.net.multiply_adds()
    return facts


def _summary(model: Model) -> str:
    """What the model says of itself first; of a net, what its architecture does."""
    return (getattr(model, "kind", type(model)).__doc__ or "").partition("\n")[0]


def _facts_of_package(model: Model) -> dict[str, Any]:
    """Of a built-in model: its code, variants and the files that the package has for it."""
    from arcodec.models import VARIANTS

    facts: dict[str, Any] = {"code in the format": model.code}
    if model.code in VARIANTS:
        facts["variants"] = ", ".join(dict.fromkeys(VARIANTS[model.code]))
    packaged = getattr(model, "packaged", None)
    if packaged is not None and packaged():
        facts["files"] = packaged()
    return {**facts, "licence": "Apache-2.0"}


def _facts_of_file(file: ModelFile) -> dict[str, Any]:
    header = dict(file.header)
    facts: dict[str, Any] = {"name": header.pop("name", None) or header["architecture"], "id": file.id.hex()}
    facts["parameters"] = sum(array.size for array in file.arrays.values())
    facts["arrays"] = {k: f"{a.dtype} {'x'.join(map(str, a.shape))}" for k, a in sorted(file.arrays.items())}
    facts["size"] = len(file.data)
    return {**facts, **{key: _parsed(value) for key, value in header.items()}}


def add_models(paths: tuple[str, ...]) -> int:
    """Copy model files into your own folder, where decoding finds them.

    Each is checked first, and named by its id.
    """
    from arcodec.models import store

    def add(path: str) -> None:
        file = store.read(path)
        announce_compiling()
        file.model()
        folder = store.user_folder()
        target = folder / f"{file.id.hex()}{store.SUFFIX}"
        if target.is_file() and target.read_bytes() == file.data:
            say(f"{shown(path)}: is there already, as {shown(str(target))}")
            return
        folder.mkdir(parents=True, exist_ok=True)
        with files.Output(str(target), force=True, source=None) as output:
            output.write(file.data)
            output.commit(None)
        say(f"{shown(path)}: installed as {shown(str(target))}")

    return _each(paths, add)


def remove_model(name: str, yes: bool) -> int:
    """Remove a model file from your own folder.

    What was compressed with it can then no longer be decompressed, unless it is embedded.
    """
    from arcodec.models import store

    file = store.named(name)
    folder = store.user_folder()
    own = [path for path in folder.glob(f"*{store.SUFFIX}") if file and path.read_bytes() == file.data]
    if file is None or not own:
        raise UnknownModelError(
            f"no model file in {folder} is called {name!r}; `arcodec models` lists those there are"
        )
    called = f"{file.header.get('name', '')} ({file.id.hex()[:_DIGITS]})".strip()
    if not yes:
        if not sys.stdin.isatty():
            raise FileRefusedError(f"--yes is needed to remove model {called} without being asked")
        if not click.confirm(f"Remove model {called}? Files compressed with it will need it", err=True):
            return 1
    for path in own:
        path.unlink()
        say(f"{shown(str(path))}: removed")
    return 0


def verify_models() -> int:
    """Read every model file, compare it with its name, make its model and code a little with it."""
    from arcodec.models import is_architecture, store

    announce_compiling()

    def verify(path: str) -> None:
        file = store.read(path)
        digest = file.id.hex()
        named = Path(path).stem.rpartition("-")[2]
        if len(named) >= _DIGITS and set(named) <= set("0123456789abcdef") and not digest.startswith(named):
            raise ModelFileError(f"is damaged: its sha256 is {digest[:_DIGITS]}..., and not as its name says")
        if not is_architecture(file.header["architecture"]):
            print(f"{shown(path)}: ok, a part of built-in models")
            return
        print(f"{shown(path)}: ok{_round_trip(file)}")

    return _each([str(path) for path in store.paths()], verify)


def _round_trip(file: ModelFile) -> str:
    """Code a small sample of the model's own; what to say of it."""
    model = file.model()
    from arcodec.families import of_model

    shapes = ((256,), (8, 8, 3), (8, 8, 1), (28, 28, 1), (32, 32, 3), (8, 8, 2), (64, 1, 4))
    shape = next((s for s in shapes if len(s) == model.dimensions and model.accepts(s)), None)
    if shape is None or of_model(model) == "coefficients":
        return ", not tried"
    chunk = model.sample(shape, 1)
    if model.decode(model.encode(chunk), shape).tobytes() != chunk.tobytes():
        raise ModelFileError("does not decode what it encodes; please report this")
    return ", and decodes what it encodes"


def _each(paths: Sequence[str], work: Any) -> int:
    """`work` on each path, going on after errors; the exit status."""
    status = 0
    for path in paths:
        try:
            work(path)
        except Exception as error:
            complain(path, error)
            status = 1
    return status


def models_or_list() -> int:
    """Models: see which there are, what they are, and install those of others."""
    context = click.get_current_context()
    return list_models(as_json=False) if context.invoked_subcommand is None else 0


_JSON = click.Option(["--json", "as_json"], is_flag=True, help="Print JSON.")


def _verb(name: str, callback: Any, params: Sequence[click.Parameter] = ()) -> click.Command:
    return click.Command(
        name, context_settings=options.CONTEXT, params=[*params], callback=callback, help=callback.__doc__
    )


command = click.Group(
    "models",
    [
        _verb("list", list_models, [_JSON]),
        _verb("show", show_model, [click.Argument(["name"], metavar="MODEL"), _JSON]),
        _verb("add", add_models, [click.Argument(["paths"], nargs=-1, required=True, metavar="FILE...")]),
        _verb(
            "remove",
            remove_model,
            [
                click.Argument(["name"], metavar="MODEL"),
                click.Option(["-y", "--yes"], is_flag=True, help="Do not ask."),
            ],
        ),
        _verb("verify", verify_models),
    ],
    context_settings=options.CONTEXT,
    callback=models_or_list,
    invoke_without_command=True,
    subcommand_metavar="[list | show | add | remove | verify] ...",
    help=models_or_list.__doc__,
)
