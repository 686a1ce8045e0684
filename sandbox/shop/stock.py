"""The shop's stock as Magento keeps it: legacy stock items, source items per warehouse, and reservations of orders."""

from collections import defaultdict
from collections.abc import Iterable

from sandbox.shop.collation import folded
from sandbox.shop.products import COMPOSITES, Spec, number
from sandbox.shop.stock_items import stock_item
from sandbox.shop.world import ENABLED_SOURCES, STOCK_OF_WEBSITE, Json

#: Store id -> id of the stock it sells from.
STOCK_OF_STORE = {1: STOCK_OF_WEBSITE[1], 2: STOCK_OF_WEBSITE[1], 3: STOCK_OF_WEBSITE[2]}


class Stock:
    """Everything the shop knows about quantities.

    `items` are the legacy stock items by product id (their `qty` is the `default` source's); `source_items` are rows
    of `source_item_id`, `sku`, `source_code`, `quantity`, `status` by (source code, folded SKU); `reservations`
    are sums by (folded SKU, stock id), negative for what is ordered and not yet sent.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.items: dict[int, Json] = {}
        self.source_items: dict[tuple[str, str], Json] = {}
        self.reservations: defaultdict[tuple[str, int], float] = defaultdict(float)
        self.never_indexed: set[int] = set()
        self.version = 0
        self._last_item_id = 0
        self._last_source_item_id = 0

    def add(self, product_id: int, spec: Spec) -> None:
        """Enter a new product: its stock item, and source items when its type has any."""
        self.version += 1
        if not spec.indexed:
            self.never_indexed.add(product_id)
        if spec.stock_row:
            self._last_item_id += 1
            overrides = dict(spec.stock)
            if spec.kind in COMPOSITES:
                overrides.setdefault("is_in_stock", True)
            self.items[product_id] = stock_item(self._last_item_id, product_id, spec.default, overrides)
        if spec.kind in COMPOSITES or spec.default is None:
            return
        sku = spec.source_sku or spec.sku
        if spec.default or spec.stock_row:
            flag = bool(spec.stock.get("is_in_stock", spec.default > 0 or bool(spec.stock.get("backorders"))))
            self.enter(sku, "default", spec.default, flag)
        for source, quantity in spec.sources.items():
            self.enter(sku, source, quantity, quantity > 0 or bool(spec.stock.get("backorders")))

    def add_orphan(self, sku: str, source: str, quantity: float) -> None:
        """Enter a source item without a product."""
        self.version += 1
        self.enter(sku, source, quantity, True)

    def enter(self, sku: str, source: str, quantity: float, in_stock: bool) -> None:
        """Enter a new source item."""
        self._last_source_item_id += 1
        self.source_items[source, folded(sku)] = {
            "source_item_id": self._last_source_item_id,
            "sku": sku,
            "source_code": source,
            "quantity": number(quantity),
            "status": int(in_stock),
        }

    def forget_product(self, product_id: int) -> None:
        """Remove a deleted product's stock item; its source items stay behind, as in Magento."""
        self.version += 1
        self.items.pop(product_id, None)
        self.never_indexed.discard(product_id)

    def change(self, sku: str, product_id: int, source: str, by: float) -> bool:
        """Move a source item by a quantity, and with the default source the legacy stock item.

        Returns False when the product has no such source item. Nothing touches the product's `updated_at`.
        """
        row = self.source_items.get((source, folded(sku)))
        if row is None:
            return False
        self.version += 1
        item = self.items.get(product_id)
        backorders = item is not None and item["backorders"] > 0
        row["quantity"] = number(row["quantity"] + by)
        row["status"] = int(row["quantity"] > 0 or backorders)
        if source == "default" and item is not None:
            item["qty"] = row["quantity"]
            item["is_in_stock"] = bool(row["status"]) or not item["manage_stock"]
        return True

    def reserve(self, order: Json, sign: int = 1) -> None:
        """Book what an order still has to send: call with 1 when it is placed, with -1 when that is over."""
        self.version += 1
        stock_id = STOCK_OF_STORE.get(order.get("store_id", 0))
        if stock_id is None:
            return
        for item in stocked_rows(order["items"]):
            open_qty = item["qty_ordered"] - item["qty_canceled"]
            self.reservations[folded(item["sku"]), stock_id] -= sign * open_qty

    def ship(self, order: Json, product_ids: dict[str, int]) -> None:
        """Take what an order sends from the first warehouse of its stock and end its reservation."""
        self.reserve(order, -1)
        stock_id = STOCK_OF_STORE.get(order.get("store_id", 0))
        if stock_id is None:
            return
        for item in stocked_rows(order["items"]):
            sku = folded(item["sku"])
            sent = item["qty_ordered"] - item["qty_canceled"]
            for source in ENABLED_SOURCES[stock_id]:
                if self.change(sku, product_ids.get(sku, 0), source, -sent):
                    break


def stocked_rows(items: Iterable[Json]) -> list[Json]:
    """Return the rows that take stock: those that are nobody's parent."""
    rows = list(items)
    parents = {row.get("parent_item_id") for row in rows}
    return [row for row in rows if row["item_id"] not in parents]
