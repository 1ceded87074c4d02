"""The process in which one codec is measured, on one core; `runner` asks and this answers, in lines of JSON.

It loads the codec, encodes and decodes samples (so that kernels are loaded and nothing is imported later), and only
then begins to count. A call that takes no time to speak of is repeated; what counts is the mean.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Any

from arcodec.bench import machine
from arcodec.bench.codec import Codec, Loaded
from arcodec.bench.programs import Program

_SHORT = 0.05  # seconds of processor time; a shorter call is repeated
_MESSAGE = 300  # characters of an error that are passed on

Answer = dict[str, Any]


def main() -> None:
    """Say that the codec is loaded, then answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w")  # what codecs print is not to get in between
    os.dup2(2, 1)

    def answer(work: Callable[..., Answer], **request: Any) -> None:
        try:
            said = work(**request)
        except Exception as error:  # whatever a codec does, the others are to be measured
            said = {"error": f"{type(error).__name__}: {error}"[:_MESSAGE]}
        print(json.dumps(said), file=answers, flush=True)

    machine.pin()
    codec = Codec(**json.loads(sys.stdin.readline()))
    measuring: list[_Library | _Running] = []

    def load() -> Answer:
        loaded = codec.load()
        measuring.append(_Running(loaded) if isinstance(loaded, Program) else _Library(codec, loaded))
        return {"version": loaded.version, "idle": machine.peak_memory()}

    answer(load)
    for line in sys.stdin:
        request = json.loads(line)
        answer(getattr(measuring[0], request.pop("verb")), **request)


class _Library:
    """A codec that is called in this process."""

    def __init__(self, codec: Codec, loaded: Loaded) -> None:
        self._codec = codec
        self._loaded = loaded
        if codec.form == "pixels":  # the others do without numpy, and their memory shows it
            from arcodec.bench.subjects import read_raster, write_raster

            self._read: Callable[[str], Any] = read_raster
            self._write: Callable[[str, Any], object] = write_raster
        else:
            self._read = lambda path: Path(path).read_bytes()
            self._write = lambda path, data: Path(path).write_bytes(data)
        for sample in self._samples():
            loaded.decode(loaded.encode(sample))

    def encode(self, source: str) -> Answer:
        """Encode the file; the answer says where the result is."""
        data = self._read(source)
        packed, said = _timed(self._loaded.encode, data)
        target = Path(source).with_name("packed")
        target.write_bytes(packed)
        model = self._loaded.model(bytes(packed))
        del data, packed
        return {**said, "packed": str(target), "model": model, "memory": machine.memory()}

    def decode(self, packed: str, target: str, source: str) -> Answer:
        """Decode to the file `target`."""
        restored, said = _timed(self._loaded.decode, Path(packed).read_bytes())
        self._write(target, restored)
        del restored
        return {**said, "memory": machine.memory()}

    def _samples(self) -> list[Any]:
        """Text and a picture of noise, or the latter only for codecs of pixels; none for those of other things."""
        if self._codec.form == "pixels":
            import numpy as np

            noise = np.frombuffer(Random(1).randbytes(3 * 16 * 16), np.uint8).reshape(16, 16, 3)
            channels = {channels for channels, _ in self._codec.pixel_types or ((3, 1),)}
            return [noise] if 3 in channels else []
        samples = [b"to be or not to be, that is the question " * 5]
        if "image" in self._codec.kinds:
            samples.append(b"P6\n16 16\n255\n" + Random(1).randbytes(3 * 16 * 16))
        return samples if "bytes" in self._codec.kinds else []


def _timed(function: Callable[[Any], Any], argument: Any) -> tuple[Any, Answer]:
    """The result of a call, its times in seconds and the memory of the process meanwhile."""
    machine.forget_peak()
    count, cpu, wall = 0, process_time(), perf_counter()
    while not count or process_time() - cpu < _SHORT:
        result = None  # free the one before: two would show in the peak
        result = function(argument)
        count += 1
    cpu, wall = process_time() - cpu, perf_counter() - wall
    return result, {"cpu": cpu / count, "wall": wall / count, "peak": machine.peak_memory()}


class _Running:
    """A codec that is a program; its start is part of its time."""

    def __init__(self, command: Program) -> None:
        self._command = command

    def encode(self, source: str) -> Answer:
        """Encode the file; the answer says where the result is."""
        words, made = self._command.encode(Path(source))
        said = _ran(words, Path(source).parent)
        return {**said, "packed": str(self._command.found(made)), "model": 0}

    def decode(self, packed: str, target: str, source: str) -> Answer:
        """Decode to the file `target`."""
        return _ran(self._command.decode(Path(packed), Path(target), source), Path(packed).parent)


def _ran(words: list[str], folder: Path) -> Answer:
    """Run a command in a folder: its times in seconds and its memory, at least that of this process.

    Raises:
        RuntimeError: it ends with another status than 0.
    """
    wall = perf_counter()
    # Its own streams: a program that asks or draws must not wait for an answer.
    pipe = subprocess.PIPE
    with subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=pipe, stderr=subprocess.STDOUT) as run:
        assert run.stdout is not None
        output = run.stdout.read()
        if hasattr(os, "wait4"):
            _, status, usage = os.wait4(run.pid, 0)
            run.returncode = os.waitstatus_to_exitcode(status)
    wall = perf_counter() - wall
    if run.returncode:
        last = output.decode(errors="replace").strip().splitlines()[-1:]
        raise RuntimeError(f"{words[0]} ended with status {run.returncode}: {' '.join(last)}")
    if not hasattr(os, "wait4"):  # Windows
        return {"cpu": wall, "wall": wall, "peak": 0}
    peak = usage.ru_maxrss << (0 if sys.platform == "darwin" else 10)
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "peak": peak}


if __name__ == "__main__":
    main()
