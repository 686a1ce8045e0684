"""The stock half of a product: what stock statuses and source items say, and what Optiply is told. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from etl.convert import magento_units
from etl.facts import sku_key


def status_stock(statuses: pd.DataFrame, *, salable: bool) -> pd.DataFrame:
    """Stock statuses (facts.stock_status_facts) → one row per status that says something.

    Columns: sku_key, product_id, quantity (units, NaN = unknown), manage_stock. A phantom (no product id: disabled, or
    not yet indexed) says nothing at all and is dropped (Magento REST, 2.4.7).
    """
    real = statuses[statuses["product_id"].notna()]
    return pd.DataFrame(
        {
            "sku_key": sku_key(real["sku"]),
            "product_id": real["product_id"],
            "quantity": real["salable" if salable else "physical"],
            "manage_stock": real["manage_stock"],
        }
    )


def counted_sources(sources: pd.DataFrame, warehouse_ids: Collection[str]) -> frozenset[str]:
    """Sources (source_code, enabled) → codes to sum: those chosen, or all enabled ones when none is chosen."""
    if warehouse_ids:
        return frozenset(warehouse_ids)
    return frozenset(sources.loc[sources["enabled"].map(lambda item: item is True).astype(bool), "source_code"])


def source_stock(items: pd.DataFrame, counted: Collection[str]) -> pd.DataFrame:
    """Source items (facts.source_item_facts) → one row per sku_key with the sum over the counted sources.

    Columns: sku_key, quantity. Items marked out of stock count 0, as in Magento's own index; rows without a readable
    quantity are dropped. Sums are exact to Magento's four decimals.
    """
    used = items[items["source_code"].isin(counted) & items["sku"].notna() & items["quantity"].notna()]
    used = used.sort_values(["sku", "source_code", "quantity"]).drop_duplicates(["sku", "source_code"], keep="last")
    exact = pd.Series(magento_units(used["quantity"].where(used["in_stock"], 0.0)), index=used.index)
    sums = exact.groupby(sku_key(used["sku"])).sum()
    return pd.DataFrame({"sku_key": sums.index.astype(object), "quantity": sums.to_numpy("float64") / 10_000})


def keyed_by_product(rows: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """Gives each row the SKU its product has now (known: product_id, sku_key); rows of unknown products keep theirs.

    One row per sku_key comes back, the same one whatever the order of the input; rows without any key are dropped.
    """
    current = rows["product_id"].map(known.set_index("product_id")["sku_key"])
    keys = current.where(current.notna(), rows["sku_key"]) if "sku_key" in rows else current
    keyed = rows.assign(sku_key=keys.astype(object))
    keyed = keyed[keyed["sku_key"].notna()]
    if keyed["sku_key"].duplicated().any():
        order = ["sku_key", "product_id", *(name for name in ("quantity",) if name in keyed)]
        keyed = keyed.sort_values(order, kind="stable", na_position="first").drop_duplicates("sku_key", keep="last")
    return keyed.reset_index(drop=True)


def optiply_stock(products: pd.DataFrame) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Products (type_id, quantity, manage_stock) → units (object, None = unknown) and whether stock is unlimited.

    A product that is not simple has 0 units and unlimited stock; so has, without the 0, one whose stock Magento does
    not manage.
    """
    simple = products["type_id"] == "simple"
    units = products["quantity"].astype(object).where(products["quantity"].notna(), None).where(simple, 0)
    unmanaged = (~products["manage_stock"].astype("boolean")).fillna(False).astype(bool)
    return units, (~simple | unmanaged).astype(object)
