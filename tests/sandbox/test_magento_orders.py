"""The orders of the Magento sandbox add up as a real Magento's do, and hold every awkward case."""

from collections import Counter

import pytest

from sandbox.shop.days import next_day
from sandbox.shop.shop import Shop


@pytest.fixture(scope="module")
def orders():
    shop = Shop(orders=400)
    next_day(shop, 2)
    return list(shop.orders.values())


def children(order, row):
    return [item for item in order["items"] if item.get("parent_item_id") == row["item_id"]]


def counting(order):
    """The rows whose money counts: a parent only where none of its children carries money."""
    rows = []
    for row in order["items"]:
        if "parent_item_id" in row:
            continue
        parts = children(order, row)
        priced = [part for part in parts if part["base_price"]]
        rows += priced or [row]
    return rows


def cents(amount):
    return round(amount * 100)


def test_rows_are_after_discount_and_without_tax_while_subtotal_is_before(orders):
    for order in orders:
        rows = counting(order)
        discounts = sum(cents(row["base_discount_amount"]) for row in rows)
        assert sum(cents(row["base_row_total"]) for row in rows) == cents(order["base_subtotal"]) - discounts
        assert discounts == -cents(order["base_discount_amount"])
        assert all(row["base_row_total"] >= 0 for row in order["items"])


def test_the_grand_total_is_subtotal_less_discount_plus_tax_and_shipping(orders):
    for order in orders:
        for prefix in ("base_",) if order["base_to_order_rate"] != 1 else ("base_", ""):
            parts = ("subtotal", "discount_amount", "tax_amount", "shipping_amount")
            assert cents(order[prefix + "grand_total"]) == sum(cents(order[prefix + name]) for name in parts)


def test_a_taxed_row_shows_its_tax_beside_the_row_total(orders):
    taxed = [row for order in orders for row in counting(order) if row["base_tax_amount"]]
    assert taxed
    for row in taxed:
        assert cents(row["base_row_total_incl_tax"]) == cents(row["base_row_total"]) + cents(row["base_tax_amount"])


def test_a_configurable_has_the_money_and_the_childs_sku_and_its_child_neither_money_nor_shipment(orders):
    found = [(o, row) for o in orders for row in o["items"] if row["product_type"] == "configurable"]
    assert found
    for order, row in found:
        (child,) = children(order, row)
        assert child["sku"] == row["sku"]
        assert child["product_id"] != row["product_id"]
        assert (child["price"], child["base_row_total"], child["qty_shipped"]) == (0, 0, 0)
        assert child["parent_item"]["item_id"] == row["item_id"]
        assert child["qty_ordered"] == row["qty_ordered"]


def test_a_dynamic_bundle_repeats_its_childrens_money_and_a_fixed_one_keeps_it(orders):
    seen = Counter()
    for order in orders:
        for row in (row for row in order["items"] if row["product_type"] == "bundle"):
            parts = children(order, row)
            dynamic = any(part["base_price"] for part in parts)
            seen[dynamic] += 1
            gross = sum(cents(p["base_row_total"]) + cents(p["base_discount_amount"]) for p in parts)
            assert gross == (cents(row["base_row_total"]) if dynamic else 0)
            skus = [part["sku"] for part in parts]
            assert row["sku"] in (("BOX-FIX", "KIT-FIX", "BOX-OPTIONAL") if not dynamic else dynamic_skus(skus))
    assert min(seen[True], seen[False]) > 3


def dynamic_skus(parts):
    """The SKUs a dynamic bundle of these parts may have on its line: its own, followed by its parts'."""
    return {"-".join([sku, *parts]) for sku in ("BOX-DYN", "KIT-DYN", "BOX-FREE-QTY")}


def test_grouped_lines_stand_alone_with_the_childs_product(magento):
    rows = [row for order in magento.shop.orders.values() for row in order["items"] if row["product_type"] == "grouped"]
    assert {row["sku"] for row in rows} == {"PART-C", "PART-D"}
    assert not any("parent_item_id" in row for row in rows)
    assert all(magento.shop.products[row["product_id"]]["sku"] == row["sku"] for row in rows)


def test_every_state_and_status_occurs(orders):
    states = {(order["state"], order["status"]) for order in orders}
    assert states >= {
        ("new", "pending"),
        ("pending_payment", "pending_payment"),
        ("processing", "processing"),
        ("complete", "complete"),
        ("complete", "delivered"),
        ("closed", "closed"),
        ("canceled", "canceled"),
        ("holded", "holded"),
        ("payment_review", "payment_review"),
        ("payment_review", "fraud"),
    }


def test_the_awkward_orders_are_there(magento):
    orders = list(magento.shop.orders.values())
    rows = [row for order in orders for row in order["items"]]
    assert any(row["qty_refunded"] and row["qty_refunded"] < row["qty_ordered"] for row in rows)
    assert any(row["qty_canceled"] == row["qty_ordered"] for row in rows)
    assert any(0 < row["qty_canceled"] < row["qty_ordered"] for row in rows)
    assert any(row["product_id"] not in magento.shop.products for row in rows)
    assert {2.5, 0.25} <= {row["qty_ordered"] for row in rows}
    assert any(row["base_price"] == 0 and "parent_item_id" not in row for row in rows)
    assert any(row["discount_percent"] == 100 and row["base_row_total"] == 0 for row in rows)
    assert any("store_id" not in order for order in orders)
    assert any("payment" not in order for order in orders)
    assert any(order["items"] == [] for order in orders)
    foreign = next(order for order in orders if order["order_currency_code"] == "USD")
    assert foreign["base_currency_code"] == "EUR"
    assert cents(foreign["subtotal"]) == round(cents(foreign["base_subtotal"]) * 1.1)
    twice = [order for order in orders if max(Counter(r["sku"] for r in order["items"]).values(), default=0) > 1]
    assert any(not any("parent_item_id" in row for row in order["items"]) for order in twice)


def test_numbers_are_counted_per_store_view_and_dates_lie_before_the_clock(orders):
    for order in orders:
        prefix = {2: "2", 3: "3"}.get(order.get("store_id"), "0")
        assert order["increment_id"].startswith(prefix)
        assert order["created_at"] <= order["updated_at"] < "2026-01-17 08:00:00"
    assert len({order["increment_id"] for order in orders}) == len(orders)


def test_a_good_number_of_records_share_one_second(orders):
    assert Counter(order["updated_at"] for order in orders).most_common(1)[0][1] > 20
    products = Shop(products=200).products.values()
    assert Counter(product["updated_at"] for product in products).most_common(1)[0][1] > 50


def test_every_line_names_customers_only_outside_the_lines(magento):
    words = magento.shop.customer_words()
    assert len(words) > 50
    page = magento.ask("orders", "searchCriteria=").text
    assert any(word in page for word in words)
    projected = magento.ask("orders", "searchCriteria=&fields=items[entity_id,items[sku,name]]").text
    assert not any(word in projected for word in words)


def test_documents_belong_to_their_orders(magento):
    orders = magento.shop.orders
    for path in ("invoices", "shipments", "creditmemos"):
        documents = magento.items(path)
        assert documents
        for document in documents:
            rows = {row["item_id"]: row for row in orders[document["order_id"]]["items"]}
            assert all(row["order_item_id"] in rows for row in document["items"])
            assert document["updated_at"] == orders[document["order_id"]]["updated_at"]


def test_a_child_line_has_its_parent_only_when_both_are_on_the_page(magento, criteria):
    together = magento.json("orders/items", criteria(sort="item_id ASC", size=0))["items"]
    child = next(row for row in together if "parent_item_id" in row)
    assert child["parent_item"]["item_id"] == child["parent_item_id"]
    (alone,) = magento.items("orders/items", ("item_id", "eq", str(child["item_id"])))
    assert "parent_item" not in alone
    assert alone["parent_item_id"] == child["parent_item_id"]
