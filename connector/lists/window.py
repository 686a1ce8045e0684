"""The time that one run reads of a stream: from the bookmark to now, with neither clock nor bookmark believed unseen.

The rows carry the other side's time, so its clock ends the window. It may be wrong, though, for once or for ever, so
the bookmark is taken from the earlier of the two clocks and never lies in the future, at the cost of rows read twice.
Whatever is odd is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from connector.lists.words import Words
from connector.times import as_utc_text, earlier, utc_text

MARGIN = timedelta(seconds=10)
"""How far the window's upper end stays behind the clock: rows of the last seconds may not be committed yet."""
ODD = timedelta(hours=23)
"""Clocks further apart than this are said: a day, less what is lost between two readings."""


@dataclass(frozen=True)
class Clock:
    """The other side's time (None where it does not tell) and this machine's, at the start of a run."""

    theirs: datetime | None
    machine: datetime

    @classmethod
    def now(cls, theirs: datetime | None) -> Clock:
        """The clocks of this moment."""
        return cls(theirs, datetime.now(timezone.utc))

    @property
    def earliest(self) -> datetime:
        """The earlier of the two."""
        return min(self.theirs or self.machine, self.machine)

    @property
    def latest(self) -> datetime:
        """The later of the two."""
        return max(self.theirs or self.machine, self.machine)

    @property
    def is_odd(self) -> bool:
        """Whether one of the two must be wrong."""
        return self.latest - self.earliest > ODD

    @property
    def end(self) -> str:
        """Up to when rows are read: their time; the later one where it is odd, so that no row is passed over."""
        return utc_text((self.latest if self.is_odd else self.theirs or self.machine) - MARGIN)

    @property
    def bookmark(self) -> str:
        """Up to when rows are certain to have been read."""
        return utc_text(self.earliest - MARGIN)

    @property
    def horizon(self) -> str:
        """What lies beyond is the future, whichever clock is right."""
        return utc_text(min(self.latest, self.earliest + ODD))

    def oddity(self, who: str) -> str | None:
        """What a person should know about the two clocks; `who`, at the beginning of a sentence, has the other one."""
        if not self.is_odd or self.theirs is None:
            return None
        hours = round((self.latest - self.earliest) / timedelta(hours=1))
        apart = f"{hours} hours" if hours < 72 else f"{round(hours / 24)} days"
        side = "ahead of" if self.theirs > self.machine else "behind"
        return (
            f"{who}'s clock ({utc_text(self.theirs)} UTC) is {apart} {side} this machine's "
            f"({utc_text(self.machine)} UTC), so one of them is wrong: rows are read up to the later of the two, "
            "and the next run begins at the earlier. Let both keep time by NTP."
        )


@dataclass(frozen=True)
class Window:
    """What a run reads of a stream by `updated_at`, both ends included, and the bookmark it leaves.

    `start`: None reads from the beginning. `bookmark`: None leaves the old one as it is. `whole`: nothing is left out
    at either end. `notes`: what a person should know.
    """

    start: str | None
    end: str
    bookmark: str | None
    whole: bool
    notes: tuple[str, ...]


def window(
    name: str, clock: Clock, saved: str | None, config: Mapping[str, Any], words: Words, *, document: bool
) -> Window:
    """The window of the stream `name`, whose last one ended at `saved` (naive UTC text, or None).

    Settings: `end_date`, `lookback_seconds` and, for documents (orders and what follows from them), `start_date`.
    """
    first = as_utc_text(str(config["start_date"])) if document and config.get("start_date") else None
    last = as_utc_text(str(config["end_date"])) if config.get("end_date") else None
    end = min(clock.end, last) if last else clock.end
    notes = []
    believed = saved
    if saved and not words.oldest <= saved <= clock.horizon:
        ahead = "in the future" if saved > utc_text(clock.latest) else "in the future of the earlier clock"
        when = ahead if saved > clock.horizon else f"before there was a {words.name}"
        since = f"what changed since start_date ({first} UTC)" if first else "everything"
        notes.append(f"{name}: the bookmark {saved} lies {when} and proves nothing, so {since} is read again.")
        believed = None
    if believed and last and last < believed:
        notes.append(f"{name}: end_date ({last} UTC) lies before the bookmark {believed}, which goes back to it.")
    begin = earlier(min(believed, end), float(config["lookback_seconds"])) if believed else None
    start = max((moment for moment in (begin, first) if moment), default=None)
    bookmark: str | None = min(clock.bookmark, end)
    if first and first > end:
        notes.append(
            f"{name}: start_date ({first} UTC) lies after the end of the window ({end} UTC), so nothing is read and "
            "the bookmark stays."
        )
        bookmark = None
    return Window(start, end, bookmark, start is None and last is None, tuple(notes))
