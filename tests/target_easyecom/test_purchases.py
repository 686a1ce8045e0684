"""Purchase orders become one order in EasyEcom each, whatever happens to the requests that make them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from singer_sdk.exceptions import ConfigValidationError

from sandbox.easyecom import purchasing
from sandbox.systems import Sandbox
from target_easyecom.settings import read_settings
from tests.target_easyecom.desk import CREATE, Desk

LINES = [("EE-PLAIN", 12), ("EE-BESIDE", 3)]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Sandbox(magento=False, easyecom=True) as running:
        yield Desk(running, tmp_path)


def test_an_order_is_made_once_with_its_mark_and_a_second_run_asks_for_nothing(desk):
    desk.write(desk.order(5), desk.order(6))
    (made,) = desk.there(5)
    assert (made.po_ref_num, made.vendor_code, made.po_status_id) == ("OPTIPLY-5", "AGR01", 3)
    assert [(line.sku, line.original_quantity, line.item_price) for line in made.items] == [
        ("EE-PLAIN", 12, "60.0000"),
        ("EE-BESIDE", 3, "12.3456"),
    ]
    assert made.c_id == 24_001, "the first location has it"
    assert desk.known() == {"5": str(made.po_id), "6": str(desk.there(6)[0].po_id)}
    desk.sandbox.requests.clear()
    desk.write(desk.order(5), desk.order(6))
    assert desk.sandbox.requests.select(api="easyecom") == []


def test_no_tax_rate_ever_goes_along(desk):
    desk.write(desk.order(5))
    (entry,) = desk.sandbox.requests.select(method="POST", path=CREATE)
    assert set(entry.sent["items"][0]) == {"lineItemNumber", "sku", "quantity", "unitPrice"}
    assert (entry.sent["createOrUpdate"], entry.sent["isCancel"]) == ("I", 0)
    assert entry.sent["address"].strip()


def test_a_vendor_goes_by_its_code_and_a_location_or_a_vendor_without_one_by_its_number(desk):
    nameless = desk.store.cases["vendor without a code"]
    south, coded = {"vendor_id": 24_002, "vendorId": None}, {"vendor_id": nameless, "vendorId": None}
    desk.write(desk.order(5), desk.order(6, **south), desk.order(7, **coded))
    written = desk.sandbox.requests.select(method="POST", path=CREATE)
    sent = {entry.sent["referenceCode"]: entry.sent for entry in written}
    assert sent["OPTIPLY-5"]["vendorId"] == "AGR01"
    assert "vendor_id" not in sent["OPTIPLY-5"]
    assert (sent["OPTIPLY-6"]["vendor_id"], sent["OPTIPLY-7"]["vendor_id"]) == (24_002, nameless)
    assert "vendorId" not in sent["OPTIPLY-6"]
    assert desk.there(6)[0].vendor_name == "Acme South"


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("2026-03-01T00:00:00Z", "2026-03-01"),
        ("2026-01-15T00:00:00Z", "2026-01-16"),
        ("2025-12-16T00:00:00Z", "2026-01-16"),
        (None, "2026-01-16"),
    ],
)
def test_a_date_30_days_back_becomes_tomorrow_in_india(desk, given, sent):
    desk.write(desk.order(5, expDeliveryDate=given))
    assert desk.there(5)[0].expected_delivery_date == sent


def test_late_in_the_indian_day_tomorrow_is_another_day(desk):
    desk.sandbox.clock.advance(seconds=11 * 3600)
    desk.write(desk.order(5, expDeliveryDate="2026-01-16T00:00:00Z"))
    assert desk.there(5)[0].expected_delivery_date == "2026-01-17"


def test_no_date_goes_along_where_nobody_wants_one(desk):
    desk.config["export_expected_date"] = False
    desk.write(desk.order(5))
    assert desk.there(5)[0].expected_delivery_date is None


@pytest.mark.parametrize(
    "fault",
    [
        {"cut": "after"},
        {"cut": "before"},
        {"cut": "during"},
        {"status": 502, "acts": True, "body": "html"},
        {"status": 500, "acts": True, "body": "html"},
        {"status": 500},
        {"status": 200, "acts": True, "body": "html"},
        {"status": 200, "acts": True, "body": '{"code":500,"message":"Server Error","data":[]}'},
        {"status": 200, "acts": True, "body": '{"code":200,"message":"ok","data":{}}'},
        {"status": 429},
        {"status": 200, "body": '{"code":429,"message":"Too Many Requests","data":[]}'},
        {"status": 403},
        {"status": 401},
        {"act_after_cut": 0.05},
    ],
    ids=lambda fault: " ".join(str(value)[:40] for value in fault.values()),
)
@pytest.mark.parametrize("same_reference", ["second", "refuse"])
def test_a_lost_answer_makes_no_second_order(desk, fault, same_reference):
    desk.store.settings.same_reference = same_reference
    desk.fault(nth=1, **fault)
    desk.write(desk.order(5))
    desk.sandbox.easyecom_account.faults.clear()
    desk.write(desk.order(5))
    assert desk.bearing(5) == [LINES]
    assert desk.known()["5"] == str(desk.there(5)[0].po_id)


def test_an_order_is_made_anew_only_after_the_wait_and_one_look_more(desk):
    desk.config["unanswered_wait"] = 1.2
    desk.fault(nth=1, cut="before")
    desk.write(desk.order(5))
    assert desk.bearing(5) == [LINES]
    asked = [
        entry.method
        for entry in desk.sandbox.requests.select(api="easyecom")
        if re.search(CREATE, entry.path) or "getPurchaseOrderDetails" in entry.path
    ]
    first, last = asked.index("POST"), len(asked) - 1
    assert asked[last] == "POST"
    assert asked[first + 1 : last].count("GET") >= 2, "it was looked for at once and again"
    assert asked.count("POST") == 2


def test_a_run_that_ended_after_it_sent_is_followed_by_one_that_looks_before_it_sends(desk):
    desk.write(desk.order(4))
    desk.fault(cut="after")
    desk.sandbox.easyecom_account.moments.on(lambda: _no_more_lists(desk), path="CreatePurchaseOrder", after=True)
    desk.write(desk.order(5), expected=1)
    assert desk.creates() == 2
    desk.sandbox.easyecom_account.faults.clear()
    desk.write(desk.order(5))
    assert desk.bearing(5) == [LINES]
    assert desk.creates() == 2


def _no_more_lists(desk: Desk) -> None:
    """The account tells no more what there is, so that what was sent stays unanswered."""
    desk.sandbox.easyecom_account.faults.add({"path": "getPurchaseOrderDetails", "status": 503})


def test_a_lost_journal_adopts_what_bears_the_mark(desk):
    desk.write(desk.order(5))
    desk.lose_the_store()
    desk.write(desk.order(5))
    assert desk.creates() == 1
    assert desk.known() == {"5": str(desk.there(5)[0].po_id)}


def test_a_bare_id_is_adopted_with_the_same_vendor_and_lines(desk):
    desk.write(desk.order(5))
    made = desk.there(5)[0]
    desk.sandbox.call(lambda: desk.store.change(made, po_ref_num="5"))
    desk.lose_the_store()
    desk.write(desk.order(5))
    assert desk.creates() == 1
    assert desk.known() == {"5": str(made.po_id)}


@pytest.mark.parametrize("other", [{"vendor_c_id": 31_002}, {"items": []}])
def test_a_bare_id_of_somebody_else_is_not_ours(desk, other):
    desk.write(desk.order(5))
    made = desk.there(5)[0]
    desk.sandbox.call(lambda: desk.store.change(made, po_ref_num="5", **other))
    desk.lose_the_store()
    desk.write(desk.order(5))
    assert [row.po_ref_num for row in desk.there(5)] == ["5", "OPTIPLY-5"]


@pytest.mark.parametrize("other", ["vendor", "lines"])
def test_a_mark_over_another_vendor_or_other_lines_is_left_to_people(desk, other):
    desk.write(desk.order(5))
    made = desk.there(5)[0]
    changed = {"vendor_c_id": 31_002} if other == "vendor" else {"items": made.items[:1]}
    desk.sandbox.call(lambda: desk.store.change(made, **changed))
    desk.lose_the_store()
    for _ in range(2):
        desk.write(desk.order(5))
    assert desk.creates() == 1
    assert "5" not in desk.known()
    assert "differs from it" in desk.reasons()["5"]


def test_the_order_of_lines_does_not_matter(desk):
    desk.write(desk.order(5))
    desk.lose_the_store()
    turned = desk.order(5)
    desk.write(turned | {"items": turned["items"][::-1]})
    assert desk.creates() == 1


def test_two_orders_with_one_mark_are_left_to_people(desk):
    case = desk.store.cases["purchase order with a marker"]
    lines = [{"sku": line.sku, "quantity": line.original_quantity, "unitPrice": "1"} for line in
             desk.store.purchase_orders.rows[case].items]  # fmt: skip
    desk.write(desk.order(990001, items=lines))
    assert len(desk.there(990001)) == 2, "the account has two of them already"
    assert "delete the surplus ones" in desk.reasons()["990001"]


def test_an_order_that_was_cancelled_in_easyecom_is_not_made_again(desk):
    desk.write(desk.order(5))
    made = desk.there(5)[0]
    desk.sandbox.call(lambda: purchasing.set_status(desk.store, made, 7))
    for _ in range(2):
        desk.lose_the_store()
        desk.write(desk.order(5))
    assert desk.creates() == 1


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"vendorId": "NOBODY"}, "Vendor cannot be found"),
        ({"items": [{"sku": "EE-NEVER", "quantity": 1, "unitPrice": "1"}]}, "Unable to find the sku: EE-NEVER"),
        ({"items": [{"sku": "EE-PLAIN", "quantity": 0, "unitPrice": "1"}]}, "quantity"),
    ],
)
def test_an_order_that_is_refused_costs_itself_and_says_why(desk, values, says):
    desk.write(desk.order(5, **values), desk.order(6))
    assert desk.there(5) == []
    assert desk.bearing(6) == [LINES]
    assert says in desk.reasons()["5"]


def test_a_price_of_0_is_sent(desk):
    desk.write(desk.order(5, items=[{"sku": "EE-PLAIN", "quantity": 1, "unitPrice": "0.0000"}]))
    assert desk.there(5)[0].items[0].item_price == "0.0000"


def test_what_the_quota_does_not_allow_goes_with_a_later_run(desk):
    desk.store.settings.rate_tier = "Default"
    desk.store.settings.per_day = 500
    desk.config["rate_tier"] = "Default"
    desk.config["max_concurrency"] = 1
    desk.write(desk.order(3))
    kept = desk.folder / "snapshots" / "easyecom-access.json"
    before, used = _counted(kept), desk.sandbox.easyecom_account.limiter.used
    desk.write(desk.order(4))
    assert _counted(kept) - before == desk.sandbox.easyecom_account.limiter.used - used > 0
    told = json.loads(kept.read_text())
    (days,) = told["requests"].values()
    days["2026-01-15"] = 500 - 3  # with one of the day before the first answer: three pages, and one order
    kept.write_text(json.dumps(told))
    desk.write(desk.order(5), desk.order(6), desk.order(7))
    assert sum(len(desk.there(number)) for number in (5, 6, 7)) == 1
    desk.sandbox.clock.advance(days=1)
    desk.write(desk.order(5), desk.order(6), desk.order(7))
    assert [len(desk.there(number)) for number in (5, 6, 7)] == [1, 1, 1]


def _counted(kept: Path) -> int:
    (days,) = json.loads(kept.read_text())["requests"].values()
    return sum(days.values())


def test_what_is_there_is_looked_through_no_further_back_than_exports_go(desk):
    desk.config["export_since"] = "2026-01-14T00:00:00Z"
    desk.write(desk.order(5))
    (asked,) = [entry.query for entry in desk.sandbox.requests.select(path="getPurchaseOrderDetails")][:1]
    assert asked.startswith(("created_after=2026-01-13+05%3A2", "created_after=2026-01-13+05%3A3"))


def test_wrong_credentials_end_the_run_and_say_so(desk, caplog):
    desk.config["password"] = "wrong"
    desk.write(desk.order(5), expected=1)
    assert desk.there(5) == []
    assert "check email, password" in caplog.text


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"rate_tier": "Iron"}, "rate_tier"),
        ({"location_key": []}, "location_key is missing"),
        ({"x_api_key": ""}, "x_api_key is missing"),
        ({"export_since": "soon"}, "export_since"),
        ({"unanswered_wait": -1}, "unanswered_wait"),
    ],
)
def test_settings_that_cannot_be_used_are_named(values, says):
    good = {"email": "a@example.com", "password": "p", "location_key": "l", "x_api_key": "k"}
    with pytest.raises(ConfigValidationError, match=says):
        read_settings({**good, **values})
