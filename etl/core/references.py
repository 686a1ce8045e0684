"""Why records wait: what they or their lines refer to is neither at the destination nor on its way there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
import pandas as pd

from connector.canonical import canonical
from etl.core.columns import nothing
from etl.core.flow import Run
from etl.core.report import Tally
from store.frames import find_records
from vocabulary.entity import Entity, remote_name

WAITING = "waiting: "
GONE = "gone from the source and unknown to the destination"
NO_LINE = "no line is left"


def waits_for(entity: str, remote_id: str) -> str:
    """The reason for which a record is held that refers to one that cannot be used."""
    return f"{WAITING}{entity} {remote_id} is not usable yet"


@dataclass(frozen=True)
class States:
    """What is known of the records of an entity that others refer to."""

    usable: frozenset[str]
    gone: frozenset[str]
    known: frozenset[str]


def states_of(run: Run[Any], entity: str, remote_ids: Iterable[str]) -> States:
    """Usable is what the destination has or is offered; gone what it will not get; known what was read once."""
    found = find_records(run.snapshot, entity, {remote_id for remote_id in remote_ids if remote_id is not None})
    ready = found["id"].notna() | (found["wanted"].notna() & found["held"].isna())
    gone = found["held"].eq(GONE) & ~ready
    named = found["remote_id"]
    return States(frozenset(named[ready]), frozenset(named[gone]), frozenset(named))


def waiting(run: Run[Any], entity: Entity, pictures: pd.DataFrame) -> pd.Series[Any]:
    """Why each record (remote_id, wanted) waits for what it refers to itself, or None."""
    held = nothing(pictures.index)
    if not entity.references or pictures.empty:
        return held
    values = [msgspec.json.decode(text) for text in pictures["wanted"]]
    for attribute, other in entity.references.items():
        name = remote_name(attribute)
        named = pd.Series([value.get(name) for value in values], pictures.index, dtype=object)
        usable = states_of(run, other, named.dropna()).usable
        missing = named.notna() & ~named.isin(usable) & held.isna()
        held[missing] = [waits_for(other, remote_id) for remote_id in named[missing]]
    return held


def without_unknown(
    run: Run[Any], entity: Entity, pictures: pd.DataFrame, most: timedelta, report: Tally
) -> pd.DataFrame:
    """Records (remote_id, wanted, held) with lines: they wait for what a line refers to, or go without that line.

    For what is known they wait as long as it takes, for what is not known `most`, for what is gone not at all. A record
    that the destination has waits for nothing: its lines were written when it was created.
    """
    if pictures.empty or not any(entity.line_references.values()):
        return pictures
    decoded = [msgspec.json.decode(text) for text in pictures["wanted"]]
    settled = _settled(run, entity, pictures["remote_id"], run.at - most)
    texts, held = pictures["wanted"].tolist(), pictures["held"].tolist()
    for attribute, references in entity.line_references.items():
        for id_name, other in references.items():
            name = remote_name(id_name)
            named = {line.get(name) for value in decoded for line in value.get(attribute) or ()} - {None}
            states = states_of(run, other, named)
            for row, (remote_id, value) in enumerate(zip(pictures["remote_id"], decoded, strict=True)):
                lines = value.get(attribute) or []
                unusable = [line[name] for line in lines if line[name] not in states.usable]
                if not unusable or held[row] is not None:
                    continue
                there, waited = settled.get(remote_id, (False, False))
                waited = waited or not most
                waits = next((one for one in unusable if one not in states.gone and (
                    one in states.known or not waited)), None)  # fmt: skip
                if waits is not None and not there:
                    held[row] = waits_for(other, waits)
                    continue
                value[attribute] = [line for line in lines if line[name] in states.usable]
                texts[row] = canonical(value)
                held[row] = None if value[attribute] or there else NO_LINE
                if not there:
                    reason = f"{other} it names stayed unknown or are gone"
                    report.because(entity.name, "line_left_out", reason, [remote_id], attribute, unusable)
    return pictures.assign(
        wanted=pd.Series(texts, pictures.index, dtype=object), held=pd.Series(held, pictures.index, dtype=object)
    )


def _settled(run: Run[Any], entity: Entity, remote_ids: Iterable[str], limit: Any) -> dict[str, tuple[bool, bool]]:  # noqa: ANN401 - a datetime
    """Remote id -> whether the destination has it, and whether it has waited since before `limit`."""
    found = find_records(run.snapshot, entity.name, remote_ids)
    there = found["id"].notna() | found["acknowledged"].notna() | found["announced"].notna()
    since = pd.to_datetime(found["held_since"].astype(object), utc=True, format="ISO8601")
    waited = since.notna() & (since <= pd.Timestamp(limit))
    return dict(zip(found["remote_id"], zip(there.tolist(), waited.tolist(), strict=True), strict=True))
