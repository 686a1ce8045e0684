"""The resources of Optiply's API v1 as one table: attributes with type, limits and use, relations, pairs, cascades.

A column of the table is an `Attribute`. `required` means required when creating; `use` says who may write it:
`always` (POST and PATCH), `create` (POST only, silently ignored on PATCH) or `read` (silently ignored everywhere).
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from sandbox.optiply.values import (
    Choice,
    Emails,
    Flag,
    Instant,
    Json,
    Kind,
    Measure,
    Money,
    Number,
    Reference,
    RemoteIds,
    Text,
    Whole,
    WholeOrText,
)

Use = Literal["always", "create", "read"]
SERVER_OWNED = frozenset({"id", "uuid", "createdAt", "updatedAt", "remoteIdMap", "accountId", "createdFromPublicApi"})
"""Attributes the server sets itself on every object that has them."""


@dataclass(frozen=True)
class Attribute:
    """One attribute of a resource; `default` is what it has after a POST that does not name it."""

    name: str
    kind: Kind
    required: bool = False
    nullable: bool = True
    use: Use = "always"
    default: Json = None


@dataclass(frozen=True)
class Resource:
    """One resource: `indexed` attributes answer EQ filters without a scan, a `unique` tuple answers 409 when repeated.

    `lines` names the resource of nested `orderLines`, `parent` the attribute by which a line knows its order,
    `children` are (type, attribute) pairs deleted together with an object. `remote_id_map` says whether answers show
    `remoteIdMap`, `has_account` whether they show `accountId`.
    """

    type: str
    attributes: dict[str, Attribute]
    relationships: tuple[str, ...] = ()
    indexed: tuple[str, ...] = ()
    unique: tuple[str, ...] = ()
    children: tuple[tuple[str, str], ...] = ()
    lines: str | None = None
    parent: str | None = None
    has_account: bool = False
    remote_id_map: bool = False
    writable: bool = True


def _needed(name: str, kind: Kind, use: Use = "always") -> Attribute:
    return Attribute(name, kind, required=True, nullable=False, use=use)


def _text(name: str, limit: int = 255) -> Attribute:
    return Attribute(name, Text(limit))


def _flag(name: str, default: bool = False) -> Attribute:
    return Attribute(name, Flag(), nullable=False, default=default)


def _instant(name: str, use: Use = "always") -> Attribute:
    return Attribute(name, Instant(), use=use)


def _link(name: str, target: str) -> Attribute:
    """Return a reference that is set once: a later PATCH of it changes nothing."""
    return _needed(name, Reference(target), use="create")


def _resource(type_: str, *attributes: Attribute, **facts: Json) -> Resource:
    """Build a resource with the attributes every resource has."""
    common = [
        Attribute("id", Whole(), use="read"),
        Attribute("uuid", Text(), use="read"),
        Attribute("createdAt", Instant(), use="read"),
        Attribute("updatedAt", Instant(), use="read"),
        Attribute("remoteIdMap", RemoteIds(), use="read"),
        _instant("remoteDataSyncedToDate"),
        # Some clients send it, though the query parameter decides.
        Attribute("accountId", Whole(), use="read"),
    ]
    if type_ != "promotions":
        common.append(Attribute("createdFromPublicApi", Flag(), use="read"))
    return Resource(type_, {a.name: a for a in (*attributes, *common)}, **facts)


_PRICE = Money(9, Decimal(0))
_DAYS = Whole(1, 365)
_STATUS = Attribute("status", Choice(("enabled", "disabled")), nullable=False, default="enabled")

_PRODUCTS = _resource(
    "products",
    _needed("name", Text()),
    _needed("stockLevel", Whole(-9_999_999, 9_999_999)),
    _flag("unlimitedStock"),
    _text("skuCode"),
    _text("eanCode"),
    _text("articleCode"),
    Attribute("price", _PRICE),
    _STATUS,
    _flag("notBeingBought"),
    _instant("resumingPurchase"),
    _flag("assembled"),
    Attribute("minimumStock", Number()),
    Attribute("maximumStock", Number()),
    _flag("ignored"),
    Attribute("manualServiceLevel", WholeOrText()),
    _instant("createdAtRemote"),
    _text("stockMeasurementUnit", 10),
    Attribute("novel", Flag(), use="read", default=False),
    Attribute("category", Text(), use="read"),
    relationships=(
        "account",
        "supplierProducts",
        "sellOrderLines",
        "buyOrderLines",
        "promotionProducts",
        "productComposedFromCompositions",
        "productPartOfCompositions",
    ),
    indexed=("skuCode", "articleCode", "eanCode", "name"),
    children=(
        ("supplierProducts", "productId"),
        ("productCompositions", "composedProductId"),
        ("productCompositions", "partProductId"),
        ("promotionProducts", "productId"),
    ),
    has_account=True,
    remote_id_map=True,
)

_SUPPLIERS = _resource(
    "suppliers",
    _needed("name", Text()),
    Attribute("emails", Emails(), default=[]),
    Attribute("type", Choice(("vendor", "producer")), nullable=False, default="vendor"),
    Attribute("deliveryTime", _DAYS),
    Attribute("userReplenishmentPeriod", _DAYS),
    Attribute("fixedCosts", Money()),
    Attribute("minimumOrderValue", Money()),
    _flag("reactingToLostSales"),
    _flag("backorders"),
    Attribute("lostSalesReaction", WholeOrText()),
    Attribute("lostSalesMovReaction", WholeOrText()),
    Attribute("backorderThreshold", WholeOrText()),
    Attribute("backordersReaction", WholeOrText()),
    Attribute("maxLoadCapacity", Measure()),
    Attribute("containerVolume", Measure()),
    _flag("ignored"),
    Attribute("globalLocationNumber", Text(length=13)),
    _text("currency"),
    relationships=("account", "supplierProducts", "buyOrders"),
    indexed=("name",),
    children=(("supplierProducts", "supplierId"),),
    has_account=True,
    remote_id_map=True,
)

_SUPPLIER_PRODUCTS = _resource(
    "supplierProducts",
    _needed("name", Text()),
    _link("productId", "products"),
    _link("supplierId", "suppliers"),
    _text("skuCode"),
    _text("eanCode"),
    _text("articleCode"),
    Attribute("price", _PRICE),
    Attribute("minimumPurchaseQuantity", Whole(1)),
    Attribute("lotSize", Whole(1)),
    Attribute("deliveryTime", _DAYS),
    _STATUS,
    _flag("preferred"),
    _flag("availability"),
    _instant("availabilityDate"),
    Attribute("freeStock", Whole(0)),
    Attribute("weight", Measure()),
    Attribute("volume", Measure()),
    Attribute("costPrice", Money()),
    Attribute("discountPrice", Money()),
    Attribute("secondaryCurrencyPrice", Money()),
    Attribute("economicOrderQuantity", Whole()),
    Attribute("notBeingBought", Flag(), use="read", default=False),
    _instant("resumingPurchase", use="read"),
    relationships=("product", "supplier"),
    indexed=("productId", "supplierId", "skuCode"),
    unique=("supplierId", "productId"),
    remote_id_map=True,
)

_SELL_ORDERS = _resource(
    "sellOrders",
    _needed("placed", Instant()),
    _needed("totalValue", Money()),
    _instant("completed"),
    relationships=("account", "sellOrderLines", "customer"),
    indexed=("placed",),
    children=(("sellOrderLines", "sellOrderId"),),
    lines="sellOrderLines",
    has_account=True,
    remote_id_map=True,
)

_SELL_ORDER_LINES = _resource(
    "sellOrderLines",
    _needed("quantity", Whole()),
    _needed("subtotalValue", Money()),
    _link("productId", "products"),
    _link("sellOrderId", "sellOrders"),
    relationships=("product",),
    indexed=("sellOrderId", "productId"),
    parent="sellOrderId",
)

_BUY_ORDERS = _resource(
    "buyOrders",
    _needed("placed", Instant()),
    _needed("totalValue", Money()),
    _link("supplierId", "suppliers"),
    _instant("completed"),
    _instant("expectedDeliveryDate"),
    _flag("assembly"),
    relationships=("account", "supplier", "buyOrderLines"),
    indexed=("supplierId", "placed"),
    children=(("buyOrderLines", "buyOrderId"),),
    lines="buyOrderLines",
    has_account=True,
    remote_id_map=True,
)

_BUY_ORDER_LINES = _resource(
    "buyOrderLines",
    _needed("quantity", Whole()),
    _needed("subtotalValue", Money()),
    _link("productId", "products"),
    _link("buyOrderId", "buyOrders"),
    _instant("expectedDeliveryDate"),
    Attribute("productUuid", Text(), use="read"),
    relationships=("buyOrder", "product", "receiptLines"),
    indexed=("buyOrderId", "productId"),
    children=(("receiptLines", "buyOrderLineId"),),
    parent="buyOrderId",
)

_RECEIPT_LINES = _resource(
    "receiptLines",
    _needed("occurred", Instant()),
    _needed("quantity", Whole()),
    _link("buyOrderLineId", "buyOrderLines"),
    relationships=("buyOrderLine",),
    indexed=("buyOrderLineId",),
)

_PRODUCT_COMPOSITIONS = _resource(
    "productCompositions",
    _link("composedProductId", "products"),
    _link("partProductId", "products"),
    _needed("partQuantity", Whole(1)),
    Attribute("batchQuantity", Whole()),
    relationships=("composedProduct", "partProduct"),
    indexed=("composedProductId", "partProductId"),
    unique=("composedProductId", "partProductId"),
)

_PROMOTIONS = _resource(
    "promotions",
    _needed("name", Text()),
    _needed("startDate", Instant()),
    _needed("endDate", Instant()),
    _text("upliftType"),
    Attribute("upliftIncrease", Whole()),
    _flag("enabled", default=True),
    _flag("entireShop"),
    Attribute("productCount", Whole(), use="read", default=0),
    relationships=("account", "promotionProducts"),
    indexed=("name",),
    children=(("promotionProducts", "promotionId"),),
    has_account=True,
)

_PROMOTION_PRODUCTS = _resource(
    "promotionProducts",
    _link("promotionId", "promotions"),
    _link("productId", "products"),
    _text("specificUpliftType"),
    Attribute("specificUpliftIncrease", Whole()),
    relationships=("promotion", "product"),
    indexed=("promotionId", "productId"),
)

_ACCOUNTS = _resource("accounts", _needed("name", Text(), use="read"), writable=False)

RESOURCES: dict[str, Resource] = {
    resource.type: resource
    for resource in (
        _PRODUCTS,
        _SUPPLIERS,
        _SUPPLIER_PRODUCTS,
        _SELL_ORDERS,
        _SELL_ORDER_LINES,
        _BUY_ORDERS,
        _BUY_ORDER_LINES,
        _RECEIPT_LINES,
        _PRODUCT_COMPOSITIONS,
        _PROMOTIONS,
        _PROMOTION_PRODUCTS,
        _ACCOUNTS,
    )
}
"""Every resource of the API by its type, which is also its path under `/v1/`."""
