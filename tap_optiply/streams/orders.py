"""What was sold, ordered and received: sell orders, buy orders with all their lines, those lines, receipt lines."""

from collections.abc import Iterator

from typing_extensions import override

from connector.http.pool import Row
from connector.lists.pages import row_number
from connector.lists.question import Where
from connector.settings import words
from connector.singer.kinds import KeyedStream
from connector.times import as_utc_text
from tap_optiply.account import Account
from tap_optiply.again import AskedSingly
from tap_optiply.lines import LinesOf
from tap_optiply.streams.kinds import OptiplyStream

RECEIPTS = "/receiptLines"


class SellOrdersStream(OptiplyStream):
    """Sell orders; one row per order."""

    name = "sellOrders"
    path = "/sellOrders"
    of_account = True


class BuyOrdersStream(OptiplyStream):
    """Buy orders, drafts too, each with all its lines (`buyOrderLines`); one row per order that changed."""

    name = "buyOrders"
    path = "/buyOrders"
    of_account = True

    @override
    def pages(self) -> Iterator[list[Row]]:
        lines = LinesOf(self.source, "/buyOrderLines", "buyOrderId", self.isolate)
        if not self.mask["properties", "buyOrderLines"]:
            yield from super().pages()
            return
        for rows in super().pages():
            yield lines.joined(rows, "buyOrderLines")


class BuyOrderLinesStream(OptiplyStream):
    """Lines of buy orders without their order; one row per line that changed."""

    name = "buyOrderLines"
    path = "/buyOrderLines"


class ReceiptLinesStream(OptiplyStream):
    """What was received on a line of a buy order, and when; one row per receipt line that changed."""

    name = "receiptLines"
    path = RECEIPTS


class ReceiptLineIdsStream(KeyedStream):
    """Which receipt lines there are, for readers who must notice deleted ones; one row per receipt line."""

    name = "receiptLineIds"
    path = RECEIPTS
    keys = ("id",)
    cursor = "id"
    key = "id"
    absence_counts = True

    @override
    def where(self) -> list[Where]:
        since = self.config.get("receipt_ids_since")
        return [Where("createdAt", "gteq", as_utc_text(str(since)))] if since else []


class ReceiptLineChecksStream(KeyedStream):
    """Whether receipt lines that a listing lacked are gone (`check_receipt_ids`); one row per id asked for."""

    name = "receiptLineChecks"
    path = RECEIPTS
    keys = ("id",)
    cursor = "id"
    key = "id"
    keeps_unread = False
    source: Account

    @override
    def pages(self) -> Iterator[list[Row]]:
        asked = sorted({int(one) for one in words(self.config.get("check_receipt_ids"))})
        again = AskedSingly(self.source, self.path, "id", self.isolate)
        there = {row_number(row, "id") for rows in again.pages(asked) for row in rows}
        # An endpoint that answers 404 to everything proves nothing.
        works = not again.gone or self.source.count(self.path) >= 0
        known = {**dict.fromkeys(there, True), **dict.fromkeys(again.gone, False)}
        yield [{"id": number, "found": known.get(number) if works else None} for number in asked]

    @override
    def estimate(self) -> None:
        return None
