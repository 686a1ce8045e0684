"""The work of one run: the records that were read, what they are called in Optiply, and what steps hand on."""

from collections.abc import Mapping

import pandas as pd

from etl.core.records import Records, Rows
from etl.inward.identity import Supplier, identity

EASY_IDS = identity("easyecom", own="cp_id", product="product_id", changed="updated_at")


class EasyWork(Records):
    """The columns of each stream; the steps fill the attributes, in this order.

    Attributes:
        products, ids: one row per SKU, with `product:id`; what names a product → its remote id.
        suppliers, known_suppliers: one row per vendor and location of this run; all that were ever read.
        sales, parts, purchases, purchase_lines: the rows that name products (steps.gather).
        needed: remote ids of the products that one of them names.
    """

    products: pd.DataFrame
    ids: Mapping[str, str]
    suppliers: pd.DataFrame
    known_suppliers: Mapping[str, Supplier]
    sales: Rows
    parts: Rows
    purchases: Rows
    purchase_lines: Rows
    needed: frozenset[str]
