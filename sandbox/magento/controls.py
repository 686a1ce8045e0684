"""What people and other systems do in the Magento sandbox's shop, as verbs of its control endpoint."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sandbox.magento.call import Server
from sandbox.magento.source_items import save
from sandbox.server.state import SandboxError
from sandbox.server.verbs import Verb
from sandbox.shop.carts import end_cart, fill_cart
from sandbox.shop.products import stamp_text
from sandbox.shop.selling import Quantities, Selling
from sandbox.shop.source_items import SOURCE_CODES, write_source_item


class Controls:
    """The verbs of one shop; each can also be called from a test, through `Sandbox.call`."""

    def __init__(self, server: Server) -> None:
        """Act upon a server's shop, as it is configured at that time."""
        self.server = server

    @property
    def _selling(self) -> Selling:
        return Selling(self.server.shop, self.server.clock, msi=self.server.settings.msi)

    def verbs(self) -> Mapping[str, Verb]:
        """Return the verbs by name."""
        return {
            "place": self.place,
            "invoice": self.invoice,
            "ship": self.ship,
            "cancel": self.cancel,
            "refund": self.refund,
            "export": self.export,
            "cart": self.cart,
            "end_cart": self.end_cart,
            "write": self.write,
            "consume": self.consume,
        }

    def place(self, items: Quantities, **more: Any) -> int:  # noqa: ANN401 - what `Selling.place` takes
        """Place an order and return its id: see `Selling.place`."""
        return self._selling.place(items, **more)

    def invoice(self, order_id: int, at: str | None = None) -> None:
        """Invoice an order."""
        self._selling.invoice(order_id, at)

    def ship(
        self, order_id: int, items: Quantities | None = None, source: str | None = None, at: str | None = None
    ) -> int:
        """Ship an order, wholly or in part, and return the shipment's id."""
        return self._selling.ship(order_id, items, source, at)

    def cancel(self, order_id: int, at: str | None = None) -> None:
        """Cancel what is open of an order."""
        self._selling.cancel(order_id, at)

    def refund(
        self, order_id: int, items: Quantities | None = None, back_to: str | None = None, at: str | None = None
    ) -> None:
        """Refund units of an order."""
        self._selling.refund(order_id, items, back_to, at)

    def export(self, order_id: int, at: str | None = None) -> None:
        """Mark an order as exported."""
        self._selling.export(order_id, at)

    def cart(self, items: Quantities, at: str | None = None, active: bool = True, store_id: int = 1) -> int:
        """Fill a cart and return its id; `at` is its `updated_at`."""
        cart = fill_cart(self.server.shop, items, at or self._now(), active=active, store_id=store_id)
        cart_id: int = cart["id"]
        return cart_id

    def end_cart(self, cart_id: int, at: str | None = None) -> None:
        """Let a cart be active no more."""
        end_cart(self.server.shop, cart_id, at or self._now())

    def write(self, sku: str, source: str, quantity: float, status: int | None = None) -> None:
        """Set a source item as another writer would. Raises SandboxError if there is no such source."""
        if source not in SOURCE_CODES:
            raise SandboxError(f"The shop has no source {source}; it has {', '.join(sorted(SOURCE_CODES))}.")
        write_source_item(self.server.shop, sku, source, quantity, int(quantity > 0) if status is None else status)

    def consume(self, at_most: int | None = None) -> int:
        """Run the consumer of asynchronous operations over what waits and return how many it did."""
        return self.server.bulks.consume(partial(save, self.server), at_most)

    def _now(self) -> str:
        return stamp_text(self.server.clock.now().replace(tzinfo=None))
