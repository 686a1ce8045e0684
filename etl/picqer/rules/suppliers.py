"""Suppliers as Optiply should have them: names that change on Sunday afternoons only."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pandas as pd

from etl.core.columns import as_flags, as_ids, objects
from etl.core.convert import text_cut_255
from etl.core.flow import Run
from etl.core.records import Rows
from etl.core.values import is_empty
from etl.picqer.flags import PicqerFlags
from etl.picqer.work import PicqerWork
from store.frames import find_records

NAMES_AT = "supplier_names_at"
"""The note of when names were last taken over."""
OWNER = "supplier_ignored_is_of"
"""The note of whose the attribute `ignored` was in the last complete run."""
_SUNDAY, _NOON = 6, 12
_BY_PICQER, _BY_OPTIPLY = "picqer", "optiply"


def suppliers(run: Run[PicqerFlags], work: PicqerWork) -> Rows:
    """One row per supplier; a new one has its name at once, a known one gets a new name once a week."""
    frame = work.frame("suppliers")
    if frame.empty:
        return Rows(frame)
    ids = as_ids(frame["idsupplier"])
    read = [key if is_empty(name) else name for key, name in zip(ids, frame["name"], strict=True)]
    # As Optiply would have them: cut, a name is the same as before.
    told = text_cut_255(objects(read, frame.index)).value
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
    later = [
        key
        for key, name, raw, now in zip(ids, names, read, told, strict=True)
        if name not in (raw, now) and isinstance(now, str)
    ]
    run.report.because("suppliers", "reported", "its new name is taken over on Sunday afternoon", later, "name")
    active = as_flags(frame["active"])
    ignored = objects([None if flag is None else not flag for flag in active], frame.index)
    if not run.config.supplier_ignored_from_picqer:
        back = _coming_back(run, stored)
        ignored = objects([False if key in back else None for key in ids], frame.index)
    _note_owner(run)
    return Rows(frame.assign(**{"supplier:name": objects(names, frame.index), "supplier:ignored": ignored}))


def _coming_back(run: Run[PicqerFlags], stored: pd.DataFrame) -> set[str]:
    """The known suppliers that we had ignored while they were away: Optiply keeps the value, but that one is ours.

    Only their absence can have ignored them, unless Picqer said whether they are until now. Once Optiply has taken it
    back, nothing is wanted of the value any more, so what a person sets then stays.
    """
    if run.snapshot.note(OWNER) == _BY_PICQER:
        return set()
    decode = msgspec.json.decode
    return {
        row.remote_id
        for row in stored[stored["wanted"].notna()].itertuples()
        if _is_ours(decode(row.wanted), decode(row.acknowledged or "{}"), is_announced=row.announced is not None)
    }


def _is_ours(wanted: Mapping[str, Any], accepted: Mapping[str, Any], *, is_announced: bool) -> bool:
    if wanted.get("ignored") is True:
        return accepted.get("ignored") is True or is_announced
    return wanted.get("ignored") is False and accepted.get("ignored") is not False


def _note_owner(run: Run[PicqerFlags]) -> None:
    """A supplier that this run lacks may still be ignored as Picqer said, so only a complete run ends that."""
    owner = _BY_PICQER if run.config.supplier_ignored_from_picqer else _BY_OPTIPLY
    if owner == _BY_PICQER or run.source.is_complete("suppliers"):
        run.snapshot.set_note(OWNER, owner)


def latest_sunday_noon(at: datetime, zone: str) -> datetime:
    """The last Sunday noon in the account's zone that is not after `at`, in UTC as `at` is."""
    local = at.astimezone(ZoneInfo(zone))
    noon = local.replace(hour=_NOON, minute=0, second=0, microsecond=0)
    noon -= timedelta(days=(local.weekday() - _SUNDAY) % 7)
    if noon > local:
        noon -= timedelta(days=7)
    return noon.astimezone(at.tzinfo)
