"""The flow's step for stock: which tables count in this run, and what of them goes into the store."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pandas as pd

from etl.core.flow import Run
from etl.magento.flags import FlowConfig
from etl.magento.product_store import clear_suspicion, find_skus, products_without_row
from etl.magento.rules.stock import counted_sources, one_per_product, source_stock, status_stock, stock_by_product
from etl.magento.stock_store import read_loose, settle_missing_stock, write_loose, write_stock
from etl.magento.work import Facts, Work
from etl.outward.ledger import unsettled_skus
from store.snapshot import Snapshot

STREAM = "products"


def keep_stock(run: Run[FlowConfig], work: Work) -> None:
    """Stores the stock half; makes `work.stocked`."""
    work.stocked = _stocked(run, work.facts)
    if work.stocked is not None:
        missing = products_without_row(run.snapshot, work.stocked)
        run.report.because(STREAM, "kept", "no stock row, keeps its last known stock", missing, "stockLevel")


def _stocked(run: Run[FlowConfig], facts: Facts) -> pd.Index[Any] | None:
    if run.config.use_inventory_source_items:
        _manage_stock(run, facts)
        _settle_loose(run.snapshot)
        return _source_items(run, facts)
    if not _counts("product_stock_statuses", run, facts.statuses):
        return None
    if not facts.statuses:
        return pd.Index([], dtype=object)
    stock = status_stock(_taken(facts.statuses), salable=run.config.use_salable_quantity)
    on_their_way = _on_their_way(run)
    unknown = stock["quantity"].isna()
    run_id = run.source.complete["product_stock_statuses"]
    kept = stock["product_id"].isin(on_their_way)
    write_stock(run.snapshot, stock[~unknown & ~kept].assign(origin="stock_statuses"), run_id)
    if unknown.any():
        write_stock(run.snapshot, stock.loc[unknown, ["product_id", "manage_stock"]], run_id)
    return pd.Index(stock.loc[~unknown, "product_id"], dtype=object)


def _source_items(run: Run[FlowConfig], facts: Facts) -> pd.Index[Any] | None:
    snapshot, source, config, report = run.snapshot, run.source, run.config, run.report
    if not _counts("source_items", run, facts.source_items):
        return None
    if not config.warehouse_ids and not source.is_complete("sources"):
        report.note("sources were not read completely and warehouse_ids is empty: stock keeps its last known values.")
        return None
    sources = _taken(facts.sources) if facts.sources else pd.DataFrame({"source_code": [], "enabled": []}, dtype=object)
    counted = counted_sources(sources, config.warehouse_ids)
    there = set(sources["source_code"]) if source.is_complete("sources") else None
    absent = [] if there is None else sorted(counted - there)
    if absent:
        report.note(_slip(absent, sources, counted))
        if counted == set(absent):
            return None
    run_id = source.complete["source_items"]
    items = (
        _taken(facts.source_items)
        if facts.source_items
        else pd.DataFrame(
            {"sku": [], "source_code": [], "quantity": pd.Series(dtype=float), "in_stock": pd.Series(dtype=bool)}
        )
    )
    if there is not None and not config.warehouse_ids:
        items = _of_known_sources(items, there, run)
    stock = source_stock(items, counted)
    stock, others = stock_by_product(stock, find_skus(snapshot, stock["sku"]))
    usable = stock["quantity"].notna()
    kept = stock["product_id"].isin(_on_their_way(run))
    write_stock(snapshot, stock[usable & ~kept].assign(origin="source_items"), run_id)
    write_loose(snapshot, others[~others["several"] & others["quantity"].notna()], run_id)
    several, nobody = (list(others.loc[others["several"] == which, "sku"]) for which in (True, False))
    report.because(STREAM, "reported", "a source item's SKU fits several products, so it counts for none", several)
    report.because(STREAM, "reported", "a source item's SKU is that of no known product", nobody)
    nameless = int(items["sku"].isna().sum())
    if several or nameless:
        report.note(
            f"SKUs of source items that name no one product or cannot be read: {len(several) + nameless}. In this run "
            "no product's stock is taken as 0 for want of a source item."
        )
        return pd.Index(stock.loc[usable, "product_id"], dtype=object)
    if absent:
        return pd.Index(stock.loc[usable, "product_id"], dtype=object)
    proven = settle_missing_stock(snapshot, stock["product_id"], run_id)
    if proven:
        whose = "1 product" if proven == 1 else f"{proven} products"
        report.note(f"Without a counted source item in two complete reads: {whose}; their stock is 0.")
    return pd.Index(stock.loc[usable, "product_id"], dtype=object)


def _slip(absent: list[str], sources: pd.DataFrame, counted: Collection[str]) -> str:
    """What to say of warehouses that the shop does not have."""
    known = ", ".join(sorted(sources["source_code"].dropna()))
    follows = "stock keeps its last known values" if set(counted) == set(absent) else "no stock is taken as 0"
    return (
        f"warehouse_ids names {', '.join(absent)}, which the shop does not have; its sources are {known}. Until that "
        f"is correct, {follows} for want of a source item."
    )


def _of_known_sources(items: pd.DataFrame, there: set[str], run: Run[FlowConfig]) -> pd.DataFrame:
    """The items, without a source where it is none that the shop lists: nobody knows whether such an item counts."""
    strange = items["source_code"].notna() & ~items["source_code"].isin(there)
    names = items.loc[strange, "sku"].fillna("unnamed")
    run.report.because(STREAM, "reported", "a source item is of a source that the shop does not list", list(names))
    return items.assign(source_code=items["source_code"].where(~strange, None))


def _on_their_way(run: Run[FlowConfig]) -> set[str]:
    """Products with a change of stock that is not settled in the shop: what it shows of them is not the whole yet."""
    skus = unsettled_skus(run.snapshot.place)
    if not skus:
        return set()
    found = set(find_skus(run.snapshot, pd.Series(sorted(skus), dtype=object))["product_id"].dropna())
    why = "a receipt is on its way into the shop, so it keeps its last known stock"
    run.report.because(STREAM, "kept", why, sorted(found), "stockLevel")
    return found


def _settle_loose(snapshot: Snapshot) -> None:
    """Source items read before their product was: they are its stock now, until the next complete read."""
    loose = read_loose(snapshot)
    if loose.empty:
        return
    stock, _ = stock_by_product(loose, find_skus(snapshot, loose["sku"]))
    write_stock(snapshot, stock.assign(origin="source_items"), str(loose["run_id"].iloc[0]))


def _manage_stock(run: Run[FlowConfig], facts: Facts) -> None:
    """Bulk stock items say whether Magento manages a product's stock."""
    if not _counts("product_item_stocks", run, facts.item_stocks) or not facts.item_stocks:
        return
    rows = pd.concat(facts.item_stocks, ignore_index=True)
    rows = rows[rows["product_id"].notna() & rows["manage_stock"].notna()]
    stock = one_per_product(rows[["product_id", "manage_stock"]])
    write_stock(run.snapshot, stock, run.source.complete["product_item_stocks"])


def ids_with_stock_items(facts: Facts) -> list[str]:
    """Products that bulk stock items show to exist."""
    return [item for frame in facts.item_stocks for item in frame["product_id"].dropna()]


def clear_by_stock_items(snapshot: Snapshot, facts: Facts) -> None:
    """Bulk stock items clear a suspicion; they never raise one."""
    ids = ids_with_stock_items(facts)
    if ids:
        clear_suspicion(snapshot, ids)


def _counts(stream: str, run: Run[FlowConfig], read: list[pd.DataFrame]) -> bool:
    if read and not run.source.is_complete(stream):
        run.report.note(f"{stream} was not read to its end: what it would have said keeps its last known values.")
    return run.source.is_complete(stream)


def _taken(frames: list[pd.DataFrame]) -> pd.DataFrame:
    """All frames as one; the list is emptied, since the parts are large."""
    whole = pd.concat(frames, ignore_index=True)
    frames.clear()
    return whole
