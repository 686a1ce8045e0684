"""The page's templates: the report's own with the fleet's frame around them, and how moments and spans are said."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from job.pages import html as report

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
STATIC = {path.name: path for path in (*sorted((HERE / "static").iterdir()), *report.PLACE.glob("report.[cj]s*"))}
"""The files that the page loads, by name."""
_SPANS = ((timedelta(days=2), timedelta(days=1), "d"), (timedelta(hours=2), timedelta(hours=1), "h"))


def page(template: str, **told: object) -> str:
    """A whole page."""
    return _templates().get_template(template).render(told)


def span(time: timedelta) -> str:
    """How long that is, in the unit that a person would choose: "under a minute", "12 min", "3 h", "2 d"."""
    for least, unit, name in _SPANS:
        if time >= least:
            return f"{time // unit} {name}"
    return f"{time // timedelta(minutes=1)} min" if time >= timedelta(minutes=1) else "under a minute"


def ago(moment: datetime, now: datetime) -> str:
    """When that was or will be, as seen from now."""
    return f"{span(now - moment)} ago" if moment <= now else f"in {span(moment - now)}"


def utc(moment: datetime | str) -> str:
    """A moment (text: ISO) as a person reads it."""
    known = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{known.astimezone(timezone.utc):%a %d %b %H:%M} UTC"


def stamp(moment: datetime) -> str:
    """A moment of UTC to the second, for columns of them."""
    return f"{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S}"


@cache
def _templates() -> Environment:
    templates = report.environment(HERE / "templates", report.PLACE)
    templates.filters |= {"ago": ago, "utc": utc, "span": span, "stamp": stamp}
    return templates
