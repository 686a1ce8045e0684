"""Sell orders, purchase orders and receipts: what Optiply has after a day, and why not."""

import pytest

from store.care import Known, take_over
from store.snapshot import Outcome, Snapshot
from tests.etl.picqer.days import COMPLETE, booked, line, product, purchase, receipt, sale, sold, supplier

BASE = {"suppliers": [supplier()], "products": [product(1), product(2, price=2.5)]}


def lines(*found: tuple[str, int, float]) -> list[dict[str, object]]:
    return [{"productRemoteId": of, "quantity": amount, "subtotalValue": money} for of, amount, money in found]


def test_a_sale_has_its_times_0_as_total_and_each_product_once(days):
    account = days()
    order = sale(5, sold(1, 2, 3, None), sold(2, 1, 2, 0.333), sold(3, 1, 1, 0.339), sold(4, 1, 0))
    account.day({**BASE, "orders": [order]})
    assert account.of("sellOrders") == {
        "5": {
            "placed": "2026-01-07T09:00:00Z",
            "completed": "2026-01-08T09:00:00Z",
            "totalValue": 0,
            "orderLines": lines(("1", 3, 1.01), ("2", 3, 7.5)),
        }
    }


def test_parts_of_a_composition_that_was_sold_count_not_again(days):
    account = days()
    concept = sale(5, sold(1, 1), status="concept")
    account.day({**BASE, "orders": [concept]})
    first = account.of("sellOrders", "orderLines")
    assert first == {"5": lines(("1", 1, 10))}
    later = sale(5, sold(1, 1), sold(2, 2, partof_idorder_product=1), updated="2026-01-09T09:00:00Z")
    account.day({"orders": [later, sale(6, *later["products"])]})
    assert account.of("sellOrders", "orderLines") == {**first, "6": first["5"]}
    assert account.of("sellOrders", "completed")["5"] == "2026-01-09T09:00:00Z"


def test_a_cancelled_order_is_not_created_and_goes_when_it_was(days):
    account = days()
    account.day({**BASE, "orders": [sale(5, sold(1, 1)), sale(6, sold(2, 1), status="cancelled")]})
    assert set(account.of("sellOrders")) == {"5"}
    assert account.reasons("sellOrders")["it is cancelled"] == ["6"]
    account.day({"orders": [sale(5, sold(1, 1), status="cancelled")]})
    assert account.of("sellOrders") == {}
    account.day({"orders": [sale(5, sold(1, 1))]})
    assert set(account.of("sellOrders")) == {"5"}


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (sale(5), "it has no lines"),
        (sale(5, sold(1, 1, 0)), "it has no lines"),
        (sale(5, sold(1, 1, partof_idorder_product=9)), "it has no lines"),
        (sale(5, sold(1, 1), status="lost"), "its status is none that is known"),
        (sale(5, sold(1, 1), status=None), "its status is none that is known"),
        (sale(5, sold(1, 1), products=None), "its lines cannot be read"),
        (sale(5, sold(1, 1), sold(2, None)), "a line names no product"),
        (sale(5, sold(1, 1, "some")), "a line has no usable amount"),
        (sale(5, sold(1, 1, 1, "dear")), "a line is not a number"),
        (sale(5, sold(1, 1, 10**12)), "a line whose amount or money is beyond the limits"),
        (sale(5, sold(1, 1), warehouses=[12, 13]), "it is of another warehouse"),
    ],
)
def test_a_sale_that_does_not_count_is_named_with_its_reason(days, order, reason):
    account = days(warehouses=[11])
    account.day(
        {**BASE, "orders": [order, sale(6, sold(6, 1), warehouses=[12, 11]), sale(7, sold(7, 1), warehouses=[])]}
    )
    assert set(account.of("sellOrders")) == {"6", "7"}
    assert account.reasons("sellOrders")[reason] == ["5"]


@pytest.mark.parametrize("created", ["soon", None, "2026-02-31T10:00:00Z", 5])
def test_a_date_that_is_none_costs_that_order(days, created):
    account = days()
    account.day(
        {
            **BASE,
            "orders": [sale(5, sold(1, 1), created=created), sale(6, sold(2, 1))],
            "purchase_orders": [purchase(7, line(71, 1), created=created), purchase(8, line(81, 1))],
        }
    )
    assert set(account.of("sellOrders")) == {"6"}
    assert set(account.of("buyOrders")) == {"8"}
    assert account.result.report["entities"]["sellOrders"]["refused"] == 1
    assert set(account.of("buyOrderLines")) == {"81"}, "its lines wait for it"


def test_without_any_price_a_line_counts_as_0_and_is_reported(days):
    account = days()
    account.day(
        {
            **BASE,
            "products": [product(1, price=None)],
            "orders": [sale(5, sold(1, 1, 2, None))],
            "purchase_orders": [purchase(6, line(61, 1, 2, None))],
        }
    )
    assert account.of("sellOrders", "orderLines") == {"5": lines(("1", 2, 0))}
    assert account.of("buyOrderLines", "subtotalValue") == {"61": 0}
    for entity, order in (("sellOrders", "5"), ("buyOrders", "6")):
        assert account.reasons(entity)["neither a line nor its product has a price: it counts as 0"] == [order]


def test_the_price_of_a_product_that_was_read_before_counts_too(days):
    account = days()
    account.day(BASE)
    account.day({"orders": [sale(5, sold(1, 2, 4, None))], "purchase_orders": [purchase(6, line(61, 2, 4, None))]})
    assert account.of("sellOrders", "orderLines") == {"5": lines(("2", 4, 10))}
    assert account.of("buyOrderLines", "subtotalValue") == {"61": 10}


def test_cancelled_amounts_and_completion_can_be_taken_otherwise(days):
    account = days(subtract_cancelled=True, completed_only_when_done=True)
    order = sale(5, sold(1, 1, 5, amount_cancelled=2), sold(2, 2, 1, amount_cancelled=1))
    account.day({**BASE, "orders": [order]})
    assert account.of("sellOrders", "orderLines", "completed") == {
        "5": {"orderLines": lines(("1", 3, 30)), "completed": None}
    }
    account.day({"orders": [order | {"status": "completed"}]})
    assert account.of("sellOrders", "completed") == {"5": "2026-01-08T09:00:00Z"}


def test_an_order_that_optiply_has_keeps_its_lines(days):
    account = days()
    account.day({**BASE, "orders": [sale(5, sold(1, 1))]})
    account.day({"orders": [sale(5, sold(1, 1), sold(2, 2))]})
    assert account.of("sellOrders", "orderLines") == {"5": lines(("1", 1, 10))}
    assert account.reasons("sellOrders")["its lines changed after Optiply took it: it keeps the first"] == ["5"]
    assert account.offered == []


def test_a_sale_waits_for_an_unknown_product_and_then_goes_without_it(days):
    account = days()
    orders = [sale(5, sold(1, 1), sold(2, 99)), sale(6, sold(3, 99))]
    account.day({**BASE, "orders": orders})
    assert account.of("sellOrders") == {}
    assert account.reasons("sellOrders")["products 99 is not usable yet"] == ["5", "6"]
    account.day({"orders": orders}, later=6)
    assert account.of("sellOrders") == {}
    account.day({}, later=1.5)
    assert account.of("sellOrders", "orderLines") == {"5": lines(("1", 1, 10))}
    account.day({"orders": orders}, later=1)
    assert account.offered == []


def test_a_sale_goes_whole_once_its_product_is_known(days):
    account = days()
    account.day({**BASE, "orders": [sale(5, sold(1, 1), sold(2, 9))]})
    account.day({"products": [product(9)]})
    assert account.of("sellOrders", "orderLines") == {"5": lines(("1", 1, 10), ("9", 1, 10))}


def test_a_purchase_has_its_lines_with_days_and_money(days):
    account = days()
    late = line(63, 2, 4, None, delivery_date="2026-02-03")
    order = purchase(6, line(61, 1, 3, 1.115), line(62, 1, 0), late, delivery_date="2026-02-02")
    account.day({**BASE, "purchase_orders": [order]})
    assert account.of("buyOrders") == {
        "6": {
            "placed": "2026-01-05T09:00:00Z",
            "completed": None,
            "expectedDeliveryDate": "2026-02-02T00:00:00Z",
            "totalValue": 13.35,
            "supplierRemoteId": "7",
        }
    }
    assert account.of("buyOrderLines", "buyOrderRemoteId", "productRemoteId") == {
        "61": {"buyOrderRemoteId": "6", "productRemoteId": "1"},
        "62": {"buyOrderRemoteId": "6", "productRemoteId": "1"},
        "63": {"buyOrderRemoteId": "6", "productRemoteId": "2"},
    }
    assert account.of("buyOrderLines", "quantity") == {"61": 3, "62": 0, "63": 4}
    assert account.of("buyOrderLines", "subtotalValue") == {"61": 3.35, "62": 0, "63": 10}
    assert account.of("buyOrderLines", "expectedDeliveryDate")["61"] == "2026-02-02T00:00:00Z"
    assert account.of("buyOrderLines", "expectedDeliveryDate")["63"] == "2026-02-03T00:00:00Z"


def test_quantities_change_after_placing_and_removed_lines_go(days):
    account = days()
    account.day({**BASE, "purchase_orders": [purchase(6, line(61, 1), line(62, 2))]})
    account.day({"purchase_orders": [purchase(6, line(61, 1, 9), line(63, 2))]})
    assert account.of("buyOrderLines", "quantity") == {"61": 9, "63": 2}
    assert account.of("buyOrders", "totalValue") == {"6": 33}
    account.day({"purchase_orders": [purchase(6)]})
    assert account.of("buyOrderLines") == {}
    assert account.of("buyOrders", "totalValue") == {"6": 0}


@pytest.mark.parametrize("status", ["received", "cancelled"])
def test_a_purchase_ends_once_and_is_open_again_when_it_is_reopened(days, status):
    account = days()
    account.day({**BASE, "purchase_orders": [purchase(6, line(61, 1))]})
    for updated in ("2026-01-10T09:00:00Z", "2026-01-11T09:00:00Z"):
        account.day({"purchase_orders": [purchase(6, line(61, 1), status=status, updated=updated)]})
        assert account.of("buyOrders", "completed") == {"6": "2026-01-10T09:00:00Z"}
    assert set(account.of("buyOrderLines")) == {"61"}
    account.day({"purchase_orders": [purchase(6, line(61, 1))]})
    assert account.of("buyOrders", "completed") == {"6": None}


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (purchase(6, line(61, 1), status="concept"), "it is a concept"),
        (purchase(6, line(61, 1), status="cancelled"), "it was cancelled before Optiply had it"),
        (purchase(6, line(61, 1), idsupplier=None), "it has no supplier"),
        (purchase(6, line(61, 1), idsupplier=None, supplier_name="Jansen"), "its supplier is a name only"),
        (purchase(6, line(61, 1), idwarehouse=12), "it is of another warehouse"),
        (purchase(6, line(61, 1), status="odd"), "its status is none that is known"),
        (purchase(6), "it has no lines"),
        (purchase(6, products=None), "its lines cannot be read"),
        (purchase(6, line(61, None)), "a line names no product"),
        (purchase(6, line(61, 1, "x")), "a line has no usable amount"),
        (purchase(6, line("", 1)), "a line has no usable id"),
        (purchase(6, line(61, 1, 1, [3])), "a line is a list, not a number"),
    ],
)
def test_a_purchase_that_does_not_count_is_named_with_its_reason(days, order, reason):
    account = days(warehouses=[11])
    account.day({**BASE, "purchase_orders": [order, purchase(8, line(81, 1))]})
    assert set(account.of("buyOrders")) == {"8"}
    assert set(account.of("buyOrderLines")) == {"81"}
    assert account.reasons("buyOrders")[reason] == ["6"]


def test_concepts_can_be_included(days):
    account = days(include_concept=True)
    account.day({**BASE, "purchase_orders": [purchase(6, line(61, 1), status="concept")]})
    assert set(account.of("buyOrderLines")) == {"61"}


def test_a_purchase_waits_for_every_product_and_its_supplier(days):
    account = days()
    account.day(
        {**BASE, "purchase_orders": [purchase(6, line(61, 1), line(62, 9)), purchase(7, line(71, 1), idsupplier=8)]}
    )
    assert account.of("buyOrders") == account.of("buyOrderLines") == {}
    assert account.reasons("buyOrders") == {
        "products 9 is not usable yet": ["6"],
        "suppliers 8 is not usable yet": ["7"],
    }
    account.day({"products": [product(9)], "suppliers": [supplier(8)]})
    assert set(account.of("buyOrderLines")) == {"61", "62", "71"}


def test_an_order_that_waited_and_was_cancelled_is_never_sent(days):
    account = days()
    account.day({**BASE, "purchase_orders": [purchase(6, line(61, 9))]})
    account.day({"purchase_orders": [purchase(6, line(61, 9), status="cancelled")]})
    account.day({"products": [product(9)]})
    assert account.of("buyOrders") == account.of("buyOrderLines") == {}


def test_receipts_of_both_versions(days):
    account = days()
    account.day(
        {
            **BASE,
            "purchase_orders": [purchase(6, line(61, 1, 10))],
            "receipts": [
                receipt(8, booked(81, 61, 4), booked(82, 61, 9)),
                receipt(
                    9,
                    booked(91, 61, 2, created_at=None),
                    version=1,
                    status="completed",
                    completed_at="2026-01-10T08:00:00Z",
                ),
                receipt(10, booked(101, 61, 3), version=1),
            ],
        }
    )
    assert account.of("receiptLines") == {
        "81": {"buyOrderLineRemoteId": "61", "quantity": 4, "occurred": "2026-01-09T09:30:00Z"},
        "82": {"buyOrderLineRemoteId": "61", "quantity": 9, "occurred": "2026-01-09T09:30:00Z"},
        "91": {"buyOrderLineRemoteId": "61", "quantity": 2, "occurred": "2026-01-10T08:00:00Z"},
    }
    assert account.reasons("receiptLines")["its receipt is not completed yet"] == ["101"]


def test_a_reverted_line_goes_and_never_comes(days):
    account = days()
    account.day({**BASE, "purchase_orders": [purchase(6, line(61, 1))], "receipts": [receipt(8, booked(81, 61))]})
    undone = {"reverted_at": "2026-01-10T08:00:00Z"}
    account.day({"receipts": [receipt(8, booked(81, 61, **undone), booked(82, 61, **undone))]})
    assert account.of("receiptLines") == {}
    assert account.reasons("receiptLines")["it was reverted"] == ["81", "82"]


@pytest.mark.parametrize(("on", "amount"), [(61, 0), (None, 1), (None, None), (61, "none")])
def test_a_reverted_line_goes_whatever_else_it_says(days, on, amount):
    account = days(warehouses=[11])
    account.day({**BASE, "purchase_orders": [purchase(6, line(61, 1))], "receipts": [receipt(8, booked(81, 61))]})
    assert set(account.of("receiptLines")) == {"81"}
    undone = booked(81, on, amount, reverted_at="2026-01-10T08:00:00Z")
    account.day({"receipts": [receipt(8, undone)]})
    assert account.of("receiptLines") == {}


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (receipt(8, booked(81, None)), "it belongs to no line of a purchase order"),
        (receipt(8, booked(81, 61, 0)), "nothing was received"),
        (receipt(8, booked(81, 61), idwarehouse=12), "it is of another warehouse"),
        (receipt(8, booked(81, 61, "two")), "is not a number"),
        (receipt(8, booked(81, 61, created_at="x")), "is not a date and time"),
    ],
)
def test_a_receipt_that_does_not_count_is_named_with_its_reason(days, bad, reason):
    account = days(warehouses=[11])
    account.day({**BASE, "purchase_orders": [purchase(6, line(61, 1))], "receipts": [bad, receipt(9, booked(91, 61))]})
    assert set(account.of("receiptLines")) == {"91"}
    assert account.reasons("receiptLines")[reason] == ["81"]


def test_order_lines_whose_receipts_do_not_add_up_are_named_after_a_full_reading(days):
    reason = "its receipts do not add up to what Picqer says was received of it"
    said = {61: 6, 62: 6, 63: 0, 64: None, 65: 2}
    order = purchase(6, *(line(number, 1, 9, amountreceived=amount) for number, amount in said.items()))
    old = receipt(8, booked(81, 61, 4), booked(82, 62, 4), version=1, status="completed")
    undone = booked(94, 63, 5, reverted_at="2026-01-10T08:00:00Z")
    new = receipt(9, booked(91, 61, 2), booked(92, 62, 1), undone, booked(95, 64), booked(96, 65, 2), idwarehouse=12)
    expected = receipt(10, booked(101, 61, 3), version=1)
    full = {**BASE, "purchase_orders": [order], "receipts": [old, new, expected]}
    account = days(warehouses=[11])
    account.day(full)
    assert reason not in account.reasons("buyOrderLines"), "a part of the receipts proves nothing"
    account.day(full, complete=(*COMPLETE, "purchase_orders", "receipts"))
    assert account.reasons("buyOrderLines")[reason] == ["62"]
    assert set(account.of("receiptLines")) == {"81", "82"}, "nothing is blocked"
    account.day({**full, "receipts": [old, {**new, "products": None}]}, complete=("purchase_orders", "receipts"))
    assert reason not in account.reasons("buyOrderLines")


def test_a_receipt_waits_for_its_order_and_is_never_dropped(days):
    account = days()
    account.day({**BASE, "receipts": [receipt(8, booked(81, 61))]})
    assert account.of("receiptLines") == {}
    account.day({}, later=30)
    account.day({"purchase_orders": [purchase(6, line(61, 1))]})
    assert set(account.of("receiptLines")) == {"81"}


@pytest.mark.parametrize("field", ["supplier_orderid", "remarks"])
def test_an_order_that_was_placed_in_optiply_is_linked_and_never_doubled(days, field):
    account = days(export_marker_field=field)
    account.optiply["buyOrders"] = {"6": {"placed": "2026-01-05T08:00:00Z"}}
    ours = purchase(6, line(61, 1), status="concept", **{field: " optiply-990001 "})
    account.day({**BASE, "purchase_orders": [ours, purchase(7, line(71, 1), **{field: "OPTIPLY-990001"})]})
    (update,) = (each["record"] for each in account.offered if each["stream"] == "buyOrders")
    assert update["id"] == "990001"
    assert account.of("buyOrderLines") == {}, "which of Optiply's lines it is, is not known"
    surplus = "its mark is that of an Optiply order which another order is linked to"
    assert account.reasons("buyOrders")[surplus] == ["7"]
    with Snapshot.open(account.folder) as store, store.transaction():
        take_over(store, "buyOrderLines", [Known("61", "880001")], "the order was written with these lines")
    account.optiply["buyOrderLines"] = {"61": {}}
    account.day({"purchase_orders": [purchase(6, line(61, 1), line(62, 2), **{field: "OPTIPLY-990001"})]})
    assert {each["record"]["remoteId"]: each["record"].get("id") for each in account.offered} == {
        "6": "990001", "61": "880001", "62": None,
    }  # fmt: skip


def test_a_mark_of_an_order_that_optiply_has_not_makes_an_order_with_its_lines(days):
    account = days()
    account.optiply["buyOrders"] = {"6": {}}
    ours = purchase(6, line(61, 1), supplier_orderid="OPTIPLY-990001")
    account.day({**BASE, "purchase_orders": [ours]})
    assert account.of("buyOrderLines") == {}
    made_anew = Outcome("buyOrders", "6", "answered", "create", "accepted", id="5", sent={}, at="2026-01-12T07:00:00Z")
    with Snapshot.open(account.folder) as store, store.transaction():
        store.apply([made_anew])
    account.day({})
    assert set(account.of("buyOrderLines")) == {"61"}
    copied = purchase(7, line(71, 1), supplier_orderid="OPTIPLY-990001")
    account.day({"purchase_orders": [copied]})
    account.day({"purchase_orders": [copied, ours]})
    assert set(account.of("buyOrders")) == {"6"}, "the mark stays that of the order which bore it first"


def test_what_is_not_synced_is_not_sent(days):
    account = days(not_sync_entities="buy_orders, orders, receipts")
    account.day(
        {
            **BASE,
            "orders": [sale(5, sold(1, 1))],
            "purchase_orders": [purchase(6, line(61, 1))],
            "receipts": [receipt(8, booked(81, 61))],
        }
    )
    assert {stream for stream, held in account.optiply.items() if held} == {"products", "suppliers", "supplierProducts"}


def test_a_needed_product_that_failed_is_offered_again_for_those_that_name_it(days):
    account = days()
    account.day({"products": [product(1)], "suppliers": [supplier()]})
    account.refusing = {"products 9", "buyOrderLines 62", "supplierProducts 9-7"}
    inactive = product(9, active=False)
    order = purchase(6, line(61, 1), line(62, 9))
    account.day({"products": [inactive], "purchase_orders": [order]})
    assert set(account.of("products")) == {"1"}
    account.refusing = set()
    account.day({"products": [inactive]})
    assert account.of("products", "status")["9"] == "disabled"
    assert set(account.of("buyOrderLines")) == {"61", "62"}


def test_what_is_not_synced_needs_no_inactive_product(days):
    account = days(not_sync_entities="orders, buy_orders")
    gone = [product(1, active=False), product(2, active=False)]
    account.day({"products": gone, "orders": [sale(5, sold(1, 1))], "purchase_orders": [purchase(6, line(61, 2))]})
    assert account.of("products") == {}


def test_a_line_of_text_alone_costs_no_sale(days):
    account = days()
    account.day({**BASE, "orders": [sale(5, sold(1, 1), sold(2, None, 0))]})
    assert account.of("sellOrders", "orderLines") == {"5": lines(("1", 1, 10))}


def test_odd_lines_do_not_keep_the_times_of_a_sale_that_optiply_has(days):
    account = days()
    account.day({**BASE, "orders": [sale(5, sold(1, 1))]})
    account.day({"orders": [sale(5, sold(1, 1), sold(2, None), updated="2026-01-20T09:00:00Z")]})
    assert account.of("sellOrders", "completed") == {"5": "2026-01-20T09:00:00Z"}


def test_a_line_without_a_price_costs_the_same_whether_its_product_was_read_now_or_before(days):
    account = days(custom_mappings={"price": "fixedstockprice"})
    costs = {**BASE, "products": [product(1, fixedstockprice=0.333)]}
    order = purchase(6, line(61, 1, 40, None))
    account.day({**costs, "purchase_orders": [order]})
    assert account.of("buyOrderLines", "subtotalValue") == {"61": 13.2}
    account.day({"purchase_orders": [order]})
    assert account.offered == []


def test_with_no_days_to_wait_a_sale_goes_at_once(days):
    account = days(order_wait_days=0)
    account.day({**BASE, "orders": [sale(5, sold(1, 1), sold(2, 99))]})
    assert account.of("sellOrders", "orderLines") == {"5": lines(("1", 1, 10))}
