"""The byte model of a domain: its model file holds a sample of the domain, which is modelled before each chunk.

The sample is kept as the model itself codes it, so that reading it is what primes the tables. Before it may come a
prior text of the package; mixers and the like may begin with a start, and a net may be at hand, each that of the
package or the file's own. Chunks that are not like the domain are coded by bytes-2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec.errors import CorruptError, ModelFileError
from arcodec.kernels import bytes as kernel
from arcodec.kernels import net as nets
from arcodec.kernels import port as ports
from arcodec.kernels.tables import Tables, copied
from arcodec.kernels.tier import with_extra
from arcodec.models import adapted_arrays, built_in, tiers
from arcodec.models.base import Model, Port, Symbols, Watch, Words, end_briefly
from arcodec.models.bytes import SHORT, Bytes, forget, prior_text
from arcodec.models.variants import Variants, cost_of, slices_of

Arrays = Mapping[str, npt.NDArray[np.integer[Any]]]

_OWN, _OTHER = range(2)  # the payload's first byte: this model, or bytes-2, whose payload follows
_LIKELY = 0.6  # of what the plain model with a net needs: other variants will not do with less than this
_SLICES, _SLICE = 4, 1 << 12  # a sample of a chunk to choose by
_NO_WORDS = np.empty(0, np.uint32)
TIER = with_extra(tiers.DEFAULT, 1)


class Domain(Bytes):
    """The default tier, after a prior and the sample that a model file holds.

    Attributes:
        parameters: what the model file holds.
    """

    def __init__(self, parameters: adapted_arrays.Parameters, sample: Symbols | None = None) -> None:
        """`sample`: uint8[n], where it is known and need not be read from the parameters."""
        super().__init__(TIER, None, parameters.prior)
        self.parameters = parameters
        self._net = nets.ready(parameters.net_arrays())
        self._text = None if sample is None else np.concatenate([prior_text(parameters.prior), sample])
        self._tables: Tables | None = None  # for short chunks

    def fresh_net(self) -> nets.Net:
        return self._net

    def begin(self, tables: Tables) -> None:
        self.parameters.begin(tables)

    def text(self) -> Symbols:
        text = self._text
        return self._read() if text is None else text

    def text_size(self) -> int:
        return len(prior_text(self.prior)) + self.parameters.size

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        own = super().memory(shape, payload)
        return own if shape[0] <= SHORT else own + self.kept_memory()  # reading the sample comes first

    def studied(self) -> Tables:
        """Tables for a short chunk after the sample."""
        return self._primed(SHORT)

    def coded(self, sample: Symbols) -> bytes:
        """The payload of a sample, uint8[n], for these parameters but for their own sample."""
        words = np.empty(len(sample) // 4 * adapted_arrays.GROWTH + 64, np.uint32)
        port = ports.encoder()
        self._go_over(port, words, sample)
        end_briefly(port)
        needed = int(ports.finish(port, words))
        return words[:needed].astype(">u4").tobytes()

    def _mixed(self) -> int:
        return len(prior_text(self.prior))

    def _primed(self, size: int) -> Tables:
        if size > SHORT:
            return self._prime(size)
        self.text()  # reading it makes the tables
        if self._tables is None:
            self._tables = self._prime(SHORT)
        return copied(self._tables)

    def _read(self) -> Symbols:
        """The text; the tables for short chunks after it, which reading it makes, are kept."""
        payload = self.parameters.sample
        words = np.frombuffer(payload + bytes(-len(payload) % 4), ">u4").astype(np.uint32)
        port = ports.decoder(words)
        text, tables, done = self._go_over(port, words, np.zeros(self.parameters.size, np.uint8))
        if done < self.parameters.size or int(port[ports.POSITION]) < len(words):
            raise ModelFileError("the sample in the model file is cut short, or too long")
        self._text, self._tables = text, tables
        return text

    def _go_over(self, port: Port, words: Words, sample: Symbols) -> tuple[Symbols, Tables, int]:
        """Code the sample after the prior: the text, tables for a short chunk after it, and how many were coded."""
        text = np.concatenate([prior_text(self.prior), sample])
        first = self._mixed()
        tables = self.after(text, first, SHORT)
        net = nets.again(self._net)
        tier = self.tier_for(SHORT)
        done = kernel.run(port, words, _NO_WORDS, text, first, len(text), first, tier, tables, net)
        return text, tables, int(done)


class AdaptedBytes(Model):
    """The model of a model file; without one there is nothing before a chunk but the package's start and net.

    The payload's first byte is 0, and a payload of `Domain` follows, or 1, and one of bytes-2.
    """

    name = "adapted-bytes-1"
    dimensions = 1

    def __init__(self, parameters: adapted_arrays.Parameters | None = None) -> None:
        self.own = Domain(parameters or adapted_arrays.Parameters())
        other = built_in("bytes-2")
        assert isinstance(other, Variants)
        self._other, self._with_net = other, other.variants[1]

    def with_parameters(self, arrays: Arrays) -> AdaptedBytes:
        return AdaptedBytes(adapted_arrays.read(arrays, TIER))

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        """The loop of the model's own, which `predict` and `sample` are of."""
        return self.own.run(port, words, costs, symbols, stop)

    def suits(self, chunk: Symbols, watch: Watch | None = None) -> bool:
        """Whether a chunk, uint8[n], is like the domain: tried on slices of it."""
        sample = slices_of(chunk, _SLICES, _SLICE)
        own = cost_of(self.own, sample, watch)
        return own < _LIKELY * cost_of(self._with_net, sample, watch) or own <= cost_of(self._other, sample, watch)

    def encode(self, chunk: Symbols, watch: Watch | None = None) -> bytes:
        own = self.suits(chunk, watch)
        if len(chunk) > SHORT:
            forget()
        number, model = (_OWN, self.own) if own else (_OTHER, self._other)
        return bytes([number]) + model.encode(chunk, watch)

    def decode(self, payload: bytes, shape: Sequence[int], watch: Watch | None = None) -> Symbols:
        if not payload or payload[0] not in (_OWN, _OTHER):
            raise CorruptError(f"{self.name} has no variant {payload[0] if payload else 'at all'}")
        return (self._other if payload[0] else self.own).decode(payload[1:], shape, watch)

    def bits(self, chunk: Symbols, watch: Watch | None = None) -> npt.NDArray[np.float32]:
        return (self.own if self.suits(chunk, watch) else self._other).bits(chunk, watch)

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        if payload:
            return self._other.memory(shape, payload[1:]) if payload[0] else self.own.memory(shape)
        return self.own.kept_memory() + self.own.memory(shape) + self._other.memory(shape)
