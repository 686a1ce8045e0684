"""Takes records out of use: what two complete readings lack, within a limit, and what a parent has no more."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec
import pandas as pd

from connector.canonical import canonical
from etl.core.absence import ALWAYS_ALLOWED, within_limit
from etl.core.columns import nothing
from etl.core.filled import Filled
from etl.core.flow import Run
from etl.core.references import GONE
from store.frames import read_records, write_wanted

_NO_TIME = "1970-01-01T00:00:00Z"  # of a removal: records hold no time of ours
_NEEDED = ["remote_id", "wanted", "id", "acknowledged", "announced"]


def removal(filled: Filled, picture: str) -> str:
    """The picture of a record that is taken out of use."""
    if filled.absence == "delete" or filled.entity.removal is None:
        return canonical({"deleted_at": _NO_TIME})
    values = msgspec.json.decode(picture)
    beside = {name: value for name, value in filled.beside.items() if name in values}
    return canonical({**values, **filled.entity.removal, **beside})


def settle_absent(filled: Filled, run: Run[Any], present: set[str]) -> None:
    """Takes out of use what this complete reading and one of an earlier run lack."""
    name, snapshot = filled.entity.name, run.snapshot
    run_id = run.source.complete[filled.listing or filled.stream]
    key = f"absent:{name}"
    before: dict[str, str] = msgspec.json.decode(snapshot.note(key) or "{}")
    stored = pd.concat([frame[_NEEDED] for frame in read_records(snapshot, name)] or [_none()])
    stored = stored[stored["wanted"].notna()]
    removed = [_is_removed(filled, text) for text in stored["wanted"]]
    here = stored[~pd.Series(removed, index=stored.index, dtype=bool)]
    if len(here) and not present:
        run.report.note(f"The source lists no {filled.entity.title} at all, which is no proof that none is there.")
        return
    missing = here[~here["remote_id"].isin(present)]
    seen = {remote_id: before.get(remote_id, run_id) for remote_id in missing["remote_id"]}
    gone = missing[missing["remote_id"].map(seen).ne(run_id)]
    snapshot.set_note(key, canonical(seen))
    suspected = [remote_id for remote_id, first in seen.items() if first == run_id]
    run.report.because(name, "suspected", "is missing for the first time", suspected)
    if gone.empty:
        return
    share = filled.share if filled.limit is None else filled.limit(run.config)
    if not within_limit(len(gone), len(here), share, run.config.allowed_disables):
        run.report.count(name, "held", len(gone))
        run.report.note(
            f"{len(gone)} {filled.entity.title} are gone from the source, more than the limit of {ALWAYS_ALLOWED} and "
            f"{share:.0%} of them: none of them is taken out of use."
        )
        return
    take_out(filled, run, gone)
    run.report.because(name, "gone", "two complete readings lacked it", list(gone["remote_id"]))


def settle_children(filled: Filled, run: Run[Any], parents: Collection[str], present: set[str]) -> None:
    """Takes out of use the records whose parent was read and has them no more."""
    there = frozenset(parents)
    for stored in read_records(run.snapshot, filled.entity.name) if there else ():
        named = stored["wanted"].notna() & ~stored["remote_id"].isin(present)
        # What looks like a removed one, such as the offer of an inactive product, is still to come where it is unknown.
        to_come = _is_unknown(stored) & stored["held"].ne(GONE)
        lost = [
            row
            for row, text, is_to_come in zip(
                stored.index[named], stored.loc[named, "wanted"], to_come[named], strict=True
            )
            if msgspec.json.decode(text).get(filled.parent) in there
            and (is_to_come or not _is_removed(filled, text))
        ]  # fmt: skip
        if lost:
            take_out(filled, run, stored.loc[lost, _NEEDED])
            ids = list(stored.loc[lost, "remote_id"])
            run.report.because(filled.entity.name, "gone", "what it belongs to has it no more", ids)


def take_out(filled: Filled, run: Run[Any], records: pd.DataFrame) -> None:
    """Stores the removal of records; what the destination never had is not offered any more."""
    held = nothing(records.index)
    held[_is_unknown(records)] = GONE
    texts = [removal(filled, text) for text in records["wanted"]]
    pictures = records[["remote_id"]].assign(wanted=texts, held=held)
    write_wanted(run.snapshot, filled.entity.name, pictures, run.at.isoformat())


def _is_unknown(records: pd.DataFrame) -> pd.Series[Any]:
    """Which the destination never had, as far as anybody knows."""
    return records["id"].isna() & records["acknowledged"].isna() & records["announced"].isna()


def _is_removed(filled: Filled, picture: str) -> bool:
    return '"deleted_at":' in picture or removal(filled, picture) == picture


def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=list(_NEEDED), dtype=object)
