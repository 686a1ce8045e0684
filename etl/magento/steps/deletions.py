"""The flow's step for vanished products: which of them are proven gone, and whether so many are believed."""

import pandas as pd

from etl.core.absence import ALWAYS_ALLOWED, within_limit
from etl.core.flow import Run
from etl.magento.flags import FlowConfig
from etl.magento.product_store import clear_suspicion, count_products, list_products, mark_gone
from etl.magento.steps.stock import clear_by_stock_items, ids_with_stock_items
from etl.magento.work import Facts, Work

STREAM = "products"
TWO_LISTINGS = "two complete listings of Magento lacked it"
ASKED = "a complete listing of Magento lacked it, and so did the answer when it was asked for by id"


def find_deletions(run: Run[FlowConfig], work: Work) -> None:
    """Marks products as gone, within the limit, that are proven absent.

    Proven is what complete listings of two runs lacked, or a complete listing and the answer to a question by id; a
    product that this answer holds is there, whatever the listings say.
    """
    snapshot, config, report, source, facts = run.snapshot, run.config, run.report, run.source, work.facts
    if not config.sync_product_deletions or not config.syncs(STREAM):
        return
    if not source.is_complete("product_ids"):
        if facts.listed:
            report.note("product_ids was not read to its end: nothing is taken as deleted in this run.")
        return
    clear_by_stock_items(snapshot, facts)
    listed = pd.concat(facts.listed, ignore_index=True) if facts.listed else pd.Series(dtype=object)
    listing = list_products(snapshot, listed, source.complete["product_ids"])
    clear_by_stock_items(snapshot, facts)
    report.because(STREAM, "returned", "is in Magento again", list(listing.returned["product_id"]))
    found, absent = _answers(run, facts)
    clear_suspicion(snapshot, found)
    if absent:
        absent -= set(ids_with_stock_items(facts))
    there = [*_named(listing.proven, found)["product_id"], *_named(listing.suspects, found)["product_id"]]
    report.because(STREAM, "found", "missing from the listing, but there when asked for by id", there)
    suspected = _named(listing.suspects, found | absent, among=False)
    report.because(STREAM, "suspected", "is missing for the first time", list(suspected["product_id"]))
    by_listings = _named(listing.proven, found, among=False)
    by_answer = _named(listing.suspects, absent)
    proven = pd.concat([by_listings, by_answer], ignore_index=True)
    if proven.empty:
        return
    if _believed(run, proven):
        mark_gone(snapshot, proven["product_id"])
        report.because(STREAM, "gone", TWO_LISTINGS, list(by_listings["product_id"]))
        report.because(STREAM, "gone", ASKED, list(by_answer["product_id"]))
    else:
        _hold(run, proven)


def _hold(run: Run[FlowConfig], proven: pd.DataFrame) -> None:
    report, share = run.report, run.config.max_disable_share
    report.count(STREAM, "held", len(proven))
    report.because(STREAM, "held", "proven gone, but more than the limit of one run", list(proven["product_id"]))
    report.notes.insert(
        0,
        f"{len(proven)} products are gone from Magento, more than the limit of {ALWAYS_ALLOWED} products and "
        f"{share:.0%} of the enabled ones: none of them is disabled. If they are really gone, "
        f"allow it once (optiply-sync run FOLDER --allow-disable {len(proven)}) or raise max_disable_share.",
    )


def _answers(run: Run[FlowConfig], facts: Facts) -> tuple[set[str], set[str]]:
    """Products that were there when asked for by id, and those that were not, where the answer is complete."""
    if not facts.checked:
        return set(), set()
    answers = pd.concat(facts.checked, ignore_index=True).dropna(subset="product_id")
    found = set(answers.loc[answers["found"].eq(True), "product_id"])
    absent = set(answers.loc[answers["found"].eq(False), "product_id"]) - found
    if not run.source.is_complete("product_checks"):
        run.report.note("product_checks was not read to its end: the next complete listing decides.")
        absent = set()
    asked = set(answers["product_id"])
    silent = len(asked) - len(found) - len(absent)
    run.report.note(
        f"Missing products asked for by id: {len(asked)}; not there: {len(absent)}, there after all: {len(found)}"
        + (f", the answer proves nothing: {silent}." if silent else ".")
    )
    return found, absent


def _believed(run: Run[FlowConfig], proven: pd.DataFrame) -> bool:
    counts = count_products(run.snapshot)
    enabled = int(counts.loc[(counts["status"] != "2") & ~counts["gone"], "products"].sum())
    vanished = int((proven["status"] != "2").sum())
    return within_limit(vanished, enabled, run.config.max_disable_share, run.config.allowed_disables)


def _named(frame: pd.DataFrame, ids: set[str], *, among: bool = True) -> pd.DataFrame:
    """The rows whose product is among `ids`, or those whose product is not."""
    rows: pd.DataFrame = frame[frame["product_id"].isin(ids) == among].reset_index(drop=True)
    return rows
