"""Lists of EasyEcom's sandbox: cursors, page sizes, dates in Indian time, and what is ignored without a word."""

import re

import pytest

PRODUCTS, VENDORS = "/Products/GetProductMaster", "/wms/V2/getVendors"
PURCHASES, RECEIPTS = "/wms/V2/getPurchaseOrderDetails", "/Grn/V2/getGrnDetails"
ORDERS = "/orders/V2/getAllOrders"
LONG_AGO = "2025-01-01 00:00:00"


def ids(rows, key):
    return [row[key] for row in rows]


@pytest.mark.parametrize(("path", "size"), [(PURCHASES, 5), (RECEIPTS, 5)])
def test_ten_rows_are_the_most_and_more_are_an_error_not_a_clamp(easy, path, size):
    assert len(easy.get(path, created_after=LONG_AGO)["data"]) == size
    assert len(easy.get(path, created_after=LONG_AGO, limit=10)["data"]) == 10
    assert easy.refused("GET", path, limit=11) == (200, 400, "Limit cannot be greater than 10")
    easy.store.settings.limit_error = "http"
    assert easy.refused("GET", path, limit=11) == (400, 400, "Limit cannot be greater than 10")


@pytest.mark.parametrize("paging", ["key", "offset"])
@pytest.mark.parametrize("order", ["ascending", "descending"])
@pytest.mark.parametrize("last_page", ["null", "absent", "empty"])
def test_links_lead_through_every_row_once(easy, paging, order, last_page):
    easy.store.settings.paging = paging
    easy.store.settings.order = order
    easy.store.settings.last_page = last_page
    found = ids(easy.all(PRODUCTS, limit=7), "cp_id")
    held = [row.copies[24_001].cp_id for row in easy.store.products.rows.values() if 24_001 in row.copies]
    assert found == sorted(held, reverse=order == "descending")


def test_a_cursor_is_opaque_carries_the_filters_and_is_followed_verbatim(easy):
    told = easy.get(PURCHASES, created_after=LONG_AGO, po_status_id="4", limit=1)
    link = told["nextUrl"]
    assert re.fullmatch(PURCHASES + r"\?cursor=[\w-]+/[\w-]+==", link)
    again = easy.get(link + "&created_after=2030-01-01&limit=50")
    assert {row["po_status_id"] for row in again["data"]} == {4}
    assert len(again["data"]) == 1
    quoted = link.replace("/", "%2F").replace("%2Fwms%2FV2%2F", "/wms/V2/").replace("=", "%3D").replace("%3D", "=", 1)
    assert easy.refused("GET", quoted)[1] == 400
    easy.store.settings.verbatim_cursors = False
    assert easy.get(quoted)["data"] == again["data"]
    assert easy.refused("GET", PURCHASES, cursor="nonsense")[1] == 400


def test_links_of_orders_are_nested_and_may_be_absolute(easy):
    easy.store.settings.absolute_urls = True
    told = easy.get(ORDERS, start_date="2026-01-05", end_date="2026-01-12", limit=5)
    assert "nextUrl" not in told
    assert told["data"]["nextUrl"].startswith(easy.sandbox.easyecom_url + ORDERS)


def test_nothing_found_is_a_text_a_list_or_an_error(easy):
    path, query = VENDORS, {"updated_after": "2030-01-01"}
    assert easy.get(path, **query) == {"data": "No Data Found"}
    easy.store.settings.nothing = "list"
    assert easy.get(path, **query)["data"] == []
    easy.store.settings.nothing = "error"
    assert easy.refused("GET", path, **query) == (200, 400, "Unable to find vendors")
    assert easy.refused("GET", ORDERS, start_date="2024-01-01", end_date="2024-01-02")[1] == 400


def test_without_a_date_purchase_orders_and_receipts_go_back_seven_days(easy):
    since = "2026-01-08 13:30:00"
    for path, date in ((PURCHASES, "po_created_date"), (RECEIPTS, "grn_created_at")):
        plain, all_of_them = easy.all(path, limit=10), easy.all(path, limit=10, created_after=LONG_AGO)
        assert 0 < len(plain) < len(all_of_them)
        assert all(row[date] >= since for row in plain)
        wrong_names = easy.all(path, limit=10, start_date=LONG_AGO, from_date=LONG_AGO, po_created_after=LONG_AGO)
        assert wrong_names == plain


def test_a_row_asked_for_by_its_id_needs_no_date(easy):
    old = [str(number) for number in easy.store.receipts.ids[:2]]
    assert ids(easy.all(RECEIPTS, grn_ids=",".join(old)), "grn_id") == [int(number) for number in old]
    assert ids(easy.all(PURCHASES, po_ids=easy.store.cases["purchase order of status 1"]), "po_status_id") == [1]


def test_orders_come_for_seven_days_at_most(easy):
    assert easy.refused("GET", ORDERS, updated_after="2026-01-01 00:00:00")[1:] == (
        400,
        "Date range greater than 7 days not allowed",
    )
    for pair in (("updated_after", "updated_before"), ("start_date", "end_date")):
        first, last = pair
        assert easy.all(ORDERS, **{first: "2026-01-05 00:00:00", last: "2026-01-12 00:00:00"})
        assert easy.refused("GET", ORDERS, **{first: "2026-01-05 00:00:00", last: "2026-01-12 00:00:01"})[1] == 400


def test_bounds_include_their_second_or_do_not(easy):
    row = easy.store.purchase_orders.rows[easy.store.cases["purchase order of status 1"]]
    query = {"created_after": row.po_created_date, "created_before": row.po_created_date}
    assert row.po_id in ids(easy.all(PURCHASES, **query), "po_id")
    easy.store.settings.bounds = "exclusive"
    assert easy.all(PURCHASES, **query) == []
    assert easy.refused("GET", PURCHASES, created_after="15/01/2026")[1] == 400


def test_times_are_indian_and_without_an_offset(easy):
    number = easy.control("do", {"do": "purchase", "vendor_code": "AGR01", "items": {"EE-PLAIN": 2}}).json()[0]
    (row,) = easy.all(PURCHASES, po_ids=number)
    assert row["po_created_date"].startswith("2026-01-15 13:30:")


def test_locations_of_a_product_have_a_number_each(easy):
    plain = easy.all(PRODUCTS, limit=200)
    assert len({row["sku"] for row in plain}) == len(plain)
    every = [row for row in easy.all(PRODUCTS, includeLocations=1, limit=50) if row["sku"] == "EE-PLAIN"]
    assert {row["c_id"] for row in every} == {24_001, 24_002}
    assert len({row["cp_id"] for row in every}) == 2
    assert len({row["product_id"] for row in every}) == 1
    assert easy.get("/Products/GetProductMastersCount") == {"count": len(plain)}


def test_one_order_is_found_by_reference_with_other_line_names(easy):
    row = easy.store.orders.rows[easy.store.cases["order split"]]
    told = easy.get("/orders/V2/getOrderDetails", order_id=row.order_id)["data"]
    assert len(told) == 2
    assert all("order_items" in one and "suborders" not in one for one in told)
    assert len(easy.get("/orders/V2/getOrderDetails", reference_code=row.reference_code)["data"]) == 1
    assert easy.refused("GET", "/orders/V2/getOrderDetails", order_id=1)[2] == (
        "Unable to find the reference_code/order_id/invoice_id"
    )


def test_rows_shift_while_somebody_reads(easy):
    changes = [{"resource": "products", "after_page": 1, "action": "delete", "row": 1}]
    assert easy.control("changes", changes).json() == {"added": 1}
    easy.store.settings.paging = "offset"
    found = ids(easy.all(PRODUCTS, limit=10), "sku")
    held = [row.sku for row in easy.store.products.rows.values() if 24_001 in row.copies]
    assert len(set(held) - set(found)) == 1, "the row after the page was shifted out of sight"
    assert easy.control("changes", [{"resource": "products", "after_page": 1, "action": "x"}]).status_code == 400
