"""Which bookmarks the tap may start from: never ahead of the snapshot (law 3).

Pure functions over Singer STATE values; reading and saving files is steps.py's work.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

State = dict[str, Any]


def unwrap(state: State | None) -> State:
    """A STATE value without the wrapper that Meltano puts around it; nothing is an empty state."""
    if not state:
        return {}
    inner = state.get("singer_state", state)
    return inner if isinstance(inner, dict) else {}


def safe_start(saved: State | None, snapshot: State | None) -> tuple[State, list[str]]:
    """The state to read from and a note for each bookmark that was ahead of the snapshot.

    `saved` is state.json, `snapshot` the state that the wanted picture in the store was built from (None: the store
    is new). A stream's bookmark counts only as far as the store has seen it.
    """
    wanted = unwrap(saved)
    built = unwrap(snapshot)
    bookmarks: State = {}
    notes = []
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
        if known is not None:
            bookmarks[stream] = built["bookmarks"][stream]
    return ({**wanted, "bookmarks": bookmarks} if wanted else {}), notes


def read_again(state: State, streams: Collection[str], rescan_days: int | None) -> State:
    """The state for a full read of these streams: without their bookmarks.

    With `rescan_days` the bookmark of orders goes back by so many days only: a nightly read need not begin with the
    first order of the shop.
    """
    bookmarks = dict(state.get("bookmarks", {}))
    for stream in streams:
        mark = bookmarks.pop(stream, None)
        value = _value(mark)
        if stream == "orders" and rescan_days is not None and value is not None:
            earlier = datetime.fromisoformat(value) - timedelta(days=rescan_days)
            bookmarks[stream] = {
                "replication_key": mark.get("replication_key"),
                "replication_key_value": earlier.strftime("%Y-%m-%d %H:%M:%S"),
            }
    return {**state, "bookmarks": bookmarks}


def last_state(singer_file: Path) -> State | None:
    """The value of the last STATE message in a file of Singer messages; None without one."""
    last = None
    with singer_file.open("rb") as file:
        for line in file:
            if line.startswith((b'{"type":"STATE"', b'{"type": "STATE"')):
                last = line
    return msgspec.json.decode(last)["value"] if last else None


def _value(mark: object) -> str | None:
    value = mark.get("replication_key_value") if isinstance(mark, dict) else None
    return str(value) if value is not None else None
