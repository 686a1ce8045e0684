"""The flow's step for sell orders: those read now and those still open, their lines, and who waits how long."""

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pandas as pd

from etl.core.flow import Run
from etl.core.mapping import FieldMap, apply_rules
from etl.core.report import Tally, count_issues
from etl.magento.flags import FlowConfig
from etl.magento.product_store import find_products, read_bundles
from etl.magento.rules.order_lines import counted_lines, parents, summed
from etl.magento.rules.orders import (
    OrderFacts,
    WaitingOrder,
    combine,
    from_picture,
    open_orders,
    select_orders,
    sell_orders,
    waiting_texts,
)
from etl.magento.stock_store import drop_waiting, read_waiting, write_waiting
from etl.magento.work import Facts, Work
from store.frames import read_open, write_wanted

STREAM = "sellOrders"


def gather_orders(run: Run[FlowConfig], work: Work) -> None:
    """Orders of this input that count, and those of earlier runs that Optiply has not accepted yet: `work.orders`."""
    snapshot = run.snapshot
    fields = [rule.field for rule in run.field_map[STREAM] if rule.field != "remoteId"]
    read, work.facts = work.facts.orders, Facts()  # all else that was read is in the store
    new = _mapped(read, run.field_map, run.report) if read else open_orders([], [])
    stored = read_open(snapshot, STREAM)
    since = stored.set_index("remote_id")["held_since"]
    ids = new.headers["remote_id"]
    again = stored[~stored["remote_id"].isin(ids)].reset_index(drop=True)
    waiting = read_waiting(snapshot).set_index("remote_id")["facts"]
    facts = again["remote_id"].map(waiting)
    older = [
        from_picture(picture, fields) if text is None or text != text else _WAITING.decode(text)
        for text, picture in zip(facts, again["wanted"], strict=True)
    ]
    both = [part for part in (new, open_orders(again["remote_id"].tolist(), older)) if len(part.headers)]
    work.orders = combine_mapped(both, fields)
    work.since = work.orders.headers["remote_id"].map(since).astype(object)


def count_lines(run: Run[FlowConfig], work: Work) -> None:
    """What the orders sold, a fixed kit whose composition is kept as itself.

    Makes `work.bundles`, `work.lines` and `work.unread`.
    """
    work.bundles = read_bundles(run.snapshot)
    rows, bundles = work.orders.rows, work.bundles
    counted = run.config.order_lines == "counted"
    above = parents(rows if counted and run.config.composes else rows.iloc[:0])
    known = find_products(run.snapshot, above["product_id"].unique())
    work.unread = above[~above["product_id"].isin(known.loc[known["attributes"].notna(), "product_id"])]
    if not counted:
        work.lines = summed(rows)
        return
    sold_as_kit = (bundles["kit"] != "[]") & ~bundles["gone"] & run.config.composes
    work.lines = counted_lines(rows.assign(kit=rows["product_id"].isin(set(bundles.loc[sold_as_kit, "product_id"]))))


_WAITING = msgspec.json.Decoder(WaitingOrder)


def combine_mapped(parts: Sequence[OrderFacts], fields: Sequence[str]) -> OrderFacts:
    """Facts with mapped headers as one; their ids differ."""
    if not parts:
        parts = [open_orders([], [])]
    headers = pd.concat([part.headers.reindex(columns=["remote_id", *fields]) for part in parts], ignore_index=True)
    offset, rows = 0, []
    for part in parts:
        rows.append(part.rows.assign(order=part.rows["order"] + offset))
        offset += len(part.headers)
    return OrderFacts(headers.astype(object), pd.concat(rows, ignore_index=True))


def _mapped(read: Sequence[OrderFacts], field_map: FieldMap, report: Tally) -> OrderFacts:
    """Orders that count, their header fields converted; the others are counted with their reason."""
    facts = combine(read)
    headers = facts.headers
    ids = headers["remote_id"].fillna("without entity_id")
    rules = field_map[STREAM]
    mapped = apply_rules(rules, {rule.source: headers[f"m:{rule.source}"] for rule in rules})
    refused = mapped.refused.where(mapped.refused.notna() | ~headers["bad_rows"], "a row without usable numbers")
    outcomes = {
        "left_out": {
            "its status does not count": ~headers["counts"] & ~headers["no_state"],
            "it has no rows": headers["no_items"] & ~headers["no_state"],
        },
        "refused": {"neither its state nor its status is known": headers["no_state"]}
        | {reason: refused == reason for reason in refused.dropna().unique()},
    }
    open_ = pd.Series(True, index=headers.index)
    for outcome, reasons in outcomes.items():
        for reason, mask in reasons.items():
            hit = mask & open_
            report.count(STREAM, outcome, int(hit.sum()))
            report.because(STREAM, outcome, reason, list(ids[hit]))
            open_ &= ~mask
    shown = tuple(issue for issue in mapped.issues if headers["counts"][issue.row] and issue.outcome != "refused")
    count_issues(report, STREAM, ids, shown)
    report.because(
        STREAM,
        "reported",
        "base and order currency differ: totalValue is in the order's, the lines in the base currency",
        list(ids[open_ & headers["currencies_differ"]]),
    )
    contradicts = open_ & headers["contradiction"].notna()
    report.because(
        STREAM,
        "reported",
        "the money of the rows contradicts the order's subtotal; it is sent as Magento gave it",
        list(ids[contradicts]),
        "subtotalValue",
        list(headers.loc[contradicts, "contradiction"]),
    )
    values = mapped.values.drop(columns=["remoteId"])
    chosen = OrderFacts(pd.concat([headers[["remote_id"]], values], axis=1), facts.rows)
    return select_orders(chosen, open_)


def want_orders(run: Run[FlowConfig], work: Work) -> None:
    """Stores the picture of each open order. Those that wait keep their rows, since Magento will not send them again.

    So do those of which no line is left: one of their products may come after all.
    """
    snapshot, config, report, at = run.snapshot, run.config, run.report, run.at
    headers = work.orders.headers
    if headers.empty or not config.syncs(STREAM):
        return
    limit = at - timedelta(days=config.order_wait_days)
    begun = pd.to_datetime(work.since.fillna(at.isoformat()), utc=True, format="ISO8601")
    asked = headers.assign(waited_enough=begun <= pd.Timestamp(limit))
    wanted = sell_orders(asked, work.lines, work.states, work.unread, run.field_map["orderLines"])
    pictures = wanted.pictures
    empty = pictures["left_out"].notna()
    waits = pictures["held"].notna() & ~empty
    pictures.loc[empty, "wanted"] = None
    pictures.loc[empty, "held"] = pictures["left_out"]
    write_wanted(snapshot, STREAM, pictures[["remote_id", "wanted", "held"]], at.isoformat(), once=True)
    stays = waits | empty
    drop_waiting(snapshot, pictures.loc[~stays, "remote_id"])
    if stays.any():
        kept = select_orders(work.orders, stays)
        texts = waiting_texts(kept.headers, kept.rows)
        write_waiting(snapshot, pd.DataFrame({"remote_id": kept.headers["remote_id"], "facts": texts}))
    ids = pictures["remote_id"]
    report.count(STREAM, "mapped", int((~empty).sum()))
    report.count(STREAM, "waiting", int(waits.sum()))
    report.count(STREAM, "left_out", int(empty.sum()))
    report.because(STREAM, "left_out", "no line is left", list(ids[empty]))
    report.because(
        STREAM,
        "waiting",
        "a product is not usable yet",
        list(ids[waits]),
        "productRemoteId",
        list(pictures.loc[waits, "held"].str.extract(r"product (\S+)", expand=False)),
    )
    for reason, found in wanted.dropped.groupby("reason"):
        settled = found[~waits.to_numpy()[found["order"]]]
        report.because(
            STREAM, "line_left_out", str(reason), list(ids[settled["order"]]), "orderLines", list(settled["product_id"])
        )
    report.because(STREAM, "adjusted", "units were rounded half up", list(ids[wanted.adjusted]), "quantity")
