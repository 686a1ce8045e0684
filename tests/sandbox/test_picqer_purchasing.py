"""The life of a purchase order in Picqer's sandbox, from concept to its end, with its lines."""

import pytest

from sandbox.picqer.picture import purchases

ORDER = {
    "idsupplier": 901,
    "supplier_orderid": "OPTIPLY-1",
    "delivery_date": "2026-02-01",
    "products": [{"idproduct": 10001, "amount": 10, "price": 4.5}, {"idproduct": 10019, "amount": 2}],
}


@pytest.fixture
def order(picqer):
    """A fresh concept order of two lines."""
    return picqer.post("purchaseorders", ORDER)


def path(order, *more):
    return "/".join(["purchaseorders", str(order["idpurchaseorder"]), *map(str, more)])


def purchase(picqer, order):
    return picqer.post(path(order, "mark-as-purchased"), status=200)


def receive(picqer, order, *amounts, complete=True):
    """Receive amounts of the order's lines in one receipt of version 2."""
    receipt = picqer.post("receipts", {"idpurchaseorder": order["idpurchaseorder"]})
    for line, amount in zip(order["products"], amounts, strict=False):
        if amount:
            body = {"idproduct": line["idproduct"], "amount": amount}
            picqer.post(f"receipts/{receipt['idreceipt']}/products", body)
    if complete:
        picqer.ask("PUT", f"receipts/{receipt['idreceipt']}", {"status": "completed"})
    return receipt["idreceipt"]


def test_a_created_order_is_a_concept_with_the_fields_of_the_api(picqer, order):
    assert order["status"] == "concept"
    assert (order["idwarehouse"], order["supplier_orderid"]) == (11, "OPTIPLY-1")
    assert order["created_by_iduser"] is order["purchased_at"] is order["completed_at"] is None
    assert [(line["price"], line["amount"], line["amountreceived"]) for line in order["products"]] == [
        (4.5, 10, 0),
        (None, 2, 0),
    ]
    assert len({line["idpurchaseorder_product"] for line in order["products"]}) == 2
    assert picqer.get(path(order)) == order
    assert picqer.get(path(order, "products")) == order["products"]
    assert picqer.get("purchaseorders")[0] == order


def test_nothing_stops_a_second_order_with_one_marker(picqer, order):
    again = picqer.post("purchaseorders", ORDER)
    assert again["idpurchaseorder"] != order["idpurchaseorder"]
    marked = [row for row in picqer.all("purchaseorders") if row["supplier_orderid"] == "OPTIPLY-1"]
    assert len(marked) == 2


def test_a_header_put_changes_the_header_and_ignores_lines_and_status(picqer, order):
    picqer.sandbox.clock.advance(seconds=5)
    body = {"remarks": "Ring twice", "delivery_date": "2026-03-01", "status": "purchased", "products": []}
    changed = picqer.ask("PUT", path(order), body).json()
    assert (changed["remarks"], changed["delivery_date"], changed["status"]) == ("Ring twice", "2026-03-01", "concept")
    assert changed["products"] == order["products"]
    assert changed["supplier_orderid"] == "OPTIPLY-1"
    assert changed["updated"] > order["updated"]
    assert changed["created"] == order["created"]


def test_only_a_concept_can_be_marked_as_purchased(picqer, order):
    bought = purchase(picqer, order)
    assert bought["status"] == "purchased"
    assert bought["purchased_at"] is not None
    assert picqer.refused("POST", path(order, "mark-as-purchased")) == (400, 21)


def test_lines_are_added_changed_and_removed_while_the_order_is_open(picqer, order):
    purchase(picqer, order)
    first, second = (line["idpurchaseorder_product"] for line in order["products"])
    added = picqer.post(path(order, "products"), {"idproduct": 10001, "amount": 1, "delivery_date": "2026-04-01"})
    assert (added["amount"], added["price"], added["delivery_date"]) == (1, 6.25, "2026-04-01")
    changed = picqer.ask("PUT", path(order, "products", first), {"amount": 8}).json()
    assert (changed["amount"], changed["price"]) == (8, 4.5)
    assert picqer.ask("DELETE", path(order, "products", second)).status_code == 204
    lines = picqer.get(path(order, "products"))
    assert [line["amount"] for line in lines] == [8, 1]


def test_a_line_of_another_order_is_27_and_an_unknown_one_20(picqer, order):
    other = picqer.get("purchaseorders/50001")["products"][0]["idpurchaseorder_product"]
    assert picqer.refused("PUT", path(order, "products", other), {"amount": 1}) == (404, 27)
    assert picqer.refused("DELETE", path(order, "products", 1)) == (404, 20)


def test_an_order_received_in_part_stays_purchased_until_the_last_goods(picqer, order):
    purchase(picqer, order)
    receive(picqer, order, 4)
    told = picqer.get(path(order))
    assert (told["status"], told["completed_at"]) == ("purchased", None)
    assert [line["amountreceived"] for line in told["products"]] == [4, 0]
    first = order["products"][0]["idpurchaseorder_product"]
    assert picqer.refused("PUT", path(order, "products", first), {"amount": 3}) == (400, 21)
    assert picqer.refused("DELETE", path(order, "products", first)) == (400, 21)
    assert picqer.refused("POST", path(order, "cancel")) == (400, 21)
    receive(picqer, order, 6, 2)
    told = picqer.get(path(order))
    assert told["status"] == "received"
    assert told["completed_at"] is not None
    assert picqer.refused("POST", path(order, "products"), {"idproduct": 10001, "amount": 1}) == (400, 21)
    assert len(picqer.get(path(order, "receipts"))) == 2


def test_closing_ends_an_order_that_was_received_in_part(picqer, order):
    assert picqer.refused("POST", path(order, "close")) == (400, 21)
    purchase(picqer, order)
    receive(picqer, order, 4)
    assert picqer.post(path(order, "close"), status=200)["status"] == "received"
    assert [line["amountreceived"] for line in picqer.get(path(order, "products"))] == [4, 0]


@pytest.mark.parametrize("bought", [False, True])
def test_an_order_of_which_nothing_came_can_be_cancelled(picqer, order, bought):
    if bought:
        purchase(picqer, order)
    assert picqer.post(path(order, "cancel"), status=200)["status"] == "cancelled"
    assert picqer.refused("POST", path(order, "cancel")) == (400, 21)
    assert picqer.refused("POST", path(order, "mark-as-purchased")) == (400, 21)


def test_an_order_goes_to_a_named_warehouse_or_a_named_supplier(picqer):
    lines = ORDER["products"][:1]
    made = picqer.post("purchaseorders", {"supplier_name": "Jan", "idwarehouse": 12, "products": lines})
    assert (made["idsupplier"], made["supplier_name"], made["idwarehouse"]) == (None, "Jan", 12)
    assert picqer.refused("POST", "purchaseorders", {**ORDER, "idwarehouse": 99}) == (404, 20)


def free_stock(picqer, number=10001, warehouse=11):
    return picqer.get(f"products/{number}/stock/{warehouse}")["freestock"]


def test_version_2_books_each_line_at_once_and_takes_a_reverted_one_back(picqer, order):
    purchase(picqer, order)
    before = free_stock(picqer)
    number = receive(picqer, order, 10, 2, complete=False)
    assert free_stock(picqer) == before + 10
    assert picqer.get(path(order))["status"] == "received"
    receipt = picqer.get(f"receipts/{number}")
    assert (receipt["version"], receipt["status"], receipt["completed_at"]) == (2, "processing", None)
    line = receipt["products"][0]
    assert line["idpurchaseorder_product"] == order["products"][0]["idpurchaseorder_product"]
    assert line["created_at"] is not None
    reverted = picqer.post(f"receipts/{number}/products/{line['idreceipt_product']}/revert", status=200)
    assert reverted["reverted_at"] is not None
    assert free_stock(picqer) == before
    told = picqer.get(path(order))
    assert (told["status"], told["completed_at"], told["products"][0]["amountreceived"]) == ("purchased", None, 0)
    again = f"receipts/{number}/products/{line['idreceipt_product']}/revert"
    assert picqer.refused("POST", again) == (400, 21)
    assert len(picqer.get(f"receipts/{number}/products")) == 2
    assert picqer.get(f"receipts/{number}")["amount_received"] == 2


def test_completing_happens_in_the_background(picqer, order):
    purchase(picqer, order)
    number = receive(picqer, order, 1, complete=False)
    assert picqer.ask("PUT", f"receipts/{number}", {"status": "completed"}).json()["status"] == "processing"
    told = picqer.get(f"receipts/{number}")
    assert told["status"] == "completed"
    assert told["completed_by"]["iduser"]
    assert picqer.refused("POST", f"receipts/{number}/products", {"idproduct": 10001, "amount": 1}) == (400, 21)


def test_version_1_lists_what_is_expected_and_books_when_completed(picqer, order):
    purchase(picqer, order)
    before = free_stock(picqer)
    receipt = picqer.post("receipts", {"idpurchaseorder": order["idpurchaseorder"], "version": 1})
    number = receipt["idreceipt"]
    assert [line["amount"] for line in receipt["products"]] == [0, 0]
    assert {"stock_location", "amount_receiving"} <= set(receipt["products"][0])
    assert "created_at" not in receipt["products"][0]
    picqer.post(f"receipts/{number}/products", {"idproduct": 10001, "amount": 7})
    assert free_stock(picqer) == before
    line = receipt["products"][0]["idreceipt_product"]
    assert picqer.refused("POST", f"receipts/{number}/products/{line}/revert") == (400, 21)
    picqer.ask("PUT", f"receipts/{number}", {"status": "completed"})
    assert free_stock(picqer) == before + 7
    assert [line["amount"] for line in picqer.get(f"receipts/{number}")["products"]] == [7, 0]
    assert picqer.get(path(order))["products"][0]["amountreceived"] == 7


def test_too_much_is_counted_on_the_line_and_goods_nobody_ordered_make_one(picqer, order):
    purchase(picqer, order)
    number = receive(picqer, order, 13, complete=False)
    assert picqer.get(path(order))["products"][0]["amountreceived"] == 13
    [line] = picqer.post(f"receipts/{number}/products", {"idproduct": 10010, "amount": 3})
    assert line["added_by_receipt"] is True
    assert [one["amountreceived"] for one in picqer.get(path(order))["products"]] == [13, 0, 3]


def test_one_delivery_for_a_supplier_is_split_over_its_orders_and_the_rest_is_a_new_order(picqer):
    supplier = picqer.post("suppliers", {"name": "Lone"}, status=200)["idsupplier"]
    order = {"idsupplier": supplier, "products": [{"idproduct": 10001, "amount": 4}]}
    first, second = (purchase(picqer, picqer.post("purchaseorders", order)) for _ in range(2))
    receipt = picqer.post("receipts", {"idsupplier": supplier})
    assert receipt["purchaseorder"] is None
    number = receipt["idreceipt"]
    lines = picqer.post(f"receipts/{number}/products", {"idproduct": 10001, "amount": 6})
    assert [(line["idpurchaseorder"], line["amount"]) for line in lines] == [
        (first["idpurchaseorder"], 4),
        (second["idpurchaseorder"], 2),
    ]
    assert [line["amount"] for line in picqer.get(f"receipts/{number}/expected-products")] == [2]
    [extra] = picqer.post(f"receipts/{number}/products", {"idproduct": 10010, "amount": 1})
    made = picqer.get(f"purchaseorders/{extra['idpurchaseorder']}")
    assert (made["idsupplier"], made["status"]) == (supplier, "received")
    picqer.store.settings.empty_object = "[]"
    assert picqer.get(f"receipts/{number}")["purchaseorder"] == []


def test_only_an_empty_receipt_can_be_deleted(picqer, order):
    assert picqer.refused("POST", "receipts", {"idpurchaseorder": order["idpurchaseorder"]}) == (400, 21)
    assert picqer.refused("POST", "receipts", {}) == (400, 5)
    purchase(picqer, order)
    empty, filled = receive(picqer, order, complete=False), receive(picqer, order, 1, complete=False)
    assert picqer.ask("DELETE", f"receipts/{empty}").status_code == 204
    assert picqer.refused("GET", f"receipts/{empty}") == (404, 20)
    assert picqer.refused("DELETE", f"receipts/{filled}") == (400, 21)


def test_what_is_unknown_of_picqer_can_be_switched(picqer):
    inactive = picqer.store.cases["product inactive"]
    body = {"idsupplier": 901, "products": [{"idproduct": inactive, "amount": 1}]}
    made = purchase(picqer, picqer.post("purchaseorders", body))
    stamp = picqer.get(f"products/{inactive}")["updated"]
    number = receive(picqer, made, 1, complete=False)
    assert picqer.get(f"products/{inactive}")["updated"] == stamp
    picqer.control("settings", {"refuse_inactive": True, "stock_moves_updated": True})
    assert picqer.refused("POST", "purchaseorders", body) == (400, 24)
    [line] = picqer.get(f"receipts/{number}")["products"]
    picqer.post(f"receipts/{number}/products/{line['idreceipt_product']}/revert", status=200)
    assert picqer.get(f"products/{inactive}")["updated"] > stamp


def test_a_picture_tells_orders_apart_from_their_ids_and_shows_a_second_one(picqer, order):
    [alone] = purchases(picqer.store, "OPTIPLY-1")
    assert alone["supplier_orderid"] == "OPTIPLY-1"
    assert [(line["idproduct"], line["amount"]) for line in alone["products"]] == [(10001, 10), (10019, 2)]
    picqer.sandbox.clock.advance(seconds=60)
    picqer.post("purchaseorders", {**ORDER, "products": ORDER["products"][::-1]})
    assert purchases(picqer.store, "OPTIPLY-1") == [alone, alone]
    picqer.ask("PUT", path(order), {"supplier_orderid": None, "remarks": " OPTIPLY-1"})
    assert len(purchases(picqer.store, "OPTIPLY-1")) == 2
    assert len(purchases(picqer.store)) == len(picqer.store.purchaseorders)
