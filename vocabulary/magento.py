"""What can be written to a Magento shop, declared once: figures of stock, and changes of them.

Limits: Magento 2.4, where a quantity beyond them is cut without a word, and a longer SKU, too.
"""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated

from pydantic import PlainValidator

from connector.values import Unfit, number, text
from vocabulary.entity import Entity, needed
from vocabulary.values import ZeroOrOne

LONGEST_SKU, LONGEST_CODE, LONGEST_REFERENCE = 64, 255, 255
MOST_QUANTITY = Decimal("99999999.9999")
PLACES = Decimal("0.0001")
BATCH = 200


def _name(longest: int) -> Callable[[object], str]:
    def read(value: object) -> str:
        found = text(value).rstrip(" ")
        if not found:
            raise Unfit("is empty")
        if len(found) > longest:
            raise Unfit(f"has {len(found)} characters, not {longest} at most")
        return found

    return read


Sku = Annotated[str, PlainValidator(_name(LONGEST_SKU))]
SourceCode = Annotated[str, PlainValidator(_name(LONGEST_CODE))]
Reference = Annotated[str, PlainValidator(_name(LONGEST_REFERENCE))]
Quantity = Annotated[Decimal, PlainValidator(lambda value: number(value, least=-MOST_QUANTITY, most=MOST_QUANTITY))]

SOURCE_ITEMS = Entity(
    "Magento",
    "source_items",
    "source items",
    {"sku": needed(Sku), "source_code": needed(SourceCode), "quantity": needed(Quantity), "status": ZeroOrOne | None},
    natural_key=("source_code", "sku"),
    removal={"quantity": 0, "status": 0},
    repeat="upsert",
    batch=BATCH,
)

STOCK_CHANGES = Entity(
    "Magento",
    "stock_changes",
    "stock changes",
    {
        "reference": needed(Reference),
        "sku": needed(Sku),
        "source_code": needed(SourceCode),
        "delta": needed(Quantity),
    },
    natural_key=("reference",),
    repeat="once",
    batch=BATCH,
)

ENTITIES = (SOURCE_ITEMS, STOCK_CHANGES)


def exact(quantity: Decimal) -> Decimal:
    """A quantity as a shop keeps it, to four places, and without zeros that say nothing."""
    kept = quantity.quantize(PLACES, ROUND_HALF_UP)
    return kept.quantize(Decimal(1)) if kept == kept.to_integral_value() else kept.normalize()


def sells(quantity: Decimal, *, backorders: bool, min_qty: Decimal) -> bool:
    """Whether a quantity is in stock: above 0 always; at 0 and below while back orders still sell it.

    As a shop decides (BackOrderCondition of Magento's inventory): a threshold of 0 or more sets back orders no limit,
    one below 0 does.
    """
    return quantity > 0 or (backorders and (min_qty >= 0 or quantity > min_qty))
