"""The sample of a domain, and what a model that has read it needs for files of the domain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from arcodec.models import adapted_arrays
from arcodec.models.adapted import Domain
from arcodec.models.adapted_arrays import Parameters
from arcodec.models.bytes import SHORT
from arcodec.training.prior import assemble
from arcodec.training.start import SIZES, learnt

SIZE = 1 << 18  # bytes of a sample at most: reading them takes some three seconds, once for many files
MEASURED = 1 << 17  # bytes of the validation files that are measured, at most
_DOCUMENTS = 200  # that a start is learnt from
_WORTH_A_PRIOR = 0.99  # of the cost without: reading it takes a second
_WORTH_A_NET = 0.995  # it halves the speed


def chosen(files: Sequence[bytes]) -> NDArray[np.uint8]:
    """The sample: all files in their order, or the lines whose grams are worth the most, as priors are made."""
    text = np.frombuffer(bytearray().join(files), np.uint8)  # writable, as kernels want it
    if len(text) > SIZE:
        text = np.frombuffer(bytearray(assemble({"": text}, {"": 1}, SIZE)), np.uint8)
    return text


def measured(files: Sequence[bytes]) -> list[NDArray[np.uint8]]:
    """What is measured of the validation files: the beginning of each, of as many as there is time for."""
    share = max(MEASURED // len(files), 1 << 12)
    parts = [np.frombuffer(file[: min(SHORT, max(share, MEASURED // 8))], np.uint8) for file in files]
    ends = np.cumsum([len(part) for part in parts])
    return parts[: 1 + int(np.searchsorted(ends, MEASURED))]


def cost(parameters: Parameters, sample: NDArray[np.uint8], validation: Sequence[NDArray[np.uint8]]) -> float:
    """Bits of the validation files, each after the sample."""
    model = Domain(replace(parameters, size=len(sample)), sample)
    return sum(float(model.bits(part).sum()) for part in validation)


def candidates(parameters: Parameters) -> list[tuple[Parameters, float]]:
    """What may be tried beside these parameters, and the share of their cost that it must not exceed."""
    priors = [(replace(parameters, prior=prior), _WORTH_A_PRIOR) for prior in adapted_arrays.PRIORS]
    return [*priors, (replace(parameters, net=None), 1 / _WORTH_A_NET)]


def start(parameters: Parameters, sample: NDArray[np.uint8], files: Sequence[bytes], seed: int) -> Parameters:
    """The parameters with a start of their own, learnt from files that each came after the sample."""
    random = np.random.default_rng(seed)
    chosen = [files[k] for k in random.permutation(len(files))[:_DOCUMENTS].tolist()]
    documents = (("", np.frombuffer(file[: SIZES[1]], np.uint8)) for file in chosen)
    model = Domain(replace(parameters, size=len(sample)), sample)
    arrays = dict(learnt({"": model}, documents))
    return replace(parameters, start=arrays | {"apm": adapted_arrays.fitting(arrays["apm"])})


def finished(parameters: Parameters, sample: NDArray[np.uint8]) -> Parameters:
    """The parameters with the sample in them."""
    parameters = replace(parameters, size=len(sample))
    return replace(parameters, sample=Domain(parameters).coded(sample))
