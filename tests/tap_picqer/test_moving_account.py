"""Rows that come, go and change over while the tap reads: none is lost, none comes twice."""

from collections.abc import Iterator

import pytest

from sandbox.picqer.account import Size
from sandbox.server.changes import Change
from sandbox.systems import Sandbox
from tests.tap_picqer.reading import SHAPES, read

SIZE = Size(products=430, compositions=10, suppliers=120, purchase_orders=330, orders=340)
TABLES = {table: stream for stream, (table, _) in SHAPES.items()}


@pytest.fixture
def account() -> Iterator[Sandbox]:
    with Sandbox(magento=False, picqer=SIZE) as sandbox:
        yield sandbox


def change(sandbox: Sandbox, **values: object) -> None:
    sandbox.call(lambda: sandbox.account.changes.add(Change(**values)))  # type: ignore[arg-type]


def ids_of(sandbox: Sandbox, table: str) -> set[int]:
    return set(sandbox.call(lambda: set(sandbox.picqer.tables[table].rows)))


@pytest.mark.parametrize("table", ["products", "suppliers", "purchaseorders", "receipts", "orders"])
@pytest.mark.parametrize("action", ["insert", "delete"])
@pytest.mark.parametrize("times", [1, 4])
def test_rows_that_come_or_go_neither_hide_nor_repeat_others(account, table, action, times):
    if table == "suppliers" and action == "delete" and times > 1:
        times = 2
    stream = TABLES[table]
    before = ids_of(account, table)
    change(account, resource=table, after_page=1, action=action, times=times)
    change(account, resource=table, after_page=2, action=action, row=7, times=times)
    reading = read(account, stream)
    after = ids_of(account, table)
    found = reading.ids(stream, SHAPES[stream][1])
    assert len(found) == len(set(found))
    assert before & after <= set(found) <= before | after
    assert reading.complete(stream)


@pytest.mark.parametrize("gone", [5, 40, 150])
def test_more_rows_going_than_the_overlap_holds_make_it_read_again(account, gone):
    before = ids_of(account, "orders")
    change(account, resource="orders", after_page=1, action="delete", times=min(gone, 100))
    if gone > 100:
        change(account, resource="orders", after_page=2, action="delete", times=gone - 100)
    reading = read(account, "orders")
    after = ids_of(account, "orders")
    found = reading.ids("orders", "idorder")
    assert len(found) == len(set(found))
    assert before & after <= set(found)
    assert reading.complete("orders")


@pytest.mark.parametrize("action", ["deactivate", "activate"])
@pytest.mark.parametrize("page", [1, 2, 5])
def test_a_product_that_changes_over_between_the_lists_comes_once(account, action, page):
    store = account.picqer
    wanted = action == "activate"
    number = next(n for n, row in store.products.rows.items() if row.active is not wanted and row.type == "normal")
    change(account, resource="products", after_page=page, action=action, id=number)
    reading = read(account, "products", "product_ids")
    assert sorted(reading.ids("products", "idproduct")) == sorted(ids_of(account, "products"))
    assert sorted(reading.ids("product_ids", "idproduct")) == sorted(ids_of(account, "products"))
    assert reading.complete("product_ids")


def test_a_purchase_order_that_changes_its_status_while_it_is_read_comes_once(account):
    change(account, resource="purchaseorders", after_page=1, action="purchase", times=30)
    change(account, resource="purchaseorders", after_page=2, action="cancel", times=30)
    reading = read(account, "purchase_orders")
    assert sorted(reading.ids("purchase_orders", "idpurchaseorder")) == sorted(ids_of(account, "purchaseorders"))


@pytest.mark.parametrize("order", ["newest", "oldest"])
@pytest.mark.parametrize("ties", [False, True])
def test_any_order_of_the_list_is_read_whole_or_said_not_to_be(account, order, ties):
    account.picqer.settings.order = order
    account.picqer.settings.shuffle_ties = ties
    reading = read(account, "products")
    found = reading.ids("products", "idproduct")
    assert len(found) == len(set(found))
    if reading.complete("products"):
        assert set(found) == ids_of(account, "products")
    else:
        assert "kept moving" in reading.notes


def test_an_empty_list_where_there_must_be_rows_is_no_answer(account):
    account.picqer.settings.emptied = ["products", "suppliers", "warehouses"]
    reading = read(account, "warehouses", "suppliers", "supplier_ids", "products", "product_ids")
    assert not any(map(reading.complete, ("warehouses", "suppliers", "supplier_ids", "products", "product_ids")))
    assert "products: Picqer gives none at all" in reading.notes


def test_a_list_that_moves_too_fast_is_not_complete(account):
    def remove_many() -> None:
        def work(store, rows):
            for row in list(rows)[:60]:
                store.remove(row)

        for page in range(1, 30):
            account.account.changes.after_page("orders", page, work)

    account.call(remove_many)
    reading = read(account, "orders")
    found = reading.ids("orders", "idorder")
    assert len(found) == len(set(found))
    assert ids_of(account, "orders") <= set(found) or not reading.complete("orders")
