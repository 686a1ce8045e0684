"""An order waits while the product of a row with children was never read: it may turn out to be a fixed kit."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.etl_days import EtlDays
from tests.oracle.flow import FULL_TABLE_STREAMS, Flow, Reading
from tests.oracle.magento_rows import bundle, line, option, order, product, stock_status
from tests.oracle.worlds import FIRST_DAY

SOLD = order(900, line(1, 7, 1, 30), line(2, 1, 1, 0, parent=1))


class Shop:
    def __init__(self, folder: Path, **flags: Any) -> None:
        self.days, self.number = EtlDays(folder, Flow(**flags)), 0

    def orders(self, **rows: Any) -> list[dict[str, Any]]:
        """The order lines that one run offers; everything is accepted."""
        now = FIRST_DAY + timedelta(days=self.number)
        self.number += 1
        messages = self.days.offer(Reading(rows, frozenset(FULL_TABLE_STREAMS), now))
        self.days.answer(messages)
        found = [one["record"] for one in messages if one["type"] == "RECORD" and one["stream"] == "sellOrders"]
        return [line for record in found for line in record["orderLines"]]


def kit() -> dict[str, Any]:
    return bundle(7, option("SKU-1"))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path / "job")


STOCK = [stock_status(1, "SKU-1", 5)]


def test_it_is_sold_as_the_kit_once_that_is_read(shop: Shop) -> None:
    assert shop.orders(products=[product(1)], product_stock_statuses=STOCK, orders=[SOLD]) == []
    (sold,) = shop.orders(products=[kit()], product_stock_statuses=STOCK)
    assert sold["productRemoteId"] == "7"


def test_it_waits_no_longer_than_for_an_unknown_product(shop: Shop) -> None:
    assert shop.orders(products=[product(1)], product_stock_statuses=STOCK, orders=[SOLD]) == []
    shop.number = 8
    (sold,) = shop.orders(product_stock_statuses=STOCK)
    assert sold["productRemoteId"] == "1"


@pytest.mark.parametrize("flags", [{"sync_compositions": False}, {"order_lines": "as_listed"}])
def test_where_kits_are_not_kept_nothing_depends_on_the_parent(tmp_path: Path, flags: dict[str, Any]) -> None:
    shop = Shop(tmp_path / "job", **flags)
    known = {} if flags.get("order_lines") is None else {"products": [product(1), kit()]}
    found = shop.orders(**{"products": [product(1)], "product_stock_statuses": STOCK, "orders": [SOLD], **known})
    assert "1" in {sold["productRemoteId"] for sold in found}


@pytest.mark.parametrize("field", ["item_id", "parent_item_id", "base_row_total", "qty_ordered"])
def test_an_order_with_a_number_too_large_to_count_is_refused(shop: Shop, field: str) -> None:
    rows = [line(1, 1, 1, 10), {**line(2, 1, 1, 10), field: 1e30}]
    assert shop.orders(products=[product(1)], product_stock_statuses=STOCK, orders=[order(900, *rows)]) == []
