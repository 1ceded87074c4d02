"""Deflate streams <-> their content and a recipe, from which the stream comes back bit for bit.

The recipe says which of the known encoders writes the most similar stream, and what is different in the real one:
ends of blocks, tokens, types and codes (`arcodec.kernels.deflate_match`, `deflate_blocks`). No other implementation
of deflate has a part in it, so it does not matter which one is installed. The idea is that of preflate (D. Steinke)
and, before it, precomp and reflate.

Importing this loads kernels: import it late.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from arcodec.content import _deflate_recipe
from arcodec.content._deflate_encoders import ENCODERS, Parameters
from arcodec.content._deflate_recipe import Parts
from arcodec.errors import CorruptError
from arcodec.kernels import deflate, deflate_blocks, deflate_match, deflate_plan

MOST = 1 << 30  # bytes of content
EXPANSION = 1032  # deflate never makes more bytes than this out of one
_LONGEST = (1 << 31) - 1  # bytes of a stream: their places fit the kernels
_ROOM = 1 << 15  # tokens that are held at once, as long as blocks have no more

Bytes = npt.NDArray[np.uint8]
Table = npt.NDArray[np.int64]

_NO_BYTES = np.empty(0, np.uint8)
_NO_TOKENS = np.empty(0, np.int32)
_NO_BLOCKS = np.empty((0, deflate.FIELDS), np.int64)


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
    """A stream as `arcodec.kernels.deflate.inflate` gives it.

    Attributes:
        data: uint8[n], the stream and what follows it.
        content: uint8[m].
        tokens: int32[t].
        blocks: int64[b, FIELDS], all fields set.
        bits: how many the stream has.
    """

    data: Bytes
    content: Bytes
    tokens: npt.NDArray[np.int32]
    blocks: Table
    bits: int


def analyse(data: bytes, start: int = 0, limit: int | None = None) -> Replay | None:
    """Take the deflate stream apart that begins at `start`; None if there is none that is whole and right.

    Takes 4 bytes of memory for each byte of content, and as much again as `replay`.

    Args:
        data: bytes; what follows the stream is not looked at.
        start: offset of the stream.
        limit: bytes of content beyond which it is None; never more than EXPANSION for each byte, nor than MOST.
    """
    from arcodec.content import _deflate_guess

    most = min(MOST, EXPANSION * (len(data) - start), MOST if limit is None else limit)
    stream = _inflated(np.frombuffer(data, np.uint8)[start : start + _LONGEST], most)
    if stream is None:
        return None
    recipe = _described(stream, _deflate_guess.encoder(stream))
    if recipe is None:  # too much work for the limits of that encoder; those of this one are low
        recipe = _described(stream, ENCODERS[0])
    end = start + (stream.bits + 7) // 8
    content = stream.content.tobytes()
    if recipe is None or replay(content, recipe) != data[start:end]:
        return None
    return Replay(content, recipe, end)


def replay(content: bytes | memoryview, recipe: bytes) -> bytes:
    """The stream of `content` and `recipe`.

    Work is bounded by `deflate_match.WORK_EACH` for each byte of content, memory by 24 bytes for each and for each of
    the recipe; usually it is the stream twice.

    Raises:
        CorruptError: they do not fit together.
    """
    parts = _deflate_recipe.read(recipe)
    source = np.frombuffer(content, np.uint8)
    walker = Walker(source, parts.parameters)
    coder = Coder(source, parts.parameters, parts.notes)
    while True:
        status = walker.go(0, parts.differences, parts.ends)
        if status not in (deflate_match.FINE, deflate_match.MORE_ROOM):
            raise CorruptError("the recipe of a deflate stream does not fit its content")
        coder.write(walker)
        if status == deflate_match.FINE:
            break
        walker.make_room()
    used = walker.differences, walker.ends, coder.used
    if used != (len(parts.differences), len(parts.ends), len(parts.notes)):
        raise CorruptError("the recipe of a deflate stream goes on after its end")
    return coder.finished(parts.padding)


class Walker:
    """The state of `deflate_match.walk` and the arrays that it works in.

    Attributes:
        tokens: int32[...], those of the blocks in spans.
        spans: int64[..., 5]; `count` of them are blocks that are done.
    """

    def __init__(self, content: Bytes, parameters: Parameters, room: int = _ROOM) -> None:
        self._content = content
        self._parameters = np.array(parameters[: deflate_match.PARAMETERS], np.int64)
        self._state = np.zeros(deflate_match.STATE, np.int64)
        self._chains = deflate_match.chains_for(parameters, len(content))
        self._choice = _NO_TOKENS
        self.tokens = np.empty(min(room, max(len(content), 1)), np.int32)
        self.spans = np.zeros((256, 5), np.int64)

    @property
    def count(self) -> int:
        """Blocks in `spans`."""
        return int(self._state[deflate_match.SPANS])

    @property
    def differences(self) -> int:
        """How many there are so far."""
        return int(self._state[deflate_match.DIFFERENCES])

    @property
    def ends(self) -> int:
        """How many were not as predicted so far."""
        return int(self._state[deflate_match.ENDS])

    def go(
        self,
        given: int,
        differences: npt.NDArray[np.int32],
        ends: Table,
        stream: Stream | None = None,
        most: int = deflate_match.ANY,
    ) -> int:
        """Go on; returns what `walk` does."""
        tokens, blocks = (stream.tokens, stream.blocks) if stream else (_NO_TOKENS, _NO_BLOCKS)
        while True:
            status: int = deflate_match.walk(
                self._content,
                self._parameters,
                given,
                most,
                tokens,
                blocks,
                self.tokens,
                self.spans,
                differences,
                ends,
                self._state,
                self._chains,
                self._choice,
            )
            if status != deflate_match.MORE_PLAN:
                return status
            begin, end = self._state[[deflate_match.PLAN, deflate_match.PLANNED_TO]].tolist()
            self._choice = np.empty(end - begin, np.int32)
            deflate_plan.plan(self._content, begin, end, self._choice)

    def make_room(self) -> None:
        """Forget the blocks that are done; hold more tokens if what is left is much."""
        wrote = int(self._state[deflate_match.WROTE])
        done = int(self.spans[self.count - 1, 0]) if self.count else 0
        left = self.tokens[done:wrote].copy()
        if 2 * len(left) > len(self.tokens):
            self.tokens = np.empty(2 * len(self.tokens), np.int32)
        self.tokens[: len(left)] = left
        self._state[deflate_match.WROTE] = len(left)
        self._state[deflate_match.SPANS] = 0


class Coder:
    """The state of `deflate_blocks.code_blocks` and the arrays that it works in.

    Attributes:
        notes: int32[...], `used` of them so far.
    """

    def __init__(
        self, content: Bytes, parameters: Parameters, notes: npt.NDArray[np.int32], stream: Stream | None = None
    ) -> None:
        self._content = content
        self._parameters = np.array(parameters[deflate_match.PARAMETERS :], np.int64)
        self._state = np.zeros(deflate_blocks.STATE, np.int64)
        self._stream = stream
        self._first = 0
        self._out = np.empty(0 if stream else len(content) // 2 + 4096, np.uint8)
        self.notes = notes

    @property
    def used(self) -> int:
        """Notes so far."""
        return int(self._state[deflate_blocks.NOTES])

    def write(self, walker: Walker) -> None:
        """The blocks that the walker has done: write them, or, where a stream is given, note what differs.

        Raises:
            CorruptError: the notes make no sense.
        """
        data, blocks = (self._stream.data, self._stream.blocks) if self._stream else (_NO_BYTES, _NO_BLOCKS)
        state = self._state
        state[deflate_blocks.DONE] = state[deflate_blocks.TOKEN] = 0
        while True:
            status = deflate_blocks.code_blocks(
                self._content,
                self._parameters,
                int(self._stream is not None),
                data,
                blocks,
                self._first,
                walker.tokens,
                walker.spans,
                walker.count,
                self.notes,
                self._out,
                state,
            )
            if status == deflate_blocks.WRONG:
                raise CorruptError("the recipe of a deflate stream says what no block can hold")
            if status == deflate_blocks.FINE:
                break
            if status == deflate_blocks.MORE_NOTES:
                self.notes = _grown(self.notes, 2 * len(self.notes) + deflate_blocks.MOST_NOTES)
            else:
                self._out = _grown(self._out, len(self._out) + max(len(self._out) // 2, self._wanted(walker.spans)))
        self._first += walker.count

    def _wanted(self, spans: Table) -> int:
        """Bytes that the next block may take."""
        block = spans[self._state[deflate_blocks.DONE]]
        stored = min(int(block[1] - block[4]), 1 << 16)
        return 6 * int(block[0] - self._state[deflate_blocks.TOKEN]) + stored + deflate_blocks.MOST_HEADER

    def finished(self, padding: int) -> bytes:
        """What has been written, the last byte filled up with these bits.

        Raises:
            CorruptError: they are too many.
        """
        size, held = int(self._state[deflate_blocks.OUT]), int(self._state[deflate_blocks.BITS])
        last = int(self._state[deflate_blocks.WORD]) | padding << held
        if last > 0xFF or (padding and not held):
            raise CorruptError("the recipe of a deflate stream pads more bits than are left")
        return self._out[:size].tobytes() + (bytes([last]) if held else b"")


def _inflated(data: Bytes, most: int) -> Stream | None:
    """The stream at the beginning of `data`, if it is right and has at most so many bytes of content."""
    content = np.empty(min(1 << 16, most), np.uint8)
    tokens = np.empty(1 << 14, np.int32)
    blocks = np.zeros((64, deflate.FIELDS), np.int64)
    state = np.zeros(4, np.int64)
    while (status := deflate.inflate(data, content, tokens, blocks, state)) != deflate.DONE:
        if status == deflate.MORE_TOKENS:
            tokens = _grown(tokens, 2 * len(tokens))
        elif status == deflate.MORE_BLOCKS:
            blocks = _grown(blocks, 2 * len(blocks))
        elif status == deflate.MORE_BYTES and len(content) < most:
            content = _grown(content, min(2 * len(content), most))
        else:
            return None
    bits, size, count, used = state.tolist()
    blocks = blocks[:used]
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
    walker = Walker(stream.content, parameters)
    coder = Coder(stream.content, parameters, np.empty(deflate_blocks.MOST_NOTES, np.int32), stream)
    differences = np.empty((1024, 4), np.int32)
    ends = np.empty((64, 3), np.int64)
    while (status := walker.go(1, differences, ends, stream)) != deflate_match.FINE:
        if status == deflate_match.MORE_DIFFERENCES:
            differences = _grown(differences, 2 * len(differences))
        elif status == deflate_match.MORE_ENDS:
            ends = _grown(ends, 2 * len(ends))
        elif status == deflate_match.MORE_ROOM:
            coder.write(walker)
            walker.make_room()
        else:
            return None
    coder.write(walker)
    free = -stream.bits % 8
    padding = int(stream.data[stream.bits // 8]) >> (8 - free) if free else 0
    found, stated, notes = differences[: walker.differences], ends[: walker.ends], coder.notes[: coder.used]
    return _deflate_recipe.written(Parts(parameters, stated, found, notes, padding))
