"""Records of the source that are kept as they were read while what is made of them waits: they may not come again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from etl.core.references import WAITING
from etl.core.streams import Stream
from store.frames import read_records
from store.snapshot import Snapshot


def kept(snapshot: Snapshot, stream: Stream) -> list[Any]:
    """The records of a stream that were kept, in the order in which they were."""
    found: list[Any] = stream.many.decode((snapshot.note(_key(stream.name)) or "[]").encode())
    return found


def keep(snapshot: Snapshot, stream: str, records: Sequence[Any]) -> None:
    """Keeps these and no others, each once, inside a transaction."""
    texts = dict.fromkeys(msgspec.json.encode(record).decode() for record in records)
    snapshot.set_note(_key(stream), f"[{','.join(texts)}]")


def waiting_ids(snapshot: Snapshot, stream: str, of: str | None = None) -> set[str]:
    """The remote ids of the destination's records that wait, or what their attribute `of` names."""
    found: set[str] = set()
    for frame in read_records(snapshot, stream, "held"):
        rows = frame[frame["held"].str.startswith(WAITING) & frame["wanted"].notna()]
        ids = rows["remote_id"] if of is None else (msgspec.json.decode(text).get(of) for text in rows["wanted"])
        found |= {one for one in ids if one}
    return found


def _key(stream: str) -> str:
    return f"kept:{stream}"
