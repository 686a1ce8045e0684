"""Rows that Picqer cannot put out, or puts out wrongly: one bad record costs itself, and nothing counts as gone."""

from collections.abc import Iterator

import pytest

from sandbox.picqer.account import Size
from sandbox.server.oddities import Oddity
from sandbox.systems import Sandbox
from tests.tap_picqer.reading import SHAPES, read

SIZE = Size(products=260, compositions=12, suppliers=12, purchase_orders=150, orders=240)


@pytest.fixture
def account() -> Iterator[Sandbox]:
    with Sandbox(magento=False, picqer=SIZE) as sandbox:
        yield sandbox


def spoil(sandbox: Sandbox, table: str, number: int, **values: object) -> None:
    sandbox.call(lambda: sandbox.account.oddities.add(Oddity(resource=table, id=number, **values)))  # type: ignore[arg-type]


BAD = [
    {"status": 500},
    {"row": "null"},
    {"row": "NaN"},
    {"row": "[1]"},
    {"missing": ["{key}"]},
    {"values": {"{key}": ["a"]}},
    {"raw": {"created": "[" * 3000 + "]" * 3000}},
    {"raw": {"status": '"\\ud800"'}},
]


@pytest.mark.parametrize(
    ("written", "told"),
    [("1e400", "1e400"), ("-1e999999999", "-1e999999999"), ("NaN", "NaN"), ("9" * 5000, "9" * 101)],
    ids=["float", "exponent", "NaN", "digits"],
)
def test_a_number_beyond_every_limit_costs_no_row_and_is_left_to_whoever_reads_it(account, written, told):
    """It comes out as a text that no money or amount is, and never as null or infinite: that would be another value."""
    ids = list(account.picqer.tables["products"].ids)
    spoil(account, "products", ids[7], raw={"price": written})
    reading = read(account, "products", "product_ids")
    assert sorted(reading.ids("products", "idproduct")) == ids
    (odd,) = (record["price"] for record in reading.records["products"] if record["idproduct"] == ids[7])
    assert odd == told
    assert reading.complete("product_ids")


@pytest.mark.parametrize("value", ["[" * 3000 + "]" * 3000, '"\\ud800"'], ids=["levels", "half a character"])
@pytest.mark.parametrize("stream", ["suppliers", "products", "purchase_orders", "orders"])
def test_a_row_that_spoils_its_page_hides_none_of_those_before_it(account, stream, value):
    """In the first run, too, when nobody knows yet what stood there."""
    table, key = SHAPES[stream]
    ids = list(account.picqer.tables[table].ids)
    spoil(account, table, ids[9], raw={"updated": value})
    reading = read(account, stream)
    assert sorted(reading.ids(stream, key)) == [number for number in ids if number != ids[9]]
    assert reading.error is None
    assert not reading.complete(stream)


@pytest.mark.parametrize("how", BAD, ids=lambda how: str(how)[:40])
@pytest.mark.parametrize("stream", ["orders", "products"])
def test_a_row_that_cannot_be_read_costs_itself(account, stream, how):
    table, key = SHAPES[stream]
    ids = list(account.picqer.tables[table].ids)
    bad = [number for number in ids if getattr(account.picqer.tables[table].rows[number], "active", True)][
        len(ids) // 2
    ]
    if isinstance(how.get("values"), dict):
        how = {"values": {key: ["a"]}}
    elif "missing" in how:
        how = {"missing": [key]}
    spoil(account, table, bad, **how)
    reading = read(account, *({"products": ("products", "product_ids")}.get(stream, (stream,))))
    assert reading.error is None
    assert not reading.failures
    assert sorted(reading.ids(stream, key)) == [number for number in ids if number != bad]
    assert len(reading.report["streams"][stream]["isolated"]) == 1
    assert not reading.complete(stream), "what is not there might be the one that cannot be read"
    assert not reading.complete("product_ids")


@pytest.mark.parametrize("raw", ["NaN", "-Infinity", "1" + "0" * 400])
def test_a_number_that_is_none_costs_nobody_but_its_own_value(account, raw):
    number = account.picqer.orders.ids[20]
    spoil(account, "orders", number, raw={"products.0.price": raw})
    reading = read(account, "orders")
    assert reading.complete("orders")
    assert sorted(reading.ids("orders", "idorder")) == account.picqer.orders.ids
    record = next(record for record in reading.records["orders"] if record["idorder"] == number)
    assert str(record["products"][0]["price"]) == raw


@pytest.mark.parametrize("stream", ["orders", "products", "purchase_orders", "suppliers"])
@pytest.mark.parametrize("place", [0, 7])
def test_what_stands_before_a_bad_row_on_the_first_page_is_found_beside_what_follows(account, stream, place):
    table, key = SHAPES[stream]
    rows = account.picqer.tables[table].rows
    bad = sorted((n for n in rows if getattr(rows[n], "active", True)), reverse=True)[place]
    spoil(account, table, bad, status=500)
    reading = read(account, stream)
    assert sorted(reading.ids(stream, key)) == [number for number in rows if number != bad]
    assert [one["id"] for one in reading.report["streams"][stream]["isolated"]] == [bad]
    assert not reading.complete(stream)


def test_what_stands_before_a_bad_row_and_has_no_neighbours_is_left_out_and_said(account):
    ids = sorted(account.picqer.orders.ids, reverse=True)
    for number in ids[:3]:
        row = account.picqer.orders.rows.pop(number)
        row.idorder += 1_000
        account.picqer.orders.rows[row.idorder] = row
    spoil(account, "orders", ids[3], status=500)
    reading = read(account, "orders")
    assert reading.ids("orders", "idorder") == ids[4:]
    assert [one["id"] for one in reading.report["streams"]["orders"]["isolated"]] == [ids[3], "rows 1 to 4"]
    assert not reading.complete("orders")


@pytest.mark.parametrize("place", [0, 30, 99])
def test_what_a_bad_row_hides_is_asked_for_by_id_where_an_earlier_run_knew_it(place):
    with Sandbox(magento=False, picqer=True) as account:
        first = read(account, "products")
        active = sorted(account.picqer.products.where_ids("active", True), reverse=True)
        bad = active[min(place, len(active) - 1)]
        spoil(account, "products", bad, status=500)
        second = read(account, "products", "product_ids", state=first.state)
        assert sorted([*second.ids("products", "idproduct"), bad]) == account.picqer.products.ids
        assert [one["id"] for one in second.report["streams"]["products"]["isolated"]] == [bad]
        assert not second.complete("product_ids")
        third = read(account, "products", state=second.state)
        assert sorted(third.ids("products", "idproduct")) == sorted(second.ids("products", "idproduct"))


def test_several_bad_rows_on_one_page_cost_themselves_and_what_no_page_shows_without_them(account):
    ids = sorted(account.picqer.orders.ids, reverse=True)
    for place in (3, 120, 180, 239):
        spoil(account, "orders", ids[place], status=500)
    reading = read(account, "orders", max_isolated=300)
    assert reading.error is None
    lost = set(ids) - set(reading.ids("orders", "idorder"))
    assert {ids[place] for place in (3, 120, 180, 239)} <= lost


def test_a_bad_row_keeps_the_bookmark_until_it_can_be_read(account):
    bad = account.picqer.purchaseorders.ids[40]
    spoil(account, "purchaseorders", bad, status=500)
    first = read(account, "purchase_orders")
    assert "replication_key_value" not in first.state["bookmarks"].get("purchase_orders", {})
    account.call(account.account.oddities.clear)
    second = read(account, "purchase_orders", state=first.state)
    assert bad in second.ids("purchase_orders", "idpurchaseorder")


def test_odd_values_are_passed_on_for_the_reader_of_the_record_to_judge(account):
    number = account.picqer.orders.ids[7]
    values = {"created": "yesterday", "products.0.amount": [1], "status": {"a": 1}, "orderid": 17}
    spoil(account, "orders", number, values=values)
    reading = read(account, "orders")
    record = next(record for record in reading.records["orders"] if record["idorder"] == number)
    assert (record["created"], record["status"], record["orderid"]) == ("yesterday", {"a": 1}, 17)
    assert record["products"][0]["amount"] == [1]
    assert reading.complete("orders")


@pytest.mark.parametrize("answer", [{"status": 500}, {"row": None}])
def test_a_composition_whose_parts_cannot_be_read_costs_itself(account, answer):
    from sandbox.server.fault_rules import Rule

    number = account.picqer.products.where_ids("type", "virtual_composition")[0]
    rule = Rule(path=f"/products/{number}/parts", status=answer.get("status", 200), body='[{"amount": 1}]')
    account.call(lambda: account.account.faults.add(rule))
    reading = read(account, "products", "product_parts")
    compositions = [n for n, row in account.picqer.products.rows.items() if "composition" in row.type]
    assert sorted(reading.ids("product_parts", "idproduct")) == sorted(set(compositions) - {number})
    assert not reading.complete("product_parts")
    assert [bad["id"] for bad in reading.report["streams"]["product_parts"]["isolated"]] == [number]


@pytest.mark.parametrize("empty", ["null", "[]"])
def test_an_object_that_is_not_there_is_nothing_in_either_form(account, empty):
    account.picqer.settings.empty_object = empty
    reading = read(account, "receipts")
    assert all(isinstance(record["supplier"], dict | None) for record in reading.records["receipts"])
