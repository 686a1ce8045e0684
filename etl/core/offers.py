"""Offers what differs: from the store's pictures to Singer records, with the names of what changed."""

from collections.abc import Collection, Iterator

import pandas as pd

from connector.canonical import canonical, canonical_each
from etl.core.diff import changed_names
from store.bulk import CHUNK
from store.frames import read_differing
from store.snapshot import Snapshot


def read_offers(
    snapshot: Snapshot,
    stream: str,
    never_compared: Collection[str] = (),
    force: bool = False,
    chunk: int = CHUNK,
    *,
    once: bool = False,
) -> Iterator[pd.DataFrame]:
    """What the target is to be offered, in order of remote_id: wanted, not held, and not yet accepted as wanted.

    Columns: remote_id, wanted (JSON text), acknowledged, id, changed (sorted names, or None for all of them).
    `never_compared` and `force` as in `diff.changed_names`, `once` as in `frames.read_differing`.
    """
    for frame in read_differing(snapshot, stream, once=once, force=force, chunk=chunk):
        names = changed_names(frame["wanted"], frame["acknowledged"], never_compared, force)
        offered = frame.assign(changed=pd.Series(names, dtype=object, index=frame.index))
        settled = [found is not None and not found for found in names]
        yield offered[~pd.Series(settled, dtype=bool, index=frame.index)].reset_index(drop=True)


def record_lines(stream: str, offers: pd.DataFrame) -> list[bytes]:
    """Offers (remote_id, wanted, id, changed) → RECORD lines: what steers first, then the picture as it is stored."""
    start = f'{{"type":"RECORD","stream":"{stream}","record":{{'
    return [
        f'{start}"remoteId":{remote_id},{wanted[1:]}}}\n'.encode()
        if known_id is None and changed is None
        else f'{start}{_steering(known_id, changed)}"remoteId":{remote_id},{wanted[1:]}}}\n'.encode()
        for remote_id, wanted, known_id, changed in zip(
            canonical_each(offers["remote_id"].tolist()),
            offers["wanted"].tolist(),
            offers["id"].tolist(),
            offers["changed"].tolist(),
            strict=True,
        )
    ]


def _steering(known_id: str | None, changed: list[str] | None) -> str:
    names = "" if changed is None else f'"_changed":{canonical(changed)},'
    return names if known_id is None else f'{names}"id":{canonical(known_id)},'
