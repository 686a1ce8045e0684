"""A shop's stock over HTTP: what stands there, what it depends on, and how it is set."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from connector.errors import AccessDenied, StreamError
from inventory.errors import ShopTrouble
from inventory.magento import magento_shop
from inventory.shop import Key, Write
from target_magento.rows import Written
from target_magento.stock import ShopStock
from tests.target_magento.conftest import LOGGER, Keeper

SKU = "ONLY-WAREHOUSE"


def write(sku: str = SKU, quantity: str = "5", source: str = "ams", in_stock: bool = True) -> Write:
    return Write(sku, source, Decimal(quantity), in_stock)


def test_sources_come_with_their_best_priority(stock: ShopStock):
    assert stock.manages_sources
    assert [(one.code, one.priority) for one in stock.sources()] == [("ams", 1), ("default", 1), ("old", 3), ("rtm", 2)]


def test_a_shop_without_inventory_management_has_one_source(shop: Keeper, stock: ShopStock):
    shop.sandbox.magento.settings.msi = False
    assert not stock.manages_sources
    assert [one.code for one in stock.sources()] == ["default"]
    assert stock.now() == shop.sandbox.clock.now().replace(microsecond=0)


def test_the_time_is_the_shops(shop: Keeper, stock: ShopStock):
    before = stock.now()
    shop.sandbox.call(lambda: shop.sandbox.clock.advance(seconds=3600))
    assert stock.now() - before >= timedelta(hours=1)


def test_products_are_found_in_any_letter_case_and_what_is_lacking_is_left_out(stock: ShopStock):
    found = stock.products({SKU.lower(), "odd,comma", "no-such-sku"})
    assert {key: product.sku for key, product in found.items()} == {SKU.lower(): SKU, "odd,comma": "ODD,COMMA"}
    assert found[SKU.lower()].refusal is None


def test_products_without_stock_of_their_own_say_so(shop: Keeper, stock: ShopStock):
    skus = {p["sku"].lower(): p["type_id"] for p in shop.sandbox.shop.products.values()}
    found = stock.products(set(skus))
    composite = {sku for sku, kind in skus.items() if kind in ("bundle", "configurable", "grouped")}
    assert {sku for sku, product in found.items() if product.refusal} == composite
    assert len(found) == len(skus)


@pytest.mark.parametrize("many", [False, True])
def test_a_product_says_whether_it_is_sold_in_decimals_and_on_back_order(shop: Keeper, stock: ShopStock, many: bool):
    number = shop.sandbox.shop.by_sku[SKU.lower()]
    item = shop.sandbox.shop.stock.items[number]
    item.update(is_qty_decimal=True, backorders=2, min_qty=-3)
    skus = {p["sku"].lower() for p in shop.sandbox.shop.products.values()} if many else {SKU.lower()}
    found = stock.products(skus)[SKU.lower()]
    assert (found.decimals, found.backorders, found.min_qty) == (True, True, -3)


def test_source_items_come_for_the_whole_sku(stock: ShopStock):
    found = stock.source_items({Key(SKU.lower(), "ams")})
    assert {(one.sku, one.source, one.quantity) for one in found} == {(SKU, "ams", 100), (SKU, "default", 0)}


def test_many_skus_are_read_as_a_whole_list(shop: Keeper, stock: ShopStock, monkeypatch: pytest.MonkeyPatch):
    skus = {p["sku"].lower() for p in shop.sandbox.shop.products.values()}
    keys = {Key(sku, "ams") for sku in skus}
    singly = stock.source_items(keys)
    monkeypatch.setattr("target_magento.lists.MOST_NAMED", 3)
    asked = shop.asked("source-items")
    assert sorted(stock.source_items(keys), key=repr) == sorted(singly, key=repr)
    assert shop.asked("source-items") - asked <= 4
    assert stock.products(skus).keys() == skus


def test_a_page_that_cannot_hold_all_rows_is_halved(shop: Keeper, stock: ShopStock):
    skus = {p["sku"].lower() for p in shop.sandbox.shop.products.values()}
    whole = stock.products(skus)
    shop.sandbox.magento.settings.page_limit = 15
    assert stock.products(skus) == whole


def test_open_orders_are_those_that_bind_stock(shop: Keeper, stock: ShopStock):
    known = len(stock.open_orders({SKU.lower()}))
    order = shop("place", {SKU: 10}, exported_at="2026-01-10 08:00:00")
    shop("place", {SKU: 3}, state="complete")
    shop("ship", order, {SKU: 4})
    (line,) = stock.open_orders({SKU.lower()})[known:]
    assert (line.open, line.status) == (6, "processing")
    assert str(line.exported) == "2026-01-10 08:00:00+00:00"
    shop("cancel", order)
    assert len(stock.open_orders({SKU.lower()})) == known


def test_the_units_of_a_configurable_are_its_childs(shop: Keeper, stock: ShopStock):
    children = [row for order in shop.sandbox.shop.orders.values() for row in order["items"] if row.get("parent_item")]
    child = next(row["sku"] for row in children if row["parent_item"]["product_type"] == "configurable")
    before = sum(line.open for line in stock.open_orders({child.lower()}))
    order = shop("place", {child: 4})
    assert sum(line.open for line in stock.open_orders({child.lower()})) == before + 4
    shop("ship", order, {child: 1})
    assert sum(line.open for line in stock.open_orders({child.lower()})) == before + 3


def test_what_was_done_to_a_configurable_counts_for_its_child():
    from target_magento.rows import open_lines

    names = ("qty_shipped", "qty_invoiced", "qty_canceled", "qty_refunded")
    none = dict.fromkeys(names, 0)
    parent = {"item_id": 1, "product_type": "configurable", "sku": "A", "qty_ordered": 5, **none, "qty_shipped": 2}
    child = {"item_id": 2, "parent_item_id": 1, "product_type": "simple", "sku": "A", "qty_ordered": 5, **none}
    order = {"created_at": "2026-01-01 00:00:00", "status": "processing", "items": [parent, child]}
    assert [line.open for line in open_lines(order)] == [3]
    bundle = {"item_id": 3, "product_type": "bundle", "sku": "B", "qty_ordered": 1, **none, "qty_shipped": 1}
    part = {"item_id": 4, "parent_item_id": 3, "product_type": "simple", "sku": "P", "qty_ordered": 2, **none}
    virtual = {"item_id": 5, "product_type": "virtual", "is_virtual": 1, "sku": "V", "qty_ordered": 3, **none}
    order["items"] = [bundle, part, {**virtual, "qty_invoiced": 1}]
    assert [(line.sku, line.open) for line in open_lines(order)] == [("P", 2), ("V", 2)]


def test_active_carts_count_from_a_moment_on(shop: Keeper, stock: ShopStock):
    shop("cart", {SKU: 2}, at="2026-01-14 08:00:00")
    shop("cart", {SKU: 4}, at="2026-01-14 07:59:59")
    shop("cart", {SKU: 8}, at="2026-01-15 07:00:00", active=False)
    shop("cart", {SKU: 16, "PART-A": 1}, at="2026-01-15 07:00:00")
    since = stock.now().replace(hour=8, minute=0, second=0) - timedelta(days=1)
    assert [line.quantity for line in stock.carts({SKU.lower()}, since)] == [2, 16]


def test_what_was_shipped_is_told_with_its_source(shop: Keeper, stock: ShopStock):
    moment = stock.now()
    order = shop("place", {SKU: 10})
    first = shop("ship", order, {SKU: 4})
    shop("ship", order)
    found = stock.shipments_since(moment)
    assert [(one.sku, one.source, one.quantity) for one in found] == [(SKU, "ams", 4), (SKU, "ams", 6)]
    assert first == found[0].id < found[1].id
    assert all(one.at >= moment for one in found)


def test_without_sources_an_order_takes_from_the_stock(shop: Keeper, stock: ShopStock):
    shop.sandbox.magento.settings.msi = False
    moment = stock.now()
    order = shop("place", {SKU: 10})
    assert [(one.sku, one.source, one.quantity) for one in stock.shipments_since(moment)] == [(SKU, "default", 10)]
    shop("refund", order, {SKU: 3})
    assert [one.quantity for one in stock.shipments_since(moment)] == [7]


def test_figures_are_set_in_one_call(shop: Keeper, stock: ShopStock):
    rows = [write(quantity="7.25"), write("PART-A", "-2", in_stock=False), write(source="rtm", quantity="3")]
    assert stock.write_source_items(rows) == [Written(True)] * 3
    assert shop.writes() == 1
    assert shop.standing(SKU) == (Decimal("7.25"), True)
    assert shop.standing("PART-A") == (-2, False)
    assert shop.standing(SKU, "rtm") == (3, True)


def test_a_refused_call_is_halved_down_to_the_bad_row(shop: Keeper, stock: ShopStock):
    skus = [p["sku"] for p in shop.sandbox.shop.products.values() if p["type_id"] == "simple"][:16]
    rows = [write(sku) for sku in skus]
    rows[11] = replace(rows[11], source="nowhere")
    outcomes = stock.write_source_items(rows)
    assert [place for place, one in enumerate(outcomes) if not one.done] == [11]
    assert "Could not save Source Item" in str(outcomes[11].reason)
    assert all(shop.standing(sku) == (5, True) for place, sku in enumerate(skus) if place != 11)
    assert shop.writes() == 1 + 4 * 2 + 1


def test_a_deadlock_is_no_bad_row(shop: Keeper, stock: ShopStock):
    shop.sandbox.magento.settings.deadlocks = 1
    assert stock.write_source_items([write()]) == [Written(True)]
    shop.sandbox.magento.settings.deadlocks = 2
    assert stock.write_source_items([write(), write("PART-A")]) == [Written(True)] * 2


def test_a_row_on_which_the_shop_fails_costs_no_other(shop: Keeper, stock: ShopStock):
    shop.sandbox.faults_magento.add({"method": "POST", "record": "PART-A", "status": 500})
    outcomes = stock.write_source_items([write(), write("PART-A"), write("PART-B")])
    assert [one.done for one in outcomes] == [True, False, True]


def test_a_shop_that_fails_on_every_row_is_told_as_trouble(shop: Keeper, stock: ShopStock):
    shop.sandbox.faults_magento.add({"method": "POST", "status": 500})
    rows = [write(sku) for sku in (SKU, "PART-A", "PART-B", "BACKORDER-1", "ODD,COMMA")]
    with pytest.raises(StreamError, match="500"):
        stock.write_source_items(rows)


def test_an_answer_that_was_lost_is_asked_for_again(shop: Keeper, stock: ShopStock):
    shop.sandbox.faults_magento.add({"method": "POST", "cut": "after", "times": 1})
    assert stock.write_source_items([write()]) == [Written(True)]
    assert shop.standing(SKU) == (5, True)


def test_without_sources_stock_items_are_set_and_a_product_that_is_gone_costs_no_other(shop: Keeper, stock: ShopStock):
    shop.sandbox.magento.settings.msi = False
    outcomes = stock.write_source_items([write(source="default"), write("GHOST", source="default"), write("PART-A")])
    assert [one.done for one in outcomes] == [True, False, True]
    (found,) = stock.source_items({Key(SKU.lower(), "default")})
    assert (found.quantity, found.in_stock, found.source) == (5, True, "default")


def test_a_missing_right_is_named(shop: Keeper):
    shop.sandbox.magento.settings.missing_acl = {"Magento_InventoryApi::stock_source_item_assign"}
    stock = ShopStock.of(shop.config, LOGGER)
    with pytest.raises(AccessDenied, match="stock_source_item_assign"):
        stock.write_source_items([write()])
    shop.sandbox.magento.settings.missing_acl = {"Magento_InventoryApi::source"}
    with pytest.raises(AccessDenied, match="Magento_InventoryApi::source"):
        stock.now()
    stock.close()


def test_to_the_import_whatever_fails_is_trouble(shop: Keeper):
    with (
        pytest.raises(ShopTrouble, match="store_url"),
        magento_shop({**shop.config, "store_url": "ftp://shop"}, LOGGER),
    ):
        pass
    with magento_shop({**shop.config, "access_token": "wrong"}, LOGGER) as opened, pytest.raises(ShopTrouble) as told:
        opened.now()
    assert "wrong" not in str(told.value).replace("login is wrong", "")
    with magento_shop(shop.config, LOGGER) as opened:
        shop.sandbox.faults_magento.add({"path": "orders", "status": 503})
        with pytest.raises(ShopTrouble, match="503"):
            opened.open_orders({SKU.lower()})
        assert opened.manages_sources
