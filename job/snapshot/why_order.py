"""Explains an order: was it read, does it count, what waits, what Optiply was sent, and which row became which line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import select

from etl.magento.shapes import Order, OrderItem
from etl.magento.tables import products
from job.folder import FolderError, JobFolder, read_json_object
from job.run.unread import Unread, noted
from store.snapshot import Snapshot
from store.tables import records

if TYPE_CHECKING:
    from etl.core.mapping import FieldMap
    from etl.magento.flags import FlowConfig

STREAM = "sellOrders"
_ITEMS = ",".join(OrderItem.__struct_fields__)
_FIELDS = ",".join(name if name != "items" else f"items[{_ITEMS}]" for name in Order.__struct_fields__)


@dataclass(frozen=True)
class RowStory:
    """One row of the order in Magento, and in words what it became in Optiply."""

    item_id: str
    parent_item_id: str
    product_id: str
    sku: str
    quantity: float | None
    row_total: float | None
    becomes: str


@dataclass(frozen=True)
class LineStory:
    """One product of the order: units and money (shop currency) by the rows, its line by the store, and its product."""

    product_id: str
    units: float
    money: float
    line: dict[str, Any] | None
    product: str


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
    snapshot: Snapshot, folder: JobFolder, asked: str, config: FlowConfig, field_map: FieldMap
) -> OrderStory | None:
    """The order with this increment id or else entity id; None where nobody knows it.

    Its rows come from what the tap read last, else from the shop, which is asked for this one order.
    """
    order, found_in = find_order(folder, asked.strip())
    remote_id = str(order.entity_id) if order is not None else asked.strip()
    with snapshot.reading() as connection:
        query = select(records).where(records.c.stream == STREAM, records.c.remote_id == remote_id)
        record = dict(connection.execute(query).mappings().one_or_none() or {})
    saved = read_json_object(folder.state) if folder.state.exists() else None
    unread = next((one for one in noted(snapshot, saved) if (one.stream, one.id) == ("orders", remote_id)), None)
    if order is None and not record and unread is None:
        return None
    wanted = msgspec.json.decode(record.get("wanted") or record.get("acknowledged") or "{}")
    rows: list[RowStory] = []
    lines: list[LineStory] = []
    verdict = list(_unread(unread)) + list(_of_record(record))
    if order is not None:
        from job.snapshot.why_rows import left_out, lines_of, rows_of

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


def find_order(folder: JobFolder, asked: str) -> tuple[Order | None, str]:
    """The order as Magento has it, and where it was found or why it was not."""
    for key in ("increment_id", "entity_id"):
        for row in _read_last(folder, asked):
            if str(row.get(key)) == asked:
                return msgspec.convert(row, Order, strict=False), "read by the last run"
    return _asked_of_the_shop(folder, asked)


def _read_last(folder: JobFolder, asked: str) -> Iterator[dict[str, Any]]:
    if not folder.tap_output.is_file():
        return
    text = asked.encode()
    with folder.tap_output.open("rb") as lines:
        for line in lines:
            if text not in line or b'"orders"' not in line[:4096]:
                continue
            try:
                message = msgspec.json.decode(line)
            except (msgspec.DecodeError, RecursionError):
                continue
            if message.get("stream") == "orders" and isinstance(message.get("record"), dict):
                yield message["record"]


def _asked_of_the_shop(folder: JobFolder, asked: str) -> tuple[Order | None, str]:
    """The order by one question to the shop; nothing is written there."""
    from connector.errors import ProgramError
    from connector.lists.question import Where
    from job.doctor.check_shop import ShopChecks
    from tap_magento.search import page_query

    try:
        folder.check()
        shop = ShopChecks(read_json_object(folder.config))
        for key in ("increment_id", *(["entity_id"] if asked.isdigit() else [])):
            answer = shop.get("/orders", page_query([Where(key, "eq", asked)], size=1, fields=_FIELDS))
            if not answer.good:
                return None, f"not read by the last run, and the shop answers {answer.message}"
            items = answer.value.get("items") if isinstance(answer.value, dict) else None
            for row in items or []:
                if str(row.get(key)) == asked:
                    return msgspec.convert(row, Order, strict=False), "asked of the shop just now"
    except (FolderError, ProgramError, msgspec.ValidationError) as error:
        return None, f"not read by the last run, and the shop could not be asked: {error}"
    return None, "unknown to the shop"


def _unread(unread: Unread | None) -> Iterator[str]:
    if unread is not None:
        since = unread.since or "an earlier run"
        yield f"It cannot be read since {since} ({unread.reason}); it is asked for in every run."


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


def product_state(snapshot: Snapshot, product_id: str) -> str:
    """What is known of a product that an order names, in words."""
    with snapshot.reading() as connection:
        product = connection.execute(select(products).where(products.c.product_id == product_id)).mappings().first()
        query = select(records).where(records.c.stream == "products", records.c.remote_id == product_id)
        record = connection.execute(query).mappings().first()
    if record is not None and record["id"]:
        gone = ", gone from Magento" if product is not None and product["gone"] else ""
        return f"in Optiply as {record['id']}{gone}"
    if product is None:
        return "never read from Magento"
    if product["gone"]:
        return "gone from Magento"
    if product["refused"]:
        return f"refused: {product['refused']}"
    if record is not None and record["held"]:
        return f"held: {record['held']}"
    return "not in Optiply yet"
