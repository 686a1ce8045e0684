"""What a destination is to a command that asks it about its objects."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Row(Protocol):
    """An object of a destination, as it lists it."""

    @property
    def id(self) -> str:
        """The destination's id."""

    @property
    def attributes(self) -> Mapping[str, Any]:
        """What it says of it."""


class Account(Protocol):
    """A destination that is asked."""

    def rows(self, entity: str, equal: Mapping[str, str]) -> Sequence[Row]:
        """The objects of an entity whose attributes are equal to these; all of them without any."""
