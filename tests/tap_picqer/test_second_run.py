"""A second run: only what changed where Picqer tells it, and of the orders each one that may have changed."""

from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest

from sandbox.picqer import selling
from sandbox.picqer.account import Size
from sandbox.server.fault_rules import Rule
from sandbox.systems import Sandbox
from tests.tap_picqer.reading import account_rows, differences, read

SIZE = Size(products=60, compositions=10, purchase_orders=350, orders=450)


@pytest.fixture
def account() -> Iterator[Sandbox]:
    with Sandbox(magento=False, picqer=SIZE) as sandbox:
        yield sandbox


def asked(sandbox: Sandbox, path: str) -> list[dict[str, list[str]]]:
    """The queries of the requests for a path since the log was cleared."""
    entries = sandbox.requests.select(api="picqer")
    return [parse_qs(entry.query) for entry in entries if entry.path == f"/api/v1/{path}"]


def move_on(sandbox: Sandbox) -> None:
    sandbox.call(lambda: sandbox.clock.advance(seconds=3600))
    sandbox.requests.clear()


def test_documents_are_asked_for_by_what_changed(account):
    first = read(account)
    move_on(account)

    def edit() -> None:
        store = account.picqer
        for table in (store.purchaseorders, store.receipts):
            store.change(table.rows[table.ids[5]], updated=store.stamp())

    account.call(edit)
    second = read(account, state=first.state)
    assert second.ids("purchase_orders", "idpurchaseorder") == [account.picqer.purchaseorders.ids[5]]
    assert second.ids("receipts", "idreceipt") == [account.picqer.receipts.ids[5]]
    for path in ("purchaseorders", "receipts"):
        assert len(asked(account, path)) == 2
        assert all(query["updated_after"] for query in asked(account, path))
    assert not second.complete("purchase_orders"), "a part of a list is no whole one"
    for stream in ("warehouses", "suppliers", "products", "product_ids", "supplier_ids", "product_parts"):
        assert second.complete(stream)
        assert second.ids(stream, f"id{'product' if 'product' in stream else stream[:9].rstrip('s_')}") or True
    assert len(second.records["products"]) == len(account.picqer.products.rows)


def test_nothing_is_read_of_documents_that_did_not_change(account):
    first = read(account, "purchase_orders", "receipts")
    move_on(account)
    second = read(account, "purchase_orders", "receipts", state=first.state)
    assert not second.records
    assert len(account.requests.select(api="picqer")) == 3


def open_orders(sandbox: Sandbox, status: str) -> list[int]:
    return [number for number, row in sandbox.picqer.orders.rows.items() if row.status == status]


def test_orders_that_changed_after_they_were_placed_are_found_again(account):
    first = read(account, "orders")
    move_on(account)
    store = account.picqer
    processing, concept = open_orders(account, "processing"), open_orders(account, "concept")
    assert processing
    assert concept

    def live() -> None:
        selling.complete(store, store.orders.rows[processing[0]])
        selling.cancel(store, store.orders.rows[concept[0]])
        selling.process(store, store.orders.rows[concept[1]])

    account.call(live)
    second = read(account, "orders", state=first.state)
    rows = account_rows(account, "orders")
    found = {record["idorder"]: record for record in second.records["orders"]}
    assert len(found) == len(second.records["orders"])
    changed = {processing[0], concept[0], concept[1]}
    assert changed <= set(found)
    assert [bad for number in changed for bad in differences(found[number], rows[number])] == []
    still_open = {number for number, row in rows.items() if row["status"] not in ("completed", "cancelled")}
    assert set(found) == still_open | changed
    assert second.state["bookmarks"]["orders"]["open"] == sorted(still_open)


def test_what_ended_is_asked_for_once(account):
    first = read(account, "orders")
    store = account.picqer
    processing = open_orders(account, "processing")
    account.call(lambda: selling.complete(store, store.orders.rows[processing[0]]))
    second = read(account, "orders", state=first.state)
    assert processing[0] in second.ids("orders", "idorder")
    account.call(lambda: account.clock.advance(seconds=3600))
    third = read(account, "orders", state=second.state)
    assert processing[0] not in third.ids("orders", "idorder")


def test_many_orders_that_ended_are_read_from_the_list(account):
    store = account.picqer
    account.call(lambda: [store.change(row, status="processing") for row in list(store.orders.rows.values())])
    first = read(account, "orders")
    move_on(account)
    account.call(lambda: [store.change(row, status="completed") for row in list(store.orders.rows.values())])
    second = read(account, "orders", state=first.state)
    assert sorted(second.ids("orders", "idorder")) == sorted(store.orders.rows)
    assert len(account.requests.select(api="picqer")) < 130
    assert "open" not in second.state["bookmarks"]["orders"]


def test_an_order_that_is_gone_is_said_once(account):
    first = read(account, "orders")
    number = open_orders(account, "concept")[0]
    account.call(lambda: account.picqer.remove(account.picqer.orders.rows[number]))
    second = read(account, "orders", state=first.state)
    assert f"orders: {number} was open in an earlier run and is gone" in second.notes
    third = read(account, "orders", state=second.state)
    assert str(number) not in third.notes


def test_an_order_that_cannot_be_read_stays_among_the_open_ones(account):
    from sandbox.server.oddities import Oddity

    first = read(account, "orders")
    number = open_orders(account, "processing")[0]
    store = account.picqer
    account.call(lambda: selling.complete(store, store.orders.rows[number]))
    account.account.oddities.add(Oddity(resource="orders", id=number, status=500))
    second = read(account, "orders", state=first.state)
    assert number not in second.ids("orders", "idorder")
    assert number in second.state["bookmarks"]["orders"]["open"]
    assert (
        second.state["bookmarks"]["orders"]["replication_key_value"]
        == (first.state["bookmarks"]["orders"]["replication_key_value"])
    )
    account.account.oddities.clear()
    third = read(account, "orders", state=second.state)
    assert number in third.ids("orders", "idorder")


@pytest.mark.parametrize("body", ["html", '{"error": true, "error_code": 21, "error_message": "Not now"}'])
def test_an_order_is_gone_only_where_picqer_itself_says_so(account, body):
    first = read(account, "orders")
    number = open_orders(account, "processing")[0]
    store = account.picqer
    account.call(lambda: selling.complete(store, store.orders.rows[number]))
    account.call(lambda: account.account.faults.add(Rule(path=f"/orders/{number}$", status=404, body=body)))
    second = read(account, "orders", state=first.state)
    assert "is gone" not in second.notes
    assert number in second.state["bookmarks"]["orders"]["open"]
    assert str(number) in str(second.report)
    account.account.faults.clear()
    third = read(account, "orders", state=second.state)
    assert number in third.ids("orders", "idorder")


def test_orders_from_before_the_start_date_are_not_read_even_if_they_are_open(account):
    stamps = sorted(row.created for row in account.picqer.orders.rows.values())
    start = stamps[len(stamps) // 2].replace(" ", "T") + "+01:00"
    first = read(account, "orders", start_date=start)
    second = read(account, "orders", start_date=start, state=first.state)
    late = {number for number, row in account.picqer.orders.rows.items() if row.created >= stamps[len(stamps) // 2]}
    assert set(first.ids("orders", "idorder")) == late
    assert set(second.ids("orders", "idorder")) <= late


def test_a_bookmark_of_the_future_is_not_believed(account):
    state = {"bookmarks": {"receipts": {"replication_key": "updated", "replication_key_value": "2031-01-01 00:00:00"}}}
    reading = read(account, "receipts", state=state)
    assert sorted(reading.ids("receipts", "idreceipt")) == sorted(account.picqer.receipts.rows)
    assert "lies in the future" in reading.notes
