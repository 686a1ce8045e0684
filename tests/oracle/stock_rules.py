"""Stock of one SKU from stock statuses or from source items, one row at a time.

Readings of the rules, where the text leaves room:

* Stock is known of a SKU. A row that names a product id speaks of the SKU that product has now; a row for a SKU that no
  product has yet is remembered. A product whose SKU was changed has unknown stock until the next row.
* `warehouse_ids` names the counted sources, also a disabled one; only the empty list asks which sources are enabled.
* A row of a counted source that is marked out of stock is a counted row, and counts 0.
* With an empty `warehouse_ids` and no complete reading of the sources nothing can be counted: every old value stays.
* `manage_stock` that nobody has said yet is not false: the stock is limited.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.oracle.flow import Flow, Reading, decimal, sku_key

Products = dict[int, dict[str, Any]]


def cut(quantity: Decimal) -> int:
    """Cut toward zero, as Magento does: -10.5 is -10."""
    return int(quantity)


class StockBook:
    """What is known of each SKU's stock: quantity and whether it is managed; what is missing is not known."""

    def __init__(self) -> None:
        self.quantity: dict[str, Decimal] = {}
        self.managed: dict[str, bool] = {}
        self.reads_without_row: dict[str, int] = {}

    def take(self, reading: Reading, products: Products, flow: Flow) -> None:
        """Learn from one run's rows. `products`: id to the product record as last read."""
        if flow.stock_from == "product_stock_statuses":
            self._take_statuses(reading.full("product_stock_statuses"), products, flow)
        elif flow.stock_from == "source_items":
            self._take_source_items(reading, products, flow)
            for item in reading.full("product_item_stocks") or []:
                product = products.get(int(item["product_id"]))
                if product is not None and sku_key(product["sku"]) and item.get("manage_stock") is not None:
                    self.managed[sku_key(product["sku"])] = bool(item["manage_stock"])

    def _take_statuses(self, rows: list[dict[str, Any]] | None, products: Products, flow: Flow) -> None:
        for row in rows or []:
            if row.get("product_id") is None:
                continue  # a phantom says nothing at all
            key = sku_key(products.get(int(row["product_id"]), row)["sku"])
            if not key:
                continue
            item = row.get("stock_item") or {}
            quantity = row.get("qty") if flow.use_salable_quantity else item.get("qty")
            if quantity is not None:
                self.quantity[key] = decimal(quantity)
                self.reads_without_row[key] = 0
            if item.get("manage_stock") is not None:
                self.managed[key] = bool(item["manage_stock"])

    def _take_source_items(self, reading: Reading, products: Products, flow: Flow) -> None:
        rows = reading.full("source_items")
        counted = _counted_sources(reading, flow)
        if rows is None or counted is None:
            return
        found: dict[str, Decimal] = {}
        for row in rows:
            if row["source_code"] in counted:
                units = decimal(row["quantity"]) if int(row["status"]) == 1 else Decimal(0)
                found[sku_key(row["sku"])] = found.get(sku_key(row["sku"]), Decimal(0)) + units
        known = {sku_key(product["sku"]) for product in products.values()}
        for key in {*known, *self.quantity, *found} - {""}:
            if key in found:
                self.quantity[key] = found[key]
                self.reads_without_row[key] = 0
                continue
            self.reads_without_row[key] = self.reads_without_row.get(key, 0) + 1
            if self.reads_without_row[key] >= 2:
                self.quantity[key] = Decimal(0)


def _counted_sources(reading: Reading, flow: Flow) -> set[str] | None:
    if flow.warehouse_ids:
        return set(flow.warehouse_ids)
    sources = reading.full("sources")
    if sources is None:
        return None
    return {source["source_code"] for source in sources if source["enabled"]}
