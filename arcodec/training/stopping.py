"""Signals while a step is under way: they are heard, and heeded after it."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


class Stopping:
    """A context in which the first SIGINT, SIGTERM or SIGHUP waits to be asked for, and a second one acts at once.

    Outside the main thread, and for signals that are ignored, nothing changes.
    """

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self.heard = 0

    @property
    def enough(self) -> bool:
        """Whether it was Ctrl-C, which asks for the best so far."""
        return self.heard == signal.SIGINT

    def act(self) -> None:
        """Do what the signal that was heard would have done."""
        handler = self._before.get(self.heard)
        if callable(handler):
            handler(self.heard, None)
        raise KeyboardInterrupt

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.heard:
            self.heard = number
            self.act()
        self.heard = number

    def __enter__(self) -> Stopping:
        if threading.current_thread() is threading.main_thread():
            for name in _NAMES:
                number = getattr(signal, name, None)
                if number and signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
