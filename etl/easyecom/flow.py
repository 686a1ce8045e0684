"""EasyEcom's flow into Optiply: its streams, mapping table and settings, and how each entity is filled."""

from datetime import timedelta
from functools import partial

import vocabulary.optiply as optiply
from etl.core.filled import Filled
from etl.core.records import Rows
from etl.easyecom.fields import FIELDS
from etl.easyecom.flags import EasyFlags
from etl.easyecom.rules.products import NOT_CREATED, STOCK_UNKNOWN, compositions, offers, products
from etl.easyecom.rules.purchases import receipts
from etl.easyecom.shapes import STREAMS
from etl.easyecom.steps import KEEPS, gather, identify
from etl.easyecom.work import EASY_IDS, EasyWork
from etl.inward.flow import trade_flow
from etl.inward.links import lines_wait, orders_wait
from etl.inward.waiting import keep_waiting

FILLED = (
    Filled(optiply.PRODUCTS, "products", rows=products, kept=("stockLevel",)),
    Filled(optiply.PRODUCT_COMPOSITIONS, "products", rows=compositions, parent="composedProductRemoteId",
           when=lambda flags: flags.composes),
    Filled(optiply.SUPPLIERS, "vendors", rows=lambda _run, work: Rows(work.suppliers)),
    Filled(optiply.SUPPLIER_PRODUCTS, "products", rows=offers, parent="productRemoteId", omitted=("price", "skuCode")),
    Filled(optiply.SELL_ORDERS, "orders", rows=lambda _run, work: work.sales, omitted=("completed",),
           line_wait=lambda flags: timedelta(days=flags.order_wait_days)),
    Filled(optiply.BUY_ORDERS, "purchase_orders", rows=lambda _run, work: work.purchases,
           waits=orders_wait("po_id", "line:product")),
    Filled(optiply.BUY_ORDER_LINES, "purchase_orders", rows=lambda _run, work: work.purchase_lines,
           parent="buyOrderRemoteId", waits=lines_wait, when=lambda flags: flags.syncs(optiply.BUY_ORDERS.name)),
    Filled(optiply.RECEIPT_LINES, "goods_receipts", rows=receipts),
)  # fmt: skip

EASYECOM = trade_flow(
    STREAMS, FIELDS, EasyFlags, EASY_IDS.facts, EasyWork, first=(identify, gather), filled=FILLED,
    reasons=(NOT_CREATED, STOCK_UNKNOWN), last=(partial(keep_waiting, keeps=KEEPS),),
)  # fmt: skip
