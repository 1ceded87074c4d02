"""The codecs that are compared: arcodec, what Python and its packages have, and programs.

Each rival is at a setting that people use for small files; fast ones also at one that people use for speed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from arcodec.bench.codec import ALL_KINDS, Codec, Loaded
from arcodec.bench.libraries import libraries
from arcodec.bench.programs import on_path, read_commands
from arcodec.bench.record import OURS


def ours(level: int, model: str | None = None) -> Codec:
    """arcodec at a level, with a model by name, file or id, or by default the one that the content decides."""
    choice = "" if model is None else f" -m {os.path.basename(model)}"
    settings = f"compress -{level}{choice} -T1, verification not counted"
    arguments = {"level": level, "model": model}
    name, family = f"{OURS} -{level}{choice}", f"{OURS}{choice}"
    return Codec(name, family, settings, ALL_KINDS, f"{__name__}:_arcodec", arguments, speed=0.3)


def _arcodec(level: int, model: str | None) -> Loaded:
    import arcodec
    from arcodec.bench import machine

    return Loaded(
        machine.version(),
        lambda data: arcodec.compress(data, level=level, model=model, verify=False),
        arcodec.decompress,
        lambda packed: _model_files(arcodec.info(packed)),
    )


def _model_files(info: Any) -> int:
    """Bytes of the model files that an .arcz file names and does not carry, and of what its models have packaged."""
    from arcodec import container, models
    from arcodec.models import store
    from arcodec.models.variants import Variants

    chunks = [chunk for frame in info.frames for chunk in frame.chunks]
    needed: dict[str, int] = {}
    for code in {chunk.model for chunk in chunks if chunk.model in models.VARIANTS}:
        model = models.by_code(code)
        if isinstance(model, Variants):
            needed |= model.packaged()
    if not any(chunk.model == container.CARRIED for chunk in chunks):
        needed |= {each.hex(): len(store.find(each).data) for each in {chunk.model_id for chunk in chunks} if each}
    return sum(needed.values())


def catalogue(levels: Iterable[int], models: Iterable[str | None], extra: Iterable[Codec] = ()) -> list[Codec]:
    """All that can be measured here: ours first, then the rivals that are installed, fast ones before slow ones."""
    own = [ours(level, model) for model in models for level in levels]
    rivals = [codec for codec in libraries() if codec.installed]
    programs = [codec for codec in (*read_commands(), *extra) if on_path(codec)]
    return [*own, *sorted(rivals + programs, key=lambda codec: -codec.speed)]


def absent() -> list[str]:
    """Names of the rivals that are not installed here."""
    missing = [codec.name for codec in libraries() if not codec.installed]
    return missing + [codec.name for codec in read_commands() if not on_path(codec)]
