"""Every entity of Optiply that can be written, once, in load order; names and limits (as types): Public API v1."""

from typing import Any

from vocabulary.entity import Attribute, Entity, lines, needed, reference
from vocabulary.values import (
    Amount,
    AtLeastOne,
    Bool,
    Days,
    Emails,
    Gln,
    Moment,
    Money,
    NotNegative,
    Price,
    ServiceLevel,
    Status,
    Stock,
    SupplierType,
    Text10,
    Text255,
    Whole,
    ZeroOrOne,
)

MARK = "OPTIPLY-"
"""With the id of a buy order behind it: what an order bears in another system that it was sent to."""

_LINE = {"productId": reference("products"), "quantity": needed(Whole), "subtotalValue": needed(Money)}


def _entity(name: str, title: str, attributes: dict[str, Any], **declared: Any) -> Entity:  # noqa: ANN401 - as Entity's
    return Entity("Optiply", name, title, attributes | {"remoteDataSyncedToDate": Moment | None}, **declared)


PRODUCTS = _entity(
    "products",
    "products",
    {
        "name": needed(Text255),
        "stockLevel": needed(Stock),
        "unlimitedStock": Bool,
        "skuCode": Text255 | None,
        "eanCode": Text255 | None,
        "articleCode": Text255 | None,
        "price": Price | None,
        "status": Status,
        "notBeingBought": Bool,
        "resumingPurchase": Moment | None,
        "assembled": Bool,
        "minimumStock": Amount | None,
        "maximumStock": Amount | None,
        "ignored": Bool,
        "manualServiceLevel": ServiceLevel | None,
        "createdAtRemote": Moment | None,
        "stockMeasurementUnit": Text10 | None,
    },
    natural_key=("skuCode",),
    removal={"status": "disabled"},
    of_account=True,
)

PRODUCT_COMPOSITIONS = _entity(
    "productCompositions",
    "compositions",
    {
        "composedProductId": reference("products"),
        "partProductId": reference("products"),
        "partQuantity": needed(AtLeastOne),
        "batchQuantity": Whole | None,
    },
    natural_key=("composedProductId", "partProductId"),
    is_pair=True,
)

SUPPLIERS = _entity(
    "suppliers",
    "suppliers",
    {
        "name": needed(Text255),
        "emails": Attribute(Emails, can_go="not a valid address; sent without e-mail addresses"),
        "type": SupplierType,
        "deliveryTime": Days | None,
        "userReplenishmentPeriod": Days | None,
        "fixedCosts": Money | None,
        "minimumOrderValue": Money | None,
        "reactingToLostSales": Bool,
        "backorders": Bool,
        "lostSalesReaction": ZeroOrOne | None,
        "lostSalesMovReaction": ZeroOrOne | None,
        "backorderThreshold": Whole | None,
        "backordersReaction": ZeroOrOne | None,
        "maxLoadCapacity": Amount | None,
        "containerVolume": Amount | None,
        "ignored": Bool,
        "globalLocationNumber": Gln | None,
        "currency": Text255 | None,
    },
    natural_key=("name",),
    removal={"ignored": True},
    of_account=True,
)

SUPPLIER_PRODUCTS = _entity(
    "supplierProducts",
    "suppliers' products",
    {
        "name": needed(Text255),
        "productId": reference("products"),
        "supplierId": reference("suppliers"),
        "skuCode": Text255 | None,
        "eanCode": Text255 | None,
        "articleCode": Text255 | None,
        "price": Price | None,
        "minimumPurchaseQuantity": AtLeastOne | None,
        "lotSize": AtLeastOne | None,
        "deliveryTime": Days | None,
        "status": Status,
        "preferred": Bool,
        "availability": Bool,
        "availabilityDate": Moment | None,
        "freeStock": NotNegative | None,
        "weight": Amount | None,
        "volume": Amount | None,
        "costPrice": Money | None,
        "discountPrice": Money | None,
        "secondaryCurrencyPrice": Money | None,
        "economicOrderQuantity": Whole | None,
    },
    natural_key=("supplierId", "productId"),
    removal={"status": "disabled"},
    is_pair=True,
)

SELL_ORDERS = _entity(
    "sellOrders",
    "sell orders",
    {
        "placed": needed(Moment),
        "totalValue": needed(Money),
        "completed": Moment | None,
        "orderLines": lines(_LINE, required=True),
    },
    natural_key=("placed", "totalValue"),
    of_account=True,
    patched_when_adopted=False,  # a sale is written once; what was adopted is that sale
)

SELL_ORDER_LINES = _entity(
    "sellOrderLines",
    "lines of sell orders",
    {
        "quantity": needed(Whole),
        "subtotalValue": needed(Money),
        "productId": reference("products"),
        "sellOrderId": reference("sellOrders"),
    },
    natural_key=("sellOrderId", "productId", "quantity", "subtotalValue"),
)

BUY_ORDERS = _entity(
    "buyOrders",
    "buy orders",
    {
        "placed": needed(Moment),
        "totalValue": needed(Money),
        "supplierId": reference("suppliers"),
        "completed": Moment | None,
        "expectedDeliveryDate": Moment | None,
        "assembly": Bool,
        "orderLines": lines({**_LINE, "expectedDeliveryDate": Moment | None}),
    },
    natural_key=("supplierId", "placed", "totalValue"),
    of_account=True,
    told_remote_id=True,  # one that was placed in Optiply and came back may have its id from nobody else
)

BUY_ORDER_LINES = _entity(
    "buyOrderLines",
    "lines of buy orders",
    {
        "quantity": needed(Whole),
        "subtotalValue": needed(Money),
        "productId": reference("products"),
        "buyOrderId": reference("buyOrders"),
        "expectedDeliveryDate": Moment | None,
    },
    natural_key=("buyOrderId", "productId", "quantity", "subtotalValue"),
    told_remote_id=True,
)

RECEIPT_LINES = _entity(
    "receiptLines",
    "receipts",
    {
        "occurred": needed(Moment),
        "quantity": needed(AtLeastOne),
        "buyOrderLineId": reference("buyOrderLines"),
    },
    natural_key=("buyOrderLineId", "occurred", "quantity"),
)

PROMOTIONS = _entity(
    "promotions",
    "promotions",
    {
        "name": needed(Text255),
        "startDate": needed(Moment),
        "endDate": needed(Moment),
        "upliftType": Text255 | None,
        "upliftIncrease": Whole | None,
        "enabled": Bool,
        "entireShop": Bool,
    },
    natural_key=("name", "startDate"),
    of_account=True,
    takes_remote_id=False,
)

PROMOTION_PRODUCTS = _entity(
    "promotionProducts",
    "products in promotions",
    {
        "promotionId": reference("promotions"),
        "productId": reference("products"),
        "specificUpliftType": Text255 | None,
        "specificUpliftIncrease": Whole | None,
    },
    natural_key=("promotionId", "productId"),
    takes_remote_id=False,
)

ENTITIES: tuple[Entity, ...] = (
    PRODUCTS,
    PRODUCT_COMPOSITIONS,
    SUPPLIERS,
    SUPPLIER_PRODUCTS,
    SELL_ORDERS,
    SELL_ORDER_LINES,
    BUY_ORDERS,
    BUY_ORDER_LINES,
    RECEIPT_LINES,
    PROMOTIONS,
    PROMOTION_PRODUCTS,
)
TRADE = tuple(one for one in ENTITIES[:9] if one is not SELL_ORDER_LINES)
"""What a system fills that sells, buys and receives."""
