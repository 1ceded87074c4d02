"""arcodec list."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from arcodec import models
from arcodec.cli import options
from arcodec.cli.files import opened
from arcodec.cli.options import Common
from arcodec.cli.run import Item, Run
from arcodec.cli.show import amount, shown, table
from arcodec.container import CARRIED, Chunk
from arcodec.listing import Frame, Info, read_info

_HEAD = ("content", "models", "packed", "size", "ratio", "chunks", "memory", "checksum", "name")
_LEFT = {"content", "models", "checksum", "name"}
_DIGITS = 12  # of a model's id, in the table

Listed = Sequence[tuple[str, Info]]


def list_files(files: tuple[str, ...], recursive: bool, verbose: bool, as_json: bool) -> int:
    """Show what .arcz files say of themselves, without decoding them."""
    found: list[tuple[str, Info]] = []

    def work(item: Item) -> None:
        with opened(item.path) as source:
            source.refuse_terminal()
            found.append((item.path, read_info(source.file, seekable=source.status is not None)))

    status = Run(Common(recursive=recursive), packing=False).each(files, work)
    if as_json:
        print(json.dumps(_tree(found), indent=2))
    elif found:
        print(_table(found, verbose))
    return status


def _table(found: Listed, in_full: bool) -> str:
    """One line for each file, and the totals if there are several; `in_full`: with the variants of models."""
    rows = [_HEAD]
    for path, info in found:
        contents = "+".join(dict.fromkeys(frame.content for frame in info.frames))
        names = "+".join(_short(name, info) for name in _models(info, in_full))
        rows.append((contents, names, *_numbers([info]), _checksum(info), shown(path)))
    if len(found) > 1:
        rows.append(("", "", *_numbers([info for _, info in found]), "", f"{len(found)} files"))
    return table(rows, _LEFT)


def _short(name: str, info: Info) -> str:
    """The name of a model in the table; of model files that are embedded, with what they take."""
    if name == models.name_of(CARRIED):
        return f"{name} ({amount(info.embedded)})"
    return name[:_DIGITS] if len(name) == 64 else name


def _numbers(infos: Sequence[Info]) -> tuple[str, str, str, str, str]:
    """Packed size, size, ratio, chunks and memory of files taken together."""
    packed = sum(info.packed_size for info in infos)
    size = sum(info.size for info in infos)
    chunks = sum(len(frame.chunks) for info in infos for frame in info.frames)
    memory = max(info.memory for info in infos)
    return f"{packed:,}", f"{size:,}", f"{size / packed:.2f}", f"{chunks:,}", amount(memory)


def _models(info: Info, in_full: bool = False) -> dict[str, int]:
    names = (frame.models_in_full if in_full else frame.models for frame in info.frames)
    return dict(sum(map(Counter, names), Counter()))


def _checksum(info: Info) -> str:
    """That of the only frame: of the whole file if it has one, else of its only chunk."""
    if len(info.frames) > 1:
        return f"of {len(info.frames)} frames"
    (frame,) = info.frames
    return frame.digest or f"{frame.chunks[0].check:08x}"


def _tree(found: Listed) -> dict[str, Any]:
    """All there is to know, for machines."""
    packed, size = sum(info.packed_size for _, info in found), sum(info.size for _, info in found)
    return {
        "files": [
            {
                "name": path,
                "packed_size": info.packed_size,
                "size": info.size,
                "memory": info.memory,
                "embedded": info.embedded,
                "models": _models(info),
                "frames": [_frame(frame) for frame in info.frames],
            }
            for path, info in found
        ],
        "totals": {"files": len(found), "packed_size": packed, "size": size},
    }


def _frame(frame: Frame) -> dict[str, Any]:
    chunks = [_chunk(chunk, variant) for chunk, variant in zip(frame.chunks, frame.variants, strict=True)]
    fields = {**dataclasses.asdict(frame), "chunks": chunks}
    del fields["variants"]
    return fields


def _chunk(chunk: Chunk, variant: str | None) -> dict[str, Any]:
    return {
        **dataclasses.asdict(chunk),
        "model": models.name_of(chunk.model),
        "variant": variant,
        "model_id": chunk.model_id and chunk.model_id.hex(),
        "check": f"{chunk.check:08x}",
    }


command = click.Command(
    "list",
    context_settings=options.CONTEXT,
    params=[
        options.FILES,
        options.RECURSIVE,
        click.Option(["-v", "--verbose"], is_flag=True, help="Say which variant of each model: tier, net and prior."),
        click.Option(["--json", "as_json"], is_flag=True, help="Print JSON: every field, chunk by chunk."),
    ],
    callback=list_files,
    help=list_files.__doc__,
)
