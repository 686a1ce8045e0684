"""Explains an order: was it read, does it count, what waits, what Optiply was sent, and which row became which line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from etl.core.mapping import FieldMap
from etl.magento.flags import FlowConfig
from etl.magento.shapes import Order, OrderItem
from etl.magento.why.known import Known
from etl.magento.why.rows import LineStory, RowStory, left_out, lines_of, product_state, rows_of
from store.snapshot import Snapshot

STREAM = "sellOrders"
_ITEMS = ",".join(OrderItem.__struct_fields__)
_FIELDS = ",".join(name if name != "items" else f"items[{_ITEMS}]" for name in Order.__struct_fields__)


@dataclass(frozen=True)
class OrderStory:
    """All that is known of one order; `order` is empty where only the store knows it."""

    remote_id: str
    order: dict[str, Any]
    found_in: str
    verdict: list[str]
    record: dict[str, Any] = field(default_factory=dict)
    rows: list[RowStory] = field(default_factory=list)
    lines: list[LineStory] = field(default_factory=list)


def explain_order(
    snapshot: Snapshot, known: Known, asked: str, config: FlowConfig, field_map: FieldMap
) -> OrderStory | None:
    """The order with this increment id or else entity id; None where nobody knows it.

    Its rows come from what the tap read last, else from the shop, which is asked for this one order.
    """
    order, found_in = find_order(known, asked.strip())
    remote_id = str(order.entity_id) if order is not None else asked.strip()
    record = snapshot.record(STREAM, remote_id)
    unread = known.unread("orders", remote_id)
    if order is None and not record and unread is None:
        return None
    wanted = msgspec.json.decode(record.get("wanted") or record.get("acknowledged") or "{}")
    rows: list[RowStory] = []
    lines: list[LineStory] = []
    verdict = [*([unread] if unread else []), *_of_record(record)]
    if order is not None:
        verdict += left_out(order, config, field_map, known=bool(record))
        rows = rows_of(snapshot, order, config, field_map)
        lines = lines_of(snapshot, order, config, field_map, wanted.get("orderLines", []))
    elif wanted:
        lines = [_stored_line(snapshot, line) for line in wanted.get("orderLines", [])]
    return OrderStory(remote_id, _header(order), found_in, verdict, record, rows, lines)


def _header(order: Order | None) -> dict[str, Any]:
    """The order without its rows."""
    names = [] if order is None else [name for name in Order.__struct_fields__ if name != "items"]
    return {name: getattr(order, name) for name in names}


def find_order(known: Known, asked: str) -> tuple[Order | None, str]:
    """The order as Magento has it, and where it was found or why it was not."""
    for key in ("increment_id", "entity_id"):
        for _, row in known.read(("orders",), asked.encode()):
            if str(row.get(key)) == asked:
                return msgspec.convert(row, Order, strict=False), "read by the last run"
    found, where = known.ask(asked, _FIELDS)
    try:
        return (None if found is None else msgspec.convert(found, Order, strict=False)), where
    except msgspec.ValidationError as error:
        return None, f"not read by the last run, and the shop could not be asked: {error}"


def _of_record(record: Mapping[str, Any]) -> Iterator[str]:
    """What the store says of the order, in sentences."""
    if not record:
        return
    if record["held"]:
        yield f"It is held since {record['held_since'] or 'an earlier run'}: {record['held']}."
    if record["id"]:
        yield f"Optiply has it as {record['id']}, sent {record['sent_at'] or 'before it was taken over'}."
    elif record["announced"]:
        yield f"A create was sent at {record['announced_at']} and has no answer; it is looked up before it is repeated."
    elif not record["held"]:
        yield "It is offered to Optiply in every run until it is accepted."
    if record["status"]:
        reason = f" ({record['reason']})" if record["reason"] else ""
        yield f"Last answer: {record['status']}{reason}, {record['answered_at'] or 'without time'}."


def _stored_line(snapshot: Snapshot, line: Mapping[str, Any]) -> LineStory:
    product_id = str(line.get("productRemoteId"))
    units, money = float(line.get("quantity") or 0), float(line.get("subtotalValue") or 0)
    return LineStory(product_id, units, money, dict(line), product_state(snapshot, product_id))
