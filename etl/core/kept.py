"""Records of the source that are kept as they were read while what is made of them waits: they may not come again."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from etl.core.references import WAITING
from etl.core.streams import Stream
from etl.core.values import id_or_none
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


def later_ones(kept_ones: Iterable[Any], read: Iterable[Any], key: str, changed: str) -> dict[str, Any]:
    """Id → record: of those that were read the one that changed last, a kept one where none was read."""
    found: dict[str, Any] = {}
    for record in read:
        own = id_or_none(getattr(record, key)) or ""
        last = found.setdefault(own, record)
        if str(getattr(record, changed) or "") >= str(getattr(last, changed) or ""):
            found[own] = record
    older = {id_or_none(getattr(record, key)) or "": record for record in kept_ones}
    return {**older, **found}


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
