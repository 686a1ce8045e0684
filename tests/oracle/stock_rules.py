"""Stock of one SKU from stock statuses or from source items, one row at a time.

Readings of the rules, where the text leaves room:

* `warehouse_ids` names the counted sources, also a disabled one; only the empty list asks which sources are enabled.
* A row of a counted source that is marked out of stock is a counted row, and counts 0.
* With an empty `warehouse_ids` and no complete reading of the sources nothing can be counted: every old value stays.
* `manage_stock` that nobody has said yet is not false: the stock is limited.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.oracle.flow import Flow, Reading, decimal, sku_key


def cut(quantity: Decimal) -> int:
    """Cut toward zero, as Magento does: -10.5 is -10."""
    return int(quantity)


class StockBook:
    """What is known of each product's stock: quantity and whether it is managed; None is "not known"."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.quantity: dict[int, Decimal] = {}
        self.managed: dict[int, bool] = {}
        self.reads_without_row: dict[int, int] = {}

    def take(self, reading: Reading, products: dict[int, dict[str, Any]]) -> None:
        """Learn from one run's rows. `products`: id to the product record as last read."""
        if self.flow.stock_from == "product_stock_statuses":
            self._take_statuses(reading.full("product_stock_statuses"), products)
        elif self.flow.stock_from == "source_items":
            self._take_source_items(reading, products)
            for item in reading.full("product_item_stocks") or []:
                if item.get("manage_stock") is not None:
                    self.managed[int(item["product_id"])] = bool(item["manage_stock"])

    def _take_statuses(self, rows: list[dict[str, Any]] | None, products: dict[int, dict[str, Any]]) -> None:
        for row in rows or []:
            if row.get("product_id") is None:
                continue  # a phantom says nothing at all
            product_id = int(row["product_id"])
            if product_id not in products:
                matching = [key for key, record in products.items() if sku_key(record["sku"]) == sku_key(row["sku"])]
                if len(matching) == 1:
                    product_id = matching[0]
            item = row.get("stock_item") or {}
            quantity = row.get("qty") if self.flow.use_salable_quantity else item.get("qty")
            if quantity is not None:
                self.quantity[product_id] = decimal(quantity)
            if item.get("manage_stock") is not None:
                self.managed[product_id] = bool(item["manage_stock"])

    def _counted_sources(self, reading: Reading) -> set[str] | None:
        if self.flow.warehouse_ids:
            return set(self.flow.warehouse_ids)
        sources = reading.full("sources")
        if sources is None:
            return None
        return {source["source_code"] for source in sources if source["enabled"]}

    def _take_source_items(self, reading: Reading, products: dict[int, dict[str, Any]]) -> None:
        rows = reading.full("source_items")
        counted = self._counted_sources(reading)
        if rows is None or counted is None:
            return
        for product_id, product in products.items():
            found = False
            total = Decimal(0)
            for row in rows:
                if sku_key(row["sku"]) != sku_key(product["sku"]) or row["source_code"] not in counted:
                    continue
                found = True
                if int(row["status"]) == 1:
                    total += decimal(row["quantity"])
            if found:
                self.quantity[product_id] = total
                self.reads_without_row[product_id] = 0
                continue
            self.reads_without_row[product_id] = self.reads_without_row.get(product_id, 0) + 1
            if self.reads_without_row[product_id] >= 2:
                self.quantity[product_id] = Decimal(0)
