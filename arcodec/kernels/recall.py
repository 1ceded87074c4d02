"""Recall: what came last time after exactly the same neighbours. Drawings and screenshots repeat themselves."""

from __future__ import annotations

from numba import int64, uint32, uint64

from arcodec.kernels.compiling import inline, inlined

MAX_BITS = 18
BUCKETS = 16  # of how often a memory was confirmed
_RATE = 6
_PRODUCT = 0x2545F4914F6CDD1D
_GOLDEN = 0x9E3779B97F4A7C15
_MOST = 60


@inline
def neighbourhood(window, pixel, channel, channels, stride):
    """A hash of the samples around and of those of this pixel that are known: uint64."""
    place = pixel + channel
    h = uint64(0)
    for k in range(channels):
        if k != channel:
            h += uint64(window[pixel + k - channels]) << uint64(8) | uint64(window[pixel + k - stride])
            if k < channel:
                h += uint64(window[pixel + k] + 1) << uint64(16)
            h *= uint64(_PRODUCT)
    h += (
        uint64(window[place - channels])
        | uint64(window[place - stride]) << uint64(8)
        | uint64(window[place - stride - channels]) << uint64(16)
        | uint64(window[place - stride + channels]) << uint64(24)
        | uint64(window[place - 2 * channels]) << uint64(32)
        | uint64(window[place - 2 * stride]) << uint64(40)
    )
    h *= uint64(_GOLDEN)
    return h ^ (h >> uint64(29))


@inlined
def slot(h, bits):
    """Index of a neighbourhood's memory among 2**bits."""
    return h >> uint64(64 - bits)


@inlined
def check(h):
    """16 bits that tell neighbourhoods in one slot apart."""
    return int64(h >> uint64(16)) & 0xFFFF


@inlined
def bucket(memory, check):
    """0 if this memory (check << 16 | confirmations << 8 | value) is of something else, else 1 ... 15."""
    count = (memory >> 8) & 255
    if memory >> 16 != check:
        count = int64(0)
    return min(min(count, 6 + (count >> 2)), int64(BUCKETS - 1))


@inline
def memorise(memories, channel, place, memory, check, value):
    """Confirm, doubt or replace a memory."""
    count = (memory >> 8) & 255
    kept = memory & 255
    if memory >> 16 == check and kept == value:
        count = min(count + 1, int64(_MOST))
    elif memory >> 16 == check and count >= 4:
        count >>= 2
    else:
        count = int64(1)
        kept = value
    memories[channel, place] = uint32(check << 16 | count << 8 | kept)


@inline
def learn_trust(trust, channel, bucket, right):
    """Move a bucket's probability (16 bits) of being right."""
    p = int64(trust[channel, bucket])
    trust[channel, bucket] = p + (((int64(65535) if right else int64(1)) - p) >> _RATE)
