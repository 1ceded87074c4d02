"""Reading a recipe field by field."""

from __future__ import annotations

from arcodec import varint
from arcodec.errors import CorruptError, TruncatedError


class Reader:
    """A cursor over a recipe; every method raises CorruptError where the recipe ends too early."""

    def __init__(self, recipe: bytes) -> None:
        self._recipe = recipe
        self._offset = 0

    def number(self) -> int:
        """The next variable-length integer."""
        try:
            value, self._offset = varint.read(self._recipe, self._offset)
        except TruncatedError as error:
            raise CorruptError(f"the recipe is too short: {error}") from None
        return value

    def take(self, length: int) -> bytes:
        """The next `length` bytes."""
        end = self._offset + length
        if end > len(self._recipe):
            raise CorruptError(
                f"the recipe is too short: {length} bytes wanted at offset {self._offset} of {len(self._recipe)}"
            )
        field = self._recipe[self._offset : end]
        self._offset = end
        return field

    def byte(self) -> int:
        """The next byte."""
        return self.take(1)[0]

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self._recipe) - self._offset)

    def __bool__(self) -> bool:
        """Whether anything is left."""
        return self._offset < len(self._recipe)
