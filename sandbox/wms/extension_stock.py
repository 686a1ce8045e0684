"""From the figure a warehouse sent to the quantity that is written: known and unsent orders, carts, status."""

from datetime import datetime, timedelta, timezone

from sandbox.magento.call import Server
from sandbox.shop.collation import folded
from sandbox.shop.selling import open_units
from sandbox.shop.stock import STOCK_OF_STORE, stocked_rows
from sandbox.shop.world import ENABLED_SOURCES, Json
from sandbox.wms.extension_settings import Settings


class LineError(ValueError):
    """Why a line failed."""


def quantity_of(text: str, settings: Settings) -> float:
    """Read a quantity. Raises LineError if it is not a number."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
        if not settings.has("whole_units"):
            raise LineError(f"{text!r} is not a quantity") from None
    return int(value) if settings.has("whole_units") else value


class Calculation:
    """What is known in the shop about one SKU, at one moment."""

    def __init__(self, server: Server, settings: Settings, sku: str, last_order_exported: str | None) -> None:
        """Take the line's SKU and the time of the last order that its figure counts; absent means now."""
        self.server, self.settings, self.sku = server, settings, sku
        self.now = server.clock.now()
        self.counted = _moment(last_order_exported) if last_order_exported else self.now

    def written(self, received: float, source: str) -> tuple[float, int]:
        """Return the quantity and the status to write for a figure of a source.

        Raises LineError if the list of statuses cannot be searched for.
        """
        quantity = received + (self._reserved(source) if self.server.settings.msi else -self._unsent())
        if not self.server.settings.msi or not self.settings.has("all_reservations_added"):
            quantity -= self._carts() if self.settings.adjust == 2 else 0
        if quantity < 0 and not self.settings.negative:
            quantity = 0
        return quantity, self._status(quantity)

    def _open(self) -> list[tuple[Json, float]]:
        """Return each order that still has units of the SKU to send, with their number."""
        sku = folded(self.sku)
        found = []
        for order in self.server.shop.orders.values():
            rows = [row for row in stocked_rows(order["items"]) if folded(row["sku"]) == sku]
            units = sum(open_units(row) for row in rows)
            if units and order["state"] not in ("complete", "closed", "canceled"):
                found.append((order, units))
        return found

    def _is_known(self, order: Json) -> bool:
        exported = order.get("extension_attributes", {}).get("orderflow_export_date")
        return exported is not None and _moment(exported) <= self.counted

    def _reserved(self, source: str) -> float:
        """Return the units that Magento's reservations take off and the figure has taken off already."""
        stocks = [stock for stock, sources in ENABLED_SOURCES.items() if source in sources]
        first = [stock for stock in stocks if ENABLED_SOURCES[stock][0] == source]
        if self.settings.has("all_reservations_added"):
            chosen = stocks if self.settings.has("reservations_per_source") else first
            return -sum(self.server.shop.stock.reservations.get((folded(self.sku), stock), 0.0) for stock in chosen)
        known = [(STOCK_OF_STORE.get(o.get("store_id", 0)), units) for o, units in self._open() if self._is_known(o)]
        return sum(units for stock, units in known if stock in first)

    def _unsent(self) -> float:
        settings = self.settings
        if not settings.adjust:
            return 0
        if settings.has("status_list_broken") and len(settings.statuses) != 1:
            if settings.statuses:
                raise LineError("SQLSTATE[42000]: Syntax error or access violation")
            return 0
        since = self.now - timedelta(days=settings.unsent_cutoff_days)
        return sum(
            units
            for order, units in self._open()
            if order["status"] in settings.statuses
            and _moment(order["created_at"]) >= since
            and (settings.has("unsent_ignores_export") or not self._is_known(order))
        )

    def _carts(self) -> float:
        since = self.now - timedelta(days=self.settings.cart_cutoff_days)
        return sum(
            row["qty"]
            for cart in self.server.shop.carts.values()
            if cart["is_active"] and _moment(cart["updated_at"]) >= since
            for row in cart["items"]
            if folded(row["sku"]) == folded(self.sku)
        )

    def _status(self, quantity: float) -> int:
        if quantity > 0 or self.settings.has("status_by_quantity"):
            return int(quantity > 0)
        product = self.server.shop.product(self.sku)
        item = self.server.shop.stock.items.get(product["id"]) if product is not None else None
        return int(item is not None and item["backorders"] > 0 and quantity > item["min_qty"])


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
