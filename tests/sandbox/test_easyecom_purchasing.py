"""What can be written to EasyEcom's sandbox: purchase orders, statuses and receipts, and each refusal's own words."""

import pytest
import requests

CREATE = "/WMS/Cart/CreatePurchaseOrder"
STATUS = "/wms/updatePoStatus"
TOO_SOON = "The expected delivery date must be a date after today in yyyy-mm-dd format"
PURCHASES = "/wms/V2/getPurchaseOrderDetails"


def body(**more):
    item = {"lineItemNumber": 1, "sku": "EE-PLAIN", "quantity": 5, "unitPrice": 15.0}
    return {
        "vendorId": "AGR01", "referenceCode": "OPTIPLY-1", "createOrUpdate": "I", "isCancel": 0, "updateTaxRate": 1,
        "address": "1 Sandbox Road", "expDeliveryDate": "2026-02-01", "items": [item],
    } | more


def with_item(**more):
    return body(items=[body()["items"][0] | more])


def create(easy, **more):
    answer = easy.ask("POST", CREATE, body(**more))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["code"] == 200, told
    assert set(told["data"]) == {"poId"}
    return easy.store.purchase_orders.rows[told["data"]["poId"]]


def test_an_order_is_approved_at_once_and_only_its_id_comes_back(easy):
    made = create(easy)
    (row,) = easy.all(PURCHASES, po_ids=made.po_id)
    assert (row["po_status_id"], row["po_ref_num"], row["vendor_code"]) == (3, "OPTIPLY-1", "AGR01")
    assert row["po_created_location_key"] == easy.main
    assert row["po_items"][0]["item_price"] == "15.0000"
    assert row["expected_delivery_date"] == "2026-02-01"
    assert easy.sandbox.requests.writes("easyecom") == {"POST CreatePurchaseOrder": 1}


def test_a_rate_is_added_to_the_price(easy):
    made = create(easy, items=[body()["items"][0] | {"taxRate": "18"}])
    assert (made.items[0].item_price, made.items[0].tax_rate) == ("17.7000", "18%")


def test_a_vendor_is_named_by_code_or_by_number_and_never_by_both(easy):
    number = easy.store.cases["vendor without a code"]
    assert create(easy, vendorId=None, vendor_id=number).vendor_c_id == number
    south = create(easy, vendorId=None, vendor_id=24_002)
    assert (south.vendor_c_id, south.vendor_name, south.vendor_code) == (24_002, "Acme South", None)
    nobody = (body(vendorId=None), body(vendorId=None, vendor_id="x"))
    for wrong in (body(vendorId="nobody"), body(vendor_id=number), *nobody):
        _, code, message = easy.refused("POST", CREATE, wrong)
        assert code == 400
        assert message.startswith("Vendor cannot be found with vendorId ")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (body(referenceCode=" "), "referenceCode field is mandatory/cannot be left blank"),
        (with_item(sku="EE-NEVER"), "Unable to find the sku: EE-NEVER"),
        (with_item(quantity=0), "The quantity must be greater than 0 for sku EE-PLAIN"),
        (with_item(unitPrice=-1), "The unitPrice is not valid for sku EE-PLAIN"),
        (body(expDeliveryDate="2026-01-15"), TOO_SOON),
        (body(expDeliveryDate="01-02-2026"), TOO_SOON),
    ],
)
def test_a_refusal_is_http_200_with_its_words(easy, wrong, message):
    before = len(easy.store.purchase_orders)
    assert easy.refused("POST", CREATE, wrong) == (200, 400, message)
    assert len(easy.store.purchase_orders) == before


@pytest.mark.parametrize(
    "bad",
    [
        {**body(), "lineItems": body()["items"]},
        body(address=""),
        with_item(batch_code=""),
        body(items=[]),
        [1],
    ],
)
def test_a_bad_body_breaks_the_server_down(easy, bad):
    answer = easy.ask("POST", CREATE, bad)
    assert answer.status_code == 500
    assert answer.headers["Content-Type"].startswith("text/html")


def test_the_same_reference_makes_a_second_order_or_is_refused(easy):
    assert create(easy).po_id != create(easy).po_id
    easy.store.settings.same_reference = "refuse"
    assert easy.refused("POST", CREATE, body())[1] == 400
    easy.sign_in(easy.south)
    create(easy)


def test_an_update_changes_the_order_of_that_reference(easy):
    made = create(easy)
    changed = create(easy, createOrUpdate="U", items=[body()["items"][0] | {"quantity": "9"}])
    assert changed.po_id == made.po_id
    assert changed.items[0].original_quantity == 9
    assert easy.refused("POST", CREATE, body(createOrUpdate="U", referenceCode="other"))[1] == 400


def test_an_answer_can_be_lost_after_the_order_was_made(easy):
    easy.control("faults", {"path": "CreatePurchaseOrder", "cut": "after", "times": 1})
    with pytest.raises(requests.ConnectionError):
        easy.ask("POST", CREATE, body())
    assert len(easy.store.purchase_orders.where("po_ref_num", "OPTIPLY-1")) == 1
    easy.control("faults", {"path": "CreatePurchaseOrder", "status": 503, "body": "html", "times": 1})
    assert easy.ask("POST", CREATE, body()).status_code == 503
    assert len(easy.store.purchase_orders.where("po_ref_num", "OPTIPLY-1")) == 1


def test_statuses_are_refused_under_another_name(easy):
    made = create(easy)
    told = easy.ask("POST", STATUS, {"po_id": made.po_id, "po_status": 2}).json()
    assert "code" not in told
    assert (told["status"], told["message"]) == (400, "PO cannot be moved to Waiting for Approval status")
    again = easy.ask("POST", STATUS, {"po_id": made.po_id, "po_status": 3}).json()
    assert again["message"] == "purchase order is already in Approved status"
    assert easy.ask("POST", STATUS, {"po_id": made.po_id, "po_status": 7}).json()["status"] == 200
    assert easy.ask("POST", STATUS, {"po_id": made.po_id, "po_status": 5}).json()["status"] == 400
    assert easy.store.purchase_orders.rows[made.po_id].po_status_id == 7


def test_goods_are_received_in_the_background_and_never_more_than_ordered(easy):
    made, vendor = create(easy), easy.store.cases["vendor"]
    goods = {"vendor_id": vendor, "purchase_order_id": made.po_id, "items": [{"sku": "EE-PLAIN", "quantity": 3}]}
    queue = easy.ask("POST", "/wms/QueueGrnApi", goods).json()["data"]["queueId"]
    told = easy.get("/wms/CheckGrnStatus", queue_id=queue)
    assert told["message"] == "Job Finished"
    receipt = easy.store.receipts.rows[told["data"]["grn_id"]]
    assert receipt.grn_status == "In Progress"
    done = easy.ask("POST", "/wms/completeGrn", {"grn_id": receipt.grn_id, "c_id": 24_001}).json()
    assert done["status"] == 200
    assert easy.store.receipts.rows[receipt.grn_id].grn_status == "Completed"
    status, code, message = easy.refused("POST", "/wms/QueueGrnApi", goods)
    assert (status, code, message[0]["SKU"]) == (200, 400, "EE-PLAIN")


def test_goods_that_nobody_ordered_get_an_order_of_their_own(easy):
    goods = {"vendor_id": easy.store.cases["vendor"], "items": [{"sku": "EE-PLAIN", "quantity": 3, "cost": 10}]}
    queue = easy.ask("POST", "/wms/QueueGrnApi", goods).json()["data"]["queueId"]
    number = easy.get("/wms/CheckGrnStatus", queue_id=queue)["data"]["grn_id"]
    order = easy.store.purchase_orders.rows[easy.store.receipts.rows[number].po_id]
    assert (order.po_ref_num, order.po_status_id) == ("Auto PO", 5)
