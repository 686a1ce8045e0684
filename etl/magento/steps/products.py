"""The flow's step for products: the picture of each product, a chunk at a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pandas as pd

from connector.canonical import canonical
from etl.core.flow import Run
from etl.core.mapping import MapRule
from etl.core.report import Tally, count_issues
from etl.magento.flags import FlowConfig
from etl.magento.product_store import count_products, read_products, write_refusals
from etl.magento.rules.orders import GONE, HELD, REFUSED, UNKNOWN, USABLE
from etl.magento.rules.products import (
    RULES_VERSION,
    STOCK_UNKNOWN,
    TYPE_UNKNOWN,
    WantedProducts,
    product_rules,
    wanted_products,
)
from etl.magento.work import Work
from store.frames import find_records, write_wanted
from store.snapshot import Snapshot

STREAM = "products"


def want_products(run: Run[FlowConfig], work: Work) -> None:
    """Stores the picture of each product; makes `work.states` of the products that orders and bundles name."""
    snapshot, field_map, config, report = run.snapshot, run.field_map, run.config, run.report
    ordered = work.lines["product_id"] if config.syncs("sellOrders") else work.lines["product_id"].iloc[:0]
    named = pd.concat([work.lines["product_id"].dropna(), work.bundles["product_id"]]).unique()
    asked = pd.Index(named, dtype=object)
    states = work.states = pd.Series(UNKNOWN, index=asked, dtype="int64")
    if not config.syncs(STREAM):
        # What is read meanwhile gets no picture: the next run that syncs products looks at all of them.
        snapshot.set_note("product_rules", "")
        found = find_records(snapshot, STREAM, asked)
        states[found.loc[found["id"].notna(), "remote_id"]] = USABLE
        return
    rules = product_rules(field_map[STREAM], config)
    needed = asked.isin(ordered)
    same_rules = _note_rules(snapshot, rules, config)
    evaluated = 0
    for products in read_products(snapshot, "unsettled" if same_rules else "all", also=asked):
        evaluated += len(products)
        unread = products["attributes"].isna() & ~products["gone"]
        if unread.any():
            products = _without_unread(products, unread, asked, states, report)
        positions = asked.get_indexer(pd.Index(products["product_id"], dtype=object))
        is_asked = positions >= 0
        products = _completed(products, is_asked & needed[positions] if len(asked) else is_asked)
        wanted = wanted_products(products, rules, config)
        _store(snapshot, products, wanted, run.at)
        _count(products, wanted, report)
        if len(asked):
            states.iloc[positions[is_asked]] = _states(products, wanted)[is_asked].to_numpy()
    # The others are as they were: nothing that their picture depends on has changed.
    report.count(STREAM, "mapped", int(count_products(snapshot)["products"].sum()) - evaluated)


def _note_rules(snapshot: Snapshot, rules: Sequence[MapRule], config: FlowConfig) -> bool:
    """Whether the pictures in the store were made by the rules of this run; the store notes the rules of this run."""
    flags = [config.create_disabled_products, config.composes]
    rules_now = canonical([RULES_VERSION, flags, [(item.field, item.source, item.conversion) for item in rules]])
    same = snapshot.note("product_rules") == rules_now
    snapshot.set_note("product_rules", rules_now)
    return same


def _without_unread(
    products: pd.DataFrame, unread: pd.Series[Any], asked: pd.Index[Any], states: pd.Series[Any], report: Tally
) -> pd.DataFrame:
    """Leaves out products that are known from an imported snapshot alone: Magento's half is still to be read."""
    ids = products.loc[unread, "product_id"]
    states[asked.intersection(pd.Index(ids, dtype=object))] = USABLE
    report.count(STREAM, "held", len(ids))
    report.because(STREAM, "held", "known from an imported snapshot, not yet read from Magento", list(ids))
    return products[~unread].reset_index(drop=True)


def _completed(products: pd.DataFrame, needed: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Adds whether a product is a fixed kit, and whether an order has it."""
    return products.assign(
        fixed_kit=products["kit"].notna() & (products["kit"] != "[]") & (products["type_id"] == "bundle"),
        needed=needed,
    )


def _store(snapshot: Snapshot, products: pd.DataFrame, wanted: WantedProducts, at: datetime) -> None:
    refused = wanted.refused.notna()
    pictures = wanted.pictures[~refused]
    # A refused product that Optiply has keeps its fields, but goes on to be disabled when Magento says so.
    stuck = products[refused & products["stored"].notna()]
    if len(stuck):
        off = stuck["known"] & (stuck["gone"] | (stuck["status"] == "2"))
        texts = stuck["stored"].copy()
        texts[off] = [canonical(msgspec.json.decode(text) | {"status": "disabled"}) for text in texts[off]]
        # One that Optiply has not is no longer offered as it was before it was refused.
        held = wanted.refused[stuck.index].where(~stuck["known"], None)
        kept = pd.DataFrame({"remote_id": stuck["product_id"], "wanted": texts, "held": held})
        pictures = pd.concat([pictures, kept], ignore_index=True)
    write_wanted(snapshot, STREAM, pictures, at.isoformat())
    changed = wanted.refused.where(refused, None).ne(products["refused"]) & (refused | products["refused"].notna())
    if changed.any():
        write_refusals(
            snapshot,
            pd.DataFrame({"product_id": products["product_id"], "refused": wanted.refused})[changed],
        )


def _count(products: pd.DataFrame, wanted: WantedProducts, report: Tally) -> None:
    ids = products["product_id"]
    report.count(STREAM, "mapped", int(wanted.refused.isna().sum()))
    report.count(STREAM, "refused", int(wanted.refused.notna().sum()))
    count_issues(report, STREAM, ids, wanted.issues)
    held = wanted.pictures["held"].where(wanted.refused.isna(), None)
    for reason in held.dropna().unique():
        which = list(ids[held == reason])
        waits_for = {STOCK_UNKNOWN: "stockLevel", TYPE_UNKNOWN: "type_id"}.get(reason)
        outcome = "left_out" if waits_for is None else "waiting"
        report.count(STREAM, outcome, len(which))
        report.because(STREAM, outcome, reason, which, waits_for or "status")
    report.because(
        STREAM, "kept", "stays disabled, its stock is unknown", list(ids[wanted.kept_disabled]), "stockLevel"
    )
    here = (products["status"] == "1") & ~products["gone"]
    untyped = list(ids[products["type_id"].isna() & products["known"] & here])
    report.because(STREAM, "kept", "type unknown here, the stock that Optiply has stays", untyped, "type_id")
    here &= products["type_id"] == "simple"
    unknown = list(ids[wanted.kept_stock & here])
    report.because(STREAM, "kept", "stock unknown here, what Optiply has stays", unknown, "stockLevel")


def _states(products: pd.DataFrame, wanted: WantedProducts) -> pd.Series[Any]:
    """What an order may do with each product."""
    states = pd.Series(USABLE, index=products.index, dtype="int64")
    states[wanted.pictures["held"].notna()] = HELD
    # Refused for good: by our own rules, or by Optiply with the very picture that is offered still.
    same = (products["refused_picture"] == wanted.pictures["wanted"]) & wanted.pictures["held"].isna()
    states[~products["known"] & same] = REFUSED
    states[~products["known"] & wanted.refused.notna()] = REFUSED
    # A product that Optiply has can be sold in an order of the past, also when it is gone from Magento.
    states[products["gone"] & ~products["known"]] = GONE
    return states
