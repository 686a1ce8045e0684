"""The emulated OrderFlow extension: what its guide promises, and each of its defects as a switch."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.server.serve import Servers
from sandbox.shop.carts import fill_cart
from sandbox.shop.collation import folded
from sandbox.shop.selling import Selling
from sandbox.wms.extension_settings import DEFECTS, Settings, as_shipped
from sandbox.wms.extension_tables import CrashError
from sandbox.wms.receiver import OrderFlowApi
from sandbox.wms.sender import Mishaps, Sender
from sandbox.wms.warehouse import Warehouse

SKU = "ONLY-WAREHOUSE"


class Bench:
    """A shop with the extension, and a warehouse that sends to it."""

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        api = servers.apis["orderflow"]
        assert isinstance(api, OrderFlowApi)
        self.extension, self.server = api.extension, api.extension.server
        self.url = servers.addresses()["orderflow_url"]
        self.warehouse = Warehouse(servers.clock)
        self.sender = Sender(self.warehouse, self.url, Settings().token)
        self.selling = Selling(self.server.shop, servers.clock)

    def defects(self, *names: str) -> None:
        assert set(names) <= set(DEFECTS)
        self.extension.settings.defects = set(names)

    def process(self, **more: Any) -> int:
        return self.servers.call(lambda: self.extension.process(**more))

    def held(self, sku: str = SKU, source: str = "ams") -> float | None:
        row = self.server.shop.stock.source_items.get((source, folded(sku)))
        return None if row is None else row["quantity"]

    def send(
        self, sequence: int, quantity: float | str, source: str = "ams", sku: str = SKU, **more: Any
    ) -> requests.Response:
        """Send one line as a message of its own."""
        body = {
            "productQtys": [{"sku": sku, "qty": str(quantity), "source": source}],
            "productSeqs": [{"sku": sku, "seq": str(sequence), **more}],
            "messageSeqId": self.sender.next_message,
        }
        self.sender.next_message += 1
        return self.post(body)

    def post(self, body: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {Settings().token}"}
        return requests.post(f"{self.url}/rest/V1/orderflow/inventory/", json=body, headers=headers, timeout=20)

    def last_results(self) -> list[str]:
        return [result for _, _, result in self.extension.results()]


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Servers({"orderflow": OrderFlowApi}) as servers:
        yield Bench(servers)


@pytest.mark.parametrize("soap", [None, "1.1", "1.2"])
def test_a_message_is_queued_first_and_processed_later(bench, soap):
    bench.sender.soap = soap
    bench.warehouse.stock({SKU: 7}, "ams")
    (reply,) = bench.sender.full()
    assert reply.status == 200
    assert "Success - Message 1 Received" in reply.text
    assert bench.held() == 100
    assert bench.process() == 1
    assert bench.held() == 7
    assert bench.extension.results() == [(f"{SKU}_ams", 1, "Success")]


def test_rest_answers_with_the_bare_sentence(bench):
    assert bench.send(1, 7).text == '"Success - Message 1 Received"'
    assert requests.post(f"{bench.url}/_sandbox/do", json={"do": "process"}, timeout=20).json() == [1]
    assert bench.held() == 7


@pytest.mark.parametrize(("soap", "status"), [(None, 401), ("1.2", 500)])
def test_a_wrong_token_is_refused_unless_anybody_may_send(bench, soap, status):
    bench.warehouse.stock({SKU: 7})
    bench.sender.token, bench.sender.soap = "wrong", soap
    assert [reply.status for reply in bench.sender.full()] == [status]
    bench.defects("anonymous")
    assert [reply.status for reply in bench.sender.full()] == [200]


def test_a_line_without_its_sequence_ends_the_whole_call(bench):
    bench.warehouse.stock({SKU: 7, "PART-A": 3}, "ams")
    bench.sender.mishaps = Mishaps(unsequenced=frozenset({SKU}))
    assert [reply.status for reply in bench.sender.full()] == [500]
    assert bench.extension.pending() == []


def test_a_message_sent_again_is_taken_once_and_its_number_is_its_own(bench):
    bench.warehouse.stock({SKU: 7}, "ams")
    bench.sender.mishaps = Mishaps(duplicate=True, lose=True)
    assert [reply.status for reply in bench.sender.full()] == [None, 200, 200]
    assert bench.extension.pending() == ["1"]
    bench.sender.next_message = 1
    assert bench.send(9, 1).status_code == 409
    bench.defects("anonymous")
    assert bench.send(9, 1).status_code == 200


def test_a_newer_sequence_wins_and_an_older_one_does_not(bench):
    bench.send(51, 9)
    bench.send(50, 3)
    bench.send(51, 4)
    bench.process()
    assert bench.last_results() == ["Success", "Superseded", "Duplicate"]
    assert bench.held() == 9


def test_as_shipped_an_older_message_overwrites_newer_stock(bench):
    bench.defects("stale_never_found")
    bench.send(51, 9)
    bench.send(50, 3)
    bench.process()
    assert bench.held() == 3


@pytest.mark.parametrize(("defects", "order"), [((), ["99", "100"]), (("messages_in_text_order",), ["100", "99"])])
def test_messages_are_ordered_by_number_or_as_shipped_by_text(bench, defects, order):
    bench.defects(*defects)
    bench.sender.next_message = 99
    bench.send(1, 1)
    bench.send(2, 2)
    assert bench.extension.pending() == order


@pytest.mark.parametrize(("defects", "second"), [((), 4), (("duplicates_of_any_sku",), 40)])
def test_one_sequence_for_two_sources_in_two_messages(bench, defects, second):
    bench.defects(*defects)
    bench.send(7, 3)
    bench.servers.call(lambda: bench.server.shop.stock.enter(SKU, "rtm", 40, in_stock=True))
    bench.send(7, 4, "rtm")
    bench.process()
    assert (bench.held(), bench.held(source="rtm")) == (3, second)


def orders(bench: Bench) -> None:
    """Place an order of 4 that the warehouse knows and one of 2 that it does not."""
    bench.selling.place({SKU: 4}, exported_at="2026-01-15T07:00:00")
    bench.selling.place({SKU: 2})


@pytest.mark.parametrize(
    ("defects", "written"), [((), 14), (("all_reservations_added",), 16)], ids=["right", "as shipped"]
)
def test_known_orders_are_added_because_magento_reserves_them_too(bench, defects, written):
    bench.servers.call(lambda: orders(bench))
    bench.defects(*defects)
    bench.send(1, 10, last_order_exported="2026-01-15T07:30:00")
    bench.process()
    assert bench.held() == written


@pytest.mark.parametrize(
    ("defects", "written"),
    [((), (16, 5)), (("all_reservations_added", "reservations_per_source"), (16, 11))],
    ids=["right", "as shipped"],
)
def test_known_orders_are_added_to_one_source_only(bench, defects, written):
    bench.servers.call(lambda: bench.selling.place({SKU: 6}, exported_at="2026-01-15T07:00:00"))
    bench.defects(*defects)
    bench.send(1, 10)
    bench.send(2, 5, "rtm")
    bench.process()
    assert (bench.held(), bench.held(source="rtm")) == written


@pytest.mark.parametrize(
    ("adjust", "statuses", "defects", "written"),
    [
        (0, ["processing"], (), 20),
        (1, ["processing"], (), 17),
        (1, ["processing"], ("unsent_ignores_export",), 13),
        (2, ["processing"], (), 15),
        (1, ["processing", "pending", "holded"], (), 16),
        (1, ["processing", "pending", "holded"], ("status_list_broken",), None),
        (1, [], ("status_list_broken",), 20),
        (1, [], (), 20),
    ],
)
def test_without_inventory_management_unsent_orders_and_carts_come_off(bench, adjust, statuses, defects, written):
    def sell() -> None:
        bench.server.settings.msi = False
        bench.selling.place({"ZERO-1": 4}, exported_at="2026-01-15T07:00:00")
        bench.selling.place({"ZERO-1": 3})
        bench.selling.place({"ZERO-1": 1}, state="new")
        bench.selling.place({"ZERO-1": 50}, at="2026-01-14 07:59:00")
        fill_cart(bench.server.shop, {"ZERO-1": 2}, "2026-01-14 08:01:00")
        fill_cart(bench.server.shop, {"ZERO-1": 70}, "2026-01-14 07:59:00")
        fill_cart(bench.server.shop, {"ZERO-1": 70}, "2026-01-15 07:00:00", active=False)

    bench.servers.call(sell)
    before = bench.server.shop.stock.items[bench.server.shop.product("ZERO-1")["id"]]["qty"]
    bench.extension.settings.adjust, bench.extension.settings.statuses = adjust, statuses
    bench.defects(*defects)
    bench.send(1, 20, sku="ZERO-1")
    bench.process()
    item = bench.server.shop.stock.items[bench.server.shop.product("ZERO-1")["id"]]
    assert item["qty"] == (before if written is None else written)
    assert bench.last_results() == ["Failure" if written is None else "Success"]


@pytest.mark.parametrize("defects", [(), ("saves_products",)])
def test_a_product_is_saved_for_its_stock_only_as_shipped(bench, defects):
    bench.server.settings.msi = False
    before = bench.server.shop.product("ZERO-1")["updated_at"]
    bench.defects(*defects)
    bench.send(1, 20, sku="ZERO-1")
    bench.process()
    assert (bench.server.shop.product("ZERO-1")["updated_at"] != before) == bool(defects)


@pytest.mark.parametrize(
    ("text", "defects", "kept"), [("2.7", (), 2.7), ("2.7", ("whole_units",), 2), ("abc", ("whole_units",), 0)]
)
def test_decimals_and_text(bench, text, defects, kept):
    bench.defects(*defects)
    bench.send(1, text)
    bench.process()
    assert bench.held() == kept


def test_text_is_a_failure_in_the_strict_mode(bench):
    bench.send(1, "abc")
    bench.process()
    assert (bench.held(), bench.last_results()) == (100, ["Failure"])


@pytest.mark.parametrize(
    ("negative", "defects", "kept"),
    [(False, (), (0, 1)), (True, (), (-3, 1)), (True, ("status_by_quantity",), (-3, 0))],
)
def test_below_nothing_with_back_orders(bench, negative, defects, kept):
    bench.extension.settings.negative = negative
    bench.defects(*defects)
    item = bench.server.shop.stock.items[bench.server.shop.product("BACKORDER-1")["id"]]
    item["min_qty"] = -9
    bench.send(1, -3, sku="BACKORDER-1")
    bench.process()
    row = bench.server.shop.stock.source_items["ams", "backorder-1"]
    assert (row["quantity"], row["status"]) == kept


@pytest.mark.parametrize(("defects", "result", "held"), [((), "Failure", None), (("orphans_succeed",), "Success", 5)])
def test_an_unknown_sku(bench, defects, result, held):
    bench.defects(*defects)
    bench.send(1, 5, sku="GHOST")
    bench.process()
    assert (bench.last_results(), bench.held("GHOST")) == ([result], held)


@pytest.mark.parametrize(("defects", "held"), [((), 5), (("failures_final",), 100)])
def test_a_deadlock_is_tried_again_or_as_shipped_lost(bench, defects, held):
    bench.defects(*defects)
    bench.server.settings.deadlocks, bench.server.settings.deadlock_after = 1, 0
    bench.send(1, 5)
    bench.process()
    assert bench.held() == 100
    bench.process()
    assert bench.held() == held


def test_a_poisoned_request_blocks_its_place_as_shipped(bench):
    poison = {"productQtys": [{"qty": "1"}], "productSeqs": [], "messageSeqId": 1}
    bench.defects("poison_for_ever", "failures_final")
    bench.post(poison)
    bench.sender.next_message = 2
    bench.send(1, 5)
    bench.extension.settings.batch_size = 1
    assert [bench.process(), bench.process()] == [0, 0]
    assert bench.held() == 100
    bench.defects("failures_final")
    assert [bench.process(), bench.process()] == [1, 1]
    assert bench.last_results() == ["Failure", "Success"]


@pytest.mark.parametrize(("defects", "held"), [((), 9), (("short_memory",), 3)])
def test_a_message_replayed_after_the_audit_was_cleaned(bench, defects, held):
    bench.defects(*defects)
    bench.send(51, 9)
    bench.process()
    bench.servers.next_day(6)
    bench.servers.call(bench.extension.clean)
    assert bench.extension.results() == []
    bench.send(51, 3)
    bench.process()
    assert bench.held() == held


@pytest.mark.parametrize(("defects", "left"), [((), ["1"]), (("short_memory",), [])])
def test_a_pending_request_outlives_the_cleaning(bench, defects, left):
    bench.defects(*defects)
    bench.send(1, 9)
    bench.servers.next_day(6)
    bench.servers.call(bench.extension.clean)
    assert bench.extension.pending() == left


def test_a_crash_between_the_stock_and_the_audit_is_made_good_by_the_next_round(bench):
    bench.send(1, 9)
    with pytest.raises(CrashError):
        bench.process(crash=True)
    assert (bench.held(), bench.extension.results()) == (9, [])
    bench.process()
    assert (bench.held(), bench.last_results()) == (9, ["Success"])


@pytest.mark.parametrize(("defects", "saves"), [((), 1), (("one_save_a_line",), 3)])
def test_lines_are_saved_together_or_as_shipped_one_by_one(bench, defects, saves):
    bench.defects(*defects)
    bench.warehouse.stock({SKU: 1, "PART-A": 2, "PART-B": 3}, "ams")
    bench.sender.full()
    bench.process()
    assert bench.extension.saves == saves


def test_with_every_defect_it_still_takes_a_message(bench):
    bench.extension.settings = as_shipped()
    bench.send(1, 9)
    assert bench.process() == 1
    assert bench.held() is not None
