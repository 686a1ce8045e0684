"""The steps that no single entity has: the warehouses of the settings, what is needed, and who is released by it."""

import msgspec
import pandas as pd

from connector.canonical import canonical
from etl.core.columns import as_flags, as_ids
from etl.core.flags import ConfigError
from etl.core.flow import Run
from etl.inward.links import link_marked
from etl.inward.needed import release_needed
from etl.inward.parts import inactive_products
from etl.inward.work import note_needed
from etl.picqer.flags import PicqerFlags
from etl.picqer.rules.compositions import gather_parts, hidden_before
from etl.picqer.rules.prices import bring_back
from etl.picqer.rules.products import NOT_CREATED, STOCK_UNKNOWN
from etl.picqer.rules.purchases import bought_products, gather_purchases, marks_of
from etl.picqer.rules.sales import gather_sales
from etl.picqer.work import PicqerWork

MAIN, ACTIVE = "main_warehouse", "active_warehouses"
"""Notes of the store: the main warehouse of the folder, and which were active when they were read last."""


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
    bring_back(run, work)
    work.sales = gather_sales(run, work)
    work.purchases, work.purchase_lines = gather_purchases(run, work, link_marked(run, marks_of(run, work)))
    work.parts = gather_parts(run, work)
    sales = work.sales.frame
    again = {
        "sellOrders": as_ids(sales["idorder"]).dropna() if len(sales) else (),
        "buyOrders": work.purchase_lines.parents,
        "productCompositions": work.parts.parents,
    }
    inactive = inactive_products(work.frame("products"), "idproduct") | hidden_before(run, work)
    note_needed(run, work, bought_products(work.purchase_lines), inactive, again)


def release(run: Run[PicqerFlags], work: PicqerWork) -> None:
    """What was inactive and unknown when it was read is created after all, once something needs it."""
    release_needed(run, work.needed, (NOT_CREATED, STOCK_UNKNOWN))
