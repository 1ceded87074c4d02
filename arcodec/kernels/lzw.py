"""LZW codes as GIF and TIFF pack them: to symbols and the places where the table is cleared, and back.

The encoder is greedy, as all common ones are: the table is cleared where it is told, and everything else follows.

Sources: CompuServe, Graphics Interchange Format 89a, appendix F; Adobe, TIFF 6.0, section 13; Welch 1984.
"""

from __future__ import annotations

from numba import int32

from arcodec.kernels.compiling import kernel, plain

FULL = 4096  # entries of a table
TABLE = FULL * 256  # of `encode`: what follows each entry, by symbol


@plain
def _width(codes, root, early):
    """Bits of the code after so many since the table was cleared: those of the entry that a decoder makes next."""
    following = (1 << root) + 2 + max(codes - 1, 0)
    width = root + 1
    while width < 12 and following + early >= 1 << width:
        width += 1
    return width


@kernel("int64(Array(uint8, 1, 'C', True), int64, boolean, int64, uint8[::1], int64[::1], int32[:, ::1])")
def decode(data, root, leftward, early, symbols, clears, table):
    """Decode a stream that begins by clearing the table and ends with the code that says so.

    Args:
        data: uint8[n], the codes.
        root: bits of a symbol, 1 ... 8.
        leftward: codes begin at the highest bit of a byte (TIFF), not at the lowest (GIF).
        early: codes get longer so many entries before they must: 1 for TIFF, else 0.
        symbols: uint8[m], written; the stream must have so many.
        clears: int64[k], written: how many codes are between each two clearings, and after the last.
        table: int32[3, FULL], scratch: of an entry the one before, the last symbol, its length.

    Returns:
        The number of clearings, if the stream is sound up to the code that ends it, else -1.
    """
    clear = 1 << root
    before = table[0]
    last = table[1]
    length = table[2]
    for k in range(clear):
        before[k] = int32(-1)
        last[k] = int32(k)
        length[k] = int32(1)
    cleared = 0
    codes = 0
    previous = -1
    done = 0
    position = 0
    bits = 8 * len(data)
    while True:
        width = _width(codes, root, early)
        if position + width > bits:
            return -1
        code = 0
        for k in range(width):
            place = position + k
            if leftward:
                code = 2 * code + ((data[place >> 3] >> (7 - (place & 7))) & 1)
            else:
                code |= ((data[place >> 3] >> (place & 7)) & 1) << k
        position += width
        if code == clear or code == clear + 1:
            if cleared:
                clears[cleared - 1] = codes
            if code == clear + 1:
                break
            if cleared == len(clears):
                return -1
            cleared += 1
            codes = 0
            previous = -1
            continue
        if cleared == 0:
            return -1
        entry = clear + 2 + codes - 1  # that this code completes
        if code >= clear and (previous < 0 or code > entry or code >= FULL):
            return -1
        if previous >= 0 and entry < FULL:
            first = code if code < entry else previous
            while before[first] >= 0:
                first = before[first]
            before[entry] = int32(previous)
            last[entry] = last[first]
            length[entry] = int32(length[previous] + 1)
        size = length[code]
        if done + size > len(symbols):
            return -1
        at = done + size
        part = code
        while part >= 0:
            at -= 1
            symbols[at] = last[part]
            part = before[part]
        done += size
        codes += 1
        previous = code
    return cleared if done == len(symbols) else -1


@plain
def _put(out, position, code, width, leftward):
    """Write the bits of a code; returns the position after it, whether or not there was room."""
    for k in range(width):
        place = position + k
        if place >> 3 >= len(out):
            break
        if leftward:
            out[place >> 3] |= ((code >> (width - 1 - k)) & 1) << (7 - (place & 7))
        else:
            out[place >> 3] |= ((code >> k) & 1) << (place & 7)
    return position + width


@kernel("int64(Array(uint8, 1, 'C', True), int64, boolean, int64, int64[::1], uint8[::1], int16[::1], int32[::1])")
def encode(symbols, root, leftward, early, clears, out, table, used):
    """Undo `decode`, where the stream is greedy.

    Args:
        symbols: uint8[m], each less than 2**root.
        root, leftward, early: as for `decode`.
        clears: int64[k], after how many codes the table is cleared again; after the last the stream ends.
        out: uint8[n], zeros, written as far as there is room.
        table: int16[TABLE], zeros, and zeros again at the end: the entry that is one symbol longer.
        used: int32[FULL], scratch.

    Returns:
        Bytes that the stream has, or -1 where codes and clearings do not use up the symbols.
    """
    clear = 1 << root
    position = 0
    done = 0
    codes = 0
    for k in range(len(clears)):
        position = _put(out, position, clear, _width(codes, root, early), leftward)
        codes = 0
        entries = clear + 2
        count = 0
        while codes < clears[k]:
            if done == len(symbols):
                break
            node = int32(symbols[done])
            done += 1
            while done < len(symbols):
                longer = int32(table[node * 256 + symbols[done]])
                if longer == 0:
                    break
                node = longer
                done += 1
            position = _put(out, position, node, _width(codes, root, early), leftward)
            codes += 1
            if done < len(symbols) and entries < FULL:
                place = int32(node * 256 + symbols[done])
                table[place] = entries
                used[count] = place
                count += 1
                entries += 1
        for i in range(count):
            table[used[i]] = 0
        if codes < clears[k]:
            return -1
    position = _put(out, position, clear + 1, _width(codes, root, early), leftward)
    return -1 if done < len(symbols) else (position + 7) >> 3
