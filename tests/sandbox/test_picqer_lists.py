"""Lists of Picqer's sandbox: pages by offset, what shifts them, the filters that exist, and local time."""

from datetime import datetime, timedelta, timezone
from itertools import pairwise

import pytest

from sandbox.picqer.changes import apply


def ids(rows, key="idproduct"):
    return [row[key] for row in rows]


@pytest.fixture
def small(picqer):
    """The account with pages of 10 rows."""
    picqer.store.settings.page_size = 10
    return picqer


def test_a_list_is_a_bare_array_of_100_newest_first_and_empty_past_its_end(picqer):
    first = picqer.get("orders")
    assert len(first) == 100
    assert ids(first, "idorder") == sorted(ids(first, "idorder"), reverse=True)
    rest = picqer.get("orders", offset=100)
    assert ids(first + rest, "idorder") == sorted(picqer.store.orders.ids, reverse=True)
    assert picqer.get("orders", offset=120) == picqer.get("orders", offset=9_999_999) == []
    assert ids(picqer.get("orders", offset=7), "idorder")[0] == ids(first, "idorder")[7]
    assert picqer.get("orders", offset="x") == picqer.get("orders", offset=-3) == first


def test_warehouses_parts_and_warehouse_stock_ascend(picqer):
    picqer.store.settings.page_size = 20
    assert ids(picqer.get("warehouses"), "idwarehouse") == [11, 12, 13, 14]
    stock = picqer.all("warehouses/11/stock")
    assert len(stock) > 20
    assert ids(stock) == sorted(ids(stock))
    nested = picqer.store.cases["composition of a composition"]
    parts = picqer.get(f"products/{nested}/parts")
    assert ids(parts, "idproduct_part") == sorted(ids(parts, "idproduct_part"))


def test_what_is_no_filter_is_ignored(picqer):
    for query in ({"limit": 5}, {"updated_since": "2030-01-01"}, {"page": 2}, {"sort": "created"}):
        assert ids(picqer.get("orders", **query), "idorder") == ids(picqer.get("orders"), "idorder")
    assert picqer.get("suppliers", updated_after="2030-01-01 00:00:00") == picqer.get("suppliers")
    assert picqer.get("orders", updated_after="2030-01-01 00:00:00") == picqer.get("orders")


def test_products_are_listed_active_or_inactive_never_both(picqer):
    active, inactive = picqer.get("products"), picqer.get("products", inactive="")
    assert {row["active"] for row in active} == {True}
    assert {row["active"] for row in inactive} == {False}
    assert sorted(ids(active + inactive)) == picqer.store.products.ids
    on, off = picqer.get("suppliers"), picqer.get("suppliers", inactive=1)
    assert picqer.store.cases["supplier inactive"] in ids(off, "idsupplier")
    assert sorted(ids(on + off, "idsupplier")) == picqer.store.suppliers.ids
    assert not {"created", "updated"} & set(on[0])


@pytest.mark.parametrize(
    ("resource", "query", "holds"),
    [
        ("products", {"productcode": "abc-1"}, lambda row: row["productcode"] == "abc-1"),
        ("products", {"search": "ABC"}, lambda row: "abc" in row["productcode"].lower()),
        ("products", {"type": "virtual_composition"}, lambda row: row["type"] == "virtual_composition"),
        ("products", {"idsupplier": 901}, lambda row: row["idsupplier"] == 901),
        ("products", {"idfulfilment_customer": 7001}, lambda row: row["idfulfilment_customer"] == 7001),
        ("products", {"idproducts": "10001,10002"}, lambda row: row["idproduct"] in (10001, 10002)),
        ("products", {"tag": "Sale"}, lambda row: row["tags"] != []),
        ("products", {"updated_after": "2026-01-01 00:00:00"}, lambda row: row["updated"] > "2026-01-01 00:00:00"),
        ("purchaseorders", {"status": "concept"}, lambda row: row["status"] == "concept"),
        ("purchaseorders", {"idsupplier": 903}, lambda row: row["idsupplier"] == 903),
        ("purchaseorders", {"idwarehouse": 12}, lambda row: row["idwarehouse"] == 12),
        ("purchaseorders", {"search": "P50003"}, lambda row: row["purchaseorderid"] == "P50003"),
        (
            "purchaseorders",
            {"status": "purchased", "updated_after": "2026-01-01"},
            lambda row: row["status"] == "purchased" and row["updated"] > "2026-01-01 00:00:00",
        ),
        ("receipts", {"status": "processing"}, lambda row: row["status"] == "processing"),
        ("receipts", {"receiptid": "R60002"}, lambda row: row["receiptid"] == "R60002"),
        ("receipts", {"idpurchaseorder": 50003}, lambda row: "50003" in str(row["purchaseorder"])),
        ("receipts", {"idsupplier": 903}, lambda row: row["supplier"]["idsupplier"] == 903),
        ("receipts", {"updated_after": "2026-01-01 00:00:00"}, lambda row: row["updated"] > "2026-01-01 00:00:00"),
        (
            "receipts",
            {"completed_after": "2026-01-01T00:00:00"},
            lambda row: (row["completed_at"] or "") > "2026-01-01 00:00:00",
        ),
        ("orders", {"status": "processing"}, lambda row: row["status"] == "processing"),
        ("orders", {"orderid": "20700001"}, lambda row: row["orderid"] == "20700001"),
        ("orders", {"search": "20700001"}, lambda row: row["orderid"] == "20700001"),
        ("orders", {"sinceid": 700100}, lambda row: row["idorder"] > 700100),
        ("orders", {"beforeid": 700010}, lambda row: row["idorder"] < 700010),
        ("orders", {"sinceid": 700005, "beforeid": 700010}, lambda row: 700005 < row["idorder"] < 700010),
        ("orders", {"idcustomer": 501}, lambda row: row["idcustomer"] == 501),
        ("orders", {"sincedate": "2026-01-10 00:00:00"}, lambda row: row["created"] > "2026-01-10 00:00:00"),
    ],
)
def test_the_filters_that_exist_hold(picqer, resource, query, holds):
    found, everything = picqer.all(resource, **query), picqer.all(resource)
    assert found == [row for row in everything if holds(row)]
    assert 0 < len(found) < len(everything)


@pytest.mark.parametrize("query", [{"idsupplier": "abc"}, {"idsupplier": "1"}, {"productcode": "ABC-"}, {"tag": "x"}])
def test_a_filter_that_nothing_fits_gives_no_rows(picqer, query):
    assert picqer.get("products", **query) == []


def test_after_leaves_its_own_second_out_unless_told(picqer):
    stamp = picqer.get("products/10001")["updated"]
    fitting = {row["idproduct"] for row in picqer.get("products") if row["updated"] == stamp}
    assert len(fitting) > 20
    assert not fitting & set(ids(picqer.get("products", updated_after=stamp)))
    picqer.store.settings.after_inclusive = True
    assert fitting <= set(ids(picqer.get("products", updated_after=stamp)))


def test_a_row_inserted_while_reading_is_repeated(small):
    small.control("changes", [{"resource": "products", "after_page": 1, "action": "insert"}])
    before = list(reversed(small.store.products.where_ids("active", True)))
    seen = ids(small.all("products"))
    assert seen == [*before[:10], *before[9:]]
    assert len(small.store.products) == 61


@pytest.mark.parametrize("action", ["deactivate", "delete"])
def test_a_row_that_leaves_while_reading_hides_another(small, action):
    before = list(reversed(small.store.products.where_ids("active", True)))
    small.control("changes", [{"resource": "products", "after_page": 2, "action": action, "row": 3}])
    seen = ids(small.all("products"))
    assert set(before) - set(seen) == {before[20]}


def test_an_order_that_leaves_the_filtered_status_hides_another(small):
    before = ids(small.all("purchaseorders", status="purchased"), "idpurchaseorder")
    rows = small.store.purchaseorders.rows
    number = next(one for one in before[:10] if not any(line.amountreceived for line in rows[one].products))
    small.control("changes", [{"resource": "purchaseorders", "after_page": 1, "action": "cancel", "id": number}])
    seen = ids(small.all("purchaseorders", status="purchased"), "idpurchaseorder")
    assert set(before) - set(seen) == {before[10]}
    assert small.get(f"purchaseorders/{number}")["status"] == "cancelled"


def test_a_change_that_picqer_would_refuse_does_not_reach_the_reader(small):
    for action in ("cancel", "purchase", "process", "deactivate"):
        change = {"resource": "purchaseorders", "after_page": 1, "action": action, "id": 50004}
        assert small.control("changes", [change]).status_code == 200
        assert len(small.get("purchaseorders")) == 10
    assert small.get("purchaseorders/50004")["status"] == "received"


def test_a_row_may_be_touched_after_it_was_read(small):
    old = small.store.cases["purchase order after the missing hour"]
    stamp = small.get(f"purchaseorders/{old}")["updated"]
    small.control("changes", [{"resource": "purchaseorders", "after_page": 1, "action": "touch", "id": old}])
    small.get("purchaseorders")
    assert small.get(f"purchaseorders/{old}")["updated"] > stamp


def test_a_test_may_do_anything_after_a_page(small):
    seen = []
    small.sandbox.account.changes.after_page("orders", 2, lambda store, rows: seen.append(len(rows)))
    for offset in (0, 10, 20):
        small.get("orders", offset=offset)
    assert seen == [10]


@pytest.mark.parametrize(
    ("resource", "case", "action", "attribute", "value"),
    [
        ("suppliers", "supplier", "deactivate", "active", False),
        ("products", "product inactive", "activate", "active", True),
        ("purchaseorders", "purchase order concept", "purchase", "status", "purchased"),
        ("orders", "order concept", "process", "status", "processing"),
        ("orders", "order concept", "cancel", "status", "cancelled"),
    ],
)
def test_each_action_does_what_it_says(picqer, resource, case, action, attribute, value):
    number = picqer.store.cases[case]
    apply(picqer.store, picqer.store.tables[resource].rows[number], action)
    assert picqer.get(f"{resource}/{number}")[attribute] == value


@pytest.mark.parametrize("resource", ["suppliers", "products", "purchaseorders", "receipts", "orders"])
def test_an_inserted_copy_has_ids_of_its_own(picqer, resource):
    table = picqer.store.tables[resource]
    original = table.rows[table.ids[-1]]
    apply(picqer.store, original, "insert")
    fresh = table.rows[table.ids[-1]]
    assert table.id(fresh) > table.id(original)
    for line in getattr(fresh, "products", []):
        assert line not in original.products


@pytest.mark.parametrize(
    "body", [{"resource": "products"}, [{"resource": "goods", "after_page": 1, "action": "insert"}], [{"action": "x"}]]
)
def test_changes_that_are_none_are_refused(picqer, body):
    assert picqer.control("changes", body).status_code == 400


def test_rows_of_one_second_may_come_in_any_order(picqer):
    picqer.store.settings.shuffle_ties = True
    orders = [ids(picqer.get("products")) for _ in range(4)]
    assert len({tuple(order) for order in orders}) > 1
    assert len({frozenset(order) for order in orders}) == 1
    stamps = [row["created"] for row in picqer.get("products")]
    assert all(left >= right for left, right in pairwise(stamps))


def test_lists_may_be_oldest_first(picqer):
    picqer.store.settings.order = "oldest"
    assert ids(picqer.get("orders"), "idorder") == picqer.store.orders.ids[:100]


def test_times_are_local_on_both_nights(picqer):
    cases = picqer.store.cases
    created = {name: picqer.get(f"orders/{cases[f'order {name}']}")["created"] for name in (
        "in the doubled hour", "in the doubled hour again", "before the missing hour", "after the missing hour"
    )}
    assert list(created.values()) == [
        "2025-10-26 02:30:00",
        "2025-10-26 02:30:00",
        "2025-03-30 01:59:30",
        "2025-03-30 03:00:30",
    ]
    later = picqer.all("orders", sincedate="2025-10-26 02:29:59")
    assert {cases["order in the doubled hour"], cases["order in the doubled hour again"]} <= set(ids(later, "idorder"))


def test_a_sandbox_moved_to_a_night_writes_the_doubled_hour_twice(picqer):
    clock = picqer.sandbox.clock
    clock.ticking = False
    night = datetime(2026, 10, 25, 0, 15, tzinfo=timezone.utc)
    clock.advance(seconds=(night - clock.now()) / timedelta(seconds=1))
    order = {"idsupplier": 901, "products": [{"idproduct": 10001, "amount": 1}]}
    first = picqer.post("purchaseorders", order)
    clock.advance(seconds=3600)
    second = picqer.post("purchaseorders", order)
    assert first["created"][:16] == second["created"][:16] == "2026-10-25 02:15"


def test_the_zone_is_a_setting(picqer):
    picqer.control("settings", {"zone": "Asia/Kolkata"})
    made = picqer.post("purchaseorders", {"idsupplier": 901, "products": [{"idproduct": 10001, "amount": 1}]})
    assert made["created"].startswith("2026-01-15 13:3")


def test_a_page_costs_the_same_in_a_big_account_and_far_down():
    from sandbox.picqer.rows import Order
    from sandbox.server.table import Table

    table = Table(Order, "idorder", ("status",))
    for number in range(50_000):
        table.put(Order(idorder=number, orderid=str(number), status="completed" if number % 10 else "paused"))
    version = table.version
    assert table.select({}, {}) is table.ids
    found = table.select({"status": "paused"}, {})
    assert len(found) == 5_000
    assert table.select({"status": "paused"}, {}) is found
    table.remove(10)
    assert table.version > version
    assert table.select({"status": "paused"}, {}) == [number for number in found if number != 10]
