"""The flow's step for stock: which tables count in this run, and what of them goes into the store."""

from __future__ import annotations

from typing import Any

import pandas as pd

from etl.config import FlowConfig
from etl.files import Input
from etl.reading import Facts
from etl.report import Report
from etl.snapshot import Snapshot
from etl.snapshot_frames import settle_missing_stock, write_stock
from etl.snapshot_products import clear_suspicion, sku_keys
from etl.stock import counted_sources, keyed_by_product, source_stock, status_stock

SeenKeys = pd.Index  # sku_keys with a stock row in this run


def keep_stock(
    snapshot: Snapshot, facts: Facts, source: Input, config: FlowConfig, report: Report
) -> pd.Index[Any] | None:
    """Stores the stock half. Returns the SKUs (sku_key) that had a row in this run, None when no table counts."""
    if config.use_inventory_source_items:
        _manage_stock(snapshot, facts, source, report)
        return _source_items(snapshot, facts, source, config, report)
    if not _counts("product_stock_statuses", source, report, facts.statuses):
        return None
    if not facts.statuses:
        return pd.Index([], dtype=object)
    rows = _taken(facts.statuses)
    stock = status_stock(rows, salable=config.use_salable_quantity)
    stock = keyed_by_product(stock, sku_keys(snapshot, stock["product_id"].unique()))
    unknown = stock["quantity"].isna()
    run_id = source.complete["product_stock_statuses"]
    origin = "stock_statuses"
    write_stock(snapshot, stock[~unknown].assign(origin=origin), run_id)
    if unknown.any():
        write_stock(snapshot, stock.loc[unknown, ["sku_key", "product_id", "manage_stock"]], run_id)
    return pd.Index(stock.loc[~unknown, "sku_key"], dtype=object)


def _source_items(
    snapshot: Snapshot, facts: Facts, source: Input, config: FlowConfig, report: Report
) -> pd.Index[Any] | None:
    if not _counts("source_items", source, report, facts.source_items):
        return None
    if not config.warehouse_ids and not source.is_complete("sources"):
        report.note("sources were not read completely and warehouse_ids is empty: stock keeps its last known values.")
        return None
    sources = _taken(facts.sources) if facts.sources else pd.DataFrame({"source_code": [], "enabled": []}, dtype=object)
    counted = counted_sources(sources, config.warehouse_ids)
    absent = sorted(counted - set(sources["source_code"]))
    if absent and source.is_complete("sources"):
        known = ", ".join(sorted(sources["source_code"].dropna()))
        report.note(f"warehouse_ids names {', '.join(absent)}, which the shop has not; its sources are {known}.")
    run_id = source.complete["source_items"]
    items = _taken(facts.source_items) if facts.source_items else pd.DataFrame(
        {"sku": [], "source_code": [], "quantity": pd.Series(dtype=float), "in_stock": pd.Series(dtype=bool)}
    )
    stock = source_stock(items, counted)
    write_stock(snapshot, stock.assign(origin="source_items"), run_id)
    proven = settle_missing_stock(snapshot, stock["sku_key"], run_id)
    if proven:
        report.note(f"{proven} SKUs had no counted source item in two complete reads: their stock is 0.")
    return pd.Index(stock["sku_key"], dtype=object)


def _manage_stock(snapshot: Snapshot, facts: Facts, source: Input, report: Report) -> None:
    """Bulk stock items say whether Magento manages a product's stock; they carry product ids and no SKU."""
    if not _counts("product_item_stocks", source, report, facts.item_stocks):
        return
    rows = pd.concat(facts.item_stocks, ignore_index=True) if facts.item_stocks else None
    if rows is None:
        return
    rows = rows[rows["product_id"].notna() & rows["manage_stock"].notna()]
    keyed = keyed_by_product(rows, sku_keys(snapshot, rows["product_id"].unique()))
    write_stock(snapshot, keyed[["sku_key", "product_id", "manage_stock"]], source.complete["product_item_stocks"])


def ids_with_stock_items(facts: Facts) -> list[str]:
    """Products that bulk stock items show to exist."""
    return [item for frame in facts.item_stocks for item in frame["product_id"].dropna()]


def clear_by_stock_items(snapshot: Snapshot, facts: Facts) -> None:
    """Bulk stock items clear a suspicion; they never raise one."""
    ids = ids_with_stock_items(facts)
    if ids:
        clear_suspicion(snapshot, ids)


def _counts(stream: str, source: Input, report: Report, read: list[pd.DataFrame]) -> bool:
    if source.is_complete(stream):
        return True
    if read:
        report.note(f"{stream} was not read to its end: what it would have said keeps its last known values.")
    return False


def _taken(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """All frames as one; the list is emptied, since the parts are large."""
    whole = pd.concat(frames, ignore_index=True)
    frames.clear()
    return whole
