"""Says that kernels are being compiled, which happens once and takes long. Imports numba."""

from __future__ import annotations

import time
from threading import Timer

from numba.core import event

from arcodec.cli.show import say

_PATIENCE = 1.0  # seconds of compiling before it is mentioned
TEXT = "arcodec: compiling kernels, once (20 to 60 s) ..."


class _Notice(event.Listener):
    """Hears of every compilation, and of none that the disk cache spares."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._timer: Timer | None = None
        self._said = False

    def on_start(self, event: event.Event) -> None:
        """A kernel is not in the cache."""
        if self._said or self._timer:
            return
        now = time.monotonic()
        self._began = self._began or now
        self._timer = Timer(max(0.0, self._began + _PATIENCE - now), self._say)
        self._timer.daemon = True
        self._timer.start()

    def on_end(self, event: event.Event) -> None:
        """It is compiled."""
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _say(self) -> None:
        self._said = True
        say(TEXT)


def listen() -> None:
    """From now on, compiling that takes longer than a second is announced, once."""
    event.register("numba:compile", _Notice())  # type: ignore[no-untyped-call]
