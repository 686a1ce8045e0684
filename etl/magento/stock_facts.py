"""Turns Magento's stock records into frames of plain facts, and names each value that is none. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pandas as pd

from connector.collation import folded
from etl.core.columns import Judged, as_text, booleans, ids, numbers, texts
from etl.magento.facts import column, compared
from etl.magento.shapes import ItemStock, SourceItem, StockItem, StockStatus

_NO_ITEM = StockItem()


class Odd(NamedTuple):
    """Values of a stock field that were refused: the field, the SKU or product id of each row, the reasons, the values;
    columns of one length."""

    field: str
    keys: pd.Series[Any]
    reasons: pd.Series[Any]
    values: pd.Series[Any]


def _told(field: str, keys: pd.Series[Any], values: pd.Series[Any], judged: Judged, odd: list[Odd]) -> pd.Series[Any]:
    """The judged values; what was refused goes to `odd`."""
    if judged.refused is not None:
        bad = judged.refused.notna()
        odd.append(Odd(field, keys[bad], judged.refused[bad], values[bad]))
    return judged.value


def stock_status_facts(records: Sequence[StockStatus], odd: list[Odd]) -> pd.DataFrame:
    """Stock statuses → one row per record: sku, product_id, salable, physical (units), manage_stock (bool or None)."""
    items = [record.stock_item if isinstance(record.stock_item, StockItem) else _NO_ITEM for record in records]
    skus, salable, physical = as_text(column(records, "sku")), column(records, "qty"), column(items, "qty")
    manage, named = column(items, "manage_stock"), column(records, "product_id")
    return pd.DataFrame(
        {
            "sku": skus,
            "product_id": _told("product_id", skus, named, ids(named), odd),
            "salable": _told("qty", skus, salable, numbers(salable), odd),
            "physical": _told("stock_item.qty", skus, physical, numbers(physical), odd),
            "manage_stock": _told("stock_item.manage_stock", skus, manage, booleans(manage), odd),
        }
    )


def item_stock_facts(records: Sequence[ItemStock], odd: list[Odd]) -> pd.DataFrame:
    """Bulk stock items → one row per record: product_id, manage_stock."""
    named, manage = column(records, "product_id"), column(records, "manage_stock")
    products = _told("product_id", as_text(named), named, ids(named), odd)
    kept = _told("manage_stock", products, manage, booleans(manage), odd)
    return pd.DataFrame({"product_id": products, "manage_stock": kept})


def source_item_facts(records: Sequence[SourceItem], odd: list[Odd]) -> pd.DataFrame:
    """Source items → one row per record: sku, source_code, quantity (units), in_stock.

    A row whose status cannot be read has an unknown quantity: nobody knows whether it counts. A SKU of nothing but
    blanks is none, as for Magento's comparison.
    """
    skus, quantity, status = as_text(column(records, "sku")), column(records, "quantity"), column(records, "status")
    judged = booleans(status)
    in_stock = _told("status", skus, status, judged, odd)
    units = _told("quantity", skus, quantity, numbers(quantity), odd)
    codes = column(records, "source_code")
    return pd.DataFrame(
        {
            "sku": skus.where(skus.map(lambda sku: sku is not None and folded(sku) != "").astype(bool), None),
            "source_code": compared(_told("source_code", skus, codes, texts(codes), odd)),
            "quantity": units if judged.refused is None else units.where(judged.refused.isna()),
            "in_stock": in_stock.map(lambda item: item is not False).astype(bool),
        }
    )
