"""The Magento sandbox's stock endpoints say what a real Magento 2.4.7 said of products of every kind."""

from urllib.parse import quote

import pytest

GONE = {"message": "The Product with the \"%1\" SKU doesn't exist."}
COMPOSITE = "Can't check requested quantity for products without Source Items support."

# SKU: (default stock: top quantity, status, salable quantity, is salable), (stock of website base: the same),
# (legacy quantity, legacy in-stock flag). The backorder and huge products have open reservations of their orders.
TABLE = {
    "ONLY-DEFAULT": ((100, 1, 100, True), (0, 0, 0, False), (100, True)),
    "ONLY-WAREHOUSE": ((0, 0, 0, False), (100, 1, 100, True), (0, False)),
    "SHIRT": ((0, 1, 400, True), (0, 1, 400, True), (0, True)),
    "BOX-DYN": ((0, 1, 400, True), (0, 1, 400, True), (0, True)),
    "GROUP-1": ((0, 1, 400, True), (0, 1, 400, True), (0, True)),
    "VIRTUAL-1": ((40, 1, 40, True), (52, 1, 52, True), (40, True)),
    "NOMANAGE-0": ((0, 1, 0, True), (6, 1, 6, True), (0, True)),
    "NOMANAGE-5": ((5, 1, 5, True), (0, 0, 0, False), (5, True)),
    "NEGATIVE-1": ((100, 1, 100, True), (99, 1, 99, True), (-7, True)),
    "BACKORDER-1": ((0, 1, 0, True), (-13, 1, -13.5, True), (0, True)),
    "MINQTY-10": ((-5, 0, -5, False), (12, 1, 12, True), (5, True)),
    "DECIMAL-1": ((2, 1, 2.755, True), (3, 1, 3.25, True), (2.755, True)),
    "OUT-OF-STOCK-FLAG": ((0, 1, 0, True), (2, 1, 2, True), (50, False)),
    "ZERO-1": ((0, 0, 0, False), (0, 0, 0, False), (0, False)),
    "OLD-SOURCE-ONLY": ((0, 0, 0, False), (0, 0, 0, False), (0, False)),
    "EBOOK-1": ((0, 1, 0, True), (0, 0, 0, False), (None, True)),
}


@pytest.mark.parametrize("sku", TABLE)
@pytest.mark.parametrize(("scope", "stock"), [("all", 1), ("b2b_en", 1), ("", 2), ("nl", 2)])
def test_quantity_and_salability_follow_the_stock_of_the_scope(magento, sku, scope, stock):
    top, status, salable, is_salable = TABLE[sku][stock - 1]
    legacy, flag = TABLE[sku][2]
    answer = magento.json(f"stockStatuses/{sku}", scope=scope)
    assert (answer["qty"], answer["stock_status"], answer["stock_id"]) == (top, status, 1)
    assert (answer["stock_item"]["qty"], answer["stock_item"]["is_in_stock"]) == (legacy, flag)
    assert answer["product_id"] == answer["stock_item"]["product_id"] == magento.shop.product(sku)["id"]
    quantity = magento.ask(f"inventory/get-product-salable-quantity/{sku}/{stock}")
    if salable == 400:
        assert (quantity.status_code, quantity.json()) == (400, {"message": COMPOSITE})
    else:
        assert (quantity.status_code, quantity.json()) == (200, salable)
    assert magento.json(f"inventory/is-product-salable/{sku}/{stock}") is is_salable


@pytest.mark.parametrize(
    ("sku", "base", "legacy"),
    [("DISABLED-1", (13, 1), 33), ("UNINDEXED-1", (0, 0), 12), ("NO-STOCK-ROW", (0, 0), None)],
)
def test_a_disabled_or_unindexed_product_is_a_phantom_but_its_stock_item_is_right(magento, sku, base, legacy):
    for scope, (quantity, status) in (("all", (0, 0)), ("", base)):
        answer = magento.json(f"stockStatuses/{sku}", scope=scope)
        assert (answer["product_id"], answer["qty"], answer["stock_status"]) == (None, quantity, status)
        item = answer["stock_item"]
        assert (item["product_id"], item["qty"], item["manage_stock"]) == (0, None, False)
        assert "item_id" not in item
    assert magento.json(f"stockItems/{sku}")["qty"] == legacy
    assert magento.json(f"products/{sku}")["extension_attributes"]["stock_item"]["qty"] == legacy


def test_a_missing_sku_is_a_404_a_crash_or_simply_not_salable(magento):
    for path in ("stockStatuses/NOPE", "stockItems/NOPE"):
        answer = magento.ask(path)
        assert (answer.status_code, answer.json()) == (404, GONE | {"parameters": ["NOPE"]})
    crash = magento.ask("inventory/get-product-salable-quantity/NOPE/2")
    assert (crash.status_code, crash.headers["Content-Type"].split(";")[0]) == (500, "text/plain")
    assert magento.json("inventory/is-product-salable/NOPE/2") is False
    unknown = magento.ask("inventory/get-product-salable-quantity/PART-A/77")
    assert (unknown.status_code, unknown.json()["message"]) == (400, "Could not receive Stock Item data")


def test_the_inventory_modules_crash_on_a_sku_spelt_otherwise(magento):
    for path in ("stockStatuses/VIRTUAL-1%20", "inventory/get-product-salable-quantity/virtual-1/2"):
        assert magento.ask(path).status_code == 500, path
    assert magento.json("stockItems/VIRTUAL-1%20")["qty"] == 40


def test_every_awkward_sku_works_when_it_is_quoted_once(magento):
    skus = [product["sku"] for product in magento.shop.products.values()]
    for sku in skus:
        for path in ("stockStatuses", "stockItems", "products"):
            answer = magento.ask(f"{path}/{quote(sku, safe='')}", scope="")
            assert answer.status_code == 200, (path, sku)
        assert answer.json()["sku"] == sku


def test_a_plus_is_a_space_and_a_bare_slash_another_route(magento):
    assert magento.ask("stockItems/ODD+PLUS").json()["parameters"] == ["ODD PLUS"]
    assert magento.ask("stockItems/ODD+SPACE+1").status_code == 200
    assert magento.ask("stockItems/ODD/SLASH-1").json() == {"message": "Request does not match any route."}
    assert magento.ask("stockItems/ODD%252FSLASH-1").status_code == 404


def test_letter_case_differs_between_a_product_and_its_source_items(magento):
    rows = magento.items("inventory/source-items", ("sku", "eq", "Odd-Case-A"))
    assert {row["sku"] for row in rows} == {"odd-case-a"}
    assert magento.json("stockStatuses/Odd-Case-A", scope="")["stock_status"] == 1


def test_scope_id_chooses_the_website_of_a_stock_status(magento):
    assert magento.json("stockStatuses/VIRTUAL-1", "scopeId=1")["qty"] == 52
    assert magento.json("stockStatuses/VIRTUAL-1", "scopeId=0", scope="")["qty"] == 40
    assert magento.ask("stockStatuses/VIRTUAL-1", "scopeId=99").status_code == 404


def test_low_stock_lists_every_stock_item_with_a_quantity(magento):
    answer = magento.json("stockItems/lowStock", "scopeId=0&qty=99999999&currentPage=1&pageSize=1000")
    held = [item for item in magento.shop.stock.items.values() if item["qty"] is not None]
    assert answer["total_count"] == len(answer["items"]) == len(held)
    assert "sku" not in answer["items"][0]
    assert answer["search_criteria"]["limit"] == ["1", "1000"]
    assert len(magento.json("stockItems/lowStock", "scopeId=0&qty=99999999")["items"]) == 1
    assert magento.json("stockItems/lowStock", "scopeId=1&qty=99999999&pageSize=9")["items"] == []
    negative = magento.json("stockItems/lowStock", "scopeId=0&qty=-1&pageSize=9")["items"]
    assert [item["qty"] for item in negative] == [-7]
    assert magento.json("stockItems/lowStock", "scopeId=0&qty=9&pageSize=100&currentPage=99")["items"] == []
    assert magento.ask("stockItems/lowStock", "scopeId=0").json()["parameters"] == {"fieldName": "qty"}


def test_the_salable_export_agrees_with_the_single_answers(magento, criteria):
    rows, counts = {}, []
    for page in range(1, 8):
        query = criteria(sort="entity_id ASC", size=10, page=page)
        answer = magento.json("inventory/export-stock-salable-qty/website/base", query)
        counts.append((answer["total_count"], len(answer["items"])))
        rows |= {row["sku"]: row for row in answer["items"]}
    assert all(count == length for count, length in counts)
    for product in magento.shop.products.values():
        single = magento.json(f"stockStatuses/{quote(product['sku'], safe='')}", scope="")
        listed = rows.get(product["sku"], {"qty": 0})
        if product["sku"] != "NOMANAGE-0":
            assert int(listed["qty"]) == single["qty"], product["sku"]
    assert rows["NOMANAGE-0"]["qty"] == 0


def test_the_index_dump_knows_neither_reservations_nor_minimum(magento):
    dump = {row["sku"]: row for row in magento.json("inventory/dump-stock-index-data/website/b2b")}
    assert dump["MINQTY-10"] == {"sku": "MINQTY-10", "qty": 5, "is_salable": True}
    assert dump["NEGATIVE-1"]["qty"] == 0
    assert dump["OUT-OF-STOCK-FLAG"] == {"sku": "OUT-OF-STOCK-FLAG", "qty": 50, "is_salable": False}
    assert dump["NOMANAGE-5"]["qty"] == 0
    assert "NOWEB-1" not in dump
    assert "DISABLED-1" not in dump


def test_sources_stocks_and_links_say_who_sells_from_where(magento):
    enabled = {row["source_code"]: row["enabled"] for row in magento.items("inventory/sources")}
    assert enabled == {"ams": True, "default": True, "old": False, "rtm": True}
    assert {row["stock_id"] for row in magento.items("inventory/stocks")} == {1, 2}
    links = {(row["stock_id"], row["source_code"]) for row in magento.items("inventory/stock-source-links")}
    assert links == {(1, "default"), (2, "ams"), (2, "rtm"), (2, "old")}
    assert magento.json("inventory/stock-resolver/website/base")["stock_id"] == 2
    assert magento.ask("inventory/stock-resolver/website/nope").json() == {"message": "No linked stock found"}
    assert magento.ask("inventory/sources/nope").json()["parameters"] == {"value": "nope"}
    skus = magento.json("inventory/are-products-salable", "skus[0]=PART-A&skus[1]=ZERO-1&stockId=2")
    assert [row["salable"] for row in skus] == [True, False]


def test_an_order_lowers_what_can_be_sold_and_its_shipment_what_is_there(own_magento):
    shop = own_magento.shop
    order_id = next(key for key, draft in shop.drafts.items() if draft.store_id == 1 and shop.orders[key]["items"])
    item = next(row for row in shop.orders[order_id]["items"] if row["sku"] != "BACKORDER-1")
    path = f"stockStatuses/{quote(item['sku'], safe='')}"

    def there():
        rows = own_magento.items("inventory/source-items", ("sku", "eq", item["sku"]), ("source_code", "eq", "ams"))
        return rows[0]["quantity"]

    salable, physical = own_magento.json(path, scope="")["qty"], there()
    shop.complete_order(order_id, "2026-01-15 07:00:00")
    assert own_magento.json(path, scope="")["qty"] == salable
    assert there() == physical - item["qty_ordered"]


def test_without_the_inventory_modules_their_routes_are_gone_and_stock_is_the_legacy_one(own_magento):
    own_magento.configure(msi=False)
    gone = own_magento.ask("inventory/sources", "searchCriteria=")
    assert (gone.status_code, gone.json()) == (404, {"message": "Request does not match any route."})
    assert own_magento.json("stockStatuses/MINQTY-10", scope="")["qty"] == 5
    assert not [name for name in own_magento.json("modules") if name.startswith("Magento_Inventory")]


def test_a_web_server_may_refuse_an_encoded_slash(own_magento):
    own_magento.configure(refuse_encoded_slash=True)
    answer = own_magento.ask("stockItems/ODD%2FSLASH-1")
    assert (answer.status_code, answer.headers["Content-Type"].split(";")[0]) == (404, "text/html")
