"""The work of a flow that sells, buys and receives: the rows that name products, and which products are needed."""

from collections.abc import Collection, Mapping
from typing import Any

from etl.core.flow import Run
from etl.core.records import Records, Rows
from etl.inward.needed import needed_products
from etl.inward.parts import needed_parts
from etl.inward.sales import sold_products


class TradeWork(Records):
    """The columns of each stream; the steps of a flow fill the attributes.

    Attributes:
        sales, parts, purchases, purchase_lines: the rows of sell orders, compositions and purchase orders, which say
            which products are needed.
        needed: remote ids of the products that one of them names (note_needed).
    """

    sales: Rows
    parts: Rows
    purchases: Rows
    purchase_lines: Rows
    needed: frozenset[str]


def note_needed(
    run: Run[Any],
    work: TradeWork,
    bought: set[str],
    inactive: set[str],
    again: Mapping[str, Collection[str]] | None = None,
) -> None:
    """Makes `work.needed` once the other rows are made; `bought`: the products that lines of purchase orders name.

    `inactive`: the products that are not active; `again`: as in needed_products.
    """
    now = needed_products(run, {"sellOrders": sold_products(work.sales), "buyOrders": bought}, again)
    if run.config.composes:
        now |= needed_parts(run, work.parts, inactive, now)
    work.needed = frozenset(now)
