"""What EasyEcom takes of purchase orders: an order, which stands approved at once and never changes from here.

It bears the mark of the Optiply order it was made from (`OPTIPLY-<id>`). EasyEcom's own reference codes are not unique,
so an order is known by mark, vendor and contents together.
"""

from collections.abc import Iterable
from hashlib import sha256

from connector.canonical import canonical
from vocabulary.entity import Attribute, Entity, lines, needed
from vocabulary.values import AtLeastOne, Day, Id, Price4, Text255

_ITEM = {"sku": needed(Text255), "quantity": needed(AtLeastOne), "unitPrice": needed(Price4)}

PURCHASE_ORDERS = Entity(
    "EasyEcom",
    "purchaseorders",
    "purchase orders",
    {
        "order": Attribute(Id, required=True, once=True),
        "vendor_id": Attribute(Id, required=True, once=True),
        "vendorId": Attribute(Text255 | None, once=True),
        "expDeliveryDate": Attribute(Day | None, once=True),
        "items": lines(_ITEM, required=True),
        "contents": Attribute(Text255, required=True, once=True),
    },
    natural_key=("order", "vendor_id", "contents"),
    takes_remote_id=False,
    patched_when_adopted=False,  # EasyEcom leads once an order is there
    mark_needs_key=True,
)

ENTITIES: tuple[Entity, ...] = (PURCHASE_ORDERS,)


def contents_of(items: Iterable[tuple[str, int]]) -> str:
    """A short text that two orders share whose lines have the same SKUs and quantities, in whatever order."""
    return sha256(canonical(sorted([sku, quantity] for sku, quantity in items)).encode()).hexdigest()
