"""Every stream of the account comes whole, once each, at every page size; a second run reads what changed."""

from collections import Counter
from typing import Any
from urllib.parse import parse_qsl

import pytest

from sandbox.systems import Sandbox
from tests.tap_optiply.reading import LOGIN, do, fill, held, names_of_all_streams, read

RESOURCES = tuple(
    name for name in names_of_all_streams() if not name.startswith("receiptLineI") and "Checks" not in name
)


@pytest.mark.parametrize("size", [1, 5, 6, 7, 100])
def test_every_stream_comes_once_each_at_page_boundaries(optiply_sandbox: Sandbox, size: int) -> None:
    fill(optiply_sandbox)
    reading = read(optiply_sandbox, page_size=size)
    assert reading.error is None
    for name in RESOURCES:
        assert reading.ids(name) == held(optiply_sandbox, name), name
    marks = reading.state["bookmarks"]
    assert all(marks[name]["complete"] and marks[name]["run_id"] for name in RESOURCES)


def test_records_are_flat_and_say_what_the_account_says(optiply_sandbox: Sandbox) -> None:
    fill(optiply_sandbox)
    reading = read(optiply_sandbox)
    product = reading.records["products"][2]
    assert {name: product[name] for name in ("skuCode", "price", "stockLevel", "remoteIdMap")} == {
        "skuCode": "SKU-3",
        "price": "1.25",
        "stockLevel": 3,
        "remoteIdMap": {"77": "3"},
    }
    assert reading.records["suppliers"][0]["type"] == "vendor", "the attribute, not the resource's type"
    receipt = reading.records["receiptLines"][0]
    assert (receipt["quantity"], receipt["createdFromPublicApi"]) == (4, False)
    assert receipt["buyOrderLineId"] in reading.ids("buyOrderLines")


def test_a_second_run_reads_only_what_changed(optiply_sandbox: Sandbox) -> None:
    fill(optiply_sandbox)
    first = read(optiply_sandbox)
    second = read(optiply_sandbox, state=first.state)
    assert second.counts == {}
    line, receipt = held(optiply_sandbox, "buyOrderLines")[2], held(optiply_sandbox, "receiptLines")[1]
    do(optiply_sandbox, "edit_receipt", receipt, quantity=9)
    made = do(optiply_sandbox, "receive", line, 2, "2026-01-01T08:00:00Z")
    optiply_sandbox.clock.advance(seconds=60)
    third = read(optiply_sandbox, state=second.state)
    assert third.ids("receiptLines") == [receipt, made], "also a receipt that is dated back"
    assert set(third.counts) <= {"receiptLines", "buyOrderLines", "buyOrders"}
    optiply_sandbox.clock.advance(seconds=900)
    assert read(optiply_sandbox, state=third.state).ids("receiptLines") == [receipt, made], "what the overlap holds"
    optiply_sandbox.clock.advance(seconds=900)
    fourth = read(optiply_sandbox, state=read(optiply_sandbox, state=third.state).state)
    assert fourth.counts == {}


def test_start_date_limits_documents_and_never_products(optiply_sandbox: Sandbox) -> None:
    fill(optiply_sandbox)
    later = optiply_sandbox.clock.now().isoformat()
    reading = read(optiply_sandbox, start_date=later)
    assert reading.ids("products") == held(optiply_sandbox, "products")
    assert reading.ids("receiptLines") == reading.ids("buyOrders") == []


def test_questions_are_as_optiply_wants_them(optiply_sandbox: Sandbox) -> None:
    fill(optiply_sandbox)
    read(optiply_sandbox, "receiptLines", state=read(optiply_sandbox, "receiptLines").state)
    query = dict(parse_qsl(optiply_sandbox.requests.select(path="receiptLines")[-1].query))
    assert query["sort"] == "id"
    assert query["page[offset]"] == "0"
    assert query["filter[updatedAt][GE]"].endswith("Z")
    assert query["filter[updatedAt][LE]"] > query["filter[updatedAt][GE]"]


def test_an_order_comes_with_all_its_lines_far_past_one_page(optiply_sandbox: Sandbox) -> None:
    fill(optiply_sandbox, products=130)
    few = do(optiply_sandbox, "order", {"SKU-1": 3})
    reading = read(optiply_sandbox, "buyOrders", "buyOrderLines")
    lines = Counter(line["buyOrderId"] for line in reading.records["buyOrderLines"])
    assert {row["id"]: len(row["buyOrderLines"]) for row in reading.records["buyOrders"]} == dict(lines)
    assert sorted(lines.values()) == [1, 130]
    (order,) = [row for row in reading.records["buyOrders"] if row["id"] == few]
    assert order["buyOrderLines"][0]["quantity"] == 3


def test_lines_of_changed_orders_are_not_read_with_those_of_years_between_them(optiply_sandbox: Sandbox) -> None:
    fill(optiply_sandbox, products=130)
    for _ in range(4):
        do(optiply_sandbox, "order", {f"SKU-{n}": 1 for n in range(1, 131)})
    orders = held(optiply_sandbox, "buyOrders")
    optiply_sandbox.clock.advance(seconds=900)
    first = read(optiply_sandbox, "buyOrders")
    for order in (orders[0], orders[-1]):
        do(optiply_sandbox, "complete", order)
    optiply_sandbox.clock.advance(seconds=60)
    optiply_sandbox.requests.clear()
    second = read(optiply_sandbox, "buyOrders", state=first.state)
    assert {row["id"]: len(row["buyOrderLines"]) for row in second.records["buyOrders"]} == {
        orders[0]: 130,
        orders[-1]: 130,
    }
    assert len(optiply_sandbox.requests.select(path="buyOrderLines")) <= 1 + 2 * 3


def test_receipt_ids_list_what_there_is_and_checks_tell_what_is_gone(optiply_sandbox: Sandbox) -> None:
    fill(optiply_sandbox)
    ids = held(optiply_sandbox, "receiptLines")
    do(optiply_sandbox, "delete", "receiptLines", ids[0])
    listed = read(optiply_sandbox, "receiptLineIds")
    assert listed.records["receiptLineIds"] == [{"id": number} for number in ids[1:]]
    assert listed.state["bookmarks"]["receiptLineIds"]["complete"]
    later = optiply_sandbox.clock.now().isoformat()
    made = do(optiply_sandbox, "receive", held(optiply_sandbox, "buyOrderLines")[0], 1)
    assert read(optiply_sandbox, "receiptLineIds", receipt_ids_since=later).ids("receiptLineIds") == [made]
    checked = read(optiply_sandbox, "receiptLineChecks", check_receipt_ids=f"{ids[0]},{ids[1]}")
    assert checked.records["receiptLineChecks"] == [{"id": ids[0], "found": False}, {"id": ids[1], "found": True}]


def test_a_larger_page_than_optiply_gives_is_not_asked_for_twice(optiply_sandbox: Sandbox) -> None:
    fill(optiply_sandbox, products=120)
    reading = read(optiply_sandbox, "products", page_size=500)
    assert reading.ids("products") == held(optiply_sandbox, "products")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"password": "wrong"}, "refused the login"),
        ({"api_url": "http://127.0.0.1:9/v1"}, "nothing answers at port 9"),
    ],
)
def test_a_wrong_login_or_address_ends_the_run_with_one_sentence(
    optiply_sandbox: Sandbox, settings: dict[str, Any], words: str
) -> None:
    reading = read(optiply_sandbox, **{"retry_seconds": 1, **settings})
    assert reading.error is not None
    assert words in str(reading.error)
    assert LOGIN["password"] not in str(reading.error)
    assert not reading.counts
