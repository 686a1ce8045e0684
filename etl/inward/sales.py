"""Lines of sell orders as Optiply takes them: each product once per order, by the mapping table."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pandas as pd

from etl.core.columns import as_number, objects
from etl.core.flow import Run
from etl.core.mapping import apply_rules
from etl.core.records import Rows
from etl.core.values import number_or_none
from etl.inward.needed import known_to_optiply
from store.frames import find_records

Sums = dict[str, list[Decimal]]
"""Product → amount and money."""
_ENTITY = "sellOrders"
BEYOND = "a line whose amount or money is beyond the limits"


def add(sums: Sums, product: str, amount: Decimal, money: Decimal) -> None:
    """Adds a line."""
    total = sums.setdefault(product, [Decimal(0), Decimal(0)])
    total[0] += amount
    total[1] += money


def mapped_lines(run: Run[Any], sums: Sequence[Mapping[str, Sequence[Decimal]]]) -> tuple[list[Any], list[bool]]:
    """The lines of each order as Optiply takes them, in order of the product, and whether one of them is refused."""
    cells = [(row, product, *total) for row, found in enumerate(sums) for product, total in found.items()]
    flat = pd.DataFrame(cells, columns=["row", "line:product", "line:amount", "line:subtotal"], dtype=object)
    lines: list[list[dict[str, Any]]] = [[] for _ in sums]
    refused = [False] * len(sums)
    if flat.empty:
        return lines, refused
    flat = flat.assign(number=as_number(flat["line:product"])).sort_values(["number", "line:product"], kind="stable")
    flat = flat.reset_index(drop=True)
    rules = run.field_map["orderLines"]
    mapped = apply_rules(rules, {rule.source: flat[rule.source] for rule in rules})
    for row, why, line in zip(flat["row"], mapped.refused, mapped.values.to_dict("records"), strict=True):
        refused[row] |= why is not None
        lines[row].append({str(name): value for name, value in line.items()})
    return lines, refused


def with_lines(run: Run[Any], frame: pd.DataFrame, sums: Sequence[Mapping[str, Sequence[Decimal]]]) -> pd.DataFrame:
    """The orders with the `orderLines` of each; one with a line that is refused is `left_out`."""
    lines, refused = mapped_lines(run, sums)
    beyond = pd.Series(refused, frame.index, dtype=bool) & frame["left_out"].isna()
    return frame.assign(orderLines=objects(lines, frame.index), left_out=frame["left_out"].mask(beyond, BEYOND))


def sold_products(rows: Rows) -> set[str]:
    """The products that the orders which count name."""
    if rows.frame.empty:
        return set()
    counts = rows.frame["left_out"].isna() & rows.frame["removed"].isna()
    return {line["productRemoteId"] for lines in rows.frame.loc[counts, "orderLines"] for line in lines}


def settled_sales(run: Run[Any], keys: Iterable[str]) -> dict[str, Any]:
    """The orders that Optiply has or was offered, with their pictures: they are written once, as they were first."""
    stored = find_records(run.snapshot, _ENTITY, keys)
    offered = stored["wanted"].notna() & stored["held"].isna() & stored["status"].ne("refused")
    there = stored[known_to_optiply(stored) | offered]
    return {
        key: msgspec.json.decode(text or "{}") for key, text in zip(there["remote_id"], there["wanted"], strict=True)
    }


def tell_settled(run: Run[Any], totals: Mapping[str, Sequence[object]], pictures: Mapping[str, Any]) -> None:
    """Counts such orders; `totals`: what was invoiced of each by now, which may be more than Optiply was told."""
    for count in ("read", "unchanged"):
        run.report.count(_ENTITY, count, len(totals))
    more = [
        key
        for key, amounts in totals.items()
        if sum(number_or_none(one) or 0 for one in amounts) > (number_or_none(pictures[key].get("totalValue")) or 0)
    ]
    run.report.because(_ENTITY, "reported", "more of it was invoiced after Optiply took it: that is ignored", more)
