"""The work of one run: takes the input apart, and holds what one step hands on to the next.

Products go into the store at once, the rest waits for the end of the input.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import compress
from typing import Any

import pandas as pd

from etl.core.columns import as_flags, as_ids, as_text
from etl.core.flow import Run
from etl.core.input import Input
from etl.core.report import records_are, tell_input
from etl.magento.facts import (
    PRODUCT_TIE_BREAKERS,
    check_facts,
    column,
    compared,
    listed_ids,
    newest,
    product_facts,
)
from etl.magento.flags import FlowConfig
from etl.magento.product_store import PRODUCT_COLUMNS, find_products, write_products
from etl.magento.rules.orders import OrderFacts, order_facts
from etl.magento.stock_facts import Odd, item_stock_facts, source_item_facts, stock_status_facts
from store.frames import settled_ids

_ENTITIES = {"products": "products", "orders": "sellOrders"}


@dataclass
class Facts:
    """What one input said, beside the products, which are in the store already. Lists hold one frame per batch.

    `nameless` counts the rows of a stream that say nothing without a value they lack, so that the stream as a whole
    proves nothing either.
    """

    listed: list[pd.Series[Any]] = field(default_factory=list)
    checked: list[pd.DataFrame] = field(default_factory=list)
    statuses: list[pd.DataFrame] = field(default_factory=list)
    item_stocks: list[pd.DataFrame] = field(default_factory=list)
    source_items: list[pd.DataFrame] = field(default_factory=list)
    sources: list[pd.DataFrame] = field(default_factory=list)
    orders: list[OrderFacts] = field(default_factory=list)
    attribute_codes: set[str] = field(default_factory=set)
    nameless: Counter[str] = field(default_factory=Counter)


class Work:
    """Feeds batches into the store and into `facts`; the steps fill the other attributes, in this order.

    Attributes:
        facts: what the input said.
        stocked: the products with a usable stock row in this run, None when no table counts (steps.stock).
        bundles: bundles of known make-up (product_store.read_bundles).
        orders: orders Optiply should get, with mapped headers, and `since` when each was first wanted (ISO or None).
        lines: what they sold (order_lines.LINE_COLUMNS).
        unread: rows with children whose product was never read (order, product_id): it may turn out to be a fixed kit.
        states: what an order may do with each product that it or a bundle names (rules.orders.UNKNOWN … GONE).
    """

    stocked: pd.Index[Any] | None
    bundles: pd.DataFrame
    orders: OrderFacts
    since: pd.Series[Any]
    lines: pd.DataFrame
    unread: pd.DataFrame
    states: pd.Series[Any]

    def __init__(self, run: Run[FlowConfig]) -> None:
        """Orders that Optiply has already are read past."""
        self.facts = Facts()
        self._snapshot = run.snapshot
        self._config = run.config
        self._field_map = run.field_map
        self._report = run.report
        self._settled = settled_ids(run.snapshot, "sellOrders")
        self._seen: set[str] = set()
        self._repeated: list[pd.DataFrame] = []
        self._takers = {
            "products": self._products,
            "product_ids": self._listed,
            "product_checks": lambda records: self.facts.checked.append(check_facts(records)),
            "product_stock_statuses": lambda records: self._stock(self.facts.statuses, stock_status_facts, records),
            "product_item_stocks": lambda records: self._stock(self.facts.item_stocks, item_stock_facts, records),
            "source_items": lambda records: self._stock(self.facts.source_items, source_item_facts, records),
            "sources": self._sources,
            "orders": self._orders,
            "product_attributes": self._attributes,
        }

    def take(self, stream: str, records: list[Any]) -> None:
        """Takes one batch in."""
        self._takers[stream](records)

    def finish(self, source: Input) -> None:
        """What only the end of the input tells: which of several versions of a product stays, what was not readable.

        A table with rows that name nothing keeps its completeness only where absence from it means nothing.
        """
        tell_input(source, self._report)
        for stream, entity in _ENTITIES.items():
            self._report.count(entity, "read", source.unread[stream])
            self._report.count(entity, "refused", source.unread[stream])
        for stream, number in sorted(self.facts.nameless.items()):
            source.complete.pop(stream, None)
            self._report.note(
                f"{records_are(number, stream)} without a value that {stream} cannot do without, so the table does not "
                "count as complete; correct it at the source."
            )
        if not self._repeated:
            return
        again = pd.concat(self._repeated, ignore_index=True)
        stored = find_products(self._snapshot, again["product_id"])[list(again.columns)]
        write_products(
            self._snapshot, newest(pd.concat([stored, again], ignore_index=True), "product_id", PRODUCT_TIE_BREAKERS)
        )

    def _products(self, records: list[Any]) -> None:
        facts = product_facts(records)
        self._report.count("products", "read", len(records))
        nameless = facts["product_id"].isna()
        if nameless.any():
            self._report.count("products", "refused", int(nameless.sum()))
            skus = facts.loc[nameless, "sku"].fillna("without sku")
            self._report.because("products", "refused", "a product without id cannot be sent", list(skus), "remoteId")
            facts = facts[~nameless]
        ids = facts["product_id"].tolist()
        if not self._seen.isdisjoint(ids):
            again = facts["product_id"].isin(self._seen)
            self._repeated.append(facts[again])
            facts = facts[~again]
        self._seen.update(ids)
        write_products(self._snapshot, facts[[name for name in PRODUCT_COLUMNS if name in facts.columns]])

    def _stock(
        self, frames: list[pd.DataFrame], read: Callable[[list[Any], list[Odd]], pd.DataFrame], records: list[Any]
    ) -> None:
        odd: list[Odd] = []
        frames.append(read(records, odd))
        for field_name, keys, reasons, values in odd:
            for reason in sorted(reasons.unique()):
                which = reasons == reason
                names = list(keys[which].fillna("unnamed"))
                text = f"{field_name} in Magento's stock {reason}"
                self._report.because("products", "reported", text, names, "stockLevel", list(values[which]))

    def _listed(self, records: list[Any]) -> None:
        ids = listed_ids(records)
        self.facts.listed.append(ids)
        self._miss("product_ids", len(records) - len(ids))

    def _sources(self, records: list[Any]) -> None:
        frame = pd.DataFrame(
            {
                "source_code": compared(as_text(column(records, "source_code"))),
                "enabled": as_flags(column(records, "enabled")),
            }
        )
        self.facts.sources.append(frame)
        self._miss("sources", int(frame.isna().any(axis=1).sum()))

    def _miss(self, stream: str, number: int) -> None:
        if number:
            self.facts.nameless[stream] += number

    def _attributes(self, records: list[Any]) -> None:
        self.facts.attribute_codes.update(as_text(column(records, "attribute_code")).dropna())

    def _orders(self, records: list[Any]) -> None:
        self._report.count("sellOrders", "read", len(records))
        done = as_ids(column(records, "entity_id")).isin(self._settled)
        if done.any():
            self._report.count("sellOrders", "unchanged", int(done.sum()))
            records = list(compress(records, ~done))
        facts = order_facts(records, self._field_map["sellOrders"], self._field_map["orderLines"], self._config)
        self.facts.orders.append(facts)


def finish_reading(run: Run[FlowConfig], work: Work) -> None:
    """The first step: what only the end of the input tells."""
    work.finish(run.source)
