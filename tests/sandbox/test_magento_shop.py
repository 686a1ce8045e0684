"""The sandbox's shop is made by its seed alone, and each of its later days changes it in the same way."""

import pytest

from sandbox.shop.catalogue import CATALOGUE
from sandbox.shop.collation import folded
from sandbox.shop.days import next_day
from sandbox.shop.shop import Shop


def test_equal_seeds_make_equal_shops_and_others_do_not():
    assert Shop(seed=3).dump() == Shop(seed=3).dump()
    assert Shop(seed=3).dump() != Shop(seed=4).dump()


def test_equal_seeds_live_equal_days():
    one, two = Shop(seed=3), Shop(seed=3)
    assert [next_day(one), next_day(one)] == [next_day(two), next_day(two)]
    assert one.dump() == two.dump()
    three = Shop(seed=3)
    next_day(three, 2)
    assert three.dump() == one.dump()


def test_the_catalogue_is_there_whatever_the_size():
    for products in (0, 60, 300):
        shop = Shop(products=products, orders=0)
        assert len(shop.products) == max(products, len(CATALOGUE) - 1)
        skus = {product["sku"] for product in shop.products.values()}
        assert {spec.sku for spec in CATALOGUE if not spec.deleted} <= skus
        assert {product["type_id"] for product in shop.products.values()} == {
            "simple",
            "virtual",
            "downloadable",
            "configurable",
            "bundle",
            "grouped",
        }


def test_all_the_seed_makes_is_older_than_the_clock():
    shop = Shop()
    stamps = [row["updated_at"] for rows in (shop.products, shop.orders) for row in rows.values()]
    assert max(stamps) < "2026-01-15 08:00:00"


def test_a_bundle_is_a_fixed_kit_only_when_nothing_is_left_to_choose():
    def fixed(product):
        options = product["extension_attributes"]["bundle_product_options"]
        return all(
            option["required"] and len(option["product_links"]) == 1
            and not option["product_links"][0]["can_change_quantity"]
            for option in options
        )

    bundles = [product for product in Shop().products.values() if product["type_id"] == "bundle"]
    assert {product["sku"] for product in bundles if fixed(product)} == {"KIT-DYN", "KIT-FIX"}
    assert {product["sku"] for product in bundles if not fixed(product)} == {
        "BOX-DYN",
        "BOX-FIX",
        "BOX-FREE-QTY",
        "BOX-OPTIONAL",
    }


def test_a_day_does_what_it_tells():
    shop = Shop()
    before = shop.dump()
    changes = next_day(shop)
    old = {product["id"]: product for product in before["products"]}
    stock = {(row["source_code"], row["sku"]): row["quantity"] for row in before["source_items"]}
    (gone,), (disabled,), (added,) = changes["deleted"], changes["disabled"], changes["added"]
    assert gone not in shop.products
    assert gone not in shop.stock.items
    assert any(row["sku"] == old[gone]["sku"] for row in shop.stock.source_items.values())
    assert (old[disabled]["status"], shop.products[disabled]["status"]) == (1, 2)
    assert added not in old
    assert added in shop.products
    for product_id in changes["edited"]:
        product = shop.products[product_id]
        assert (product["name"], product["price"]) != (old[product_id]["name"], old[product_id]["price"])
        assert product["updated_at"] > "2026-01-15 12:00:00"
    for sku in changes["moved"]:
        rows = [row for row in shop.stock.source_items.values() if folded(row["sku"]) == folded(sku)]
        assert any(row["quantity"] != stock[row["source_code"], row["sku"]] for row in rows)
        if shop.by_sku[folded(sku)] not in changes["edited"]:
            product = shop.products[shop.by_sku[folded(sku)]]
            assert product["updated_at"] == old[product["id"]]["updated_at"]


def test_a_day_sells_and_completes_older_orders():
    shop = Shop()
    before = {order["entity_id"]: order for order in shop.dump()["orders"]}
    changes = next_day(shop)
    assert len(changes["sold"]) >= 8
    assert not set(changes["sold"]) & set(before)
    assert changes["completed"]
    for order_id in changes["completed"]:
        order, old = shop.orders[order_id], before[order_id]
        assert old["state"] in ("new", "processing")
        assert order["state"] == "complete"
        assert "2026-01-15 12:00:00" < order["updated_at"] < "2026-01-16 08:00:00"
        assert order["created_at"] == old["created_at"]
        assert order["increment_id"] == old["increment_id"]
        assert [row["item_id"] for row in order["items"]] == [row["item_id"] for row in old["items"]]
        assert order["base_subtotal"] == old["base_subtotal"]
    for order_id in changes["sold"]:
        assert "2026-01-15 12:00:00" < shop.orders[order_id]["created_at"] < "2026-01-16 08:00:00"


def test_the_legacy_quantity_stays_the_default_sources():
    shop = Shop()
    next_day(shop, 3)
    for product in shop.products.values():
        row = shop.stock.source_items.get(("default", folded(product["sku"])))
        if row is not None and product["id"] in shop.stock.items:
            assert shop.stock.items[product["id"]]["qty"] == row["quantity"], product["sku"]


def test_a_product_can_be_edited_silently_and_the_list_shows_it(own_magento):
    product = own_magento.shop.product("PART-A")
    stamp = product["updated_at"]
    own_magento.shop.edit_product(product["id"], None, price=77)
    shown = own_magento.items("products", ("sku", "eq", "PART-A"))[0]
    assert (shown["price"], shown["updated_at"]) == (77, stamp)


def test_the_server_shows_the_next_day_and_after_a_reset_the_first_again(own_magento, criteria):
    everything = criteria(sort="entity_id ASC", size=0)
    first = own_magento.json("products", everything)
    orders = own_magento.json("orders", criteria(size=1))["total_count"]
    own_magento.sandbox.next_day()
    assert own_magento.json("products", everything) != first
    assert own_magento.json("orders", criteria(size=1))["total_count"] > orders
    own_magento.sandbox.reset()
    assert own_magento.json("products", everything) == first


@pytest.mark.parametrize(("status", "expected"), [(500, 500), (404, 404)])
def test_a_spoilt_record_spoils_its_page_and_no_other(own_magento, criteria, status, expected):
    own_magento.shop.poison("products", 12, status)
    whole = criteria(sort="entity_id ASC", size=300)
    assert own_magento.ask("products", whole).status_code == expected
    for low, high in ((0, 11), (12, 999)):
        bounds = ([("entity_id", "gt", str(low))], [("entity_id", "lteq", str(high))])
        assert own_magento.ask("products", criteria(*bounds, sort="entity_id ASC")).status_code == 200
    assert own_magento.ask("products", criteria([("entity_id", "eq", "12")])).status_code == expected
    own_magento.shop.heal()
    assert own_magento.ask("products", whole).status_code == 200
