"""The stock half of a product: what stock statuses and source items say, and what Optiply is told. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from connector.collation import folded
from etl.core.cents import ten_thousandths

# What Optiply is told of a product with unlimited stock: its readings in Magento differ by the way they are asked for.
STOCK_OF_UNLIMITED = 0


def status_stock(statuses: pd.DataFrame, *, salable: bool) -> pd.DataFrame:
    """Stock statuses (stock_facts.stock_status_facts) → one row per product that one of them says something about.

    Columns: product_id, quantity (units, NaN = unknown), manage_stock. A phantom (no product id: disabled, or not yet
    indexed) says nothing at all and is dropped (Magento REST, 2.4.7).
    """
    real = statuses[statuses["product_id"].notna()]
    quantity = real["salable" if salable else "physical"]
    return one_per_product(real[["product_id"]].assign(quantity=quantity, manage_stock=real["manage_stock"]))


def counted_sources(sources: pd.DataFrame, warehouse_ids: Collection[str]) -> frozenset[str]:
    """Sources (source_code, enabled) → codes to sum: those chosen, or all enabled ones when none is chosen."""
    if warehouse_ids:
        return frozenset(map(folded, warehouse_ids))
    return frozenset(sources.loc[sources["enabled"].map(lambda item: item is True).astype(bool), "source_code"])


def source_stock(items: pd.DataFrame, counted: Collection[str]) -> pd.DataFrame:
    """Source items (stock_facts.source_item_facts) → one row per SKU as written, with the sum over the counted sources.

    Columns: sku, quantity (units; NaN where a row of the SKU cannot be read, since the rest would be too low). Items
    marked out of stock count 0, as in Magento's own index. Sums are exact to Magento's four decimals.
    """
    nowhere = items["source_code"].isna()
    used = items[items["sku"].notna() & (items["source_code"].isin(counted) | nowhere)]
    used = used.assign(quantity=used["quantity"].where(~nowhere))
    used = used.sort_values(["sku", "source_code", "quantity"], na_position="first")
    used = used.drop_duplicates(["sku", "source_code"], keep="last")
    unknown = used["quantity"].isna()
    return _sums(used["sku"], used["quantity"].where(used["in_stock"] | unknown, 0.0))


def stock_by_product(stock: pd.DataFrame, found: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """`source_stock` and the products of its SKUs (snapshot_products.find_skus) → sums by product, and the other rows.

    The sums have product_id and quantity, the other rows sku, quantity and several (more than one product fits).
    """
    products = stock["sku"].map(found["product_id"]).astype(object)
    known = products.notna()
    rest = stock[~known]
    several = rest["sku"].map(found["several"]).astype(bool)
    sums = _sums(products[known], stock.loc[known, "quantity"])
    return sums.rename(columns={"sku": "product_id"}), rest.assign(several=several).reset_index(drop=True)


def _sums(keys: pd.Series[Any], quantity: pd.Series[Any]) -> pd.DataFrame:
    """Columns sku and quantity, one row per key in order; a sum is unknown (NaN) where one of its parts is."""
    exact = pd.Series(ten_thousandths(quantity.fillna(0)), index=quantity.index)
    parts = pd.DataFrame({"exact": exact, "unknown": quantity.isna()}).groupby(keys.to_numpy(dtype=object))
    sums, unknown = parts["exact"].sum(), parts["unknown"].any()
    return pd.DataFrame(
        {
            "sku": sums.index.astype(object),
            "quantity": (sums.astype("float64") / 10_000).where(~unknown.astype(bool)).to_numpy(),
        }
    )


def one_per_product(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with product_id → one row per product, the same one whatever the order of the input."""
    if rows["product_id"].duplicated().any():
        order = ["product_id", *(name for name in ("quantity",) if name in rows)]
        rows = rows.sort_values(order, kind="stable", na_position="first").drop_duplicates("product_id", keep="last")
    return rows.reset_index(drop=True)


def optiply_stock(products: pd.DataFrame) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Products (type_id, quantity, manage_stock) → units and whether stock is unlimited; object, None = unknown.

    A product that is not simple has unlimited stock, and so has one whose stock Magento does not manage; both have
    `STOCK_OF_UNLIMITED` units. Of a product whose type is unknown neither is known.
    """
    kind = products["type_id"]
    unmanaged = (~products["manage_stock"].astype("boolean")).fillna(False).astype(bool)
    unlimited = ((kind != "simple") | unmanaged).astype(object).where(kind.notna(), None)
    units = products["quantity"].astype(object).where(products["quantity"].notna() & kind.notna(), None)
    return units.where(unlimited.ne(True), STOCK_OF_UNLIMITED), unlimited
