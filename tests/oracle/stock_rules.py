"""Stock of one product from stock statuses or from source items, one row at a time.

Readings of the rules, where the text leaves room:

* Stock is known of a product. A row that names a product id speaks of that product, whatever SKU it has; a row for a
  SKU that no product has yet is remembered until the next complete reading. All remembered rows that turn out to speak
  of one product are its sum, however each of them writes the SKU.
* A source item whose SKU fits several products, or that has none, counts for none, and then no product's stock is
  taken as 0.
* `warehouse_ids` names the counted sources, also a disabled one; only the empty list asks which sources are enabled.
* A row of a counted source that is marked out of stock is a counted row, and counts 0.
* With an empty `warehouse_ids` and no complete reading of the sources nothing can be counted: every old value stays.
* `manage_stock` that nobody has said yet is not false: the stock is limited.
"""

from decimal import Decimal
from typing import Any

from tests.oracle.flow import Flow, Reading, decimal, is_known_sku, product_of_sku, sku_key

Products = dict[int, dict[str, Any]]


def cut(quantity: Decimal) -> int:
    """Cut toward zero, as Magento does: -10.5 is -10."""
    return int(quantity)


class StockBook:
    """What is known of each product's stock: quantity and whether it is managed; what is missing is not known."""

    def __init__(self) -> None:
        self.quantity: dict[int, Decimal] = {}
        self.managed: dict[int, bool] = {}
        self.reads_without_row: dict[int, int] = {}
        self.loose: dict[str, Decimal] = {}

    def take(self, reading: Reading, products: Products, gone: set[int], flow: Flow) -> None:
        """Learn from one run's rows. `products`: id to the product record as last read; `gone`: proven gone."""
        if flow.stock_from == "product_stock_statuses":
            self._take_statuses(reading.full("product_stock_statuses"), flow)
        elif flow.stock_from == "source_items":
            found: dict[int, Decimal] = {}
            for sku, units in self.loose.items():
                product_id = product_of_sku(sku, products, gone)
                if product_id is not None:
                    found[product_id] = found.get(product_id, Decimal(0)) + units
            for product_id, sum_of_rows in found.items():
                self._know(product_id, sum_of_rows)
            self._take_source_items(reading, products, gone, flow)
            for item in reading.full("product_item_stocks") or []:
                if item.get("manage_stock") is not None:
                    self.managed[int(item["product_id"])] = bool(item["manage_stock"])

    def _know(self, product_id: int, quantity: Decimal) -> None:
        self.quantity[product_id] = quantity
        self.reads_without_row[product_id] = 0

    def _take_statuses(self, rows: list[dict[str, Any]] | None, flow: Flow) -> None:
        for row in rows or []:
            if row.get("product_id") is None:
                continue  # a phantom says nothing at all
            product_id = int(row["product_id"])
            item = row.get("stock_item") or {}
            quantity = row.get("qty") if flow.use_salable_quantity else item.get("qty")
            if quantity is not None:
                self._know(product_id, decimal(quantity))
            if item.get("manage_stock") is not None:
                self.managed[product_id] = bool(item["manage_stock"])

    def _take_source_items(self, reading: Reading, products: Products, gone: set[int], flow: Flow) -> None:
        rows = reading.full("source_items")
        counted = _counted_sources(reading, flow)
        if rows is None or counted is None:
            return
        found: dict[int, Decimal] = {}
        self.loose = {}
        unclear = False
        for row in rows:
            nameless = sku_key(row["sku"]) == ""
            unclear = unclear or nameless
            if not nameless and row["source_code"] in counted:
                units = decimal(row["quantity"]) if int(row["status"]) == 1 else Decimal(0)
                product_id = product_of_sku(row["sku"], products, gone)
                if product_id is None and is_known_sku(row["sku"], products, gone):
                    unclear = True
                elif product_id is None:
                    self.loose[row["sku"]] = self.loose.get(row["sku"], Decimal(0)) + units
                else:
                    found[product_id] = found.get(product_id, Decimal(0)) + units
        for product_id, product in products.items():
            if product_id in found:
                self._know(product_id, found[product_id])
            elif product["sku"] and not unclear:
                self.reads_without_row[product_id] = self.reads_without_row.get(product_id, 0) + 1
                if self.reads_without_row[product_id] >= 2:
                    self.quantity[product_id] = Decimal(0)


def _counted_sources(reading: Reading, flow: Flow) -> set[str] | None:
    if flow.warehouse_ids:
        return set(flow.warehouse_ids)
    sources = reading.full("sources")
    if sources is None:
        return None
    return {source["source_code"] for source in sources if source["enabled"]}
