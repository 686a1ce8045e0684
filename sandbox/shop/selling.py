"""What people do in a shop between two requests: place orders, ship, cancel and refund them, fill carts."""

from collections.abc import Mapping

from sandbox.server.clock import Clock
from sandbox.server.state import SandboxError
from sandbox.shop.collation import folded
from sandbox.shop.documents import shipment_json
from sandbox.shop.order_lines import Line
from sandbox.shop.orders import Draft
from sandbox.shop.people import guest
from sandbox.shop.products import number, stamp_text
from sandbox.shop.scenarios import Basket
from sandbox.shop.shop import Shop
from sandbox.shop.stock import STOCK_OF_STORE, stocked_rows
from sandbox.shop.world import ENABLED_SOURCES, Json

Quantities = Mapping[str, float]
"""Units by SKU."""
_STATUS = {"new": "pending"}


class Selling:
    """Sells a shop's goods by hand, at the time of the sandbox's clock.

    Under inventory management an order reserves and its shipment takes the goods from a source; without it the order
    itself takes them from the one legacy stock.
    """

    def __init__(self, shop: Shop, clock: Clock, *, msi: bool = True) -> None:
        """Sell in a shop; `msi` may be changed later."""
        self.shop, self.clock, self.msi = shop, clock, msi

    def _now(self) -> str:
        return stamp_text(self.clock.now().replace(tzinfo=None))

    def place(
        self,
        items: Quantities,
        state: str = "processing",
        status: str | None = None,
        store_id: int = 1,
        at: str | None = None,
        exported_at: str | None = None,
    ) -> int:
        """Place an order and return its `entity_id`; `at` is its `created_at` (UTC, `YYYY-MM-DD HH:MM:SS`).

        A bundle is ordered with the first choice of each option. Later days of the shop leave such an order alone.

        Raises SandboxError if a SKU is not in the catalogue.
        """
        at = at or self._now()
        customer = guest(next(iter(self.shop.customers.values())))
        lines = [self._line(sku, float(qty)) for sku, qty in items.items()]
        status = status or _STATUS.get(state, state)
        draft = Draft(lines, customer, at, at, state=state, status=status, store_id=store_id)
        order = self.shop.place_order(draft)
        order_id: int = order["entity_id"]
        self.shop.drafts.pop(order_id, None)
        self.shop.note("place", items=dict(items), state=state, status=status, store_id=store_id, at=at, msi=self.msi)
        if not self.msi:
            self.shop.stock.reserve(order, -1)
            for row in stocked_rows(order["items"]):
                self._move(row["sku"], "default", -row["qty_ordered"])
        elif draft.progress.invoiced:
            self._hand_over(order, {row["item_id"]: row["qty_ordered"] for row in order["items"]})
        if exported_at is not None:
            self.export(order_id, exported_at)
        return order_id

    def _line(self, sku: str, qty: float) -> Line:
        product = self.shop.product(sku)
        if product is None:
            raise SandboxError(f"The shop has no product with the SKU {sku}.")
        basket = Basket({row["sku"]: row for row in self.shop.products.values()})
        order = basket.bundle if product["type_id"] == "bundle" else basket.line
        return order(product["sku"], qty)

    def export(self, order_id: int, at: str | None = None) -> None:
        """Mark an order as exported to a warehouse system, as the OrderFlow extension shows it since 2026-04."""
        at = at or self._now()
        extra = self._order(order_id).setdefault("extension_attributes", {})
        extra.update(orderflow_export_date=at, orderflow_export_status="Exported")
        self.shop.note("export", order_id=order_id, at=at)
        self.shop.touch("orders")

    def invoice(self, order_id: int, at: str | None = None) -> None:
        """Invoice all that is not invoiced yet: what cannot be shipped leaves its source now."""
        order, at = self._order(order_id), at or self._now()
        self.shop.note("invoice", order_id=order_id, at=at, msi=self.msi)
        rest: dict[int, float] = {}
        for row in order["items"]:
            rest[row["item_id"]] = row["qty_ordered"] - row["qty_canceled"] - row["qty_invoiced"]
            row.update(qty_invoiced=number(row["qty_invoiced"] + rest[row["item_id"]]), updated_at=at)
        if self.msi:
            self._hand_over(order, rest)
        order["updated_at"] = at
        if order["state"] == "new":
            order["state"] = order["status"] = "processing"
        self.shop.touch("orders")

    def _hand_over(self, order: Json, units: Mapping[int, float]) -> None:
        """Take invoiced units that are not shipped from the first source that has the SKU; end their reservation."""
        sources, rows = ENABLED_SOURCES[STOCK_OF_STORE.get(order.get("store_id", 0), 1)], self.shop.stock.source_items
        for row in stocked_rows(order["items"]):
            qty, sku = units.get(row["item_id"], 0), row["sku"]
            source = next((code for code in sources if (code, folded(sku)) in rows), None)
            if row["is_virtual"] and qty > 0 and source is not None:
                self._end_reservation(order, row, qty)
                self._move(sku, source, -qty)

    def ship(
        self, order_id: int, items: Quantities | None = None, source: str | None = None, at: str | None = None
    ) -> int:
        """Ship an order, or units of some SKUs of it, from one source and return the shipment's id.

        Without a source the first enabled one of its stock that holds enough of everything is taken.

        Raises SandboxError if the order has no such units open or the source does not hold them; nothing is changed.
        """
        order, at = self._order(order_id), at or self._now()
        rows = [row for row in stocked_rows(order["items"]) if not row["is_virtual"]]
        sent = {row["item_id"]: (row, qty) for row in rows if (qty := self._wanted(row, items)) > 0}
        if not sent:
            raise SandboxError(f"Order {order_id} has nothing of this left to ship.")
        source = self._source(order, {row["sku"]: qty for row, qty in sent.values()}, source)
        units = None if items is None else dict(items)
        self.shop.note("ship", order_id=order_id, items=units, source=source, at=at, msi=self.msi)
        for row, qty in sent.values():
            self._note(row, "qty_shipped", qty, at)
            self._end_reservation(order, row, qty)
            if self.msi:
                self._move(row["sku"], source, -qty)
        quantities = {key: qty for key, (_, qty) in sent.items()}
        return self._document(order, quantities, source, at)

    def _wanted(self, row: Json, items: Quantities | None) -> float:
        """Return how many units of a row are to go: all that is open, or what `items` says."""
        if items is None:
            return open_units(row)
        wanted = float(items.get(row["sku"], 0))
        if wanted > open_units(row):
            raise SandboxError(f"Only {number(open_units(row))} of {row['sku']} are left to ship.")
        return wanted

    def _source(self, order: Json, quantities: Quantities, source: str | None) -> str:
        stock_id = STOCK_OF_STORE.get(order.get("store_id", 0), 1)
        if not self.msi:
            return "default"
        for code in ENABLED_SOURCES[stock_id] if source is None else (source,):
            held = {sku: self.shop.stock.source_items.get((code, folded(sku))) for sku in quantities}
            if all(row is not None and row["quantity"] >= quantities[sku] for sku, row in held.items()):
                return code
        raise SandboxError("Not all of your products are available in the requested quantity.")

    def _document(self, order: Json, quantities: Mapping[int, float], source: str, at: str) -> int:
        rows = [{**row, "qty_shipped": quantities.get(row["item_id"], 0)} for row in order["items"]]
        order["updated_at"] = at
        shipment = shipment_json({**order, "items": rows}, self.shop.ids)
        shipment["extension_attributes"] = {"source_code": source}
        self.shop.shipments[shipment["entity_id"]] = shipment
        open_rows = [row for row in stocked_rows(order["items"]) if not row["is_virtual"] and open_units(row) > 0]
        invoiced = all(row["qty_invoiced"] >= row["qty_ordered"] - row["qty_canceled"] for row in order["items"])
        if invoiced and not open_rows:
            order["state"] = order["status"] = "complete"
        elif order["state"] == "new":
            order["state"] = order["status"] = "processing"
        self.shop.touch("orders", "shipments")
        shipment_id: int = shipment["entity_id"]
        return shipment_id

    def cancel(self, order_id: int, at: str | None = None) -> None:
        """Cancel all that is still open of an order; the goods are free again."""
        order, at = self._order(order_id), at or self._now()
        self.shop.note("cancel", order_id=order_id, at=at, msi=self.msi)
        for row in stocked_rows(order["items"]):
            self._give_up(order, row, "qty_canceled", open_units(row), at)
        order.update(state="canceled", status="canceled", updated_at=at)

    def refund(
        self, order_id: int, items: Quantities | None = None, back_to: str | None = None, at: str | None = None
    ) -> None:
        """Refund units: those not shipped are free again; shipped ones go back to the source `back_to`, if named."""
        order, at = self._order(order_id), at or self._now()
        units = None if items is None else dict(items)
        self.shop.note("refund", order_id=order_id, items=units, back_to=back_to, at=at, msi=self.msi)
        for row in stocked_rows(order["items"]):
            ordered = row["qty_ordered"] - row["qty_canceled"] - row["qty_refunded"]
            qty = ordered if items is None else min(ordered, float(items.get(row["sku"], 0)))
            unshipped = min(qty, open_units(row))
            self._give_up(order, row, "qty_refunded", unshipped, at)
            if qty > unshipped:
                self._note(row, "qty_refunded", qty - unshipped, at)
                if back_to is not None:
                    self._move(row["sku"], back_to, qty - unshipped)
        order["updated_at"] = at
        self.shop.touch("orders")

    def _give_up(self, order: Json, row: Json, name: str, qty: float, at: str) -> None:
        if qty <= 0:
            return
        self._note(row, name, qty, at)
        self._end_reservation(order, row, qty)
        if not self.msi:
            self._move(row["sku"], "default", qty)

    def _note(self, row: Json, name: str, qty: float, at: str) -> None:
        """Count units of a row, and of the configurable or bundle it belongs to."""
        row[name] = number(row[name] + qty)
        row["updated_at"] = at
        parent = row.get("parent_item")
        if parent is not None and parent["product_type"] == "configurable":
            parent[name] = number(parent[name] + qty)
        self.shop.touch("orders")

    def _end_reservation(self, order: Json, row: Json, qty: float) -> None:
        stock_id = STOCK_OF_STORE.get(order.get("store_id", 0))
        if self.msi and stock_id is not None:
            self.shop.stock.reservations[folded(row["sku"]), stock_id] += qty
            self.shop.stock.version += 1

    def _move(self, sku: str, source: str, by: float) -> None:
        self.shop.stock.change(sku, self.shop.by_sku.get(folded(sku), 0), source, by)

    def _order(self, order_id: int) -> Json:
        if order_id not in self.shop.orders:
            raise SandboxError(f"The shop has no order {order_id}.")
        return self.shop.orders[order_id]


def open_units(row: Json) -> float:
    """Return the units of an order line that are neither sent nor given up; what is virtual is sent by its invoice."""
    sent = row["qty_invoiced"] if row["is_virtual"] else row["qty_shipped"]
    gone = sent + row["qty_canceled"] + row["qty_refunded"]
    return max(0.0, float(row["qty_ordered"] - gone))

