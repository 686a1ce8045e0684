"""The buy orders that the way back reads, as the tap of Optiply puts them out."""

from typing import Any

from msgspec import Struct

from etl.core.streams import Stream, Streams


class BuyOrderLine(Struct, gc=False):
    """One line of a buy order."""

    id: Any = None
    productId: Any = None
    quantity: Any = None
    subtotalValue: Any = None


class BuyOrder(Struct, gc=False):
    """One buy order with all its lines."""

    id: Any = None
    supplierId: Any = None
    placed: Any = None
    completed: Any = None
    expectedDeliveryDate: Any = None
    totalValue: Any = None
    assembly: Any = None
    createdFromPublicApi: Any = None
    buyOrderLines: list[BuyOrderLine] | None = None


STREAMS = Streams("Optiply", (Stream("buyOrders", BuyOrder, "id", nested={"buyOrderLines": list[BuyOrderLine]}),))
