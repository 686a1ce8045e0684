"""Compositions as Optiply should have them: one row per composition and part."""

from __future__ import annotations

from typing import Any

import pandas as pd

from etl.core.columns import as_flags, as_ids, nothing
from etl.core.flow import Run
from etl.core.records import Rows
from etl.picqer.flags import PicqerFlags
from etl.picqer.rules.products import COMPOSED, NOT_CREATED, known_to_optiply
from etl.picqer.rules.values import id_or_none, number_or_none
from etl.picqer.work import PicqerWork
from store.frames import find_records

_COLUMNS = ("part:pair", "part:composition", "part:product", "part:amount")


def gather_parts(run: Run[PicqerFlags], work: PicqerWork) -> Rows:
    """Direct parts alone, since each composition is read by itself; a part that stands there twice is added up."""
    frame, types = work.frame("product_parts"), _types(work)
    cells: list[tuple[Any, ...]] = []
    parents = {product for product, kind in types.items() if kind not in COMPOSED}
    wanted = set(run.config.composition_types)
    for raw, parts in zip(*(frame[name] for name in ("idproduct", "parts")), strict=True) if len(frame) else ():
        composition = id_or_none(raw)
        if composition is None or parts is None:
            run.report.count("productCompositions", "refused", 1)
            name = [composition or "without id"]
            run.report.because("productCompositions", "refused", "its parts cannot be read", name)
            continue
        amounts: dict[str | None, list[Any]] = {}
        if types.get(composition, COMPOSED[0]) in wanted:
            for part in parts:
                amounts.setdefault(id_or_none(part.idproduct), []).append(part.amount)
        cells += [
            (f"{composition}-{part or 'unreadable'}", composition, part, _sum(each)) for part, each in amounts.items()
        ]
        if None not in amounts:
            parents.add(composition)
    return Rows(pd.DataFrame(cells, columns=list(_COLUMNS), dtype=object), parents)


def compositions(run: Run[PicqerFlags], work: PicqerWork) -> Rows:
    """The rows that were gathered, without those of a composition that Optiply does not get."""
    rows = work.parts.frame
    if rows.empty:
        return work.parts
    stored = find_records(run.snapshot, "products", rows["part:composition"])
    hidden = rows["part:composition"].isin(stored.loc[stored["held"].eq(NOT_CREATED), "remote_id"])
    left_out = nothing(rows.index)
    left_out[hidden] = f"its composition is {NOT_CREATED}"
    return Rows(rows.assign(left_out=left_out), work.parts.parents)


def needed_parts(run: Run[PicqerFlags], work: PicqerWork, needed: set[str]) -> set[str]:
    """The parts of compositions that Optiply has or gets: of those that are active, known or themselves `needed`."""
    frame, rows = work.frame("products"), work.parts.frame
    if rows.empty:
        return set()
    inactive = set(as_ids(frame["idproduct"])[as_flags(frame["active"]).eq(False)]) if len(frame) else set()
    stored = find_records(run.snapshot, "products", rows["part:composition"])
    inactive -= set(stored.loc[known_to_optiply(stored), "remote_id"])
    found: set[str] = set()
    while True:
        comes = ~rows["part:composition"].isin(inactive - needed - found)
        parts = set(rows.loc[comes, "part:product"].dropna())
        if parts == found:
            return found
        found = parts


def _types(work: PicqerWork) -> dict[str, Any]:
    frame = work.frame("products")
    pairs = zip(as_ids(frame["idproduct"]), frame["type"], strict=True) if len(frame) else ()
    return {product: kind for product, kind in pairs if product is not None and isinstance(kind, str) and kind}


def _sum(amounts: list[Any]) -> Any:  # noqa: ANN401 - an amount that is none is refused with its value
    if len(amounts) == 1:
        return amounts[0]
    numbers = [number_or_none(amount) for amount in amounts]
    odd = next((amount for amount, known in zip(amounts, numbers, strict=True) if known is None), None)
    return sum(known for known in numbers if known is not None) if None not in numbers else odd
