"""Picqer's flow into Optiply: its streams, mapping table and settings, and how each entity is filled."""

from datetime import timedelta
from functools import partial

from sqlalchemy import MetaData

from etl.core.entity import Filled, fill, tell
from etl.core.flow import Flow, Offered
from etl.inward.links import lines_wait, orders_wait
from etl.picqer.fields import FIELDS
from etl.picqer.flags import PicqerFlags
from etl.picqer.rules.compositions import compositions
from etl.picqer.rules.products import offers, products
from etl.picqer.rules.purchases import purchase_lines, purchases
from etl.picqer.rules.receipts import receipts
from etl.picqer.rules.suppliers import suppliers
from etl.picqer.shapes import STREAMS
from etl.picqer.steps import check_warehouses, gather, release
from etl.picqer.work import PicqerWork
from store.care import take_over
from vocabulary.optiply import (
    BUY_ORDER_LINES,
    BUY_ORDERS,
    PRODUCT_COMPOSITIONS,
    PRODUCTS,
    RECEIPT_LINES,
    SELL_ORDERS,
    SUPPLIER_PRODUCTS,
    SUPPLIERS,
    TRADE,
)

IMPORTED = "taken over from an imported snapshot"
_LEFT_AS_IT_IS = {SELL_ORDERS.name: ("orderLines",)}

PICQER_PRODUCTS = Filled(
    PRODUCTS,
    "products",
    newest="updated",
    rows=products,
    kept=("stockLevel",),
    absence="disable",
    listing="product_ids",
    when_gone=lambda flags: flags.sync_product_deletions,
    limit=lambda flags: flags.max_disable_share,
)
OTHERS = (
    Filled(
        PRODUCT_COMPOSITIONS,
        "product_parts",
        rows=compositions,
        parent="composedProductRemoteId",
        when=lambda flags: flags.composes,
    ),
    Filled(
        SUPPLIERS,
        "suppliers",
        rows=suppliers,
        omitted=("ignored",),
        absence="disable",
        listing="supplier_ids",
        when_gone=lambda flags: flags.sync_supplier_deletions,
        limit=lambda flags: flags.max_disable_share,
    ),
    Filled(
        SUPPLIER_PRODUCTS,
        "products",
        newest="updated",
        rows=offers,
        parent="productRemoteId",
        omitted=("price", "preferred"),
        beside={"preferred": False},
    ),
    Filled(
        SELL_ORDERS,
        "orders",
        newest="updated",
        rows=lambda _run, work: work.sales,
        line_wait=lambda flags: timedelta(days=flags.order_wait_days),
        once=False,
    ),
    Filled(
        BUY_ORDERS,
        "purchase_orders",
        rows=purchases,
        waits=orders_wait("idpurchaseorder", "idproduct"),
        omitted=("expectedDeliveryDate",),
    ),
    Filled(
        BUY_ORDER_LINES,
        "purchase_orders",
        rows=purchase_lines,
        parent="buyOrderRemoteId",
        waits=lines_wait,
        omitted=("expectedDeliveryDate",),
        when=lambda flags: flags.syncs(BUY_ORDERS.name),
    ),
    Filled(RECEIPT_LINES, "receipts", newest="updated", rows=receipts),
)


def offered(flags: PicqerFlags) -> list[Offered]:
    """What is offered with these settings, in load order."""
    return [
        Offered(entity, never_compared=_LEFT_AS_IT_IS.get(entity.name, ()), once=False)
        for entity in TRADE
        if flags.syncs(entity.name)
    ]


PICQER = Flow(
    name="picqer",
    streams=STREAMS,
    fields=FIELDS,
    flags=PicqerFlags,
    facts=MetaData(),
    begin=PicqerWork,
    steps=(
        tell,
        check_warehouses,
        # Which products are needed is known before it is decided which ones Optiply gets.
        gather,
        partial(fill, PICQER_PRODUCTS),
        release,
        *(partial(fill, each) for each in OTHERS),
    ),
    offers=offered,
    take_over=lambda snapshot, stream, known: take_over(snapshot, stream, known, IMPORTED),
)
