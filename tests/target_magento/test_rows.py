"""A figure that the shop leaves out is never taken for 0: what is written would be made of it."""

from typing import Any

import pytest

from connector.errors import StreamError
from target_magento.rows import figure_of, item_figure_of, open_lines

ITEM = {"sku": "A", "source_code": "default", "quantity": 3, "status": 1}
LINE = {"item_id": 1, "sku": "A", "product_type": "simple", "qty_ordered": 2}
ORDER = {"entity_id": 1, "created_at": "2026-01-15 08:00:00", "status": "processing"}


@pytest.mark.parametrize("missing", [{"quantity": None}, {}], ids=["null", "absent"])
def test_a_source_item_without_quantity_has_no_figure(missing: dict[str, Any]) -> None:
    assert figure_of(ITEM).quantity == 3
    row = {name: value for name, value in ITEM.items() if name != "quantity"} | missing
    with pytest.raises(StreamError, match="no 'quantity'"):
        figure_of(row)


def test_a_stock_item_without_quantity_has_no_figure() -> None:
    with pytest.raises(StreamError, match="no 'qty'"):
        item_figure_of({"sku": "A", "is_in_stock": True})


def test_an_order_line_without_units_is_not_0_units_while_units_never_shipped_are() -> None:
    (line,) = open_lines({**ORDER, "items": [{**LINE, "qty_shipped": None}]})
    assert line.open == 2
    with pytest.raises(StreamError, match="no 'qty_ordered'"):
        list(open_lines({**ORDER, "items": [{**LINE, "qty_ordered": None}]}))
