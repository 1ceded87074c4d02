"""Hashes of contexts, 64 bits."""

from __future__ import annotations

from numba import uint64

from arcodec.kernels.compiling import inline

# Odd multipliers: the golden ratio's (Knuth), one of degski's mixers, one of wyhash's.
K1 = uint64(0x9E3779B97F4A7C15)
K2 = uint64(0xD6E8FEB86659FD93)
K3 = uint64(0xA0761D6478BD642F)


@inline
def mixed(h):
    """A 64-bit hash: every bit of the result depends on every bit of h."""
    h *= K1
    h ^= h >> uint64(29)
    h *= K2
    return h ^ (h >> uint64(32))


@inline
def salted(h, salt):
    """The hash of a context of kind `salt`, int64: what is equal in two kinds does not meet."""
    return mixed(h + uint64(salt) * K3)
