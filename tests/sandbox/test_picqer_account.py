"""The account of Picqer's sandbox: its catalogue, orders and stock, its seed, its later days, and what outlives it."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from sandbox.__main__ import main
from sandbox.picqer.account import Size
from sandbox.server.state import SandboxError
from sandbox.systems import Sandbox


def product(picqer, case):
    return picqer.get(f"products/{picqer.store.cases[case]}")


def stock(picqer, number, warehouse=11):
    row = picqer.get(f"products/{number}/stock/{warehouse}")
    return row["stock"], row["reserved"], row["freestock"]


# Products, parts and stock


def test_a_product_has_its_stock_by_warehouse_and_odd_values_as_they_are(picqer):
    plain = product(picqer, "product")
    assert [row["idwarehouse"] for row in plain["stock"]] == [11, 12]
    assert plain["tags"] == []
    assert product(picqer, "product with tags")["tags"]["Sale"]["title"] == "Sale"
    assert product(picqer, "product with null for a name")["name"] is None
    assert product(picqer, "product without code")["productcode"] == ""
    assert product(picqer, "product with leading zeros")["productcode"] == "000123"
    assert product(picqer, "product without stock price")["fixedstockprice"] is None
    assert product(picqer, "product with stock price 0")["fixedstockprice"] == 0
    assert product(picqer, "product without a stock row")["stock"] == []
    assert picqer.ask("GET", f"products/{picqer.store.cases['product with a whole price']}").text.count('"price":100,')


def test_free_stock_is_stock_less_the_three_reservations_and_may_be_negative(picqer):
    for row in picqer.all("products"):
        for part in row["stock"]:
            kinds = ("reservedbackorders", "reservedpicklists", "reservedallocations")
            assert part["reserved"] == sum(part[kind] for kind in kinds)
            assert part["freestock"] == part["stock"] - part["reserved"]
    assert product(picqer, "product with negative free stock")["stock"][0]["freestock"] == -9


def test_warehouse_stock_leaves_out_what_has_neither_stock_nor_reservations(picqer):
    cases = picqer.store.cases
    listed = {row["idproduct"] for row in picqer.all("warehouses/11/stock")}
    assert cases["product with negative free stock"] in listed
    assert not {cases["product with no stock"], cases["product in one warehouse"]} & listed
    assert [row["idproduct"] for row in picqer.all("warehouses/14/stock")] == []


def test_the_stock_of_a_virtual_composition_follows_its_parts(picqer):
    cases = picqer.store.cases
    [main_row] = [row for row in product(picqer, "composition virtual")["stock"] if row["idwarehouse"] == 11]
    free = {case: stock(picqer, cases[case])[2] for case in ("product", "product with reservations")}
    assert main_row["freestock"] == min(max(0, free["product"]) // 2, free["product with reservations"])
    assert product(picqer, "composition without parts")["stock"] == []


def test_parts_are_direct_or_nested(picqer):
    number = picqer.store.cases["composition of a composition"]
    direct = picqer.get(f"products/{number}/parts")
    assert [part["type"] for part in direct] == ["virtual_composition", "normal"]
    assert "parts" not in direct[0]
    nested = picqer.get(f"products/{number}/parts", nested="true")
    assert len(nested[0]["parts"]) == 2
    twice = picqer.get(f"products/{picqer.store.cases['composition with a part twice']}/parts")
    assert len({part["idproduct"] for part in twice}) == 1
    assert picqer.refused("GET", f"products/{picqer.store.cases['composition without parts']}/parts") == (404, 20)


def test_compositions_in_a_circle_end(picqer):
    kit, outer = picqer.store.cases["composition virtual"], picqer.store.cases["composition of a composition"]
    picqer.post(f"products/{kit}/parts", {"idproduct": outer, "amount": 1})
    assert picqer.get(f"products/{outer}")["stock"]
    assert picqer.get(f"products/{outer}/parts", nested="true")


def test_parts_are_added_changed_and_removed(picqer):
    base = f"products/{picqer.store.cases['composition with stock']}/parts"
    part = picqer.post(base, {"idproduct": 10002, "amount": 3})
    changed = picqer.ask("PUT", f"{base}/{part['idproduct_part']}", {"amount": 5, "idproduct": 1}).json()
    assert (changed["amount"], changed["idproduct"]) == (5, 10002)
    assert picqer.ask("DELETE", f"{base}/{part['idproduct_part']}").status_code == 204
    assert picqer.refused("PUT", f"{base}/{part['idproduct_part']}", {"amount": 1}) == (404, 20)


def test_products_are_made_changed_and_made_inactive(picqer):
    body = {"productcode": "X1", "name": "X", "price": 2, "idvatgroup": 1, "type": "unlimited_stock"}
    made = picqer.post("products", body)
    assert (made["unlimitedstock"], made["active"], made["stock"]) == (True, True, [])
    url = f"products/{made['idproduct']}"
    changed = picqer.ask("PUT", url, {"price": 2.5}).json()
    assert (changed["price"], changed["name"]) == (2.5, "X")
    picqer.ask("PUT", "products/10001", {"price": 3})
    assert len(picqer.get("products/10001")["stock"]) == 2
    assert picqer.post(f"{url}/inactivate", status=200)["active"] is False
    assert picqer.post(f"{url}/activate", status=200)["active"] is True
    assert picqer.refused("PUT", url, {"price": "much"}) == (400, 5)
    assert picqer.refused("PUT", url, {"idsupplier": 1}) == (404, 20)


def test_making_a_supplier_answers_200(picqer):
    made = picqer.post("suppliers", {"name": "New"}, status=200)
    changed = picqer.ask("PUT", f"suppliers/{made['idsupplier']}", {"country": "BE"}).json()
    assert (changed["name"], changed["country"]) == ("New", "BE")


# Orders


def test_processing_a_virtual_composition_adds_the_lines_of_its_parts(picqer):
    number = picqer.store.cases["order of a composition"]
    before = picqer.get(f"orders/{number}")
    assert [line["partof_idorder_product"] for line in before["products"]] == [None]
    after = picqer.post(f"orders/{number}/process", status=200)
    assert after["status"] == "processing"
    kit = before["products"][0]["idorder_product"]
    assert [(line["partof_idorder_product"], line["amount"]) for line in after["products"]] == [
        (None, 1),
        (kit, 2),
        (kit, 1),
    ]
    assert picqer.refused("POST", f"orders/{number}/process") == (400, 21)


def test_compositions_inside_compositions_add_the_lines_of_both(picqer):
    order = picqer.get(f"orders/{picqer.store.cases['order of a nested composition processed']}")
    amounts = [line["amount"] for line in order["products"]]
    assert amounts == [2, 4, 8, 4, 2, 1]
    stocked = picqer.get(f"orders/{picqer.store.cases['order of a composition with stock processed']}")
    assert {line["partof_idorder_product"] for line in stocked["products"]} == {None}


def test_an_order_reserves_sends_or_gives_back_its_goods(picqer):
    from sandbox.picqer import selling

    store = picqer.store
    row = store.products.rows[10024]
    order = selling.place(store, [selling.line_of(store, row, 45)], allocated=True)
    assert stock(picqer, 10024) == (40, 40, 0)
    order = selling.process(store, order)
    assert stock(picqer, 10024) == (40, 45, -5)
    selling.cancel(store, order, force=True)
    assert stock(picqer, 10024) == (40, 0, 40)
    order = selling.process(store, selling.place(store, [selling.line_of(store, row, 12)]))
    selling.complete(store, order)
    assert stock(picqer, 10024) == (28, 0, 28)
    assert picqer.get(f"orders/{order.idorder}")["status"] == "completed"


def test_an_order_is_cancelled_before_or_by_force(picqer):
    cases = picqer.store.cases
    assert picqer.ask("DELETE", f"orders/{cases['order concept']}").status_code == 204
    assert picqer.get(f"orders/{cases['order concept']}")["status"] == "cancelled"
    assert picqer.refused("DELETE", f"orders/{cases['order processing']}") == (400, 21)
    assert picqer.ask("DELETE", f"orders/{cases['order processing']}", force="true").status_code == 204
    number = cases["order of a composition"]
    picqer.post(f"orders/{number}/process", status=200)
    assert picqer.post(f"orders/{number}/pause", status=200)["status"] == "paused"


def test_orders_carry_the_persons_data_that_must_not_leave_the_tap(picqer):
    order = picqer.get("orders")[0]
    assert order["emailaddress"].endswith("@customers.example")
    assert order["deliveryname"]
    assert "held" not in order["products"][0]
    assert "person" not in order


# Seed, days, state


def test_equal_seeds_are_equal_accounts_whatever_their_size():
    def account(**more):
        with Sandbox(magento=False, picqer=True, **more) as running:
            return running.picqer.dump(), running.picqer.cases

    assert account() == account()
    assert account(seed=8)[0] != account()[0]
    assert account(products=200, orders=300)[1] == account()[1]


def test_the_size_is_an_argument():
    size = Size(products=90, compositions=12, suppliers=15, purchase_orders=70, orders=140)
    with Sandbox(magento=False, picqer=size) as running:
        counts = running.picqer.counts()
    assert {name: counts[name] for name in ("products", "suppliers", "purchaseorders", "orders")} == {
        "products": 90,
        "suppliers": 15,
        "purchaseorders": 70,
        "orders": 140,
    }
    assert Size.of(20_000, 50_000) == Size(20_000, 2_000, 200, 5_000, 50_000)


def test_received_amounts_come_from_receipts():
    with Sandbox(magento=False, picqer=True, products=400) as running:
        store = running.picqer
        running.next_day(3)
        received = dict.fromkeys(
            (line.idpurchaseorder_product for order in store.purchaseorders.rows.values() for line in order.products), 0
        )
        for receipt in store.receipts.rows.values():
            for line in receipt.products:
                if line.reverted_at is None and line.idpurchaseorder_product is not None:
                    received[line.idpurchaseorder_product] += line.amount
        for order in store.purchaseorders.rows.values():
            for line in order.products:
                assert line.amountreceived == received[line.idpurchaseorder_product], order


def test_a_day_brings_every_kind_of_change(picqer):
    store = picqer.store
    before = store.dump()
    told = picqer.sandbox.next_day()["changes"]["picqer"]
    assert all(told.values()), told
    part = store.receipts.rows[told["received"][1]].products[0].idpurchaseorder
    assert store.purchaseorders.rows[part].status == "purchased"
    assert store.purchaseorders.rows[store.receipts.rows[told["received"][0]].idpurchaseorder].status == "received"
    [removed] = told["suppliers removed"]
    assert picqer.refused("GET", f"suppliers/{removed}") == (404, 20)
    assert picqer.get(f"products/{told['deactivated'][0]}")["active"] is False
    assert any(line.partof_idorder_product for line in store.orders.rows[told["processed"][0]].products)
    old = {row["idproduct"]: row for row in before["products"]}
    prices = [number for number in told["edited"] if store.products.rows[number].price != old[number]["price"]]
    assert prices
    changed = picqer.all("purchaseorders", updated_after="2026-01-15 18:00:00")
    assert {row["idpurchaseorder"] for row in changed} >= {*told["purchased"], part}
    assert len(picqer.all("orders", sincedate="2026-01-15 18:00:00")) == len(told["sold"])


def test_days_can_follow_for_weeks(picqer):
    for _ in range(30):
        picqer.sandbox.next_day()
    assert len(picqer.store.orders) > 120


def test_a_reset_goes_back_to_the_first_day(picqer):
    first = picqer.store.dump()
    picqer.post("suppliers", {"name": "New"}, status=200)
    picqer.sandbox.next_day(2)
    picqer.control("reset", {})
    assert picqer.store.dump() == first
    assert picqer.get("warehouses")


def test_a_data_set_can_be_loaded_and_read_back(picqer):
    dumped = picqer.control("dump").json()
    assert dumped["products"][0]["idproduct"] == 10001
    wanted = {"products": dumped["products"][:3], "orders": []}
    assert picqer.control("load", wanted).json()["products"] == 3
    again = picqer.control("dump").json()
    assert again == {**dumped, **wanted}
    for wrong in ({"goods": []}, {"products": [{"idproduct": "x"}]}, {"products": 3}):
        assert picqer.control("load", wrong).status_code == 400
    assert picqer.control("dump").json() == again
    assert picqer.control("cases").json()["product"] == 10001


def test_what_was_written_outlives_the_process_and_a_torn_line_is_cut_off(tmp_path):
    with Sandbox(magento=False, picqer=True, state_dir=tmp_path) as running:
        url = f"{running.picqer_url}/api/v1/suppliers"
        made = requests.post(url, json={"name": "Kept"}, auth=("sandbox-picqer-key", ""), timeout=20).json()
        running.next_day()
        before = running.picqer.dump()
    journal = tmp_path / "picqer.jsonl"
    journal.write_bytes(journal.read_bytes() + b'[["suppliers",')
    with Sandbox(magento=False, picqer=True, state_dir=tmp_path) as running:
        assert running.picqer.dump() == before
        assert running.picqer.suppliers.rows[made["idsupplier"]].name == "Kept"
        assert running.picqer.new_id("suppliers") > made["idsupplier"]
        running.next_day()
        assert running.picqer.dump() != before


def test_a_sandbox_without_picqer_says_how_to_get_one():
    with Sandbox(magento=False) as running:
        assert "picqer_url" not in running.addresses()
        with pytest.raises(SandboxError, match="picqer=True"):
            _ = running.picqer


def test_the_command_runs_picqer_without_magento():
    command = [sys.executable, "-m", "sandbox", "serve", "--optiply-port", "0", "--picqer-port", "0", "--no-magento"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    try:
        line = json.loads(process.stdout.readline())
        assert sorted(line) == ["auth_url", "optiply_url", "picqer_url", "pid"]
        told = requests.get(f"{line['picqer_url']}/_sandbox/health", timeout=20).json()
        assert told["api"] == "picqer"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0
        process.stdout.close()


def test_a_taken_port_is_named(picqer, capsys):
    taken = picqer.sandbox.picqer_url.rsplit(":", 1)[1]
    assert main(["serve", "--no-magento", "--optiply-port", "0", "--picqer-port", taken]) == 1
    assert "--picqer-port" in capsys.readouterr().err
