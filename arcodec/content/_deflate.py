"""Deflate streams <-> their content and a recipe, from which the stream comes back bit for bit.

The recipe says which of the known encoders writes the most similar stream, and what is different in the real one: ends
of blocks, tokens, types and codes (`arcodec.kernels.deflate_match`, `deflate_blocks`). No other implementation of deflate
has a part in it, so it does not matter which one is installed. The idea is that of preflate (D. Steinke) and, before it,
precomp and reflate.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec import varint
from arcodec.content._deflate_encoders import ENCODERS, RANGES, Parameters
from arcodec.content._recipe import Reader
from arcodec.errors import CorruptError

MOST = 1 << 30  # bytes of content
EXPANSION = 1032  # deflate never makes more bytes than this out of one
_CHANGED = 128  # in the first byte: parameters other than the row's follow
_ROOM = 1 << 15  # tokens that are held at once, as long as blocks have no more
_TERMINALS = 0x80

Numbers = npt.NDArray[np.signedinteger[Any]]
Bytes = npt.NDArray[np.uint8]


class Replay(NamedTuple):
    """A stream taken apart.

    Attributes:
        content: what it inflates to.
        recipe: what `replay` needs besides.
        end: offset of the first byte after the stream.
    """

    content: bytes
    recipe: bytes
    end: int


class Stream(NamedTuple):
    """A stream as `arcodec.kernels.deflate.inflate` gives it, its blocks with the field that `walk` wants besides."""

    data: Bytes
    content: Bytes
    tokens: npt.NDArray[np.int32]
    blocks: npt.NDArray[np.int64]
    bits: int


def analyse(data: bytes, start: int = 0, limit: int | None = None) -> Replay | None:
    """Take the deflate stream apart that begins at `start`; None if there is none that is whole and right.

    Args:
        data: bytes; what follows the stream is not looked at.
        start: offset of the stream.
        limit: bytes of content beyond which it is None; never more than EXPANSION for each byte of data, nor than MOST.

    Takes about 4 bytes of memory for each byte of content, besides.
    """
    most = min(MOST, EXPANSION * (len(data) - start), MOST if limit is None else limit)
    stream = _inflated(np.frombuffer(data, np.uint8)[start:], most)
    if stream is None:
        return None
    from arcodec.content import _deflate_guess

    recipe = _described(stream, _deflate_guess.encoder(stream))
    if recipe is None:
        recipe = _described(stream, ENCODERS[0])
    end = start + (stream.bits + 7) // 8
    content = stream.content.tobytes()
    if recipe is None or replay(content, recipe) != data[start:end]:
        return None
    return Replay(content, recipe, end)


def replay(content: bytes, recipe: bytes) -> bytes:
    """The stream of `content` and `recipe`.

    Work is bounded by `deflate_match.WORK_EACH` for each byte of content, memory by some 12 bytes for each.

    Raises:
        CorruptError: they do not fit together.
    """
    from arcodec.kernels import deflate_blocks as blocks_kernel
    from arcodec.kernels import deflate_match as match

    parts = _read(recipe)
    source = np.frombuffer(content, np.uint8)
    walker = Walker(source, parts.parameters)
    trees = np.zeros(blocks_kernel.STATE, np.int64)
    tree_parameters = np.array(parts.parameters[match.PARAMETERS :], np.int64)
    out = np.empty(len(source) // 2 + 4096, np.uint8)
    nothing, no_blocks = np.empty(0, np.uint8), np.empty((0, 8), np.int64)
    while True:
        status = walker.go(given=0, differences=parts.differences, ends=parts.ends)
        if status not in (match.FINE, match.MORE_ROOM):
            raise CorruptError("the recipe of a deflate stream does not fit its content")
        while True:
            answer = blocks_kernel.code_blocks(
                source, tree_parameters, 0, nothing, no_blocks, 0, walker.tokens, walker.spans, walker.count,
                parts.notes, out, trees,
            )  # fmt: skip
            if answer != blocks_kernel.MORE_OUT:
                break
            wanted = _room_for(walker.spans, trees)
            out = np.concatenate((out, np.empty(max(len(out) // 2, wanted), np.uint8)))
        if answer != blocks_kernel.FINE:
            raise CorruptError("the recipe of a deflate stream says what no block can hold")
        if status == match.FINE:
            break
        walker.make_room(trees)
    if walker.unused(parts.differences, parts.ends) or trees[blocks_kernel.NOTES] != len(parts.notes):
        raise CorruptError("the recipe of a deflate stream goes on after its end")
    size, held = int(trees[blocks_kernel.OUT]), int(trees[blocks_kernel.BITS])
    if held:
        last = int(trees[blocks_kernel.WORD]) | parts.padding << held
        if last > 0xFF:
            raise CorruptError("the recipe of a deflate stream pads more bits than are left")
        out[size] = last
        size += 1
    elif parts.padding:
        raise CorruptError("the recipe of a deflate stream pads where nothing is left")
    return out[:size].tobytes()


class Walker:
    """The state of `deflate_match.walk` and the arrays that it works in."""

    def __init__(self, content: Bytes, parameters: Parameters, room: int = _ROOM) -> None:
        from arcodec.kernels import deflate_match as match

        self._match = match
        self._content = content
        self._parameters = np.array(parameters[: match.PARAMETERS], np.int64)
        self.state = np.zeros(match.STATE, np.int64)
        self._head = np.zeros(1 << parameters[match.HASH], np.int32)
        self._previous = np.zeros(match.PREVIOUS, np.int32)
        self.tokens = np.empty(min(room, max(len(content), 1)), np.int32)
        self.spans = np.zeros((256, 5), np.int64)

    @property
    def count(self) -> int:
        """Spans that are whole."""
        return int(self.state[self._match.SPANS])

    def go(
        self,
        *,
        given: int,
        differences: npt.NDArray[np.int32],
        ends: npt.NDArray[np.int64],
        stream: Stream | None = None,
        most: int = 1 << 40,
    ) -> int:
        """Go on; returns what `walk` does."""
        read = stream.tokens if stream else np.empty(0, np.int32)
        blocks = stream.blocks if stream else np.empty((0, 8), np.int64)
        status: int = self._match.walk(
            self._content, self._parameters, given, most, read, blocks, self.tokens, self.spans, differences, ends,
            self.state, self._head, self._previous,
        )  # fmt: skip
        return status

    def make_room(self, trees: npt.NDArray[np.int64]) -> None:
        """Forget the blocks that are done with, or hold more tokens if there are none."""
        from arcodec.kernels import deflate_blocks

        state, match = self.state, self._match
        wrote, count = int(state[match.WROTE]), self.count
        done = int(self.spans[count - 1, 0]) if count else 0
        if done < wrote and wrote - done > len(self.tokens) // 2:
            self.tokens = np.concatenate((self.tokens[done:wrote], np.empty(len(self.tokens), np.int32)))
        else:
            self.tokens[: wrote - done] = self.tokens[done:wrote].copy()
        state[match.WROTE] -= done
        state[match.SPANS] = 0
        trees[deflate_blocks.DONE] = trees[deflate_blocks.TOKEN] = 0

    def unused(self, differences: Numbers, ends: Numbers) -> bool:
        """Whether there are more differences or ends than were met."""
        used = self.state[self._match.DIFFERENCES], self.state[self._match.ENDS]
        return used != (len(differences), len(ends))


def _room_for(spans: npt.NDArray[np.int64], trees: npt.NDArray[np.int64]) -> int:
    """Bytes that the next block may take."""
    from arcodec.kernels import deflate_blocks

    block = spans[trees[deflate_blocks.DONE]]
    stored = min(int(block[1] - block[4]), 1 << 16)
    return 6 * int(block[0] - trees[deflate_blocks.TOKEN]) + stored + deflate_blocks.MOST_HEADER


def _inflated(data: Bytes, most: int) -> Stream | None:
    """The stream at the beginning of `data`, if it is right and has at most so many bytes of content."""
    from arcodec.kernels import deflate

    content = np.empty(min(1 << 16, most), np.uint8)
    tokens = np.empty(1 << 14, np.int32)
    blocks = np.zeros((64, deflate.FIELDS), np.int64)
    state = np.zeros(4, np.int64)
    while True:
        # The stream may have as many bits as it likes; positions fit for data of less than 2 GiB.
        status = deflate.inflate(data[: (1 << 31) - 1], content, tokens, blocks, state)
        if status == deflate.DONE:
            break
        if status == deflate.BAD or (status == deflate.MORE_BYTES and len(content) == most):
            return None
        if status == deflate.MORE_BYTES:
            content = _grown(content, min(2 * len(content), most))
        elif status == deflate.MORE_TOKENS:
            tokens = _grown(tokens, 2 * len(tokens))
        else:
            blocks = _grown(blocks, 2 * len(blocks))
    bits, size, count, blocks_count = (int(n) for n in state)
    blocks = blocks[:blocks_count]
    ends = np.cumsum(blocks[:, deflate.BYTES])
    least = np.minimum.accumulate(blocks[:0:-1, deflate.REACH])[::-1]
    blocks[:-1, deflate.FREE] = least >= ends[:-1]
    return Stream(data, content[:size], tokens[:count], blocks, bits)


def _grown(array: npt.NDArray[Any], size: int) -> npt.NDArray[Any]:
    out = np.zeros((size, *array.shape[1:]), array.dtype)
    out[: len(array)] = array
    return out


def _described(stream: Stream, parameters: Parameters) -> bytes | None:
    """The recipe of a stream with these parameters; None if that is too much work."""
    from arcodec.kernels import deflate_blocks as blocks_kernel
    from arcodec.kernels import deflate_match as match

    walker = Walker(stream.content, parameters)
    differences = np.empty((1024, 4), np.int32)
    ends = np.empty((64, 3), np.int64)
    notes = np.empty(blocks_kernel.MOST_NOTES, np.int32)
    trees = np.zeros(blocks_kernel.STATE, np.int64)
    tree_parameters = np.array(parameters[match.PARAMETERS :], np.int64)
    nothing = np.empty(0, np.uint8)
    first = 0
    while True:
        status = walker.go(given=1, differences=differences, ends=ends, stream=stream)
        if status == match.TOO_MUCH:
            return None
        if status == match.MORE_DIFFERENCES:
            differences = _grown(differences, 2 * len(differences))
            continue
        if status == match.MORE_ENDS:
            ends = _grown(ends, 2 * len(ends))
            continue
        while True:
            answer = blocks_kernel.code_blocks(
                stream.content, tree_parameters, 1, stream.data, stream.blocks, first, walker.tokens, walker.spans,
                walker.count, notes, nothing, trees,
            )  # fmt: skip
            if answer == blocks_kernel.FINE:
                break
            notes = _grown(notes, 2 * len(notes) + blocks_kernel.MOST_NOTES)
        if status == match.FINE:
            break
        first += walker.count
        walker.make_room(trees)
    used = walker.state
    pad = -stream.bits % 8
    padding = int(stream.data[stream.bits // 8]) >> (8 - pad) if pad else 0
    return _written(
        parameters,
        ends[: used[match.ENDS]],
        differences[: used[match.DIFFERENCES]],
        notes[: trees[blocks_kernel.NOTES]],
        padding,
    )


class _Parts(NamedTuple):
    """What a recipe says."""

    parameters: Parameters
    ends: npt.NDArray[np.int64]
    differences: npt.NDArray[np.int32]
    notes: npt.NDArray[np.int32]
    padding: int


def _kinds_with(*kinds: int) -> npt.NDArray[np.bool_]:
    table = np.zeros(6, np.bool_)
    table[list(kinds)] = True
    return table


def _tables() -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """By kind of difference: has it a length, a hop, a distance."""
    from arcodec.kernels.deflate_match import FAR_AWAY, FIRST_HOP, HOP, SAME_FAR, SAME_HOP

    return _kinds_with(FIRST_HOP, HOP, FAR_AWAY), _kinds_with(HOP, SAME_HOP), _kinds_with(FAR_AWAY, SAME_FAR)


def _written(parameters: Parameters, ends: Numbers, differences: Numbers, notes: Numbers, padding: int) -> bytes:
    """A recipe: see `FORMAT.md`, Deflate streams."""
    head = _first(parameters)
    kinds = differences[:, 1]
    long, hops, far = _tables()
    stated = ends[:, 1] & 3 > 0
    numbers = np.stack((ends[:, 0], ends[:, 1], ends[:, 2]), axis=1)
    keep = np.ones(numbers.shape, np.bool_)
    keep[:, 2] = stated
    sections = [
        varints(numbers[keep]),
        varints(differences[:, 0]),
        varints(kinds),
        varints(differences[long[kinds], 2]),
        varints(differences[hops[kinds], 3]),
        varints(differences[far[kinds], 3]),
        varints(notes),
        bytes([padding]) if padding else b"",
    ]
    present = [i for i, section in enumerate(sections) if section]
    if not present:
        return head
    mask = sum(1 << i for i in present)
    sizes = b"".join(varint.write(len(sections[i])) for i in present[:-1])
    return b"".join((head, bytes([mask]), sizes, *(sections[i] for i in present)))


def _first(parameters: Parameters) -> bytes:
    """The row of ENCODERS that is most like it, and what is different."""
    changes = [[(i, b) for i, (a, b) in enumerate(zip(row, parameters, strict=True)) if a != b] for row in ENCODERS]
    best = min(range(len(ENCODERS)), key=lambda row: len(changes[row]))
    if not changes[best]:
        return bytes([best])
    pairs = b"".join(varint.write(i) + varint.write(value) for i, value in changes[best])
    return bytes([best | _CHANGED, len(changes[best])]) + pairs


def _read(recipe: bytes) -> _Parts:
    """Undo `_written`.

    Raises:
        CorruptError: it is no recipe.
    """
    reader = Reader(recipe)
    row = reader.byte()
    if row & ~_CHANGED >= len(ENCODERS):
        raise CorruptError(f"there is no deflate encoder {row & ~_CHANGED}")
    parameters = list(ENCODERS[row & ~_CHANGED])
    for _ in range(reader.number() if row & _CHANGED else 0):
        i, value = reader.number(), reader.number()
        if i >= len(RANGES) or not RANGES[i][0] <= value <= RANGES[i][1]:
            raise CorruptError(f"parameter {i} of a deflate encoder cannot be {value}")
        parameters[i] = value
    mask = reader.byte() if reader else 0
    present = [i for i in range(8) if mask >> i & 1]
    sizes = [reader.number() for _ in present[:-1]]
    sections = [b""] * 8
    for i, size in zip(present, sizes, strict=False):
        sections[i] = reader.take(size)
    if present:
        sections[present[-1]] = reader.rest()
    elif reader:
        raise CorruptError("the recipe of a deflate stream goes on after its end")
    texts = sections[7]
    if len(texts) > 1:
        raise CorruptError("the recipe of a deflate stream pads more than a byte")
    gaps, kinds = numbers(sections[1]), numbers(sections[2])
    if len(gaps) != len(kinds) or (len(kinds) and kinds.max() > 5):
        raise CorruptError("the recipe of a deflate stream has differences that are none")
    differences = np.zeros((len(gaps), 4), np.int32)
    differences[:, 0], differences[:, 1] = gaps, kinds
    long, hops, far = _tables()
    for column, table, section in ((2, long, 3), (3, hops, 4), (3, far, 5)):
        values, places = numbers(sections[section]), np.flatnonzero(table[kinds])
        if len(values) != len(places):
            raise CorruptError("the recipe of a deflate stream has not the lengths and distances that it should")
        differences[places, column] = values
    return _Parts(tuple(parameters), _read_ends(numbers(sections[0])), differences, numbers(sections[6]).astype(np.int32), sum(texts))


def _read_ends(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    rows = []
    i = 0
    listed = values.tolist()
    while i + 1 < len(listed):
        skipped, flags = listed[i : i + 2]
        stated = 1 if flags & 3 else 0
        if flags > 15 or not flags or i + 2 + stated > len(listed):
            break
        rows.append((skipped, flags, listed[i + 2] if stated else 0))
        i += 2 + stated
    if i != len(listed):
        raise CorruptError("the recipe of a deflate stream has ends of blocks that are none")
    return np.array(rows, np.int64).reshape(-1, 3)


def varints(values: Numbers) -> bytes:
    """Numbers below 2**31 as variable-length integers."""
    values = values.astype(np.int64)
    sizes = 1 + sum((values >= 1 << 7 * k).astype(np.int64) for k in range(1, 5))
    places = np.cumsum(sizes) - sizes
    out = np.zeros(int(sizes.sum()), np.uint8)
    for k in range(5):
        has = sizes > k
        out[places[has] + k] = (values[has] >> 7 * k) & 0x7F | np.where(sizes[has] > k + 1, 0x80, 0)
    return out.tobytes()


def numbers(data: bytes) -> npt.NDArray[np.int64]:
    """Undo `varints`.

    Raises:
        CorruptError: a number is not below 2**31, or not whole.
    """
    if not data:
        return np.empty(0, np.int64)
    symbols = np.frombuffer(data, np.uint8).astype(np.int64)
    ends = np.flatnonzero(symbols < 0x80)
    begins = np.concatenate(([0], ends[:-1] + 1))
    sizes = ends - begins + 1
    if not len(ends) or ends[-1] + 1 != len(data) or sizes.max() > 5:
        raise CorruptError("the recipe of a deflate stream has a number that is none")
    values = np.zeros(len(ends), np.int64)
    for k in range(5):
        has = sizes > k
        values[has] |= (symbols[begins[has] + k] & 0x7F) << 7 * k
    if values.max() >> 31:
        raise CorruptError("the recipe of a deflate stream has a number that is too large")
    return values
