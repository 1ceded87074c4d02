"""How training goes: a live table on a terminal, else a line now and then."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING

from arcodec.cli.show import amount, say, watched

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

    from arcodec.training.adapt import Progress

_ROWS = 12  # of the table that are kept in sight
_DRAWN_EVERY = 0.2  # seconds
_SAID_EVERY = 30.0
_HEAD = ("stage", "steps", "time", "train", "validation", "validation files", "symbols/s", "left", "model")


class TrainingTable:
    """A progress callback and a context manager.

    A row is what was known when the validation files were measured anew; the last row is what is known now.

    Args:
        symbols: how many the validation files have.
        unit: what a symbol is: "byte" or "sample".
        quiet: say and draw nothing.
    """

    def __init__(self, symbols: int, unit: str, quiet: bool) -> None:
        self._symbols = symbols
        self._unit = unit
        self._quiet = quiet
        self._drawn = not quiet and watched()
        self._live: Live | None = None
        self._rows: list[tuple[str, ...]] = []
        self._last: Progress | None = None
        self._due = self._said = 0.0

    def __call__(self, now: Progress) -> None:
        """Take note of how far training is."""
        if self._quiet:
            return
        measured = now.validation is not None and (self._last is None or _mark(now) != _mark(self._last))
        staged = self._last is not None and now.stage != self._last.stage
        self._last = now
        if measured:
            self._rows = [*self._rows, self._row(now)][-_ROWS:]
        clock = time.monotonic()
        if self._drawn:
            if measured or staged or clock >= self._due:
                self._due = clock + _DRAWN_EVERY
                self._draw(now)
        elif measured or staged or clock >= self._said + _SAID_EVERY:
            self._said = clock
            say(self._line(now))

    def _row(self, now: Progress) -> tuple[str, ...]:
        projected = "" if now.validation is None else f"{amount(self._symbols)} -> {amount(self._packed(now))}"
        return (
            now.stage,
            f"{now.step:,}" if now.steps is None else f"{now.step:,}/{now.steps:,}",
            span(now.seconds),
            "" if now.train is None else f"{now.train:.3f}",
            "" if now.validation is None else f"{now.validation:.3f}",
            projected,
            _speed(now),
            "" if now.left is None else span(now.left),
            amount(now.size) if now.size else "",
        )

    def _packed(self, now: Progress) -> int:
        return round((now.validation or 0.0) * self._symbols / 8)

    def _line(self, now: Progress) -> str:
        """For instance: net, 120/400 steps, 0:05: 2.310 bits/byte, validation 2.451 (12.1 KiB), 0:12 left."""
        stage, steps, seconds, train, validation, projected, speed, left, _ = self._row(now)
        known = [f"{train} bits/{self._unit}" if train else ""]
        known.append(f"validation {validation} ({projected})" if validation else "")
        known += [f"{speed} symbols/s" if speed else "", f"{left} left" if left else ""]
        facts = ", ".join(fact for fact in known if fact)
        return f"{stage}, {steps} steps, {seconds}{': ' if facts else ''}{facts}"

    def _draw(self, now: Progress) -> None:
        from rich.console import Console
        from rich.live import Live

        if self._live is None:
            self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(self._table(now), refresh=True)

    def _table(self, now: Progress) -> Table:
        from rich.table import Table

        caption = f"train and validation: bits/{self._unit}"
        table = Table(caption=caption, caption_justify="left")
        for head in _HEAD:
            table.add_column(head, justify="left" if head == "stage" else "right", no_wrap=True)
        for row in self._rows:
            table.add_row(*row, style="dim")
        table.add_row(*self._row(now), style="bold")
        return table

    def __enter__(self) -> TrainingTable:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
        if self._drawn and self._last is not None:
            say(self._line(self._last))


def _mark(now: Progress) -> tuple[str, float | None, int]:
    return now.stage, now.validation, now.size


def _speed(now: Progress) -> str:
    if now.stage != "net" or not now.seconds:  # the others learn from few of the symbols
        return ""
    speed = now.symbols / now.seconds
    return f"{speed / 1000:.1f} K" if speed else ""


def span(seconds: float) -> str:
    """A time: 0:05, 12:30, 1:02:03."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes = f"{rest // 60:02}" if hours else f"{rest // 60}"
    return f"{hours}:{minutes}:{rest % 60:02}" if hours else f"{minutes}:{rest % 60:02}"
