"""What Optiply accepts per resource, as pydantic models; limits are types and nothing is cut or zeroed.

Names and limits: Optiply Public API v1. A model checks the attributes that are given: absent stays absent,
null is kept where the API has a null. `required` is asked for on POST only.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from vocabulary.values import (
    Amount,
    AtLeastOne,
    Bool,
    Days,
    Emails,
    Gln,
    Id,
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
    decoded,
)

ABSENT: Any = None  # a default that pydantic does not check: fields_set tells absent from null


class Entity(BaseModel):
    """One resource: attributes Optiply takes; unknown names are reported by `unknown`, not sent."""

    model_config = ConfigDict(extra="ignore")
    required: ClassVar[tuple[str, ...]] = ()
    create_only: ClassVar[tuple[str, ...]] = ()
    line: ClassVar[type[BaseModel] | None] = None  # what stands in `orderLines`

    remoteDataSyncedToDate: Moment | None = ABSENT

    @classmethod
    def checked(cls, given: dict[str, Any]) -> dict[str, Any]:
        """The given attributes as Optiply takes them; absent stays absent, null stays null.

        Raises:
            ValidationError: a value breaks a type or a limit.
        """
        return cls.model_validate(given).model_dump(exclude_unset=True)

    @classmethod
    def missing(cls, given: dict[str, Any]) -> list[str]:
        """The attributes a create needs and does not have."""
        return [name for name in cls.required if given.get(name) is None]


class Product(Entity):
    """A product as Optiply sells and counts it."""

    required = ("name", "stockLevel")

    name: Text255 = ABSENT
    stockLevel: Stock = ABSENT
    unlimitedStock: Bool = ABSENT
    skuCode: Text255 | None = ABSENT
    eanCode: Text255 | None = ABSENT
    articleCode: Text255 | None = ABSENT
    price: Price | None = ABSENT
    status: Status = ABSENT
    notBeingBought: Bool = ABSENT
    resumingPurchase: Moment | None = ABSENT
    assembled: Bool = ABSENT
    minimumStock: Amount | None = ABSENT
    maximumStock: Amount | None = ABSENT
    ignored: Bool = ABSENT
    manualServiceLevel: ServiceLevel | None = ABSENT
    createdAtRemote: Moment | None = ABSENT
    stockMeasurementUnit: Text10 | None = ABSENT


class ProductComposition(Entity):
    """One part of a composed product."""

    required = ("composedProductId", "partProductId", "partQuantity")
    create_only = ("composedProductId", "partProductId")

    composedProductId: Id = ABSENT
    partProductId: Id = ABSENT
    partQuantity: AtLeastOne = ABSENT
    batchQuantity: Whole | None = ABSENT


class Supplier(Entity):
    """A supplier."""

    required = ("name",)

    name: Text255 = ABSENT
    emails: Emails = ABSENT
    type: SupplierType = ABSENT
    deliveryTime: Days | None = ABSENT
    userReplenishmentPeriod: Days | None = ABSENT
    fixedCosts: Money | None = ABSENT
    minimumOrderValue: Money | None = ABSENT
    reactingToLostSales: Bool = ABSENT
    backorders: Bool = ABSENT
    lostSalesReaction: ZeroOrOne | None = ABSENT
    lostSalesMovReaction: ZeroOrOne | None = ABSENT
    backorderThreshold: Whole | None = ABSENT
    backordersReaction: ZeroOrOne | None = ABSENT
    maxLoadCapacity: Amount | None = ABSENT
    containerVolume: Amount | None = ABSENT
    ignored: Bool = ABSENT
    globalLocationNumber: Gln | None = ABSENT
    currency: Text255 | None = ABSENT


class SupplierProduct(Entity):
    """What a supplier asks for a product."""

    required = ("name", "productId", "supplierId")
    create_only = ("productId", "supplierId")

    name: Text255 = ABSENT
    productId: Id = ABSENT
    supplierId: Id = ABSENT
    skuCode: Text255 | None = ABSENT
    eanCode: Text255 | None = ABSENT
    articleCode: Text255 | None = ABSENT
    price: Price | None = ABSENT
    minimumPurchaseQuantity: AtLeastOne | None = ABSENT
    lotSize: AtLeastOne | None = ABSENT
    deliveryTime: Days | None = ABSENT
    status: Status = ABSENT
    preferred: Bool = ABSENT
    availability: Bool = ABSENT
    availabilityDate: Moment | None = ABSENT
    freeStock: NotNegative | None = ABSENT
    weight: Amount | None = ABSENT
    volume: Amount | None = ABSENT
    costPrice: Money | None = ABSENT
    discountPrice: Money | None = ABSENT
    secondaryCurrencyPrice: Money | None = ABSENT
    economicOrderQuantity: Whole | None = ABSENT


class Line(BaseModel):
    """One line inside an order: flat, all three needed."""

    model_config = ConfigDict(extra="ignore")

    productId: Id
    quantity: Whole
    subtotalValue: Money


class BuyLine(Line):
    """One line inside a buy order."""

    expectedDeliveryDate: Moment | None = ABSENT


class SellOrder(Entity):
    """A sale with its lines; the lines go with the creation only."""

    required = ("placed", "totalValue", "orderLines")
    create_only = ("orderLines",)
    line = Line

    placed: Moment = ABSENT
    totalValue: Money = ABSENT
    completed: Moment | None = ABSENT
    orderLines: Annotated[list[Line], BeforeValidator(decoded)] = ABSENT


class SellOrderLine(Entity):
    """One line of a sale, sent by itself."""

    required = ("quantity", "subtotalValue", "productId", "sellOrderId")
    create_only = ("productId", "sellOrderId")

    quantity: Whole = ABSENT
    subtotalValue: Money = ABSENT
    productId: Id = ABSENT
    sellOrderId: Id = ABSENT


class BuyOrder(Entity):
    """A purchase, with or without its lines; the lines go with the creation only."""

    required = ("placed", "totalValue", "supplierId")
    create_only = ("orderLines", "supplierId")
    line = BuyLine

    placed: Moment = ABSENT
    totalValue: Money = ABSENT
    supplierId: Id = ABSENT
    completed: Moment | None = ABSENT
    expectedDeliveryDate: Moment | None = ABSENT
    assembly: Bool = ABSENT
    orderLines: Annotated[list[BuyLine], BeforeValidator(decoded)] = ABSENT


class BuyOrderLine(Entity):
    """One line of a purchase, sent by itself."""

    required = ("quantity", "subtotalValue", "productId", "buyOrderId")
    create_only = ("productId", "buyOrderId")

    quantity: Whole = ABSENT
    subtotalValue: Money = ABSENT
    productId: Id = ABSENT
    buyOrderId: Id = ABSENT
    expectedDeliveryDate: Moment | None = ABSENT


class ReceiptLine(Entity):
    """Units of a buy order line that have arrived."""

    required = ("occurred", "quantity", "buyOrderLineId")
    create_only = ("buyOrderLineId",)

    occurred: Moment = ABSENT
    quantity: AtLeastOne = ABSENT
    buyOrderLineId: Id = ABSENT


class Promotion(Entity):
    """A promotion."""

    required = ("name", "startDate", "endDate")

    name: Text255 = ABSENT
    startDate: Moment = ABSENT
    endDate: Moment = ABSENT
    upliftType: Text255 | None = ABSENT
    upliftIncrease: Whole | None = ABSENT
    enabled: Bool = ABSENT
    entireShop: Bool = ABSENT


class PromotionProduct(Entity):
    """A product in a promotion."""

    required = ("promotionId", "productId")
    create_only = ("promotionId", "productId")

    promotionId: Id = ABSENT
    productId: Id = ABSENT
    specificUpliftType: Text255 | None = ABSENT
    specificUpliftIncrease: Whole | None = ABSENT


def complaint(error: ValidationError, remedy: str = "correct it at the source") -> tuple[str, str]:
    """(field, sentence) of the first thing wrong; the value itself is left out, as it may be personal."""
    first = error.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"] if not str(part).startswith(("function-", "constrained-")))
    words = "is missing" if first["type"] == "missing" else first["msg"].removeprefix("Value error, ")
    return field, f"{field} {words.removeprefix('Input ')}; {remedy}"
