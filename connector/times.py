"""Moments as naive UTC text in whole seconds, which sorts by time: from settings and bookmarks."""

from datetime import datetime, timedelta, timezone

EARLIEST = "1970-01-01 00:00:00"
"""Nothing is older, and MySQL knows no timestamp before it."""


def utc_text(moment: datetime) -> str:
    """A moment as text: naive UTC, whole seconds (2026-01-31 08:00:00)."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return aware.astimezone(timezone.utc).replace(tzinfo=None).isoformat(" ", "seconds")


def as_utc_text(text: str) -> str:
    """A date or datetime of a setting or a bookmark as such text; an offset is converted to UTC.

    Raises ValueError when it is no date, or none between the years 1 and 9999 in UTC.
    """
    cleaned = text.strip()
    if cleaned.endswith(("Z", "z")):
        cleaned = cleaned[:-1] + "+00:00"
    try:
        return utc_text(datetime.fromisoformat(pad_fraction(cleaned)))
    except OverflowError as error:
        raise ValueError(f"{text} lies outside the calendar") from error


def pad_fraction(text: str) -> str:
    """Pads a fraction of a second to the six digits that Python 3.10 can read."""
    head, dot, tail = text.partition(".")
    if not dot:
        return text
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return f"{head}.{tail[:digits][:6].ljust(6, '0')}{tail[digits:]}"


def earlier(text: str, seconds: float) -> str:
    """Such a text so many seconds earlier, but not before EARLIEST."""
    try:
        return max(EARLIEST, utc_text(datetime.fromisoformat(text) - timedelta(seconds=seconds)))
    except OverflowError:
        return EARLIEST
