"""The data of one Picqer account: its tables, its time and its ids; changes reach the journal request by request."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.picqer.errors import not_found
from sandbox.picqer.rows import Order, Product, PurchaseOrder, Receipt, Supplier, Warehouse
from sandbox.picqer.settings import Settings
from sandbox.server.store import TableStore
from sandbox.server.table import R, Table

if TYPE_CHECKING:
    from sandbox.server.clock import Clock

FIRST_IDS = {
    "warehouses": 11,
    "suppliers": 901,
    "products": 10_001,
    "purchaseorders": 50_001,
    "receipts": 60_001,
    "orders": 700_001,
    "parts": 3_001,
    "purchaseorder lines": 550_001,
    "receipt lines": 660_001,
    "order lines": 7_700_001,
}
"""The first id of each kind, apart from one another so that a mistaken id finds nothing."""


class PicqerStore(TableStore):
    """The tables of an account, by the first part of their path.

    Attributes:
        warehouses, suppliers, products, purchaseorders, receipts, orders: The tables by name.
        settings: How the server behaves.
    """

    def __init__(self, clock: Clock, settings: Settings | None = None, journal: Path | None = None) -> None:
        """Start with an empty account; `replay` brings back what the journal holds."""
        self.settings = settings or Settings()
        super().__init__(clock, FIRST_IDS, journal)

    def make_tables(self) -> dict[str, Table[Any]]:
        """Return empty tables by the first part of their path."""
        indexed = ("status", "idsupplier", "idwarehouse", "idfulfilment_customer")
        self.warehouses = Table(Warehouse, "idwarehouse")
        self.suppliers = Table(Supplier, "idsupplier", ("active",))
        self.products = Table(
            Product, "idproduct", ("active", "productcode", "idsupplier", "type", "idfulfilment_customer")
        )
        self.purchaseorders = Table(PurchaseOrder, "idpurchaseorder", indexed)
        self.receipts = Table(
            Receipt, "idreceipt", ("status", "receiptid", "idpurchaseorder", "idsupplier", "idfulfilment_customer")
        )
        self.orders = Table(Order, "idorder", ("status", "orderid", "idcustomer", "idfulfilment_customer"))
        return {
            "warehouses": self.warehouses,
            "suppliers": self.suppliers,
            "products": self.products,
            "purchaseorders": self.purchaseorders,
            "receipts": self.receipts,
            "orders": self.orders,
        }

    def zone(self) -> tzinfo:
        """Return the account's zone, which is a setting."""
        return self.settings.zone_info()

    def ids_of(self, name: str, row: Any) -> list[tuple[str, int]]:  # noqa: ANN401 - a row of that table
        """Return the ids that a row uses up, its lines' included, each with its kind."""
        found = super().ids_of(name, row)
        if isinstance(row, Product):
            found += [("parts", part.idproduct_part) for part in row.parts]
        elif isinstance(row, PurchaseOrder):
            found += [("purchaseorder lines", line.idpurchaseorder_product) for line in row.products]
        elif isinstance(row, Receipt):
            found += [("receipt lines", line.idreceipt_product) for line in row.products]
        elif isinstance(row, Order):
            found += [("order lines", line.idorder_product) for line in row.products]
        return found

    def get(self, table: Table[R], number: int | str, what: str) -> R:
        """Return a row. Raises PicqerError: 404 with code 20 when there is none."""
        text = str(number)
        row = table.rows.get(int(text)) if text.isascii() and text.isdigit() and len(text) < 19 else None
        if row is None:
            raise not_found(what)
        return row

    def main_warehouse(self) -> Warehouse:
        """Return the active warehouse of the highest priority."""
        active = [row for row in self.warehouses.rows.values() if row.active]
        return min(active, key=lambda row: (row.priority, row.idwarehouse))
