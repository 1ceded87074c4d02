"""Which of the files that were measured are shown as pictures of where their bits go."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from arcodec.bench import heatmap
from arcodec.bench.heatmap import Picture
from arcodec.bench.subjects import Source


def draw(sources: Sequence[Source], most: int, size: int) -> list[Picture]:
    """Pictures of the first files, in their order: `most` at most, which may have `size` bytes together."""
    pictures: list[Picture] = []
    with tempfile.TemporaryDirectory(prefix="arcodec-bench-") as folder:
        for source in sources:
            size -= min(source.subject.size, heatmap.LIMIT)
            if len(pictures) == most or size < 0:
                break
            if source.subject.size:
                with source.file(Path(folder)) as file:
                    pictures.append(heatmap.picture(file, source.subject.name))
    return pictures
