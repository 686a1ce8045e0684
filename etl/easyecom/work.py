"""The work of one run: the records that were read, what they are called in Optiply, and what steps hand on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from etl.core.records import Records, Rows
from etl.core.values import id_or_none, text_or_none


class EasyWork(Records):
    """The columns of each stream; the steps fill the attributes, in this order.

    Attributes:
        products: one row per SKU, with `product:id` (rules/products.py).
        ids: `sku:…`, `product_id:…` and `cp_id:…` → remote id of the product.
        suppliers: one row per vendor and location (rules/suppliers.py).
        known_suppliers: remote id of every supplier that was ever read → its company's id and its name.
        sales, parts, purchases, purchase_lines: the rows that name products (steps.gather).
        needed: remote ids of the products that one of them names.
    """

    products: pd.DataFrame
    ids: dict[str, str]
    suppliers: pd.DataFrame
    known_suppliers: Mapping[str, tuple[str | None, str | None]]
    sales: Rows
    parts: Rows
    purchases: Rows
    purchase_lines: Rows
    needed: frozenset[str]

    def product_of(self, sku: object, product_id: object, cp_id: object) -> str | None:
        """Remote id of the product that a line names, by its SKU first.

        An unknown one is called by that name, which no product has, so that what names it waits.
        """
        named = (("sku", text_or_none(sku)), ("product_id", id_or_none(product_id)), ("cp_id", id_or_none(cp_id)))
        names = [f"{kind}:{value}" for kind, value in named if value]
        return next((self.ids[name] for name in names if name in self.ids), names[0] if names else None)

    def supplier_of(self, order: Any) -> str | None:  # noqa: ANN401 - a purchase order's record
        """Remote id of an order's supplier: by its name where one alone has it, else by code, else by company.

        Where that is unclear, a name that no supplier has, so that the order waits.
        """
        name, code = text_or_none(order.vendor_name), text_or_none(order.vendor_code)
        company = id_or_none(order.vendor_c_id)
        named = [one for one, (_, own) in self.known_suppliers.items() if own is not None and own == name]
        if len(named) == 1:
            return named[0]
        if code in self.known_suppliers:
            return code
        same = [one for one, (own, _) in self.known_suppliers.items() if own is not None and own == company]
        if len(same) == 1:
            return same[0]
        return f"name:{name}" if name else code or (f"c:{company}" if company else None)
