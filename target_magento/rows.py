"""What a shop says of its stock, in exact numbers: products, sources, figures, open orders, carts, departures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from connector.errors import StreamError
from connector.http.pool import Row
from target_magento.values import flag_in, known_in, lines_in, moment_in, number_in, text_in
from vocabulary.magento import sells

DEFAULT_SOURCE = "default"
"""The one source of a shop without inventory management."""
ITEM_FIELDS = "item_id,product_id,qty,is_in_stock,is_qty_decimal,backorders,min_qty,manage_stock"
ORDER_FIELDS = (
    "entity_id,created_at,status,items[item_id,parent_item_id,sku,product_type,is_virtual,qty_ordered,qty_shipped,"
    "qty_invoiced,qty_canceled,qty_refunded],extension_attributes[orderflow_export_date,orderflow_export_status]"
)
_NONE = Decimal(0)
_NO_RULES = "the shop shows no stock item of it, so nobody can say whether back orders and decimals are on"
_COMPOSITES = {"configurable": "a configurable product", "bundle": "a bundle", "grouped": "a grouped product"}


@dataclass(frozen=True)
class StockedProduct:
    """A product of the catalogue; `refusal` says why no stock may be written for it, the rest what its stock may be."""

    sku: str
    refusal: str | None
    decimals: bool
    backorders: bool
    min_qty: Decimal
    known: bool = True

    def unclear(self, quantity: Decimal) -> str | None:
        """Why a quantity cannot be written, as a sentence without a full stop; None: all that it needs is known."""
        return None if self.known or (quantity > 0 and quantity == quantity.to_integral_value()) else _NO_RULES

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


def rules_of(item: Mapping[str, Any]) -> StockRules | None:
    """The rules in a stock item, whose values are the shop's own where it uses those; None: they cannot be used."""
    try:
        sold = number_in(item, "backorders") > 0
        return StockRules(flag_in(item, "is_qty_decimal"), sold, number_in(item, "min_qty"))
    except StreamError:
        return None


def product_of(row: Row, rules: StockRules | None) -> StockedProduct:
    """A product from its row of the catalogue and the rules of its stock item, where the shop shows it."""
    sku, refusal = text_in(row, "sku"), refusal_of(row.get("type_id"))
    return StockedProduct(sku, refusal, *(rules or (False, False, _NONE)), known=rules is not None)


def figure_of(row: Row) -> StockFigure:
    """A source item."""
    sku, source = text_in(row, "sku"), text_in(row, "source_code")
    return StockFigure(sku, source, known_in(row, "quantity"), flag_in(row, "status"))


def item_figure_of(item: Row) -> StockFigure:
    """A stock item with its `sku`, of a shop without sources, as the figure of its one source."""
    return StockFigure(text_in(item, "sku"), DEFAULT_SOURCE, known_in(item, "qty"), flag_in(item, "is_in_stock"))


def open_lines(order: Row) -> list[OpenLine]:
    """The lines of an order that still bind stock: the product itself, never the configurable or bundle around it.

    What was done to a configurable is noted on its own line alone, so that the larger of the two counts.
    """
    rows = lines_in(order)
    by_id = {row.get("item_id"): row for row in rows}
    created, status = moment_in(order, "created_at"), str(order.get("status") or "")
    lines = []
    for row in stocked(rows):
        parent = by_id.get(row.get("parent_item_id"), {})
        outer = parent if parent.get("product_type") == "configurable" else {}
        sent = "qty_invoiced" if flag_in(row, "is_virtual") else "qty_shipped"
        gone = sum((max(number_in(row, name), number_in(outer, name)) for name in (sent, *GIVEN_UP)), _NONE)
        units = known_in(row, "qty_ordered") - gone
        if units > 0:
            lines.append(OpenLine(text_in(row, "sku"), units, created, status, _exported(order)))
    return lines


def stocked(rows: list[Row]) -> list[Row]:
    """The order lines that have stock of their own."""
    return [row for row in rows if row.get("product_type") not in ("configurable", "bundle")]


def cart_units(cart: Row) -> list[CartUnits]:
    """The units in a cart; a configurable stands there with the SKU of its child."""
    at = moment_in(cart, "updated_at")
    rows = [row for row in lines_in(cart) if row.get("product_type") != "bundle"]
    return [CartUnits(text_in(row, "sku"), known_in(row, "qty"), at) for row in rows]


GIVEN_UP = ("qty_canceled", "qty_refunded")


def _exported(order: Row) -> datetime | bool | None:
    extra = order.get("extension_attributes")
    if not isinstance(extra, dict) or not {"orderflow_export_date", "orderflow_export_status"} & extra.keys():
        return None
    return moment_in(extra, "orderflow_export_date") if extra.get("orderflow_export_date") else False
