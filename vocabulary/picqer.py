"""What Picqer takes of purchase orders, in load order: an order as a concept, and that it was placed.

An order bears the mark of the Optiply order it was made from (`OPTIPLY-<id>`). People may type the same mark, so an
order is known by mark, supplier, warehouse and lines together.
"""

from vocabulary.entity import Attribute, Entity, lines, needed, reference
from vocabulary.values import AtLeastOne, Bool, Day, Id, Price4, Text255

_LINE = {
    "idproduct": needed(Id),
    "amount": needed(AtLeastOne),
    "price": Price4 | None,
    "delivery_date": Day | None,
}

PURCHASE_ORDERS = Entity(
    "Picqer",
    "purchaseorders",
    "purchase orders",
    {
        "idsupplier": Attribute(Id, once=True),
        "supplier_name": Attribute(Text255, once=True),
        "idwarehouse": Attribute(Id, once=True),
        "supplier_orderid": Attribute(Text255 | None, once=True),
        "remarks": Attribute(Text255 | None, once=True),
        "delivery_date": Attribute(Day | None, once=True),
        "products": lines(_LINE, required=True),
    },
    natural_key=("idsupplier", "idwarehouse", "products"),
    key_left_open=("idwarehouse",),  # Picqer takes its first one then
    line_key={"products": ("idproduct", "amount")},
    takes_remote_id=False,
    patched_when_adopted=False,  # Picqer leads once an order is there
    mark_needs_key=True,
)

PLACED = Entity(
    "Picqer",
    "placed",
    "placed purchase orders",
    {"order": needed(Id), "purchaseorderId": reference("purchaseorders"), "purchased": needed(Bool)},
    natural_key=("order",),
    takes_remote_id=False,
    repeat="upsert",
)

ENTITIES: tuple[Entity, ...] = (PURCHASE_ORDERS, PLACED)
