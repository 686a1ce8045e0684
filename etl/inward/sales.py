"""Lines of sell orders as Optiply takes them: each product once per order, by the mapping table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pandas as pd

from etl.core.columns import as_number
from etl.core.flow import Run
from etl.core.mapping import apply_rules
from etl.core.records import Rows

Sums = dict[str, list[Decimal]]
"""Product → amount and money."""
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


def sold_products(rows: Rows) -> set[str]:
    """The products that the orders which count name."""
    if rows.frame.empty:
        return set()
    counts = rows.frame["left_out"].isna() & rows.frame["removed"].isna()
    return {line["productRemoteId"] for lines in rows.frame.loc[counts, "orderLines"] for line in lines}
