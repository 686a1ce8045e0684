"""Suppliers as Optiply should have them: names that change on Sunday afternoons only."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from etl.core.columns import as_flags, as_ids, objects
from etl.core.flow import Run
from etl.core.records import Rows
from etl.core.values import is_empty
from etl.picqer.flags import PicqerFlags
from etl.picqer.work import PicqerWork
from store.frames import find_records

NAMES_AT = "supplier_names_at"
"""The note of when names were last taken over."""
_SUNDAY, _NOON = 6, 12


def suppliers(run: Run[PicqerFlags], work: PicqerWork) -> Rows:
    """One row per supplier; a new one has its name at once, a known one gets a new name once a week."""
    frame = work.frame("suppliers")
    if frame.empty:
        return Rows(frame)
    ids = as_ids(frame["idsupplier"])
    read = [key if is_empty(name) else name for key, name in zip(ids, frame["name"], strict=True)]
    stored = find_records(run.snapshot, "suppliers", ids.dropna())
    before = {
        remote_id: msgspec.json.decode(text).get("name")
        for remote_id, text in zip(stored["remote_id"], stored["wanted"], strict=True)
        if text is not None
    }
    last = run.snapshot.note(NAMES_AT)
    due = last is None or last < latest_sunday_noon(run.at, run.config.time_zone).isoformat()
    due = due and run.source.is_complete("suppliers")
    if due:
        run.snapshot.set_note(NAMES_AT, run.at.isoformat())
    names = [name if due or key not in before else before[key] for key, name in zip(ids, read, strict=True)]
    later = [key for key, name, now in zip(ids, names, read, strict=True) if name != now and isinstance(now, str)]
    run.report.because("suppliers", "reported", "its new name is taken over on Sunday afternoon", later, "name")
    active = as_flags(frame["active"])
    ignored = objects([None if flag is None else not flag for flag in active], frame.index)
    if not run.config.supplier_ignored_from_picqer:
        ignored = objects([None] * len(frame), frame.index)
    return Rows(frame.assign(**{"supplier:name": objects(names, frame.index), "supplier:ignored": ignored}))


def latest_sunday_noon(at: datetime, zone: str) -> datetime:
    """The last Sunday noon in the account's zone that is not after `at`, in UTC as `at` is."""
    local = at.astimezone(ZoneInfo(zone))
    noon = local.replace(hour=_NOON, minute=0, second=0, microsecond=0)
    noon -= timedelta(days=(local.weekday() - _SUNDAY) % 7)
    if noon > local:
        noon -= timedelta(days=7)
    return noon.astimezone(at.tzinfo)
