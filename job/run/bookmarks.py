"""Which bookmarks the tap may start from: never ahead of the snapshot (law 3).

Ids of records that could not be read stand beside the bookmarks, under `isolated`: they are asked for again however
the bookmarks go, so nothing here lets one go.
Pure functions over Singer STATE values; reading and saving files is steps.py's work.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from connector.errors import RunError
from connector.messages import UNREADABLE, BadLine, check_message, explain
from connector.singer.state import unwrapped

State = dict[str, Any]
# How the tap calls the ids of records that it could not read, within the bookmark of their stream.
UNREAD = "isolated"
# How a tap calls the ids of documents that may still change, and are asked for however old they are.
OPEN = "open"


def unwrap(state: State | None) -> State:
    """A STATE value without what Meltano, or the message it came in, puts around it; nothing is an empty state.

    Raises RunError for what is no state.
    """
    inner = unwrapped(state or {})
    return inner if inner.get("bookmarks") is not None else {key: inner[key] for key in inner if key != "bookmarks"}


def safe_start(saved: State | None, snapshot: State | None) -> tuple[State, list[str]]:
    """The state to read from and a note for each bookmark that was ahead of the snapshot.

    `saved` is state.json, `snapshot` the state that the wanted picture in the store was built from (None: the store
    is new). A stream's bookmark counts only as far as the store has seen it.
    """
    wanted = unwrap(saved)
    built = unwrap(snapshot)
    bookmarks: State = {}
    notes = []
    unread = _together(isolated(wanted), isolated(built))
    for stream, mark in sorted(wanted.get("bookmarks", {}).items()):
        value = _value(mark)
        known = _value(built.get("bookmarks", {}).get(stream))
        if value is None or (known is not None and value <= known):
            bookmarks[stream] = mark
            continue
        notes.append(
            f"{stream}: the saved bookmark {value} is ahead of the snapshot ({known or 'it knows none'}); "
            "reading again from the older one."
        )
        older = built["bookmarks"][stream] if known is not None else {}
        bookmarks |= _with_unread(stream, older, unread.get(stream, []))
    return ({**wanted, "bookmarks": bookmarks} if wanted else {}), notes


def read_again(state: State, streams: Collection[str], rescanned: str, rescan_days: int | None) -> State:
    """The state for a full read of these streams: without their bookmarks.

    With `rescan_days` the bookmark of the stream `rescanned` goes back by so many days only: a nightly read need not
    begin with the first order of the shop.
    """
    bookmarks = dict(state.get("bookmarks", {}))
    unread = isolated(state)
    for stream in streams:
        mark = bookmarks.pop(stream, None)
        value = _value(mark)
        older = {}
        if stream == rescanned and rescan_days is not None and value is not None:
            earlier = datetime.fromisoformat(value) - timedelta(days=rescan_days)
            older = {
                "replication_key": mark.get("replication_key"),
                "replication_key_value": earlier.strftime("%Y-%m-%d %H:%M:%S"),
                **({OPEN: mark[OPEN]} if OPEN in mark else {}),
            }
        bookmarks |= _with_unread(stream, older, unread.get(stream, []))
    return {**state, "bookmarks": bookmarks}


def held_back(state: State, stream: str, saved: State | None) -> State:
    """The state with the bookmark that a stream had before, and with what could not be read since then."""
    before = unwrap(saved).get("bookmarks", {}).get(stream, {})
    others = {name: mark for name, mark in state.get("bookmarks", {}).items() if name != stream}
    unread = _together(isolated(saved), isolated(state)).get(stream, [])
    return {**state, "bookmarks": {**others, **_with_unread(stream, before, unread)}}


def only_unread(state: State | None) -> State | None:
    """The STATE for a reading without any bookmark: what could not be read so far; None when nothing is left of it."""
    unread = isolated(state)
    return {"bookmarks": {stream: {UNREAD: ids} for stream, ids in unread.items()}} if unread else None


def isolated(state: State | None) -> dict[str, list[Any]]:
    """Stream → ids of the records that could not be read so far, by a STATE value; streams without any are left out."""
    marks = unwrap(state).get("bookmarks")
    return {
        stream: ids
        for stream, mark in (marks.items() if isinstance(marks, dict) else ())
        if isinstance(mark, dict) and isinstance(mark.get(UNREAD), list) and (ids := _ids_in(mark[UNREAD]))
    }


def _ids_in(found: list[Any]) -> list[Any]:
    """What can be asked for: texts and whole numbers."""
    return [one for one in found if isinstance(one, (str, int)) and not isinstance(one, bool)]


def _with_unread(stream: str, mark: State, ids: list[Any]) -> State:
    """The entry of a stream: its bookmark, if any, and the ids that are to be asked for again, if any."""
    entry = {**mark, UNREAD: ids} if ids else mark
    return {stream: entry} if entry else {}


def _together(one: dict[str, list[Any]], other: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The ids of both, each once; those of `one` first."""
    return {stream: list(dict.fromkeys([*one.get(stream, []), *other.get(stream, [])])) for stream in {*one, *other}}


def last_state(singer_file: Path) -> State | None:
    """The value of the last STATE message in a file of Singer messages; None without one.

    A line without its end is not a message: a full disk, or a kill, stopped its writer there.
    Raises RunError where that message cannot be read.
    """
    last = None
    with singer_file.open("rb") as file:
        for line in file:
            if line.startswith((b'{"type":"STATE"', b'{"type": "STATE"')) and line.endswith(b"\n"):
                last = line
    if last is None:
        return None
    try:
        return check_message(msgspec.json.decode(last))["value"]
    except UNREADABLE as error:
        bad = explain(last, error)
    except BadLine as error:
        bad = error
    raise RunError(f"The last STATE of {singer_file} cannot be used: the line {bad.reason}.")


def _value(mark: object) -> str | None:
    value = mark.get("replication_key_value") if isinstance(mark, dict) else None
    return str(value) if value is not None else None
