"""Buy orders and receipts in the Optiply sandbox as people make them: drafts, late lines, receipts that change."""

from typing import Any

import pytest
import requests

from sandbox.server.state import SandboxError


class Hand:
    """Does the verbs of the web app and reads what the API says of it."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.sandbox = client.sandbox
        client.product(name="A", skuCode="A-1")
        client.product(name="B", skuCode="B-1")

    def __call__(self, verb: str, *arguments: Any, **more: Any) -> Any:
        return self.sandbox.call(lambda: getattr(self.sandbox.buying, verb)(*arguments, **more))

    def all(self, type_: str, **query: str) -> list[dict[str, Any]]:
        return self.client.get(type_, **query).json()["data"]

    def one(self, type_: str, id_: int) -> dict[str, Any]:
        return self.client.get(f"{type_}/{id_}").json()["data"]["attributes"]

    def line(self, order: int) -> int:
        (line,) = self.all("buyOrderLines", **{"filter[buyOrderId]": str(order)})
        return int(line["id"])


@pytest.fixture
def hand(optiply_client) -> Hand:
    return Hand(optiply_client)


def test_an_order_goes_from_draft_to_placed_to_completed(hand):
    order = hand("order", {"A-1": 10}, draft=True)
    assert (hand.one("buyOrders", order)["placed"], hand.one("buyOrders", order)["completed"]) == (None, None)
    hand("add_line", order, "B-1", 3)
    hand("place", order)
    assert hand.one("buyOrders", order)["placed"] is not None
    assert [o["id"] for o in hand.all("buyOrders", **{"filter[completed]": "null"})] == [str(order)]
    hand("complete", order)
    assert hand.all("buyOrders", **{"filter[completed]": "null"}) == []
    hand("reopen", order)
    assert hand.one("buyOrders", order)["completed"] is None


def test_people_and_integrations_are_told_apart(hand):
    mine, theirs = hand("order", {"A-1": 1}), hand("order", {"A-1": 1}, by_api=True, remote_id="PO-7")
    assert [hand.one("buyOrders", order)["createdFromPublicApi"] for order in (mine, theirs)] == [False, True]
    receipts = [hand("receive", hand.line(mine), 1), hand("receive", hand.line(mine), 1, by_api=True)]
    assert [hand.one("receiptLines", receipt)["createdFromPublicApi"] for receipt in receipts] == [False, True]
    by_client = hand.client.create(
        "receiptLines", buyOrderLineId=hand.line(mine), quantity=1, occurred="2026-01-15T08:00:00Z"
    )
    assert by_client["attributes"]["createdFromPublicApi"] is True
    assert hand.one("buyOrders", theirs)["remoteIdMap"] == {"default": "PO-7"}


def test_an_integration_writes_its_id_on_an_order_made_by_people(hand):
    order = hand("order", {"A-1": 1})
    assert hand.client.patch("buyOrders", str(order), remoteId="P-55").status_code == 200
    shown = hand.one("buyOrders", order)
    assert (shown["remoteIdMap"], shown["createdFromPublicApi"]) == ({"77": "P-55"}, False)


def test_a_production_order_says_so(hand):
    assert hand.one("buyOrders", hand("order", {"A-1": 1}, assembly=True))["assembly"] is True


def test_receipts_may_be_part_over_negative_edited_and_deleted(hand):
    line = hand.line(hand("order", {"A-1": 10}))
    first = hand("receive", line, 5)
    hand("receive", line, 8)
    hand("receive", line, -2)

    def booked() -> list[int]:
        found = hand.all("receiptLines", **{"filter[buyOrderLineId]": str(line), "sort": "id"})
        return [receipt["attributes"]["quantity"] for receipt in found]

    assert booked() == [5, 8, -2]
    hand("edit_receipt", first, quantity=3)
    assert booked() == [3, 8, -2]
    hand("delete", "receiptLines", first)
    assert booked() == [8, -2]
    assert hand.client.get(f"receiptLines/{first}").status_code == 404


def test_deleting_an_order_takes_its_lines_and_receipts_along(hand):
    order = hand("order", {"A-1": 10})
    receipt = hand("receive", hand.line(order), 5)
    hand("delete", "buyOrders", order)
    assert hand.client.get(f"receiptLines/{receipt}").status_code == 404
    assert hand.all("buyOrderLines") == []


def test_a_receipt_may_lie_in_the_past_and_is_still_new(hand):
    line = hand.line(hand("order", {"A-1": 10}))
    receipt = hand.one("receiptLines", hand("receive", line, 5, "2025-12-16T09:00:00Z"))
    assert receipt["occurred"] == "2025-12-16T09:00:00Z"
    assert receipt["createdAt"] >= "2026-01-15"


def test_the_rest_is_booked_and_the_order_closed(hand):
    order = hand("order", {"A-1": 10, "B-1": 4})
    (line, _) = hand.all("buyOrderLines", sort="id")
    hand("receive", int(line["id"]), 7)
    hand("receive_rest", order)
    assert sorted(r["attributes"]["quantity"] for r in hand.all("receiptLines")) == [3, 4, 7]
    assert hand.one("buyOrders", order)["completed"] is not None


@pytest.mark.parametrize("bump", [False, True])
def test_whether_a_childs_change_reaches_its_parents_can_be_switched(hand, bump):
    hand("configure", bump_parents=bump)
    order = hand("order", {"A-1": 10})
    line = hand.line(order)
    sandbox = hand.sandbox

    def moved_by(work: Any) -> list[bool]:
        before = [hand.one("buyOrders", order)["updatedAt"], hand.one("buyOrderLines", line)["updatedAt"]]
        sandbox.clock.advance(seconds=2)
        work()
        after = [hand.one("buyOrders", order)["updatedAt"], hand.one("buyOrderLines", line)["updatedAt"]]
        return [was != now for was, now in zip(before, after, strict=True)]

    made: list[int] = []
    assert moved_by(lambda: made.append(hand("receive", line, 5))) == [bump, bump]
    assert moved_by(lambda: hand("edit_receipt", made[0], quantity=4)) == [bump, bump]
    assert moved_by(lambda: hand("delete", "receiptLines", made[0])) == [bump, bump]
    assert moved_by(lambda: hand("edit_line", line, quantity=11)) == [bump, True]


def test_many_changes_may_carry_one_stamp(hand):
    stamp = hand("same_moment")
    line = hand.line(hand("order", {"A-1": 10}))
    hand.sandbox.clock.advance(seconds=3)
    hand("receive", line, 1)
    hand("receive", line, 2)
    assert {receipt["attributes"]["updatedAt"] for receipt in hand.all("receiptLines")} == {stamp}
    hand("same_moment", on=False)
    hand("receive", line, 3)
    assert len({receipt["attributes"]["updatedAt"] for receipt in hand.all("receiptLines")}) == 2


def test_the_lines_of_an_order_come_in_pages_of_at_most_a_hundred(hand):
    order = hand("order", {"A-1": 1})
    for _ in range(63):
        hand("add_line", order, "B-1", 1, expected="2026-02-01T00:00:00Z")
    related = hand.client.get(f"buyOrders/{order}/buyOrderLines").json()
    assert (len(related["data"]), related["meta"]["totalResourceCount"], "next" in related["links"]) == (50, 64, True)
    rest = hand.client.session.get(related["links"]["next"], timeout=10).json()
    assert (len(rest["data"]), "next" in rest["links"]) == (14, False)
    lines = {"filter[buyOrderId]": str(order), "sort": "id", "page[limit]": "100"}
    assert len(hand.all("buyOrderLines", **lines)) == 64
    assert hand.client.get("buyOrderLines", **{"page[limit]": "101"}).status_code == 400
    assert hand.client.get("buyOrderLines", **{"page[limit]": "20", "page[offset]": "30"}).status_code == 400


def test_the_verbs_work_from_another_process_and_say_what_is_wrong(hand):
    url = hand.sandbox.optiply_url.removesuffix("/v1") + "/_sandbox/do"
    (order,) = requests.post(url, json={"do": "order", "lines": {"A-1": 5}}, timeout=10).json()
    assert requests.post(url, json=[{"do": "receive_rest", "order_id": order}], timeout=10).status_code == 200
    wrong: list[dict[str, Any]] = [
        {"do": "order", "lines": {"NO-SUCH": 1}},
        {"do": "receive", "line_id": 1, "quantity": 1},
        {"do": "place", "order_id": 1},
        {"do": "delete", "type": "nonsense", "id": 1},
        {"do": "configure", "nonsense": 1},
        {"do": "configure", "bump_parents": "no"},
    ]
    for step in wrong:
        answer = requests.post(url, json=step, timeout=10)
        assert answer.status_code == 400, step
        assert answer.json()["message"].startswith("This cannot be done: "), step
    with pytest.raises(SandboxError, match="no product"):
        hand("order", {"NO-SUCH": 1})
