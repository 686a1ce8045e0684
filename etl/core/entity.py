"""A declared entity with its default steps, for systems whose records need no rules of their own.

Records become columns, columns a picture by the mapping table; what refers to a record that is unknown there waits;
what two complete readings lack is taken out of use, within a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any, Literal

import msgspec
import pandas as pd

from connector.canonical import canonical
from etl.core.absence import ALWAYS_ALLOWED, within_limit
from etl.core.columns import nothing
from etl.core.flags import Flags
from etl.core.flow import Run
from etl.core.mapping import apply_rules
from etl.core.pictures import json_texts
from etl.core.report import count_issues, tell_input
from store.frames import find_records, read_records, write_wanted
from vocabulary.entity import Entity, remote_name

_NO_TIME = "1970-01-01T00:00:00Z"  # of a removal: records hold no time of ours
_WAITING = "waiting: "


@dataclass(frozen=True, eq=False)
class Filled:
    """How an entity of the destination is filled.

    Attributes:
        entity: as the vocabulary declares it.
        stream: where its records come from.
        newest: the field by which the later of two records of one id is told.
        absence: what becomes of a record that the listing, read to its end in two runs, lacks: `disable` as the
            vocabulary says it is removed, `delete`, or nothing.
        listing: the stream that lists which records there are, by the same name as `stream`; by default that itself.
        share: most of them in one run, as a share of the records there are (at least 5 records).
    """

    entity: Entity
    stream: str
    newest: str | None = None
    absence: Literal["keep", "disable", "delete"] = "keep"
    listing: str | None = None
    share: float = 0.05


class Records:
    """The work of a flow of declared entities: the columns of each stream, by the source's names."""

    def __init__(self, run: Run[Any]) -> None:
        """Nothing is read yet."""
        self.frames: dict[str, list[pd.DataFrame]] = {}

    def take(self, stream: str, records: list[Any]) -> None:
        """Takes one batch in."""
        if records:
            kind = type(records[0])
            names = zip(kind.__struct_encode_fields__, kind.__struct_fields__, strict=True)
            columns = {name: list(map(attrgetter(field), records)) for name, field in names}
            self.frames.setdefault(stream, []).append(pd.DataFrame(columns, dtype=object))


Step = Callable[[Run[Any], Records], None]


def default_steps(filled: Sequence[Filled]) -> tuple[Step, ...]:
    """The steps that fill entities, in the order given: that of the vocabulary, references first."""
    return (_tell, *(partial(_fill, each) for each in filled))


def _tell(run: Run[Any], work: Records) -> None:
    tell_input(run.source, run.report)


def _fill(filled: Filled, run: Run[Flags], work: Records) -> None:
    name = filled.entity.name
    run.report.count(name, "read", run.source.unread[filled.stream])
    run.report.count(name, "refused", run.source.unread[filled.stream])
    if not run.config.syncs(name):
        return
    frames = work.frames.pop(filled.stream, [])
    pictures, unnamed = _pictures(filled, run, pd.concat(frames, ignore_index=True)) if frames else (_none(), 0)
    ids = set(pictures["remote_id"])
    held = _held_before(run, name)
    both = pd.concat([pictures[pictures["wanted"].notna()], held[~held["remote_id"].isin(ids)]], ignore_index=True)
    both = both.assign(held=_waits(filled, run, both))
    waiting = both["held"].notna()
    run.report.count(name, "waiting", int(waiting.sum()))
    for reason, found in both[waiting].groupby("held"):
        run.report.because(name, "waiting", str(reason).removeprefix(_WAITING), list(found["remote_id"]))
    once = not filled.entity.patched_when_adopted
    write_wanted(run.snapshot, name, both, run.at.isoformat(), once=once)
    if filled.listing is not None:
        ids, unnamed = _listed(filled, run, work.frames.pop(filled.listing, []))
    if filled.absence != "keep" and run.source.is_complete(filled.listing or filled.stream) and not unnamed:
        _settle_absent(filled, run, ids)


def _pictures(filled: Filled, run: Run[Any], rows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """One row per record: remote_id, wanted (None where it is refused), held; and how many name no record."""
    name, report = filled.entity.name, run.report
    report.count(name, "read", len(rows))
    rules = run.field_map[name]
    mapped = apply_rules(rules, {rule.source: rows[rule.source] for rule in rules})
    texts = pd.Series(json_texts(mapped.values, mapped.unset), index=rows.index, dtype=object)
    good = mapped.refused.isna()
    found = pd.DataFrame({"remote_id": mapped.values["remoteId"], "wanted": texts.where(good, None), "held": None})
    count_issues(report, name, found["remote_id"].fillna("without id"), mapped.issues)
    report.count(name, "refused", int((~good).sum()))
    named = found["remote_id"].notna()
    # Whatever the order of the input, the same one of several records stays.
    order = found.assign(at=rows[filled.newest].astype(str) if filled.newest else "")[named]
    chosen = order.sort_values(["at", "wanted"], kind="stable", na_position="first")
    chosen = chosen.drop_duplicates("remote_id", keep="last").sort_index().drop(columns="at")
    report.count(name, "mapped", int(chosen["wanted"].notna().sum()))
    return chosen.reset_index(drop=True), int((~named).sum())


def _listed(filled: Filled, run: Run[Any], frames: list[pd.DataFrame]) -> tuple[set[str], int]:
    """The records that the listing names, and how many of its rows name none."""
    if not frames:
        return set(), 0
    rows = pd.concat(frames, ignore_index=True)
    rules = [rule for rule in run.field_map[filled.entity.name] if rule.field == "remoteId"]
    named = apply_rules(rules, {rule.source: rows[rule.source] for rule in rules}).values["remoteId"]
    return set(named.dropna()), int(named.isna().sum())


def _none() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype=object) for name in ("remote_id", "wanted", "held")})


def _held_before(run: Run[Any], name: str) -> pd.DataFrame:
    """The records of earlier runs that wait for what they refer to."""
    frames = [_none(), *(frame[list(_none().columns)] for frame in read_records(run.snapshot, name, "held"))]
    held = pd.concat([frame for frame in frames if len(frame)] or frames, ignore_index=True)
    return held[held["held"].astype(str).str.startswith(_WAITING) & held["wanted"].notna()]


def _waits(filled: Filled, run: Run[Any], pictures: pd.DataFrame) -> pd.Series[Any]:
    """Why each record waits: what it refers to is neither at the destination nor on its way there."""
    held = nothing(pictures.index)
    if not filled.entity.references or pictures.empty:
        return held
    values = [msgspec.json.decode(text) for text in pictures["wanted"]]
    for attribute, entity in filled.entity.references.items():
        named = pd.Series([value.get(remote_name(attribute)) for value in values], pictures.index, dtype=object)
        known = find_records(run.snapshot, entity, named.dropna().unique()).set_index("remote_id")
        ready = known["id"].notna() | (known["wanted"].notna() & known["held"].isna())
        missing = named.notna() & ~named.map(ready).eq(True)
        held[missing & held.isna()] = _WAITING + entity + " " + named[missing].astype(str) + " is not usable yet"
    return held


def _settle_absent(filled: Filled, run: Run[Any], present: set[str]) -> None:
    """Takes out of use what this complete reading and one of an earlier run lack."""
    name, snapshot = filled.entity.name, run.snapshot
    run_id = run.source.complete[filled.listing or filled.stream]
    key = f"absent:{name}"
    before: dict[str, str] = msgspec.json.decode(snapshot.note(key) or "{}")
    stored = pd.concat([frame[["remote_id", "wanted"]] for frame in read_records(snapshot, name)] or [_none()])
    stored = stored[stored["wanted"].notna()]
    removed = [_is_removed(filled, text) for text in stored["wanted"]]
    here = stored[~pd.Series(removed, index=stored.index, dtype=bool)]
    missing = here[~here["remote_id"].isin(present)]
    seen = {remote_id: before.get(remote_id, run_id) for remote_id in missing["remote_id"]}
    gone = missing[missing["remote_id"].map(seen).ne(run_id)]
    snapshot.set_note(key, canonical(seen))
    suspected = [remote_id for remote_id, first in seen.items() if first == run_id]
    run.report.because(name, "suspected", "is missing for the first time", suspected)
    if gone.empty:
        return
    if not within_limit(len(gone), len(here), filled.share, run.config.allowed_disables):
        run.report.count(name, "held", len(gone))
        run.report.note(
            f"{len(gone)} {filled.entity.title} are gone from the source, more than the limit of {ALWAYS_ALLOWED} and "
            f"{filled.share:.0%} of them: none of them is taken out of use."
        )
        return
    texts = [_removal(filled, text) for text in gone["wanted"]]
    write_wanted(snapshot, name, gone.assign(wanted=texts), run.at.isoformat())
    run.report.because(name, "gone", "two complete readings lacked it", list(gone["remote_id"]))


def _removal(filled: Filled, picture: str) -> str:
    if filled.absence == "delete" or filled.entity.removal is None:
        return canonical({"deleted_at": _NO_TIME})
    return canonical(msgspec.json.decode(picture) | dict(filled.entity.removal))


def _is_removed(filled: Filled, picture: str) -> bool:
    return _removal(filled, picture) == picture
