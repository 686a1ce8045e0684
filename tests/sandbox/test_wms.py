"""The warehouse system of the sandbox: its records, its pushes, and what goes wrong with its messages."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web

from sandbox.server.api import Api
from sandbox.server.clock import Clock
from sandbox.server.serve import Servers
from sandbox.server.state import SandboxError
from sandbox.wms.messages import REST_PATH
from sandbox.wms.sender import Mishaps, Sender
from sandbox.wms.warehouse import Warehouse


class Ear(Api):
    """Keeps what it is sent, with the headers."""

    name = "ear"

    def add_routes(self, app: web.Application) -> None:
        self.heard: list[tuple[str, dict[str, str], bytes]] = []
        app.router.add_post("/{tail:.*}", self.hear)

    async def hear(self, request: web.Request) -> web.Response:
        self.heard.append((request.path_qs, dict(request.headers), await request.read()))
        return web.Response(text="heard")

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, _, body in self.heard]


@pytest.fixture
def ear() -> Iterator[tuple[Ear, str]]:
    with Servers({"ear": Ear}) as servers:
        yield servers.apis["ear"], servers.addresses()["ear_url"]  # type: ignore[misc]


@pytest.fixture
def warehouse() -> Warehouse:
    made = Warehouse(Clock(ticking=False))
    made.stock({"A": 10, "B": 5})
    return made


def sent(ear: Ear) -> list[tuple[int, dict[str, str], dict[str, str]]]:
    """Return (message number, quantities by SKU, sequences by SKU) of each body."""
    return [
        (
            body["messageSeqId"],
            {row["sku"]: row["qty"] for row in body["productQtys"]},
            {row["sku"]: row["seq"] for row in body["productSeqs"]},
        )
        for body in ear.bodies()
    ]


def test_a_figure_is_what_can_be_sold_and_each_change_makes_a_record(warehouse):
    warehouse.spoil("A", 2)
    warehouse.hear({"A": 3})
    assert warehouse.quantities("A") == {"default": 5}
    warehouse.despatch({"A": 3})
    assert [(r.number, r.quantities["default"]) for r in warehouse.records if r.sku == "A"] == [(1, 10), (3, 8), (4, 5)]
    warehouse.hear({"A": 9})
    assert warehouse.quantities("A") == {"default": 0}, "below nothing is nothing"
    warehouse.floor = False
    assert warehouse.quantities("A") == {"default": -4}
    warehouse.figure = "on_hand"
    assert warehouse.quantities("A") == {"default": 5}


def test_pushes_are_single_full_and_incremental(ear, warehouse):
    receiver, url = ear
    sender = Sender(warehouse, url, "secret-token")
    assert [(reply.number, reply.status, reply.text) for reply in sender.incremental()] == [(1, 200, "heard")]
    assert sender.incremental() == []
    warehouse.move("B", 2)
    sender.incremental()
    sender.single("A")
    sender.full()
    warehouse.next_record = 50
    sender.full(initialise=True)
    assert sent(receiver) == [
        (1, {"A": "10", "B": "5"}, {"A": "1", "B": "2"}),
        (2, {"B": "7"}, {"B": "3"}),
        (3, {"A": "10"}, {"A": "1"}),
        (4, {"A": "10", "B": "7"}, {"A": "1", "B": "3"}),
        (5, {"A": "10", "B": "7"}, {"A": "50", "B": "51"}),
    ]
    path, headers, _ = receiver.heard[0]
    assert (path, headers["Authorization"]) == (REST_PATH, "Bearer secret-token")
    with pytest.raises(SandboxError, match="no record"):
        sender.single("C")


def test_a_body_for_rest_is_as_documented(ear, warehouse):
    receiver, url = ear
    Sender(warehouse, url, None).single("A")
    (body,) = receiver.bodies()
    assert body == {
        "productQtys": [{"sku": "A", "qty": "10", "source": "default"}],
        "productSeqs": [{"sku": "A", "seq": "1", "last_order_exported": "2026-01-15T08:00:00"}],
        "messageSeqId": 1,
    }
    assert "Authorization" not in receiver.heard[0][1]


def test_messages_hold_so_many_products_and_numbers_cross_to_two_digits(ear):
    receiver, url = ear
    warehouse = Warehouse(Clock(ticking=False))
    warehouse.stock({f"P-{n}": n for n in range(500)})
    sender = Sender(warehouse, url, None, chunk=200)
    sender.next_message = 9
    assert [reply.number for reply in sender.full()] == [9, 10, 11]
    assert [len(body["productQtys"]) for body in receiver.bodies()] == [200, 200, 100]
    sender.chunk = 500
    sender.full()
    assert len(receiver.bodies()[-1]["productSeqs"]) == 500


def test_a_lost_answer_is_of_a_message_that_has_arrived(ear, warehouse):
    receiver, url = ear
    sender = Sender(warehouse, url, None)
    sender.mishaps = Mishaps(lose=True)
    assert [reply.status for reply in sender.single("A")] == [None, 200]
    assert [number for number, _, _ in sent(receiver)] == [1, 1]


def test_messages_may_be_doubled_and_swapped(ear, warehouse):
    receiver, url = ear
    sender = Sender(warehouse, url, None, chunk=1)
    sender.mishaps = Mishaps(duplicate=True, swap=True)
    sender.full()
    assert [number for number, _, _ in sent(receiver)] == [2, 2, 1, 1]


def test_one_sequence_may_travel_in_two_messages_by_source(ear, warehouse):
    receiver, url = ear
    warehouse.stock({"A": 4}, "ams")
    sender = Sender(warehouse, url, None)
    sender.mishaps = Mishaps(split_sources=True)
    sender.single("A")
    assert sent(receiver) == [(1, {"A": "10"}, {"A": "3"}), (2, {"A": "4"}, {"A": "3"})]


def test_rows_may_be_wrong_in_every_way(ear, warehouse):
    receiver, url = ear
    sender = Sender(warehouse, url, None)
    sender.mishaps = Mishaps(
        empty=True, quantities={"A": "abc", "B": "2.7"}, unsequenced=frozenset({"B"}), strangers=["GHOST"]
    )
    sender.full()
    (empty, spoilt) = sent(receiver)
    assert empty == (2, {}, {})
    assert spoilt == (1, {"A": "abc", "B": "2.7", "GHOST": "1"}, {"A": "1", "GHOST": "3"})


def test_nobody_answers(warehouse, free_port):
    (reply,) = Sender(warehouse, f"http://127.0.0.1:{free_port()}", None).single("A")
    assert reply.status is None
