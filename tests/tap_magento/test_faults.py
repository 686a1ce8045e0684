"""What the tap does when the shop, its host or a record goes wrong: each row of the fault table, over a real server."""

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

import pytest

import connector.http.waits
from connector.errors import LoginRefused, RunError
from connector.http.clock import retry_after
from magento_api.auth import AdminLogin
from sandbox.systems import Sandbox
from tests.tap_magento.reading import Reading, read

Reader = Callable[..., Reading]
PRODUCTS = "/V1/products$"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector.http.waits, "FIRST_SECONDS", 0.01)


def all_products(sandbox: Sandbox) -> list[int]:
    assert sandbox.shop is not None
    return sorted(sandbox.shop.products)


PASSING = {
    "429 with Retry-After": {"status": 429, "headers": {"Retry-After": "0"}},
    "429 page": {"status": 429, "body": "html"},
    "502 page": {"status": 502, "body": "html"},
    "503": {"status": 503},
    "504 page": {"status": 504, "body": "html"},
    "a web page with status 200": {"status": 200, "body": "html"},
    "cut before an answer": {"cut": "before"},
    "cut in the middle of an answer": {"cut": "during"},
    "half a JSON text": {"status": 200, "body": '{"items":[{"id":1'},
    "no answer in time": {"delay": 1.5},
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_a_passing_fault_is_retried_and_loses_nothing(sandbox: Sandbox, reader: Reader, fault: dict[str, Any]) -> None:
    sandbox.faults_magento.add({"path": PRODUCTS, "nth": [2, 3], **fault})
    reading = reader("products", page_size=15, request_timeout=0.7)
    assert reading.error is None
    assert reading.ids("products") == all_products(sandbox)
    assert sum(reading.report["retries"].values()) >= 2
    assert not reading.report["streams"]["products"]["isolated"]


def test_a_500_that_passes_is_no_bad_record(sandbox: Sandbox, reader: Reader) -> None:
    sandbox.faults_magento.add({"path": PRODUCTS, "nth": [2, 5], "status": 500})
    reading = reader("products", page_size=15, max_concurrency=1)
    assert reading.ids("products") == all_products(sandbox)
    assert reading.report["retries"] == {"500": 2}
    assert not reading.report["streams"]["products"]["isolated"]


@pytest.mark.parametrize("fault", [{"status": 503, "body": "html"}, {"cut": "before"}, {"status": 200, "body": "{"}])
def test_the_first_look_at_the_shop_is_as_patient_as_any_request(
    sandbox: Sandbox, reader: Reader, fault: dict[str, Any]
) -> None:
    sandbox.faults_magento.add({"path": "storeConfigs$", "times": 6, **fault})
    reading = reader("products")
    assert reading.error is None
    assert reading.ids("products") == all_products(sandbox)


def test_the_first_wait_is_at_most_two_seconds_and_later_ones_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connector.http.waits, "FIRST_SECONDS", 1.0)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    waits = list(islice(connector.http.waits.waits(), 8))
    assert waits[0] <= 2
    assert waits == sorted(waits)
    assert waits[-1] == connector.http.waits.LONGEST_SECONDS


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Thu, 15 Jan 2026 08:01:00 GMT", "Date": "Thu, 15 Jan 2026 08:00:30 GMT"}, 30.0),
        ({"Retry-After": "Thu, 15 Jan 2026 08:00:00 GMT", "Date": "Thu, 15 Jan 2026 08:00:30 GMT"}, 0.0),
        ({"Retry-After": "soon", "Date": "Thu, 15 Jan 2026 08:00:30 GMT"}, None),
        ({"Retry-After": "Thu, 15 Jan 2026 08:01:00 GMT"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_a_number_or_a_date_by_the_servers_own_clock(
    headers: dict[str, str], wanted: float | None
) -> None:
    assert retry_after(headers) == wanted


def test_a_shop_that_asks_for_more_patience_than_there_is_gets_no_further_request(
    sandbox: Sandbox, reader: Reader
) -> None:
    sandbox.faults_magento.add({"path": PRODUCTS, "status": 429, "headers": {"Retry-After": "3600"}})
    reading = reader("products", "orders")
    assert "asks for fewer requests" in reading.report["streams"]["products"]["error"]
    assert reading.report["streams"]["products"]["requests"] == 1
    assert reading.records["orders"]


def test_a_lasting_fault_fails_its_stream_alone_and_its_bookmark_stays(sandbox: Sandbox, reader: Reader) -> None:
    first = reader("products", "orders")
    old = first.bookmarks["products"]["replication_key_value"]
    sandbox.faults_magento.add({"path": PRODUCTS, "status": 503})
    sandbox.next_day()
    second = reader("products", "orders", state=first.state, retry_seconds=0.3)
    assert second.error is None, "the run itself goes on"
    assert "503" in second.report["streams"]["products"]["error"]
    assert second.bookmarks["products"]["replication_key_value"] == old
    assert "complete" not in second.bookmarks["products"]
    assert second.bookmarks["orders"]["replication_key_value"] > old
    assert second.records["orders"]


@pytest.mark.parametrize("size", [5, 300])
@pytest.mark.parametrize("status", [500, 404])
@pytest.mark.parametrize("place", [0, 17, -1], ids=["the first", "one in the middle", "the last"])
def test_a_bad_product_is_reported_and_every_other_comes_out(
    sandbox: Sandbox, reader: Reader, status: int, place: int, size: int
) -> None:
    assert sandbox.shop is not None
    bad = all_products(sandbox)[place]
    sandbox.shop.poison("products", bad, status)
    reading = reader("products", "product_ids", page_size=size, max_concurrency=3)
    others = [number for number in all_products(sandbox) if number != bad]
    assert reading.ids("products") == others
    assert [item["id"] for item in reading.report["streams"]["products"]["isolated"]] == [bad]
    assert sorted(reading.ids("product_ids")) == all_products(sandbox)
    assert {"id": bad} in reading.records["product_ids"]
    assert reading.bookmarks["product_ids"]["complete"] is True
    assert reading.report["streams"]["products"]["isolated"][0]["status"] == status


def test_bad_orders_and_source_items_cost_themselves_alone(sandbox: Sandbox, reader: Reader) -> None:
    shop = sandbox.shop
    assert shop is not None
    bad = sorted(shop.orders)[3:5]
    for number in bad:
        shop.poison("orders", number)
    item = next(iter(shop.stock.source_items.values()))
    shop.poison("source-items", item["source_item_id"])
    reading = reader("orders", "source_items", page_size=10)
    assert reading.ids("orders", "entity_id") == [number for number in sorted(shop.orders) if number not in bad]
    assert [entry["id"] for entry in reading.report["streams"]["orders"]["isolated"]] == bad
    assert len(reading.records["source_items"]) == len(shop.stock.source_items) - 1
    assert reading.report["streams"]["source_items"]["isolated"][0]["id"] == item["source_item_id"]
    assert "complete" not in reading.bookmarks["source_items"], "nobody knows whose stock the bad row would have been"


def test_a_window_that_holds_one_bad_record_alone_is_read_to_its_end(sandbox: Sandbox, reader: Reader) -> None:
    shop = sandbox.shop
    assert shop is not None
    first = reader("products")
    sandbox.clock.advance(seconds=3600)
    changed = all_products(sandbox)[5]
    shop.edit_product(changed, "2026-01-15 08:30:00", name="spoilt")
    shop.poison("products", changed)
    second = reader("products", state=first.state)
    assert [item["id"] for item in second.report["streams"]["products"]["isolated"]] == [changed]
    assert not second.records["products"]
    assert second.bookmarks["products"]["replication_key_value"] > "2026-01-15 08:30:00"


def test_all_records_of_a_page_may_be_bad(sandbox: Sandbox, reader: Reader) -> None:
    assert sandbox.shop is not None
    bad = all_products(sandbox)[10:15]
    for number in bad:
        sandbox.shop.poison("products", number)
    reading = reader("products", page_size=5)
    assert reading.ids("products") == [number for number in all_products(sandbox) if number not in bad]
    assert [item["id"] for item in reading.report["streams"]["products"]["isolated"]] == bad


def test_a_bad_source_leaves_the_others_and_no_mark_of_completeness(sandbox: Sandbox, reader: Reader) -> None:
    assert sandbox.shop is not None
    sandbox.shop.poison("sources", "ams")
    reading = reader("sources", "stocks")
    assert reading.ids("sources", "source_code") == ["default", "old", "rtm"]
    assert len(reading.report["streams"]["sources"]["isolated"]) == 1
    assert "complete" not in reading.bookmarks["sources"]
    assert reading.bookmarks["stocks"]["complete"] is True


def test_a_bad_row_of_a_numbered_list_is_cut_out_by_ever_smaller_pages(sandbox: Sandbox, reader: Reader) -> None:
    shop = sandbox.shop
    assert shop is not None
    item = sorted(shop.stock.items.values(), key=lambda row: row["item_id"])[7]
    shop.poison("stock", item["product_id"])
    reading = reader("product_item_stocks", source_items_page_size=12)
    wanted = {row["item_id"] for row in shop.stock.items.values() if row["qty"] is not None} - {item["item_id"]}
    assert set(reading.ids("product_item_stocks", "item_id")) == wanted
    assert reading.bookmarks["product_item_stocks"]["complete"] is True
    assert len(reading.report["streams"]["product_item_stocks"]["isolated"]) == 1


def test_a_500_on_every_page_is_a_wrong_request_and_fails_the_stream_soon(sandbox: Sandbox, reader: Reader) -> None:
    sandbox.faults_magento.add({"path": "/V1/orders$", "status": 500})
    reading = reader("orders", "stores")
    assert "not one bad record" in reading.report["streams"]["orders"]["error"]
    assert reading.report["streams"]["orders"]["requests"] <= 6
    assert reading.records["stores"]


def test_more_bad_records_than_allowed_fail_the_stream(sandbox: Sandbox, reader: Reader) -> None:
    assert sandbox.shop is not None
    for number in all_products(sandbox)[:4]:
        sandbox.shop.poison("products", number)
    reading = reader("products", max_isolated=3)
    assert "more than 3 records" in reading.report["streams"]["products"]["error"]
    assert "complete" not in reading.bookmarks.get("products", {})


def test_a_sku_that_is_gone_is_reported_and_the_run_goes_on(sandbox: Sandbox, reader: Reader) -> None:
    assert sandbox.shop is not None
    sku = next(row["sku"] for row in sandbox.shop.products.values() if row["sku"].isalnum())
    sandbox.faults_magento.add({"path": f"/stockStatuses/{sku}$", "status": 404})
    reading = reader("product_stock_statuses", stock_reading="per_sku")
    assert len(reading.records["product_stock_statuses"]) == len(sandbox.shop.products) - 1
    assert [item["id"] for item in reading.report["streams"]["product_stock_statuses"]["isolated"]] == [sku]
    assert reading.bookmarks["product_stock_statuses"]["complete"] is True


def test_skus_with_a_slash_are_looked_up_by_a_filter_where_the_web_server_refuses_them(
    sandbox: Sandbox, reader: Reader
) -> None:
    assert sandbox.shop is not None
    assert sandbox.magento is not None
    usual = {
        row["sku"]: row
        for row in reader("product_stock_statuses", stock_reading="per_sku").records["product_stock_statuses"]
    }
    slashed = [row["sku"] for row in sandbox.shop.products.values() if "/" in row["sku"] and row["status"] == 1]
    assert slashed, "the shop has such SKUs"
    sandbox.magento.settings.refuse_encoded_slash = True
    reading = reader("product_stock_statuses", stock_reading="per_sku")
    found = {row["sku"]: row for row in reading.records["product_stock_statuses"]}
    for sku in slashed:
        assert found[sku]["qty"] == usual[sku]["qty"]


def test_a_wrong_token_is_named_as_such_after_one_question_per_stream(sandbox: Sandbox, reader: Reader) -> None:
    reading = reader("products", "orders", "stores", access_token="wrong")
    assert isinstance(reading.error, LoginRefused)
    assert "standalone Bearer tokens" in str(reading.error)
    assert not reading.records
    assert reading.report["requests"] <= 5


def test_bearer_tokens_switched_off_say_what_changed_in_2_4_4(sandbox: Sandbox, reader: Reader) -> None:
    assert sandbox.magento is not None
    sandbox.magento.settings.bearer = False
    reading = reader("products", "orders")
    assert isinstance(reading.error, LoginRefused)
    assert "2.4.4" in str(reading.error)


def test_a_missing_right_fails_only_its_stream_and_is_named(sandbox: Sandbox, reader: Reader) -> None:
    assert sandbox.magento is not None
    sandbox.magento.settings.missing_acl = {"Magento_Sales::actions_view"}
    reading = reader("products", "orders", "stores")
    assert reading.error is None
    assert "Magento_Sales::actions_view" in reading.report["streams"]["orders"]["error"]
    assert len(reading.records["products"]) == len(all_products(sandbox))


def test_without_the_right_to_read_store_settings_the_other_streams_still_come(
    sandbox: Sandbox, reader: Reader
) -> None:
    assert sandbox.magento is not None
    sandbox.magento.settings.missing_acl = {"Magento_Backend::store"}
    reading = reader("products", "stores", "product_stock_statuses")
    assert reading.error is None
    assert "Magento_Backend::store" in reading.report["streams"]["stores"]["error"]
    assert len(reading.records["products"]) == len(all_products(sandbox))
    assert len(reading.records["product_stock_statuses"]) == len(all_products(sandbox))


@pytest.mark.parametrize("selected", [("product_item_stocks", "orders"), ("sources", "orders"), ("stores", "sources")])
def test_the_servers_time_is_learnt_without_the_right_to_read_store_settings(
    sandbox: Sandbox, reader: Reader, selected: tuple[str, ...]
) -> None:
    assert sandbox.magento is not None
    sandbox.magento.settings.missing_acl = {"Magento_Backend::store"}
    sandbox.magento.settings.msi = "sources" not in selected
    reading = reader(*selected)
    assert reading.error is None
    orders = sandbox.shop.orders if "orders" in selected else []
    assert len(reading.records["orders"]) == len(orders)
    assert not [note for note in reading.report["notes"] if "clock" in note and "sources" not in selected]


def test_a_token_revoked_during_the_run_is_no_missing_right(sandbox: Sandbox, reader: Reader) -> None:
    assert sandbox.magento is not None
    sandbox.magento.settings.missing_acl = {"Magento_Backend::store"}
    sandbox.faults_magento.add(
        {
            "path": "/V1/(products|orders)$",
            "nth": list(range(3, 99)),
            "status": 401,
            "body": '{"message":"The consumer isn\'t authorized to access %resources.",'
            '"parameters":{"resources":"Magento_Sales::actions_view"}}',
        }
    )
    reading = reader("stores", "products", "orders")
    assert isinstance(reading.error, LoginRefused)
    assert not reading.records["orders"]


LOGIN = {"access_token": None, "username": "admin", "password": "sandbox-password"}


def logins(sandbox: Sandbox) -> int:
    return sum(entry.path.endswith("/integration/admin/token") for entry in sandbox.requests.entries)


def test_an_admin_logs_in_once_for_the_whole_run(sandbox: Sandbox, reader: Reader) -> None:
    reading = reader(**LOGIN, max_concurrency=8)
    assert reading.error is None
    assert len(reading.records["products"]) == len(all_products(sandbox))
    assert logins(sandbox) == 1


def test_a_token_that_ends_during_the_run_is_renewed(sandbox: Sandbox, reader: Reader) -> None:
    sandbox.faults_magento.add({"path": "/V1/orders$", "status": 401, "times": 1})
    reading = reader(**LOGIN)
    assert reading.error is None
    assert len(reading.records["orders"]) == len(sandbox.shop.orders if sandbox.shop else ())
    assert logins(sandbox) == 2


def test_a_wrong_password_is_tried_once_and_never_again(sandbox: Sandbox, reader: Reader) -> None:
    reading = reader(**{**LOGIN, "password": "wrong"}, max_concurrency=8)
    assert isinstance(reading.error, LoginRefused)
    assert "locks the account" in str(reading.error)
    assert logins(sandbox) == 1


def test_a_new_token_that_is_refused_as_well_ends_the_run_with_the_remedy(sandbox: Sandbox, reader: Reader) -> None:
    sandbox.faults_magento.add({"method": "GET", "nth": list(range(5, 99)), "status": 401})
    reading = reader("products", "orders", **LOGIN, page_size=3, max_concurrency=8)
    assert isinstance(reading.error, LoginRefused)
    assert "check username and password" in str(reading.error)
    assert logins(sandbox) == 2


def test_a_login_refused_while_many_requests_wait_for_it_is_not_repeated() -> None:
    asked: list[str] = []

    def refused() -> str:
        asked.append("login")
        raise LoginRefused("refused")

    signer = AdminLogin(refused)
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(signer.token) for _ in range(16)]
    assert all(isinstance(answer.exception(), LoginRefused) for answer in answers)
    assert asked == ["login"]


def test_a_token_is_renewed_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = [1_000.0]
    monkeypatch.setattr("connector.http.tokens.time.monotonic", lambda: moment[0])
    claims = base64.urlsafe_b64encode(b'{"iat":500,"exp":4100}').decode().rstrip("=")
    issued = iter(f"head.{claims}.{number}" for number in range(9))
    signer = AdminLogin(lambda: next(issued))
    first = signer.token()
    moment[0] += 3_500
    assert signer.token() == first, "an hour is not over, by the token's own claims"
    moment[0] += 50
    assert signer.token() != first


def test_tokens_of_a_short_life_are_used_for_most_of_it(sandbox: Sandbox, reader: Reader) -> None:
    assert sandbox.magento is not None
    sandbox.magento.settings.token_lifetime = 45
    reading = reader("products", "orders", **LOGIN, page_size=5)
    assert reading.error is None
    assert logins(sandbox) == 1


@pytest.mark.parametrize("fault", [{"status": 503, "body": "html"}, {"status": 429}, {"cut": "before"}])
def test_a_login_that_a_passing_fault_meets_is_tried_again(
    sandbox: Sandbox, reader: Reader, fault: dict[str, Any]
) -> None:
    sandbox.faults_magento.add({"path": "admin/token$", "times": 2, **fault})
    reading = reader("products", **LOGIN)
    assert reading.error is None
    assert reading.ids("products") == all_products(sandbox)
    assert logins(sandbox) == 3


NO_LOGIN: dict[str, tuple[dict[str, Any], str, int]] = {
    "answers that are never seen": ({"cut": "after"}, "connection was cut", 3),
    "maintenance": ({"status": 503, "body": "html"}, "maintenance", 2),
    "a firewall": ({"status": 403, "body": "html"}, "firewall", 3),
    "no Magento": ({"status": 404, "body": "html"}, "not found", 1),
    "no token in the answer": ({"status": 200, "body": '{"token":1}'}, "something other than a token", 1),
}


@pytest.mark.parametrize(("fault", "says", "times"), NO_LOGIN.values(), ids=NO_LOGIN.keys())
def test_a_login_without_an_answer_does_not_blame_the_password(
    sandbox: Sandbox, reader: Reader, fault: dict[str, Any], says: str, times: int
) -> None:
    sandbox.faults_magento.add({"path": "admin/token$", **fault})
    reading = reader("products", **LOGIN, retry_seconds=0.1 if says == "maintenance" else 5)
    assert isinstance(reading.error, RunError)
    assert not isinstance(reading.error, LoginRefused)
    assert says in str(reading.error)
    assert times <= logins(sandbox) <= 20


def test_a_login_is_not_forwarded_to_another_host(sandbox: Sandbox, reader: Reader) -> None:
    elsewhere = f"{sandbox.optiply_url}/elsewhere"
    sandbox.faults_magento.add({"path": "admin/token$", "status": 307, "headers": {"Location": elsewhere}})
    reading = reader("products", **LOGIN)
    assert isinstance(reading.error, RunError)
    assert elsewhere in str(reading.error)
    assert not [entry for entry in sandbox.requests.entries if entry.api == "optiply"]


def test_two_factor_logins_are_explained(sandbox: Sandbox, reader: Reader) -> None:
    assert sandbox.magento is not None
    sandbox.magento.settings.two_factor = True
    reading = reader(**LOGIN)
    assert isinstance(reading.error, LoginRefused)
    assert "two-factor" in str(reading.error)
    assert "integration" in str(reading.error)


OAUTH = {
    "use_oauth": True,
    "consumer_key": "sandbox-consumer-key",
    "consumer_secret": "sandbox-consumer-secret",
    "oauth_token": "sandbox-integration-token",
    "oauth_token_secret": "sandbox-token-secret",
    "access_token": None,
}


def test_oauth_signs_every_request_anew_with_awkward_skus_and_retries(sandbox: Sandbox, reader: Reader) -> None:
    assert sandbox.magento is not None
    usual = reader("product_stock_statuses", stock_reading="per_sku")
    sandbox.magento.settings.bearer = False
    sandbox.faults_magento.add({"path": "/stockStatuses/", "every": 7, "times": 3, "status": 503})
    signed = reader("product_stock_statuses", stock_reading="per_sku", **OAUTH)
    assert signed.error is None
    assert signed.records["product_stock_statuses"] == usual.records["product_stock_statuses"]
    assert signed.report["retries"] == {"503": 3}


def test_wrong_oauth_keys_are_named_as_such(reader: Reader) -> None:
    reading = reader("products", "orders", **{**OAUTH, "consumer_secret": "wrong"})
    assert isinstance(reading.error, LoginRefused)
    assert "consumer_key" in str(reading.error)


FIREWALLS = {
    "a 403 page": ({"status": 403, "body": "html"}, 3),
    "a 406 page": ({"status": 406, "body": "html"}, 3),
    "a page that says 200": ({"status": 200, "body": "html"}, 5),
}


@pytest.mark.parametrize(("fault", "attempts"), FIREWALLS.values(), ids=FIREWALLS.keys())
def test_a_firewall_page_is_named_as_such_with_the_remedy(
    sandbox: Sandbox, reader: Reader, fault: dict[str, Any], attempts: int
) -> None:
    sandbox.faults_magento.add({"path": PRODUCTS, **fault})
    reading = reader("products", "stores")
    error = reading.report["streams"]["products"]["error"]
    assert "firewall" in error
    assert "user agent pass for /rest/" in error
    assert reading.report["streams"]["products"]["requests"] == attempts
    assert reading.records["stores"]


def test_a_password_of_the_web_server_itself_is_named_as_such(sandbox: Sandbox, reader: Reader) -> None:
    sandbox.faults_magento.add({"status": 401, "body": "html"})
    reading = reader("products")
    assert isinstance(reading.error, RunError)
    assert "web server" in str(reading.error)
    assert reading.report["requests"] == 1


def test_maintenance_is_named_as_such_and_stops_the_run_before_any_record(sandbox: Sandbox, reader: Reader) -> None:
    assert sandbox.magento is not None
    sandbox.magento.settings.maintenance = True
    reading = reader(retry_seconds=0.2)
    assert isinstance(reading.error, RunError)
    assert "maintenance" in str(reading.error)
    assert not reading.records


def test_without_inventory_management_its_streams_are_skipped_with_one_warning(
    sandbox: Sandbox, reader: Reader
) -> None:
    assert sandbox.magento is not None
    sandbox.magento.settings.msi = False
    reading = reader("sources", "stocks", "source_items", "salable_quantities", "products", "product_stock_statuses")
    assert reading.error is None
    (note,) = reading.report["notes"]
    assert note.startswith("Skipped: sources, stocks, source_items, salable_quantities. The shop has no inventory")
    assert "complete" not in reading.bookmarks.get("source_items", {})
    assert len(reading.records["product_stock_statuses"]) == len(all_products(sandbox))
    assert not [name for name, entry in reading.report["streams"].items() if entry["error"] and name == "products"]


@pytest.mark.parametrize("fault", [None, {"status": 404}], ids=["400 as since 2.4", "404 as before"])
def test_an_unknown_scope_stops_the_run_before_the_first_record(
    sandbox: Sandbox, reader: Reader, fault: dict[str, Any] | None
) -> None:
    if fault:
        sandbox.faults_magento.add({"path": "/rest/nowhere/", **fault})
    reading = reader(store_code="nowhere")
    assert isinstance(reading.error, RunError)
    assert "nowhere" in str(reading.error)
    assert not reading.records


def test_an_address_without_a_shop_stops_the_run() -> None:
    reading = read("http://127.0.0.1:9", retry_seconds=0.2)
    assert isinstance(reading.error, RunError)
    assert "store_url" in str(reading.error)


def test_another_web_server_is_no_shop(sandbox: Sandbox) -> None:
    reading = read(sandbox.optiply_url.removesuffix("/v1"), retry_seconds=0.2)
    assert isinstance(reading.error, RunError)
    assert "store_url" in str(reading.error)


@pytest.mark.parametrize("credentials", [{}, LOGIN, OAUTH], ids=["bearer", "admin", "OAuth"])
def test_a_redirect_to_another_host_is_not_followed(
    sandbox: Sandbox, reader: Reader, credentials: dict[str, Any]
) -> None:
    target = f"{sandbox.optiply_url}/elsewhere"
    sandbox.faults_magento.add({"method": "GET", "status": 302, "headers": {"Location": target}})
    reading = reader(**credentials)
    assert isinstance(reading.error, RunError)
    assert target in str(reading.error)
    assert reading.report["requests"] == 1 + logins(sandbox)
    assert not reading.records
    assert not [entry for entry in sandbox.requests.entries if entry.api == "optiply"], "nothing was sent there"


def test_a_page_size_the_shop_refuses_is_learnt_from(sandbox: Sandbox, reader: Reader) -> None:
    assert sandbox.magento is not None
    sandbox.magento.settings.input_limit = True
    reading = reader("products", "source_items", "sources", page_size=1000, source_items_page_size=5000)
    assert reading.error is None
    assert reading.ids("products") == all_products(sandbox)
    assert not [name for name, entry in reading.report["streams"].items() if entry["error"]]


def test_a_limit_of_another_list_is_not_taken_for_the_page_size(sandbox: Sandbox, reader: Reader) -> None:
    limit = '{"message":"Maximum items of type \\"%type\\" is %max","parameters":{"type":"Filter","max":2}}'
    sandbox.faults_magento.add({"path": PRODUCTS, "status": 400, "body": limit})
    reading = reader("products", "orders")
    assert "[400" in reading.report["streams"]["products"]["error"]
    assert reading.report["streams"]["orders"]["requests"] == 1


def test_stores_that_repeat_their_last_page_are_read_once(sandbox: Sandbox, reader: Reader) -> None:
    assert sandbox.magento is not None
    assert sandbox.shop is not None
    sandbox.magento.settings.legacy_paging = True
    reading = reader(
        "products", "source_items", "product_item_stocks", "sources", page_size=8, source_items_page_size=9
    )
    assert reading.ids("products") == all_products(sandbox)
    assert len(reading.records["source_items"]) == len(sandbox.shop.stock.source_items)
    assert all(reading.bookmarks[name]["complete"] for name in reading.records)
