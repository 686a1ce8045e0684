"""The streams of an account: the catalogue, who supplies it and where it lies, orders, purchase orders, receipts."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from typing_extensions import override

from connector.http.pool import Row
from connector.lists.question import Ask, Where
from connector.singer.kinds import PlainStream
from connector.singer.unfinished import UnfinishedStream
from connector.times import as_utc_text, earlier, utc_text
from tap_easyecom.account import EASYECOM, INDIA, LOCATIONS, Account
from tap_easyecom.stream import AccountStream, DocumentStream, form_of

OVERLAP = timedelta(seconds=2)
"""By which windows overlap, since whether their bounds belong to them is not known."""
WINDOW = timedelta(days=7) - OVERLAP
"""EasyEcom shows orders of seven days at most."""
DAY_SECONDS = 86_400.0
FINAL = frozenset({"completed", "deleted"})
DELETED = 4


class ProductsStream(AccountStream):
    """Products with their stock, parts and vendors' codes; one row per product of a location, which has its own id.

    Read in full: whether stock moves `updated_at` is not known.
    """

    name = "products"
    path = "/Products/GetProductMaster"
    keys = ("cp_id",)
    _oldest: str | None = None

    @override
    def asks_at(self, location: str) -> Iterator[Ask]:
        yield self.ask(location, Where("includeLocations", "eq", 0), Where("custom_fields", "eq", 1))

    @override
    def shaped(self, ask: Ask, row: Row) -> Row | None:
        record = super().shaped(ask, row)
        if record is not None and not record.get("vendor_code", True):
            record = {**record, "vendor_code": []}  # no word for "none" means "not known" to the ETL
        made = record.get("created_at") if record else None
        if isinstance(made, str) and made.endswith("Z"):
            self._oldest = min(made, self._oldest or made)
        return record

    @override
    def is_complete(self) -> bool:
        if self._oldest and self._lists is not None and self._lists.why is None:
            self.source.oldest = as_utc_text(self._oldest)
        return super().is_complete()


class VendorsStream(AccountStream):
    """Vendors, active or not, without people and addresses; one row per vendor."""

    name = "vendors"
    path = "/wms/V2/getVendors"
    keys = ("vendor_c_id",)
    everywhere = False


class LocationsStream(PlainStream):
    """The locations of the account: warehouses, stores, the company; one row each."""

    name = "locations"
    path = LOCATIONS
    keys = ("company_id",)
    always_selected = True
    keeps_unread = False
    source: Account

    @override
    def pages(self) -> Iterator[list[Row]]:
        """What the first look at the account showed, so that nothing is asked for twice."""
        if self.source.located is not None:
            rows, _ = self.source.rows_and_total(self.source.located)
            form = form_of(self)
            yield [form(row) for row in self.readable(rows)]

    @override
    def is_complete(self) -> bool:
        return self.source.located is not None and self.isolated_nothing()


class OrdersStream(DocumentStream):
    """Sales orders with their lines and without the customer; one row per invoice, of which a split order has several.

    Without `start_date` and bookmark they are read from the day before the oldest product was made.
    """

    name = "orders"
    path = "/orders/V2/getAllOrders"
    keys = ("order_id", "invoice_id")
    changes = "last_update_date"
    placed = "order_date"
    placed_since = "start_date"
    rows_a_page = 250

    @property
    @override
    def oldest(self) -> str:
        made = self.source.oldest
        return earlier(made, DAY_SECONDS) if made else EASYECOM.oldest

    @override
    def filters(self, start: str) -> Iterator[tuple[Where, ...]]:
        """Windows of seven days; of what was placed then, nothing leaves its window while it is read."""
        # What lies beyond EasyEcom's own time has no orders yet; the bookmark is not later than that.
        clock = self.source.clock
        theirs = utc_text(clock.theirs) if clock is not None and clock.theirs else self.window.end
        begin, last = datetime.fromisoformat(start), datetime.fromisoformat(min(theirs, self.window.end))
        before = "end_date" if self.is_first else "updated_before"
        while begin <= last:
            end = begin + WINDOW
            (after,) = next(super().filters(utc_text(begin)))
            yield after, Where(before, "lteq", INDIA.since(utc_text(end + OVERLAP)))
            begin = end

    @override
    def shaped(self, ask: Ask, row: Row) -> Row | None:
        record = super().shaped(ask, row)
        return None if record is None else {**record, "invoice_id": record.get("invoice_id") or ""}


class PurchaseOrdersStream(DocumentStream):
    """Purchase orders with their lines, cancelled ones too; one row per order."""

    name = "purchase_orders"
    path = "/wms/V2/getPurchaseOrderDetails"
    keys = ("po_id",)
    changes = "po_updated_date"
    placed = "po_created_date"
    rows_a_page = 10


class GoodsReceiptsStream(DocumentStream, UnfinishedStream):
    """Receipts (GRN) with their lines, deleted ones too; one row per receipt.

    EasyEcom tells no changes of receipts, so those that were not final are asked for by id until they are.
    """

    name = "goods_receipts"
    path = "/Grn/V2/getGrnDetails"
    keys = ("grn_id",)
    changes = "grn_created_at"
    placed = "grn_created_at"
    changed_since = "created_after"
    rows_a_page = 10
    ids_a_page = 10

    @override
    def is_final(self, record: Row) -> bool:
        return record.get("grn_status_id") == DELETED or str(record.get("grn_status")).strip().casefold() in FINAL

    @override
    def by_ids(self, scope: str, ids: str) -> Ask:
        """With a date, as without one only receipts of the last week would come."""
        return self.ask(
            scope, Where("grn_ids", "in", ids), Where("created_after", "gteq", INDIA.since(EASYECOM.oldest))
        )

    @override
    def shaped(self, ask: Ask, row: Row) -> Row | None:
        return self.met(ask.scope, row, super().shaped(ask, row))


class KitsStream(AccountStream):
    """Kits with their parts; one row per kit. Nothing needs them: products name the parts of what is sold in parts."""

    name = "kits"
    path = "/Products/getKits"
    keys = ("productId",)
    always_selected = False
    everywhere = False
