"""The shapes of the Magento records the ETL reads, as the tap puts them out (Magento REST, 2.4.7).

Only what a rule reads is named; everything else in a record is skipped while parsing. Values stay as they arrive
(`Any`), since one odd value must cost one record: conversions and rules judge them, not the parser.
"""

from typing import Any

from msgspec import Struct

from connector.values import id_text, text
from etl.core.streams import Stream, Streams


class BundleLink(Struct, gc=False):
    """One product that can be chosen for an option of a bundle."""

    sku: Any = None
    qty: Any = None
    can_change_quantity: Any = None


class BundleOption(Struct, gc=False):
    """One slot of a bundle."""

    required: Any = None
    product_links: list[BundleLink] | None = None


class ProductExtras(Struct, gc=False):
    """The extension attributes of a product, as far as a rule reads them."""

    bundle_product_options: list[BundleOption] | None = None


class Product(Struct, rename={"product_id": "id"}, gc=False):
    """One product of the catalogue."""

    product_id: Any = None
    sku: Any = None
    name: Any = None
    price: Any = None
    status: Any = None
    type_id: Any = None
    created_at: Any = None
    updated_at: Any = None
    weight: Any = None
    visibility: Any = None
    attribute_set_id: Any = None
    custom_attributes: Any = None
    # PHP writes an empty object as an empty list.
    extension_attributes: ProductExtras | list[Any] | None = None


class ProductId(Struct, gc=False, rename={"product_id": "id"}):
    """One row of the complete listing; an unreadable product has its id alone."""

    product_id: Any = None
    sku: Any = None
    status: Any = None


class ProductCheck(Struct, gc=False, rename={"product_id": "id"}):
    """Whether a product was there when it was asked for by id; None when the answer proved nothing."""

    product_id: Any = None
    found: Any = None


class StockItem(Struct, gc=False):
    """The stock item inside a stock status."""

    qty: Any = None
    manage_stock: Any = None


class StockStatus(Struct, gc=False):
    """The stock status of one SKU; without product_id it is a phantom and says nothing."""

    sku: Any = None
    product_id: Any = None
    qty: Any = None
    stock_item: StockItem | list[Any] | None = None


class ItemStock(Struct, gc=False):
    """One bulk stock item; it has no SKU."""

    product_id: Any = None
    manage_stock: Any = None


class SourceItem(Struct, gc=False):
    """Units of one SKU in one source."""

    sku: Any = None
    source_code: Any = None
    quantity: Any = None
    status: Any = None


class Source(Struct, gc=False):
    """One source (warehouse)."""

    source_code: Any = None
    enabled: Any = None


class OrderItem(Struct, gc=False):
    """One row of an order; children point at their parent row."""

    item_id: Any = None
    parent_item_id: Any = None
    product_id: Any = None
    product_type: Any = None
    sku: Any = None
    qty_ordered: Any = None
    qty_invoiced: Any = None
    qty_shipped: Any = None
    qty_canceled: Any = None
    qty_refunded: Any = None
    base_row_total: Any = None
    row_total: Any = None
    base_discount_amount: Any = None
    base_price: Any = None
    price: Any = None


class Order(Struct, gc=False):
    """One order with its rows; no customer data is read."""

    entity_id: Any = None
    increment_id: Any = None
    state: Any = None
    status: Any = None
    created_at: Any = None
    updated_at: Any = None
    subtotal: Any = None
    base_subtotal: Any = None
    grand_total: Any = None
    base_grand_total: Any = None
    base_currency_code: Any = None
    order_currency_code: Any = None
    store_id: Any = None
    items: list[OrderItem] | None = None


class ProductAttribute(Struct, gc=False):
    """One attribute of the shop: lets a mistyped mapping be recognised."""

    attribute_code: Any = None


STREAMS = Streams(
    "Magento",
    (
        Stream(
            "products",
            Product,
            "id",
            nested={"extension_attributes": ProductExtras | list[Any], "custom_attributes": Any},
        ),
        Stream("product_ids", ProductId, "id", lone={"id": id_text}),
        Stream("product_checks", ProductCheck, "id", lone={"id": id_text}),
        Stream(
            "product_stock_statuses",
            StockStatus,
            "sku",
            nested={"stock_item": StockItem | list[Any]},
            lone={"sku": text, "product_id": id_text},
            named_by=("sku", "product_id"),
        ),
        Stream("product_item_stocks", ItemStock, "product_id", lone={"product_id": id_text}),
        Stream("source_items", SourceItem, "sku", lone={"sku": text, "source_code": text}),
        # Of a source that cannot be read nobody knows whether its stock counts: all sums would be doubtful.
        Stream("sources", Source, "source_code", alone=False),
        Stream("orders", Order, "entity_id", nested={"items": list[OrderItem]}),
        Stream("product_attributes", ProductAttribute, "attribute_code"),
    ),
)
