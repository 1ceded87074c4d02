"""Coverage-guided fuzzing of the content kinds, with atheris (`pip install atheris`).

`python -m tests.fuzz SECONDS`: any bytes are taken apart and come back, or are declined; any recipe gives bytes or a
FormatError. Seeds are the inputs of the golden files. What fails is written to the current folder by libFuzzer.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

import atheris
import numpy as np

with atheris.instrument_imports(include=["arcodec.content"]):
    from arcodec import content
    from arcodec.content import compound  # noqa: F401 - to be instrumented, with what it imports

from arcodec.errors import FormatError
from tests.make_vectors import GOLDEN

_EXACT = [content.kind(name) for name in content.KINDS if content.kind(name).exact]


def check(data: bytes) -> None:
    """Both laws, for all kinds that the data may be of."""
    for kind in _EXACT:
        if kind.name != content.COMPOUND and not kind.sniff(data[: content.HEAD]):
            continue
        parsed = kind.parse(data)
        if parsed is None:
            continue
        if kind.restore(parsed.planes, parsed.recipe) != data:
            raise AssertionError(f"{kind.name} does not give the file back")
        flipped = bytearray(parsed.recipe)
        if flipped:
            place = sum(data[:64]) % len(flipped)
            flipped[place] ^= 1 + len(data) % 255
            with contextlib.suppress(FormatError):
                kind.restore([np.array(plane) for plane in parsed.planes], bytes(flipped))


def main() -> None:
    """Fuzz for a while."""
    with tempfile.TemporaryDirectory() as folder:
        for name, (data, _) in GOLDEN.items():
            if len(data) < 1 << 16:
                (Path(folder) / name).write_bytes(data)
        atheris.Setup([sys.argv[0], f"-max_total_time={sys.argv[1]}", "-max_len=65536", "-timeout=20", folder], check)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
