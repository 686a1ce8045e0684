"""What an input is; singer.py and tables.py read its forms."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class InputProblem(NamedTuple):
    """Something in the input that could not be used: where, and one sentence with the remedy."""

    stream: str | None
    record: str | None
    text: str


class Batch(NamedTuple):
    """Some records of one stream, in the order of the input."""

    stream: str
    records: list[Any]


@dataclass
class Input:
    """What was learned while reading, beside the records: filled as the batches are taken.

    `complete` maps a full-table stream that was read to its end to the id of the run that read it. `unread` counts the
    records of each stream that could not be read, `ignored` those of streams that the ETL does not use.
    """

    state: dict[str, Any] | None = None
    complete: dict[str, str] = field(default_factory=dict)
    problems: list[InputProblem] = field(default_factory=list)
    ignored: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)

    def batches(self) -> Iterator[Batch]:
        """The records in chunks, none by itself; afterwards the other attributes are final."""
        yield from ()

    def is_complete(self, stream: str) -> bool:
        """Whether the whole table was read, so that absence means something."""
        return stream in self.complete


def complete_marks(state: dict[str, Any] | None) -> dict[str, str]:
    """STATE of the tap → stream read to its end → id of the run that read it."""
    if not state:
        return {}
    bookmarks = state.get("bookmarks")
    marks = bookmarks if isinstance(bookmarks, dict) else {}
    return {
        stream: _run_id(mark.get("run_id")) or _run_id(state.get("run_id"))
        for stream, mark in marks.items()
        if isinstance(mark, dict) and mark.get("complete") is True
    }


def _run_id(value: object) -> str:
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


class Several(Input):
    """Several inputs as one, read one after the other; the last STATE counts."""

    def __init__(self, inputs: Iterable[Input]) -> None:
        """Each of the inputs is read once."""
        super().__init__()
        self._inputs = list(inputs)

    def batches(self) -> Iterator[Batch]:
        """The records of all inputs."""
        for part in self._inputs:
            yield from part.batches()
            self.state = part.state if part.state is not None else self.state
            self.complete |= part.complete
            self.problems += part.problems
            self.ignored += part.ignored
            self.unread += part.unread
