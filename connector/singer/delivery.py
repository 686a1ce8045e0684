"""What the SDK's side of a target asks of those who write the records, and of those who turn other shapes first."""

import threading
from collections.abc import Iterator
from typing import Any, Protocol


class Delivery(Protocol):
    """One run's writing; a record becomes a job (of any type) that is handed back to be sent."""

    stop: threading.Event  # set: nothing more is sent

    def takes(self, stream: str) -> bool:
        """Whether the stream's records can be written."""

    def needs(self, stream: str, other: str) -> bool:
        """Whether records of `stream` refer to those of `other`, which then go first."""

    def together(self, stream: str) -> int:
        """How many records of a stream are handed on at a time."""

    def ignore(self, stream: str, records: int) -> None:
        """So many more records of a stream that cannot be written."""

    def read(self, stream: str, record: dict[str, Any], keys: tuple[str, ...]) -> Any:  # noqa: ANN401 - opaque here
        """The job of a record just read."""

    def refused(self, stream: str, record: dict[str, Any], keys: tuple[str, ...], reason: str, in_general: str) -> Any:  # noqa: ANN401 - opaque here
        """The job of a record whose line cannot be used; `record` is what could be read of it."""

    def send(self, jobs: list[Any]) -> None:
        """Takes a group of jobs; returns when all are on their way. Raises ProgramError when the run cannot go on."""

    def drain(self) -> None:
        """Brings everything sent so far to an end."""

    def finish(self) -> None:
        """Settles all that is left at the end of the input."""

    def conclude(self) -> str | None:
        """Takes in what is in flight, brings all to disk and writes results and report; what stdout is to show."""

    def note(self, text: str) -> None:
        """Something worth a line of the report."""

    def state(self, value: dict[str, Any]) -> None:
        """Takes in a STATE at this place of the input."""

    def ready_state(self) -> dict[str, Any] | None:
        """The newest STATE all of whose records are settled, once, if it is to be printed."""


class Hook(Protocol):
    """Takes messages of another shape out of the input, and gives back what becomes of them at its end."""

    def takes_schema(self, message: dict[str, Any]) -> bool:
        """Whether the stream is one of those; then its messages are kept."""

    def takes(self, message: dict[str, Any]) -> bool:
        """Whether the record belongs to such a stream; then it is kept."""

    def takes_state(self, message: dict[str, Any]) -> bool:
        """Whether STATE waits for what becomes of kept records."""

    def run(self) -> Iterator[dict[str, Any]]:
        """The messages that the kept ones become. Raises ProgramError."""
