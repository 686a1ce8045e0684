"""Counts what became of each record, with the reasons, for the job's report and the last log line."""

import logging
from collections import Counter
from collections.abc import Iterable
from typing import Any, ClassVar

from typing_extensions import override

from connector.report import Report

COUNTS = ("created", "updated", "disabled", "deleted", "adopted", "existing", "waiting", "refused", "failed")
EXAMPLES = 5
MOST_REASONS = 200  # distinct ones; an API that puts ids into its messages would make one per record


class WriteReport(Report):
    """Counts per entity, reasons with up to five examples, and notes."""

    step: ClassVar[str] = "target"

    def __init__(self, logger: logging.Logger) -> None:
        """Starts empty."""
        super().__init__(logger)
        self.entities: dict[str, Counter[str]] = {}
        self._etl_reasons: list[dict[str, Any]] = []
        self._reasons: dict[tuple[str, str, str, str | None], dict[str, Any]] = {}

    def count(self, resource: str, what: str) -> None:
        """One record ended as `what`."""
        self.entities.setdefault(resource, Counter())[what] += 1

    def reason(self, resource: str, outcome: str, reason: str, field: str | None, remote_id: str) -> None:
        """Why a record did not go as it should, or what was left out of it."""
        key = (resource, outcome, reason, field)
        if key not in self._reasons and len(self._reasons) >= MOST_REASONS:
            key = (resource, outcome, "other reasons; see the results file", None)
        entry = self._reasons.setdefault(key, {"count": 0, "examples": []})
        entry["count"] += 1
        if len(entry["examples"]) < EXAMPLES:
            entry["examples"].append(remote_id)

    @override
    def note(self, text: str) -> None:
        """Something worth a line that belongs to no record; it is logged at the end."""
        if text not in self.notes:
            self.notes.append(text)

    def of_etl(self, notes: Iterable[str], reasons: Iterable[dict[str, Any]]) -> None:
        """What an ETL inside the target has to say of the records it kept back."""
        for note in notes:
            self.note(note)
        self._etl_reasons += list(reasons)

    @property
    def failures(self) -> int:
        """Records that were refused or that failed."""
        return sum(counts["refused"] + counts["failed"] for counts in self.entities.values())

    def lines(self) -> list[str]:
        """One line per resource: what became of its records."""
        return [
            f"{resource}: " + ", ".join(f"{counts[what]} {what}" for what in COUNTS if counts[what])
            for resource, counts in self.entities.items()
        ]

    @override
    def to_dict(self) -> dict[str, Any]:
        """The step report: entities with every count, reasons most frequent first, notes."""
        reasons = [
            {"stream": stream, "outcome": outcome, "reason": reason, "field": field, **entry}
            for (stream, outcome, reason, field), entry in self._reasons.items()
        ]
        report = super().to_dict()
        notes = report.pop("notes")
        return {
            **report,
            "entities": {name: {what: counts[what] for what in COUNTS} for name, counts in self.entities.items()},
            "reasons": sorted([*reasons, *self._etl_reasons], key=lambda entry: -entry["count"]),
            "notes": notes,
        }
