"""Every stream of the tap says what the account holds, each row once, and nothing of any person."""

from collections.abc import Iterator

import pytest

from sandbox.picqer.account import Size
from sandbox.systems import Sandbox
from tests.tap_picqer.reading import SHAPES, Reading, account_rows, differences, names_of_all_streams, read

PERSONAL = ("contactname", "telephone", "emailaddress", "deliveryname", "invoicename", "address", "customer", "zipcode")


@pytest.fixture(scope="module")
def steady() -> Iterator[tuple[Sandbox, Reading]]:
    size = Size(products=230, compositions=24, suppliers=12, purchase_orders=210, orders=330)
    with Sandbox(magento=False, picqer=size) as sandbox:
        yield sandbox, read(sandbox)


def test_every_stream_is_read_to_its_end_by_default(steady):
    _, reading = steady
    assert reading.error is None
    assert not reading.failures
    assert [name for name in names_of_all_streams() if not reading.complete(name)] == []


@pytest.mark.parametrize("stream", SHAPES)
def test_a_stream_equals_the_account_each_row_once(steady, stream):
    sandbox, reading = steady
    rows = account_rows(sandbox, stream)
    records = reading.records[stream]
    assert sorted(reading.ids(stream, SHAPES[stream][1])) == sorted(rows)
    assert [bad for record in records for bad in differences(record, rows[record[SHAPES[stream][1]]])] == []


def test_the_listings_name_every_product_and_supplier(steady):
    sandbox, reading = steady
    for stream, table, key in (("product_ids", "products", "idproduct"), ("supplier_ids", "suppliers", "idsupplier")):
        rows = sandbox.picqer.tables[table].rows
        found = {record[key]: record["active"] for record in reading.records[stream]}
        assert len(found) == len(reading.records[stream])
        assert found == {number: row.active for number, row in rows.items()}


def test_every_composition_comes_once_with_its_parts(steady):
    sandbox, reading = steady
    told = {
        record["idproduct"]: [(part["idproduct_part"], part["idproduct"], part["amount"]) for part in record["parts"]]
        for record in reading.records["product_parts"]
    }
    assert len(told) == len(reading.records["product_parts"])
    assert told == {
        product.idproduct: [(part.idproduct_part, part.idproduct, part.amount) for part in product.parts]
        for product in sandbox.picqer.products.rows.values()
        if product.type in ("virtual_composition", "composition_with_stock")
    }


def test_no_record_holds_anything_of_a_person(steady):
    _, reading = steady
    texts = [str(record) for records in reading.records.values() for record in records]
    assert not [text for text in texts if any(f"'{name}" in text for name in PERSONAL)]
    assert not [text for text in texts if "@" in text]


@pytest.mark.parametrize("number", [1, 99, 100, 101, 195, 196, 200, 290])
def test_page_boundaries_neither_lose_nor_repeat(number):
    with Sandbox(magento=False, picqer=Size(orders=1)) as sandbox:
        store = sandbox.picqer

        def resize() -> None:
            rows = list(store.orders.rows.values())
            for row in rows[number:]:
                store.remove(row)
            for step in range(number - len(rows)):
                store.put(type(rows[0])(idorder=900_000 + step, orderid=str(step), created=rows[0].created))

        sandbox.call(resize)
        reading = read(sandbox, "orders")
        assert reading.ids("orders", "idorder") == sorted(store.orders.rows, reverse=True)
        assert len(store.orders.rows) == number
        assert reading.complete("orders")
