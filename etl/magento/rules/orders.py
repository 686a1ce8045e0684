"""Sell orders as Optiply should have them: which count, what their lines say, and which wait. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from msgspec import Struct

from connector.values import MOST_WHOLE
from etl.core.cents import MOST_LINE_MONEY, MOST_UNITS
from etl.core.columns import as_ids, as_number, as_text, nothing
from etl.core.convert import CONVERSIONS
from etl.core.mapping import MapRule
from etl.core.pictures import json_texts
from etl.magento.facts import column, utc, words
from etl.magento.flags import FlowConfig
from etl.magento.rules.order_money import contradictions
from etl.magento.shapes import Order

# What is known of a product when an order asks for it.
UNKNOWN, USABLE, HELD, REFUSED, GONE = range(5)
LEFT_OUT = {REFUSED: "product is refused", GONE: "product is gone from Magento", UNKNOWN: "product stayed unknown"}
ROW_COLUMNS = ("order", "item_id", "parent_item_id", "product_id", "units", "money", "carries")


class Line(Struct, gc=False):
    """One line as Optiply takes it, names in order."""

    productRemoteId: str
    quantity: int
    subtotalValue: float


@dataclass(frozen=True)
class OrderFacts:
    """headers: one row per order (remote_id, updated_at, counts, no_state, currencies_differ, no_items, bad_rows,
    contradiction and the columns the rules name). rows: `ROW_COLUMNS`, `order` being the position of the header."""

    headers: pd.DataFrame
    rows: pd.DataFrame


def order_facts(
    records: Sequence[Order], header: Sequence[MapRule], line: Sequence[MapRule], config: FlowConfig
) -> OrderFacts:
    """Orders → facts, in the order given."""
    states = [words(column(records, name)) for name in ("status", "state")]
    wanted = {item.strip().lower() for item in config.order_statuses} or {"complete"}
    base, ordered = (as_text(column(records, name)) for name in ("base_currency_code", "order_currency_code"))
    items = [record.items or () for record in records]
    counts = np.fromiter(map(len, items), dtype="int64", count=len(items))
    headers = {
        "remote_id": as_ids(column(records, "entity_id")),
        "updated_at": utc(column(records, "updated_at")),
        "counts": states[0].isin(wanted) | states[1].isin(wanted) | config.pullAllOrders,
        "no_state": states[0].isna() & states[1].isna() & (not config.pullAllOrders),
        "currencies_differ": base.notna() & ordered.notna() & (base != ordered),
        "no_items": counts == 0,
    }
    headers |= {f"m:{rule.source}": column(records, rule.source) for rule in header}
    rows = _rows(list(chain.from_iterable(items)), np.repeat(np.arange(len(records)), counts), line)
    bad = rows.loc[rows["units"].isna() | rows["money"].isna() | rows.pop("odd_ids"), "order"].unique()
    frame = pd.DataFrame(headers)
    frame["bad_rows"] = frame.index.isin(bad)
    source = next(rule for rule in line if rule.field == "subtotalValue").source
    figures = {name: as_number(column(records, name)) for name in ("subtotal", "base_subtotal")}
    same = ~frame["currencies_differ"]
    if source == "items.row_total":  # in the order's currency, and what was taken off is read in the base currency
        figures = {name: figure.where(same) for name, figure in figures.items()}
    compared = rows.assign(money=rows["money"].fillna(0))
    comparable = source in {"items.base_row_total", "items.row_total"}
    money = pd.DataFrame({**figures, "same_currency": same})
    frame["contradiction"] = contradictions(money, compared) if comparable else nothing(frame.index)
    rows = rows.drop(columns="discount")
    return OrderFacts(frame, rows)


def _rows(items: Sequence[Any], order: np.typing.NDArray[np.int64], line: Sequence[MapRule]) -> pd.DataFrame:
    source = {rule.field: rule.source.removeprefix("items.") for rule in line}
    ids = {name: column(items, name) for name in ("item_id", "parent_item_id")}
    item_id, above = map(_row_ids, ids.values())
    parent = above.fillna(-1).astype("int64")
    money, units = (as_number(column(items, source[name])) for name in ("subtotalValue", "quantity"))
    # What cannot be counted to the ten-thousandth is no usable number.
    money, units = money.where(money.abs() < MOST_LINE_MONEY), units.where(units.abs() <= MOST_UNITS)
    discount = as_number(column(items, "base_discount_amount")).fillna(0)
    # An id that is there and cannot be read hides whose child a row is: its units would count twice.
    odd = [number.isna() & given.notna() for number, given in zip((item_id, above), ids.values(), strict=True)]
    # A child without an amount of its own has none: the parent carries it.
    silent = (parent >= 0) & pd.Series([getattr(item, source["subtotalValue"]) is None for item in items], dtype=bool)
    return pd.DataFrame(
        {
            "order": order,
            "item_id": item_id.where(item_id.notna(), -1.0 - np.arange(len(items))).astype("int64"),
            "parent_item_id": parent,
            "product_id": as_ids(column(items, source["productRemoteId"])),
            "units": units,
            "money": money.where(~silent, 0.0),
            # What is discounted to nothing has carried its money all the same.
            "carries": (money.fillna(0) != 0) | (discount != 0),
            "discount": discount.abs(),
            "odd_ids": odd[0] | odd[1],
        }
    )


def _row_ids(cells: pd.Series[Any]) -> pd.Series[Any]:
    """Ids of rows as float64; NaN for none, for one that is not whole, and for one that float64 does not keep exact."""
    number = as_number(cells)
    return number.where((number.abs() <= MOST_WHOLE) & (number == np.trunc(number)))


def combine(parts: Sequence[OrderFacts]) -> OrderFacts:
    """Facts of several batches as one, an order read twice once, as it was updated last."""
    offsets = np.cumsum([0, *(len(part.headers) for part in parts)])
    headers = pd.concat([part.headers for part in parts], ignore_index=True)
    rows = pd.concat(
        [part.rows.assign(order=part.rows["order"] + offset) for part, offset in zip(parts, offsets, strict=False)],
        ignore_index=True,
    )
    if not headers["remote_id"].duplicated().any():
        return OrderFacts(headers, rows)
    ordered = headers.sort_values(["updated_at", "counts"], kind="stable", na_position="first")
    last = ordered[ordered["remote_id"].isna() | ~ordered["remote_id"].duplicated(keep="last")].sort_index()
    return select_orders(OrderFacts(headers, rows), headers.index.isin(last.index))


def select_orders(facts: OrderFacts, keep: Any) -> OrderFacts:  # noqa: ANN401 - any mask pandas takes
    """The orders of a mask with their rows, numbered anew."""
    mask = np.asarray(keep, dtype=bool)
    number = np.cumsum(mask) - 1
    rows = facts.rows[mask[facts.rows["order"].to_numpy()]]
    return OrderFacts(
        facts.headers[mask].reset_index(drop=True),
        rows.assign(order=number[rows["order"].to_numpy()]).reset_index(drop=True),
    )


@dataclass(frozen=True)
class SellOrders:
    """pictures: one row per order (remote_id, wanted, held, left_out: reason or None). dropped: lines left out (order,
    product_id, reason). adjusted: orders with rounded units."""

    pictures: pd.DataFrame
    dropped: pd.DataFrame
    adjusted: pd.Series[Any]


def sell_orders(
    headers: pd.DataFrame, lines: pd.DataFrame, states: pd.Series[Any], unread: pd.DataFrame, rules: Sequence[MapRule]
) -> SellOrders:
    """Orders and their counted lines → pictures.

    Headers: remote_id, waited_enough (bool: unknown products are waited for no longer) and the mapped fields.
    Lines: order_lines.LINE_COLUMNS. States: product_id → UNKNOWN | USABLE | HELD | REFUSED | GONE. Unread: rows
    (order, product_id) whose product was never read, though the lines depend on it; the order waits as for an unknown
    one. Rules: those of orderLines, for the conversion of the units.
    """
    state = lines["product_id"].map(states).fillna(UNKNOWN).astype("int64")
    quantity = CONVERSIONS[next(rule for rule in rules if rule.field == "quantity").conversion](
        lines["units"].astype(object)
    )
    reason = state.map({REFUSED: LEFT_OUT[REFUSED], GONE: LEFT_OUT[GONE]}).astype(object)
    waited = headers["waited_enough"].to_numpy(bool)[lines["order"].to_numpy()]
    reason[(state == UNKNOWN) & waited] = LEFT_OUT[UNKNOWN]
    reason[lines["product_id"].isna()] = "row names no product"
    if quantity.refused is not None:
        reason = reason.where(reason.notna() | quantity.refused.isna(), "quantity " + quantity.refused.astype(str))
    out = reason.notna()
    waits = ~out & state.isin([UNKNOWN, HELD])
    kept = lines[~out].assign(quantity=quantity.value[~out])
    texts = pd.Series(_texts(headers, kept), index=headers.index, dtype=object)
    held = nothing(headers.index)
    unknown = unread[~headers["waited_enough"].to_numpy(bool)[unread["order"].to_numpy("int64")]]
    names = ["order", "product_id"]
    first = pd.concat([lines.loc[waits, names], unknown[names]], ignore_index=True).drop_duplicates("order")
    held.loc[first["order"]] = [f"waiting: product {item} is not usable yet" for item in first["product_id"]]
    empty = ~headers.index.isin(kept["order"])
    left_out = nothing(headers.index)
    left_out[empty] = "no line is left"
    pictures = pd.DataFrame({"remote_id": headers["remote_id"], "wanted": texts, "held": held, "left_out": left_out})
    dropped = lines.loc[out, ["order", "product_id"]].assign(reason=reason[out])
    adjusted = lines["order"].iloc[:0] if quantity.changed is None else lines.loc[quantity.changed & ~out, "order"]
    return SellOrders(pictures, dropped, adjusted.drop_duplicates())


def _texts(headers: pd.DataFrame, lines: pd.DataFrame) -> list[str]:
    """One canonical JSON text per order, its lines in numerical order of the product."""
    by_number = lines.assign(number=as_number(lines["product_id"]))
    if by_number.duplicated(["order", "number"]).any():
        by_number = by_number.sort_values("product_id", kind="stable")  # ids that are no numbers
    by_number = by_number.iloc[np.lexsort((by_number["number"], by_number["order"]))]
    made = list(
        map(Line, by_number["product_id"].tolist(), by_number["quantity"].tolist(), (by_number["money"] / 100).tolist())
    )
    ends = np.searchsorted(by_number["order"].to_numpy(), np.arange(len(headers)), side="right").tolist()
    starts = [0, *ends[:-1]] if ends else []
    fields = headers.drop(columns=["remote_id", "waited_enough"])
    nested = pd.Series([made[start:end] for start, end in zip(starts, ends, strict=True)], dtype=object)
    return json_texts(fields.assign(orderLines=nested.set_axis(fields.index)), {})


class WaitingOrder(Struct):
    """What the store keeps of an order that waits: the mapped fields and the rows as they were read."""

    fields: dict[str, Any]
    rows: list[tuple[int, int, str | None, float, float, bool]]


def waiting_texts(headers: pd.DataFrame, rows: pd.DataFrame) -> list[str]:
    """Waiting orders (mapped fields) and their rows → JSON texts, one per order."""
    names = [name for name in headers.columns if name not in ("remote_id", "waited_enough")]
    grouped: Mapping[Any, pd.DataFrame] = dict(tuple(rows.groupby("order")))
    texts = []
    for position, fields in zip(headers.index, headers[names].to_dict("records"), strict=True):
        own = grouped[position][list(ROW_COLUMNS[1:])].itertuples(index=False, name=None)
        texts.append(msgspec.json.encode(WaitingOrder(fields, list(own))).decode())
    return texts


def open_orders(remote_ids: Sequence[str], waiting: Sequence[WaitingOrder]) -> OrderFacts:
    """Stored orders → facts whose header columns are already mapped."""
    headers = pd.DataFrame([item.fields for item in waiting], dtype=object)
    headers.insert(0, "remote_id", pd.Series(list(remote_ids), dtype=object))
    cells = [(order, *row) for order, item in enumerate(waiting) for row in item.rows]
    rows = pd.DataFrame(cells, columns=list(ROW_COLUMNS))
    whole: dict[str, Any] = dict.fromkeys(("order", "item_id", "parent_item_id"), "int64")
    types = {**whole, "product_id": object, "units": "float64", "money": "float64", "carries": bool}
    return OrderFacts(headers, rows.astype(types))


class _Picture(Struct):
    orderLines: list[Line]


def from_picture(text: str, fields: Collection[str]) -> WaitingOrder:
    """An order that was offered and not yet accepted, as if each of its lines were a row."""
    values = msgspec.json.decode(text)
    lines = msgspec.convert(values, _Picture).orderLines
    return WaitingOrder(
        {name: values.get(name) for name in fields},
        [(row, -1, line.productRemoteId, line.quantity, line.subtotalValue, True) for row, line in enumerate(lines)],
    )
