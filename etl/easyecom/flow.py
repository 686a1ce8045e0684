"""EasyEcom's flow into Optiply: its streams, mapping table and settings, and how each entity is filled."""

from datetime import timedelta
from functools import partial

from etl.core.entity import Filled, fill, tell
from etl.core.flow import Flow, Offered
from etl.core.records import Rows
from etl.easyecom.fields import FIELDS
from etl.easyecom.flags import EasyFlags
from etl.easyecom.rules.products import compositions, offers, products
from etl.easyecom.rules.purchases import receipts
from etl.easyecom.shapes import STREAMS
from etl.easyecom.steps import gather, identify, keep_waiting, release
from etl.easyecom.work import EASY_IDS, EasyWork
from etl.inward.links import lines_wait, orders_wait
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

EASY_PRODUCTS = Filled(PRODUCTS, "products", rows=products, kept=("stockLevel",))
OTHERS = (
    Filled(
        PRODUCT_COMPOSITIONS,
        "products",
        rows=compositions,
        parent="composedProductRemoteId",
        when=lambda flags: flags.composes,
    ),
    Filled(SUPPLIERS, "vendors", rows=lambda _run, work: Rows(work.suppliers)),
    Filled(SUPPLIER_PRODUCTS, "products", rows=offers, parent="productRemoteId", omitted=("price", "skuCode")),
    Filled(
        SELL_ORDERS,
        "orders",
        rows=lambda _run, work: work.sales,
        omitted=("completed",),
        line_wait=lambda flags: timedelta(days=flags.order_wait_days),
    ),
    Filled(
        BUY_ORDERS,
        "purchase_orders",
        rows=lambda _run, work: work.purchases,
        waits=orders_wait("po_id", "line:product"),
    ),
    Filled(
        BUY_ORDER_LINES,
        "purchase_orders",
        rows=lambda _run, work: work.purchase_lines,
        parent="buyOrderRemoteId",
        waits=lines_wait,
        when=lambda flags: flags.syncs(BUY_ORDERS.name),
    ),
    Filled(RECEIPT_LINES, "goods_receipts", rows=receipts),
)

EASYECOM = Flow(
    name="easyecom",
    streams=STREAMS,
    fields=FIELDS,
    flags=EasyFlags,
    facts=EASY_IDS.facts,
    begin=EasyWork,
    steps=(
        tell,
        identify,
        # Which products are needed is known before it is decided which ones Optiply gets.
        gather,
        partial(fill, EASY_PRODUCTS),
        release,
        *(partial(fill, each) for each in OTHERS),
        keep_waiting,
    ),
    offers=lambda flags: [Offered(entity) for entity in TRADE if flags.syncs(entity.name)],
    take_over=lambda snapshot, stream, known: take_over(
        snapshot, stream, known, "taken over from an imported snapshot"
    ),
)
