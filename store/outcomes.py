"""Reads outcome files and folds their lines into the acknowledged half of a record. Writes no files."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from connector.canonical import canonical
from connector.messages import UNREADABLE
from connector.names import DESTINATION
from store.errors import SnapshotError

Event = Literal["announced", "answered"]
Action = Literal["create", "update", "disable", "delete", "adopt"]
Status = Literal["accepted", "refused", "failed", "waiting", "unanswered"]

_logger = logging.getLogger(__name__)
# What identifies or steers a record is no part of its picture.
_NOT_ATTRIBUTES = ("remoteId", "id", "_changed", "deleted_at")


@dataclass(frozen=True)
class Outcome:
    """One line of an outcomes file: a request that is about to be sent, or what came of a record.

    `sent` holds the record's attributes as the ETL named them (remote references unresolved), `at` is ISO UTC,
    `hash` is that of what was sent, `status` is None in an announcement. An answer without time came from elsewhere.
    """

    stream: str
    remoteId: str
    event: Event
    action: Action
    status: Status | None = None
    id: str | None = None
    reason: str | None = None
    sent: dict[str, Any] | None = None
    hash: str | None = None
    at: str = ""

    def to_json(self) -> str:
        """The outcome as one line of canonical JSON, without a line end."""
        return canonical(self)

    @staticmethod
    def from_json(line: str | bytes) -> Outcome:
        """The outcome in `line`; raises msgspec.MsgspecError when it is not a whole one."""
        return _DECODER.decode(line)


_DECODER = msgspec.json.Decoder(Outcome)


def outcome_prefix(destination: str) -> str:
    """How the outcome files of a destination begin, so that no other one's store takes them in."""
    return "outcomes-" if destination == DESTINATION else f"{destination}-outcomes-"


def outcome_files(directory: Path, destination: str = DESTINATION) -> list[Path]:
    """The outcome files of a destination in `directory`, oldest first (the time stands in their names)."""
    return sorted(directory.glob(f"{outcome_prefix(destination)}*.jsonl"), key=lambda path: path.name)


def read_outcomes(path: Path, destination: str) -> Iterator[Outcome]:
    """The whole lines of an outcomes file, in order; `destination` is what people call who gave the answers.

    A line cut off at the end is what a killed writer leaves: it is ignored, since nothing was sent on its strength.
    Raises SnapshotError for a damaged line with whole ones after it.
    """
    damaged: int | None = None
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                outcome = Outcome.from_json(line)
            except UNREADABLE:
                damaged = damaged or number
                continue
            if damaged is not None:
                raise SnapshotError(
                    f"{path} line {damaged} is damaged although whole lines follow it; delete that line and run again "
                    f"(a record whose outcome is lost is looked up in {destination} before it is sent again)."
                )
            yield outcome
    if damaged is not None:
        _logger.warning("%s ends in an unfinished line (%d), which is ignored: its writer was stopped.", path, damaged)


@dataclass
class Acknowledged:
    """The half of a record that outcomes write; `wanted` is only looked at."""

    wanted: str | None = None
    acknowledged: str | None = None
    id: str | None = None
    announced_at: str | None = None
    announced: str | None = None
    status: str | None = None
    reason: str | None = None
    answered_at: str | None = None
    sent_at: str | None = None
    hash: str | None = None
    refused_picture: str | None = None
    contested: str | None = None

    def fold(self, outcome: Outcome) -> None:
        """Takes one outcome in. Folding a sequence of outcomes a second time gives the same half again."""
        if outcome.event == "announced":
            self._announce(outcome)
            return
        self.status, self.reason, self.answered_at = outcome.status, outcome.reason, outcome.at or None
        self.refused_picture = self.wanted if outcome.status == "refused" else None
        if outcome.status == "accepted":
            self._accept(outcome)
        elif outcome.status in ("refused", "failed") and outcome.action in ("create", "adopt"):
            self.announced = self.announced_at = None

    def contest(self, outcome: Outcome, reason: str) -> None:
        """Takes in an answer that names the id of another record: a failure, whatever the answer says."""
        self.status, self.reason, self.answered_at = "failed", reason, outcome.at or None
        self.contested, self.refused_picture = outcome.id, None
        if outcome.action in ("create", "adopt"):
            self.announced = self.announced_at = None

    def _announce(self, outcome: Outcome) -> None:
        """A create may have arrived from here on; what a change or a removal touches is unknown until it is answered.

        Without that, a change whose answer is lost would stay there when its source takes it back.
        """
        if outcome.action == "create":
            self.announced, self.announced_at = outcome.to_json(), outcome.at
            return
        self.hash = None
        if outcome.action == "delete":
            self.acknowledged = None
        elif self.acknowledged is not None:
            known = msgspec.json.decode(self.acknowledged)
            self.acknowledged = canonical({name: known[name] for name in known if name not in (outcome.sent or {})})

    def _accept(self, outcome: Outcome) -> None:
        self.contested = None
        self.sent_at, self.hash = outcome.at or None, outcome.hash
        if outcome.action == "delete":
            self.id = self.acknowledged = self.announced = self.announced_at = None
            return
        self.id = outcome.id or self.id
        if outcome.action in ("create", "adopt"):
            self.announced = self.announced_at = None
            self.acknowledged = None if outcome.sent is None else self._picture({}, outcome.sent)
        elif outcome.sent is not None:
            known = {} if self.acknowledged is None else msgspec.json.decode(self.acknowledged)
            self.acknowledged = self._picture(known, outcome.sent)

    def _picture(self, known: dict[str, Any], sent: dict[str, Any]) -> str:
        """The picture after `sent`; in the very text of `wanted` where it says the same, so that SQL sees no change."""
        attributes = {name: value for name, value in sent.items() if name not in _NOT_ATTRIBUTES}
        picture = canonical({**known, **attributes})
        if self.wanted is None or self.wanted == picture:
            return picture
        same = msgspec.json.decode(self.wanted) == msgspec.json.decode(picture)
        return self.wanted if same else picture


def newest_accepted(outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Stream -> time of the newest accepted outcome."""
    newest: dict[str, str] = {}
    for outcome in outcomes:
        if outcome.status == "accepted" and outcome.at > newest.get(outcome.stream, ""):
            newest[outcome.stream] = outcome.at
    return newest
