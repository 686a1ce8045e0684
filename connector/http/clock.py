"""The server's own time, read off the Date header of its answers, and how long its Retry-After asks for."""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

ISO = "%Y-%m-%dT%H:%M:%SZ"
MOST_APART = timedelta(days=1)  # clocks that differ by more are not believed


class ServerClock:
    """The local clock until the first answer, then the server's (to the second)."""

    def __init__(self, name: str) -> None:
        """Starts without an offset; `name` says whose clock it is."""
        self._name = name
        self._offset = timedelta(0)
        self._lock = threading.Lock()
        self.is_known = False

    def observe(self, headers: Mapping[str, str]) -> None:
        """Takes in the Date header of an answer; one that cannot be read is passed over."""
        theirs = date_of(headers)
        if theirs is None:
            return
        with self._lock:
            self._offset = theirs - datetime.now(timezone.utc)
            self.is_known = True

    def now(self) -> datetime:
        """The time at the server, aware, UTC; ours where theirs is more than a day ahead.

        What was created since then is listed: too early a time costs pages, too late a one would hide objects.
        """
        here = datetime.now(timezone.utc)
        return here if self._offset > MOST_APART else here + self._offset

    def complaint(self) -> str | None:
        """A sentence about a clock that would hide objects if it were believed; None when all is well."""
        if self._offset <= MOST_APART:
            return None
        return (
            f"{self._name}'s clock is {self._offset / timedelta(days=1):.1f} days ahead of this machine's and was not "
            f"believed; check this machine's clock, and tell {self._name} if it is right"
        )

    def iso(self) -> str:
        """`now` as `YYYY-MM-DDTHH:MM:SS.mmmZ`."""
        return self.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def date_of(headers: Mapping[str, str], name: str = "Date") -> datetime | None:
    """The aware UTC time that a header names; None when there is none or it cannot be read."""
    try:
        read = parsedate_to_datetime(headers[name])
        return read.replace(tzinfo=timezone.utc) if read.tzinfo is None else read.astimezone(timezone.utc)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):  # what the library raises on one that is none
        return None


def retry_after(headers: Mapping[str, str] | None) -> float | None:
    """Seconds from a Retry-After header (a number, or a date measured against the server's own Date)."""
    text = headers.get("Retry-After") if headers else None
    if not text or not headers:
        return None
    if text.isascii() and text.strip().isdigit():
        return float(text)
    until, theirs = date_of(headers, "Retry-After"), date_of(headers)
    return None if until is None or theirs is None else max(0.0, (until - theirs).total_seconds())


def moment(text: str) -> datetime:
    """The aware UTC time an outcome's `at` names. Raises ValueError: the text is no ISO time."""
    read = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return read if read.tzinfo is not None else read.replace(tzinfo=timezone.utc)
