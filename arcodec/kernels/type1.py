"""The cipher of Type 1 fonts.

Source: Adobe Systems, Adobe Type 1 Font Format, 1990, chapter 7.
"""

from __future__ import annotations

from arcodec.kernels.compiling import kernel

EEXEC, CHARSTRING = 55665, 4330  # keys


@kernel("void(uint8[::1], int64, int64, int64, boolean)")
def crypt(data, start, stop, key, encrypting):
    """Decrypt or encrypt data[start:stop] in place; 0 <= start <= stop <= len(data)."""
    state = key
    for i in range(start, stop):
        before = int(data[i])
        after = before ^ (state >> 8)
        data[i] = after
        state = ((after if encrypting else before) + state) * 52845 + 22719 & 0xFFFF
