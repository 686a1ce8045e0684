"""A request as a system asks it, the patience it is asked with, and its course through all attempts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from connector.http.table import Meaning

Query: TypeAlias = Callable[[int], str]


class Counting(Protocol):
    """Where requests and their repeats are counted."""

    def count_request(self) -> None:
        """One request was sent."""

    def count_retry(self, cause: int | str) -> None:
        """One more attempt follows a failure of this cause."""


@dataclass(frozen=True)
class Request:
    """What to ask: a path below the system's address, and the query for a given number of rows, encoded already.

    `shrinkable`: another attempt may ask for fewer rows (a page number would then mean another page).
    `scope`: the part of the system that is asked, where it is not the run's own.
    """

    path: str
    query: Query = lambda _size: ""
    size: int = 0
    shrinkable: bool = True
    scope: str | None = None
    method: str = "GET"
    body: bytes | None = None


@dataclass(frozen=True)
class Patience:
    """How long to wait, in seconds: for an answer, for a request with all its attempts, before the second attempt."""

    answer: float
    request: float
    first_wait: float | None = None


@dataclass
class Course:
    """A request under way: its attempts so far, those that ended in a row with a limit, and what the last one was.

    `most`: attempts that the caller allows. `is_refused`: the last token was refused. `entered`: the pace's number of
    the last attempt. `authorization`: the header it was signed with. `left`: seconds of patience when it failed.
    """

    request: Request
    waits: Iterator[float]
    size: int
    most: int | None
    isolating: bool
    began: float
    attempts: int = 0
    limited: int = 0
    is_refused: bool = False
    entered: int = 0
    authorization: str | None = None
    left: float = 0.0

    def limit(self, row: Meaning) -> int | None:
        """The number of attempts that a row allows."""
        return row.spoilt_after if self.isolating and row.spoilt_after is not None else row.tries
