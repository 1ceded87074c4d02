"""One measurement: a codec encodes or decodes a set of files in a fresh process.

The process is pinned to one core where the system allows, loads the codec, encodes or decodes two samples (so that
kernels are loaded and nothing is imported later), and only then begins to count.
"""

from __future__ import annotations

import filecmp
import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import process_time
from typing import TYPE_CHECKING, Any

from bench.report import ROOT
from bench.rivals import CODECS, Codec

if TYPE_CHECKING:
    from bench.files import FileSet

_SHORT = 0.2  # seconds of processor time; a shorter call is repeated
_LONG = 60.0  # a set that takes longer is measured once


@dataclass
class Result:
    """A codec on a set of files.

    Attributes:
        raw: bytes of each file, of images without the header.
        packed: bytes of each file, encoded.
        seconds: processor time (user and system) for the whole set, for each run, by verb.
        peak: most memory that the process had, in bytes, by verb.
        idle: the same when decoding, before the first file: interpreter, modules, compiled kernels.
        wrong: files that did not come back as they were.
    """

    set: str
    kind: str
    codec: str
    files: list[str]
    raw: list[int]
    packed: list[int] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"encode": [], "decode": []})
    peak: dict[str, int] = field(default_factory=dict)
    idle: int = 0
    wrong: list[str] = field(default_factory=list)

    def bits(self, part: slice = slice(None)) -> float:
        """Bits per byte or per subpixel, the mean over those files."""
        each = [8 * packed / raw for packed, raw in zip(self.packed[part], self.raw[part], strict=True)]
        return sum(each) / len(each)

    @property
    def long(self) -> bool:
        """Whether one run will do."""
        return any(run > _LONG for runs in self.seconds.values() for run in runs)

    def time(self, verb: str) -> float:
        """Seconds of processor time for the set, the median of the runs."""
        return median(self.seconds[verb])


def empty(codec: Codec, files: FileSet) -> Result:
    """A result to which `run` adds."""
    raw = [_raster(path.read_bytes())[0] if files.kind == "images" else path.stat().st_size for path in files.files]
    return Result(files.name, files.kind, codec.name, [path.name for path in files.files], raw)


def run(result: Result, codec: Codec, files: FileSet, work: Path) -> None:
    """Encode and decode once more and check what comes back; `work` is a folder for that."""
    for verb in ("encode", "decode"):
        said = _child(verb, files.kind, codec.name, str(work), *map(str, files.files))
        result.seconds[verb].append(said["seconds"])
        result.peak[verb] = max(said["peak"], result.peak.get(verb, 0))
        result.idle = said["idle"]
    result.packed = [_packed(work, path).stat().st_size for path in files.files]
    pairs = [(path, _restored(work, path)) for path in files.files]
    result.wrong += [path.name for path, restored in pairs if not filecmp.cmp(path, restored, shallow=False)]


def warm_up(kind: str, codec: Codec, work: Path) -> None:
    """Let a process load the codec and end, so that what it keeps on disk (compiled kernels) is there."""
    _child("encode", kind, codec.name, str(work))


def bare_interpreter() -> int:
    """Peak memory in bytes of a process that measures nothing."""
    idle: int = _child()["idle"]
    return idle


def _child(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.measure", *arguments]
    output = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    said: dict[str, Any] = json.loads(output)
    return said


def _packed(work: Path, source: Path) -> Path:
    return work / f"{source.name}.packed"


def _restored(work: Path, source: Path) -> Path:
    return work / f"{source.name}.restored"


# --- in the fresh process ---


def main() -> None:
    """Do what the arguments say and print time and memory as JSON."""
    if len(sys.argv) == 1:
        print(json.dumps({"idle": _peak_memory()}))
        return
    verb, kind, name, folder, *files = sys.argv[1:]
    work = Path(folder)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    codec = next(codec for codec in CODECS[kind] if codec.name == name)
    encode, decode = codec.load()
    for number, sample in enumerate(_samples(codec)):
        kept = work / f"sample{number}.packed"
        if verb == "encode":
            kept.write_bytes(encode(sample))
        else:
            decode(kept.read_bytes())
    idle = _peak_memory()
    seconds = 0.0
    for path in map(Path, files):
        if verb == "encode":
            data = path.read_bytes()
            packed, spent = _timed(encode, _pixels(data) if codec.pixels else data)
            _packed(work, path).write_bytes(packed)
        else:
            restored, spent = _timed(decode, _packed(work, path).read_bytes())
            with _restored(work, path).open("wb") as target:
                if codec.pixels:
                    target.write(_header(restored.shape))
                target.write(restored)
        seconds += spent
    print(json.dumps({"seconds": seconds, "peak": _peak_memory(), "idle": idle}))


def _samples(codec: Codec) -> list[Any]:
    """Text and a picture of noise, or the latter only for codecs of pixels."""
    picture = _header((16, 16, 3)) + random.Random(1).randbytes(3 * 16 * 16)
    return [_pixels(picture)] if codec.pixels else [b"to be or not to be, that is the question " * 5, picture]


def _timed(function: Any, argument: Any) -> tuple[Any, float]:
    """The result of a call and its processor time; the mean of several calls where one is short."""
    start = process_time()
    count = 0
    while not count or process_time() - start < _SHORT:
        result = None  # free the one before: two would show in the peak
        result = function(argument)
        count += 1
    return result, (process_time() - start) / count


def _raster(data: bytes) -> tuple[int, list[int]]:
    """Bytes in the raster of a PGM or PPM as `bench.files` writes them, and its shape."""
    magic, size = data[:64].split(b"\n", 2)[:2]
    columns, rows = map(int, size.split())
    shape = [rows, columns] if magic == b"P5" else [rows, columns, 3]
    return rows * columns * (1 if magic == b"P5" else 3), shape


def _pixels(data: bytes) -> Any:
    import numpy as np

    size, shape = _raster(data)
    return np.frombuffer(data, np.uint8)[-size:].reshape(shape)


def _header(shape: Any) -> bytes:
    return b"P%d\n%d %d\n255\n" % (6 if len(shape) == 3 else 5, shape[1], shape[0])


def _peak_memory() -> int:
    """Bytes of memory that this process has had at most.

    Linux has the number for this very program in /proc; getrusage would include the process that started it.
    """
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak << 10


if __name__ == "__main__":
    main()
