"""Sales documents: orders, their lines, invoices, shipments, credit memos."""

from collections.abc import Iterator
from contextlib import suppress
from typing import ClassVar

from typing_extensions import override

from connector.errors import StreamError
from connector.http.pool import Row
from connector.lists.pages import row_number
from connector.lists.question import Where
from connector.settings import words
from connector.singer.changes import ChangesStream
from connector.values import Unfit
from tap_magento.shop import Shop


class SalesStream(ChangesStream):
    """A document that belongs to a store view, so that `store_id` limits it."""

    cursor: ClassVar[str] = "entity_id"
    key = "entity_id"
    source: Shop

    @override
    def limits(self) -> list[Where]:
        wanted = [] if self.config.get("fetch_all_stores") else words(self.config.get("store_id"))
        return [Where("store_id", "in", ",".join(map(str, self._store_ids(wanted))))] if wanted else []

    def _store_ids(self, wanted: list[str]) -> list[int]:
        """Store view ids for ids and codes. Raises StreamError when a code is no store view of this shop."""
        known = self._store_views()
        unknown = [item for item in wanted if not item.isdigit() and item not in known]
        if unknown:
            raise StreamError(
                f"{self.name}: store_id names '{unknown[0]}', which is not a store view of this shop "
                f"({', '.join(sorted(known)) or 'the list cannot be read'}); use a code or an id of those."
            )
        return [int(item) if item.isdigit() else known[item] for item in wanted]

    def _store_views(self) -> dict[str, int]:
        """Ids of the store views by code, of those whose settings say both."""
        found: dict[str, int] = {}
        with suppress(StreamError):
            for row in self.source.store_configs:
                if isinstance(row, dict) and isinstance(row.get("code"), str):
                    with suppress(Unfit):
                        found[row["code"]] = row_number(row, "id")
        return found


class OrdersStream(SalesStream):
    """Orders without customer data; one row per order, its lines (parents and children) inside."""

    name = "orders"
    path = "/orders"
    keys = ("entity_id",)
    always_selected = True

    @override
    def where(self) -> list[Where]:
        if ids := words(self.config.get("order_ids")):
            return [Where("entity_id", "in", ",".join(ids))]
        return super().where()

    @override
    def pages(self) -> Iterator[list[Row]]:
        missing = {int(item) for item in words(self.config.get("order_ids"))}
        for rows in super().pages():
            missing.difference_update(row_number(row, self.key) for row in rows)
            yield rows
        missing -= {item["id"] for item in self.source.report.streams[self.name].isolated}
        if missing:
            self.source.report.note(f"orders: the shop has none with the ids {', '.join(map(str, sorted(missing)))}.")

    @override
    def asks_again(self) -> bool:
        """Not where a person asked for some orders: then those are read, and nothing else."""
        return not words(self.config.get("order_ids"))

    @override
    def is_complete(self) -> bool:
        return not self.asks_again() or super().is_complete()

    @override
    def remember(self, *, complete: bool) -> None:
        if self.asks_again():
            super().remember(complete=complete)
        else:
            self.unread.lost.clear()
            self.unread.save(self.stream_state, whole=False)


class OrderItemsStream(SalesStream):
    """Order lines without their order; one row per line, parents and children alike."""

    name = "order_items"
    path = "/orders/items"
    keys = ("item_id",)
    cursor = "item_id"
    key = "item_id"


class InvoicesStream(SalesStream):
    """Invoices with their lines; one row per invoice."""

    name = "invoices"
    path = "/invoices"
    keys = ("entity_id",)


class ShipmentsStream(SalesStream):
    """Shipments with their lines, tracks and source; one row per shipment."""

    name = "shipments"
    path = "/shipments"
    keys = ("entity_id",)


class CreditMemosStream(SalesStream):
    """Credit memos (refunds) with their lines; one row per credit memo."""

    name = "credit_memos"
    path = "/creditmemos"
    keys = ("entity_id",)
