"""The steps that no single entity has: the warehouses of the settings, what is needed, and who is released by it."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import pandas as pd

from connector.canonical import canonical
from etl.core.columns import as_flags, as_ids, objects
from etl.core.flags import ConfigError
from etl.core.flow import Run
from etl.core.references import WAITING
from etl.picqer.flags import PicqerFlags
from etl.picqer.rules.compositions import gather_parts, needed_parts
from etl.picqer.rules.links import link_marked
from etl.picqer.rules.products import NOT_CREATED, STOCK_UNKNOWN
from etl.picqer.rules.purchases import bought_products, gather_purchases
from etl.picqer.rules.sales import gather_sales, sold_products
from etl.picqer.work import PicqerWork
from store.frames import find_records, read_records, write_wanted

MAIN, ACTIVE = "main_warehouse", "active_warehouses"
"""Notes of the store: the main warehouse of the folder, and which were active when they were read last."""
_NAMING_PRODUCTS = {
    "sellOrders": "sellOrders",
    "buyOrderLines": "buyOrders",
    "productCompositions": "productCompositions",
}
"""Streams whose records name products → the entity that is synced for it."""


def check_warehouses(run: Run[PicqerFlags], work: PicqerWork) -> None:
    """Makes `work.counted`.

    Raises ConfigError where the settings name a warehouse that is unknown or inactive (a wrong sum is worse than none),
    and where the main warehouse is another than before: all orders of the folder are that one's.
    """
    config, snapshot = run.config, run.snapshot
    before, main = snapshot.note(MAIN), config.main or ""
    if before is not None and before != main:
        raise ConfigError(
            f"config: the main warehouse of this folder was {before or 'none'} at first and is {main or 'none'} "
            "now; orders and receipts in Optiply are those of the first, so set it back, or begin a new folder with a "
            "new coupling"
        )
    snapshot.set_note(MAIN, main)
    named = {*config.warehouses, *([main] if main else [])}
    if run.source.is_complete("warehouses"):
        frame = work.frame("warehouses")
        ids = as_ids(frame["idwarehouse"]) if len(frame) else pd.Series(dtype=object)
        active = sorted(set(ids[as_flags(frame["active"]).eq(True)].dropna())) if len(frame) else []
        _check(named, set(ids.dropna()), set(active))
        snapshot.set_note(ACTIVE, canonical(active))
    elif named:
        run.report.note("The warehouses were not read to their end, so those of the settings could not be checked.")
    known = snapshot.note(ACTIVE)
    every = None if known is None else frozenset(msgspec.json.decode(known, type=list[str]))
    work.counted = frozenset(config.warehouses) if config.warehouses else every


def _check(named: set[str], known: set[str], active: set[str]) -> None:
    for warehouse in sorted(named - active):
        what = "inactive in Picqer" if warehouse in known else "unknown to Picqer"
        raise ConfigError(
            f"config: warehouse {warehouse} is {what}; active are {', '.join(sorted(active)) or 'none'}; correct "
            "warehouses or main_warehouse"
        )


def gather(run: Run[PicqerFlags], work: PicqerWork) -> None:
    """Makes the rows that name products, and `work.needed`."""
    work.sales = gather_sales(run, work)
    work.purchases, work.purchase_lines = gather_purchases(run, work, link_marked(run, work))
    work.parts = gather_parts(run, work)
    now: set[str] = set()
    if run.config.syncs("sellOrders"):
        now |= sold_products(work.sales)
    if run.config.syncs("buyOrders"):
        now |= bought_products(work.purchase_lines)
    now |= set(_waited_for(run))
    if run.config.composes:
        now |= needed_parts(run, work, now)
    work.needed = frozenset(now)


def release_needed(run: Run[PicqerFlags], work: PicqerWork) -> None:
    """A product that was inactive and unknown when it was read is created after all, once something needs it."""
    found = find_records(run.snapshot, "products", work.needed)
    found = found[found["held"].eq(NOT_CREATED)]
    levelled = any(rule.field == "stockLevel" for rule in run.field_map["products"])
    without = [levelled and "stockLevel" not in msgspec.json.decode(text) for text in found["wanted"]]
    held = objects([STOCK_UNKNOWN if each else None for each in without], found.index)
    write_wanted(run.snapshot, "products", found[["remote_id", "wanted"]].assign(held=held), run.at.isoformat())


def _waited_for(run: Run[PicqerFlags]) -> Iterator[str]:
    """The products that records of earlier runs name which wait, or which Optiply has not taken yet."""
    for stream, entity in _NAMING_PRODUCTS.items():
        for frame in read_records(run.snapshot, stream, "open") if run.config.syncs(entity) else ():
            waiting = frame["held"].astype(object).str.startswith(WAITING).eq(True)
            due = (waiting | (frame["held"].isna() & frame["id"].isna())) & frame["wanted"].notna()
            for text in frame.loc[due, "wanted"]:
                picture = msgspec.json.decode(text)
                for each in (picture, *(picture.get("orderLines") or ())):
                    yield from (each[name] for name in ("productRemoteId", "partProductRemoteId") if each.get(name))
