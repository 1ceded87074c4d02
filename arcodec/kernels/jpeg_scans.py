"""What reading and writing the scans of JPEG files share: how they are described, and their Huffman tables.

Source: ITU-T T.81, annexes C, F and G. What it leaves open is done as the Independent JPEG Group's encoder does it:
runs of ends of blocks are as long as they may be, and end where too many correction bits are held back.

Coefficients are int16[blocks, 64], in each block in rows, of all components one after the other.
"""

from __future__ import annotations

import numpy as np

from arcodec.kernels.compiling import inlined

MARGIN = 4096
UNIT = 1 << 16
HELD = 1 << 18
ROOM = 1 << 20  # bytes that `encode` gives at most
MOST_HELD = 937  # correction bits that the usual encoders hold back
LONGEST = 0x7FFF  # their longest run

# Of a scan: first and last place, bit planes, whether it is progressive, units between restarts (0: none), units,
# units in a row, and how it was written: bits that fill up bytes, the longest run, the most correction bits held
# back, whether it is only a beginning.
FIRST_PLACE, LAST_PLACE, HIGH, LOW, PROGRESSIVE, INTERVAL, UNITS, ACROSS, PAD, RUN, HOLD, CUT = range(12)
SCAN = 12
# Of a component in a scan: its first block, blocks in a row, blocks of a unit in each direction, its tables' numbers.
FIRST, COLUMNS, HEIGHT, WIDTH, DC, AC = range(6)
COMPONENT = 6
# What is kept between calls: the bit or byte to go on at, bits not yet written and their number, the unit, blocks in
# a run of ends, bits held back, the longest run read, and the last DC of four components.
AT, BITS, COUNT, DONE, ENDS, BACK, SEEN, LAST_DC = range(8)
STATE = LAST_DC + 4


@inlined
def block_of(parts, k, unit, across, i, j):
    """Which block of a component is in row i and column j of a unit."""
    y = unit // across * parts[k, HEIGHT] + i
    return parts[k, FIRST] + y * parts[k, COLUMNS] + unit % across * parts[k, WIDTH] + j


def codes(counts: np.ndarray, symbols: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Tables of a Huffman code for `decode` and `encode`: uint16[65536], int64[256]; None if it is none.

    counts: uint8[16], how many codes there are of each length; symbols: uint8[sum of counts].
    """
    reading = np.zeros(1 << 16, np.uint16)
    writing = np.zeros(256, np.int64)
    code = at = 0
    for length in range(1, 17):
        shift = 16 - length
        for symbol in symbols[at : at + int(counts[length - 1])].tolist():
            if code >> length:
                return None
            reading[code << shift : (code + 1) << shift] = length << 8 | symbol
            writing[symbol] = code << 5 | length
            code += 1
        at += int(counts[length - 1])
        code <<= 1
    return reading, writing
