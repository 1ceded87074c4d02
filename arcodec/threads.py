"""An ordered, bounded thread pool for chunks, with progress and a way to stop kernels half-way."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TypeVar

from arcodec.models.base import Port, Watch

T = TypeVar("T")
R = TypeVar("R")
Progress = Callable[[int, int], None]  # symbols and coded bytes so far

_INTERVAL = 0.1  # seconds between two looks at the ports
_POSITION, _DONE, _HALT = 5, 8, 9  # slots of a port; arcodec.kernels.port is not imported before a model is


class _Ports:
    """The ports at work, and what finished work has come to."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._lock = threading.Lock()
        self._ports: dict[int, Port] = {}
        self._symbols = self._coded = 0
        self._reported = 0
        self._halted = False

    def watch(self, port: Port) -> None:
        with self._lock:
            self._ports[threading.get_ident()] = port
            port[_HALT] = self._halted

    def finish(self, symbols: int, coded: int) -> None:
        with self._lock:
            self._ports.pop(threading.get_ident(), None)
            self._symbols += symbols
            self._coded += coded

    def halt(self) -> None:
        with self._lock:
            self._halted = True
            for port in self._ports.values():
                port[_HALT] = 1

    def report(self) -> None:
        if self._progress:
            with self._lock:
                symbols = self._symbols + sum(int(port[_DONE]) for port in self._ports.values())
                coded = self._coded + sum(4 * int(port[_POSITION]) for port in self._ports.values())
            # Verifying starts a second port for the same symbols; that is not to look like going back.
            if symbols >= self._reported:
                self._reported = symbols
                self._progress(symbols, coded)


def ordered(
    items: Iterable[T],
    work: Callable[[T, Watch], R],
    sizes: Callable[[T, R], tuple[int, int]],
    threads: int,
    progress: Progress | None = None,
) -> Iterator[R]:
    """`work(item, watch)` for each item, on `threads` threads; results in the order of the items.

    At most two items per thread are held at a time. `progress` is called on this thread, some ten times a second,
    with the symbols and coded bytes so far: `sizes(item, result)` of finished items, and what the ports say of those
    under way. When anything raises here, Ctrl-C included, the kernels are told to stop and the exception goes on.
    """
    ports = _Ports(progress)

    def run(item: T) -> R:
        symbols, coded = 0, 0
        try:
            result = work(item, ports.watch)
            symbols, coded = sizes(item, result)
            return result
        finally:
            ports.finish(symbols, coded)

    pool = ThreadPoolExecutor(threads, "arcodec")
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(run, item))
            if len(waiting) >= 2 * threads:
                yield _result(waiting.popleft(), ports)
        while waiting:
            yield _result(waiting.popleft(), ports)
    except BaseException:
        ports.halt()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _result(future: Future[R], ports: _Ports) -> R:
    while True:
        try:
            return future.result(_INTERVAL)
        except FutureTimeoutError:
            if future.done():  # the work itself raised a TimeoutError, or it ended just now
                return future.result()
            ports.report()


def after(progress: Progress, symbols_before: int, coded_before: int, symbols: int, coded: int) -> None:
    """Progress of a frame that comes after others."""
    progress(symbols_before + symbols, coded_before + coded)
