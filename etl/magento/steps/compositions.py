"""The flow's step for compositions: the parts of fixed kits, what waits, and what is taken away again."""

from __future__ import annotations

from typing import Any

import pandas as pd

from connector.canonical import canonical
from etl.core.columns import nothing
from etl.core.flow import Run
from etl.core.report import count_issues
from etl.magento.flags import FlowConfig
from etl.magento.product_store import find_skus
from etl.magento.rules.compositions import kit_parts, wanted_compositions
from etl.magento.work import Work
from store.frames import find_records, read_records, write_wanted
from store.snapshot import Snapshot

STREAM = "productCompositions"
_NO_TIME = "1970-01-01T00:00:00Z"
KIT_GONE = "the kit is gone from Magento"


def want_compositions(run: Run[FlowConfig], work: Work) -> None:
    """Stores the picture of each part of a fixed kit and the removals. Gone kits stay as they are."""
    if not run.config.composes:
        return
    snapshot, report, bundles = run.snapshot, run.report, work.bundles
    kits = bundles[(bundles["kit"] != "[]") & ~bundles["gone"]]
    parts = kit_parts(kits)
    wanted = wanted_compositions(parts, find_skus(snapshot, parts["part_sku"]), run.field_map[STREAM])
    pictures = wanted.pictures
    report.count(STREAM, "read", len(parts))
    report.count(STREAM, "waiting", len(wanted.unresolved))
    names = wanted.unresolved["product_id"] + ": " + wanted.unresolved["part_sku"]
    several = wanted.unresolved["several"]
    for reason, which in (
        ("the part's SKU is that of no known product", ~several),
        ("the part's SKU fits several products", several),
    ):
        report.because(STREAM, "waiting", reason, list(names[which]), "partProductRemoteId")
    count_issues(report, STREAM, pictures["remote_id"], wanted.issues)
    good = wanted.refused.isna()
    report.count(STREAM, "refused", int((~good).sum()))
    pictures = pictures[good].assign(held=_held(snapshot, pictures[good]))
    waiting = pictures["held"].notna()
    report.count(STREAM, "mapped", len(pictures))
    report.count(STREAM, "waiting", int(waiting.sum()))
    report.because(STREAM, "waiting", "kit or part is not in Optiply yet", list(pictures.loc[waiting, "remote_id"]))
    write_wanted(snapshot, STREAM, pictures[["remote_id", "wanted", "held"]], run.at.isoformat())
    # While a part is unknown, nobody can say which of the stored ones it replaces.
    doubtful = set(wanted.unresolved["product_id"]) & set(kits["product_id"])
    _remove(run, bundles, set(wanted.pictures["remote_id"]), doubtful)


def _held(snapshot: Snapshot, pictures: pd.DataFrame) -> pd.Series[Any]:
    """Why a composition waits: one of its two products is neither in Optiply nor on its way."""
    held = nothing(pictures.index)
    both = pd.concat([pictures["product_id"], pictures["part_id"]]).unique()
    found = find_records(snapshot, "products", both).set_index("remote_id")
    ready = found["id"].notna() | (found["wanted"].notna() & found["held"].isna())
    for name in ("part_id", "product_id"):
        usable = pictures[name].map(ready).eq(True)
        held[~usable] = "waiting: product " + pictures.loc[~usable, name] + " is not usable yet"
    return held


def _remove(run: Run[FlowConfig], bundles: pd.DataFrame, wanted: set[str], doubtful: set[str]) -> None:
    """Compositions that Optiply has and Magento no longer shows, of bundles that are still there and not `doubtful`.

    Those it has of a bundle that is gone stay as they are; those it has not are offered no more.
    """
    snapshot, now = run.snapshot, run.at.isoformat()
    here = bundles[~bundles["gone"]].set_index("product_id")["updated_at"]
    vanished = pd.Index(bundles.loc[bundles["gone"], "product_id"])
    for stored in read_records(snapshot, STREAM):
        parent = stored["remote_id"].str.split("-").str[0]
        gone = stored["wanted"].notna() & ~stored["remote_id"].isin(wanted)
        gone &= parent.isin(here.index) & ~parent.isin(doubtful)
        useless = stored["wanted"].notna() & stored["id"].isna() & stored["announced"].isna() & parent.isin(vanished)
        if useless.any():
            held = stored.loc[useless, ["remote_id", "wanted"]].assign(held=KIT_GONE)
            write_wanted(snapshot, STREAM, held, now)
        if not gone.any():
            continue
        times = parent[gone].map(here).fillna(_NO_TIME)
        pictures = [canonical({"deleted_at": time}) for time in times]
        removals = pd.DataFrame({"remote_id": stored.loc[gone, "remote_id"], "wanted": pictures})
        write_wanted(snapshot, STREAM, removals, now)
