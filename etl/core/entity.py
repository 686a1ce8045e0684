"""A declared entity with its default steps, for systems whose records need few rules of their own.

Records become columns, columns a picture by the mapping table; what refers to a record that is unknown there waits;
what two complete readings lack is taken out of use, within a limit.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import msgspec
import pandas as pd

from connector.canonical import canonical
from etl.core.columns import nothing
from etl.core.filled import Filled
from etl.core.flags import Flags
from etl.core.flow import Run
from etl.core.mapping import apply_rules
from etl.core.pictures import json_texts
from etl.core.records import Records, Rows
from etl.core.references import WAITING, waiting, without_unknown
from etl.core.removal import settle_absent, settle_children, take_out
from etl.core.report import count_issues, tell_input
from store.frames import find_records, read_records, write_wanted

__all__ = ["Filled", "Records", "Rows", "Step", "default_steps", "fill", "tell"]

Step = Callable[[Run[Any], Any], None]


def default_steps(filled: Sequence[Filled]) -> tuple[Step, ...]:
    """The steps that fill entities, in the order given: that of the vocabulary, references first."""
    return (tell, *(partial(fill, each) for each in filled))


def tell(run: Run[Any], work: Records) -> None:
    """The first step: what could not be read of the input, and what nobody reads."""
    tell_input(run.source, run.report)


def fill(filled: Filled, run: Run[Flags], work: Records) -> None:
    """The step of one entity: stores what the destination should have of it."""
    name, config = filled.entity.name, run.config
    run.report.count(name, "read", run.source.unread[filled.stream])
    run.report.count(name, "refused", run.source.unread[filled.stream])
    if not config.syncs(name) or not filled.when(config):
        return
    rows = filled.rows(run, work) if filled.rows else Rows(work.frame(filled.stream))
    found, unnamed = _pictures(filled, run, rows.frame) if len(rows.frame) else (_none(), 0)
    ids = set(found["remote_id"])
    _remove(filled, run, found[found["removed"].notna()])
    pictures = _with_kept(filled, run, found[found["removed"].isna()].drop(columns="removed"))
    held = _held_before(run, name)
    held = held[~held["remote_id"].isin(ids)]
    both = pictures[pictures["wanted"].notna()]
    both = pd.concat([both, held], ignore_index=True) if len(held) else both.reset_index(drop=True)
    if len(both):
        both = _judged(filled, run, work, both)
        _tell_held(run, name, both)
        write_wanted(run.snapshot, name, both, run.at.isoformat(), once=filled.written_once)
    settle_children(filled, run, rows.parents, ids)
    if filled.listing is not None:
        listed, unnamed = _listed(filled, run, work.frame(filled.listing))
        ids |= listed
    if filled.absence == "keep" or not filled.when_gone(config) or unnamed:
        return
    if run.source.is_complete(filled.listing or filled.stream):
        settle_absent(filled, run, ids)


def _tell_held(run: Run[Any], name: str, judged: pd.DataFrame) -> None:
    """Counts what is not offered now, with the reasons."""
    held = judged[judged["held"].notna()]
    if held.empty:
        return
    waits = held["held"].str.startswith(WAITING).astype(bool)
    for outcome, which in (("waiting", waits), ("held", ~waits)):
        run.report.count(name, outcome, int(which.sum()))
        for reason, each in held[which].groupby("held"):
            run.report.because(name, outcome, str(reason).removeprefix(WAITING), list(each["remote_id"]))


def _judged(filled: Filled, run: Run[Any], work: Records, pictures: pd.DataFrame) -> pd.DataFrame:
    """The pictures with why each is held: a rule's own reason, or what it waits for."""
    own = pictures["held"].where(~pictures["held"].astype(object).str.startswith(WAITING).eq(True), None)
    held = own.where(own.notna(), waiting(run, filled.entity, pictures))
    if filled.waits is not None:
        held = held.where(held.notna(), filled.waits(run, work, pictures))
    judged = pictures.assign(held=held.astype(object).where(held.notna(), None))
    return without_unknown(run, filled.entity, judged, filled.line_wait(run.config), run.report)


def _pictures(filled: Filled, run: Run[Any], rows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """One row per record: remote_id, wanted (None where it is refused), held, removed; and how many name no record."""
    name, report = filled.entity.name, run.report
    report.count(name, "read", len(rows))
    rules = run.field_map[name]
    if "left_out" in rows and (out := rows["left_out"].notna()).any():
        _left_out(filled, run, rows[out], "left_out")
        rows = rows[~out].reset_index(drop=True)
        if rows.empty:
            return _none(), 0
    mapped = apply_rules(rules, {rule.source: rows[rule.source] for rule in rules})
    # What is left out for want of a value was either empty or refused.
    unset = {
        **mapped.unset,
        **{field: mapped.values[field].isna() for field in (*filled.omitted, *filled.kept) if field in mapped.values},
    }
    if "only" in rows:
        for field, column in mapped.values.items():
            beyond = pd.Series(
                [only is not None and field not in only for only in rows["only"]], rows.index, dtype=bool
            )
            unset[str(field)] = beyond | unset.get(str(field), column.isna() & False)
    nested = {attribute: rows[attribute] for attribute in filled.entity.lines if attribute in rows}
    texts = pd.Series(json_texts(mapped.values.assign(**nested), unset), index=rows.index, dtype=object)
    good = mapped.refused.isna()
    removed = rows["removed"] if "removed" in rows else nothing(rows.index)
    found = pd.DataFrame({
        "remote_id": mapped.values["remoteId"],
        "wanted": texts.where(good, None),
        "held": rows["held"] if "held" in rows else nothing(rows.index),
        "removed": removed,
    })  # fmt: skip
    told = tuple(issue for issue in mapped.issues if pd.isna(removed[issue.row]))
    count_issues(report, name, found["remote_id"].fillna("without id"), told)
    report.count(name, "refused", int((~good & removed.isna()).sum()))
    named = found["remote_id"].notna()
    # Whatever the order of the input, the same one of several records stays.
    order = found.assign(at=rows[filled.newest].astype(str) if filled.newest else "")[named]
    chosen = order.sort_values(["at", "wanted"], kind="stable", na_position="first")
    chosen = chosen.drop_duplicates("remote_id", keep="last").sort_index().drop(columns="at")
    report.count(name, "mapped", int((chosen["wanted"].notna() & chosen["removed"].isna()).sum()))
    return chosen.reset_index(drop=True), int((~named).sum())


def _with_kept(filled: Filled, run: Run[Any], pictures: pd.DataFrame) -> pd.DataFrame:
    """The pictures with the last known values of the fields that are kept, where they have none themselves."""
    name = filled.entity.name
    fields = [rule.field for rule in run.field_map[name] if rule.field in filled.kept]
    lacking = [text is not None and any(f'"{field}":' not in text for field in fields) for text in pictures["wanted"]]
    if not any(lacking):
        return pictures
    stored = find_records(run.snapshot, name, pictures.loc[lacking, "remote_id"])
    before = dict(zip(stored["remote_id"], stored["wanted"], strict=True))
    texts = [
        _kept_too(text, before.get(key), fields) if lacks else text
        for key, text, lacks in zip(pictures["remote_id"], pictures["wanted"], lacking, strict=True)
    ]
    return pictures.assign(wanted=pd.Series(texts, pictures.index, dtype=object))


def _kept_too(picture: str, before: str | None, fields: Sequence[str]) -> str:
    older = msgspec.json.decode(before) if before else {}
    values = {field: older[field] for field in fields if field in older}
    return canonical(values | msgspec.json.decode(picture)) if values else picture


def _left_out(filled: Filled, run: Run[Any], rows: pd.DataFrame, column: str) -> None:
    name = filled.entity.name
    rule = next(rule for rule in run.field_map[name] if rule.field == "remoteId")
    ids = rows[rule.source].where(rows[rule.source].notna(), "without id")
    run.report.count(name, "left_out", len(rows))
    for reason, each in ids.groupby(rows[column]):
        run.report.because(name, "left_out", str(reason), list(each))


def _remove(filled: Filled, run: Run[Any], found: pd.DataFrame) -> None:
    """Takes away what a rule says is to go, where it is known; the rest counts as left out."""
    if found.empty:
        return
    name = filled.entity.name
    stored = find_records(run.snapshot, name, found["remote_id"])
    stored = stored[stored["wanted"].notna()]
    reasons = found.set_index("remote_id")["removed"]
    take_out(filled, run, stored)
    run.report.count(name, "left_out", len(found))
    for reason, each in reasons.groupby(reasons):
        run.report.because(name, "left_out", str(reason), list(each.index))


def _listed(filled: Filled, run: Run[Any], rows: pd.DataFrame) -> tuple[set[str], int]:
    """The records that the listing names, and how many of its rows name none."""
    if rows.empty:
        return set(), 0
    rules = [rule for rule in run.field_map[filled.entity.name] if rule.field == "remoteId"]
    named = apply_rules(rules, {rule.source: rows[rule.source] for rule in rules}).values["remoteId"]
    return set(named.dropna()), int(named.isna().sum())


def _none() -> pd.DataFrame:
    return pd.DataFrame(columns=["remote_id", "wanted", "held", "removed"], dtype=object)


def _held_before(run: Run[Any], name: str) -> pd.DataFrame:
    """The records of earlier runs that wait for what they refer to."""
    names = ["remote_id", "wanted", "held"]
    frames = [frame[names] for frame in read_records(run.snapshot, name, "held")]
    if not frames:
        return _none()[names]
    held = pd.concat(frames, ignore_index=True)
    return held[held["held"].str.startswith(WAITING) & held["wanted"].notna()]
