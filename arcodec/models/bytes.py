"""The byte models: for any file, best at texts, sources, tables and programs.

`Bytes` is one way to model bytes: a tier of the kernel, with or without a net and a prior. `Bytes1` is the first of
them. A model of the second generation is several such variants; the encoder takes the one that suits the chunk, and
the first byte of the payload says which.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np

from arcodec.kernels import branches, selectors
from arcodec.kernels import bytes as kernel
from arcodec.kernels import net as nets
from arcodec.kernels import port as ports
from arcodec.kernels.tables import Tables, copied, fresh_tables, tables_size
from arcodec.kernels.tier import Tier, tier
from arcodec.models import elf, store
from arcodec.models import start as starts
from arcodec.models.base import Model, Port, Symbols, Words, size_of

_NO_WORDS = np.empty(0, np.uint32)
_TAIL = 1 << 16  # bytes at the end of a prior that are modelled in full without a start; before them only slots learn
SHORT = 1 << 16  # chunks up to this many bytes share primed tables,
_SHORT_SLOTS = 1 << 20  # of so many slots


def _packaged(file: str) -> bytes:
    """A file that the package carries for models."""
    return (resources.files("arcodec.models") / "tables" / file).read_bytes()


@cache
def packaged_arrays(name: str) -> nets.Arrays:
    """The arrays of a model file in the package."""
    return store.parse(_packaged(f"{name}{store.SUFFIX}"), name).arrays


@cache
def _net(name: str | None) -> nets.Net:
    """The net of a model file in the package, before its first symbol."""
    return nets.ready(packaged_arrays(name) if name else None)


@cache
def prior_text(name: str | None) -> Symbols:
    """A text that the tables have seen before the first symbol: uint8[n]."""
    if name is None:
        return np.zeros(0, np.uint8)
    return np.frombuffer(_packaged(f"{name}.bin"), np.uint8)


class Bytes(Model):
    """A tier of the byte model, maybe with a net, maybe primed by a text; see `arcodec.kernels.bytes`.

    Attributes:
        tier: which contexts there are, and how much of everything.
        net: name of a net in the package, or None.
        prior: name of a text in the package, or None.
        start: name of a start in the package, or None; it goes with the tier, the net and a prior.
        last: so many bytes at the end of the prior are read; None for all.
    """

    dimensions = 1
    brief = True

    def __init__(
        self,
        tier: Tier,
        net: str | None = None,
        prior: str | None = None,
        start: str | None = None,
        last: int | None = None,
    ) -> None:
        self.tier, self.net, self.prior, self.start, self.last = tier, net, prior, start, last
        self._short = tier._replace(slot_limit=min(tier.slot_limit, _SHORT_SLOTS))

    def packaged(self) -> dict[str, int]:
        """The files that the package has for the model, and their bytes."""
        files = [f"{name}{store.SUFFIX}" for name in (self.net, self.start) if name]
        files += [f"{self.prior}.bin"] if self.prior else []
        return {file: len(_packaged(file)) for file in files}

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        prior = self.text()
        net = nets.again(self.fresh_net())
        if not len(prior):
            tables = fresh_tables(self.tier, symbols.size)
            return int(kernel.run(port, words, costs, symbols, 0, stop, 0, self.tier, tables, net))
        joined = np.concatenate([prior, symbols])
        tables = self._primed(symbols.size)
        first, last = len(prior), len(prior) + stop
        done = int(kernel.run(port, words, costs, joined, first, last, self._mixed(), self.tier, tables, net))
        symbols[:] = joined[first:]
        return done

    def text(self) -> Symbols:
        """What the model reads before the first symbol, uint8[n]."""
        return prior_text(self.prior)[-self.last if self.last else 0 :]

    def _primed(self, size: int) -> Tables:
        if size > SHORT:
            return self._prime(size)
        return copied(_kept(self))

    def fresh_net(self) -> nets.Net:
        """The net before the first symbol."""
        return _net(self.net)

    def begin(self, tables: Tables) -> None:
        """Let tables that have studied begin with the start, if there is one."""
        if self.start:
            starts.begin(tables, packaged_arrays(self.start))

    def tier_for(self, size: int) -> Tier:
        """The tier for a chunk of `size` bytes."""
        return self._short if size <= SHORT else self.tier

    def _prime(self, size: int) -> Tables:
        """Tables for a chunk of `size` bytes, after the prior."""
        text, mixed = self.text().copy(), self._mixed()
        tables = self.after(text, mixed, size)
        net = nets.again(self.fresh_net())
        kernel.run(
            *(ports.encoder(), _NO_WORDS, _NO_WORDS, text, mixed, len(text), mixed),
            *(self.tier_for(size), tables, net),
        )
        return tables

    def _mixed(self) -> int:
        """Where the part of the prior begins that is modelled in full."""
        return max(len(self.text()) - (0 if self.start else _TAIL), 0)

    def after(self, text: Symbols, mixed: int, size: int) -> Tables:
        """Tables for a chunk of `size` bytes after `text`, uint8[n], that studied it up to `mixed`, and the start."""
        tables = self._studied(text, mixed, size)
        self.begin(tables)
        return tables

    def _studied(self, text: Symbols, mixed: int, size: int) -> Tables:
        tier = self.tier_for(size)
        tables = fresh_tables(tier, len(text) + size)
        port, net = ports.encoder(), nets.ready(None)
        kernel.run(port, _NO_WORDS, _NO_WORDS, text, 0, mixed, mixed, tier, tables, net)
        return tables

    def studied(self) -> Tables:
        """Tables for a short chunk; slots, positions and history are those after the prior, all else is fresh."""
        text = self.text().copy()
        return self._studied(text, len(text), SHORT)

    def learn(self, tables: Tables, symbols: Symbols) -> None:
        """Model a short chunk with what `studied` gave."""
        prior = self.text()
        joined, net = np.concatenate([prior, symbols]), nets.again(self.fresh_net())
        first, last = len(prior), len(joined)
        costs = np.zeros(len(symbols), np.uint32)
        kernel.run(ports.meter(), _NO_WORDS, costs, joined, first, last, first, self._short, tables, net)

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        size = size_of(shape)
        prior = self.text_size()
        net = sum(part.nbytes for part in self.fresh_net())
        if not prior:
            return tables_size(self.tier, size) + net
        if size > SHORT:
            return tables_size(self.tier, prior + size) + net + 2 * prior + size
        return 2 * self.kept_memory() + net + 2 * prior + size

    def text_size(self) -> int:
        """Bytes that the model reads before the first symbol."""
        return len(self.text())

    def kept_memory(self) -> int:
        """Bytes of the primed tables that short chunks share; they stay once they are made."""
        prior = self.text_size()
        return tables_size(self._short, prior + SHORT) if prior else 0


class CodeBytes(Bytes):
    """A tier for x86-64 code: the targets in it are made absolute first; see `arcodec.kernels.branches`."""

    def arrange(self, chunk: Symbols) -> Symbols:
        symbols = super().arrange(chunk)
        branches.forward(symbols)
        return symbols

    def restore(self, symbols: Symbols) -> Symbols:
        branches.inverse(symbols)
        return symbols


class ElfBytes(CodeBytes):
    """The same for ELF files: tables lose what they repeat, and only what is executable is taken for code."""

    def arrange(self, chunk: Symbols) -> Symbols:
        symbols = Bytes.arrange(self, chunk)
        elf.forward(symbols)
        branches.forward(symbols, *elf.code_of(symbols))
        return symbols

    def restore(self, symbols: Symbols) -> Symbols:
        branches.inverse(symbols, *elf.code_of(symbols))
        elf.inverse(symbols)
        return symbols


@cache
def _kept(model: Bytes) -> Tables:
    """Primed tables for short chunks; one copy serves all of them."""
    return model._prime(SHORT)


def forget() -> None:
    """Give back the primed tables that short chunks share."""
    _kept.cache_clear()


class Bytes1(Bytes):
    """Sixteen contexts, three match models, eight weight sets."""

    name = "bytes-1"
    code = 3
    brief = False

    def __init__(self) -> None:
        sets = range(8)
        super().__init__(tier(range(16), (5, 9, 16), sets, (selectors.ORDER0, selectors.MATCH)))
