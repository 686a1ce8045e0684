"""Optiply's own time, read off the Date header of its answers: what it created is filtered by its clock, not ours."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

ISO = "%Y-%m-%dT%H:%M:%SZ"
MOST_APART = timedelta(days=1)  # clocks that differ by more are not believed


class ServerClock:
    """The local clock until the first answer, then Optiply's (to the second)."""

    def __init__(self) -> None:
        """Starts without an offset."""
        self._offset = timedelta(0)
        self._lock = threading.Lock()
        self.is_known = False

    def observe(self, date_header: str | None) -> None:
        """Takes in the Date header of an answer; one that cannot be read is passed over."""
        theirs = _http_date(date_header)
        if theirs is None:
            return
        with self._lock:
            self._offset = theirs - datetime.now(timezone.utc)
            self.is_known = True

    def now(self) -> datetime:
        """The time at Optiply, aware, UTC; ours where theirs is more than a day ahead.

        What was created since then is listed: too early a time costs pages, too late a one would hide objects.
        """
        here = datetime.now(timezone.utc)
        return here if self._offset > MOST_APART else here + self._offset

    def complaint(self) -> str | None:
        """A sentence about a clock that would hide objects if it were believed; None when all is well."""
        if self._offset <= MOST_APART:
            return None
        return (
            f"Optiply's clock is {self._offset / timedelta(days=1):.1f} days ahead of this machine's and was not "
            "believed; check this machine's clock, and tell Optiply if it is right"
        )

    def iso(self) -> str:
        """`now` as `YYYY-MM-DDTHH:MM:SS.mmmZ`."""
        return self.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def seconds_until(self, retry_after: str | None) -> float | None:
        """What a Retry-After header asks for, as a number or as a date of Optiply's clock; None without one."""
        if retry_after is not None and retry_after.isascii() and retry_after.strip().isdigit():
            return float(retry_after)
        until = _http_date(retry_after)
        theirs = datetime.now(timezone.utc) + self._offset
        return None if until is None else max(0.0, (until - theirs).total_seconds())


def _http_date(header: str | None) -> datetime | None:
    """The aware time of a Date-like header; None when there is none or it cannot be read."""
    try:
        read = parsedate_to_datetime(header) if header else None
    except (ValueError, TypeError, IndexError, OverflowError):  # what the library raises on one that is none
        return None
    return read.replace(tzinfo=timezone.utc) if read is not None and read.tzinfo is None else read


def moment(text: str) -> datetime:
    """The aware UTC time an outcome's `at` names.

    Raises:
        ValueError: the text is no ISO time.
    """
    read = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return read if read.tzinfo is not None else read.replace(tzinfo=timezone.utc)
