"""The work of one run: the records that were read, what they are called in Optiply, and what steps hand on."""

from collections.abc import Mapping

import pandas as pd

from etl.inward.identity import Supplier, identity
from etl.inward.work import TradeWork

EASY_IDS = identity("easyecom", own="cp_id", product="product_id", changed="updated_at")


class EasyWork(TradeWork):
    """The work of the other sources, and before it what everything is called (steps.identify).

    Attributes:
        products, ids: one row per SKU, with `product:id`; what names a product → its remote id.
        suppliers, known_suppliers: one row per vendor and location of this run; all that were ever read.
    """

    products: pd.DataFrame
    ids: Mapping[str, str]
    suppliers: pd.DataFrame
    known_suppliers: Mapping[str, Supplier]
