"""The flow of buy orders out of Optiply: what it reads, its mapping table, and the two things that Picqer is asked."""

from sqlalchemy import MetaData

from etl.core.entity import Filled, default_steps
from etl.core.fitting import conversions_of
from etl.core.flow import Flow, Offered
from etl.core.mapping import MapEntity, MapTable
from etl.outward.purchase_orders import NAME, SOURCES, ExportWork, orders, placed
from etl.outward.purchase_shapes import STREAMS, ExportFlags
from store.care import take_over
from vocabulary.picqer import PLACED, PURCHASE_ORDERS

_FIELDS = {name: kind for name, kind in conversions_of(PURCHASE_ORDERS).items() if name != "products"}
PURCHASE_ORDERS_OUT = Flow(
    name="purchase_orders",
    streams=STREAMS,
    fields=MapTable(
        "Optiply",
        "Picqer",
        {
            NAME: MapEntity({"remoteId": None, **_FIELDS}, ("remoteId", "idsupplier"), SOURCES),
            PLACED.name: MapEntity(
                dict.fromkeys(("remoteId", "order", "purchaseorderRemoteId", "purchased")),
                ("remoteId", "order", "purchaseorderRemoteId", "purchased"),
                ("id", "order:placed"),
            ),
            "products": MapEntity(
                dict.fromkeys(("idproduct", "amount", "price")),
                ("idproduct", "amount"),
                ("line:product", "quantity", "line:price"),
            ),
        },
        own=NAME,
    ),
    flags=ExportFlags,
    facts=MetaData(),
    begin=ExportWork,
    steps=default_steps([
        Filled(PURCHASE_ORDERS, "buyOrders", rows=orders,
               omitted=("idwarehouse", "supplier_orderid", "remarks", "delivery_date")),
        Filled(PLACED, "buyOrders", rows=placed, when=lambda flags: not flags.export_as_concept),
    ]),
    offers=lambda flags: [Offered(PURCHASE_ORDERS), *([] if flags.export_as_concept else [Offered(PLACED)])],
    destination="picqer",
    take_over=lambda snapshot, stream, known: take_over(snapshot, stream, known, "taken over"),
)  # fmt: skip
