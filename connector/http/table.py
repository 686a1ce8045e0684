"""What an answer means: one table for each system, from method, status and kind of body to what is done about it.

An answer is judged by the first row that fits, and the last row of a table fits every answer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

import msgspec

from connector.files import table_beside


class Fate(Enum):
    """What is done about an answer."""

    DONE = "success"
    AGAIN = "wait and try again"
    RENEW = "get a new token once, then again"
    ACCESS = "get a new token, or tell wrong credentials from a missing right"
    SHRINK = "learn the largest page, then again"
    ISOLATE = "try again, then take a record for the fault"
    REFUSE = "refuse this record"
    PARK = "unanswered: look up before repeating"
    STOP = "stop the run"
    FATAL = "fail the stream"
    EXISTS = "it exists: look it up, then change it"
    WITHOUT = "send again without the field"
    CREATE_AGAIN = "create again"
    ORPHAN = "ask for what the record refers to"
    GONE = "success: already gone"


class Body(Enum):
    """What kind of body came with a status."""

    JSON = "json"
    OTHER = "other"
    ANY = "any"
    LIMIT = "limit"
    BROKEN = "broken"


@dataclass(frozen=True)
class Meaning:
    """A row: for a method (`*` is any), causes (None: whatever is left) and a kind of body, what to do and say.

    A cause is a status, or a word for how a request ended without one. `marker`: a text the body must contain, in
    either case. `tries`: at most so many attempts that ended in rows with a limit (None: as long as the patience
    lasts). `slow`: the server is overloaded, so fewer requests at once. `smaller`: the next attempt asks for half as
    many rows. `spoilt_after`: where a smaller page can be asked for, a record counts as the reason after so many
    attempts.
    """

    causes: frozenset[int | str] | None
    fate: Fate
    says: str
    remedy: str = ""
    method: str = "*"
    body: Body = Body.ANY
    marker: str | None = None
    tries: int | None = None
    slow: bool = False
    smaller: bool = False
    spoilt_after: int | None = None

    def fits(self, method: str, cause: int | str, body: Body = Body.ANY, text: str = "") -> bool:
        """Whether an answer belongs to this row."""
        return (
            self.method in ("*", method)
            and (self.causes is None or cause in self.causes)
            and self.body in (Body.ANY, body)
            and (self.marker is None or self.marker in text.casefold())
        )


Table: TypeAlias = tuple[Meaning, ...]


def causes(*listed: int | str | Iterable[int]) -> frozenset[int | str]:
    """Statuses, words and ranges of statuses as the causes of a row."""
    found: set[int | str] = set()
    for one in listed:
        found |= {one} if isinstance(one, (int, str)) else set(one)
    return frozenset(found)


def read_table(module: str, name: str = "answers.csv") -> Table:
    """The table in a CSV file beside a module: a column for each field of `Meaning`, empty for what is the default."""
    rows = ({**row, "causes": _causes(row.get("causes", ""))} for row in table_beside(module, name))
    return tuple(msgspec.convert(row, Meaning, strict=False) for row in rows)


def _causes(cell: str) -> frozenset[int | str] | None:
    """Statuses, words and ranges with a blank between: "cut 408 500-599"; none for whatever is left."""
    found: list[str | range] = []
    for word in cell.split():
        first, _, last = word.partition("-")
        found.append(range(int(first), int(last or first) + 1) if first.isdigit() else word)
    return causes(*found) or None


def judge(table: Table, method: str, cause: int | str, body: Body = Body.ANY, text: str = "") -> Meaning:
    """The first row that fits an answer."""
    return next(row for row in table if row.fits(method, cause, body, text))
