"""The streams of an account: the catalogue, who supplies it and where it lies, orders, purchase orders, receipts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from typing_extensions import override

from connector.http.pool import Row
from connector.lists.again import portions
from connector.lists.pages import row_number
from connector.lists.question import Ask, Where
from connector.singer.kinds import PlainStream
from connector.times import as_utc_text, earlier, utc_text
from tap_easyecom.account import EASYECOM, INDIA, LOCATIONS, Account
from tap_easyecom.stream import AccountStream, DocumentStream, form_of

WINDOW = timedelta(days=7) - timedelta(seconds=2)
"""The longest time that EasyEcom shows orders of, less what both ends overlap their neighbours by."""
DAY_SECONDS = 86_400.0
FINAL = frozenset({"completed", "deleted"})
DELETED = 4
UNFINISHED, ABSENT = "unfinished", "absent"
"""Where the state keeps receipts that were not final when they were read, and those that an answer lacked since."""


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
        made = record.get("created_at") if record else None
        if isinstance(made, str) and made.endswith("Z"):
            self._oldest = min(made, self._oldest or made)
        return record

    @override
    def is_complete(self) -> bool:
        complete = super().is_complete()
        if complete and self._oldest:
            self.source.oldest = as_utc_text(self._oldest)
        return complete


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
    since = "updated_after"
    rows_a_page = 250

    @property
    @override
    def oldest(self) -> str:
        made = self.source.oldest
        return earlier(made, DAY_SECONDS) if made else EASYECOM.oldest

    @override
    def lists_of(self, start: str) -> Iterator[tuple[str, str, tuple[Where, ...]]]:
        begin, last = datetime.fromisoformat(start), datetime.fromisoformat(self.window.end)
        while begin <= last:
            end = begin + WINDOW
            yield utc_text(begin), utc_text(end), (self.after(utc_text(begin)), self._before_end(end))
            begin = end

    def _before_end(self, end: datetime) -> Where:
        return Where("updated_before", "lteq", INDIA.since(utc_text(end + timedelta(seconds=2))))

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
    since = "updated_after"
    rows_a_page = 10


class GoodsReceiptsStream(DocumentStream):
    """Receipts (GRN) with their lines, deleted ones too; one row per receipt.

    EasyEcom tells no changes of receipts, so those that were not final are asked for by id until they are.
    """

    name = "goods_receipts"
    path = "/Grn/V2/getGrnDetails"
    keys = ("grn_id",)
    changes = "grn_created_at"
    placed = "grn_created_at"
    since = "created_after"
    rows_a_page = 10

    @override
    def pages(self) -> Iterator[list[Row]]:
        kept = self.stream_state.get(UNFINISHED)
        lists = kept.items() if isinstance(kept, dict) else ()
        self._kept = {n: place for place, ids in lists if isinstance(ids, list) for n in ids if type(n) is int}
        self._open: dict[int, str] = {}
        self._met: set[int] = set()
        yield from super().pages()

    @override
    def rounds(self) -> Iterator[Iterator[Ask]]:
        """What is new, then what was not final and did not come with it."""
        yield from super().rounds()
        yield self._unfinished()

    def _unfinished(self) -> Iterator[Ask]:
        for location in self.source.access.locations:
            ids = sorted(n for n, place in self._kept.items() if place == location and n not in self._met)
            for some in portions(ids, self.size()):
                yield self.ask(location, Where("grn_ids", "in", ",".join(map(str, some))), self.after(EASYECOM.oldest))

    @override
    def shaped(self, ask: Ask, row: Row) -> Row | None:
        record = super().shaped(ask, row)
        number = row_number(row, "grn_id")
        self._met.add(number)
        is_final = record is None or record.get("grn_status_id") == DELETED or _word(record) in FINAL
        if not is_final:
            self._open[number] = str(ask.scope)
        return record

    @override
    def remember(self, *, complete: bool) -> None:
        state = self.stream_state
        left, before = self._kept.keys() - self._met, state.pop(ABSENT, [])
        asked = self._lists is not None and self._lists.why is None
        gone = sorted(left.intersection(before)) if asked else []
        if gone:
            shown = ", ".join(map(str, gone[:10]))
            self.source.report.note(f"goods_receipts: {len(gone)} were not final and are gone from EasyEcom ({shown}).")
        still = {number: self._kept[number] for number in left.difference(gone)}
        state.pop(UNFINISHED, None)
        if open_ := {**still, **self._open}:
            places = sorted(set(open_.values()))
            state[UNFINISHED] = {at: sorted(n for n, place in open_.items() if place == at) for at in places}
        if absent := sorted(still) if asked else [n for n in before if n in still]:
            state[ABSENT] = absent
        super().remember(complete=complete)


def _word(record: Row) -> str:
    return str(record.get("grn_status")).strip().casefold()


class KitsStream(AccountStream):
    """Kits with their parts; one row per kit. Nothing needs them: products name the parts of what is sold in parts."""

    name = "kits"
    path = "/Products/getKits"
    keys = ("productId",)
    always_selected = False
    everywhere = False
