"""The seeded account of EasyEcom: every awkward case is there, untidy types too, and it lives on from day to day."""

import pytest

from sandbox.easyecom.account import Size
from sandbox.systems import Sandbox

PRODUCTS, VENDORS = "/Products/GetProductMaster", "/wms/V2/getVendors"
PURCHASES, RECEIPTS = "/wms/V2/getPurchaseOrderDetails", "/Grn/V2/getGrnDetails"


def product(easy, case):
    number = easy.store.cases[case]
    (row,) = [row for row in easy.all(PRODUCTS, limit=200) if row["product_id"] == number]
    return row


def purchase(easy, case):
    (row,) = easy.all(PURCHASES, po_ids=easy.store.cases[case])
    return row


def receipt(easy, case):
    (row,) = easy.all(RECEIPTS, grn_ids=easy.store.cases[case])
    return row


def order(easy, case):
    """Return the rows of the order of a case."""
    row = easy.store.orders.rows[easy.store.cases[case]]
    return easy.get("/orders/V2/getOrderDetails", order_id=row.order_id)["data"]


def test_the_account_has_the_size_that_is_asked_for_and_equal_seeds_are_equal():
    size = Size(products=90, combos=14, vendors=20, purchase_orders=120, orders=200)
    dumps = []
    for _ in range(2):
        with Sandbox(magento=False, easyecom=size, seed=3) as running:
            counts = running.easyecom.counts()
            dumps.append(running.easyecom.dump())
    assert dumps[0] == dumps[1]
    assert (counts["products"], counts["vendors"], counts["purchase_orders"]) == (90, 20, 120)
    assert counts["orders"] >= 200
    assert sum(bool(row["parts"]) for row in dumps[0]["products"]) == 14


def test_parts_are_counted_for_combos_and_variants_alike(easy):
    parent, trio = product(easy, "variant parent"), product(easy, "combo of three parts")
    assert parent["cp_sub_products_count"] == 2
    assert "sub_products" not in parent
    assert {row["sku"] for row in parent["variants"]} == {"EE-SHIRT-S", "EE-SHIRT-M"}
    assert [part["quantity"] for part in trio["sub_products"]] == [1, 2, 1]
    assert trio["sub_products"][0]["combo_cp_id"] == trio["cp_id"]
    assert trio["sub_products"][0]["cpId"] == product(easy, "product")["cp_id"]
    assert trio["inventory"] == 0
    assert product(easy, "combo with a part elsewhere")["sub_products"][0]["cpId"] is None


def test_values_have_the_types_of_a_bad_day(easy):
    row = product(easy, "product untidy")
    assert (row["cost"], row["tax_rate"], row["EANUPC"], row["active"]) == ("60.5000", "18%", "-", "1")
    assert row["product shelf life"] == "NA"
    assert row["created_at"] == "0000-00-00 00:00:00"
    vendors = {row["vendor_c_id"]: row for row in easy.all(VENDORS)}
    assert vendors[easy.store.cases["vendor untidy"]]["address"] == []
    assert vendors[easy.store.cases["vendor without a code"]]["vendor_code"] is None
    names = [row["vendor_name"] for row in vendors.values()]
    assert names.count("Twin Traders") == 2
    codes = {row["vendor_code"] for row in vendors.values()}
    assert str(easy.store.locations.ids[1]) in codes


def test_the_header_of_a_purchase_order_is_the_sum_of_its_lines(easy):
    row = purchase(easy, "purchase order with tax")
    assert row["po_items"][0]["item_price"] == "70.8000"
    assert row["po_items"][0]["tax_rate"] == "18%"
    assert row["total_po_value"] == "332.4000"
    statuses = {row["po_status_id"] for row in easy.all(PURCHASES, created_after="2025-01-01", limit=10)}
    assert statuses == set(range(1, 17)) - {10}
    assert [one.po_ref_num for one in easy.store.purchase_orders.rows.values()].count("Auto PO") >= 2


def test_receipts_have_line_totals_and_all_kinds_of_ends(easy):
    part, rest = receipt(easy, "receipt of a part"), receipt(easy, "receipt of the rest")
    assert part["grn_items"][0]["grn_detail_price"] == 240.0
    assert part["grn_items"][0]["purchase_order_detail_id"] == rest["grn_items"][0]["purchase_order_detail_id"]
    assert purchase(easy, "purchase order received in parts")["po_status_id"] == 5
    assert receipt(easy, "receipt in progress")["grn_status"] == "In Progress"
    assert receipt(easy, "receipt deleted")["grn_status_id"] == 4
    own = receipt(easy, "receipt from oneself")
    assert own["vendor_c_id"] == own["inwarded_warehouse_c_id"]
    assert receipt(easy, "receipt of nothing")["grn_items"][0]["received_quantity"] == 0


def test_orders_are_split_cancelled_moved_and_replaced(easy):
    split = order(easy, "order split")
    assert len({row["invoice_id"] for row in split}) == 2
    assert split[1]["reference_code"] == split[0]["reference_code"] + "_OR1"
    assert {row["order_status_id"] for row in order(easy, "order split and half of it cancelled")} == {2, 9}
    odd = order(easy, "order that says cancelled with another number")[0]
    assert (odd["order_status"], odd["order_status_id"]) == ("Cancelled", 2)
    assert order(easy, "order of a transfer")[0]["order_type_key"] == "stocktransferorder"
    assert order(easy, "order of a replacement")[0]["order_items"][0]["selling_price"] == "0.00"
    assert [line["item_quantity"] for line in order(easy, "order with a line cancelled")[0]["order_items"]] == [1, 0]
    assert order(easy, "order without an invoice")[0]["invoice_id"] is None


def test_the_first_day_lets_the_cases_go_on(easy):
    before = product(easy, "product that gets another number")["cp_id"]
    changed = purchase(easy, "purchase order that is completed later")["po_updated_date"]
    told = easy.control("next-day", {"days": 1}).json()["changes"]["easyecom"]
    assert "order cancelled later" in told["cases"]
    assert all(told[name] for name in ("received", "shipped", "sold", "edited", "added", "purchased", "cancelled"))
    counted = receipt(easy, "receipt in progress")
    assert (counted["grn_status"], counted["grn_items"][0]["received_quantity"]) == ("Completed", 7)
    assert order(easy, "order cancelled later")[0]["order_status_id"] == 9
    assert len(order(easy, "order split later")) == 2
    assert purchase(easy, "purchase order that is completed later")["po_updated_date"] > changed
    assert product(easy, "product that gets another number")["cp_id"] != before
    assert easy.store.cases["product that vanishes"] not in easy.store.products.rows
    assert len(product(easy, "combo that loses a part")["sub_products"]) == 1
    easy.control("next-day", {"days": 1})


def test_the_buckets_of_a_receipt_drift_and_its_quantity_does_not(easy):
    easy.sandbox.next_day()
    before = {number: easy.store.receipts.rows[number] for number in easy.store.receipts.ids}
    drifted = easy.sandbox.next_day()["changes"]["easyecom"]["drifted"]
    told = [(before[number], easy.store.receipts.rows[number]) for number in drifted if number in before]
    assert any(old.items[0].sold < new.items[0].sold for old, new in told if old.grn_status_id == 5)
    for old, new in told:
        if old.grn_status_id == 5:
            quantities = [[item.received_quantity for item in row.items] for row in (old, new)]
            assert quantities[0] == quantities[1]


@pytest.mark.parametrize("days", [1, 3])
def test_days_and_what_was_written_outlive_the_process(tmp_path, days):
    with Sandbox(magento=False, easyecom=True, state_dir=tmp_path) as running:
        running.next_day(days)
        made = running.call(lambda: running.easyecom_account.deeds.sell({"EE-PLAIN": 1}))
        dump = running.easyecom.dump()
    with Sandbox(magento=False, easyecom=True, state_dir=tmp_path) as running:
        assert running.easyecom.dump() == dump
        assert running.easyecom.orders.where("order_id", made)


def test_rows_can_be_made_odd_and_a_reset_makes_all_as_it_was(easy):
    dump = easy.store.dump()
    number = easy.store.cases["product"]
    easy.control("oddities", [{"resource": "products", "id": number, "values": {"mrp": []}, "missing": ["sku"]}])
    odd = product(easy, "product")
    assert odd["mrp"] == []
    assert "sku" not in odd
    easy.control("do", {"do": "stock", "sku": "EE-PLAIN", "quantity": 3})
    assert product(easy, "product")["inventory"] == 3
    assert easy.control("do", {"do": "stock", "sku": "EE-NO", "quantity": 3}).status_code == 400
    easy.control("reset", {})
    assert easy.store.dump() == dump
    assert easy.control("cases").json()["product"] == number
    assert easy.control("settings").json()["x_api_key"] == "***"
    assert easy.control("settings", {"no_such": 1}).status_code == 400
