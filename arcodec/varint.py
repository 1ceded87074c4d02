"""Variable-length integers: unsigned LEB128, seven bits a byte, low bits first, shortest form only."""

from __future__ import annotations

from arcodec.errors import CorruptError, TruncatedError

LIMIT = 1 << 63


def write(value: int) -> bytes:
    """The 1 ... 9 bytes of `value`, 0 <= value < 2**63."""
    if not 0 <= value < LIMIT:
        raise ValueError(f"{value} is not in 0 ... 2**63 - 1")
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read(data: bytes, offset: int) -> tuple[int, int]:
    """The integer at `offset` and the offset after it.

    Raises:
        TruncatedError: the data end inside it.
        CorruptError: it is longer than 9 bytes or than its value needs.
    """
    value = 0
    for i in range(9):
        if offset + i >= len(data):
            raise TruncatedError(f"the data end inside the number at offset {offset}")
        byte = data[offset + i]
        value |= (byte & 0x7F) << (7 * i)
        if byte < 0x80:
            if byte == 0 and i > 0:
                break
            return value, offset + i + 1
    raise CorruptError(f"the number at offset {offset} is not in its shortest form")
