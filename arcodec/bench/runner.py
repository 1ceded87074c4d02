"""Has codecs take turns on files, checks what comes back, and fills a record.

One round measures each codec on each file, file by file, so that codecs that are compared run next to each other and
the machine's moods meet all of them. What takes long is measured once, the rest in several rounds.
"""

from __future__ import annotations

import filecmp
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Timer
from typing import Any

import numpy as np

from arcodec.bench.codec import Codec
from arcodec.bench.record import CodecFacts, Measurement, Record
from arcodec.bench.subjects import Source, read_raster

_LONG = 2.0  # seconds for both directions; what takes longer is measured once
_GROWN = 64 << 20  # bytes; a process that keeps so much more than it began with is replaced
_DIGITS = 4  # of a time that are kept

# Called after each measurement with the record so far and what comes next; then at the end with "".
Progress = Callable[[Record, str], None]


@dataclass(frozen=True)
class Plan:
    """How to measure.

    Attributes:
        runs: rounds, of what does not take long.
        budget: seconds for everything; what will not fit is skipped. None: as long as it takes.
    """

    runs: int = 3
    budget: float | None = None


class _WorkerError(Exception):
    """A process could not measure; the text says why."""


class _TimeoutError(_WorkerError):
    """It was stopped, being out of time."""


class _Worker:
    """The process that measures one codec; it is started when it is first asked."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.idle = 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> dict[str, Any]:
        """Load the codec; returns version and memory.

        Raises:
            _WorkerError: it does not load.
        """
        command = [sys.executable, "-m", "arcodec.bench.worker"]
        pipe = subprocess.PIPE
        # A session of its own: Ctrl-C is ours to handle, and what it starts ends with it.
        self._process = subprocess.Popen(
            command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8", start_new_session=True
        )
        try:
            hello = self._say(asdict(self.codec), None)
        except _WorkerError:
            self.stop()
            raise
        self.idle = hello["idle"]
        return hello

    def ask(self, verb: str, timeout: float | None, **request: Any) -> dict[str, Any]:
        """Have it encode or decode.

        Raises:
            _WorkerError: the codec or the process failed.
        """
        if self._process is None:
            self.start()
        answer = self._say({"verb": verb, **request}, timeout)
        if answer.get("memory", 0) > self.idle + _GROWN:
            self.stop()  # what it keeps would count as memory of the next file
        return answer

    def _say(self, request: dict[str, Any], timeout: float | None) -> dict[str, Any]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        late: list[bool] = []

        def kill() -> None:
            late.append(True)
            _kill(process)

        timer = Timer(timeout, kill) if timeout is not None else None
        if timer:
            timer.start()
        try:
            print(json.dumps(request), file=process.stdin, flush=True)
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            if timer:
                timer.cancel()
        if not line:
            status = process.wait()
            self.stop()
            raise _TimeoutError() if late else _WorkerError(f"its process ended with status {status}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise _WorkerError(answer["error"])
        return answer

    def stop(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        _kill(process)
        process.communicate()


def _kill(process: subprocess.Popen[str]) -> None:
    """End a process and all that it started."""
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def run(record: Record, codecs: Sequence[Codec], sources: Sequence[Source], plan: Plan, progress: Progress) -> None:
    """Measure what `record` does not have yet, and put it there.

    Args:
        record: it may hold measurements of an earlier run; those of other versions or files of the same name go.
        codecs: in the order of the record.
        sources: the files.
        plan: rounds and time.
        progress: told after each measurement.
    """
    start = time.monotonic()
    with ExitStack() as stack:
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="arcodec-bench-")))
        used = [codec for codec in codecs if any(codec.takes(source.subject) for source in sources)]
        workers = [stack.enter_context(_running(codec)) for codec in used]
        facts = []
        for worker in workers:
            progress(record, f"loading {worker.codec.name}")
            facts.append(_facts(worker))
        _keep(record, facts, sources)
        for number in range(plan.runs):
            for source in sources:
                jobs = [worker for worker in workers if _wanted(record, worker.codec, source, number, plan)]
                if not jobs:
                    continue
                with source.file(work) as file:
                    for worker in jobs:
                        progress(record, f"{source.subject.name}, {worker.codec.name}")
                        left = None if plan.budget is None else start + plan.budget - time.monotonic()
                        _measure(record, worker, source, file, left)
        _sort(record)
        progress(record, "")


@contextmanager
def _running(codec: Codec) -> Iterator[_Worker]:
    worker = _Worker(codec)
    try:
        yield worker
    finally:
        worker.stop()


def _facts(worker: _Worker) -> CodecFacts:
    codec = worker.codec
    try:
        hello = worker.start()
    except _WorkerError as error:
        hello = {"version": f"does not load: {error}", "idle": 0}
    return CodecFacts(codec.name, codec.family, codec.settings, hello["version"], codec.kinds, hello["idle"])


def _keep(record: Record, facts: list[CodecFacts], sources: Sequence[Source]) -> None:
    """Drop from the record what does not hold any more: of other versions and other files, and what was skipped."""
    codecs = {codec.name: codec for codec in facts}
    subjects = {source.subject.name: source.subject for source in sources}
    other = {c.name for c in record.codecs if replace(codecs.get(c.name, c), idle=0) != replace(c, idle=0)}
    changed = {subject.name for subject in record.subjects if subjects.get(subject.name, subject) != subject}
    record.measurements = [
        m
        for m in record.measurements
        if m.codec not in other
        and m.subject not in changed
        and not (m.status == "skipped" and m.codec in codecs and m.subject in subjects)
    ]
    record.codecs = [*({codec.name: codec for codec in record.codecs} | codecs).values()]
    record.subjects = [*({subject.name: subject for subject in record.subjects} | subjects).values()]


def _wanted(record: Record, codec: Codec, source: Source, number: int, plan: Plan) -> bool:
    """Whether a codec is to be measured on a file in round `number`, counted from 0."""
    if not codec.takes(source.subject):
        return False
    known = record.find(source.subject.name, codec.name)
    if known is None:
        return True
    done = len(known.encode.cpu)
    return known.status == "ok" and done <= number and sum(known.encode.wall + known.decode.wall) / done < _LONG


def _measure(record: Record, worker: _Worker, source: Source, file: Path, left: float | None) -> None:
    """One round trip, into the record."""
    codec = worker.codec
    known = record.find(source.subject.name, codec.name)
    result = known or Measurement(source.subject.name, codec.name)
    need = _expected(record, codec, source)
    if left is not None and need > left:
        result.status = result.status if known else "skipped"
        result.note = f"would take about {_duration(need)}, with {_duration(max(0, left))} left"
    else:
        result.note = _round_trip(result, worker, file, file.with_name(f"out{source.suffix}"), left)
    if known is None:
        record.measurements.append(result)
    elif result.status == "ok":
        result.note = ""  # what one more round lacked is no matter


def _round_trip(result: Measurement, worker: _Worker, file: Path, restored: Path, left: float | None) -> str:
    """Encode, decode, compare; returns what went wrong, and has the status say so."""
    deadline = None if left is None else time.monotonic() + left
    try:
        encoded = worker.ask("encode", left, source=str(file))
        packed = Path(encoded["packed"])
        size = packed.stat().st_size
        rest = None if deadline is None else max(0.1, deadline - time.monotonic())
        decoded = worker.ask("decode", rest, packed=str(packed), target=str(restored), source=file.name)
        if result.encode.cpu and result.packed != size:
            raise _WorkerError(f"encodes to {result.packed:,} bytes one time, to {size:,} another")
        result.packed, result.model = size, encoded["model"]
        for timing, said in ((result.encode, encoded), (result.decode, decoded)):
            timing.add(_rounded(said["cpu"]), _rounded(said["wall"]), said["peak"])
        wrong = _difference(file, restored, worker.codec.kinds == ("image",))
    except _TimeoutError:
        result.status = "ok" if result.encode.cpu else "skipped"
        return f"was stopped after {_duration(left or 0)}, being out of time"
    except (_WorkerError, OSError, ValueError) as error:
        wrong = str(error)
    finally:
        for path in file.parent.iterdir():
            if path != file:
                path.unlink()
    if wrong:
        result.status = "failed"
    return wrong


def _difference(file: Path, restored: Path, pixels: bool) -> str:
    """What is wrong with a restored file, "" if nothing is; codecs of images only have to keep the `pixels`."""
    if not restored.exists():
        return "decoding made no file"
    if filecmp.cmp(file, restored, shallow=False):
        return ""
    if pixels:
        before, after = read_raster(file), read_raster(restored)
        if before.shape != after.shape or before.dtype != after.dtype:
            return f"came back as {after.dtype} {after.shape}, not {before.dtype} {before.shape}"
        count = int(np.count_nonzero(before != after))
        return f"{count:,} of {before.size:,} subpixels came back wrong" if count else ""
    before_bytes, after_bytes = file.read_bytes(), restored.read_bytes()
    if len(before_bytes) != len(after_bytes):
        return f"came back with {len(after_bytes):,} bytes, not {len(before_bytes):,}"
    first = next(i for i, (a, b) in enumerate(zip(before_bytes, after_bytes, strict=True)) if a != b)
    return f"came back wrong from byte {first:,} on"


def _expected(record: Record, codec: Codec, source: Source) -> float:
    """Seconds that a codec will need for both directions, by what it took so far, else by what is known of it."""
    taken = [
        (record.subject(m.subject).size, m.encode.wall[-1] + m.decode.wall[-1])
        for m in record.measurements
        if m.codec == codec.name and m.status == "ok"
    ]
    size, seconds = max(taken, default=(1_000_000, 2 / codec.speed))  # large files tell most
    return seconds * source.subject.size / max(1, size)


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _rounded(seconds: float) -> float:
    return float(f"{seconds:.{_DIGITS}g}")


def _sort(record: Record) -> None:
    """In the order of files, then of codecs, whenever each was measured."""
    files = {subject.name: place for place, subject in enumerate(record.subjects)}
    codecs = {codec.name: place for place, codec in enumerate(record.codecs)}
    record.measurements.sort(key=lambda m: (files[m.subject], codecs[m.codec]))
