"""What people do in an EasyEcom account, as verbs for `/_sandbox/do`: they name things as a person would, by SKU."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from sandbox.easyecom import purchasing, receiving, selling
from sandbox.easyecom.errors import EasyError
from sandbox.easyecom.rows import Copy, Order, Product, PurchaseOrder, Receipt
from sandbox.easyecom.store import EasyStore
from sandbox.easyecom.tokens import Tokens
from sandbox.server.state import SandboxError


class Deeds:
    """The verbs; each returns the id of what it made or changed."""

    def __init__(self, store: EasyStore, tokens: Tokens) -> None:
        """Act on an account."""
        self.store, self.tokens = store, tokens

    def verbs(self) -> dict[str, Callable[..., Any]]:
        """Return the verbs by name."""
        return {
            "purchase": self.purchase,
            "purchase-status": self.purchase_status,
            "receive": self.receive,
            "complete-receipt": self.complete_receipt,
            "delete-receipt": self.delete_receipt,
            "sell": self.sell,
            "split": self.split,
            "sale-status": self.sale_status,
            "stock": self.stock,
            "edit-product": self.edit_product,
            "remove-product": self.remove_product,
            "revoke-tokens": self.tokens.revoke,
        }

    def _product(self, sku: str) -> Product:
        found = self.store.by_sku(sku)
        if found is None:
            raise SandboxError(f"There is no product {sku}.")
        return found

    def _place(self, location_key: str | None) -> int:
        if location_key is None:
            return self.store.main().company_id
        found = self.store.locations.where("location_key", location_key)
        if not found:
            raise SandboxError(f"There is no location {location_key}.")
        return found[0].company_id

    def _order(self, po_id: int) -> PurchaseOrder:
        found = self.store.purchase_orders.rows.get(po_id)
        if found is None:
            raise SandboxError(f"There is no purchase order {po_id}.")
        return found

    def _receipt(self, grn_id: int) -> Receipt:
        found = self.store.receipts.rows.get(grn_id)
        if found is None:
            raise SandboxError(f"There is no receipt {grn_id}.")
        return found

    def _sale(self, order_id: int) -> Order:
        """Return the first row of an order."""
        found = self.store.orders.where("order_id", order_id)
        if not found:
            raise SandboxError(f"There is no order {order_id}.")
        return found[0]

    def _done(self, number: int) -> int:
        self.store.flush()
        return number

    def purchase(
        self, vendor_code: str, items: Mapping[str, int], reference: str | None = None, location_key: str | None = None
    ) -> int:
        """Place a purchase order for quantities by SKU, at the products' costs."""
        vendors = self.store.vendors.where("vendor_code", vendor_code)
        if not vendors:
            raise SandboxError(f"There is no vendor {vendor_code}.")
        products = [(self._product(sku), quantity) for sku, quantity in items.items()]
        lines = [
            purchasing.line_of(self.store, product, quantity, Decimal(str(product.cost or 0)))
            for product, quantity in products
        ]
        order = purchasing.place(self.store, self._place(location_key), vendors[0], lines, reference)
        return self._done(order.po_id)

    def purchase_status(self, po_id: int, status: int) -> int:
        """Move a purchase order to a status."""
        try:
            purchasing.set_status(self.store, self._order(po_id), status)
        except EasyError as error:
            raise SandboxError(str(error.message)) from error
        return self._done(po_id)

    def receive(self, po_id: int, items: Mapping[str, int], status: int = 5, days_back: float = 0) -> int:
        """Receive quantities by SKU of an order, with a receipt that claims to be some days older."""
        order = self._order(po_id)
        goods = {line.purchase_order_detail_id: items[line.sku] for line in order.items if line.sku in items}
        dated = self.store.clock.now() - timedelta(days=days_back)
        return self._done(receiving.receive(self.store, order, goods, status=status, dated=dated).grn_id)

    def complete_receipt(self, grn_id: int, items: Mapping[str, int] | None = None) -> int:
        """Finish a receipt, with other quantities by SKU."""
        receipt = self._receipt(grn_id)
        counted = {item.grn_detail_id: (items or {}).get(item.sku, item.received_quantity) for item in receipt.items}
        return self._done(receiving.complete(self.store, receipt, counted).grn_id)

    def delete_receipt(self, grn_id: int) -> int:
        """Delete a receipt, which stays in the list with another status."""
        return self._done(receiving.delete(self.store, self._receipt(grn_id)).grn_id)

    def sell(self, items: Mapping[str, int], location_key: str | None = None, key: str = "retailorder") -> int:
        """Place an order for quantities by SKU."""
        chosen = [(self._product(sku), quantity) for sku, quantity in items.items()]
        return self._done(selling.place(self.store, self._place(location_key), chosen, key=key).order_id)

    def split(self, order_id: int) -> int:
        """Move the last line of an order to a row of its own; the row's invoice is returned."""
        return self._done(selling.split(self.store, self._sale(order_id)).invoice_id or 0)

    def sale_status(self, order_id: int, status: int, text: str | None = None) -> int:
        """Move the first row of an order to a status."""
        return self._done(selling.set_status(self.store, self._sale(order_id), status, text).order_id)

    def stock(self, sku: str, quantity: int, location_key: str | None = None) -> int:
        """Set what a location has of a product."""
        product, place = self._product(sku), self._place(location_key)
        held = product.copies.get(place)
        if held is None:
            raise SandboxError(f"{sku} is not at that location.")
        self.store.change(product, copies={**product.copies, place: Copy(held.cp_id, quantity)})
        return self._done(product.product_id)

    def edit_product(self, sku: str, values: Mapping[str, Any]) -> int:
        """Change attributes of a product."""
        product = self._product(sku)
        self.store.change(product, **values, updated_at=self.store.stamp())
        return self._done(product.product_id)

    def remove_product(self, sku: str) -> int:
        """Let a product vanish."""
        product = self._product(sku)
        self.store.remove(product)
        return self._done(product.product_id)
