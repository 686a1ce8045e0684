"""Picqer's sandbox at its door: keys, user agent, rate limit, rights, errors and faults."""

import pytest
import requests

from sandbox.picqer.rate import Limiter
from sandbox.picqer.settings import Settings
from sandbox.server.clock import Clock

FULFILMENT = "sandbox-fulfilment-key"


@pytest.mark.parametrize("password", ["", "x", "None"])
def test_the_key_is_the_user_name_and_any_password_will_do(picqer, password):
    url = f"{picqer.sandbox.picqer_url}/api/v1/users/me"
    assert requests.get(url, auth=(picqer.key, password), timeout=20).status_code == 200


@pytest.mark.parametrize(
    "header", [None, "Bearer sandbox-picqer-key", "Basic !!!", "Basic /w==", "Basic d3Jvbmc6", "basic"]
)
def test_a_wrong_key_is_401(picqer, header):
    headers = {"Authorization": header} if header else {}
    answer = requests.get(f"{picqer.sandbox.picqer_url}/api/v1/products", headers=headers, timeout=20)
    assert answer.status_code == 401
    assert answer.json()["error"] is True


def test_a_request_without_user_agent_is_refused_unless_that_is_switched_off(picqer):
    url = f"{picqer.sandbox.picqer_url}/api/v1/products"
    ask = lambda: requests.get(url, auth=(picqer.key, ""), headers={"User-Agent": ""}, timeout=20)  # noqa: E731
    assert ask().status_code == 400
    picqer.store.settings.require_user_agent = False
    assert ask().status_code == 200


def test_a_scoped_key_sees_its_customers_rows_and_no_suppliers(picqer):
    cases = picqer.store.cases
    assert len(picqer.get("products")) > 1
    picqer.key = FULFILMENT
    assert picqer.refused("GET", "suppliers") == (403, 31)
    assert picqer.refused("GET", f"suppliers/{cases['supplier']}") == (403, 31)
    assert [row["idproduct"] for row in picqer.get("products")] == [cases["product of a fulfilment customer"]]
    assert [row["idorder"] for row in picqer.get("orders")] == [cases["order of a fulfilment customer"]]
    mine = cases["purchase order of a fulfilment customer"]
    assert [row["idpurchaseorder"] for row in picqer.get("purchaseorders")] == [mine]
    assert picqer.get("receipts") == []
    assert [row["idproduct"] for row in picqer.get("warehouses/11/stock")] == [
        cases["product of a fulfilment customer"]
    ]
    assert picqer.refused("GET", f"products/{cases['product']}") == (404, 20)
    assert picqer.refused("POST", f"purchaseorders/{cases['purchase order concept']}/cancel") == (404, 20)


def test_a_scoped_key_orders_by_the_name_of_a_supplier(picqer):
    cases = picqer.store.cases
    picqer.key = FULFILMENT
    line = {"idproduct": cases["product of a fulfilment customer"], "amount": 2}
    assert picqer.refused("POST", "purchaseorders", {"idsupplier": 901, "products": [line]}) == (403, 31)
    foreign = {"idproduct": cases["product"], "amount": 2}
    assert picqer.refused("POST", "purchaseorders", {"supplier_name": "Jan", "products": [foreign]}) == (404, 24)
    made = picqer.post("purchaseorders", {"supplier_name": "Jan", "products": [line]})
    assert (made["idsupplier"], made["supplier_name"]) == (None, "Jan")
    assert made["idfulfilment_customer"] == picqer.store.settings.fulfilment_customer


def test_every_answer_tells_what_remains_and_the_window_opens_again_in_the_sandboxs_time(picqer):
    picqer.store.settings.rate_limit = 3
    clock = picqer.sandbox.clock
    told = [picqer.ask("GET", "warehouses") for _ in range(2)] + [picqer.ask("GET", "products/1")]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in told] == ["2", "1", "0"]
    assert {answer.headers["X-RateLimit-Limit"] for answer in told} == {"3"}
    refused = picqer.ask("POST", "suppliers", {"name": "Never"})
    assert refused.status_code == 429
    assert refused.json()["error_code"] == 28
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert "Never" not in [row.name for row in picqer.store.suppliers.rows.values()]
    clock.advance(seconds=60)
    assert picqer.ask("GET", "warehouses").headers["X-RateLimit-Remaining"] == "2"


def test_a_429_tells_no_seconds_where_that_is_switched_off(picqer):
    picqer.store.settings.rate_limit = 0
    picqer.store.settings.retry_after = False
    answer = picqer.ask("GET", "warehouses")
    assert answer.status_code == 429
    assert "Retry-After" not in answer.headers


def test_the_limit_may_fall_in_the_middle_of_a_run(picqer):
    assert picqer.ask("GET", "warehouses").status_code == 200
    assert picqer.control("settings", {"rate_limit": 1}).json()["rate_limit"] == 1
    assert picqer.ask("GET", "warehouses").status_code == 429


def test_keys_share_the_window_or_have_one_each():
    clock, settings = Clock(ticking=False), Settings(rate_limit=2, rate_window=10)
    limiter = Limiter(clock, settings)
    assert [limiter.take(key) for key in ("a", "b", "a")] == [(1, None), (0, None), (0, 10)]
    clock.advance(seconds=4)
    assert limiter.take("b") == (0, 6)
    settings.rate_scope = "key"
    assert [limiter.take(key) for key in ("a", "b", "b", "b")] == [(1, None), (1, None), (0, None), (0, 10)]
    clock.advance(seconds=10)
    assert limiter.take("b") == (1, None)
    limiter.clear()
    assert limiter.take("b") == (1, None)


@pytest.mark.parametrize(
    ("method", "path", "body", "refusal"),
    [
        ("GET", "products/1", None, (404, 20)),
        ("GET", "products/abc", None, (404, 20)),
        ("GET", "products/99999999999999999999", None, (404, 20)),
        ("GET", "products/10001/parts", None, (404, 20)),
        ("GET", "nothing", None, (404, None)),
        ("PATCH", "products/10001", {}, (405, None)),
        ("DELETE", "suppliers/901", None, (405, None)),
        ("POST", "purchaseorders", {"idsupplier": 901}, (400, 5)),
        ("POST", "purchaseorders", {"idsupplier": 901, "products": []}, (400, 5)),
        ("POST", "purchaseorders", {"products": [{"idproduct": 10001, "amount": 1}]}, (400, 5)),
        ("POST", "purchaseorders", {"idsupplier": 1, "products": [{"idproduct": 10001, "amount": 1}]}, (404, 20)),
        ("POST", "purchaseorders", {"idsupplier": 901, "products": [{"idproduct": 10001}]}, (400, 5)),
        ("POST", "purchaseorders", {"idsupplier": 901, "products": [{"idproduct": 10001, "amount": "2"}]}, (400, 5)),
        ("POST", "purchaseorders", {"idsupplier": 901, "products": ["x"]}, (400, 5)),
        ("POST", "purchaseorders", {"idsupplier": 901, "products": [{"idproduct": 1, "amount": 1}]}, (404, 24)),
        ("POST", "purchaseorders", [1], (400, 5)),
        ("POST", "products", {"name": "No code", "price": 1, "idvatgroup": 1}, (400, 5)),
        ("POST", "products", {"productcode": "000123", "name": "x", "price": 1, "idvatgroup": 1}, (400, 5)),
        ("POST", "suppliers", {}, (400, 5)),
        ("GET", "orders?sincedate=yesterday", None, (400, 5)),
        ("GET", "orders?sincedate=2026-02-30", None, (400, 5)),
    ],
)
def test_refusals_have_the_status_and_the_code_that_picqer_gives(picqer, method, path, body, refusal):
    before = picqer.store.dump()
    assert picqer.refused(method, path, body) == refusal
    assert picqer.store.dump() == before


def test_a_body_that_is_not_json_has_code_22(picqer):
    url = f"{picqer.sandbox.picqer_url}/api/v1/purchaseorders"
    answer = requests.post(url, data=b"{'a'", auth=(picqer.key, ""), timeout=20)
    assert (answer.status_code, answer.json()["error_code"]) == (400, 22)


def test_an_endpoint_may_be_withdrawn_and_a_list_may_claim_to_be_empty(picqer):
    picqer.control("settings", {"withdrawn": ["receipts"], "emptied": ["suppliers"]})
    assert picqer.refused("GET", "receipts") == (404, None)
    assert picqer.get("suppliers") == []
    assert picqer.get("suppliers/901")["idsupplier"] == 901


@pytest.mark.parametrize("body", [{"page_size": "many"}, {"nonsense": 1}, {"zone": "Amsterdam"}, [1]])
def test_a_setting_that_is_none_is_refused_and_changes_nothing(picqer, body):
    before = picqer.control("settings").json()
    answer = picqer.control("settings", body)
    assert answer.status_code == 400
    assert "settings" in answer.json()["message"]
    assert picqer.control("settings").json() == before
    assert before["api_key"] == "***"


ORDER = {"idsupplier": 901, "supplier_orderid": "OPTIPLY-7", "products": [{"idproduct": 10001, "amount": 1}]}


@pytest.mark.parametrize(("cut", "made"), [("before", 0), ("after", 1), ("during", 1)])
def test_a_lost_answer_leaves_an_order_or_none(picqer, cut, made):
    picqer.sandbox.account.faults.add({"method": "POST", "path": "purchaseorders$", "cut": cut, "times": 1})
    with pytest.raises(requests.RequestException):
        picqer.ask("POST", "purchaseorders", ORDER)
    marked = [row for row in picqer.all("purchaseorders") if row["supplier_orderid"] == "OPTIPLY-7"]
    assert len(marked) == made
    picqer.post("purchaseorders", ORDER)
    assert sum(row["supplier_orderid"] == "OPTIPLY-7" for row in picqer.all("purchaseorders")) == made + 1


def test_faults_speak_as_picqer_does_and_reach_no_other_server(picqer):
    faults = picqer.sandbox.account.faults
    faults.add({"path": "mark-as-purchased", "status": 500, "times": 1})
    number = picqer.post("purchaseorders", ORDER)["idpurchaseorder"]
    assert picqer.refused("POST", f"purchaseorders/{number}/mark-as-purchased") == (500, 1)
    assert picqer.get(f"purchaseorders/{number}")["status"] == "concept"
    picqer.post(f"purchaseorders/{number}/mark-as-purchased", status=200)
    added = picqer.control("faults", [{"api": "picqer", "path": "products", "status": 200, "body": "html", "page": 2}])
    assert added.json() == {"added": 1}
    assert picqer.ask("GET", "products").json()
    assert "<html>" in picqer.ask("GET", "products", offset=100).text
    assert picqer.sandbox.requests.writes("picqer") == {"POST mark-as-purchased": 1, "POST purchaseorders": 1}


def test_a_fault_finds_a_page_by_its_offset(picqer):
    picqer.sandbox.account.faults.add({"path": "orders$", "page": 1, "status": 502, "body": "html"})
    assert [picqer.ask("GET", "orders", offset=offset).status_code for offset in (0, 100, 0)] == [502, 200, 502]
