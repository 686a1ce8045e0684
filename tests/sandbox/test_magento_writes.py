"""Writing stock in the Magento sandbox: absolute, all or nothing, and what Magento takes without a word."""

from typing import Any

import pytest
import requests

SKU, OTHER = "ONLY-WAREHOUSE", "ONLY-DEFAULT"


def row(sku: str = SKU, source: str = "ams", quantity: Any = 7, status: Any = 1) -> dict[str, Any]:
    return {"sku": sku, "source_code": source, "quantity": quantity, "status": status}


def post(client: Any, path: str, body: Any, before: str = "") -> requests.Response:
    return client.raw(f"/rest/all/{before}V1/{path}", "POST", json=body)


def write(client: Any, *rows: dict[str, Any]) -> requests.Response:
    return post(client, "inventory/source-items", {"sourceItems": list(rows)})


def held(client: Any, sku: str = SKU, source: str = "ams") -> tuple[float, int] | None:
    found = client.items("inventory/source-items", ("sku", "eq", sku), ("source_code", "eq", source))
    return (found[0]["quantity"], found[0]["status"]) if found else None


def salable(client: Any, sku: str = SKU, stock: int = 2) -> float:
    return client.json(f"inventory/get-product-salable-quantity/{sku}/{stock}")


def test_a_source_item_is_set_and_read_back(own_magento):
    answer = write(own_magento, row(quantity=7), row(OTHER, quantity=3.25))
    assert (answer.status_code, answer.json()) == (200, [])
    assert held(own_magento) == (7, 1)
    assert held(own_magento, OTHER) == (3.25, 1)
    assert salable(own_magento) == 7


def test_the_default_source_is_also_the_legacy_stock(own_magento):
    before = own_magento.shop.product(OTHER)["updated_at"]
    write(own_magento, row(OTHER, "default", 41))
    item = own_magento.json(f"stockItems/{OTHER}")
    assert (item["qty"], item["is_in_stock"]) == (41, True)
    assert own_magento.json(f"products/{OTHER}")["updated_at"] == before


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (row(quantity=1.234567), (1.2346, 1)),
        (row(quantity="5.5"), (5.5, 1)),
        (row(quantity=-3), (-3, 1)),
        (row(quantity=10**12), (99999999.9999, 1)),
        (row(quantity=5, status=0), (5, 0)),
        (row(quantity=0, status="1"), (0, 1)),
        (row(sku=SKU.lower(), quantity=8), (8, 1)),
    ],
    ids=["rounded", "text", "negative", "clamped", "out of stock", "nothing in stock", "letter case"],
)
def test_what_magento_takes_it_keeps_in_its_own_way(own_magento, given, kept):
    assert write(own_magento, given).status_code == 200
    assert held(own_magento) == kept


def test_an_item_that_is_out_of_stock_is_not_sold_whatever_its_quantity(own_magento):
    write(own_magento, row(quantity=5, status=0))
    assert salable(own_magento) == 0


def test_an_unknown_sku_leaves_an_orphan_and_a_long_one_is_cut(own_magento):
    assert write(own_magento, row("GHOST-9"), row("X" * 70), row("CUP-\U0001f375")).status_code == 200
    assert held(own_magento, "GHOST-9") == (7, 1)
    assert held(own_magento, "X" * 64) == (7, 1)
    assert held(own_magento, "CUP-????") == (7, 1)


def test_of_a_pair_sent_twice_the_last_one_wins(own_magento):
    write(own_magento, row(quantity=1), row(quantity=2))
    assert held(own_magento) == (2, 1)


NUMERIC = '"%field" should be numeric.'


@pytest.mark.parametrize(
    ("bad", "message", "errors"),
    [
        (row(OTHER, "nowhere"), "Could not save Source Item", None),
        (
            {"sku": OTHER, "source_code": "ams", "quantity": 1},
            'Validation Failed: "status" should be numeric.',
            [{"message": NUMERIC, "parameters": {"field": "status"}}],
        ),
        (
            row(""),
            'Validation Failed: "sku" can not be empty.',
            [{"message": '"%field" can not be empty.', "parameters": {"field": "sku"}}],
        ),
    ],
    ids=["source", "status", "sku"],
)
def test_one_bad_row_refuses_them_all(own_magento, bad, message, errors):
    before = held(own_magento)
    answer = write(own_magento, row(quantity=55), bad, row(OTHER, quantity=66))
    assert answer.status_code == 400
    assert answer.json() == {"message": message, **({} if errors is None else {"errors": errors})}
    assert held(own_magento) == before


def test_every_error_is_listed_and_the_first_is_told(own_magento):
    answer = write(own_magento, {"sku": SKU, "source_code": "ams"}, row(" A"))
    assert answer.json()["message"] == 'Validation Failed: "quantity" should be numeric.'
    assert [error["parameters"]["field"] for error in answer.json()["errors"]] == ["quantity", "status", "sku"]


def test_a_part_of_a_bundle_shipped_together_stays_in_one_source(own_magento):
    own_magento.configure(one_source_skus=["PART-B"])
    answer = write(own_magento, row("PART-B", "default"))
    assert answer.status_code == 400
    assert "is part of bundle product" in answer.json()["message"]
    assert answer.json()["errors"][0]["parameters"][:2] == ["default", "PART-B"]


def test_a_deadlock_leaves_part_written(own_magento):
    own_magento.configure(deadlocks=1, deadlock_after=1)
    answer = write(own_magento, row(quantity=31), row(OTHER, quantity=32))
    assert (answer.status_code, answer.json()) == (400, {"message": "Could not save Source Item"})
    assert held(own_magento) == (31, 1)
    assert held(own_magento, OTHER) is None
    assert write(own_magento, row(quantity=33), row(OTHER, quantity=34)).status_code == 200
    assert held(own_magento, OTHER) == (34, 1)


def test_a_list_may_be_limited(own_magento):
    own_magento.configure(array_limit=2)
    answer = write(own_magento, row(), row(), row())
    assert answer.status_code == 400
    assert answer.json()["parameters"]["max"] == 2
    assert write(own_magento, row(), row()).status_code == 200


@pytest.mark.parametrize(
    ("path", "right"),
    [
        ("inventory/source-items", "Magento_InventoryApi::stock_source_item_assign"),
        ("inventory/bulk-partial-source-transfer", "Magento_Catalog::products"),
        ("order/1/ship", "Magento_Sales::ship"),
    ],
)
def test_each_write_needs_its_right(own_magento, path, right):
    own_magento.configure(missing_acl=[right])
    answer = post(own_magento, path, {})
    assert answer.status_code == 401
    assert answer.json()["parameters"] == {"resources": right}


def test_without_inventory_management_only_the_stock_item_can_be_written(own_magento):
    own_magento.configure(msi=False)
    assert write(own_magento, row()).status_code == 404
    answer = own_magento.raw(f"/rest/V1/products/{OTHER}/stockItems/0", "PUT", json={"stockItem": {"qty": 12}})
    assert answer.json() == own_magento.shop.stock.items[own_magento.shop.product(OTHER)["id"]]["item_id"]
    assert own_magento.json(f"stockStatuses/{OTHER}")["qty"] == 12


def test_a_stock_item_at_nothing_goes_out_of_stock_and_comes_back_only_by_its_flag(own_magento):
    def put(**values: Any) -> tuple[float, bool]:
        own_magento.raw(f"/rest/V1/products/{OTHER}/stockItems/1", "PUT", json={"stockItem": values})
        item = own_magento.json(f"stockItems/{OTHER}")
        return item["qty"], item["is_in_stock"]

    assert put(qty=0) == (0, False)
    assert put(qty=5) == (5, False)
    assert put(qty=5, is_in_stock=True) == (5, True)
    assert put(qty=-4) == (-4, False)
    assert put(qty=-4, use_config_backorders=False, backorders=1, is_in_stock=True) == (-4, True)
    assert held(own_magento, OTHER, "default") == (-4, 1)


def test_operations_wait_until_the_consumer_runs_and_each_stands_alone(own_magento):
    own_magento.configure(consumer=False)
    bodies = [{"sourceItems": [row(quantity=101)]}, {"sourceItems": [row(source="nowhere")]}]
    answer = post(own_magento, "inventory/source-items", bodies, "async/bulk/")
    assert answer.status_code == 202
    uuid = answer.json()["bulk_uuid"]
    assert [op["status"] for op in own_magento.json(f"bulk/{uuid}/status")["operations_list"]] == [4, 4]
    assert held(own_magento) == (100, 1)
    own_magento.configure(consumer=True)
    assert [op["status"] for op in own_magento.json(f"bulk/{uuid}/status")["operations_list"]] == [1, 3]
    assert held(own_magento) == (101, 1)
    listed = own_magento.items("bulk", ("bulk_uuid", "eq", uuid))
    assert [op["result_message"] for op in listed][1] == "Could not save Source Item"
    assert own_magento.ask("bulk/1-2/status").status_code == 404


def test_the_consumer_can_be_run_by_hand(own_magento):
    own_magento.configure(consumer=False)
    post(own_magento, "inventory/source-items", {"sourceItems": [row(quantity=9)]}, "async/")
    sandbox = own_magento.sandbox
    assert sandbox.call(sandbox.selling.consume) == 1
    assert held(own_magento) == (9, 1)


def transfer(client: Any, qty: float) -> requests.Response:
    body = {"originSourceCode": "old", "destinationSourceCode": "ams", "items": [{"sku": SKU, "qty": qty}]}
    return post(client, "inventory/bulk-partial-source-transfer", body)


@pytest.mark.parametrize("status", [0, 400, 500])
def test_beside_a_reindex_a_transfer_fails_after_it_has_moved_the_goods(own_magento, status):
    write(own_magento, row(source="old", quantity=50))
    own_magento.configure(beside_reindex=status)
    assert transfer(own_magento, 5).status_code == (status or 200)
    assert (held(own_magento), held(own_magento, source="old")) == ((105, 1), (45, 1))


def test_a_transfer_of_more_than_there_is_moves_nothing(own_magento):
    write(own_magento, row(source="old", quantity=50))
    answer = transfer(own_magento, 51)
    assert answer.json()["message"] == "Transfer validation failed"
    assert held(own_magento) == (100, 1)


def test_a_lost_answer_leaves_it_open_whether_the_shop_has_acted(own_magento):
    faults = own_magento.sandbox.faults_magento
    for cut, quantity in (("before", 100), ("after", 77)):
        faults.add({"method": "POST", "path": "source-items", "cut": cut, "times": 1})
        with pytest.raises(requests.ConnectionError):
            write(own_magento, row(quantity=77))
        assert held(own_magento)[0] == quantity


@pytest.mark.parametrize("sku", ["ODDünïcödé-ß", "ODD-日本語", "odd/slash-1", "Odd-Case-A"])
@pytest.mark.parametrize("source", ["default", "rtm"])
def test_skus_are_the_same_where_the_database_says_so(own_magento, sku, source):
    again = sku if "ß" in sku else sku.upper()
    assert write(own_magento, row(sku, source, 3), row(again, source, 4)).status_code == 200
    found = own_magento.items("inventory/source-items", ("sku", "eq", sku), ("source_code", "eq", source))
    assert [item["quantity"] for item in found] == [4]
