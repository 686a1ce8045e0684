"""Purchase orders and receipts, read by what changed since the last run."""

from tap_picqer.stream import ChangedStream


class PurchaseOrdersStream(ChangedStream):
    """Purchase orders with their lines, concepts and cancelled ones too; one row per order."""

    name = "purchase_orders"
    path = "/purchaseorders"
    keys = ("idpurchaseorder",)


class ReceiptsStream(ChangedStream):
    """Receipts of both versions with their lines, reverted ones too; one row per receipt."""

    name = "receipts"
    path = "/receipts"
    keys = ("idreceipt",)
