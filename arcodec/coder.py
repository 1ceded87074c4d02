"""Entropy coding of whole arrays: constriction's range coder, or its twin where constriction is not installed.

Both give the same words; no file needs either in particular to be decoded. Loops that learn as they go use
`arcodec.kernels.port` instead, which reads and writes the same stream one decision at a time.

Probabilities are integers in 2**-24. They reach constriction as floats that carry these integers exactly: for a table
of frequencies f, each >= 1 and summing to 2**24, the weights f - 1 make its scale exactly 1, so that symbol i gets
f[i] / 2**24; for one decision the probability 1 - (z - 0.5) / (2**24 - 2) gives a zero exactly z / 2**24.
"""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec.errors import CorruptError

constriction: Any
try:
    constriction = importlib.import_module("constriction")
except ImportError:  # no wheels for this platform: the twin codes everything
    constriction = None

PRECISION = 24
TOTAL = 1 << PRECISION

Words = npt.NDArray[np.uint32]
Integers = npt.NDArray[np.integer[Any]]


def encode_bits(bits: Integers, probabilities: Integers) -> Words:
    """Encode decisions.

    Args:
        bits: 0 or 1, shape (n,).
        probabilities: of a 1, in 2**-24, each from 1 to 2**24 - 1, shape (n,).

    Returns:
        uint32 words.

    Raises:
        ValueError: shapes or ranges are off.
    """
    bits, probabilities = _checked_bits(probabilities, bits)
    if constriction is None or not len(bits):
        return _encode(_bit_tables(probabilities), bits)
    return _constriction_encode(bits, *_bernoulli(probabilities))


def decode_bits(words: Words, probabilities: Integers) -> npt.NDArray[np.int64]:
    """Decode as many decisions as there are probabilities; see `encode_bits`. int64 of shape (n,).

    Raises:
        CorruptError: it was noticed that the words are damaged or end too early. Not all damage can be: carry a
            checksum beside them.
    """
    _, probabilities = _checked_bits(probabilities)
    if constriction is None or not len(probabilities):
        return _decode(words, _bit_tables(probabilities))
    return _constriction_decode(words, *_bernoulli(probabilities))


def encode_symbols(symbols: Integers, frequencies: Integers) -> Words:
    """Encode symbols by frequency tables.

    Args:
        symbols: from 0 to k - 1, shape (n,).
        frequencies: of each symbol at each place, each >= 1, each row summing to 2**24, shape (n, k).

    Returns:
        uint32 words.

    Raises:
        ValueError: shapes, sums or ranges are off.
    """
    symbols, frequencies = _checked_symbols(frequencies, symbols)
    if constriction is None or not len(symbols):
        return _encode(frequencies, symbols)
    return _constriction_encode(symbols, *_categorical(frequencies))


def decode_symbols(words: Words, frequencies: Integers) -> npt.NDArray[np.int64]:
    """Decode as many symbols as there are rows of frequencies; see `encode_symbols`. int64 of shape (n,).

    Raises:
        CorruptError: it was noticed that the words are damaged or end too early. Not all damage can be: carry a
            checksum beside them.
    """
    _, frequencies = _checked_symbols(frequencies)
    if constriction is None or not len(frequencies):
        return _decode(words, frequencies)
    return _constriction_decode(words, *_categorical(frequencies))


def _bernoulli(probabilities: npt.NDArray[np.int64]) -> tuple[Any, npt.NDArray[np.float64]]:
    """constriction's family of decisions, and its parameters that carry these probabilities."""
    family = constriction.stream.model.Bernoulli(perfect=False)
    return family, 1 - ((TOTAL - probabilities) - 0.5) / (TOTAL - 2)


def _categorical(frequencies: npt.NDArray[np.int64]) -> tuple[Any, npt.NDArray[np.float64]]:
    """constriction's family of frequency tables, and its parameters that carry these frequencies."""
    return constriction.stream.model.Categorical(perfect=False), (frequencies - 1).astype(np.float64)


def _bit_tables(probabilities: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return np.stack([TOTAL - probabilities, probabilities], axis=1)


def _checked_bits(
    probabilities: Integers, bits: Integers | None = None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    p = np.asarray(probabilities, np.int64)
    b = np.zeros(p.shape, np.int64) if bits is None else np.asarray(bits, np.int64)
    if p.ndim != 1 or b.shape != p.shape:
        raise ValueError(f"bits and probabilities have shapes {b.shape} and {p.shape}; both must be (n,)")
    if p.size and not (p.min() >= 1 and p.max() < TOTAL):
        raise ValueError("each probability must be from 1 to 2**24 - 1")
    if b.size and not (b.min() >= 0 and b.max() <= 1):
        raise ValueError("each bit must be 0 or 1")
    return b, p


def _checked_symbols(
    frequencies: Integers, symbols: Integers | None = None
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    f = np.asarray(frequencies, np.int64)
    s = np.zeros(f.shape[:1], np.int64) if symbols is None else np.asarray(symbols, np.int64)
    if f.ndim != 2 or f.shape[1] < 2 or s.shape != f.shape[:1]:
        raise ValueError(f"symbols and frequencies have shapes {s.shape} and {f.shape}; they must be (n,) and (n, k)")
    if f.size and (f.min() < 1 or (f.sum(axis=1) != TOTAL).any()):
        raise ValueError("frequencies must be at least 1, and each row must sum to 2**24")
    if s.size and not (s.min() >= 0 and s.max() < f.shape[1]):
        raise ValueError(f"symbols must be from 0 to {f.shape[1] - 1}")
    return s, f


def _constriction_encode(symbols: npt.NDArray[np.int64], family: Any, parameters: npt.NDArray[np.float64]) -> Words:
    encoder = constriction.stream.queue.RangeEncoder()
    encoder.encode(symbols.astype(np.int32), family, parameters)
    words: Words = encoder.get_compressed()
    return words


def _constriction_decode(words: Words, family: Any, parameters: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    try:
        symbols = constriction.stream.queue.RangeDecoder(np.asarray(words, np.uint32)).decode(family, parameters)
    except AssertionError:
        raise CorruptError("the words are not those of any symbols with these probabilities") from None
    found: npt.NDArray[np.int64] = symbols.astype(np.int64)
    return found


def _encode(frequencies: npt.NDArray[np.int64], symbols: npt.NDArray[np.int64]) -> Words:
    """The twin: same words as constriction."""
    from arcodec.kernels import arrays, port

    state = port.encoder()
    words = np.zeros(len(symbols) + 4, np.uint32)
    arrays.code(state, words, np.ascontiguousarray(frequencies, np.uint32), symbols.copy())
    return words[: int(port.finish(state, words))]


def _decode(words: Words, frequencies: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    from arcodec.kernels import arrays, port

    words = np.array(words, np.uint32)
    symbols = np.zeros(len(frequencies), np.int64)
    done = arrays.code(port.decoder(words), words, np.ascontiguousarray(frequencies, np.uint32), symbols)
    if done < len(symbols):
        raise CorruptError("the words end before the last symbol")
    return symbols
