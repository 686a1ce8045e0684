"""Prints what `snapshot why` found out about products, kits and orders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from job.snapshot.why import KitStory, Story
from job.snapshot.why_order import OrderStory
from job.snapshot.why_product import ProductStory

_WIDTH = 140  # of a table that goes into a file


def print_story(story: Story) -> None:
    """Print one story for a person."""
    if isinstance(story, OrderStory):
        _print_order(story)
    elif isinstance(story, KitStory):
        _print_kits(story)
    else:
        _print_product(story)


def _print_order(story: OrderStory) -> None:
    order = story.order
    if order:
        number = f"{order['increment_id']!r}: Magento id {story.remote_id}"
        click.echo(
            f"Order {number}, status {order['status'] or 'unknown'}, state {order['state'] or 'unknown'}, "
            f"placed {order['created_at'] or '?'}, updated {order['updated_at'] or '?'} ({story.found_in})."
        )
    else:
        click.echo(f"Order with Magento id {story.remote_id}; its rows are not known ({story.found_in}).")
    for sentence in story.verdict:
        click.echo(sentence)
    if story.rows:
        print_table(
            ("row", "below row", "product", "SKU", "ordered", "row total", "became"),
            [
                [row.item_id, row.parent_item_id, row.product_id, row.sku, _number(row.quantity),
                 _number(row.row_total), row.becomes]
                for row in story.rows
            ],
        )  # fmt: skip
    if story.lines:
        print_table(
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


def _print_kits(story: KitStory) -> None:
    if story.parts:
        click.echo("It is a fixed kit of:")
        print_table(
            ("part", "Magento id", "units", "stands"),
            [[part.part_sku, part.part_id or "unknown", _number(part.units), part.stands] for part in story.parts],
        )
    if story.part_of:
        click.echo("It is a part of these kits:")
        print_table(
            ("kit", "Magento id", "units", "stands"),
            [[part.kit_sku, part.kit_id, _number(part.units), part.stands] for part in story.part_of],
        )


def _print_product(story: ProductStory) -> None:
    product, record, stock = story.product, story.record, story.stock
    kind = f"{product['type_id'] or 'type unknown'}, status {product['status'] or 'unknown'} in Magento"
    click.echo(
        f"{product['sku']!r}: Magento id {product['product_id']}, {kind}, updated {product['updated_at'] or '?'}."
    )
    for sentence in _sentences(product, record, stock):
        click.echo(sentence)
    titles = ("Optiply field", "from Magento", "Magento value", "rule", "wanted", "accepted by Optiply", "")
    rows = [
        [item.field, item.magento_field, item.magento_value, item.rule, item.wanted, item.accepted,
         "" if item.settled else "differs"]
        for item in story.fields
    ]  # fmt: skip
    print_table(titles, rows)
    for item in story.fields:
        if item.why:
            click.echo(f"{item.field}: {item.why}")
    for row in story.stock_rows:
        click.echo(f"Last read: {json.dumps(row, ensure_ascii=False, default=str)}")


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


def print_table(titles: tuple[str, ...], rows: list[list[Any]]) -> None:
    """Print rows under titles, whatever is in them."""
    table = Table(*titles)
    for row in rows:
        # As it stands: a name with square brackets is no instruction to rich.
        table.add_row(*("" if cell is None else Text(str(cell)) for cell in row))
    console = Console()
    # Into a file the table is not squeezed to the 80 columns that rich assumes there.
    (console if console.is_terminal else Console(width=_WIDTH)).print(table)
