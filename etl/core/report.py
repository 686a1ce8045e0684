"""Counts what became of every record, with reasons, in the shape of the ETL's step report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from connector.values import kind_of
from etl.core.input import Input
from etl.core.mapping import Issue

COUNTS = ("read", "mapped", "unchanged", "offered", "held", "waiting", "refused", "left_out")
_EXAMPLES = 5


@dataclass
class _Reason:
    count: int = 0
    examples: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)


class Tally:
    """Collects counts and reasons; `as_dict` gives plain values that JSON can hold."""

    def __init__(self, streams: Iterable[str]) -> None:
        """Every stream is named in the report, also when nothing came of it."""
        self._counts: dict[str, dict[str, int]] = {stream: dict.fromkeys(COUNTS, 0) for stream in streams}
        self._reasons: dict[tuple[str, str, str, str | None], _Reason] = {}
        self.notes: list[str] = []
        self._noted: set[str] = set()

    def count(self, stream: str, outcome: str, number: int) -> None:
        """Adds to a count of the stream."""
        self._counts[stream][outcome] += number

    def counted(self, stream: str, outcome: str) -> int:
        """The count so far."""
        return self._counts[stream][outcome]

    def because(
        self,
        stream: str,
        outcome: str,
        reason: str,
        remote_ids: Sequence[object],
        field_name: str | None = None,
        values: Sequence[object] = (),
    ) -> None:
        """Notes a reason for some records of the stream, with up to five examples and their values."""
        if not len(remote_ids):
            return
        entry = self._reasons.setdefault((stream, outcome, reason, field_name), _Reason())
        entry.count += len(remote_ids)
        room = _EXAMPLES - len(entry.examples)
        entry.examples += [str(item) for item in list(remote_ids)[:room]]
        entry.values += [shown(item) for item in list(values)[:room]]

    def note(self, text: str) -> None:
        """Notes a sentence about the run; the same sentence once."""
        if text not in self._noted:
            self._noted.add(text)
            self.notes.append(text)

    def as_dict(self) -> dict[str, Any]:
        """The report without step name and seconds, most frequent reasons first."""
        reasons = sorted(self._reasons.items(), key=lambda item: (-item[1].count, str(item[0])))
        return {
            "entities": self._counts,
            "reasons": [
                {
                    "stream": stream,
                    "outcome": outcome,
                    "reason": reason,
                    "field": field_name,
                    "count": entry.count,
                    "examples": entry.examples,
                    **({"values": entry.values} if entry.values else {}),
                }
                for (stream, outcome, reason, field_name), entry in reasons
            ],
            "notes": self.notes,
        }


def shown(value: object) -> str:
    """A value as a report shows it: at most 80 characters, and its kind where it is neither text nor a number."""
    return str(value)[:80] if isinstance(value, (str, int, float)) else kind_of(value)


def records_are(number: int, stream: str) -> str:
    """The beginning of a sentence on records of a stream."""
    return f"1 record of {stream} is" if number == 1 else f"{number:,} records of {stream} are"


def tell_input(source: Input, report: Tally) -> None:
    """Notes what could not be read of the input, and what no flow reads."""
    for problem in source.problems:
        report.note(problem.text)
    for stream, number in sorted(source.ignored.items()):
        report.note(f"{records_are(number, stream)} not used by the ETL.")


def count_issues(report: Tally, stream: str, remote_ids: pd.Series[Any], issues: tuple[Issue, ...]) -> None:
    """Notes values that were refused, left out or adjusted, with their records."""
    grouped: dict[tuple[str, str, str], list[Issue]] = {}
    for issue in issues:
        grouped.setdefault((issue.outcome, issue.reason, issue.field), []).append(issue)
    for (outcome, reason, name), found in grouped.items():
        ids = [remote_ids[issue.row] for issue in found]
        report.because(stream, outcome, reason, ids, name, [issue.value for issue in found])
