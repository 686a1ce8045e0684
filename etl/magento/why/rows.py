"""The rows of one order beside the lines they became, by the rules of the ETL themselves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from sqlalchemy import select

from etl.core.mapping import FieldMap
from etl.magento.flags import FlowConfig
from etl.magento.rules.order_lines import counted_lines, summed
from etl.magento.rules.orders import OrderFacts, order_facts
from etl.magento.shapes import Order
from etl.magento.tables import products
from store.snapshot import Snapshot


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


def left_out(order: Order, config: FlowConfig, field_map: FieldMap, *, known: bool) -> list[str]:
    """Why an order does not count, in sentences; that it was not read yet where nothing speaks against it."""
    header = _facts(order, config, field_map).headers.iloc[0]
    if not header["counts"]:
        statuses = ", ".join(config.order_statuses) or "complete"
        stands = f"neither its status {order.status!r} nor its state {order.state!r}"
        return [f"It is left out: {stands} counts ({statuses})."]
    if header["no_items"]:
        return ["It is left out: it has no rows."]
    if header["bad_rows"]:
        return ["It is refused: a row is without usable numbers."]
    return [] if known else ["No run has offered it so far; the next one that reads it will."]


def rows_of(snapshot: Snapshot, order: Order, config: FlowConfig, field_map: FieldMap) -> list[RowStory]:
    """Each row and what it became."""
    facts = _facts(order, config, field_map)
    kept = _kept(snapshot, facts.rows, config)
    ids = set(facts.rows["item_id"].tolist())
    children = set(facts.rows["parent_item_id"].tolist())
    stories = []
    for place, (row, item) in enumerate(zip(_dicts(facts.rows), order.items or [], strict=True)):
        line, parent_id = kept.get(place), row["parent_item_id"]
        if line is not None:
            becomes = f"{line[0]:g} × product {row['product_id']} for {line[1]:.2f}"
        elif row["item_id"] in children:
            becomes = "its units and money go to the rows below it"
        elif parent_id in ids:
            becomes = f"counted with row {parent_id}, which is sold as itself"
        else:
            becomes = "nothing: no usable numbers"
        parent = "" if parent_id == -1 else str(parent_id)
        product_id = str(row["product_id"] or "")
        ordered, money = (None if pd.isna(row[name]) else float(row[name]) for name in ("units", "money"))
        stories.append(RowStory(str(item.item_id), parent, product_id, str(item.sku or ""), ordered, money, becomes))
    return stories


def lines_of(
    snapshot: Snapshot, order: Order, config: FlowConfig, field_map: FieldMap, sent: Iterable[Mapping[str, Any]]
) -> list[LineStory]:
    """What was sold by product, beside the lines of the picture that Optiply should have (`sent`)."""
    by_product = {str(line.get("productRemoteId")): dict(line) for line in sent}
    rows = _usable(_facts(order, config, field_map).rows)
    lines = _counted(rows.assign(kit=_is_kit(snapshot, rows, config)), config)
    return [
        LineStory(
            str(line["product_id"]),
            float(line["units"]),
            line["money"] / 100,
            by_product.get(str(line["product_id"])),
            product_state(snapshot, str(line["product_id"])),
        )
        for line in _dicts(lines)
    ]


def _facts(order: Order, config: FlowConfig, field_map: FieldMap) -> OrderFacts:
    header = [rule for rule in field_map["sellOrders"] if rule.field != "remoteId"]
    return order_facts([order], header, field_map["orderLines"], config)


def _kept(snapshot: Snapshot, rows: pd.DataFrame, config: FlowConfig) -> dict[int, tuple[float, float]]:
    """Position of a row that is sold as itself → its units and money: counted as if each row had its own product."""
    usable = _usable(rows)
    alone = usable.assign(kit=_is_kit(snapshot, usable, config), product_id=[str(place) for place in usable.index])
    lines = _counted(alone, config)
    return {int(line["product_id"]): (float(line["units"]), line["money"] / 100) for line in _dicts(lines)}


def _dicts(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return frame.to_dict("records")  # type: ignore[return-value]


def _usable(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["units"].notna() & rows["money"].notna()]


def _counted(rows: pd.DataFrame, config: FlowConfig) -> pd.DataFrame:
    return summed(rows) if config.order_lines == "as_listed" else counted_lines(rows)


def _is_kit(snapshot: Snapshot, rows: pd.DataFrame, config: FlowConfig) -> list[bool]:
    """Which rows name a fixed kit whose composition is kept."""
    kits: set[str] = set()
    if config.composes:
        kept = (products.c.kit.is_not(None), products.c.kit != "[]", products.c.gone == 0)
        kits = {product["product_id"] for product in snapshot.dicts(select(products.c.product_id).where(*kept))}
    return [str(product_id) in kits for product_id in rows["product_id"]]


def product_state(snapshot: Snapshot, product_id: str) -> str:
    """What is known of a product that an order names, in words."""
    product = next(iter(snapshot.dicts(select(products).where(products.c.product_id == product_id))), None)
    record = snapshot.record("products", product_id)
    if record.get("id"):
        gone = ", gone from Magento" if product is not None and product["gone"] else ""
        return f"in Optiply as {record['id']}{gone}"
    if product is None:
        return "never read from Magento"
    if product["gone"]:
        return "gone from Magento"
    if product["refused"]:
        return f"refused: {product['refused']}"
    if record.get("held"):
        return f"held: {record['held']}"
    return "not in Optiply yet"
