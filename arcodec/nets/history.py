"""What lies back in a sequence: the values of so many symbols before, for stretches of any length."""

from __future__ import annotations

from collections.abc import Sequence

from arcodec.nets.base import Arithmetic, Array


class History:
    """The last `length` values of lanes, a ring. One symbol at a time costs the same however long it is.

    Args:
        a: the arithmetic.
        lanes: how many.
        length: how far it goes back.
        width: of a value.
    """

    def __init__(self, a: Arithmetic, lanes: int, length: int, width: int) -> None:
        self._a, self._length = a, length
        self.ring = a.zeros(lanes, length, width)
        self.oldest = 0  # its place in the ring

    def taps(self, x: Array, distances: Sequence[int]) -> list[Array]:
        """Values so far before each of x[lanes, time, width], in arrays like x; then x belongs to the history.

        `distances` are 0 ... length.
        """
        if x.shape[1] == 1 and self._length:
            found = [x if d == 0 else self._at(self.oldest - d) for d in distances]
            self.ring[:, self.oldest] = x[:, 0]
            self.oldest = (self.oldest + 1) % self._length
            return found
        time, whole = x.shape[1], self._after(x)
        found = [whole[:, self._length - d : self._length - d + time] for d in distances]
        self.ring, self.oldest = whole[:, time:], 0
        return found

    def all(self, x: Array) -> Array:
        """All of the history and then x: [lanes, length + time, width]; then x belongs to the history.

        The history is in order, the oldest first; of one symbol, in that of the ring, whose oldest is at `oldest`
        before the call.
        """
        if x.shape[1] == 1 and self._length:
            found = self._a.concat([self.ring, x], axis=1)
            self.ring[:, self.oldest] = x[:, 0]
            self.oldest = (self.oldest + 1) % self._length
            return found
        whole = self._after(x)
        self.ring, self.oldest = whole[:, x.shape[1] :], 0
        return whole

    def _after(self, x: Array) -> Array:
        return self._a.concat([self.ring[:, self.oldest :], self.ring[:, : self.oldest], x], axis=1)

    def _at(self, place: int) -> Array:
        place %= self._length
        # A copy: the ring goes on while this may still be needed.
        return self._a.concat([self.ring[:, place : place + 1]], axis=1)
