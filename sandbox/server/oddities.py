"""Rows that a server answers wrongly on purpose: values of a wrong type, missing ones, or none at all."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec


class OddAnswerError(Exception):
    """An answer would hold a row that makes it fail with a status."""

    def __init__(self, status: int) -> None:
        """Name the status."""
        super().__init__(f"status {status}")
        self.status = status


class Oddity(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is odd about one row, wherever it is answered: in its list and alone.

    Attributes:
        resource: Its list, such as `products`.
        id: Its id.
        values: What stands in place of the true values, by name; `products.0.amount` names one of a line.
        raw: The same as text that goes out as it is, such as `NaN`, which no JSON value can say.
        missing: Names that are left out.
        row: Text that goes out in place of the whole row, such as `null`.
        status: The HTTP status of every answer that would hold the row, a list page included.
    """

    resource: str
    id: int
    values: dict[str, Any] = {}
    raw: dict[str, str] = {}
    missing: list[str] = []
    row: str | None = None
    status: int | None = None


class Oddities:
    """The oddities that are set, one for each row at most."""

    def __init__(self) -> None:
        """Start with none."""
        self._set: dict[tuple[str, int], Oddity] = {}

    def add(self, oddity: Oddity) -> None:
        """Make a row odd, in place of what was odd about it before."""
        self._set[oddity.resource, oddity.id] = oddity

    def clear(self) -> None:
        """Let every row be answered as it is."""
        self._set = {}

    def tell(self, resource: str, number: int, told: object) -> object:
        """Return what is answered for a row that would truly be told like this.

        Raises OddAnswerError if the row makes its answer fail.
        """
        oddity = self._set.get((resource, number))
        if oddity is None:
            return told
        if oddity.status is not None:
            raise OddAnswerError(oddity.status)
        if oddity.row is not None:
            return msgspec.Raw(oddity.row.encode())
        changed = with_values(told, oddity.values, oddity.missing)
        for name, text in oddity.raw.items():
            _put(changed, name, msgspec.Raw(text.encode()))
        return changed


def with_values(told: object, values: Mapping[str, object], missing: Sequence[str] = ()) -> Any:  # noqa: ANN401
    """Return what would be told with other values by their paths, and without those that are missing."""
    changed: Any = copy.deepcopy(msgspec.to_builtins(told))
    for name in missing:
        _put(changed, name, None, remove=True)
    for name, value in values.items():
        _put(changed, name, value)
    return changed


def _put(told: Any, path: str, value: object, *, remove: bool = False) -> None:  # noqa: ANN401
    """Set or remove a value by its path; a path that leads nowhere changes nothing."""
    *steps, last = path.split(".")
    for step in steps:
        if isinstance(told, list) and step.isdigit() and int(step) < len(told):
            told = told[int(step)]
        elif isinstance(told, dict) and step in told:
            told = told[step]
        else:
            return
    if isinstance(told, list) and last.isdigit() and int(last) < len(told):
        told[int(last)] = value
    elif isinstance(told, dict) and remove:
        told.pop(last, None)
    elif isinstance(told, dict):
        told[last] = value
