"""Which conversion fits an attribute of the destination, by its type in the vocabulary."""

from typing import get_args

from vocabulary.entity import Attribute, Entity
from vocabulary.values import (
    Amount,
    AtLeastOne,
    Bool,
    Moment,
    Money,
    Price,
    ServiceLevel,
    Stock,
    Text10,
    Text255,
    Whole,
)

_BY_TYPE = {
    Text255: "text_255",
    Text10: "text_10",
    Price: "money",
    Stock: "stock_units",
    AtLeastOne: "units",
    Whole: "whole_number",
    Amount: "whole_number",
    ServiceLevel: "whole_number",
    Bool: "boolean",
    Moment: "datetime",
    Money: "order_money",
}


def conversions_of(entity: Entity) -> dict[str, str | None]:
    """The attributes of a destination's entity -> the conversion that fits their type, None where none does."""
    found: dict[str, str | None] = {}
    for name, declared in entity.attributes.items():
        kind = declared.type if isinstance(declared, Attribute) else declared
        # `Price | None` is a union of the two.
        found[name] = next((_BY_TYPE[one] for one in (kind, *get_args(kind)) if one in _BY_TYPE), None)
    return found
