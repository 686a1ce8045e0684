"""Sell orders, purchase orders and receipts: what Optiply has after a day, and why not."""

import pytest

from etl.core.exported import SentLine, note_sent
from store.care import Known, take_over
from store.snapshot import Snapshot
from tests.etl.easyecom.days import bought, came, invoice, product, purchase, receipt, sold, vendor

BASE = {"vendors": [vendor()], "products": [product(1), product(2)]}


def lines(*found: tuple[str, int, float]) -> list[dict[str, object]]:
    return [{"productRemoteId": of, "quantity": amount, "subtotalValue": money} for of, amount, money in found]


def test_the_invoices_of_an_order_are_one_sale(days):
    account = days()
    account.day({**BASE, "orders": [
        invoice(5, 1, sold(1, 1, 2, "20.50"), sold(2, 2, 1, 3), order_status_id=5),
        invoice(5, 2, sold(3, 1, 1, 10), sold(4, 1, 0, 0)),
        invoice(5, 3, sold(5, 2, 9, 90), order_status_id=9),
    ]})  # fmt: skip
    assert account.of("sellOrders") == {
        "5": {
            "placed": "2026-01-07T09:00:00Z", "completed": "2026-01-07T09:00:00Z", "totalValue": 33.5,
            "orderLines": lines(("1", 3, 30.5), ("2", 1, 3)),
        }
    }  # fmt: skip


def test_a_line_that_two_invoices_name_counts_as_the_later_one_says(days):
    account = days()
    account.day({**BASE, "orders": [
        invoice(5, 2, sold(1, 1, 2, 20), last_update_date="2026-01-09T09:00:00Z"), invoice(5, 1, sold(1, 1, 9, 90)),
    ]})  # fmt: skip
    assert account.of("sellOrders", "orderLines") == {"5": lines(("1", 2, 20))}


def test_an_open_order_has_no_completion_and_a_sale_is_never_changed(days):
    account = days()
    account.day({**BASE, "orders": [invoice(5, 1, sold(1, 1))]})
    first = account.of("sellOrders")
    assert "completed" not in first["5"]
    account.day({"orders": [invoice(5, 1, sold(1, 1), order_status_id=6), invoice(5, 2, sold(2, 2))]})
    assert account.of("sellOrders") == first
    reason = "more of it was invoiced after Optiply took it: that is ignored"
    assert account.reasons("sellOrders") == {reason: ["5"]}
    account.day({"orders": [invoice(5, 1, sold(1, 1), order_status_id=9)]})
    assert account.of("sellOrders") == first


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (invoice(5, 1, sold(1, 1), order_status_id=9), "it is cancelled"),
        (invoice(5, 1, sold(1, 1), order_status_id="9"), "it is cancelled"),
        (invoice(5, 1), "it has no lines"),
        (invoice(5, 1, sold(1, 1, 0)), "it has no lines"),
        (invoice(5, 1, sold(1, 1, None)), "a line has no usable quantity"),
        (invoice(5, 1, sold(1, 1, 1, None)), "a line has no usable price"),
        (invoice(5, 1, sold(1, 1), total_amount=None), "one of its invoices has no usable total"),
        (invoice(5, 1, sold(1, 1), suborders=None), "its lines cannot be read"),
        (invoice(5, 1, sold(1, 1), order_type_key="StockTransferOrder"), "its type is one of skip_order_types"),
        (invoice(5, 1, {"suborder_id": 1, "item_quantity": 1, "selling_price": 1}), "a line names no product"),
    ],
)
def test_what_is_no_sale_is_left_out_with_its_reason(days, order, reason):
    account = days(skip_order_types="stocktransferorder")
    account.day({**BASE, "orders": [order]})
    assert account.of("sellOrders") == {}
    assert account.reasons("sellOrders") == {reason: ["5"]}


def test_an_order_that_is_only_called_cancelled_counts_and_is_reported(days):
    account = days()
    account.day({**BASE, "orders": [invoice(5, 1, sold(1, 1), order_status="Cancelled")]})
    assert set(account.of("sellOrders")) == {"5"}
    assert account.reasons("sellOrders") == {"it is called cancelled and has another status: it counts": ["5"]}


def test_a_sale_waits_for_an_unknown_sku_takes_more_invoices_in_and_is_resolved_later(days):
    account = days()
    account.day({**BASE, "orders": [invoice(5, 1, sold(1, 9, 1, 7))]})
    assert account.reasons("sellOrders") == {"products sku:S-9 is not usable yet": ["5"]}
    account.day({"orders": [invoice(5, 2, sold(2, 1, 1, 10))]})
    account.day({"products": [product(44, sku="S-9")]})
    assert account.of("sellOrders") == {
        "5": {"placed": "2026-01-07T09:00:00Z", "totalValue": 17, "orderLines": lines(("1", 1, 10), ("44", 1, 7))}
    }


@pytest.mark.parametrize(
    "later",
    [
        (invoice(5, 1, sold(1, 9), order_status_id=9),),
        (invoice(5, 1, sold(1, 9), order_type_key="StockTransferOrder"),),
        (invoice(5, 1, sold(1, 9, 0)),),
        (
            invoice(5, 1, sold(1, 9), order_status_id=9),
            invoice(5, 2, sold(2, 1), order_type_key="StockTransferOrder"),
        ),
    ],
)
def test_a_sale_that_counts_no_more_while_it_waits_is_not_created(days, later):
    account = days(skip_order_types="stocktransferorder")
    account.day({**BASE, "orders": [invoice(5, 1, sold(1, 9))]})
    account.day({"orders": list(later)})
    account.day({"products": [product(9)]})
    assert account.of("sellOrders") == {}


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize(("status", "total"), [(5, 17), (9, None)])
def test_an_order_that_was_read_before_its_invoice_had_a_number_counts_once(days, apart, status, total):
    account = days()
    open_one = invoice(5, None, sold(1, 1, 1, 10), sold(2, 9, 1, 7))
    shipped = {**open_one, "invoice_id": 77, "order_status_id": status, "last_update_date": "2026-01-09T09:00:00Z"}
    for rows in ([open_one], [shipped]) if apart else ([open_one, shipped],):
        account.day({**BASE, "orders": rows})
    account.day({"products": [product(9)]})
    assert account.of("sellOrders", "totalValue") == ({} if total is None else {"5": total})
    if total is not None:
        assert account.of("sellOrders", "orderLines") == {"5": lines(("1", 1, 10), ("9", 1, 7))}


def test_lines_that_no_invoice_names_yet_are_told(days):
    account = days()
    account.day({**BASE, "orders": [
        invoice(5, None, sold(1, 1, 1, 10), sold(2, 2, 1, 7)), invoice(5, 77, sold(1, 1, 1, 10))]})  # fmt: skip
    assert account.of("sellOrders", "totalValue") == {"5": 10}
    reason = "an invoice took a part of its lines over: the others count when one names them"
    assert account.reasons("sellOrders") == {reason: ["5"]}


def test_two_rows_without_an_invoice_are_both_of_the_order(days):
    account = days()
    account.day({**BASE, "orders": [invoice(5, "", sold(1, 1, 1, 10)), invoice(5, "", sold(2, 2, 1, 7))]})
    assert account.of("sellOrders", "totalValue") == {"5": 17}


def test_after_the_waiting_time_a_sale_goes_without_the_unknown_line(days):
    account = days(order_wait_days=3)
    account.day({**BASE, "orders": [invoice(5, 1, sold(1, 9, 1, 7), sold(2, 1))]})
    account.day({}, later=2)
    assert account.of("sellOrders") == {}
    account.day({}, later=2)
    assert account.of("sellOrders", "orderLines") == {"5": lines(("1", 1, 10))}
    account.day({"products": [product(9)]})
    assert account.of("sellOrders", "orderLines") == {"5": lines(("1", 1, 10))}


def test_a_sale_waits_once_and_a_line_that_is_added_later_has_no_wait_of_its_own(days):
    account = days(order_wait_days=3)
    known = {"products": [product(1), product(2, inventory=None)]}
    account.day({**known, "orders": [invoice(5, 1, sold(1, 1), sold(2, 2))]})
    account.day({"orders": [invoice(5, 2, sold(3, 9))]}, later=4)
    assert account.of("sellOrders") == {}
    account.day({"products": [product(2)]})
    assert account.of("sellOrders", "orderLines") == {"5": lines(("1", 1, 10), ("2", 1, 10))}
    assert account.reasons("sellOrders")["products it names stayed unknown or are gone"] == ["5"]


@pytest.mark.parametrize("names", [{"sku": None}, {"sku": None, "product_id": None}, {"company_product_id": 12}])
def test_a_product_is_found_by_sku_then_by_product_id_then_by_cp_id(days, names):
    account = days()
    account.day({**BASE, "orders": [invoice(5, 1, sold(1, 1, **names))]})
    assert account.of("sellOrders", "orderLines") == {"5": lines(("1", 1, 10))}


def test_a_purchase_order_has_its_lines_and_its_total(days):
    account = days()
    account.day({**BASE, "purchase_orders": [
        purchase(5, bought(51, 1, 3, "3.3350"), bought(52, 1, 1, 2)),
        purchase(6, bought(61, 2), total_po_value="7.0000", po_status_id=5),
    ]})  # fmt: skip
    assert account.of("buyOrders") == {
        "5": {"placed": "2026-01-05T09:00:00Z", "completed": None, "supplierRemoteId": "V1", "totalValue": 12.01},
        "6": {
            "placed": "2026-01-05T09:00:00Z", "completed": "2026-01-06T09:00:00Z", "supplierRemoteId": "V1",
            "totalValue": 7,
        },
    }  # fmt: skip
    assert account.of("buyOrderLines", "quantity", "subtotalValue") == {
        "51": {"quantity": 3, "subtotalValue": 10.01},
        "52": {"quantity": 1, "subtotalValue": 2},
        "61": {"quantity": 2, "subtotalValue": 6},
    }


def test_completed_stays_while_the_order_is_done_and_goes_when_it_is_opened_again(days):
    account = days()
    for status, updated, completed in (
        (7, "2026-01-06T09:00:00Z", "2026-01-06T09:00:00Z"),
        (5, "2026-01-07T09:00:00Z", "2026-01-06T09:00:00Z"),
        (3, "2026-01-08T09:00:00Z", None),
        (4, "2026-01-09T09:00:00Z", "2026-01-09T09:00:00Z"),
    ):
        account.day(
            {**BASE, "purchase_orders": [purchase(5, bought(51, 1), po_status_id=status, po_updated_date=updated)]}
        )
        assert account.of("buyOrders", "completed") == {"5": completed}


def test_without_a_last_change_the_order_was_done_when_it_was_made(days):
    account = days()
    account.day({**BASE, "purchase_orders": [purchase(5, bought(51, 1), po_status_id=5, po_updated_date=None)]})
    assert account.of("buyOrders", "completed") == {"5": "2026-01-05T09:00:00Z"}


@pytest.mark.parametrize(
    ("named", "supplier"),
    [
        ({"vendor_name": " Vendor 1 ", "vendor_code": "V2"}, "V1"),
        ({"vendor_name": "Twin", "vendor_code": "T2"}, "T2"),
        ({"vendor_name": "Twin", "vendor_code": None, "vendor_c_id": 711}, "T1"),
        ({"vendor_name": "renamed", "vendor_code": "V2"}, "V2"),
        ({"vendor_name": "North", "vendor_code": None, "vendor_c_id": None}, "900"),
    ],
)
def test_the_supplier_is_found_by_its_name_else_by_its_code_else_by_its_company(days, named, supplier):
    account = days()
    twins = [vendor(number, vendor_name="Twin", vendor_code=f"T{number - 10}") for number in (11, 12)]
    account.day({"products": [product(1)], "vendors": [vendor(), vendor(2), *twins]})
    account.day({"purchase_orders": [purchase(5, bought(51, 1), **named)]})
    assert account.of("buyOrders", "supplierRemoteId") == {"5": supplier}


def test_an_order_of_an_unclear_supplier_waits_until_it_is_clear(days):
    account = days()
    order = purchase(5, bought(51, 1), vendor_name="Twin", vendor_code=None, vendor_c_id=None)
    twins = [vendor(number, vendor_name="Twin") for number in (1, 2)]
    account.day({"products": [product(1)], "vendors": twins, "purchase_orders": [order]})
    assert account.reasons("buyOrders") == {"suppliers name:Twin is not usable yet": ["5"]}
    account.day({"vendors": [vendor(2, vendor_name="No twin")]})
    assert account.of("buyOrders", "supplierRemoteId") == {"5": "V1"}
    assert set(account.of("buyOrderLines")) == {"51"}


def test_an_order_waits_for_an_unknown_sku_and_what_it_is_by_then_counts(days):
    account = days()
    done = purchase(5, bought(51, 1), bought(52, 9), po_status_id=5)
    account.day({**BASE, "purchase_orders": [done]})
    assert account.reasons("buyOrders") == {"products sku:S-9 is not usable yet": ["5"]}
    account.day({"purchase_orders": [{**done, "po_status_id": 3, "po_updated_date": None}]})
    account.day({"products": [product(44, sku="S-9")]})
    assert account.of("buyOrders", "completed") == {"5": None}
    assert account.of("buyOrderLines", "productRemoteId") == {"51": "1", "52": "44"}


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (purchase(5), "it has no lines"),
        (purchase(5, po_items=None), "its lines cannot be read"),
        (purchase(5, bought(51, 1, None)), "a line has no usable quantity"),
        (purchase(5, bought(51, 1, 2, None)), "a line has no usable price"),
        (purchase(5, bought(None, 1)), "a line has no usable id"),
    ],
)
def test_an_order_that_cannot_be_reckoned_is_left_out_with_its_reason(days, order, reason):
    account = days()
    account.day({**BASE, "purchase_orders": [order]})
    assert account.of("buyOrders") == {}
    assert account.reasons("buyOrders") == {reason: ["5"]}


def test_a_line_that_is_gone_from_an_order_is_deleted(days):
    account = days()
    account.day({**BASE, "purchase_orders": [purchase(5, bought(51, 1), bought(52, 2))]})
    account.day({"purchase_orders": [purchase(5, bought(51, 1))]})
    assert set(account.of("buyOrderLines")) == {"51"}


@pytest.mark.parametrize("reference", ["OPTIPLY-8", "optiply-8", "8"])
def test_an_order_that_was_sent_from_here_is_linked_and_keeps_its_money(days, reference):
    account = days()
    account.day(BASE)
    with Snapshot.open(account.folder) as store, store.transaction():
        note_sent(store, "8", [SentLine("81", "1", 2), SentLine("82", "2", 1)])
    account.optiply["buyOrders"] = {"5": {"totalValue": 6}}
    account.optiply["buyOrderLines"] = {"51": {"subtotalValue": 6}, "52": {"subtotalValue": 3}}
    back = purchase(5, bought(51, 1, 2, "3.5400"), bought(52, 2, 1, "3.5400"), po_ref_num=reference)
    account.day({"purchase_orders": [back]})
    assert {one["stream"]: one["record"]["id"] for one in account.offered if one["stream"] == "buyOrders"} == {
        "buyOrders": "8"
    }
    assert {one["record"]["id"] for one in account.offered if one["stream"] == "buyOrderLines"} == {"81", "82"}
    assert account.of("buyOrders") == {"5": {"totalValue": 6, "completed": None}}
    account.day({"purchase_orders": [{**back, "po_status_id": 5, "po_items": [
        bought(51, 1, 1, "3.5400"), bought(53, 2, 4, "2.0000")]}]})  # fmt: skip
    assert account.of("buyOrders") == {"5": {"totalValue": 6, "completed": "2026-01-06T09:00:00Z"}}
    assert account.of("buyOrderLines", "quantity", "subtotalValue") == {
        "51": {"quantity": 1, "subtotalValue": 6},
        "52": {"quantity": 1, "subtotalValue": 3},
        "53": {"quantity": 4, "subtotalValue": 8},
    }


def test_an_order_that_is_linked_keeps_its_money_whatever_became_of_its_mark(days):
    account = days()
    account.day(BASE)
    with Snapshot.open(account.folder) as store, store.transaction():
        note_sent(store, "8", [SentLine("81", "1", 2)])
        take_over(store, "buyOrders", [Known("5", "8")], "the test says so")
    account.day({"purchase_orders": [purchase(5, bought(51, 1, 2, "3.5400"), po_ref_num="NA", po_status_id=5)]})
    (order,) = [one["record"] for one in account.offered if one["stream"] == "buyOrders"]
    assert (order["id"], order["completed"]) == ("8", "2026-01-06T09:00:00Z")
    assert {"totalValue", "placed", "supplierRemoteId"}.isdisjoint(order)


def test_an_order_with_a_mark_of_which_nothing_is_noted_keeps_its_money(days):
    """The store was lost: what was sent is not known any more, the mark is."""
    account = days()
    account.day(BASE)
    account.day({"purchase_orders": [
        purchase(5, bought(51, 1, 2, "3.5400"), po_ref_num="OPTIPLY-8", po_status_id=5)]})  # fmt: skip
    (order,) = [one["record"] for one in account.offered if one["stream"] == "buyOrders"]
    assert (order["id"], order["completed"]) == ("8", "2026-01-06T09:00:00Z")
    assert {"totalValue", "placed", "supplierRemoteId"}.isdisjoint(order)
    assert "buyOrderLines" not in {one["stream"] for one in account.offered}


def test_a_bare_number_that_was_not_sent_from_here_is_no_mark(days):
    account = days()
    account.day({**BASE, "purchase_orders": [purchase(5, bought(51, 1), po_ref_num="8")]})
    assert account.of("buyOrders", "totalValue") == {"5": 6}


def test_a_second_order_with_the_mark_is_left_out(days):
    account = days()
    account.day(BASE)
    with Snapshot.open(account.folder) as store, store.transaction():
        take_over(store, "buyOrders", [Known("5", "8")], "the test says so")
    account.day({"purchase_orders": [purchase(6, bought(61, 1), po_ref_num="OPTIPLY-8")]})
    assert account.of("buyOrders") == {}
    assert "its mark is that of an Optiply order which another order is linked to" in account.reasons("buyOrders")


def test_receipts_wait_for_their_line_are_patched_and_stay_when_they_are_deleted(days):
    account = days()
    account.day({**BASE, "goods_receipts": [receipt(3, came(31, 51, 2), came(32, 51, 0), grn_status="In Progress")]})
    assert account.reasons("receiptLines") == {
        "buyOrderLines 51 is not usable yet": ["31"], "nothing was received": ["32"]
    }  # fmt: skip
    account.day({"purchase_orders": [purchase(5, bought(51, 1))]})
    assert account.of("receiptLines", "quantity", "occurred") == {
        "31": {"quantity": 2, "occurred": "2026-01-09T09:00:00Z"}
    }
    account.day({"goods_receipts": [receipt(3, came(31, 51, 3))]})
    assert account.of("receiptLines", "quantity") == {"31": 3}
    account.day({"goods_receipts": [receipt(3, came(31, 51, 3), grn_status="Deleted"), receipt(4, grn_items=None)]})
    assert account.of("receiptLines", "quantity") == {"31": 3}
    assert account.reasons("receiptLines") == {
        "its receipt was deleted": ["31"], "its lines cannot be read": ["4"],
        "it was deleted or emptied after Optiply took it, which keeps it": ["31"],
    }  # fmt: skip


@pytest.mark.parametrize("later", [receipt(3, came(31, 51, 2), grn_status="Deleted"), receipt(3, came(31, 51, 0))])
def test_a_receipt_that_counts_no_more_while_it_waits_is_not_created(days, later):
    account = days()
    account.day({**BASE, "goods_receipts": [receipt(3, came(31, 51, 2))]})
    account.day({"goods_receipts": [later]})
    account.day({"purchase_orders": [purchase(5, bought(51, 1))]})
    assert account.of("receiptLines") == {}


def test_a_second_day_of_the_same_records_offers_nothing(days):
    account = days()
    everything = {
        **BASE, "orders": [invoice(5, 1, sold(1, 1)), invoice(6, 2, sold(2, 9))],
        "purchase_orders": [purchase(5, bought(51, 1)), purchase(6, bought(61, 9))],
        "goods_receipts": [receipt(3, came(31, 51))],
    }  # fmt: skip
    account.day(everything)
    account.day(everything)
    assert account.offered == []
