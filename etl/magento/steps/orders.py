"""The flow's step for sell orders: those read now and those still open, their lines, and who waits how long."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pandas as pd

from etl.core.mapping import FieldMap, apply_rules
from etl.core.report import Report
from etl.magento.flags import FlowConfig
from etl.magento.rules.order_lines import counted_lines, summed
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
from etl.magento.steps.products import count_issues
from etl.magento.stock_store import drop_waiting, read_waiting, write_waiting
from store.frames import read_open, write_wanted
from store.snapshot import Snapshot

STREAM = "sellOrders"


@dataclass(frozen=True)
class OpenOrders:
    """Orders Optiply should get: facts with mapped header columns, and when each was first wanted (ISO or None)."""

    facts: OrderFacts
    since: pd.Series[Any]

    @classmethod
    def gather(
        cls, snapshot: Snapshot, read: Sequence[OrderFacts], field_map: FieldMap, config: FlowConfig, report: Report
    ) -> OpenOrders:
        """Orders of this input that count, and those of earlier runs that Optiply has not accepted yet."""
        fields = [rule.field for rule in field_map[STREAM] if rule.field != "remoteId"]
        new = _mapped(read, field_map, report) if read else open_orders([], [])
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
        whole = combine_mapped(both, fields)
        return cls(whole, whole.headers["remote_id"].map(since).astype(object))

    def lines(self, kits: Collection[str], config: FlowConfig) -> pd.DataFrame:
        """What was sold (order_lines.LINE_COLUMNS); `kits`: products sold as themselves."""
        rows = self.facts.rows
        if config.order_lines == "as_listed":
            return summed(rows)
        return counted_lines(rows.assign(kit=rows["product_id"].isin(kits)))


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


def _mapped(read: Sequence[OrderFacts], field_map: FieldMap, report: Report) -> OrderFacts:
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


def want_orders(
    snapshot: Snapshot,
    orders: OpenOrders,
    lines: pd.DataFrame,
    states: pd.Series[Any],
    field_map: FieldMap,
    config: FlowConfig,
    report: Report,
    at: datetime,
) -> None:
    """Stores the picture of each open order. Those that wait keep their rows, since Magento will not send them again.

    So do those of which no line is left: one of their products may come after all.
    """
    headers = orders.facts.headers
    if headers.empty or not config.syncs(STREAM):
        return
    limit = at - timedelta(days=config.order_wait_days)
    begun = pd.to_datetime(orders.since.fillna(at.isoformat()), utc=True, format="ISO8601")
    asked = headers.assign(waited_enough=begun <= pd.Timestamp(limit))
    wanted = sell_orders(asked, lines, states, field_map["orderLines"])
    pictures = wanted.pictures
    empty = pictures["left_out"].notna()
    waits = pictures["held"].notna() & ~empty
    pictures.loc[empty, "wanted"] = None
    pictures.loc[empty, "held"] = pictures["left_out"]
    write_wanted(snapshot, STREAM, pictures[["remote_id", "wanted", "held"]], at.isoformat(), once=True)
    stays = waits | empty
    drop_waiting(snapshot, pictures.loc[~stays, "remote_id"])
    if stays.any():
        kept = select_orders(orders.facts, stays)
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
