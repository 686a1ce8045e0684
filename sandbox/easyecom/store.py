"""The data of one EasyEcom account: its tables, its time and its ids; changes reach the journal request by request."""

from __future__ import annotations

from datetime import timedelta, timezone, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.easyecom.rows import Copy, Kit, Location, Order, Product, PurchaseOrder, Receipt, Vendor
from sandbox.easyecom.settings import Settings
from sandbox.server.store import TableStore
from sandbox.server.table import Table

if TYPE_CHECKING:
    from sandbox.server.clock import Clock

INDIA = timezone(timedelta(hours=5, minutes=30))
"""Indian time: five and a half hours ahead, all year."""

FIRST_IDS = {
    "locations": 24_001,
    "vendors": 31_001,
    "products": 5_001,
    "kits": 90_001,
    "purchase_orders": 400_001,
    "receipts": 700_001,
    "orders": 1,
    "copies": 60_001,
    "po lines": 4_400_001,
    "grn lines": 7_700_001,
    "order ids": 80_000_001,
    "invoices": 90_000_001,
    "suborders": 150_000_001,
}
"""The first id of each kind, apart from one another so that a mistaken id finds nothing."""


class EasyStore(TableStore):
    """The tables of an account.

    Attributes:
        locations, vendors, products, kits, purchase_orders, receipts, orders: The tables by name.
        settings: How the server behaves.
    """

    def __init__(self, clock: Clock, settings: Settings | None = None, journal: Path | None = None) -> None:
        """Start with an empty account; `replay` brings back what the journal holds."""
        self.settings = settings or Settings()
        super().__init__(clock, FIRST_IDS, journal)

    def make_tables(self) -> dict[str, Table[Any]]:
        """Return empty tables."""
        self.locations = Table(Location, "company_id", ("location_key",))
        self.vendors = Table(Vendor, "vendor_c_id", ("vendor_code", "vendor_name"))
        self.products = Table(Product, "product_id", ("sku", "active", "variant_of"))
        self.kits = Table(Kit, "productId")
        self.purchase_orders = Table(PurchaseOrder, "po_id", ("c_id", "po_ref_num", "po_status_id"))
        self.receipts = Table(Receipt, "grn_id", ("c_id", "po_id"))
        self.orders = Table(Order, "row_id", ("c_id", "order_id", "invoice_id", "order_status_id"))
        return {
            "locations": self.locations,
            "vendors": self.vendors,
            "products": self.products,
            "kits": self.kits,
            "purchase_orders": self.purchase_orders,
            "receipts": self.receipts,
            "orders": self.orders,
        }

    def zone(self) -> tzinfo:
        """Return Indian time."""
        return INDIA

    def ids_of(self, name: str, row: Any) -> list[tuple[str, int]]:  # noqa: ANN401 - a row of that table
        """Return the ids that a row uses up, its copies' and lines' included, each with its kind."""
        found = super().ids_of(name, row)
        if isinstance(row, Product):
            found += [("copies", copy.cp_id) for copy in row.copies.values()]
        elif isinstance(row, PurchaseOrder):
            found += [("po lines", line.purchase_order_detail_id) for line in row.items]
        elif isinstance(row, Receipt):
            found += [("grn lines", line.grn_detail_id) for line in row.items]
        elif isinstance(row, Order):
            found += [("order ids", row.order_id), ("invoices", row.invoice_id or 0)]
            found += [("suborders", line.suborder_id) for line in row.suborders]
        return found

    def main(self) -> Location:
        """Return the primary company, which is the first location."""
        return self.locations.rows[self.locations.ids[0]]

    def by_sku(self, sku: str) -> Product | None:
        """Return the product of a SKU."""
        found = self.products.where("sku", sku)
        return found[0] if found else None

    def copy_of(self, product_id: int | None, c_id: int) -> Copy | None:
        """Return the copy of a product in a location; None where there is none."""
        product = self.products.rows.get(product_id) if product_id is not None else None
        return product.copies.get(c_id) if product is not None else None
