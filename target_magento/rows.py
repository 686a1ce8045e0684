"""What a shop says of its stock, in exact numbers: products, sources, figures, open orders, carts, departures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, NamedTuple

from connector.errors import StreamError
from connector.http.pool import Row
from connector.lists.pages import row_number
from connector.values import Unfit, flag, moment, number, text
from vocabulary.magento import sells

DEFAULT_SOURCE = "default"
"""The one source of a shop without inventory management."""
ITEM_FIELDS = "item_id,product_id,qty,is_in_stock,is_qty_decimal,backorders,min_qty,manage_stock"
ORDER_FIELDS = (
    "entity_id,created_at,status,items[item_id,parent_item_id,sku,product_type,is_virtual,qty_ordered,qty_shipped,"
    "qty_invoiced,qty_canceled,qty_refunded],extension_attributes[orderflow_export_date,orderflow_export_status]"
)
_NONE = Decimal(0)
_COMPOSITES = {"configurable": "a configurable product", "bundle": "a bundle", "grouped": "a grouped product"}


@dataclass(frozen=True)
class StockedProduct:
    """A product of the catalogue; `refusal` says why no stock may be written for it, the rest what its stock may be."""

    sku: str
    refusal: str | None
    decimals: bool
    backorders: bool
    min_qty: Decimal

    def in_stock(self, quantity: Decimal) -> bool:
        """The flag that belongs to a quantity."""
        return sells(quantity, backorders=self.backorders, min_qty=self.min_qty)


@dataclass(frozen=True)
class StockSource:
    """A place that holds stock; `priority` 1 is asked first."""

    code: str
    priority: int


@dataclass(frozen=True)
class StockFigure:
    """What stands in the shop for a SKU at a source."""

    sku: str
    source: str
    quantity: Decimal
    in_stock: bool


@dataclass(frozen=True)
class OpenLine:
    """The open units of one product in an order; `exported`: when a warehouse system got it, None if nobody knows."""

    sku: str
    open: Decimal
    created_at: datetime
    status: str
    exported: datetime | bool | None
    source: str | None = None


@dataclass(frozen=True)
class CartUnits:
    """Units of one product in an active cart."""

    sku: str
    quantity: Decimal
    updated_at: datetime


@dataclass(frozen=True)
class Left:
    """Units by which the shop itself has lowered a figure; `id` grows from one to the next."""

    id: int
    at: datetime
    sku: str
    source: str
    quantity: Decimal


@dataclass(frozen=True)
class Written:
    """What became of one row of a write; where the shop failed (`failed`), it may have written it all the same."""

    done: bool
    reason: str | None = None
    failed: bool = False


def refusal_of(type_id: object) -> str | None:
    """Why no stock may be written for a product of this type; None: it may."""
    named = _COMPOSITES.get(str(type_id))
    return None if named is None else f"is {named}, which has no stock of its own"


class StockRules(NamedTuple):
    """What a product's stock may be: in decimals, below 0, and down to where."""

    decimals: bool
    backorders: bool
    min_qty: Decimal


def rules_of(item: Mapping[str, Any]) -> StockRules:
    """The rules in a stock item, whose values are the shop's own where it uses those."""
    return StockRules(_flag(item, "is_qty_decimal"), _number(item, "backorders") > 0, _number(item, "min_qty"))


def product_of(row: Row, rules: StockRules) -> StockedProduct:
    """A product from its row of the catalogue and the rules of its stock item."""
    return StockedProduct(_text(row, "sku"), refusal_of(row.get("type_id")), *rules)


def figure_of(row: Row) -> StockFigure:
    """A source item."""
    return StockFigure(_text(row, "sku"), _text(row, "source_code"), _known(row, "quantity"), _flag(row, "status"))


def item_figure_of(sku: str, source: str, item: Mapping[str, Any]) -> StockFigure:
    """The stock item of a shop without sources, as the figure of its one source."""
    return StockFigure(sku, source, _known(item, "qty"), _flag(item, "is_in_stock"))


def open_lines(order: Row) -> list[OpenLine]:
    """The lines of an order that still bind stock: the product itself, never the configurable or bundle around it.

    What was done to a configurable is noted on its own line alone, so that the larger of the two counts.
    """
    rows = [row for row in order.get("items") or [] if isinstance(row, dict)]
    by_id = {row.get("item_id"): row for row in rows}
    created, status = moment_in(order, "created_at"), str(order.get("status") or "")
    lines = []
    for row in stocked(rows):
        parent = by_id.get(row.get("parent_item_id"), {})
        outer = parent if parent.get("product_type") == "configurable" else {}
        sent = "qty_invoiced" if _flag(row, "is_virtual") else "qty_shipped"
        gone = sum((max(_number(row, name), _number(outer, name)) for name in (sent, *_GIVEN_UP)), _NONE)
        units = _known(row, "qty_ordered") - gone
        if units > 0:
            lines.append(OpenLine(_text(row, "sku"), units, created, status, _exported(order)))
    return lines


def taken(order: Row) -> list[tuple[str, Decimal]]:
    """(SKU, units) that an order took off the stock of a shop without sources, less what was given up again."""
    rows = [row for row in order.get("items") or [] if isinstance(row, dict)]
    given_up = ((row, sum((_number(row, name) for name in _GIVEN_UP), _NONE)) for row in stocked(rows))
    return [(_text(row, "sku"), _known(row, "qty_ordered") - units) for row, units in given_up]


def stocked(rows: list[Row]) -> list[Row]:
    """The order lines that have stock of their own."""
    return [row for row in rows if row.get("product_type") not in ("configurable", "bundle")]


def cart_units(cart: Row) -> list[CartUnits]:
    """The units in a cart; a configurable stands there with the SKU of its child."""
    at = moment_in(cart, "updated_at")
    rows = [row for row in cart.get("items") or [] if isinstance(row, dict) and row.get("product_type") != "bundle"]
    return [CartUnits(_text(row, "sku"), _known(row, "qty"), at) for row in rows]


def shipped(row: Row) -> list[Left]:
    """The units of a shipment, with the source that they left."""
    extra = row.get("extension_attributes")
    source = extra.get("source_code") if isinstance(extra, dict) else None
    number_of, at = row_number(row, "entity_id"), moment_in(row, "created_at")
    lines = [line for line in row.get("items") or [] if isinstance(line, dict)]
    return [
        Left(number_of, at, _text(line, "sku"), str(source or DEFAULT_SOURCE), _known(line, "qty")) for line in lines
    ]


def moment_in(row: Row, name: str) -> datetime:
    """A moment that the shop names, UTC.

    Raises StreamError: it is none, so that nothing can be concluded from the row.
    """
    try:
        return datetime.fromisoformat(moment(row.get(name)).removesuffix("Z")).replace(tzinfo=timezone.utc)
    except Unfit as unfit:
        raise _unfit(name, unfit) from unfit


_GIVEN_UP = ("qty_canceled", "qty_refunded")


def _exported(order: Row) -> datetime | bool | None:
    extra = order.get("extension_attributes")
    if not isinstance(extra, dict) or not {"orderflow_export_date", "orderflow_export_status"} & extra.keys():
        return None
    return moment_in(extra, "orderflow_export_date") if extra.get("orderflow_export_date") else False


def _text(row: Mapping[str, Any], name: str) -> str:
    try:
        return text(row.get(name))
    except Unfit as unfit:
        raise _unfit(name, unfit) from unfit


def _known(row: Mapping[str, Any], name: str) -> Decimal:
    """A number that must be there: none is not 0, and a figure made of it would be written."""
    if row.get(name) is None:
        raise StreamError(
            f"A record of the shop has no '{name}', so its stock cannot be told; ask the shop's developer."
        )
    return _number(row, name)


def _number(row: Mapping[str, Any], name: str) -> Decimal:
    """A number; Magento leaves units that were never shipped or given up, and settings that are off, empty."""
    try:
        return _NONE if row.get(name) is None else number(row[name])
    except Unfit as unfit:
        raise _unfit(name, unfit) from unfit


def _flag(row: Mapping[str, Any], name: str) -> bool:
    try:
        return False if row.get(name) is None else flag(row[name])
    except Unfit as unfit:
        raise _unfit(name, unfit) from unfit


def _unfit(name: str, unfit: Unfit) -> StreamError:
    return StreamError(f"The '{name}' of a record of the shop {unfit}, so its stock cannot be told.")
