"""Models of several variants: the encoder takes the one that suits the chunk, the payload's first byte says which."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from arcodec.errors import CorruptError
from arcodec.kernels.grams import common_grams
from arcodec.models import VARIANTS
from arcodec.models.base import Model, Port, Symbols, Watch, Words, size_of
from arcodec.models.bytes import SHORT, Bytes, CodeBytes, forget, prior_text

_SLICES, _SLICE = 4, 1 << 12  # a sample of a chunk: its number of slices, and their bytes
_LONG = 1 << 20  # chunks of more bytes are sampled twice as often
_COMMON = 0.02  # a prior that has fewer of the sample's grams is not tried,
_NEARLY = 0.9  # nor one that has so much less than another
_WORTH_A_NET = 0.995  # of the cost without: a net takes time, a prior more
_WORTH_A_PRIOR = 0.99
_WORTH_CODE = 0.99  # of the cost with other contexts and all else alike
_ZEROS = 0.02  # share of zeros, below which nothing is taken for machine code
_CODE_SLICES, _CODE_SLICE = 8, 1 << 13


class Variants(Model):
    """A model whose payload begins with the number of one of its variants.

    At least one variant is plain, with neither net nor prior; others may have a net, a net and a prior, or be for
    machine code. `encode` and `bits` are of the variant that suits the chunk; `predict` and `sample`, which have no
    chunk to choose by, are of the one that has a net but no prior, if there is one, else of the plain one.

    On chunks too long to share primed tables, scouts may be tried in their place: quicker models, each like one of
    the variants. Or the choice is left to a judge, a model that has variants like these.
    """

    dimensions = 1

    def __init__(
        self,
        name: str,
        code: int,
        variants: Sequence[Bytes],
        scouts: Sequence[Bytes] = (),
        judge: Variants | None = None,
    ) -> None:
        self.name, self.code, self.variants = name, code, tuple(variants)
        self._scouts, self._judge = tuple(scouts or variants), judge or self
        assert len(self.variants) == len(self._scouts) == len(self._judge.variants) == len(VARIANTS[code])
        general = [k for k, variant in enumerate(self.variants) if not isinstance(variant, CodeBytes)]
        self._plain = next(k for k in general if not self.variants[k].net)
        self._priors = [k for k in general if self.variants[k].prior]
        self._net = next((k for k in general if self.variants[k].net and k not in self._priors), None)
        self._code = next((k for k in range(len(self.variants)) if k not in general), None)

    def choose(self, chunk: Symbols, watch: Watch | None = None) -> int:
        """The number of the variant for a chunk, uint8[n]: tried on slices of it, in so far as they are likely."""
        return self._chosen(chunk, watch)[0]

    def _chosen(self, chunk: Symbols, watch: Watch | None) -> tuple[int, bytes | None]:
        """The number of the variant for a chunk, and the payload if the chunk was tried as a whole."""
        if not len(chunk):
            return self._plain, None
        if self._judge is not self:
            return self._judge.choose(chunk, watch), None
        if self._code is not None and len(chunk) > _CODE_SLICES * _CODE_SLICE and _looks_binary(chunk):
            sample = slices_of(chunk, _CODE_SLICES, _CODE_SLICE)
            code = self._scouts[self._code]
            like = self._scouts[self._net if code.net and self._net is not None else self._plain]
            if cost_of(code, sample, watch) < _WORTH_CODE * cost_of(like, sample, watch):
                return self._code, None
        if len(chunk) > _SLICES * _SLICE:
            sample = slices_of(chunk, _SLICES * (1 + (len(chunk) > _LONG)), _SLICE)
            triers = self._scouts if len(chunk) > SHORT else self.variants  # what primes these serves all short ones
            return self._tried(sample, lambda number: cost_of(triers[number], sample, watch)), None
        payloads: dict[int, bytes] = {}

        def length(number: int) -> float:
            payloads[number] = self.variants[number].encode(chunk, watch)
            return len(payloads[number])

        number = self._tried(chunk, length)
        return number, payloads[number]

    def _tried(self, sample: Symbols, price: Callable[[int], float]) -> int:
        """The variant to take, by what the likely ones cost."""
        best, cost = self._plain, price(self._plain)
        if self._net is not None:
            with_net = price(self._net)
            if with_net >= _WORTH_A_NET * cost:
                return best
            best, cost = self._net, with_net
        common = {number: _common(self.variants[number].prior, sample) for number in self._priors}
        least = max(_COMMON, _NEARLY * max(common.values(), default=0))
        with_prior = {number: price(number) for number in self._priors if common[number] > least}
        likely = min(with_prior, key=lambda number: with_prior[number], default=None)
        return likely if likely is not None and with_prior[likely] < _WORTH_A_PRIOR * cost else best

    def run(self, port: Port, words: Words, costs: Words, symbols: Symbols, stop: int) -> int:
        """The loop of the variant that `predict` and `sample` are of."""
        number = self._plain if self._net is None else self._net
        return self.variants[number].run(port, words, costs, symbols, stop)

    def encode(self, chunk: Symbols, watch: Watch | None = None) -> bytes:
        number, payload = self._chosen(chunk, watch)
        if len(chunk) > SHORT:
            forget()
        return bytes([number]) + (self.variants[number].encode(chunk, watch) if payload is None else payload)

    def decode(self, payload: bytes, shape: Sequence[int], watch: Watch | None = None) -> Symbols:
        return self._variant(payload).decode(payload[1:], shape, watch)

    def bits(self, chunk: Symbols, watch: Watch | None = None) -> npt.NDArray[np.float32]:
        return self.variants[self.choose(chunk, watch)].bits(chunk, watch)

    def memory(self, shape: Sequence[int], payload: bytes = b"") -> int:
        if payload:
            return self._variant(payload).memory(shape)
        size = size_of(shape)
        tried = self._judge.variants if size <= SHORT else self._judge._scouts
        kept = {model: model.kept_memory() for model in tried}  # which memory() counts, too
        sample, models = (min(size, SHORT),), {*tried, *self.variants} if size <= SHORT else tried
        trial = sum(kept.values()) + max(model.memory(sample) - kept.get(model, 0) for model in models)
        return max(trial, *(variant.memory(shape) for variant in self.variants))

    def packaged(self) -> dict[str, int]:
        """The files that the package has for any of the variants, and their bytes."""
        return {file: size for variant in self.variants for file, size in variant.packaged().items()}

    def _variant(self, payload: bytes) -> Bytes:
        if not payload or payload[0] >= len(self.variants):
            raise CorruptError(f"{self.name} has no variant {payload[0] if payload else 'at all'}")
        return self.variants[payload[0]]


def cost_of(model: Model, sample: Symbols, watch: Watch | None) -> float:
    return float(model.bits(sample, watch).sum())


def slices_of(chunk: Symbols, count: int, size: int) -> Symbols:
    """`count` slices of `size` bytes, evenly spread, the first from the beginning; a short chunk as it is."""
    if len(chunk) <= count * size:
        return chunk
    starts = np.linspace(0, len(chunk) - size, count).astype(int)
    return np.concatenate([chunk[start : start + size] for start in starts])


def _looks_binary(chunk: Symbols) -> bool:
    return bool((slices_of(chunk, _CODE_SLICES, _CODE_SLICE) == 0).mean() > _ZEROS)


def _common(prior: str | None, sample: Symbols) -> float:
    """The share of the sample's grams that a prior has, too."""
    count, found = common_grams(sample, prior_text(prior), np.zeros(2 << len(sample).bit_length(), np.uint64))
    return float(found / max(count, 1))
