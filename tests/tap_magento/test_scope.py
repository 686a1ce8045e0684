"""`store_code` decides the scope of every request: whose values products have, and which stock is salable."""

from collections.abc import Callable

import pytest

from sandbox.magento.stock import StockView
from sandbox.magento.tables import rows_of
from sandbox.shop.world import SCOPES, STOCK_OF_WEBSITE
from sandbox.systems import Sandbox
from tests.tap_magento.reading import Reading, read

Reader = Callable[..., Reading]
STOCK = "product_stock_statuses"


@pytest.mark.parametrize("code", [None, "all", "default", "nl", "b2b_en"])
def test_products_and_stock_are_those_of_the_scope(steady: Sandbox, code: str | None) -> None:
    """Without a code the path has no scope, which Magento reads as the default store view."""
    shop = steady.shop
    assert shop is not None
    steady.requests.clear()
    reading = read(steady.magento_url, "products", "product_ids", STOCK, store_code=code, stock_reading="per_sku")
    root = f"/rest/{code}/V1/" if code else "/rest/V1/"
    assert all(entry.path.startswith(root) for entry in steady.requests.entries)
    rows = {row["id"]: row for row in rows_of(shop, "products", code or "default")}
    for record in reading.records["products"]:
        assert (record["name"], record["status"]) == (rows[record["id"]]["name"], rows[record["id"]]["status"])
    stock_id = STOCK_OF_WEBSITE[SCOPES[code or "default"]]
    view = StockView(shop, True)
    compared = 0
    for record in reading.records[STOCK]:
        exported = None if record["product_id"] is None else view.exported(rows[record["product_id"]], stock_id)
        if exported and record["stock_item"]["manage_stock"]:
            assert record["qty"] == int(exported["qty"]), record["sku"]
            compared += 1
    assert compared > 20


def test_the_scopes_of_the_test_shop_do_differ(steady: Sandbox) -> None:
    quantities = {
        code: {
            row["sku"]: row["qty"]
            for row in read(steady.magento_url, STOCK, store_code=code, stock_reading="per_sku").records[STOCK]
        }
        for code in ("all", "default")
    }
    assert quantities["all"] != quantities["default"]
    names = {
        code: read(steady.magento_url, "products", store_code=code).records["products"] for code in ("default", "nl")
    }
    assert names["default"] != names["nl"]
