"""The sandbox's raw shop as Magento records: stock answers are computed here from Magento's measured behaviour.

The scope is that of `/rest/V1`: store view `default` of website `base`, which sells from stock 2 (sources ams and rtm;
the linked source `old` is disabled). For one SKU of that stock Magento answers (REST, 2.4.7, stockStatuses):

* salable `qty` = source items in stock of the enabled sources + reservations - min_qty, cut to a whole number;
* `stock_item` = the legacy item, whose `qty` is the `default` source's;
* nothing (a phantom: `product_id` null) for a disabled product, one never indexed and one without a stock item.

Read in bulk (export-stock-salable-qty), the same numbers come out, but 0 where stock is not managed.
"""

from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

from sandbox.shop.world import SOURCES
from sandbox.systems import Sandbox
from tests.oracle import jobs
from tests.oracle.flow import FULL_TABLE_STREAMS, Flow, Reading, decimal, sku_key
from tests.oracle.ledger import Ledger

SCOPE = "default"
STOCK_ID = 2
SOURCES_OF_STOCK = ("ams", "rtm")


def small_sandbox(**more: Any) -> AbstractContextManager[Sandbox]:
    """Both servers over a small shop with every awkward product and order."""
    return Sandbox(seed=7, products=80, orders=90, **more)


def stock_statuses(raw: dict[str, Any], *, bulk: bool) -> list[dict[str, Any]]:
    """One answer of stockStatuses per product; `bulk` says whether the tap reads them in bulk."""
    items = {item["product_id"]: item for item in raw["stock_items"]}
    answers = []
    for product in raw["products"]:
        product_id = product["id"]
        item = items.get(product_id)
        if product["status"] == 2 or product_id in raw["never_indexed"] or item is None:
            answers.append({"sku": product["sku"], "product_id": None, "qty": 0, "stock_item": {"qty": None}})
            continue
        salable = decimal(-item["min_qty"])
        for row in raw["source_items"]:
            if sku_key(row["sku"]) == sku_key(product["sku"]) and row["source_code"] in SOURCES_OF_STOCK:
                salable += decimal(row["quantity"]) if row["status"] == 1 else Decimal(0)
        for row in raw["reservations"]:
            if sku_key(row["sku"]) == sku_key(product["sku"]) and row["stock_id"] == STOCK_ID:
                salable += decimal(row["quantity"])
        quantity = 0 if bulk and not item["manage_stock"] else int(salable)
        answers.append({"sku": product["sku"], "product_id": product_id, "qty": quantity, "stock_item": item})
    return answers


def products_in_scope(raw: dict[str, Any]) -> list[dict[str, Any]]:
    """Products as the scope shows them: a store view may have its own status and name."""
    scoped = raw["scope_values"]
    return [{**product, **scoped.get(str(product["id"]), {}).get(SCOPE, {})} for product in raw["products"]]


def reading_of(sandbox: Any, *, bulk: bool) -> Reading:
    """What a run of the tap must put out now; products and orders in full, which says the same as what changed."""
    raw = jobs.fetch(f"{jobs.origin(sandbox.magento_url)}/_sandbox/dump")
    products = products_in_scope(raw)
    rows = {
        "products": products,
        "product_ids": [{name: product[name] for name in ("id", "sku", "status")} for product in products],
        "product_stock_statuses": stock_statuses(raw, bulk=bulk),
        "product_item_stocks": [item for item in raw["stock_items"] if item["qty"] is not None],
        "source_items": raw["source_items"],
        "sources": SOURCES,
        "orders": raw["orders"],
    }
    return Reading(rows=rows, complete=frozenset(FULL_TABLE_STREAMS), now=sandbox.clock.now())


class ShopDays:
    """The oracle of a running sandbox: call `read` once per run of the job or the pipe, before it.

    `asks`: what a listing lacks is asked for by id in the same run, as the job does.
    """

    def __init__(self, flow: Flow, *, bulk: bool = True, asks: bool = False) -> None:
        self.bulk = bulk
        self.asks = asks
        self.ledger = Ledger(flow)

    def read(self, sandbox: Any) -> int:
        """Take the shop as it is now and return how many objects of Optiply must change by it."""
        before = {kind: {key: dict(held) for key, held in of.items()} for kind, of in self.ledger.optiply.items()}
        reading = reading_of(sandbox, bulk=self.bulk)
        if self.asks:
            missing = self.ledger.products.keys() - {product["id"] for product in reading.rows["product_ids"]}
            reading.rows["product_checks"] = [{"id": number, "found": False} for number in missing]
        self.ledger.day(reading)
        after = self.ledger.optiply
        return sum(
            before[kind].get(key) != after[kind].get(key)
            for kind in after
            for key in set(before[kind]) | set(after[kind])
        )
