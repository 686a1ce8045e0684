"""Buy orders of Optiply as purchase orders in Picqer: a concept with a mark, then placed."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pandas as pd

from etl.core.entity import Filled, Rows
from etl.core.flow import Run
from etl.core.mapping import MapEntity
from etl.outward.flags import PicqerExports
from etl.outward.purchase_flow import purchase_flow
from etl.outward.purchase_look import Look
from etl.outward.purchase_system import BoughtLine, Cells, ExportWork, Purchasing
from vocabulary.optiply import MARK
from vocabulary.picqer import PLACED, PURCHASE_ORDERS


def _header(run: Run[PicqerExports], _work: ExportWork, key: str, supplier: str) -> Cells:
    in_remarks = run.config.export_marker_field == "remarks"
    mark = f"{MARK}{key}"
    return {
        "order:supplier": supplier,
        "order:warehouse": run.config.main_warehouse,
        "order:supplier_orderid": None if in_remarks else mark,
        "order:remarks": mark if in_remarks else None,
    }


def _line(_run: Run[PicqerExports], _work: ExportWork, _key: str, line: BoughtLine) -> Cells:
    # Of a thousand small parts, cents of one are far from the money of all.
    price = line.price.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)
    return {"line:product": line.product, "quantity": line.quantity, "line:price": price}


def _placed(run: Run[PicqerExports], _work: ExportWork) -> Rows:
    """Every order that was sent is placed; one that cannot be yet waits for it."""
    query = (
        "SELECT remote_id FROM records WHERE stream = ? AND wanted IS NOT NULL "
        """AND instr(wanted, '"deleted_at":') = 0"""
    )
    ids: list[Any] = [remote_id for rows in run.snapshot.rows(query, (PURCHASE_ORDERS.name,)) for (remote_id,) in rows]
    return Rows(pd.DataFrame({"id": ids, "order:placed": True}, dtype=object))


PURCHASING = Purchasing(
    title="Picqer",
    entity=PURCHASE_ORDERS,
    flags=PicqerExports,
    sources=("order:supplier", "order:warehouse", "order:supplier_orderid", "order:remarks"),
    line_sources=("line:product", "quantity", "line:price"),
    supplier="idsupplier",
    lines="products",
    product="idproduct",
    units="amount",
    day="delivery_date",
    header=_header,
    line=_line,
)
_PLACED = ("remoteId", "order", "purchaseorderRemoteId", "purchased")
FLOW = purchase_flow(
    "purchase_orders",
    PURCHASING,
    "picqer",
    more=[Filled(PLACED, "buyOrders", rows=_placed, when=lambda flags: not flags.export_as_concept)],
    more_fields={PLACED.name: MapEntity(dict.fromkeys(_PLACED), _PLACED, ("id", "order:placed"))},
)
LOOK = Look(FLOW.destination, PURCHASING)
