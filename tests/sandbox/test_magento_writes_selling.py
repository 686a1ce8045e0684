"""Selling in the Magento sandbox: orders reserve, shipments take from a source, carts do neither."""

import json
from typing import Any

import pytest
import requests

from sandbox.__main__ import main
from sandbox.server.state import SandboxError
from sandbox.systems import Sandbox

SKU = "ONLY-WAREHOUSE"


class Hand:
    """Does the verbs of the shop and reads what the API says of it."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.sandbox = client.sandbox

    def __call__(self, verb: str, *arguments: Any, **more: Any) -> Any:
        return self.sandbox.call(lambda: getattr(self.sandbox.selling, verb)(*arguments, **more))

    def stock(self, sku: str = SKU) -> tuple[float, float]:
        """Return (quantity of the source `ams`, salable quantity)."""
        (row,) = self.client.items("inventory/source-items", ("sku", "eq", sku), ("source_code", "eq", "ams"))
        return row["quantity"], self.client.json(f"inventory/get-product-salable-quantity/{sku}/2")

    def order(self, order_id: int) -> dict[str, Any]:
        return self.client.json(f"orders/{order_id}")


@pytest.fixture
def hand(own_magento) -> Hand:
    return Hand(own_magento)


def test_an_order_reserves_and_its_shipment_takes_the_goods(hand):
    order = hand("place", {SKU: 10})
    assert hand.stock() == (100, 90)
    shipment = hand("ship", order)
    assert hand.stock() == (90, 90)
    assert hand.order(order)["state"] == "complete"
    assert hand.client.json(f"shipment/{shipment}")["items"][0]["qty"] == 10


def test_a_part_can_be_shipped_and_the_rest_canceled(hand):
    order = hand("place", {SKU: 10, "PART-A": 2})
    hand("ship", order, {SKU: 4})
    assert hand.stock() == (96, 90)
    assert [row["qty_shipped"] for row in hand.order(order)["items"]] == [4, 0]
    assert hand.order(order)["state"] == "processing"
    hand("cancel", order)
    assert hand.stock() == (96, 96)
    assert [row["qty_canceled"] for row in hand.order(order)["items"]] == [6, 2]


def test_more_than_the_source_holds_is_not_shipped(hand):
    order = hand("place", {"BACKORDER-1": 3})
    with pytest.raises(SandboxError, match="Not all of your products"):
        hand("ship", order)
    answer = hand.client.raw(f"/rest/V1/order/{order}/ship", "POST", json={})
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "Could not save a shipment, see error log for details",
    )
    hand("write", "BACKORDER-1", "ams", 3)
    assert hand.client.raw(f"/rest/V1/order/{order}/ship", "POST", json={}).json().isdigit()
    assert hand.stock("BACKORDER-1")[0] == 0


def test_an_order_can_be_shipped_in_part_and_canceled_over_the_api(hand):
    order = hand("place", {SKU: 10})
    (row,) = hand.order(order)["items"]
    body = {
        "items": [{"order_item_id": row["item_id"], "qty": 3}],
        "arguments": {"extension_attributes": {"source_code": "ams"}},
    }
    assert hand.client.raw(f"/rest/V1/order/{order}/ship", "POST", json=body).status_code == 200
    assert hand.stock() == (97, 90)
    assert hand.client.raw(f"/rest/V1/orders/{order}/cancel", "POST").json() is True
    assert hand.stock() == (97, 97)


def test_a_refund_frees_what_was_not_shipped_and_puts_back_what_was(hand):
    order = hand("place", {SKU: 10})
    hand("ship", order, {SKU: 6})
    hand("refund", order, back_to="ams")
    assert hand.stock() == (100 - 6 + 6, 100)


def test_a_shipment_between_a_read_and_a_write_is_undone_by_the_write(hand):
    order = hand("place", {SKU: 10})
    moments = hand.sandbox.apis["magento"].moments
    moments.on(lambda: hand.sandbox.selling.ship(order), method="POST", path="source-items")
    quantity = hand.stock()[0]
    rows = [{"sku": SKU, "source_code": "ams", "quantity": quantity + 5, "status": 1}]
    hand.client.raw("/rest/all/V1/inventory/source-items", "POST", json={"sourceItems": rows})
    assert moments.waiting == 0
    assert hand.stock() == (105, 105), "the ten units that left have come back"


def test_the_verbs_can_be_asked_for_over_the_control_endpoint_now_and_later(hand):
    url = hand.client.sandbox.magento_url + "/_sandbox/do"
    order = requests.post(url, json={"do": "place", "items": {SKU: 10}}, timeout=20).json()[0]
    when = {"method": "GET", "path": "source-items", "nth": 2}
    steps = [{"do": "ship", "order_id": order, "when": when}, {"do": "cart", "items": {SKU: 1}}]
    assert requests.post(url, json=steps, timeout=20).json()[0] is None
    assert hand.stock()[0] == 100
    assert hand.stock()[0] == 90
    bad = [{"do": "fly"}, {"do": "ship"}, {"do": "ship", "order_id": 999999}, {"do": "consume", "when": {"path": "("}}]
    for step in bad:
        assert requests.post(url, json=step, timeout=20).status_code == 400, step
    assert "place" in requests.get(url, timeout=20).json()


def test_carts_are_found_by_activity_and_age_and_reserve_nothing(hand):
    hand("cart", {SKU: 2, "PART-A": 1}, at="2026-01-14 10:00:00")
    old = hand("cart", {SKU: 3}, at="2026-01-01 10:00:00")
    found = hand.client.items("carts/search", ("is_active", "eq", "1"), ("updated_at", "gteq", "2026-01-14 00:00:00"))
    assert [(cart["items_count"], cart["items_qty"]) for cart in found] == [(2, 3)]
    assert [(item["sku"], item["qty"]) for item in found[0]["items"]] == [(SKU, 2), ("PART-A", 1)]
    hand("end_cart", old)
    assert len(hand.client.items("carts/search", ("is_active", "eq", "0"))) == 1
    assert hand.client.ask("carts/search", "searchCriteria[filter_groups][0][filters][0][field]=no").status_code == 500
    assert hand.stock() == (100, 100)


def test_an_exported_order_shows_when(hand):
    order = hand("place", {SKU: 1}, state="new", at="2026-01-14 09:00:00", exported_at="2026-01-14 09:05:00")
    shown = hand.order(order)
    assert (shown["created_at"], shown["status"]) == ("2026-01-14 09:00:00", "pending")
    assert shown["extension_attributes"]["orderflow_export_date"] == "2026-01-14 09:05:00"


def test_without_inventory_management_the_order_itself_takes_the_stock(hand):
    hand.client.configure(msi=False)

    def legacy() -> float:
        return hand.client.json("stockItems/ONLY-DEFAULT")["qty"]

    order = hand("place", {"ONLY-DEFAULT": 10})
    assert legacy() == 90
    hand("ship", order, {"ONLY-DEFAULT": 4})
    assert legacy() == 90
    hand("cancel", order)
    assert legacy() == 96


def test_what_is_not_shipped_leaves_its_source_with_the_invoice(hand):
    order = hand("place", {"VIRTUAL-1": 4}, state="new")
    assert hand.stock("VIRTUAL-1") == (50, 48)
    hand("invoice", order)
    assert hand.stock("VIRTUAL-1") == (46, 48)
    assert hand.order(order)["state"] == "processing"
    hand("place", {"VIRTUAL-1": 1})
    assert hand.stock("VIRTUAL-1") == (45, 47)


def test_a_shop_started_again_has_all_that_was_done_to_it(tmp_path):
    def state(sandbox: Sandbox) -> Any:
        dump = sandbox.shop.dump()
        return {**dump, "carts": sandbox.shop.carts}

    with Sandbox(state_dir=tmp_path) as sandbox:
        selling = sandbox.selling
        order = sandbox.call(lambda: selling.place({SKU: 10, "VIRTUAL-1": 1}, state="new", exported_at="2026-01-15"))
        sandbox.next_day()
        sandbox.call(lambda: selling.ship(order, {SKU: 4}))
        sandbox.call(lambda: selling.write("GHOST", "rtm", 2.5))
        token = {"Authorization": "Bearer sandbox-integration-token"}

        def ask(method: str, path: str, body: Any) -> None:
            url = f"{sandbox.magento_url}/rest/V1/{path}"
            assert requests.request(method, url, json=body, headers=token, timeout=20).status_code == 200

        rows = [{"sku": SKU, "source_code": "ams", "quantity": 150, "status": 1}]
        ask("POST", "inventory/source-items", {"sourceItems": rows})
        gone = {"sourceItems": [{"sku": "GONE-1", "source_code": "ams"}]}
        ask("POST", "inventory/source-items-delete", gone)
        ask("PUT", "products/ONLY-DEFAULT/stockItems/0", {"stockItem": {"qty": 9}})
        cart = sandbox.call(lambda: selling.cart({SKU: 1}))
        sandbox.call(lambda: selling.end_cart(cart))
        sandbox.call(lambda: (selling.invoice(order), selling.refund(order, {SKU: 1}), selling.cancel(order)))
        sandbox.next_day()
        before = state(sandbox)
    with Sandbox(state_dir=tmp_path) as sandbox:
        assert state(sandbox) == before
        sandbox.reset()
        assert sandbox.shop.carts == {}
        sandbox.call(lambda: sandbox.selling.write("GHOST", "rtm", 3))
    with Sandbox(state_dir=tmp_path) as sandbox:
        assert sandbox.shop.stock.source_items["rtm", "ghost"]["quantity"] == 3
        assert sandbox.shop.day == 0


def test_a_sandbox_that_nobody_wrote_to_keeps_no_journal(tmp_path):
    with Sandbox(state_dir=tmp_path) as sandbox:
        sandbox.next_day()
    assert not (tmp_path / "magento.jsonl").exists()


def test_the_verbs_are_on_the_command_line(hand, capsys):
    url = ["--url", hand.sandbox.magento_url]
    assert main(["do", *url]) == 0
    assert "order_id" in capsys.readouterr().out
    assert main(["do", *url, json.dumps({"do": "place", "items": {SKU: 10}})]) == 0
    order = json.loads(capsys.readouterr().out)[0]
    assert main(["do", *url, json.dumps({"do": "ship", "order_id": order})]) == 0
    assert hand.stock() == (90, 90)
    assert main(["do", *url, "{"]) == 1
    assert main(["do", *url, json.dumps({"do": "ship", "order_id": order})]) == 1
    assert "nothing of this left to ship" in capsys.readouterr().err
