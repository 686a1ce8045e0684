"""What Magento's stock endpoints say of a product: index, salable quantity, salability, stock status (2.4.7, MSI).

Measured on a real 2.4.7-p3 shop: the quantity at the top of a stock status is the salable quantity of the stock of
the website in the URL, cut to a whole number; `stock_item.qty` is the default source's; a disabled or never indexed
product gives a phantom without `product_id`.
"""

from dataclasses import dataclass

from sandbox.shop.collation import folded
from sandbox.shop.products import COMPOSITES, number
from sandbox.shop.shop import Shop
from sandbox.shop.stock_items import phantom_stock_item
from sandbox.shop.world import ENABLED_SOURCES, LINKED_SOURCES, Json


@dataclass(frozen=True)
class IndexRow:
    """A row of a stock's index: reservations and `min_qty` are not taken off yet."""

    quantity: float
    is_salable: bool


@dataclass(frozen=True)
class StockView:
    """Answers questions about stock; without `msi` as a shop whose inventory modules are switched off."""

    shop: Shop
    msi: bool = True

    def index_row(self, product: Json, stock_id: int) -> IndexRow | None:
        """Return the product's row in a stock's index, None when it has none."""
        if product["id"] in self.shop.stock.never_indexed:
            return None
        if product["type_id"] in COMPOSITES:
            salable = product["status"] == 1 and self._composite_is_salable(product, stock_id)
            return IndexRow(0, True) if salable else None
        return self._default_row(product) if stock_id == 1 else self._warehouse_row(product, stock_id)

    def _default_row(self, product: Json) -> IndexRow | None:
        """The default stock's index is a view on the legacy one: enabled products only, below zero counts as zero."""
        item = self.shop.stock.items.get(product["id"])
        if item is None or product["status"] != 1:
            return None
        return IndexRow(max(0, item["qty"] or 0), bool(item["is_in_stock"]))

    def _warehouse_row(self, product: Json, stock_id: int) -> IndexRow | None:
        rows = self._source_rows(product, ENABLED_SOURCES[stock_id])
        if not rows:
            return None
        quantity = sum(row["quantity"] for row in rows if row["status"])
        in_stock = any(row["status"] for row in rows)
        backorders, managed = self._backorders(product), self._is_managed(product)
        return IndexRow(quantity, not managed or (in_stock and (backorders or quantity > self._min_qty(product))))

    def _source_rows(self, product: Json, sources: tuple[str, ...]) -> list[Json]:
        sku = folded(product["sku"])
        found = (self.shop.stock.source_items.get((source, sku)) for source in sources)
        return [row for row in found if row is not None]

    def salable_quantity(self, product: Json, stock_id: int) -> float:
        """Return index quantity plus reservations minus `min_qty`; 0 when the index says not salable."""
        row = self.index_row(product, stock_id)
        if row is None or not row.is_salable:
            return 0
        return self._after_reservations(product, stock_id, row)

    def _after_reservations(self, product: Json, stock_id: int, row: IndexRow) -> float:
        reserved = self.shop.stock.reservations.get((folded(product["sku"]), stock_id), 0.0)
        return number(row.quantity + reserved - self._min_qty(product))

    def is_salable(self, product: Json, stock_id: int) -> bool:
        """Say whether Magento would sell the product: it looks at quantities, not at the index's flag."""
        row = self.index_row(product, stock_id)
        if row is None:
            return False
        if product["type_id"] in COMPOSITES:
            return row.is_salable
        if not self._is_managed(product) or self._backorders(product):
            return True
        return self._after_reservations(product, stock_id, row) > 0

    def _composite_is_salable(self, product: Json, stock_id: int) -> bool:
        extra = product["extension_attributes"]
        if product["type_id"] == "configurable":
            parts = [self.shop.products.get(part) for part in extra["configurable_product_links"]]
            return any(self._part_is_salable(part, stock_id) for part in parts)
        if product["type_id"] == "grouped":
            skus = [link["linked_product_sku"] for link in product["product_links"]]
            return any(self._part_is_salable(self.shop.product(sku), stock_id) for sku in skus)
        return all(
            any(self._part_is_salable(self.shop.product(link["sku"]), stock_id) for link in option["product_links"])
            for option in extra["bundle_product_options"]
            if option["required"]
        )

    def _part_is_salable(self, part: Json | None, stock_id: int) -> bool:
        return part is not None and part["status"] == 1 and self.is_salable(part, stock_id)

    def _item(self, product: Json) -> Json:
        return self.shop.stock.items.get(product["id"]) or phantom_stock_item()

    def _is_managed(self, product: Json) -> bool:
        return bool(self._item(product)["manage_stock"])

    def _backorders(self, product: Json) -> bool:
        return bool(self._item(product)["backorders"] > 0)

    def _min_qty(self, product: Json) -> float:
        """Adapt `min_qty` as the inventory modules do: never above 0 with back orders, never below 0 without."""
        value = float(self._item(product)["min_qty"])
        return min(0.0, value) if self._backorders(product) else max(0.0, value)

    def is_phantom(self, product: Json) -> bool:
        """Say whether Magento's stock registry knows nothing of the product."""
        missing = product["id"] not in self.shop.stock.items or product["id"] in self.shop.stock.never_indexed
        return missing or product["status"] != 1

    def stock_item(self, product: Json) -> Json:
        """Return the legacy stock item, right for disabled products too; an empty one for a product without a row."""
        return self._item(product)

    def status(self, product: Json, stock_id: int) -> Json:
        """Return the stock status as `GET /V1/stockStatuses/{sku}` gives it."""
        quantity, salable = self._headline(product, stock_id)
        phantom = self.is_phantom(product)
        return {
            "product_id": None if phantom else product["id"],
            "stock_id": None if phantom else 1,
            "qty": int(quantity),
            "stock_status": int(salable),
            "stock_item": phantom_stock_item() if phantom else self._item(product),
        }

    def _headline(self, product: Json, stock_id: int) -> tuple[float, bool]:
        if self.msi:
            composite = product["type_id"] in COMPOSITES
            quantity = 0 if composite else self.salable_quantity(product, stock_id)
            return quantity, self.is_salable(product, stock_id)
        row = self.index_row(product, 1)
        return (row.quantity, row.is_salable) if row is not None else (0, False)

    def exported(self, product: Json, stock_id: int) -> Json | None:
        """Return the product's row in the salable-quantity export, None when it is not assigned to the stock."""
        if product["type_id"] in COMPOSITES:
            row = self.index_row(product, stock_id)
            return None if row is None else {"sku": product["sku"], "qty": 0, "is_salable": True}
        if not self._source_rows(product, LINKED_SOURCES[stock_id]):
            return None
        quantity = self.salable_quantity(product, stock_id) if self._is_managed(product) else 0
        return {"sku": product["sku"], "qty": quantity, "is_salable": self.is_salable(product, stock_id)}

    def dumped(self, product: Json, stock_id: int) -> Json | None:
        """Return the product's row in the index dump: no reservations, no `min_qty`."""
        row = self.index_row(product, stock_id)
        if row is None:
            return None
        quantity = row.quantity if self._is_managed(product) else 0
        return {"sku": product["sku"], "qty": number(quantity), "is_salable": row.is_salable}
