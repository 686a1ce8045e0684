"""Every writable resource of Optiply as a ten-line declaration, in load order. How records are sent is elsewhere.

A sink's behaviour is in batch.py and write.py, its attributes and limits in models.py.
"""

from __future__ import annotations

from delivery.ids import folded
from delivery.sink import OptiplySink
from vocabulary import optiply as models


class Products(OptiplySink):
    """One row per product; a removed product is disabled, never deleted."""

    resource = "products"
    model = models.Product
    natural_key = ("skuCode",)
    removal = {"status": "disabled"}
    of_account = True


class Suppliers(OptiplySink):
    """One row per supplier; a removed supplier is ignored, never deleted."""

    resource = "suppliers"
    model = models.Supplier
    natural_key = ("name",)
    removal = {"ignored": True}
    of_account = True


class ProductCompositions(OptiplySink):
    """One row per part of a composed product."""

    resource = "productCompositions"
    model = models.ProductComposition
    references = {"composedProductId": "products", "partProductId": "products"}
    natural_key = ("composedProductId", "partProductId")
    is_pair = True


class SupplierProducts(OptiplySink):
    """One row per product a supplier offers; a removed offer is disabled."""

    resource = "supplierProducts"
    model = models.SupplierProduct
    references = {"productId": "products", "supplierId": "suppliers"}
    natural_key = ("supplierId", "productId")
    removal = {"status": "disabled"}
    is_pair = True


class SellOrders(OptiplySink):
    """One row per sale, with its lines inside."""

    resource = "sellOrders"
    model = models.SellOrder
    lines = {"productId": "products"}
    natural_key = ("placed", "totalValue")
    of_account = True
    patched_when_adopted = False  # a sale is written once; what was adopted is that sale


class SellOrderLines(OptiplySink):
    """One row per line of a sale, for sources that send lines by themselves."""

    resource = "sellOrderLines"
    model = models.SellOrderLine
    references = {"sellOrderId": "sellOrders", "productId": "products"}
    natural_key = ("sellOrderId", "productId", "quantity", "subtotalValue")


class BuyOrders(OptiplySink):
    """One row per purchase, with or without its lines inside."""

    resource = "buyOrders"
    model = models.BuyOrder
    references = {"supplierId": "suppliers"}
    lines = {"productId": "products"}
    natural_key = ("supplierId", "placed", "totalValue")
    of_account = True


class BuyOrderLines(OptiplySink):
    """One row per line of a purchase."""

    resource = "buyOrderLines"
    model = models.BuyOrderLine
    references = {"buyOrderId": "buyOrders", "productId": "products"}
    natural_key = ("buyOrderId", "productId", "quantity", "subtotalValue")


class ReceiptLines(OptiplySink):
    """One row per arrival of units of a buy order line."""

    resource = "receiptLines"
    model = models.ReceiptLine
    references = {"buyOrderLineId": "buyOrderLines"}
    natural_key = ("buyOrderLineId", "occurred", "quantity")


class Promotions(OptiplySink):
    """One row per promotion."""

    resource = "promotions"
    model = models.Promotion
    natural_key = ("name", "startDate")
    of_account = True
    takes_remote_id = False


class PromotionProducts(OptiplySink):
    """One row per product in a promotion."""

    resource = "promotionProducts"
    model = models.PromotionProduct
    references = {"promotionId": "promotions", "productId": "products"}
    natural_key = ("promotionId", "productId")
    takes_remote_id = False


SINKS: tuple[type[OptiplySink], ...] = (
    Products,
    ProductCompositions,
    Suppliers,
    SupplierProducts,
    SellOrders,
    SellOrderLines,
    BuyOrders,
    BuyOrderLines,
    ReceiptLines,
    Promotions,
    PromotionProducts,
)


def sink_for(stream: str) -> type[OptiplySink] | None:
    """The sink of a stream named in camelCase, PascalCase or snake_case."""
    return _BY_NAME.get(folded(stream))


_BY_NAME = {folded(sink.resource): sink for sink in SINKS}
