"""Purchase orders that were placed in Optiply and come back: they bear its mark, and are one order on each side."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import pandas as pd

from etl.core.columns import nothing, objects
from etl.core.exported import (
    SentLine,
    keep_owners_of_marks,
    keep_unlinked,
    owners_of_marks,
    paired,
    sent_lines,
    unlinked,
)
from etl.core.flow import Run
from etl.core.references import WAITING, states_of, waits_for
from etl.core.values import text_or_none
from store.care import Known, take_over
from store.frames import find_records, read_records
from store.snapshot import Snapshot

NOT_LINKED = f"{WAITING}which of Optiply's lines it is is not known yet"
_MARK = re.compile(r"OPTIPLY-([1-9][0-9]*)", re.IGNORECASE)


def mark_of(value: object) -> str | None:
    """The id of the Optiply order whose mark this is, or None."""
    found = _MARK.fullmatch(text_or_none(value) or "")
    return found[1] if found else None


def link_marked(run: Run[Any], marks: Mapping[str, str]) -> dict[str, str | None]:
    """Gives the orders that bear a mark (remote id → the id it names) that id, unless they have one.

    Answers remote id → Optiply's id, None where another order has that id already.
    """
    if not marks:
        return {}
    ids = run.snapshot.ids("buyOrders")
    # Of several with one mark it is the one that was made first, and stays it: where Optiply has no such order (any
    # more), that one was made anew, under another id.
    owners = owners_of_marks(run.snapshot)
    for key in sorted(marks, key=lambda key: (key not in ids, _by_id(key))):
        owners.setdefault(marks[key], key)
    keep_owners_of_marks(run.snapshot, owners)
    new = [Known(key, marks[key]) for key in marks if key not in ids and owners[marks[key]] == key]
    taken = take_over(run.snapshot, "buyOrders", new, "it bears the mark of this Optiply order")
    fresh = [one.remote_id for one in taken.new]
    run.report.because("buyOrders", "linked", "it bears the mark of an Optiply order", fresh)
    keep_unlinked(run.snapshot, unlinked(run.snapshot) | {key: marks[key] for key in fresh})
    surplus = {one.remote_id for one in taken.owned} | {key for key in marks if owners[marks[key]] != key}
    return {key: None if key in surplus else ids.get(key, found) for key, found in marks.items()}


def lines_wait(run: Run[Any], _work: object, pictures: pd.DataFrame) -> pd.Series[Any]:
    """Lines of an order that was linked by its mark wait until one of its lines is linked: they would be doubled.

    Where Optiply has no such order, it was made anew, without lines, and has another id than the mark says.
    """
    held, without = nothing(pictures.index), unlinked(run.snapshot)
    if not without:
        return held
    named = _link_lines(run.snapshot, pictures, without)
    lines = find_records(run.snapshot, "buyOrderLines", pictures["remote_id"])
    linked = set(lines.loc[lines["id"].notna(), "remote_id"])
    known = {order for order, line in zip(named, pictures["remote_id"], strict=True) if line in linked}
    ids = run.snapshot.ids("buyOrders")
    known |= {order for order, mark in without.items() if ids.get(order, mark) != mark}
    doubtful = {order: mark for order, mark in without.items() if order not in known}
    keep_unlinked(run.snapshot, doubtful)
    held[[order in doubtful for order in named]] = NOT_LINKED
    return held


def _link_lines(snapshot: Snapshot, pictures: pd.DataFrame, without: dict[str, str]) -> list[str | None]:
    """Gives the lines of orders that were sent from here the ids of the lines they were made from.

    Answers the order that each line is of. It does not matter whether the order was read in this run.
    """
    decoded = [msgspec.json.decode(text) for text in pictures["wanted"]]
    there: dict[str, list[tuple[str, str, int]]] = {}
    for own, line in zip(pictures["remote_id"], decoded, strict=True):
        order, product, units = (line.get(name) for name in ("buyOrderRemoteId", "productRemoteId", "quantity"))
        if order in without and product is not None and units is not None:
            there.setdefault(order, []).append((own, product, int(units)))
    for order, lines in there.items():
        lines.sort(key=lambda line: _by_id(line[0]))
        pairs = paired(sent_lines(snapshot, without[order]), lines)
        known = [Known(own, found) for own, found in pairs.items()]
        take_over(snapshot, "buyOrderLines", known, "it was made from this line of an Optiply order")
    return [line.get("buyOrderRemoteId") for line in decoded]


def echoed(lines: Sequence[tuple[str, str, int]], sent: Sequence[SentLine], linked: Mapping[str, str]) -> set[str]:
    """Which of an order's lines (id, product, units) were made from those that were sent: linked already, or fitting.

    `linked`: the ids that Optiply's lines are linked to; what was sent stands for one line.
    """
    there = {own for own, _, _ in lines if own in linked}
    taken = set(linked.values())
    left = [one for one in sent if one.id not in taken]
    return there | set(paired(left, [line for line in lines if line[0] not in there]))


def orders_wait(order: str, product: str) -> Callable[[Run[Any], Any, pd.DataFrame], pd.Series[Any]]:
    """An order that Optiply has not waits until the products of all its lines can be used.

    `order`, `product`: the columns of `purchase_lines` of the work that name them.
    """

    def wait(run: Run[Any], work: Any, pictures: pd.DataFrame) -> pd.Series[Any]:  # noqa: ANN401 - any flow's work
        rows = work.purchase_lines.frame
        pairs = list(zip(rows[order], rows[product], strict=True)) if len(rows) else []
        return _orders_wait(run, pairs, pictures)

    return wait


def _orders_wait(run: Run[Any], pairs: list[tuple[str, str]], pictures: pd.DataFrame) -> pd.Series[Any]:
    stored = find_records(run.snapshot, "buyOrders", pictures["remote_id"])
    there = set(stored.loc[stored["id"].notna() | stored["announced"].notna(), "remote_id"])
    read = {order for order, _ in pairs}
    for frame in read_records(run.snapshot, "buyOrderLines", "held"):
        for text in frame["wanted"].dropna():
            line = msgspec.json.decode(text)
            if line.get("buyOrderRemoteId") not in read and "productRemoteId" in line:
                pairs.append((line["buyOrderRemoteId"], line["productRemoteId"]))
    usable = states_of(run, "products", {product for _, product in pairs}).usable
    missing = {order: product for order, product in reversed(pairs) if product not in usable and order not in there}
    reasons = [waits_for("products", missing[key]) if key in missing else None for key in pictures["remote_id"]]
    return objects(reasons, pictures.index)


def _by_id(key: str) -> tuple[int, str]:
    return (int(key) if key.isdecimal() else 0, key)
