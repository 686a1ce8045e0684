"""What `snapshot why` explains and says: products with their kits, or else orders, by what a person calls them."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connector.errors import ProgramError
from etl.core.mapping import FieldMap
from etl.magento.flags import FlowConfig
from etl.magento.tables import facts
from etl.magento.why.kit import PartStory, kits_with, parts_of
from etl.magento.why.known import Known
from etl.magento.why.order import OrderStory, explain_order
from etl.magento.why.product import ProductStory, explain
from store.snapshot import Snapshot


@dataclass(frozen=True)
class KitStory:
    """A product's own parts, and the kits that it is a part of."""

    parts: list[PartStory]
    part_of: list[PartStory]


Story = ProductStory | KitStory | OrderStory
Grid = tuple[tuple[str, ...], list[list[Any]]]
"""A table: its titles and its rows."""


def stories(
    snapshot: Snapshot, known: Known, asked: str, config: FlowConfig, field_map: FieldMap, *, order_only: bool
) -> list[Story]:
    """The products with this SKU or id, each with its kits; otherwise, or if an order was meant, the order.

    Raises ProgramError, with near SKUs, where nobody knows such a product or order.
    """
    snapshot.keep(facts)
    unknown = ProgramError(f"{snapshot.title}: there is no order {asked!r}, and the shop names none. Check its number.")
    if not order_only:
        try:
            told: list[Story] = []
            for product in explain(snapshot, asked, list(field_map["products"]), known):
                told.append(product)
                kits = KitStory(parts_of(snapshot, product.product), kits_with(snapshot, product.product))
                told += [kits] if kits.parts or kits.part_of else []
            return told
        except ProgramError as error:
            unknown = error
    order = explain_order(snapshot, known, asked, config, field_map)
    if order is None:
        raise unknown
    return [order]


def told(story: Story) -> Iterator[str | Grid]:
    """One story for a person: sentences and tables."""
    if isinstance(story, OrderStory):
        yield from _order(story)
    elif isinstance(story, KitStory):
        yield from _kits(story)
    else:
        yield from _product(story)


def _order(story: OrderStory) -> Iterator[str | Grid]:
    order = story.order
    if order:
        number = f"{order['increment_id']!r}: Magento id {story.remote_id}"
        yield (
            f"Order {number}, status {order['status'] or 'unknown'}, state {order['state'] or 'unknown'}, "
            f"placed {order['created_at'] or '?'}, updated {order['updated_at'] or '?'} ({story.found_in})."
        )
    else:
        yield f"Order with Magento id {story.remote_id}; its rows are not known ({story.found_in})."
    yield from story.verdict
    if story.rows:
        yield (
            ("row", "below row", "product", "SKU", "ordered", "row total", "became"),
            [
                [row.item_id, row.parent_item_id, row.product_id, row.sku, _number(row.quantity),
                 _number(row.row_total), row.becomes]
                for row in story.rows
            ],
        )  # fmt: skip
    if story.lines:
        yield (
            ("product", "units", "money", "line for Optiply", "the product is"),
            [[line.product_id, _number(line.units), f"{line.money:.2f}", _line(line.line), line.product]
             for line in story.lines],
        )  # fmt: skip


def _line(line: dict[str, Any] | None) -> str:
    if line is None:
        return "none"
    return f"{line.get('quantity')} for {float(line.get('subtotalValue') or 0):.2f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _kits(story: KitStory) -> Iterator[str | Grid]:
    if story.parts:
        yield "It is a fixed kit of:"
        yield (
            ("part", "Magento id", "units", "stands"),
            [[part.part_sku, part.part_id or "unknown", _number(part.units), part.stands] for part in story.parts],
        )
    if story.part_of:
        yield "It is a part of these kits:"
        yield (
            ("kit", "Magento id", "units", "stands"),
            [[part.kit_sku, part.kit_id, _number(part.units), part.stands] for part in story.part_of],
        )


def _product(story: ProductStory) -> Iterator[str | Grid]:
    product, record, stock = story.product, story.record, story.stock
    kind = f"{product['type_id'] or 'type unknown'}, status {product['status'] or 'unknown'} in Magento"
    yield (f"{product['sku']!r}: Magento id {product['product_id']}, {kind}, updated {product['updated_at'] or '?'}.")
    yield from _sentences(product, record, stock)
    titles = ("Optiply field", "from Magento", "Magento value", "rule", "wanted", "accepted by Optiply", "")
    rows = [
        [item.field, item.magento_field, item.magento_value, item.rule, item.wanted, item.accepted,
         "" if item.settled else "differs"]
        for item in story.fields
    ]  # fmt: skip
    yield titles, rows
    for item in story.fields:
        if item.why:
            yield f"{item.field}: {item.why}"
    for row in story.stock_rows:
        yield f"Last read: {json.dumps(row, ensure_ascii=False, default=str)}"


def _sentences(product: dict[str, Any], record: dict[str, Any], stock: dict[str, Any]) -> Iterator[str]:
    """What there is to say about the product beside its fields."""
    if product["gone"]:
        yield "It is gone from Magento: its absence was proven."
    elif product["absent_run"]:
        yield "A complete listing lacked it; a question by its id or a second one will prove it gone."
    if product["refused"]:
        yield f"It is not offered: {product['refused']}."
    if record.get("held"):
        yield f"It is held since {record['held_since'] or 'the import'}: {record['held']}."
    if record.get("id"):
        yield f"Optiply has it as {record['id']}; last accepted {record['sent_at'] or 'before it was taken over'}."
    else:
        yield "Optiply is not known to have it."
    if record.get("announced"):
        yield f"A create was sent at {record['announced_at']} and has no answer; it is looked up before it is repeated."
    if record.get("status"):
        reason = f" ({record['reason']})" if record["reason"] else ""
        yield f"Last answer: {record['status']}{reason}, {record['answered_at'] or 'without time'}."
    if not stock:
        yield "No stock row was ever read for it."
        return
    quantity = "unknown" if stock["quantity"] is None else f"{stock['quantity']:g}"
    absent = "; the last complete read had no row for it" if stock["absent_run"] else ""
    yield f"Stock: {quantity} units from {stock['origin'] or 'nowhere yet'}{absent}."
