"""The laws, each stated once. A new model, content kind or coder is one line in a parametrised test.

decode(encode(x)) == x
what coding costs is what the model says it costs
the fast path equals the slow path, bit for bit
"""

from __future__ import annotations

import contextlib
from typing import Any

import numpy as np
import numpy.typing as npt

import arcodec
from arcodec.content.base import Content
from arcodec.errors import ArcodecError
from arcodec.kernels import port as ports
from arcodec.models.base import Model, Port, Symbols, drawn
from arcodec.models.net import NetModel


def check_model(model: Model, chunk: Any, to_a_bit: int = 256) -> bytes:
    """Decode inverts encode; encoding is deterministic, leaves its input alone, and costs what `bits` says.

    The coder may lose a bit every `to_a_bit` symbols. Returns the payload.
    """
    before = chunk.copy()
    payload = model.encode(chunk)
    assert np.array_equal(chunk, before)
    assert model.encode(chunk) == payload
    decoded = model.decode(payload, chunk.shape)
    assert decoded.dtype == chunk.dtype
    assert np.array_equal(decoded, chunk)
    bits = model.bits(chunk)
    assert bits.dtype == np.float32
    assert bits.shape == (chunk.size,)
    # The range coder's own loss is some 2**-13 bits a decision, and there are 3 to 8 decisions to a symbol.
    assert 8 * len(payload) <= float(bits.sum()) + 64 + chunk.size / to_a_bit
    return payload


def check_predict(model: Model, chunk: Symbols, place: int) -> None:
    """`predict` is a distribution, the one that `bits` charges for."""
    symbols = model.arrange(chunk).reshape(-1)
    frequencies = model.predict(symbols[:place], chunk.shape)
    assert frequencies.dtype == np.uint32
    assert frequencies.shape == (256,)
    assert frequencies.min() >= 1
    assert int(frequencies.sum()) == 1 << 24
    cost = float(model.bits(chunk)[place])
    if cost < 15:  # beyond that, the frequency's own rounding shows
        assert abs(24 - np.log2(float(frequencies[symbols[place]])) - cost) < 0.02


def check_sample(model: Model, shape: tuple[int, ...]) -> None:
    """The same seed draws the same chunk, of the shape asked for, whose cost is what was drawn; prompts come back."""
    seen: list[Port] = []
    chunk = model.sample(shape, 1, watch=seen.append)
    assert chunk.shape == shape
    assert chunk.dtype == np.uint8
    assert np.array_equal(chunk, model.sample(shape, 1))
    check_model(model, chunk)
    costs = _measured(model, chunk)
    # An interval of little more than 2**32 loses up to 2**-8 of itself in a decision, and there are 8 to a symbol.
    lost = 1 + chunk.size / 32
    assert abs(costs.sum() - drawn(seen[0])) < lost
    prompt, more = chunk[: len(chunk) // 2], list[Port]()
    other = model.sample(shape, 2, prompt, watch=more.append)
    assert np.array_equal(other[: len(prompt)], prompt)
    places = np.arange(chunk.size)
    if isinstance(model, NetModel):
        lanes = model.lanes(shape)
        places = lanes.in_order(lanes.apart(places))
    assert abs(_measured(model, other)[places >= prompt.size].sum() - drawn(more[0])) < lost
    for temperature in (0.25, 4):
        warm = model.sample(shape, 3, temperature=temperature)
        assert warm.shape == shape
        assert np.array_equal(warm, model.sample(shape, 3, temperature=temperature))


def _measured(model: Model, chunk: Symbols) -> npt.NDArray[np.float64]:
    """What symbols cost by the loop that `sample` is of: `bits` may choose another for a chunk."""
    symbols = model.arrange(chunk)
    costs = np.zeros(symbols.size, np.uint32)
    assert model.run(ports.meter(), np.empty(0, np.uint32), costs, symbols, symbols.size) == symbols.size
    return np.ldexp(costs.astype(np.float64), -ports.COST_SCALE)


def check_score(data: bytes, **options: object) -> None:
    """What a file is said to cost is what it takes: but for framing, and rounding of each chunk."""
    packed = arcodec.compress(data, **options)  # type: ignore[arg-type]
    score = arcodec.score(data, **options)  # type: ignore[arg-type]
    assert score.size == len(data)
    frames = arcodec.info(packed).frames
    chunks = [chunk for frame in frames for chunk in frame.chunks]
    assert sum(score.models.values()) == len(chunks)
    assert score.content == "+".join(dict.fromkeys(frame.content for frame in frames))
    payloads = sum(chunk.length for chunk in chunks)
    assert abs(score.bits / 8 - payloads) <= 12 * len(chunks) + payloads / 200
    framing = len(packed) - payloads
    assert framing <= 48 * len(chunks) + 48 * len(frames)


def check_damage(model: Model, payload: bytes, shape: tuple[int, ...]) -> None:
    """A damaged payload decodes to something of the right shape or raises an ArcodecError; it never hangs."""
    with contextlib.suppress(ArcodecError):
        assert model.decode(payload, shape).shape == shape


def check_content(kind: Content, data: bytes) -> None:
    """restore(parse(x)) == x where the kind keeps every byte; else parsing what was restored gives the same."""
    parsed = kind.parse(data)
    assert parsed is not None
    for plane in parsed.planes:
        assert plane.dtype == np.uint8
        assert plane.size
        assert plane.ndim == 1 or (plane.ndim == 3 and plane.shape[2] in (1, 2, 3, 4, 6))
    restored = kind.restore(parsed.planes, parsed.recipe)
    if kind.exact:
        assert restored == data
    else:
        again = kind.parse(restored)
        assert again is not None
        assert again.recipe == parsed.recipe
        assert all(map(np.array_equal, again.planes, parsed.planes))


def check_file(data: bytes, **options: object) -> bytes:
    """decompress(compress(x)) == x, compress is deterministic, and the listing agrees. Returns the packed bytes."""
    packed = arcodec.compress(data, **options)  # type: ignore[arg-type]
    assert arcodec.decompress(packed) == data
    assert arcodec.compress(bytearray(data), **options) == packed  # type: ignore[arg-type]
    listed = arcodec.info(packed)
    assert listed.size == len(data)
    assert listed.packed_size == len(packed)
    return packed


def array(data: bytes) -> npt.NDArray[np.uint8]:
    """Bytes as a chunk for the byte models."""
    return np.frombuffer(data, np.uint8)
