"""Records that could not be read: which, why and since when, by the tap's report, its STATE and earlier runs.

The tap keeps their ids in its STATE and asks for them in every run. Why and since when is kept in the store.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from job.run.bookmarks import State, isolated
from store.snapshot import Snapshot

NOTE = "unread"
STATUS = "unread"
UNKNOWN = "could not be read in an earlier run"

Report = dict[str, Any]


class Unread(msgspec.Struct, frozen=True):
    """A record of a stream of the tap that nobody could read; `since` is ISO UTC, None where it is not known."""

    stream: str
    id: str
    reason: str = UNKNOWN
    since: str | None = None


def unread_after(
    before: Iterable[Unread], streams: Mapping[str, Report], state: State | None, now: str, *, whole: bool, answers: str
) -> list[Unread]:
    """The unread records after a reading that began at `now` (ISO UTC).

    `before`: those known earlier. `streams`: the streams of the tap's report; one that ended without an error was read,
    so that only what it names itself or keeps in `state` (the STATE the reading ended with) is unread there. `whole`:
    every selected stream was read, so that one which is not among them is read no more and has nothing unread.
    `answers`: the stream of the second question; whose answers cannot be read belongs to the next listing, not to later
    runs. What nobody has dated yet is unread since `now`.
    """
    known = {(record.stream, record.id): record for record in before}
    reasons = {
        (name, str(bad["id"])): f"{bad['status']}: {bad['reason']}"
        for name, stream in streams.items()
        for bad in stream.get("isolated", [])
        if name != answers
    }
    read = {name for name, stream in streams.items() if not stream.get("error")}
    kept = {(name, str(key)) for name, keys in isolated(state).items() for key in keys}
    elsewhere = {key for key in known if key[0] not in read and not (whole and key[0] not in streams)}
    found = []
    for key in sorted({*reasons, *kept, *elsewhere}, key=lambda key: (key[0], len(key[1]), key[1])):
        earlier = known.get(key)
        reason = reasons.get(key) or (earlier.reason if earlier else UNKNOWN)
        found.append(Unread(*key, reason, (earlier.since if earlier else None) or now))
    return found


def noted(snapshot: Snapshot, state: State | None) -> list[Unread]:
    """What the store knows of unread records, and those that the STATE names beside them."""
    text = snapshot.note(NOTE)
    known = msgspec.json.decode(text, type=list[Unread]) if text else []
    met = {(record.stream, record.id) for record in known}
    kept = [(name, str(key)) for name, keys in isolated(state).items() for key in keys]
    beside = [Unread(*key) for key in kept if key not in met]
    return [*known, *beside]


def note_unread(snapshot: Snapshot, records: Iterable[Unread]) -> None:
    """Keeps them in the store, inside a transaction."""
    snapshot.set_note(NOTE, msgspec.json.encode(list(records)).decode())


def as_unsettled(records: Iterable[Unread]) -> list[dict[str, Any]]:
    """The records as rows of `totals.unsettled`."""
    return [
        {"stream": one.stream, "remoteId": one.id, "status": STATUS, "reason": one.reason, "since": one.since}
        for one in records
    ]
