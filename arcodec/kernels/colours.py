"""Contexts of drawings: the colours of the pixels around.

Pixels are 1 to 4 bytes, rows follow each other without gaps. A pixel beyond the left or right edge is the one that
lies there in the sequence; before the first pixel all is 0. In what follows w is the pixel to the left, n the one
above, nnw two rows up and one to the left, and so on; the bytes of this pixel so far are in every context of colours.
"""

from __future__ import annotations

import numpy as np
from numba import uint64

from arcodec.kernels.compiling import inline, plain
from arcodec.kernels.hashing import K1, K3, salted

# Contexts, counted from the first.
ALONE = 0  # no pixel
W, N, W_N, W_N_NW, W_N_NE, N_NW_NE = range(1, 7)
NEAR = 7  # w, n, nw, ne
W_WW, N_NN = 8, 9
RING = 10  # w, n, nw, ne, ww, nn
WIDE = 11  # thirteen pixels
W_WW_WWW, N_NN_NNN, NE_NNEE, NW_NNWW = range(12, 16)
LEFT6 = 16  # six to the left
ABOVE6 = 17  # nw, n, ne, nn, nnw, nne
GRADIENT = 18  # the bytes of w + n - nw, and what the byte before was off from its own such sum
LEVELS = 19  # the bytes of w and n, and what the byte before was off from w
AVERAGE = 20  # those of (w + ne) / 2, and what the byte before was off
SAMPLES = 21  # those of w + n - nw and n
CONTEXTS = 22


@inline
def size_of_row(shape):
    """Bytes of a row, int64; `shape`: uint64, those shifted by 8, and bytes of a pixel."""
    return np.int64(shape >> uint64(8))


@inline
def size_of_pixel(shape):
    """Bytes of a pixel, int64."""
    return np.int64(shape & uint64(0xFF))


@inline
def channel_of(shape, position):
    """The place of symbols[position] within its pixel, int64."""
    return position % size_of_pixel(shape)


@inline
def sample_of(symbols, place):
    """symbols[place], int64; 0 before the first."""
    return np.int64(symbols[uint64(place)]) if place >= 0 else np.int64(0)


@plain
def _colour(symbols, place, size, end):
    """The pixel of `size` bytes that begins at symbols[place], uint64; 0 unless it lies within 0 ... end."""
    colour = uint64(0)
    if place >= 0 and place + size <= end:
        for k in range(size):
            colour = (colour << uint64(8)) | uint64(symbols[uint64(place + k)])
    return colour


@inline
def _sample(colour, shift):
    return np.int64((colour >> shift) & uint64(0xFF))


@plain
def draw_colours(shape, symbols, position, first, values):
    """Fill values[first : first + CONTEXTS], uint64, with the contexts of symbols[position]."""
    row = size_of_row(shape)
    size = size_of_pixel(shape)
    channel = position % size
    here = position - channel
    so_far = uint64(channel)
    for k in range(channel):
        so_far = (so_far << uint64(8)) | uint64(symbols[uint64(here + k)])
    so_far = (so_far + uint64(1)) * K3
    w = _colour(symbols, here - size, size, here)
    ww = _colour(symbols, here - 2 * size, size, here)
    www = _colour(symbols, here - 3 * size, size, here)
    above = here - row
    n = _colour(symbols, above, size, here)
    nw = _colour(symbols, above - size, size, here)
    ne = _colour(symbols, above + size, size, here)
    nww = _colour(symbols, above - 2 * size, size, here)
    nee = _colour(symbols, above + 2 * size, size, here)
    above -= row
    nn = _colour(symbols, above, size, here)
    nnw = _colour(symbols, above - size, size, here)
    nne = _colour(symbols, above + size, size, here)
    nnww = _colour(symbols, above - 2 * size, size, here)
    nnee = _colour(symbols, above + 2 * size, size, here)
    nnn = _colour(symbols, above - row, size, here)

    values[first + uint64(ALONE)] = so_far
    values[first + uint64(W)] = so_far + w
    values[first + uint64(N)] = so_far + n
    w_n = (so_far + w) * K1 + n
    values[first + uint64(W_N)] = w_n
    values[first + uint64(W_N_NW)] = w_n * K1 + nw
    values[first + uint64(W_N_NE)] = w_n * K1 + ne
    values[first + uint64(N_NW_NE)] = ((so_far + n) * K1 + nw) * K1 + ne
    near = (w_n * K1 + nw) * K1 + ne
    values[first + uint64(NEAR)] = near
    values[first + uint64(W_WW)] = (so_far + w) * K1 + ww
    values[first + uint64(N_NN)] = (so_far + n) * K1 + nn
    ring = (near * K1 + ww) * K1 + nn
    values[first + uint64(RING)] = ring
    wide = (((ring * K1 + nnw) * K1 + nne) * K1 + nnww) * K1 + nnee
    values[first + uint64(WIDE)] = ((wide * K1 + www) * K1 + nww) * K1 + nee
    left = ((so_far + w) * K1 + ww) * K1 + www
    values[first + uint64(W_WW_WWW)] = left
    values[first + uint64(N_NN_NNN)] = ((so_far + n) * K1 + nn) * K1 + nnn
    values[first + uint64(NE_NNEE)] = (so_far + ne) * K1 + nnee
    values[first + uint64(NW_NNWW)] = (so_far + nw) * K1 + nnww
    for k in range(4, 7):
        left = left * K1 + _colour(symbols, here - k * size, size, here)
    values[first + uint64(LEFT6)] = left
    rows = (((so_far + nw) * K1 + n) * K1 + ne) * K1 + nn
    values[first + uint64(ABOVE6)] = (rows * K1 + nnw) * K1 + nne

    shift = uint64(8 * (size - 1 - channel))
    gradient = _sample(w, shift) + _sample(n, shift) - _sample(nw, shift)
    average = (_sample(w, shift) + _sample(ne, shift)) >> 1
    off_gradient = np.int64(0)
    off_w = np.int64(0)
    off_average = np.int64(0)
    if channel > 0:
        before = np.int64(symbols[uint64(position - 1)])
        last = shift + uint64(8)
        off_w = before - _sample(w, last)
        off_gradient = off_w - _sample(n, last) + _sample(nw, last)
        off_average = before - ((_sample(w, last) + _sample(ne, last)) >> 1)
    levels = (_sample(w, shift) << 8) | _sample(n, shift)
    values[first + uint64(GRADIENT)] = _packed(gradient + 512, off_gradient, channel)
    values[first + uint64(LEVELS)] = _packed(levels, off_w, channel)
    values[first + uint64(AVERAGE)] = _packed(average, off_average, channel)
    values[first + uint64(SAMPLES)] = _packed(((gradient + 512) << 8) | _sample(n, shift), np.int64(0), channel)


@inline
def _packed(level, off, channel):
    return uint64((((level << 12) | (off + 1024)) << 2) | channel)


@plain
def colour_places(values, first, heads, places):
    """As `match.match_places`, by the pixels around: a ring, then a wide neighbourhood."""
    models = len(places)
    size = uint64(len(heads) // models)
    for m in range(models):
        around = values[first + uint64(RING if m == 0 else WIDE)]
        places[m] = uint64(m) * size + (salted(around, m + 1) & (size - uint64(1)))


@plain
def alike(shape, symbols, position):
    """Which of six pairs of pixels around are alike, int64 below 64."""
    row = size_of_row(shape)
    size = size_of_pixel(shape)
    here = position - position % size
    w = _colour(symbols, here - size, size, here)
    n = _colour(symbols, here - row, size, here)
    nw = _colour(symbols, here - row - size, size, here)
    ne = _colour(symbols, here - row + size, size, here)
    ww = _colour(symbols, here - 2 * size, size, here)
    nn = _colour(symbols, here - 2 * row, size, here)
    pairs = np.int64(w == n) | (np.int64(n == nw) << 1) | (np.int64(w == nw) << 2)
    return pairs | (np.int64(n == ne) << 3) | (np.int64(w == ww) << 4) | (np.int64(n == nn) << 5)
